"""Outcomes: a visit counts as failed from the day that became known until it no longer held, by hand and by oracle."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaus import FIRST, PLAIN, amendment, bureau, event, visit
from riskml.records import Records
from riskml.records.days import day_number
from riskml.records.log import event_log
from riskml.records.outcomes import CODE_OF, VISIT, Criterion, OutcomeRule, outcome_as_of, visit_events
from worlds import DAYS, RULE, START, known_before, world

SEVERITY = {"key_fail": 10, "VIOL_MINOR": 2, "SAMP_STD": 5}
FEW = settings(max_examples=6)
SEEDS = st.integers(0, 10**6)


def case(on: int, event_id: str = "c1", *, visit: str = "v1", known: int | None = None) -> dict[str, Any]:
    return event(event_id, "CASE_OPENED", on, known=known, inspection_id=visit)


def failed_days(records: Records, inspection_id: str = "v1", outcome: str = "fail", until: int = 200) -> list[int]:
    """The days on which the visit counts as failed."""
    days = np.arange(FIRST, FIRST + until, dtype=np.int32)
    found = outcome_as_of(event_log(records), pd.Series([inspection_id] * until), days, outcome)
    return np.flatnonzero(found).tolist()


def codes(records: Records) -> dict[str, str]:
    """The code of each visit's own event."""
    log = event_log(records)
    own = log[log["code"].isin([VISIT, "VISIT_FOLLOWUP", "VISIT_OTHER", "VISIT_NOT_FOUND"])]
    return dict(zip(own["inspection_id"], own["code"], strict=True))


def points(records: Records, inspection_id: str = "v1") -> int:
    log = event_log(records)
    return int(log.loc[log["event_id"] == f"{inspection_id}:VISIT", "quantity"].iloc[0])


def test_a_visit_that_failed_on_the_spot_counts_from_the_day_after_it_was_known() -> None:
    assert failed_days(bureau([visit("v1", 5, known=8, result="fail")])) == list(range(9, 200))
    assert failed_days(bureau([visit("v1", 5, known=8)])) == []


def test_a_case_turns_the_outcome_only_after_it_is_known() -> None:
    assert failed_days(bureau([visit("v1", 5)], [case(50, known=70)])) == list(range(71, 200))


@pytest.mark.parametrize(("effective", "known"), [(90, 100), (100, 90)])
def test_a_revoked_case_turns_it_back_on_the_later_of_its_two_days(effective: int, known: int) -> None:
    revoked = [amendment("c1", "revoke", known, effective=effective)]
    assert failed_days(bureau([visit("v1", 5)], [case(50, known=70)], revoked)) == list(range(71, 101))


def test_a_revoked_case_does_not_clear_a_visit_that_failed_on_the_spot() -> None:
    records = bureau([visit("v1", 5, result="fail")], [case(50)], [amendment("c1", "revoke", 60)])
    assert failed_days(records) == list(range(7, 200))


def stretches(records: Records) -> list[tuple[str, int, int]]:
    log = event_log(records)
    rows = log[log["code"] == "VISIT_FAIL"].sort_values("known_on")
    days = ((rows[name] - FIRST).tolist() for name in ("known_on", "gone_on"))
    return list(zip(rows["event_id"], *days, strict=True))


def test_overlapping_cases_are_one_stretch_and_disjoint_ones_are_two() -> None:
    def two(first_gone: int) -> Records:
        ends = [amendment("c1", "revoke", first_gone), amendment("c2", "revoke", 90)]
        return bureau([visit("v1", 5)], [case(20), case(40, "c2", known=50)], ends)

    assert stretches(two(60)) == [("v1:VISIT_FAIL", 20, 90)]
    assert stretches(two(50)) == [("v1:VISIT_FAIL", 20, 90)]  # the first holds on day 50, the second from day 51
    assert stretches(two(49)) == [("v1:VISIT_FAIL", 20, 49), ("v1:VISIT_FAIL:2", 50, 90)]
    assert failed_days(two(49)) == [*range(21, 50), *range(51, 91)]


def test_a_short_case_inside_a_long_one_adds_nothing() -> None:
    ends = [amendment("c1", "end", 100), amendment("c2", "end", 40), amendment("c3", "end", 120)]
    records = bureau([visit("v1", 5)], [case(20), case(30, "c2"), case(90, "c3")], ends)
    assert stretches(records) == [("v1:VISIT_FAIL", 20, 120)]


@pytest.mark.parametrize(("after", "counts"), [(-1, False), (0, True), (90, True), (91, False)])
def test_a_case_counts_from_the_day_of_the_visit_to_day_ninety(after: int, counts: bool) -> None:
    assert bool(failed_days(bureau([visit("v1", 20)], [case(20 + after, known=130)]))) is counts


def test_a_case_of_another_visit_or_of_no_visit_counts_for_nobody() -> None:
    loose = event("c2", "CASE_OPENED", 30)
    records = bureau([visit("v1", 20), visit("v2", 60)], [case(30, visit="v2"), loose])
    assert failed_days(records) == failed_days(records, "v2") == []
    elsewhere = bureau([visit("v1", 20), visit("v2", 60)], [case(65, visit="v2")])
    assert failed_days(elsewhere) == []
    assert failed_days(elsewhere, "v2") == list(range(66, 200))


def test_a_case_known_before_its_visit_counts_from_when_the_visit_is_known() -> None:
    assert failed_days(bureau([visit("v1", 5, known=40)], [case(10)])) == list(range(41, 200))
    gone = [amendment("c1", "revoke", 40)]
    assert failed_days(bureau([visit("v1", 5, known=40)], [case(10)], gone)) == []


def test_a_case_whose_code_or_day_is_corrected_counts_by_what_was_known() -> None:
    fixed = [amendment("c1", "correct", 80, column="code", value="COMPL_VALID")]
    assert failed_days(bureau([visit("v1", 5)], [case(50)], fixed)) == list(range(51, 81))
    earlier = [amendment("c1", "correct", 150, column="occurred_on", value="2020-02-01")]
    assert failed_days(bureau([visit("v1", 5)], [case(120)], earlier)) == list(range(151, 200))


def test_each_outcome_has_its_own_criterion() -> None:
    fine = event("p", "PEN_FINE", 30, inspection_id="v1")
    records = bureau([visit("v1", 5, result="conditional")], [fine], rule=RULE)
    assert failed_days(records, outcome="fail") == []
    assert failed_days(records, outcome="fail_broad") == list(range(7, 200))
    assert failed_days(records, outcome="fail_severe") == list(range(31, 200))


def test_an_action_or_a_key_item_may_be_enough() -> None:
    plain = Criterion(actions=("stop",), key_fail=True)
    rule = dataclasses.replace(RULE, criteria={"fail": plain})
    assert failed_days(bureau([visit("v1", 5, action="stop")], rule=rule))
    assert failed_days(bureau([visit("v1", 5, key_fail=1)], rule=rule))
    assert not failed_days(bureau([visit("v1", 5, action="warn", key_fail=0, general_fail=9)], rule=rule))


@pytest.mark.parametrize(
    ("kind", "result", "code"),
    [
        ("RI", "pass", "VISIT"),
        ("DR", "fail", "VISIT"),
        ("RI", "not_found", "VISIT_NOT_FOUND"),
        ("FU", "not_found", "VISIT_NOT_FOUND"),
        ("FU", "fail", "VISIT_FOLLOWUP"),
        ("LI", "pass", "VISIT_FOLLOWUP"),
        ("CO", "fail", "VISIT_OTHER"),
    ],
)
def test_the_code_of_a_visit_follows_its_type_and_whether_anybody_was_there(kind: str, result: str, code: str) -> None:
    records = bureau([visit("v1", 5, visit_type=kind, result=result)])
    assert codes(records) == {"v1": code}
    assert bool(failed_days(records)) is (code == "VISIT" and result == "fail")


@pytest.mark.parametrize(("gap", "code"), [(0, "VISIT"), (1, "VISIT_FOLLOWUP"), (14, "VISIT_FOLLOWUP"), (15, "VISIT")])
def test_a_visit_up_to_fourteen_days_after_a_failed_one_is_its_follow_up(gap: int, code: str) -> None:
    records = bureau([visit("v1", 5, result="fail"), visit("v2", 5 + gap, result="fail")])
    assert codes(records) == {"v1": "VISIT", "v2": code}
    assert bool(failed_days(records, "v2")) is (code == "VISIT")


def test_a_visit_is_a_follow_up_only_of_a_failure_known_no_later_than_itself() -> None:
    late = bureau([visit("v1", 5, known=30, result="fail"), visit("v2", 10, known=29)])
    assert codes(late)["v2"] == "VISIT"
    same_day = bureau([visit("v1", 5, known=30, result="fail"), visit("v2", 10, known=30)])
    assert codes(same_day)["v2"] == "VISIT_FOLLOWUP"


def test_what_is_no_failure_of_an_eligible_visit_of_the_site_makes_no_follow_up() -> None:
    second = visit("v2", 10)
    assert codes(bureau([visit("v1", 5), second]))["v2"] == "VISIT"
    assert codes(bureau([visit("v1", 5, result="fail", site="s2"), second]))["v2"] == "VISIT"
    assert codes(bureau([visit("v1", 5, result="fail", visit_type="CO"), second]))["v2"] == "VISIT"
    assert codes(bureau([visit("v1", 5), second], [case(6)]))["v2"] == "VISIT"  # the case is not a fact of the visit


def test_severity_points_add_up_what_was_found_and_known_with_the_visit() -> None:
    rule = dataclasses.replace(PLAIN, severity=SEVERITY)
    found = [
        event("a", "VIOL_MINOR", 5, known=9, inspection_id="v1", quantity=3),
        event("b", "SAMP_STD", 5, known=10, inspection_id="v1"),
        event("c", "SAMP_STD", 5, known=11, inspection_id="v1"),
        event("d", "VIOL_MINOR", 5, known=9, inspection_id="v2", site="s2"),
        event("e", "ABN", 5, known=9, inspection_id="v1"),
    ]
    visits = [visit("v1", 5, known=10, key_fail=2, general_fail=4), visit("v2", 5, known=10, site="s2")]
    records = bureau(visits, found, rule=rule)
    assert points(records) == 10 * 2 + 2 * 3 + 5
    assert points(records, "v2") == 2
    assert points(bureau([visit("v1", 5, key_fail=2, general_fail=4)])) == 24


def test_severity_points_count_an_event_once_and_as_it_stood_when_the_visit_became_known() -> None:
    rule = dataclasses.replace(PLAIN, severity=SEVERITY)
    item = event("a", "VIOL_MINOR", 5, inspection_id="v1", quantity=3)

    def of(*changes: dict[str, Any]) -> int:
        return points(bureau([visit("v1", 5, known=10)], [item], changes, rule=rule))

    assert of(amendment("a", "correct", 10, column="quantity", value="1")) == 2
    assert of(amendment("a", "correct", 11, column="quantity", value="1")) == 6
    assert of(amendment("a", "revoke", 10)) == 0
    assert of(amendment("a", "revoke", 11)) == 6


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def held(event: dict[str, Any], amendments: list[dict[str, Any]], on: int) -> dict[str, Any] | None:
    """The event as it was known on a day, by the words of the constitution; None if it was not, or no longer held."""
    if day_number(event["known_on"]) >= on:
        return None
    mine = [a for a in amendments if a["event_id"] == event["event_id"]]
    both = [(max(day_number(a["effective_on"]), day_number(a["known_on"])), a) for a in mine]
    sooner = sorted((pair for pair in both if pair[0] < on), key=lambda pair: pair[0])
    if any(a["kind"] in ("end", "revoke") for _, a in sooner):
        return None
    now = dict(event)
    for _, change in sooner:
        if change["kind"] == "correct":
            now[change["column"]] = int(change["value"])
    return now


def facts_failed(row: dict[str, Any], criterion: Criterion) -> bool:
    return bool(row["result"] in criterion.results or row["action"] in criterion.actions)


def eligible(row: dict[str, Any], rule: OutcomeRule, visits: list[dict[str, Any]]) -> bool:
    def plain(one: dict[str, Any]) -> bool:
        return one["visit_type"] in rule.visit_types and one["result"] != "not_found"

    def precedes(one: dict[str, Any]) -> bool:
        gap = int((row["visited_on"] - one["visited_on"]).days)
        return one["site_id"] == row["site_id"] and 0 < gap <= rule.recheck_days and one["known_on"] <= row["known_on"]

    return plain(row) and not any(
        plain(one) and precedes(one) and facts_failed(one, rule.criteria["fail"]) for one in visits
    )


def oracle(records: Records, on: int, outcome: str) -> dict[str, bool]:
    """Whether each visit counts as failed on a day, from the definition, visit by visit and event by event."""
    visits, events, amendments = rows(records.inspections), rows(records.events), rows(records.amendments)
    criterion = records.outcome.criteria[outcome]
    found = {}
    for row in visits:
        linked = [held(e, amendments, on) for e in events if e["inspection_id"] == row["inspection_id"]]
        in_time = [
            e
            for e in linked
            if e and e["code"] in criterion.codes and 0 <= (e["occurred_on"] - row["visited_on"]).days <= 90
        ]
        known = day_number(row["known_on"]) < on
        counts = known and eligible(row, records.outcome, visits)
        found[row["inspection_id"]] = counts and (facts_failed(row, criterion) or bool(in_time))
    return found


def dense(seed: int) -> Records:
    return world(seed, sites=2, visits=14, events=40, amendments=25)


@FEW
@given(SEEDS, st.lists(st.integers(START, START + DAYS + 200), min_size=3, max_size=3), st.sampled_from([*CODE_OF]))
def test_outcomes_equal_the_oracle_on_any_day(seed: int, days: list[int], outcome: str) -> None:
    records = dense(seed)
    log = event_log(records)
    ids = records.inspections["inspection_id"]
    for on in days:
        made = outcome_as_of(log, ids, np.full(len(ids), on, dtype=np.int32), outcome)
        assert dict(zip(ids, made.tolist(), strict=True)) == oracle(records, on, outcome)


@FEW
@given(SEEDS)
def test_severity_points_equal_the_oracle(seed: int) -> None:
    records = dataclasses.replace(dense(seed), outcome=dataclasses.replace(RULE, severity=SEVERITY))
    log = event_log(records)
    made = log[log["code"] == VISIT].set_index("inspection_id")["quantity"]
    events, amendments = rows(records.events), rows(records.amendments)
    for row in rows(records.inspections):
        if row["inspection_id"] in made.index:
            then = day_number(row["known_on"]) + 1
            linked = [held(e, amendments, then) for e in events if e["inspection_id"] == row["inspection_id"]]
            found = sum(SEVERITY.get(e["code"], 0) * e["quantity"] for e in linked if e)
            assert made[row["inspection_id"]] == 10 * row["key_fail"] + found


@FEW
@given(SEEDS, st.integers(START + 1, START + DAYS))
def test_visit_events_never_depend_on_what_becomes_known_later(seed: int, on: int) -> None:
    def state(records: Records) -> list[tuple[str, int]]:
        made = event_log(records)
        known = made[made["code"].str.startswith(VISIT) & (made["known_on"] < on) & (made["gone_on"] >= on)]
        return sorted(zip(known["event_id"], known["quantity"], strict=True))

    rule = dataclasses.replace(RULE, severity=SEVERITY)
    records = dataclasses.replace(dense(seed), outcome=rule)
    assert state(records) == state(known_before(records, on))


@FEW
@given(SEEDS)
def test_every_visit_has_one_event_of_its_own_and_stretches_never_touch(seed: int) -> None:
    records = dense(seed)
    log = event_log(records)
    assert log["event_id"][log["code"].str.startswith(VISIT)].is_unique
    assert len(codes(records)) == len(records.inspections)
    for _, mine in log[log["code"].isin(CODE_OF.values())].groupby(["inspection_id", "code"]):
        ordered = mine.sort_values("known_on")
        assert (ordered["known_on"] < ordered["gone_on"]).all()
        assert (ordered["known_on"].to_numpy()[1:] > ordered["gone_on"].to_numpy()[:-1]).all()


def test_no_visits_give_no_events() -> None:
    records = bureau(events=[event("a", "CASE_OPENED", 3)])
    assert visit_events(records.inspections, event_log(records), RULE).empty
