"""How long a comparison takes: 1,000 draws over 200,000 scored rows and 12 policies, beside the same in plain pandas.

Run: python benchmarks/bench_compare.py [--sites N] [--draws D] [--policies P] [--full] [--no-peer]
Bar: compare() under 15 s of wall clock on 2 cores. The first call compiles and is not counted. --full adds what the bar
does not ask for: harm, visits as prescribed by every grade, simultaneous intervals of all pairs.
"""

import argparse
import os
import time
from typing import Any

import numpy as np
import pandas as pd

from riskml.evaluation import Comparison, compare

ORIGINS = pd.date_range("2022-01-01", periods=8, freq="91D").astype("datetime64[s]")
BUDGETS = (0.10, 0.20)
ACTIVE, LABELLED, INSPECTORS = 0.93, 0.4, 120
PEER_DRAWS = 3
RISK, MOVED, NOISE = (-2.2, 0.9), 0.3, 0.8
"""Log-odds of failing: mean and sd over sites, sd within a site over origins, sd of what a score sees beside them."""


def city(sites: int, policies: int, seed: int = 11) -> pd.DataFrame:
    """Scored rows of a city: a probability, scores that only rank, and grades of a few levels."""
    rng = np.random.default_rng(seed)
    risk, inspector = rng.normal(*RISK, sites), rng.integers(0, INSPECTORS, sites)
    parts = []
    for origin in ORIGINS:
        active = np.flatnonzero(rng.random(sites) < ACTIVE)
        odds = risk[active] + rng.normal(0, MOVED, len(active))
        fail = pd.array(rng.random(len(active)) < 1 / (1 + np.exp(-odds)), dtype="boolean")
        fail[rng.random(len(active)) > LABELLED] = pd.NA
        columns = {f"score_{name}": score(name, odds, rng) for name in names(policies)}
        fixed = {"site_id": np.char.add("s", active.astype("U7")), "fail": fail, "inspector": inspector[active]}
        parts.append(pd.DataFrame({**fixed, "origin": origin, "weight": 1.0, **columns}))
    return pd.concat(parts, ignore_index=True)


def names(policies: int) -> list[str]:
    """The model, random, and scores alternately fine and of a few levels."""
    return ["model", "random", *(f"{'grade' if k % 2 else 'score'}_{k}" for k in range(policies - 2))]


def score(name: str, odds: "np.ndarray", rng: np.random.Generator) -> "np.ndarray":
    """A policy's score: the odds seen through noise; the model is calibrated, a grade has four levels."""
    seen = odds + rng.normal(0, NOISE, len(odds))
    if name == "random":
        return np.zeros(len(odds))
    if name.startswith("grade"):
        return np.searchsorted(np.quantile(seen, [0.6, 0.9, 0.98]), seen).astype(np.float64)
    kept = (RISK[1] ** 2 + MOVED**2) / (RISK[1] ** 2 + MOVED**2 + NOISE**2) if name == "model" else 1.0
    return 1 / (1 + np.exp(-(RISK[0] + kept * (seen - RISK[0]))))


def ours(rows: pd.DataFrame, policies: list[str], draws: int, *, full: bool = False) -> Comparison:
    """The call that is timed: a difference for every policy but the model."""
    asked: dict[str, Any] = {"pairs": [("model", name) for name in policies[1:]]}
    if full:
        asked |= {"horizon_days": 90, "headline": "recall@0.20", "declared": asked["pairs"]}
    return compare(rows, policies, budgets=BUDGETS, draws=draws, seed=3, **asked)


def fuller(rows: pd.DataFrame, seed: int = 12) -> pd.DataFrame:
    """The rows with severity points of the failed visits, and the rates of visits that each grade prescribes."""
    harm = np.random.default_rng(seed).integers(1, 20, len(rows)).astype(np.float64)
    grades = [name.removeprefix("score_") for name in rows.columns if name.startswith("score_grade")]
    rates = {name.replace("grade", "rate", 1): 0.1 * (1 + rows[f"score_{name}"]) for name in grades}
    return rows.assign(harm=harm, **rates)


def peer(rows: pd.DataFrame, policies: list[str], draws: int) -> dict[str, list[float]]:
    """The same resamples by plain pandas and numpy, one thread: recall at the budgets and the AUC by ranks alone."""
    made: dict[str, list[float]] = {}
    sites = rows["site_id"].unique()
    places = dict(iter(rows.groupby("site_id").indices.items()))
    rng = np.random.default_rng(3)
    for _ in range(draws):
        picked = np.concatenate([places[site] for site in rng.choice(sites, len(sites))])
        drawn = rows.iloc[picked]
        visits = drawn[drawn["fail"].notna()]
        for policy in policies:
            name = f"score_{policy}"
            for metric, value in plain(visits, visits["fail"].to_numpy(bool), name).items():
                made.setdefault(f"{policy} {metric}", []).append(value)
    return made


def plain(visits: pd.DataFrame, fail: "np.ndarray", name: str) -> dict[str, float]:
    """Recall at each budget (ties in the order they lie) and the AUC pooled over origins."""
    found, right, pairs = dict.fromkeys(BUDGETS, 0.0), 0.0, 0.0
    for places in visits.groupby("origin").indices.values():
        score, outcome = visits[name].to_numpy()[places], fail[places]
        order = np.argsort(-score, kind="stable")
        for budget in BUDGETS:
            found[budget] += outcome[order[: round(budget * len(order))]].sum()
        ranks = pd.Series(score).rank().to_numpy()
        positive = int(outcome.sum())
        right += ranks[outcome].sum() - positive * (positive + 1) / 2
        pairs += positive * (len(outcome) - positive)
    return {"auc": right / pairs, **{f"recall@{b:.2f}": hits / fail.sum() for b, hits in found.items()}}


def main() -> None:
    """Make the rows, time both, print seconds of wall clock and of processor."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sites", type=int, default=26_900)
    asked.add_argument("--draws", type=int, default=1_000)
    asked.add_argument("--policies", type=int, default=12)
    asked.add_argument("--full", action="store_true")
    asked.add_argument("--no-peer", action="store_true")
    chosen = asked.parse_args()
    rows, policies = city(chosen.sites, chosen.policies), names(chosen.policies)
    share = rows["fail"].notna().mean()
    print(f"{len(rows):,} rows, {len(policies)} policies, {share:.0%} labelled; {os.cpu_count()} cores", flush=True)
    small = city(200, chosen.policies)
    ours(fuller(small) if chosen.full else small, policies, 2, full=chosen.full)
    rows = fuller(rows) if chosen.full else rows
    begun, worked = time.perf_counter(), time.process_time()
    result = ours(rows, policies, chosen.draws, full=chosen.full)
    seconds, work = time.perf_counter() - begun, time.process_time() - worked
    told = result.differences[f"model - {policies[3]}"]["recall@0.20"]
    print(f"compare, {chosen.draws} draws: {seconds:.1f} s, {work:.1f} s of processor (bar: 15 s)")
    print(f"  model - {policies[3]} recall@0.20: {told.value:.4f} [{told.low:.4f}, {told.high:.4f}]")
    if not chosen.no_peer:
        begun = time.perf_counter()
        peer(rows, policies, PEER_DRAWS)
        each = (time.perf_counter() - begun) / PEER_DRAWS
        print(f"plain pandas, one thread, fewer metrics: {each:.2f} s a draw, {each * chosen.draws:.0f} s scaled up")


if __name__ == "__main__":
    main()
