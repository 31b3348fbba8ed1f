"""The register of sites: which one is open and licensed on a day, by what was known before that day."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.records.days import NEVER, Days, day_number, to_days
from riskml.records.keys import among, places
from riskml.records.log import event_versions
from riskml.records.store import Records

ACTIVE: Final = "active"
STATES: Final = (ACTIVE, "not_open_yet", "closed", "licence_cancelled", "licence_expired")
"""What a site is on a day; of two that hold the earlier in this order is said."""
CANCELLED: Final = ("PEN_REVOKE", "PEN_CANCEL", "PEN_CLOSE")
"""Decisions after which a site has no licence, while they stand."""


@dataclass(frozen=True)
class Register:
    """What was known of n sites, and since when.

    A column of the sites that the source declares a snapshot is known from its day on, and says nothing of a day up to
    it. One that is not so declared is a fact of its own day: a closure is known on the day it names, as the bureau
    that closes a site is the one that writes it down. A decision that cancels the licence counts from the day it
    became known for as long as it stands; one against a legal person counts for its only site, as of several nobody
    knows which it meant.

    Attributes:
        opened: first day of business; -NEVER where it is not known, which means: all along.
        closed, closed_known: first day without business, and the day on which that was known.
        licensed_to, licensed_known: last day of the licence, and the day on which that was known.
        cancelled: the decisions, as place of the site, known_on and the day after which it no longer stood.
    """

    opened: Days
    closed: Days
    closed_known: Days
    licensed_to: Days
    licensed_known: Days
    cancelled: NDArray[np.int64]

    def states(self, day: int) -> NDArray[np.int8]:
        """What each site is on a day, as places in `STATES`, shape (n,)."""
        state = np.zeros(len(self.opened), dtype=np.int8)
        state[(self.licensed_to < day) & (self.licensed_known < day)] = 4
        site, known, gone = self.cancelled
        state[site[(known < day) & (gone >= day)]] = 3
        state[(self.closed < day) & (self.closed_known < day)] = 2
        state[self.opened >= day] = 1
        return state

    def part(self, chosen: NDArray[np.int64]) -> "Register":
        """The register of some sites only, given by their places."""
        new = np.full(len(self.opened), -1, dtype=np.int64)
        new[chosen] = np.arange(len(chosen))
        site, known, gone = self.cancelled
        cancelled = np.stack([new[site], known, gone])[:, new[site] >= 0]
        return Register(
            opened=self.opened[chosen],
            closed=self.closed[chosen],
            closed_known=self.closed_known[chosen],
            licensed_to=self.licensed_to[chosen],
            licensed_known=self.licensed_known[chosen],
            cancelled=cancelled,
        )


def register(records: Records) -> Register:
    """What the records know of their sites, in the order of `records.sites`."""
    closed, closed_known = _dated(records, "closed_on")
    licensed_to, licensed_known = _dated(records, "licence_valid_to")
    return Register(
        opened=to_days(records.sites["registered_on"], missing=-NEVER),
        closed=closed,
        closed_known=closed_known,
        licensed_to=licensed_to,
        licensed_known=licensed_known,
        cancelled=_cancelled(records),
    )


def later_snapshots(records: Records, day: int) -> dict[str, str]:
    """Columns of the register that are snapshots of a day (a day number) or a later one, with theirs: unread on it."""
    dated = {name: records.snapshots[name] for name in ("closed_on", "licence_valid_to") if name in records.snapshots}
    return {name: snapshot for name, snapshot in dated.items() if day_number(snapshot) >= day}


def _dated(records: Records, column: str) -> tuple[Days, Days]:
    """A column of days, and the day on which each was known: the snapshot's, else no later than its own."""
    days = to_days(records.sites[column])
    snapshot = records.snapshots.get(column)
    known = days if snapshot is None else np.full(len(days), day_number(snapshot), dtype=np.int32)
    return days, known


def _cancelled(records: Records) -> NDArray[np.int64]:
    """Site, known_on and gone_on of each version of a decision of `CANCELLED`, shape (3, decisions)."""
    recoded = records.amendments.loc[records.amendments["column"] == "code", "event_id"]
    wanted = records.events["code"].isin(CANCELLED) | among(records.events["event_id"], recoded)
    events = records.events[wanted]
    if events.empty:
        return np.empty((3, 0), dtype=np.int64)
    log = event_versions(events, records.amendments[among(records.amendments["event_id"], events["event_id"])])
    log = log[log["code"].isin(CANCELLED)]
    site = places(log["site_id"], records.sites["site_id"])
    owners = events.loc[events["scope"] == "legal_person", "event_id"]
    owner = records.sites["subject_id"]
    alone = (owner.notna() & ~owner.duplicated(keep=False)).to_numpy(bool)
    counts = (site >= 0) & (~among(log["event_id"], owners) | alone[site])
    days = [log[name].to_numpy(np.int64)[counts] for name in ("known_on", "gone_on")]
    return np.stack([site[counts], *days])
