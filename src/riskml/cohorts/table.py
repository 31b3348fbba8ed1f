"""Cohort tables: every active site on every planning day, with what its next eligible visit found, or why nothing."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.cohorts.judgement import check_map, judged_outcome
from riskml.cohorts.labels import NO_MAP, LabelMap, definitions
from riskml.cohorts.register import ACTIVE, STATES, Register, register
from riskml.cohorts.visits import NOWHERE, Places, Visits, visits_known
from riskml.errors import DataError, StudyError
from riskml.records.days import NEVER, Days, day_number, from_days
from riskml.records.keys import among
from riskml.records.log import event_log
from riskml.records.store import Records

DAYS_A_MONTH: Final = 30.4375
"""Mean length of a month, 365.25 / 12 days: the unit of months_since_last_visit."""
REASONS: Final = ("", "not_settled", "not_visited", "not_found", "not_eligible", "known_late", *STATES[1:])
"""Why a row has no outcome; the places of the states of an inactive site follow the others."""
_SETTLED, _NOT_SETTLED, _NOT_VISITED, _NOT_FOUND, _NOT_ELIGIBLE, _KNOWN_LATE = range(6)


def cohort_rows(
    records: Records,
    days: "Days | Sequence[int]",
    *,
    horizon_days: int,
    outcomes: Sequence[str] = ("fail",),
    known_by: "str | None" = None,
    label_map: LabelMap = NO_MAP,
    every_site: bool = False,
    log: "pd.DataFrame | None" = None,
) -> pd.DataFrame:
    """One row for each active site on each planning day, visited or not: the pool of the allocation estimand.

    A site is active from the day after its registration until it was known to be closed, its licence to be cancelled
    or expired (see `cohorts.register`). Its outcome is that of the first eligible visit in [as_of, as_of + H), by what
    was known before the visit's settling day, so it never changes once it is settled; null where nobody went.

    Args:
        records: canonical records.
        days: planning days as day numbers, such as `month_starts` gives.
        horizon_days: H, at least 1.
        outcomes: definitions of the records' outcome rule, each a column.
        known_by: calendar day; the table is the one that could be made at its first moment. By default the end of the
            records.
        label_map: outcome -> label version -> comparable definition; needed where versions mix.
        every_site: True adds the rows of inactive sites, with the reason; they have no outcome.
        log: the event log of the records, if the caller has it.

    Returns:
        By day, then in the order of `records.sites`: site_id, as_of, active, inspection_id, visited_on, visit_type,
        one nullable boolean column an outcome, settled (the row can no longer change), reason ("" or why there is no
        outcome, see `REASONS`), first_visit (no eligible visit was known before as_of), label_version, inspector,
        months_since_last_visit (from the latest eligible visit known before as_of; NaN if there is none).

    Raises:
        StudyError: for a horizon below 1, an outcome that the records do not define, label versions mixed without a
            map, or a map that names an outcome or a version that there is not.
        DataError: if a planning day lies outside the days covered, or after `known_by`.
    """
    ends = day_number(records.observed_to if known_by is None else known_by)
    planned = _checked(records, days, horizon_days, outcomes, ends)
    check_map(records, label_map)
    asked = (horizon_days, outcomes, ends, label_map)
    return _rows(records, register(records), planned, *asked, every_site=every_site, log=log)


def cohort_parts(
    records: Records,
    days: "Days | Sequence[int]",
    *,
    sites_per_part: int = 100_000,
    horizon_days: int,
    outcomes: Sequence[str] = ("fail",),
    known_by: "str | None" = None,
    label_map: LabelMap = NO_MAP,
) -> Iterator[pd.DataFrame]:
    """`cohort_rows` by partitions of sites, one after the other, so that memory follows the partition.

    Raises:
        StudyError: as `cohort_rows`; versions that mix between two partitions are refused at the later one.
        DataError: as `cohort_rows`.
    """
    ends = day_number(records.observed_to if known_by is None else known_by)
    planned = _checked(records, days, horizon_days, outcomes, ends)
    check_map(records, label_map)
    whole, seen = register(records), set[str]()
    for start in range(0, len(records.sites), sites_per_part):
        chosen = np.arange(start, min(start + sites_per_part, len(records.sites)))
        part = _part(records, chosen)
        rows = _rows(part, whole.part(chosen), planned, horizon_days, outcomes, ends, label_map, every_site=False)
        seen |= set(rows.loc[rows["reason"] == "", "label_version"].dropna().unique())
        for outcome in outcomes:
            definitions(outcome, seen, label_map, defined=list(records.outcome.criteria))
        yield rows


def _checked(
    records: Records, days: "Days | Sequence[int]", horizon_days: int, outcomes: Sequence[str], ends: int
) -> Days:
    planned = np.unique(np.asarray(days, dtype=np.int32))
    if horizon_days < 1:
        raise StudyError(f"horizon_days must be at least 1, got {horizon_days}")
    strange = [name for name in outcomes if name not in records.outcome.criteria]
    if strange or not outcomes:
        raise StudyError(f"outcomes {strange} are unknown; these records define {list(records.outcome.criteria)}")
    first, last = day_number(records.observed_from), min(ends, day_number(records.observed_to))
    outside = planned[(planned <= first) | (planned > last)]
    if len(outside):
        raise DataError(
            f"{len(outside)} planning days lie outside the days known, such as {np.datetime64(int(outside[0]), 'D')}; "
            f"choose days after {np.datetime64(first, 'D')}, up to {np.datetime64(last, 'D')}"
        )
    return planned


def _part(records: Records, chosen: Places) -> Records:
    """The records of some sites."""
    sites = records.sites.iloc[chosen]
    events = records.events[among(records.events["site_id"], sites["site_id"])]
    return dataclasses.replace(
        records,
        sites=sites,
        events=events,
        amendments=records.amendments[among(records.amendments["event_id"], events["event_id"])],
        inspections=records.inspections[among(records.inspections["site_id"], sites["site_id"])],
    )


def _rows(
    records: Records,
    book: Register,
    days: Days,
    horizon_days: int,
    outcomes: Sequence[str],
    ends: int,
    label_map: LabelMap,
    *,
    every_site: bool,
    log: "pd.DataFrame | None" = None,
) -> pd.DataFrame:
    log = event_log(records) if log is None else log
    visits = visits_known(records, log, ends=ends)
    visited = visits.site_places(records.sites["site_id"])
    parts = [_day(visits, visited, book.states(int(day)), int(day), horizon_days, every_site) for day in days]
    none = _day(visits, visited[:0], np.empty(0, np.int8), 0, horizon_days, every_site)
    found = {name: np.concatenate([part[name] for part in [none, *parts]]) for name in none}
    used = found["place"][found["reason"] == _SETTLED]
    judged = {name: judged_outcome(records, visits, log, used, name, label_map) for name in outcomes}
    return _frame(records, visits, found, judged)


def _day(
    visits: Visits, visited: Places, states: NDArray[np.int8], day: int, horizon_days: int, every_site: bool
) -> dict[str, NDArray[Any]]:
    """The rows of one day as arrays: place of the site, of its judged visit, of its last known one, and the reason."""
    here = np.arange(len(states)) if every_site else np.flatnonzero(states == STATES.index(ACTIVE))
    site, state = visited[here], states[here]
    as_of = np.full(len(here), day, dtype=np.int64)
    active = state == STATES.index(ACTIVE)
    place = np.where(active, visits.judged.first(site, as_of, horizon_days), NOWHERE)
    over = day + horizon_days + visits.settling_days <= visits.ends
    settled = np.where(place != NOWHERE, np.append(visits.settled(), False)[place], over) & active
    why = np.full(len(here), _NOT_VISITED, dtype=np.int8)
    for kind, reason in ((visits.not_found, _NOT_FOUND), (visits.other, _NOT_ELIGIBLE), (visits.late, _KNOWN_LATE)):
        why[kind.first(site, as_of, horizon_days) != NOWHERE] = reason
    why[place != NOWHERE] = _SETTLED
    why[~settled] = _NOT_SETTLED
    why[~active] = _KNOWN_LATE + state[~active]
    last = visits.known.last_before(site, as_of)
    return {
        "here": here.astype(np.int32),
        "as_of": as_of.astype(np.int32),
        "place": place.astype(np.int32),
        "last": last.astype(np.int32),
        "settled": settled,
        "reason": why,
    }


def _frame(
    records: Records, visits: Visits, found: dict[str, NDArray[Any]], judged: dict[str, NDArray[np.bool_]]
) -> pd.DataFrame:
    place, as_of, table = found["place"], found["as_of"].astype(np.int64), visits.judged.visits
    reason: NDArray[np.int8] = found["reason"]
    missing = reason != _SETTLED
    latest = np.append(visits.known.visits["latest"].to_numpy(np.float64), np.nan)[found["last"]]
    fails = {
        name: pd.arrays.BooleanArray(np.append(fail, False)[place] & ~missing, missing.copy())
        for name, fail in judged.items()
    }
    return pd.DataFrame(
        {
            "site_id": records.sites["site_id"].array.take(found["here"]),
            "as_of": from_days(as_of),
            "active": reason <= _KNOWN_LATE,
            "inspection_id": table["inspection_id"].array.take(place, allow_fill=True),
            "visited_on": from_days(np.append(table["visited"].to_numpy(np.int64), NEVER)[place]),
            "visit_type": table["visit_type"].array.take(place, allow_fill=True),
            **fails,
            "settled": found["settled"],
            "reason": pd.Categorical.from_codes(reason, pd.Index(REASONS)),
            "first_visit": found["last"] == NOWHERE,
            "label_version": table["label_version"].array.take(place, allow_fill=True),
            "inspector": table["inspector"].array.take(place, allow_fill=True),
            "months_since_last_visit": (as_of - latest) / DAYS_A_MONTH,
        }
    )
