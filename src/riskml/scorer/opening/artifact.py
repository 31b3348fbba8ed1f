"""The artifact: a folder of inert data that is opened whole or refused. Nothing in it is executed.

* model.json: what the model is, its features, calibration and levels, and where each array lies in trees.bin
* trees.bin: the trees (`arrays`, `trees`)
* context.json: what it knows of groups of sites, as of one day (`context`)
* peers.json: how features and probability are spread among sites of a kind (`peers`)
* selftest.json: rows with their results (`selftest`)
* manifest.json: size and SHA-256 of these five, and a digest of itself

The JSON files are written in one canonical form, and only that form is accepted. Other files in the folder (reports,
tables) are not part of the artifact and are never read. The same six files may lie in one packed file (`packed`), and a
signature may stand beside the manifest (`signature`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from riskml.scorer.errors import ArtifactError
from riskml.scorer.explaining.peers import Peers, parse_peers
from riskml.scorer.forest.trees import MAX_DEPTH, Trees, check
from riskml.scorer.header import Header, parse_header
from riskml.scorer.opening.arrays import unpack
from riskml.scorer.opening.manifest import (
    FORMAT,
    MANIFEST,
    MAX_BYTES,
    VERSION,
    canonical,
    check_manifest,
    check_version,
    decode,
    manifest,
)
from riskml.scorer.opening.packed import SIGNATURE
from riskml.scorer.opening.program import check_program
from riskml.scorer.opening.selftest import SelfTest, parse_selftest
from riskml.scorer.opening.stored import read_files
from riskml.scorer.scanning.context import Context, parse_context

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FORMAT", "MANIFEST", "MAX_BYTES", "VERSION", "Artifact", "canonical", "manifest", "open_artifact", "read_artifact",
]  # fmt: skip

MAX_TREES: Final = 50_000
MAX_WORK: Final = 2**24
"""Splits that the self-test may pass, at most: rows times the splits of the longest ways through the trees."""
MAX_MESSAGE: Final = 1_000
"""Characters of a message: what is wrong with a forged artifact must not fill the log."""


@dataclass(frozen=True, eq=False, repr=False)
class Artifact:
    """The checked content of an artifact; `digest` (SHA-256) names it."""

    header: Header
    trees: Trees
    context: Context
    peers: Peers
    selftest: SelfTest
    digest: str


def read_artifact(place: "str | Path", *, public_key: "bytes | str | Path | None" = None) -> Artifact:
    """Read and check an artifact; the self-test is not run.

    Args:
        place: its folder, or the file that `riskml export --pack` made of it.
        public_key: PEM, or the file that holds it; the artifact must then be signed by its private key. Without it a
            signature is not looked at.

    Raises:
        ArtifactError: if a file is missing, a link, too large, damaged, of an unknown version or out of bounds, or the
            signature is missing or not of that key.
        InputError: if public_key is no Ed25519 key in PEM.
    """
    files = read_files(place, signed=public_key is not None)
    if public_key is not None:
        from riskml.scorer.opening.signature import check_signature  # noqa: PLC0415 - most artifacts are read without

        check_signature(files[MANIFEST], files.pop(SIGNATURE, None), public_key)
    return open_artifact(files)


def open_artifact(files: Mapping[str, bytes]) -> Artifact:
    """Check the content of the six files, by name, and return what they hold.

    Raises:
        ArtifactError: as `read_artifact`.
    """
    try:
        return _opened(files)
    except RecursionError as error:
        raise ArtifactError("the JSON of the artifact is nested too deep to be one that riskml writes") from error
    except ArtifactError as error:
        if len(str(error)) <= MAX_MESSAGE:
            raise
        raise ArtifactError(f"{str(error)[:MAX_MESSAGE]} ...") from None


def _opened(files: Mapping[str, bytes]) -> Artifact:
    digest = check_manifest(files)
    model = check_version("model.json", decode("model.json", files["model.json"]))
    header = parse_header({key: value for key, value in model.items() if key not in ("format", "version", "trees")})
    check_program(header.program, {feature.name: feature.categories for feature in header.features})
    trees = _open_trees(model.get("trees"), files["trees.bin"], header)
    selftest = parse_selftest(decode("selftest.json", files["selftest.json"]), len(header.features))
    _check_work(selftest, trees)
    context = parse_context(decode("context.json", files["context.json"]), header.program)
    peers = parse_peers(decode("peers.json", files["peers.json"]), header.features)
    return Artifact(header, trees, context, peers, selftest, digest)


def _open_trees(described: object, data: bytes, header: Header) -> Trees:
    if not isinstance(described, dict) or set(described) != {"count", "arrays"}:
        raise ArtifactError("model.json: trees needs exactly the keys ['arrays', 'count']")
    if type(described["count"]) is not int or not 0 < described["count"] <= MAX_TREES:
        raise ArtifactError(f"model.json: 1 to {MAX_TREES} trees are allowed, {described['count']!r:.80} declared")
    trees = Trees(**unpack(described["arrays"], data))
    check(trees, [feature.kind == "category" for feature in header.features])
    if described["count"] != trees.count:
        raise ArtifactError(f"model.json: {described['count']} trees declared, trees.bin holds {trees.count}")
    return trees


def _check_work(test: SelfTest, trees: Trees) -> None:
    """Bound the time of the self-test: a forged artifact could ask for hours."""
    splits = sum(min(b - a, MAX_DEPTH) + 1 for a, b in pairwise(trees.tree_start))
    if splits * len(test.rows) > MAX_WORK:
        raise ArtifactError(
            f"selftest.json: {len(test.rows)} rows pass up to {splits} splits each; at most {MAX_WORK} in all may be"
        )
