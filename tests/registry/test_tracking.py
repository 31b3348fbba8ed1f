"""Runs in MLflow: parent and children, their files, the registered model, and no run twice."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.export.mlflow import FILES, import_mlflow
from riskml.registry import _content
from riskml.registry.tracking import CHALLENGER, REGISTERED_MODEL, Logged, tracking_uri
from riskml.scorer import Scorer

KEY = "a1" * 32
ORIGINS = ("2024-01-01", "2024-04-01", "2024-07-01")


def files_of(world: Any, run_id: str) -> set[str]:
    place = Path(import_mlflow().artifacts.download_artifacts(world.client.get_run(run_id).info.artifact_uri))
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}


def test_the_uri_is_the_absolute_database_of_the_project_unless_the_environment_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tracking_uri(tmp_path / "a b") == f"sqlite:///{tmp_path}/a b/mlruns/mlflow.db"
    monkeypatch.chdir(tmp_path)
    assert tracking_uri(Path("x")) == f"sqlite:///{tmp_path}/x/mlruns/mlflow.db"
    for name in ("what?", "100%"):
        with pytest.raises(DataError, match=r"'\?' and '%' are not allowed in its path; .*set MLFLOW_TRACKING_URI"):
            tracking_uri(tmp_path / name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert tracking_uri(tmp_path) == "http://127.0.0.1:5000"


def test_everything_lies_below_mlruns_of_the_project(world: Any, parent: Any) -> None:
    assert (world.root / "mlruns" / "mlflow.db").is_file()
    experiment = world.client.get_experiment_by_name("riskml/tiny")
    assert experiment.artifact_location == (world.root / "mlruns" / "artifacts" / "tiny").as_uri()
    assert parent.info.artifact_uri.startswith(experiment.artifact_location)


def test_the_parent_run_says_what_was_run_and_how_it_came_out(world: Any, parent: Any, summary: dict[str, Any]) -> None:
    assert parent.info.status == "FINISHED"
    assert parent.info.run_name == "0.412 recall@0.20 tiny"
    tags = parent.data.tags
    assert {
        name: tags[f"riskml.{name}"] for name in ("run_key", "outcome", "headline", "estimand", "code_version")
    } == {
        "run_key": KEY,
        "outcome": "fail",
        "headline": "recall@0.20",
        "estimand": "reordering",
        "code_version": "0.1.0+abc",
    }
    assert tags["riskml.data_hash"] == "0123456789abcdef" * 4
    assert tags["mlflow.note.content"] == _content.note(summary)
    assert parent.data.params == {"seed": "7", "model.leaves": "8", "cohort.outcome": "fail"}
    assert world.logged.reused is False


def test_metrics_carry_their_intervals_and_the_other_policies_their_headline(parent: Any) -> None:
    assert parent.data.metrics == {
        "auc": 0.7,
        "auc.low": 0.65,
        "auc.high": 0.75,
        "recall_at_0.20": 0.4123,
        "recall_at_0.20.low": 0.38,
        "recall_at_0.20.high": 0.44,
        "labelled_share_at_0.20": 0.31,
        "labelled_share_at_0.20.low": 0.29,
        "labelled_share_at_0.20.high": 0.33,
        "random.recall_at_0.20": 0.2,
        "last_outcome.recall_at_0.20": 0.35,
        "diff.model-last_outcome.auc": 0.1,
        "diff.model-last_outcome.auc.low": 0.05,
        "diff.model-last_outcome.auc.high": 0.15,
        "diff.model-last_outcome.recall_at_0.20": 0.0623,
        "diff.model-last_outcome.recall_at_0.20.low": 0.01,
        "diff.model-last_outcome.recall_at_0.20.high": 0.11,
    }


def test_each_origin_has_a_child_run_of_the_model_without_its_undefined_metrics(world: Any, parent: Any) -> None:
    children = [run for run in world.runs() if run.info.run_id != parent.info.run_id]
    assert [run.info.run_name for run in children] == [f"{origin} model" for origin in ORIGINS]
    for place, run in enumerate(children):
        assert run.info.status == "FINISHED"
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert run.data.tags["riskml.origin"] == ORIGINS[place]
        assert run.data.metrics == {"auc": 0.1 * place, "n": 300.0 + place, "n_positive": 30.0}


def test_the_files_of_the_run_are_its_results_and_no_pickle_lies_anywhere(world: Any) -> None:
    pages = {"summary.json", "card.md", "tiny.toml", "tables/per_origin.parquet"}
    expected = {*pages, *(f"artifact/{name}" for name in FILES)}
    assert files_of(world, world.logged.run_id) == expected
    written = [path for path in (world.root / "mlruns").rglob("*") if path.is_file()]
    assert len(written) > len(expected) + len(FILES)
    for path in written:
        assert path.suffix not in {".pkl", ".pickle", ".joblib", ".cloudpickle", ".pyc"}
        assert not path.read_bytes().startswith((b"\x80\x04", b"\x80\x05"))  # what a pickle begins with


def test_the_data_set_is_named_by_its_hash(parent: Any) -> None:
    (used,) = parent.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("tiny", ("0123456789abcdef" * 4)[:36])
    assert json.loads(used.dataset.profile)["sites"] == 3000


def test_the_registered_challenger_scores_bit_for_bit_as_the_artifact(world: Any, parent: Any) -> None:
    mlflow = import_mlflow()
    version = world.client.get_model_version_by_alias(REGISTERED_MODEL, CHALLENGER)
    assert (str(version.version), version.run_id) == (world.logged.model_version, parent.info.run_id)
    assert (version.tags["riskml.study"], version.tags["riskml.headline"]) == (
        "tiny",
        "recall@0.20 0.412 [0.380, 0.440]",
    )
    (output,) = parent.outputs.model_outputs
    logged = world.client.get_logged_model(output.model_id)
    assert logged.status == "READY"
    assert {metric.key: metric.value for metric in logged.metrics}["auc"] == 0.7
    model = mlflow.pyfunc.load_model(version.source)
    rows = np.array([[0.0, 0.5], [3.0, -1.0], [np.nan, np.nan]])
    found = model.predict(pd.DataFrame(rows, columns=["fails", "area"]))["probability"].to_numpy()
    expected = Scorer.load(world.folder).score_features(rows)
    assert found.view(np.int64).tolist() == expected.view(np.int64).tolist()


def test_the_address_an_analyst_types_finds_the_challenger(world: Any) -> None:
    mlflow = import_mlflow()
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(tracking_uri(world.root))
    try:
        model = mlflow.pyfunc.load_model(f"models:/{REGISTERED_MODEL}@{CHALLENGER}")
    finally:
        mlflow.set_tracking_uri(before)
    assert model.metadata.run_id == world.logged.run_id
    assert model.metadata.metadata["riskml_digest"] == Scorer.load(world.folder).digest


def test_a_finished_run_with_the_same_key_is_found_and_nothing_is_logged(world: Any) -> None:
    before = len(world.runs())
    again = world.log()
    assert again == Logged(world.logged.run_id, reused=True, model_version=world.logged.model_version)
    assert len(world.runs()) == before


def test_a_run_that_failed_is_marked_so_and_logged_again(world: Any, origins: pd.DataFrame) -> None:
    broken = origins.drop(columns="estimand")
    with pytest.raises(KeyError):
        world.log(study="second", per_origin=broken)
    assert [run.info.status for run in world.runs("second")] == ["FAILED"]
    logged = world.log(study="second")
    assert not logged.reused
    assert logged.model_version != world.logged.model_version
    assert sorted({run.info.status for run in world.runs("second")}) == ["FAILED", "FINISHED"]
    version = world.client.get_model_version_by_alias(REGISTERED_MODEL, CHALLENGER)
    assert str(version.version) == logged.model_version
    world.client.set_registered_model_alias(REGISTERED_MODEL, CHALLENGER, world.logged.model_version)


def test_the_process_wide_settings_of_mlflow_stay_as_they_were(
    world: Any, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mlflow = import_mlflow()
    before = mlflow.get_tracking_uri(), mlflow.active_run()
    world.log(study="quiet")
    assert (mlflow.get_tracking_uri(), mlflow.active_run()) == before
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
    world.client.set_registered_model_alias(REGISTERED_MODEL, CHALLENGER, world.logged.model_version)
