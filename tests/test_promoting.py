"""Promotion: only through the gates, alias and files together, every attempt on record, and back again whole."""

import json
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import promotable
from riskml.cli import app
from riskml.errors import DataError, StudyError
from riskml.export.mlflow import FILES, import_mlflow
from riskml.promoting import listing, promote, rollback
from riskml.registry.store import CHAMPION, REGISTERED_MODEL, tracking_uri
from riskml.scorer import Scorer
from riskml.study import Study


@pytest.fixture(autouse=True)
def _own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # so that what a test sets, MLflow itself included, is undone
    monkeypatch.delenv("MLFLOW_TRACKING_URI")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three versions: good, bad (its directions are broken), and good with other trees; nothing is promoted."""
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MLFLOW_TRACKING_URI", raising=False)
        promotable.log(root, "good", key="a1")
        promotable.log(root, "bad", key="b2", falls=True, gain=(0.01, -0.02, 0.04))
        promotable.log(root, "other", key="c3", seed=9)
    return root


@pytest.fixture
def root(fresh: Path) -> Path:
    """The same versions without what an earlier test promoted."""
    client = import_mlflow().MlflowClient(tracking_uri=tracking_uri(fresh))
    client.delete_registered_model_alias(REGISTERED_MODEL, CHAMPION)
    client.set_registered_model_tag(REGISTERED_MODEL, "riskml.champions", "[]")
    shutil.rmtree(fresh / "models", ignore_errors=True)
    return fresh


def study(root: Path, name: str) -> Study:
    return Study.load(root / "studies" / f"{name}.toml")


def alias(root: Path) -> int | None:
    """The champion's number."""
    return next((one.number for one in listing(root).versions if CHAMPION in one.aliases), None)


def on_record(root: Path) -> list[dict[str, Any]]:
    text = (root / "models" / "promotions.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def command(root: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    """A riskml command in the project's folder: exit code, and output without line breaks."""
    monkeypatch.chdir(root)
    done = CliRunner().invoke(app, list(words))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_a_model_that_passes_becomes_the_champion_with_its_files_and_a_record(root: Path) -> None:
    made = promote(root, study(root, "good"), why="autumn plan", who="Li Na")
    assert (made.moved, made.version.number, made.before) == (True, 1, None)
    assert alias(root) == 1
    folder = root / "models" / "champion"
    assert {path.name for path in folder.iterdir()} == {*FILES, "summary.json", "card.md", "promotion.json"}
    assert Scorer.load(folder).digest == made.version.tags["digest"] == Scorer.load(root / "runs" / "a1").digest
    (record,) = on_record(root)
    assert {key: record[key] for key in ("action", "who", "why", "version", "before")} == {
        "action": "promoted",
        "who": "Li Na",
        "why": "autumn plan",
        "version": 1,
        "before": None,
    }
    assert {gate["status"] for gate in record["gates"]} == {"pass", "off"}
    assert json.loads((folder / "promotion.json").read_text(encoding="utf-8")) == record
    tags = listing(root).versions[-1].tags
    assert (tags["promoted_who"], tags["promoted_why"], tags["promoted_at"]) == ("Li Na", "autumn plan", record["at"])
    assert "better_than.last_outcome=pass" in tags["gates"]


def test_a_model_that_fails_moves_nothing_and_is_on_record(root: Path) -> None:
    promote(root, study(root, "good"), why="first")
    before = {path.name: path.read_bytes() for path in (root / "models" / "champion").iterdir()}
    made = promote(root, study(root, "bad"), why="please")
    shut = {gate.name for gate in made.gates if not gate.is_open}
    assert shut == {"better_than.last_outcome", "better_than.grade_nanchang", "monotone"}
    assert (made.moved, alias(root)) == (False, 1)
    assert {path.name: path.read_bytes() for path in (root / "models" / "champion").iterdir()} == before
    assert [(one["action"], one["version"]) for one in on_record(root)] == [("promoted", 1), ("refused", 2)]


def test_rollback_brings_back_the_champion_before_with_the_same_bytes(root: Path) -> None:
    promote(root, study(root, "good"), why="first")
    first = {name: (root / "models" / "champion" / name).read_bytes() for name in FILES}
    promote(root, study(root, "other"), why="second")
    assert Scorer.load(root / "models" / "champion").digest == Scorer.load(root / "runs" / "c3").digest
    assert alias(root) == 3
    back = rollback(root, why="complaints", who="Li Na")
    assert (back.version.number, back.before, alias(root)) == (1, 3, 1)
    assert {name: (root / "models" / "champion" / name).read_bytes() for name in FILES} == first
    assert [one["action"] for one in on_record(root)] == ["promoted", "promoted", "rollback"]
    with pytest.raises(DataError, match="no champion before the present one"):
        rollback(root, why="again")
    promote(root, study(root, "other"), why="third")
    assert rollback(root, why="no").version.number == 1


def test_promoting_the_champion_again_writes_its_files_anew_and_is_no_step(root: Path) -> None:
    promote(root, study(root, "good"), why="first")
    (root / "models" / "champion" / "trees.bin").write_bytes(b"")
    assert listing(root).stray == "none"
    promote(root, study(root, "good"), why="repair")
    assert listing(root).stray is None
    with pytest.raises(DataError, match="no champion before"):
        rollback(root, why="x")


def test_an_error_of_the_registry_leaves_alias_and_files_as_they_were(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(root, study(root, "good"), why="first")
    before = {path.name: path.read_bytes() for path in (root / "models" / "champion").iterdir()}
    mlflow = import_mlflow()

    def refuse(*_: object) -> None:
        raise mlflow.exceptions.MlflowException("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(mlflow.MlflowClient, "set_registered_model_alias", refuse)
        with pytest.raises(DataError, match=r"MLflow could not promote the model at .*the disk is full"):
            promote(root, study(root, "other"), why="second")
    assert alias(root) == 1
    assert {path.name: path.read_bytes() for path in (root / "models" / "champion").iterdir()} == before
    assert [one["version"] for one in on_record(root)] == [1]
    promote(root, study(root, "other"), why="second")
    assert rollback(root, why="back").version.number == 1


def test_a_dry_run_judges_and_writes_nothing(root: Path) -> None:
    made = promote(root, None, dry=True)
    assert (made.version.number, made.moved, alias(root)) == (3, False, None)
    assert all(gate.is_open for gate in made.gates)
    assert not (root / "models").exists()


def test_the_gates_are_those_of_the_study_as_it_was_run(root: Path) -> None:
    path = root / "studies" / "good.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("fairness = false", "fairness = false\nmargin = 0.01"), encoding="utf-8")
    try:
        with pytest.raises(DataError, match=r"the settings of study 'good' are not those of its 1 versions"):
            promote(root, Study.load(path), why="x")
    finally:
        path.write_text(text, encoding="utf-8")


def test_files_changed_after_the_run_are_not_promoted(root: Path) -> None:
    run_id = listing(root).versions[0].run_id
    artifact = root / "mlruns" / "artifacts" / "other" / run_id / "artifacts" / "artifact"
    kept = root / "kept"
    shutil.copytree(artifact, kept)
    try:
        for name in FILES:
            shutil.copy(root / "runs" / "a1" / name, artifact / name)  # a sound artifact, of another version
        made = promote(root, None, why="x")
        assert [gate.name for gate in made.gates if not gate.is_open] == ["parity"]
        shutil.rmtree(artifact)
        with pytest.raises(DataError, match=r"the files of version 3 .* cannot be read"):
            promote(root, None, why="x")
    finally:
        shutil.rmtree(artifact, ignore_errors=True)
        shutil.move(kept, artifact)


def test_an_alias_moved_by_hand_is_not_rolled_back(root: Path) -> None:
    promote(root, study(root, "good"), why="first")
    promote(root, study(root, "other"), why="second")
    client = import_mlflow().MlflowClient(tracking_uri=tracking_uri(root))
    client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, "2")
    with pytest.raises(DataError, match="points to version 2, the last promotion was of version 3: it was moved by"):
        rollback(root, why="x")


def test_what_is_missing_is_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="a promotion needs a reason: --why"):
        promote(root, None, why=" ")
    with pytest.raises(StudyError, match="a rollback needs a reason: --why"):
        rollback(root, why="")
    path = promotable.write_study_file(root, "never")
    with pytest.raises(
        DataError, match=r"study 'never' has no version .* those that have one are \['bad', 'good', 'ot"
    ):
        promote(root, Study.load(path), why="x")
    with pytest.raises(DataError, match=r"there is no tracking database at .* no run was logged in this project"):
        promote(tmp_path, None, why="x")
    with pytest.raises(DataError, match="there is no tracking database"):
        rollback(tmp_path, why="x")
    assert not (tmp_path / "mlruns").exists()


def test_a_database_without_a_model_has_none_to_list(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskml.registry.versions.REGISTERED_MODEL", "never-registered")
    assert listing(root).versions == []
    assert command(root, monkeypatch, "models") == (0, "no version was registered yet: run a tracked study\n")
    with pytest.raises(DataError, match=r"no version of .* carries the alias 'challenger'"):
        promote(root, None, why="x")
    with pytest.raises(DataError, match="no champion before"):
        rollback(root, why="x")


def test_the_command_prints_each_gate_and_fails_without_a_trace(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = command(root, monkeypatch, "promote", "studies/bad.toml", "--why", "x")
    assert code == 1
    lines = text.splitlines()
    assert len(lines) == 10
    assert sum(line.strip().startswith("FAIL") for line in lines) == 3
    assert "+1.0 points [−2.0, +4.0], must lie above 0.0; 500 failures in 3000 visits" in text
    assert lines[-1] == "version 2 is not promoted: 3 of 9 gates are not open; the champion stays: none"
    code, text = command(root, monkeypatch, "promote", "studies/good.toml", "--why", "autumn", "--lang", "zh")
    assert code == 0
    assert text.splitlines()[-1] == "第 1 版成为现用模型；此前：无"
    code, text = command(root, monkeypatch, "promote", "--dry-run")
    assert (code, "nothing was moved" in text) == (0, True)
    assert command(root, monkeypatch, "promote", "--rollback", "--why", "x")[0] == 1
    assert command(root, monkeypatch, "promote")[0] == 2
    assert command(root, monkeypatch, "promote", "studies/good.toml", "--rollback", "--why", "x")[0] == 2


def test_the_list_of_models_shows_headline_gain_and_aliases(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promote(root, study(root, "good"), why="first")
    code, text = command(root, monkeypatch, "models")
    assert code == 0
    head, newest, bad, first = text.splitlines()
    assert head.split()[:4] == ["version", "alias", "study", "made"]
    assert newest.split()[:3] == ["3", "challenger", "other"]
    assert "0.400 [0.350, 0.450]  +0.010 [-0.020, +0.040]" in bad
    assert first.split()[:3] == ["1", "champion", "good"]
    (root / "models" / "champion" / "model.json").write_text("{}", encoding="utf-8")
    assert "does not hold the champion" in command(root, monkeypatch, "models")[1]
    assert command(root, monkeypatch, "models", "--lang", "zh")[1].split()[0] == "版本"


def test_the_commands_of_the_page_do_what_it_says(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parent.parent / "docs" / "tracking.md").read_text(encoding="utf-8")
    lines = [shlex.split(line) for line in page.splitlines() if line.startswith(("riskml promote", "riskml models"))]
    assert len(lines) == 4
    promote(root, study(root, "other"), why="the one before")
    found = []
    for words in lines:
        named = [word.replace("studies/sample.toml", "studies/good.toml") for word in words[1:]]
        found.append((*command(root, monkeypatch, *named), alias(root)))
    assert [(code, champion) for code, _, champion in found] == [(0, 3), (0, 1), (0, 1), (0, 3)]
