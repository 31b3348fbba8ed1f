"""Readers of numbers: whole numbers, numbers with units or per cent, and amounts of money in yuan."""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskml.errors import StudyError
from riskml.records._cells import (
    LOST,
    SCIENTIFIC,
    TEXT,
    Mask,
    Read,
    Texts,
    as_mask,
    explained,
    half_width,
    joined,
    matches,
    replaced,
    where,
    worded,
)
from riskml.records._words import kept

POWERS: Final = {"百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8}
"""Multiples written after an amount, as powers of ten."""

BARE: Final = {"yuan": 0, "wan": 4}
"""What a bare amount is counted in: yuan, or 万元 (ten thousand yuan); as powers of ten."""

_LONGEST: Final = 40
_INT64_DIGITS: Final = 18
_CURRENCY: Final = "(?i)^(?:人民币|RMB|CNY|¥) ?"


def read_integer(texts: Texts, *, decimal: str = ".", units: Sequence[str] = (), negative: bool = False) -> Read:
    """Whole numbers below 10^18; "12.0" is one, "12.5" is a fault. Options as in `read_number`."""
    number, _, faults = _scanned(texts, decimal, _listed(units), negative)
    ready = where(as_mask(pc.is_null(faults)), number)
    whole = replaced(ready, r"^[+]|\.0*$", "")
    digits = replaced(whole, "^(-?)0+([1-9])", r"\1\2")
    cases = [
        ("not a whole number", as_mask(pc.match_substring(whole, "."))),
        ("too large a number", as_mask(pc.greater(pc.utf8_length(pc.utf8_ltrim(digits, "-")), _INT64_DIGITS))),
    ]
    faults = pc.coalesce(faults, worded(texts, cases))
    return Read(where(as_mask(pc.is_null(faults)), replaced(digits, "^-?$", "0")).cast(pa.int64()), faults)


def read_number(
    texts: Texts, *, decimal: str = ".", percent: bool = False, units: Sequence[str] = (), negative: bool = False
) -> Read:
    """Finite numbers.

    Args:
        texts: trimmed, shape (n,).
        decimal: the decimal sign, "." or ","; the other one may part thousands, in groups of three digits.
        percent: every number ends in % and is stored as a share (12.5% -> 0.125); one without % is a fault.
        units: words that may follow the number and are dropped, such as 平方米; any other word is a fault.
        negative: whether a number below zero is allowed.
    """
    if percent and units:
        raise StudyError(f"percent and units exclude each other, got units {list(units)!r}; drop one of them")
    number, _, faults = _scanned(texts, decimal, "%" if percent else _listed(units), negative)
    return kept(_valued(number, np.full(len(texts), -2 if percent else 0)), faults)


def read_money(texts: Texts, *, unit: "str | None" = None, decimal: str = ".", negative: bool = False) -> Read:
    """Amounts in yuan: 3,000元, 2万元, 1.5万, 0.2亿元, ¥500.

    Args:
        texts: trimmed, shape (n,).
        unit: what a bare number is counted in, "yuan" or "wan" (the header says 万元); without it one is a fault.
            A unit written in the cell goes before.
        decimal: as in `read_number`.
        negative: whether an amount below zero is allowed.
    """
    if unit is not None and unit not in list(BARE):
        raise StudyError(f"unit must be one of {list(BARE)} or left out, got {unit!r}")
    plain = half_width(texts)
    signed = matches(plain, _CURRENCY)
    amounts = replaced(plain, _CURRENCY, "") if signed.any() else plain
    powers = sorted(POWERS, key=len, reverse=True)
    number, words, faults = _scanned(amounts, decimal, f"(?:{'|'.join(powers)})?(?:[元圆]整?)?", negative, shown=texts)
    bare = as_mask(pc.equal(words, ""))
    cases = [
        ("an amount without a unit", bare & ~signed & (unit is None)),
        ("an amount in yuan or in 万元", bare & signed & (unit == "wan")),
    ]
    faults = pc.coalesce(faults, worded(texts, cases))
    stems = pc.utf8_rtrim(words, "元圆整")
    at = pc.fill_null(pc.index_in(stems, value_set=pa.array(list(POWERS), type=TEXT)), len(POWERS)).to_numpy()
    power = np.where(bare, BARE[unit or "yuan"], np.array([*POWERS.values(), 0])[at])
    return kept(_valued(number, power), faults)


def _listed(units: Sequence[str]) -> str:
    """A pattern for the units, or for nothing."""
    words = half_width(pa.array(sorted(units, key=len, reverse=True), type=TEXT)).to_pylist()
    return f"(?:{'|'.join(re.escape(word) for word in words)})?" if words else ""


def _scanned(
    texts: Texts, decimal: str, unit: str, negative: bool, shown: Texts = None
) -> "tuple[Texts, Texts, Texts]":
    """The numbers as plain digits with a decimal point; what follows them; and the faults, which show `shown`."""
    if decimal not in (".", ","):
        raise StudyError(f"decimal must be '.' or ',', got {decimal!r}")
    thousands = "," if decimal == "." else "."
    body = rf"(?:[0-9]{{1,3}}(?:[{thousands}][0-9]{{3}})+|[0-9]+)(?:[{decimal}][0-9]+)?|[{decimal}][0-9]+"
    plain = replaced(half_width(texts), "\u2212", "-")
    parts = pc.extract_regex(plain, pattern=rf"^(?P<number>[+-]?(?:{body})) ?(?P<unit>{unit})$")
    digits = replaced(pc.struct_field(parts, "number"), re.escape(thousands), "")
    number = digits if decimal == "." else replaced(digits, ",", ".")
    below = as_mask(pc.starts_with(number, "-")) & (not negative)
    below[below] = matches(number.filter(pa.array(below)), "[1-9]")
    bad = below | _long(plain) | (as_mask(pc.is_valid(plain)) & ~as_mask(pc.is_valid(number)))
    faults = explained(
        texts if shown is None else shown, bad, lambda _: _reasons(plain.filter(pa.array(bad)), body, unit)
    )
    return number, pc.struct_field(parts, "unit"), faults


def _long(texts: Texts) -> Mask:
    return as_mask(pc.greater(pc.utf8_length(texts), _LONGEST))


def _reasons(plain: Texts, body: str, unit: str) -> list[tuple[str, Mask]]:
    """Why these texts are no numbers; only such as are none are given."""
    bare = matches(plain, rf"^[+-]?(?:{body})$")
    return [
        ("too long a number", _long(plain) & matches(plain, rf"^[+-]?(?:{body}) ?(?:{unit})$")),
        (LOST, matches(plain, SCIENTIFIC)),
        ("not a finite number", matches(plain, "(?i)^[+-]?(?:inf|infinity|∞)$")),
        ("a number below zero", matches(plain, rf"^-(?:{body}) ?(?:{unit})$")),
        ("a number without %", bare & (unit == "%")),
        ("a unit that is not listed", matches(plain, rf"^[+-]?(?:{body}) ?[^0-9.,+-]+[23]?$")),
        ("not a number", np.ones(len(plain), dtype=np.bool_)),
    ]


def _valued(number: Texts, power: "np.ndarray[Any, np.dtype[np.int_]]") -> Any:
    """The nearest double to number x 10^power, exact where the decimal text is; never -0.0."""
    short = where(~_long(number), number)
    if power.any():
        short = joined(short, "e", pa.array(power).cast(TEXT))
    return pc.add(short.cast(pa.float64()), 0.0)
