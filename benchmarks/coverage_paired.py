"""Study 1: how often the 95 % interval of a paired difference of `compare` holds the truth of fresh sites."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from coverage_truth import Truth, truth_of
from coverage_worlds import city_of, resampling_seed, scoring_of, setting_of, share_error, spread

from riskml.evaluation import compare
from riskml.simulation.selection_city import City
from riskml.simulation.selection_rows import scored_rows
from riskml.simulation.selection_world import draw_panel

METRICS: Final = ("recall@0.10", "recall@0.20", "precision@0.10", "precision@0.20", "auc")
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
    """Every interval of every world: sites, city, world, pair, metric, value, low, high, truth."""
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
    """The intervals of some worlds of one city."""
    study = job.study
    policies = study["policies"]
    city, scoring = _city(study, job.city), scoring_of(study["seed"], study["scoring_sites"])
    found = []
    for world in job.worlds:
        panel = draw_panel(city, seed=world + job.sites, sites=job.sites)
        compared = compare(
            scored_rows(panel, scoring)[0],
            policies,
            budgets=study["budgets"],
            draws=study["paired"]["draws"],
            seed=resampling_seed(study, job.city, world),
            probability_policies=(),
            pairs=[("model", rival) for rival in policies[1:]],
        )
        for pair, estimates in compared.differences.items():
            a, b = pair.split(" - ")
            for metric in METRICS:
                one, truth = estimates[metric], job.truth[a][metric] - job.truth[b][metric]
                found.append((job.sites, job.city, world, pair, metric, one.value, one.low, one.high, truth))
    names = ["sites", "city", "world", "pair", "metric", "value", "low", "high", "truth"]
    return pd.DataFrame(found, columns=names)


def coverage_table(intervals: pd.DataFrame) -> pd.DataFrame:
    """By sites, pair and metric: worlds, coverage, its Monte-Carlo error, misses on each side, bias and mean width.

    `missed_low` is the share of worlds whose interval lies wholly below the truth. `bias` is the mean of the value less
    the truth, `sd` the spread of the value around its city's mean, `excess` the mean width over that of an interval of
    1.96 `sd` on both sides, less 1.
    """
    rows = []
    for case, worlds in intervals.groupby(["sites", "pair", "metric"], sort=False):
        n = len(worlds)
        below, above = (worlds["high"] < worlds["truth"]).mean(), (worlds["low"] > worlds["truth"]).mean()
        covered = ((worlds["low"] <= worlds["truth"]) & (worlds["truth"] <= worlds["high"])).mean()
        off = worlds["value"] - worlds["truth"]
        spread_of = (worlds["value"] - worlds.groupby("city")["value"].transform("mean")).std()
        width = (worlds["high"] - worlds["low"]).mean()
        excess = width / (2 * 1.96 * spread_of) - 1 if spread_of > 0 else float("nan")
        rows.append((*case, n, covered, share_error(covered, n), below, above, off.mean(), spread_of, width, excess))
    columns = [
        "sites",
        "pair",
        "metric",
        "worlds",
        "coverage",
        "error",
        "missed_low",
        "missed_high",
        "bias",
        "sd",
        "width",
        "excess",
    ]
    return pd.DataFrame(rows, columns=columns)


def _truth_job(job: tuple[dict[str, Any], int]) -> Truth:
    study, number = job
    scoring = scoring_of(study["seed"], study["scoring_sites"])
    sites = study["paired"]["truth_sites"]
    asked = (study["policies"], study["budgets"])
    return truth_of(_city(study, number), scoring, *asked, sites=sites, allocation=False)


def _city(study: dict[str, Any], number: int) -> City:
    return city_of(setting_of(study, random_share=study["paired"]["random_share"]), study, number)
