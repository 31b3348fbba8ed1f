"""The row of one site: the columns that the feature program reads, each checked for its type, missing ones None."""

from collections.abc import Mapping
from typing import Any, Final

from riskml.scorer.errors import InputError
from riskml.scorer.messages import shown
from riskml.scorer.scanning.days import day_number, missing
from riskml.scorer.scanning.records_in import as_mapping, check_columns, identifier

SITE_COLUMNS: Final = {
    "site_id": "text",
    "subject_id": "text",
    "name": "text",
    "industry_class": "text",
    "format_code": "text",
    "area_m2": "number",
    "staff": "number",
    "office": "text",
    "lon": "number",
    "lat": "number",
    "registered_on": "day",
    "closed_on": "day",
    "licence_valid_to": "day",
    "risk_category": "number",
}
"""Columns of the canonical table of sites, and what they hold."""
LARGEST: Final = 1e15
"""Greatest magnitude of a number of a site."""


def site_columns(program: Mapping[str, Any]) -> dict[str, str]:
    """What the program reads of a site's row: columns with "text", "number", "day", or "key" for a text or a number."""
    found = {column: "key" for group in program.get("context", {}).get("groups", ()) for column in group["columns"]}
    for feature in program["features"]:
        source = feature["from"]
        if source in ("site_days", "site_until"):
            found[feature["column"]] = "day"
        elif source in ("site", "category"):
            found[feature["column"]] = "text" if source == "category" else "number"
        elif source == "events" and feature.get("otherwise"):
            found[feature["otherwise"]] = "number"
    return found | {name: kind for name, kind in SITE_COLUMNS.items() if name in found} | {"registered_on": "day"}


def read_site(program: Mapping[str, Any], site: Any) -> dict[str, Any]:
    """The site as the scan takes it: the columns of `site_columns` checked, days as day numbers, None where missing.

    Args:
        program: the compiled catalog.
        site: its row (see `as_mapping`); columns that the program does not read come along as they are.

    Raises:
        InputError: for a value of another type, a number out of bounds, an impossible day, or an unknown column whose
            name looks like one that is read.
    """
    row = as_mapping(site, "site")
    read = site_columns(program)
    if not row.keys() <= SITE_COLUMNS.keys():
        try:
            check_columns(row, {**read, **SITE_COLUMNS})
        except InputError as error:
            raise InputError(f"site: {error}") from None
    checked = {name: _CHECKS[kind](row[name], name) for name, kind in read.items() if name in row}
    site_id = row.get("site_id")
    return {**row, **checked, "site_id": None if missing(site_id) else identifier(site_id, "site site_id")}


def _number(value: Any, name: str) -> Any:
    if missing(value):
        return None
    text, flag = isinstance(value, (str, bytes)), type(value).__name__ in ("bool", "bool_")
    try:
        fine = not text and not (flag and name in SITE_COLUMNS) and -LARGEST <= float(value) <= LARGEST
    except (TypeError, ValueError, OverflowError):
        fine = False
    if not fine:
        hint = "; it is a text: convert it" if text else ""
        raise InputError(f"site {name} must be a number from {-LARGEST:.0e} to {LARGEST:.0e}, got {shown(value)}{hint}")
    return value


def _text(value: Any, name: str) -> str | None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise InputError(f"site {name} must be a text of whole characters, got {shown(value)}; decode it anew")
        return str(value)
    if missing(value):
        return None
    raise InputError(f"site {name} must be a text, got {shown(value)}; give its code as text, None if it has none")


def _key(value: Any, name: str) -> Any:
    return _text(value, name) if isinstance(value, str) else _number(value, name)


def _day(value: Any, name: str) -> int | None:
    return None if missing(value) else day_number(value, f"site {name}")


_CHECKS: Final = {"number": _number, "text": _text, "key": _key, "day": _day}
