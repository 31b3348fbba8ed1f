"""Grades as policies: scores by which sites are ranked, higher riskier, for the comparison with models."""

import numpy as np
import pandas as pd


def policy_scores(graded: pd.DataFrame) -> pd.DataFrame:
    """Two scores a row: by level alone, and by points inside the level (the grade's best chance).

    Args:
        graded: table with rank (missing where there is no level) and points (may be missing), n rows.

    Returns:
        `level_score`: the rank; without a level the mean of the assigned ranks (neutral), 0 if there is none at all.
        `points_score`: the rank plus s(points) with s(p) = (1 + p / (1 + |p|)) / 2, strictly rising, inside (0, 1);
        where rank or points are missing it is `level_score`. Same index as `graded`.

    >>> graded = pd.DataFrame({"rank": pd.array([0, 2, None], dtype="Int64"), "points": [0.0, 3.0, float("nan")]})
    >>> policy_scores(graded)["level_score"].tolist()
    [0.0, 2.0, 1.0]
    >>> policy_scores(graded)["points_score"].tolist()
    [0.5, 2.875, 1.0]
    """
    rank = graded["rank"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    points = graded["points"].to_numpy(np.float64)
    assigned = ~np.isnan(rank)
    level = np.where(assigned, rank, rank[assigned].mean() if assigned.any() else 0.0)
    inside = (1 + points / (1 + np.abs(points))) / 2
    by_points = np.where(assigned & ~np.isnan(points), level + inside, level)
    return pd.DataFrame({"level_score": level, "points_score": by_points}, index=graded.index)
