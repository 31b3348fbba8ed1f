"""The features of one site on one day: the one definition, which every runtime compiles or calls as it is."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from riskml.scorer.errors import ArtifactError, InputError
from riskml.scorer.versions import EPOCH, NEVER, day_number, versions

SCALE: Final = 2**32
"""Fixed-point unit of the decay tables: a weight of 1 is stored as SCALE."""
MAX_CODES: Final = 62

COUNT, SUM, MAX_SEVERITY, DECAYED, SHARE, MEAN, DAYS_SINCE_LAST, DAYS_SINCE_FIRST, LAST_VALUE, STREAK = range(10)
AGGREGATES: Final = {
    "count": COUNT,
    "sum": SUM,
    "max_severity": MAX_SEVERITY,
    "decayed": DECAYED,
    "share": SHARE,
    "mean": MEAN,
    "days_since_last": DAYS_SINCE_LAST,
    "days_since_first": DAYS_SINCE_FIRST,
    "last_value": LAST_VALUE,
    "streak": STREAK,
}
"""Aggregates over the events of a feature's codes whose age in days is at most its window.

count: how many. sum: of quantity. max_severity: 0 if none. decayed: sum of quantity x 2^(-age / half-life), in fixed
point. share: events of `codes` per event of `per` (missing if none of `per`). mean: quantity per event (missing if
none). days_since_last, days_since_first: age of the latest or earliest (missing if none). last_value: quantity of the
latest, by day then by day known then the largest (missing if none). streak: events of `codes` after the last of `per`.
"""

_SHIFT: Final = 2**31
_OFFSET: Final = 2**20


def identity(function: Callable[..., None]) -> Callable[..., None]:
    """The compiler of plain Python: none."""
    return function


def make(compile: Callable[..., Any] = identity) -> Callable[..., None]:  # noqa: A002, PLR0915
    """The scan, as it is or compiled (`numba.njit`); both give the same bits.

    The scan fills `out` (one float a feature) from the versions `start <= e < stop` of one site as of one day.
    A version counts when `known[e] < as_of <= gone[e]`. Counts and decayed sums are integers until the last line,
    so neither the order of the events nor the runtime can change a bit.
    """

    @compile
    def scan(  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0915 - one loop over the events, compiled as a whole
        as_of, start, stop, occurred, known, gone, repaired, code, quantity, severity,
        aggregate, mask, per, window, skip_repaired, table_start, table_length, tables,
        total, other, out,
    ):  # fmt: skip
        features = len(aggregate)
        for f in range(features):
            kind = aggregate[f]
            other[f] = 0
            total[f] = 0
            if kind == DAYS_SINCE_LAST:
                total[f] = -NEVER
            elif kind == DAYS_SINCE_FIRST:
                total[f] = NEVER
            elif kind == LAST_VALUE:
                total[f] = -1
            elif kind == STREAK:
                other[f] = -NEVER
        for e in range(start, stop):
            if known[e] >= as_of or gone[e] < as_of:
                continue
            bit = 1 << code[e]
            age = as_of - occurred[e]
            for f in range(features):
                if age > window[f] or (skip_repaired[f] and repaired[e] < as_of):
                    continue
                kind = aggregate[f]
                if mask[f] & bit:
                    if kind in (COUNT, SHARE):
                        total[f] += 1
                    elif kind == SUM:
                        total[f] += quantity[e]
                    elif kind == DECAYED:
                        if age < table_length[f]:
                            total[f] += quantity[e] * tables[table_start[f] + age]
                    elif kind == MEAN:
                        total[f] += quantity[e]
                        other[f] += 1
                    elif kind == MAX_SEVERITY:
                        total[f] = max(total[f], severity[e])
                    elif kind == DAYS_SINCE_LAST:
                        total[f] = max(total[f], occurred[e])
                    elif kind == DAYS_SINCE_FIRST:
                        total[f] = min(total[f], occurred[e])
                    elif kind == LAST_VALUE:
                        moment = (occurred[e] + _OFFSET) * _SHIFT + known[e] + _OFFSET
                        if moment > total[f]:
                            total[f] = moment
                            other[f] = quantity[e]
                        elif moment == total[f]:
                            other[f] = max(other[f], quantity[e])
                if per[f] & bit:
                    if kind == SHARE:
                        other[f] += 1
                    elif kind == STREAK:
                        other[f] = max(other[f], occurred[e])
        for f in range(features):
            if aggregate[f] == STREAK:
                for e in range(start, stop):
                    in_time = known[e] < as_of and gone[e] >= as_of and as_of - occurred[e] <= window[f]
                    if in_time and mask[f] & (1 << code[e]) and occurred[e] > other[f]:
                        total[f] += 1
        for f in range(features):
            kind = aggregate[f]
            if kind == DECAYED:
                out[f] = total[f] / SCALE
            elif kind in (SHARE, MEAN):
                out[f] = total[f] / other[f] if other[f] > 0 else math.nan
            elif kind in (DAYS_SINCE_LAST, DAYS_SINCE_FIRST):
                out[f] = float(as_of - total[f]) if -NEVER < total[f] < NEVER else math.nan
            elif kind == LAST_VALUE:
                out[f] = float(other[f]) if total[f] >= 0 else math.nan
            else:
                out[f] = float(total[f])

    return scan  # type: ignore[no-any-return]


_PLAIN: Final = make()


def check_program(program: Mapping[str, Any]) -> None:
    """Refuse a program (the compiled catalog) whose parts are unknown or out of bounds.

    Raises:
        ArtifactError: with the feature and what is wrong with it.
    """
    codes = program.get("codes")
    tables = program.get("tables")
    if not isinstance(codes, list) or len(codes) > MAX_CODES or not isinstance(tables, list):
        raise ArtifactError(f"the feature program needs a list of at most {MAX_CODES} codes and a list of decay tables")
    for feature in program["features"]:
        name, source = feature.get("name"), feature.get("from")
        if source not in ("events", "site", "site_days", "category", "calendar"):
            raise ArtifactError(f"feature {name!r}: unknown origin {source!r}")
        if source != "events":
            continue
        places = [*feature["codes"], *feature["per"]]
        if feature.get("aggregate") not in AGGREGATES or any(not 0 <= place < len(codes) for place in places):
            raise ArtifactError(
                f"feature {name!r}: unknown aggregate {feature.get('aggregate')!r} or code out of bounds"
            )
        if feature["aggregate"] == "decayed" and not 0 <= feature["table"] < len(tables):
            raise ArtifactError(f"feature {name!r}: decay table {feature['table']} of {len(tables)}")
    if any(type(weight) is not int or not 0 <= weight <= SCALE for table in tables for weight in table):
        raise ArtifactError(f"a decay table holds a weight that is not an integer from 0 to {SCALE}")


def arrays(program: Mapping[str, Any]) -> dict[str, list[int]]:
    """The program's event features as the flat integer lists that the scan reads, by the scan's argument names."""
    found = [f for f in program["features"] if f["from"] == "events"]
    starts, position = [], 0
    for table in program["tables"]:
        starts.append(position)
        position += len(table)
    table_of = [f.get("table", -1) for f in found]
    return {
        "aggregate": [AGGREGATES[f["aggregate"]] for f in found],
        "mask": [sum(1 << place for place in f["codes"]) for f in found],
        "per": [sum(1 << place for place in f["per"]) for f in found],
        "window": [NEVER if f["window"] is None else f["window"] for f in found],
        "skip_repaired": [int(f["skip_repaired"]) for f in found],
        "table_start": [starts[place] if place >= 0 else 0 for place in table_of],
        "table_length": [len(program["tables"][place]) if place >= 0 else 0 for place in table_of],
        "tables": [weight for table in program["tables"] for weight in table],
    }


def features(
    program: Mapping[str, Any],
    site: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    amendments: Sequence[Mapping[str, Any]],
    as_of: "int | str | date",
) -> list[float]:
    """Every feature of one site as of one day, in catalog order; a missing value is NaN.

    Args:
        program: the compiled catalog.
        site: values of the `sites` table by column.
        events: rows of the `events` table, visits included (VISIT...); any order. Other codes are ignored.
        amendments: rows of the `amendments` table.
        as_of: decision day; only what was known before it counts.

    Raises:
        InputError: for a row without id, code or days, a day that is none, or one known before it happened.
    """
    day = day_number(as_of, "as_of")
    found = versions(program, events, amendments)
    flat = arrays(program)
    return _complete(program, site, day, _scanned(flat, found, day))


def records_behind(
    program: Mapping[str, Any],
    site: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    amendments: Sequence[Mapping[str, Any]],
    as_of: "int | str | date",
) -> list[list[str]]:
    """For every feature the ids of the events whose removal changes it, in the order given."""
    day = day_number(as_of, "as_of")
    found = versions(program, events, amendments)
    flat = arrays(program)
    whole = _complete(program, site, day, _scanned(flat, found, day))
    behind: list[list[str]] = [[] for _ in whole]
    for event_id in dict.fromkeys(version["event_id"] for version in found):
        rest = [version for version in found if version["event_id"] != event_id]
        without = _complete(program, site, day, _scanned(flat, rest, day))
        for f, (a, b) in enumerate(zip(whole, without, strict=True)):
            if a != b and not (math.isnan(a) and math.isnan(b)):
                behind[f].append(event_id)
    return behind


def _scanned(flat: Mapping[str, list[int]], found: list[dict[str, Any]], day: int) -> list[float]:
    number = len(flat["aggregate"])
    out = [0.0] * number
    names = ("occurred_on", "known_on", "gone_on", "repaired_on", "code", "quantity", "severity")
    columns = [[version[name] for version in found] for name in names]
    _PLAIN(day, 0, len(found), *columns, *flat.values(), [0] * number, [0] * number, out)
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
