"""What must hold for any record: bad facts never help, repair never hurts, the future and the order do not matter."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.grades import grade_log, load_system
from riskml.grades.system import PointRule
from riskml.records.days import NEVER

DAY = 20_000
RULE = load_system("nanchang").rule
assert isinstance(RULE, PointRule)
CODES = sorted({code for family in RULE.families for code in family.weights} | {veto.code for veto in RULE.vetoes})
SITES = pd.DataFrame({"site_id": ["a", "b"], "subject_id": ["91", "92"]})
LONG = settings(max_examples=40, deadline=None)
Row = dict[str, Any]
Builder = Callable[[list[Row]], pd.DataFrame]


@st.composite
def facts(draw: st.DrawFn) -> Row:
    """A fact of site a or b; the penalties of one case fall on one day, as one decision makes them."""
    age = draw(st.one_of(st.integers(1, 1300), st.sampled_from([30, 91, 92, 93, 365, 366, 395, 1096, 1097])))
    known = DAY - age + draw(st.sampled_from([0, 0, 1, 28]))
    return {
        "code": draw(st.sampled_from(CODES)),
        "age": age,
        "site_id": draw(st.sampled_from("aab")),
        "known_on": known,
        "gone_on": draw(st.sampled_from([NEVER, NEVER, NEVER, DAY, DAY - 1, known + 400])),
        "repaired_on": draw(st.sampled_from([NEVER, NEVER, DAY, DAY - 1, known + 200])),
        "case_id": draw(st.sampled_from([None, f"case {age}"])),
        "amount": draw(st.sampled_from([float("nan"), 5_000.0, 9_000.0, 20_000.0])),
    }


histories = st.lists(facts(), max_size=9)
systems = st.sampled_from(["nanchang", "nanchang/repair_half", "nanchang/repair_keep"])


@LONG
@given(rows=histories, bad=facts(), name=systems)
def test_a_further_bad_fact_never_lowers_the_risk(make_log: Builder, rows: list[Row], bad: Row, name: str) -> None:
    before = grade_log(SITES, make_log(rows), load_system(name), DAY)
    after = grade_log(SITES, make_log([*rows, bad]), load_system(name), DAY)
    assert (after["points"] >= before["points"]).all()
    assert (after["rank"] >= before["rank"]).all()


@LONG
@given(rows=st.lists(facts(), min_size=1, max_size=9), which=st.integers(0, 8), name=systems)
def test_repair_never_raises_the_risk(make_log: Builder, rows: list[Row], which: int, name: str) -> None:
    place = which % len(rows)
    repaired = [{**row, "repaired_on": DAY - 1} if at == place else row for at, row in enumerate(rows)]
    before = grade_log(SITES, make_log(rows), load_system(name), DAY)
    after = grade_log(SITES, make_log(repaired), load_system(name), DAY)
    assert (after["points"] <= before["points"]).all()
    assert (after["rank"] <= before["rank"]).all()


@LONG
@given(rows=histories, later=st.lists(facts(), min_size=1, max_size=4))
def test_a_fact_known_later_changes_nothing_before(make_log: Builder, rows: list[Row], later: list[Row]) -> None:
    unknown = [{**row, "known_on": DAY + place} for place, row in enumerate(later)]
    before = grade_log(SITES, make_log(rows), load_system("nanchang"), DAY)
    after = grade_log(SITES, make_log([*rows, *unknown]), load_system("nanchang"), DAY)
    pd.testing.assert_frame_equal(before, after)


@LONG
@given(rows=histories)
def test_a_repair_or_end_known_later_changes_nothing_before(make_log: Builder, rows: list[Row]) -> None:
    def undone(row: Row) -> Row:
        return {name: NEVER if name in ("gone_on", "repaired_on") and v >= DAY else v for name, v in row.items()}

    before = grade_log(SITES, make_log([undone(row) for row in rows]), load_system("nanchang"), DAY)
    after = grade_log(SITES, make_log(rows), load_system("nanchang"), DAY)
    pd.testing.assert_frame_equal(before, after)


@LONG
@given(rows=histories, data=st.data(), name=systems)
def test_the_order_of_events_is_irrelevant(make_log: Builder, rows: list[Row], data: st.DataObject, name: str) -> None:
    log = make_log(rows)
    order = data.draw(st.permutations(range(len(rows))))
    one, other = (grade_log(SITES, table, load_system(name), DAY) for table in (log, log.iloc[order]))
    pd.testing.assert_frame_equal(one, other)


def test_the_log_and_the_sites_are_not_changed(make_log: Builder) -> None:
    log = make_log([{"code": "PEN_FINE", "age": 3, "case_id": "c"}])
    log_before, sites_before = log.copy(), SITES.copy()
    grade_log(SITES, log, load_system("nanchang"), DAY)
    pd.testing.assert_frame_equal(log, log_before)
    pd.testing.assert_frame_equal(SITES, sites_before)


@pytest.mark.parametrize("day", [DAY - 2000, DAY + 5000])
def test_any_day_can_be_graded(make_log: Builder, day: int) -> None:
    log = make_log([{"code": code, "age": 3} for code in CODES])
    assert grade_log(SITES, log, load_system("nanchang"), day)["level"].notna().all()
