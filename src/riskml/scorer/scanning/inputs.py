"""Feature rows from outside: what the scorer refuses to score."""

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

from riskml.scorer.errors import InputError
from riskml.scorer.header import Feature
from riskml.scorer.messages import meant, shown
from riskml.scorer.scanning.days import missing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def check_row(features: Sequence[Feature], row: Sequence[Any]) -> list[float]:
    """One row as floats, NaN being missing.

    Args:
        features: what the columns are.
        row: shape (F,), in the order of `features`.

    Raises:
        InputError: for another number of values, one that is no number, infinite, outside the bounds of its feature,
            or a category that is not a whole number.
    """
    if len(row) != len(features):
        raise InputError(f"a row needs {len(features)} values, one for each feature of the artifact; got {len(row)}")
    return [
        value if value != value and type(value) is float else _checked(feature, value)  # noqa: PLR0124 - NaN is missing
        for feature, value in zip(features, row, strict=True)
    ]


def row_of(features: Sequence[Feature], given: Any) -> list[float]:
    """One feature row as `check_row` gives it, from values as JSON or a database holds them.

    Args:
        features: what the columns are.
        given: a mapping by name of feature, a category as its text; or a sequence in the order of `features`, a
            category as its text or its place in the artifact's list. None is missing, as is a text that is not listed.

    Raises:
        InputError: for an absent feature, naming all that are absent, and as `check_row`.
    """
    if isinstance(given, Mapping):
        refuse_absent([feature.name for feature in features], list(given))
        return [_checked(feature, _by_text(feature, given[feature.name], places=False)) for feature in features]
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise InputError(f"features must be an object by name or a list of {len(features)} values, got {shown(given)}")
    if len(given) != len(features):
        return check_row(features, given)
    return [_checked(f, _by_text(f, value, places=True)) for f, value in zip(features, given, strict=True)]


def refuse_absent(names: Sequence[str], there: Sequence[Any]) -> None:
    """Refuse a table without some of the feature columns, naming all that are absent and what may have been meant.

    Raises:
        InputError: if one is absent.
    """
    absent = [name for name in names if name not in there]
    if absent:
        others = [name for name in there if name not in names and isinstance(name, str)]
        hints = [f"{name!r}{hint}" for name in absent if (hint := meant(name, others))]
        near = f" ({', '.join(hints)})" if hints else ""
        raise InputError(
            f"the input lacks the feature columns {absent}{near}; a table needs every feature of the artifact by its "
            "name, and riskml.features.build_features makes one"
        )


def check_matrix(features: Sequence[Feature], matrix: Any) -> "NDArray[np.float64]":
    """Many rows as a matrix of float64, shape (n, F); refuses what `check_row` refuses, without looking at each value.

    Raises:
        InputError: as `check_row`, for the first wrong value of the first wrong column, with the number of its row.
    """
    import numpy as np  # noqa: PLC0415 - a single row must not need it

    values = np.asarray(matrix)
    if values.ndim != 2 or values.shape[1] != len(features) or values.dtype.kind not in "fiub":
        raise InputError(
            f"rows must be a matrix of numbers with {len(features)} columns, one for each feature of the artifact; "
            f"got type {values.dtype} and shape {values.shape}"
        )
    values = values.astype(np.float64, copy=False)
    if not len(values):
        return values
    least, most = np.fmin.reduce(values, axis=0).tolist(), np.fmax.reduce(values, axis=0).tolist()
    for place, feature in enumerate(features):
        column = values[:, place]
        wrong = not (_within(feature, least[place]) and _within(feature, most[place]))
        if wrong or (feature.kind == "category" and ((column != np.trunc(column)) & ~np.isnan(column)).any()):
            _refuse_column(feature, column.tolist())
    return values


def _within(feature: Feature, number: float) -> bool:
    """Whether a number may be a value of the feature; NaN may."""
    low = -math.inf if feature.low is None else feature.low
    high = math.inf if feature.high is None else feature.high
    return math.isnan(number) or (low <= number <= high and not math.isinf(number))


def _refuse_column(feature: Feature, column: Sequence[float]) -> None:
    for number, value in enumerate(column, 1):
        try:
            _checked(feature, value)
        except InputError as error:
            raise InputError(f"row {number}: {error}") from None


def _by_text(feature: Feature, value: Any, *, places: bool) -> Any:
    """A value as `_checked` takes it: a missing one as NaN, a category by its text."""
    if missing(value):
        return math.nan
    if feature.kind == "number" or (places and not isinstance(value, str)):
        return value
    if not isinstance(value, str):
        raise InputError(
            f"feature {feature.name!r} must be a text such as {feature.categories[0]!r}, got {shown(value)}"
        )
    return float(feature.categories.index(value)) if value in feature.categories else math.nan


def _checked(feature: Feature, value: Any) -> float:
    if type(value) is not float and not isinstance(value, Real):
        raise InputError(f"feature {feature.name!r} must be a number (NaN if missing), got {shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if number != number:  # noqa: PLR0124 - NaN is missing
        return number
    if not _within(feature, number):
        low = -math.inf if feature.low is None else feature.low
        high = math.inf if feature.high is None else feature.high
        raise InputError(f"feature {feature.name!r} must lie between {low} and {high} and be finite, got {number}")
    if feature.kind == "category" and not number.is_integer():
        raise InputError(f"feature {feature.name!r} must be the index of a category or NaN, got {number}")
    return number
