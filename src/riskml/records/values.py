"""Text columns become typed values: a value, a missing mark, or a fault in words for each cell; nothing is guessed."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskml.errors import StudyError
from riskml.records._cells import Read, Texts, as_column, as_texts, blanked, trimmed
from riskml.records._day_reader import read_day, scan
from riskml.records._numbers import read_integer, read_money, read_number
from riskml.records._words import NO, YES, read_code, read_coded, read_flag, read_key, read_list, read_text
from riskml.records.identifiers import read_licence, read_uscc
from riskml.records.persons import hashed, read_person, read_phone
from riskml.scorer.messages import meant

__all__ = ["KINDS", "Parsed", "check_options", "day_formats", "hashed", "parse"]

KINDS: Final[dict[str, Callable[..., Read]]] = {
    "text": read_text,
    "key": read_key,
    "code": read_code,
    "day": read_day,
    "integer": read_integer,
    "number": read_number,
    "money": read_money,
    "flag": read_flag,
    "coded": read_coded,
    "uscc": read_uscc,
    "licence": read_licence,
    "person": read_person,
    "phone": read_phone,
    "list": read_list,
}
"""Kinds of column, each with its reader; the keyword arguments of the reader are the options of the kind."""

_WORD_BY_WORD: Final = ("flag", "coded", "person", "phone", "list")
"""Kinds read in Python, a distinct text at a time; the others are read by the column."""

_SAMPLE: Final = 10_000


@dataclass(frozen=True)
class Parsed:
    """A column after reading, its index and name kept; a cell has a value, or a fault, or is missing.

    Attributes:
        values: typed as in `records.contract.DTYPES`; object (lists of text) for kind "list".
        faults: missing where the cell is fine; else a reason, a colon, and the text. What may name a person is
            shown as its shape only (9 for a digit, x for a letter).
    """

    values: "pd.Series[Any]"
    faults: "pd.Series[str]"


def parse(column: "pd.Series[str]", kind: str, **options: Any) -> Parsed:
    """Read a column of text.

    Args:
        column: cells as exported; missing or blank ones and the marks of RECORDS.md 1 are missing values.
        kind: a name of `KINDS`.
        options: those of the kind's reader; and `missing`, a list of further texts that mean a missing value. A text
            that the kind itself knows (无 in a flag, a listed code) goes before a missing mark.

    Raises:
        StudyError: for an unknown kind or option, or a wrong option value.
        DataError: if the column is not text, or persons are to be hashed and RISKML_SALT is not set.

    >>> read = parse(pd.Series(["2021年5月7日", "2021-02-30", "——"], dtype="str"), "day")
    >>> read.values.dt.strftime("%Y-%m-%d").tolist(), read.faults.tolist()
    (['2021-05-07', nan, nan], [nan, "no such day: '2021-02-30'", nan])
    >>> parse(pd.Series(["2万元", "3,000元"], dtype="str"), "money").values.tolist()
    [20000.0, 3000.0]
    """
    _check_names(kind, options)
    texts = as_texts(column)
    if not (kind in _WORD_BY_WORD or _repeats(texts)):
        read = _read(texts, kind, options)
        return Parsed(as_column(read.values, column), as_column(read.faults, column))
    encoded = texts.dictionary_encode()
    read = _read(encoded.dictionary, kind, options)
    return Parsed(
        as_column(_taken(read.values, encoded.indices), column), as_column(_taken(read.faults, encoded.indices), column)
    )


def check_options(kind: str, options: dict[str, Any]) -> None:
    """Refuse what `parse` would refuse, without a column: for checking a source file.

    Raises:
        StudyError: for an unknown kind or option, an option that is missing, or a wrong option value.
    """
    parse(pd.Series([], dtype="str"), kind, **options)


def day_formats(column: "pd.Series[str]", **options: Any) -> dict[str, int]:
    """How many cells of a column have each form of day: for drafting a source file, and for its report.

    Args:
        column: cells as exported.
        options: those of kind "day".

    Returns:
        Cells by form ("and more" where a time of day or other text follows), "missing", or reason of the fault; the
        most frequent first.

    >>> day_formats(pd.Series(["2021/5/7", "2021/5/8 10:30", "21/5/7", "/"], dtype="str"))
    {'2021/5/7': 1, '2021/5/7 and more': 1, 'a year of two digits': 1, 'missing': 1}
    """
    _check_names("day", options)
    encoded = as_texts(column).dictionary_encode()
    texts = _marked(encoded.dictionary, "day", options)
    defaults = {name: item.default for name, item in inspect.signature(read_day).parameters.items() if name != "texts"}
    labels = scan(texts, **(defaults | {name: value for name, value in options.items() if name != "missing"})).labels()
    counts = np.bincount(pc.fill_null(encoded.indices, len(labels)).to_numpy(), minlength=len(labels) + 1)
    table = pd.Series(counts).groupby([*labels, "missing"]).sum()
    found = {str(label): int(count) for label, count in table.items() if count}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _check_names(kind: str, options: dict[str, Any]) -> None:
    if kind not in KINDS:
        raise StudyError(f"unknown kind of column {kind!r}; allowed are {list(KINDS)}{meant(kind, KINDS)}")
    known = {name: item.default for name, item in inspect.signature(KINDS[kind]).parameters.items() if name != "texts"}
    known["missing"] = ()
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise StudyError(f"kind {kind!r} has no option {unknown}; allowed are {list(known)}{meant(unknown[0], known)}")
    absent = [name for name, default in known.items() if default is inspect.Parameter.empty and name not in options]
    if absent:
        raise StudyError(f"kind {kind!r} needs the option {absent}; give it")
    for name, value in options.items():
        _check_value(name, value, known[name])


def _check_value(name: str, value: Any, default: Any) -> None:
    """Flags are true or false and lists are lists of texts; all other options are checked by their reader."""
    if isinstance(default, bool) and not isinstance(value, bool):
        raise StudyError(f"option {name} must be true or false, got {value!r}")
    listed = isinstance(value, list | tuple) and all(isinstance(one, str) and one for one in value)
    if default == () and not listed:
        raise StudyError(f"option {name} must be a list of texts, got {value!r}")
    if name == "codes" and not (isinstance(value, Mapping) and value and all(isinstance(key, str) for key in value)):
        raise StudyError(f"option codes must be a table of text -> value with at least one line, got {value!r}")


def _repeats(texts: Texts) -> bool:
    """Whether reading each distinct text once pays: judged by a sample spread over the column."""
    sample = texts.take(pa.array(np.linspace(0, max(len(texts) - 1, 0), min(len(texts), _SAMPLE)).astype(np.int64)))
    return len(texts) == 0 or pc.count_distinct(sample).as_py() < 0.8 * len(sample)


def _read(texts: Texts, kind: str, options: dict[str, Any]) -> Read:
    return KINDS[kind](_marked(texts, kind, options), **{name: options[name] for name in options if name != "missing"})


def _marked(texts: Texts, kind: str, options: dict[str, Any]) -> Texts:
    """Trimmed, with the missing marks made null, but for the words that the column knows."""
    known = {
        "flag": [*YES, *NO, *options.get("yes", ()), *options.get("no", ())],
        "coded": [text for text in options.get("codes", ()) if text != "*" and not text.startswith("~")],
    }
    return blanked(trimmed(texts), options.get("missing", ()), known.get(kind, ()))


def _taken(array: Any, indices: Any) -> Any:
    return pa.nulls(len(indices), array.type) if array.null_count == len(array) else array.take(indices)
