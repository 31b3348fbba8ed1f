"""Small worlds of visits whose schedules can be made by hand, and rows of their schedule tables."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd


def visits_of(
    day: Sequence[int], fail: Sequence[bool], score: Sequence[float], who: Sequence[str], origin: Sequence[int]
) -> pd.DataFrame:
    """Scored rows of one visit each; each origin is a Monday, from which days count."""
    start = pd.Timestamp("2024-01-01")
    place = pd.Series(origin)
    return pd.DataFrame(
        {
            "site_id": [f"s{k:04d}" for k in range(len(day))],
            "origin": start + pd.to_timedelta(place * 98, unit="D"),
            "visited_on": start + pd.to_timedelta(place * 98 + pd.Series(day), unit="D"),
            "fail": pd.array(fail, dtype="boolean"),
            "weight": 1.0,
            "inspector": pd.array(who, dtype="str"),
            "office": "east",
            "score_model": score,
        }
    )


def world(seed: int, *, origins: int = 40, size: int = 4) -> pd.DataFrame:
    """Few visits at each of many origins, with ties in scores and days."""
    rng = np.random.default_rng(seed)
    n = origins * size
    table = visits_of(
        rng.integers(0, 9, n).tolist(),
        (rng.random(n) < 0.5).tolist(),
        rng.integers(0, 3, n).astype(float).tolist(),
        rng.choice(["ann", "bob"], n).tolist(),
        np.repeat(np.arange(origins), size).tolist(),
    )
    return table.assign(score_rival=rng.random(n))


def of(table: pd.DataFrame, policy: str, form: str, metric: str, half_life: float = float("nan")) -> "dict[Any, Any]":
    """One row of the table."""
    life = table["half_life_days"]
    same = life.isna() if np.isnan(half_life) else life == half_life
    rows = table[(table["policy"] == policy) & (table["form"] == form) & (table["metric"] == metric) & same]
    assert len(rows) == 1
    return rows.iloc[0].to_dict()


def strata(rows: pd.DataFrame, form: str) -> Iterator[pd.DataFrame]:
    """The sets of visits that may change places, by another way than the code under test."""
    monday = rows["visited_on"] - pd.to_timedelta(rows["visited_on"].dt.day_of_week, unit="D")
    keys = [rows["origin"]] if form == "free" else [rows["origin"], rows["inspector"], rows["office"], monday]
    for _, part in rows.groupby(keys):
        yield part


# Two weeks from a Monday, at 20 origins: 40 failures, 20 of which can move inside their slots.
DAY, FAIL, SCORE, WHO = [0, 2, 8, 3], [False, True, True, False], [1.0, 9.0, 9.0, 0.0], ["ann", "ann", "ann", "bob"]


def two_weeks() -> pd.DataFrame:
    origin = np.repeat(np.arange(20), 4).tolist()
    return visits_of(DAY * 20, FAIL * 20, SCORE * 20, WHO * 20, origin)
