"""A first source TOML for files nobody has seen: names matched to those of known sources, guesses marked with ?."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pyarrow as pa

from riskml.errors import DataError
from riskml.records._cells import TEXT
from riskml.records._words import read_coded
from riskml.records.contract import RESULTS
from riskml.records.declarations import SourceTable
from riskml.records.masking import without_names
from riskml.records.matching import header_key
from riskml.records.persons import without_numbers
from riskml.records.reading import RawTable, read_tables
from riskml.records.source import load_source, source_names
from riskml.records.values import parse

SAMPLE_ROWS = 2_000
OFTEN = 5
"""Rows from which on a text is taken for a code, even if it might be a name."""
NEEDED = ("inspection_id", "site_id", "visited_on", "visit_type", "result")
"""Fields that a table of visits cannot do without."""
_CODED = ("visit_type", "result", "action", "risk_category", "format_code")
_FIXED = {"visited_on": "day", "registered_on": "day", "score": "number", "lon": "number", "lat": "number"}


@dataclass(frozen=True)
class Guess:
    """What a column may be.

    Attributes:
        column: its name in the file. field: the field it may bring, or "".
        kind: how its text reads. share: of its filled cells that read so. values: how many different texts.
        formats: of days, where the usual forms do not fit. why: in words, for the comment beside it.
    """

    column: str
    field: str
    kind: str
    share: float
    values: int
    formats: tuple[str, ...]
    why: str


def write_draft(inputs: Sequence["Path | str"], target: Path) -> int:
    """Look at files and write a first source TOML; returns how many guesses are in it.

    Raises:
        DataError: if a file cannot be read or has no row of column names, or the target is there already.
    """
    if target.exists():
        raise DataError(f"{target} is there already; choose another name, a draft never replaces a file")
    tables = [table for path in inputs for table in read_tables(Path(path))]
    for table in tables:
        _refuse_without_header(table)
    guesses = [guess_columns(table) for table in tables]
    text = draft_text(target.stem, tables, guesses)
    target.write_text(text, encoding="utf-8")
    return sum(bool(guess.field) for found in guesses for guess in found)


def _refuse_without_header(table: RawTable) -> None:
    """A header that holds days or persons' numbers is a row of data, and a draft would show it."""
    header = pd.Series([str(name) for name in table.frame.columns], dtype="str")
    days = parse(header, "day").values.notna()
    if (days | (header.map(without_numbers) != header)).any():
        raise DataError(f"{table.file}: the row of column names looks like a row of data; put the names above it")


def guess_columns(table: RawTable) -> list[Guess]:
    """A guess for each column, by its name and by how its cells read; no field is guessed twice."""
    known = _known_names()
    taken: set[str] = set()
    found = []
    for column in table.frame.columns:
        cells = table.frame[column].head(SAMPLE_ROWS)
        filled = cells[cells.str.strip() != ""]
        kind, share, formats = _kind_of(filled)
        field = known.get(header_key(str(column)), "")
        if field in taken or (field in _FIXED and _FIXED[field] != kind):
            field = ""
        taken |= {field} - {""}
        why = f"{share:.0%} of {len(filled)} filled cells read as {kind}, {filled.nunique()} different"
        found.append(Guess(str(column), field, kind, share, int(filled.nunique()), formats, why))
    return found


@cache
def _declared() -> tuple[SourceTable, ...]:
    """The tables of every source that comes with riskml."""
    return tuple(table for source in source_names() for table in load_source(source).tables)


@cache
def _known_names() -> Mapping[str, str]:
    """Column name -> field; the earliest source wins."""
    names: dict[str, str] = {}
    for table in _declared():
        for field, spec in table.fields.items():
            for column in spec.columns:
                names.setdefault(header_key(column), field)
    return MappingProxyType(names)


_DAY_FORMATS = ((), ("%m/%d/%Y",), ("%d/%m/%Y",), ("%d.%m.%Y",), ("%d-%b-%Y",))


def _kind_of(cells: "pd.Series[str]") -> tuple[str, float, tuple[str, ...]]:
    """The strictest kind that nine of ten filled cells read as, else text; of days also their format."""
    if cells.empty:
        return "text", 1.0, ()
    for formats in _DAY_FORMATS:
        options = {"formats": list(formats)} if formats else {}
        share = float(parse(cells, "day", **options).values.notna().mean())
        if share >= 0.9:
            return "day", share, formats
    share = float(parse(cells, "number", negative=True).values.notna().mean())
    return ("number", share, ()) if share >= 0.9 else ("text", 1.0, ())


def draft_text(name: str, tables: Sequence[RawTable], guesses: Sequence[Sequence[Guess]]) -> str:
    """The TOML, with a comment beside everything that has to be checked."""
    lines = [
        "# Drafted from files; every line with ? is a guess. Check it, remove the mark, then: riskml ingest THIS FILES",
        f"name = {json.dumps(name)}",
        f"title = {json.dumps(name)}  # ? whose records these are",
        f"label_version = {json.dumps(name)}",
        "",
        "[lag]",
        "days = 7  # ? days from a visit to the day its result became known",
        'provenance = "assumed"',
    ]
    for table, found in zip(tables, guesses, strict=True):
        lines += _table_lines(table, found)
    lines += [
        "",
        "[outcome]",
        'visit_types = ["RI"]',
        "follow_up_days = 0",
        "settling_days = 8  # the lag and a day",
        "",
        "[outcome.fail]",
        'results = ["fail"]  # ? or a bound of the score, such as score_below = 80',
    ]
    return "\n".join(lines) + "\n"


def _table_lines(table: RawTable, guesses: Sequence[Guess]) -> list[str]:
    fields = {guess.field or f"column_{place}": guess for place, guess in enumerate(guesses, start=1)}
    lines = ["", "[[table]]", f"name = {json.dumps(Path(table.file).name.split('.')[0])}", "", "[table.fields]"]
    coded = []
    for field, guess in fields.items():
        is_coded = field in _CODED and guess.values <= 50
        kind = "" if is_coded else f', as = "{"code" if field.endswith("_id") else guess.kind}"'
        kind += f", formats = {json.dumps(guess.formats)}" if guess.formats else ""
        kind += ", negative = true" if field == "lon" else ""
        required = ", required = true" if field in NEEDED else ""
        mark = "?" if guess.field else "? not used"
        column = json.dumps(guess.column, ensure_ascii=False)
        lines.append(f"{field} = {{ from = [{column}]{kind}{required} }}  # {mark} {guess.why}")
        coded += [(field, guess)] if is_coded else []
    for field, guess in coded:
        lines += ["", f"[table.codes.{field}]", *_code_lines(field, table.frame[guess.column])]
    return lines + _emit_lines(fields)


def _code_lines(field: str, cells: "pd.Series[str]") -> list[str]:
    """A line for each text of a coded column; what may name a person and is no code elsewhere is only counted."""
    texts = cells.str.strip().value_counts()
    listed = [text for text in texts.index if text]
    known = _known_codes(field, listed)
    shown = [text for text in listed if text in known or texts[text] >= OFTEN or not _may_name_a_person(text)]
    lines = [_code_line(field, text, known, int(texts[text])) for text in shown]
    hidden = len(listed) - len(shown)
    return [*lines, f"# ? {hidden} more texts are not shown, because they may name persons"] if hidden else lines


def _code_line(field: str, text: str, known: Mapping[str, Any], rows: int) -> str:
    """What a text stands for; a result that no known source has is left for people to say, whatever else is guessed."""
    key = json.dumps(text, ensure_ascii=False)
    if field == "result" and text not in known:
        return f"# {key} = ?  # {rows} rows, quarantined until you say which: {', '.join(RESULTS)}"
    return f"{key} = {json.dumps(known.get(text, _CODE.get(field, 'other')))}  # ? {rows} rows"


def _may_name_a_person(text: str) -> bool:
    return without_names(without_numbers(text), wordy=True) != text


_CODE = {"visit_type": "RI", "risk_category": 1}
"""What stands for a text that no known source has."""


def _known_codes(field: str, texts: Sequence[str]) -> dict[str, Any]:
    """Text -> value of a coded field, from every source that comes with riskml; exact texts before patterns."""
    exact: dict[str, Any] = {}
    fitting: dict[str, Any] = {}
    for table in _declared():
        codes = table.fields[field].options.get("codes", {}) if field in table.fields else {}
        exact |= {text: value for text, value in codes.items() if text != "*" and not text.startswith("~")}
        patterns = {text: value for text, value in codes.items() if text.startswith("~")}
        if patterns:
            found = read_coded(pa.array(texts, type=TEXT), codes=patterns).values.to_pylist()
            fitting = {text: value for text, value in zip(texts, found, strict=True) if value is not None} | fitting
    return fitting | exact


_SITES = ("site_id", "name", "format_code", "risk_category", "lon", "lat", "registered_on")
_CONSTANTS = {
    "visit_type": '{ const = "RI" }',
    "result": '{ const = "inspected" }',
    "inspection_id": '"{site_id}_{visited_on}"',
}
"""What stands for a field that no column brings."""


def _emit_lines(fields: dict[str, Guess]) -> list[str]:
    """The visits and sites that the fields found allow; what is missing stands as a comment."""
    absent = [name for name in NEEDED if name not in fields]
    made = []
    if "site_id" in fields:
        pairs = [f'{name} = "{name}"' for name in _SITES if name in fields]
        made += ["", "[[table.emit]]", 'to = "sites"', f"set = {{ {', '.join(pairs)} }}"]
    if {"site_id", "visited_on"} <= set(fields):
        pairs = [f'{name} = "{name}"' for name in (*NEEDED, "score", "office", "inspector") if name in fields]
        pairs += [f"{name} = {_CONSTANTS[name]}" for name in absent if name in _CONSTANTS]
        made += ["", "[[table.emit]]", 'to = "inspections"', *(["number = true"] if "inspection_id" in absent else [])]
        made.append(f"set = {{ {', '.join(pairs)} }}")
    if absent:
        made.append(f"# ? no column was recognised for {absent}: name it above, or set a constant")
    return made
