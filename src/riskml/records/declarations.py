"""What a source file declares: the tables a publisher has, and where each canonical column comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from riskml.records.outcome_rule import OutcomeRule

KINDS: Final = (
    "text", "code", "day", "integer", "number", "money", "flag", "coded", "uscc", "licence", "person", "phone", "list",
)  # fmt: skip
"""How the text of a field is read (`records.values`)."""
TARGETS: Final = ("sites", "events", "amendments", "inspections", "grades")
LINKS: Final = ("", "subject", "name")


@dataclass(frozen=True)
class Field:
    """One field of an input table.

    Attributes:
        columns: names under which publishers write it, the first found counts; empty for a field made by the engine.
        kind: one of `KINDS`.
        required: a row without it is quarantined, and a file without the column is not this table.
        reject: values that mean no value.
        pattern: regular expression; its first group is the value.
        options: what `records.values.parse` takes besides (formats, codes, unit, decimal, ...).
    """

    columns: tuple[str, ...]
    kind: str = "text"
    required: bool = False
    reject: tuple[str, ...] = ()
    pattern: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Items:
    """Several facts in one row: a column each ("matrix"), or one text ("text").

    Attributes:
        form: "matrix" or "text".
        prefix: of the matrix' columns; the rest of the name is the item.
        field: holds the text. separator, pattern: part it; the pattern's group `item` is the item.
        classes: rows of first, last (or `is`), code, severity, version: which items are which event, under which label
            version. dated_by: the field whose day chooses the version.
    """

    form: str
    classes: tuple[Mapping[str, Any], ...]
    prefix: str = ""
    field: str = ""
    separator: str = ""
    pattern: str = ""
    dated_by: str = ""


@dataclass(frozen=True)
class Emit:
    """Canonical rows made from each input row.

    Attributes:
        to: canonical table.
        set: canonical column -> field name, "{template} of fields", number, or table with `const` or `field` and
            `plus_days` or `map`.
        once_per: fields; only the first row of each combination makes one.
        agree: fields in which rows of one combination must agree; a row that does not is quarantined.
        number: repeated ids get ":2", ":3" ... instead of being an error.
        where: field -> values it must have; an empty list means: any value.
        each: "" (the row), "item" (each of the row's items), or a list field (each of its parts).
        link: "" (site_id is set), "subject" (all sites of subject_id, or of the name where there is none), or "name".
    """

    to: str
    set: Mapping[str, Any]
    once_per: tuple[str, ...] = ()
    agree: tuple[str, ...] = ()
    number: bool = False
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    each: str = ""
    link: str = ""


@dataclass(frozen=True)
class Join:
    """Fields looked up in another table of the source: where `on` is equal, `take` these; optional: or none."""

    table: str
    on: str
    take: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True)
class SourceTable:
    """One kind of input table.

    Attributes:
        name: in messages and reports.
        files: patterns of file names it may have; any, if empty.
        fields: by name. key: fields that tell rows apart; equal rows are merged, unequal ones of one key quarantined.
        emits: what its rows become; none for a table that others only look up.
        items, joins: see there.
    """

    name: str
    fields: Mapping[str, Field]
    emits: tuple[Emit, ...]
    files: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    items: Items | None = None
    joins: tuple[Join, ...] = ()


@dataclass(frozen=True)
class Source:
    """One publisher's way of writing its records.

    Attributes:
        name: as in `riskml ingest NAME`. title: what the records are.
        tables: the kinds of input tables.
        outcome: how a visit's outcome is derived.
        lag_days: days from an event to the day it became known, where the publisher gives none (assumed).
        label_versions: (first day, name) of the code sets in force, ascending.
        changes: site columns whose later values are events: column -> event code.
        snapshots: site columns that hold the value of one day, with that day.
        missing: texts that mean no value, besides the usual ones.
        notes: what a reader of any result should know.
        digest: sha256 of all of it.
    """

    name: str
    title: str
    tables: tuple[SourceTable, ...]
    outcome: OutcomeRule
    lag_days: int
    label_versions: tuple[tuple[str, str], ...]
    changes: Mapping[str, str]
    snapshots: Mapping[str, str]
    missing: tuple[str, ...]
    encodings: tuple[str, ...]
    notes: tuple[dict[str, str], ...]
    digest: str


def references(value: Any) -> list[str]:
    """The fields that a value of `set` names.

    >>> references("{business_id}_{date}"), references("score"), references({"const": "RI"}), references(1)
    (['business_id', 'date'], ['score'], [], [])
    """
    if isinstance(value, dict):
        return [value["field"]] if "field" in value else []
    if not isinstance(value, str):
        return []
    if "{" not in value:
        return [value]
    return [part.split("}")[0] for part in value.split("{")[1:]]
