"""The systems that ship with riskml, by name and variant, as they stand or with numbers replaced."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from riskml.errors import StudyError
from riskml.grades.grading_system import System
from riskml.grades.parsing import DEFAULT, parse_system
from riskml.grades.texts import system_names, system_text

__all__ = ["load_system", "system_names", "with_numbers"]

MEETS = {"up_to": "above", "above": "up_to", "below": "from", "from": "below"}
"""A cut stands at both of its levels: how it is written at the other."""


@cache
def load_system(name: str) -> System:
    """One shipped system.

    Args:
        name: "nanchang", or with its variant "nanchang/repair_keep"; without one it is "default".

    Raises:
        StudyError: for an unknown name or variant, with the nearest name and the allowed ones.

    >>> system = load_system("nanchang")
    >>> [level.code for level in system.levels], system.reconstructed
    (['green', 'yellow', 'orange', 'red'], True)
    """
    stem, _, variant = name.partition("/")
    return parse_system(system_text(stem), name=stem, variant=variant or DEFAULT)


def with_numbers(system: System, numbers: Mapping[str, float]) -> System:
    """The same system with some of its numbers replaced, read anew and held to all rules of a file.

    Args:
        system: any system; numbers it had replaced already stay so unless they are given again.
        numbers: path (a key of `system.numbers`) -> value. A cut stands in the file at both of its levels: give either
            side, the other follows. The sums of weights that a file declares are not held against replaced numbers.

    Raises:
        StudyError: for an unknown path, or values the file could not hold (cuts out of order, a negative number).

    >>> softer = with_numbers(load_system("nanchang"), {"level.green.points.up_to": 2})
    >>> softer.numbers["level.yellow.points.above"].value, softer.variant
    (2.0, 'default+')
    """
    unknown = [path for path in numbers if path not in system.numbers]
    if unknown:
        near = get_close_matches(unknown[0], system.numbers, n=3)
        raise StudyError(f"system {system.name} has no numbers {unknown}; near the first are {near}")
    values = {**system.replaced, **numbers, **_other_sides(system, numbers)}
    variant = system.variant.removesuffix("+")
    return parse_system(system.text, name=system.name, variant=variant, replaced=MappingProxyType(values))


def _other_sides(system: System, numbers: Mapping[str, float]) -> dict[str, float]:
    """What the neighbouring level says of each cut among `numbers`."""
    codes = [level.code for level in system.levels]
    found = {}
    for path, value in numbers.items():
        parts = path.split(".")
        if len(parts) != 4 or parts[0] != "level" or parts[3] not in MEETS:
            continue
        place, other = codes.index(parts[1]), MEETS[parts[3]]
        for neighbour in (place - 1, place + 1):
            if 0 <= neighbour < len(codes):
                mirrored = f"level.{codes[neighbour]}.{parts[2]}.{other}"
                old = system.numbers.get(mirrored)
                if old is not None and old.value == system.numbers[path].value and mirrored not in numbers:
                    found[mirrored] = value
    return found
