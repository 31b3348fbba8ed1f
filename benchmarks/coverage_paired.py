"""Study 1: how often the 95 % interval of a paired difference of `compare` holds the truth of fresh sites."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from coverage_truth import Truth, truth_of
from coverage_worlds import city_of, resampling_seed, scoring_of, setting_of, share_error, spread

from riskml.evaluation import compare
from riskml.evaluation._measures import DIFFERENCES, prepare_measures
from riskml.evaluation._pools import make_pool
from riskml.evaluation._ranking import Floats, Multiplicity
from riskml.evaluation.intervals import bootstrap, percentile_interval
from riskml.simulation.selection_city import City
from riskml.simulation.selection_rows import scored_rows
from riskml.simulation.selection_world import draw_panel

CUT: Final = ("recall@0.10", "recall@0.20", "precision@0.10", "precision@0.20")
"""Metrics of a budget."""
METRICS: Final = (*CUT, "auc")
AS_COMPARED, EXACT = "linear", "exact"
"""How a resample cuts the budget: by the linear re-cut of `compare`, or again exactly."""
BATCH: Final = 5
"""Worlds of one job."""


@dataclass(frozen=True)
class Job:
    """Worlds of so many sites of one city, and the truth of that city."""

    study: dict[str, Any]
    city: int
    sites: int
    worlds: range
    truth: Truth


def paired_study(study: dict[str, Any], *, processes: int) -> pd.DataFrame:
    """Every interval of every world: sites, city, world, pair, metric, truth, value, cut, low, high."""
    asked = study["paired"]
    cities = range(asked["cities"])
    truths = spread(_truth_job, [(study, city) for city in cities], processes=processes, label="paired: cities")
    parts = []
    for sites, worlds in zip(asked["sites"], asked["worlds"], strict=True):
        each = worlds // len(cities)
        jobs = [
            Job(study, city, sites, range(first, min(first + BATCH, each)), truth)
            for city, truth in zip(cities, truths, strict=True)
            for first in range(0, each, BATCH)
        ]
        parts += spread(
            paired_worlds, jobs, processes=processes, label=f"paired, {sites} sites: jobs of {BATCH} worlds"
        )
    return pd.concat(parts, ignore_index=True)


def paired_worlds(job: Job) -> pd.DataFrame:
    """The intervals of some worlds of one city, as `compare` makes them, and with the budget cut again exactly."""
    study = job.study
    policies = study["policies"]
    pairs = [("model", rival) for rival in policies[1:]]
    city, scoring = _city(study, job.city), scoring_of(study["seed"], study["scoring_sites"])
    found = []
    for world in job.worlds:
        rows = scored_rows(draw_panel(city, seed=world + job.sites, sites=job.sites), scoring)[0]
        given = {"draws": study["paired"]["draws"], "seed": resampling_seed(study, job.city, world)}
        compared = compare(rows, policies, budgets=study["budgets"], probability_policies=(), pairs=pairs, **given)
        exact = exact_intervals(rows, policies, study["budgets"], pairs, **given)
        for pair, estimates in compared.differences.items():
            a, b = pair.split(" - ")
            for metric in METRICS:
                one, truth = estimates[metric], job.truth[a][metric] - job.truth[b][metric]
                head = (job.sites, job.city, world, pair, metric, truth, one.value)
                found.append((*head, AS_COMPARED, one.low, one.high))
                if metric in CUT:
                    found.append((*head, EXACT, *exact[pair, metric]))
    return pd.DataFrame(
        found, columns=["sites", "city", "world", "pair", "metric", "truth", "value", "cut", "low", "high"]
    )


def exact_intervals(
    rows: pd.DataFrame,
    policies: Sequence[str],
    budgets: Sequence[float],
    pairs: Sequence[tuple[str, str]],
    *,
    draws: int,
    seed: int,
) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    """Intervals of the metrics of a budget if it were cut again exactly in each resample, by difference and metric.

    The resamples are those of `compare`; it takes the linear re-cut instead.
    """
    pool = make_pool(rows, policies)
    measures = prepare_measures(pool, budgets=budgets, probability_policies=(), pairs=pairs, horizon_days=None)
    keys = [(DIFFERENCES, f"{a} - {b}", metric) for a, b in pairs for metric in CUT]

    def statistic(multiplicity: Multiplicity) -> Floats:
        values = measures.values(multiplicity)
        return np.column_stack([values[key] for key in keys])

    drawn = bootstrap(statistic, sites=pool.sites, draws=draws, seed=seed)
    intervals = [percentile_interval(column, sites=pool.sites) for column in drawn.T]
    return {(pair, metric): (i.low, i.high) for (_, pair, metric), i in zip(keys, intervals, strict=True)}


def coverage_table(intervals: pd.DataFrame) -> pd.DataFrame:
    """By sites, cut, pair and metric: worlds, coverage, its Monte-Carlo error, misses on each side, bias, mean width.

    `missed_low` is the share of worlds whose interval lies wholly below the truth. `bias` is the mean of the value less
    the truth, `sd` the spread of the value around its city's mean, `excess` the mean width over that of an interval of
    1.96 `sd` on both sides, less 1.
    """
    rows = []
    for case, worlds in intervals.groupby(["sites", "cut", "pair", "metric"], sort=False):
        n = len(worlds)
        below, above = (worlds["high"] < worlds["truth"]).mean(), (worlds["low"] > worlds["truth"]).mean()
        covered = ((worlds["low"] <= worlds["truth"]) & (worlds["truth"] <= worlds["high"])).mean()
        off = worlds["value"] - worlds["truth"]
        spread_of = (worlds["value"] - worlds.groupby("city")["value"].transform("mean")).std()
        width = (worlds["high"] - worlds["low"]).mean()
        excess = width / (2 * 1.96 * spread_of) - 1 if spread_of > 0 else float("nan")
        rows.append((*case, n, covered, share_error(covered, n), below, above, off.mean(), spread_of, width, excess))
    columns = ["sites", "cut", "pair", "metric", "worlds", "coverage", "error", "missed_low", "missed_high", "bias",
               "sd", "width", "excess"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _truth_job(job: tuple[dict[str, Any], int]) -> Truth:
    study, number = job
    scoring = scoring_of(study["seed"], study["scoring_sites"])
    sites = study["paired"]["truth_sites"]
    asked = (study["policies"], study["budgets"])
    return truth_of(_city(study, number), scoring, *asked, sites=sites, allocation=False)


def _city(study: dict[str, Any], number: int) -> City:
    return city_of(setting_of(study, random_share=study["paired"]["random_share"]), study, number)
