"""Tuning of a study: the evaluation origins are never touched, and the commands say what they do."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from riskml.cli import app
from riskml.errors import DataError
from riskml.export.mlflow import import_mlflow
from riskml.models.judging import running_metric
from riskml.records import read_records
from riskml.records.store import Records, write_records
from riskml.searching import Tuned, tune
from riskml.study import Study
from riskml.study_checks import TUNED
from studies import SAMPLE, write_study

FIRST = "2024-09-21"
TUNING = "[tuning]\norigins = 2\ntrials = 3\ntrees = [10, 20]\n"


def small_records() -> Records:
    """The first sites of the sample with all that is known of them."""
    whole = read_records(SAMPLE)
    tables = whole.tables()
    sites = set(tables["sites"]["site_id"][:900])
    for name in ("sites", "events", "inspections", "grades"):
        tables[name] = tables[name][tables[name]["site_id"].isin(sites)].reset_index(drop=True)
    kept = tables["amendments"]["event_id"].isin(tables["events"]["event_id"])
    tables["amendments"] = tables["amendments"][kept].reset_index(drop=True)
    return Records.of(tables, whole.meta(), where="small")


def study_on(folder: Path, records: Records, **parts: str) -> Study:
    write_records(records, folder / "records")
    return Study.load(write_study(folder, records='folder = "records"', tail=TUNING, **parts))


def told(made: Tuned) -> list[object]:
    return [(one.number, one.state, one.value, one.settings, one.path) for one in made.search.trials]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose study was tuned once."""
    folder = tmp_path_factory.mktemp("project")
    tune(study_on(folder, small_records()))
    return folder


@pytest.fixture(scope="module")
def made(project: Path) -> Tuned:
    """The same search, taken up again: nothing is left to try."""
    return tune(Study.load(project / "small.toml"))


def test_every_outcome_from_the_first_origin_on_may_be_another_and_no_trial_changes(
    made: Tuned, tmp_path: Path
) -> None:
    assert made.first_origin == FIRST
    records = small_records()
    tables = records.tables()
    visits = tables["inspections"]
    later = visits["visited_on"] >= pd.Timestamp(FIRST)
    assert later.sum() > 500
    turned = visits["result"].map({"pass": "fail", "fail": "pass"}).fillna(visits["result"])
    tables["inspections"] = visits.assign(
        result=turned.where(later, visits["result"]).astype(visits["result"].dtype),
        key_fail=visits["key_fail"].where(~later, 3 - visits["key_fail"].clip(0, 3)),
    )
    altered = tune(study_on(tmp_path, Records.of(tables, records.meta(), where="altered")))
    assert altered.key != made.key
    assert told(altered) == told(made)
    assert later_fails(altered) > 2 * later_fails(made)


def later_fails(made: Tuned) -> int:
    """Failures among the outcomes of the evaluation origins."""
    rows = pd.read_parquet(next(made.folder.glob("cohort-*")) / "rows.parquet")
    return int(rows.loc[rows["as_of"] >= pd.Timestamp(FIRST), "fail"].sum())


def test_the_inner_origins_are_settled_before_the_first_evaluation_origin(made: Tuned) -> None:
    gap = np.timedelta64(90 + 100, "D")  # horizon, and what the sample's outcomes take to settle
    days = [np.datetime64(day) for day in made.origins]
    assert len(days) == 2
    assert max(days) + gap <= np.datetime64(FIRST)
    assert np.diff(days).min() >= np.timedelta64(90, "D")
    assert 0 < made.fails < made.visits


def test_a_second_call_finds_the_trials_of_the_first(made: Tuned) -> None:
    assert (made.search.earlier, len(made.search.trials)) == (3, 3)


def test_the_best_settings_are_left_as_toml_that_a_study_takes(made: Tuned, tmp_path: Path) -> None:
    text = (made.folder / "tuned.toml").read_text(encoding="utf-8")
    assert made.search.best is not None
    assert tomllib.loads(text)["model"] == {name: made.search.best.settings[name] for name in TUNED}
    path = write_study(tmp_path)
    whole = path.read_text(encoding="utf-8")
    assert whole.count("[model]\ntrees = 60\n") == 1
    path.write_text(whole.replace("[model]\ntrees = 60\n", text), encoding="utf-8")
    assert {name: Study.load(path)["model"][name] for name in TUNED} == tomllib.loads(text)["model"]
    assert len(pd.read_csv(made.folder / "trials.csv")) == 3


def test_too_many_evaluation_origins_leave_nothing_to_tune_on(project: Path) -> None:
    path = write_study(project, name="long", records='folder = "records"', splits="origins = 11")
    with pytest.raises(DataError, match=r"no planning day before the first evaluation origin .* ask for fewer"):
        tune(Study.load(path))


def test_the_command_tells_what_the_trials_rest_on_and_goes_on_where_it_ended(project: Path) -> None:
    path = str(project / "small.toml")
    done = CliRunner().invoke(app, ["tune", path, "--trials", "4"])
    assert done.exit_code == 0, done.output
    assert f"all settled by {FIRST}, the first evaluation origin" in done.output
    assert "4 trials" in done.output
    assert "3 were there before" in done.output
    assert "[model]\ntrees = " in done.output
    chinese = CliRunner().invoke(app, ["tune", path, "--trials", "4", "--lang", "zh"])
    assert "内部决策日" in chinese.output
    assert "此前已有 4 次" in chinese.output


def test_the_command_refuses_trials_of_another_study_until_told_to_restart(project: Path) -> None:
    path = write_study(project, name="other", records='folder = "records"', tail=TUNING)
    assert CliRunner().invoke(app, ["tune", str(path), "--trials", "1"]).exit_code == 0
    write_study(project, name="other", seed="8", records='folder = "records"', tail=TUNING)
    refused = CliRunner().invoke(app, ["tune", str(path), "--trials", "1"])
    assert refused.exit_code == 1
    assert "made with another study" in refused.output.replace("\n", " ")
    assert CliRunner().invoke(app, ["tune", str(path), "--trials", "1", "--restart"]).exit_code == 0


def test_ctrl_c_keeps_the_finished_trials(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = iter(range(9))

    def metric(task: object, settings: object) -> object:
        if next(begun) == 1:
            raise KeyboardInterrupt
        return running_metric(task, settings)  # type: ignore[arg-type]

    path = write_study(project, name="stopped", records='folder = "records"', tail=TUNING)
    with monkeypatch.context() as patch:
        patch.setattr("riskml.models.tuning.running_metric", metric)
        done = CliRunner().invoke(app, ["tune", str(path)])
    assert done.exit_code == 130
    assert "stopped: the finished trials are kept" in done.output
    again = CliRunner().invoke(app, ["tune", str(path), "--trials", "2"])
    assert "1 were there before" in again.output


def test_a_tracked_search_is_one_run_with_a_child_for_each_trial(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"sqlite:///{project}/own.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    path = write_study(project, name="told", records='folder = "records"', tail=TUNING)
    path.write_text(path.read_text(encoding="utf-8").replace("mlflow = false", "mlflow = true"), encoding="utf-8")
    assert CliRunner().invoke(app, ["tune", str(path), "--trials", "1", "--no-track"]).exit_code == 0
    for _ in range(2):
        done = CliRunner().invoke(app, ["tune", str(path), "--trials", "2"])
        assert done.exit_code == 0, done.output
    client = import_mlflow().MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("riskml/told")
    kinds = [run.data.tags["riskml.kind"] for run in client.search_runs([experiment.experiment_id])]
    assert sorted(kinds) == ["trial", "trial", "tuning"]
