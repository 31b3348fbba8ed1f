"""The checks of values decoded from an artifact's JSON: each returns the value to keep, or says what is allowed."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from riskml.scorer.errors import ArtifactError

MAX_TEXT: Final = 10_000

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


def number(value: Any, where: str) -> float:
    """A finite number."""
    try:
        finite = type(value) in (int, float) and math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise ArtifactError(f"{where} must be a finite number, got {value!r:.80}")
    return float(value)


def list_of(check: Check) -> Check:
    """A list whose every entry passes a check."""

    def check_list(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ArtifactError(f"{where} must be a list, got {value!r:.80}")
        return tuple(check(one, f"{where}[{place}]") for place, one in enumerate(value))

    return check_list
