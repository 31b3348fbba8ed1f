"""A bureau of a few sites, so that a test shows only what it is about."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from plain_tables import no_rows, plain_table
from riskml.records import Records, read_records
from riskml.records.outcomes import Criterion, OutcomeRule
from studies import SAMPLE

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
            name: plain_table(name, pd.DataFrame(rows)) if len(rows) else no_rows(name) for name, rows in tables.items()
        }
        frames |= {name: no_rows(name) for name in ("grades", "quarantine")}
        return Records(
            **frames,
            source="test",
            observed_from=pd.Timestamp("2020-01-01"),
            observed_to=pd.Timestamp("2026-01-01"),
            outcome=OutcomeRule(("RI", "DR"), 0, 0, {"fail": Criterion(results=("fail",))}),
        )

    return made


@pytest.fixture(scope="session")
def some() -> Records:
    """Every fifth site of the sample."""
    whole = read_records(SAMPLE)
    sites = whole.sites.iloc[::5].reset_index(drop=True)
    events, visits = (
        table[table["site_id"].isin(sites["site_id"])].reset_index(drop=True)
        for table in (whole.events, whole.inspections)
    )
    changes = whole.amendments[whole.amendments["event_id"].isin(events["event_id"])].reset_index(drop=True)
    none = whole.grades.iloc[:0]
    return dataclasses.replace(whole, sites=sites, events=events, inspections=visits, amendments=changes, grades=none)
