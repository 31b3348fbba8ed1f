"""The versions of the registered model: which there are, the files of one, and which of them is the champion."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from riskml.errors import DataError
from riskml.export.mlflow import import_mlflow
from riskml.registry.store import CHALLENGER, CHAMPION, REGISTERED_MODEL, Store
from riskml.scorer.opening.artifact import read_artifact

CHAMPIONS: Final = "riskml.champions"
"""Tag of the registered model: the versions promoted, oldest first, as JSON; a rollback takes the last one off."""
MOST_CHAMPIONS: Final = 200


@dataclass(frozen=True)
class Version:
    """One version of the registered model.

    Attributes:
        number: of the version.
        study: name of its study.
        run_id: MLflow's id of its run.
        made_at: when it was registered (UTC).
        aliases: such as "challenger".
        tags: those of riskml, without "riskml.".
        source: where MLflow keeps the model.
    """

    number: int
    study: str
    run_id: str
    made_at: datetime
    aliases: tuple[str, ...]
    tags: dict[str, str]
    source: str


@dataclass(frozen=True)
class Files:
    """The files of a version's run, on this machine: folder, artifact in it, the study's TOML, the logged model."""

    folder: Path
    artifact: Path
    study: Path
    model: Path


def versions(store: Store) -> list[Version]:
    """All versions, the newest first; none if nothing was registered yet."""
    error = import_mlflow().exceptions.MlflowException
    try:
        aliases = store.client.get_registered_model(REGISTERED_MODEL).aliases
    except error as refused:
        if refused.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return []
    found: list[Any] = []
    token: str | None = None
    while token != "":
        page = store.client.search_model_versions(f"name = '{REGISTERED_MODEL}'", page_token=token)
        found += page
        token = page.token or ""
    return sorted((_version(one, aliases) for one in found), key=lambda version: -version.number)


def _version(entry: Any, aliases: Mapping[str, str]) -> Version:
    tags = {name.removeprefix("riskml."): value for name, value in entry.tags.items() if name.startswith("riskml.")}
    return Version(
        number=int(entry.version),
        study=tags.get("study", ""),
        run_id=str(entry.run_id),
        made_at=datetime.fromtimestamp(entry.creation_timestamp / 1000, UTC),
        aliases=tuple(sorted(alias for alias, version in aliases.items() if int(version) == int(entry.version))),
        tags=tags,
        source=str(entry.source),
    )


def with_alias(found: list[Version], alias: str) -> Version | None:
    """The version that carries an alias."""
    return next((version for version in found if alias in version.aliases), None)


def candidate(store: Store, *, study: str | None, study_hash: str | None = None) -> Version:
    """The version to judge: the newest of a study as it is, or the challenger.

    Args:
        store: where.
        study: name of the study; None takes the version that carries the alias "challenger".
        study_hash: of the settings as they are; a version made with other ones is refused.

    Raises:
        DataError: if there is no such version.
    """
    found = versions(store)
    if study is None:
        challenger = with_alias(found, CHALLENGER)
        if challenger is None:
            raise DataError(
                f"no version of {REGISTERED_MODEL!r} carries the alias {CHALLENGER!r}: run a tracked study first, or "
                "name the study whose model is meant"
            )
        return challenger
    own = [version for version in found if version.study == study]
    if not own:
        known = sorted({version.study for version in found})
        raise DataError(
            f"study {study!r} has no version of {REGISTERED_MODEL!r}; those that have one are {known}: run it with "
            "[tracking] mlflow = true"
        )
    same = [version for version in own if study_hash in (None, version.tags.get("study_hash"))]
    if not same:
        raise DataError(
            f"the settings of study {study!r} are not those of its {len(own)} versions (the newest is {own[0].number}):"
            " the gates hold for a study as it was run; run it again, or put its settings back"
        )
    return same[0]


def files_of(store: Store, version: Version) -> Files:
    """The files of a version's run.

    Raises:
        DataError: if they are gone, or are not those of a riskml run.
    """
    download = import_mlflow().artifacts.download_artifacts
    error = import_mlflow().exceptions.MlflowException
    try:
        folder = Path(download(run_id=version.run_id, artifact_path="", tracking_uri=store.uri))
        model = Path(download(artifact_uri=version.source, tracking_uri=store.uri))
    except (error, OSError) as refused:
        raise _gone(version, str(refused)[:200]) from refused
    studies = sorted(folder.glob("*.toml"))
    needed = [folder / "summary.json", folder / "tables" / "scored_rows.parquet", folder / "artifact", model]
    missing = [path.name for path in needed if not path.exists()]
    if missing or len(studies) != 1:
        raise _gone(version, f"{missing or 'the study file'} missing in {folder}")
    return Files(folder, folder / "artifact", studies[0], model)


def _gone(version: Version, why: str) -> DataError:
    return DataError(
        f"the files of version {version.number} (study {version.study!r}, run {version.run_id}) cannot be read: {why}; "
        "bring mlruns/artifacts back from a copy, or run the study again after deleting that run in MLflow"
    )


def digests_of(version: Version, files: Files) -> dict[str, str]:
    """Where a digest of the version's artifact is kept -> the digest found there.

    Raises:
        ArtifactError: if the logged model is damaged.
    """
    return {
        "tag of the version": version.tags.get("digest", ""),
        "logged model": read_artifact(files.model / "artifacts").digest,
    }


def champions(store: Store) -> list[int]:
    """The versions that were promoted and not rolled back, oldest first."""
    tags = store.client.get_registered_model(REGISTERED_MODEL).tags
    return [int(number) for number in json.loads(tags.get(CHAMPIONS, "[]"))]


def crown(store: Store, version: Version, line: list[int], tags: Mapping[str, str]) -> None:
    """Make a version the champion.

    Args:
        store: where.
        version: the champion from now on.
        line: see `champions`, as it is from now on.
        tags: of the version: who, why, when, the gates.
    """
    client = store.client
    for name, value in tags.items():
        client.set_model_version_tag(REGISTERED_MODEL, str(version.number), f"riskml.{name}", value)
    client.set_registered_model_tag(REGISTERED_MODEL, CHAMPIONS, json.dumps(line[-MOST_CHAMPIONS:]))
    client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, str(version.number))
