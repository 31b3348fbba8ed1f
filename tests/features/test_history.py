"""The as-of browser: what was known on the day and nothing later, each event with its state and what it moves."""

import dataclasses
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import riskml
from bureaus import amendment, bureau, day, event, visit
from riskml.errors import DataError, StudyError
from riskml.features import build_features, load_catalog
from riskml.features.history import History, history
from riskml.records import Records
from worlds import DAYS, START, known_before, world

SEEDS = st.integers(0, 10**6)
AS_OF = st.integers(START + 200, START + DAYS)
FEW = settings(max_examples=3, phases=[Phase.generate])  # a smaller seed makes no smaller world
ON = f"{day(100):%Y-%m-%d}"
PENALTIES = load_catalog().select(["penalties_1095d", "orders_365d", "fails_all", "visits_all"])


def text(number: int) -> str:
    return f"{pd.Timestamp(number, unit='D'):%Y-%m-%d}"


def on_100(records: Records, site: str = "s1", **asked: Any) -> History:
    return history(records, site, ON, catalog=PENALTIES, **asked)


def one(records: Records) -> dict[str, Any]:
    (found,) = on_100(records).events.to_dict("records")
    return {str(name): value for name, value in found.items() if value is not pd.NaT}


@FEW
@given(SEEDS, AS_OF)
def test_the_features_are_those_of_the_table_of_that_day(seed: int, on: int) -> None:
    records = world(seed, sites=2)
    table = build_features(records, text(on)).set_index("site_id")
    for site in records.sites["site_id"]:
        shown = history(records, site, text(on)).features
        wanted = table.loc[site].drop("as_of")
        assert shown["feature"].tolist() == list(wanted.index)
        assert shown["value"].fillna("none").tolist() == wanted.astype(object).fillna("none").tolist()


@FEW
@given(SEEDS, AS_OF)
def test_what_became_known_later_changes_nothing_but_its_count(seed: int, on: int) -> None:
    records = world(seed, sites=1)
    before = known_before(records, on)
    whole, cut = (history(some, "s0", text(on)) for some in (records, before))
    pd.testing.assert_frame_equal(whole.events, cut.events)
    pd.testing.assert_frame_equal(whole.features, cut.features)
    assert cut.not_yet_known == 0
    sizes = [sum(len(t) for t in (some.events, some.inspections, some.amendments)) for some in (records, before)]
    assert whole.not_yet_known == sizes[0] - sizes[1]


@FEW
@given(SEEDS, AS_OF)
def test_an_event_names_the_features_that_name_it(seed: int, on: int) -> None:
    found = history(world(seed, sites=1), "s0", text(on))
    by_event = {
        (e, f) for e, names in zip(found.events["event_id"], found.events["features"], strict=True) for f in names
    }
    behind = zip(found.features["feature"], found.features["event_ids"], strict=True)
    assert by_event == {(e, f) for f, ids in behind for e in ids}
    assert by_event
    gone = found.events["state"].isin(["ended", "revoked"])
    assert not any(found.events.loc[gone, "features"])


def test_an_event_in_force_stands_with_its_days_and_features() -> None:
    found = one(bureau(events=[event("p", "PEN_FINE", 40, known=50, quantity=2, due_on=day(70))]))
    assert (found["state"], found["state_since"], found["features"]) == ("in force", day(50), ("penalties_1095d",))
    assert (found["occurred_on"], found["known_on"], found["due_on"], found["quantity"]) == (
        day(40),
        day(50),
        day(70),
        2,
    )
    assert not {"corrected_on", "valid_to"} & set(found)


@pytest.mark.parametrize(
    ("kind", "known", "state"),
    [
        ("repair", 99, "repaired"),
        ("end", 99, "ended"),
        ("revoke", 99, "revoked"),
        ("repair", 100, "in force"),
        ("end", 100, "in force"),
        ("revoke", 100, "in force"),
    ],
)
def test_an_amendment_changes_the_state_once_it_is_known(kind: str, known: int, state: str) -> None:
    found = one(bureau(events=[event("p", "PEN_FINE", 40)], amendments=[amendment("p", kind, known, effective=60)]))
    assert (found["state"], found["state_since"]) == (state, day(40 if state == "in force" else 99))
    assert found["features"] == (("penalties_1095d",) if state == "in force" else ())


def test_an_event_closed_twice_is_in_the_state_that_closed_it() -> None:
    both = [amendment("p", "end", 60), amendment("p", "revoke", 80)]
    assert one(bureau(events=[event("p", "PEN_FINE", 40)], amendments=both))["state"] == "ended"
    assert (
        one(bureau(events=[event("p", "PEN_FINE", 40)], amendments=[*both, amendment("p", "revoke", 50)]))["state"]
        == "revoked"
    )


def test_a_corrected_event_shows_the_value_of_the_day() -> None:
    corrections = [
        amendment("p", "correct", known, column="quantity", value=str(value)) for known, value in ((60, 3), (120, 5))
    ]
    found = one(bureau(events=[event("p", "PEN_FINE", 40, known=45)], amendments=corrections))
    assert (found["quantity"], found["known_on"], found["corrected_on"]) == (3, day(45), day(60))


def test_a_failure_stands_from_the_day_its_case_became_known() -> None:
    visits = [visit("v", 20)]
    case = event("c", "CASE_OPENED", 60, inspection_id="v")
    withdrawn = amendment("c", "revoke", 80)
    found = on_100(bureau(visits, [case], [withdrawn])).events.set_index("event_id")
    assert list(found.loc["v:VISIT_FAIL", ["known_on", "state", "state_since"]]) == [day(60), "ended", day(80)]
    assert found.loc["c", "state"] == "revoked"
    assert found.loc["v:VISIT", "features"] == ("visits_all",)


def test_what_is_not_yet_known_is_counted_and_not_shown() -> None:
    records = bureau(
        [visit("v", 98, known=99), visit("w", 99, known=100), visit("x", 99, known=100, site="s2")],
        [event("e", "PEN_FINE", 40), event("f", "PEN_FINE", 90, known=101)],
        [amendment("e", "repair", 150)],
    )
    found = on_100(records)
    assert found.not_yet_known == 3
    assert found.events["event_id"].tolist() == ["e", "v:VISIT"]
    assert "3 rows became known on 2020-04-10 or later. They are not shown: to use them would be leakage." in repr(
        found
    )
    assert "No row became known on 2020-04-10 or later." in repr(on_100(bureau()))


def test_the_text_says_the_value_in_both_languages() -> None:
    found = on_100(bureau(events=[event("p", "PEN_FINE", 40)])).features.set_index("feature").loc["penalties_1095d"]
    assert found["text_en"] == "1 penalty of the last 3 years, not repaired"
    assert found["text_zh"] == "近三年未修复行政处罚 1 次"
    assert found["event_ids"] == ("p",)


def test_a_missing_value_and_a_category_are_said_in_words() -> None:
    sites = [{"site_id": "s1", "format_code": "C4"}, {"site_id": "s2", "format_code": "C1"}]
    catalog = load_catalog().select(["format_code", "days_since_last_visit"])
    found = history(bureau(sites=sites), "s1", ON, catalog=catalog).features.set_index("feature")
    assert list(found.loc["format_code", ["value", "text_en"]]) == ["C4", "kind of business: small restaurant"]
    assert list(found.loc["days_since_last_visit", ["value", "text_zh"]]) == [None, "距上次检查天数：无记录"]


def test_the_printed_form_is_plain_and_names_what_it_leaves_out() -> None:
    events = [event(f"e{number:02}", "PEN_FINE", number) for number in range(50)]
    shown = repr(on_100(bureau(events=events)))
    assert "Site s1 as of 2020-04-10: what was known before that day" in shown
    assert "50 events, of which the latest 40; all are in .events" in shown
    assert "e00, e01, e02, e03 +46" in shown
    assert "\ne09" not in shown.replace(" ", "")
    assert "\ne10" in shown.replace(" ", "")
    chinese = repr(on_100(bureau(events=events[:2]), lang="zh"))
    assert "主体 s1，截至 2020-04-10" in chinese
    assert "有效" in chinese
    assert "in force" not in chinese


def test_the_notebook_form_escapes_what_the_records_say() -> None:
    evil = "<script>alert('x')</script>"
    records = bureau(events=[event(evil, "PEN_FINE", 40, site=evil)], sites=[{"site_id": evil}])
    shown = on_100(records, evil)._repr_html_()
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 3  # the title, the event, the feature that it moves
    assert "<table" in shown


def test_a_wrong_site_day_or_language_is_refused() -> None:
    with pytest.raises(DataError, match="no site 'nobody' among 2 sites"):
        on_100(bureau(), "nobody")
    for wrong in ("2020-01-01", "2022-09-28"):
        with pytest.raises(DataError, match=r"outside the records .*after 2020-01-01, up to 2022-09-27"):
            history(bureau(), "s1", wrong)
    with pytest.raises(DataError, match="not a calendar day"):
        history(bureau(), "s1", "soon")
    with pytest.raises(StudyError, match=r"language 'fr' is unknown; allowed are \['en', 'zh'\]"):
        on_100(bureau(), lang="fr")


def test_a_snapshot_of_a_later_day_is_not_shown() -> None:
    later = dataclasses.replace(bureau(sites=[{"site_id": "s1", "area_m2": 9.0}]), snapshots={"area_m2": "2020-06-01"})
    assert "area_m2" not in history(later, "s1", ON).features["feature"].tolist()
    with pytest.raises(DataError, match="snapshots of these days"):
        history(later, "s1", ON, catalog=load_catalog().select(["area_m2"]))


def test_the_browser_is_a_public_name() -> None:
    assert riskml.history is history
