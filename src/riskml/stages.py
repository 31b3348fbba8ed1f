"""What a stage leaves behind, and its reuse: a bundle of tables, kept under the hash of all that went into it."""

import hashlib
import json
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pandas as pd

from riskml.errors import DataError

PACKAGE: Final = Path(__file__).parent
LIBRARIES: Final = ("numpy", "pandas", "numba", "lightgbm", "scikit-learn")


@dataclass(frozen=True)
class Bundle:
    """What a stage returns.

    Attributes:
        tables: name -> table.
        facts: anything that JSON can hold.
        key: hash of the stage, its settings, its inputs and the code; set by `Stages.run`.
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    key: str = ""


@cache
def code_version() -> str:
    """Version of riskml, and a hash of its source files and of the libraries that numbers depend on."""
    digest = hashlib.sha256()
    for path in sorted(p for ending in ("*.py", "*.toml", "*.jinja") for p in PACKAGE.rglob(ending)):
        digest.update(str(path.relative_to(PACKAGE)).encode())
        digest.update(path.read_bytes())
    for name in LIBRARIES:
        digest.update(f"{name}={version(name)}".encode())
    digest.update(f"{platform.python_version()} {platform.machine()}".encode())
    return f"{version('riskml')}+{digest.hexdigest()[:12]}"


def hash_of(*parts: Any) -> str:
    """sha256 of values that JSON can hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def hash_of_files(paths: list[Path]) -> str:
    """sha256 of names and contents."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


class Stages:
    """Runs stages in order, and reuses what is unchanged.

    Args:
        folder: where bundles are kept; one folder a stage, older ones of the same stage are removed.
        report: called as report(stage, state) with state "running", "done" or "reused".
    """

    def __init__(self, folder: Path, report: Callable[[str, str], None]) -> None:
        self.folder = folder
        self.report = report

    def run(self, name: str, settings: Any, inputs: list[Bundle], compute: Callable[[], Bundle]) -> Bundle:
        """The bundle of one stage: found, or computed and kept."""
        key = hash_of(name, settings, [bundle.key for bundle in inputs], code_version())
        place = self.folder / f"{name}-{key[:16]}"
        found = _load(place, key)
        if found is not None:
            self.report(name, "reused")
            return found
        self.report(name, "running")
        made = compute()
        _save(Bundle(made.tables, made.facts, key), place)
        self.report(name, "done")
        bundle = _load(place, key)  # what a later run will find, to the type
        if bundle is None:
            raise DataError(f"{place} vanished while the run went on; another process cleans data/derived")
        return bundle


def _save(bundle: Bundle, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(place.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        for name, table in bundle.tables.items():
            table.to_parquet(part / f"{name}.parquet", index=False, compression="zstd")
        facts = {"key": bundle.key, "tables": sorted(bundle.tables), "facts": bundle.facts}
        (part / "facts.json").write_text(json.dumps(facts))
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise
    for old in place.parent.glob(f"{place.name.rsplit('-', 1)[0]}-*"):
        if old != part:
            shutil.rmtree(old, ignore_errors=True)
    part.rename(place)


def _load(place: Path, key: str) -> Bundle | None:
    path = place / "facts.json"
    if not path.is_file():
        return None
    stored = json.loads(path.read_text())
    if stored["key"] != key:
        return None
    tables = {name: pd.read_parquet(place / f"{name}.parquet") for name in stored["tables"]}
    return Bundle(tables, stored["facts"], key)
