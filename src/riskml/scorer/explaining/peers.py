"""How similar sites are spread: the content of peers.json, and a site's values and probability compared with it."""

import binascii
import struct
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from math import copysign, inf, isfinite
from operator import ge, le
from typing import Any, Final

from riskml.scorer.checks import MAX_TEXT, text
from riskml.scorer.errors import ArtifactError
from riskml.scorer.explaining.wording import amount
from riskml.scorer.frozen import frozen
from riskml.scorer.header import Feature

STEPS: Final = 20
"""Quantiles 0, 1/STEPS, ..., 1 are kept: STEPS + 1 of each feature. Quantile q is the least value that a share of at
least q of the peers does not exceed, so a site's share above or below is known to 1/STEPS, as a lower bound."""
MAX_GROUPS: Final = 100
MOST_SITES: Final = 2**31 - 1
LARGEST: Final = 2.0**127
"""Of quantiles, in size: they are kept as 32-bit floats."""
NO_PEERS: Final[Mapping[str, Any]] = {
    "as_of": 0, "column": None, "text_en": "", "text_zh": "", "compared": [], "groups": {},
}  # fmt: skip
"""The content of peers.json where nothing is known of other sites."""

_ALL: Final = ("businesses", "家主体")
_KEYS: Final = set(NO_PEERS)
_GROUP_KEYS: Final = {"sites", "known", "quantiles"}

Compare = Callable[[int], "Comparison | None"]
"""Takes the place of a feature; says how the site's value compares, None where the table has nothing to say."""


@frozen
class Comparison:
    """One value of a site against its peers.

    Attributes:
        group: what the peers share with the site, a value of the peers' column; "" for all sites.
        sites: how many peers the comparison stands on: those that have a value, all of them if `side` is "missing".
        side: "above" or "below" the `share` of the peers, "same" as their median, or "missing" as at `share` of them.
        share: from 0 to 1; it is at least that (quantiles know no more). 0 if `side` is "same".
        median: of the peers; None if `side` is "missing".
        text_en, text_zh: the same in words.
    """

    group: str
    sites: int
    side: str
    share: float
    median: float | None
    text_en: str
    text_zh: str


@frozen
class Group:
    """Sites that are peers of each other.

    Attributes:
        sites: how many.
        known: for each feature compared, how many of them have a value.
        quantiles: one after the other: quantile 0 of each feature compared and of the model's probability, then the
            next; 0 where no site has a value.
    """

    sites: int
    known: Sequence[int]
    quantiles: Sequence[float]


@frozen
class Peers:
    """All groups.

    Attributes:
        as_of: day number of the features and probabilities.
        column: of the site, whose value names its group; None if all sites are the only group.
        who: what peers are called, English and Chinese.
        compared: for the place of each feature compared, where it stands among those.
        units: of all features, in catalog order.
        groups: by value of the column; "" is all sites, for those whose own group is not listed.
    """

    as_of: int
    column: str | None
    who: tuple[str, str]
    compared: Mapping[int, int]
    units: tuple[str, ...]
    groups: Mapping[str, Group]

    def of(self, site: Mapping[str, Any], row: Sequence[float]) -> Compare:
        """The values of a feature row compared with the site's peers, each when it is asked for.

        Args:
            site: its row of the `sites` table.
            row: shape (F,), NaN for missing.
        """
        key = self._key(site)

        def compare(place: int) -> Comparison | None:
            nth = self.compared.get(place)
            if key is None or nth is None:
                return None
            return self._one(key, row[place], nth, self.groups[key].known[nth], self.units[place])

        return compare

    def of_probability(self, site: Mapping[str, Any], probability: float) -> Comparison | None:
        """The site's probability compared with that of its peers; None if there is no table."""
        key = self._key(site)
        if key is None:
            return None
        return self._one(key, probability, len(self.compared), self.groups[key].sites, "share")

    def _key(self, site: Mapping[str, Any]) -> str | None:
        own = site.get(self.column) if self.column else None
        return own if isinstance(own, str) and own in self.groups else "" if "" in self.groups else None

    def _one(self, key: str, value: float, nth: int, known: int, unit: str) -> Comparison | None:
        group = self.groups[key]
        who_en, who_zh = self.who if key else _ALL
        if value != value:  # noqa: PLR0124 - NaN is missing
            share = (group.sites - known) / group.sites
            en = f"as at {_floor(share)} of {group.sites} {who_en}"
            zh = f"{group.sites} {who_zh}中 {_floor(share)} 亦然"
            return Comparison(key, group.sites, "missing", share, None, en, zh) if known < group.sites else None
        if not known:
            return None
        quantiles = group.quantiles[nth :: len(self.compared) + 1]
        side, share = placed(value, quantiles)
        median = quantiles[STEPS // 2]
        texts = _in_words(side, share, amount(median, unit), f"{known} {who_en}", f"{known} {who_zh}")
        return Comparison(key, known, side, share, median, *texts)


def rounded(value: float) -> float:
    """The value as quantiles are kept, a 32-bit float; equal values stay equal, and none passes another.

    >>> rounded(0.25), rounded(1 / 3) == 1 / 3
    (0.25, False)
    """
    if abs(value) > LARGEST:
        return copysign(LARGEST, value)
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def placed(value: float, quantiles: Sequence[float]) -> tuple[str, float]:
    """On which side of the median a value lies, and a lower bound of the share of the peers beyond which it lies.

    Quantile k / STEPS below the value: at least that share of the peers lies below it. Quantile k / STEPS above it:
    less than that share is not above it.

    >>> placed(7.0, [float(k) for k in range(STEPS + 1)]), placed(10.0, [float(k) for k in range(STEPS + 1)])
    (('below', 0.6), ('same', 0.0))
    """
    value, median = rounded(value), quantiles[STEPS // 2]
    if value > median:
        return "above", (bisect_left(quantiles, value) - 1) / STEPS
    if value < median:
        return "below", (STEPS - bisect_right(quantiles, value)) / STEPS
    return "same", 0.0


def _in_words(side: str, share: float, median: str, en: str, zh: str) -> tuple[str, str]:
    if side == "same":
        return f"at the median of {en} ({median})", f"与 {zh}的中位数（{median}）相同"
    higher_en, higher_zh = ("higher", "高于") if side == "above" else ("lower", "低于")
    told_en = f"all {en}" if share >= 1.0 else f"at least {_floor(share)} of {en}"
    told_zh = f"全部 {zh}" if share >= 1.0 else f" {zh}中的至少 {_floor(share)}"
    return f"{higher_en} than {told_en} (median {median})", f"{higher_zh}{told_zh}（中位数 {median}）"


def _floor(share: float) -> str:
    """A share in whole percent, never more than it is (but for the error of the last bit)."""
    return f"{int(100.0 * share + 1e-9)}%"


def parse_peers(table: object, features: Sequence[Feature]) -> Peers:
    """The peers of decoded JSON, held against the features that they compare.

    Raises:
        ArtifactError: for other keys, a feature compared that is none or a category, another number of quantiles,
            quantiles that do not rise, lie out of the bounds of their feature or are no numbers.
    """
    if not isinstance(table, dict) or set(table) != _KEYS:
        raise ArtifactError(f"peers.json: needs exactly the keys {sorted(_KEYS)}")
    as_of, column, compared, groups = (table[name] for name in ("as_of", "column", "compared", "groups"))
    if type(as_of) is not int or not 0 <= as_of < 2**30:
        raise ArtifactError(f"peers.json: as_of must be a day number, got {as_of!r:.80}")
    if column is not None and not text(column, "peers.json: column"):
        raise ArtifactError("peers.json: column must be null or the name of a column of the sites")
    if not isinstance(groups, dict) or len(groups) > MAX_GROUPS or any(len(key) > MAX_TEXT for key in groups):
        raise ArtifactError(f"peers.json: groups must be an object of at most {MAX_GROUPS} groups")
    numbers = [place for place, feature in enumerate(features) if feature.kind == "number"]
    if not isinstance(compared, list) or not _whole(compared) or compared != sorted(set(compared) & set(numbers)):
        raise ArtifactError("peers.json: compared must list places of features that are numbers, rising")
    lows = [-inf if (low := features[place].low) is None else rounded(low) for place in compared]
    highs = [inf if (high := features[place].high) is None else rounded(high) for place in compared]
    who = text(table["text_en"], "peers.json: text_en"), text(table["text_zh"], "peers.json: text_zh")
    parsed = {key: _group(f"peers.json: group {key!r:.80}", groups[key], [*lows, 0.0], [*highs, 1.0]) for key in groups}
    units = tuple(feature.unit for feature in features)
    return Peers(as_of, column, who, {place: nth for nth, place in enumerate(compared)}, units, parsed)


def _group(where: str, value: object, lows: Sequence[float], highs: Sequence[float]) -> Group:
    if not isinstance(value, dict) or set(value) != _GROUP_KEYS:
        raise ArtifactError(f"{where}: needs exactly the keys {sorted(_GROUP_KEYS)}")
    sites, known, wide = value["sites"], value["known"], len(lows)
    if type(sites) is not int or not 0 < sites <= MOST_SITES:
        raise ArtifactError(f"{where}: sites must be a whole number from 1 to {MOST_SITES}, got {sites!r:.80}")
    if not isinstance(known, list) or len(known) != wide - 1 or not _whole(known):
        raise ArtifactError(f"{where}: known must be {wide - 1} whole numbers, one for each feature compared")
    if known and not 0 <= min(known) <= max(known) <= sites:
        raise ArtifactError(f"{where}: known must lie between 0 and the {sites} sites")
    quantiles = _numbers(value["quantiles"], where)
    if len(quantiles) != wide * (STEPS + 1) or not isfinite(sum(quantiles)):
        raise ArtifactError(f"{where}: needs {STEPS + 1} quantiles, finite numbers, of each of {wide} columns")
    if not all(map(le, quantiles, quantiles[wide:])):
        raise ArtifactError(f"{where}: the quantiles of a column do not rise")
    if not all(map(ge, quantiles, lows)) or not all(map(le, quantiles[-wide:], highs)):
        raise ArtifactError(f"{where}: the quantiles of a column lie out of the bounds of its feature")
    return Group(sites, tuple(known), quantiles)


def _whole(values: Sequence[object]) -> bool:
    """Whether all are whole numbers; all at once, as loading must be quick."""
    return set(map(type, values)) <= {int}


def pack_numbers(values: Sequence[float]) -> str:
    """Numbers as text: 32-bit little-endian floats in base64 (RFC 4648)."""
    numbers = array("f", values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return binascii.b2a_base64(numbers.tobytes(), newline=False).decode("ascii")


def _numbers(value: object, where: str) -> list[float]:
    """What `pack_numbers` wrote."""
    numbers = array("f")
    try:
        numbers.frombytes(binascii.a2b_base64(value, strict_mode=True))  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"{where}: quantiles must be 32-bit floats in base64: {error}") from error
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()
