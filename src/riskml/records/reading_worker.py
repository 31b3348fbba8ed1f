"""Run as a script, in a process of its own: a workbook on standard input becomes lines of JSON on standard output.

A hostile workbook can make the native parser ask for any amount of memory, which ends the process it runs in (two
cells, in the first and the last corner of a sheet, are enough). So it runs here, within limits, and imports nothing
else of riskml. Formulas are never computed: a cell gives the value stored beside its formula.

A sheet is a line `{"sheet", "left", "merged"}` followed by one array of cell texts for each of its rows, from row 1.
"""

import datetime
import json
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

EXACT_BELOW = 1e15
"""A spreadsheet keeps 15 digits of a number; from here on the last ones of a code are lost."""


def text_of(value: Any) -> str:
    """What a cell holds, as text.

    Examples:
        >>> text_of(12.0), text_of(0.1 + 0.2), text_of(914403007084611360.0), text_of(datetime.date(2021, 5, 7))
        ('12', '0.3', '9.14403007084611E+17', '2021-05-07')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value.isoformat())


def _number(value: float) -> str:
    if not abs(value) < EXACT_BELOW:
        return f"{value:.14E}"
    return str(int(value)) if value == int(value) else f"{value:.15g}"


def sheets(workbook: BinaryIO) -> Iterator[Any]:
    """Every work sheet, hidden ones too: its description, then its rows without the blank ones at its end."""
    from python_calamine import SheetTypeEnum, load_workbook  # noqa: PLC0415  (after the limits are set)

    book = load_workbook(workbook)
    for meta in book.sheets_metadata:
        if meta.typ != SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(meta.name)
        if sheet.start is None:
            continue
        yield {"sheet": meta.name, "left": sheet.start[1], "merged": sheet.merged_cell_ranges or []}
        blank = 0
        for row in sheet.iter_rows():
            cells = [text_of(value) for value in row]
            if not any(cells):
                blank += 1
                continue
            yield from ([] for _ in range(blank))
            blank = 0
            yield cells


def main(memory_bytes: int, output_bytes: int) -> None:
    """Set the limits, then write every sheet; exit code 3 with the parser's words if it is no workbook."""
    try:
        import resource  # noqa: PLC0415  (not on Windows: there only the time is limited)

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass
    written = 0
    try:
        with open(0, "rb", closefd=False) as workbook, open(1, "wb", closefd=False) as output:
            for line in sheets(workbook):
                data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
                written += len(data)
                if written > output_bytes:
                    raise MemoryError(f"more than {output_bytes} bytes of text")
                output.write(data)
    except Exception as error:
        sys.stderr.write(f"{type(error).__name__}: {error}"[:500])
        sys.exit(3)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
