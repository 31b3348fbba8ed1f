"""A search in MLflow: one parent, a child a trial, taken up again and never twice."""

from pathlib import Path
from typing import Any

import pytest

from riskml.export.mlflow import import_mlflow
from riskml.models.tuning import Search, Trial
from riskml.registry.trials import open_trial_log

TRIALS = (
    Trial(0, "complete", 0.3, {"trees": 100, "l2": 1.0}, (0.2, 0.3), 0.5),
    Trial(1, "pruned", 0.1, {"trees": 50, "l2": 2.0}, (0.1,), 0.2),
    Trial(2, "complete", 0.4, {"trees": 200, "l2": 3.0}, (None, 0.4), 0.5),
)


def log(world: Any, study: str, trials: tuple[Trial, ...], *, key: str = "k1", interrupted: bool = False) -> None:
    """Log a search as `riskml tune` does: the new trials as they end, the rest at the end."""
    with open_trial_log(world.root, study=study, metric="recall@0.20", searched=["trees", "l2"]) as opened:
        opened.start(key)
        opened.log(trials[-1])
        toml = world.folder / "tiny.toml"
        files = [toml, Path("absent.csv")]
        opened.finish(Search(trials, 0, interrupted), facts={"riskml.inner_origins": "2022-07-04"}, files=files)


def parts(world: Any, study: str) -> tuple[list[Any], list[Any]]:
    """Parent runs, and trials by number."""
    runs = world.runs(study)
    parents = [run for run in runs if run.data.tags["riskml.kind"] == "tuning"]
    children = [run for run in runs if run.data.tags["riskml.kind"] == "trial"]
    return parents, sorted(children, key=lambda run: int(run.data.tags["riskml.trial"]))


@pytest.fixture(scope="module")
def searched(world: Any) -> Any:
    """A search of two trials, stopped, and taken up again for a third."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("MLFLOW_TRACKING_URI", raising=False)
        log(world, "searched", TRIALS[:2], interrupted=True)
        (stopped,), _ = parts(world, "searched")
        log(world, "searched", TRIALS)
    return world, stopped


def test_a_search_that_goes_on_keeps_its_run_and_logs_no_trial_twice(searched: Any) -> None:
    world, stopped = searched
    (parent,), children = parts(world, "searched")
    assert (stopped.info.status, parent.info.status) == ("KILLED", "FINISHED")
    assert parent.info.run_id == stopped.info.run_id
    assert [run.info.run_name for run in children] == [
        "trial 000 the study's own",
        "trial 001 pruned",
        "trial 002 complete",
    ]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}


def test_a_trial_says_what_was_tried_and_how_it_came_out(searched: Any) -> None:
    world, _ = searched
    _, (own, pruned, last) = parts(world, "searched")
    assert own.data.params == {"trees": "100", "l2": "1.0"}
    assert pruned.data.tags["riskml.state"] == "pruned"
    assert last.data.metrics["recall_at_0.20"] == 0.4
    history = world.client.get_metric_history(last.info.run_id, "recall_at_0.20.so_far")
    assert [(one.step, one.value) for one in history] == [(1, 0.4)]


def test_the_parent_says_what_the_best_is_worth_and_holds_the_files(searched: Any) -> None:
    world, _ = searched
    (parent,), _ = parts(world, "searched")
    assert parent.info.run_name == "0.400 tuning recall@0.20 searched"
    assert parent.data.metrics == {"trials": 3.0, "best.recall_at_0.20": 0.4, "own.recall_at_0.20": 0.3}
    assert parent.data.tags["riskml.inner_origins"] == "2022-07-04"
    note = parent.data.tags["mlflow.note.content"].splitlines()
    assert note[0] == "3 trials, 1 of them given up early. Trial 0 has the study's own settings."
    assert note[2:6] == [
        "| trial | recall@0.20 | trees | l2 |",
        "| --- | --- | --- | --- |",
        "| 2 | 0.4000 | 200 | 3.0 |",
        "| 0 | 0.3000 | 100 | 1.0 |",
    ]
    place = Path(import_mlflow().artifacts.download_artifacts(parent.info.artifact_uri))
    assert [path.name for path in place.iterdir()] == ["tiny.toml"]


def test_another_search_of_the_study_has_a_run_of_its_own(world: Any) -> None:
    log(world, "two", TRIALS[:1], key="k1")
    log(world, "two", TRIALS[:1], key="k2")
    parents, children = parts(world, "two")
    assert (len(parents), len(children)) == (2, 2)


def test_a_search_that_fails_is_marked_so(world: Any) -> None:
    def fail() -> None:
        with open_trial_log(world.root, study="failed", metric="auc", searched=["trees"]) as opened:
            opened.start("k")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    (parent,), _ = parts(world, "failed")
    assert parent.info.status == "FAILED"
