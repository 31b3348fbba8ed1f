"""Runs made by hand for the tests of promotion: a small artifact, scored rows, a summary, a study, logged in MLflow."""

import json
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from riskml.export.artifact import write_artifact
from riskml.registry.tracking import Logged, log_run
from riskml.study import Study

NAMES = ("fails_all", "visits_all")
ORIGINS = ("2024-01-01", "2024-04-01")
STUDY = """
name = "{name}"
seed = 7
[records]
folder = "records"
[cohort]
horizon_days = 90
[splits]
last_origin = "2024-04-01"
origins = 2
step_days = 90
[comparison]
systems = ["nanchang"]
budgets = [0.2]
draws = 60
[promotion]
fairness = false
{promotion}
"""


def entry(value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    """One number of a summary."""
    return {"value": value, "low": low, "high": high, "n": 3000, "n_positive": 500, "estimand": "reordering"}


def summary_of(name: str, gain: tuple[float, float, float] = (0.08, 0.03, 0.13)) -> dict[str, Any]:
    """A summary whose model gains so much over the last outcome and over the grade at recall@0.20."""
    policies = ("random", "model", "last_outcome", "grade_nanchang", "grade_nanchang_plus_model")
    return {
        "study": name,
        "data_hash": "0123456789abcdef" * 4,
        "code_version": "0.1.0+abc",
        "rows": 6000,
        "sites": 3000,
        "labelled": 6000,
        "base_rate": 0.2,
        "origins": list(ORIGINS),
        "policies": {policy: {"recall@0.20": entry(0.4, 0.35, 0.45)} for policy in policies},
        "differences": {
            f"model - {rival}": {"recall@0.20": {**entry(*gain), "draws": 60}} for rival in policies if rival != "model"
        },
        "outcome": "fail",
        "headline": "recall@0.20",
        "systems": {"nanchang": {"title_en": "N", "title_zh": "南", "reconstructed": True}},
        "verdict": {"en": "Better.", "zh": "更好。"},
        "notes": [],
    }


def scored_rows(sites: int = 3000, sharpness: float = 1.0) -> pd.DataFrame:
    """Rows whose outcomes follow the model's log-odds times `sharpness`: the calibration slope to be found."""
    random = np.random.default_rng(5)
    parts = []
    for origin in ORIGINS:
        odds = random.normal(-1.5, 1.0, sites)
        fail = random.random(sites) < 1 / (1 + np.exp(-sharpness * odds))
        columns = {"site_id": [f"s{place}" for place in range(sites)], "origin": pd.Timestamp(origin), "fail": fail}
        parts.append(pd.DataFrame({**columns, "weight": 1.0, "inspector": "i", "score_model": 1 / (1 + np.exp(-odds))}))
    return pd.concat(parts, ignore_index=True)


def make_artifact(
    folder: Path,
    *,
    names: tuple[str, ...] = NAMES,
    monotone: int = 1,
    falls: bool = False,
    expires_on: str = "2999-01-01",
    seed: int = 3,
    splits: int = 30,
    trees: int = 6,
) -> str:
    """An artifact of trees that rise with the first feature (or fall, whatever it declares); returns its digest."""
    random = np.random.default_rng(seed)
    matrix = np.column_stack([random.integers(0, 9, 400), random.integers(0, 20, 400)]).astype(np.float64)
    matrix[::9, 0] = np.nan
    risk = np.nan_to_num(matrix[:, 0], nan=4.0) * (-1.0 if falls else 1.0) + random.normal(size=400)
    settings = {
        "objective": "binary",
        "verbosity": -1,
        "num_threads": 1,
        "min_data_in_leaf": 5,
        "num_leaves": splits + 1,
    }
    data = lgb.Dataset(matrix, (risk > np.median(risk)).astype(float), feature_name=list(names), params=settings)
    rising = {"monotone_constraints": [-1 if falls else 1, 0]}
    text = lgb.train({**settings, **rising}, data, trees).model_to_string()
    words = dict.fromkeys(("unit", "text_en", "text_zh", "reason_en", "reason_zh"), "")
    kinds = {"kind": "number", "categories": []}
    features = [
        {**words, **kinds, "name": name, "monotone": way, "low": 0.0, "high": None}
        for name, way in zip(names, (monotone, 0), strict=True)
    ]
    header = {
        "name": "made",
        "code_version": "0",
        "data_hash": "none",
        "outcome": "fail",
        "horizon_days": 90,
        "label_versions": ["1"],
        "trained_to": "2024-07-01",
        "expires_on": expires_on,
        "context_days": 100,
        "features": features,
        "program": {
            "codes": [],
            "tables": [],
            "features": [{"name": name, "from": "site", "column": name} for name in names],
            "context": {"facts": [], "groups": [], "seen": None},
        },
        "calibration": {"kind": "none"},
        "levels": None,
    }
    return write_artifact(folder, header=header, model_text=text, selftest_rows=matrix[:40])


def per_origin() -> pd.DataFrame:
    """The headline of the model at each origin."""
    return pd.DataFrame(
        {
            "origin": pd.to_datetime(list(ORIGINS)),
            "policy": "model",
            "metric": "recall@0.20",
            "value": [0.4, 0.41],
            "n": 3000,
            "n_positive": 500,
            "estimand": "reordering",
        }
    )


def write_study_file(root: Path, name: str, promotion: str = "") -> Path:
    """The study file of a project."""
    (root / "studies").mkdir(parents=True, exist_ok=True)
    (root / "pyproject.toml").touch()
    path = root / "studies" / f"{name}.toml"
    path.write_text(STUDY.format(name=name, promotion=promotion), encoding="utf-8")
    return path


def log(root: Path, name: str, *, key: str, promotion: str = "", **changes: Any) -> Logged:
    """Log a run of a study, made so that all gates are open; `changes` go to the artifact, the rows or the summary."""
    path = write_study_file(root, name, promotion)
    study, folder = Study.load(path), root / "runs" / key
    made = summary_of(name, changes.pop("gain", (0.08, 0.03, 0.13)))
    rows = scored_rows(sharpness=changes.pop("sharpness", 1.0))
    make_artifact(folder, **changes)
    (folder / "tables").mkdir()
    rows.to_parquet(folder / "tables" / "scored_rows.parquet")
    (folder / "summary.json").write_text(json.dumps(made), encoding="utf-8")
    (folder / "card.md").write_text("# Card\n", encoding="utf-8")
    return log_run(
        root=root,
        study=name,
        folder=folder,
        summary=made,
        parameters={"seed": 7},
        per_origin=per_origin(),
        run_key=key,
        study_file=path,
        hashes={"study_hash": study.digest},
        seed=7,
    )
