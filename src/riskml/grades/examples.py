"""Worked examples of a system, run: the file's own test of itself."""

from typing import Any, Final

import pandas as pd

from riskml.grades.engine import grade_log
from riskml.grades.system import Example, System
from riskml.records.days import NEVER

DAY: Final = 20_000
"""Any decision day: examples give ages, not dates."""


def run_example(system: System, example: Example) -> "pd.Series[Any]":
    """The row that `grade_log` gives for the site of an example; each fact was known on the day it happened."""
    sites = pd.DataFrame({"site_id": ["example"], "risk_category": pd.array([None], dtype="Int64")})
    log = pd.DataFrame(
        {
            "event_id": pd.Series([f"e{place}" for place in range(len(example.events))], dtype="str"),
            "site_id": pd.Series(["example"] * len(example.events), dtype="str"),
            "code": pd.Series([row["code"] for row in example.events], dtype="str"),
            "occurred_on": _days([DAY - row["age_days"] for row in example.events]),
            "known_on": _days([DAY - row["age_days"] for row in example.events]),
            "gone_on": _days([NEVER for _ in example.events]),
            "repaired_on": _days([DAY - 1 if row.get("repaired") else NEVER for row in example.events]),
            "case_id": pd.Series([row.get("case_id") for row in example.events], dtype="str"),
            "quantity": pd.Series([row.get("quantity", 1) for row in example.events], dtype="int64"),
            "amount": pd.Series([row.get("amount") for row in example.events], dtype="float64"),
        }
    )
    return grade_log(sites.assign(**dict(example.site)), log, system, DAY).iloc[0]


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
        got = {name: None if pd.isna(row[name]) else row[name] for name in ("points", "level", "veto")}
        for name, value in got.items():
            expected = getattr(example, name)
            if value != expected and not (name == "points" and expected is None):
                failures.append(f"{system.name} {example.id}: {name} is {value}, the example says {expected}")
    return failures
