"""The shape and the size of a feature program in model.json: every key, every type, and how much work it may ask for.

`scan.check_program` holds the program's numbers to each other (codes, tables, facts, groups); this file sees to it that
there is nothing else in it, so that no value of another type or of a giant size reaches the scan.
"""

from collections.abc import Mapping
from typing import Any, Final

from riskml.scorer.checks import Check, filled, list_of, one_of, optional, table_of, text
from riskml.scorer.errors import ArtifactError
from riskml.scorer.scanning import kernel, scan
from riskml.scorer.scanning.context import READINGS

MAX_WINDOWS: Final = 64
"""Most different windows, and below it the most features that look at the events again: the scan's time and memory grow
with the product of windows and features, and for the latter with the square of a site's events."""
MAX_LOOKING_AGAIN: Final = 100
MAX_FACTS: Final = 1_000
MAX_COLUMNS: Final = 10
STEPS: Final = (1e-6, 360.0)
"""Smallest and largest cell of a map, in degrees."""


def check_program(program: Mapping[str, Any], listed: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a program that is malformed, asks for too much, or makes other features than those listed.

    Args:
        program: the compiled catalog, decoded.
        listed: for each feature of the header, in order, its categories.

    Raises:
        ArtifactError: saying where and what.
    """
    try:
        scan.check_program(program)
        made = [(f["name"], tuple(f["categories"]) if f["from"] == "category" else ()) for f in program["features"]]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError) as error:
        raise ArtifactError(f"model.json: the feature program is malformed: {error!r:.200}") from error
    if made != list(listed.items()):
        raise ArtifactError("model.json: the feature program makes other features or categories than those listed")
    table_of(program, "model.json: program", _PROGRAM)
    _check_work(program)


def _check_work(program: Mapping[str, Any]) -> None:
    read = [*program["context"]["facts"], *(f for f in program["features"] if f["from"] == "events")]
    windows = {one["window"] for one in read}
    if len(windows) > MAX_WINDOWS:
        raise ArtifactError(f"model.json: program: {len(windows)} different windows; at most {MAX_WINDOWS} are allowed")
    again = sum(scan.AGGREGATES.get(one.get("aggregate")) in (kernel.STREAK, kernel.WITHOUT) for one in read)
    if again > MAX_LOOKING_AGAIN:
        raise ArtifactError(
            f"model.json: program: {again} features compare events with each other; at most {MAX_LOOKING_AGAIN} may"
        )


def _whole(value: Any, where: str) -> int:
    if type(value) is not int or value < 0:
        raise ArtifactError(f"{where} must be a whole number from 0, got {value!r:.80}")
    return value


def _step(value: Any, where: str) -> float:
    if type(value) is not float or not STEPS[0] <= value <= STEPS[1]:
        raise ArtifactError(f"{where} must be degrees from {STEPS[0]:g} to {STEPS[1]:g}, got {value!r:.80}")
    return value


def _feature(value: Any, where: str) -> dict[str, Any]:
    """One feature; which keys it has depends on its origin, and for those from events on its aggregate."""
    checks = _ORIGINS[value["from"]]
    if value["from"] == "events":
        checks = checks | ({"table": _whole} if value["aggregate"] == "decayed" else {})
        checks = checks | ({"otherwise": filled} if "otherwise" in value else {})
    return table_of(value, where, checks)


def _weights(value: Any, where: str) -> list[int]:
    """The weights of a decay table are checked by `scan.check_program`; here only that it is a list."""
    if not isinstance(value, list) or not value:
        raise ArtifactError(f"{where} must be a list of weights, got {value!r:.80}")
    return value


_FLAG: Final = one_of(False, True)
_FACT: Final[dict[str, Check]] = {"codes": list_of(_whole), "window": optional(_whole), "skip_repaired": _FLAG}
_NAMED: Final[dict[str, Check]] = {"name": filled, "from": text}
_OF_A_COLUMN: Final = _NAMED | {"column": filled}
_ORIGINS: Final[Mapping[str, dict[str, Check]]] = {
    "events": _NAMED | _FACT | {"aggregate": text, "per": list_of(_whole)},
    "site": _OF_A_COLUMN,
    "site_days": _OF_A_COLUMN,
    "site_until": _OF_A_COLUMN,
    "category": _OF_A_COLUMN | {"categories": list_of(text)},
    "calendar": _NAMED,
    "context": _NAMED
    | {"aggregate": text, "group": _whole, "fact": _whole, "per": optional(_whole), "prior": optional(_whole)},
}
_GROUP: Final[dict[str, Check]] = {
    "name": filled,
    "columns": list_of(filled, at_most=MAX_COLUMNS),
    "step": optional(_step),
    "reading": one_of(*READINGS),
    "hashed": _FLAG,
}
_CONTEXT: Final[dict[str, Check]] = {
    "facts": list_of(lambda value, where: table_of(value, where, _FACT), at_most=MAX_FACTS),
    "groups": list_of(lambda value, where: table_of(value, where, _GROUP)),
    "seen": optional(_whole),
}
_PROGRAM: Final[dict[str, Check]] = {
    "codes": list_of(filled),
    "tables": list_of(_weights),
    "features": list_of(_feature),
    "context": lambda value, where: table_of(value, where, _CONTEXT),
}
