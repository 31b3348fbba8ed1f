"""A bureau of a few sites, so that a test shows only what it is about."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from riskml.records import Records
from riskml.records.contract import conform, empty
from riskml.records.outcomes import Criterion, OutcomeRule

Row = dict[str, Any]
VISIT: Row = {"visit_type": "RI", "result": "pass", "label_version": "v1"}


@pytest.fixture(scope="session")
def make_records() -> Callable[..., Records]:
    """Records of lists of rows; a visit is a routine one that passed, known the next day, unless said otherwise."""

    def made(sites: list[Row], visits: list[Row] = (), events: list[Row] = (), amendments: list[Row] = ()) -> Records:  # type: ignore[assignment]
        full = [
            {"inspection_id": f"v{place}", "known_on": pd.Timestamp(row["visited_on"]) + pd.Timedelta(days=1)}
            | VISIT
            | row
            | {"visited_on": pd.Timestamp(row["visited_on"])}
            for place, row in enumerate(visits)
        ]
        tables = {"sites": sites, "inspections": full, "events": events, "amendments": amendments}
        frames: dict[str, Any] = {
            name: conform(name, pd.DataFrame(rows)) if len(rows) else empty(name) for name, rows in tables.items()
        }
        return Records(
            **frames,
            source="test",
            observed_from=pd.Timestamp("2020-01-01"),
            observed_to=pd.Timestamp("2026-01-01"),
            outcome=OutcomeRule(("RI", "DR"), 0, 0, {"fail": Criterion(results=("fail",))}),
        )

    return made
