"""Where raw tables come from: files and archives by their path, databases by their URL."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.records.database import database_label, is_database, read_query_tables, tables
from riskml.records.declarations import Source
from riskml.records.matching import is_table
from riskml.records.reading import ENCODINGS, ENDINGS, RawTable, read_tables


def raw_tables(source: Source, inputs: Sequence["Path | str"]) -> list[RawTable]:
    """Every table of text that the inputs hold, in the order given.

    Args:
        source: tells which column names to look for, and which encodings to try.
        inputs: files, folders of files (those that can be read, by name), or database URLs; of a database only the
            tables that are one of the source are read.

    Raises:
        DataError: if there is no input, one cannot be read, none holds a row, or a database no table of the source.
    """
    if not inputs:
        raise DataError(f"source {source.name}: no input given; name files, or the URL of a database")
    known = {name for table in source.tables for spec in table.fields.values() for name in spec.columns}
    found: list[RawTable] = []
    for item in inputs:
        if is_database(str(item)):
            found += _of_database(source, str(item))
            continue
        for path in _files(Path(item)):
            found += read_tables(path, known=known, encodings=source.encodings or ENCODINGS)
    if not sum(len(table.rows) for table in found):
        raise DataError(f"{', '.join(table.file for table in found)} holds no rows; export it again")
    return found


def left_out(inputs: Sequence["Path | str"]) -> list[str]:
    """Names of the files in folders among the inputs that are not read, because their ending is no table's."""
    folders = [Path(item) for item in inputs if not is_database(str(item)) and Path(item).is_dir()]
    return [path.name for folder in folders for path in sorted(folder.iterdir()) if not _is_table_file(path)]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = [file for file in sorted(path.iterdir()) if _is_table_file(file)]
    if not files:
        raise DataError(f"folder {path} holds no file that ends in {', '.join(ENDINGS)}; name the files")
    return files


def _is_table_file(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ENDINGS) and not path.name.startswith(("~$", "."))


def _of_database(source: Source, url: str) -> list[RawTable]:
    wanted = {name: name for name, columns in tables(url).items() if is_table(source, name, columns)}
    if not wanted:
        raise DataError(f"{database_label(url)} holds no table of source {source.name} that this user can see")
    parts: dict[str, list[tuple[pd.DataFrame, np.ndarray]]] = {}
    for chunk in read_query_tables(url, tables=wanted):
        parts.setdefault(chunk.table, []).append((chunk.rows, chunk.numbers))
    return [
        RawTable(
            file=f"{database_label(url)}/{name}",
            frame=pd.concat([rows for rows, _ in chunks], ignore_index=True),
            rows=np.concatenate([numbers for _, numbers in chunks]),
            encoding="database",
            header_row=0,
            dropped=(),
        )
        for name, chunks in parts.items()
    ]
