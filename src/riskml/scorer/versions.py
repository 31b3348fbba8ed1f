"""The raw events and amendments of one site become versions: from when each was known, and until when it held."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from riskml.scorer.errors import InputError
from riskml.scorer.kernel import NEVER

__all__ = ["EPOCH", "NEVER", "day_number", "versions"]

MOST: Final = 2**31 - 1
"""Greatest quantity of one event."""
EPOCH: Final = date(1970, 1, 1).toordinal()


def versions(
    program: Mapping[str, Any], events: Sequence[Mapping[str, Any]], amendments: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The events with their amendments resolved: from when each was known, until when it held, when it was repaired.

    An end or a revocation closes a version on the later of its two days (effective, known), a repair marks it, and a
    correction closes it and opens a corrected one. Corrections of one day are taken in the order of column and value,
    whatever order they come in. `visit` numbers the inspections (-1: came from none).
    """
    place = {code: number for number, code in enumerate(program["codes"])}
    visits: dict[str, int] = {}
    changes: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for change in amendments:
        on = max(_day_of(change, "effective_on"), _day_of(change, "known_on"))
        changes.setdefault(str(change["event_id"]), []).append((on, change))
    found: list[dict[str, Any]] = []
    for event in events:
        event_id = event.get("event_id")
        mine = sorted(changes.get(str(event_id), ()), key=_turn)
        inspection = event.get("inspection_id")
        known = inspection is not None and inspection == inspection  # noqa: PLR0124 - NaN is missing
        visit = visits.setdefault(str(inspection), len(visits)) if known else -1
        held = (version for version in _versions_of(event, mine) if version["code"] in place)
        found.extend({**version, "code": place[version["code"]], "visit": visit} for version in held)
    return found


def _turn(change: tuple[int, Mapping[str, Any]]) -> tuple[int, str, str]:
    """By day, then by what is corrected to what."""
    return change[0], str(change[1].get("column")), str(change[1].get("value"))


def _versions_of(event: Mapping[str, Any], changes: list[tuple[int, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    if not event.get("event_id") or not event.get("code"):
        raise InputError(f"an event needs event_id and code; got {dict(event)!r}")
    occurred, known = _day_of(event, "occurred_on"), _day_of(event, "known_on")
    if known < occurred:
        raise InputError(f"event {event['event_id']!r}: known_on lies before occurred_on")
    gone = min((on for on, change in changes if change["kind"] in ("end", "revoke")), default=NEVER)
    repaired = min((on for on, change in changes if change["kind"] == "repair"), default=NEVER)
    version = {
        "event_id": str(event["event_id"]),
        "code": event["code"],
        "occurred_on": occurred,
        "known_on": known,
        "gone_on": gone,
        "repaired_on": repaired,
        "due_on": _later_day(event, "due_on"),
        "valid_to": _later_day(event, "valid_to"),
        "quantity": _whole(event, "quantity", 1),
        "severity": _whole(event, "severity", 0),
    }
    found = [version]
    for on, change in changes:
        if change["kind"] == "correct":
            last = found[-1]
            since = max(on, last["known_on"])
            found.append({**last, "known_on": since, **_correction(change)})
            last["gone_on"] = min(last["gone_on"], since)
    return found


def _correction(change: Mapping[str, Any]) -> dict[str, Any]:
    column, value = change.get("column"), change.get("value")
    if column in ("occurred_on", "due_on", "valid_to"):
        return {column: day_number(str(value), "value of a correction")}
    if column in ("quantity", "severity"):
        return {column: _whole(change, "value", 0)}
    return {"code": value} if column == "code" else {}


def _whole(row: Mapping[str, Any], key: str, default: int) -> int:
    value = row.get(key)
    if value is None or value != value:  # noqa: PLR0124 - NaN is missing
        return default
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = None
    if number is None or number != float(value) or not -MOST <= number <= MOST:
        raise InputError(
            f"event {row.get('event_id')!r}: {key} must be a whole number from -{MOST} to {MOST}, got {value!r}"
        )
    return number


def _later_day(row: Mapping[str, Any], key: str) -> int:
    """A scheduled day, known with its event; NEVER where there is none."""
    value = row.get(key)
    if value is None or value != value:  # noqa: PLR0124 - NaN is missing
        return NEVER
    return day_number(value, f"event {row.get('event_id')!r}: {key}")


def _day_of(row: Mapping[str, Any], key: str) -> int:
    if row.get(key) is None:
        raise InputError(f"event {row.get('event_id')!r}: {key} is missing; it must be a day like 2025-06-01")
    return day_number(row[key], f"event {row.get('event_id')!r}: {key}")


def day_number(day: "int | str | date", what: str) -> int:
    """Days since 1970-01-01 of an ISO day, a date or a day number.

    >>> day_number("1970-01-31", "as_of")
    30
    """
    if isinstance(day, bool):
        raise InputError(f"{what} must be a day like 2025-06-01, got {day!r}")
    if isinstance(day, int):
        return day
    try:
        found = day if isinstance(day, date) else date.fromisoformat(day)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} must be a day like 2025-06-01, got {day!r}") from error
    return found.toordinal() - EPOCH
