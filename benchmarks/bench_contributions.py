"""Shapley values by the scorer beside LightGBM's `pred_contrib`, one thread each, in one run; then one row, and pairs.

Run: python benchmarks/bench_contributions.py [--rows N]
Bars: N rows at least 5 times as fast as `Booster.predict(pred_contrib=True, num_threads=1)`, values equal to 1e-12,
and with the expected score equal to the raw score as closely; probability and top reasons of one site in at most 15 ms;
interactions of 8 features for 500 rows in at most 10 s. All times are CPU time. LightGBM explains the rows in parts;
between two parts the scorer explains all of them, so that a change of the machine's speed meets both.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from scorer_model import Floats, Made, make, rows

from riskml.export.lightgbm_text import parse_model
from riskml.scorer import Scorer
from riskml.scorer.explaining.contributions import contributions
from riskml.scorer.explaining.interactions import interaction_values
from riskml.scorer.explaining.shapley import BatchContributions
from riskml.scorer.forest.trees import Trees

TIMES, APART, ONE_MS, PAIRS_S = 5.0, 1e-12, 15.0, 10.0
PARTS = 5
SINGLE, PLAIN = 200, 20
PAIR_ROWS, PAIR_FEATURES = 500, 8


def cpu(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def batch(made: Made, trees: Trees, count: int) -> bool:
    x, explainer = rows(count, seed=1), BatchContributions(trees)
    first = cpu(lambda: explainer.values(x[:1]))
    building = cpu(lambda: explainer.values(x[:33]))
    ours, theirs, apart = [], 0.0, 0.0
    values = explainer.values(x)
    for part in np.array_split(np.arange(count), PARTS):
        ours.append(cpu(lambda: explainer.values(x)))
        start = time.process_time()
        wanted = made.booster.predict(x[part], pred_contrib=True, num_threads=1)
        theirs += time.process_time() - start
        apart = max(
            apart, np.abs(values[part] - wanted[:, :-1]).max(), np.abs(explainer.expected - wanted[:, -1]).max()
        )
    mine = statistics.median(ours)
    told = f"{1e3 * mine / count:.3f} ms a row, LightGBM {1e3 * theirs / count:.3f} ms"
    raw = made.booster.predict(x, raw_score=True, num_threads=1)
    left = float(np.abs(values.sum(axis=1) + explainer.expected - raw).max())
    alone = np.vstack([explainer.values(row[None]) for row in x[:SINGLE]])
    same = alone.tobytes() == values[:SINGLE].tobytes()
    met = [
        report(f"{count:,} rows", theirs / mine, TIMES, told, least=True),
        report("apart from LightGBM", apart, APART, "log-odds", least=False),
        report("apart from the score", left, APART, "log-odds", least=False),
    ]
    print(f"{'':8}the first row of a process waits {first:.2f} s, the first batch {building:.2f} s for its tables")
    print(f"{'':8}a row alone and in the batch has {'the same' if same else 'OTHER'} bits ({SINGLE} rows)")
    return all(met) and same


def one(made: Made, trees: Trees) -> bool:
    scorer, x = Scorer.load(made.folder), rows(SINGLE, seed=2)
    sites = [site_of(scorer, row) for row in x]
    scorer.score(sites[0], [], "2026-02-01")
    whole = 1e3 * cpu(lambda: [scorer.score(site, [], "2026-02-01") for site in sites]) / SINGLE
    explainer = BatchContributions(trees)
    explainer.values(x[:1])
    alone = 1e3 * cpu(lambda: [explainer.values(row[None]) for row in x]) / SINGLE
    plain = 1e3 * cpu(lambda: [contributions(trees, row) for row in x[:PLAIN].tolist()]) / PLAIN
    told = f"ms; the values alone {alone:.2f} ms, by the standard library {plain:.0f} ms"
    return report("one site with reasons", whole, ONE_MS, told, least=False)


def site_of(scorer: Scorer, row: Floats) -> dict[str, object]:
    """A site whose facts are the features of a row."""
    return {
        feature.name: None
        if np.isnan(value)
        else feature.categories[int(value)]
        if feature.categories
        else float(value)
        for feature, value in zip(scorer.header.features, row, strict=True)
    } | {"site_id": "S"}


def pairs(trees: Trees) -> bool:
    x = rows(PAIR_ROWS, seed=3)
    values = BatchContributions(trees).values(x)
    top = np.argsort(-np.abs(values).mean(axis=0))[:PAIR_FEATURES].tolist()
    used = cpu(lambda: interaction_values(trees, x, top))
    few = interaction_values(trees, x[:PLAIN], range(x.shape[1]))
    left = float(np.abs(few.sum(axis=2) - values[:PLAIN]).max())
    told = f"s for {PAIR_ROWS} rows; all features' rows of {PLAIN} matrices add up to {left:.1e}"
    return report(f"pairs of {PAIR_FEATURES} features", used, PAIRS_S, told, least=False) and left <= APART


def report(name: str, value: float, bar: float, told: str, *, least: bool) -> bool:
    good = value >= bar if least else value <= bar
    print(f"{'met' if good else 'MISSED':7} {name:22} {value:9.3g} (at {'least' if least else 'most'} {bar:g})  {told}")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder))
        trees = parse_model(made.booster.model_to_string()).trees
        met = [batch(made, trees, asked.rows), one(made, trees), pairs(trees)]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
