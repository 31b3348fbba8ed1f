"""Tables of features of every library become one matrix, to the bit, and what cannot be meant is refused."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from riskml.scorer import InputError
from riskml.scorer.header import Feature, Level, Levels
from riskml.scorer.scanning.tables import TableScores, levels_of, matrix_of


def feature(name: str, *categories: str) -> Feature:
    kind = "category" if categories else "number"
    return Feature(name, kind, "", "", "", "", "", 0, None, None, categories)


FEATURES = [feature("area"), feature("visits"), feature("format", "R1", "R2", "店"), feature("online")]
AREA = [80.25, None, 1e-300, -0.0]
VISITS = [3, 0, None, 2**52 + 1]
FORMAT = ["店", None, "R9", "R1"]
ONLINE = [True, None, False, True]
EXPECTED = np.array(
    [
        [80.25, 3.0, 2.0, 1.0],
        [math.nan, 0.0, math.nan, math.nan],
        [1e-300, math.nan, math.nan, 0.0],
        [-0.0, 2.0**52 + 1, 0.0, 1.0],
    ]
)
DATA: dict[str, list[Any]] = {
    "online": ONLINE,
    "format": FORMAT,
    "extra": ["x", "y", "z", "w"],
    "visits": VISITS,
    "area": AREA,
}
ARROW = pa.table(DATA)
NUMBERS = {"area": np.array([np.nan if v is None else v for v in AREA]), "online": np.array([1.0, np.nan, 0.0, 1.0])}
MASK = [value is None for value in VISITS]


def split(table: pa.Table) -> pa.Table:
    """The same table in two chunks."""
    return pa.concat_tables([table.slice(0, 1), table.slice(1)])


def as_categories(table: pa.Table) -> pa.Table:
    """The texts as a dictionary of Arrow."""
    place = table.column_names.index("format")
    return table.set_column(place, "format", table["format"].dictionary_encode())


FRAMES: dict[str, Callable[[], Any]] = {
    "lists": lambda: DATA,
    "tuples": lambda: {name: tuple(values) for name, values in DATA.items()},
    "arrays of objects": lambda: {name: np.array(values, dtype=object) for name, values in DATA.items()},
    "arrays of numpy": lambda: {
        **NUMBERS,
        "visits": np.ma.MaskedArray([v or 0 for v in VISITS], mask=MASK, dtype=np.int64),
        "format": np.array([text or "" for text in FORMAT]),
    },
    "structured array": lambda: np.array(
        list(zip(NUMBERS["area"], EXPECTED[:, 1], FORMAT, NUMBERS["online"], strict=True)),
        dtype=[("area", "f8"), ("visits", "f8"), ("format", object), ("online", "f8")],
    ),
    "pandas": lambda: pd.DataFrame(DATA),
    "pandas, nullable": lambda: pd.DataFrame(DATA).convert_dtypes(),
    "pandas, nullable by hand": lambda: pd.DataFrame(DATA).astype(
        {"area": "Float64", "visits": "object", "online": "boolean", "format": "category"}
    ),
    "pandas, by Arrow": lambda: pd.DataFrame(
        {name: pd.Series(values, dtype=pd.ArrowDtype(ARROW[name].type)) for name, values in DATA.items()}
    ),
    "pandas, objects": lambda: pd.DataFrame(DATA, dtype=object),
    "pandas, another index": lambda: pd.DataFrame(DATA).convert_dtypes().set_index(pd.Index([9, 9, 3, 1])),
    "Arrow": lambda: ARROW,
    "Arrow in chunks": lambda: split(ARROW),
    "Arrow with a dictionary": lambda: as_categories(split(ARROW)),
    "a batch of Arrow": lambda: ARROW.to_batches()[0],
    "columns of Arrow": lambda: {name: ARROW[name] for name in ARROW.column_names},
    "columns of pandas": lambda: {name: pd.DataFrame(DATA)[name] for name in DATA},
}


@pytest.mark.parametrize("name", FRAMES)
def test_every_library_gives_the_same_matrix_to_the_bit(name: str) -> None:
    found = matrix_of(FEATURES, FRAMES[name]())
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, EXPECTED)
    assert np.array_equal(np.signbit(found[:, 0]), np.signbit(EXPECTED[:, 0]))


def test_polars_gives_the_same_matrix_to_the_bit() -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame(DATA)
    for found in (frame, frame.with_columns(polars.col("format").cast(polars.Categorical)), dict(frame.to_dict())):
        np.testing.assert_array_equal(matrix_of(FEATURES, found), EXPECTED)
    with pytest.raises(InputError, match="collect the table first"):
        matrix_of(FEATURES, frame.lazy())


class LikePolars:
    """A column as Polars has it: its type has no `kind`, its array holds NaN for null, its list None."""

    dtype = "Float64"

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if all(value is None or isinstance(value, (int, float)) for value in self.values):
            return np.array([np.nan if value is None else value for value in self.values])
        return np.array(self.values, dtype=object)

    def to_list(self) -> list[Any]:
        return self.values


class LikePolarsFrame:
    """A frame with the few things that are asked of one."""

    columns = tuple(DATA)

    def __getitem__(self, name: str) -> LikePolars:
        return LikePolars(DATA[name])


def test_a_frame_needs_names_of_columns_and_arrays_alone() -> None:
    np.testing.assert_array_equal(matrix_of(FEATURES, LikePolarsFrame()), EXPECTED)


class LikeALazyFrame(LikePolarsFrame):
    """A plan of a frame."""

    def collect(self) -> LikePolarsFrame:
        return LikePolarsFrame()


def test_a_lazy_frame_is_refused_before_it_is_asked_anything() -> None:
    with pytest.raises(InputError, match="a LikeALazyFrame holds no rows yet; collect the table first"):
        matrix_of(FEATURES, LikeALazyFrame())


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "uint64", "bool", "longdouble"])
def test_numbers_of_every_type_are_taken_exactly(dtype: str) -> None:
    values = np.array([0, 1, 1, 0]).astype(dtype)
    assert matrix_of([feature("area")], {"area": values}).tolist() == [[0.0], [1.0], [1.0], [0.0]]
    assert matrix_of([feature("area")], {"area": [Decimal("0.5"), Decimal("NaN"), 2, np.int8(1)]})[0, 0] == 0.5


def test_a_table_without_rows_gives_a_matrix_without_rows() -> None:
    empties: tuple[Any, ...] = ({name: [] for name in DATA}, pd.DataFrame(DATA).iloc[:0], ARROW.slice(0, 0))
    for empty in empties:
        assert matrix_of(FEATURES, empty).shape == (0, 4)


def test_the_table_stays_as_it_was() -> None:
    frame = pd.DataFrame(DATA).convert_dtypes()
    kept = frame.copy(deep=True)
    matrix_of(FEATURES, frame)[:] = -1.0
    pd.testing.assert_frame_equal(frame, kept)
    values = np.array([1.0, 2.0])
    matrix_of([feature("area")], {"area": values})[:] = -1.0
    assert values.tolist() == [1.0, 2.0]


def test_all_absent_columns_are_named_at_once_with_what_may_have_been_meant() -> None:
    with pytest.raises(InputError) as caught:
        matrix_of(FEATURES, pd.DataFrame(DATA).rename(columns={"area": "Area", "visits": "n"}))
    assert "lacks the feature columns ['area', 'visits'] ('area'; did you mean 'Area'?)" in str(caught.value)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"area": ["80", "", "1", "2"]}, "'area' must be a column of numbers .*got type <U2; convert the column"),
    ({"area": [80.0, "1", None, 2]}, "'area' must be a column of numbers"),
    ({"area": pd.Series(["80", None, "1", "2"])}, "'area' must be a column of numbers .*got '80' in row 1"),
    ({"area": np.array(["80", None, "1", "2"], dtype=object)}, "got '80' in row 1"),
    ({"area": pa.chunked_array([["1", "2", "3", "4"]])}, "'area' must be a column of numbers"),
    ({"area": pd.Series(pd.to_datetime(["2025-06-01"] * 4))}, "'area' must be a column of numbers .*datetime64"),
    ({"area": np.array([1j, 2, 3, 4])}, "'area' must be a column of numbers .*complex"),
    ({"area": [[1.0]] * 4}, r"'area' must be a column of single values, got shape \(4, 1\)"),
    ({"area": [[1.0], [1.0, 2.0], [], []]}, "'area' must be a column of"),
    ({"area": 5.0}, "'area' must be a column of"),
    ({"area": [1.0, 2.0]}, "the columns of a table must be of one length, got {'area': 2, 'visits': 4"),
    ({"format": [1, 2, 3, 4]}, "'format' must be a column of texts such as 'R1' .*got [1-4]; convert"),
    ({"format": pd.Series([1, 2, 3, 4], dtype="category")}, "'format' must be a column of texts"),
    ({"format": [["R1"]] * 4}, "'format' must be a column of texts"),
    ({"format": [b"R1"] * 4}, "'format' must be a column of texts"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_a_column_of_another_type_or_length_is_refused(changes: dict[str, Any], message: str) -> None:
    with np.errstate(all="raise"), pytest.raises(InputError, match=message):
        matrix_of(FEATURES, {**DATA, **changes})


def test_a_column_that_stands_twice_is_refused() -> None:
    frame = pd.DataFrame(DATA)
    with pytest.raises(InputError, match="the column 'area' stands 2 times"):
        matrix_of(FEATURES, pd.concat([frame, frame[["area"]]], axis=1))
    with pytest.raises(InputError, match="the column 'area' stands 2 times"):
        matrix_of(FEATURES, ARROW.append_column("area", ARROW["area"]))


@pytest.mark.parametrize("frame", [None, "rows.csv", [1, 2], np.zeros((2, 4)), 5, [{"area": 1}]])
def test_what_is_no_table_is_refused(frame: Any) -> None:
    with pytest.raises(InputError, match="a table must be a frame of pandas or Polars, a table or batch of Arrow"):
        matrix_of(FEATURES, frame)


def test_levels_of_many_are_those_of_each_and_a_cut_belongs_to_the_higher() -> None:
    levels = Levels("s", False, tuple(Level(code, "", "", "", "") for code in "ABC"), (0.25, 0.5))
    probability = np.array([0.0, math.nextafter(0.25, 0), 0.25, 0.3, 0.5, 1.0])
    assert levels_of(levels, probability) == [levels.of(p).code for p in probability.tolist()] == list("AABBCC")


def test_scores_of_a_table_become_columns_of_every_library() -> None:
    scores = TableScores(np.array([0.25, 0.75]), ["A", "B"])
    assert pd.DataFrame(scores.columns())["level"].tolist() == ["A", "B"]
    assert pa.table(scores.columns()).to_pydict() == {"probability": [0.25, 0.75], "level": ["A", "B"]}
    assert list(TableScores(np.array([0.25]), None).columns()) == ["probability"]
