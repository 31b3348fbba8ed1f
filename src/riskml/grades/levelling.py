"""From a score to a level: cuts, then shifts, then new sites, then limits and vetoes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskml.grades.event_facts import Measured
from riskml.grades.evidence import Evidence, Floats, Terms, age_days
from riskml.grades.facts_of_sites import OfSystem, condition_holds, provided
from riskml.grades.rules import Condition, ScoreRule
from riskml.grades.system import Cut

Flags = NDArray[np.bool_]
Ranks = NDArray[np.int64]


@dataclass(frozen=True)
class Look:
    """What facts are measured from: evidence, terms of penalties, and the levels by other systems."""

    evidence: Evidence
    terms: Terms
    of_system: OfSystem


@dataclass(frozen=True)
class Move:
    """A shift or limit: where it holds, shape (n,), and the facts behind it."""

    key: str
    holds: Flags
    facts: tuple[Measured, ...]


def find_level(
    look: Look, rule: ScoreRule, score: Floats, parts: Mapping[str, Floats]
) -> tuple[Ranks, Ranks, tuple[Move, ...]]:
    """Rank (-1: no level) and first veto (-1: none) of every site, and what moved the levels.

    Args:
        look: what facts are measured from.
        rule: of the system.
        score: on the system's own scale, NaN where there is none.
        parts: values of the parts, which limits may look at.
    """
    rank, shifts = _shifted(look, rule, _by_cuts(score, rule), parts)
    if rule.new_site is not None:
        new = age_days(look.evidence) < rule.new_site.days
        rank = np.where(new, np.maximum(rank, rule.new_site.rank) if rule.new_site.rank >= 0 else -1, rank)
    rank, veto, limits = _limited(look, rule, rank, parts)
    return rank, veto, (*shifts, *limits)


def _by_cuts(score: Floats, rule: ScoreRule) -> Ranks:
    rank = np.zeros(len(score), dtype=np.int64)
    for cut in rule.cuts:
        rank += is_beyond(score, cut)
    return np.where(np.isnan(score), -1, rank)


def is_beyond(score: Floats, cut: Cut) -> Flags:
    """Whether each score lies on the riskier side of a cut."""
    if cut.descending:
        return np.asarray(score < cut.value if cut.up_to else score <= cut.value)
    return np.asarray(score > cut.value if cut.up_to else score >= cut.value)


def _shifted(look: Look, rule: ScoreRule, rank: Ranks, parts: Mapping[str, Floats]) -> tuple[Ranks, list[Move]]:
    """The ranks after all shifts; where there is no level there is nothing to move."""
    moved, moves = np.zeros(len(rank), dtype=np.int64), []
    for shift in rule.shifts:
        move = _move(look, shift.key, list(shift.conditions.values()), parts, len(rank))
        given = provided(look.evidence, shift.key, {})
        times = move.holds.astype(np.float64)
        moved += shift.steps * (times if given is None else np.where(np.isnan(given), times, given)).astype(np.int64)
        moves.append(move)
    return np.where(rank < 0, -1, np.clip(rank + moved, 0, len(rule.cuts))), moves


def _limited(look: Look, rule: ScoreRule, rank: Ranks, parts: Mapping[str, Floats]) -> tuple[Ranks, Ranks, list[Move]]:
    """The ranks after all limits, and the first veto that holds (-1 if none)."""
    veto, moves = np.full(len(rank), -1), []
    for place in reversed(range(len(rule.limits))):
        limit = rule.limits[place]
        move = _move(look, limit.key, [limit.condition], parts, len(rank))
        given = provided(look.evidence, limit.key, {})
        holds = move.holds if given is None else np.where(np.isnan(given), move.holds, given > 0)
        rank = np.where(holds, np.maximum(rank, limit.rank), rank)
        if limit.veto:
            veto[holds] = place
        moves.append(move)
    return rank, veto, moves[::-1]


def _move(look: Look, key: str, conditions: list[Condition], parts: Mapping[str, Floats], n: int) -> Move:
    """Where any of some conditions holds."""
    holds, facts = np.zeros(n, dtype=bool), []
    for condition in conditions:
        here, fact = condition_holds(look.evidence, condition, look.terms, look.of_system, parts)
        holds |= here
        facts.append(fact)
    return Move(key, holds, tuple(facts))
