"""The artifact: a folder of inert data that is opened whole or refused. Nothing in it is executed.

* model.json: what the model is, its features, calibration and levels, and where each array lies in trees.bin
* trees.bin: the trees (`arrays`, `trees`)
* context.json: what it knows of groups of sites, as of one day (`context`)
* selftest.json: rows with their results (`selftest`)
* manifest.json: size and SHA-256 of these four, and a digest of itself

The JSON files are written in one canonical form, and only that form is accepted. Other files in the folder (reports,
tables) are not part of the artifact and are never read.
"""

import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from riskml.scorer import scan
from riskml.scorer.arrays import unpack
from riskml.scorer.context import Context, parse_context
from riskml.scorer.errors import ArtifactError
from riskml.scorer.header import Header, parse_header
from riskml.scorer.selftest import SelfTest, parse_selftest
from riskml.scorer.trees import Trees, check

FORMAT: Final = "riskml-artifact"
VERSION: Final = 2
"""Version of the format, which this scorer reads and no other.

The rule for changing the format: whatever changes what a file means to a reader, or which files are accepted (a key,
an array, a kind of feature, split or calibration, a bound), raises VERSION by one and is listed in the CHANGELOG with
the way to export again. A reader never guesses: it refuses every version it was not written for. An artifact is never
converted in place; it is exported again from its study, so that its self-test is computed afresh.
"""

MANIFEST: Final = "manifest.json"
MAX_BYTES: Final = {"model.json": 2**26, "trees.bin": 2**28, "context.json": 2**28, "selftest.json": 2**26}
MAX_MANIFEST_BYTES: Final = 4096


@dataclass(frozen=True)
class Artifact:
    """The checked content of an artifact; `digest` (SHA-256) names it."""

    header: Header
    trees: Trees
    context: Context
    selftest: SelfTest
    digest: str


def read_artifact(folder: "str | Path") -> Artifact:
    """Read and check the five files of a folder; the self-test is not run.

    Raises:
        ArtifactError: if a file is missing, a link, too large, damaged, of an unknown version or out of bounds.
    """
    place = Path(folder)
    limits = {MANIFEST: MAX_MANIFEST_BYTES, **MAX_BYTES}
    return open_artifact({name: _read(place / name, limit) for name, limit in limits.items()})


def open_artifact(files: Mapping[str, bytes]) -> Artifact:
    """Check the content of the five files, by name, and return what they hold.

    Raises:
        ArtifactError: as `read_artifact`.
    """
    digest = _check_manifest(files)
    model = _decode("model.json", files["model.json"])
    if not isinstance(model, dict):
        raise ArtifactError("model.json: must hold an object")
    _check_version("model.json", model)
    header = parse_header({key: value for key, value in model.items() if key not in ("format", "version", "trees")})
    _check_program(header)
    trees = _open_trees(model.get("trees"), files["trees.bin"], header)
    selftest = parse_selftest(_decode("selftest.json", files["selftest.json"]), len(header.features))
    context = parse_context(_decode("context.json", files["context.json"]), header.program)
    return Artifact(header, trees, context, selftest, digest)


def manifest(files: Mapping[str, bytes]) -> bytes:
    """The content of manifest.json for the other four files."""
    entries = {name: {"sha256": _sha256(files[name]), "size": len(files[name])} for name in MAX_BYTES}
    table = {"format": FORMAT, "version": VERSION, "files": entries}
    return canonical({**table, "digest": _sha256(canonical(table))})


def canonical(value: object) -> bytes:
    r"""The one way a value is written as JSON: keys sorted, no spaces, UTF-8, finite numbers, a line feed at the end.

    >>> canonical({"b": 1.0, "a": "店"}).decode()
    '{"a":"店","b":1.0}\n'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _check_manifest(files: Mapping[str, bytes]) -> str:
    table = _decode(MANIFEST, files[MANIFEST])
    if not isinstance(table, dict):
        raise ArtifactError(f"{MANIFEST}: must hold an object")
    _check_version(MANIFEST, table)
    entries = table.get("files")
    if not isinstance(entries, dict) or set(entries) != set(MAX_BYTES):
        raise ArtifactError(f"{MANIFEST}: must list exactly the files {sorted(MAX_BYTES)}")
    for name in MAX_BYTES:
        got = {"sha256": _sha256(files[name]), "size": len(files[name])}
        if entries[name] != got:
            raise ArtifactError(
                f"{name} was changed after it was written: {got}, but {MANIFEST} says {entries[name]!r}"
            )
    if files[MANIFEST] != manifest(files):
        raise ArtifactError(f"{MANIFEST} was changed after it was written; export the artifact again")
    return str(table["digest"])


def _check_version(name: str, table: Mapping[str, Any]) -> None:
    got = (table.get("format"), table.get("version"))
    if got != (FORMAT, VERSION) or type(got[1]) is not int:
        raise ArtifactError(
            f"{name}: format {got[0]!r:.80} version {got[1]!r:.80} is not known; this scorer reads {FORMAT!r} version "
            f"{VERSION}. Export the model again, or install the riskml it was made for"
        )


def _check_program(header: Header) -> None:
    try:
        scan.check_program(header.program)
        made = [
            (f["name"], tuple(f["categories"]) if f["from"] == "category" else ()) for f in header.program["features"]
        ]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise ArtifactError(f"model.json: the feature program is malformed: {error!r}") from error
    if made != [(feature.name, feature.categories) for feature in header.features]:
        raise ArtifactError("model.json: the feature program makes other features or categories than those listed")


def _open_trees(described: object, data: bytes, header: Header) -> Trees:
    if not isinstance(described, dict) or set(described) != {"count", "arrays"}:
        raise ArtifactError("model.json: trees needs exactly the keys ['arrays', 'count']")
    trees = Trees(**unpack(described["arrays"], data))
    check(trees, [feature.kind == "category" for feature in header.features])
    if type(described["count"]) is not int or described["count"] != trees.count:
        raise ArtifactError(f"model.json: {described['count']!r:.80} trees declared, trees.bin holds {trees.count}")
    return trees


def _decode(name: str, data: bytes) -> object:
    try:
        value = json.loads(data.decode())
        same = canonical(value) == data
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{name} is not the JSON that riskml writes: {error}") from error
    if not same:
        raise ArtifactError(f"{name} is not in the canonical form that riskml writes (keys sorted, no spaces)")
    return value


def _read(path: Path, limit: int) -> bytes:
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise ArtifactError(f"{path} must be a plain file, not a link or a folder")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror}; is {path.parent} an artifact?") from error
    if len(data) > limit:
        raise ArtifactError(f"{path} is larger than the {limit} bytes allowed")
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
