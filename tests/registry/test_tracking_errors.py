"""What can go wrong with the tracking store is told in words, at once, and with what to do."""

import fcntl
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from riskml.errors import ArtifactError, DataError, RiskmlError
from riskml.registry._database import opening
from riskml.registry.tracking import CHALLENGER, REGISTERED_MODEL


def test_what_mlflow_refuses_is_told_in_words(world: Any) -> None:
    with pytest.raises(DataError, match=r"MLflow could not log the run at sqlite.*\[tracking\] mlflow = false"):
        world.log(study="third", parameters={"not@allowed": 1})
    with pytest.raises(DataError, match=r"run_key must be letters and digits.*got .x"):
        world.log(run_key="x' or ''")


def test_a_deleted_experiment_is_told_with_the_command_that_brings_it_back(world: Any) -> None:
    number = world.client.create_experiment("riskml/gone")
    world.client.delete_experiment(number)
    with pytest.raises(DataError, match=f"mlflow experiments restore --experiment-id {number}"):
        world.log(study="gone")


def test_a_locked_or_damaged_database_is_told_at_once(
    world: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("riskml.registry._database.LOCK_SECONDS", 0.1)
    writer = sqlite3.connect(world.root / "mlruns" / "mlflow.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(RiskmlError, match="is locked; another program is writing to it: wait"):
            world.log(study="fourth")
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "mlflow.db").write_text("no database, but a text of some length" * 9, encoding="utf-8")
    with pytest.raises(DataError, match="file is not a database; it is damaged or something else: move it away"):
        world.log(root=tmp_path)


def test_a_place_that_cannot_be_written_to_is_told_with_what_to_do(world: Any, tmp_path: Path) -> None:
    (tmp_path / "mlruns").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(DataError, match=r"cannot be written to: .*give yourself write access.*MLFLOW_TRACKING_URI"):
        world.log(root=tmp_path)


def test_a_damaged_artifact_is_refused_and_makes_no_version(world: Any, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(world.folder, tmp_path / "damaged"))
    (folder / "trees.bin").write_bytes(b"")
    with pytest.raises(ArtifactError, match=r"trees\.bin was changed"):
        world.log(study="fifth", folder=folder)
    assert [run.info.status for run in world.runs("fifth")] == ["FAILED"]
    alias = world.client.get_model_version_by_alias(REGISTERED_MODEL, CHALLENGER)
    assert str(alias.version) == world.logged.model_version


def test_an_error_of_the_database_itself_is_told_in_words(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql+nothing://us:se@cret@127.0.0.1/mlflow")
    with pytest.raises(DataError, match=r"MLflow could not log the run at postgresql\+nothing://127.0.0.1/mlflow: "):
        world.log()


def test_a_database_is_opened_by_one_program_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "mlflow.db"
    opened = threading.Event()

    def open_it() -> None:
        with opening(f"sqlite:///{path}"):
            opened.set()

    path.parent.mkdir()
    with (path.parent / ".mlflow.db.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        second = threading.Thread(target=open_it)
        second.start()
        assert not opened.wait(0.2)
    assert opened.wait(10)
    second.join()
