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
LINKS: Final = ("", "subject", "place", "name")
LINKABLE: Final = {
    "sites": ("", "subject"), "events": LINKS, "amendments": ("",), "inspections": ("", "place"), "grades": LINKS,
}  # fmt: skip
"""How rows of each canonical table may find their site; amendments follow their event."""


@dataclass(frozen=True)
class Field:
    """One field of an input table.

    Attributes:
        columns: names under which publishers write it, the first found counts; empty for a field made by the engine.
        kind: one of `KINDS`.
        required: a row without it is quarantined, and a file without the column is not this table.
        in_header: a file without the column is not this table, but a row may be without a value.
        sound: a row whose cell cannot be read is quarantined; an empty cell is not.
        reject: values that mean no value.
        pattern: regular expression; its first group is the value.
        options: what `records.values.parse` takes besides (formats, codes, unit, decimal, ...).
        parts: codes of the parts of a list.
        value: instead of columns: what the other fields make of it, written as in `Emit.set`.
    """

    columns: tuple[str, ...]
    kind: str = "text"
    required: bool = False
    reject: tuple[str, ...] = ()
    pattern: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    in_header: bool = False
    sound: bool = False
    parts: Mapping[str, Any] | None = None
    value: Any = None


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
        set: canonical column -> field name, "{template} of fields", number, list of such (the first that has a value
            counts), or table with `const`, or with `field` (any of these) and `plus_days`, `plus_workdays` or `map`.
        once_per: fields; only the first row of each combination makes one.
        agree: fields in which rows of one combination must agree; a row that does not is quarantined.
        number: repeated ids get ":2", ":3" ... instead of being an error.
        where: field -> values it must have; an empty list means: any value.
        each: "" (the row), "item" (each of the row's items), or a list field (each of its parts).
        link: how a row without site_id finds its site. "" (it has one), "subject" (all sites of subject_id), "place"
            (the one of these sites that it names; if it names none, all of them, but a visit is quarantined), "name";
            by name also where there is no subject_id.
        optional: a row that finds no site is kept without this fact instead of being quarantined.
        unless: (table, field): not for rows whose field the other table has too; (table, ""): not if that is given.
    """

    to: str
    set: Mapping[str, Any]
    once_per: tuple[str, ...] = ()
    agree: tuple[str, ...] = ()
    number: bool = False
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    each: str = ""
    link: str = ""
    optional: bool = False
    unless: tuple[str, str] = ("", "")


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
        ignore: columns that say nothing of the row (its number in the list), so that equal rows are equal.
    """

    name: str
    fields: Mapping[str, Field]
    emits: tuple[Emit, ...]
    files: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    items: Items | None = None
    joins: tuple[Join, ...] = ()
    ignore: tuple[str, ...] = ()


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
        snapshots: site columns that hold the value of one day, with that day, or "observed_to".
        missing: texts that mean no value, besides the usual ones.
        notes: what a reader of any result should know.
        digest: sha256 of all of it.
        private: files may name persons anywhere: what no field reads is shown in the quarantine as its shape only.
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
    private: bool = False


def references(value: Any) -> list[str]:
    """The fields that a value of `set` names.

    >>> references("{business_id}_{date}"), references("score"), references({"const": "RI"}), references(1)
    (['business_id', 'date'], ['score'], [], [])
    >>> references(["entered_on", {"field": ["taken_on", "{a}"], "plus_days": 1}])
    ['entered_on', 'taken_on', 'a']
    """
    if isinstance(value, list):
        return [name for one in value for name in references(one)]
    if isinstance(value, dict):
        return references(value["field"]) if "field" in value else []
    if not isinstance(value, str):
        return []
    if "{" not in value:
        return [value]
    return [part.split("}")[0] for part in value.split("{")[1:]]
