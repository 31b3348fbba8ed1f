"""The model as ONNX: onnxruntime takes every decision as the scorer does, at thresholds, for missing and unseen too."""

import dataclasses
import importlib.util
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from numpy.typing import NDArray

from locked_packages import locked_packages
from riskml.errors import ArtifactError, StudyError
from riskml.export.artifact import write_artifact
from riskml.export.onnx import probability_bound, write_onnx
from riskml.export.onnx_graph import INPUT, IR_VERSION, OPSETS, PROBABILITY, RAW, model_graph
from riskml.scorer import Scorer
from riskml.scorer.forest.calibration import parse_calibration
from riskml.scorer.forest.trees import CATEGORICAL, ZERO, Trees
from riskml.scorer.opening.artifact import read_artifact

pytestmark = pytest.mark.services

Floats = NDArray[np.float64]
NAMES = ["area", "visits", "kind_of_shop", "change", "street", "score"]
CATEGORIES = {"kind_of_shop": 7, "street": 40}
"""The columns of the models of `conftest`, and how many values the categories have."""
CALIBRATIONS: dict[str, dict[str, Any]] = {
    "none": {"kind": "none"},
    "platt": {"kind": "platt", "slope": 1.25, "intercept": -0.5},
    "beta": {"kind": "beta", "rise": 0.7, "fall": 1.9, "intercept": 0.25},
    "isotonic": {"kind": "isotonic", "raw": [-1.5, -0.75, 0.1, 0.3], "log_odds": [-3.0, -1.1, -1.0, 2.0]},
}


@pytest.fixture(scope="module", autouse=True)
def onnxruntime() -> Iterator[Any]:
    """The library; what the tests have already comes before what lies in the folder."""
    with pytest.MonkeyPatch.context() as environment:
        if importlib.util.find_spec("onnxruntime") is None:
            environment.setattr(sys, "path", [*sys.path, str(locked_packages("onnx", "onnx"))])
        yield importlib.import_module("onnxruntime")


@dataclasses.dataclass(frozen=True)
class Both:
    """The same model twice: as the artifact and as ONNX."""

    matrix: Floats
    scorer: Scorer
    trees: Trees
    session: Any

    def differences(self, rows: Floats) -> tuple[int, float]:
        """How many raw scores differ in a bit, and the greatest difference of the probabilities."""
        raw, probability = self.scorer.raw_scores(rows), self.scorer.score_features(rows)
        got, said = self.session.run([RAW, PROBABILITY], {INPUT: rows})
        return int((raw.view(np.int64) != got.view(np.int64)).sum()), float(np.abs(said - probability).max())


def agree(both: Both, rows: Floats) -> None:
    different, most = both.differences(rows)
    assert different == 0
    assert most <= 1e-15


def opened(folder: Path, target: Path, matrix: Floats, *, threads: int = 1) -> Both:
    runtime = importlib.import_module("onnxruntime")
    write_onnx(folder, target)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
    return Both(matrix, Scorer.load(folder, on_expired="ignore"), read_artifact(folder).trees, session)


@pytest.fixture(scope="module")
def both(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return opened(trained.folder, tmp_path_factory.mktemp("onnx") / "model.onnx", trained.matrix)


def possible(rows: Floats) -> Floats:
    """Rows within the bounds of the features."""
    rows[:, NAMES.index("visits")] = np.clip(rows[:, NAMES.index("visits")], 0.0, 1000.0)
    return rows


def around(trees: Trees, rows: Floats) -> Floats:
    """For each numeric split a row on its threshold, one bit below and one above, both in float64 and in float32."""
    found = []
    for split, (kind, feature, cut) in enumerate(
        zip(trees.decision_type, trees.split_feature, trees.threshold, strict=True)
    ):
        if not kind & CATEGORICAL and abs(cut) < 1e300:
            single = float(np.float32(cut))
            near = [cut, math.nextafter(cut, -math.inf), math.nextafter(cut, math.inf), single]
            near += [float(np.nextafter(np.float32(cut), np.float32(side))) for side in (-math.inf, math.inf)]
            for value in near:
                row = rows[split % len(rows)].copy()
                row[feature] = value
                found.append(row)
    return possible(np.array(found))


def test_at_every_threshold_and_a_bit_beside_it_the_decision_is_the_scorers(both: Both) -> None:
    rows = around(both.trees, both.matrix)
    assert len(rows) > 200
    agree(both, rows)


def test_rows_drawn_at_random_score_the_same(both: Both) -> None:
    rng = np.random.default_rng(1)
    rows = possible(rng.normal(size=(3_000, len(NAMES))) * 10.0 ** rng.integers(-38, 5, (3_000, len(NAMES))))
    for name, many in CATEGORIES.items():
        rows[:, NAMES.index(name)] = rng.integers(-2, many + 3, len(rows))
    rows[rng.random(rows.shape) < 0.2] = np.nan
    agree(both, np.vstack([rows, both.matrix]))


@pytest.mark.parametrize("place", range(len(NAMES)))
def test_missing_zero_and_unseen_values_score_the_same(both: Both, place: int) -> None:
    rows = np.repeat(both.matrix[:40], 9, axis=0)
    odd = [math.nan, 0.0, -0.0, ZERO, -ZERO, 5e-324, math.nextafter(ZERO, 1.0), -math.nextafter(ZERO, 1.0), 1e300]
    if NAMES[place] in CATEGORIES:
        many = float(CATEGORIES[NAMES[place]])
        odd = [math.nan, 0.0, -0.0, -1.0, many - 1, many, 31.0, 32.0, 1e9]
    rows[:, place] = np.tile(odd, 40)
    agree(both, possible(rows))


@pytest.mark.parametrize("kind", sorted(CALIBRATIONS))
def test_every_calibration_gives_the_scorers_probability_within_the_bound(
    plain: Any, kind: str, tmp_path: Path
) -> None:
    header = plain.header | {"calibration": CALIBRATIONS[kind]}
    text, rows = plain.booster.model_to_string(), plain.matrix
    write_artifact(tmp_path / "artifact", header=header, model_text=text, selftest_rows=rows[:20])
    both = opened(tmp_path / "artifact", tmp_path / "model.onnx", rows)
    different, most = both.differences(rows)
    assert different == 0
    assert most <= probability_bound(parse_calibration(CALIBRATIONS[kind], "here"))
    assert len(np.unique(both.scorer.score_features(rows))) > 100


def test_the_sum_of_the_leaves_does_not_depend_on_threads_nor_on_the_batch(trained: Any, tmp_path: Path) -> None:
    both = opened(trained.folder, tmp_path / "model.onnx", trained.matrix, threads=2)
    rows = np.tile(trained.matrix, (4, 1))
    assert both.differences(rows)[0] == 0
    alone = [both.session.run([RAW], {INPUT: row[None, :]})[0][0] for row in rows[:50]]
    assert alone == both.scorer.raw_scores(rows[:50]).tolist()


def test_a_model_that_learned_nothing_is_written(plain: Any, tmp_path: Path) -> None:
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 900}
    data = lgb.Dataset(plain.matrix, np.arange(900) % 3 == 0, feature_name=NAMES, params=settings)
    text = lgb.train(settings, data, 2).model_to_string()
    write_artifact(tmp_path / "artifact", header=plain.header, model_text=text, selftest_rows=plain.matrix[:5])
    both = opened(tmp_path / "artifact", tmp_path / "model.onnx", plain.matrix)
    assert both.trees.count == 1
    agree(both, plain.matrix)


def test_a_set_without_a_category_sends_every_row_to_the_right(plain: Any, onnxruntime: Any) -> None:
    from onnx import helper

    trees = Trees(
        tree_start=[0, 1],
        split_feature=[2],
        threshold=[0.0],
        decision_type=[CATEGORICAL],
        left_child=[~0],
        right_child=[~1],
        internal_count=[2],
        leaf_value=[1.0, 2.0],
        leaf_count=[1, 1],
        cat_boundaries=[0, 1],
        cat_threshold=[0],
    )
    graph = model_graph(trees, parse_calibration(CALIBRATIONS["none"], "here"), width=len(NAMES))
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    assert set(session.run([RAW], {INPUT: plain.matrix})[0]) == {2.0}


def test_the_file_says_what_it_is(trained: Any, onnxruntime: Any, tmp_path: Path) -> None:
    parity = write_onnx(trained.folder, tmp_path / "model.onnx")
    scorer = Scorer.load(trained.folder, on_expired="ignore")
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    told = session.get_modelmeta().custom_metadata_map
    assert told["digest"] == scorer.digest
    assert (told["outcome"], told["expires_on"], told["trained_to"]) == ("fail", "2026-01-01", "2025-01-01")
    assert json.loads(told["features"]) == NAMES
    assert json.loads(told["categories"])["street"] == [f"street {number}" for number in range(40)]
    assert json.loads(told["levels"]) == {"codes": ["A", "B", "C"], "cuts": [0.25, 0.5]}
    assert [(one.name, one.type, one.shape) for one in session.get_inputs()] == [
        (INPUT, "tensor(double)", ["rows", len(NAMES)])
    ]
    assert parity.rows == len(read_artifact(trained.folder).selftest.raw)
    assert 0.0 <= parity.probability <= parity.bound == float(told["probability_bound"]) == 1e-15


def test_the_same_artifact_gives_the_same_bytes(plain: Any, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_onnx(plain.folder, tmp_path / f"{name}.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_a_graph_that_scores_otherwise_is_not_written(
    plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(trees: Trees, calibration: Any, *, width: int) -> Any:
        moved = [math.nextafter(cut, -math.inf) for cut in trees.threshold]
        return model_graph(dataclasses.replace(trees, threshold=moved), calibration, width=width)

    monkeypatch.setattr("riskml.export.onnx.model_graph", wrong)
    with pytest.raises(ArtifactError, match="does not score the artifact's self-test as it must"):
        write_onnx(plain.folder, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_another_ending_and_a_machine_without_the_libraries_are_refused(
    plain: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StudyError, match=r"model\.pb: an ONNX model is written as \.onnx"):
        write_onnx(plain.folder, tmp_path / "model.pb")
    for name in ("onnxruntime", "onnx"):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(StudyError, match=r"pip install 'riskml\[onnx\]'"):
            write_onnx(plain.folder, tmp_path / "model.onnx")
