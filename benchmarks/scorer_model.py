"""The model that the scorer's benchmarks use: 400 trees of 31 leaves on 63 numbers and 6 categories with gaps."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from riskml.export.artifact import write_artifact

NUMBERS, CATEGORIES, TREES, LEAVES = 63, 6, 400, 31
SIZES = (4, 8, 12, 24, 60, 150)
"""Categories of each categorical column."""
TRAINED_ON = 40_000
SEED = 20261122

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Made:
    """A booster, and its artifact in `folder`."""

    booster: Any
    folder: Path


def rows(count: int, *, seed: int) -> Floats:
    """Feature rows, shape (count, 69): counts, long tails, shares and days with NaN, then category places."""
    random = np.random.default_rng(seed)
    made = np.empty((count, NUMBERS + CATEGORIES))
    for place in range(NUMBERS):
        kind = place % 4
        if kind == 0:
            column = random.poisson(0.4 + place % 7, count).astype(float)
        elif kind == 1:
            column = np.exp(random.normal(2.0, 1.2, count))
        elif kind == 2:
            column = random.beta(1.0, 6.0, count)
        else:
            column = random.integers(0, 1500, count).astype(float)
        column[random.random(count) < 0.05 * (place % 6)] = np.nan
        made[:, place] = column
    for place, size in enumerate(SIZES):
        column = np.floor(size * random.beta(1.0, 2.5, count))
        column[random.random(count) < 0.03] = np.nan
        made[:, NUMBERS + place] = column
    return made


def make(folder: Path, *, trees: int = TREES, trained_on: int = TRAINED_ON) -> Made:
    """Train the model and write its artifact; the same folder content for the same arguments."""
    x = rows(trained_on, seed=SEED)
    random = np.random.default_rng(SEED + 1)
    plain = np.nan_to_num(x)
    risk = 0.25 * plain[:, :40:4].sum(axis=1) + np.log1p(plain[:, 1:40:4]).sum(axis=1) * 0.2
    risk += (plain[:, NUMBERS + 3] % 5 == 0) * 0.8 + np.isnan(x[:, 5]) * 0.5 + plain[:, 2] * plain[:, 3] / 300.0
    y = (risk + random.logistic(size=trained_on) > np.quantile(risk, 0.85)).astype(np.int64)
    names = [f"number_{place}" for place in range(NUMBERS)] + [f"category_{place}" for place in range(CATEGORIES)]
    settings = {
        "objective": "binary",
        "num_leaves": LEAVES,
        "learning_rate": 0.05,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": SEED,
        "verbose": -1,
        "min_data_per_group": 20,
    }
    data = lgb.Dataset(
        x, y, feature_name=names, categorical_feature=list(range(NUMBERS, NUMBERS + CATEGORIES)), params={"verbose": -1}
    )
    booster = lgb.train(settings, data, trees)
    write_artifact(folder, header=_header(names), model_text=booster.model_to_string(), selftest_rows=x[:200])
    return Made(booster, folder)


def _header(names: list[str]) -> dict[str, Any]:
    """A header whose features are all facts of the site, by column of the same name."""
    features: list[dict[str, Any]] = []
    program: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        size = SIZES[place - NUMBERS] if place >= NUMBERS else 0
        categories = [f"c{number}" for number in range(size)]
        features.append(
            {
                "name": name,
                "kind": "category" if size else "number",
                "unit": "",
                "text_en": name,
                "text_zh": name,
                "reason_en": f"{name} is {{value}}",
                "reason_zh": f"{name}为{{value}}",
                "monotone": 0,
                "low": None,
                "high": None,
                "categories": categories,
            }
        )
        origin = {"from": "category", "categories": categories} if size else {"from": "site"}
        program.append({"name": name, "column": name, **origin})
    return {
        "name": "benchmark",
        "code_version": "0",
        "data_hash": "generated",
        "outcome": "fail",
        "horizon_days": 180,
        "label_versions": ["1"],
        "trained_to": "2026-01-01",
        "expires_on": "2099-01-01",
        "context_days": 100,
        "features": features,
        "program": {
            "codes": ["VISIT"],
            "tables": [],
            "features": program,
            "context": {"facts": [], "groups": [], "seen": None},
        },
        "calibration": {"kind": "platt", "slope": 1.0, "intercept": 0.0},
        "levels": None,
    }
