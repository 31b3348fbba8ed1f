"""Check characters of identifiers over whole columns: GB 32100, GB/T 17710 (MOD 11,10) and GB 11643 (MOD 11-2)."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskml.records._cells import Mask, Texts, as_mask, matches, where

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Characters of a unified social credit code (GB 32100-2015), without I O S V Z; the index is the value."""

Bytes = NDArray[np.uint8]

_NONE: Final = 31
_CODES: Final = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_VALUES: Final = np.full(256, _NONE, dtype=np.int64)
_VALUES[_CODES] = np.arange(31)
_ZERO: Final = ord("0")
_CREDIT_WEIGHTS: Final = [pow(3, place, 31) for place in range(17)]
_PERSON_WEIGHTS: Final = [pow(2, 17 - place, 11) for place in range(17)]
_PERSON_CHECKS: Final = np.frombuffer(b"10X98765432", dtype=np.uint8)

BORN_18: Final = r"^[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]$"
BORN_15: Final = r"^[1-8][0-9]{5}[2-9][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}$"
"""Identity numbers of persons (GB 11643, 18 characters; before 1999, 15 digits): a day of birth is in them."""


def characters(texts: Texts, width: int) -> "tuple[Mask, Bytes]":
    """Which texts have `width` ASCII characters, shape (n,), and these texts as bytes, shape (k, width)."""
    fits = as_mask(pc.equal(pc.binary_length(texts), width)) & as_mask(pc.string_is_ascii(texts))
    chosen = texts.filter(pa.array(fits)).cast(pa.large_binary()).cast(pa.binary(width))
    data = np.frombuffer(chosen.buffers()[1] or b"", dtype=np.uint8)
    return fits, data[: len(chosen) * width].reshape(len(chosen), width)


def credit_checks(bodies: Bytes) -> Bytes:
    """The 18th character of credit codes: (31 - sum(value_i x 3^i mod 31)) mod 31, GB 32100-2015.

    Args:
        bodies: the 17 characters before it, shape (k, 17).

    Returns:
        The character, shape (k,); 0 where one of the 17 is not in `ALPHABET`.

    >>> bodies = np.frombuffer(b"91350100M000100Y4", dtype=np.uint8).reshape(1, 17)
    >>> credit_checks(bodies).tobytes()
    b'3'
    """
    total = np.zeros(len(bodies), dtype=np.int64)
    known = np.ones(len(bodies), dtype=np.bool_)
    for place, weight in enumerate(_CREDIT_WEIGHTS):
        value = _VALUES[bodies[:, place]]
        known &= value != _NONE
        total += value * weight
    return np.where(known, _CODES[(31 - total % 31) % 31], 0).astype(np.uint8)


def decimal_checks(bodies: Bytes) -> Bytes:
    """The last digit of licence and registration numbers: GB/T 17710 (ISO 7064) MOD 11,10.

    Args:
        bodies: the digits before it as ASCII, shape (k, m).

    >>> decimal_checks(np.frombuffer(b"4403011034486", dtype=np.uint8).reshape(1, 13)).shape
    (1,)
    >>> decimal_checks(np.frombuffer(b"44030110344866", dtype=np.uint8).reshape(1, 14)).tobytes()
    b'9'
    """
    product = np.full(len(bodies), 10, dtype=np.int64)
    for place in range(bodies.shape[1]):
        total = (product + bodies[:, place] - _ZERO) % 10
        product = np.where(total == 0, 10, total) * 2 % 11
    return ((11 - product) % 10 + _ZERO).astype(np.uint8)


def person_checks(bodies: Bytes) -> Bytes:
    """The 18th character of a person's identity number: GB 11643-1999 (ISO 7064 MOD 11-2).

    >>> person_checks(np.frombuffer(b"11010519491231002", dtype=np.uint8).reshape(1, 17)).tobytes()
    b'X'
    """
    total = np.zeros(len(bodies), dtype=np.int64)
    for place, weight in enumerate(_PERSON_WEIGHTS):
        total += (bodies[:, place].astype(np.int64) - _ZERO) * weight
    return _PERSON_CHECKS[total % 11]


def credit_sound(texts: Texts) -> "tuple[Mask, Mask]":
    """Where the text has 18 characters of the alphabet, and where its check character is right too, shape (n,)."""
    fits, data = characters(texts, 18)
    expected = credit_checks(data[:, :17])
    lettered, sound = fits.copy(), fits.copy()
    lettered[fits] = (expected != 0) & (_VALUES[data[:, 17]] != _NONE)
    sound[fits] = (expected == data[:, 17]) & (data[:, 0] != _ZERO)
    return lettered, sound


def decimal_sound(texts: Texts, width: int) -> Mask:
    """Where the text is `width` digits of which the last one checks the others, shape (n,)."""
    fits, data = characters(texts, width)
    numeric = ((data >= _ZERO) & (data <= _ZERO + 9)).all(axis=1)
    fits[fits] = numeric & (decimal_checks(data[:, :-1]) == data[:, -1])
    return fits


def person_sound(texts: Texts) -> Mask:
    """Where the text is an identity number of 18 characters with a possible birthday and the right check character."""
    fits, data = characters(where(matches(texts, BORN_18), texts), 18)
    fits[fits] = person_checks(data[:, :17]) == data[:, 17]
    return fits
