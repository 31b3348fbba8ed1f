"""Models trained here, their artifacts, and a way to forge one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.export.artifact import artifact_files, write_artifact
from riskml.scorer.opening.artifact import MANIFEST, MAX_BYTES, canonical, manifest

CATEGORIES = {"kind_of_shop": 7, "street": 40}
NAMES = ["area", "visits", "kind_of_shop", "change", "street", "score"]

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "zero_as_missing": {"zero_as_missing": True},
    "use_missing_off": {"use_missing": False},
    "many_leaves": {"num_leaves": 150, "min_data_in_leaf": 2, "min_data_per_group": 2},
    "bagged": {"bagging_fraction": 0.5, "bagging_freq": 1, "feature_fraction": 0.6, "seed": 3},
    "no_start_value": {"boost_from_average": False, "max_cat_to_onehot": 40},
}


SMALL = {"num_leaves": 10, "min_data_per_group": 5, "cat_smooth": 1.0}


@dataclass(frozen=True)
class Trained:
    """A model, its training matrix and the folder of its artifact."""

    booster: Any
    matrix: NDArray[np.float64]
    folder: Path
    header: dict[str, Any]


def training_data() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Columns with NaN, many zeros, negative zeros, tiny values and categories; missing values carry a signal."""
    random = np.random.default_rng(7)
    n = 900
    x = random.normal(size=(n, len(NAMES)))
    x[:, 1] = random.poisson(1.5, n)
    x[:, 2] = random.integers(0, 7, n)
    x[:, 3] = np.where(random.random(n) < 0.4, -0.0, x[:, 3])
    x[random.random(n) < 0.1, 3] = 1e-36
    x[:, 4] = random.integers(0, 40, n)
    for place in (0, 2, 5):
        x[random.random(n) < 0.2, place] = np.nan
    risk = 0.8 * np.nan_to_num(x[:, 0]) + (x[:, 2] == 3) + (x[:, 4] % 3 == 0) + np.isnan(x[:, 5]) + 0.3 * x[:, 1]
    risk += (x[:, 3] > 0.0) * 1.0
    return x, (risk + random.logistic(size=n) > 1.5).astype(np.int64)


def header_of() -> dict[str, Any]:
    """The header of a model of these columns: all are facts of the site."""
    features = [
        {
            "name": name,
            "kind": "category" if name in CATEGORIES else "number",
            "unit": "",
            "text_en": name,
            "text_zh": "特征",
            "reason_en": f"{name} is {{value}}",
            "reason_zh": "数值为{value}",
            "monotone": 0,
            "low": 0.0 if name == "visits" else None,
            "high": 1000.0 if name == "visits" else None,
            "categories": [f"{name} {number}" for number in range(CATEGORIES.get(name, 0))],
        }
        for name in NAMES
    ]
    made: list[dict[str, Any]] = [
        {"name": name, "from": "category", "column": name, "categories": feature["categories"]}
        if name in CATEGORIES
        else {"name": name, "from": "site", "column": name}
        for name, feature in zip(NAMES, features, strict=True)
    ]
    made[1] = {
        "name": "visits",
        "from": "events",
        "aggregate": "count",
        "codes": [0],
        "per": [],
        "window": 365,
        "skip_repaired": False,
    }
    text = {"en": "", "zh": "", "response_en": "", "response_zh": ""}
    return {
        "name": "test model",
        "code_version": "0",
        "data_hash": "none",
        "outcome": "fail",
        "horizon_days": 90,
        "label_versions": ["1"],
        "trained_to": "2025-01-01",
        "expires_on": "2026-01-01",
        "context_days": 100,
        "features": features,
        "program": {
            "codes": ["VISIT"],
            "tables": [],
            "features": made,
            "context": {"facts": [], "groups": [], "seen": None},
        },
        "calibration": {"kind": "platt", "slope": 1.25, "intercept": -0.5},
        "levels": {
            "system": "test_system",
            "reconstructed": True,
            "names": [{**text, "code": code, "en": f"level {code}", "zh": f"{code}级"} for code in "ABC"],
            "cuts": [0.25, 0.5],
        },
    }


def train(parameters: dict[str, Any], rounds: int = 12) -> Any:
    x, y = training_data()
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "learning_rate": 0.2, **parameters}
    data = lgb.Dataset(x, y, feature_name=NAMES, categorical_feature=[2, 4], params={"verbose": -1, **parameters})
    return lgb.train(settings, data, rounds)


@pytest.fixture(scope="session", params=sorted(VARIANTS))
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One model of each variant."""
    return _exported(train(VARIANTS[request.param]), tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A small model, for everything that is not about the variants."""
    return _exported(train(SMALL, rounds=5), tmp_path_factory.mktemp("small"))


def _exported(booster: Any, folder: Path) -> Trained:
    x, _ = training_data()
    header = header_of()
    write_artifact(folder, header=header, model_text=booster.model_to_string(), selftest_rows=x[:50])
    return Trained(booster, x, folder, header)


@pytest.fixture(scope="session")
def files(plain: Trained) -> dict[str, bytes]:
    """The six files of the small model."""
    names = (*MAX_BYTES, MANIFEST)
    return {name: (plain.folder / name).read_bytes() for name in names}


@pytest.fixture(scope="session")
def small_files() -> Callable[..., dict[str, bytes]]:
    """Files of a small model with another header: `small_files(levels=None)`."""
    text = train(SMALL, rounds=5).model_to_string()
    rows = training_data()[0][:5]
    return lambda **changes: artifact_files(header=header_of() | changes, model_text=text, selftest_rows=rows)


@pytest.fixture(scope="session")
def forge(files: dict[str, bytes]) -> Callable[..., dict[str, bytes]]:
    """The files with some content replaced and every checksum made right again.

    `forge(change)` lets `change(model)` edit the decoded model.json; `forge(trees=bytes)`, `forge(selftest=bytes)`.
    """

    def forged(
        change: Callable[[dict[str, Any]], object] | None = None,
        *,
        trees: bytes | None = None,
        selftest: bytes | None = None,
        model: bytes | None = None,
        context: object = None,
        peers: object = None,
    ) -> dict[str, bytes]:
        table = json.loads(files["model.json"])
        if change:
            change(table)
        new = {
            "model.json": model or canonical(table),
            "trees.bin": files["trees.bin"] if trees is None else trees,
            "selftest.json": selftest or files["selftest.json"],
            "context.json": files["context.json"] if context is None else canonical(context),
            "peers.json": files["peers.json"] if peers is None else canonical(peers),
        }
        return {**new, MANIFEST: manifest(new)}

    return forged
