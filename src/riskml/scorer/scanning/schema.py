"""The input that an artifact reads, column by column: derived from its program, so that it cannot say anything else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from riskml.scorer.header import Feature, Header

_DAY: Final = "day (YYYY-MM-DD)"


@dataclass(frozen=True)
class Column:
    """One column of the rows that `Scorer.score` takes.

    Attributes:
        table: "site", "events" or "amendments".
        name: of the column.
        type: "text", "number", "whole number" or "day (YYYY-MM-DD)".
        unit: of a number of the site; "" if it has none.
        low, high: no value lies outside; None = no bound.
        values: the values that mean something, for a text that has a list; any other is missing (a site's) or not used
            (an event's).
        needed: a row without it is refused; any other column may be missing, in a row or altogether.
        used_by: the features that read it, in catalog order; empty for what every row has.
    """

    table: str
    name: str
    type: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    needed: bool = False
    used_by: tuple[str, ...] = ()


def input_schema(header: Header) -> tuple[Column, ...]:
    """Every column that the artifact reads, of sites, events and amendments; other columns make no difference.

    It is derived rather than stored: the program says already which columns are read, and two copies could differ.
    """
    return (*_site_columns(header), *_event_columns(header), *_AMENDMENTS)


def _site_columns(header: Header) -> Iterator[Column]:
    declared = {feature.name: feature for feature in header.features}
    found: dict[str, Column] = {}
    for feature in header.program["features"]:
        for column in _read(feature, declared[feature["name"]], header.program):
            before = found.get(column.name)
            users = (*before.used_by, feature["name"]) if before else (feature["name"],)
            kept = column if before is None or column.values or column.unit else before
            found[column.name] = Column(**{**vars(kept), "used_by": users})
    yield from found.values()


def _read(feature: Mapping[str, Any], declared: Feature, program: Mapping[str, Any]) -> Iterator[Column]:
    """The columns of a site that one feature reads."""
    source = feature["from"]
    stated = feature["column"] if source == "site" else feature.get("otherwise")
    if source in ("site", "events") and stated is not None:
        yield Column("site", stated, "number", declared.unit, declared.low, declared.high)
    elif source in ("site_days", "site_until"):
        yield Column("site", feature["column"], _DAY)
    elif source == "category":
        yield Column("site", feature["column"], "text", values=declared.categories)
    elif source == "context":
        yield Column("site", "registered_on", _DAY)
        group = program["context"]["groups"][feature["group"]]
        for name in group["columns"]:
            yield Column("site", name, "text" if group["step"] is None else "number")


def _event_columns(header: Header) -> Iterator[Column]:
    events = [feature for feature in header.program["features"] if feature["from"] == "events"]
    yield Column("events", "event_id", "text", needed=True)
    yield Column("events", "code", "text", values=tuple(header.program["codes"]), needed=True)
    for name in ("occurred_on", "known_on"):
        yield Column("events", name, _DAY, needed=True)
    for name, (kind, aggregates) in _OPTIONAL.items():
        users = tuple(feature["name"] for feature in events if feature["aggregate"] in aggregates)
        if users:
            yield Column("events", name, kind, used_by=users)


_OPTIONAL: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "quantity": ("whole number", ("sum", "mean", "decayed", "last_value", "max_quantity")),
    "severity": ("whole number", ("max_severity",)),
    "due_on": (_DAY, ("overdue",)),
    "valid_to": (_DAY, ("in_force", "expired", "days_until_expiry")),
    "inspection_id": ("text", ("days_since_last_without",)),
}
"""Columns of an event that some aggregates read."""

_AMENDMENTS: Final = (
    Column("amendments", "event_id", "text", needed=True),
    Column("amendments", "kind", "text", values=("repair", "revoke", "end", "correct"), needed=True),
    Column("amendments", "effective_on", _DAY, needed=True),
    Column("amendments", "known_on", _DAY, needed=True),
    Column("amendments", "column", "text"),
    Column("amendments", "value", "text"),
)
