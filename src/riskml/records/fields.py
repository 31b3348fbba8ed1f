"""One field of a table read from its column: every distinct text once, faults only where they are."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskml.records._cells import Texts, as_column, as_texts
from riskml.records.declarations import Field, Source
from riskml.records.persons import numbers_of_persons, numbers_shaped
from riskml.records.repeats import Places
from riskml.records.values import parse

NUMERIC: Final = ("integer", "number", "money")
WORDED: Final = ("text", "coded", "list")
HIDDEN_NUMBER: Final = "***"
"""Stands for the number of a person in a column of numbers, which must not be kept as one."""
_SAMPLE: Final = 10_000
_MANY: Final = 0.8


@dataclass(frozen=True, eq=False)
class Cells:
    """A column of text, and its distinct texts where they are fewer.

    Attributes:
        texts: the distinct texts, or all cells, in their order.
        codes: which of the texts each cell is, shape (n,); none if `texts` are the cells.
    """

    texts: Texts
    codes: "NDArray[np.int32] | None"

    @classmethod
    def of(cls, column: "pd.Series[str]") -> "Cells":
        """The cells of a column; whether most are distinct is judged by a sample spread over it."""
        texts = as_texts(column)
        spread = np.linspace(0, max(len(texts) - 1, 0), min(len(texts), _SAMPLE)).astype(np.int64)
        sample = texts.take(pa.array(spread))
        if len(texts) < 2 or pc.count_distinct(sample).as_py() >= _MANY * len(sample):
            return cls(texts, None)
        encoded = texts.dictionary_encode()
        return cls(encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False))


@dataclass(frozen=True, eq=False)
class Reading:
    """What one field says.

    Attributes:
        values: one a cell, typed as in `records.contract.DTYPES`, shape (n,).
        places: positions of the cells that could not be read, shape (k,), ascending.
        faults: what is wrong with them, shape (k,).
    """

    values: "pd.Series[Any]"
    places: Places
    faults: "pd.Series[str]"

    @property
    def missing(self) -> Places:
        """Positions of the cells without a value."""
        return np.flatnonzero(self.values.isna().to_numpy())

    def reasons(self, name: str, places: Places) -> list[str]:
        """Why the cells at these places give no value: their fault, or that they are missing."""
        told = pd.Series(self.faults.to_numpy(), index=self.places).reindex(places)
        return (f"{name}: " + told.fillna("is missing")).tolist()


def read_field(source: Source, spec: Field, cells: Cells) -> Reading:
    """Values and faults of one field.

    Args:
        source: for its missing marks, and whether persons may stand anywhere in it.
        spec: the field; a text that it rejects is no value, and its pattern tells which part of a text counts.
        cells: of the column that brings it.
    """
    texts = pd.Series(as_column(cells.texts, pd.Series(index=pd.RangeIndex(len(cells.texts)), dtype="str")))
    if spec.reject:
        texts = texts.mask(texts.str.strip().isin(spec.reject), "")
    if spec.pattern:
        texts = texts.str.strip().str.extract(spec.pattern, expand=False).fillna("")
    if source.private:
        texts = _without_numbers_of_persons(texts, spec.kind)
    found = parse(texts, spec.kind, **{"missing": source.missing, **spec.options})
    values, faults = found.values, found.faults
    if spec.parts is not None:
        values, faults = _coded_parts(values, faults, spec.parts)
    wrong = faults.notna().to_numpy()
    if cells.codes is None:
        return Reading(values, np.flatnonzero(wrong), faults[wrong])
    spread = values.take(cells.codes).set_axis(pd.RangeIndex(len(cells.codes)))
    places = np.flatnonzero(wrong[cells.codes]) if wrong.any() else np.empty(0, dtype=np.int64)
    return Reading(spread, places, faults.take(cells.codes[places]))


def _without_numbers_of_persons(texts: "pd.Series[str]", kind: str) -> "pd.Series[str]":
    """No identity or telephone number is kept as an amount, nor inside a name or another word."""
    if kind in NUMERIC:
        return texts.mask(numbers_of_persons(texts), HIDDEN_NUMBER)
    return numbers_shaped(texts) if kind in WORDED else texts


def _coded_parts(
    lists: "pd.Series[Any]", faults: "pd.Series[str]", codes: Any
) -> "tuple[pd.Series[Any], pd.Series[str]]":
    """Lists of codes for lists of words, each code once; one unknown word makes the whole cell a fault."""
    words = lists[lists.notna()].explode().astype("str")
    read = parse(words, "coded", codes=codes)
    unknown = read.faults[read.faults.notna()]
    unknown = unknown[~unknown.index.duplicated()]
    values = read.values.groupby(level=0, sort=False).agg(lambda group: list(dict.fromkeys(group)))
    values = values.drop(unknown.index).reindex(lists.index)
    return values.astype("object"), faults.where(faults.notna(), unknown.reindex(faults.index))
