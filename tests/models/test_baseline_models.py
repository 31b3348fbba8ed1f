"""Best single feature, logistic regression, inspector only, and grade with model: by hand and on planted signals."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from riskml.evaluation import auc
from riskml.features.catalog import load_catalog
from riskml.models.baselines import PRIOR_VISITS, inspector_only
from riskml.models.linear import logistic_scores
from riskml.models.single_feature import best_feature
from riskml.models.stack import fit_stack

NAMES = ["fails_all", "clean_streak", "visits_all", "format_code"]
CATALOG = load_catalog().select(NAMES)
PLACES = {name: CATALOG.names.index(name) for name in NAMES}
Floats = NDArray[np.float64]
ONE_DAY = np.zeros(2_000, dtype=np.int32)


def matrix(seed: int, rows: int = 2_000) -> Floats:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 9, (rows, 4)).astype(np.float64)
    values[rng.random((rows, 4)) < 0.1] = np.nan
    return values


def tossed(odds: Floats, seed: int = 9) -> NDArray[np.bool_]:
    return np.asarray(np.random.default_rng(seed).random(len(odds)) < 1 / (1 + np.exp(-odds)), dtype=np.bool_)


@pytest.mark.parametrize(("name", "sign"), [("fails_all", 1), ("clean_streak", -1), ("visits_all", -1)])
def test_the_feature_with_the_signal_is_chosen_and_turned_the_right_way(name: str, sign: int) -> None:
    values = matrix(1)
    column = np.nan_to_num(values[:, PLACES[name]], nan=4.0)
    found = best_feature(values, tossed(sign * 0.5 * (column - 4) - 1), ONE_DAY, CATALOG)
    assert (found.name, found.sign) == (name, sign)
    assert found.auc > 0.65
    scores = found.scores(values)
    assert scores.tolist() == (sign * np.where(np.isnan(values[:, PLACES[name]]), found.typical, column)).tolist()


def test_a_declared_direction_is_not_turned_however_the_training_rows_look() -> None:
    values = matrix(1)
    fail = tossed(-0.8 * (np.nan_to_num(values[:, PLACES["fails_all"]], nan=4.0) - 4) - 1)
    assert best_feature(values, fail, ONE_DAY, CATALOG).name != "fails_all"


def test_a_category_is_ranked_by_its_shrunk_fail_rates_and_an_unseen_one_by_the_base_rate() -> None:
    values = matrix(2)
    kind = values[:, PLACES["format_code"]]
    fail = tossed(np.where(kind == 3, 2.0, -2.0))
    found = best_feature(values, fail, ONE_DAY, CATALOG)
    assert found.name == "format_code"
    inside, base = fail[kind == 3], fail.mean()
    assert found.rates[3.0] == pytest.approx((inside.sum() + PRIOR_VISITS * base) / (len(inside) + PRIOR_VISITS))
    asked = np.full((2, 4), np.nan)
    asked[0, PLACES["format_code"]] = 77.0
    assert found.scores(asked).tolist() == pytest.approx([base, base])


def test_only_pairs_of_one_planning_day_count() -> None:
    values = matrix(3)
    days = np.repeat([0, 90], 1_000).astype(np.int32)
    column = PLACES["visits_all"]
    values[:, column] = np.where(days == 90, 8.0, 1.0)  # tells the day, and nothing within a day
    fail = tossed(np.where(days == 90, 1.0, -2.0))
    assert best_feature(values, fail, ONE_DAY, CATALOG).name == "visits_all"
    assert best_feature(values, fail, days, CATALOG).name != "visits_all"


def test_logistic_regression_finds_signals_in_numbers_gaps_and_categories() -> None:
    values, later = matrix(4), matrix(5)

    def odds(rows: Floats) -> Floats:
        fails, kind = rows[:, PLACES["fails_all"]], rows[:, PLACES["format_code"]]
        gap = np.isnan(rows[:, PLACES["visits_all"]])
        return np.asarray(np.arcsinh(np.nan_to_num(fails, nan=4.0)) + 2.0 * (kind == 2) + 2.5 * gap - 3.5)

    found = logistic_scores(values, tossed(odds(values)), ONE_DAY, later, CATALOG)
    reached = auc(tossed(odds(later), 1), found)
    best = auc(tossed(odds(later), 1), odds(later))
    assert reached is not None
    assert best is not None
    assert reached > best - 0.01


def test_logistic_regression_reads_no_judged_row_but_the_one_it_scores() -> None:
    values, later = matrix(4), matrix(5)
    fail = tossed(np.nan_to_num(values[:, 0], nan=4.0) - 4)
    whole = logistic_scores(values, fail, ONE_DAY, later, CATALOG)
    part = logistic_scores(values, fail, ONE_DAY, later[7:8], CATALOG)
    assert part[0] == pytest.approx(whole[7], abs=1e-12)


def test_a_gap_that_training_never_saw_counts_as_the_median() -> None:
    values, later = np.nan_to_num(matrix(4), nan=4.0), np.full((2, 4), 4.0)
    later[0, PLACES["fails_all"]] = np.nan
    later[1, PLACES["fails_all"]] = np.median(values[:, PLACES["fails_all"]])
    fail = tossed(values[:, PLACES["fails_all"]] - 4)
    one, other = logistic_scores(values, fail, ONE_DAY, later, CATALOG)
    assert one == pytest.approx(other, abs=1e-12)


def test_logistic_regression_of_columns_that_never_change_is_one_score() -> None:
    values = np.full((200, 4), 3.0)
    assert set(logistic_scores(values, np.arange(200) < 60, ONE_DAY[:200], values[:3], CATALOG)) == {0.0}


def test_the_stronger_penalty_is_taken_where_columns_are_noise() -> None:
    rng = np.random.default_rng(6)
    values = rng.normal(size=(2_000, 4))
    values[:, PLACES["format_code"]] = rng.integers(0, 30, 2_000)
    days = (np.arange(2_000) // 500).astype(np.int32)
    fail = rng.random(2_000) < 0.3
    noise = np.ptp(logistic_scores(values, fail, days, values, CATALOG))
    assert noise < 0.5 * np.ptp(logistic_scores(values, fail, ONE_DAY, values, CATALOG))


def test_inspectors_are_scored_by_their_shrunk_fail_rate_and_unknown_ones_by_the_base_rate() -> None:
    learned = pd.Series(["a", "a", "a", "b", None], dtype="str")
    fail = np.array([True, True, False, False, True])
    found, known = inspector_only(learned, fail, pd.Series(["b", "a", None, "new"], dtype="str"))
    base = 3 / 5
    rate = {"a": (2 + 5 * base) / 8, "b": (0 + 5 * base) / 6}
    assert found.tolist() == pytest.approx([rate["b"], rate["a"], base, base])
    assert known == 2


def test_a_grade_that_knows_something_gets_weight_and_an_empty_one_none() -> None:
    rng = np.random.default_rng(7)
    raw, grade = rng.normal(-1, 1, 20_000), rng.integers(0, 4, 20_000).astype(np.float64)
    fail = tossed(raw + 0.8 * (grade - 1.5))
    found = fit_stack(raw, grade, fail)
    assert found.model == pytest.approx(1.0, abs=0.06)
    assert found.grade / found.spread == pytest.approx(0.8, abs=0.05)
    assert found.scores(raw, grade) == pytest.approx(raw + 0.8 * (grade - 1.5), abs=0.3)
    assert fit_stack(raw, rng.permutation(grade), fail).grade == pytest.approx(0.0, abs=0.06)


@pytest.mark.parametrize(
    ("rows", "grade", "note"),
    [
        (100, 1.0, "failures in 100 rows, 50 of either outcome are needed"),
        (0, 1.0, "0 failures in 0 rows"),
        (1_000, 0.0, "one grade or one score for all calibration rows"),
    ],
)
def test_without_enough_to_learn_from_the_model_stands_alone_and_says_why(rows: int, grade: float, note: str) -> None:
    raw = np.random.default_rng(8).normal(size=rows)
    levels = np.asarray(grade * (np.arange(rows) % 3), dtype=np.float64)
    found = fit_stack(raw, levels, np.arange(rows) % 5 == 0)
    assert note in found.note
    assert found.scores(raw, levels).tolist() == raw.tolist()


def test_a_grade_that_is_the_model_adds_nothing() -> None:
    raw = np.random.default_rng(9).normal(size=4_000)
    found = fit_stack(raw, 3.0 * raw + 1.0, tossed(raw))
    order = np.argsort(raw)
    assert (np.diff(found.scores(raw, 3.0 * raw + 1.0)[order]) > 0).all()
