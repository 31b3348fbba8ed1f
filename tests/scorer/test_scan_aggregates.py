"""Each aggregate of the scan against numbers worked out by hand, and programs that are refused."""

import math
from typing import Any

import pytest

from riskml.scorer.errors import ArtifactError, InputError
from riskml.scorer.scanning import scan

DAY = "2025-06-01"
CODES = ["ORDER", "CERT", "VISIT", "PROBLEM"]


def program(aggregate: str, codes: list[str], per: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    places = [[CODES.index(code) for code in some] for some in (codes, per)]
    row = {"name": "x", "from": "events", "aggregate": aggregate, "window": None, "skip_repaired": False, **more}
    return {"codes": CODES, "tables": [[2**32, 2**31]], "features": [{**row, "codes": places[0], "per": places[1]}]}


def event(number: int, code: str, occurred: str, **more: Any) -> dict[str, Any]:
    return {"event_id": f"e{number}", "code": code, "occurred_on": occurred, "known_on": occurred, **more}


def value(made: dict[str, Any], events: list[dict[str, Any]], amendments: tuple[dict[str, Any], ...] = ()) -> float:
    return scan.features(made, {}, events, amendments, DAY)[0]


ORDERS = [
    event(1, "ORDER", "2025-05-01", due_on="2025-05-31", quantity=2),
    event(2, "ORDER", "2025-05-01", due_on="2025-06-01", quantity=7),
    event(3, "ORDER", "2025-04-01", quantity=4),
    event(4, "ORDER", "2025-03-01", due_on="2025-03-15", known_on="2025-06-01", quantity=9),
]


def end(number: int, known: str, kind: str = "end") -> dict[str, Any]:
    return {"event_id": f"e{number}", "kind": kind, "effective_on": known, "known_on": known}


def test_an_order_is_overdue_from_the_day_after_its_due_day_until_its_end_is_known() -> None:
    made = program("overdue", ["ORDER"])
    assert value(made, ORDERS) == 1  # e1: due on the 31st; e2 is due today, e3 never, e4 is not known yet
    assert value(made, ORDERS, (end(1, "2025-06-01"),)) == 1
    assert value(made, ORDERS, (end(1, "2025-05-31"),)) == 0


def test_a_repair_known_the_day_before_counts_and_one_of_the_day_does_not() -> None:
    made = program("overdue", ["ORDER"], skip_repaired=True)
    assert value(made, ORDERS, (end(1, "2025-05-31", "repair"),)) == 0
    assert value(made, ORDERS, (end(1, "2025-06-01", "repair"),)) == 1


def test_the_largest_quantity_is_zero_where_there_is_none() -> None:
    made = program("max_quantity", ["ORDER"])
    assert value(made, ORDERS) == 7
    assert value(made, []) == 0


CERTIFICATES = [
    event(1, "CERT", "2024-01-01", valid_to="2025-05-31"),
    event(2, "CERT", "2024-01-01", valid_to="2025-06-01"),
    event(3, "CERT", "2024-01-01", valid_to="2025-07-01"),
    event(4, "CERT", "2024-01-01"),
]


def test_a_certificate_is_in_force_through_its_last_day_and_expired_after_it() -> None:
    assert value(program("in_force", ["CERT"]), CERTIFICATES) == 3
    assert value(program("expired", ["CERT"]), CERTIFICATES) == 1


def test_days_until_expiry_are_those_of_the_next_to_expire_among_those_in_force() -> None:
    made = program("days_until_expiry", ["CERT"])
    assert value(made, CERTIFICATES) == 0
    assert value(made, [CERTIFICATES[0], *CERTIFICATES[2:]]) == 30
    assert math.isnan(value(made, [CERTIFICATES[0], CERTIFICATES[3]]))


def test_a_corrected_expiry_holds_from_the_day_it_is_known() -> None:
    longer = {**end(1, "2025-05-31", "correct"), "column": "valid_to", "value": "2026-01-01"}
    assert value(program("expired", ["CERT"]), CERTIFICATES, (longer,)) == 0
    assert value(program("expired", ["CERT"]), CERTIFICATES, ({**longer, "known_on": DAY},)) == 1


def test_the_trend_is_the_window_less_the_equally_long_one_before() -> None:
    days = ["2025-05-31", "2025-05-22", "2025-05-21", "2025-05-12", "2025-05-11"]  # 1, 10, 11, 20, 21 days ago
    events = [event(number, "ORDER", day) for number, day in enumerate(days)]
    assert value(program("trend", ["ORDER"], window=10), events) == 2 - 2
    assert value(program("trend", ["ORDER"], window=11), events) == 3 - 2
    assert value(program("trend", ["ORDER"], window=1), events) == 1


def visits(*problems: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        event(1, "VISIT", "2025-05-30", inspection_id="a"),
        event(2, "VISIT", "2025-05-30", inspection_id="b"),
        event(3, "VISIT", "2025-05-02", inspection_id="c"),
        event(4, "VISIT", "2025-05-01"),
        *problems,
    ]


def test_the_last_clean_visit_is_the_latest_whose_own_day_and_inspection_met_no_problem() -> None:
    made = program("days_since_last_without", ["VISIT"], ("PROBLEM",))
    at_a, at_b, at_c = (
        event(number, "PROBLEM", day, inspection_id=visit)
        for number, day, visit in ((5, "2025-05-30", "a"), (6, "2025-05-30", "b"), (7, "2025-05-02", "c"))
    )
    assert value(made, visits()) == 2
    assert value(made, visits(at_a)) == 2  # the visit b of that day stays clean
    assert value(made, visits(at_a, at_b)) == 30
    assert value(made, visits(at_a, at_b, at_c)) == 31
    assert value(made, visits(at_a, {**at_b, "occurred_on": "2025-05-29", "known_on": "2025-05-29"})) == 2  # other day
    assert value(made, visits(at_a, event(6, "PROBLEM", "2025-05-30"))) == 2  # of no inspection
    no_visit = event(8, "PROBLEM", "2025-05-01")
    assert math.isnan(value(made, visits(at_a, at_b, at_c, no_visit)))
    assert value(made, visits(at_a, at_b), (end(5, "2025-05-31", "revoke"),)) == 2
    assert math.isnan(value(program("days_since_last_without", ["VISIT"], ("PROBLEM",), window=1), visits()))


def test_a_repaired_problem_leaves_its_visit_clean_where_repaired_events_do_not_count() -> None:
    problems = [event(n, "PROBLEM", "2025-05-30", inspection_id=visit) for n, visit in ((5, "a"), (6, "b"))]
    repaired = (end(6, "2025-05-31", "repair"),)
    for skip, days in ((False, 30), (True, 2)):
        made = program("days_since_last_without", ["VISIT"], ("PROBLEM",), skip_repaired=skip)
        assert value(made, visits(*problems), repaired) == days


@pytest.mark.parametrize(("window", "count"), [(1, 0), (30, 0), (31, 2), (60, 2), (61, 3)])
def test_a_window_holds_the_day_that_lies_its_length_back(window: int, count: int) -> None:
    assert value(program("count", ["ORDER"], window=window), ORDERS) == count


def test_a_fact_corrected_to_a_later_day_than_the_decision_is_not_counted() -> None:
    moved = {**end(3, "2025-05-20", "correct"), "column": "occurred_on", "value": "2025-06-01"}
    assert value(program("count", ["ORDER"]), ORDERS, (moved,)) == 2
    assert value(program("count", ["ORDER"]), ORDERS, ({**moved, "value": "2025-05-31"},)) == 3


def test_corrections_of_one_day_give_one_value_whatever_their_order() -> None:
    twice = tuple({**end(3, "2025-05-20", "correct"), "column": "quantity", "value": text} for text in ("5", "6"))
    assert (
        value(program("sum", ["ORDER"]), ORDERS, twice) == value(program("sum", ["ORDER"]), ORDERS, twice[::-1]) == 15
    )


def test_the_records_behind_a_value_are_those_whose_removal_changes_it() -> None:
    made = program("days_since_last_without", ["VISIT"], ("PROBLEM",))
    problems = [
        event(5, "PROBLEM", "2025-05-30", inspection_id="a"),
        event(6, "PROBLEM", "2025-05-30", inspection_id="b"),
    ]
    assert scan.records_behind(made, {}, visits(*problems), (), DAY) == [["e3", "e5", "e6"]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"aggregate": "median"}, "unknown aggregate 'median'"),
        ({"codes": [4]}, "code out of bounds"),
        ({"codes": [True]}, "code out of bounds"),
        ({"per": [-1]}, "code out of bounds"),
        ({"window": 0}, "a window is 1 to 100000 days or null, got 0"),
        ({"window": 2.5}, "a window is 1 to 100000 days or null, got 2.5"),
        ({"window": 10**9}, "a window is 1 to 100000 days"),
        ({"aggregate": "trend"}, "the aggregate trend needs a window"),
        ({"aggregate": "decayed", "table": 1}, "decay table 1 of 1"),
        ({"from": "nowhere"}, "unknown origin 'nowhere'"),
    ],
)
def test_a_program_out_of_bounds_is_refused(wrong: dict[str, Any], message: str) -> None:
    made = program("count", ["ORDER"])
    made["features"][0] |= wrong
    with pytest.raises(ArtifactError, match=message):
        scan.check_program(made)


def test_a_quantity_too_large_for_every_runtime_is_refused() -> None:
    with pytest.raises(InputError, match="whole number from -2147483647 to 2147483647"):
        value(program("sum", ["ORDER"]), [event(1, "ORDER", "2025-05-01", quantity=2**31)])
