"""Every quick way to a score gives the bits of the walk: one row by integers, few rows, many rows, many threads."""

import math
import sys
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from riskml.scorer import Scorer
from riskml.scorer.errors import ArtifactError
from riskml.scorer.forest.batches import CHUNK, MANY, Batches
from riskml.scorer.forest.cells import Cells
from riskml.scorer.forest.leaf_tables import Leaves
from riskml.scorer.forest.one_row import BYTES_A_SPLIT, WALKED, OneRow, RowTables, pays
from riskml.scorer.forest.sound import sound
from riskml.scorer.forest.trees import CATEGORICAL, MISSING_ZERO, ZERO, Trees, check
from riskml.scorer.opening.artifact import read_artifact

NUMBERS, CATEGORIES = 4, 2
NUMBER_KINDS = (0, 2, 4, 6, 8, 10)
GRID = (-1e300, -2.0, -ZERO, -1e-36, -0.0, 0.0, 1e-36, ZERO, math.nextafter(ZERO, 1), 0.5, 3.0, 1e300)


def grown(random: np.random.Generator, leaves: Sequence[int]) -> Trees:
    """Random trees of given sizes over numbers, then categories; thresholds stand where scorers go wrong."""
    parts: dict[str, list[Any]] = {name: [] for name in Trees.__dataclass_fields__}
    parts["tree_start"], parts["cat_boundaries"] = [0], [0]
    for size in leaves:
        _grow(random, size, parts)
    return Trees(**parts)


def _grow(random: np.random.Generator, leaves: int, parts: dict[str, list[Any]]) -> None:
    left, right = [-1] * (leaves - 1), [-2] * (leaves - 1)
    above: list[tuple[list[int], int]] = [([], 0)]
    for split in range(leaves - 1):
        leaf = int(random.integers(split + 1))
        side, place = above[leaf]
        if side:
            side[place] = split
        left[split], right[split] = ~leaf, ~(split + 1)
        above[leaf] = (left, split)
        above.append((right, split))
        feature = int(random.integers(NUMBERS + CATEGORIES))
        parts["split_feature"].append(feature)
        if feature < NUMBERS:
            parts["decision_type"].append(int(random.choice(NUMBER_KINDS)))
            parts["threshold"].append(float(random.choice(GRID)))
        else:
            parts["decision_type"].append(CATEGORICAL)
            parts["threshold"].append(float(len(parts["cat_boundaries"]) - 1))
            parts["cat_threshold"] += random.integers(0, 2**32, random.integers(1, 4)).tolist()
            parts["cat_boundaries"].append(len(parts["cat_threshold"]))
    counts = random.integers(1, 9, leaves).tolist()
    below = [0] * (leaves - 1)
    for split in range(leaves - 2, -1, -1):
        below[split] = sum(below[c] if c >= 0 else counts[~c] for c in (left[split], right[split]))
    values = random.normal(size=leaves)
    values[random.random(leaves) < 0.1] = -0.0
    for name, some in (("left_child", left), ("right_child", right), ("internal_count", below), ("leaf_count", counts)):
        parts[name] += some
    parts["leaf_value"] += values.tolist()
    parts["tree_start"].append(len(parts["split_feature"]))


def hard_rows(random: np.random.Generator, count: int) -> list[list[float]]:
    """Values at, just below and just above thresholds, missing, and categories inside and outside of every set."""
    grid = [other for one in GRID for other in (one, math.nextafter(one, -math.inf), math.nextafter(one, math.inf))]
    numbers = random.choice([*grid, math.nan, math.nan], (count, NUMBERS))
    categories = random.choice([*range(98), -1.0, -0.5, 31.5, 1e9, math.nan, math.nan], (count, CATEGORIES))
    return np.hstack([numbers, categories]).tolist()  # type: ignore[no-any-return]


def bits(scores: Sequence[float]) -> list[str]:
    """Scores to the last bit; 0.0 and -0.0 differ."""
    return [float(score).hex() for score in scores]


SIZES: list[tuple[int, ...]] = [(1,), (2, 1, 5), (31, 30, 31), (32, 7), (33, 2), (63, 64), (65, 1, 4), (130, 31, 200)]


@pytest.mark.parametrize("leaves", SIZES, ids=str)
def test_every_way_to_a_score_has_the_bits_of_the_walk(leaves: tuple[int, ...]) -> None:
    random = np.random.default_rng(sum(leaves))
    for _ in range(3):
        trees = grown(random, leaves)
        check(trees, [False] * NUMBERS + [True] * CATEGORIES)
        rows = hard_rows(random, 150)
        expected = bits([trees.walked_score(row) for row in rows])
        tables, batches = RowTables(trees), Batches(trees)
        assert bits([tables.raw_score(row) for row in rows]) == expected
        assert bits(batches.raw_scores(np.array(rows)).tolist()) == expected
        many = np.array(rows * 4)
        assert len(many) > MANY
        assert bits(batches.raw_scores(many).tolist()) == expected * 4


def test_one_row_by_integers_has_lightgbms_bits(trained: Any) -> None:
    trees = read_artifact(trained.folder).trees
    rows = trained.matrix[:300]
    expected = trained.booster.predict(rows, raw_score=True, num_threads=1).tolist()
    assert pays(trees)
    tables = RowTables(trees)
    assert [tables.raw_score(row) for row in rows.tolist()] == expected


def test_the_first_rows_are_walked_and_the_others_looked_up(trained: Any) -> None:
    trees = read_artifact(trained.folder).trees
    rows = trained.matrix[: WALKED + 3].tolist()
    one = OneRow(trees)
    got = [one.raw_score(row) for row in rows[:WALKED]]
    before = one.ready
    got += [one.raw_score(row) for row in rows[WALKED:]]
    assert (before, one.ready) == (False, True)
    assert got == [trees.walked_score(row) for row in rows]


def test_a_model_whose_integers_would_be_too_large_is_walked() -> None:
    stumps = 300
    trees = Trees(
        tree_start=list(range(stumps + 1)),
        split_feature=list(range(stumps)),
        threshold=[0.5] * stumps,
        decision_type=[0] * stumps,
        left_child=[-1] * stumps,
        right_child=[-2] * stumps,
        internal_count=[2] * stumps,
        leaf_value=[1.0, 2.0] * stumps,
        leaf_count=[1, 1] * stumps,
        cat_boundaries=[0],
        cat_threshold=[],
    )
    one = OneRow(trees)
    assert not pays(trees)
    assert [one.raw_score([value] * stumps) for value in (0.5, 0.6) * WALKED] == [300.0, 600.0] * WALKED
    assert not one.ready


def test_integers_of_categories_are_kept_only_while_there_is_room() -> None:
    trees = grown(np.random.default_rng(5), (3,) * 200)
    tables = RowTables(trees)
    rows = hard_rows(np.random.default_rng(6), 1500)
    assert [tables.raw_score(row) for row in rows] == [trees.walked_score(row) for row in rows]
    # Python keeps 30 bits of an integer in 32, and every feature has one integer more than its splits fill.
    assert tables.kept_bytes <= 1.2 * 2 * BYTES_A_SPLIT * len(trees.threshold)


def test_tables_of_a_category_as_wide_as_allowed_are_not_made() -> None:
    random = np.random.default_rng(3)
    trees = grown(random, (31,) * 40)
    words = [1] * 2048
    wide = replace(
        trees,
        threshold=[
            0.0 if kind & CATEGORICAL else value
            for kind, value in zip(trees.decision_type, trees.threshold, strict=True)
        ],
        cat_boundaries=[0, len(words)],
        cat_threshold=words,
    )
    check(wide, [False] * NUMBERS + [True] * CATEGORIES)
    tracemalloc.start()
    tables = Leaves(wide).tables
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert tables is None
    assert most < 2**20
    rows = hard_rows(random, 20)
    assert Batches(wide).raw_scores(np.array(rows)).tolist() == [wide.walked_score(row) for row in rows]


def test_leaves_are_added_one_after_the_other_in_a_batch_of_one_row() -> None:
    random = np.random.default_rng(4)
    trees = grown(random, (31,) * 200)
    for row in hard_rows(random, 20):
        assert bits(trees.batches.raw_scores(np.array([row])).tolist()) == bits([trees.walked_score(row)])


@pytest.mark.parametrize("count", [0, 1, 2, MANY, MANY + 1, CHUNK + 1])
def test_a_batch_of_any_size_has_the_bits_of_its_rows(plain: Any, count: int) -> None:
    trees = read_artifact(plain.folder).trees
    expected = np.array([trees.walked_score(row) for row in plain.matrix.tolist()])
    assert np.array_equal(
        trees.batches.raw_scores(np.resize(plain.matrix, (count, plain.matrix.shape[1]))), np.resize(expected, count)
    )


def test_eight_threads_on_one_scorer_get_the_bits_of_one(trained: Any) -> None:
    scorer = Scorer.load(trained.folder, on_expired="ignore", verify=False)
    trees = read_artifact(trained.folder).trees
    rows = trained.matrix[:120]
    expected = [trees.walked_score(row) for row in rows.tolist()]

    def work(number: int) -> list[float]:
        if number % 2:
            return list(map(float, scorer.raw_scores(rows)))
        return [scorer.raw_score(row) for row in rows.tolist()]

    with ThreadPoolExecutor(8) as pool:
        for got in pool.map(work, range(8)):
            assert got == expected


def test_a_cell_goes_where_its_values_go() -> None:
    random = np.random.default_rng(1)
    trees = grown(random, (31,) * 6)
    rows = np.array(hard_rows(random, 400))
    for feature in range(NUMBERS + CATEGORIES):
        splits = [split for split, other in enumerate(trees.split_feature) if other == feature]
        cells = Cells(trees, splits)
        places = cells.of(rows[:, feature])
        for split in splits[::5]:
            expected = [trees.goes_left(split, value) for value in rows[:, feature].tolist()]
            assert cells.left(trees, split)[places].tolist() == expected
    assert any(kind & MISSING_ZERO for kind in trees.decision_type)


BROKEN: list[tuple[str, list[Any]]] = [
    ("split_feature", [-1, 0, NUMBERS, NUMBERS + CATEGORIES, 2**31 - 1]),
    ("threshold", [math.nan, math.inf, -1.0, 0.5, 1e9]),
    ("decision_type", [1, 12, 16, 255, 0]),
    ("left_child", [-1, -99, 0, 5, 31, -(2**31)]),
    ("right_child", [-1, -99, 0, 5, 31, 2**31 - 1]),
    ("internal_count", [0, -1, 2**31 - 1]),
    ("leaf_count", [0, -1, 2**31 - 1]),
    ("leaf_value", [math.nan, math.inf, 1.7e308]),
]


def refused(trees: Trees, categorical: list[bool]) -> bool:
    try:
        check(trees, categorical)
    except ArtifactError:
        return True
    return False


def test_what_the_quick_look_passes_the_check_of_every_number_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(8)
    categorical = [False] * NUMBERS + [True] * CATEGORIES
    trees = grown(random, (5, 31, 2, 40))
    assert sound(trees, categorical)
    forged = []
    for name, values in BROKEN:
        for value in values:
            for place in random.integers(0, len(trees.threshold), 4).tolist():
                numbers = list(getattr(trees, name))
                numbers[place] = value
                forged.append(replace(trees, **{name: numbers}))
    quick = [sound(one, categorical) for one in forged]
    monkeypatch.delitem(sys.modules, "numpy")
    slow = [not refused(one, categorical) for one in forged]
    assert quick == slow
    assert 10 < sum(slow) < len(forged) // 2


def test_a_chain_is_sound_up_to_the_deepest_allowed() -> None:
    for leaves, allowed in ((129, True), (130, False)):
        splits = leaves - 1
        chain = Trees(
            tree_start=[0, splits],
            split_feature=[0] * splits,
            threshold=[0.0] * splits,
            decision_type=[0] * splits,
            left_child=[~place for place in range(splits)],
            right_child=[*range(1, splits), ~splits],
            internal_count=list(range(leaves, 1, -1)),
            leaf_value=[0.0] * leaves,
            leaf_count=[1] * leaves,
            cat_boundaries=[0],
            cat_threshold=[],
        )
        assert sound(chain, [False]) is allowed
        assert refused(chain, [False]) is not allowed
