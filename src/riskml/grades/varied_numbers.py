"""Which assumed numbers of a system are varied, each in its kind, and what a factor makes of it (GRADES.md 11.4).

    weight, cap, point, bound      value x factor
    days                           value x factor, whole, at least 1
    value or share from 0 to 1     shortfall from 1 x factor where 1 is good, else value x factor; kept inside 0 to 1

Bounds of one indicator share a factor, and so do its values: their order stands. Not varied are the cuts (they are
shifted, see `sensitivity`), the scale itself (the score's base, ends and totals), moves by whole levels, and the share
of the data without which a part is neutral (at twice its value it would silence whole parts of a grade).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from riskml.grades.grading_system import System
from riskml.grades.rules import Part, ScoreRule

SCALE: Final = ("scale", "total", "words", "worse", "better", "coverage_at_least")
"""Keys of numbers that are scale, translation, whole levels, or how much of the data a part needs."""
DAYS: Final = ("days", "window_days", "within_days", "default_days")
VALUES: Final = ("value", "start", "table", "otherwise", "missing")
BOUNDS: Final = ("from", "above")
OF_PART: Final = ("neutral", "missing", "toward")


@dataclass(frozen=True)
class Varied:
    """How one number is varied.

    Attributes:
        path: its place in `System.numbers`.
        group: numbers of one group share their factor.
        kind: "times", "days", "share" (times, kept up to `top`) or "shortfall" (of `top`).
        top: largest value of a share; infinite for the others.
    """

    path: str
    group: str
    kind: str
    top: float = inf

    def value(self, old: float, factor: float) -> float:
        """What a factor makes of the number.

        >>> Varied("a", "a", "shortfall", 1.0).value(0.7, 2.0)
        0.4
        >>> Varied("a.window_days", "a", "days").value(365.0, 1.5)
        548.0
        """
        if self.kind == "days":
            return float(max(1, round(old * factor)))
        if self.kind == "shortfall":
            return round(min(max(self.top - (self.top - old) * factor, 0.0), self.top), 6)
        return round(min(old * factor, self.top), 6)


def varied_numbers(system: System) -> tuple[Varied, ...]:
    """Every assumed number of a system that is varied, in the order of `System.numbers`.

    >>> from riskml.grades.catalog import load_system
    >>> found = varied_numbers(load_system("nanchang"))
    >>> found[0].path, found[0].kind
    ('family.RECT.weights.RECT_ORDER', 'times')
    """
    return tuple(_varied(system, path) for path in system.assumed if not _stands(path))


def replaced(system: System, varied: tuple[Varied, ...], factors: Mapping[str, float]) -> dict[str, float]:
    """Path -> value, once each group's factor (1 where none is given) has been at work; what stays is left out."""
    found = {}
    for one in varied:
        old = system.numbers[one.path].value
        new = one.value(old, factors.get(one.group, 1.0))
        if new != old and factors.get(one.group, 1.0) != 1.0:
            found[one.path] = new
    return found


def _stands(path: str) -> bool:
    parts = path.split(".")
    return parts[0] in ("level", "score") or any(part in SCALE for part in parts[2:])


def _varied(system: System, path: str) -> Varied:
    parts = path.split(".")
    if parts[-1] in DAYS or "days" in parts[:-1]:
        return Varied(path, path, "days")
    if not isinstance(system.rule, ScoreRule) or parts[0] not in ("part", "indicator"):
        return Varied(path, path, "times")
    return _of_part(system.rule, path) if parts[0] == "part" else _of_indicator(system.rule, path)


def _of_part(rule: ScoreRule, path: str) -> Varied:
    _, key, *last = path.split(".")
    if last[-1] not in OF_PART:
        return Varied(path, path, "times")
    return _bounded(rule, path, path, _part(rule, key), full=True)


def _of_indicator(rule: ScoreRule, path: str) -> Varied:
    _, key, *last = path.split(".")
    if last[-1] in BOUNDS:
        return Varied(path, f"indicator.{key}.bounds", "times")
    if not any(part in VALUES for part in last):
        return Varied(path, path, "times")
    part = next(one.part for one in rule.indicators if one.key == key)
    return _bounded(rule, path, f"indicator.{key}.values", _part(rule, part), full=False)


def _part(rule: ScoreRule, key: str) -> Part:
    return next(part for part in rule.parts if part.key == key)


def _bounded(rule: ScoreRule, path: str, group: str, part: Part, *, full: bool) -> Varied:
    """A value of a part that is a mean: from 0 to 1, and the part as a whole (`full`) from 0 to its scale."""
    if part.kind != "mean":
        return Varied(path, group, "times")
    good_is_top = rule.higher_is_safer is not (part.inverted or part.subtract)
    return Varied(path, group, "shortfall" if good_is_top else "share", part.scale if full else 1.0)
