"""Bytes become tables of text: which file this is, how it is encoded, and nothing interpreted yet."""

from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from riskml.errors import DataError
from riskml.records.reading_archives import members, opened
from riskml.records.reading_bytes import ENCODINGS, ByteSource, file_source
from riskml.records.reading_parquet import read_parquet
from riskml.records.reading_table import DroppedRow, Hints, RawTable
from riskml.records.reading_text import read_text
from riskml.records.reading_workbooks import read_workbook

__all__ = ["ENCODINGS", "ENDINGS", "DroppedRow", "RawTable", "read_tables"]

TEXTS = (".csv", ".tsv", ".txt")
WORKBOOKS = (".xls", ".xlsx", ".xlsm")
ENDINGS = (*TEXTS, *(f"{ending}.gz" for ending in TEXTS), *WORKBOOKS, ".parquet", ".zip")
"""What can be read; the first bytes decide where they contradict the ending (text called .xls, and the reverse)."""
_ADVICE = {
    **dict.fromkeys((".pdf", ".doc", ".docx", ".wps", ".ofd"), "copy its table to a workbook and save that as .xlsx"),
    **dict.fromkeys((".et", ".ods", ".xlsb", ".numbers"), "open it and save it as .xlsx"),
    **dict.fromkeys((".html", ".htm", ".mht", ".xml"), "open it in a spreadsheet and save it as .xlsx"),
    **dict.fromkeys((".rar", ".7z", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".gz"), "unpack it and name the files"),
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".tif", ".tiff"), "type its table into a workbook"),
}
_PDF, _PARQUET, _ZIP, _OLE = b"%PDF", b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def read_tables(
    path: "Path | str",
    *,
    known: Collection[str] = (),
    encodings: Sequence[str] = ENCODINGS,
    columns: Sequence[str] = (),
) -> list[RawTable]:
    """Every table of a file, with an account of every row.

    Args:
        path: a file whose name ends in one of ENDINGS; of a workbook every sheet, hidden ones too, of an archive every
            member is read.
        known: names of columns to expect, in any writing of spaces and brackets: they help to find the header.
        encodings: of text, tried strictly in this order; "latin-1" and "cp1252" only if named here.
        columns: the names of all columns if the file has no header row.

    Returns:
        At least one table; one without rows if the file has only a header.

    Raises:
        DataError: if the file is missing, of another kind, damaged, blank, in no known encoding, or exceeds a limit.
    """
    source, hints = file_source(Path(path)), Hints(known=known, encodings=encodings, columns=columns)
    if PurePosixPath(source.name).suffix.lower() != ".zip":
        return _tables(source, hints)
    with source.seekable() as handle, opened(source, handle) as archive:
        return [table for member in members(archive, source) for table in _tables(member, hints)]


def _tables(source: ByteSource, hints: Hints) -> list[RawTable]:
    """The tables of one file or member.

    Raises:
        DataError: as `read_tables`.
    """
    head = source.first_bytes(512)
    kind = _kind(source.name, head)
    if kind == "workbook":
        return read_workbook(source, hints)
    if kind == "text":
        return [read_text(source, hints)]
    with source.seekable() as handle:
        return [read_parquet(source.name, handle)]


def _kind(name: str, head: bytes) -> str:
    r"""By its ending, corrected by its first bytes.

    Raises:
        DataError: if it is nothing that can be read.

    Examples:
        >>> _kind("a.XLS", b"a\tb"), _kind("a.csv", b"PK\x03\x04"), _kind("a.txt.gz", b"\x1f\x8b")
        ('text', 'workbook', 'text')
    """
    lower = name.lower()
    ending = PurePosixPath(lower.removesuffix(".gz") if lower.endswith(ENDINGS) else lower).suffix
    if ending not in (*TEXTS, *WORKBOOKS, ".parquet"):
        advice = _ADVICE.get(ending, "export it as .csv or .xlsx")
        raise DataError(f"{name}: cannot read this kind of file; allowed are {', '.join(ENDINGS)}: {advice}")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(_PDF) or start.startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):
        found = ".pdf" if head.startswith(_PDF) else ".html"
        raise DataError(f"{name}: its content is {found}, whatever its name says: {_ADVICE[found]}")
    if ending == ".parquet" or head.startswith(_PARQUET):
        return "parquet"
    return "workbook" if head.startswith((_ZIP, _OLE)) else "text"
