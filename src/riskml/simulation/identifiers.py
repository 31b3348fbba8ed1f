"""Made-up identifiers: credit codes with a valid check character, names of businesses, hashed inspectors."""

from hashlib import sha256
from typing import Final

import numpy as np

from riskml.simulation.partitions import Partition
from riskml.simulation.settings import Flags, Ints, Texts

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Characters of a unified social credit code (GB 32100), without I O S V Z."""

NO_DISTRICT: Final = "999999"
"""A district code that no place has: a simulated code is never a real firm's."""

FIRST: Final = "福禄和顺安康泰丰盛兴旺祥瑞喜乐佳美鲜香悦馨诚信德义仁善明朗"
SECOND: Final = "源来春满园家味坊香聚缘轩斋阁楼居苑林泉江湖溪川云月星晨阳华"


def credit_codes(numbers: Ints, individual: Flags) -> Texts:
    """Unified social credit codes of legal persons, each with its check character (`check_character`).

    Args:
        numbers: a number of its own for each legal person, below 31^7.
        individual: individual businesses (codes beginning with 92), else firms (91).

    >>> credit_codes(np.array([7]), np.array([True])).tolist()
    ['92999999MA00000076']
    """
    digits = np.empty((len(numbers), 17), dtype=np.int64)
    digits[:, :10] = [ALPHABET.index(character) for character in f"91{NO_DISTRICT}MA"]
    digits[:, 1] += individual
    digits[:, 10:] = numbers[:, None] // 31 ** np.arange(6, -1, -1) % 31
    weights = [pow(3, place, 31) for place in range(17)]
    check = (31 - digits @ weights % 31) % 31
    characters = np.array(list(ALPHABET))[np.column_stack([digits, check])]
    return np.asarray(characters.view("<U18")[:, 0], dtype=np.str_)


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


def site_ids(part: Partition) -> Texts:
    """Identifiers of a partition's sites; in the whole city their order as text is that of their numbers."""
    width = max(5, len(str(part.city_sites - 1)))
    return np.array([f"s{number:0{width}d}" for number in range(part.first_site, part.first_site + part.sites)])


def office_names(part: Partition) -> Texts:
    """Names of a partition's offices."""
    first = part.first_office + 1
    return np.array([f"office-{number:02d}" for number in range(first, first + part.offices)])


def inspector_ids(seed: int, part: Partition) -> Texts:
    """Hashed identifiers of a partition's inspectors, shape (offices, inspectors of an office)."""
    first, count = part.first_office * part.inspectors, part.offices * part.inspectors
    flat = [
        "i" + sha256(f"simulated inspector {seed} {number}".encode()).hexdigest()[:10]
        for number in range(first, first + count)
    ]
    return np.array(flat).reshape(part.offices, part.inspectors)
