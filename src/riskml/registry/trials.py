"""Logs a search for better settings in MLflow: one parent run, a child run a trial, taken up again with the search."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from riskml.models.tuning import Search, Trial
from riskml.registry._content import allowed_name
from riskml.registry.store import NO_TRACKING, Store, experiment, log_numbers, open_store, started

NOTE_TRIALS: Final = 10
"""Trials shown in the note, the best first."""


@dataclass
class TrialLog:
    """The runs of one search.

    Attributes:
        store: where they go.
        study: name of the study; the experiment is `riskml/<study>`.
        metric: by which trials are judged.
        searched: names of the settings that are varied.
    """

    store: Store
    study: str
    metric: str
    searched: Sequence[str]
    _experiment_id: str = ""
    _parent: str = ""
    _logged: set[int] = field(default_factory=set)

    def start(self, key: str) -> None:
        """Find the parent run of the search with this key, or make it."""
        client, self._experiment_id = self.store.client, experiment(self.store, self.study)
        own = f"tags.`riskml.tuning_key` = '{key}' and tags.`riskml.kind` = 'tuning'"
        found = client.search_runs([self._experiment_id], filter_string=own, max_results=1)
        if found:
            self._parent = str(found[0].info.run_id)
            client.update_run(self._parent, status="RUNNING")
            self._logged = set(self._children())
            return
        tags = {"riskml.kind": "tuning", "riskml.tuning_key": key, "riskml.study": self.study}
        name, tags = f"tuning {self.metric} {self.study}", {**tags, "mlflow.source.name": "riskml tune"}
        self._parent = str(client.create_run(self._experiment_id, run_name=name, tags=tags).info.run_id)

    def log(self, trial: Trial) -> None:
        """A child run of one trial, unless it is there."""
        if trial.number in self._logged:
            return
        tags = {
            "mlflow.parentRunId": self._parent,
            "riskml.kind": "trial",
            "riskml.trial": str(trial.number),
            "riskml.state": trial.state,
        }
        what = "the study's own" if trial.number == 0 else trial.state
        name = f"trial {trial.number:03d} {what}"
        with started(self.store, self._experiment_id, name, tags) as run_id:
            metric = allowed_name(self.metric)
            log_numbers(
                self.store,
                run_id,
                {metric: trial.value, "seconds": trial.seconds},
                parameters=trial.settings,
                steps={f"{metric}.so_far": list(trial.path)},
            )
        self._logged.add(trial.number)

    def finish(self, found: Search, *, facts: Mapping[str, str], files: Sequence[Path]) -> None:
        """Log what is missing of the search, its best trial and its files, and end the parent run.

        Args:
            found: the search.
            facts: what the trials rest on, such as the inner origins; logged as tags.
            files: tuned.toml and trials.csv; those that are missing are left out.
        """
        client, run_id = self.store.client, self._parent
        for trial in found.trials:
            self.log(trial)
        for name, value in {**facts, "mlflow.note.content": note(found, self.metric, self.searched)}.items():
            client.set_tag(run_id, name, value)
        for path in files:
            if path.is_file():
                client.log_artifact(run_id, str(path))
        metric, values = allowed_name(self.metric), {"trials": float(len(found.trials))}
        if found.best is not None and found.own is not None:
            values |= {f"best.{metric}": found.best.value, f"own.{metric}": found.own.value}
            client.update_run(run_id, name=f"{found.best.value:.3f} tuning {self.metric} {self.study}")
        log_numbers(self.store, run_id, values)
        client.set_terminated(run_id, status="KILLED" if found.interrupted else "FINISHED")

    def _children(self) -> Iterator[int]:
        own = f"tags.`mlflow.parentRunId` = '{self._parent}' and attributes.status = 'FINISHED'"
        token: str | None = None
        while token != "":
            page = self.store.client.search_runs([self._experiment_id], filter_string=own, page_token=token)
            yield from (int(run.data.tags["riskml.trial"]) for run in page if "riskml.trial" in run.data.tags)
            token = page.token or ""

    @contextmanager
    def whole(self) -> Iterator["TrialLog"]:
        """Mark the parent run failed if anything is raised."""
        try:
            yield self
        except BaseException:
            if self._parent:
                self.store.client.set_terminated(self._parent, status="FAILED")
            raise


@contextmanager
def open_trial_log(root: Path, *, study: str, metric: str, searched: Sequence[str]) -> Iterator[TrialLog]:
    """A log of trials in the tracking store of a project.

    Raises:
        DataError: if the tracking store cannot be used or refuses a value.
    """
    with open_store(root, doing="log the trials", advice=NO_TRACKING) as store:
        log = TrialLog(store, study, metric, searched)
        with log.whole():
            yield log


def note(found: Search, metric: str, searched: Sequence[str]) -> str:
    """The best trials and the study's own settings, as Markdown."""
    complete = sorted((one for one in found.trials if one.state == "complete"), key=lambda one: -one.value)
    shown = [*complete[:NOTE_TRIALS], *(one for one in complete[NOTE_TRIALS:] if one.number == 0)]
    rows = [[str(one.number), f"{one.value:.4f}", *(str(one.settings[name]) for name in searched)] for one in shown]
    table = [["trial", metric, *searched], ["---"] * (2 + len(searched)), *rows]
    lines = [
        f"{len(found.trials)} trials, {len(found.trials) - len(complete)} of them given up early. Trial 0 has the "
        "study's own settings.",
        "",
        *(f"| {' | '.join(row)} |" for row in table),
        "",
        "The best of many trials looks better than it is. The study's evaluation origins were not read here: run the "
        "study with these settings to learn what they are worth.",
    ]
    return "\n".join(lines)
