"""A project with one run logged, in a folder whose name has a space; one database serves all tests of this folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from riskml.export.artifact import write_artifact
from riskml.export.mlflow import import_mlflow
from riskml.registry.tracking import Logged, log_run, tracking_uri

ORIGINS = ("2024-01-01", "2024-04-01", "2024-07-01")
NAMES = ("fails", "area")
KEY = "a1" * 32


@dataclass(frozen=True)
class World:
    """A project, the results of its study "tiny", and what MLflow holds."""

    root: Path
    folder: Path
    client: Any
    logged: Logged

    def runs(self, study: str = "tiny") -> list[Any]:
        """All runs of a study; the children follow in the order of their origins."""
        experiment = self.client.get_experiment_by_name(f"riskml/{study}")
        return list(self.client.search_runs([experiment.experiment_id], order_by=["tags.`riskml.origin`"]))

    def log(self, **changes: Any) -> Logged:
        """Log the results again, with other arguments."""
        return log(**{"root": self.root, "folder": self.folder, **changes})


def estimate(value: float | None, low: float | None = None, high: float | None = None, **more: Any) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": 900, "n_positive": 90, "estimand": "reordering", **more}


def summary_of(study: str) -> dict[str, Any]:
    shares = {"labelled_share@0.20": {**estimate(0.31, 0.29, 0.33), "estimand": "allocation"}}
    return {
        "study": study,
        "data_hash": "0123456789abcdef" * 4,
        "code_version": "0.1.0+abc",
        "rows": 9000,
        "sites": 3000,
        "labelled": 900,
        "base_rate": 0.1,
        "origins": list(ORIGINS),
        "policies": {
            "random": {"auc": estimate(0.5, 0.5, 0.5), "recall@0.20": estimate(0.2, 0.2, 0.2)},
            "model": {"auc": estimate(0.7, 0.65, 0.75), "recall@0.20": estimate(0.4123, 0.38, 0.44), **shares},
            "grade_x": {"recall@0.20": estimate(None)},
            "last_outcome": {"auc": estimate(0.6, 0.55, 0.65), "recall@0.20": estimate(0.35, 0.31, 0.39)},
        },
        "differences": {
            "model - last_outcome": {
                "auc": estimate(0.1, 0.05, 0.15, draws=1000),
                "recall@0.20": estimate(0.0623, 0.01, 0.11, draws=1000),
            }
        },
        "outcome": "fail",
        "headline": "recall@0.20",
        "systems": {"x": {"title_en": "X", "title_zh": "某", "reconstructed": True}},
        "verdict": {"en": "The model beats the last outcome.", "zh": "模型优于上次检查结果。"},
        "notes": [{"en": "Two visits are not settled.", "zh": "两次检查未结案。"}, "Plain."],
    }


def per_origin() -> pd.DataFrame:
    rows = [
        (
            pd.Timestamp(origin),
            policy,
            metric,
            0.1 * place if metric == "auc" else float("nan"),
            300 + place,
            30,
            "reordering",
        )
        for place, origin in enumerate(ORIGINS)
        for policy in ("random", "model")
        for metric in ("auc", "recall@0.20")
    ]
    return pd.DataFrame(rows, columns=["origin", "policy", "metric", "value", "n", "n_positive", "estimand"])


def write_results(folder: Path, summary: dict[str, Any]) -> None:
    """A results folder around a tiny model; report.html is missing on purpose, run.json must not be logged."""
    random = np.random.default_rng(3)
    matrix = np.column_stack([random.poisson(1.0, 300), random.normal(size=300)]).astype(np.float64)
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    data = lgb.Dataset(
        matrix, (matrix[:, 0] + matrix[:, 1] > 1).astype(float), feature_name=list(NAMES), params=settings
    )
    text = lgb.train(settings, data, 4).model_to_string()
    texts = dict.fromkeys(("unit", "text_en", "text_zh", "reason_en", "reason_zh"), "")
    features: list[dict[str, Any]] = [
        {**texts, "name": name, "kind": "number", "monotone": 0, "low": None, "high": None, "categories": []}
        for name in NAMES
    ]
    header = {
        "name": "tiny",
        "code_version": "0",
        "data_hash": "none",
        "outcome": "fail",
        "horizon_days": 60,
        "label_versions": ["1"],
        "trained_to": "2025-01-01",
        "expires_on": "2999-01-01",
        "features": features,
        "program": {
            "codes": [],
            "tables": [],
            "features": [{"name": name, "from": "site", "column": name} for name in NAMES],
            "context": {"facts": [], "groups": [], "seen": None},
        },
        "context_days": 100,
        "calibration": {"kind": "none"},
        "levels": None,
    }
    write_artifact(folder, header=header, model_text=text, selftest_rows=matrix[:10])
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    (folder / "card.md").write_text("# Card\n", encoding="utf-8")
    (folder / "tiny.toml").write_text('name = "tiny"\n', encoding="utf-8")
    (folder / "run.json").write_text("{}", encoding="utf-8")
    (folder / "tables").mkdir()
    per_origin().to_parquet(folder / "tables" / "per_origin.parquet")


def log(**changes: Any) -> Logged:
    study = changes.get("study", "tiny")
    return log_run(
        **{
            "study": study,
            "summary": summary_of(study),
            "parameters": {"seed": 7, "model.leaves": 8, "cohort.outcome": "fail"},
            "per_origin": per_origin(),
            "run_key": KEY,
            "study_file": changes["folder"] / "tiny.toml",
            **changes,
        }
    )


@pytest.fixture(autouse=True)
def _own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # so that what a test sets, MLflow itself included, is undone
    monkeypatch.delenv("MLFLOW_TRACKING_URI")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("our #1 project 店")
    folder = root / "models" / "tiny"
    write_results(folder, summary_of("tiny"))
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MLFLOW_TRACKING_URI", raising=False)
        logged = log(root=root, folder=folder)
        client = import_mlflow().MlflowClient(tracking_uri=tracking_uri(root))
    return World(root, folder, client, logged)


@pytest.fixture(scope="session")
def parent(world: World) -> Any:
    """The parent run."""
    return world.client.get_run(world.logged.run_id)


@pytest.fixture
def summary() -> dict[str, Any]:
    """The summary that was logged."""
    return summary_of("tiny")


@pytest.fixture
def origins() -> pd.DataFrame:
    """The per-origin table that was logged."""
    return per_origin()
