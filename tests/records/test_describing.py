"""The description of records: counts worked out on paper, outcomes as cohorts judge them, and nobody named."""

import dataclasses
from typing import Any, cast

import pandas as pd
import pytest

from bureaus import FIRST, amendment, bureau, day, event, visit
from riskml.cohorts.visits import visits_known
from riskml.errors import StudyError
from riskml.records import Records
from riskml.records.describing import Description, describe
from riskml.records.describing_tables import lags_frame
from riskml.records.log import event_log
from worlds import DAYS, START, world

EVIL = "<script>alert('x')</script>"
PERSON = "张三丰"


def frames(found: Description) -> list[pd.DataFrame]:
    return [value for value in vars(found).values() if isinstance(value, pd.DataFrame)]


def rows(frame: pd.DataFrame, *keys: str) -> dict[Any, dict[str, Any]]:
    """The rows by their keys."""
    return cast("dict[Any, dict[str, Any]]", frame.set_index(list(keys)).to_dict("index"))


def test_the_outcomes_are_those_that_cohorts_judge() -> None:
    records = world(3, sites=6, visits=150, events=400)
    log = event_log(records)
    judged = visits_known(records, log, ends=START + DAYS)
    found = describe(records).outcomes
    for name, table in found.groupby("outcome"):
        row = rows(table, "year")["all"]
        failed = int(judged.outcomes(log, str(name)).sum())
        settled = int(judged.settled().sum())
        assert 0 < failed < settled < row["eligible"] == len(judged.judged.keys) + len(judged.late.keys)
        assert (row["settled"], row["failed"], row["share"]) == (settled, failed, failed / settled)
        for count in ("eligible", "settled", "failed"):
            assert table.loc[table["year"] != "all", count].sum() == row[count]


def test_a_visit_whose_outcome_is_not_final_is_counted_and_in_no_share() -> None:
    visits = [visit("v", 10, result="fail"), visit("w", 400), visit("x", 990, result="fail")]  # 130 days to settle
    found = describe(bureau(visits)).outcomes.set_index("year")
    assert found[["eligible", "settled", "failed"]].to_dict("index") == {
        "2020": {"eligible": 1, "settled": 1, "failed": 1},
        "2021": {"eligible": 1, "settled": 1, "failed": 0},
        "2022": {"eligible": 1, "settled": 0, "failed": 0},
        "all": {"eligible": 3, "settled": 2, "failed": 1},
    }
    assert found["share"].fillna(-1).tolist() == [1.0, 0.0, -1.0, 0.5]


def test_the_lag_is_counted_in_days_from_happening_to_knowing() -> None:
    known = {"a": 5, "b": 5, "c": 6, "d": 45, "e": 35}
    events = [event(name, "ABN" if name == "e" else "RECT_ORDER", 5, known=on) for name, on in known.items()]
    lags = rows(describe(bureau([visit("v", 3), visit("w", 9)], events)).lags, "table", "code")
    row = lags["events", "RECT_ORDER"]
    assert (row["rows"], row["same_day"], row["late"], row["constant"]) == (4, 0.5, 0.25, False)
    assert (row["median_days"], row["p90_days"], row["most_days"]) == (0, 40, 40)
    assert (lags["events", "all"]["late"], lags["events", "ABN"]["late"]) == (0.2, 0.0)  # after 30 days is not late
    assert lags["inspections", "all"]["constant"]


def test_a_lag_that_is_the_same_everywhere_is_said_to_be_stated() -> None:
    stated = "A constant lag is most likely stated by the source for all rows alike, not observed: inspections."
    assert stated in repr(describe(bureau([visit("v", 3), visit("w", 9)])))
    varied = repr(describe(bureau([visit("v", 3), visit("w", 9, known=20)])))
    assert "constant" not in varied


def test_a_missing_known_day_is_counted() -> None:
    records = bureau(events=[event("a", "ABN", 5), event("b", "ABN", 5)])
    events = records.events.assign(known_on=records.events["known_on"].mask(records.events["event_id"] == "b"))
    assert lags_frame(records)["missing"].tolist() == [0.0, 0.0]
    assert lags_frame(dataclasses.replace(records, events=events))["missing"].tolist() == [0.5, 0.5]


def test_sites_are_counted_by_what_they_are_on_the_last_day() -> None:
    sites = [
        {"site_id": "a", "lon": 1.0, "lat": 2.0},
        {"site_id": "b", "closed_on": day(999)},
        {"site_id": "c", "closed_on": day(1000)},
        {"site_id": "d", "registered_on": day(1000), "lon": 1.0},
    ]
    found = describe(bureau([visit("v", 3, site="a"), visit("w", 4, site="a")], sites=sites)).sites
    assert dict(zip(found["what"], found["sites"], strict=True)) == {
        "all": 4, "open": 2, "not_open_yet": 1, "closed": 1, "visited": 1, "never_visited": 3, "placed": 1,
    }  # fmt: skip
    assert rows(found, "what")["open"]["share"] == 0.5


def test_tables_tell_their_rows_and_both_clocks() -> None:
    facts = [event("a", "ABN", 5, known=9), event("b", "ABN", 2, known=4)]
    found = rows(describe(bureau(events=facts, amendments=[amendment("a", "end", 20)])).tables, "table")
    assert list(found["events"].values()) == [2, day(2), day(5), day(4), day(9)]
    assert {name: row["rows"] for name, row in found.items()} == {
        "sites": 2, "events": 2, "amendments": 1, "inspections": 0, "grades": 0, "quarantine": 0,
    }  # fmt: skip


def test_visits_are_counted_by_type_in_the_order_of_the_contract() -> None:
    visits = [visit("a", 1, visit_type="FU"), visit("b", 2), visit("c", 3, result="not_found"), visit("d", 4)]
    found = describe(bureau(visits)).visits
    assert found.to_dict("list") == {
        "visit_type": ["RI", "FU"], "visits": [3, 1], "share": [0.75, 0.25], "not_found": [1, 0],
        "eligible": [True, False],
    }  # fmt: skip


def test_missing_values_are_counted_and_empty_columns_named() -> None:
    found = describe(bureau([visit("v", 3, score=90.0), visit("w", 4)]))
    score = rows(found.missing, "table", "column")["inspections", "score"]
    assert score == {"rows": 2, "missing": 1, "share": 0.5}
    assert "events" not in found.missing["table"].tolist()  # a table without rows misses nothing
    assert "inspections.action" in repr(found).split("Columns without any value: ")[1].splitlines()[0]


def test_what_the_contract_warns_of_is_listed() -> None:
    found = describe(bureau(sites=[{"site_id": "s1", "lat": 91.0}, {"site_id": "s2", "lat": 2.0}]))
    assert found.warnings[["table", "column", "rule", "rows", "share"]].values.tolist() == [
        ["sites", "lat", "range", 1, 0.5]
    ]
    assert "lies outside -90 to 90" in repr(found)
    assert "The contract warns of nothing." in repr(describe(bureau()))


def peopled() -> Records:
    """Records with a person in every column that may hold one."""
    who = [visit(name, on, inspector=PERSON, office="office-1") for name, on in (("v", 3), ("w", 9))]
    sites: list[dict[str, Any]] = [
        {"site_id": "s1", "name": PERSON, "subject_id": PERSON, "lat": 91.0},
        {"site_id": "s2"},
    ]
    return bureau([*who, visit("x", 12, office="office-2")], sites=sites)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_offices_and_inspectors_are_counted_and_nobody_is_named(lang: str) -> None:
    found = peopled().describe(lang)
    assert found.workforce.fillna(-1).values.tolist() == [["office", 2, 0, 1.5, 1, 2], ["inspector", 1, 1 / 3, 2, 2, 2]]
    told = [repr(found), found._repr_html_(), *(table.to_csv() for table in frames(found))]
    assert not [text for text in told for name in (PERSON, "office-1", "s1") if name in text]


def test_the_notebook_form_escapes_what_the_records_say() -> None:
    records = bureau([visit("v", 3, label_version=EVIL)], [event("e", EVIL, 4)])
    shown = dataclasses.replace(records, source=EVIL, notes=({"en": EVIL, "zh": EVIL},)).describe()._repr_html_()
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 4  # source, note, code, label version


def test_words_stand_left_and_numbers_right_in_the_notebook_form() -> None:
    shown = bureau([visit("v", 3), visit("w", 9, known=20)]).describe()._repr_html_()
    assert '<td style="text-align:left">inspections</td><td style="text-align:right">2</td>' in shown
    assert '<th style="text-align:left">table</th><th style="text-align:right">rows</th>' in shown


def test_the_chinese_form_has_chinese_headings_columns_and_names() -> None:
    shown = peopled().describe("zh")
    for text in ("记录期末的主体", "从未被检查", "日常检查", "检查人员", "迟于30天"):
        assert text in repr(shown)
        assert text in shown._repr_html_()
    assert "never visited" not in repr(shown)
    assert "visit_type" not in repr(shown)


def test_several_label_versions_come_with_a_warning() -> None:
    both = [visit("v", 3), visit("w", 9, label_version="v2")]
    assert "Several label versions" in repr(describe(bureau(both)))
    assert "Several label versions" not in repr(describe(bureau(both[:1])))


def test_records_without_a_row_are_described_too() -> None:
    shown = repr(describe(bureau()))
    assert "None." in shown
    assert f"{day(0):%Y-%m-%d}" in shown
    assert FIRST == 18262


def test_another_language_is_refused() -> None:
    with pytest.raises(StudyError, match=r"language 'fr' is unknown; allowed are \['en', 'zh'\]"):
        bureau().describe("fr")
