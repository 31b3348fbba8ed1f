"""Targets: the first eligible visit in the horizon, its outcome once settled, and the reason where there is none."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaus import FIRST, PLAIN, amendment, bureau, event, visit
from riskml.cohorts import settled_targets
from riskml.cohorts.targets import NO_VISIT, NOT_SETTLED
from riskml.errors import StudyError
from riskml.records import Records
from riskml.records.days import day_number
from riskml.records.log import event_log
from riskml.records.outcomes import VISIT, outcome_as_of
from worlds import DAYS, RULE, START, world

AS_OF, HORIZON, SETTLING = 100, 60, 130


def targets(
    records: Records, *rows: tuple[str, int], horizon: int = HORIZON, outcome: str = "fail", **more: Any
) -> pd.DataFrame:
    asked = rows or (("s1", AS_OF),)
    table = pd.DataFrame(
        {"site_id": [site for site, _ in asked], "as_of": np.array([on + FIRST for _, on in asked], dtype=np.int32)}
    )
    return settled_targets(table, records, event_log(records), outcome=outcome, horizon_days=horizon, **more)


def target(records: Records, **changes: Any) -> dict[str, Any]:
    return {str(name): value for name, value in targets(records, **changes).iloc[0].dropna().items()}


@pytest.mark.parametrize(("on", "counts"), [(99, False), (100, True), (159, True), (160, False)])
def test_the_horizon_holds_its_first_day_and_not_its_last(on: int, counts: bool) -> None:
    found = target(bureau([visit("v1", on, result="fail")]))
    assert found.get("inspection_id") == ("v1" if counts else None)
    assert found.get("fail") == (True if counts else None)
    assert found["null_reason"] == ("" if counts else NO_VISIT)


def test_only_the_first_eligible_visit_counts() -> None:
    visits = [
        visit("other site", 101, site="s2", result="fail"),
        visit("before", 60, result="fail"),
        visit("closed", 101, result="not_found"),
        visit("complaint", 102, result="fail", visit_type="CO"),
        visit("follow-up", 103, result="fail", visit_type="FU"),
        visit("first", 104, visit_type="DR", inspector="i7", label_version="v2"),
        visit("second", 130, result="fail"),
    ]
    found = target(bureau(reversed(visits)))
    assert found["inspection_id"] == "first"
    assert not found["fail"]
    assert found["visited_on"] == pd.Timestamp(FIRST + 104, unit="D")
    assert (found["inspector"], found["label_version"]) == ("i7", "v2")


def test_the_second_visit_after_a_failed_one_is_its_recheck_and_no_target() -> None:
    visits = [visit("v1", 95, result="fail"), visit("v2", 105, result="fail"), visit("v3", 120)]
    assert target(bureau(visits))["inspection_id"] == "v3"


def test_of_two_visits_on_one_day_the_one_of_the_lower_number_counts() -> None:
    assert target(bureau([visit("b", 110), visit("a", 110, result="fail")]))["inspection_id"] == "a"


def test_rows_keep_their_order_and_the_same_site_may_stand_on_many_days() -> None:
    records = bureau([visit("v1", 110), visit("v2", 210, result="fail"), visit("w", 140, site="s2")])
    rows = (("s1", 200), ("s2", 100), ("s1", 100), ("s1", 40), ("s2", 200), ("s9", 100))
    found = targets(records, *rows)
    assert found["inspection_id"].fillna("-").tolist() == ["v2", "w", "v1", "-", "-", "-"]
    assert found["fail"].tolist() == [True, False, False, pd.NA, pd.NA, pd.NA]
    assert found.index.tolist() == list(range(6))


@pytest.mark.parametrize(("ends", "settled"), [(100 + SETTLING, True), (99 + SETTLING, False)])
def test_an_outcome_is_settled_only_when_its_follow_up_is_over(ends: int, settled: bool) -> None:
    found = target(bureau([visit("v1", 100, result="fail")], days=ends))
    assert found.get("fail") == (True if settled else None)
    assert found["null_reason"] == ("" if settled else NOT_SETTLED)
    assert found["inspection_id"] == "v1"


@pytest.mark.parametrize(("ends", "reason"), [(160 + SETTLING, NO_VISIT), (159 + SETTLING, NOT_SETTLED)])
def test_no_visit_is_said_only_when_the_horizon_and_its_follow_up_are_over(ends: int, reason: str) -> None:
    found = target(bureau(days=ends))
    assert found["null_reason"] == reason
    assert "fail" not in found


@pytest.mark.parametrize(("known", "fails"), [(229, True), (230, False)])
def test_the_outcome_is_what_was_known_before_the_day_it_settled(known: int, fails: bool) -> None:
    case = event("c", "CASE_OPENED", 150, known=known, inspection_id="v1")
    assert target(bureau([visit("v1", 100)], [case]))["fail"] == fails


def test_a_case_withdrawn_before_the_outcome_settled_is_no_failure() -> None:
    case = event("c", "CASE_OPENED", 150, inspection_id="v1")
    assert not target(bureau([visit("v1", 100)], [case], [amendment("c", "revoke", 200)]))["fail"]
    assert target(bureau([visit("v1", 100)], [case], [amendment("c", "revoke", 240)]))["fail"]


@pytest.mark.parametrize(("known", "first"), [(99, False), (100, True)])
def test_a_first_visit_is_one_before_which_none_was_known(known: int, first: bool) -> None:
    records = bureau([visit("v0", 50, known=known), visit("v1", 120)])
    assert target(records)["first_visit"] == first


@pytest.mark.parametrize(("known", "found"), [(104 + SETTLING, "second"), (103 + SETTLING, "first")])
def test_a_visit_known_only_when_its_outcome_was_settled_is_no_target(known: int, found: str) -> None:
    # to count it as passed would be a guess: on its settling day nobody knew of it, let alone that it failed
    first = visit("first", 104, known=known, result="fail")
    assert target(bureau([first, visit("second", 130)]))["inspection_id"] == found
    assert ("fail" in target(bureau([first]))) == (found == "first")


def test_follow_ups_and_closed_doors_are_no_history() -> None:
    visits = [visit("v0", 10, visit_type="FU"), visit("v1", 20, result="not_found")]
    assert target(bureau(visits))["first_visit"]


@settings(max_examples=5)
@given(st.integers(0, 10**6), st.integers(START, START + DAYS), st.integers(1, 400))
def test_targets_equal_the_visits_looked_up_one_by_one(seed: int, on: int, horizon: int) -> None:
    records = dataclasses.replace(world(seed, visits=30, events=40), outcome=PLAIN)
    log = event_log(records)
    rows = pd.DataFrame({"site_id": records.sites["site_id"], "as_of": np.int32(on)})
    found = settled_targets(rows, records, log, outcome="fail", horizon_days=horizon)
    own = set(log.loc[log["code"] == VISIT, "inspection_id"])
    ends = day_number(records.observed_to)
    for place, site in enumerate(rows["site_id"]):
        visits = records.inspections[records.inspections["site_id"] == site]
        days = {
            i: day_number(d) for i, d in zip(visits["inspection_id"], visits["visited_on"], strict=True) if i in own
        }
        inside = sorted((d, i) for i, d in days.items() if on <= d < on + horizon)
        row = found.iloc[place]
        if not inside:
            assert pd.isna(row["inspection_id"])
            assert row["null_reason"] == (NO_VISIT if on + horizon + SETTLING <= ends else NOT_SETTLED)
            continue
        visited, inspection_id = inside[0]
        assert row["inspection_id"] == inspection_id
        settles = visited + SETTLING
        assert row["null_reason"] == ("" if settles <= ends else NOT_SETTLED)
        assert pd.isna(row["fail"]) == (settles > ends)
        if settles <= ends:
            then = outcome_as_of(log, pd.Series([inspection_id]), np.array([settles], dtype=np.int32), "fail")
            assert row["fail"] == then[0]


@settings(max_examples=5)
@given(st.integers(0, 10**6), st.integers(START, START + DAYS - 400))
def test_a_label_equals_later_knowledge_where_nothing_changed_since(seed: int, on: int) -> None:
    records = dataclasses.replace(world(seed, visits=30, events=40, amendments=0), outcome=PLAIN)
    log = event_log(records)
    rows = pd.DataFrame({"site_id": records.sites["site_id"], "as_of": np.int32(on)})
    found = settled_targets(rows, records, log, outcome="fail", horizon_days=200)
    known = found[found["fail"].notna()]
    late = log.merge(known[["inspection_id", "visited_on"]], on="inspection_id")
    settles = late["visited_on"].dt.as_unit("s").astype("int64") // 86_400 + SETTLING
    changed = set(late.loc[late["known_on"] >= settles, "inspection_id"])
    same = known[~known["inspection_id"].isin(changed)]
    for later in (START + DAYS, START + DAYS + 1_000):
        then = outcome_as_of(log, same["inspection_id"], np.full(len(same), later, dtype=np.int32), "fail")
        assert same["fail"].tolist() == then.tolist()


TWO = (visit("v", 110, label_version="old", result="conditional"), visit("w", 110, site="s2", label_version="new"))
BOTH_SITES = (("s1", AS_OF), ("s2", AS_OF))


def test_targets_of_mixed_label_versions_need_a_map() -> None:
    broad = {name: RULE.criteria[name] for name in ("fail", "fail_broad")}
    records = bureau(TWO, rule=dataclasses.replace(RULE, criteria=broad))
    with pytest.raises(StudyError, match=r"versions \['new', 'old'\], which are not the same outcome"):
        targets(records, *BOTH_SITES)
    assert targets(records, ("s1", AS_OF))["fail"].tolist() == [False]
    mapped = targets(records, *BOTH_SITES, label_map={"fail": {"old": "fail_broad", "new": "fail"}})
    assert mapped["fail"].tolist() == [True, False]
    with pytest.raises(StudyError, match=r"names the label version 'odl', which is unknown; .* did you mean 'old'\?"):
        targets(records, label_map={"fail": {"odl": "fail", "new": "fail"}})
