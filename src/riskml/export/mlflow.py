"""Logs an artifact as an MLflow model: a script and the five inert files, with signature and requirements stated."""

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from riskml.scorer.header import Feature
from riskml.scorer.opening.artifact import MANIFEST, MAX_BYTES, Artifact, read_artifact

FILES: Final = (*MAX_BYTES, MANIFEST)
"""The files of an artifact; nothing else of its folder goes into the model."""
SCRIPT: Final = Path(__file__).with_name("pyfunc.py")
OFFLINE: Final = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
PROGRESS_BAR: Final = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"


def import_mlflow() -> Any:
    """The mlflow package, imported on first use (2 s), with its telemetry off unless the environment says otherwise."""
    for name, value in OFFLINE.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mlflow warns about type hints of its own classes
        import mlflow  # noqa: PLC0415 - slow, and needed by tracking only
        import mlflow.pyfunc  # noqa: PLC0415
    return mlflow


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow's log lines, warnings and bars off the screen for a while; what fails is raised all the same."""
    logger = logging.getLogger("mlflow")
    before = logger.level
    bar = os.environ.get(PROGRESS_BAR)
    os.environ[PROGRESS_BAR] = "false"
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"(mlflow|alembic|sqlalchemy)\b")
            yield
    finally:
        logger.setLevel(before)
        os.environ.pop(PROGRESS_BAR)
        if bar is not None:
            os.environ[PROGRESS_BAR] = bar


def write_model(artifact: Path, folder: Path, *, run_id: str | None = None, model_id: str | None = None) -> None:
    """Write an MLflow model folder; nothing is inferred, pickled or sent.

    Args:
        artifact: folder of the artifact; other files in it are left out.
        folder: where to; must not exist.
        run_id: MLflow's id of the run it came from, if any.
        model_id: MLflow's id of the model, if it is to be logged.

    Raises:
        ArtifactError: if the artifact is damaged.
    """
    opened = read_artifact(artifact)
    mlflow = import_mlflow()
    entry = mlflow.models.Model(
        run_id=run_id, model_uuid=model_id, model_id=model_id, metadata=_metadata(opened), artifact_path=None
    )
    with quiet(), tempfile.TemporaryDirectory() as empty:
        mlflow.pyfunc.save_model(
            path=str(folder),
            python_model=str(SCRIPT),
            artifacts={name: str((artifact / name).absolute()) for name in FILES},
            signature=signature(opened.header.features),
            pip_requirements=requirements(),
            mlflow_model=entry,
            uv_project_path=empty,  # the working directory's lock file is not the model's
        )


def log_model(client: Any, artifact: Path, *, experiment_id: str, run_id: str, tags: Mapping[str, str]) -> Any:
    """Log an artifact as the model of a run.

    Args:
        client: an `mlflow.MlflowClient`.
        artifact: folder of the artifact.
        experiment_id: where it is kept.
        run_id: the run it came from.
        tags: of the logged model.

    Returns:
        MLflow's LoggedModel, ready; its `model_id` and `artifact_location` name it.
    """
    mlflow = import_mlflow()
    logged = client.create_logged_model(experiment_id, name="model", source_run_id=run_id, tags=dict(tags))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        write_model(artifact, folder, run_id=run_id, model_id=logged.model_id)
        client.log_model_artifacts(logged.model_id, str(folder))
    client.log_outputs(run_id, [mlflow.entities.LoggedModelOutput(logged.model_id, step=0)])
    return client.finalize_logged_model(logged.model_id, "READY")


def signature(features: "tuple[Feature, ...]") -> Any:
    """MLflow's signature: the features in catalog order, categories as strings; out comes `probability`.

    A column must be there, its values may be missing (NaN in a double, None or NaN in a string).
    """
    mlflow = import_mlflow()
    spec, schema = mlflow.types.ColSpec, mlflow.types.Schema
    inputs = [spec("string" if one.kind == "category" else "double", one.name) for one in features]
    return mlflow.models.ModelSignature(schema(inputs), schema([spec("double", "probability")]))


def requirements() -> list[str]:
    """What a machine that runs the model installs; MLflow adds itself, and with it pandas."""
    return [f"{name}=={version(name)}" for name in ("riskml", "numpy")]


def _metadata(artifact: Artifact) -> dict[str, Any]:
    header = artifact.header
    return {
        "riskml_digest": artifact.digest,
        "riskml_name": header.name,
        "outcome": header.outcome,
        "horizon_days": header.horizon_days,
        "trained_to": header.trained_to.isoformat(),
        "expires_on": header.expires_on.isoformat(),
    }
