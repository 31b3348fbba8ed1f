"""The way to MLflow: its place, one client, runs that end as finished or failed, errors a user can act on."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from riskml.errors import DataError
from riskml.export.mlflow import import_mlflow, quiet
from riskml.registry._database import PREFIX, opening

REGISTERED_MODEL: Final = "inspection-failure-risk"
CHALLENGER: Final = "challenger"
CHAMPION: Final = "champion"
METRICS_AT_ONCE: Final = 1000
"""MLflow's limit for one batch."""
ADVICE: Final = "set MLFLOW_TRACKING_URI to a store that works"
NO_TRACKING: Final = f"{ADVICE}, or switch tracking off in the study ([tracking] mlflow = false)"


@dataclass(frozen=True)
class Store:
    """An open tracking store.

    Attributes:
        client: an `mlflow.MlflowClient`.
        uri: of the store.
        root: the project's folder.
    """

    client: Any
    uri: str
    root: Path


def tracking_uri(root: Path) -> str:
    """MLFLOW_TRACKING_URI if set, else the SQLite database below the project's folder, as an absolute URI.

    For the project /srv/risk it is sqlite:////srv/risk/mlruns/mlflow.db.

    Raises:
        DataError: if the path holds "?" or "%", which such a URI gives another meaning.
    """
    chosen = os.environ.get("MLFLOW_TRACKING_URI")
    if chosen:
        return chosen
    path = (_mlruns(root) / "mlflow.db").as_posix()
    if "?" in path or "%" in path:
        raise DataError(
            f"the tracking database cannot lie at {path}: '?' and '%' are not allowed in its path; move the project, "
            "or set MLFLOW_TRACKING_URI"
        )
    return PREFIX + path


@contextmanager
def open_store(root: Path, *, doing: str, advice: str = ADVICE, make: bool = True) -> Iterator[Store]:
    """A store to read and write, with MLflow's own words kept off the screen.

    Args:
        root: project folder; mlruns/ is made below it.
        doing: for the message of an error, such as "log the run".
        advice: what to do about an error of MLflow.
        make: False refuses a database that is not there instead of making it.

    Raises:
        DataError: if the tracking store cannot be used or refuses a value.
    """
    uri = tracking_uri(root)
    if not make and uri.startswith(PREFIX) and not Path(uri.removeprefix(PREFIX)).is_file():
        raise DataError(
            f"there is no tracking database at {uri.removeprefix(PREFIX)}: no run was logged in this project; run a "
            "study whose [tracking] mlflow is true, or set MLFLOW_TRACKING_URI"
        )
    with _explained(uri, doing, advice), quiet():
        with opening(uri):
            client = import_mlflow().MlflowClient(tracking_uri=uri)
        yield Store(client, uri, root)


@contextmanager
def _explained(uri: str, doing: str, advice: str) -> Iterator[None]:
    """Errors of MLflow and of the database, as errors a user can act on."""
    import alembic.util  # noqa: PLC0415 - both come with mlflow, which is imported on first use
    import sqlalchemy.exc  # noqa: PLC0415

    mlflow = import_mlflow()
    errors = (
        mlflow.exceptions.MlflowException,
        sqlalchemy.exc.SQLAlchemyError,
        alembic.util.CommandError,
        OSError,
    )
    try:
        yield
    except errors as error:
        place = re.sub("//[^/]*@", "//", uri)  # no password in a message
        raise DataError(f"MLflow could not {doing} at {place}: {str(error)[:500]}; {advice}") from error


def experiment(store: Store, study: str) -> str:
    """The id of a study's experiment, made if need be; its files lie below mlruns/ unless a server keeps them.

    Raises:
        DataError: if it was deleted.
    """
    name = f"riskml/{study}"
    found = store.client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == "deleted":
        raise DataError(
            f"experiment {name!r} was deleted in MLflow; bring it back with "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}`, or give the study another name"
        )
    if found is not None:
        return str(found.experiment_id)
    local = store.uri.startswith(PREFIX)
    place = (_mlruns(store.root) / "artifacts" / study).as_uri() if local else None
    tags = {
        "riskml.study": study,
        "mlflow.experimentKind": "custom_model_development",  # else the page opens as if it were about prompts
        "mlflow.note.content": f"Study `{study}`. `riskml run`: a run with a child for each origin and trained policy. "
        "`riskml tune`: a run with a child for each trial. Runs of the same data, settings and code are logged once.",
    }
    return str(store.client.create_experiment(name, artifact_location=place, tags=tags))


@contextmanager
def started(store: Store, experiment_id: str, name: str, tags: Mapping[str, str]) -> Iterator[str]:
    """A run that ends as FINISHED, or as FAILED if anything is raised; yields its id."""
    run_id = store.client.create_run(experiment_id, run_name=name, tags=dict(tags)).info.run_id
    with ended(store, run_id):
        yield run_id


@contextmanager
def ended(store: Store, run_id: str) -> Iterator[None]:
    """Mark a run FINISHED at the end, or FAILED if anything is raised."""
    try:
        yield
    except BaseException:
        with suppress(import_mlflow().exceptions.MlflowException):  # the first error is the one to tell
            store.client.set_terminated(run_id, status="FAILED")
        raise
    store.client.set_terminated(run_id, status="FINISHED")


def log_numbers(
    store: Store,
    run_id: str,
    metrics: Mapping[str, float],
    *,
    parameters: Mapping[str, str | int | float] | None = None,
    steps: Mapping[str, "list[float | None]"] | None = None,
    **tied: str,
) -> None:
    """Metrics and parameters of a run, in as few calls as MLflow allows.

    Args:
        store: where.
        run_id: of the run.
        metrics: name -> value.
        parameters: name -> value, at most 100.
        steps: name -> values at step 0, 1, ...; None is left out.
        tied: model_id, dataset_name and dataset_digest that the metrics belong to.
    """
    entities, now = import_mlflow().entities, int(time.time() * 1000)
    if tied:
        tied = {**tied, "run_id": run_id}
    found = [entities.Metric(name, value, now, 0, **tied) for name, value in metrics.items()]
    for name, values in (steps or {}).items():
        found += [entities.Metric(name, value, now, place) for place, value in enumerate(values) if value is not None]
    params = [entities.Param(name, str(value)) for name, value in (parameters or {}).items()]
    for start in range(0, max(len(found), 1), METRICS_AT_ONCE):
        store.client.log_batch(run_id, metrics=found[start : start + METRICS_AT_ONCE], params=params)
        params = []


def _mlruns(root: Path) -> Path:
    return root.absolute() / "mlruns"
