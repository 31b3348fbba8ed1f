"""Tunes the model of a study on inner origins that end before the first evaluation origin: what `riskml tune` does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.cohorts import Fold, rolling_folds
from riskml.errors import DataError
from riskml.features.catalog import load_catalog
from riskml.models.judging import Task
from riskml.models.tuning import Search, Trial, as_toml, search
from riskml.outputs import only_run
from riskml.pipeline import origins_of, study_features
from riskml.records.days import Days, to_days
from riskml.records.store import Records
from riskml.stages import Bundle, Stages, code_version, hash_of
from riskml.study import Study
from riskml.study_checks import TUNED

Report = Callable[[str, str], None]
TRIALS: Final = "tuning.db"


@dataclass(frozen=True)
class Tuned:
    """What tuning found.

    Attributes:
        search: the trials.
        metric: by which they were judged.
        origins: inner evaluation days, such as "2022-07-04".
        visits, fails: settled visits at these origins, and failures among them: what a trial's value rests on.
        first_origin: the first evaluation day of the study; every outcome used was settled by then.
        toml: the best settings as the section [model] of a study; empty without a finished trial.
        folder: holds tuning.db, tuned.toml and trials.csv.
        key: hash of all that the trials must share.
    """

    search: Search
    metric: str
    origins: tuple[str, ...]
    visits: int
    fails: int
    first_origin: str
    toml: str
    folder: Path
    key: str


@dataclass(frozen=True, eq=False)
class _Inner:
    """Rows whose outcomes were settled by the first evaluation day, and the folds inside them."""

    task: Task
    gap_days: int
    first_origin: int


def tune(
    study: Study,
    *,
    trials: int | None = None,
    restart: bool = False,
    report: Report = lambda _stage, _state: None,
    on_start: Callable[[str], None] = lambda _key: None,
    on_trial: Callable[[Trial], None] = lambda _trial: None,
) -> Tuned:
    """Search for better settings of the model; the trials of an earlier call are taken up again.

    Nothing that was settled after the first evaluation day is read: not the judged rows, not their outcomes.

    Args:
        study: the settings; [tuning] says what is varied.
        trials: finished trials wanted in all; by default [tuning] trials.
        restart: forget the trials of earlier calls.
        report: called as report(stage, "running" | "done" | "reused").
        on_start: called once with the key of the search, before the first trial.
        on_trial: called with each trial that ends.

    Raises:
        DataError: if the records allow no inner origin, or the trials on file are of other data or settings.
    """
    folder = study.root / "data" / "derived" / study.name
    with only_run(study.folder):
        records, source, _log, cohort, features = study_features(study, Stages(folder, report))
        inner = _inner(study, records, cohort, features)
        identity = _identity(study, source, inner.task)
        if restart:
            (folder / TRIALS).unlink(missing_ok=True)
        found = search(
            inner.task,
            {name: study["tuning"][name] for name in TUNED},
            trials=study["tuning"]["trials"] if trials is None else trials,
            storage=folder / TRIALS,
            identity=identity,
            on_start=lambda: on_start(hash_of(identity)),
            on_trial=on_trial,
        )
        made = _tuned(inner, found, folder, hash_of(identity))
        _write(made)
    return made


def _inner(study: Study, records: Records, cohort: Bundle, features: Bundle) -> _Inner:
    """Cut off everything that was not settled by the first evaluation day, then roll over the rest."""
    rows = cohort.tables["rows"]
    gap = study["cohort"]["horizon_days"] + records.outcome.settling_days
    first = origins_of(study, cohort)[0]
    as_of = to_days(rows["as_of"])
    early = np.flatnonzero(as_of + gap <= first)
    rows, as_of = rows.iloc[early], as_of[early]
    frame = features.tables["features"].iloc[early]
    catalog = load_catalog().select(study["features"]["names"] or frame.columns)
    labelled = rows["fail"].notna().to_numpy()
    task = Task(
        values=frame[catalog.names].to_numpy(np.float64),
        fail=rows["fail"].fillna(False).to_numpy(bool),
        folds=_inner_folds(study, as_of, labelled, gap, first),
        labelled=labelled,
        days=as_of,
        catalog=catalog,
        metric=study["comparison"]["headline"],
        settings=study["model"],
        seed=study.seed,
    )
    return _Inner(task, gap, first)


def _inner_folds(study: Study, as_of: Days, labelled: NDArray[np.bool_], gap: int, first: int) -> list[Fold]:
    """A fold for each of the latest inner days that has an earlier day to learn from; the order needs no calibration.

    Raises:
        DataError: if there is none.
    """
    days, horizon = np.unique(as_of), study["cohort"]["horizon_days"]
    usable: list[int] = []
    for day in map(int, days[::-1]):
        learns = (days + gap <= day).any()
        if learns and len(usable) < study["tuning"]["origins"] and (not usable or usable[-1] - day >= horizon):
            usable.append(day)
    if not usable:
        raise DataError(
            f"{study.path}: no planning day before the first evaluation origin ({_day(first)}) can be judged: it takes "
            f"two days {gap} days apart, the later one {gap} days before that origin, and the settled days are "
            f"{[_day(int(day)) for day in days]}; ask for fewer [splits] origins"
        )
    return rolling_folds(
        as_of, labelled, origins=usable[::-1], gap_days=gap, calibration_windows=0, horizon_days=horizon
    )


def _identity(study: Study, source: Bundle, task: Task) -> dict[str, str]:
    """What trials must share to be compared: data, study (what is varied, how it is judged) and code."""
    kept = {key: value for key, value in study["model"].items() if key not in TUNED}
    ranges = {key: list(study["tuning"][key]) for key in TUNED}
    folds = [fold.origin for fold in task.folds]
    settings = [study.seed, task.metric, task.catalog.names, folds, kept, ranges, study["cohort"], study["splits"]]
    return {"data": source.key, "study": hash_of(settings), "code": code_version()}


def _tuned(inner: _Inner, found: Search, folder: Path, key: str) -> Tuned:
    task = inner.task
    judged = np.concatenate([fold.test[task.labelled[fold.test]] for fold in task.folds])
    return Tuned(
        search=found,
        metric=task.metric,
        origins=tuple(_day(fold.origin) for fold in task.folds),
        visits=len(judged),
        fails=int(task.fail[judged].sum()),
        first_origin=_day(inner.first_origin),
        toml="" if found.best is None else as_toml(found.best.settings, list(TUNED)),
        folder=folder,
        key=key,
    )


def _write(made: Tuned) -> None:
    """tuned.toml and trials.csv beside the file of trials."""
    if not made.toml:
        return
    best = made.search.best
    value = "" if best is None else f"{best.value:.6f}"
    head = (
        f"# The best of {len(made.search.trials)} trials by {made.metric} ({value}) at {', '.join(made.origins)}.\n"
        "# Put it in place of [model], and run the study: only its evaluation origins tell what it is worth.\n"
    )
    for name, text in (("tuned.toml", head + made.toml), ("trials.csv", made.search.table().to_csv(index=False))):
        part = made.folder / f"{name}.part"
        part.write_text(text, encoding="utf-8")
        part.replace(made.folder / name)


def _day(number: int) -> str:
    return str(np.datetime64(number, "D"))
