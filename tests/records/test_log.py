"""The log: each amendment changes only what comes after the later of its two days, and nothing before."""

import dataclasses
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaus import FIRST, amendment, bureau, event, visit
from riskml.errors import DataError
from riskml.records import Records
from riskml.records.days import NEVER
from riskml.records.log import LOG_COLUMNS, event_log, raw_histories, raw_history
from worlds import DAYS, START, known_before, world

FINE = event("e1", "PEN_FINE", 10, known=12, quantity=2, severity=1, amount=500.0)


def held(log: pd.DataFrame, on: int, *columns: str) -> list[Any]:
    """What was known on a day, by the words of the log: one value, or list of values, a version."""
    known = log[(log["known_on"] < FIRST + on) & (log["gone_on"] >= FIRST + on)]
    return known[list(columns)].to_numpy().tolist() if len(columns) > 1 else known[columns[0]].tolist()


def days_held(log: pd.DataFrame, code: str) -> list[int]:
    return [on for on in range(120) if code in held(log, on, "code")]


def test_an_event_is_known_from_the_day_after_its_known_on() -> None:
    log = event_log(bureau(events=[FINE]))
    assert days_held(log, "PEN_FINE") == list(range(13, 120))
    assert {name: str(dtype) for name, dtype in log.dtypes.items()} == LOG_COLUMNS


@pytest.mark.parametrize("kind", ["revoke", "end"])
@pytest.mark.parametrize(("effective", "known"), [(20, 30), (30, 20)])
def test_an_end_or_revocation_counts_from_the_day_after_the_later_of_its_two_days(
    kind: str, effective: int, known: int
) -> None:
    log = event_log(bureau(events=[FINE], amendments=[amendment("e1", kind, known, effective=effective)]))
    assert days_held(log, "PEN_FINE") == list(range(13, 31))


def test_the_first_of_several_ends_counts() -> None:
    ends = [amendment("e1", "end", 50), amendment("e1", "revoke", 20, effective=40), amendment("e1", "end", 60)]
    assert days_held(event_log(bureau(events=[FINE], amendments=ends)), "PEN_FINE") == list(range(13, 41))


def test_a_repair_marks_the_event_and_does_not_end_it() -> None:
    repairs = [amendment("e1", "repair", 30, effective=25), amendment("e1", "repair", 28)]
    log = event_log(bureau(events=[FINE], amendments=repairs))
    assert log["repaired_on"].tolist() == [FIRST + 28]
    assert log["gone_on"].tolist() == [NEVER]


def test_corrections_follow_each_other_in_the_order_in_which_they_took_hold() -> None:
    changes = [
        amendment("e1", "correct", 40, column="quantity", value="7"),
        amendment("e1", "correct", 20, effective=30, column="quantity", value="3"),
        amendment("e1", "correct", 35, effective=1, column="code", value="PEN_STOP"),
    ]
    log = event_log(bureau(events=[FINE], amendments=changes))
    found = {on: held(log, on, "code", "quantity") for on in (12, 13, 30, 31, 35, 36, 40, 41)}
    assert found == {
        12: [], 13: [["PEN_FINE", 2]], 30: [["PEN_FINE", 2]], 31: [["PEN_FINE", 3]], 35: [["PEN_FINE", 3]],
        36: [["PEN_STOP", 3]], 40: [["PEN_STOP", 3]], 41: [["PEN_STOP", 7]],
    }  # fmt: skip


def test_a_correction_before_the_event_was_known_holds_from_its_first_day() -> None:
    log = event_log(bureau(events=[FINE], amendments=[amendment("e1", "correct", 11, column="quantity", value="9")]))
    assert held(log, 12, "quantity") == []
    assert held(log, 13, "quantity") == [9]


def test_a_revoked_event_stays_revoked_whatever_is_corrected_later() -> None:
    changes = [amendment("e1", "revoke", 20), amendment("e1", "correct", 30, column="quantity", value="9")]
    log = event_log(bureau(events=[FINE], amendments=changes))
    assert days_held(log, "PEN_FINE") == list(range(13, 21))
    assert all(held(log, on, "quantity") in ([], [2]) for on in range(120))


@pytest.mark.parametrize(
    ("column", "value", "wanted"),
    [
        ("code", "PEN_STOP", "PEN_STOP"),
        ("occurred_on", "2020-01-06", FIRST + 5),
        ("due_on", "2020-02-01", FIRST + 31),
        ("valid_to", "2020-02-01", FIRST + 31),
        ("severity", "3", 3),
        ("quantity", "4", 4),
        ("amount", "12.5", 12.5),
    ],
)
def test_each_correctable_column_takes_its_new_value(column: str, value: str, wanted: object) -> None:
    log = event_log(bureau(events=[FINE], amendments=[amendment("e1", "correct", 20, column=column, value=value)]))
    assert held(log, 21, column) == [wanted]
    before = event_log(bureau(events=[FINE]))
    assert held(log, 20, column) == held(before, 20, column)


WRONG = {
    "unknown event": ([amendment("e9", "end", 20)], r"1 amendments name unknown events; examples: \['e9'\]"),
    "key column": (
        [amendment("e1", "correct", 20, column="site_id", value="s2")],
        r"amendments correct \['site_id'\]; columns that can be corrected are \['code'",
    ),
    "no column": ([amendment("e1", "correct", 20, value="s2")], "1 amendments of kind correct lack column or value"),
    "no value": ([amendment("e1", "correct", 20, column="code")], "1 amendments of kind correct lack column or value"),
    "no number": (
        [amendment("e1", "correct", 20, column="quantity", value="two")],
        "quantity to 'two', which is not a n",
    ),
    "no day": ([amendment("e1", "correct", 20, column="due_on", value="soon")], "'soon' is not a calendar day"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_amendment_that_makes_no_sense_is_refused(case: str) -> None:
    amendments, message = WRONG[case]
    with pytest.raises(DataError, match=message):
        event_log(bureau(events=[FINE], amendments=amendments))


def test_amendments_of_one_event_leave_the_others_alone() -> None:
    other = event("e2", "ABN", 11, quantity=5)
    changes = [amendment("e1", "correct", 20, column="quantity", value="9"), amendment("e1", "end", 30)]
    log = event_log(bureau(events=[other, FINE], amendments=changes))
    assert days_held(log, "ABN") == list(range(12, 120))
    assert held(log, 40, "event_id", "quantity") == [["e2", 5]]


@settings(max_examples=6)
@given(st.integers(0, 10**6), st.integers(START + 1, START + DAYS))
def test_what_becomes_known_later_never_changes_what_was_known(seed: int, on: int) -> None:
    columns = [name for name in LOG_COLUMNS if name not in ("known_on", "gone_on", "repaired_on")]

    def state(records: Records) -> list[str]:
        log = event_log(records)
        known = log[(log["known_on"] < on) & (log["gone_on"] >= on)]
        return sorted(known[columns].assign(repaired=known["repaired_on"] < on).to_csv(index=False).splitlines())

    records = world(seed, visits=20, events=30, amendments=25)
    assert state(records) == state(known_before(records, on))


def test_the_history_of_one_site_holds_its_own_rows_only() -> None:
    visits = [visit("v1", 3), visit("v2", 4, site="s2")]
    events = [FINE, event("e2", "ABN", 3, site="s2")]
    records = bureau(visits, events, [amendment("e1", "repair", 30), amendment("e2", "end", 30)])
    history = raw_history(records, "s1")
    assert [e["event_id"] for e in history["events"]] == ["e1", "v1:VISIT"]
    assert [a["event_id"] for a in history["amendments"]] == ["e1"]
    assert history["events"][0]["known_on"] == "2020-01-13"
    assert "case_id" not in history["events"][0]


def test_a_history_of_an_unknown_site_is_refused() -> None:
    with pytest.raises(DataError, match="no site 's9' among 2 sites; examples: "):
        raw_history(bureau(), "s9")


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (
            bureau([visit("v1", 3, site="s9")]),
            r"1 rows name sites .* among the 2 sites, such as \['v1 of site s9'\]; add",
        ),
        (
            bureau(events=[FINE, event("e2", "ABN", 3, site="s9")]),
            r"such as \['e2 of site s9'\]; add the sites or leave",
        ),
    ],
    ids=["visit", "event"],
)
def test_a_history_with_facts_of_sites_that_are_not_there_is_refused(records: Records, message: str) -> None:
    with pytest.raises(DataError, match=message):
        raw_histories(records)


def test_a_log_of_nothing_is_an_empty_log() -> None:
    empty = event_log(bureau())
    assert empty.empty
    assert {name: str(dtype) for name, dtype in empty.dtypes.items()} == LOG_COLUMNS


def test_making_the_log_leaves_the_records_as_they_were() -> None:
    records = world(3)
    before = {name: table.copy() for name, table in records.tables().items()}
    event_log(records)
    for name, table in dataclasses.replace(records).tables().items():
        pd.testing.assert_frame_equal(table, before[name])
