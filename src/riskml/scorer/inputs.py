"""Feature rows from outside: what the scorer refuses to score."""

import math
from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

from riskml.scorer.errors import InputError
from riskml.scorer.header import Feature

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
    return [_checked(feature, value) for feature, value in zip(features, row, strict=True)]


def check_matrix(features: Sequence[Feature], matrix: Any) -> "NDArray[np.float64]":
    """Many rows as a matrix of float64, shape (n, F); refuses what `check_row` refuses, without looking at each value.

    Raises:
        InputError: as `check_row`, for the first wrong value of the first wrong column.
    """
    import numpy as np  # noqa: PLC0415 - a single row must not need it

    values = np.asarray(matrix)
    if values.ndim != 2 or values.shape[1] != len(features) or values.dtype.kind not in "fiub":
        raise InputError(
            f"rows must be a matrix of numbers with {len(features)} columns, one for each feature of the artifact; "
            f"got type {values.dtype} and shape {values.shape}"
        )
    values = values.astype(np.float64, copy=False)
    for place, feature in enumerate(features):
        column = values[:, place]
        wrong = np.isinf(column)
        if feature.low is not None:
            wrong |= column < feature.low
        if feature.high is not None:
            wrong |= column > feature.high
        if feature.kind == "category":
            wrong |= (column != np.trunc(column)) & ~np.isnan(column)
        if wrong.any():
            _checked(feature, float(column[wrong.argmax()]))
    return values


def _checked(feature: Feature, value: Any) -> float:
    if not isinstance(value, Real):
        raise InputError(f"feature {feature.name!r} must be a number (NaN if missing), got {value!r}")
    number = float(value)
    if math.isnan(number):
        return number
    low = -math.inf if feature.low is None else feature.low
    high = math.inf if feature.high is None else feature.high
    if math.isinf(number) or not low <= number <= high:
        raise InputError(f"feature {feature.name!r} must lie between {low} and {high} and be finite, got {number}")
    if feature.kind == "category" and not number.is_integer():
        raise InputError(f"feature {feature.name!r} must be the index of a category or NaN, got {number}")
    return number
