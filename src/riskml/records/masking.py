"""What may name a person is shown as its shape, 9 for a digit and x for a letter, in what a private source shows."""

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Final

import pandas as pd

from riskml.records.account import PRIVATE, Shown
from riskml.records.declarations import Field
from riskml.records.matching import matrix_columns
from riskml.records.persons import shape, without_numbers
from riskml.records.reading import DroppedRow, RawTable
from riskml.records.taking import Taken
from riskml.records.values import parse

NAME: Final = r"[㐀-鿿]{2,4}|[㐀-鿿]{1,10}·[㐀-鿿]{1,10}"
"""What may be a person's name: two to four Chinese characters and nothing else, or parts with a dot between."""
WORDS: Final = re.compile(r"[㐀-鿿](?<![年月日号时分秒元万亿千百十])")
"""A Chinese character that is no unit of a day or of an amount."""
WORDY: Final = ("text", "coded", "list", "licence", "code")
"""Kinds whose cells say something in words; in all others a word is where it should not be, and may be a name."""
_UNLISTED: Final = "not a listed value"
_QUOTED: Final = re.compile(r"(?<=: ').*(?=')", re.DOTALL)


def without_names(text: str, *, wordy: bool) -> str:
    """A text that may be a person's name shaped; of a kind that has no words, every word shaped.

    >>> without_names("张三", wordy=True), without_names("老王饺子馆", wordy=True)
    ('xx', '老王饺子馆')
    >>> without_names("联系张三", wordy=False), without_names("2024年13月1日", wordy=False)
    ('xxxx', '2024年13月1日')
    """
    if re.fullmatch(NAME, text.strip()):
        return shape(text)
    return text if wordy else WORDS.sub("x", text)


def without_persons(reason: str) -> str:
    """A reason without the name or number of a person that the cell it quotes may hold.

    >>> without_persons("day: not a day: '张三丰'"), without_persons("day: not a day: '31 Feb'")
    ("day: not a day: 'xxx'", "day: not a day: '31 Feb'")
    """
    wordy = _UNLISTED in reason
    return _QUOTED.sub(lambda found: without_names(found.group(), wordy=wordy), without_numbers(reason))


def masked(taken: Taken) -> Shown:
    """The rejected rows for the quarantine, what may be a person's name or number in a cell shaped.

    Cells of fields that are persons' by their kind are left as they are: the quarantine has them hashed. Columns that
    no field reads are not shown at all.
    """
    bad = taken.rejected.notna()
    raw = taken.raw[bad]
    kinds = {**{name: Field((name,), "integer") for name in matrix_columns(taken.table, raw)}, **taken.table.fields}
    cells = {name: _cells(raw[name], spec) for name, spec in kinds.items() if name in raw and spec.kind not in PRIVATE}
    return Shown(taken.table, raw.assign(**cells), _each(without_persons, taken.rejected[bad]))


def _each(hide: Callable[[str], str], texts: "pd.Series[str]") -> "pd.Series[str]":
    """Every distinct text once."""
    codes, values = pd.factorize(texts)
    return pd.Series([hide(value) for value in values], dtype="str").take(codes).set_axis(texts.index)


def _cells(cells: "pd.Series[str]", spec: Field) -> "pd.Series[str]":
    """Cells with persons' numbers and names shaped; a word that the code list of the field knows is shown."""
    wordy = spec.kind in WORDY
    shown = _each(lambda text: without_names(without_numbers(text), wordy=wordy), cells)
    listed = {text: value for text, value in spec.options.get("codes", {}).items() if text != "*"}
    return shown.where(parse(cells, "coded", codes=listed).values.isna(), cells) if listed else shown


def without_examples(taken: Taken) -> None:
    """Hide persons in the examples of cells that were not read, in place."""
    for name, (count, examples) in taken.unread.items():
        wordy = name in taken.table.fields and taken.table.fields[name].kind in WORDY
        shown = [without_names(without_numbers(text), wordy=wordy) for text in examples]
        taken.unread[name] = (count, shown)


def masked_drops(raws: Sequence[RawTable]) -> list[RawTable]:
    """The same tables, the rows that are no data of theirs shown as their shape: people sign their forms there."""
    return [dataclasses.replace(raw, dropped=tuple(_shaped(entry) for entry in raw.dropped)) for raw in raws]


def _shaped(entry: DroppedRow) -> DroppedRow:
    return entry._replace(text=shape(entry.text))
