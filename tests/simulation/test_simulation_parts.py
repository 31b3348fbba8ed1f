"""The parts on their own: identifiers, working days, the ledger, history effects, hashing."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskml.records.hashing import canonical_hash
from riskml.simulation import World
from riskml.simulation.identifiers import ALPHABET, check_character, credit_codes
from riskml.simulation.ledger import Ledger
from riskml.simulation.months import Months, is_weekday, next_weekday
from riskml.simulation.risk import average_risk, history_effect
from riskml.simulation.settings import by_class, expit, logit, read_settings
from riskml.simulation.visits import any_visit, planned_probabilities


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91440300708461136T", "91110000802100433B"])
def test_the_check_character_is_that_of_real_credit_codes(code: str) -> None:
    assert check_character(code[:17]) == code[17]


def test_every_site_has_a_valid_credit_code_of_no_real_district(world: World) -> None:
    codes = world.records.sites["subject_id"]
    assert (codes.str.len() == 18).all()
    assert (codes.str[2:8] == "999999").all()
    assert all(code[17] == check_character(code[:17]) for code in codes.head(300))
    assert set("".join(codes)) <= set(ALPHABET)
    assert all(check_character(code[:17]) == code[17] for code in codes)


@given(st.lists(st.integers(0, 10**9), min_size=1, unique=True))
def test_different_persons_have_different_codes(numbers: list[int]) -> None:
    assert len(set(credit_codes(np.array(numbers), np.ones(len(numbers), dtype=bool)))) == len(numbers)


def test_inspectors_are_hashes_of_one_office_each(world: World) -> None:
    inspectors = world.records.inspections[["inspector", "office"]].drop_duplicates()
    assert inspectors["inspector"].str.fullmatch("i[0-9a-f]{10}").all()
    assert inspectors["inspector"].is_unique
    assert len(inspectors) == 48


@given(st.integers(-10_000, 40_000))
def test_the_next_weekday_is_the_first_working_day_not_before(day: int) -> None:
    days = np.array([day], dtype=np.int32)
    candidates = np.arange(day, day + 3, dtype=np.int32)
    assert next_weekday(days)[0] == candidates[is_weekday(candidates)][0]
    assert is_weekday(days)[0] == (pd.Timestamp(day, unit="D").day_of_week < 5)


def test_a_working_day_of_the_month_is_never_too_early() -> None:
    months = Months.until("2025-07-01", years=1)  # June 2025 has 21 working days, the 2nd to the 30th
    first, last = (pd.Timestamp(day).timestamp() // 86400 for day in ("2025-06-02", "2025-06-30"))
    none = np.zeros(2, dtype=np.int32)
    assert months.weekday(11, np.array([0.0, 0.9999]), not_before=none).tolist() == [first, last]
    late = np.array([first + 10, first + 10], dtype=np.int32)
    assert months.weekday(11, np.array([0.0, 0.9999]), not_before=late).tolist() == [first + 10, last]


def test_a_visit_lowers_the_risk_for_six_months_and_neglect_raises_it() -> None:
    settings = read_settings()
    effect = history_effect(settings, np.array([1, 6, 18, 40]))
    assert effect[0] == pytest.approx(np.log(1.02) + np.log(0.65) * 5 / 6)
    assert effect[1] == pytest.approx(6 * np.log(1.02))
    assert effect[2] == effect[3] == pytest.approx(18 * np.log(1.02))


def test_average_risk_is_the_mean_over_the_inspectors() -> None:
    strictness = np.array([[-1.0, 0.0, 1.0]])
    expected = (0.2689414214 + 0.5 + 0.7310585786) / 3
    assert average_risk(np.array([0.0]), strictness)[0] == pytest.approx(expected)
    assert expit(logit(0.09)) == pytest.approx(0.09)


def test_planned_visits_follow_the_prescription_and_their_spacing() -> None:
    settings = read_settings()
    settings["visits"]["incumbent_scale"] = 1.0
    odds = planned_probabilities(
        settings,
        np.array(["sales"] * 4),
        visits_per_year=np.array([0.5, 4.0, 4.0, 4.0]),
        since=np.array([6, 6, 1, 30]),
        month_of_year=3,
    )
    assert odds["RI"] == pytest.approx([1 - np.exp(-0.5 / 12), 1 - np.exp(-4 / 12), 0.0, 1 - np.exp(-1.6 * 4 / 12)])
    assert not odds["SP"].any()
    assert any_visit({"a": np.array([0.5]), "b": np.array([0.5])}) == pytest.approx([0.75])


def test_the_ledger_writes_each_row_once_and_never_knows_too_early() -> None:
    ledger = Ledger(np.array(["s0", "s1"]), np.array(["o", "o"]), {"ABN": 1})
    day = np.array([20000], dtype=np.int32)
    ledger.add_events("ABN", np.array([1]), occurred_on=day, known_on=day - 5)
    numbers = ledger.add_events(
        "PEN_FINE", np.array([0]), occurred_on=day, known_on=day, amount=7.0, case=np.array([3])
    )
    assert [len(rows["event"]) for rows in ledger.news()] == [2, 0]
    assert [len(rows["event"]) for rows in ledger.news()] == [0, 0]
    events = ledger.table("events")
    assert numbers.tolist() == [1]
    assert events["known_on"].tolist() == events["occurred_on"].tolist()
    assert events["severity"].tolist() == [1, 0]
    assert events["case_id"].tolist()[1] == "c000003"
    assert events["case_id"].isna().tolist() == [True, False]
    assert ledger.table("events", known_before=20000).empty
    assert ledger.table("inspections").empty


def test_every_class_has_its_numbers() -> None:
    settings = read_settings()
    classes = set(settings["formats"]["class"].tolist())
    assert classes == set(settings["turnover"])
    assert by_class(settings["samples"]["rate"], np.array(sorted(classes))).all()
    assert settings["formats"]["share"].sum() == pytest.approx(100.0)


def test_the_hash_sees_every_row_and_no_order(small_world: World) -> None:
    records = small_world.records
    shuffled = dataclasses.replace(records, events=records.events.iloc[::-1].reset_index(drop=True))
    changed = dataclasses.replace(records, events=records.events.assign(quantity=2))
    assert canonical_hash(shuffled) == canonical_hash(records)
    assert canonical_hash(changed) != canonical_hash(records)
