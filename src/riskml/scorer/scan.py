"""The features of one site on one day, by the one scan that every runtime compiles or calls as it is."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from riskml.scorer.context import Context, context_values, facts_program
from riskml.scorer.errors import InputError
from riskml.scorer.kernel import SCALE, identity, make
from riskml.scorer.layout import AGGREGATES, MAX_CODES, arrays, check_program, reads_visits
from riskml.scorer.versions import EPOCH, day_number, versions

__all__ = [
    "AGGREGATES", "COLUMNS", "MAX_CODES", "SCALE", "arrays", "check_program", "features", "identity", "make",
    "reads_visits", "records_behind", "tells_of_others",
]  # fmt: skip

COLUMNS: Final = (
    "occurred_on", "known_on", "gone_on", "code", "repaired_on", "quantity", "severity", "due_on", "valid_to", "visit",
)  # fmt: skip
"""Columns of a version in the order in which the scan takes them."""

_PLAIN: Final = make()


def features(
    program: Mapping[str, Any],
    site: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    amendments: Sequence[Mapping[str, Any]],
    as_of: "int | str | date",
    flat: Mapping[str, Any] | None = None,
    context: Context | None = None,
    facts: Mapping[str, Any] | None = None,
) -> list[float]:
    """Every feature of one site as of one day, in catalog order; a missing value is NaN.

    Args:
        program: the compiled catalog.
        site: values of the `sites` table by column.
        events: rows of the `events` table, visits included (VISIT...); any order. Other codes are ignored.
        amendments: rows of the `amendments` table.
        as_of: decision day; only what was known before it counts.
        flat: `arrays(program)`, for a caller who has it.
        context: facts of the other sites; without it the features that tell of them are missing.
        facts: `arrays(facts_program(program))`, for a caller who has it.

    Raises:
        InputError: for a row without id, code or days, a day that is none, or one known before it happened.
    """
    day = day_number(as_of, "as_of")
    found = versions(program, events, amendments)
    flat = flat or arrays(program)
    others = _others(program, site, found, context, facts)
    return _complete(program, site, day, _scanned(flat, found, day), others)


def records_behind(
    program: Mapping[str, Any],
    site: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    amendments: Sequence[Mapping[str, Any]],
    as_of: "int | str | date",
    flat: Mapping[str, Any] | None = None,
    context: Context | None = None,
) -> list[list[str]]:
    """For every feature the ids of the site's events whose removal changes it, in the order given.

    Behind a feature that tells of other sites there is none of this site's.
    """
    day = day_number(as_of, "as_of")
    found = versions(program, events, amendments)
    flat = flat or arrays(program)
    others = _others(program, site, found, context)
    whole = _complete(program, site, day, _scanned(flat, found, day), others)
    behind: list[list[str]] = [[] for _ in whole]
    for event_id in dict.fromkeys(version["event_id"] for version in found):
        rest = [version for version in found if version["event_id"] != event_id]
        without = _complete(program, site, day, _scanned(flat, rest, day), others)
        for f, (a, b) in enumerate(zip(whole, without, strict=True)):
            if a != b and not (math.isnan(a) and math.isnan(b)):
                behind[f].append(event_id)
    return behind


def _others(
    program: Mapping[str, Any],
    site: Mapping[str, Any],
    found: list[dict[str, Any]],
    context: Context | None,
    facts: Mapping[str, Any] | None = None,
) -> list[float]:
    """What the context says of the other sites, once this site's part on the context's day is left out."""
    if not tells_of_others(program):
        return []
    if context is None:
        return [math.nan] * len(program["features"])
    own = [int(count) for count in _scanned(facts or arrays(facts_program(program)), found, context.as_of)]
    since, seen = _site_day(site, "registered_on"), program["context"]["seen"]
    stood = since < context.as_of if since is not None else seen is not None and own[seen] > 0
    return context_values(program, site, [*own, int(stood)], context)


def tells_of_others(program: Mapping[str, Any]) -> bool:
    """Whether a feature of the program comes from the context."""
    return any(feature["from"] == "context" for feature in program["features"])


def _scanned(flat: Mapping[str, Any], found: list[dict[str, Any]], day: int) -> list[float]:
    columns = tuple([version[name] for version in found] for name in COLUMNS)
    tallies = len(flat["measure"])
    state = [0] * flat["begin"][-1], [0] * tallies, [0] * (tallies + 1)
    out = [0.0] * len(flat["form"])
    _PLAIN([0], [day], [0], [len(found)], columns, tuple(flat.values()), state, out)
    return out


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
    stated = _site_day(site, feature["column"])
    if stated is None or (source == "site_days" and stated > day):
        return math.nan
    return float(day - stated if source == "site_days" else stated - day)


def _site_day(site: Mapping[str, Any], column: str) -> int | None:
    stated = site.get(column)
    if stated is None or stated != stated or str(stated) == "NaT":  # noqa: PLR0124 - NaN is missing
        return None
    return day_number(stated, f"site {column}")


def _number(site: Mapping[str, Any], column: str) -> float:
    value = site.get(column)
    if value is None:
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"site {column} must be a number, got {value!r}") from error
