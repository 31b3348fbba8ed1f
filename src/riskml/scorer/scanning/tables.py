"""Tables of features of any library become the matrix that is scored; none of these libraries is imported for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskml.scorer.errors import InputError
from riskml.scorer.header import Feature, Levels
from riskml.scorer.messages import shown
from riskml.scorer.scanning.days import missing
from riskml.scorer.scanning.inputs import refuse_absent


@dataclass(frozen=True)
class TableScores:
    """The answer for the n rows of a table, in their order.

    Attributes:
        probability: shape (n,), 0 to 1.
        level: code of the level of each row; None if the artifact has no levels.
    """

    probability: NDArray[np.float64]
    level: list[str] | None

    def columns(self) -> dict[str, Any]:
        """The same as columns by name, as every library of frames makes a frame of them."""
        level = {} if self.level is None else {"level": self.level}
        return {"probability": self.probability, **level}


def levels_of(levels: Levels, probability: NDArray[np.float64]) -> list[str]:
    """Codes of the levels of n probabilities; a cut itself belongs to the higher level."""
    codes = [level.code for level in levels.names]
    return [codes[place] for place in np.searchsorted(levels.cuts, probability, side="right").tolist()]


def matrix_of(features: Sequence[Feature], frame: Any) -> NDArray[np.float64]:
    """The columns of the features in their order, shape (n, F), NaN where missing.

    Args:
        features: F declarations.
        frame: n rows with a column for every feature, by name, in any order; other columns are left aside. A frame of
            pandas or Polars, a table or batch of Arrow, a structured array, or a mapping of columns. Numbers may be of
            any type of number or truth value, with null, NaN or None for missing; a category is its text, and one that
            is not listed becomes missing, as in training.

    Raises:
        InputError: if columns are absent, naming all of them, stand twice, are of different lengths, or hold something
            else: text in a number column, a number in a text column.

    >>> area = Feature(name="area", kind="number", unit="", text_en="", text_zh="", reason_en="", reason_zh="",
    ...                monotone=0, low=None, high=None, categories=())
    >>> matrix_of([area], {"area": [80, None], "name": ["a", "b"]}).tolist()
    [[80.0], [nan]]
    """
    names = _names(frame)
    refuse_absent([feature.name for feature in features], names)
    columns = [_read(feature, _column(frame, feature.name, names)) for feature in features]
    lengths = {feature.name: len(column) for feature, column in zip(features, columns, strict=True)}
    if len(set(lengths.values())) > 1:
        raise InputError(f"the columns of a table must be of one length, got {shown(lengths)}")
    return np.column_stack(columns)


def _names(frame: Any) -> list[Any]:
    """The names of the columns of a frame."""
    if isinstance(frame, Mapping):
        return list(frame)
    if hasattr(type(frame), "collect"):
        raise InputError(f"a {type(frame).__name__} holds no rows yet; collect the table first")
    dtype = getattr(frame, "dtype", None)
    if getattr(dtype, "names", None):
        return list(dtype.names)  # type: ignore[union-attr]
    if hasattr(frame, "schema") and hasattr(frame.schema, "names") and hasattr(frame, "column"):
        return list(frame.schema.names)
    if hasattr(frame, "columns") and hasattr(frame, "__getitem__") and not callable(frame.columns):
        return list(frame.columns)
    raise InputError(
        "a table must be a frame of pandas or Polars, a table or batch of Arrow, or a mapping of columns by name; got "
        f"{shown(type(frame).__name__)}; hand it over as pyarrow.table(...) of it, if that takes it"
    )


def _column(frame: Any, name: str, names: Sequence[Any]) -> Any:
    if names.count(name) > 1:
        raise InputError(f"the column {name!r} stands {names.count(name)} times in the table; keep one of them")
    return frame[name]


def _read(feature: Feature, column: Any) -> NDArray[np.float64]:
    values = _places(feature, column) if feature.kind == "category" else _numbers(feature, column)
    if values.ndim != 1:
        raise InputError(f"feature {feature.name!r} must be a column of single values, got shape {values.shape}")
    return values


def _numbers(feature: Feature, column: Any) -> NDArray[np.float64]:
    """A column of numbers as float64, NaN where it has none."""
    if isinstance(column, np.ma.MaskedArray):
        column = np.ma.filled(column.astype(np.float64), np.nan) if column.dtype.kind in "fiub" else column.tolist()
    kind = getattr(getattr(column, "dtype", None), "kind", None)
    if kind in tuple("fiub") and not isinstance(column, np.ndarray) and hasattr(type(column), "hasnans"):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))  # pandas, with a mask or without
    try:
        values = np.asarray(column)
    except (TypeError, ValueError) as error:  # lists of different lengths, or an object that is no column
        raise _wrong(feature, "numbers (null or NaN = missing)", f"type {type(column).__name__}") from error
    if values.dtype.kind in "fiub":
        return values.astype(np.float64, copy=False)
    if values.dtype.kind == "O" and values.ndim == 1:
        return np.array([_number(feature, value, row) for row, value in enumerate(values.tolist(), 1)], np.float64)
    raise _wrong(feature, "numbers (null or NaN = missing)", f"type {getattr(column, 'dtype', values.dtype)}")


def _number(feature: Feature, value: Any, row: int) -> float:
    if missing(value):
        return np.nan
    try:
        if not isinstance(value, (str, bytes)):
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise _wrong(feature, "numbers (null or NaN = missing)", f"{shown(value)} in row {row}")


def _places(feature: Feature, column: Any) -> NDArray[np.float64]:
    """A column of texts as places in the list of categories, NaN where it has none or one that is not listed."""
    listing = next((name for name in ("to_pylist", "to_list", "tolist") if hasattr(column, name)), None)
    values = getattr(column, listing)() if listing else list(column)
    place = {text: float(number) for number, text in enumerate(feature.categories)}
    try:
        found: dict[Any, float] = {value: _place(feature, value, place) for value in set(values)}
    except TypeError as error:  # a list or an object in a cell
        raise _wrong(feature, "texts (null = missing)", f"type {type(values[0]).__name__}") from error
    return np.fromiter((found[value] for value in values), dtype=np.float64, count=len(values))


def _place(feature: Feature, value: Any, place: Mapping[str, float]) -> float:
    if isinstance(value, str):
        return place.get(value, np.nan)
    if missing(value):
        return np.nan
    raise _wrong(feature, f"texts such as {feature.categories[0]!r} (null = missing)", shown(value))


def _wrong(feature: Feature, allowed: str, got: str) -> InputError:
    return InputError(f"feature {feature.name!r} must be a column of {allowed}, got {got}; convert the column")
