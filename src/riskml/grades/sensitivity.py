"""The assumed numbers varied: seeded draws of a system's numbers, its cuts shifted with them (GRADES.md 11.4).

Each draw multiplies every assumed weight, cap, point and window by a factor of its own, uniform on the log scale from
1/2 to 2, and then moves the cuts by one common factor so that a share of 1, 2, 5 or 10 % (drawn) of the sites of a
reference day stand at the worst level. Cuts are counted in points, from the safe end of the scale.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.grades.catalog import with_numbers
from riskml.grades.engine import grade_on
from riskml.grades.grading_system import System
from riskml.grades.point_cuts import cut_paths, point_cuts
from riskml.grades.rules import ScoreRule
from riskml.grades.varied_numbers import replaced, varied_numbers
from riskml.grades.workbench import Workbench

WORST_SHARES: Final = (0.01, 0.02, 0.05, 0.10)
FACTORS: Final = (0.5, 2.0)
CLEAR: Final = 0.95
"""A cut that must not reach a published one stays this part of the way from it."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Draw:
    """One set of numbers in place of the assumed ones.

    Attributes:
        number: 0 is the system as it stands.
        label: "default", "draw", or the group and its factor where one number alone was varied.
        system: with the numbers replaced; `system.replaced` says which.
        worst_asked: share of the worst level that the cuts were shifted to; None if they were not.
    """

    number: int
    label: str
    system: System
    worst_asked: float | None


@dataclass(frozen=True)
class Reference:
    """Where the cuts are set.

    Attributes:
        bench: the sites and what is known of them.
        day: as a day number; nothing of it or later is looked at.
        sites: those that count, of shape (sites of the bench,).
    """

    bench: Workbench
    day: int
    sites: Flags


def draw_factors(system: System, rng: np.random.Generator) -> dict[str, float]:
    """A factor for each group of varied numbers, uniform on the log scale from 1/2 to 2."""
    groups = list(dict.fromkeys(one.group for one in varied_numbers(system)))
    return dict(zip(groups, (2.0 ** rng.uniform(-1.0, 1.0, len(groups))).tolist(), strict=True))


def draw_numbers(system: System, rng: np.random.Generator) -> dict[str, float]:
    """One draw of the assumed numbers but the cuts: path -> value, for `with_numbers`.

    >>> from riskml.grades.catalog import load_system
    >>> drawn = draw_numbers(load_system("nanchang"), np.random.default_rng(1))
    >>> 0.5 <= drawn["family.SAMP.weights.SAMP_STD"] <= 2.0
    True
    """
    return replaced(system, varied_numbers(system), draw_factors(system, rng))


def draws_of(system: System, reference: Reference, *, draws: int, seed: int) -> Iterator[Draw]:
    """The system as it stands, then `draws` seeded draws; each depends on the seed and its own number alone."""
    yield Draw(0, "default", system, None)
    for number in range(1, draws + 1):
        rng = np.random.default_rng((seed, number))
        drawn = with_numbers(system, draw_numbers(system, rng))
        asked = WORST_SHARES[int(rng.integers(len(WORST_SHARES)))]
        spare = float(2.0 ** rng.uniform(-1.0, 1.0))
        yield shifted(number, "draw", drawn, reference, asked=asked, spare=spare)


def one_at_a_time(system: System, reference: Reference) -> Iterator[Draw]:
    """The system as it stands; each group of numbers alone at half and at twice its value; each worst share."""
    yield Draw(0, "default", system, None)
    varied, number = varied_numbers(system), 0
    for group in dict.fromkeys(one.group for one in varied):
        for factor in FACTORS:
            number += 1
            made = with_numbers(system, replaced(system, varied, {group: factor}))
            yield Draw(number, f"{group} x {factor:g}", made, None)
    if _movable(system)[-1:] == (True,):
        for asked in WORST_SHARES:
            number += 1
            yield shifted(number, f"worst level {asked:.0%}", system, reference, asked=asked, spare=1.0)


def shifted(number: int, label: str, system: System, reference: Reference, *, asked: float, spare: float) -> Draw:
    """A draw with its assumed cuts moved by one factor.

    Args:
        number: of the draw.
        label: of the draw.
        system: with its other numbers in place.
        reference: where the share is taken.
        asked: share of the worst level; the nearest that can be had, as points are few values and vetoes stand.
        spare: the factor where the cut to the worst level is published, so that no share can be asked for.
    """
    movable = _movable(system)
    if not any(movable):
        return Draw(number, label, system, None)
    cuts = np.array([value for value, _ in point_cuts(system)])
    factor = spare
    if movable[-1]:
        factor = worst_cut(system, _graded(system, reference), asked) / cuts[-1] if cuts[-1] > 0 else 1.0
    low, high = _room(cuts, movable, _most(system))
    factor = float(np.clip(factor, low / CLEAR, high * CLEAR if high < inf else inf)) if low < high else 1.0
    moved = with_numbers(system, _cut_numbers(system, cuts, movable, factor))
    told = asked if movable[-1] else None
    return Draw(number, label, moved, told)


def worst_cut(system: System, graded: pd.DataFrame, share: float) -> float:
    """The cut on points with which the share of the worst level comes nearest to the one asked for.

    It lies half way between two neighbouring values of the points, so that it does not matter to whom it belongs; above
    the highest value v half way to v + max(1, v).
    Sites at the worst level by a veto are there whatever the cut.

    Args:
        system: whose vetoes they are.
        graded: the sites that count, with points, rank and veto.
        share: from 0 to 1.
    """
    held = graded[graded["rank"].notna() & graded["points"].notna()]
    worst = (held["rank"] == len(system.levels) - 1).to_numpy(bool) & held["veto"].notna().to_numpy()
    points = held["points"].to_numpy(np.float64)[~worst]
    values, counts = np.unique(points, return_counts=True)
    if not len(values):
        return point_cuts(system)[-1][0]
    above = np.append(np.cumsum(counts[::-1])[::-1][1:], 0)  # sites above each value
    reached = (above + worst.sum()) / len(held)
    place = int(np.argmin(np.abs(reached - share)))
    following = values[place + 1] if place + 1 < len(values) else values[place] + max(1.0, abs(values[place]))
    return float((values[place] + following) / 2)


def _graded(system: System, reference: Reference) -> pd.DataFrame:
    return grade_on(reference.bench, system, reference.day)[reference.sites]


def _movable(system: System) -> tuple[bool, ...]:
    """Whether each cut is assumed: where one of its two levels is published, so is the cut."""
    origins = ([system.numbers[path].provenance for path in paths] for paths in cut_paths(system))
    return tuple(set(both) == {"assumed"} for both in origins)


def _most(system: System) -> float:
    """The largest cut in points that the scale allows."""
    return system.rule.full if isinstance(system.rule, ScoreRule) and system.rule.higher_is_safer else inf


def _room(cuts: Floats, movable: tuple[bool, ...], most: float) -> tuple[float, float]:
    """Factors between which the moved cuts stay in order with those that stand, and on the scale."""
    low, high = 0.0, inf
    for place, value in enumerate(cuts):
        if not movable[place] or value <= 0:
            continue
        before = [cuts[other] for other in range(place) if not movable[other]]
        after = [cuts[other] for other in range(place + 1, len(cuts)) if not movable[other]]
        low = max([low, *(fixed / value for fixed in before)])
        high = min([high, *(fixed / value for fixed in after), most / value])
    return low, high


def _cut_numbers(system: System, cuts: Floats, movable: tuple[bool, ...], factor: float) -> dict[str, float]:
    falls = isinstance(system.rule, ScoreRule) and system.rule.higher_is_safer
    full = system.rule.full if isinstance(system.rule, ScoreRule) else 0.0
    found = {}
    for (path, _), value, moves in zip(cut_paths(system), cuts, movable, strict=True):
        if moves:
            points = value * factor
            found[path] = round(full - points if falls else points, 6)
    return found
