"""Values of a result as JSON has them: dataclasses, days, paths and missing values made plain."""

import dataclasses
import math
from collections.abc import Mapping
from datetime import date
from enum import Enum
from pathlib import PurePath
from typing import Any


def plain(value: Any) -> Any:
    """The same value made of what JSON has.

    Dataclasses and mappings become objects, sequences and sets lists, days and paths text, numbers of numpy plain ones.
    A number that JSON has not (NaN, an infinity) and what pandas calls missing become null.

    Raises:
        TypeError: for a value of any other kind.

    >>> from datetime import date
    >>> plain({"day": date(2025, 6, 1), "shares": (0.5, float("nan")), 3: None})
    {'day': '2025-06-01', 'shares': [0.5, None], '3': None}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(one) for one in value)
    return _leaf(value)


def _leaf(value: Any) -> Any:
    """One value that holds no others; numpy and pandas are known by name, so that neither is loaded."""
    kind = type(value).__name__
    if isinstance(value, Enum):
        return plain(value.value)
    if type(value).__module__.partition(".")[0] == "numpy":
        return plain(value.tolist())
    if kind in ("NaTType", "NAType") or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if value is not None and not isinstance(value, bool | int | float | str):
        raise TypeError(f"a value of the type {kind} cannot be told as JSON")
    return value
