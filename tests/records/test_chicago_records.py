"""Real records: the canvass inspections of Chicago as the city published them, their base rates to the row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskml.records.days import to_days
from riskml.records.log import event_log
from riskml.records.mapping import Ingested, ingest
from riskml.records.outcomes import outcome_as_of
from riskml.records.reading import read_tables
from riskml.records.source import load_source

VISITS, SITES = 27_600, 12_367
FAILED, BROAD, SEVERE = 5_455, 9_106, 3_729
"""Visits whose result is Fail, is Fail or Pass w/ Conditions, and that found a critical violation."""


@pytest.fixture(scope="module")
def path(real_data: Path) -> Path:
    return real_data / "chicago" / "chicago_canvass_events.parquet"


@pytest.fixture(scope="module")
def raw(path: Path) -> pd.DataFrame:
    table = read_tables(path)[0].frame
    counted = ["criticalCount", "seriousCount", "minorCount", *table.filter(regex="^viol_").columns]
    table = table.astype(dict.fromkeys(counted, "float64"))
    table["minorCount"] += table["viol_70"]  # the city leaves item 70 (smoking) out of its own count
    return table.set_index(table["Inspection_ID"])


@pytest.fixture(scope="module")
def made(path: Path) -> Ingested:
    return ingest(load_source("chicago"), [path])


@pytest.fixture(scope="module")
def log(made: Ingested) -> pd.DataFrame:
    return event_log(made.records)


def settled(made: Ingested, log: pd.DataFrame, outcome: str) -> "pd.Series[bool]":
    """The settled outcome of every visit, by inspection_id."""
    visits = made.records.inspections
    days = to_days(visits["visited_on"]) + made.records.outcome.settling_days
    found = outcome_as_of(log, visits["inspection_id"], days.astype(np.int32), outcome)
    return pd.Series(found, index=visits["inspection_id"])


def test_every_row_is_kept_and_counted(made: Ingested) -> None:
    assert [made.report[n] for n in ("rows_in", "rows_kept", "rows_merged", "rows_quarantined")] == [
        VISITS,
        VISITS,
        0,
        0,
    ]
    assert len(made.records.inspections) == VISITS
    assert len(made.records.sites) == SITES
    assert made.records.quarantine.empty


def test_failures_are_those_that_the_city_counts(made: Ingested, log: pd.DataFrame, raw: pd.DataFrame) -> None:
    eligible = log.loc[log["code"] == "VISIT", "inspection_id"]
    assert len(eligible) == VISITS - 53  # visits within 14 days of a failed one are its follow-ups
    assert made.records.inspections["result"].isin(["fail"]).sum() == FAILED
    assert made.records.inspections["result"].isin(["fail", "conditional"]).sum() == BROAD
    assert round(FAILED / VISITS, 3) == 0.198
    for outcome, results in (("fail", ["Fail"]), ("fail_broad", ["Fail", "Pass w/ Conditions"])):
        mine = settled(made, log, outcome)
        assert (mine[eligible] == raw.loc[eligible, "Results"].isin(results)).all()
        assert not mine.drop(eligible).any()


def test_severe_failures_are_the_visits_with_a_critical_violation(
    made: Ingested, log: pd.DataFrame, raw: pd.DataFrame
) -> None:
    eligible = log.loc[log["code"] == "VISIT", "inspection_id"]
    critical = raw["criticalCount"] > 0
    assert critical.sum() == SEVERE
    assert (settled(made, log, "fail_severe")[eligible] == critical[eligible]).all()


def test_violations_are_the_cells_of_the_matrix(made: Ingested, raw: pd.DataFrame) -> None:
    cells = raw.filter(regex="^viol_")
    events = made.records.events[made.records.events["code"].str.startswith("VIOL")]
    assert len(events) == (cells > 0).sum().sum()
    assert events["quantity"].sum() == cells.sum().sum()
    by_class = events.pivot_table(index="inspection_id", columns="code", values="quantity", aggfunc="sum", fill_value=0)
    by_class = by_class.reindex(raw.index, fill_value=0)
    for code, column in (("CRITICAL", "criticalCount"), ("SERIOUS", "seriousCount"), ("MINOR", "minorCount")):
        assert (by_class[f"VIOL_{code}"] == raw[column]).all(), code


def test_visits_are_known_a_week_later_and_inside_the_window(made: Ingested) -> None:
    visits = made.records.inspections
    assert ((visits["known_on"] - visits["visited_on"]).dt.days == 7).all()
    assert f"{visits['visited_on'].min():%Y-%m-%d}" == "2011-09-02"
    assert f"{visits['visited_on'].max():%Y-%m-%d}" == "2014-12-30"
    assert (visits["known_on"] < made.records.observed_to).all()


def test_no_site_is_registered_after_its_first_visit(made: Ingested) -> None:
    first = made.records.inspections.groupby("site_id")["visited_on"].min()
    registered = made.records.sites.set_index("site_id")["registered_on"]
    assert not (registered > first.reindex(registered.index)).any()


def test_points_of_a_visit_are_those_of_its_violation_counts(log: pd.DataFrame, raw: pd.DataFrame) -> None:
    visits = log[log["code"].isin(["VISIT", "VISIT_FOLLOWUP"])].set_index("inspection_id")["quantity"]
    counts = raw[["criticalCount", "seriousCount", "minorCount"]]
    assert (visits == (counts @ np.array([10.0, 3.0, 1.0]))[visits.index]).all()
