"""The rules between columns and tables: each found where it is broken, at its very limit, and nowhere else."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaus import amendment, bureau, day, event, visit
from riskml.records import Records, contract
from riskml.records.checking import faults, warnings_of
from riskml.records.fault import REFUSE, WARN
from riskml.records.rules import PENALTY_WEIGHTS, RULES
from riskml.simulation import simulate
from worlds import world

Found = dict[tuple[str, str, str], int]
Planter = Callable[[dict[str, pd.DataFrame], np.ndarray], None]
OLD = event("e1", "ABN", 10, known=12)


def found(records: Records) -> Found:
    return {(fault.table, fault.column, fault.rule): fault.count for fault in faults(records)}


def grade(valid_from: int, valid_to: int, site: str = "s1") -> dict[str, Any]:
    days = {"valid_from": day(valid_from), "valid_to": day(valid_to), "known_on": day(valid_from)}
    return {"site_id": site, "system": "nanchang", "level": "A", **days}


def graded(*rows: dict[str, Any]) -> Records:
    return dataclasses.replace(bureau(), grades=contract.conform("grades", pd.DataFrame(list(rows))))


def sites(**columns: Any) -> list[dict[str, Any]]:
    return [{"site_id": "s1", **columns}, {"site_id": "s2"}]


def fines(*days: int, codes: tuple[str, ...] = ("PEN_FINE", "PEN_FINE"), case: str = "c1", site: str = "s1") -> Records:
    pairs = enumerate(zip(days, codes, strict=True))
    return bureau(events=[event(f"e{k}", code, on, case_id=case, site=site) for k, (on, code) in pairs])


CASES: dict[str, tuple[Records, Found]] = {
    "known on the day it happened": (bureau(events=[event("e", "ABN", 5, known=5)]), {}),
    "known before it happened": (
        bureau(events=[event("e", "ABN", 5, known=4)]),
        {("events", "known_on", "known_before"): 1},
    ),
    "visit known before it was made": (
        bureau([visit("v", 5, known=4), visit("w", 5, known=5)]),
        {("inspections", "known_on", "known_before"): 1},
    ),
    "event of an unknown site": (
        bureau(events=[event("e", "ABN", 5, site="s9")]),
        {("events", "site_id", "unknown_site"): 1},
    ),
    "visit of an unknown site": (bureau([visit("v", 5, site="s9")]), {("inspections", "site_id", "unknown_site"): 1}),
    "grade of an unknown site": (graded(grade(1, 2, "s9")), {("grades", "site_id", "unknown_site"): 1}),
    "event of an unknown visit": (
        bureau([visit("v", 5)], [event("e", "ABN", 5, inspection_id="v"), event("f", "ABN", 5, inspection_id="x")]),
        {("events", "inspection_id", "unknown_visit"): 1},
    ),
    "amendment of an unknown event": (
        bureau(events=[OLD], amendments=[amendment("e9", "end", 20), amendment("e1", "end", 20)]),
        {("amendments", "event_id", "unknown_event"): 1},
    ),
    "amendment in effect on the day of the event": (bureau(events=[OLD], amendments=[amendment("e1", "end", 10)]), {}),
    "amendment in effect before the event": (
        bureau(events=[OLD], amendments=[amendment("e1", "end", 20, effective=9)]),
        {("amendments", "effective_on", "effective_before_event"): 1},
    ),
    "amendment known before the event": (
        bureau(events=[OLD], amendments=[amendment("e1", "end", 9, effective=20)]),
        {("amendments", "known_on", "known_before_event"): 1},
    ),
    "amendments appended on other days or of other kinds": (
        bureau(events=[OLD], amendments=[amendment("e1", kind, on) for kind in ("end", "repair") for on in (20, 21)]),
        {},
    ),
    "amendment appended twice": (
        bureau(events=[OLD], amendments=[amendment("e1", "end", 20, effective=k) for k in (20, 30)]),
        {("amendments", "kind", "appended_twice"): 1},
    ),
    "two columns corrected on one day": (
        bureau(
            events=[OLD],
            amendments=[amendment("e1", "correct", 20, column=c, value="2") for c in ("severity", "quantity")],
        ),
        {},
    ),
    "one column corrected twice on one day": (
        bureau(
            events=[OLD], amendments=[amendment("e1", "correct", 20, column="severity", value=v) for v in ("1", "2")]
        ),
        {("amendments", "kind", "appended_twice"): 1},
    ),
    "corrections of nothing, of a key, without value": (
        bureau(
            events=[OLD],
            amendments=[
                amendment("e1", "correct", 20, value="2"),
                amendment("e1", "correct", 20, column="site_id", value="s2"),
                amendment("e1", "correct", 20, column="code"),
            ],
        ),
        {("amendments", "column", "incomplete_correction"): 3},
    ),
    "visits around the registration": (
        bureau([visit("v", 9), visit("w", 10), visit("l", 9, visit_type="LI")], sites=sites(registered_on=day(10))),
        {("inspections", "visited_on", "unregistered"): 1},
    ),
    "visits after the closure": (
        bureau(
            [visit("v", 100), visit("w", 101), visit("n", 101, result="not_found"), visit("o", 101, site="s2")],
            sites=sites(closed_on=day(10)),
        ),
        {("inspections", "visited_on", "long_closed"): 1},
    ),
    "grades in force for a day and for none": (
        graded(grade(1, 2), grade(5, 5), grade(8, 7)),
        {("grades", "valid_to", "ends_at_once"): 2},
    ),
    "a fine and a lighter penalty later": (fines(5, 9, codes=("PEN_FINE", "PEN_WARN")), {}),
    "two fines on one day": (fines(5, 5), {}),
    "two fines of one case": (fines(5, 9), {("events", "code", "two_heaviest"): 1}),
    "two equal penalties of other kinds": (
        fines(9, 5, codes=("PEN_STOP", "PEN_SUSP")),
        {("events", "code", "two_heaviest"): 1},
    ),
    "a heavier penalty after two fines": (fines(5, 9, 11, codes=("PEN_FINE", "PEN_FINE", "PEN_STOP")), {}),
    "one case number at two sites": (
        bureau(events=[event(f"e{s}", "PEN_FINE", on, case_id="c", site=s) for s, on in (("s1", 5), ("s2", 9))]),
        {},
    ),
    "a snapshot of no column and of no day": (
        dataclasses.replace(bureau(), snapshots={"colour": "2020-01-01", "staff": "soon", "area_m2": "2020-01-01"}),
        {
            ("records.json", "snapshots.colour", "snapshot_column"): 1,
            ("records.json", "snapshots.staff", "snapshot_day"): 1,
        },
    ),
    "coordinates of no place": (
        bureau(sites=sites(lat=90.5, lon=180.0)),
        {("sites", "lat", "range"): 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_rule_is_found_broken_where_it_is_and_nowhere_else(case: str) -> None:
    records, wanted = CASES[case]
    assert found(records) == wanted


def test_every_rule_is_broken_in_a_case_of_its_own_and_speaks_both_languages() -> None:
    broken = {(table, column, rule) for _, wanted in CASES.values() for table, column, rule in wanted}
    assert {(rule.table, rule.column, rule.name) for rule in RULES} <= broken
    assert all(rule.text_en.isascii() and not rule.text_zh.isascii() for rule in RULES)


def test_untidy_registers_are_warned_of_and_wrong_facts_are_refused() -> None:
    severity = {rule.name: rule.severity for rule in RULES}
    assert {name for name, value in severity.items() if value == WARN} == {
        "unknown_visit", "two_heaviest", "unregistered", "long_closed",
    }  # fmt: skip
    records, _ = CASES["two fines of one case"]
    (warned,) = warnings_of(records)
    assert warned.line() == (
        "events.code is a second penalty as heavy as the heaviest of its case, on a later day: 1 of 2 rows, such as "
        "e1: code PEN_FINE, case_id c1, occurred_on 2020-01-10"
    )
    assert warned.line("zh").startswith("events.code 与同案最重处罚同等，且日期更晚：2 行中 1 行，例如 e1")
    assert warned.as_dict()["examples"] == ["e1: code PEN_FINE, case_id c1, occurred_on 2020-01-10"]


def test_the_penalties_are_those_of_the_published_scale() -> None:
    assert len(PENALTY_WEIGHTS) == 11
    assert sorted(set(PENALTY_WEIGHTS.values())) == [0.5, 1, 2, 3, 6, 10]


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_random_worlds_have_no_fault_to_refuse(seed: int) -> None:
    assert not [fault for fault in faults(world(seed)) if fault.severity == REFUSE]


@pytest.fixture(scope="module")
def sound() -> Records:
    return simulate(sites=300, years=2, seed=4).records


def test_a_simulated_bureau_has_no_fault_at_all(sound: Records) -> None:
    assert faults(sound) == ()
    assert faults(simulate(sites=250, years=1, seed=8, partition_sites=100).records) == ()


def change(table: str, column: str, make: Callable[[pd.DataFrame], Any]) -> Planter:
    """Plant by changing one column of the rows."""

    def plant(tables: dict[str, pd.DataFrame], rows: np.ndarray) -> None:
        frame = tables[table].copy()
        values = frame[column].astype("object")
        values.iloc[rows] = np.asarray(make(frame.iloc[rows]), dtype=object)
        frame[column] = values
        tables[table] = frame

    return plant


def add(table: str, make: Callable[[pd.DataFrame], pd.DataFrame]) -> Planter:
    """Plant by appending rows made of the rows."""

    def plant(tables: dict[str, pd.DataFrame], rows: np.ndarray) -> None:
        made = make(tables[table].iloc[rows].astype("object"))
        tables[table] = pd.concat([tables[table].astype("object"), made], ignore_index=True)

    return plant


def days_later(column: str, days: int) -> Callable[[pd.DataFrame], Any]:
    return lambda rows: list(pd.to_datetime(rows[column]) + pd.Timedelta(days=days))


def fixed(value: Any) -> Callable[[pd.DataFrame], Any]:
    return lambda rows: [value] * len(rows)


def fresh(column: str, **cells: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The rows under new keys."""
    return lambda rows: rows.assign(**{column: "new " + rows[column].astype("str")}, **cells)


def second_fines(rows: pd.DataFrame) -> pd.DataFrame:
    """Each row twice as a fine of a case of its own, the second one a day later."""
    case = "case of " + rows["event_id"].astype("str")
    first = rows.assign(event_id="first " + rows["event_id"], code="PEN_FINE", case_id=case)
    later = pd.to_datetime(rows["occurred_on"]) + pd.Timedelta(days=1)
    return pd.concat([first, first.assign(event_id="2nd " + rows["event_id"], occurred_on=later, known_on=later)])


LONG_AGO = pd.Timestamp("1990-01-01")
PLANTERS: dict[tuple[str, str, str], Planter] = {
    ("events", "known_on", "known_before"): change("events", "known_on", days_later("occurred_on", -1)),
    ("inspections", "known_on", "known_before"): change("inspections", "known_on", days_later("visited_on", -1)),
    ("events", "site_id", "unknown_site"): change("events", "site_id", fixed("nowhere")),
    ("inspections", "site_id", "unknown_site"): change("inspections", "site_id", fixed("nowhere")),
    ("events", "inspection_id", "unknown_visit"): change("events", "inspection_id", fixed("no visit")),
    ("amendments", "event_id", "unknown_event"): change("amendments", "event_id", lambda r: "no " + r["event_id"]),
    ("amendments", "effective_on", "effective_before_event"): change("amendments", "effective_on", fixed(LONG_AGO)),
    ("amendments", "known_on", "known_before_event"): change("amendments", "known_on", fixed(LONG_AGO)),
    ("amendments", "kind", "appended_twice"): add("amendments", lambda rows: rows),
    ("amendments", "column", "incomplete_correction"): add(
        "amendments", lambda rows: rows.assign(kind="correct", column="site_id", value="s")
    ),
    ("events", "code", "two_heaviest"): add("events", second_fines),
    ("inspections", "inspection_id", "unique"): add("inspections", lambda rows: rows),
    ("inspections", "result", "codes"): change("inspections", "result", fixed("Fail")),
    ("inspections", "label_version", "filled"): change("inspections", "label_version", fixed(None)),
    ("inspections", "score", "type"): change("inspections", "score", fixed("good")),
    ("events", "due_on", "whole_day"): change("events", "due_on", fixed(pd.Timestamp("2024-01-01 08:00"))),
    ("events", "severity", "range"): change("events", "severity", fixed(4)),
    ("sites", "staff", "type"): change("sites", "staff", fixed("many")),
    ("sites", "lat", "range"): change("sites", "lat", fixed(-91.0)),
}


@settings(max_examples=15)
@given(st.lists(st.sampled_from(list(PLANTERS)), unique=True), st.integers(1, 9), st.integers(0, 10**6))
def test_exactly_the_faults_that_were_planted_are_found_all_at_once(
    sound: Records, kinds: list[tuple[str, str, str]], count: int, seed: int
) -> None:
    tables = dict(sound.tables())
    rng = np.random.default_rng(seed)
    order = {name: rng.permutation(len(frame)) for name, frame in tables.items()}
    for number, kind in enumerate(kinds):
        PLANTERS[kind](tables, order[kind[0]][number * count : (number + 1) * count])
    broken = dataclasses.replace(sound, **tables)  # type: ignore[arg-type]
    assert found(broken) == dict.fromkeys(kinds, count)
    for fault in faults(broken):
        assert len(fault.examples) == min(count, 3)
        assert fault.rows == len(tables[fault.table])
