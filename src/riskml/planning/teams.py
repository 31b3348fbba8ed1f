"""Who goes: two inspectors a visit, drawn from those the office has, with even work and no pair sent twice in a row."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskml.planning.allocation import Ints
from riskml.planning.columns import places_in
from riskml.planning.pool import stream
from riskml.records.days import to_days
from riskml.records.store import Records

ROSTER_DAYS = 365
"""An inspector belongs to the office of a visit made in so many days before the plan."""


@dataclass(frozen=True)
class Past:
    """Inspectors by office, sorted, and who went to each site last (a set, as far as it is recorded)."""

    roster: Mapping[str, Sequence[str]]
    last: Mapping[str, Set[str]]


def past_of(records: Records, day: int, site_id: Sequence[str], visit_site: Ints) -> Past:
    """What the visits known before a day tell about inspectors; identifiers as in the records, hashed.

    Args:
        records: canonical records.
        day: decision day, as a day number.
        site_id: sites that are to be visited.
        visit_site: place of the site of each visit of the records among these, -1 if it is none, shape (v,).
    """
    visits, visited = records.inspections, to_days(records.inspections["visited_on"])
    known = (
        (to_days(visits["known_on"]) < day) & (visited >= day - ROSTER_DAYS) & visits["inspector"].notna().to_numpy()
    )
    rows = np.flatnonzero(known)
    people = pd.DataFrame({"office": _offices(records, rows), "inspector": visits["inspector"].iloc[rows]}).dropna()
    roster = people.drop_duplicates().groupby("office")["inspector"]
    rows = rows[visit_site[rows] >= 0]
    latest = np.full(len(site_id), -1, dtype=np.int64)
    np.maximum.at(latest, visit_site[rows], visited[rows])
    rows = rows[visited[rows] == latest[visit_site[rows]]]
    last: dict[str, set[str]] = {}
    for place, inspector in zip(visit_site[rows].tolist(), visits["inspector"].iloc[rows].tolist(), strict=True):
        last.setdefault(site_id[place], set()).add(inspector)
    return Past(roster={str(office): sorted(group) for office, group in roster}, last=last)


def _offices(records: Records, rows: Ints) -> "pd.Series[Any]":
    """The office of each visit: its own, else that of its site."""
    office = records.inspections["office"].iloc[rows]
    if office.notna().all():
        return office
    home = records.sites["office"].iloc[places_in(records.sites["site_id"], records.inspections["site_id"].iloc[rows])]
    return office.fillna(pd.Series(home.to_numpy(), index=office.index))


def assign(
    site_id: Sequence[str], office: Sequence[str], past: Past, *, seed: tuple[int, ...]
) -> tuple[list[str | None], list[str | None]]:
    """Two inspectors for each visit, in the order of the sites given.

    The visits of an office are taken in random order; each goes to the inspectors with the fewest visits so far, ties
    by lot. Who went to the site last (one name is often all that is recorded) does not make up the team again where
    others are there. An office with one inspector gives one, without any none.

    Args:
        site_id: n sites to be visited.
        office: their offices, "" where there is none.
        past: rosters, and who went last.
        seed: of the draw.

    >>> past = Past({"east": ["i1", "i2", "i3"]}, {"a": {"i1"}})
    >>> sorted(str(team[0]) for team in assign(["a"], ["east"], past, seed=(1,)))
    ['i2', 'i3']
    """
    first: list[str | None] = [None] * len(site_id)
    second: list[str | None] = [None] * len(site_id)
    order = sorted(range(len(site_id)), key=lambda place: site_id[place])
    places: dict[str, list[int]] = {}
    for place in order:
        places.setdefault(office[place], []).append(place)
    rng = stream(seed, "teams")
    for name in sorted(places):
        people = past.roster.get(name, ())
        if people:
            _assign_office(rng, places[name], site_id, people, past.last, first, second)
    return first, second


def _assign_office(
    rng: np.random.Generator,
    places: list[int],
    site_id: Sequence[str],
    people: Sequence[str],
    last: Mapping[str, Set[str]],
    first: list[str | None],
    second: list[str | None],
) -> None:
    load = np.zeros(len(people))
    lots = rng.random((len(places), len(people))) * 0.5  # below one visit, so that they only settle ties
    for place, lot in zip(rng.permutation(np.array(places)).tolist(), lots, strict=True):
        free = (load + lot).argsort()[:4].tolist()
        went = last.get(site_id[place])
        team = free[:2] if went is None else _team(free, people, went)
        for one in team:
            load[one] += 1
        first[place] = people[team[0]]
        second[place] = people[team[1]] if len(team) > 1 else None


def _team(free: list[int], people: Sequence[str], went: Set[str]) -> list[int]:
    """The two with the least work whose pair is not, and does not hold, who went last; else the two with least work."""
    for one, other in ((0, 1), (0, 2), (1, 2), (0, 3)):
        if other < len(free) and not went <= {people[free[one]], people[free[other]]}:
            return [free[one], free[other]]
    return free[:2]
