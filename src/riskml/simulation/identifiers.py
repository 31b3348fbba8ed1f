"""Made-up identifiers: credit codes with a valid check character, names of businesses, hashed inspectors."""

from hashlib import sha256
from typing import Final

import numpy as np

from riskml.simulation.settings import Ints, Texts

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Characters of a unified social credit code (GB 32100), without I O S V Z."""

NO_DISTRICT: Final = "999999"
"""A district code that no place has: a simulated code is never a real firm's."""

FIRST: Final = "福禄和顺安康泰丰盛兴旺祥瑞喜乐佳美鲜香悦馨诚信德义仁善明朗"
SECOND: Final = "源来春满园家味坊香聚缘轩斋阁楼居苑林泉江湖溪川云月星晨阳华"


def credit_codes(numbers: Ints, individual: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[str]:
    """Unified social credit codes of legal persons.

    Args:
        numbers: a number of its own for each legal person, below 31^8.
        individual: individual businesses (codes beginning with 92), else firms (91).

    >>> credit_codes(np.array([7]), np.array([True]))
    ['92999999MA00000076']
    """
    kinds = np.where(individual, "92", "91")
    bodies = [f"{kind}{NO_DISTRICT}MA{base31(number)}" for number, kind in zip(numbers.tolist(), kinds, strict=True)]
    return [body + check_character(body) for body in bodies]


def base31(number: int) -> str:
    """Seven characters of `ALPHABET` for a number."""
    digits = [ALPHABET[number // 31**place % 31] for place in range(6, -1, -1)]
    return "".join(digits)


def check_character(body: str) -> str:
    """The 18th character of a credit code: (31 - sum(value_i x 3^i mod 31)) mod 31 (GB 32100-2015).

    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return ALPHABET[(31 - total % 31) % 31]


def business_names(rng: np.random.Generator, suffixes: Texts) -> list[str]:
    """Made-up names: two auspicious characters, one more, and the kind of business."""
    words = rng.integers(0, [len(FIRST), len(FIRST), len(SECOND)], size=(len(suffixes), 3)).tolist()
    return [
        FIRST[a] + FIRST[b] + SECOND[c] + suffix for (a, b, c), suffix in zip(words, suffixes.tolist(), strict=True)
    ]


def inspector_ids(seed: int, offices: int, per_office: int) -> Texts:
    """Hashed identifiers of the inspectors, shape (offices, per_office)."""
    flat = [
        "i" + sha256(f"simulated inspector {seed} {number}".encode()).hexdigest()[:10]
        for number in range(offices * per_office)
    ]
    return np.array(flat).reshape(offices, per_office)
