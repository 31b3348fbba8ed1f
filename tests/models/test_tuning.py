"""The search: the same trials stopped or not, nothing read but the inner rows, and a file that refuses strangers."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest

from riskml.cohorts.splits import rolling_folds
from riskml.errors import DataError
from riskml.evaluation.metrics import at_budget, auc
from riskml.features.catalog import load_catalog
from riskml.models import tuning
from riskml.models.boosting import DEFAULTS, train
from riskml.models.judging import Task, metric_of, running_metric
from riskml.models.tuning import Search, Trial, search

RANGES = {"trees": (5, 20), "leaves": (2, 8), "learning_rate": (0.02, 0.3), "feature_share": (0.5, 1.0)}
SAME = {"data": "d", "study": "s", "code": "c"}
NAMES = ["fails_all", "visits_all", "fail_share_1095d"]


def task(seed: int = 3, metric: str = "recall@0.20") -> Task:
    """400 rows on each of six days; the last two are inner origins, 90 days after what they may learn from."""
    random = np.random.default_rng(11)
    days = np.repeat(np.arange(0, 540, 90, dtype=np.int32), 400)
    values = random.normal(size=(len(days), 3))
    fail = random.random(len(days)) < 1 / (1 + np.exp(2.0 - values[:, 0]))
    labelled = random.random(len(days)) < 0.6
    folds = rolling_folds(days, labelled, origins=[360, 450], gap_days=90, calibration_windows=0)
    own = {**DEFAULTS, "trees": 10, "min_rows_in_leaf": 20, "l2": 5.0}
    catalog = load_catalog().select(NAMES)
    return Task(values, fail, folds, labelled, days, catalog, metric, own, seed)


def told(found: Search) -> list[tuple[Any, ...]]:
    """Everything of the trials but the time they took."""
    return [(one.number, one.state, one.value, one.settings, one.path) for one in found.trials]


def run(path: Path, trials: int, **changes: Any) -> Search:
    given: dict[str, Any] = {"task": task(), "ranges": RANGES, "identity": SAME, **changes}
    return search(given.pop("task"), given.pop("ranges"), trials=trials, storage=path, **given)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Search:
    """Fourteen trials in one go: four of them after the sampler has begun to learn."""
    return run(tmp_path_factory.mktemp("whole") / "tuning.db", 14)


def stop_in_trial(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C in the middle of a trial: after its first inner origin."""
    begun = iter(range(99))

    def metric(*arguments: Any) -> Any:
        values = running_metric(*arguments)
        yield next(values)
        if next(begun) == number:
            raise KeyboardInterrupt
        yield from values

    monkeypatch.setattr(tuning, "running_metric", metric)


def test_a_search_stopped_by_ctrl_c_goes_on_and_ends_as_one_that_was_not(
    whole: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "tuning.db"
    with monkeypatch.context() as patch:
        stop_in_trial(4, patch)
        stopped = run(path, 14)
    assert (stopped.interrupted, len(stopped.trials), stopped.earlier) == (True, 4, 0)
    assert told(stopped) == told(whole)[:4]
    middle = run(path, 11)
    assert (middle.interrupted, len(middle.trials), middle.earlier) == (False, 11, 4)
    assert told(run(path, 14)) == told(whole)
    assert run(path, 3).earlier == 14  # enough are there: nothing is tried


def test_a_search_that_was_killed_in_a_trial_goes_on_too(whole: Search, tmp_path: Path) -> None:
    path = tmp_path / "tuning.db"
    run(path, 2)
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.load_study(study_name=tuning.NAME, storage=storage).ask()  # left running, as by a power cut
    assert told(run(path, 5)) == told(whole)[:5]
    states = [one.state.name for one in optuna.load_study(study_name=tuning.NAME, storage=storage).trials]
    assert states[2] == "FAIL"
    storage.engine.dispose()


def test_another_seed_tries_other_settings(whole: Search, tmp_path: Path) -> None:
    other = run(tmp_path / "tuning.db", 3, task=task(seed=4))
    assert [one.settings["trees"] for one in other.trials[1:]] != [one.settings["trees"] for one in whole.trials[1:3]]


def test_the_first_trial_has_the_studys_own_settings_even_outside_the_ranges(whole: Search, tmp_path: Path) -> None:
    assert whole.own is not None
    assert whole.own.settings == task().settings
    found = run(tmp_path / "tuning.db", 2, ranges={**RANGES, "trees": (15, 20)})
    assert found.own is not None
    assert found.own.settings["trees"] == 10
    assert found.own.value == whole.own.value
    assert 15 <= found.trials[1].settings["trees"] <= 20


def test_settings_lie_in_their_ranges_and_what_is_not_searched_stays(whole: Search) -> None:
    assert len({tuple(one.settings.values()) for one in whole.trials}) == len(whole.trials)
    for one in whole.trials[1:]:
        assert all(low <= one.settings[name] <= high for name, (low, high) in RANGES.items())
        assert type(one.settings["trees"]) is type(one.settings["leaves"]) is int
        assert one.settings["learning_rate"] == float(f"{one.settings['learning_rate']:.4g}")
        assert {name: one.settings[name] for name in ("l2", "min_rows_in_leaf")} == {"l2": 5.0, "min_rows_in_leaf": 20}


def test_the_value_of_a_trial_is_the_metric_of_models_trained_by_hand(whole: Search) -> None:
    given = task()
    for one in whole.trials[:2]:
        outcome, score, stratum = [], [], []
        for fold in given.folds:
            model = train(
                given.values[fold.train], given.fail[fold.train], given.catalog, seed=3, settings=one.settings
            )
            judged = [row for row in fold.test if given.labelled[row]]
            outcome += given.fail[judged].tolist()
            score += model.raw_scores(given.values[judged]).tolist()
            stratum += [fold.origin] * len(judged)
        assert one.state == "complete"
        assert one.value == at_budget(outcome, score, share=0.2, stratum=stratum).recall


def test_nothing_but_the_settled_rows_of_the_folds_is_read(whole: Search, tmp_path: Path) -> None:
    given = task()
    read = np.zeros(len(given.fail), dtype=bool)
    for fold in given.folds:
        read[fold.train] = True
        read[fold.test[given.labelled[fold.test]]] = True
    assert 0.2 < read.mean() < 0.8
    lies = replace(
        given, fail=np.where(read, given.fail, ~given.fail), values=np.where(read[:, None], given.values, 9.0)
    )
    assert told(run(tmp_path / "a.db", 3, task=lies)) == told(whole)[:3]
    truth = given.folds[-1].test
    flipped = replace(given, fail=np.where(np.isin(np.arange(len(read)), truth), ~given.fail, given.fail))
    assert told(run(tmp_path / "b.db", 3, task=flipped)) != told(whole)[:3]


def test_a_trial_below_the_median_of_the_others_is_given_up_after_its_first_origin(whole: Search) -> None:
    pruned = [one for one in whole.trials if one.state == "pruned"]
    assert pruned
    for one in pruned:
        before = [other.path[0] for other in whole.trials[: one.number] if other.state == "complete"]
        assert len(before) >= 5
        assert len(one.path) == 1
        assert one.path[0] < np.median(before)  # type: ignore[operator, arg-type]
    assert whole.best is not None
    assert whole.best.value == max(one.value for one in whole.trials if one.state == "complete")


@pytest.mark.parametrize("changed", ["data", "study", "code"])
def test_trials_of_something_else_are_refused_by_name(changed: str, tmp_path: Path) -> None:
    path = tmp_path / "tuning.db"
    run(path, 1)
    with pytest.raises(DataError, match=f"holds 1 trials made with another {changed}; .* --restart"):
        run(path, 2, identity={**SAME, changed: "other"})
    assert run(path, 1).earlier == 1


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "tuning.db"
    path.write_text("no database, but a text of some length" * 9, encoding="utf-8")
    with pytest.raises(DataError, match=r"tuning\.db cannot be used as a file of trials: .*; move it away"):
        run(path, 1)
    with pytest.raises(DataError, match=re.escape("'?' and '%' are not allowed")):
        run(tmp_path / "100%" / "tuning.db", 1)


def test_origins_without_a_failure_are_told(tmp_path: Path) -> None:
    given = task()
    last = np.concatenate([fold.test for fold in given.folds])
    calm = replace(given, fail=given.fail & ~np.isin(np.arange(len(given.fail)), last), folds=given.folds[:1])
    with pytest.raises(DataError, match=r"recall@0\.20 is undefined on the inner origins"):
        run(tmp_path / "tuning.db", 1, task=calm)


def test_what_a_listener_is_told_is_what_is_kept(tmp_path: Path) -> None:
    heard: list[Trial] = []
    listen: Callable[[Trial], None] = heard.append
    found = run(tmp_path / "tuning.db", 3, on_trial=listen)
    assert tuple(heard) == found.trials
    table = found.table()
    assert table["number"].tolist() == [0, 1, 2]
    assert table["value"].tolist() == [one.value for one in found.trials]
    assert table["over_2_origins"].tolist() == table["value"].tolist()


def test_the_metric_of_an_area_and_of_a_budget_are_those_of_the_comparison() -> None:
    random = np.random.default_rng(1)
    outcome, score, stratum = random.random(60) < 0.3, random.integers(0, 9, 60) / 8, random.integers(0, 3, 60)
    assert metric_of("auc", outcome, score, stratum) == auc(outcome, score, stratum=stratum)
    cut = at_budget(outcome, score, share=0.1, stratum=stratum)
    assert metric_of("precision@0.10", outcome, score, stratum) == cut.precision
    assert metric_of("lift@0.10", outcome, score, stratum) == cut.lift
    assert metric_of("recall@0.10", np.empty(0, bool), np.empty(0), np.empty(0, np.int64)) is None
