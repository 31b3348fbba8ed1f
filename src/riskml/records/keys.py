"""Columns of keys compared whole, in Arrow's memory: pandas would make a Python object of each of 20 million keys."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def among(values: "pd.Series[Any]", those: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Whether each key stands among those, shape (n,); a missing one does not.

    >>> among(pd.Series(["a", None, "c"], dtype="str"), pd.Series(["c", None], dtype="str")).tolist()
    [False, False, True]
    """
    return _booleans(pc.is_in(_arrow(values), value_set=_arrow(those), skip_nulls=True))


def repeated(values: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Whether each key stands in an earlier row too, shape (n,); a missing one does not.

    >>> repeated(pd.Series(["a", "b", None, "a", None], dtype="str")).tolist()
    [False, False, False, True, False]
    """
    encoded = _arrow(values).dictionary_encode()
    codes = np.asarray(encoded.indices.fill_null(-1), dtype=np.int32)  # numbered in the order of appearance
    found = np.zeros(len(codes), dtype=bool)
    found[1:] = codes[1:] <= np.maximum.accumulate(codes)[:-1]
    return found & (codes >= 0)


def places(values: "pd.Series[Any]", those: "pd.Series[Any]") -> NDArray[np.int64]:
    """The first place of each key among those, shape (n,); -1 where there is none.

    >>> places(pd.Series(["b", "z", None], dtype="str"), pd.Series(["a", "b", "b"], dtype="str")).tolist()
    [1, -1, -1]
    """
    found = pc.index_in(_arrow(values), value_set=_arrow(those), skip_nulls=True)
    return np.asarray(found.fill_null(-1), dtype=np.int64)


def _arrow(values: "pd.Series[Any]") -> Any:
    made = pa.array(values, type=pa.large_string(), from_pandas=True)
    return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made


def _booleans(array: Any) -> NDArray[np.bool_]:
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype=bool)
