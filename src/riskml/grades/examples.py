"""Worked examples of a system, run: the file's own test of itself."""

from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.grades.engine import grade_log
from riskml.grades.grading_system import System
from riskml.grades.system import Example
from riskml.records.contract import empty
from riskml.records.days import NEVER, from_days

DAY: Final = 20_000
"""Any decision day: examples give ages, not dates."""
DECIMALS: Final = 4
"""Scores of examples are written with so many decimals."""


def run_example(system: System, example: Example) -> "pd.Series[Any]":
    """The row that `grade_log` gives for the site of an example; each fact was known on the day it happened."""
    given = pd.DataFrame([_given(dict(example.given))]) if example.given else None
    visits = _visits(example) if example.visits else None
    return grade_log(_site(example), _log(example), system, DAY, visits=visits, provided=given).iloc[0]


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Lists as one number: scores as their mean, deductions as their sum."""
    return {
        name: (np.mean(value) if name == "scores" else np.sum(value)) if isinstance(value, list) else value
        for name, value in values.items()
    }


def _site(example: Example) -> pd.DataFrame:
    """The site; its days are given as days before the decision day."""
    values = {"site_id": "example", **example.site}
    sites = pd.DataFrame([values]).assign(risk_category=pd.array([values.get("risk_category")], dtype="Int64"))
    if "registered_on" in values:
        sites["registered_on"] = from_days(np.array([DAY - values["registered_on"]]))
    if "licence_valid_to" in values:
        sites["licence_valid_to"] = from_days(np.array([DAY + values["licence_valid_to"]]))
    return sites


def _log(example: Example) -> pd.DataFrame:
    rows = example.events
    return pd.DataFrame(
        {
            "event_id": pd.Series([f"e{place}" for place in range(len(rows))], dtype="str"),
            "site_id": pd.Series(["example"] * len(rows), dtype="str"),
            "code": pd.Series([row["code"] for row in rows], dtype="str"),
            "occurred_on": _days([DAY - row["age_days"] for row in rows]),
            "known_on": _days([DAY - row["age_days"] for row in rows]),
            "gone_on": _days([DAY - row["gone_days"] if "gone_days" in row else NEVER for row in rows]),
            "repaired_on": _days([DAY - 1 if row.get("repaired") else NEVER for row in rows]),
            "valid_to": _days([DAY + row["valid_days"] if "valid_days" in row else NEVER for row in rows]),
            "case_id": pd.Series([row.get("case_id") for row in rows], dtype="str"),
            "quantity": pd.Series([row.get("quantity", 1) for row in rows], dtype="int64"),
            "amount": pd.Series([row.get("amount") for row in rows], dtype="float64"),
        }
    )


def _visits(example: Example) -> pd.DataFrame:
    visits = empty("inspections").reindex(range(len(example.visits)))
    for place, row in enumerate(example.visits):
        day = from_days(np.array([DAY - row["age_days"]]))[0]
        for name in ("score", "key_fail", "general_fail"):
            visits.loc[place, name] = row.get(name)
        visits.loc[place, ["visited_on", "known_on"]] = day
        visits.loc[place, ["visit_type", "result"]] = [row.get("type", "RI"), row.get("result", "pass")]
    return visits.assign(site_id="example", inspection_id=[f"v{place}" for place in range(len(visits))])


def _days(days: list[int]) -> "pd.Series[Any]":
    return pd.Series(days, dtype="int32")


def failed_examples(system: System) -> list[str]:
    """What the system gets wrong of its own examples, in words; empty if they all hold.

    >>> from riskml.grades.catalog import load_system
    >>> failed_examples(load_system("nanchang"))
    []
    """
    failures = []
    for example in system.examples:
        row = run_example(system, example)
        got = {name: None if pd.isna(row[name]) else row[name] for name in ("score", "level", "veto")}
        if got["score"] is not None:
            got["score"] = round(got["score"], DECIMALS)
        for name, value in got.items():
            expected = getattr(example, name)
            if value != expected and not (name == "score" and expected is None):
                failures.append(f"{system.name} {example.id}: {name} is {value}, the example says {expected}")
    return failures
