"""The features of one site on one day, by the one scan that every runtime compiles or calls as it is."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from riskml.scorer.errors import InputError
from riskml.scorer.kernel import SCALE, identity, make
from riskml.scorer.layout import AGGREGATES, MAX_CODES, arrays, check_program, reads_visits
from riskml.scorer.versions import EPOCH, day_number, versions

__all__ = [
    "AGGREGATES", "COLUMNS", "MAX_CODES", "SCALE", "arrays", "check_program", "features", "identity", "make",
    "reads_visits", "records_behind",
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
) -> list[float]:
    """Every feature of one site as of one day, in catalog order; a missing value is NaN.

    Args:
        program: the compiled catalog.
        site: values of the `sites` table by column.
        events: rows of the `events` table, visits included (VISIT...); any order. Other codes are ignored.
        amendments: rows of the `amendments` table.
        as_of: decision day; only what was known before it counts.
        flat: `arrays(program)`, for a caller who has it.

    Raises:
        InputError: for a row without id, code or days, a day that is none, or one known before it happened.
    """
    day = day_number(as_of, "as_of")
    found = versions(program, events, amendments)
    flat = flat or arrays(program)
    return _complete(program, site, day, _scanned(flat, found, day))


def records_behind(
    program: Mapping[str, Any],
    site: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    amendments: Sequence[Mapping[str, Any]],
    as_of: "int | str | date",
    flat: Mapping[str, Any] | None = None,
) -> list[list[str]]:
    """For every feature the ids of the events whose removal changes it, in the order given."""
    day = day_number(as_of, "as_of")
    found = versions(program, events, amendments)
    flat = flat or arrays(program)
    whole = _complete(program, site, day, _scanned(flat, found, day))
    behind: list[list[str]] = [[] for _ in whole]
    for event_id in dict.fromkeys(version["event_id"] for version in found):
        rest = [version for version in found if version["event_id"] != event_id]
        without = _complete(program, site, day, _scanned(flat, rest, day))
        for f, (a, b) in enumerate(zip(whole, without, strict=True)):
            if a != b and not (math.isnan(a) and math.isnan(b)):
                behind[f].append(event_id)
    return behind


def _scanned(flat: Mapping[str, Any], found: list[dict[str, Any]], day: int) -> list[float]:
    columns = tuple([version[name] for version in found] for name in COLUMNS)
    tallies = len(flat["measure"])
    state = [0] * flat["begin"][-1], [0] * tallies, [0] * (tallies + 1)
    out = [0.0] * len(flat["form"])
    _PLAIN([0], [day], [0], [len(found)], columns, tuple(flat.values()), state, out)
    return out


def _complete(program: Mapping[str, Any], site: Mapping[str, Any], day: int, scanned: list[float]) -> list[float]:
    """Put the site's own facts and the calendar between the scanned features, in catalog order."""
    values = iter(scanned)
    row = []
    for feature in program["features"]:
        source = feature["from"]
        if source == "events":
            value = next(values)
            if math.isnan(value) and feature.get("otherwise"):
                value = _number(site, feature["otherwise"])
        elif source == "site":
            value = _number(site, feature["column"])
        elif source == "site_days":
            since = site.get(feature["column"])
            known = since is not None and since == since and str(since) != "NaT"  # noqa: PLR0124
            age = day - day_number(since, f"site {feature['column']}") if known else -1  # type: ignore[arg-type]
            value = float(age) if age >= 0 else math.nan
        elif source == "category":
            categories = feature["categories"]
            text = site.get(feature["column"])
            value = float(categories.index(text)) if text in categories else math.nan
        else:
            value = float(date.fromordinal(day + EPOCH).month)
        row.append(value)
    return row


def _number(site: Mapping[str, Any], column: str) -> float:
    value = site.get(column)
    if value is None:
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"site {column} must be a number, got {value!r}") from error
