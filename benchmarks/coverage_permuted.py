"""Study 3: outcomes permuted among the visits of each origin: how often a declared headline interval holds 0."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from coverage_worlds import city_of, scoring_of, setting_of, share_error, spread

from riskml.errors import DataError
from riskml.evaluation import compare
from riskml.simulation.selection_rows import scored_rows
from riskml.simulation.selection_world import draw_panel

BATCH: Final = 5
"""Permutations of one job."""
OF_THE_OUTCOME: Final = ("model", "perfect")
"""No rivals of the model: itself, and the policy that is the outcome."""


@dataclass(frozen=True)
class Job:
    """Some permutations of the outcomes of one set of rows."""

    rows: pd.DataFrame
    rivals: Sequence[str]
    budget: float
    draws: int
    seed: int
    permutations: range


def permuted_study(rows: pd.DataFrame, study: dict[str, Any], *, processes: int, label: str) -> pd.DataFrame:
    """The headline interval of the model against each rival, a row a permutation: permutation, rival, low, high.

    Rows without an outcome are left out: the headline reads the visits made and settled. Within an origin permuted
    outcomes are independent of every score, so the true difference is 0 exactly, for tied scores too. The sites keep
    their scores over the origins but not their outcomes: the clusters are those of the scores.

    Raises:
        DataError: for rows with fewer than two policies, or without the model.
    """
    asked = study["permuted"]
    names = [name.removeprefix("score_") for name in rows.columns if name.startswith("score_")]
    rivals = [name for name in names if name not in OF_THE_OUTCOME]
    if "model" not in names or not rivals:
        raise DataError(f"the rows have scores of {names}; a score of the model and of a rival is needed")
    visits = rows.loc[rows["fail"].notna(), ["site_id", "origin", "fail", "weight", "score_model"]]
    visits = visits.assign(**{f"score_{name}": rows[f"score_{name}"] for name in rivals}).reset_index(drop=True)
    jobs = [
        Job(visits, rivals, asked["budget"], asked["draws"], study["seed"], range(first, min(first + BATCH, whole)))
        for whole in (asked["permutations"],)
        for first in range(0, whole, BATCH)
    ]
    return pd.concat(spread(permuted_intervals, jobs, processes=processes, label=label), ignore_index=True)


def permuted_intervals(job: Job) -> pd.DataFrame:
    """The intervals of some permutations."""
    found = []
    for number in job.permutations:
        compared = compare(
            permuted(job.rows, seed=job.seed + number),
            ["model", *job.rivals],
            budgets=(job.budget,),
            draws=job.draws,
            seed=job.seed + number,
            probability_policies=(),
            pairs=[("model", rival) for rival in job.rivals],
        )
        for rival in job.rivals:
            estimate = compared.differences[f"model - {rival}"][f"recall@{job.budget:.2f}"]
            found.append((number, rival, estimate.value, estimate.low, estimate.high))
    return pd.DataFrame(found, columns=["permutation", "rival", "value", "low", "high"])


def permuted(rows: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """The rows, their outcomes permuted within each origin."""
    rng = np.random.default_rng(seed)
    fail = rows["fail"].to_numpy(copy=True)
    for places in rows.groupby("origin").indices.values():
        fail[places] = fail[rng.permutation(places)]
    return rows.assign(fail=pd.array(fail, dtype="boolean"))


def permuted_table(intervals: pd.DataFrame) -> pd.DataFrame:
    """By rival: permutations, share whose interval holds 0, its Monte-Carlo error, misses on each side, mean value.

    Intervals that were not given count as missing, not as holding 0.
    """
    rows = []
    for rival, found in intervals.groupby("rival", sort=False):
        n = len(found)
        holds = ((found["low"] <= 0) & (found["high"] >= 0)).mean()
        low, high = (found["high"] < 0).mean(), (found["low"] > 0).mean()
        width = (found["high"] - found["low"]).mean()
        rows.append((rival, n, holds, share_error(holds, n), low, high, found["value"].mean(), width))
    names = ["rival", "permutations", "holds_zero", "error", "missed_low", "missed_high", "mean", "width"]
    return pd.DataFrame(rows, columns=names)


def one_world(study: dict[str, Any]) -> pd.DataFrame:
    """The world whose outcomes are permuted: the first of the first city of study 1."""
    setting = setting_of(study, random_share=study["paired"]["random_share"])
    panel = draw_panel(city_of(setting, study, 0), seed=0)
    return scored_rows(panel, scoring_of(study["seed"], study["scoring_sites"]))[0]
