"""Persons: names, telephone and identity numbers leave the importer only as keyed hashes, or not at all."""

import hmac
import os
import re
from collections.abc import Sequence
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskml.errors import DataError
from riskml.records._cells import (
    TEXT,
    Read,
    Texts,
    as_column,
    as_mask,
    as_texts,
    half_width,
    matches,
    trimmed,
    where,
    worded,
)
from riskml.records._check_digits import BORN_15, BORN_18

SALT: Final = "RISKML_SALT"
"""Environment variable with the secret key of the hashes; it stays with whoever imports."""

HIDDEN: Final = "[*＊×●○■某]"
"""Characters that stand for hidden ones: what is left names nobody."""

PHONE: Final = r"(?:86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}|0[0-9]{2,3}[ -]?[0-9]{7,8}"
_BORN: Final = rf"{BORN_18.strip('^$').replace('[0-9X]', '[0-9Xx]')}|{BORN_15.strip('^$')}"
_PERSONAL: Final = f"(?:{_BORN}|{PHONE})"
NUMBER: Final = re.compile(rf"(?<![0-9])(?<![0-9]\.){_PERSONAL}(?![0-9])")
"""Identity numbers of persons, mobile and fixed telephone numbers of China; no digits of a longer number."""
_HALF: Final = str.maketrans({0xFF01 + place: 0x21 + place for place in range(94)})
_HEX: Final = 16


def hashed(column: "pd.Series[str]") -> "pd.Series[str]":
    """Names of persons as keyed hashes: HMAC-SHA256 with the salt of RISKML_SALT, first 16 hexadecimal digits.

    The same person gives the same hash whatever the blanks and the width of the letters.

    Args:
        column: names; a blank one is missing.

    Raises:
        DataError: if there is a name and RISKML_SALT is not set.
    """
    texts = trimmed(as_texts(column)).dictionary_encode()
    digests = pa.array(digest(name_keys(texts.dictionary).to_pylist()), type=TEXT)
    return as_column(digests.take(texts.indices), column)


def digest(texts: Sequence["str | None"]) -> "list[str | None]":
    """Keyed hashes of texts; nothing for a missing or empty one.

    Raises:
        DataError: if there is a text and RISKML_SALT is not set.
    """
    if not any(texts):
        return [None] * len(texts)
    salt = os.environ.get(SALT, "").encode("utf-8", "surrogateescape")
    if not salt.strip():
        raise DataError(f"these records name persons, stored as hashes only: set {SALT} to a secret of your own")
    return [hmac.digest(salt, text.encode(), "sha256").hex()[:_HEX] if text else None for text in texts]


def name_keys(texts: Texts) -> Texts:
    """Names for comparing: NFKC, single blanks, and none beside a character that is not ASCII (张 三 is 张三)."""
    plain = pc.replace_substring_regex(
        pc.utf8_normalize(texts, form="NFKC"), pattern=r"[\s\p{Z}\p{Cf}]+", replacement=" "
    )
    left = pc.replace_substring_regex(plain, pattern=r"([^\x00-\x7f]) ", replacement=r"\1")
    return pc.utf8_trim(pc.replace_substring_regex(left, pattern=r" ([^\x00-\x7f])", replacement=r"\1"), " ")


def read_person(texts: Texts) -> Read:
    """Hashes of names; a name with hidden characters is a fault, shown without its letters."""
    return _read(texts, name_keys(texts), [("a name with hidden characters", HIDDEN)])


def read_phone(texts: Texts) -> Read:
    """Hashes of telephone numbers: their digits, without the prefix of China; a fault never shows the number."""
    plain = half_width(texts)
    written = where(matches(plain, r"^[+(]?[0-9][0-9 ()+/-]*(?:转 ?[0-9]+)?$"), plain)
    digits = pc.replace_substring_regex(written, pattern="[^0-9]", replacement="")
    numbers = pc.replace_substring_regex(digits, pattern="^(?:00)?86(1[3-9][0-9]{9})$", replacement=r"\1")
    fitting = where(matches(numbers, "^[0-9]{7,15}$"), numbers)
    return _read(texts, fitting, [("a number with hidden digits", HIDDEN), ("not a telephone number", "")])


def shape(text: str) -> str:
    """The shape of a text.

    >>> shape("张三 138-1234")
    'xx 999-9999'
    """
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", text))


def without_numbers(text: str) -> str:
    """A text with the numbers of persons shaped, in full-width characters too.

    >>> without_numbers("电话１３８００００１２３４，3项"), without_numbers("JY29999990000000 110101199003074477")
    ('电话99999999999,3项', 'JY29999990000000 999999999999999999')
    """
    plain = text.translate(_HALF)
    shown = NUMBER.sub(lambda found: shape(found.group()), plain)
    return text if shown == plain else shown


def numbers_of_persons(column: "pd.Series[str]") -> "pd.Series[bool]":
    """Which cells hold the number of a person and nothing else, whatever their column is for.

    >>> numbers_of_persons(pd.Series(["13800001234", " 110101199003074477", "138", ""], dtype="str")).tolist()
    [True, True, False, False]
    """
    return _fitting(column, f"^{_PERSONAL}$")


def numbers_shaped(column: "pd.Series[str]") -> "pd.Series[str]":
    """Cells of words in which the numbers of persons are shaped, as `without_numbers`.

    >>> numbers_shaped(pd.Series(["老王面馆 13800001234", "24小时便利店"], dtype="str")).tolist()
    ['老王面馆 99999999999', '24小时便利店']
    """
    some = _fitting(column, _PERSONAL)
    return column.mask(some, column[some].map(without_numbers)) if some.any() else column


def _fitting(column: "pd.Series[str]", pattern: str) -> "pd.Series[bool]":
    return pd.Series(matches(trimmed(half_width(as_texts(column))), pattern), index=column.index)


def _read(texts: Texts, keys: Texts, cases: Sequence[tuple[str, str]]) -> Read:
    """Hash the keys; the reasons hold where their pattern is found and, for an empty one, where there is no key."""
    absent = as_mask(pc.is_valid(texts)) & ~as_mask(pc.not_equal(keys, ""))
    masks = [(reason, matches(texts, pattern) if pattern else absent) for reason, pattern in cases]
    faults = worded(texts, [*masks, ("no name in it", absent)], private=True)
    return Read(pa.array(digest(where(as_mask(pc.is_null(faults)), keys).to_pylist()), type=TEXT), faults)
