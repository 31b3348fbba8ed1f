"""Shapley values by numpy: against LightGBM, against their definition, and bit for bit whatever the batch."""

import math
import threading
from fractions import Fraction
from itertools import chain
from operator import mul
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.export.lightgbm_text import parse_model
from riskml.scorer.explaining import group_tables, paths, shapley
from riskml.scorer.explaining.contributions import _add_leaf, contributions, expected_score
from riskml.scorer.explaining.games import leaf_games
from riskml.scorer.explaining.groups import BITS, LONGEST, TABLE, Group, read_groups
from riskml.scorer.explaining.paths import read_paths
from riskml.scorer.explaining.quadrature import gauss
from riskml.scorer.explaining.shapley import FEW, BatchContributions
from riskml.scorer.forest import decisions
from riskml.scorer.forest.trees import CATEGORICAL, Trees, check
from small_trees import FEATURES, SET, expectation, forest, shapley_by_definition, some_rows

Matrix = NDArray[np.float64]


def hard_rows(trees: Trees, x: Matrix) -> Matrix:
    """Rows of x, and rows with a value at, just below or just above a threshold, zeros, and unseen categories."""
    rows = [x]
    for split in range(0, len(trees.split_feature), 1 + len(trees.split_feature) // 60):
        feature, threshold = trees.split_feature[split], trees.threshold[split]
        values = [threshold, math.nextafter(threshold, -math.inf), math.nextafter(threshold, math.inf)]
        if trees.decision_type[split] & CATEGORICAL:
            values = [-1.0, 6.9, 1e6]
        one = x[[split % len(x)] * 6]
        one[:, feature] = [*(value if math.isfinite(value) else 0.0 for value in values), 0.0, -0.0, math.nan]
        rows.append(one)
    return np.vstack(rows)


def groups_of(trees: Trees) -> list[list[Group]]:
    found = read_paths(trees)
    assert found is not None
    return read_groups(found)


def test_a_batch_explains_as_lightgbm_does(trained: Any) -> None:
    trees = parse_model(trained.booster.model_to_string()).trees
    rows = hard_rows(trees, trained.matrix[:200])
    wanted = trained.booster.predict(rows, pred_contrib=True, num_threads=1)
    explainer = BatchContributions(trees)
    values = explainer.values(rows)
    assert len(rows) > FEW
    assert np.abs(values - wanted[:, :-1]).max() <= 1e-12
    assert np.abs(explainer.expected - wanted[:, -1]).max() <= 1e-12
    raw = np.array([trees.raw_score(row) for row in rows.tolist()])
    assert np.abs(values.sum(axis=1) + explainer.expected - raw).max() <= 1e-12


@pytest.fixture(scope="module")
def wide() -> tuple[Trees, Matrix, Any]:
    """A model with ways too long for tables: 60 features, and trees that go deep."""
    random = np.random.default_rng(5)
    x = random.normal(size=(3000, 60))
    x[random.random(x.shape) < 0.1] = np.nan
    y = np.nan_to_num(x)[:, ::2].sum(axis=1) + random.logistic(size=len(x)) > 0
    settings = {"objective": "binary", "num_leaves": 200, "min_data_in_leaf": 2, "seed": 1}
    settings |= {"num_threads": 1, "verbose": -1}
    booster = lgb.train(settings, lgb.Dataset(x, y.astype(int), params={"verbose": -1}), 4)
    return parse_model(booster.model_to_string()).trees, x[:200], booster


def test_long_ways_without_tables_are_explained_as_lightgbm_does(wide: tuple[Trees, Matrix, Any]) -> None:
    trees, x, booster = wide
    groups = list(chain.from_iterable(groups_of(trees)))
    assert sum(not group.tabled for group in groups) > 20
    assert max(len(group.features) for group in groups) > LONGEST + 2
    wanted = booster.predict(x, pred_contrib=True, num_threads=1)
    assert np.abs(BatchContributions(trees).values(x) - wanted[:, :-1]).max() <= 1e-12


def test_groups_hold_every_leaf_once_and_spare_look_ups(wide: tuple[Trees, Matrix, Any], trained: Any) -> None:
    for trees in (wide[0], parse_model(trained.booster.model_to_string()).trees):
        groups = list(chain.from_iterable(groups_of(trees)))
        ways = read_paths(trees)
        assert ways is not None
        assert sorted(leaf for group in groups for leaf in group.leaves) == list(range(len(ways.ways)))
        tabled = [group for group in groups if group.tabled]
        assert sum(len(group.features) for group in tabled) < 0.6 * sum(
            len(ways.features[leaf]) for group in tabled for leaf in group.leaves
        )
        for group in tabled:
            alone = sum(len(ways.features[leaf]) << len(ways.features[leaf]) for leaf in group.leaves)
            assert group.size <= max(TABLE, alone)
            assert group.bits <= BITS < 16


@pytest.mark.parametrize("seed", range(12))
def test_values_are_those_of_the_definition(seed: int) -> None:
    trees = forest(seed)
    check(trees, [feature == FEATURES - 1 for feature in range(FEATURES)])
    rows = some_rows(seed, FEW + 8)
    explainer = BatchContributions(trees)
    many, alone = explainer.values(rows), explainer.values(rows[:4])
    assert many[:4].tolist() == alone.tolist()
    for row, values in zip(rows[:4].tolist(), alone, strict=True):
        wanted = shapley_by_definition(trees, row)
        assert values == pytest.approx(wanted, abs=1e-12)
        assert contributions(trees, row)[0] == pytest.approx(wanted, abs=1e-12)
    nothing = sum(expectation(trees, tree, 0, [0.0] * FEATURES, frozenset()) for tree in range(trees.count))
    assert explainer.expected == pytest.approx(nothing, abs=1e-12)


def test_a_stump_moves_a_row_by_its_distance_from_the_average() -> None:
    stump = Trees([0, 1], [0], [2.5], [0], [-1], [-2], [4], [1.0, -1.0], [3, 1], [0], [])
    explainer = BatchContributions(stump)
    assert explainer.expected == 0.5
    assert explainer.values(np.array([[3.0], [2.0]])).tolist() == [[-1.5], [0.5]]


def test_two_features_share_what_only_both_can_do() -> None:
    """A leaf of 8 for the quarter of the rows that has both: 0, 4, 4 and 8 are worth 2, 4, 4 and 8 as sets grow."""
    both = Trees([0, 2], [0, 1], [0.0, 0.0], [0, 0], [1, -1], [-2, -3], [4, 2], [8.0, 0.0, 0.0], [1, 2, 1], [0], [])
    explainer = BatchContributions(both)
    assert explainer.expected == 2.0
    assert explainer.values(np.array([[-1.0, -1.0], [-1.0, 1.0]])).tolist() == [[3.0, 3.0], [1.0, -3.0]]


def test_a_row_has_the_same_bits_alone_in_company_and_across_chunks(
    wide: tuple[Trees, Matrix, Any], plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for trees, x in (wide[:2], (parse_model(plain.booster.model_to_string()).trees, plain.matrix[:300])):
        explainer = BatchContributions(trees)
        together = explainer.values(x)
        assert np.vstack([explainer.values(row[None]) for row in x[:50]]).tobytes() == together[:50].tobytes()
        assert explainer.values(np.asfortranarray(x[::-1])).tobytes() == together[::-1].tobytes()
        monkeypatch.setattr(shapley, "CHUNK", 64)
        assert explainer.values(x).tobytes() == together.tobytes()
        monkeypatch.undo()


def test_tables_that_are_not_kept_give_the_same_bits(wide: tuple[Trees, Matrix, Any], monkeypatch: Any) -> None:
    trees, x, _ = wide
    kept = BatchContributions(trees).values(x)
    monkeypatch.setattr(group_tables, "TREES", 1)
    first = sum(group.size for group in groups_of(trees)[0] if group.tabled)
    monkeypatch.setattr(group_tables, "TABLE_BYTES", 8 * first)
    monkeypatch.setattr(shapley, "FEW_OF_MANY", 40)
    explainer = BatchContributions(trees)
    assert explainer.values(x).tobytes() == kept.tobytes()
    assert explainer.values(x[:40]).tobytes() == kept[:40].tobytes()
    assert not explainer._parts.tables.complete  # type: ignore[union-attr]


@pytest.mark.parametrize(("module", "bound"), [(decisions, "MOST_CELLS"), (paths, "MOST_ENTRIES")])
def test_a_model_too_large_for_tables_is_explained_row_by_row(module: Any, bound: str, monkeypatch: Any) -> None:
    trees, rows = forest(3), some_rows(3, 40)
    usual = BatchContributions(trees).values(rows)
    monkeypatch.setattr(module, bound, 5)
    slow = BatchContributions(trees).values(rows)
    assert slow.tolist() == [contributions(trees, row)[0] for row in rows.tolist()]
    assert np.abs(slow - usual).max() <= 1e-12


def exact_game(value: float, shares: list[float], followed: list[bool]) -> list[float]:
    """Slow oracle in rational numbers: sets of features that the row follows, weighted by their size (Shapley 1953)."""
    d = len(shares)
    weights = [Fraction(1, d * math.comb(d - 1, size)) for size in range(d)]
    exact = [Fraction(share) for share in shares]
    outside = Fraction(value)
    for share, on in zip(exact, followed, strict=True):
        outside *= 1 if on else share
    result = []
    for place in range(d):
        sizes = [Fraction(1)]
        for other in (other for other in range(d) if followed[other] and other != place):
            sizes = [a * exact[other] + b for a, b in zip([*sizes, Fraction()], [Fraction(), *sizes], strict=True)]
        gain = 1 - exact[place] if followed[place] else Fraction(-1)
        result.append(float(outside * gain * sum(map(mul, weights, sizes))))
    return result


@pytest.mark.parametrize("d", [1, 2, 7, 12, 28])
def test_long_games_keep_their_digits(d: int) -> None:
    random = np.random.default_rng(d)
    shares = random.choice([0.001, 0.25, 0.5, 0.75, 0.9375, 0.998], size=d)
    for missed in (0, 1, d // 2):
        followed = np.arange(d) >= missed
        wanted = exact_game(3.0, shares.tolist(), followed.tolist())
        largest = max(map(abs, wanted))
        assert leaf_games(np.array(3.0), shares, followed.astype(float)) == pytest.approx(wanted, abs=1e-14 * largest)
        plain = [0.0] * d
        _add_leaf(3.0, dict(enumerate(zip(shares.tolist(), followed.tolist(), strict=True))), plain)
        assert plain == pytest.approx(wanted, abs=1e-14 * largest)


def test_a_way_of_a_hundred_features_is_explained() -> None:
    n = 100
    counts = list(range(n + 1, 1, -1))
    left, right = [~place for place in range(n)], [*range(1, n), ~n]
    leaves = [math.sin(place) for place in range(n + 1)]
    chained = Trees([0, n], list(range(n)), [0.0] * n, [0] * n, left, right, counts, leaves, [1] * (n + 1), [0], [])
    rows = np.random.default_rng(1).normal(1.0, 0.5, size=(FEW + 1, n))
    values = BatchContributions(chained).values(rows)
    assert np.abs(values[0] - contributions(chained, rows[0].tolist())[0]).max() <= 1e-12
    assert values[:1].tobytes() == BatchContributions(chained).values(rows[:1]).tobytes()
    raw = np.array([chained.raw_score(row) for row in rows.tolist()])
    assert np.abs(values.sum(axis=1) + expected_score(chained) - raw).max() <= 1e-12


def test_trees_without_a_split_add_nothing_but_their_leaf() -> None:
    alone = Trees([0, 0, 0], [], [], [], [], [], [], [1.5, 2.0], [5, 5], [0], [])
    for count in (0, 1, FEW + 1):
        assert BatchContributions(alone).values(np.ones((count, 3))).tolist() == [[0.0, 0.0, 0.0]] * count
    assert BatchContributions(alone).expected == 3.5
    between = forest(2, empty_first=True)
    rows = some_rows(2, FEW + 1)
    assert BatchContributions(between).values(rows).tolist() == BatchContributions(forest(2)).values(rows).tolist()


def test_threads_that_build_the_tables_at_once_get_the_same_bits(plain: Any) -> None:
    trees = parse_model(plain.booster.model_to_string()).trees
    rows = plain.matrix[:100].copy()
    shared, found = BatchContributions(trees), {}
    barrier = threading.Barrier(8)

    def explain(number: int) -> None:
        barrier.wait()
        found[number] = shared.values(rows if number % 2 else rows[:20]).tobytes()

    threads = [threading.Thread(target=explain, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(rows, plain.matrix[:100], equal_nan=True)
    alone = BatchContributions(trees).values(rows)
    assert [found[number] for number in range(8)] == [alone[:20].tobytes(), alone.tobytes()] * 4


def test_every_category_and_cell_decides_as_the_trees_do() -> None:
    trees = forest(1)
    made = decisions.read_decisions(trees)
    assert made is not None
    for row in some_rows(1, 30):
        wanted = [trees.goes_left(split, row[feature]) for split, feature in enumerate(trees.split_feature)]
        assert made.all_left(row).tolist() == wanted
    assert any(kind & CATEGORICAL for kind in trees.decision_type)
    assert max(SET) >= 32


@pytest.mark.parametrize("points", [1, 2, 3, 4, 5, 8, 35, 64])
def test_integrals_are_exact_up_to_their_degree(points: int) -> None:
    at = gauss(points)
    assert [point for point, _ in at] == sorted(point for point, _ in at)
    assert all(0.0 < point < 1.0 and weight > 0.0 for point, weight in at)
    for degree in range(2 * points):
        assert math.fsum(weight * point**degree for point, weight in at) == pytest.approx(1 / (degree + 1), rel=1e-13)
    if points <= 8:
        assert math.fsum(weight * point ** (2 * points) for point, weight in at) < 1 / (2 * points + 1)
    known, _ = np.polynomial.legendre.leggauss(points)
    assert np.abs((1 + known) / 2 - [point for point, _ in at]).max() <= 1e-15


def test_a_game_of_three_features_by_hand() -> None:
    """Value 6, shares 1/2; the first two followed. Orders: 1 adds 6/8, 6/4 or nothing once 3 is known, and so on."""
    got = leaf_games(np.array(6.0), np.full(3, 0.5), np.array([1.0, 1.0, 0.0]))
    assert got.tolist() == pytest.approx([0.5, 0.5, -1.75], abs=1e-15)
