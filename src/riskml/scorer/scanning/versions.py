"""The raw events and amendments of one site become versions: from when each was known, and until when it held."""

from collections.abc import Collection, Mapping
from typing import Any

from riskml.scorer.errors import InputError
from riskml.scorer.messages import meant, shown
from riskml.scorer.scanning.days import EPOCH, day_number
from riskml.scorer.scanning.events_in import Change, code_reader, read_changes, read_event
from riskml.scorer.scanning.kernel import NEVER
from riskml.scorer.scanning.records_in import as_mappings

__all__ = ["EPOCH", "NEVER", "day_number", "versions"]

_Row = Mapping[str, Any]


def versions(
    program: _Row, events: Any, amendments: Any, *, known_codes: Collection[str] = (), site_id: str | None = None
) -> list[dict[str, Any]]:
    """The events with their amendments resolved: from when each was known, until when it held, when it was repaired.

    An end or a revocation closes a version on the later of its two days (effective, known), a repair marks it, and a
    correction closes it and opens a corrected one. Corrections of one day are taken in the order of column and value,
    whatever order they come in. `visit` numbers the inspections (-1: came from none). An event that comes twice with
    the same content counts once.

    Args:
        program: the compiled catalog; events of codes that are none of its own are checked and left aside.
        events: rows of the `events` table in any form (`records_in.as_mappings`) and order.
        amendments: rows of the `amendments` table of these events.
        known_codes: the code list; where it is given, an event of a code that is neither in it nor in the program is
            refused.
        site_id: the site whose events these are, if known.

    Raises:
        InputError: with row and id, for a row without id, code or days, a day that is none, or one known before it
            happened, a value of another type, an event of another site, of another code list or twice with different
            content, an amendment of an unknown kind or column or of an event that is not there.
    """
    place = {code: number for number, code in enumerate(program["codes"])}
    code_of = code_reader(place, known_codes)
    changes = read_changes(as_mappings(amendments, "amendment"), code_of)
    visits: dict[str, int] = {}
    seen: dict[str, dict[str, Any]] = {}
    found: list[dict[str, Any]] = []
    for number, row in enumerate(as_mappings(events, "event"), 1):
        try:
            event = read_event(row, code_of, site_id)
            before = seen.setdefault(event["event_id"], event)
            if before is not event:
                _refuse_other_content(before, event)
                continue
        except InputError as error:
            raise InputError(f"event row {number} (event_id {shown(row.get('event_id'))}): {error}") from None
        inspection = event["inspection_id"]
        visit = -1 if inspection is None else visits.setdefault(inspection, len(visits))
        version = {**event, "gone_on": NEVER, "repaired_on": NEVER, "visit": visit}
        mine = changes.get(event["event_id"])
        held = _amended(version, mine) if mine else [version]
        found.extend({**one, "code": place[one["code"]]} for one in held if one["code"] in place)
    _refuse_strangers(changes, seen)
    return found


def _refuse_other_content(before: _Row, event: _Row) -> None:
    differ = [name for name, value in before.items() if value != event[name]]
    if differ:
        raise InputError(
            f"it comes twice, with different {', '.join(differ)}; an event has one row, and what was changed later is "
            "said by an amendment"
        )


def _amended(version: dict[str, Any], changes: list[Change]) -> list[dict[str, Any]]:
    """The versions of one event, given the first, which is closed and marked in place."""
    version["gone_on"] = min((on for on, _, _, kind, _ in changes if kind in ("end", "revoke")), default=NEVER)
    version["repaired_on"] = min((on for on, _, _, kind, _ in changes if kind == "repair"), default=NEVER)
    found = [version]
    for on, column, _, kind, value in changes:
        if kind == "correct":
            last = found[-1]
            since = max(on, last["known_on"])
            found.append({**last, "known_on": since, column: value})
            last["gone_on"] = min(last["gone_on"], since)
    return found


def _refuse_strangers(changes: Collection[str], seen: Collection[str]) -> None:
    strangers = [event_id for event_id in changes if event_id not in seen]
    if strangers:
        raise InputError(
            f"{len(strangers)} amendments name events that are not there, such as {shown(strangers[0])}"
            f"{meant(strangers[0], seen)}; hand over all events of the site, or leave these amendments out"
        )
