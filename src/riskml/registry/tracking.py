"""Logs a run of a study in MLflow: a parent run, a child run an origin and model, the model, its registered version."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from riskml.errors import DataError
from riskml.export.mlflow import FILES, import_mlflow, log_model
from riskml.registry import _content
from riskml.registry._plots import write_plots
from riskml.registry.origins import DRAWS, MODEL, AtOrigin, learned_at_origins
from riskml.registry.store import (
    CHALLENGER,
    NO_TRACKING,
    REGISTERED_MODEL,
    Store,
    experiment,
    log_numbers,
    open_store,
    started,
    tracking_uri,
)
from riskml.scorer.opening.artifact import read_artifact

__all__ = ["CHALLENGER", "REGISTERED_MODEL", "Logged", "log_run", "tracking_uri"]

PAGES: Final = ("summary.json", "card.md", "transparency.md", "report.html")
DESCRIPTION: Final = (
    "Probability that a site fails its next inspection, by an exported artifact. `challenger`: the newest version. "
    "`champion`: the one in force; only `riskml promote` moves it, through the gates of the study."
)
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

    store: Store
    experiment_id: str
    run_id: str
    study: str
    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]

    @property
    def client(self) -> Any:
        return self.store.client


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
    hashes: Mapping[str, str] | None = None,
    seed: int = 0,
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
        hashes: of what else the numbers rest on, such as {"catalog_hash": ...}; logged as tags.
        seed: of the resamples behind the intervals of single origins.

    Raises:
        DataError: if the tracking store cannot be used or refuses a value.
        ArtifactError: if the artifact is damaged.
    """
    if not run_key.isalnum():
        raise DataError(f"run_key must be letters and digits, such as a hash in hexadecimal; got {run_key!r}")
    with open_store(root, doing="log the run", advice=NO_TRACKING) as store:
        experiment_id = experiment(store, study)
        found = _finished(store, experiment_id, run_key)
        if found is not None:
            return Logged(found, reused=True, model_version=_version_of(store, found))
        tags = _content.tags_of(summary, run_key=run_key, hashes=hashes or {})
        with started(store, experiment_id, _content.run_name(summary), tags) as run_id:
            run = _Run(store, experiment_id, run_id, study, summary, _tables(folder))
            _log_files(run, folder, study_file)
            study_hash = (hashes or {}).get("study_hash", "")
            model_tags = _content.model_tags(summary, read_artifact(folder).digest, study_hash)
            model = log_model(store.client, folder, experiment_id=experiment_id, run_id=run_id, tags=model_tags)
            _log_numbers(run, parameters, per_origin, model.model_id)
            for one in _origins(run, per_origin, seed):
                _log_origin(run, one)
            version = _register(run, model, model_tags)
        return Logged(run_id, reused=False, model_version=version)


def _tables(folder: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in sorted((folder / "tables").glob("*.parquet"))}


def _finished(store: Store, experiment_id: str, run_key: str) -> str | None:
    wanted = f"tags.`riskml.run_key` = '{run_key}' and attributes.status = 'FINISHED'"
    runs = store.client.search_runs([experiment_id], filter_string=wanted, max_results=1)
    return str(runs[0].info.run_id) if runs else None


def _version_of(store: Store, run_id: str) -> str | None:
    versions = store.client.search_model_versions(f"name = '{REGISTERED_MODEL}' and run_id = '{run_id}'")
    return str(max(int(one.version) for one in versions)) if versions else None


def _log_files(run: _Run, folder: Path, study_file: Path) -> None:
    for page in PAGES:
        if (folder / page).is_file():
            run.client.log_artifact(run.run_id, str(folder / page))
    run.client.log_artifact(run.run_id, str(study_file))
    if (folder / "tables").is_dir():
        run.client.log_artifacts(run.run_id, str(folder / "tables"), "tables")
    for name in FILES:
        run.client.log_artifact(run.run_id, str(folder / name), "artifact")
    with tempfile.TemporaryDirectory() as place:
        write_plots(Path(place), folder / "report.html")
        run.client.log_artifacts(run.run_id, place, "plots")


def _log_numbers(
    run: _Run, parameters: Mapping[str, str | int | float], per_origin: pd.DataFrame, model_id: str
) -> None:
    """Parameters, the data set, and the metrics tied to both model and data set."""
    entities = import_mlflow().entities
    facts = {name: run.summary.get(name) for name in ("rows", "sites", "labelled", "base_rate")}
    source = {"tags": {"mlflow.source.name": "riskml run", "riskml.data_hash": run.summary["data_hash"]}}
    digest = str(run.summary["data_hash"])[:DIGEST_LENGTH]
    data = entities.Dataset(run.study, digest, "code", json.dumps(source), profile=json.dumps(facts))
    context = entities.InputTag("mlflow.data.context", "training and evaluation")
    run.client.log_inputs(run.run_id, [entities.DatasetInput(data, tags=[context])])
    log_numbers(
        run.store,
        run.run_id,
        _content.metrics_of(run.summary),
        parameters=parameters,
        steps=_content.by_origin(per_origin, str(run.summary["headline"])),
        model_id=model_id,
        dataset_name=run.study,
        dataset_digest=digest,
    )


def _origins(run: _Run, per_origin: pd.DataFrame, seed: int) -> list[AtOrigin]:
    headline, metrics = str(run.summary["headline"]), run.summary["policies"][MODEL]
    budgets = sorted({float(metric.partition("@")[2]) for metric in metrics if metric.startswith("recall@")})
    rows = run.tables.get("scored_rows")
    return list(learned_at_origins(per_origin, headline, rows, budgets=budgets, seed=seed))


def _log_origin(run: _Run, found: AtOrigin) -> None:
    tags = {
        "mlflow.parentRunId": run.run_id,
        "riskml.kind": "origin",
        "riskml.origin": found.origin,
        "riskml.policy": found.policy,
        "riskml.estimand": found.estimand,
        "riskml.draws": str(DRAWS),
    }
    with started(run.store, run.experiment_id, f"{found.origin} {found.policy}", tags) as run_id:
        log_numbers(run.store, run_id, _content.origin_metrics(found))


def _register(run: _Run, model: Any, tags: Mapping[str, str]) -> str:
    """A new version of the registered model, the challenger from now on."""
    error = import_mlflow().exceptions.MlflowException
    try:
        run.client.create_registered_model(REGISTERED_MODEL, description=DESCRIPTION)
    except error as refused:
        if refused.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    # By its place, for the registry would look up models:/<id> under the process-wide tracking URI.
    made = run.client.create_model_version(
        REGISTERED_MODEL,
        source=model.artifact_location,
        run_id=run.run_id,
        tags=dict(tags),
        description=_content.note(run.summary),
        model_id=model.model_id,
        await_creation_for=0,
    )
    link = json.dumps([{"name": REGISTERED_MODEL, "version": made.version}])
    run.client.set_logged_model_tags(model.model_id, {"mlflow.modelVersions": link})
    run.client.set_registered_model_alias(REGISTERED_MODEL, CHALLENGER, made.version)
    return str(made.version)
