"""The files of an artifact: which there are, how large they may be, how JSON is written, and their checksums."""

import json
from collections.abc import Mapping
from typing import Any, Final

from riskml.scorer.checksum import sha256_hex
from riskml.scorer.errors import ArtifactError

FORMAT: Final = "riskml-artifact"
VERSION: Final = 3
"""Version of the format, which this scorer reads and no other.

The rule for changing the format: whatever changes what a file means to a reader, or which files are accepted (a key,
an array, a kind of feature, split or calibration, a bound), raises VERSION by one and is listed in the CHANGELOG with
the way to export again. A reader never guesses: it refuses every version it was not written for. An artifact is never
converted in place; it is exported again from its study, so that its self-test is computed afresh.
"""

MANIFEST: Final = "manifest.json"
MAX_BYTES: Final = {
    "model.json": 2**23,
    "trees.bin": 2**25,
    "context.json": 2**25,
    "peers.json": 2**23,
    "selftest.json": 2**23,
}
"""The files that the manifest lists, in the order of a packed artifact, and the most bytes of each.

They bound the time and memory of a load, whatever the files hold. Large enough: 20,000 trees of 31 leaves, the groups
of three million sites.
"""
MAX_MANIFEST_BYTES: Final = 4096
MAX_VALUES: Final = {"context.json": 2**23}
"""The most commas and brackets of a JSON file, each of which makes a value in memory; of any other `MAX_OTHERS`."""
MAX_OTHERS: Final = 2**20


def manifest(files: Mapping[str, bytes]) -> bytes:
    """The content of manifest.json for the other five files."""
    return _manifest(_entries(files))


def check_manifest(files: Mapping[str, bytes]) -> str:
    """Hold the other five files against manifest.json; return the digest that names the artifact.

    Raises:
        ArtifactError: if it is of another version, lists other files, or a size or checksum differs.
    """
    sizes_of(files[MANIFEST])
    table = check_version(MANIFEST, decode(MANIFEST, files[MANIFEST]))
    entries = _entries(files)
    for name, entry in table["files"].items():
        if entry != entries[name]:
            raise ArtifactError(
                f"{name} was changed after it was written: {entries[name]}, but {MANIFEST} says {entry!r}"
            )
    if files[MANIFEST] != _manifest(entries):
        raise ArtifactError(f"{MANIFEST} was changed after it was written; export the artifact again")
    return str(table["digest"])


def sizes_of(content: bytes) -> dict[str, int]:
    """The size in bytes of each file, as manifest.json says it, in the order of `MAX_BYTES`.

    Raises:
        ArtifactError: if it is of another version, lists other files, or names a size out of bounds.
    """
    table = check_version(MANIFEST, decode(MANIFEST, content))
    entries = table.get("files")
    if not isinstance(entries, dict) or set(entries) != set(MAX_BYTES):
        raise ArtifactError(f"{MANIFEST}: must list exactly the files {sorted(MAX_BYTES)}")
    sizes = {}
    for name, limit in MAX_BYTES.items():
        size = entries[name].get("size") if isinstance(entries[name], dict) else None
        if type(size) is not int or not 0 <= size <= limit:
            raise ArtifactError(f"{MANIFEST}: the size of {name} must be 0 to {limit} bytes, got {size!r:.80}")
        sizes[name] = size
    return sizes


def check_version(name: str, table: object) -> dict[str, Any]:
    """The object, unless its format or version is not the one that this scorer knows."""
    if not isinstance(table, dict):
        raise ArtifactError(f"{name}: must hold an object")
    got = (table.get("format"), table.get("version"))
    if got != (FORMAT, VERSION) or type(got[1]) is not int:
        raise ArtifactError(
            f"{name}: format {got[0]!r:.80} version {got[1]!r:.80} is not known; this scorer reads {FORMAT!r} version "
            f"{VERSION}. Export the model again, or install the riskml it was made for"
        )
    return table


def decode(name: str, data: bytes) -> object:
    """What a JSON file holds, if it is written in the canonical form.

    Raises:
        ArtifactError: if it is not, which also refuses repeated keys, NaN and numbers that no float holds.
    """
    most = MAX_VALUES.get(name, MAX_OTHERS)
    if sum(map(data.count, (b",", b"[", b"{"))) > most:
        raise ArtifactError(f"{name} holds more than the {most} values allowed")
    try:
        value = json.loads(data.decode())
        same = canonical(value) == data
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{name} is not the JSON that riskml writes: {error}") from error
    if not same:
        raise ArtifactError(f"{name} is not in the canonical form that riskml writes (keys sorted, no spaces)")
    return value


def canonical(value: object) -> bytes:
    r"""The one way a value is written as JSON: keys sorted, no spaces, UTF-8, finite numbers, a line feed at the end.

    >>> canonical({"b": 1.0, "a": "店"}).decode()
    '{"a":"店","b":1.0}\n'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _entries(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    return {name: {"sha256": sha256_hex(files[name]), "size": len(files[name])} for name in MAX_BYTES}


def _manifest(entries: Mapping[str, Any]) -> bytes:
    table = {"format": FORMAT, "version": VERSION, "files": entries}
    return canonical({**table, "digest": sha256_hex(canonical(table))})
