"""A plan: which sites to visit in a period, why, by whom and until when; by a grading system or by a model's scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError, StudyError
from riskml.grades import System, grade, load_system
from riskml.planning import pool
from riskml.planning.allocation import Floats, Ints
from riskml.planning.caps import draw_in_offices, offices_of
from riskml.planning.columns import repeated
from riskml.planning.draw import Draw, draw, draw_ranked
from riskml.planning.intensities import Standing, standing_by_scores, standing_by_system
from riskml.planning.period import Period, period_of
from riskml.planning.roll import Roll, roll
from riskml.planning.summary import Asked, summarise
from riskml.planning.teams import assign, past_of
from riskml.planning.wording import REASONS
from riskml.records.days import NEVER, day_number, from_days
from riskml.records.store import Records

FLOOR_VISITS_PER_YEAR: Final = 0.5
"""Everybody once in two years (Order 49, 2021, art. 22), where no system says otherwise."""


@dataclass(frozen=True)
class Plan:
    """A plan of visits.

    Attributes:
        visits: one row a visit, by the day until which it is due, then by place: as_of, site_id, name, office, arm,
            place (1 = riskiest of the open sites, ties by lot), level, score, probability (that the site is in a plan
            made like this one), random_probability (that it is in the random arm), reason, reason_en, reason_zh,
            last_visit (on site, of any kind), last_full_visit (of a kind that fills the floor), due_on (last day for
            the visit), inspector_1, inspector_2.
        sites: one row for every open site, by site id: as_of, site_id, office, level, score, probability,
            random_probability, in_plan, arm ("" outside the plan), reason. What weighting by inclusion needs.
        summary: counts by arm, level, office and reason, what was asked, and what the system itself would visit.
    """

    visits: pd.DataFrame
    sites: pd.DataFrame
    summary: dict[str, Any]


def plan(
    records: Records,
    as_of: "str | date | pd.Timestamp",
    *,
    seed: int,
    system: str | None = None,
    scores: "pd.DataFrame | None" = None,
    budget: int | None = None,
    period: "str | int" = "quarter",
    random_share: float = 0.0,
    caps: "Mapping[str, int] | None" = None,
    floor_visits_per_year: float | None = None,
    earlier: "pd.DataFrame | None" = None,
    graded: "pd.DataFrame | None" = None,
) -> Plan:
    """Plan the visits of a period that begins on the decision day; each site at most once.

    By a system: its double-random draw, with its own intensities or, with a budget, with these scaled to the budget.
    By scores: the random arm, the sites whose floor is due, then the highest scores. Sites that have no licence, or
    were visited or planned within three months, stay out.

    Args:
        records: canonical records.
        as_of: decision day; only what was known before it counts.
        seed: of all chance; it is mixed with the day, so that the same seed draws anew in every period.
        system: name of the grading system whose intensities are followed.
        scores: of every open site: site_id, probability (or score), level if there is one. Either this or a system.
        budget: visits in all; may be left out with a system.
        period: "month", "quarter", "year" or a number of days.
        random_share: share of the visits drawn uniformly from all eligible sites, 0 to 1.
        caps: most visits by office.
        floor_visits_per_year: least frequency for every site; by default the system's, else 0.5.
        earlier: plans made before (their `visits`, one below another), whose sites rest.
        graded: the grades by `system` on the day, if the caller has them.

    Raises:
        StudyError: if what is asked for is not possible in itself.
        DataError: if the records do not allow it.
    """
    if (system is None) == (scores is None):
        raise StudyError("a plan follows either a grading system or scores; give exactly one of them")
    if system is None and budget is None:
        raise StudyError("a plan by scores needs a budget: the number of visits")
    rules = None if system is None else load_system(system)
    day, span = _day_within(records, as_of), period_of(period, as_of)
    floor = floor_visits_per_year if floor_visits_per_year is not None else _floor_of(rules)
    listed = roll(records, day, period_days=span.days, floor_visits_per_year=floor, earlier=earlier)
    open_sites = listed.sites
    if rules is not None and graded is None:
        graded = grade(records, str(system), from_days(np.array([day]))[0])
    standing = _standing(open_sites["site_id"], rules, graded, scores)
    seeds = pool.checked_seed([seed, day])
    made = _made(open_sites, standing, span, budget=budget, random_share=random_share, caps=caps or {}, seed=seeds)
    sites = _sites(open_sites, standing, made, seeds)
    visits = _visits(listed, sites, records, day, span, seeds)
    asked = Asked(records, rules, day, span, seed=seed, budget=budget, random_share=random_share, floor=floor)
    told = summarise(sites, visits, asked, standing)
    return Plan(_shown(visits, day, VISIT_COLUMNS), _shown(sites, day, SITE_COLUMNS), told)


VISIT_COLUMNS: Final = (
    "as_of", "site_id", "name", "office", "arm", "place", "level", "score", "probability", "random_probability",
    "reason", "reason_en", "reason_zh", "last_visit", "last_full_visit", "due_on", "inspector_1", "inspector_2",
)  # fmt: skip
SITE_COLUMNS: Final = (
    "as_of", "site_id", "office", "level", "score", "probability", "random_probability", "in_plan", "arm", "reason",
)  # fmt: skip


def _standing(
    sites: "pd.Series[str]", system: "System | None", graded: "pd.DataFrame | None", scores: "pd.DataFrame | None"
) -> Standing:
    if system is not None and graded is not None:
        return standing_by_system(system, graded, sites)
    return standing_by_scores(pd.DataFrame() if scores is None else scores, sites)


def _floor_of(system: "System | None") -> float:
    return FLOOR_VISITS_PER_YEAR if system is None else system.floor_visits_per_year


def _day_within(records: Records, as_of: "str | date | pd.Timestamp") -> int:
    day = day_number(as_of)
    if not day_number(records.observed_from) < day <= day_number(records.observed_to):
        raise DataError(
            f"as_of {as_of} lies outside the records ({records.source}: after {records.observed_from:%Y-%m-%d}, "
            f"up to {records.observed_to:%Y-%m-%d}); plan for a day whose past the records hold"
        )
    return day


def _made(
    sites: pd.DataFrame,
    standing: Standing,
    span: Period,
    *,
    budget: int | None,
    random_share: float,
    caps: Mapping[str, int],
    seed: tuple[int, ...],
) -> Draw:
    """The draw among the open sites, office by office where there are caps; as they are sorted, places serve as ids."""
    eligible, overdue = (sites["excluded"] == "").to_numpy(), sites["overdue"].to_numpy(np.int64)
    ratio = {level: rate * span.years for level, rate in standing.per_year.items()}

    def one(rows: Ints, visits: int | None, share: float, *mark: int) -> Draw:
        chosen: dict[str, Any] = {"eligible": eligible[rows], "overdue": overdue[rows], "random_share": share}
        if standing.per_year:
            return draw(rows, standing.level[rows], ratio, seed=(*seed, *mark), budget=visits, **chosen)
        return draw_ranked(rows, standing.order[rows], seed=(*seed, *mark), budget=visits or 0, **chosen)

    whole = one(np.arange(len(sites)), budget, random_share)
    if not caps:
        return whole
    offices = offices_of(sites["office"], caps, eligible=eligible, due=overdue > 0)
    return draw_in_offices(one, offices, demand=whole.probability, budget=budget, random_share=random_share)


def _sites(sites: pd.DataFrame, standing: Standing, made: Draw, seed: tuple[int, ...]) -> pd.DataFrame:
    """All that the plan says of every open site, by site id."""
    names, code = pool.coded(made.arm)
    why = np.where(made.taken, "", sites["excluded"].where(sites["excluded"] != "", "not_in_plan"))
    levels, level = pool.coded(standing.level)
    return sites.assign(
        level=repeated([name or None for name in levels], level),
        score=standing.score,
        probability=made.probability,
        random_probability=made.random_probability,
        in_plan=made.taken,
        arm=repeated(names, code),
        place=_places(standing.order, seed),
        reason=repeated(names, code).where(made.taken, why),
    )


def _places(order: Floats, seed: tuple[int, ...]) -> Ints:
    """1 for the highest, ties by lot; the rows must stand in an order of their own."""
    ranked = np.lexsort((pool.stream(seed, "places").random(len(order)), -order))
    place = np.empty(len(order), dtype=np.int64)
    place[ranked] = np.arange(1, len(order) + 1)
    return place


def _visits(
    listed: Roll, sites: pd.DataFrame, records: Records, day: int, span: Period, seed: tuple[int, ...]
) -> pd.DataFrame:
    """The rows of the plan, with their texts, last days and inspectors."""
    chosen = np.flatnonzero(sites["in_plan"])
    visits = sites.iloc[chosen].reset_index(drop=True)
    end = day + span.days - 1
    due = np.where(visits["overdue"] > 0, np.clip(visits["floor_due_on"], day, end), end)
    number = np.full(len(sites) + 1, -1, dtype=np.int64)  # the last place is for visits to sites that are not open
    number[chosen] = np.arange(len(chosen))
    ids = visits["site_id"].tolist()
    past = past_of(records, day, ids, number[listed.visit_site])
    first, second = assign(ids, visits["office"].fillna("").tolist(), past, seed=seed)
    names, code = pool.coded(visits["reason"])
    visits = visits.assign(
        reason_en=repeated([REASONS[name][0] for name in names], code),
        reason_zh=repeated([REASONS[name][1] for name in names], code),
        due_on=from_days(due.astype(np.int64)),
        inspector_1=pd.Series(first, dtype="str"),
        inspector_2=pd.Series(second, dtype="str"),
    )
    return visits.sort_values(["due_on", "place"], ignore_index=True)


def _shown(table: pd.DataFrame, day: int, columns: tuple[str, ...]) -> pd.DataFrame:
    stamp = from_days(np.array([min(day, NEVER)]))[0]
    return table.assign(as_of=pd.Series(stamp, index=table.index, dtype="datetime64[s]"))[list(columns)]
