"""Cuts fitted to published shares: reproduced from the sample, frozen, and how far later months keep to them."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.grades import fit_cuts, grade, load_system
from riskml.records import Records, read_records
from riskml.records.log import event_log

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
MONTH = "2023-01-01"
LATER = ("2023-04-01", "2023-10-01", "2024-04-01", "2024-10-01", "2025-06-01")
PUBLISHED = {"zhenhai": [40, 85, 20, 2], "xiangshan": [91, 113, 2, 0]}


@cache
def sample() -> tuple[Records, pd.DataFrame]:
    """The simulated default world, and its log."""
    records = read_records(SAMPLE)
    return records, event_log(records)


def caterers(name: str, day: str) -> pd.DataFrame:
    """Grades of the caterers open on a day."""
    records, log = sample()
    sites, when = records.sites, pd.Timestamp(day)
    there = (sites["registered_on"] < when) & ~(sites["closed_on"] <= when) & (sites["industry_class"] == "catering")
    return grade(records, name, day, log=log)[there.to_numpy()]


def shares(name: str, day: str) -> list[float]:
    """Percent of each level, safest first."""
    found = caterers(name, day)["level"].value_counts(normalize=True)
    return [100 * float(found.get(level.code, 0.0)) for level in load_system(name).levels]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_stored_cuts_are_those_fitted_on_the_reference_month(name: str) -> None:
    counts = PUBLISHED[name]
    fitted = fit_cuts(caterers(name, MONTH)["points"].to_numpy(), [count / sum(counts) for count in counts])
    system = load_system(f"{name}/published_quantiles")
    full = load_system(name).rule.full  # type: ignore[union-attr]
    safer_ends = [system.numbers[f"level.{level.code}.score.from"].value for level in system.levels[:-1]]
    assert [full - cut for cut in fitted] == pytest.approx(safer_ends, abs=1e-6)


def test_zhenhai_keeps_within_ten_points_of_the_published_shares_in_later_months() -> None:
    wanted = [100 * count / 147 for count in PUBLISHED["zhenhai"]]
    for day in (MONTH, *LATER):
        assert shares("zhenhai/published_quantiles", day) == pytest.approx(wanted, abs=10), day


def test_xiangshan_cannot_meet_the_share_of_blue_for_most_caterers_lose_no_point() -> None:
    whole = caterers("xiangshan", MONTH)["points"]
    assert (whole <= 0).mean() > 0.65  # published: 44 % blue
    found = shares("xiangshan/published_quantiles", MONTH)
    assert found[2:] == pytest.approx([100 * 2 / 206, 0], abs=10)
    assert found[0] > 65


def test_equal_points_all_go_the_way_that_misses_the_share_least() -> None:
    points = np.array([0.0] * 6 + [1.0] * 3 + [2.0], dtype=np.float64)
    assert fit_cuts(points, [0.5, 0.4, 0.1]) == [0.0, 1.0]  # 0.6 is nearer to 0.5 than 0
    assert fit_cuts(points, [0.8, 0.1, 0.1]) == [1.0, 1.0]


def test_sites_without_points_do_not_count() -> None:
    assert fit_cuts(np.array([np.nan, 1.0, 2.0, np.nan]), [0.5, 0.5]) == [1.0]


def test_shares_that_do_not_sum_and_no_points_are_refused() -> None:
    with pytest.raises(DataError, match=r"2 points and shares that sum to 0\.9"):
        fit_cuts(np.array([1.0, 2.0]), [0.5, 0.4])
    with pytest.raises(DataError, match="0 points"):
        fit_cuts(np.array([np.nan]), [0.5, 0.5])
