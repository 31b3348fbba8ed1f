"""Visits counted by period and by office: how many were made, how many have a settled outcome, how many failed."""

from typing import Final

import pandas as pd

from riskml.cohorts.visits import visits_known
from riskml.errors import DataError
from riskml.evaluation.levels._rates import wilson
from riskml.records.days import day_number, from_days
from riskml.records.log import event_log
from riskml.records.outcome_rule import OUTCOMES
from riskml.records.store import Records
from riskml.reporting.pictures.nothing import EmptyError
from riskml.reporting.pictures.panels import FEW

PERIODS: Final = {"month": "M", "quarter": "Q", "year": "Y"}
"""Name of a period -> its letter in pandas."""
KINDS: Final = ("eligible", "other", "not_found")
"""What a visit is: one whose outcome counts, any other, one at which nobody was found."""


def visits_with_outcome(records: Records, outcome: str = "fail") -> pd.DataFrame:
    """Every visit known before the records end: its day, office, kind, and whether it failed.

    Args:
        records: canonical records.
        outcome: one that the records' rule derives.

    Returns:
        One row a visit: inspection_id, visited_on, office (of the visit, else of the site), kind (of `KINDS`), fail
        (missing unless the visit is eligible and its outcome settled before the records end).

    Raises:
        DataError: if there is no visit, or the records have no such outcome.
    """
    allowed = [name for name in OUTCOMES if name in records.outcome.criteria]
    if outcome not in allowed:
        raise DataError(f"these records have no outcome {outcome!r}; allowed are {allowed}")
    log = event_log(records)
    visits = visits_known(records, log, ends=day_number(records.observed_to))
    judged = visits.judged.visits.assign(kind="eligible", fail=visits.outcomes(log, outcome))
    judged["fail"] = judged["fail"].astype("boolean").mask(~visits.settled())
    late, other, absent = (part.visits for part in (visits.late, visits.other, visits.not_found))
    rest = [late.assign(kind="eligible"), other.assign(kind="other"), absent.assign(kind="not_found")]
    rows = pd.concat([judged, *(part for part in rest if len(part))], ignore_index=True)
    if rows.empty:
        raise EmptyError(f"the records of {records.source} hold no visit; check the source's table of inspections")
    rows["visited_on"] = from_days(rows["visited"].to_numpy())
    rows["office"] = _offices(records, rows["inspection_id"])
    return rows[["inspection_id", "visited_on", "office", "kind", "fail"]]


def _offices(records: Records, inspection_ids: "pd.Series[str]") -> "pd.Series[str]":
    """The office that made each visit; where none is named, the one that supervises the site."""
    made = records.inspections.set_index("inspection_id")
    of_site = made["site_id"].map(records.sites.set_index("site_id")["office"])
    return inspection_ids.map(made["office"].fillna(of_site))


def counted(visits: pd.DataFrame, period: str, *, by: tuple[str, ...] = ()) -> pd.DataFrame:
    """Visits counted by period, with the failed share of the settled ones.

    Args:
        visits: of `visits_with_outcome`.
        period: of `PERIODS`, by the day of the visit.
        by: further columns to count by.

    Returns:
        One row a group that has a visit: by..., start and end (half-open), eligible, other, not_found (counts),
        settled, failed, share, low, high (in [0, 1]). The interval is Wilson's (1927), as if visits were
        independent; share and interval are missing where fewer than `FEW` visits are settled.

    Raises:
        DataError: for an unknown period.
    """
    if period not in PERIODS:
        raise DataError(f"period {period!r} is unknown; allowed are {list(PERIODS)}")
    months = visits["visited_on"].dt.to_period(PERIODS[period])
    kinds = pd.DataFrame({kind: visits["kind"] == kind for kind in KINDS})
    settled, failed = visits["fail"].notna(), visits["fail"].fillna(False).astype(bool)
    rows = kinds.assign(settled=settled, failed=failed, month=months, **{name: visits[name] for name in by})
    sums = rows.groupby([*by, "month"], as_index=False).sum()
    sums["start"], sums["end"] = sums["month"].dt.start_time, (sums["month"] + 1).dt.start_time
    return pd.concat([sums.drop(columns="month"), shares(sums["settled"], sums["failed"])], axis=1)


def shares(settled: "pd.Series[int]", failed: "pd.Series[int]") -> pd.DataFrame:
    """Failed share with its interval, shape (n, 3); missing for fewer than `FEW` settled visits.

    >>> shares(pd.Series([19, 20]), pd.Series([1, 2])).round(3).to_dict("list")
    {'share': [nan, 0.1], 'low': [nan, 0.028], 'high': [nan, 0.301]}
    """
    found = [
        (bad / n, *wilson(bad / n, n)) if n >= FEW else (float("nan"),) * 3
        for n, bad in zip(settled.tolist(), failed.tolist(), strict=True)
    ]
    return pd.DataFrame(found, columns=["share", "low", "high"], index=settled.index, dtype="float64")
