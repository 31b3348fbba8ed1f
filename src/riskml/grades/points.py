"""Points of every site from the event log, by a point rule: weights, repeats, cases, repairs, caps and vetoes at once.

    points = sum over families of min(cap, sum over its facts of weight x repeat factor x what repair leaves)

The rule is the reconstruction of Nanchang's model (outline: China Quality News, 2021-12-13; points assumed).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.grades.facts import NO_FAMILY, CodeTable, Facts, code_table, facts_of
from riskml.grades.system import PointRule

DECIMALS: Final = 6
"""Points are rounded so before they are compared with a cut."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Graded:
    """Result for n sites, arrays of shape (n,).

    Attributes:
        points: higher is riskier; NaN where there are none.
        rank: of the level, 0 safest; -1 where there is no level.
        veto: place of the veto in the rule; -1 where there is none.
        coverage: share of the rule's indicators for which the records hold data.
    """

    points: Floats
    rank: Ints
    veto: Ints
    coverage: Floats


def grade_by_points(sites: pd.DataFrame, log: pd.DataFrame, rule: PointRule, day: int) -> Graded:
    """Points, level and veto of every site on one day.

    Args:
        sites: table with site_id (unique), and subject_id where persons are told from firms; n rows.
        log: event log in versions; only those with known_on < day <= gone_on count.
        rule: of the system.
        day: decision day, as a day number.
    """
    table = code_table(rule)
    facts, seen = facts_of(sites, log, rule, table, day)
    by_family = family_points(facts, rule, len(sites))
    points = np.round(by_family.sum(axis=1), DECIMALS)
    veto = _vetoes(facts, table, rule, len(sites))
    veto_rank = np.array([*(veto.rank for veto in rule.vetoes), -1])
    rank = np.maximum(_rank(points, rule), veto_rank[veto])
    present = [any(seen[table.codes.index(code)] for code in family.weights) for family in rule.families]
    return Graded(points, rank, veto, np.full(len(sites), float(np.mean(present))))


def family_points(facts: Facts, rule: PointRule, n: int) -> Floats:
    """Capped points by site and family, shape (n, families)."""
    kept = facts.take(np.flatnonzero((facts.family != NO_FAMILY) & (facts.weight > 0)))
    for place, family in enumerate(rule.families):
        if family.one_case:
            kept = _heaviest_of_each_case(kept, place)
    kept = kept.take(np.lexsort((kept.weight, kept.occurred, kept.family, kept.site)))
    group = kept.site * len(rule.families) + kept.family
    factors = np.array(rule.repeat.factors)
    which = np.minimum(_place_in_window(group, kept.occurred, rule.repeat.within_days), len(factors) - 1)
    sums = np.bincount(group, kept.weight * factors[which], minlength=n * len(rule.families))
    caps = np.array([family.cap for family in rule.families])
    capped: Floats = np.minimum(sums.reshape(n, len(rule.families)), caps)
    return capped


def _heaviest_of_each_case(facts: Facts, family: int) -> Facts:
    """Of the facts of one case, the one of greatest effective weight; of equals, the earlier."""
    inside = np.flatnonzero((facts.family == family) & (facts.case >= 0))
    order = inside[np.lexsort((facts.occurred[inside], -facts.weight[inside], facts.case[inside], facts.site[inside]))]
    again = np.zeros(len(order), dtype=bool)
    again[1:] = (np.diff(facts.site[order]) == 0) & (np.diff(facts.case[order]) == 0)
    keep = np.ones(len(facts.site), dtype=bool)
    keep[order[again]] = False
    return facts.take(np.flatnonzero(keep))


def _place_in_window(group: Ints, occurred: Ints, within: int) -> Ints:
    """How many facts of its group came before each one within so many days; facts are sorted by group, then day."""
    if len(group) == 0:
        return np.zeros(0, dtype=np.int64)
    since = occurred.astype(np.int64) - int(occurred.min()) + within + 1
    clock = group.astype(np.int64) * (int(since.max()) + 1) + since
    return np.arange(len(clock)) - np.searchsorted(clock, clock - within, side="left")


def _vetoes(facts: Facts, table: CodeTable, rule: PointRule, n: int) -> Ints:
    """The first of the rule's vetoes that holds for each site, -1 if none."""
    found = np.full(n, -1)
    for place in reversed(range(len(rule.vetoes))):
        holds = facts.vetoes & (facts.code == table.codes.index(rule.vetoes[place].code))
        found[facts.site[holds]] = place
    return found


def _rank(points: Floats, rule: PointRule) -> Ints:
    rank = np.zeros(len(points), dtype=np.int64)
    for cut in rule.cuts:
        rank += points > cut.value if cut.up_to else points >= cut.value
    return rank
