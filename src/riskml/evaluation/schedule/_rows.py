"""The rows of the schedule table: each policy beside chance and the perfect order, and the paired differences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.evaluation._ranking import Floats
from riskml.evaluation.intervals import percentile_interval
from riskml.evaluation.schedule._moving import EARLY, SHIFT, SWEEP, Arranged
from riskml.evaluation.schedule._visits import Ints

FREE: Final = "free"
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
NEEDED: Final = 20
"""Failed visits that could count otherwise which a figure needs; below that it says "not enough data"."""
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
        movable: failures that have another day to move to.
        crossing: those among them whose days lie in both halves.
        sites: number of sites.
    """

    name: str
    once: Floats
    drawn: Floats
    perfect: Floats
    chance_sd: Floats
    movable: int
    crossing: int
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
        able = form.crossing if name == FIRST else form.movable
        if able < NEEDED:
            what = "stand where the day could change halves" if name == FIRST else "have another day to move to"
            reason = f"not enough data: {able} failed visits {what}, {NEEDED} are needed"
            yield from ({**row, "reason": reason} for row in _nothing(form.name, name, life, policies, pairs))
            continue
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
        if name == FIRST and form.name == FREE:
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


def able(arranged: Arranged, halves: Ints) -> tuple[int, int]:
    """Failures that have another day to move to, and those of them whose days lie in both halves of their origin.

    Args:
        arranged: visits in their strata.
        halves: last day of each origin's first half, shape (origins,).
    """
    failures = np.add.reduceat(arranged.visits.fail[arranged.by_day].astype(np.int64), arranged.starts[:-1])
    first, last = arranged.days[arranged.day_starts[:-1]], arranged.days[arranged.day_starts[1:] - 1]
    half = halves[arranged.origin]
    return int(failures[first < last].sum()), int(failures[(first <= half) & (half < last)].sum())


def silent(
    forms: Sequence[str], policies: Sequence[str], pairs: Sequence[tuple[str, str]], half_lives: Sequence[float],
    reason: str,
) -> Iterator[Row]:  # fmt: skip
    """The rows without a number, and why there is none."""
    for form in forms:
        for name, life, _ in metrics(half_lives):
            yield from ({**row, "reason": reason} for row in _nothing(form, name, life, policies, pairs))


def _nothing(
    form: str, name: str, life: float, policies: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> Iterator[Row]:
    for policy in [*policies, *(f"{a} - {b}" for a, b in pairs)]:
        yield {"form": form, "metric": name, "half_life_days": life, "policy": policy}


def frame(rows: "list[Row]", counts: "dict[str, int]") -> pd.DataFrame:
    """The table of some rows, each with the same counts."""
    numbers = {name: np.nan for name, kind in COLUMNS.items() if kind == "float64"}
    return pd.DataFrame([{**numbers, **row, **counts} for row in rows], columns=list(COLUMNS)).astype(COLUMNS)
