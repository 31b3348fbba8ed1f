"""The bootstrap: resamples of sites, their chunks, and the percentile interval with its reasons."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation import intervals
from riskml.evaluation.intervals import bootstrap, percentile_interval, resamples

Counts = NDArray[np.uint16]
Floats = NDArray[np.float64]


def mean_of(values: Floats) -> Callable[[Counts], Floats]:
    return lambda multiplicity: (multiplicity @ values / len(values))[:, None]


def test_each_resample_draws_as_many_sites_as_there_are() -> None:
    counts = resamples(300, range(0, 40), seed=5)
    assert (counts.sum(axis=1) == 300).all()
    assert counts.mean(axis=0).std() == pytest.approx(np.sqrt(1 / 40), rel=0.2)
    assert len(np.unique(counts, axis=0)) == 40


def test_chunks_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).integers(100, size=30).astype(float)
    whole = bootstrap(mean_of(values), sites=30, draws=101, seed=9)
    monkeypatch.setattr(intervals, "CHUNK_CELLS", 30 * 7)
    assert np.array_equal(whole, bootstrap(mean_of(values), sites=30, draws=101, seed=9))
    assert not np.array_equal(whole, bootstrap(mean_of(values), sites=30, draws=101, seed=10))


def test_interval_of_a_mean_agrees_with_its_standard_error() -> None:
    values = np.random.default_rng(1).normal(size=400)
    drawn = bootstrap(mean_of(values), sites=400, draws=2000, seed=2)[:, 0]
    found = percentile_interval(drawn, sites=400)
    half = 1.96 * values.std() / np.sqrt(400)
    assert found.draws == 2000
    assert found.low == pytest.approx(values.mean() - half, abs=0.15 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.15 * half)


def test_few_undefined_draws_are_dropped_and_counted() -> None:
    values = np.arange(100.0)
    values[:5] = np.nan
    found = percentile_interval(values, sites=9)
    assert found.draws == 95
    assert found.low == pytest.approx(5 + 0.025 * 94)
    assert found.high == pytest.approx(5 + 0.975 * 94)


def test_many_undefined_draws_leave_no_interval() -> None:
    values = np.arange(100.0)
    values[:6] = np.nan
    found = percentile_interval(values, sites=9)
    assert (found.low, found.high, found.draws) == (None, None, 94)
    assert found.reason == "undefined in 6 of 100 bootstrap draws; at most 5% may be dropped"


def test_no_draws_and_one_site_leave_no_interval() -> None:
    assert percentile_interval(np.empty(0), sites=9).reason == "no bootstrap draws were asked for"
    assert percentile_interval(np.ones(10), sites=1).reason == "there is one site only: nothing to resample"
    assert bootstrap(mean_of(np.ones(3)), sites=3, draws=0, seed=0).shape == (0, 0)


@pytest.mark.parametrize(("draws", "seed"), [(-1, 0), (10, -1)])
def test_negative_draws_or_seed_are_refused(draws: int, seed: int) -> None:
    with pytest.raises(DataError, match="must be 0 or more"):
        bootstrap(mean_of(np.ones(3)), sites=3, draws=draws, seed=seed)
