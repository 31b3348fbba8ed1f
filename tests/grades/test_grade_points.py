"""Hand-computed points of the Nanchang rule, one convention a test."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.grades import grade_log, ignored_repairs, load_system
from riskml.grades.parsing import parse_system

DAY = 20_000
Grader = Callable[..., "pd.Series[Any]"]


def test_third_and_later_events_of_a_family_count_double(one_site: Grader) -> None:
    rows = [{"code": "SAMP_STD", "age": age} for age in (300, 200, 100, 50)]
    assert one_site(rows)["points"] == 6.0  # 1 + 1.5 + 2 + 2 = 6.5, cap 6


@pytest.mark.parametrize(("gap", "points"), [(365, 2.5), (366, 2.0)])
def test_an_event_repeats_another_within_365_days(one_site: Grader, gap: int, points: float) -> None:
    rows = [{"code": "PEN_FINE", "age": 10 + gap}, {"code": "PEN_FINE", "age": 10}]
    assert one_site(rows)["points"] == points


def test_an_event_past_its_window_is_not_a_first_offence(one_site: Grader) -> None:
    rows = [{"code": "RECT_ORDER", "age": 366}, {"code": "RECT_ORDER", "age": 5}]
    assert one_site(rows)["points"] == 0.5


def test_on_one_day_the_lighter_comes_first(one_site: Grader) -> None:
    rows = [{"code": "SAMP_SEVERE", "age": 20}, {"code": "SAMP_LABEL", "age": 20}]
    assert one_site(rows)["points"] == 0.5 + 3 * 1.5


@pytest.mark.parametrize(
    ("code", "last"),
    [("RECT_OVERDUE", 365), ("SAMP_STD", 365), ("REPORT_VALID", 365), ("REFUSE", 1096), ("PEN_WARN", 365),
     ("PEN_CRIT", 92), ("PEN_CONF", 1096)],
)  # fmt: skip
def test_a_fact_counts_up_to_the_last_day_of_its_period(one_site: Grader, code: str, last: int) -> None:
    assert one_site([{"code": code, "age": last}])["points"] > 0
    assert one_site([{"code": code, "age": last + 1}])["points"] == 0


@pytest.mark.parametrize(
    ("subject", "amount", "small"),
    [("91A", 10_000, True), ("91A", 10_001, False), (None, 10_000, True), ("92A", 5_000, True), ("92A", 5_001, False),
     ("92A", np.nan, False), (None, np.nan, False)],
)  # fmt: skip
def test_a_small_fine_counts_three_months(one_site: Grader, subject: str | None, amount: float, small: bool) -> None:
    for age, points in [(92, 1.0), (93, 0.0 if small else 1.0)]:
        row = {"code": "PEN_FINE", "age": age, "amount": amount}
        assert one_site([row], subject_id=subject)["points"] == points


def test_publicity_runs_from_the_day_a_penalty_was_first_known(one_site: Grader) -> None:
    late = {"code": "PEN_CRIT", "age": 120, "known_on": DAY - 92}
    assert one_site([late])["points"] == 0.5
    first = {"code": "PEN_CRIT", "age": 120, "known_on": DAY - 93, "gone_on": DAY - 10, "event_id": "x"}
    corrected = {"code": "PEN_CRIT", "age": 118, "known_on": DAY - 10, "event_id": "x"}
    assert one_site([first, corrected])["points"] == 0  # a correction does not publish it anew


def test_of_one_case_only_the_heaviest_that_is_not_repaired_counts(one_site: Grader) -> None:
    case = [{"code": "PEN_FINE", "age": 50, "case_id": "c"}, {"code": "PEN_CONF", "age": 50, "case_id": "c"}]
    assert one_site(case)["points"] == 2
    repaired = [case[0], {**case[1], "repaired_on": DAY - 1}]
    assert one_site(repaired)["points"] == 1


def test_penalties_without_a_case_are_each_their_own(one_site: Grader) -> None:
    assert one_site([{"code": "PEN_FINE", "age": 500}, {"code": "PEN_CONF", "age": 50}])["points"] == 3


def test_a_case_takes_the_day_of_its_heaviest_penalty_and_of_equals_the_earlier(one_site: Grader) -> None:
    other = {"code": "PEN_FINE", "age": 400, "case_id": "o"}
    early, late = {"code": "PEN_FINE", "age": 500, "case_id": "c"}, {"code": "PEN_FINE", "age": 20, "case_id": "c"}
    assert one_site([other, early, late])["points"] == 1 + 1.5  # the case is of age 500, and `other` repeats it
    heavier = {"code": "PEN_CONF", "age": 20, "case_id": "c"}
    assert one_site([other, early, heavier])["points"] == 1 + 2  # the case is of age 20, more than a year after it


def test_the_same_case_number_at_two_sites_is_two_cases(make_log: Callable[..., pd.DataFrame]) -> None:
    log = make_log([{"code": "PEN_FINE", "age": 5, "case_id": "c", "site_id": site} for site in "ab"])
    graded = grade_log(pd.DataFrame({"site_id": ["a", "b"]}), log, load_system("nanchang"), DAY)
    assert graded["points"].tolist() == [1, 1]


@pytest.mark.parametrize(("variant", "points"), [("default", 0.0), ("repair_half", 0.5), ("repair_keep", 1.0)])
def test_repair_takes_all_half_or_nothing_away(one_site: Grader, variant: str, points: float) -> None:
    row = {"code": "PEN_FINE", "age": 50, "repaired_on": DAY - 1}
    assert one_site([row], system=f"nanchang/{variant}")["points"] == points
    assert one_site([{**row, "repaired_on": DAY}], system=f"nanchang/{variant}")["points"] == 1  # not yet known


def test_a_repair_of_what_cannot_be_repaired_early_is_ignored_and_reported(
    one_site: Grader, make_log: Callable[..., pd.DataFrame]
) -> None:
    rows = [{"code": code, "age": 50, "repaired_on": DAY - 1} for code in ("PEN_STOP", "PEN_CONF")]
    assert one_site(rows)["points"] == 3
    assert ignored_repairs(make_log(rows), load_system("nanchang"), DAY)["code"].tolist() == ["PEN_STOP"]
    assert ignored_repairs(make_log(rows), load_system("nanchang"), DAY - 1).empty
    assert ignored_repairs(make_log(rows), load_system("chicago_risk"), DAY).empty


def test_a_list_counts_until_the_day_the_site_left_it(one_site: Grader) -> None:
    row = {"code": "ABN", "age": 3000, "gone_on": DAY}
    assert one_site([row])["points"] == 1
    assert one_site([{**row, "gone_on": DAY - 1}])["points"] == 0


def test_corrected_on_the_spot_does_not_count(one_site: Grader) -> None:
    assert one_site([{"code": "RECT_SPOT", "age": 3}, {"code": "RECT_ORDER", "age": 2}])["points"] == 0.5


@pytest.mark.parametrize("code", ["SERIOUS", "ACCIDENT", "PEN_REVOKE", "PEN_CRIM"])
def test_a_veto_sets_red_and_keeps_the_points(one_site: Grader, code: str) -> None:
    row = one_site([{"code": code, "age": 10}, {"code": "RECT_ORDER", "age": 10}])
    assert (row["level"], row["rank"], row["veto"]) == ("red", 3, code)
    assert row["points"] == (10.5 if code.startswith("PEN") else 0.5)
    assert pd.isna(one_site([{"code": code, "age": 10, "gone_on": DAY - 1}])["veto"])


def test_a_veto_holds_although_another_penalty_stands_for_the_case(one_site: Grader) -> None:
    rows = [{"code": code, "age": 10, "case_id": "c"} for code in ("PEN_REVOKE", "PEN_CRIM")]
    assert one_site(rows)["points"] == 10
    assert one_site(rows[1:])["veto"] == "PEN_CRIM"
    assert one_site(rows)["veto"] == "PEN_REVOKE"  # both hold; the first in the file is named


@pytest.mark.parametrize(
    ("codes", "points", "level"),
    [(["COMPL_VALID"] * 2, 0.5, "green"), (["RECT_OVERDUE"], 1.0, "green"), (["ABN", "COMPL_VALID"], 1.2, "yellow"),
     (["SAMP_SEVERE"], 3.0, "yellow"), (["REFUSE", "COMPL_VALID"], 3.2, "orange"), (["PEN_CLOSE"], 6.0, "orange"),
     (["PEN_CLOSE", "COMPL_VALID"], 6.2, "red")],
)  # fmt: skip
def test_a_cut_belongs_to_the_safer_level(one_site: Grader, codes: list[str], points: float, level: str) -> None:
    row = one_site([{"code": code, "age": 10} for code in codes])
    assert (row["points"], row["level"]) == (points, level)


def test_points_are_rounded_before_the_cut(make_log: Callable[..., pd.DataFrame]) -> None:
    text = files("riskml.grades").joinpath("systems").joinpath("nanchang.toml").read_text(encoding="utf-8")
    changes = {"RECT_ORDER = { value = 0.5": "RECT_ORDER = { value = 0.1", "up_to = 1,": "up_to = 0.3,"}
    changes |= {"SAMP_LABEL = { value = 0.5": "SAMP_LABEL = { value = 0.2", "above = 1,": "above = 0.3,"}
    for old, new in changes.items():
        text = text.replace(old, new)
    log = make_log([{"code": "RECT_ORDER", "age": 10}, {"code": "SAMP_LABEL", "age": 10}])  # 0.1 + 0.2 > 0.3 unrounded
    row = grade_log(pd.DataFrame({"site_id": ["a"]}), log, parse_system(text, name="rounded"), DAY).iloc[0]
    assert (row["points"], row["level"]) == (0.3, "green")


def test_coverage_is_the_share_of_families_the_records_hold_data_of(one_site: Grader) -> None:
    assert one_site([])["coverage"] == 0
    other = [{"code": "ABN", "age": 10, "site_id": "z"}, {"code": "SAMP_STD", "age": 10}, {"code": "VISIT", "age": 1}]
    assert one_site(other)["coverage"] == pytest.approx(2 / 7)
    assert one_site(other, day=DAY - 10)["coverage"] == 0  # nothing of it was known yet


def test_facts_of_sites_that_are_not_asked_for_are_left_out(one_site: Grader) -> None:
    assert one_site([{"code": "PEN_CLOSE", "age": 3, "site_id": "stranger"}])["points"] == 0


def test_a_site_given_twice_is_refused(make_log: Callable[..., pd.DataFrame]) -> None:
    sites = pd.DataFrame({"site_id": ["a", "a"]})
    with pytest.raises(DataError, match="holds 1 site ids more than once, such as"):
        grade_log(sites, make_log([]), load_system("nanchang"), DAY)
