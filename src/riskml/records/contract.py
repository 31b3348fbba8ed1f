"""The canonical tables as declarations: columns, types, keys, code lists; and the check that holds a table to them."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from riskml.errors import DataError


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Attributes:
        kind: "text", "day", "integer", "number" or "flag".
        meaning: what the value says, with its unit.
        required: the table is refused without the column, and a row without the value.
        default: value of a row that brings none (integers only).
        codes: the only values allowed; empty if any is.
    """

    kind: str
    meaning: str
    required: bool = False
    default: int | None = None
    codes: tuple[str, ...] = ()


DTYPES: Final = {
    "text": "str",
    "day": "datetime64[s]",
    "integer": "Int64",
    "number": "float64",
    "flag": "boolean",
}

VISIT_TYPES: Final = {
    "RI": "routine inspection",
    "DR": "double random draw",
    "SP": "campaign",
    "UA": "unannounced, on a lead",
    "CO": "complaint check",
    "FU": "follow-up",
    "LI": "licensing",
    "SY": "system inspection",
    "RV": "online patrol",
}
RESULTS: Final = {
    "pass": "no problem found",
    "conditional": "problems of the lighter kind, passed",
    "fail": "failed",
    "inspected": "carried out; the source gives no verdict of its own",
    "not_found": "closed, moved or not reachable: no inspection took place",
}
AMENDMENT_KINDS: Final = ("repair", "revoke", "end", "correct")

TABLES: Final[dict[str, dict[str, Column]]] = {
    "sites": {
        "site_id": Column("text", "key: one licensed place of business", required=True),
        "subject_id": Column("text", "legal person (USCC)"),
        "name": Column("text", "name for display; never a feature"),
        "industry_class": Column("text", "maker, sales, catering, workshop"),
        "format_code": Column("text", "kind of business (code list of the source)"),
        "area_m2": Column("number", "floor area, square metres"),
        "staff": Column("number", "persons employed"),
        "office": Column("text", "supervising office or district"),
        "lon": Column("number", "degrees east"),
        "lat": Column("number", "degrees north"),
        "registered_on": Column("day", "first day of business; missing = before the records begin"),
        "closed_on": Column("day", "first day without business, by known closures only"),
        "licence_valid_to": Column("day", "last day of the licence"),
        "risk_category": Column("integer", "static risk class given at licensing, higher is riskier"),
    },
    "events": {
        "event_id": Column("text", "key", required=True),
        "site_id": Column("text", "site it concerns", required=True),
        "code": Column("text", "kind of fact", required=True),
        "occurred_on": Column("day", "when it happened", required=True),
        "known_on": Column("day", "first day the bureau's system held it", required=True),
        "due_on": Column("day", "deadline known with the event"),
        "valid_to": Column("day", "scheduled end known with the event"),
        "case_id": Column("text", "joins the penalties of one case"),
        "inspection_id": Column("text", "the visit it came from"),
        "item": Column("text", "checklist item or violation code of the source"),
        "severity": Column("integer", "0 none, 1 minor, 2 serious, 3 critical", default=0),
        "quantity": Column("integer", "number of facts the row stands for", default=1),
        "amount": Column("number", "yuan"),
        "scope": Column("text", "site or legal_person"),
        "role": Column("text", "sampled_site or labelled_maker"),
        "source": Column("text", "file or table it came from"),
    },
    "amendments": {
        "event_id": Column("text", "the event amended", required=True),
        "kind": Column("text", "what happened to it", required=True, codes=AMENDMENT_KINDS),
        "effective_on": Column("day", "from which day it holds", required=True),
        "known_on": Column("day", "first day the bureau's system held it", required=True),
        "column": Column("text", "correct: the column corrected"),
        "value": Column("text", "correct: its new value, as text"),
    },
    "inspections": {
        "inspection_id": Column("text", "key", required=True),
        "site_id": Column("text", "site visited", required=True),
        "visited_on": Column("day", "day of the visit", required=True),
        "known_on": Column("day", "first day the bureau's system held it", required=True),
        "visit_type": Column("text", "kind of visit", required=True, codes=tuple(VISIT_TYPES)),
        "task_source": Column("text", "why the visit was made"),
        "result": Column("text", "what was found", required=True, codes=tuple(RESULTS)),
        "action": Column("text", "what the inspector ordered"),
        "score": Column("number", "score of the visit, in the source's own unit"),
        "key_fail": Column("integer", "key (critical) items failed"),
        "general_fail": Column("integer", "other items failed"),
        "label_version": Column("text", "code set under which the result was given", required=True),
        "inspector": Column("text", "hashed; never a feature of a prediction"),
        "office": Column("text", "office that visited"),
    },
    "grades": {
        "site_id": Column("text", "site graded", required=True),
        "system": Column("text", "grading system", required=True),
        "level": Column("text", "published level", required=True),
        "points": Column("number", "published points"),
        "valid_from": Column("day", "first day in force", required=True),
        "valid_to": Column("day", "first day no longer in force"),
        "known_on": Column("day", "first day the bureau's system held it", required=True),
    },
    "quarantine": {
        "file": Column("text", "source file", required=True),
        "row": Column("integer", "row number in it, as a spreadsheet shows it", required=True),
        "rule": Column("text", "name of the rule that rejected it", required=True),
        "reason": Column("text", "why, in words", required=True),
        "raw": Column("text", "the row as text (JSON)", required=True),
    },
    "truth": {
        "site_id": Column("text", "simulated site", required=True),
        "as_of": Column("day", "first day of the month it describes", required=True),
        "latent_risk": Column("number", "probability that a visit this month fails", required=True),
        "propensity": Column("number", "probability that a visit takes place this month", required=True),
        "would_fail": Column("flag", "the outcome had the site been visited", required=True),
    },
}

KEYS: Final = {"sites": ["site_id"], "events": ["event_id"], "inspections": ["inspection_id"]}


def empty(table: str) -> pd.DataFrame:
    """A canonical table without rows."""
    return pd.DataFrame({name: pd.Series(dtype=DTYPES[c.kind]) for name, c in TABLES[table].items()})


def conform(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows with the columns and types of the contract, in its order, keys checked.

    Args:
        table: a name of `TABLES`.
        frame: any columns; unknown ones are refused, absent optional ones become missing.

    Raises:
        DataError: for an unknown or absent column, a value of the wrong type, a day with a time of day, an empty
            required cell, a value that is none of the column's codes, a repeated key.
    """
    columns = TABLES[table]
    unknown = [name for name in frame.columns if name not in columns]
    if unknown:
        raise DataError(f"table {table}: unknown columns {unknown}; allowed are {list(columns)}")
    absent = [name for name, c in columns.items() if c.required and name not in frame.columns]
    if absent:
        raise DataError(f"table {table}: columns {absent} are missing; required are {_required(table)}")
    typed = pd.DataFrame({name: _typed(table, name, c, frame) for name, c in columns.items()})
    for name in _required(table):
        holes = int(typed[name].isna().sum())
        if holes:
            raise DataError(f"table {table}: column {name} is empty in {holes} of {len(typed)} rows")
    for name in (name for name, c in columns.items() if c.codes):
        _check_codes(table, name, columns[name], typed[name])
    for key in KEYS.get(table, []):
        twice = typed[key][typed[key].duplicated()]
        if len(twice):
            raise DataError(f"table {table}: {len(twice)} repeated {key}; examples: {twice.head(3).tolist()}")
    return typed


def _check_codes(table: str, name: str, column: Column, values: "pd.Series[Any]") -> None:
    other = values[~values.isin(column.codes)]
    if len(other):
        raise DataError(
            f"table {table}: column {name} holds {other.unique()[:3].tolist()} in {len(other)} of {len(values)} rows; "
            f"allowed are {list(column.codes)}"
        )


def _required(table: str) -> list[str]:
    return [name for name, column in TABLES[table].items() if column.required]


def _typed(table: str, name: str, column: Column, frame: pd.DataFrame) -> "pd.Series[Any]":
    dtype: Any = DTYPES[column.kind]
    if name not in frame.columns:
        return pd.Series(column.default, index=range(len(frame)), dtype=dtype)
    values = frame[name].reset_index(drop=True)
    try:
        typed = values.astype(dtype)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"table {table}: column {name} must be {column.kind}: {error}") from error
    if column.kind == "day" and (typed.dropna() != typed.dropna().dt.normalize()).any():
        raise DataError(f"table {table}: column {name} must hold days without a time of day; drop the time")
    return typed if column.default is None else typed.fillna(column.default)
