"""The rows of events and amendments, each value checked: days, whole numbers, codes of the code list, known columns."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from riskml.scorer.errors import InputError
from riskml.scorer.messages import meant, shown
from riskml.scorer.scanning.days import day_number, missing
from riskml.scorer.scanning.kernel import NEVER
from riskml.scorer.scanning.records_in import check_columns, identifier

MOST: Final = 2**31 - 1
"""Greatest quantity of one event."""
EVENT_COLUMNS: Final = (
    "event_id", "site_id", "code", "occurred_on", "known_on", "due_on", "valid_to", "case_id", "inspection_id", "item",
    "severity", "quantity", "amount", "scope", "role", "source",
)  # fmt: skip
AMENDMENT_COLUMNS: Final = ("event_id", "kind", "effective_on", "known_on", "column", "value")
AMENDMENT_KINDS: Final = ("repair", "revoke", "end", "correct")
CORRECTABLE: Final = ("code", "occurred_on", "due_on", "valid_to", "severity", "quantity", "amount")
"""Columns of an event that an amendment of kind correct may name; the amount is in no feature."""

_EVENT_COLUMNS: Final = frozenset(EVENT_COLUMNS)
_AMENDMENT_COLUMNS: Final = frozenset(AMENDMENT_COLUMNS)
_BOOLS: Final = ("bool", "bool_")
"""How Python and numpy name a truth value, which is no quantity."""

CodeReader = Callable[[Any], str]
"""Returns the code, or refuses it."""
Change = tuple[int, str, str, str, Any]
"""An amendment: day from which it holds, column and value as text (their order), kind, value as the scan takes it."""
_Row = Mapping[str, Any]


def read_event(row: _Row, code_of: CodeReader, site_id: str | None) -> dict[str, Any]:
    """One event: the columns that are read, with a default where they may be missing.

    Args:
        row: of the `events` table.
        code_of: from `code_reader`.
        site_id: the site that it must be of, None if unknown.

    Raises:
        InputError: saying what is wrong with it.
    """
    if not row.keys() <= _EVENT_COLUMNS:
        check_columns(row, EVENT_COLUMNS)
    get = row.get
    event_id, code = identifier(get("event_id"), "event_id"), code_of(get("code"))
    inspection, due, valid = get("inspection_id"), get("due_on"), get("valid_to")
    occurred, known = day_number(get("occurred_on"), "occurred_on"), day_number(get("known_on"), "known_on")
    if known < occurred:
        raise InputError(
            f"known_on lies before occurred_on: {shown(row['known_on'])} before {shown(row['occurred_on'])}; "
            "known_on is the first day on which the bureau's system held the event"
        )
    if site_id is not None and not missing(get("site_id")) and identifier(row["site_id"], "site_id") != site_id:
        raise InputError(f"it is of site {shown(row['site_id'])}, not of {shown(site_id)}; hand over one site's events")
    return {
        "event_id": event_id,
        "code": code,
        "occurred_on": occurred,
        "known_on": known,
        "due_on": NEVER if due is None or missing(due) else day_number(due, "due_on"),
        "valid_to": NEVER if valid is None or missing(valid) else day_number(valid, "valid_to"),
        "quantity": _whole(get("quantity"), "quantity", 1),
        "severity": _whole(get("severity"), "severity", 0),
        "inspection_id": None if inspection is None or missing(inspection) else identifier(inspection, "inspection_id"),
    }


def read_changes(amendments: list[_Row], code_of: CodeReader) -> dict[str, list[Change]]:
    """The amendments by event, in the order in which they take effect.

    Raises:
        InputError: naming the row and what is wrong with it.
    """
    found: dict[str, list[Change]] = {}
    for number, row in enumerate(amendments, 1):
        try:
            if not row.keys() <= _AMENDMENT_COLUMNS:
                check_columns(row, AMENDMENT_COLUMNS)
            event_id = identifier(row.get("event_id"), "event_id")
            on = max(day_number(row.get(name), name) for name in ("effective_on", "known_on"))
            change = _change(row, on, code_of)
        except InputError as error:
            raise InputError(f"amendment row {number} (event_id {shown(row.get('event_id'))}): {error}") from None
        found.setdefault(event_id, []).append(change)
    return {event_id: sorted(some, key=_turn) for event_id, some in found.items()}


def _change(row: _Row, on: int, code_of: CodeReader) -> Change:
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in AMENDMENT_KINDS:
        hint = meant(kind, AMENDMENT_KINDS)
        raise InputError(f"kind must be one of {list(AMENDMENT_KINDS)}, got {shown(kind)}{hint}")
    if kind != "correct":
        return on, "", "", kind, None
    column, value = row.get("column"), row.get("value")
    if not isinstance(column, str) or column not in CORRECTABLE:
        raise InputError(
            f"column, which names what of the event is corrected, must be one of {list(CORRECTABLE)}, got "
            f"{shown(column)}{meant(column, CORRECTABLE)}"
        )
    if missing(value):
        raise InputError(f"value is missing; say what {column} is corrected to")
    corrected = _corrected(column, value, code_of)
    return on, column, "" if column == "amount" else str(value), kind, corrected


def _corrected(column: str, value: Any, code_of: CodeReader) -> Any:
    what = f"value, which corrects {column},"
    if column == "code":
        return code_of(value)
    if column in ("quantity", "severity"):
        return _whole(_number_in(value), what, 0)
    return value if column == "amount" else day_number(value, what)


def _number_in(value: Any) -> Any:
    """The whole number in a text, since the values of amendments are texts; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return value if "_" in value else int(value)
    except ValueError:
        return value


def _turn(change: Change) -> tuple[int, str, str]:
    """By day, then by what is corrected to what."""
    return change[:3]


def code_reader(used: Collection[str], known_codes: Collection[str]) -> CodeReader:
    """What checks a code: it must be a text, and of the code list where there is one.

    Args:
        used: the codes that the program reads.
        known_codes: the code list; empty if there is none.
    """

    def code_of(code: Any) -> str:
        if not isinstance(code, str) or not code:
            raise InputError(f"code must be a text such as 'VISIT', got {shown(code)}")
        if code not in used and known_codes and code not in known_codes:
            raise InputError(
                f"code {shown(code)} is of another code list: it is none of the {len(known_codes)} codes of the "
                f"artifact{meant(code, known_codes)}; map it to one of them, or leave the event out"
            )
        return code

    return code_of


def _whole(value: Any, name: str, default: int) -> int:
    if value is None or (type(value) is int and -MOST <= value <= MOST):
        return default if value is None else value
    if missing(value):
        return default
    try:
        number = None if isinstance(value, (str, bytes)) or type(value).__name__ in _BOOLS else int(value)
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or number != value or not -MOST <= number <= MOST:
        raise InputError(f"{name} must be a whole number from -{MOST} to {MOST}, got {shown(value)}")
    return number
