"""A small bureau in arrays, whose visits follow a grade with known propensities: one world takes milliseconds.

`simulation.world` simulates records; this one only what a comparison of policies reads, so that a thousand worlds can
prove its intervals. Sites are independent of each other given their city (offices, inspectors, periods): fresh sites of
the same city are the superpopulation that METHOD.md 4 speaks of. No visit is crowded out by another one, and no visit
makes a site better.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from riskml.simulation.selection_city import City, Setting

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

BASE: Final = -2.9
"""Log-odds that a site of average quality fails at an average inspector."""
QUALITY_SD, STEADINESS = 1.3, 0.95
"""Spread of the latent quality in log-odds, and its correlation from one period to the next."""
RECORDED: Final = 0.7
"""Correlation of the recorded trait of a site with its first quality."""
POINTS_LOG, POINTS_SLOPE, FAIL_POINTS = -0.7, 0.4, 4
"""Severity points of a visit: Poisson with this log-mean and slope in quality, and so many more if it fails."""

VISIT: Final = -1.7
"""Log-odds of a routine visit to a new level-B site at an office of average diligence."""
VISIT_LEVEL: Final = (-1.2, 0.0, 1.5, 2.5)
"""What each level of the grade, A to D, adds to the log-odds of a routine visit."""
VISIT_WAITING, WAITING_PERIODS = 0.3, 8
"""What each period without a visit adds to them, up to so many periods."""
NO_OVERLAP, NO_OVERLAP_PERIODS = 0.001, 3
"""Without overlap: the probability of a routine visit to a level-A site visited in so many periods before."""

LATE_SHARE = EARLY_SHARE = 0.2
"""Share of the sites that open after the first period, and of those that close before the last."""


@dataclass(frozen=True, eq=False)
class Panel:
    """n sites over all periods, arrays of shape (periods, n) unless another is named.

    What is recorded at the start of the period: `level` (grade 0 to 3 for A to D), `waiting` (periods since the last
    visit, or since the opening), `visits`, `fails`, `last_fail`, `last_points` (NaN without a visit), and `trait` and
    `office` of shape (n,). What happens in it: `active`, `inspector` (who goes, or would have gone), `visited`,
    `random_visit` (the first visit is a double-random one). What nobody knows: `risk` (probability of failing at that
    inspector), `would_fail`, `routine` (probability of a routine visit by what is recorded: the tilt is not in it).
    """

    setting: Setting
    office: Ints
    trait: Floats
    active: Flags
    level: Ints
    waiting: Ints
    visits: Ints
    fails: Ints
    last_fail: Flags
    last_points: Floats
    inspector: Ints
    risk: Floats
    would_fail: Flags
    routine: Floats
    visited: Flags
    random_visit: Flags


def draw_panel(city: City, *, seed: int, sites: int | None = None) -> Panel:
    """Fresh sites of a city, period after period: the grade reads the record, the visits follow the grade.

    Args:
        city: what the sites share.
        seed: of the sites; the same city and seed give the same panel.
        sites: their number; absent means the setting's.

    >>> from riskml.simulation.selection_city import draw_city
    >>> panel = draw_panel(draw_city(Setting(sites=200), seed=1), seed=7)
    >>> panel.visited.shape, bool((panel.visited <= panel.active).all())
    ((16, 200), True)
    """
    setting, rng = city.setting, np.random.default_rng((city.seed, seed, 1))
    n = setting.sites if sites is None else sites
    office = rng.choice(setting.offices, size=n, p=city.office_share)
    quality = rng.standard_normal(n)
    trait = RECORDED * quality + np.sqrt(1 - RECORDED**2) * rng.standard_normal(n)
    active = _active(rng, setting.periods, n)
    record = _Record(n)
    kept: dict[str, list[NDArray[Any]]] = {}
    for period in range(setting.periods):
        here = active[period]
        seen = record.seen() | {"active": here}
        happens = _happens(rng, city, period, office, quality, seen)
        for name, values in (seen | happens).items():
            kept.setdefault(name, []).append(values)
        points = rng.poisson(np.exp(POINTS_LOG + POINTS_SLOPE * quality)) + FAIL_POINTS * happens["would_fail"]
        record.write(here, happens["visited"], happens["would_fail"], points)
        quality = STEADINESS * quality + np.sqrt(1 - STEADINESS**2) * rng.standard_normal(n)
    stacked: dict[str, Any] = {name: np.stack(values) for name, values in kept.items()}
    return Panel(setting, office, trait, **stacked)


def graded(visits: Ints, last_fail: Flags, earlier_fails: Ints, last_points: Floats) -> Ints:
    """The rule-based grade, 0 to 3 for A to D, elementwise.

    D: the last visit failed, and one of the two before it. C: the last visit failed. B: one of the two before it did,
    or it found 2 points or more, or there are fewer than two visits on record. A: all others.

    Args:
        visits: on record.
        last_fail: whether the last one failed.
        earlier_fails: failures among the two visits before the last.
        last_points: severity points of the last visit; NaN without one.

    >>> graded(np.array([3, 3, 3, 3, 1]), np.array([True, True, False, False, False]), np.array([1, 0, 1, 0, 0]),
    ...     np.array([4.0, 5.0, 0.0, 1.0, 0.0])).tolist()
    [3, 2, 1, 0, 1]
    """
    doubtful = (earlier_fails > 0) | (last_points >= 2) | (visits < 2)
    return np.where(last_fail, 2 + (earlier_fails > 0), doubtful.astype(np.int64))


def routine_probability(setting: Setting, diligence: Floats, level: Ints, waiting: Ints) -> Floats:
    """Probability of a routine visit in a period by what is recorded, elementwise; the hidden tilt is not in it.

    >>> routine_probability(Setting(), np.zeros(2), np.array([0, 3]), np.array([1, 8])).round(3).tolist()
    [0.069, 0.961]
    """
    odds = VISIT + diligence + np.array(VISIT_LEVEL)[level] + VISIT_WAITING * np.minimum(waiting, WAITING_PERIODS)
    chance = _expit(odds)
    if setting.overlap:
        return chance
    return np.where((level == 0) & (waiting <= NO_OVERLAP_PERIODS), NO_OVERLAP, chance)


class _Record:
    """What the bureau has on record of n sites; changed from period to period."""

    def __init__(self, n: int) -> None:
        self.visits, self.fails, self.waiting = (np.zeros(n, dtype=np.int64) for _ in range(3))
        self.last = np.zeros((3, n), dtype=bool)
        self.points = np.full(n, np.nan)

    def seen(self) -> dict[str, NDArray[Any]]:
        """The record at the start of a period."""
        level = graded(self.visits, self.last[0], self.last[1:].sum(axis=0), self.points)
        names = ("visits", "fails", "waiting")
        plain = {name: getattr(self, name).copy() for name in names}
        return {**plain, "level": level, "last_fail": self.last[0].copy(), "last_points": self.points.copy()}

    def write(self, active: Flags, visited: Flags, failed: Flags, points: Ints) -> None:
        """What the period's visits found."""
        self.visits += visited
        self.fails += visited & failed
        self.waiting = np.where(visited, 1, self.waiting + active)
        self.last = np.where(visited, np.stack([failed, self.last[0], self.last[1]]), self.last)
        self.points = np.where(visited, points, self.points)


def _happens(
    rng: np.random.Generator,
    city: City,
    period: int,
    office: Ints,
    quality: Floats,
    seen: dict[str, NDArray[Any]],
) -> dict[str, NDArray[Any]]:
    """Who goes, what a visit would find, and which visits are made: of a routine and a drawn one the first counts."""
    setting, n = city.setting, len(office)
    inspector = rng.integers(setting.inspectors_per_office, size=n)
    odds = BASE + QUALITY_SD * quality + city.office_risk[office] + city.period_risk[period]
    risk = _expit(odds + city.strictness[office, inspector])
    fails = rng.random(n) < risk
    chance = routine_probability(setting, city.diligence[office], seen["level"], seen["waiting"])
    routine = rng.random(n) < np.where(fails, tilted(chance, setting.tilt), chance)
    drawn = rng.random(n) < setting.random_share
    first = ~routine | (rng.random(n) < 0.5)
    active = seen["active"]
    return {
        "inspector": office * setting.inspectors_per_office + inspector,
        "risk": risk,
        "would_fail": fails,
        "routine": chance,
        "visited": (routine | drawn) & active,
        "random_visit": drawn & first & active,
    }


def tilted(chance: Floats, tilt: float) -> Floats:
    """The probability whose odds are `tilt` times those of `chance`, elementwise.

    >>> tilted(np.array([0.5, 0.2]), 2.0).round(4).tolist()
    [0.6667, 0.3333]
    """
    return tilt * chance / (1 - chance + tilt * chance)


def _active(rng: np.random.Generator, periods: int, n: int) -> Flags:
    """Whether a site is open in each period, shape (periods, n): one stretch of periods for each site."""
    opens = np.where(rng.random(n) < LATE_SHARE, rng.integers(1, periods, size=n), 0)
    closes = np.where(rng.random(n) < EARLY_SHARE, rng.integers(1, periods, size=n), periods)
    period = np.arange(periods)[:, None]
    return np.asarray((period >= opens) & (period < np.maximum(closes, opens + 1)))


def _expit(odds: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-odds))
