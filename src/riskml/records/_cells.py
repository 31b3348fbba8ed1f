"""Cells as Arrow text: trimmed, in half-width form, missing marks blanked, faults put into words."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskml.errors import DataError

Mask = NDArray[np.bool_]
Texts = Any
"""A pyarrow array of type `TEXT`, shape (n,); null where a cell is missing."""

TEXT: Final = pa.large_string()
BLANKS: Final = " \t\r\n\x0b\x0c\u00a0\u3000\u200b\ufeff"
"""What surrounds a text without being part of it: spaces of all widths, tabs, line ends, byte order marks."""

MARKS: Final = (
    "", "/", "-", "--", "–", "—", "——", "―", "无", "无数据", "null", "nan", "n/a", "0000-00-00", "1900-01-01",
)  # fmt: skip
"""Whole cells that mean "missing" (RECORDS.md 1), full-width forms and capitals included."""

SCIENTIFIC: Final = r"^[+-]?(?:[0-9]+\.[0-9]+[eE][+-]?[0-9]+|[0-9]+[eE][+-][0-9]+)$"
LOST: Final = "scientific notation, digits are lost"
_SHOWN: Final = 40


@dataclass(frozen=True)
class Read:
    """What a reader made of some texts.

    Attributes:
        values: pyarrow array, shape (n,), null where there is no value.
        faults: `TEXT`, shape (n,), null where the text was read or missing.
    """

    values: Any
    faults: Texts


def as_texts(column: "pd.Series[str]") -> Texts:
    """The cells of a column as they stand.

    Raises:
        DataError: if the column holds anything but text.
    """
    try:
        array = pa.array(column, type=TEXT)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeEncodeError) as error:
        raise DataError(
            f"column {column.name!r} is not text ({column.dtype}); read every cell as text first"
        ) from error
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def as_column(array: Any, like: "pd.Series[Any]") -> "pd.Series[Any]":
    """A pyarrow array as a column in the type of the contract, with the index and name of another column."""
    dtypes: dict[Any, Any] = {
        TEXT: pd.StringDtype(na_value=np.nan),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    if array.type in dtypes:
        values: Any = dtypes[array.type].__from_arrow__(array)
    elif pa.types.is_list(array.type):
        values = np.fromiter(array.to_pylist(), dtype=object, count=len(array))
    else:
        values = array.to_numpy(zero_copy_only=False)
    return pd.Series(values, index=like.index, name=like.name, copy=False)


def as_mask(array: Any) -> Mask:
    """A pyarrow array of booleans as numpy, null being False."""
    return np.asarray(pc.fill_null(array, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def matches(texts: Texts, pattern: str) -> Mask:
    """Where the pattern is found; False for a missing cell."""
    return as_mask(pc.match_substring_regex(texts, pattern))


def where(mask: Mask, texts: Texts) -> Texts:
    """The texts where the mask holds, null elsewhere."""
    return texts if mask.all() else pc.if_else(pa.array(mask), texts, pa.scalar(None, type=texts.type))


def replaced(texts: Texts, pattern: str, replacement: str) -> Texts:
    """The texts with every match of the pattern replaced; those without one are not copied."""
    found = matches(texts, pattern)
    if not found.any():
        return texts
    new = pc.replace_substring_regex(texts.filter(pa.array(found)), pattern=pattern, replacement=replacement)
    return pc.replace_with_mask(texts, pa.array(found), new)


def trimmed(texts: Texts) -> Texts:
    r"""Without the `BLANKS` around, and without the apostrophe by which Excel marks a text.

    >>> trimmed(pa.array(["\u3000 '0012\t"], type=TEXT)).to_pylist()
    ['0012']
    """
    return pc.utf8_rtrim(pc.utf8_ltrim(texts, BLANKS + "'"), BLANKS)


def half_width(texts: Texts) -> Texts:
    """NFKC, so that full-width digits, letters and signs are the plain ones.

    A text with a raised, lowered, ringed or fractional digit stays as it is: NFKC would make 5² into 52.

    >>> half_width(pa.array(["２０２１／５", "5²"], type=TEXT)).to_pylist()
    ['2021/5', '5²']
    """
    plain = as_mask(pc.string_is_ascii(texts))
    if plain.all():
        return texts
    change = ~plain & as_mask(pc.is_valid(texts)) & ~matches(texts, r"\p{No}")
    return pc.replace_with_mask(texts, pa.array(change), pc.utf8_normalize(texts.filter(pa.array(change)), form="NFKC"))


def solid(texts: Texts) -> Texts:
    """Half-width and without any blank or invisible character, as codes are compared."""
    return replaced(half_width(texts), r"[\s\p{Z}\p{Cf}]+", "")


def blanked(texts: Texts, extra: Sequence[str], keep: Iterable[str] = ()) -> Texts:
    """Trimmed texts with every missing mark made null.

    Args:
        texts: trimmed.
        extra: further texts that mean "missing".
        keep: marks that mean something in this column, as 无 does in a flag.

    >>> blanked(pa.array(["／", "Null", "无", "-5", "停业"], type=TEXT), ["停业"], ["无"]).to_pylist()
    [None, None, '无', '-5', None]
    """
    marks = sorted({_plain(mark) for mark in (*MARKS, *extra)} - {_plain(word) for word in keep})
    short = pc.less_equal(pc.binary_length(texts), max(3 * len(mark.encode()) for mark in marks))
    candidates = pc.utf8_lower(half_width(where(as_mask(short), texts)))
    return where(~as_mask(pc.is_in(candidates, value_set=pa.array(marks, type=TEXT))), texts)


def _plain(mark: str) -> str:
    return unicodedata.normalize("NFKC", mark.strip(BLANKS)).lower()


def worded(texts: Texts, cases: Sequence[tuple[str, Mask]], *, private: bool = False) -> Texts:
    """Faults: the first reason that holds, then the text; null where none holds.

    Args:
        texts: what the cells say.
        cases: reason (without a colon, so that reasons can be counted) and where it holds, shape (n,).
        private: show the shape of the text only, because it may name a person.

    >>> texts = pa.array(["31 Feb", "ok"], type=TEXT)
    >>> worded(texts, [("no such day", np.array([True, False]))])[0].as_py()
    "no such day: '31 Feb'"
    """
    which = np.full(len(texts), -1)
    for number, (_, mask) in enumerate(cases):
        which[(which < 0) & mask] = number
    at = which >= 0
    if not at.any():
        return pa.nulls(len(texts), TEXT)
    some = texts.filter(pa.array(at))
    reasons = pa.array([f"{reason}: '" for reason, _ in cases], type=TEXT).take(pa.array(which[at]))
    new = joined(reasons, _shape(some) if private else _shown(some), "'")
    return pc.replace_with_mask(pa.nulls(len(texts), TEXT), pa.array(at), new)


def explained(texts: Texts, bad: Mask, cases: Callable[[Texts], Sequence[tuple[str, Mask]]]) -> Texts:
    """Faults of the bad texts, as `worded`; `cases` is asked about these alone, which are few as a rule."""
    if not bad.any():
        return pa.nulls(len(texts), TEXT)
    some = texts.filter(pa.array(bad))
    return pc.replace_with_mask(pa.nulls(len(texts), TEXT), pa.array(bad), worded(some, cases(some)))


def joined(*parts: "Texts | str") -> Texts:
    """Texts one after the other, null where one of them is."""
    arrays = [pa.scalar(part, type=TEXT) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*arrays, pa.scalar("", type=TEXT))


def _shown(texts: Texts) -> Texts:
    """The text fit for one line of a report: control characters gone, the rest of a long text left out."""
    plain = replaced(texts, r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]", " ")
    long = pc.greater(pc.utf8_length(plain), _SHOWN)
    return pc.replace_with_mask(plain, long, joined(pc.utf8_slice_codeunits(plain.filter(long), 0, _SHOWN), "…"))


def _shape(texts: Texts) -> Texts:
    """9 for every digit and x for every letter: what the cell looks like, not what it says."""
    return _shown(replaced(replaced(texts, r"\p{N}", "9"), r"\p{L}", "x"))
