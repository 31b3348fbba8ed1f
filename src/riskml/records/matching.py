"""Which table of a source a raw table is, and which of its columns brings which field."""

import fnmatch
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from riskml.errors import DataError
from riskml.records.declarations import Field, Source, SourceTable
from riskml.records.persons import shape
from riskml.records.reading import RawTable

SHOWN_COLUMNS: Final = 12
SHOWN_CHARS: Final = 40
"""Of the header of a file that is no table of the source."""


def match_table(source: Source, raw: RawTable) -> SourceTable:
    """The source table that a raw table is: its file name fits, its required columns are there, and most of the others.

    Raises:
        DataError: if it is none, saying what the nearest one lacks.
    """
    scored = []
    for table in source.tables:
        if not fits_name(table, raw.file):
            continue
        found = found_columns(table, raw.frame.columns)
        absent = [name for name, spec in table.fields.items() if needs_column(spec) and name not in found]
        scored.append((not absent, len(found), table, absent))
    best = max(scored, key=lambda entry: (entry[0], entry[1]), default=None)
    if best is None:
        raise DataError(
            f"{raw.file}: its name is of no table of source {source.name}: {[t.files for t in source.tables]}"
        )
    if not best[0]:
        wanted = {name: list(best[2].fields[name].columns) for name in best[3]}
        has = _shown_header(source, [str(name) for name in raw.frame.columns])
        raise DataError(
            f"{raw.file}: is no table of source {source.name}; the nearest, {best[2].name!r}, needs columns that are "
            f"missing: {wanted}; the file has {has}"
        )
    return best[2]


def _shown_header(source: Source, header: list[str]) -> list[str]:
    """The first names of a header for a message; where none is known it may be a row of data, which names persons."""
    known = {header_key(name) for table in source.tables for spec in table.fields.values() for name in spec.columns}
    safe = not source.private or sum(header_key(name) in known for name in header) > 1
    return [(name if safe else shape(name))[:SHOWN_CHARS] for name in header[:SHOWN_COLUMNS]]


def is_table(source: Source, name: str, columns: Iterable[str]) -> bool:
    """Whether a table of that name and these columns has all that some table of the source needs."""
    header = list(columns)
    for table in source.tables:
        found = found_columns(table, header)
        needed = [field for field, spec in table.fields.items() if needs_column(spec)]
        if fits_name(table, name) and found and all(field in found for field in needed):
            return True
    return False


def needs_column(spec: Field) -> bool:
    """Whether a file must have a column for the field."""
    return bool((spec.required or spec.in_header) and spec.columns)


def fits_name(table: SourceTable, file: str) -> bool:
    """Whether a file, or a member of an archive by its own name, may be this table."""
    own = file.rsplit("/", 1)[-1].lower()
    return not table.files or any(fnmatch.fnmatch(own, pattern.lower()) for pattern in table.files)


@lru_cache(maxsize=1 << 14)
def header_key(name: str) -> str:
    """A column name for matching: letters and digits only, without case, blanks, marks or full-width forms.

    What stands in brackets counts, because a unit tells amounts in 万元 from amounts in 元.

    >>> header_key("Inspection_ID") == header_key("INSPECTION ID"), header_key("金额（元）") == header_key("金额(万元)")
    (True, False)
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in plain if c.isalnum() or c in "#%")


def found_columns(table: SourceTable, header: Iterable[str]) -> dict[str, str]:
    """Field -> the column of the file that brings it."""
    by_key = {header_key(str(name)): str(name) for name in reversed(list(header))}
    found = {}
    for name, spec in table.fields.items():
        column = next((by_key[header_key(alias)] for alias in spec.columns if header_key(alias) in by_key), None)
        if column is not None:
            found[name] = column
    return found


def matrix_columns(table: SourceTable, raw: pd.DataFrame) -> list[str]:
    """The columns of raw cells that are items of the table's matrix, each named by its item."""
    prefix = table.items.prefix if table.items and table.items.form == "matrix" else None
    return [str(name) for name in raw.columns if prefix and str(name).startswith(prefix)]


def named_cells(table: SourceTable, raw: RawTable) -> pd.DataFrame:
    """The raw cells under field names, unnamed columns after them (matrix items and the quarantine want them)."""
    columns = found_columns(table, raw.frame.columns)
    prefix = table.items.prefix if table.items and table.items.form == "matrix" else None
    used = {name for name in columns.values() if prefix is None or not name.startswith(prefix)}
    ignored = {header_key(name) for name in table.ignore}
    used |= {name for name in raw.frame.columns if header_key(str(name)) in ignored}
    cells = {name: raw.frame[column] for name, column in columns.items()}
    cells |= {name: raw.frame[name] for name in raw.frame.columns if name not in used and name not in cells}
    named = pd.DataFrame(cells, index=raw.frame.index, copy=False)
    return named.assign(
        _file=pd.Categorical.from_codes(np.zeros(len(named), np.int8), pd.Index([raw.file])), _row=raw.rows
    )


def joined_cells(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The named cells of several files, one below the other; a column that a file lacks is empty in its rows."""
    if len(parts) == 1:
        return parts[0].reset_index(drop=True)
    files = union_categoricals([part["_file"] for part in parts])
    cells = pd.concat([part.drop(columns="_file") for part in parts], ignore_index=True).fillna("")
    return cells.assign(_file=files)
