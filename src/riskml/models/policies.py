"""Every policy's score for the rows of one origin: the baselines, the grades and the model, on the same rows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold
from riskml.errors import DataError
from riskml.features.build import Table
from riskml.grades import grade, load_system, policy_scores
from riskml.grades.grading_system import System
from riskml.grades.history import grade_history
from riskml.models import baselines
from riskml.records.days import from_days
from riskml.records.outcomes import VISIT
from riskml.records.store import Records

NEEDED = ("visits_all", "fails_all", "last_visit_points", "visits_since_fail")
"""Features that the baselines read; they are computed whether or not the model uses them."""
BESIDE = ("office", "visit_type", "harm", "propensity")
"""What the comparison reads beside outcomes: the site's office, the kind of its visit, the severity points found, and
the probability of a settled visit as it was estimated before the origin."""
OPERATED = "_operated"
"""Ends the name of a grading system's policy that ranks by the level as it was last published."""
OF_THE_VISIT = ("perfect", "inspector_only")
"""Policies that read the visit itself: they say nothing of sites without one, and nobody could follow them."""


def baseline_scores(table: Table, fail: "pd.Series[bool]", fold: Fold, *, has_severity: bool) -> pd.DataFrame:
    """Scores of the policies that need no training, for the fold's test rows.

    Args:
        table: features of all rows; must hold those of `NEEDED`.
        fail: outcomes of all rows, nullable; those of the test rows are read by `perfect` only.
        fold: base rates come from its training and calibration rows.
        has_severity: whether the source records severity points of a visit; else the last result stands in.

    Returns:
        One column a policy, rows in the order of `fold.test`.
    """
    columns = {name: _column(table, name) for name in NEEDED}
    past = np.concatenate([fold.train, fold.calibrate])
    base_rate = float(fail.iloc[past].astype("float64").mean())
    last = columns["last_visit_points"]
    if not has_severity:
        failed_last = (columns["visits_since_fail"] == 0) & (columns["fails_all"] > 0)
        last = np.where(columns["visits_all"] > 0, failed_last.astype(np.float64), np.nan)
    seen = last[past][~np.isnan(last[past])]
    typical = float(seen.mean()) if len(seen) else 0.0
    test = fold.test
    return pd.DataFrame(
        {
            "random": baselines.random_order(len(test)),
            "last_outcome": baselines.last_outcome(last[test], typical),
            "past_fail_rate": baselines.past_fail_rate(
                columns["fails_all"][test], columns["visits_all"][test], base_rate
            ),
            "perfect": baselines.perfect(fail.iloc[test]),
        }
    )


def _column(table: Table, name: str) -> NDArray[np.float64]:
    if name not in table.catalog.names:
        raise DataError(
            f"the records hold nothing for {name!r}, which the baselines rank by: there is no failed visit on record "
            "before the first origin; check the outcome rule of the source, or choose later origins"
        )
    return table.values[:, table.catalog.names.index(name)]


def graded_days(records: Records, log: pd.DataFrame, systems: Sequence[str], days: Sequence[int]) -> pd.DataFrame:
    """Levels and scores of every site by every system on every day.

    Returns:
        site_id, as_of, system, level, points, level_score, points_score (see `grades.policy_scores`); no rows without
        systems.
    """
    parts = []
    for system in systems:
        for day in days:
            when = from_days(np.array([day]))[0]
            graded = grade(records, system, when, log=log)
            kept = graded[["site_id", "level", "points"]].assign(as_of=when, system=system)
            parts.append(pd.concat([kept, policy_scores(graded)[["level_score", "points_score"]]], axis=1))
    columns = ["site_id", "as_of", "system", "level", "points", "level_score", "points_score"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def grade_scores(grades: pd.DataFrame, systems: Sequence[str], rows: pd.DataFrame) -> pd.DataFrame:
    """Each system's level, and its points inside the level where it has points, as scores of the rows of one day.

    Args:
        grades: see `graded_days`.
        systems: their names.
        rows: site_id and as_of of one origin.

    Raises:
        DataError: if a system gives none of the rows a level.
    """
    asked = rows[["site_id", "as_of"]].reset_index(drop=True)
    columns = {}
    for system in systems:
        mine = grades[grades["system"] == system]
        found = asked.merge(mine, on=["site_id", "as_of"], how="left", validate="one_to_one")
        if found["level"].isna().all():
            raise DataError(
                f"system {system!r} gives no active site a level on {asked['as_of'].iloc[0]:%Y-%m-%d}; "
                "leave it out of [comparison] systems, or bring the records it needs"
            )
        name = system.replace("/", "_")
        columns[f"grade_{name}"] = found["level_score"]
        if found["points"].notna().any():
            columns[f"grade_{name}_points"] = found["points_score"]
    return pd.DataFrame(columns, index=asked.index)


def operated_days(records: Records, log: pd.DataFrame, systems: Sequence[str], days: Sequence[int]) -> pd.DataFrame:
    """Each system's level as operated: as it stood when it was last published on or before each day (GRADES.md 11.1).

    A level published yearly stays what it was on 1 January, a monthly one what it was on the first of the month. Where
    it is only assumed that levels follow from day to day, they are taken to be published yearly; where the source says
    that they follow from day to day, the level as operated is the one recomputed, and the system has no rows. A site
    that did not exist yet on the day of publication has no level, unless the authority published one itself.

    Args:
        records: canonical records.
        log: their event log.
        systems: names.
        days: day numbers.

    Returns:
        site_id, as_of, system, graded_on (day of publication), level_score (`grades.policy_scores`: without a level the
        mean of the others on that day).
    """
    columns = ["site_id", "as_of", "system", "graded_on", "level_score"]
    parts = []
    opened = records.sites["registered_on"].reset_index(drop=True)
    for name in systems:
        system = load_system(name)
        period = publication_period(system)
        if period == "day" or not len(days):
            continue
        when = list(from_days(np.array(days)))
        told = grade_history(records, replace(system, period=period), when, mode="operated", log=log)
        for _, table in told.groupby("as_of", sort=False):
            here = table.reset_index(drop=True)
            unborn = (opened >= here["graded_on"]) & ~here["published"]
            scores = policy_scores(here.assign(rank=here["rank"].mask(unborn), points=np.nan))
            parts.append(here.assign(system=name, level_score=scores["level_score"])[columns])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def publication_period(system: System) -> str:
    """How often a system publishes: "day" only where its source says so, for an assumed "day" the usual "year".

    >>> publication_period(load_system("nyc_letter")), publication_period(load_system("zhenhai"))
    ('day', 'month')
    >>> publication_period(load_system("nanchang"))  # its source does not say
    'year'
    """
    return "year" if system.period == "day" and system.period_provenance == "assumed" else system.period


def operated_scores(operated: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The levels as operated as scores: a column grade_<system>_operated for each system that has them.

    Args:
        operated: see `operated_days`.
        rows: site_id and as_of.

    Returns:
        The rows in their order, numbered from 0; a site without a score has the mean of the others on its day.
    """
    asked = rows[["site_id", "as_of"]].reset_index(drop=True)
    columns = {}
    for system, mine in operated.groupby("system", sort=False):
        found = asked.merge(mine, on=["site_id", "as_of"], how="left", validate="one_to_one")["level_score"]
        mean = asked["as_of"].map(mine.groupby("as_of")["level_score"].mean())
        columns[f"grade_{str(system).replace('/', '_')}{OPERATED}"] = found.fillna(mean)
    return pd.DataFrame(columns, index=asked.index)


def scored_rows(rows: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of one origin with a column score_<policy> for each policy, as tables/scored_rows.parquet holds them.

    Args:
        rows: cohort rows of the origin, with any of `BESIDE`.
        scores: one column a policy, in the order of the rows.
    """
    kept = rows.reset_index(drop=True)
    named = kept[["site_id", "as_of", "inspection_id", "visited_on", "fail"]]
    fixed = named.assign(origin=kept["as_of"], inspector=kept["inspector"], weight=1.0)
    fixed = pd.concat([fixed, kept[[name for name in BESIDE if name in kept.columns]]], axis=1)
    return pd.concat([fixed, scores.add_prefix("score_")], axis=1)


def visit_severity(inspection_ids: "pd.Series[str]", log: pd.DataFrame) -> NDArray[np.float64]:
    """Severity points of visits by the facts known with them, shape (n,); NaN where there is no visit.

    Args:
        inspection_ids: of the visit of each row, missing where there is none.
        log: event log (`records.log.event_log`), which holds the points as the quantity of a visit.
    """
    visits = log[log["code"] == VISIT].drop_duplicates("inspection_id")
    points = visits.set_index("inspection_id")["quantity"].astype(np.float64)
    return np.asarray(inspection_ids.map(points), dtype=np.float64)
