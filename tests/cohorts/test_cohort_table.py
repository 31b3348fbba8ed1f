"""Cohort tables: every active site, visited or not, judged by what was known in time; equal to a slow oracle."""

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bureaus import FIRST, PLAIN, amendment, bureau, day, event, visit
from riskml.cohorts import cohort_parts, cohort_rows, evaluation_origins, month_starts, rolling_folds
from riskml.cohorts.table import DAYS_A_MONTH
from riskml.errors import DataError, StudyError
from riskml.records import Records
from riskml.records.days import day_number, to_days
from riskml.records.log import event_log
from riskml.records.outcomes import OutcomeRule
from worlds import DAYS, RULE, START, known_before, world

AS_OF, HORIZON, SETTLING = 100, 60, 130
SEEDS = st.integers(0, 10**6)
FEW = settings(max_examples=3, phases=[Phase.generate])  # a smaller seed makes no smaller world


def rows(records: Records, *on: int, horizon: int = HORIZON, **asked: Any) -> pd.DataFrame:
    days = [number + FIRST for number in on or (AS_OF,)]
    return cohort_rows(records, days, horizon_days=horizon, **asked)


def row(records: Records, **asked: Any) -> dict[str, Any]:
    """The row of s1, missing values left out."""
    found = rows(records, **asked)
    return {str(name): value for name, value in found[found["site_id"] == "s1"].iloc[0].dropna().items()}


def late_world(seed: int, *, rule: OutcomeRule = PLAIN, **sizes: int) -> Records:
    """A world in which every fifth visit becomes known after its settling day."""
    records = dataclasses.replace(world(seed, **sizes), outcome=rule)
    late = np.arange(len(records.inspections)) % 5 == 0
    known = records.inspections["known_on"] + pd.to_timedelta(np.where(late, SETTLING + 40, 0), unit="D")
    return dataclasses.replace(records, inspections=records.inspections.assign(known_on=known))


def test_a_site_that_nobody_visited_is_a_row_with_a_null_outcome() -> None:
    found = row(bureau())
    assert (found["active"], found["settled"], found["reason"]) == (True, True, "not_visited")
    assert not {"fail", "inspection_id", "visited_on", "visit_type", "label_version"} & set(found)
    assert found["first_visit"]


@pytest.mark.parametrize(
    ("visits", "reason"),
    [
        ([visit("v", 100)], ""),
        ([visit("v", 159)], ""),
        ([visit("v", 99)], "not_visited"),
        ([visit("v", 160)], "not_visited"),
        ([visit("v", 120, result="not_found")], "not_found"),
        ([visit("v", 120, visit_type="CO")], "not_eligible"),
        ([visit("v", 120, result="not_found"), visit("w", 130, visit_type="FU")], "not_eligible"),
        ([visit("v", 120, known=120 + SETTLING)], "known_late"),
        ([visit("v", 120, known=119 + SETTLING)], ""),
        ([visit("v", 120, known=120 + SETTLING), visit("w", 150)], ""),
    ],
)
def test_a_row_says_why_it_has_no_outcome(visits: list[dict[str, Any]], reason: str) -> None:
    found = row(bureau(visits))
    assert found["reason"] == reason
    assert ("fail" in found) == (reason == "")
    assert ("inspection_id" in found) == (reason == "")


def test_the_judged_visit_is_the_first_eligible_one_with_its_type_version_and_inspector() -> None:
    late = visit("late", 105, known=105 + SETTLING, result="fail")
    judged = visit("judged", 110, visit_type="DR", inspector="i7", label_version="v2", result="fail")
    found = row(bureau([visit("closed", 101, result="not_found"), late, judged, visit("after", 130)]))
    assert (found["inspection_id"], found["visit_type"], found["label_version"]) == ("judged", "DR", "v2")
    assert (found["visited_on"], found["inspector"], found["fail"]) == (day(110), "i7", True)


@pytest.mark.parametrize(
    ("ends", "settled", "visited"), [(230, True, True), (229, False, True), (101, False, False), (102, False, True)]
)
def test_an_outcome_is_null_until_it_is_settled(ends: int, settled: bool, visited: bool) -> None:
    known_by = f"{day(ends):%Y-%m-%d}"
    found = row(bureau([visit("v", 100, result="fail")]), known_by=known_by)
    assert (found["settled"], found["reason"]) == (settled, "" if settled else "not_settled")
    assert ("fail" in found) == settled
    assert ("inspection_id" in found) == visited


@pytest.mark.parametrize(("ends", "reason"), [(160 + SETTLING, "not_visited"), (159 + SETTLING, "not_settled")])
def test_nobody_went_is_said_only_when_no_visit_can_be_entered_any_more(ends: int, reason: str) -> None:
    found = row(bureau(days=ends))
    assert (found["reason"], found["settled"]) == (reason, reason == "not_visited")


def test_months_since_the_last_visit_count_from_the_latest_one_known() -> None:
    visits = [
        visit("a", 50, known=90),
        visit("b", 70, known=71),
        visit("c", 80, known=100),
        visit("d", 95, result="not_found"),
    ]
    found = row(bureau(visits))
    assert found["months_since_last_visit"] == pytest.approx((100 - 70) / DAYS_A_MONTH)
    assert not found["first_visit"]
    later = rows(bureau(visits), 101).iloc[0]
    assert later["months_since_last_visit"] == pytest.approx((101 - 80) / DAYS_A_MONTH)


def test_a_first_visit_is_marked_until_an_eligible_one_is_known() -> None:
    records = bureau([visit("co", 10, visit_type="CO"), visit("v", 50, known=100)])
    found = rows(records, 100, 101).query("site_id == 's1'")
    assert found["first_visit"].tolist() == [True, False]
    assert found["months_since_last_visit"].isna().tolist() == [True, False]


def test_inactive_sites_are_rows_only_when_asked_for_and_have_no_outcome() -> None:
    sites: list[dict[str, Any]] = [
        {"site_id": "s1"},
        {"site_id": "new", "registered_on": day(100)},
        {"site_id": "old", "closed_on": day(99)},
    ]
    records = bureau([visit("v", 110, site="old", result="fail")], sites=sites)
    assert rows(records)["site_id"].tolist() == ["s1"]
    found = rows(records, every_site=True)
    assert found["site_id"].tolist() == ["s1", "new", "old"]
    assert found["active"].tolist() == [True, False, False]
    assert found["reason"].tolist() == ["not_visited", "not_open_yet", "closed"]
    assert found["fail"].isna().all()
    assert found["inspection_id"].isna().all()


def test_rows_stand_by_day_and_then_in_the_order_of_the_sites() -> None:
    found = rows(bureau(), 200, 100, 200)
    assert list(zip(found["site_id"], found["as_of"], strict=True)) == [
        (site, day(on)) for on in (100, 200) for site in ("s1", "s2")
    ]


def test_each_outcome_asked_for_is_a_column() -> None:
    rule = dataclasses.replace(PLAIN, criteria=world(0).outcome.criteria)
    records = bureau([visit("v", 110, result="conditional")], rule=rule)
    found = row(records, outcomes=["fail", "fail_broad"])
    assert (found["fail"], found["fail_broad"]) == (False, True)


def test_no_sites_and_no_days_give_no_rows_of_the_same_columns() -> None:
    columns = list(rows(bureau()).columns)
    none = cohort_rows(bureau(), [], horizon_days=60)
    assert (len(none), list(none.columns)) == (0, columns)
    nobody = rows(bureau(sites=[{"site_id": "s1", "registered_on": day(500)}]))
    assert (len(nobody), list(nobody.columns)) == (0, columns)


@pytest.mark.parametrize("on", [0, 1001])
def test_a_planning_day_outside_the_records_is_refused(on: int) -> None:
    with pytest.raises(
        DataError, match=r"1 planning days lie outside .*choose days after 2020-01-01, up to 2022-09-27"
    ):
        rows(bureau(), on)


def test_a_planning_day_after_the_day_of_knowledge_is_refused() -> None:
    with pytest.raises(DataError, match="up to 2020-04-09"):
        rows(bureau(), AS_OF, known_by="2020-04-09")


def test_a_wrong_horizon_and_an_unknown_outcome_are_refused() -> None:
    with pytest.raises(StudyError, match="horizon_days must be at least 1, got 0"):
        rows(bureau(), horizon=0)
    with pytest.raises(StudyError, match=r"outcomes \['harm'\] are unknown; these records define \['fail'\]"):
        rows(bureau(), outcomes=["harm"])


TWO = (visit("v", 110, label_version="old", result="conditional"), visit("w", 110, site="s2", label_version="new"))


def test_mixed_label_versions_are_refused_with_what_to_write() -> None:
    wanted = r"versions \['new', 'old'\].*\[cohort.label_map.fail\].*\"new\" = \"fail\", \"old\" = \"fail\""
    with pytest.raises(StudyError, match=wanted):
        rows(bureau(TWO))
    with pytest.raises(StudyError, match=wanted):
        list(cohort_parts(bureau(TWO), [AS_OF + FIRST], horizon_days=HORIZON, sites_per_part=1))


def test_a_map_gives_each_version_its_comparable_definition() -> None:
    rule = dataclasses.replace(PLAIN, criteria=world(0).outcome.criteria)
    label_map = {"fail": {"old": "fail_broad", "new": "fail"}}
    mapped = rows(bureau(TWO, rule=rule), label_map=label_map)
    assert mapped["fail"].tolist() == [True, False]
    assert rows(bureau(TWO, rule=rule), label_map={"fail": {"old": "fail", "new": "fail"}})["fail"].tolist() == [0, 0]


def test_versions_that_no_row_of_the_cohort_has_are_no_mixture() -> None:
    assert rows(bureau([visit("a", 50, label_version="old"), visit("v", 110)])).iloc[0]["label_version"] == "v1"


def kinds(records: Records) -> dict[str, str]:
    """What each visit is, from the words of the outcome rule."""
    table = records.inspections.to_dict("records")
    eligible = [v for v in table if v["visit_type"] in ("RI", "DR") and v["result"] != "not_found"]
    found = {}
    for one in table:
        before = [
            v
            for v in eligible
            if v["site_id"] == one["site_id"]
            and v["result"] == "fail"
            and 0 < (one["visited_on"] - v["visited_on"]).days <= 14
            and v["known_on"] <= one["known_on"]
        ]
        if one["result"] == "not_found":
            found[one["inspection_id"]] = "not_found"
        elif one["visit_type"] in ("RI", "DR") and not before:
            found[one["inspection_id"]] = "eligible"
        else:
            found[one["inspection_id"]] = "other"
    return found


def failed(records: Records, one: dict[Any, Any]) -> bool:
    """Whether a visit failed by what was known before its settling day, from the words of the outcome rule."""
    if one["result"] == "fail":
        return True
    settles = one["visited_on"] + pd.Timedelta(days=SETTLING)
    for case in records.events.to_dict("records"):
        if case["code"] != "CASE_OPENED" or case["inspection_id"] != one["inspection_id"]:
            continue
        changes = records.amendments[records.amendments["event_id"] == case["event_id"]].to_dict("records")
        over = any(
            c["kind"] in ("end", "revoke") and c["effective_on"] < settles and c["known_on"] < settles for c in changes
        )
        in_time = 0 <= (case["occurred_on"] - one["visited_on"]).days <= 90
        if in_time and case["known_on"] < settles and not over:
            return True
    return False


def oracle(records: Records, kind: dict[str, str], site: str, as_of: int, horizon: int, ends: int) -> dict[str, Any]:
    """One row from the definitions, visit by visit."""
    visits: list[dict[Any, Any]] = [
        {**v, "on": day_number(v["visited_on"]), "known": day_number(v["known_on"]), "kind": kind[v["inspection_id"]]}
        for v in records.inspections[records.inspections["site_id"] == site].to_dict("records")
    ]
    visits = [v for v in visits if v["known"] < ends]
    history = [v["on"] for v in visits if v["kind"] == "eligible" and v["known"] < as_of]
    fixed = {"first_visit": not history, "months": (as_of - max(history)) / DAYS_A_MONTH if history else math.nan}
    inside = [v for v in visits if as_of <= v["on"] < as_of + horizon]
    judged = [v for v in inside if v["kind"] == "eligible" and v["known"] < v["on"] + SETTLING]
    if judged:
        one = min(judged, key=lambda v: (v["on"], v["inspection_id"]))
        settled = one["on"] + SETTLING <= ends
        told = {"inspection_id": one["inspection_id"], "reason": "" if settled else "not_settled"}
        return {**fixed, **told, "fail": failed(records, one) if settled else None}
    reasons = [
        "known_late" if any(v["kind"] == "eligible" for v in inside) else "",
        "not_eligible" if any(v["kind"] == "other" for v in inside) else "",
        "not_found" if inside else "not_visited",
    ]
    reason = next(filter(None, reasons)) if as_of + horizon + SETTLING <= ends else "not_settled"
    return {**fixed, "inspection_id": None, "reason": reason, "fail": None}


@FEW
@given(SEEDS, st.integers(START + 1, START + DAYS), st.integers(1, 400), st.integers(0, 400))
def test_every_row_equals_its_definition(seed: int, on: int, horizon: int, known_after: int) -> None:
    records = late_world(seed, visits=40, events=60)
    ends = min(on + known_after, START + DAYS)
    kind = kinds(records)
    found = cohort_rows(records, [on], horizon_days=horizon, known_by=f"{pd.Timestamp(ends, unit='D'):%Y-%m-%d}")
    opened = to_days(records.sites["registered_on"], missing=-1) < on
    assert found["site_id"].tolist() == records.sites["site_id"][opened].tolist()
    for place, site in enumerate(found["site_id"]):
        wanted = oracle(records, kind, site, on, horizon, ends)
        one: dict[Any, Any] = found.iloc[place].to_dict()
        fail = None if pd.isna(one["fail"]) else bool(one["fail"])
        inspection_id = None if pd.isna(one["inspection_id"]) else one["inspection_id"]
        assert (one["reason"], inspection_id, fail) == (wanted["reason"], wanted["inspection_id"], wanted["fail"])
        assert one["first_visit"] == wanted["first_visit"]
        assert one["months_since_last_visit"] == pytest.approx(wanted["months"], nan_ok=True)
        assert one["settled"] == (wanted["reason"] != "not_settled")


@FEW
@given(SEEDS, st.integers(START + 200, START + DAYS))
def test_a_table_as_known_on_a_day_is_that_of_the_records_of_that_day(seed: int, ends: int) -> None:
    records = late_world(seed, rule=RULE, visits=40, events=60)
    days = np.arange(START + 10, ends, 45, dtype=np.int32)
    known_by = pd.Timestamp(ends, unit="D")
    then = dataclasses.replace(known_before(records, ends), observed_to=known_by)
    asked: dict[str, Any] = {"horizon_days": 90, "outcomes": ["fail", "fail_broad", "fail_severe"]}
    now = cohort_rows(records, days, known_by=f"{known_by:%Y-%m-%d}", **asked)
    pd.testing.assert_frame_equal(now, cohort_rows(then, days, **asked))


@FEW
@given(SEEDS, st.integers(START + 400, START + DAYS))
def test_an_outcome_that_is_settled_never_changes(seed: int, ends: int) -> None:
    records = late_world(seed, visits=40, events=60)
    days = np.arange(START + 10, ends, 45, dtype=np.int32)
    log = event_log(records)
    then = cohort_rows(records, days, horizon_days=90, known_by=f"{pd.Timestamp(ends, unit='D'):%Y-%m-%d}", log=log)
    last = cohort_rows(records, days, horizon_days=90, log=log)
    columns = ["site_id", "as_of", "inspection_id", "fail", "label_version", "visit_type"]
    kept = then["settled"].to_numpy()
    assert kept.any()
    pd.testing.assert_frame_equal(then.loc[kept, columns], last.loc[kept, columns])


def test_an_origin_learns_only_what_was_known_by_then_and_no_visit_stands_on_two_sides() -> None:
    horizon, learned, judged = 90, 0, 0
    for seed in range(2):
        records = late_world(seed, sites=8, visits=200, events=80)
        days = month_starts(first=START + 1, last=START + DAYS - horizon - SETTLING)
        log = event_log(records)
        table = cohort_rows(records, days, horizon_days=horizon, log=log)
        origins = evaluation_origins(days, number=3, horizon_days=horizon)
        folds = rolling_folds(
            to_days(table["as_of"]), table["fail"].notna().to_numpy(), origins=origins,
            gap_days=horizon + SETTLING, calibration_windows=3, horizon_days=horizon,
        )  # fmt: skip
        visits = table["inspection_id"]
        for fold in folds:
            then = f"{pd.Timestamp(fold.origin, unit='D'):%Y-%m-%d}"
            known = cohort_rows(records, days[days <= fold.origin], horizon_days=horizon, known_by=then, log=log)
            taught = np.concatenate([fold.train, fold.calibrate])
            pd.testing.assert_series_equal(table["fail"].iloc[taught], known["fail"].iloc[taught])
            sides = [set(visits.iloc[places].dropna()) for places in (fold.train, fold.calibrate, fold.test)]
            assert not sides[0] & sides[1]
            assert not (sides[0] | sides[1]) & sides[2]
            learned += len(fold.train)
        tested = visits.iloc[np.concatenate([fold.test for fold in folds])].dropna()
        assert not tested.duplicated().any()
        judged += len(tested)
    assert learned > 100
    assert judged > 20


@pytest.mark.parametrize("size", [1, 2, 5])
def test_partitions_of_sites_give_the_same_rows(size: int) -> None:
    records = late_world(size, sites=3, visits=40, events=60)
    days = [START + 300, START + 500]
    whole = cohort_rows(records, days, horizon_days=90)
    parts = pd.concat(cohort_parts(records, days, horizon_days=90, sites_per_part=size), ignore_index=True)
    key = ["as_of", "site_id"]
    pd.testing.assert_frame_equal(parts.sort_values(key, ignore_index=True), whole.sort_values(key, ignore_index=True))


def test_a_partition_knows_that_an_owner_has_sites_in_another_one() -> None:
    sites = [{"site_id": name, "subject_id": "u"} for name in ("s1", "s2")]
    records = bureau(events=[event("p", "PEN_REVOKE", 40, scope="legal_person")], sites=sites)
    parts = cohort_parts(records, [AS_OF + FIRST], horizon_days=HORIZON, sites_per_part=1)
    assert [part["site_id"].tolist() for part in parts] == [["s1"], ["s2"]]


def test_neither_records_nor_days_are_changed() -> None:
    records = bureau(
        [visit("v", 110)], [event("c", "CASE_OPENED", 120, inspection_id="v")], [amendment("c", "end", 130)]
    )
    days = np.array([AS_OF + FIRST, 20 + FIRST], dtype=np.int32)
    before = {name: table.copy() for name, table in records.tables().items()}
    rows_made = cohort_rows(records, days, horizon_days=HORIZON)
    assert len(rows_made) == 4
    assert days.tolist() == [AS_OF + FIRST, 20 + FIRST]
    for name, table in records.tables().items():
        pd.testing.assert_frame_equal(table, before[name])
