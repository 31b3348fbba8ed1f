"""Builders of small event logs and records, so that a test shows only what it is about."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from riskml.grades import grade_log, load_system
from riskml.records import Records
from riskml.records.contract import conform, empty
from riskml.records.days import NEVER
from riskml.records.log import LOG_COLUMNS
from riskml.records.outcomes import Criterion, OutcomeRule

DAY = 20_000
BLANKS = {
    "site_id": "a",
    "known_on": None,
    "gone_on": NEVER,
    "repaired_on": NEVER,
    "due_on": NEVER,
    "valid_to": NEVER,
    "case_id": None,
    "inspection_id": None,
    "item": None,
    "severity": 0,
    "quantity": 1,
    "amount": float("nan"),
}

Row = dict[str, Any]


def build_log(rows: list[Row]) -> pd.DataFrame:
    """Rows need code and age (days before DAY); known on the day they happened, unless said otherwise."""
    full = []
    for place, row in enumerate(rows):
        occurred = DAY - row["age"]
        filled = {**BLANKS, "event_id": f"e{place:03d}", "occurred_on": occurred, **row}
        full.append({**filled, "known_on": occurred if filled["known_on"] is None else filled["known_on"]})
    frame = pd.DataFrame(full, columns=list(LOG_COLUMNS))
    return frame.astype(LOG_COLUMNS)


@pytest.fixture(scope="session")
def make_log() -> Callable[[list[Row]], pd.DataFrame]:
    return build_log


@pytest.fixture(scope="session")
def one_site() -> Callable[..., "pd.Series[Any]"]:
    """The grade on DAY of the site "a" with these facts."""

    def graded(rows: list[Row], *, system: str = "nanchang", day: int = DAY, **site: Any) -> "pd.Series[Any]":
        sites = pd.DataFrame([{"site_id": "a", **site}])
        return grade_log(sites, build_log(rows), load_system(system), day).iloc[0]

    return graded


@pytest.fixture
def make_records() -> Callable[..., Records]:
    """Records of the given sites, events, amendments and grades (lists of rows), without visits."""

    def made(*, snapshots: dict[str, str] | None = None, **tables: list[Row]) -> Records:
        names = ("sites", "events", "amendments", "grades")
        frames: dict[str, Any] = {
            name: conform(name, pd.DataFrame(tables[name])) if tables.get(name) else empty(name) for name in names
        }
        return Records(
            **frames,
            inspections=empty("inspections"),
            source="test",
            observed_from=pd.Timestamp("2020-01-01"),
            observed_to=pd.Timestamp("2026-01-01"),
            outcome=OutcomeRule(("RI",), 0, 0, {"fail": Criterion(results=("fail",))}),
            snapshots=snapshots or {},
        )

    return made
