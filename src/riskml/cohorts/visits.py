"""The visits of a bureau put in order, so that the first one of any (site, day) row is found by one search."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.records.days import to_days
from riskml.records.keys import places
from riskml.records.outcomes import VISIT, outcome_as_of
from riskml.records.store import Records

Places = NDArray[np.int64]
NOWHERE: Final = -1
"""The place of a visit, or of a site, that there is not."""

_SPAN: Final = 2**31
_OFFSET: Final = 2**21
"""One number for (site, day): site * _SPAN + day + _OFFSET; days of a calendar lie far inside the span."""


@dataclass(frozen=True)
class Timeline:
    """Visits in the order of their site, then of one of their days.

    Attributes:
        keys: (site, day) of each visit as one number, ascending, shape (m,).
        visits: their rows in that order: inspection_id, visited, known (day numbers), and what else was asked for.
    """

    keys: Places
    visits: pd.DataFrame

    @classmethod
    def of(cls, visits: pd.DataFrame, by: str) -> "Timeline":
        """Order rows with the columns `site` (place), `by` (a day number) and `inspection_id`."""
        rows = visits.assign(key=_key(visits["site"].to_numpy(np.int64), visits[by].to_numpy(np.int64)))
        ordered = rows.sort_values(["key", "inspection_id"], ignore_index=True)
        return cls(ordered.pop("key").to_numpy(np.int64), ordered)

    def first(self, site: Places, as_of: Places, horizon_days: int) -> Places:
        """Place of each row's first visit in [as_of, as_of + horizon_days), NOWHERE if there is none; shape (n,)."""
        if not len(self.keys):
            return np.full(len(site), NOWHERE, dtype=np.int64)
        wanted = _key(site, as_of)
        found = np.searchsorted(self.keys, wanted, side="left")
        there = self.keys[np.minimum(found, len(self.keys) - 1)]
        inside = (found < len(self.keys)) & (there - wanted < min(horizon_days, _SPAN // 2)) & (site >= 0)
        return np.where(inside, found, NOWHERE)

    def last_before(self, site: Places, as_of: Places) -> Places:
        """Place of each row's last visit dated before `as_of`, NOWHERE if there is none; shape (n,)."""
        if not len(self.keys):
            return np.full(len(site), NOWHERE, dtype=np.int64)
        found = np.searchsorted(self.keys, _key(site, as_of), side="left") - 1
        same = (found >= 0) & (self.keys[np.maximum(found, 0)] // _SPAN == site)
        return np.where(same, found, NOWHERE)


@dataclass(frozen=True)
class Visits:
    """The visits known before a day, by what they are to a cohort.

    Attributes:
        sites: the sites visited; a visit's site is its place among them.
        judged: eligible visits known before their settling day, by the day of the visit; they alone are targets.
        late: eligible visits known later only. other: visits carried out that are not eligible (complaint checks,
            follow-ups, patrols). not_found: visits at which nobody was found. All by the day of the visit.
        known: every eligible visit by the day it became known, with `latest`, the latest day of a visit known so far.
        ends: day number; nothing known on it or later is used.
        settling_days: an outcome is settled so many days after the visit.
    """

    sites: "pd.Series[str]"
    judged: Timeline
    late: Timeline
    other: Timeline
    not_found: Timeline
    known: Timeline
    ends: int
    settling_days: int

    def site_places(self, site_ids: "pd.Series[str]") -> Places:
        """The place of each site, NOWHERE for one that was never visited."""
        return places(site_ids, self.sites)

    def settled(self) -> NDArray[np.bool_]:
        """Whether the outcome of each judged visit is settled before `ends`, shape (m,)."""
        return np.asarray(self.judged.visits["visited"] + self.settling_days <= self.ends, dtype=bool)

    def outcomes(self, log: pd.DataFrame, outcome: str) -> NDArray[np.bool_]:
        """Whether each judged visit failed by what was known before its settling day; False where it is not settled."""
        fail = np.zeros(len(self.judged.keys), dtype=bool)
        settled = self.settled()
        chosen = self.judged.visits[settled]
        days = (chosen["visited"] + self.settling_days).to_numpy(np.int32)
        fail[settled] = outcome_as_of(log, chosen["inspection_id"], days, outcome)
        return fail


def visits_known(records: Records, log: pd.DataFrame, *, ends: int) -> Visits:
    """The visits known before the day `ends`.

    A visit that became known only on its settling day or later is no target: at that day nobody could have said that
    it failed, and to call it passed would be a guess. So an outcome, once settled, never changes.

    Args:
        records: canonical records.
        log: their event log.
        ends: day number.
    """
    seen = records.inspections[to_days(records.inspections["known_on"]) < ends]
    sites = pd.Series(seen["site_id"].unique(), dtype="str")
    table = seen[["inspection_id", "inspector", "label_version", "visit_type"]].assign(
        site=places(seen["site_id"], sites), visited=to_days(seen["visited_on"]), known=to_days(seen["known_on"])
    )
    code = _codes(table["inspection_id"], log)
    settling = records.outcome.settling_days
    in_time = (table["known"] < table["visited"] + settling).to_numpy(bool)
    eligible = table[code == VISIT]
    carried_out = np.isin(code, ["VISIT_FOLLOWUP", "VISIT_OTHER"])
    return Visits(
        sites=sites,
        judged=Timeline.of(table[(code == VISIT) & in_time], "visited"),
        late=Timeline.of(table[(code == VISIT) & ~in_time], "visited"),
        other=Timeline.of(table[carried_out], "visited"),
        not_found=Timeline.of(table[code == "VISIT_NOT_FOUND"], "visited"),
        known=_with_latest(Timeline.of(eligible, "known")),
        ends=ends,
        settling_days=settling,
    )


def _codes(inspection_ids: "pd.Series[str]", log: pd.DataFrame) -> NDArray[np.object_]:
    """What each visit is: VISIT, VISIT_FOLLOWUP, VISIT_OTHER or VISIT_NOT_FOUND."""
    kinds = [VISIT, "VISIT_FOLLOWUP", "VISIT_OTHER", "VISIT_NOT_FOUND"]
    rows = log[log["code"].isin(kinds)]
    place = places(inspection_ids, rows["inspection_id"])
    codes = np.append(rows["code"].to_numpy(object), "")
    return np.asarray(codes[place], dtype=object)


def _with_latest(known: Timeline) -> Timeline:
    latest = known.visits["visited"].groupby(known.visits["site"]).cummax()
    return Timeline(known.keys, known.visits.assign(latest=latest))


def _key(site: Places, day: Places) -> Places:
    return np.asarray(site, dtype=np.int64) * _SPAN + np.asarray(day, dtype=np.int64) + _OFFSET
