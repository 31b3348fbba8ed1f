"""The canonical tables as declarations: columns, types, keys, code lists, ranges; the only list of columns there is.

`records.checking` makes the pandera schemas of it, `records.rules` holds what no single column can say.
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Attributes:
        kind: "text", "day", "integer", "number" or "flag".
        meaning: what the value says, with its unit.
        required: the table is refused without the column, and a row without the value.
        default: value of a row that brings none (integers only).
        codes: the only values allowed; empty if any is.
        low, high: least and greatest value that makes sense; a value beyond them is a warning, not a refusal.
        private: may name a person, or holds raw text that may: no message shows its values.
    """

    kind: str
    meaning: str
    required: bool = False
    default: int | None = None
    codes: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    private: bool = False


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
CORRECTABLE: Final = ("code", "occurred_on", "due_on", "valid_to", "severity", "quantity", "amount")
"""Columns of an event that an amendment of kind correct may name."""
SCOPES: Final = ("site", "legal_person")
ROLES: Final = ("sampled_site", "labelled_maker")

TABLES: Final[dict[str, dict[str, Column]]] = {
    "sites": {
        "site_id": Column("text", "key: one licensed place of business", required=True),
        "subject_id": Column("text", "legal person (USCC)", private=True),
        "name": Column("text", "name for display; never a feature", private=True),
        "industry_class": Column("text", "maker, sales, catering, workshop"),
        "format_code": Column("text", "kind of business (code list of the source)"),
        "area_m2": Column("number", "floor area, square metres", low=0),
        "staff": Column("number", "persons employed", low=0),
        "office": Column("text", "supervising office or district"),
        "lon": Column("number", "degrees east", low=-180, high=180),
        "lat": Column("number", "degrees north", low=-90, high=90),
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
        "severity": Column("integer", "0 none, 1 minor, 2 serious, 3 critical", default=0, low=0, high=3),
        "quantity": Column("integer", "number of facts the row stands for", default=1, low=0),
        "amount": Column("number", "yuan"),
        "scope": Column("text", "whom it concerns", codes=SCOPES),
        "role": Column("text", "part of the site in a failed sample", codes=ROLES),
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
        "key_fail": Column("integer", "key (critical) items failed", low=0),
        "general_fail": Column("integer", "other items failed", low=0),
        "label_version": Column("text", "code set under which the result was given", required=True),
        "inspector": Column("text", "hashed; never a feature of a prediction", private=True),
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
        "reason": Column("text", "why, in words", required=True, private=True),
        "raw": Column("text", "the row as text (JSON)", required=True, private=True),
    },
    "truth": {
        "site_id": Column("text", "simulated site", required=True),
        "as_of": Column("day", "first day of the month it describes", required=True),
        "latent_risk": Column("number", "probability that a visit this month fails", required=True, low=0, high=1),
        "propensity": Column("number", "probability of a visit this month", required=True, low=0, high=1),
        "would_fail": Column("flag", "the outcome had the site been visited", required=True),
    },
}

KEYS: Final = {"sites": ["site_id"], "events": ["event_id"], "inspections": ["inspection_id"]}
"""Columns whose value stands in one row only."""
ROW_NAMES: Final = {
    **KEYS,
    "amendments": ["event_id", "kind", "known_on"],
    "grades": ["site_id", "system", "valid_from"],
    "quarantine": ["file", "row"],
    "truth": ["site_id", "as_of"],
}
"""Columns that tell a reader which row of a table is meant."""


def empty(table: str) -> pd.DataFrame:
    """A canonical table without rows."""
    return pd.DataFrame({name: pd.Series(dtype=DTYPES[c.kind]) for name, c in TABLES[table].items()})


def conform(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows with the columns and types of the contract, in its order, each column and key checked.

    Args:
        table: a name of `TABLES`.
        frame: any columns; unknown ones are refused, absent optional ones become missing.

    Raises:
        DataError: with every fault of the table at once: an unknown, repeated or absent column, a value of the wrong
            type, a day with a time of day, an empty required cell, a value that is none of the column's codes, a
            repeated key. Values out of range are no reason to refuse (see `records.checking.warnings_of`).
    """
    from riskml.records.checking import checked  # noqa: PLC0415 - it is made of the declarations above
    from riskml.records.fault import refuse  # noqa: PLC0415

    found = checked(table, frame)
    refuse(found.faults, f"table {table}")
    return found.frame
