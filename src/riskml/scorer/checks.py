"""The checks of values decoded from an artifact's JSON: each returns the value to keep, or says what is allowed."""

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from riskml.scorer.errors import ArtifactError

MAX_TEXT: Final = 10_000
MAX_DAYS: Final = 36_525
"""Most days of a duration: a hundred years."""

Check = Callable[[Any, str], Any]
"""Takes a value and its place in the file; returns the value to keep, or raises ArtifactError."""


def table_of(value: object, where: str, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The values of a JSON object that has exactly the keys of `checks`."""
    if not isinstance(value, dict) or set(value) != set(checks):
        got = sorted(value) if isinstance(value, dict) else value
        raise ArtifactError(f"{where}: needs exactly the keys {sorted(checks)}, got {got!r:.300}")
    return {name: check(value[name], f"{where}: {name}") for name, check in checks.items()}


def text(value: Any, where: str) -> str:
    """A text of bounded length."""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ArtifactError(f"{where} must be a text of at most {MAX_TEXT} characters, got {value!r:.80}")
    return value


def filled(value: Any, where: str) -> str:
    """A text that is not empty."""
    if not text(value, where):
        raise ArtifactError(f"{where} must not be empty")
    return str(value)


def number(value: Any, where: str) -> float:
    """A finite number."""
    try:
        finite = type(value) in (int, float) and math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise ArtifactError(f"{where} must be a finite number, got {value!r:.80}")
    return float(value)


def days(value: Any, where: str) -> int:
    """A duration in days, 1 or more."""
    if type(value) is not int or not 0 < value <= MAX_DAYS:
        raise ArtifactError(f"{where} must be a number of days from 1 to {MAX_DAYS}, got {value!r:.80}")
    return value


def day(value: Any, where: str) -> date:
    """A day like 2025-06-01, written in no other way."""
    try:
        found = date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"{where} must be a day like 2025-06-01, got {value!r:.80}") from error
    if found.isoformat() != value:
        raise ArtifactError(f"{where} must be a day like 2025-06-01, got {value!r:.80}")
    return found


def one_of(*allowed: object) -> Check:
    """One of the values allowed, of the same type: True is not 1."""

    def check(value: Any, where: str) -> Any:
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise ArtifactError(f"{where}: unknown value {value!r:.80}; allowed are {list(allowed)}")
        return value

    return check


def optional(check: Check) -> Check:
    """None, or a value that passes a check."""
    return lambda value, where: None if value is None else check(value, where)


def list_of(check: Check, *, at_most: int | None = None) -> Check:
    """A list whose every entry passes a check."""

    def check_list(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ArtifactError(f"{where} must be a list, got {value!r:.80}")
        if at_most is not None and len(value) > at_most:
            raise ArtifactError(f"{where} has {len(value)} entries; at most {at_most} are allowed")
        return tuple(check(one, f"{where}[{place}]") for place, one in enumerate(value))

    return check_list
