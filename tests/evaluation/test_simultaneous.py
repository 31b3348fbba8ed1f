"""Simultaneous intervals: they hold together as often as they say, know twins, and say what no longer stands."""

import numpy as np
import pytest

from riskml.errors import DataError
from riskml.evaluation.simultaneous import Simultaneous, note, simultaneous

PAIRS = [f"model - {name}" for name in "abcde"]


def test_critical_value_and_ends_by_hand() -> None:
    drawn = np.column_stack([np.arange(-50.0, 51.0), 3 * np.arange(-50.0, 51.0)[::-1]])
    told = simultaneous([0.0, 0.0], drawn, metric="auc", pairs=["a - b", "a - c"])
    error = np.arange(-50.0, 51.0).std(ddof=1)
    largest = sorted(abs(k) / error for k in range(-50, 51))
    assert told.critical == pytest.approx(largest[95])  # of 101 sorted values the 95th percentile has place 95
    assert told.of("a - b") == pytest.approx((-48.0, 48.0))
    assert told.of("a - c") == pytest.approx((-144.0, 144.0))
    assert told.of("a - d") is None


def test_all_intervals_hold_at_once_as_often_as_they_say_where_single_ones_do_not() -> None:
    rng = np.random.default_rng(5)
    mix = np.linalg.cholesky(np.full((5, 5), 0.3) + 0.7 * np.eye(5))
    together = alone = 0
    for _ in range(400):
        point = mix @ rng.normal(size=5)  # the truth is 0 for all
        drawn = point + rng.normal(size=(400, 5)) @ mix.T
        told = simultaneous(point.tolist(), drawn, pairs=PAIRS)
        together += all(low <= 0 <= high for low, high in zip(told.low, told.high, strict=True))
        alone += bool((np.abs(point) <= 1.96).all())
    assert 0.925 <= together / 400 <= 0.98
    assert alone / 400 < 0.9


def test_it_widens_with_the_pairs_and_less_than_bonferroni() -> None:
    rng = np.random.default_rng(2)
    shared = rng.normal(size=(4000, 1))
    drawn = np.sqrt(0.8) * shared + np.sqrt(0.2) * rng.normal(size=(4000, 8))
    told = [simultaneous([0.0] * k, drawn[:, :k], pairs=list("abcdefgh")[:k]).critical for k in (1, 2, 4, 8)]
    critical = [value or 0.0 for value in told]
    assert critical == sorted(critical)
    assert critical[0] == pytest.approx(1.96, abs=0.06)
    assert critical[3] < 2.73 - 0.1  # 1 - 0.05 / 16 of the normal law


@pytest.mark.parametrize("side", [1, -1])
def test_it_never_lies_inside_the_interval_of_a_pair_alone(side: int) -> None:
    one = side * np.random.default_rng(3).exponential(size=(2000, 1))  # a long tail on one side
    drawn = np.repeat(one, 3, axis=1)
    told = simultaneous([side * 1.0] * 3, drawn, pairs=["a", "b", "c"])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert (np.array(told.low) <= low).all()
    assert (np.array(told.high) >= high).all()


def test_a_difference_that_no_draw_moves_keeps_its_value() -> None:
    drawn = np.column_stack([np.full(100, 0.25), np.random.default_rng(1).normal(size=100)])
    told = simultaneous([0.25, 0.0], drawn, pairs=["a - twin", "a - b"])
    assert told.of("a - twin") == (0.25, 0.25)


def test_too_few_draws_with_a_value_give_a_reason() -> None:
    drawn = np.random.default_rng(1).normal(size=(100, 2))
    drawn[:6, 0] = np.nan
    told = simultaneous([0.0, 0.0], drawn, metric="auc", pairs=["a - b", "a - c"])
    assert told.reason == "all differences have a value in 94 of 100 draws; 95% must have"
    assert told.of("a - b") is None
    assert "without simultaneous intervals" in note(told, [])["en"]
    assert simultaneous([0.0, 0.0], drawn[1:], pairs=["a - b", "a - c"]).draws == 94
    assert simultaneous([0.0, 0.0], drawn[2:], pairs=["a - b", "a - c"]).reason is None
    assert simultaneous([0.0], np.empty((0, 1)), pairs=["a - b"]).reason is not None


@pytest.mark.parametrize(
    ("values", "names", "message"), [([0.0], ["a", "b"], "do not fit"), ([np.nan, 0.0], ["a", "b"], "have a value")]
)
def test_what_does_not_fit_is_refused(values: list[float], names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        simultaneous(values, np.zeros((9, 2)), pairs=names)


def test_the_note_counts_and_names_what_stands_and_what_falls() -> None:
    told = Simultaneous("recall@0.20", ("m - a", "m - b", "m - c"), (0.1, -0.1, -0.2), (0.3, 0.3, 0.1), 2.4, 1000, None)
    text = note(told, ["m - a", "m - b"])
    assert text["en"] == (
        "3 declared differences are compared at recall@0.20. Of 2 whose own 95% interval leaves 0 out, 1 still do when "
        "all 3 intervals are to hold at once (max-|t| bootstrap): m - a; no longer: m - b."
    )
    assert "比较了 3 个" in text["zh"]
    assert text["zh"].endswith("：m - a；不再成立：m - b。")
    assert note(told, [])["en"].endswith("0 still do when all 3 intervals are to hold at once (max-|t| bootstrap).")
