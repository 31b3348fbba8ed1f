"""Identifiers of businesses: credit codes, registration and licence numbers, and persons' numbers in their place."""

import re
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskml.errors import DataError, StudyError
from riskml.records._cells import (
    LOST,
    SCIENTIFIC,
    TEXT,
    Mask,
    Read,
    Texts,
    as_column,
    as_mask,
    as_texts,
    matches,
    solid,
    worded,
)
from riskml.records._check_digits import (
    ALPHABET,
    BORN_15,
    credit_checks,
    credit_sound,
    decimal_sound,
    person_sound,
)
from riskml.records.persons import digest

__all__ = ["ALPHABET", "ID_KINDS", "id_kind", "is_uscc", "read_licence", "read_uscc", "uscc_check"]

ID_KINDS: Final = {
    "person": r"^person:[0-9a-f]{16}$",
    "uscc": r"^[0-9A-Z]{18}$",
    "registration": r"^[0-9]{15}$",
    "operation": r"^JY[123][0-9]{13}$",
    "production": r"^SC[12][0-9]{13}$",
    "prepackaged": r"^YB[0-9]{14}$",
    "production_old": r"^QS[0-9]{12}$",
    "sales_old": r"^SP[0-9]{16}$",
    "catering_old": r"^.{0,6}餐证字.{8,}$",
    "hygiene_old": r"^.{0,6}卫.?证字.{4,}$",
}
"""Kinds of identifier by their form. The numbers are JY + 1 business form (1 sales, 2 catering, 3 canteen), 6 district,
6 serial, 1 check; SC + 3 category (1 food, 2 additive), 6 district, 4 serial, 1 check; YB (2021, notified sellers of
prepackaged food) + 14; and those in force before October 2015: QS + 12, SP + 16, 餐证字, 卫证字."""

Reasons = Callable[[Texts], Sequence[tuple[str, Mask]]]
"""Why codes that are not fine are not, the first reason that holds being the fault."""

_CHECKED: Final = ("operation", "production")
_NUMERALS: Final = "^[1-8](?:[0-9]{16}[0-9X]|[0-9]{14})$"
"""May be a person's number, mistyped: a fault does not show it."""

_OLD: Final = ("prepackaged", "production_old", "sales_old", "catering_old", "hygiene_old")
_PERSON: Final = ("fault", "hash")


def uscc_check(code17: str) -> str:
    """The 18th character of a unified social credit code: (31 - sum(value_i x 3^i mod 31)) mod 31 (GB 32100-2015).

    Raises:
        DataError: if these are not 17 characters of `ALPHABET`.

    >>> uscc_check("91440300708461136")
    'T'
    """
    body = np.frombuffer(code17.encode(), dtype=np.uint8)
    check = int(credit_checks(body.reshape(1, 17))[0]) if len(body) == 17 else 0
    if not check:
        raise DataError(f"{code17!r} is not the first 17 characters of a credit code; allowed are those of {ALPHABET}")
    return chr(check)


def is_uscc(column: "pd.Series[str]") -> "pd.Series[bool]":
    """Whether each cell is a unified social credit code with the right check character, exactly as written.

    >>> is_uscc(pd.Series(["91110000802100433B", "91110000802100433C", None], dtype="str")).tolist()
    [True, False, False]
    """
    return pd.Series(credit_sound(as_texts(column))[1], index=column.index, name=column.name)


def id_kind(values: "pd.Series[str]") -> "pd.Series[str]":
    """The kind of each identifier that `parse` has read: a name of `ID_KINDS`, else "local"; missing where it is.

    >>> id_kind(pd.Series(["91110000802100433B", "JY13301080111719", None], dtype="str")).tolist()
    ['uscc', 'operation', nan]
    """
    texts = as_texts(values)
    kinds = pa.array(["local"] * len(texts), type=TEXT)
    for kind, pattern in ID_KINDS.items():
        kinds = pc.if_else(pa.array(matches(texts, pattern)), kind, kinds)
    kinds = pc.if_else(pc.is_valid(texts), kinds, pa.scalar(None, type=TEXT))
    return as_column(kinds, values)


def read_uscc(texts: Texts, *, person: str = "fault", registration: bool = True) -> Read:
    """Unified social credit codes; blanks inside are dropped and small letters made large, nothing else is mended.

    Args:
        texts: trimmed, shape (n,).
        person: what an identity number of a person becomes: "fault", or "hash" for person: + its keyed hash.
        registration: whether a registration number of 15 digits, in use until 2015, is accepted too (GS 15-2006).
    """
    codes = _written(texts)
    _, sound = credit_sound(codes)
    numbered = decimal_sound(codes, 15) & registration

    def reasons(wrong: Texts) -> list[tuple[str, Mask]]:
        lettered, _ = credit_sound(wrong)
        return [
            ("a registration number, not a credit code", decimal_sound(wrong, 15)),
            ("a registration number that fails its check", matches(wrong, "^[0-9]{15}$")),
            ("a credit code that fails its check", lettered),
            ("a credit code with a character it cannot have", matches(wrong, "^[0-9A-Z]{18}$")),
        ]

    return _identified(texts, codes, sound | numbered, reasons, person=person, otherwise="not a credit code")


def read_licence(texts: Texts, *, person: str = "fault", local: Sequence[str] = ()) -> Read:
    """Licence numbers: JY and SC with their check digit, YB and the forms before 2015 by form only.

    Args:
        texts: trimmed, shape (n,).
        person: as in `read_uscc`.
        local: regular expressions of a province's own numbers (小餐饮, 小作坊), each for a whole number.
    """
    codes = _written(texts)
    sound = decimal_sound(pc.utf8_slice_codeunits(codes, 2), 14)
    sound[sound] = _any(codes.filter(pa.array(sound)), [ID_KINDS[kind] for kind in _CHECKED])
    others = [*(ID_KINDS[kind] for kind in _OLD), *(f"^(?:{_valid(pattern)})$" for pattern in local)]
    fine = sound.copy()
    fine[~sound] = _any(codes.filter(pa.array(~sound)), others)

    def reasons(wrong: Texts) -> list[tuple[str, Mask]]:
        return [
            ("a licence number that fails its check", _any(wrong, [ID_KINDS[kind] for kind in _CHECKED])),
            ("a licence number of the wrong length or class", matches(wrong, "^(?:JY|SC|YB|QS|SP)[0-9]{6,}$")),
        ]

    return _identified(texts, codes, fine, reasons, person=person, otherwise="not a licence number")


def _written(texts: Texts) -> Texts:
    return pc.ascii_upper(solid(texts))


def _any(codes: Texts, patterns: Sequence[str]) -> Mask:
    found = np.zeros(len(codes), dtype=np.bool_)
    for pattern in patterns:
        found |= matches(codes, pattern)
    return found


def _valid(pattern: str) -> str:
    try:
        re.compile(pattern)
        matches(pa.array([""], type=TEXT), pattern)
    except (re.error, TypeError, pa.ArrowInvalid) as error:
        raise StudyError(f"local licence pattern {pattern!r} is not a regular expression: {error}") from error
    return pattern


def _identified(texts: Texts, codes: Texts, fine: Mask, reasons: Reasons, *, person: str, otherwise: str) -> Read:
    """Codes that are fine and cannot be a person's number; the rest is looked at more closely."""
    if person not in _PERSON:
        raise StudyError(f"person must be one of {list(_PERSON)}, got {person!r}")
    rest = as_mask(pc.is_valid(codes)) & ~(fine & matches(codes, "^[^1-8]|^.{15}$"))
    if not rest.any():
        return Read(codes, pa.nulls(len(codes), TEXT))
    at = pa.array(rest)
    closer = _judged(texts.filter(at), codes.filter(at), fine[rest], reasons, person=person, otherwise=otherwise)
    faults = pc.replace_with_mask(pa.nulls(len(codes), TEXT), at, closer.faults)
    return Read(pc.replace_with_mask(codes, at, closer.values), faults)


def _judged(texts: Texts, codes: Texts, fine: Mask, reasons: Reasons, *, person: str, otherwise: str) -> Read:
    """Persons' numbers are hashed or refused, the others kept or refused; no fault shows a person's number."""
    named = person_sound(codes) | (matches(codes, BORN_15) & ~fine)
    hashing = named & (person == "hash")
    wrong = ~hashing & (named | ~fine)
    private = [
        ("an identity number of a person", wrong & named),
        (
            "a number of 15 or 18 digits that fails its check",
            wrong & matches(codes, _NUMERALS) & ~decimal_sound(codes, 15),
        ),
        ("a number with hidden characters", wrong & matches(codes, r"^[0-9A-Z]*\*[0-9A-Z*]*$")),
    ]
    faults = worded(texts, private, private=True)
    open_ = [(LOST, matches(codes, SCIENTIFIC)), *reasons(codes)]
    faults = pc.coalesce(faults, worded(texts, [(reason, wrong & mask) for reason, mask in open_]))
    unnamed = wrong & as_mask(pc.is_null(faults))
    faults = pc.coalesce(faults, worded(texts, [(otherwise, unnamed)], private=True))
    people = pa.array([f"person:{one}" for one in digest(codes.filter(pa.array(hashing)).to_pylist())], type=TEXT)
    values = pc.if_else(pa.array(~wrong), codes, pa.scalar(None, type=TEXT))
    return Read(pc.replace_with_mask(values, pa.array(hashing), people), faults)
