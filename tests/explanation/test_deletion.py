"""Deletion test: every change against a loop that replaces values one by one, and false reasons that it finds out."""

import numpy as np
import pytest

from riskml.errors import DataError
from riskml.explanation.deletion import DONORS, SUBSETS, Deletion, correlation, deletion

WEIGHTS = np.array([0.1, -2.0, 1.0, 0.0, 0.5])
STEPS = (1, 2, 9)


def linear(values: np.ndarray) -> np.ndarray:
    """A model of which the contributions are known: weight times distance from the mean."""
    scores: np.ndarray = values @ WEIGHTS + 3.0
    return scores


def world(n: int = 60, seed: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Rows and their true contributions; the fourth feature is in no use."""
    values = np.random.default_rng(seed).normal(size=(n, 5))
    centre = values.mean(axis=0)
    return values, np.column_stack([(values - centre) * WEIGHTS, np.full(n, linear(centre[None])[0])])


def made(seed: int = 1) -> Deletion:
    values, moved = world()
    return deletion(linear, values, moved, values, seed=seed, steps=STEPS)


def test_changes_are_those_of_a_loop_over_rows_and_donors() -> None:
    values, moved = world()
    found = made()
    donors = values[np.random.default_rng(1).integers(len(values), size=(len(values), DONORS))]
    overall = sorted((0, 1, 2, 4), key=lambda f: -np.abs(moved[:, f]).mean())
    for row in range(len(values)):
        own = sorted((0, 1, 2, 4), key=lambda f: -abs(moved[row, f]))
        for step, count in enumerate(STEPS):
            for name, order in (("reasons", own), ("overall", overall)):
                changed = []
                for donor in donors[row]:
                    one = values[row].copy()
                    one[order[:count]] = donor[order[:count]]
                    changed.append(linear(one[None])[0])
                expected = abs(linear(values[row][None])[0] - np.mean(changed))
                assert found.moved[name][row, step] == pytest.approx(expected)


def test_more_than_are_in_use_means_all_of_those_whatever_the_order() -> None:
    found = made()
    for name in ("overall", "random"):
        assert found.moved[name][:, -1] == pytest.approx(found.moved["reasons"][:, -1])


def test_true_reasons_move_the_score_more_than_random_facts_and_agree_with_it() -> None:
    found = made()
    assert found.area("random").mean() > 0.2
    assert np.nanmean(found.agreement) > 0.8


def test_the_reasons_of_another_site_are_found_out() -> None:
    values, moved = world()
    false = np.column_stack([np.roll(moved[:, :-1], 7, axis=0), moved[:, -1]])
    found = deletion(linear, values, false, values, seed=1, steps=STEPS)
    assert found.area("overall").mean() < 0.0 < made().area("overall").mean()
    assert np.nanmean(found.agreement) < 0.4


def test_reasons_in_the_wrong_order_do_worse_than_random_facts() -> None:
    values, moved = world()
    sizes = np.abs(moved[:, [0, 1, 2, 4]])
    least_first = moved.copy()
    least_first[:, [0, 1, 2, 4]] = 1.0 / sizes
    assert deletion(linear, values, least_first, values, seed=1, steps=(1, 2)).area("random").mean() < -0.2


def test_reasons_of_the_wrong_sign_disagree() -> None:
    values, moved = world()
    wrong = np.column_stack([-moved[:, :-1], moved[:, -1]])
    assert np.nanmean(deletion(linear, values, wrong, values, seed=1).agreement) < -0.8


def test_the_same_seed_gives_the_same_and_the_rows_stay_as_they_are() -> None:
    values, moved = world()
    kept = values.copy()
    first, again = (deletion(linear, values, moved, values, seed=5) for _ in range(2))
    assert all((first.moved[name] == again.moved[name]).all() for name in first.moved)
    assert (values == kept).all()
    assert (made(seed=2).moved["random"] != made(seed=1).moved["random"]).any()


def test_a_feature_in_no_use_is_never_put_out() -> None:
    values, moved = world()
    values[:, 3] = np.nan  # the score would be missing if a donor's value of it were read otherwise
    seen = []

    def spy(given: np.ndarray) -> np.ndarray:
        seen.append(given[:, 3])
        return linear(np.nan_to_num(given))

    deletion(spy, values, moved, np.zeros((1, 5)), seed=1)
    assert np.isnan(np.concatenate(seen)).all()
    assert len(seen) == 1 + 3 * 5 + SUBSETS


def test_correlations_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 20, 4))
    assert correlation(a, b) == pytest.approx([np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(4)])


@pytest.mark.parametrize(("rows", "others", "factor"), [(0, 5, 1.0), (5, 0, 1.0), (5, 5, 0.0)])
def test_nothing_to_delete_is_refused(rows: int, others: int, factor: float) -> None:
    values, moved = world(5)
    with pytest.raises(DataError, match="a deletion test needs rows, other rows and a feature in use"):
        deletion(linear, values[:rows], factor * moved[:rows], values[:others], seed=1)
