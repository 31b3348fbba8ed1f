"""Writes the artifact: the model's text, a header and some feature rows become the six files the scorer reads."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from riskml.errors import ArtifactError
from riskml.export.codes import known_codes
from riskml.export.lightgbm_text import parse_model
from riskml.export.packing import write_folder
from riskml.export.probes import probe_rows
from riskml.scorer.explaining.peers import NO_PEERS
from riskml.scorer.forest.trees import Trees, check
from riskml.scorer.header import Header, parse_header
from riskml.scorer.opening.arrays import LAYOUT, pack
from riskml.scorer.opening.artifact import FORMAT, MANIFEST, VERSION, canonical, manifest, open_artifact
from riskml.scorer.opening.selftest import run_selftest, selftest_table
from riskml.scorer.scanning import scan
from riskml.scorer.scanning.context import Context

FORBIDDEN_TAG: Final = "assignment"
"""Tag of a feature that tells who was sent to inspect rather than how the site is; it may not leave the study."""


def write_artifact(
    folder: "str | Path",
    *,
    header: Mapping[str, Any],
    model_text: str,
    selftest_rows: Iterable[Sequence[float]],
    context: Context | None = None,
    peers: Mapping[str, Any] | None = None,
) -> str:
    """Write an artifact into a folder, which is made if need be; other files in it stay.

    Everything is checked as the scorer will check it before the first byte is written, and the manifest is written
    last: a killed run leaves a folder that the scorer refuses. The same arguments give the same bytes.

    Args:
        folder: where to.
        header: the keys of model.json but format, version and trees (`scorer.header.Header`); a feature may also have
            `tags`, a list, which is not stored. Without known_codes: every code that riskml knows and those that the
            program reads. Without actions, or a
            feature's category_names: none.
        model_text: `Booster.model_to_string()` of a binary LightGBM model whose columns are the header's features.
        selftest_rows: shape (n, F), n >= 1, real feature rows, NaN for missing; probes are derived from them.
        context: what it shall know of other sites; needed if a feature tells of them.
        peers: the content of peers.json (`scorer.explaining.peers`); without it no value is compared with others.

    Returns:
        The digest (SHA-256) of the artifact.

    Raises:
        ArtifactError: for a feature tagged "assignment", features of other names or order than the model's, a model
            that the format cannot say, or a header that the scorer would refuse.
    """
    files = artifact_files(
        header=header, model_text=model_text, selftest_rows=selftest_rows, context=context, peers=peers
    )
    artifact = open_artifact(files)
    run_selftest(artifact.selftest, artifact.trees, artifact.header.calibration)
    write_folder(Path(folder), files)
    return artifact.digest


def artifact_files(
    *,
    header: Mapping[str, Any],
    model_text: str,
    selftest_rows: Iterable[Sequence[float]],
    context: Context | None = None,
    peers: Mapping[str, Any] | None = None,
) -> dict[str, bytes]:
    """The content of the six files, by name; arguments and errors as `write_artifact`."""
    stored = _stored(header)
    parsed = parse_header(stored)
    model = parse_model(model_text)
    _check_names(model.feature_names, [feature.name for feature in parsed.features])
    check(model.trees, [feature.kind == "category" for feature in parsed.features])
    described, data = pack({name: getattr(model.trees, name) for name in LAYOUT})
    trees = {"count": model.trees.count, "arrays": described}
    files = {
        "model.json": _json("the header", {**stored, "format": FORMAT, "version": VERSION, "trees": trees}),
        "trees.bin": data,
        "context.json": _json("the context", (context or _no_context(stored["program"])).as_dict()),
        "peers.json": _json("the table of peers", peers or NO_PEERS),
        "selftest.json": _selftest(parsed, model.trees, [list(row) for row in selftest_rows]),
    }
    return {**files, MANIFEST: manifest(files)}


def _stored(header: Mapping[str, Any]) -> dict[str, Any]:
    """The header with its defaults, and without what is not stored."""
    program = header.get("program")
    read = program.get("codes") if isinstance(program, Mapping) else None
    own = [code for code in read if isinstance(code, str)] if isinstance(read, list) else []
    return {
        "known_codes": known_codes(own),
        "actions": [],
        **header,
        "features": [_stored_feature(feature) for feature in header.get("features", ())],
    }


def _no_context(program: Mapping[str, Any]) -> Context:
    try:
        if scan.tells_of_others(program):
            raise ArtifactError("features tell of other sites: give the context (riskml.features.build.context_of)")
        facts = len(program["context"]["facts"])
    except (KeyError, TypeError):
        facts = 0  # the program is malformed, and refused as such
    return Context(0, (0,) * (facts + 1), {})


def _stored_feature(feature: Mapping[str, Any]) -> dict[str, Any]:
    if FORBIDDEN_TAG in feature.get("tags", ()):
        raise ArtifactError(
            f"feature {feature.get('name')!r} is tagged {FORBIDDEN_TAG!r}: it tells who was sent, not how the site is; "
            "train the exported model without it"
        )
    return {"category_names": [], **{key: value for key, value in feature.items() if key != "tags"}}


def _check_names(trained: Sequence[str], declared: Sequence[str]) -> None:
    """The model's columns are the header's features; a model trained on a bare matrix has Column_0, Column_1, ..."""
    unnamed = [f"Column_{place}" for place in range(len(declared))]
    if list(trained) not in (list(declared), unnamed):
        raise ArtifactError(f"the model was trained on the columns {list(trained)}, the header lists {list(declared)}")


def _selftest(header: Header, trees: Trees, rows: Sequence[Sequence[float]]) -> bytes:
    probes = probe_rows(header.features, trees, rows)
    return _json("a self-test row", selftest_table(probes, trees, header.calibration))


def _json(what: str, table: object) -> bytes:
    try:
        return canonical(table)
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"{what} cannot be written as JSON: {error}") from error
