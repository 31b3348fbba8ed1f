"""Facts of other sites: totals by group on one day, and what they say of a site once its own part is left out."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from riskml.scorer.checksum import sha256_hex
from riskml.scorer.errors import ArtifactError
from riskml.scorer.frozen import frozen
from riskml.scorer.scanning.days import LAST

SHARE: Final = "share"
PER_SITE: Final = "per_site"
COUNT: Final = "count"
SITES: Final = "sites"
AGGREGATES: Final = (SHARE, PER_SITE, COUNT, SITES)
"""What a context feature says of the other sites of a group, as of the context's day, the site itself left out.

With F the events of `codes` at the group's sites in the window and f those of the site itself, N and n those of `per`,
S the group's sites that stood on that day (registered before it or, where that is not stated, with a visit known before
it) and s 1 if the site is one of them, and the same of all sites together written F', N', S':
share: (F - f + m P) / (N - n + m) with P = (F' - f) / (N' - n), shrunk towards the share among all others as if m =
`prior` more events of `per` had been typical. per_site: the same with sites in the place of `per`. count: F - f.
sites: S - s. Missing where the site's group is unknown, and where P is needed and N' - n = 0.
"""
MAX_GROUPS: Final = 100
MOST: Final = 2**53
"""Of a count: a float holds it."""
_BRACKETS: Final = re.compile(r"\([^)]*\)?|#.*")
_UNSAID: Final = re.compile(r"[\W\d_]+")


@frozen
class Context:
    """Totals of groups of sites on one day.

    Attributes:
        as_of: day number; only what was known before it is in the totals.
        totals: of all sites: each fact of the program, then the number of sites.
        groups: by name of the group, then by key (`group_key`), the same of the sites that share the key. A key that is
            not listed belongs to no other site.
    """

    as_of: int
    totals: tuple[int, ...]
    groups: Mapping[str, Mapping[str, tuple[int, ...]]]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as context.json holds it."""
        groups = {name: {key: list(counts) for key, counts in keys.items()} for name, keys in self.groups.items()}
        return {"as_of": self.as_of, "totals": list(self.totals), "groups": groups}


def parse_context(table: object, program: Mapping[str, Any]) -> Context:
    """The context of decoded JSON, held against the program that it serves.

    Raises:
        ArtifactError: for other keys or groups than the program's, or counts that are none.
    """
    if not isinstance(table, dict) or set(table) != {"as_of", "totals", "groups"} or type(table["as_of"]) is not int:
        raise ArtifactError("context.json: needs exactly the keys ['as_of', 'groups', 'totals'], as_of a day number")
    if not 0 <= table["as_of"] <= LAST:
        raise ArtifactError(f"context.json: as_of must be a day number from 0 to {LAST}, not {table['as_of']!r:.40}")
    names = [group["name"] for group in program["context"]["groups"]]
    width = len(program["context"]["facts"]) + 1
    groups = table["groups"]
    if not isinstance(groups, dict) or sorted(groups) != sorted(names):
        raise ArtifactError(f"context.json: needs exactly the groups {sorted(names)}")
    parsed = {name: _counts_by_key(groups[name], f"context.json: group {name}", width) for name in names}
    return Context(table["as_of"], _counts(table["totals"], "context.json: totals", width), parsed)


def _counts_by_key(value: object, where: str, width: int) -> dict[str, tuple[int, ...]]:
    if not isinstance(value, dict):
        raise ArtifactError(f"{where} must be an object")
    return {key: _counts(counts, where, width) for key, counts in value.items()}


def _counts(value: object, where: str, width: int) -> tuple[int, ...]:
    if (
        not isinstance(value, list)
        or len(value) != width
        or any(type(n) is not int or not 0 <= n <= MOST for n in value)
    ):
        raise ArtifactError(f"{where}: needs {width} counts, whole numbers from 0 to {MOST}, got {value!r:.80}")
    return tuple(value)


def check_program_context(context: object, codes: int) -> None:
    """Refuse the context part of a program if it is malformed or out of bounds.

    Raises:
        ArtifactError: saying what is wrong.
    """
    if (
        not isinstance(context, dict)
        or set(context) != {"facts", "groups", "seen"}
        or len(context["groups"]) > MAX_GROUPS
    ):
        raise ArtifactError(
            "the feature program needs a context with facts and groups, and which fact shows who was there"
        )
    seen = context["seen"]
    if seen is not None and (type(seen) is not int or not 0 <= seen < len(context["facts"])):
        raise ArtifactError(f"fact {seen!r} of the context, which shows who was there, is out of bounds")
    for fact in context["facts"]:
        if any(type(place) is not int or not 0 <= place < codes for place in fact["codes"]):
            raise ArtifactError("a fact of the context has a code out of bounds")
    for group in context["groups"]:
        step = group["step"]
        fine = isinstance(step, float) and 0 < step < math.inf
        if (step is not None and not fine) or group["reading"] not in READINGS:
            raise ArtifactError(f"group {group['name']!r} of the context has an unknown step or reading")


def facts_program(program: Mapping[str, Any]) -> dict[str, Any]:
    """The program whose features are the facts of the context, counted at the site itself."""
    facts = [
        {**fact, "name": str(number), "from": "events", "aggregate": "count", "per": []}
        for number, fact in enumerate(program["context"]["facts"])
    ]
    return {
        "codes": program["codes"],
        "tables": [],
        "features": facts,
        "context": {"facts": [], "groups": [], "seen": None},
    }


def group_key(group: Mapping[str, Any], site: Mapping[str, Any]) -> str | None:
    """What a site shares with the others of its group; None where the records do not say.

    Args:
        group: `columns` of the site that must agree; `step` in degrees: numbers agree that lie in one cell of that
            size; `reading` "name": texts agree that name the same brand; `hashed`: the key is stored as a digest.
        site: its row of the `sites` table.

    >>> cell = {"columns": ["lon", "lat"], "step": 0.01, "reading": "as_is", "hashed": False}
    >>> group_key(cell, {"lon": 1.5, "lat": 2.0})
    '150|200'
    """
    parts = []
    for column in group["columns"]:
        part = _part(site.get(column), group)
        if part is None:
            return None
        parts.append(part)
    key = "|".join(parts)
    return hashed(key) if group["hashed"] else key


def hashed(key: str) -> str:
    """The digest under which a key is stored that may name somebody."""
    return sha256_hex(key.encode())[:16]


def _part(value: Any, group: Mapping[str, Any]) -> str | None:
    if value is None or value != value or str(value) in ("", "NaT", "<NA>"):  # noqa: PLR0124 - NaN is missing
        return None
    if group["step"] is not None and not isinstance(value, str):
        return str(math.floor(float(value) / group["step"]))
    return READINGS[group["reading"]](str(value))


def brand_of(name: str) -> str | None:
    """The brand in a name: without brackets, numbers, punctuation, width and case; None if less than two signs remain.

    >>> brand_of("ＳＵＢＷＡＹ #1234 (Lake St)"), brand_of("和顺来便利店（城东店）"), brand_of("7")
    ('subway', '和顺来便利店', None)
    """
    plain = _BRACKETS.sub("", unicodedata.normalize("NFKC", name).casefold())
    brand = _UNSAID.sub(" ", plain).strip()
    return brand if len(brand) > 1 else None


READINGS: Final[dict[str, Callable[[str], str | None]]] = {"as_is": str, "name": brand_of}
"""How a text is read before it is compared."""


def context_values(
    program: Mapping[str, Any], site: Mapping[str, Any], own: Sequence[int], context: Context
) -> list[float]:
    """The context features of one site, in catalog order; a missing value is NaN.

    Args:
        program: the compiled catalog.
        site: its row of the `sites` table.
        own: its facts on the context's day, then 1 if it stood on that day, else 0.
        context: the totals.
    """
    groups = program["context"]["groups"]
    keys = [group_key(group, site) for group in groups]
    found = []
    for feature in program["features"]:
        if feature["from"] == "context":
            key = keys[feature["group"]]
            group = groups[feature["group"]]
            others = context.groups[group["name"]] if group["columns"] else {"": context.totals}
            counts = None if key is None else others.get(key, own)
            found.append(math.nan if counts is None else _value(feature, own, counts, context.totals))
    return found


def _value(feature: Mapping[str, Any], own: Sequence[int], group: Sequence[int], everyone: Sequence[int]) -> float:
    aggregate, top = feature["aggregate"], feature["fact"]
    if aggregate in (COUNT, SITES):
        return float(max(group[top] - own[top], 0))
    below, prior = feature["per"], feature["prior"]
    others, all_others = max(group[below] - own[below], 0), max(everyone[below] - own[below], 0)
    if all_others == 0:
        return math.nan
    typical = max(everyone[top] - own[top], 0) / all_others
    return float((max(group[top] - own[top], 0) + prior * typical) / (others + prior))
