"""The logged model: it scores bit for bit as the artifact does, takes text for categories, and holds no pickle."""

import json
import logging
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from riskml.errors import ArtifactError
from riskml.export.artifact import write_artifact
from riskml.export.mlflow import FILES, PROGRESS_BAR, import_mlflow, quiet, requirements, write_model
from riskml.scorer import InputError, Scorer

SHOPS = ["cafe", "kitchen", "店", ""]
NAMES = ["area", "shop", "fails"]
NUMBER: dict[str, Any] = {"kind": "number", "categories": []}
CATEGORY: dict[str, Any] = {"kind": "category", "categories": SHOPS}


def header() -> dict[str, Any]:
    texts = dict.fromkeys(("unit", "text_en", "text_zh", "reason_en", "reason_zh"), "")
    features = [
        {**texts, "name": name, "monotone": 0, "low": None, "high": None, **(CATEGORY if name == "shop" else NUMBER)}
        for name in NAMES
    ]
    made = [{"name": name, "from": "site", "column": name} for name in NAMES]
    made[1] |= {"from": "category", "categories": SHOPS}  # type: ignore[dict-item]
    return {
        "name": "tiny",
        "code_version": "0",
        "data_hash": "none",
        "outcome": "fail",
        "horizon_days": 60,
        "label_versions": ["1"],
        "trained_to": "2025-01-01",
        "expires_on": "2999-01-01",
        "context_days": 100,
        "features": features,
        "program": {"codes": [], "tables": [], "features": made, "context": {"facts": [], "groups": [], "seen": None}},
        "calibration": {"kind": "platt", "slope": 1.1, "intercept": -0.3},
        "levels": None,
    }


def rows() -> NDArray[np.float64]:
    random = np.random.default_rng(5)
    matrix = np.column_stack([random.normal(size=400), random.integers(0, 4, 400), random.poisson(1.0, 400)])
    matrix[random.random(matrix.shape) < 0.15] = np.nan
    return matrix


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    matrix = rows()
    fail = np.nan_to_num(matrix[:, 0]) + np.isin(matrix[:, 1], (0, 2)) + np.sin(np.arange(400) ** 2) > 0.5
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_per_group": 5, "num_leaves": 6}
    data = lgb.Dataset(matrix, fail.astype(float), feature_name=NAMES, categorical_feature=[1], params=settings)
    folder = tmp_path_factory.mktemp("an artifact #1 店")
    text = lgb.train(settings, data, 8).model_to_string()
    write_artifact(folder, header=header(), model_text=text, selftest_rows=matrix[:20])
    (folder / "notes.pkl").write_bytes(b"not part of the artifact")
    return folder


@pytest.fixture(scope="module")
def saved(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved models") / "model"
    write_model(artifact, folder)
    return folder


@pytest.fixture(scope="module")
def model(saved: Path) -> Any:
    mlflow = import_mlflow()
    return mlflow.pyfunc.load_model(str(saved))


def frame(matrix: NDArray[np.float64]) -> pd.DataFrame:
    shops = [SHOPS[int(place)] if np.isfinite(place) else None for place in matrix[:, 1]]
    return pd.DataFrame({"area": matrix[:, 0], "shop": pd.Series(shops, dtype="str"), "fails": matrix[:, 2]})


def bits(values: Any) -> list[int]:
    found: list[int] = np.asarray(values, dtype=np.float64).view(np.int64).tolist()
    return found


def test_the_logged_model_scores_bit_for_bit_as_the_artifact(artifact: Path, model: Any) -> None:
    expected = Scorer.load(artifact).score_features(rows())
    found = model.predict(frame(rows()))
    assert list(found.columns) == ["probability"]
    assert bits(found["probability"]) == bits(expected)
    assert len(set(bits(expected))) > 20


def test_the_index_of_the_input_is_kept(model: Any) -> None:
    table = frame(rows()).iloc[[7, 3]].set_axis(["b", "a"])
    assert list(model.predict(table).index) == ["b", "a"]


def test_an_unseen_category_counts_as_missing_and_an_empty_text_as_itself(artifact: Path, model: Any) -> None:
    scorer = Scorer.load(artifact)
    matrix = np.tile(rows()[0], (5, 1))
    matrix[:, 1] = [np.nan, np.nan, 3, 2, 0]
    table = frame(matrix).assign(shop=["never seen", np.nan, "", "店", "cafe"])
    assert bits(model.predict(table)["probability"]) == bits(scorer.score_features(matrix))
    missing, *_, cafe = scorer.score_features(matrix)
    assert missing != cafe


def test_columns_in_another_order_and_additional_ones_change_nothing(model: Any) -> None:
    table = frame(rows())
    shuffled = table.assign(site_id="S1")[["fails", "site_id", "shop", "area"]]
    assert bits(model.predict(shuffled)["probability"]) == bits(model.predict(table)["probability"])


def test_an_absent_column_is_refused_by_name(model: Any) -> None:
    exceptions = import_mlflow().exceptions
    with pytest.raises(exceptions.MlflowException, match=r"missing inputs.*fails"):
        model.predict(frame(rows()).drop(columns="fails"))
    python_model = model.unwrap_python_model()
    with pytest.raises(InputError, match=r"lacks the feature columns \['area', 'fails'\]"):
        python_model.predict(None, frame(rows())[["shop"]])
    with pytest.raises(InputError, match="'area' must be a column of numbers"):
        python_model.predict(None, frame(rows()).assign(area="large"))


def test_the_signature_lists_the_features_in_catalog_order(model: Any) -> None:
    inputs = model.metadata.signature.inputs.to_dict()
    assert [(one["name"], one["type"]) for one in inputs] == [
        ("area", "double"),
        ("shop", "string"),
        ("fails", "double"),
    ]
    assert model.metadata.signature.outputs.to_dict() == [{"type": "double", "name": "probability", "required": True}]


def test_writing_a_model_says_nothing(artifact: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_model(artifact, tmp_path / "model")
    assert capfd.readouterr() == ("", "")


def test_the_model_holds_the_script_and_the_inert_files_only(artifact: Path, saved: Path) -> None:
    found = {path.relative_to(saved).as_posix() for path in saved.rglob("*") if path.is_file()}
    own = {f"artifacts/{name}" for name in FILES}
    described = {"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "pyfunc.py"}
    assert {path for path in found if not path.endswith(".pyc")} == own | described
    for name in FILES:
        assert (saved / "artifacts" / name).read_bytes() == (artifact / name).read_bytes()
    assert "python_model.pkl" not in (saved / "MLmodel").read_text(encoding="utf-8")


def test_the_requirements_are_stated_and_few(saved: Path) -> None:
    mlflow = import_mlflow()
    stated = (saved / "requirements.txt").read_text(encoding="utf-8").split()
    assert stated == [f"mlflow=={mlflow.__version__}", *requirements()]
    assert [line.partition("==")[0] for line in requirements()] == ["riskml", "numpy"]


def test_a_lock_file_of_the_working_directory_stays_out(
    artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "uv.lock").write_text("version = 1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    monkeypatch.chdir(tmp_path)
    write_model(artifact, tmp_path / "model")
    assert not list((tmp_path / "model").glob("uv.lock"))


def test_a_damaged_artifact_is_not_logged(artifact: Path, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(artifact, tmp_path / "damaged"))
    model = json.loads((damaged / "model.json").read_text(encoding="utf-8"))
    (damaged / "model.json").write_text(json.dumps(model | {"outcome": "other"}), encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"model\.json was changed"):
        write_model(damaged, tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("bar", [None, "true"])
def test_quiet_puts_everything_back_after_an_error(bar: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PROGRESS_BAR, raising=False)
    if bar:
        monkeypatch.setenv(PROGRESS_BAR, bar)
    logger = logging.getLogger("mlflow")
    before = logger.level
    with quiet():
        assert not logger.isEnabledFor(logging.ERROR)
    with suppress(KeyError), quiet():
        raise KeyError
    assert logger.level == before
    assert os.environ.get(PROGRESS_BAR) == bar


def test_telemetry_is_off_and_mlflow_is_not_loaded_before_it_is_used() -> None:
    code = (
        "import os, sys; import riskml.export.mlflow as own; assert 'mlflow' not in sys.modules; own.import_mlflow();"
        "assert 'mlflow' in sys.modules; print(os.environ['MLFLOW_DISABLE_TELEMETRY'], os.environ['DO_NOT_TRACK'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["true", "true"]
    assert done.stderr == ""
