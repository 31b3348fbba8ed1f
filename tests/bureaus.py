"""Bureaus written by hand, for tests whose numbers are worked out on paper: days are counted from 2020-01-01."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from plain_tables import no_rows, plain_table
from riskml.records import Records
from riskml.records.days import day_number
from riskml.records.outcomes import OutcomeRule
from worlds import RULE

FIRST = day_number("2020-01-01")
"""Day number of day 0."""
PLAIN = dataclasses.replace(RULE, criteria={"fail": RULE.criteria["fail"]})
"""The rule of these bureaus: one outcome only, which is quicker to derive."""

Row = dict[str, Any]


def day(number: int) -> pd.Timestamp:
    """The calendar day that many days after 2020-01-01."""
    return pd.Timestamp("2020-01-01") + pd.Timedelta(days=number)


def visit(inspection_id: str, on: int, *, known: int | None = None, site: str = "s1", **columns: Any) -> Row:
    """A routine visit that passed, known the day after."""
    days = {"visited_on": day(on), "known_on": day(on + 1 if known is None else known)}
    fixed = {"inspection_id": inspection_id, "site_id": site, "visit_type": "RI", "result": "pass"}
    return {**fixed, "label_version": "v1", **days, **columns}


def event(event_id: str, code: str, on: int, *, known: int | None = None, site: str = "s1", **columns: Any) -> Row:
    """A recorded event, known the same day."""
    days = {"occurred_on": day(on), "known_on": day(on if known is None else known)}
    return {"event_id": event_id, "site_id": site, "code": code, **days, **columns}


def amendment(event_id: str, kind: str, known: int, *, effective: int | None = None, **columns: Any) -> Row:
    """A later fact about an event, effective on the day it became known."""
    days = {"known_on": day(known), "effective_on": day(known if effective is None else effective)}
    return {"event_id": event_id, "kind": kind, **days, **columns}


def bureau(
    visits: Iterable[Row] = (),
    events: Iterable[Row] = (),
    amendments: Iterable[Row] = (),
    *,
    sites: Sequence[Row] = ({"site_id": "s1"}, {"site_id": "s2"}),
    rule: OutcomeRule = PLAIN,
    days: int = 1000,
) -> Records:
    """Records of these rows, observed from day 0 up to `days`."""
    return Records(
        sites=_table("sites", sites),
        events=_table("events", events),
        amendments=_table("amendments", amendments),
        inspections=_table("inspections", visits),
        source="by hand",
        observed_from=day(0),
        observed_to=day(days),
        outcome=rule,
        grades=no_rows("grades"),
        quarantine=no_rows("quarantine"),
    )


def _table(name: str, rows: Iterable[Row]) -> pd.DataFrame:
    some = list(rows)
    return plain_table(name, pd.DataFrame(some)) if some else no_rows(name)
