"""Study 2: what selective labels allow to say of all sites, against the truth of fresh sites, in four scenarios."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from coverage_truth import Truth, truth_of
from coverage_worlds import city_of, resampling_seed, scoring_of, setting_of, spread
from numpy.typing import NDArray

from riskml.evaluation.selection.overlap import overlap_fails, overlap_table
from riskml.evaluation.selection.table import selection_table
from riskml.evaluation.selection.words import DISAGREE, NO_ARM, NO_OVERLAP, selection_verdict
from riskml.models.likelihood import greatest_likelihood
from riskml.simulation.selection_city import City
from riskml.simulation.selection_rows import Scoring, features_of, scored_rows
from riskml.simulation.selection_world import Floats, Panel, draw_panel

BATCH: Final = 5
"""Worlds of one job."""
WAITING_CUTS: Final = (1, 2, 3, 4, 5, 7, 9)
"""First periods of waiting of the classes in which the propensity is fitted."""
RIDGE: Final = 0.1
"""Penalty of the fitted propensity, in rows: a class of which nobody was visited has a finite coefficient."""
RIVAL: Final = "grade"
"""Whose difference to the model is looked at."""


@dataclass(frozen=True)
class Job:
    """Worlds of one city in one scenario, and the truth of that city there."""

    study: dict[str, Any]
    scenario: str
    city: int
    worlds: range
    truth: Truth


def selection_study(study: dict[str, Any], *, processes: int) -> pd.DataFrame:
    """All rows of `selection_table` of every world with the truth, and its warnings; see `selection_worlds`."""
    asked = study["selection"]
    parts = []
    for scenario, wanted in asked["scenarios"].items():
        cities = [(study, scenario, city) for city in range(asked["cities"])]
        truths = spread(_truth_job, cities, processes=processes, label=f"{scenario}: cities")
        each = wanted["worlds"] // asked["cities"]
        jobs = [
            Job(study, scenario, city, range(first, min(first + BATCH, each)), truth)
            for (_, _, city), truth in zip(cities, truths, strict=True)
            for first in range(0, each, BATCH)
        ]
        label = f"{scenario}: jobs of {BATCH} worlds"
        parts += spread(selection_worlds, jobs, processes=processes, label=label)
    return pd.concat(parts, ignore_index=True)


def selection_worlds(job: Job) -> pd.DataFrame:
    """The table of each method in some worlds of one city, once for each propensity.

    Returns:
        The columns of `selection_table`, and scenario, propensity ("true" or "estimated"), city, world, truth; of the
        world's reports below_02 (share of the rows with a propensity below 0.02), overlap_fails, and whether the
        verdict says so, says what nobody can know without a random arm, and finds that the methods disagree.
    """
    study, asked = job.study, job.study["selection"]
    city, scoring = _city(study, job.scenario, job.city), scoring_of(study["seed"], study["scoring_sites"])
    known = asked["scenarios"][job.scenario]["propensity"]
    found = []
    for world in job.worlds:
        panel = draw_panel(city, seed=world)
        rows = scored_rows(panel, scoring)[0]
        for kind in known:
            given = rows if kind == "true" else rows.assign(propensity=_estimated(panel, scoring, asked))
            found.append(
                _tabled(given, job, kind, resampling_seed(study, job.city, world)).assign(
                    propensity=kind, city=job.city, world=world
                )
            )
    return pd.concat(found, ignore_index=True).assign(scenario=job.scenario)


def estimated_propensity(panel: Panel, scoring: Scoring, *, learning: slice, asked: slice) -> Floats:
    """Probability of a visit, fitted on what is recorded in the learning periods alone, shape (periods asked, n).

    A logistic regression on the levels, classes of waiting (with effects of their own in the best level), the offices
    and the model's log-odds.
    """
    open_then = panel.active[learning]
    columns, judged = (_columns(panel, scoring, periods) for periods in (learning, asked))
    *slopes, intercept = greatest_likelihood(columns[open_then], panel.visited[learning][open_then], ridge=RIDGE)
    return np.asarray(1.0 / (1.0 + np.exp(-(judged @ np.array(slopes) + intercept))))


def _columns(panel: Panel, scoring: Scoring, periods: slice) -> Floats:
    level, waiting = panel.level[periods], np.searchsorted(WAITING_CUTS, panel.waiting[periods], side="right")
    office = np.broadcast_to(panel.office, level.shape)
    probability = scoring.probabilities(features_of(panel, periods))
    classes = [waiting == place for place in range(1, len(WAITING_CUTS) + 1)]
    dummies = [*(level == code for code in (1, 2, 3)), *classes, *(here & (level == 0) for here in classes)]
    dummies += [office == code for code in range(1, panel.setting.offices)]
    return np.stack([*dummies, np.log(probability / (1 - probability))], axis=-1).astype(np.float64)


def _estimated(panel: Panel, scoring: Scoring, asked: dict[str, Any]) -> NDArray[Any]:
    setting = panel.setting
    learning = slice(setting.earlier - asked["learning_periods"], setting.earlier)
    judged = slice(setting.earlier, setting.periods)
    return estimated_propensity(panel, scoring, learning=learning, asked=judged)[panel.active[judged]]


def _tabled(rows: pd.DataFrame, job: Job, kind: str, seed: int) -> pd.DataFrame:
    """One world's table with the truth beside it."""
    study, asked = job.study, job.study["selection"]
    pair = f"model - {RIVAL}"
    table = selection_table(
        rows,
        ["model", RIVAL],
        study["budgets"],
        pairs=[("model", RIVAL)],
        gammas=asked["gammas"],
        draws=asked["scenarios"][job.scenario]["draws"] if kind == "estimated" else 0,
        seed=seed,
        probability_policies=(),
    )
    overlap = overlap_table(rows)
    metric = f"recall@{study['budgets'][-1]:.2f}"
    verdict = selection_verdict(table, overlap, pair=pair, metric=metric)["en"]
    truth = np.array([_true(job.truth, *key) for key in zip(table["policy"], table["metric"], strict=True)])
    facts = {
        "below_02": overlap["below_02"].iloc[0],
        "overlap_fails": overlap_fails(overlap),
        "says_overlap": NO_OVERLAP[0].partition(":")[0] in verdict,
        "says_arm": NO_ARM[0].partition("(")[0].strip() in verdict,
        "disagree": DISAGREE[0].partition("(")[0].strip() in verdict,
    }
    known: pd.DataFrame = table.assign(truth=truth, **facts)[~np.isnan(truth)]
    return known


def _true(truth: Truth, policy: str, metric: str) -> float:
    """The truth of a policy or of a pair; NaN for what has none, such as the labelled share."""
    a, _, b = policy.partition(" - ")
    value = truth[a].get(metric, np.nan)
    return value - truth[b].get(metric, np.nan) if b else value


def _truth_job(job: tuple[dict[str, Any], str, int]) -> Truth:
    study, scenario, number = job
    scoring = scoring_of(study["seed"], study["scoring_sites"])
    sites = study["selection"]["truth_sites"]
    asked = (["model", RIVAL], study["budgets"])
    return truth_of(_city(study, scenario, number), scoring, *asked, sites=sites, allocation=True)


def _city(study: dict[str, Any], scenario: str, number: int) -> City:
    asked = study["selection"]["scenarios"][scenario]
    changed = {name: asked[name] for name in ("overlap", "tilt", "random_share")}
    return city_of(setting_of(study, diligent=study["selection"]["diligent"], **changed), study, number)
