"""How the value of a part is shared among its indicators, as points of which more is riskier."""

from collections.abc import Mapping

import numpy as np

from riskml.grades.evidence import Floats
from riskml.grades.rules import Indicator, Part, ScoreRule
from riskml.grades.scoring import Scored

WHOLE = ""
"""Key of what belongs to the part as a whole: a neutral, missing or given value."""


def part_contributions(part: Part, rule: ScoreRule, scored: Scored) -> Mapping[str, Floats]:
    """Points by indicator of one part, arrays of shape (n,); they add up to what the part does to the points.

    Points of a sum are shared in proportion where a cap, a floor or rescaling changes it; of a mean each indicator has
    what it lacks to its best value. Where the part's value does not come from its indicators, the part has it all.
    """
    if part.weight == 0:
        return {}
    mine = [one for one in rule.indicators if one.part == part.key and one.key in scored.found]
    sign = part.weight * (-1.0 if rule.higher_is_safer else 1.0) * (-1.0 if part.subtract != part.inverted else 1.0)
    best = _best(part, rule)
    whole = np.nan_to_num(sign * (scored.parts[part.key] - best))
    shares = {one.key: sign * _share(part, one, mine, scored, best) for one in mine}
    total = np.sum([np.zeros(len(whole)), *shares.values()], axis=0)
    own = np.abs(total - whole) < 1e-9 if part.kind == "mean" else np.abs(total) > 1e-12
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(own & (total != 0), whole / total, 0.0)
    made = {key: share * factor for key, share in shares.items()}
    return {**made, WHOLE: whole - np.sum([np.zeros(len(whole)), *made.values()], axis=0)}


def _best(part: Part, rule: ScoreRule) -> float:
    """The value of a part from which its points are counted: its best one where more is safer, else 0."""
    if part.kind == "mean" or part.inverted:
        return part.scale
    return rule.full if part.kind == "largest" and rule.higher_is_safer else 0.0


def _share(part: Part, one: Indicator, mine: list[Indicator], scored: Scored, best: float) -> Floats:
    """What one indicator adds to the value of its part, less what it adds to the best value."""
    _, value, here = scored.found[one.key]
    covered = here & ~np.isnan(value)
    if part.kind == "mean":
        weight = sum((np.where(_covered(other, scored), other.most, 0.0) for other in mine), np.zeros(len(value)))
        lacking = np.divide(one.most * (value - 1.0), weight, out=np.zeros(len(value)), where=covered & (weight > 0))
        return np.where(covered, part.scale * lacking, 0.0)
    if part.kind == "largest":
        return np.where(covered & (value == scored.parts[part.key]), value - best, 0.0)
    change = -value if one.subtract else value - best
    return np.where(covered, change, 0.0)


def _covered(one: Indicator, scored: Scored) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    _, value, here = scored.found[one.key]
    return here & ~np.isnan(value)
