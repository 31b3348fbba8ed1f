"""What each site's level or score says: the visits its system prescribes, and its place among all sites."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.grades import Level, System, policy_scores
from riskml.planning.allocation import Floats
from riskml.planning.columns import places_in

NO_LEVEL = ""
"""Stratum of sites of which the system says nothing: they get the mean intensity of the sites that have a level."""


@dataclass(frozen=True)
class Standing:
    """How the sites of a plan stand, n sites.

    Attributes:
        level: code of the level, "" without one, shape (n,).
        score: points of the system or score of the model, higher is riskier, NaN without one, shape (n,).
        order: what the places of the list are taken from, higher first, shape (n,).
        per_year: visits a year by level, prescribed by the system; empty without a system.
    """

    level: NDArray[np.object_]
    score: Floats
    order: Floats
    per_year: dict[str, float]


def standing_by_system(system: System, graded: pd.DataFrame, sites: "pd.Series[str]") -> Standing:
    """The sites by a grading system.

    Args:
        system: with its intensities.
        graded: the grades of the decision day: site_id, level, rank, points.
        sites: the sites of the plan.

    Raises:
        DataError: if `graded` lacks a site or holds a level that is none of the system's.
    """
    mine = _rows_of(graded, sites, "grades")
    level = _levels(mine["level"])
    codes = [one.code for one in system.levels]
    unknown = sorted(set(level) - {*codes, NO_LEVEL})
    if unknown:
        raise DataError(f"unknown levels {unknown} in the grades; {system.name} has {codes}")
    per_year = {one.code: intensity(one) for one in system.levels}
    known = pd.Series(level[level != NO_LEVEL]).map(per_year)
    per_year[NO_LEVEL] = float(known.mean() if len(known) else np.mean(list(per_year.values())))
    order = policy_scores(mine)["points_score"].to_numpy(np.float64)
    return Standing(level, mine["points"].to_numpy(np.float64), order, per_year)


def standing_by_scores(scores: pd.DataFrame, sites: "pd.Series[str]") -> Standing:
    """The sites by a model's scores.

    Args:
        scores: site_id, probability (or score), and level if there is one.
        sites: the sites of the plan.

    Raises:
        DataError: if a column or a site is missing, or a score is no number.
    """
    column = next((name for name in ("probability", "score") if name in scores.columns), None)
    if column is None or "site_id" not in scores.columns:
        raise DataError(f"scores need the columns site_id and probability (or score); there are {list(scores.columns)}")
    mine = _rows_of(scores, sites, "scores")
    value = mine[column].to_numpy(np.float64)
    if not np.isfinite(value).all():
        raise DataError(f"{int((~np.isfinite(value)).sum())} of {len(value)} open sites have no score; score them all")
    level = _levels(mine["level"]) if "level" in mine.columns else np.full(len(mine), NO_LEVEL, dtype=object)
    return Standing(level, value, value, {})


def intensity(level: Level) -> float:
    """Visits a year that a level prescribes: its draw ratio a year where it has one, without the floor."""
    ratio = level.draw_ratio
    return float(level.visits_per_year if ratio is None else ratio)


def _levels(level: "pd.Series[Any]") -> NDArray[np.object_]:
    return level.astype(object).where(level.notna(), NO_LEVEL).to_numpy(object)


def _rows_of(table: pd.DataFrame, sites: "pd.Series[str]", what: str) -> pd.DataFrame:
    """The rows of the sites, in their order.

    Raises:
        DataError: if a site has no row, or two.
    """
    twice = table["site_id"].duplicated()
    if twice.any():
        raise DataError(f"{what}: sites stand twice, such as {table.loc[twice, 'site_id'].unique()[:3].tolist()}")
    place = places_in(table["site_id"], sites)
    if (place < 0).any():
        lost = sites[place < 0].head(3).tolist()
        raise DataError(f"{what}: {int((place < 0).sum())} of {len(sites)} open sites have no row, such as {lost}")
    return pd.DataFrame(table.iloc[place].reset_index(drop=True))
