"""Canonical tables of rows that a test wrote: the columns and types of the contract, without its dear checks."""

from functools import cache

import pandas as pd

from riskml.records import contract
from riskml.records.cells import typed


def plain_table(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """What `contract.conform` gives for rows without a fault; a column too many or too few is still refused."""
    columns = contract.TABLES[name]
    required = {column for column, declared in columns.items() if declared.required}
    wrong = (set(frame.columns) - set(columns)) | (required - set(frame.columns) if len(frame) else set())
    if wrong:
        raise KeyError(f"table {name}: {sorted(map(str, wrong))} stand in the rows and not in the contract, or lack")
    made = no_rows(name).reindex(range(len(frame)))
    for column, declared in columns.items():
        if column in frame:
            made[column] = typed(declared.kind, frame[column].reset_index(drop=True))
        if declared.default is not None:
            made[column] = made[column].fillna(declared.default)
    return made


@cache
def no_rows(name: str) -> pd.DataFrame:
    """A canonical table without rows; the same one each time, so nobody may write into it."""
    return contract.empty(name)
