"""One way in which records break their contract: what, where, how often, with examples; and the refusal of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.records.contract import ROW_NAMES

REFUSE: Final = "refuse"
WARN: Final = "warn"
EXAMPLES: Final = 3
"""Most examples of one fault."""
LINES: Final = 20
"""Most lines of one refusal."""
WIDTH: Final = 60
"""Most characters of one value shown."""
NONE: Final = "(empty)"


@dataclass(frozen=True)
class Fault:
    """One rule of the contract that rows of one table break.

    Attributes:
        table: name of a table, or "records.json".
        column: the column at fault.
        rule: short name of the rule.
        severity: "refuse" (nothing can be made of such records) or "warn" (a reader should know).
        count: rows that break it; 1 where a whole column is at fault.
        rows: rows of the table; 0 where a whole column is at fault.
        examples: up to three of the rows, by their keys, with the values unless these may name a person.
        text_en, text_zh: what is wrong, and what is allowed.
    """

    table: str
    column: str
    rule: str
    severity: str
    count: int
    rows: int
    examples: tuple[str, ...]
    text_en: str
    text_zh: str

    def line(self, lang: str = "en") -> str:
        """The fault in one line, in "en" or "zh".

        >>> fault = Fault("sites", "lat", "range", WARN, 2, 9, ("s1: 91.0",), "is above 90", "大于90")
        >>> fault.line()
        'sites.lat is above 90: 2 of 9 rows, such as s1: 91.0'
        >>> fault.line("zh")
        'sites.lat 大于90：9 行中 2 行，例如 s1: 91.0'
        """
        place, shown = f"{self.table}.{self.column}", "; ".join(self.examples)
        if lang == "zh":
            counted = f"：{self.rows} 行中 {self.count} 行" if self.rows else ""
            return f"{place} {self.text_zh}{counted}" + (f"，例如 {shown}" if shown else "")
        counted = f": {self.count} of {self.rows} rows" if self.rows else ""
        return f"{place} {self.text_en}{counted}" + (f", such as {shown}" if shown else "")

    def as_dict(self) -> dict[str, Any]:
        """The fault as values that JSON can hold."""
        return {**asdict(self), "examples": list(self.examples)}


def refuse(faults: Sequence[Fault], where: str) -> None:
    """Refuse records with all faults at once, if any of them is a reason to.

    Args:
        faults: of severity "refuse" or "warn"; warnings are left out.
        where: what is refused, such as a folder.

    Raises:
        DataError: one line a fault, at most `LINES` lines; the rest is counted.
    """
    grave = [fault.line() for fault in faults if fault.severity == REFUSE]
    if len(grave) == 1:
        raise DataError(f"{where}: {grave[0]}; correct the rows, or make the records again")
    if grave:
        room = LINES - 1
        shown = grave if len(grave) <= room else [*grave[: room - 1], f"... and {len(grave) - room + 1} more faults"]
        head = f"{where}: {len(grave)} faults; correct the rows, or make the records again"
        raise DataError("\n  ".join([head, *shown]))


def examples(
    table: str, frame: pd.DataFrame, bad: NDArray[np.bool_], shown: Sequence["pd.Series[Any]"]
) -> tuple[str, ...]:
    """The first rows that are bad: what names them in their table, and the values shown.

    Args:
        table: name of the table.
        frame: the table in the types of the contract.
        bad: shape (rows,).
        shown: columns at fault, each of shape (rows,); none where the values may name a person.
    """
    places = np.flatnonzero(bad)[:EXAMPLES]
    names = [name for name in ROW_NAMES[table] if not any(name == column.name for column in shown)]
    keys = frame[names].iloc[places]
    found = []
    for place, row in zip(places, keys.itertuples(index=False), strict=True):
        key = " ".join(_plain(cell) for cell in row if not pd.isna(cell)) or f"row {place + 1}"
        values = ", ".join(f"{column.name} {_plain(column.iloc[place])}" for column in shown)
        found.append(f"{key}: {values}" if values else key)
    return tuple(found)


def _plain(cell: Any) -> str:
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:  # noqa: PLR0124 - only NaN is not itself
        return NONE
    if isinstance(cell, pd.Timestamp):
        return f"{cell:%Y-%m-%d}" if cell == cell.normalize() else str(cell)
    text = str(cell) if not isinstance(cell, str) else repr(cell) if cell != cell.strip() or not cell else cell
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
