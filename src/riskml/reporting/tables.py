"""Tables for people: Parquet, CSV or Excel by the file's ending, with spreadsheet formulas made harmless."""

import re
from pathlib import Path
from typing import Final

import pandas as pd

from riskml.errors import DataError

ENDINGS: Final = (".parquet", ".csv", ".xlsx")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""First characters that a spreadsheet may take for a formula, the full-width ones of Chinese input included."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that Excel refuses."""
_RETURN: Final = re.compile(r"\r\n?")
"""Line ends that a CSV file does not quote: the rest of the text would begin a row of its own, perhaps a formula."""
EXCEL_ROWS: Final = 1_048_575
"""Rows of an Excel sheet below its header."""


def write_table(table: pd.DataFrame, target: Path) -> None:
    """Write a table; it appears whole or not at all.

    CSV is UTF-8 with BOM. In CSV and Excel a text that a spreadsheet would run as a formula gets a leading apostrophe,
    and control characters are left out.

    Raises:
        DataError: if the ending is none of .parquet, .csv, .xlsx, or the table has more rows than Excel can hold.
    """
    target = Path(target)
    if target.suffix not in ENDINGS:
        raise DataError(f"{target}: cannot write this kind of table; end the name in one of {list(ENDINGS)}")
    if target.suffix == ".xlsx" and len(table) > EXCEL_ROWS:
        raise DataError(f"{target}: {len(table)} rows are more than Excel holds ({EXCEL_ROWS}); write .csv or .parquet")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part{target.suffix}")
    try:
        if target.suffix == ".parquet":
            table.to_parquet(part, index=False, compression="zstd")
        elif target.suffix == ".csv":
            _printable(table).to_csv(part, index=False, encoding="utf-8-sig", date_format="%Y-%m-%d")
        else:
            _printable(table).to_excel(part, index=False, engine="openpyxl")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _printable(table: pd.DataFrame) -> pd.DataFrame:
    """The table with formulas neutralised and days as text."""
    made = table.copy()
    for name in made.columns:
        if pd.api.types.is_datetime64_any_dtype(made[name]):
            made[name] = made[name].dt.strftime("%Y-%m-%d")
        elif not pd.api.types.is_numeric_dtype(made[name]) and not pd.api.types.is_bool_dtype(made[name]):
            made[name] = made[name].map(_harmless, na_action="ignore")
    return made


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = _RETURN.sub("\n", _CONTROL.sub("", value))
    return f"'{text}" if text.startswith(_FORMULA) else text
