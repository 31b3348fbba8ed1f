"""The features of one site on one day, by the one scan that every runtime compiles or calls as it is."""

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from riskml.scorer.frozen import frozen
from riskml.scorer.scanning.context import Context, context_values, facts_program
from riskml.scorer.scanning.days import EPOCH, day_number
from riskml.scorer.scanning.kernel import SCALE, identity, make
from riskml.scorer.scanning.layout import AGGREGATES, MAX_CODES, arrays, check_program, reads_visits
from riskml.scorer.scanning.plain import COLUMNS, scanned
from riskml.scorer.scanning.sites_in import read_site
from riskml.scorer.scanning.versions import versions

__all__ = [
    "AGGREGATES", "COLUMNS", "MAX_CODES", "SCALE", "arrays", "check_program", "features", "identity", "make",
    "reads_visits", "records_behind", "tells_of_others",
]  # fmt: skip


@frozen
class SiteRecords:
    """The records of one site, read and checked.

    Attributes:
        site: the columns of its row that the program reads; see `sites_in.read_site`.
        versions: its events with their amendments resolved; see `versions.versions`.
    """

    site: Mapping[str, Any]
    versions: list[dict[str, Any]]


def read(
    program: Mapping[str, Any], site: Any, events: Any, amendments: Any = (), *, known_codes: Collection[str] = ()
) -> SiteRecords:
    """Read and check the records of one site, once for whatever is made of them.

    Args:
        program: the compiled catalog.
        site: its row of the `sites` table, as a dict, a dataclass, a named tuple or a row of a database or frame.
        events: its rows of the `events` table, visits included (VISIT...); any order. Codes that the program does not
            use are left aside.
        amendments: the rows of the `amendments` table about these events.
        known_codes: the code list that the events must be of, if known.

    Raises:
        InputError: for a row without id, code or days, a day that is none, or one known before it happened, and for
            whatever else `sites_in.read_site` and `versions.versions` refuse.
    """
    known = read_site(program, site)
    found = versions(program, events, amendments, known_codes=known_codes, site_id=known["site_id"])
    return SiteRecords(known, found)


def features(
    program: Mapping[str, Any],
    site: Any,
    events: Any,
    amendments: Any,
    as_of: "int | str | date",
    flat: Mapping[str, Any] | None = None,
    context: Context | None = None,
    facts: Mapping[str, Any] | None = None,
) -> list[float]:
    """Every feature of one site as of one day, in catalog order; a missing value is NaN.

    Args:
        program: the compiled catalog.
        site: as `read` takes it, like the next two.
        events: visits included.
        amendments: about these events.
        as_of: decision day; only what was known before it counts.
        flat: as `features_of` takes it, like the next two.
        context: facts of the other sites.
        facts: how the site's own part in them is counted.

    Raises:
        InputError: as `read`, and for an `as_of` that is no day.
    """
    day = day_number(as_of, "as_of")
    return features_of(program, read(program, site, events, amendments), day, flat, context, facts)


def features_of(
    program: Mapping[str, Any],
    records: SiteRecords,
    day: int,
    flat: Mapping[str, Any] | None = None,
    context: Context | None = None,
    facts: Mapping[str, Any] | None = None,
) -> list[float]:
    """`features` of records that were read.

    Args:
        program: the compiled catalog.
        records: of one site.
        day: day number of the decision day.
        flat: `arrays(program)`, for a caller who has it.
        context: facts of the other sites; without it the features that tell of them are missing.
        facts: `arrays(facts_program(program))`, for a caller who has it.
    """
    scanned = _scanned(flat or arrays(program), records.versions, day)
    return _complete(program, records.site, day, scanned, _others(program, records, context, facts))


def records_behind(
    program: Mapping[str, Any],
    site: Any,
    events: Any,
    amendments: Any,
    as_of: "int | str | date",
) -> list[list[str]]:
    """For every feature the ids of the site's events whose removal changes it, in the order given (see `behind`)."""
    from riskml.scorer.scanning.behind import Behind  # noqa: PLC0415 - whoever only scores is spared it

    records = read(program, site, events, amendments)
    return Behind(program).of(records.site, records.versions, day_number(as_of, "as_of"))


def _others(
    program: Mapping[str, Any], records: SiteRecords, context: Context | None, facts: Mapping[str, Any] | None = None
) -> list[float]:
    """What the context says of the other sites, once this site's part on the context's day is left out."""
    if not tells_of_others(program):
        return []
    if context is None:
        return [math.nan] * len(program["features"])
    flat = facts or arrays(facts_program(program))
    own = [int(count) for count in _scanned(flat, records.versions, context.as_of)]
    since, seen = records.site.get("registered_on"), program["context"]["seen"]
    stood = since < context.as_of if since is not None else seen is not None and own[seen] > 0
    return context_values(program, records.site, [*own, int(stood)], context)


def tells_of_others(program: Mapping[str, Any]) -> bool:
    """Whether a feature of the program comes from the context."""
    return any(feature["from"] == "context" for feature in program["features"])


def _scanned(flat: Mapping[str, Any], found: list[dict[str, Any]], day: int) -> list[float]:
    return scanned(flat, tuple([version[name] for version in found] for name in COLUMNS), day, [0], [len(found)])


def _complete(
    program: Mapping[str, Any], site: Mapping[str, Any], day: int, scanned: Sequence[float], others: Sequence[float]
) -> list[float]:
    """Put the site's own facts, those of others and the calendar between the scanned features, in catalog order."""
    by_scan, by_context = iter(scanned), iter(others)
    row = []
    for feature in program["features"]:
        if feature["from"] == "events":
            value = next(by_scan)
            if math.isnan(value) and feature.get("otherwise"):
                value = _number(site, feature["otherwise"])
        elif feature["from"] == "context":
            value = next(by_context)
        else:
            value = _stated(feature, site, day)
        row.append(value)
    return row


def _stated(feature: Mapping[str, Any], site: Mapping[str, Any], day: int) -> float:
    """What the site's own row says, or the calendar."""
    source = feature["from"]
    if source == "site":
        return _number(site, feature["column"])
    if source == "category":
        text = site.get(feature["column"])
        return float(feature["categories"].index(text)) if text in feature["categories"] else math.nan
    if source == "calendar":
        return float(date.fromordinal(day + EPOCH).month)
    stated = site.get(feature["column"])
    if stated is None or (source == "site_days" and stated > day):
        return math.nan
    return float(day - stated if source == "site_days" else stated - day)


def _number(site: Mapping[str, Any], column: str) -> float:
    value = site.get(column)
    return math.nan if value is None else float(value)
