"""What may name a person is shown as its shape, 9 for a digit and x for a letter, in what a private source shows."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Final

import pandas as pd

from riskml.records._check_digits import BORN_15, BORN_18
from riskml.records.account import PRIVATE
from riskml.records.reading import DroppedRow, RawTable
from riskml.records.taking import Taken

PHONE: Final = r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}"
NUMBER: Final = rf"(?<![0-9A-Za-z])(?:{BORN_18.strip('^$')}|{BORN_15.strip('^$')}|{PHONE})(?![0-9A-Za-z])"
"""Identity numbers of persons, mobile and fixed telephone numbers of China."""
NAME: Final = r"[㐀-鿿]{2,4}|[㐀-鿿]{1,10}·[㐀-鿿]{1,10}"
"""What may be a person's name: two to four Chinese characters and nothing else, or parts with a dot between."""
IDENTIFIERS: Final = ("uscc", "licence", "code")
"""Kinds that are identifiers of businesses: a number in them that fits a person's is hidden, no other is."""


def shape(texts: "pd.Series[str]") -> "pd.Series[str]":
    """The shape of each text.

    >>> shape(pd.Series(["张三 138-1234"], dtype="str")).tolist()
    ['xx 999-9999']
    """
    digits = texts.str.replace(r"\d", "9", regex=True)
    return digits.str.replace(r"[^\W\d_]", "x", regex=True)


def masked(taken: Taken) -> Taken:
    """The same rows for the quarantine, what may be a person's name or number in a cell shaped.

    Cells of fields that are persons' by their kind are left as they are: the quarantine has them hashed. Columns that
    no field reads are not shown at all.
    """
    bad = taken.rejected.notna()
    if not bad.any():
        return taken
    fields = taken.table.fields
    raw = taken.raw[bad]
    cells = {
        name: _cells(raw[name], spec.kind, read=taken.parsed[name].notna())
        for name, spec in fields.items()
        if name in raw and spec.kind not in PRIVATE
    }
    return dataclasses.replace(taken, raw=raw.assign(**cells), rejected=without_persons(taken.rejected[bad]))


def without_persons(reasons: "pd.Series[str]") -> "pd.Series[str]":
    """Reasons without the name or number of a person that the cell they quote may hold.

    >>> without_persons(pd.Series(["day: not a day: '张三丰'", "day: not a day: '31 Feb'"], dtype="str")).tolist()
    ["day: not a day: 'xxx'", "day: not a day: '31 Feb'"]
    """
    shown = reasons.str.replace(NUMBER, _shape_of, regex=True)
    return shown.str.replace(f"(?<=')(?:{NAME})(?=')", _word_of, regex=True)


def _cells(cells: "pd.Series[str]", kind: str, *, read: "pd.Series[bool]") -> "pd.Series[str]":
    """Cells with numbers of persons shaped, and names too; a word that a code list has read is shown."""
    numbers = cells.str.replace(NUMBER, _shape_of, regex=True)
    if kind in IDENTIFIERS:
        return numbers
    names = cells.str.strip().str.fullmatch(NAME)
    return numbers.mask(names & ~(read.reindex(cells.index) & (kind == "coded")), shape(cells))


def _shape_of(found: "re.Match[str]") -> str:
    return re.sub("[A-Za-z]", "x", re.sub("[0-9]", "9", found.group()))


def _word_of(found: "re.Match[str]") -> str:
    return re.sub(r"[^\W\d_]", "x", found.group())


def without_examples(taken: Taken) -> None:
    """Hide persons in the examples of cells that were not read, in place."""
    for name, (count, examples) in taken.unread.items():
        texts = pd.Series(examples, dtype="str")
        shown = _cells(texts, "text", read=texts.isna())
        taken.unread[name] = (count, shown.tolist())


def masked_drops(raws: Sequence[RawTable]) -> list[RawTable]:
    """The same tables, the rows that are no data of theirs shown as their shape: people sign their forms there."""
    return [dataclasses.replace(raw, dropped=tuple(_shaped(entry) for entry in raw.dropped)) for raw in raws]


def _shaped(entry: DroppedRow) -> DroppedRow:
    return entry._replace(text=shape(pd.Series([entry.text], dtype="str")).iloc[0])
