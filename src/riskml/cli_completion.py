"""What the shell offers after Tab: names of systems, sources and data sets, studies and artifacts nearby.

Each answer reads names of files only, so that it is there before a finger leaves the key: nothing heavy is imported. A
shell that is offered nothing completes names of files by itself.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
MANIFEST: Final = "manifest.json"


def systems(incomplete: str) -> list[str]:
    """Grading systems; after a slash the variants of one.

    >>> systems("nanc"), systems("nanchang/st")
    (['nanchang'], ['nanchang/strict'])
    """
    name, slash, _ = incomplete.partition("/")
    file = HERE / "grades" / "systems" / f"{name}.toml"
    if not slash:
        return _beginning(_stems(file.parent), incomplete)
    if name not in _stems(file.parent):
        return []
    variants = tomllib.loads(file.read_text(encoding="utf-8")).get("variant", {})
    return _beginning((f"{name}/{variant}" for variant in ("default", *variants)), incomplete)


def sources(incomplete: str) -> list[str]:
    """Sources that `riskml ingest` knows; a file of one's own is left to the shell.

    >>> sources("chic")
    ['chicago']
    """
    return _beginning(_stems(HERE / "records" / "sources"), incomplete)


def datasets(incomplete: str) -> list[str]:
    """Open data sets that `riskml fetch` knows.

    >>> datasets("chic")
    ['chicago']
    """
    known = tomllib.loads((HERE / "records" / "datasets.toml").read_text(encoding="utf-8"))
    return _beginning(known, incomplete)


def studies(incomplete: str) -> list[str]:
    """Study files below studies/ of the working folder."""
    return _beginning((path.as_posix() for path in sorted(Path("studies").rglob("*.toml"))), incomplete)


def artifacts(incomplete: str) -> list[str]:
    """Folders below models/ of the working folder that hold an artifact."""
    return _beginning((path.parent.as_posix() for path in sorted(Path("models").glob(f"*/{MANIFEST}"))), incomplete)


def records(incomplete: str) -> list[str]:
    """Folders below data/ of the working folder that hold records."""
    found = [path for pattern in ("*", "*/*", "*/*/*") for path in sorted(Path("data").glob(f"{pattern}/records.json"))]
    return _beginning((path.parent.as_posix() for path in found), incomplete)


def show(incomplete: str) -> list[str]:
    """The one word after `riskml systems`.

    >>> show("")
    ['show']
    """
    return _beginning(["show"], incomplete)


def _stems(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.toml"))


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
