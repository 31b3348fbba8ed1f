"""The search for better settings of the model: seeded trials on inner origins, kept in a file and taken up again."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import optuna
import pandas as pd
import sqlalchemy.exc
from optuna.trial import FrozenTrial, TrialState

from riskml.errors import DataError
from riskml.models.judging import Task, running_metric

NAME: Final = "riskml"
IDENTITY: Final = "identity"
OWN: Final = "own"
FINISHED: Final = (TrialState.COMPLETE, TrialState.PRUNED)
STARTUP_TRIALS: Final = 10
"""Trials drawn at random before the sampler learns from them."""
LINEAR: Final = ("feature_share",)
"""Settings searched on a linear scale; the others on a logarithmic one."""

Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Trial:
    """One set of settings and what it was worth.

    Attributes:
        number: counted from 0; 0 is the study's own settings.
        state: "complete", or "pruned": given up as its first origins were below the median of the trials before.
        value: the metric pooled over the inner origins; of a pruned trial over those that were reached.
        settings: of the model, complete.
        path: the metric pooled over the first origin, the first two, ...; None where it is undefined.
        seconds: it took.
    """

    number: int
    state: str
    value: float
    settings: dict[str, Any]
    path: tuple[float | None, ...]
    seconds: float


@dataclass(frozen=True)
class Search:
    """What a search found so far.

    Attributes:
        trials: finished ones in order, those of earlier calls included.
        earlier: how many of them were there before this call.
        interrupted: True if it was stopped by Ctrl-C.
    """

    trials: tuple[Trial, ...]
    earlier: int
    interrupted: bool

    @property
    def own(self) -> Trial | None:
        """The trial with the study's own settings; None if the search was stopped before it ended."""
        return self.trials[0] if self.trials else None

    @property
    def best(self) -> Trial | None:
        """The complete trial with the highest value, the earliest of equals."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        return max(complete, key=lambda trial: trial.value, default=None)

    def table(self) -> pd.DataFrame:
        """One row a trial: number, state, value, seconds, the settings, and the metric over the first n origins."""
        rows = [
            {
                **{"number": one.number, "state": one.state, "value": one.value, "seconds": one.seconds},
                **one.settings,
                **{f"over_{place}_origins": value for place, value in enumerate(one.path, start=1)},
            }
            for one in self.trials
        ]
        return pd.DataFrame(rows)


def search(
    task: Task,
    ranges: Ranges,
    *,
    trials: int,
    storage: Path,
    identity: Mapping[str, str],
    on_start: Callable[[], None] = lambda: None,
    on_trial: Callable[[Trial], None] = lambda _trial: None,
) -> Search:
    """Search until so many trials are finished, those of earlier calls counted.

    Tree-structured Parzen estimator (Bergstra et al. 2011) with median pruning. Trial n draws from a generator of its
    own, seeded by (seed, n): a search that was stopped and taken up again gives the same trials as one that was not.

    Args:
        task: data, origins and metric.
        ranges: setting -> least and most, both allowed; whole numbers are searched as such.
        trials: how many in all, the first with the study's own settings.
        storage: SQLite file of the trials; made if need be.
        identity: what trials must share to be compared, as name -> hash.
        on_start: called once, when the file was found to be fit.
        on_trial: called with each trial that ends.

    Raises:
        DataError: if the file holds trials of another identity or is damaged, or the metric is undefined on the inner
            origins.
    """
    with _opened(storage) as study:
        _same(study, identity, storage)
        on_start()
        for left in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):  # of a call that was killed
            study.tell(left.number, state=TrialState.FAIL)
        earlier, interrupted = len(_finished(study)), False
        try:
            while len(_finished(study)) < trials:
                _run_trial(study, task, ranges)
                on_trial(_trials(study)[-1])
        except KeyboardInterrupt:
            interrupted = True
        return Search(tuple(_trials(study)), earlier, interrupted)


def as_toml(settings: Mapping[str, Any], searched: Sequence[str]) -> str:
    """The searched settings as the section [model] of a study.

    >>> print(as_toml({"trees": 120, "l2": 1.5, "other": 1}, ["trees", "l2"]), end="")
    [model]
    trees = 120
    l2 = 1.5
    """
    return "".join(["[model]\n", *(f"{name} = {settings[name]!r}\n" for name in searched)])


@contextmanager
def _opened(path: Path) -> Iterator[optuna.Study]:
    """The study in the file, and nothing on the screen."""
    if "?" in str(path) or "%" in str(path):
        raise DataError(f"trials cannot be kept at {path}: '?' and '%' are not allowed in its path; move the project")
    path.parent.mkdir(parents=True, exist_ok=True)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = None
    try:
        storage = optuna.storages.RDBStorage(f"sqlite:///{path.absolute()}")
        pruner = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=0)
        yield optuna.create_study(
            storage=storage, study_name=NAME, direction="maximize", pruner=pruner, load_if_exists=True
        )
    except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError, RuntimeError) as error:
        raise DataError(
            f"{path} cannot be used as a file of trials: {str(error).splitlines()[0][:300]}; "
            "move it away, and a new one is made"
        ) from error
    finally:
        if storage is not None:
            storage.remove_session()
            storage.engine.dispose()
        optuna.logging.set_verbosity(before)


def _same(study: optuna.Study, identity: Mapping[str, str], path: Path) -> None:
    """Mark a new file, and refuse one whose trials are of something else."""
    kept = study.user_attrs.get(IDENTITY)
    if kept is None:
        study.set_user_attr(IDENTITY, dict(identity))
        return
    changed = sorted(name for name in {*kept, *identity} if kept.get(name) != identity.get(name))
    if changed:
        raise DataError(
            f"{path} holds {len(_finished(study))} trials made with another {' and '.join(changed)}; they cannot be "
            "compared with new ones: put back what was changed, or begin anew with --restart"
        )


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=FINISHED)


def _trials(study: optuna.Study) -> list[Trial]:
    return [
        Trial(
            number=place,
            state=one.state.name.lower(),
            value=float(one.value if one.value is not None else "nan"),
            settings=dict(one.user_attrs["settings"]),
            path=tuple(one.user_attrs["path"]),
            seconds=one.user_attrs["seconds"],
        )
        for place, one in enumerate(_finished(study))
    ]


def _run_trial(study: optuna.Study, task: Task, ranges: Ranges) -> None:
    """Ask for settings, judge them at one origin after the other, and tell what came out."""
    number = len(_finished(study))
    seed = int(np.random.SeedSequence([task.seed, number]).generate_state(1)[0])
    study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)
    space = _space(ranges)
    trial = _own(study, task, space) if number == 0 else study.ask(space)
    settings = {**task.settings, **{name: _short(value) for name, value in trial.params.items()}}
    began = time.perf_counter()
    path: list[float | None] = []
    pruned = False
    try:
        for value in running_metric(task, settings):
            path.append(value)
            if value is not None:
                trial.report(value, len(path) - 1)
                pruned = len(path) < len(task.folds) and trial.should_prune()
            if pruned:
                break
        if path[-1] is None:
            raise DataError(f"{task.metric} is undefined on the inner origins: no visit there failed")
    except BaseException:
        study.tell(trial, state=TrialState.FAIL)
        raise
    trial.set_user_attr("settings", settings)
    trial.set_user_attr("path", path)
    trial.set_user_attr("seconds", round(time.perf_counter() - began, 3))
    if pruned:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, path[-1])


def _short(value: float) -> float:
    """Four digits are enough for a setting, and are what is tried.

    >>> _short(0.0675521357768859), _short(120)
    (0.06755, 120)
    """
    return value if isinstance(value, int) else float(f"{value:.4g}")


def _own(study: optuna.Study, task: Task, space: dict[str, Any]) -> optuna.Trial:
    """A trial with the study's own settings; the sampler learns from it if they lie inside the ranges."""
    own = {name: task.settings[name] for name in space}
    if not all(one.low <= own[name] <= one.high for name, one in space.items()):
        return study.ask()
    study.enqueue_trial(own)
    return study.ask(space)


def _space(ranges: Ranges) -> dict[str, Any]:
    space: dict[str, Any] = {}
    for name, (low, high) in ranges.items():
        log = name not in LINEAR
        if isinstance(low, int) and isinstance(high, int):
            space[name] = optuna.distributions.IntDistribution(low, high, log=log)
        else:
            space[name] = optuna.distributions.FloatDistribution(low, high, log=log)
    return space
