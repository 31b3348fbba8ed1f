"""Writes the artifact as one ONNX file, from a row of features to the probability, and holds it against the scorer."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from riskml.errors import ArtifactError, StudyError
from riskml.export.onnx_graph import INPUT, IR_VERSION, OPSETS, PROBABILITY, RAW, model_graph
from riskml.export.writing import write_whole
from riskml.scorer.forest.calibration import Calibration
from riskml.scorer.header import Header
from riskml.scorer.opening.artifact import Artifact, read_artifact

UNIT: Final = 1e-15
"""A few of the last bits of a probability: by so much `exp` of two libraries may move it."""
TEXT: Final = (
    "Probability that the first eligible visit has the outcome, should it take place. Input: rows of features in the "
    "order of the property 'features', as doubles, NaN for missing, a category as its place in 'categories' (NaN if "
    "it is not listed). Outputs: probability, and the log-odds before calibration. Impossible values are not refused."
)


@dataclass(frozen=True)
class Parity:
    """How far the probabilities of an ONNX file lie from the scorer's; its raw scores are the same to the bit.

    Attributes:
        rows: of the self-test, scored by both.
        probability: the greatest difference seen among them.
        bound: the most that it may be.
    """

    rows: int
    probability: float
    bound: float


def probability_bound(calibration: Calibration) -> float:
    """The most by which the probability of an ONNX file may differ from the scorer's.

    Both take the same steps in double precision, and only `exp` and `ln` of the two libraries may differ in the last
    bits. In the sigmoid that moves the probability by `UNIT` at the most; a beta map (`scorer.forest.calibration`)
    takes them once more, and its slopes carry the difference on.

    >>> probability_bound(Calibration("platt", slope=1.2))
    1e-15
    """
    if calibration.kind != "beta":
        return UNIT
    return UNIT * (1.0 + calibration.rise + calibration.fall + abs(calibration.intercept))


def write_onnx(artifact: Path, target: Path) -> Parity:
    """Write the whole model as ONNX, once onnxruntime has scored the artifact's self-test with it.

    Inputs and thresholds are doubles, so every decision is the scorer's, at a threshold, a bit beside it, and for
    missing, zero and unseen values. A caller whose rows are 32-bit has rounded them before: a value that lies within
    one such rounding of a threshold may then fall on its other side.

    Args:
        artifact: folder of the artifact.
        target: the file to write, ending in .onnx; it appears whole or not at all.

    Returns:
        What was compared, and how close it came.

    Raises:
        StudyError: if onnx or onnxruntime is not installed, or the file is named otherwise.
        ArtifactError: if the artifact is damaged, or onnxruntime on this machine scores its self-test otherwise.
    """
    if target.suffix != ".onnx":
        raise StudyError(f"{target}: an ONNX model is written as .onnx")
    opened = read_artifact(artifact)
    data = _model(opened).SerializeToString()
    parity = _held_against(opened, data)
    write_whole(target, data)
    return parity


def _model(artifact: Artifact) -> Any:
    try:
        import onnx  # noqa: PLC0415 - an extra that few install
        from onnx import helper  # noqa: PLC0415
    except ImportError as error:
        raise _not_installed() from error
    header = artifact.header
    graph = model_graph(artifact.trees, header.calibration, width=len(header.features))
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(
        graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="riskml", doc_string=TEXT
    )
    model.producer_version = header.code_version
    helper.set_model_props(model, properties(header, artifact.digest))
    onnx.checker.check_model(model, full_check=True)
    return model


def properties(header: Header, digest: str) -> dict[str, str]:
    """What the file says about itself (metadata_props); lists and tables as JSON."""
    levels = header.levels
    return {
        "digest": digest,
        "name": header.name,
        "outcome": header.outcome,
        "horizon_days": str(header.horizon_days),
        "trained_to": header.trained_to.isoformat(),
        "expires_on": header.expires_on.isoformat(),
        "label_versions": _json(header.label_versions),
        "features": _json([feature.name for feature in header.features]),
        "categories": _json({one.name: one.categories for one in header.features if one.kind == "category"}),
        "levels": _json({"codes": [one.code for one in levels.names], "cuts": levels.cuts} if levels else None),
        "probability_bound": repr(probability_bound(header.calibration)),
    }


def _held_against(artifact: Artifact, data: bytes) -> Parity:
    """The self-test scored by onnxruntime."""
    try:
        import onnxruntime  # noqa: PLC0415
    except ImportError as error:
        raise _not_installed() from error
    test, bound = artifact.selftest, probability_bound(artifact.header.calibration)
    rows = np.array(test.rows, dtype=np.float64)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    probability, raw = session.run([PROBABILITY, RAW], {INPUT: rows})
    most = float(np.abs(probability - np.array(test.probability)).max())
    if raw.tolist() != test.raw or not (most <= bound and math.isfinite(most)):
        raise ArtifactError(
            f"onnxruntime {onnxruntime.__version__} does not score the artifact's self-test as it must: probabilities "
            f"differ by up to {most!r} (at most {bound!r} is allowed); nothing was written. Try another version of it"
        )
    return Parity(len(test.raw), most, bound)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _not_installed() -> StudyError:
    return StudyError("to write ONNX, install onnx and onnxruntime: pip install 'riskml[onnx]'")
