"""The rows of the schedule table: each policy beside chance and the perfect order, and the paired differences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.evaluation._moving import EARLY, SHIFT, SWEEP, Arranged
from riskml.evaluation._ranking import Floats
from riskml.evaluation.intervals import percentile_interval

AS_MADE: Final = "as_made"
DAYS: Final = "days_earlier"
FIRST: Final = "first_half"
STILL: Final = "still_there"
NET: Final = "_net"
COLUMNS: Final = {
    "policy": "str", "form": "str", "metric": "str", "half_life_days": "float64", "value": "float64", "low": "float64",
    "high": "float64", "by_chance": "float64", "by_chance_sd": "float64", "perfect": "float64", "n": "int64",
    "n_positive": "int64", "reason": "str",
}  # fmt: skip
UNEQUAL: Final = "the spread of the random order is known for visits of equal weight only"

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Form:
    """The means over the failures in one form of schedule.

    Attributes:
        name: of the form.
        once: on the visits as they are, shape (policies + 2, measures): after the policies the random order and the
            order in which the visits were made.
        drawn: under each resample, shape (draws, policies + 2, measures).
        perfect: of the order that puts the failures first, shape (measures,).
        chance_sd: of random orders, shape (measures,); NaN where it is not known.
        sites: number of sites.
    """

    name: str
    once: Floats
    drawn: Floats
    perfect: Floats
    chance_sd: Floats
    sites: int


def metrics(half_lives: Sequence[float]) -> list[tuple[str, float, int]]:
    """Name, half-life (NaN: the failures stay) and measure of each metric that is not net."""
    found = [(DAYS, np.nan, SHIFT), (FIRST, np.nan, EARLY)]
    for place, life in enumerate(half_lives):
        found += [(DAYS, life, SWEEP + 2 * place), (STILL, life, SWEEP + 2 * place + 1)]
    return found


def rows_of(
    form: Form, policies: Sequence[str], pairs: Sequence[tuple[str, str]], half_lives: Sequence[float]
) -> Iterator[Row]:
    """Every row of one form, without the counts."""
    for name, life, measure in metrics(half_lives):
        once, drawn = form.once[:, measure], form.drawn[:, :, measure]
        chance, sd, perfect = float(once[-2]), float(form.chance_sd[measure]), float(form.perfect[measure])
        about = {"form": form.name, "metric": name, "half_life_days": life, "by_chance_sd": sd}
        about["reason"] = UNEQUAL if np.isnan(sd) else ""
        for place, policy in enumerate(policies):
            beside = {**about, "policy": policy, "by_chance": chance, "perfect": perfect}
            yield {**beside, **_interval(once[place], drawn[:, place], form.sites)}
            if name != STILL:
                beside |= {"metric": f"{name}{NET}", "by_chance": 0.0, "perfect": perfect - chance}
                yield {**beside, **_interval(once[place] - chance, drawn[:, place] - drawn[:, -2], form.sites)}
        if name == FIRST:
            made = {**about, "policy": AS_MADE, "by_chance": chance, "perfect": perfect}
            yield {**made, **_interval(once[-1], drawn[:, -1], form.sites)}
        for a, b in pairs:
            one, other = list(policies).index(a), list(policies).index(b)
            gap = _interval(once[one] - once[other], drawn[:, one] - drawn[:, other], form.sites)
            yield {**about, "by_chance_sd": np.nan, "reason": "", "policy": f"{a} - {b}", **gap}


def _interval(value: float, drawn: Floats, sites: int) -> Row:
    found = percentile_interval(drawn, sites=sites)
    row: Row = {"value": float(value), "low": found.low, "high": found.high}
    return row if found.reason is None else {**row, "reason": found.reason}


def can_move(slots: Arranged) -> float:
    """Share of the failures whose slot has visits on another day, by weight."""
    visits = slots.visits
    several = np.repeat(np.diff(slots.day_starts) > 1, np.diff(slots.starts))
    rows = slots.by_day
    failed = visits.weight * visits.fail
    return float(failed[rows][several].sum() / failed.sum())


def silent(
    forms: Sequence[str], policies: Sequence[str], pairs: Sequence[tuple[str, str]], half_lives: Sequence[float],
    reason: str,
) -> Iterator[Row]:  # fmt: skip
    """The rows without a number, and why there is none."""
    names = [*policies, *(f"{a} - {b}" for a, b in pairs)]
    for form in forms:
        for name, life, _ in metrics(half_lives):
            for policy in names:
                yield {"form": form, "metric": name, "half_life_days": life, "policy": policy, "reason": reason}


def frame(rows: "list[Row]", counts: "dict[str, int]") -> pd.DataFrame:
    """The table of some rows, each with the same counts."""
    numbers = {name: np.nan for name, kind in COLUMNS.items() if kind == "float64"}
    return pd.DataFrame([{**numbers, **row, **counts} for row in rows], columns=list(COLUMNS)).astype(COLUMNS)
