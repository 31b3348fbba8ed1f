"""Promotion and rollback: gates, then the champion's files and alias together, and a line of the log each time."""

import getpass
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from riskml.errors import ArtifactError, DataError, StudyError
from riskml.export.mlflow import FILES
from riskml.features.catalog import load_catalog
from riskml.outputs import only_run, whole, write_json
from riskml.registry.gates import Evidence, Gate, judge
from riskml.registry.store import CHAMPION, Store, open_store
from riskml.registry.versions import (
    Files,
    Version,
    candidate,
    champions,
    crown,
    digests_of,
    files_of,
    versions,
    with_alias,
)
from riskml.scorer import Scorer
from riskml.scorer.opening.artifact import read_artifact
from riskml.study import Study
from riskml.study_checks import CHAMPION as FOLDER

LOG: Final = "promotions.jsonl"
RECORD: Final = "promotion.json"
PAGES: Final = ("summary.json", "card.md", "transparency.md", "report.html")


@dataclass(frozen=True)
class Promotion:
    """What came of an attempt.

    Attributes:
        version: the one judged, or restored.
        before: number of the champion before, None if there was none.
        gates: as judged; empty for a rollback.
        moved: whether the champion is now that version.
        folder: models/champion.
        dry: True if nothing was to be moved or written.
    """

    version: Version
    before: int | None
    gates: tuple[Gate, ...]
    moved: bool
    folder: Path
    dry: bool = False


@dataclass(frozen=True)
class Listing:
    """All versions, and whether models/champion holds the registry's champion.

    Attributes:
        versions: the newest first.
        stray: digest found in models/champion if it is not the champion's; "none" if the folder is missing.
    """

    versions: list[Version]
    stray: str | None


def promote(
    root: Path, study: Study | None, *, why: str = "", who: str = "", today: date | None = None, dry: bool = False
) -> Promotion:
    """Judge a version by the gates of its study, and make it the champion if all are open.

    The gates are those of the study as it was run. Every attempt is a line of models/promotions.jsonl.

    Args:
        root: project folder.
        study: whose newest version is meant; None takes the challenger.
        why: the reason, for the record; not needed for a dry run.
        who: name for the record; the user of the machine if empty.
        today: against which the artifact's expiry is held.
        dry: judge only: nothing is moved or written.

    Raises:
        StudyError: without a reason.
        DataError: if there is no such version, its files are gone or changed, or MLflow cannot be used.
    """
    if not dry and not why.strip():
        raise StudyError('a promotion needs a reason: --why "..."')
    with open_store(root, doing="promote the model", make=False) as store:
        version = candidate(
            store, study=None if study is None else study.name, study_hash=None if study is None else study.digest
        )
        files = files_of(store, version)
        gates = judge(*_case(version, files), load_catalog(), today=today or date.today())
        before = with_alias(versions(store), CHAMPION)
        made = Promotion(
            version=version,
            before=None if before is None else before.number,
            gates=gates,
            moved=not dry and all(gate.is_open for gate in gates),
            folder=root / "models" / FOLDER,
            dry=dry,
        )
        if not dry:
            _act(store, made, files, _record(made, files, why=why, who=who))
    return made


def rollback(root: Path, *, why: str, who: str = "") -> Promotion:
    """Make the champion before the present one the champion again: its files and its alias.

    Raises:
        StudyError: without a reason.
        DataError: if there was none before, the alias was moved by hand, its files are gone or changed, or MLflow
            cannot be used.
    """
    if not why.strip():
        raise StudyError('a rollback needs a reason: --why "..."')
    with open_store(root, doing="roll the champion back", make=False) as store:
        found = versions(store)
        present = with_alias(found, CHAMPION)
        line = champions(store) if found else []
        if present is None or len(line) < 2:
            raise DataError("there is no champion before the present one: nothing to roll back to")
        if present.number != line[-1]:
            raise DataError(
                f"the alias {CHAMPION!r} points to version {present.number}, the last promotion was of version "
                f"{line[-1]}: it was moved by hand; promote the version that is meant"
            )
        version = next((one for one in found if one.number == line[-2]), None)
        if version is None:
            raise DataError(f"version {line[-2]}, the champion before, was deleted in MLflow: it cannot come back")
        files = files_of(store, version)
        _check_whole(version, files)
        made = Promotion(version, present.number, (), moved=True, folder=root / "models" / FOLDER)
        record = {**_record(made, files, why=why, who=who), "action": "rollback"}
        _install(store, made, files, record, line[:-1])
        _append(made.folder.parent / LOG, record)
    return made


def listing(root: Path) -> Listing:
    """All versions of the registered model.

    Raises:
        DataError: if there is no tracking database, or MLflow cannot be used.
    """
    with open_store(root, doing="list the models", make=False) as store:
        found = versions(store)
    champion = with_alias(found, CHAMPION)
    if champion is None:
        return Listing(found, None)
    try:
        digest = read_artifact(root / "models" / FOLDER).digest
    except ArtifactError:
        digest = "none"
    return Listing(found, None if digest == champion.tags.get("digest") else digest)


def _case(version: Version, files: Files) -> tuple[Evidence, Mapping[str, Any]]:
    """What the gates look at, and the section [promotion] of the study as it was run."""
    study = Study.load(files.study)
    tables = files.folder / "tables"
    fairness = tables / "fairness.parquet"
    evidence = Evidence(
        summary=json.loads((files.folder / "summary.json").read_text(encoding="utf-8")),
        rows=pd.read_parquet(tables / "scored_rows.parquet"),
        fairness=pd.read_parquet(fairness) if fairness.is_file() else None,
        artifact=files.artifact,
        digests=digests_of(version, files),
        draws=study["comparison"]["draws"],
        seed=study.seed,
    )
    return evidence, study["promotion"]


def _act(store: Store, made: Promotion, files: Files, record: dict[str, Any]) -> None:
    """Move the champion if the gates are open; write down what happened either way."""
    if made.moved:
        line = champions(store)
        if not line or line[-1] != made.version.number:
            line = [*line, made.version.number]
        _install(store, made, files, record, line)
    _append(made.folder.parent / LOG, record)


def _install(store: Store, made: Promotion, files: Files, record: dict[str, Any], line: list[int]) -> None:
    """Files and alias together: an error before the end leaves both as they were."""
    with only_run(made.folder), whole(made.folder) as part:
        for name in FILES:
            shutil.copyfile(files.artifact / name, part / name)
        for name in PAGES:
            if (files.folder / name).is_file():
                shutil.copyfile(files.folder / name, part / name)
        write_json(record, part / RECORD)
        gates = ", ".join(f"{gate.name}={gate.status}" for gate in made.gates)
        tags = {f"{record['action']}_{name}": str(record[name]) for name in ("at", "who", "why")}
        crown(store, made.version, line, {**tags, "gates": gates} if gates else tags)


def _check_whole(version: Version, files: Files) -> None:
    """The artifact scores as its maker's did, and is the one that was registered.

    Raises:
        ArtifactError: if it is damaged.
        DataError: if it is another one.
    """
    digest = Scorer.load(files.artifact, on_expired="ignore").digest
    if digest != version.tags.get("digest"):
        raise DataError(f"{files.artifact} is not the artifact that was registered as version {version.number}")


def _record(made: Promotion, files: Files, *, why: str, who: str) -> dict[str, Any]:
    """The line of the log: who, why, when, what was judged and on which files."""
    read = {"summary.json": files.folder / "summary.json", files.study.name: files.study}
    read["scored_rows.parquet"] = files.folder / "tables" / "scored_rows.parquet"
    return {
        "action": "promoted" if made.moved else "refused",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": who or getpass.getuser(),
        "why": why,
        "version": made.version.number,
        "study": made.version.study,
        "run_id": made.version.run_id,
        "digest": made.version.tags.get("digest", ""),
        "before": made.before,
        "gates": [gate.as_dict() for gate in made.gates],
        "sha256": {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in read.items()},
    }


def _append(path: Path, record: Mapping[str, Any]) -> None:
    """One line at the end of the log, on the disk before anybody is told."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.write(json.dumps(record, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n")
        log.flush()
        os.fsync(log.fileno())
