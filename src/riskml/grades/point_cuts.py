"""The cuts of a system on points, higher riskier, whatever the direction of its own score; and their places."""

from riskml.grades.grading_system import System
from riskml.grades.levels import LOWER, UPPER
from riskml.grades.rules import ScoreRule
from riskml.grades.system import PointRule


def point_cuts(system: System) -> tuple[tuple[float, bool], ...]:
    """Each cut between neighbouring levels, safest first: its points, and whether they belong to the safer level.

    Args:
        system: any system; one without points has no cuts.

    >>> from riskml.grades.catalog import load_system
    >>> point_cuts(load_system("nanchang"))
    ((1.0, True), (3.0, True), (6.0, True))
    """
    rule = system.rule
    if isinstance(rule, PointRule):
        return tuple((cut.value, cut.up_to) for cut in rule.cuts)
    if not isinstance(rule, ScoreRule):
        return ()
    return tuple((rule.full - cut.value if rule.higher_is_safer else cut.value, cut.up_to) for cut in rule.cuts)


def cut_paths(system: System) -> tuple[tuple[str, str], ...]:
    """Where each cut stands in `system.numbers`, in the order of `point_cuts`: at its safer and at its riskier level.

    >>> from riskml.grades.catalog import load_system
    >>> cut_paths(load_system("nanchang"))[0]
    ('level.green.points.up_to', 'level.yellow.points.above')
    """
    if not isinstance(system.rule, PointRule | ScoreRule):
        return ()
    key = "points" if isinstance(system.rule, PointRule) else "score"
    falls = isinstance(system.rule, ScoreRule) and system.rule.higher_is_safer
    ways = (LOWER, UPPER) if falls else (UPPER, LOWER)
    sides = [[_bound(system, f"level.{level.code}.{key}", kinds) for level in system.levels] for kinds in ways]
    return tuple(zip(sides[0][:-1], sides[1][1:], strict=True))


def _bound(system: System, prefix: str, kinds: tuple[str, ...]) -> str:
    return next((f"{prefix}.{kind}" for kind in kinds if f"{prefix}.{kind}" in system.numbers), "")
