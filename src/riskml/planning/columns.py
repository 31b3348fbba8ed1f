"""Columns of millions of texts: places of keys among others, and few texts repeated, without a loop in Python."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskml.planning.allocation import Ints


def places_in(keys: "pd.Series[Any]", values: "pd.Series[Any]") -> Ints:
    """Place of each value among the keys, -1 where it is none of them.

    Args:
        keys: texts, unique, k of them.
        values: texts, v of them.

    Returns:
        Shape (v,), -1 to k - 1.

    >>> places_in(pd.Series(["a", "b"], dtype="str"), pd.Series(["b", "c", None], dtype="str")).tolist()
    [1, -1, -1]
    """
    found = pc.index_in(_arrow(values), value_set=_arrow(keys), skip_nulls=True)
    return np.asarray(found.fill_null(-1).to_numpy(), dtype=np.int64)


def repeated(texts: "Sequence[str | None]", code: Ints) -> "pd.Series[Any]":
    """A column of the texts that the codes point at.

    >>> repeated(["x", None], np.array([1, 0, 0])).tolist()
    [nan, 'x', 'x']
    """
    return pd.Series(pd.array(list(texts), dtype="str").take(code))


def _arrow(values: "pd.Series[Any]") -> pa.Array:
    texts = pa.array(values, type=pa.large_string(), from_pandas=True)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
