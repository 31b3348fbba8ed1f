"""Readers of words: text, keys for matching, codes, code lists, flags, and several values in one cell."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskml.errors import StudyError
from riskml.records._cells import (
    LOST,
    SCIENTIFIC,
    TEXT,
    Read,
    Texts,
    as_mask,
    half_width,
    joined,
    matches,
    replaced,
    worded,
)

YES: Final = ("是", "有", "y", "yes", "true", "1", "√", "✓", "✔")
NO: Final = ("否", "无", "n", "no", "false", "0", "×", "✗", "✘")
SEPARATORS: Final = "、；;，,\n║|"
"""Characters that may part the values of one cell."""

_NAMED: Final = 20


def read_text(texts: Texts) -> Read:
    """The text as it stands."""
    return Read(texts, pa.nulls(len(texts), TEXT))


def read_key(texts: Texts) -> Read:
    """The text for matching: NFKC, no blanks, one kind of brackets, small letters; equal keys mean equal names."""
    bare = replaced(pc.utf8_normalize(texts, form="NFKC"), r"[\s\p{Z}\p{Cc}\p{Cf}]+", "")
    keys = pc.utf8_lower(replaced(replaced(bare, r"[〔〖【\[{「『]", "("), r"[〕〗】\]}」』]", ")"))
    marked = pa.array(matches(keys, r"[^\x00-\x{ff}\x{3000}-\x{303f}\x{4e00}-\x{9fff}]|\p{M}"))
    keys = pc.replace_with_mask(keys, marked, pc.utf8_normalize(keys.filter(marked), form="NFKC"))
    empty = as_mask(pc.equal(keys, ""))
    return Read(
        pc.if_else(pa.array(empty), pa.scalar(None, type=TEXT), keys), worded(texts, [("no text in it", empty)])
    )


def read_code(texts: Texts, *, length: "int | Sequence[int] | None" = None) -> Read:
    """A code, never a number: what a spreadsheet has rounded or turned into a number is refused.

    Args:
        texts: trimmed, shape (n,).
        length: the number of characters it has, or those it may have.
    """
    lengths = list(length) if isinstance(length, (list, tuple)) else [] if length is None else [length]
    if not all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in lengths):
        raise StudyError(f"length must be a positive whole number or a list of them, got {length!r}")
    codes = half_width(texts)
    size = pc.is_in(pc.utf8_length(codes), value_set=pa.array(lengths, type=pa.int32()))
    off = as_mask(pc.is_valid(codes)) & ~as_mask(size) & bool(lengths)
    cases = [
        (LOST, matches(codes, SCIENTIFIC)),
        ("a number with a decimal point, leading zeros may be lost", matches(codes, r"^[0-9]+\.0+$")),
        (f"a code of another length than {' or '.join(map(str, lengths))}", off),
    ]
    return kept(codes, worded(codes, cases))


def kept(values: Any, faults: Texts) -> Read:
    """The values where there is no fault."""
    return Read(pc.if_else(pc.is_null(faults), values, pa.scalar(None, type=values.type)), faults)


def read_flag(texts: Texts, *, yes: Sequence[str] = (), no: Sequence[str] = ()) -> Read:
    """Yes or no, in the words of `YES` and `NO` and further ones of the column."""
    true, false = _matching(_small([*YES, *yes])), _matching(_small([*NO, *no]))
    both = sorted(set(true) & set(false))
    if both:
        raise StudyError(f"the words {both} mean yes and no at once; allowed is one meaning for each")
    meaning = dict.fromkeys(true, True) | dict.fromkeys(false, False)
    found = [meaning.get(word) for word in _matching(pc.utf8_lower(texts))]
    return _looked_up(texts, found, pa.bool_(), list(meaning))


def _small(words: Sequence[str]) -> list[str]:
    return [word.lower() for word in words]


def read_coded(texts: Texts, *, codes: Mapping[str, Any]) -> Read:
    """A value by its text.

    Args:
        texts: trimmed, shape (n,).
        codes: text -> value; "~regex" stands for every text that the regex fits as a whole (so that ~合格 does not
            fit 不合格), in the order written and after the exact texts; "*" for any other text.
    """
    kind = _value_type(codes)
    exact = _exact(codes)
    patterns = [(_compiled(key), value) for key, value in codes.items() if key.startswith("~")]
    default = codes.get("*")
    found = [_code(word, exact, patterns, default) for word in _matching(texts)]
    return _looked_up(texts, found, kind, list(codes))


def _code(
    word: "str | None", exact: dict[str, Any], patterns: "list[tuple[re.Pattern[str], Any]]", default: Any
) -> Any:
    if word is None:
        return None
    if word in exact:
        return exact[word]
    return next((value for pattern, value in patterns if pattern.fullmatch(word)), default)


def _exact(codes: Mapping[str, Any]) -> dict[str, Any]:
    exact: dict[str, Any] = {}
    texts = [key for key in codes if key != "*" and not key.startswith("~")]
    for text, word in zip(texts, _matching(texts), strict=True):
        if exact.setdefault(word or "", codes[text]) != codes[text]:
            raise StudyError(f"code {text!r} is listed twice with the values {exact[word or '']!r} and {codes[text]!r}")
    return exact


def _compiled(key: str) -> "re.Pattern[str]":
    try:
        return re.compile(key[1:])
    except re.error as error:
        raise StudyError(f"code {key!r} is not a regular expression: {error}") from error


def _value_type(codes: Mapping[str, Any]) -> Any:
    types = {type(value) for value in codes.values()}
    allowed = {str: TEXT, bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    if types == {int, float}:
        return pa.float64()
    if len(types) != 1 or not types <= set(allowed):
        raise StudyError(f"the values of codes must all be text, whole numbers, numbers or flags, got {codes!r}")
    return allowed[types.pop()]


def _looked_up(texts: Texts, found: "list[Any]", kind: Any, words: "list[str]") -> Read:
    """Values found; a fault where a text has none."""
    unknown = as_mask(pc.is_valid(texts)) & np.array([value is None for value in found], dtype=np.bool_)
    faults = worded(texts, [("not a listed value", unknown)])
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    allowed = f"; listed are {', '.join(words[:_NAMED])}{more}"
    return Read(pa.array(found, type=kind), joined(faults, allowed))


def _matching(texts: "Texts | Sequence[str]") -> "list[Any]":
    """NFKC, every run of blanks one space, for comparing with listed words."""
    array = texts if isinstance(texts, pa.Array) else pa.array(list(texts), type=TEXT)
    single = pc.replace_substring_regex(pc.utf8_normalize(array, form="NFKC"), pattern=r"[\s\p{Z}]+", replacement=" ")
    words: list[Any] = pc.utf8_trim(single, " ").to_pylist()
    return words


def read_list(texts: Texts, *, separators: str) -> Read:
    """The parts of a cell, in order, trimmed; empty parts are left out.

    Args:
        texts: trimmed, shape (n,).
        separators: the characters of `SEPARATORS` that part values in this column.
    """
    if not isinstance(separators, str) or not separators or set(separators) - set(SEPARATORS):
        raise StudyError(f"separators must be some of the characters {SEPARATORS!r}, got {separators!r}")
    cut = re.compile(f"[{re.escape(separators)}]")
    parts = [None if text is None else _parts(cut, text) for text in texts.to_pylist()]
    empty = np.array([part == [] for part in parts], dtype=np.bool_)
    values = pa.array([part or None for part in parts], type=pa.list_(TEXT))
    return Read(values, worded(texts, [("separators without a value", empty)]))


def _parts(cut: "re.Pattern[str]", text: str) -> list[str]:
    return [part.strip() for part in cut.split(text) if part.strip()]
