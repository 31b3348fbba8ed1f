"""Logs a run of a study in MLflow: a parent run, a child run an origin, the model and its registered version."""

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from riskml.errors import DataError
from riskml.export.mlflow import FILES, import_mlflow, log_model, quiet
from riskml.registry import _content
from riskml.registry._database import PREFIX, opening

REGISTERED_MODEL: Final = "inspection-failure-risk"
CHALLENGER: Final = "challenger"
PAGES: Final = ("summary.json", "card.md", "report.html")
DIGEST_LENGTH: Final = 36
"""MLflow's limit for the digest of a dataset; the whole hash is in the tag riskml.data_hash."""


@dataclass(frozen=True)
class Logged:
    """Where a run ended up.

    Attributes:
        run_id: MLflow's id of the parent run.
        reused: True if a finished run with the same key was there already; then nothing was logged.
        model_version: version of the registered model, None if it has none (any more).
    """

    run_id: str
    reused: bool
    model_version: str | None


@dataclass(frozen=True)
class _Run:
    """The parent run being written, and what goes into it."""

    client: Any
    experiment_id: str
    run_id: str
    study: str
    summary: Mapping[str, Any]


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


def log_run(
    *,
    root: Path,
    study: str,
    folder: Path,
    summary: Mapping[str, Any],
    parameters: Mapping[str, str | int | float],
    per_origin: pd.DataFrame,
    run_key: str,
    study_file: Path,
) -> Logged:
    """Log a run, unless a finished one with the same key is there.

    Metric names: MLflow does not allow "@", so `recall@0.20` is logged as `recall_at_0.20`; see
    `_content.metrics_of` for the others. The parent run is finished last: one that failed half-way is never reused.

    Args:
        root: project folder; mlruns/ is made below it.
        study: name of the study; the experiment is `riskml/<study>`.
        folder: results of the run: the artifact, summary.json, and card.md, report.html, tables/ where they exist.
        summary: content of summary.json.
        parameters: settings of the run, at most 100.
        per_origin: origin, policy, metric, value, n, n_positive, estimand (`Comparison.per_origin`).
        run_key: names the run: hash of data, settings and code, letters and digits only.
        study_file: the study's TOML.

    Raises:
        DataError: if the tracking store cannot be used or refuses a value.
        ArtifactError: if the artifact is damaged.
    """
    if not run_key.isalnum():
        raise DataError(f"run_key must be letters and digits, such as a hash in hexadecimal; got {run_key!r}")
    uri = tracking_uri(root)
    with _explained(uri), quiet():
        with opening(uri):
            client = import_mlflow().MlflowClient(tracking_uri=uri)
        experiment_id = _experiment(client, study, root, uri)
        found = _finished(client, experiment_id, run_key)
        if found is not None:
            return Logged(found, reused=True, model_version=_version_of(client, found))
        tags = _content.tags_of(summary, run_key=run_key)
        with _started(client, experiment_id, _content.run_name(summary), tags) as run_id:
            run = _Run(client, experiment_id, run_id, study, summary)
            _log_files(run, folder, study_file)
            model = log_model(client, folder, experiment_id=experiment_id, run_id=run_id, tags=_model_tags(run))
            _log_numbers(run, parameters, model.model_id)
            for origin, estimand, metrics in _content.origins_of(per_origin, summary["headline"]):
                _log_origin(run, origin, estimand, metrics)
            version = _register(run, model)
        return Logged(run_id, reused=False, model_version=version)


def _mlruns(root: Path) -> Path:
    return root.absolute() / "mlruns"


@contextmanager
def _explained(uri: str) -> Iterator[None]:
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
        raise DataError(
            f"MLflow could not log the run at {place}: {str(error)[:500]}; set MLFLOW_TRACKING_URI to a store that "
            "works, or switch tracking off in the study ([tracking] mlflow = false)"
        ) from error


def _experiment(client: Any, study: str, root: Path, uri: str) -> str:
    """The id of the study's experiment, made if need be; its files lie below mlruns/ unless a server keeps them."""
    name = f"riskml/{study}"
    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == "deleted":
        raise DataError(
            f"experiment {name!r} was deleted in MLflow; bring it back with "
            f"`mlflow experiments restore --experiment-id {found.experiment_id}`, or give the study another name"
        )
    if found is not None:
        return str(found.experiment_id)
    local = uri.startswith(PREFIX)
    place = (_mlruns(root) / "artifacts" / study).as_uri() if local else None
    return str(client.create_experiment(name, artifact_location=place))


def _finished(client: Any, experiment_id: str, run_key: str) -> str | None:
    wanted = f"tags.`riskml.run_key` = '{run_key}' and attributes.status = 'FINISHED'"
    runs = client.search_runs([experiment_id], filter_string=wanted, max_results=1)
    return str(runs[0].info.run_id) if runs else None


def _version_of(client: Any, run_id: str) -> str | None:
    versions = client.search_model_versions(f"name = '{REGISTERED_MODEL}' and run_id = '{run_id}'")
    return str(max(int(one.version) for one in versions)) if versions else None


@contextmanager
def _started(client: Any, experiment_id: str, name: str, tags: Mapping[str, str]) -> Iterator[str]:
    """A run that ends as FINISHED, or as FAILED if anything is raised."""
    run_id = client.create_run(experiment_id, run_name=name, tags=dict(tags)).info.run_id
    try:
        yield run_id
    except BaseException:
        with suppress(import_mlflow().exceptions.MlflowException):  # the first error is the one to tell
            client.set_terminated(run_id, status="FAILED")
        raise
    client.set_terminated(run_id, status="FINISHED")


def _log_files(run: _Run, folder: Path, study_file: Path) -> None:
    for page in PAGES:
        if (folder / page).is_file():
            run.client.log_artifact(run.run_id, str(folder / page))
    run.client.log_artifact(run.run_id, str(study_file))
    if (folder / "tables").is_dir():
        run.client.log_artifacts(run.run_id, str(folder / "tables"), "tables")
    for name in FILES:
        run.client.log_artifact(run.run_id, str(folder / name), "artifact")


def _log_numbers(run: _Run, parameters: Mapping[str, str | int | float], model_id: str) -> None:
    """Parameters, the data set, and the metrics tied to both model and data set."""
    entities = import_mlflow().entities
    facts = {name: run.summary.get(name) for name in ("rows", "sites", "labelled", "base_rate")}
    source = {"tags": {"mlflow.source.name": "riskml run", "riskml.data_hash": run.summary["data_hash"]}}
    digest = str(run.summary["data_hash"])[:DIGEST_LENGTH]
    data = entities.Dataset(run.study, digest, "code", json.dumps(source), profile=json.dumps(facts))
    context = entities.InputTag("mlflow.data.context", "training and evaluation")
    run.client.log_inputs(run.run_id, [entities.DatasetInput(data, tags=[context])])
    now = _milliseconds()
    metrics = [
        entities.Metric(
            name, value, now, 0, model_id=model_id, dataset_name=run.study, dataset_digest=digest, run_id=run.run_id
        )
        for name, value in _content.metrics_of(run.summary).items()
    ]
    params = [entities.Param(name, str(value)) for name, value in parameters.items()]
    run.client.log_batch(run.run_id, metrics=metrics, params=params)


def _log_origin(run: _Run, origin: str, estimand: str, metrics: Mapping[str, float]) -> None:
    entities = import_mlflow().entities
    tags = {
        "mlflow.parentRunId": run.run_id,
        "riskml.origin": origin,
        "riskml.policy": _content.MODEL,
        "riskml.estimand": estimand,
    }
    with _started(run.client, run.experiment_id, f"{origin} {_content.MODEL}", tags) as run_id:
        now = _milliseconds()
        run.client.log_batch(run_id, metrics=[entities.Metric(name, value, now, 0) for name, value in metrics.items()])


def _model_tags(run: _Run) -> dict[str, str]:
    entry = _content.headline_entry(run.summary)
    return {
        "riskml.study": run.study,
        "riskml.headline": str(run.summary["headline"]),
        "riskml.headline_value": str(entry["value"]),
        "riskml.estimand": str(entry["estimand"]),
        "riskml.data_hash": str(run.summary["data_hash"]),
    }


def _register(run: _Run, model: Any) -> str:
    """A new version of the registered model, the challenger from now on."""
    error = import_mlflow().exceptions.MlflowException
    try:
        run.client.create_registered_model(
            REGISTERED_MODEL, description="Probability that a site fails its next inspection, by an exported artifact."
        )
    except error as refused:
        if refused.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    # By its place, for the registry would look up models:/<id> under the process-wide tracking URI.
    made = run.client.create_model_version(
        REGISTERED_MODEL,
        source=model.artifact_location,
        run_id=run.run_id,
        tags=_model_tags(run),
        description=_content.note(run.summary),
        model_id=model.model_id,
        await_creation_for=0,
    )
    link = json.dumps([{"name": REGISTERED_MODEL, "version": made.version}])
    run.client.set_logged_model_tags(model.model_id, {"mlflow.modelVersions": link})
    run.client.set_registered_model_alias(REGISTERED_MODEL, CHALLENGER, made.version)
    return str(made.version)


def _milliseconds() -> int:
    return int(time.time() * 1000)
