"""Scores of all sites by a score rule: indicators -> parts -> score -> level, then shifts and limits.

    score = clip(base + sum over parts of +-weight x part, low, high), rounded to 6 decimals

What is missing is never a bad mark: an indicator without data is skipped, a part without enough of them is neutral.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from riskml.grades.event_facts import Measured
from riskml.grades.evidence import Evidence, Floats, Terms, age_days
from riskml.grades.facts_of_sites import OfSystem, applies, given_fact, measure, provided, worth_of
from riskml.grades.levelling import Look, Move, find_level
from riskml.grades.points import DECIMALS, Graded
from riskml.grades.rules import EVENT_FACTS, Indicator, Part, ScoreRule

Flags = NDArray[np.bool_]


@dataclass
class Sums:
    """What the indicators of a part add up to, arrays of shape (n,).

    Attributes:
        value: points, or weight times value. weight: of the indicators with data. whole: of those that apply.
        worst: the largest value; -inf without data. any: at least one has data.
    """

    value: Floats
    weight: Floats
    whole: Floats
    worst: Floats
    any: Flags

    @classmethod
    def nothing(cls, n: int) -> "Sums":
        """Of no indicator."""
        return cls(np.zeros(n), np.zeros(n), np.zeros(n), np.full(n, -inf), np.zeros(n, dtype=bool))

    def add(self, value: Floats, weight: float, here: Flags, *, sign: float) -> None:
        """One more indicator; NaN values are skipped."""
        covered = here & ~np.isnan(value)
        self.value += np.where(covered, sign * value, 0.0)
        self.weight += np.where(covered, weight, 0.0)
        self.whole += np.where(here, weight, 0.0)
        self.worst = np.maximum(self.worst, np.where(covered, value, -inf))
        self.any |= covered


@dataclass(frozen=True)
class Scored:
    """A grade with what it was made of.

    Attributes:
        graded: the result.
        score: on the system's own scale.
        parts: part -> its value.
        found: indicator -> the fact, its worth, and where it counted (only if asked for).
        moves: shifts and limits that hold somewhere (only if asked for).
    """

    graded: Graded
    score: Floats
    parts: Mapping[str, Floats]
    found: Mapping[str, tuple[Measured, Floats, Flags]]
    moves: tuple[Move, ...]


def score_sites(evidence: Evidence, rule: ScoreRule, of_system: OfSystem, *, keep: bool = False) -> Scored:
    """Score, level and veto of every site.

    Args:
        evidence: what is known on the day.
        rule: of the system.
        of_system: gives the levels by another system.
        keep: keep the fact of every indicator, for explanations.
    """
    terms = Terms(rule.repair_effect, rule.publicity)
    parts: dict[str, Floats] = {}
    found: dict[str, tuple[Measured, Floats, Flags]] = {}
    covered, asked = np.zeros(evidence.tape.sites), np.zeros(evidence.tape.sites)
    counts: dict[str, Floats] = {}
    for part in rule.parts:
        sums = Sums.nothing(evidence.tape.sites)
        for one in (one for one in rule.indicators if one.part == part.key):
            here = applies(evidence, one.where)
            asked += here
            if one.fact.kind == "none" and evidence.provided is None and one.missing is None:
                sums.whole += np.where(here, one.most if one.most < inf else 1.0, 0.0)
                continue
            fact = given_fact(evidence, one, measure(evidence, one.fact, terms, of_system))
            value = worth_of(one, fact, most=inf if part.kind == "mean" else one.most)
            weight = one.most if one.most < inf else 1.0
            sums.add(value * weight if part.kind == "mean" else value, weight, here, sign=-1.0 if one.subtract else 1.0)
            covered += here & _has_data(evidence, one, fact)
            if part.shrink is not None and part.shrink[2] == one.key:
                counts[one.key] = fact.raw
            if keep:
                found[one.key] = (fact, value, here)
        parts[f"{part.key}.largest"] = np.where(sums.any, sums.worst, np.nan)
        parts[part.key] = _part_value(evidence, part, sums, parts, counts)
    score = _score(evidence, rule, parts)
    rank, veto, moves = find_level(Look(evidence, terms, of_system), rule, score, parts)
    points = np.round(rule.full - score, DECIMALS) if rule.higher_is_safer else score
    coverage = np.where(asked > 0, covered / np.maximum(asked, 1), 0.0)
    return Scored(Graded(points, rank, veto, coverage), score, parts, found, moves if keep else ())


def _has_data(evidence: Evidence, one: Indicator, fact: Measured) -> Flags:
    """Whether the records hold data of an indicator: of its events anywhere, of anything else at the site."""
    if one.fact.kind in EVENT_FACTS and (evidence.provided is None or one.key not in evidence.provided):
        return np.full(len(fact.raw), any(evidence.seen(code) for code in one.fact.codes))
    return ~np.isnan(fact.raw)


def _part_value(
    evidence: Evidence, part: Part, sums: Sums, parts: Mapping[str, Floats], counts: Mapping[str, Floats]
) -> Floats:
    given = provided(evidence, part.key, {})
    value = _combined(part, sums)
    if part.shrink is not None:
        toward, weight, count, least = part.shrink
        n = counts[count]
        value = np.where(n >= least, (n * value + weight * toward) / (n + weight), np.nan)
    if part.missing is not None:
        value = np.where(sums.any, value, part.missing)
    if part.new_site is not None:
        days, other, factor = part.new_site
        value = np.where((age_days(evidence) < days) & ~sums.any, factor * parts[other], value)
    return value if given is None else np.where(np.isnan(given), value, given)


def _combined(part: Part, sums: Sums) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        if part.kind == "largest":
            return np.where(sums.any, sums.worst, np.nan)
        enough = sums.weight >= part.coverage_at_least * sums.whole
        if part.kind == "mean":
            value, enough = part.scale * sums.value / sums.weight, enough & sums.any
        elif part.rescale:
            value = np.where(sums.weight > 0, sums.value * sums.whole / sums.weight, 0.0)
        else:
            value = sums.value
    value = np.clip(value, 0.0, inf if part.cap is None else part.cap)
    return np.where(enough, value, np.nan if part.neutral is None else part.neutral)


def _score(evidence: Evidence, rule: ScoreRule, parts: Mapping[str, Floats]) -> Floats:
    score = np.full(evidence.tape.sites, rule.base)
    for part in rule.parts:
        if part.weight > 0:
            value = part.scale - parts[part.key] if part.inverted else parts[part.key]
            score += (-part.weight if part.subtract else part.weight) * value
    score = np.clip(score, rule.low, rule.high)
    given = provided(evidence, "score", {})
    score = score if given is None else np.where(np.isnan(given), score, given)
    return np.floor(score + 0.5) if rule.half_up else np.round(score, DECIMALS)
