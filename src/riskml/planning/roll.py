"""The roll: which sites a plan may visit on a day, who is excluded and why, and whose floor is due."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from riskml.cohorts.register import ACTIVE, STATES, register
from riskml.errors import DataError, StudyError
from riskml.planning.allocation import Ints
from riskml.planning.columns import places_in, repeated
from riskml.planning.pool import Flags
from riskml.records.days import NEVER, day_number, from_days, to_days
from riskml.records.store import Records

REST_DAYS: Final = 92
"""Three months, in which a site is not visited twice (Order 49, 2021, art. 42, extended to the bureau's own visits)."""
CANCELLED: Final = "licence_cancelled"
"""The state of the register, and the reason to leave a site out, of one whose licence was cancelled."""
EXCLUSIONS: Final = (CANCELLED, "visited_recently", "drawn_recently")
"""Reasons for which an open site may not be visited; the first that holds is told."""
REMOTE: Final = "RV"
"""Visits of this type are made on a screen: they neither rest a site nor fill its floor."""


@dataclass(frozen=True)
class Roll:
    """The open sites of a day.

    Attributes:
        sites: by site id, n rows: site_id, name, office, last_visit (day of the last visit on site), last_full_visit
            (the last that fills the floor; both missing if none is known), floor_due_on (day number, NEVER without
            floor), overdue (days between that day and the end of the period, 0 if it is not due), excluded ("" or the
            reason: licence_cancelled, visited_recently, drawn_recently).
        visit_site: place of the site of each visit of the records among `sites`, -1 if it is none, shape (v,).
    """

    sites: pd.DataFrame
    visit_site: Ints


def roll(
    records: Records,
    day: int,
    *,
    period_days: int,
    floor_visits_per_year: float,
    earlier: "pd.DataFrame | None" = None,
) -> Roll:
    """The open sites of a day, by what was known before it (see `cohorts.register`).

    A site whose licence was cancelled is open and excluded; one whose licence has expired may be visited. Where
    closed_on is declared a snapshot of the day or of a later one it is not read: who has closed by then is not known,
    and stands on the roll.

    Args:
        records: canonical records.
        day: decision day, as a day number.
        period_days: length of the period that is planned.
        floor_visits_per_year: a site is due if so many visits a year make its next one fall before the end of the
            period; 0 for no floor. Only visits of the kinds that the source's outcome rule names fill the floor. Where
            no visit is known, time counts from the registration, at the earliest from the first day of the records.
        earlier: plans made before: site_id and as_of.

    Raises:
        StudyError: for a floor that is negative or no number.
        DataError: if no site is open, or an earlier plan lacks a column.
    """
    if not 0 <= floor_visits_per_year < np.inf:
        raise StudyError(f"the floor must be at least 0 visits a year, got {floor_visits_per_year:g}")
    here, cancelled = _open_sites(records, day)
    visit_site = places_in(here["site_id"], records.inspections["site_id"])
    visited, filled = _last_visits(records, visit_site, len(here), day)
    start = np.maximum(to_days(here["registered_on"], missing=-NEVER), day_number(records.observed_from))
    gap = 365.0 / floor_visits_per_year if floor_visits_per_year > 0 else float(NEVER)
    due_on = np.minimum(np.where(filled >= 0, filled, start) + gap, NEVER).astype(np.int64)
    reasons = [cancelled, day - visited <= REST_DAYS, _drawn(earlier, here["site_id"], day)]
    return Roll(
        here[["site_id", "name", "office"]].assign(
            last_visit=from_days(np.where(visited >= 0, visited, NEVER)),
            last_full_visit=from_days(np.where(filled >= 0, filled, NEVER)),
            floor_due_on=due_on,
            overdue=np.maximum(day + period_days - due_on, 0),
            excluded=repeated([*EXCLUSIONS, ""], np.select(reasons, [0, 1, 2], 3)),
        ),
        visit_site,
    )


def _open_sites(records: Records, day: int) -> tuple[pd.DataFrame, Flags]:
    """The sites open on the day, sorted by their id, and which of them have no licence any more."""
    state = register(records).states(day)
    active = np.flatnonzero(np.isin(state, [STATES.index(name) for name in (ACTIVE, CANCELLED, "licence_expired")]))
    if not len(active):
        raise DataError(f"no site of {records.source} is open on the decision day: there is nobody to visit")
    active = active[records.sites["site_id"].iloc[active].argsort().to_numpy()]
    here = records.sites[["site_id", "name", "office", "registered_on"]].iloc[active].reset_index(drop=True)
    return here, state[active] == STATES.index(CANCELLED)


def _last_visits(records: Records, site: Ints, sites: int, day: int) -> tuple[Ints, Ints]:
    """Day of each site's last known visit on site, and of the last that fills the floor; -NEVER where there is none."""
    visits, visited = records.inspections, to_days(records.inspections["visited_on"])
    made = (to_days(visits["known_on"]) < day) & (visits["result"] != "not_found") & (visits["visit_type"] != REMOTE)
    on_site = np.asarray(made, dtype=bool) & (site >= 0)
    full = on_site & np.asarray(visits["visit_type"].isin(records.outcome.visit_types), dtype=bool)
    latest = np.full((2, sites), -NEVER, dtype=np.int64)
    for row, which in zip(latest, (on_site, full), strict=True):
        np.maximum.at(row, site[which], visited[which])
    return latest[0], latest[1]


def _drawn(earlier: "pd.DataFrame | None", site_id: "pd.Series[str]", day: int) -> Flags:
    """Sites that stand in a plan of the last three months."""
    drawn = np.zeros(len(site_id), dtype=bool)
    if earlier is None:
        return drawn
    lacking = [name for name in ("site_id", "as_of") if name not in earlier.columns]
    if lacking:
        raise DataError(f"an earlier plan has no column {lacking}; give a table that riskml plan wrote")
    age = day - to_days(pd.to_datetime(earlier["as_of"]))
    place = places_in(site_id, earlier.loc[(age >= 0) & (age <= REST_DAYS), "site_id"].astype("str"))
    drawn[place[place >= 0]] = True
    return drawn
