"""The writer: same arguments same bytes, refusals before the first byte, probes that decide, size."""

import json
import math
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest
from numpy.typing import NDArray

from riskml.errors import ArtifactError
from riskml.export.artifact import artifact_files, write_artifact
from riskml.export.probes import probe_rows
from riskml.scorer import Scorer
from riskml.scorer.opening.artifact import open_artifact, read_artifact

NAMES = ["visits", "street"]


def data() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    random = np.random.default_rng(1)
    x = np.column_stack([random.normal(size=400), random.integers(0, 5, 400)])
    x[::7, 0] = np.nan
    return x, (np.nan_to_num(x[:, 0]) + (x[:, 1] == 2) + random.normal(size=400) > 0.5).astype(np.int64)


def model_text(names: list[str] | None = None, **parameters: Any) -> str:
    x, y = data()
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 5, **parameters}
    train = lgb.Dataset(
        x, y, feature_name=names or "auto", categorical_feature=[1], params={"verbose": -1, **parameters}
    )
    return str(lgb.train(settings, train, 20).model_to_string())


def header(**changes: Any) -> dict[str, Any]:
    texts = {"unit": "", "text_en": "", "text_zh": "", "reason_en": "", "reason_zh": ""}
    plain = {**texts, "monotone": 0, "low": None, "high": None}
    streets = [str(number) for number in range(5)]
    return {
        "name": "test",
        "code_version": "0",
        "data_hash": "none",
        "outcome": "fail",
        "horizon_days": 90,
        "label_versions": [],
        "trained_to": "2025-01-01",
        "expires_on": "2026-01-01",
        "context_days": 100,
        "features": [
            {**plain, "name": "visits", "kind": "number", "categories": [], "tags": ["history"]},
            {**plain, "name": "street", "kind": "category", "categories": streets},
        ],
        "program": {
            "codes": [],
            "tables": [],
            "features": [
                {"name": "visits", "from": "site", "column": "visits"},
                {"name": "street", "from": "category", "column": "street", "categories": streets},
            ],
            "context": {"facts": [], "groups": [], "seen": None},
        },
        "calibration": {"kind": "none"},
        "levels": None,
    } | changes


@pytest.fixture(scope="module")
def text() -> str:
    return model_text(NAMES)


def files(text: str, **changes: Any) -> dict[str, bytes]:
    return artifact_files(header=header(**changes), model_text=text, selftest_rows=data()[0])


def test_the_same_arguments_give_the_same_bytes(text: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        digest = write_artifact(tmp_path / name, header=header(), model_text=text, selftest_rows=data()[0])
    for name, content in files(model_text(NAMES)).items():
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() == content
    assert read_artifact(tmp_path / "one").digest == digest
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == sorted(files(text))


def test_an_artifact_is_written_over_an_older_one_and_leaves_other_files(text: str, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("report", encoding="utf-8")
    first = write_artifact(tmp_path, header=header(), model_text=text, selftest_rows=data()[0])
    second = write_artifact(tmp_path, header=header(name="newer"), model_text=text, selftest_rows=data()[0])
    assert first != second == read_artifact(tmp_path).digest
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "report"


@pytest.mark.parametrize("written", range(1, 6))
def test_a_writer_killed_halfway_leaves_nothing_that_loads(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    write_artifact(tmp_path, header=header(), model_text=text, selftest_rows=data()[0])
    rename = Path.replace
    done: list[Path] = []

    def killed(self: Path, target: Path) -> Path:
        if len(done) == written:
            raise KeyboardInterrupt
        done.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_artifact(tmp_path, header=header(name="newer"), model_text=text, selftest_rows=data()[0])
    with pytest.raises(ArtifactError, match=r"manifest\.json cannot be read"):
        Scorer.load(tmp_path, on_expired="ignore")


def test_a_feature_that_tells_who_was_sent_is_refused(text: str, tmp_path: Path) -> None:
    tagged = header()
    tagged["features"][0]["tags"] = ["history", "assignment"]
    with pytest.raises(ArtifactError, match="feature 'visits' is tagged 'assignment'"):
        write_artifact(tmp_path, header=tagged, model_text=text, selftest_rows=data()[0])
    assert list(tmp_path.iterdir()) == []


def test_tags_are_not_stored_and_the_header_is_not_changed(text: str) -> None:
    given = header()
    found = artifact_files(header=given, model_text=text, selftest_rows=data()[0])
    assert all("tags" not in feature for feature in json.loads(found["model.json"])["features"])
    assert given == header()


def test_columns_of_other_names_or_order_are_refused(text: str) -> None:
    with pytest.raises(ArtifactError, match=r"trained on the columns \['street', 'visits'\]"):
        files(model_text(["street", "visits"]))
    assert open_artifact(files(model_text())).trees == open_artifact(files(text)).trees


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"objective": "regression"}, "objective='regression'"),
        ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "averages its trees"),
        ({"linear_tree": True}, "linear trees"),
        ({"sigmoid": 2.0}, "objective='binary sigmoid:2'"),
    ],
)
def test_models_the_format_cannot_say_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        files(model_text(NAMES, **parameters))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"calibration": {"kind": "spline"}}, "unknown kind 'spline'"),
        ({"features": []}, "between 1 and"),
        ({"trained_to": 20250101}, "a day like"),
        ({"program": {"codes": [], "weight": {1}}}, "cannot be written as JSON"),
        ({"note": "more"}, "needs exactly the keys"),
    ],
)
def test_a_header_the_scorer_would_refuse_is_not_written(
    text: str, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArtifactError, match=message):
        write_artifact(tmp_path, header=header(**changes), model_text=text, selftest_rows=data()[0])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [[], [[1.0]], [[math.inf, 0.0]]])
def test_self_test_rows_must_be_usable(text: str, rows: list[list[float]]) -> None:
    with pytest.raises(ArtifactError, match="self-test"):
        artifact_files(header=header(), model_text=text, selftest_rows=rows)


def test_probes_meet_thresholds_exactly_missing_and_unseen_values(text: str) -> None:
    artifact = open_artifact(files(text))
    rows = artifact.selftest.rows
    trees = artifact.trees
    cuts = {trees.threshold[split] for split, kind in enumerate(trees.decision_type) if not kind & 1}
    at = {row[0] for row in rows} & cuts
    assert len(at) >= 8
    assert {math.nextafter(cut, math.inf) for cut in at} <= {row[0] for row in rows}
    assert {math.nextafter(cut, -math.inf) for cut in at} <= {row[0] for row in rows}
    assert any(all(map(math.isnan, row)) for row in rows)
    assert {-1.0, 5.0} <= {row[1] for row in rows}
    assert any(math.copysign(1.0, row[0]) < 0.0 and row[0] == 0.0 for row in rows)


def test_the_self_test_notices_a_scorer_that_is_wrong_at_thresholds(text: str) -> None:
    artifact = open_artifact(files(text))
    trees, test = artifact.trees, artifact.selftest
    strict = type(trees)(
        **{**vars(trees), "threshold": [math.nextafter(value, -math.inf) for value in trees.threshold]}
    )
    numeric = [row for row, raw in zip(test.rows, test.raw, strict=True) if strict.raw_score([row[0], math.nan]) != raw]
    assert numeric
    seen = [trees.raw_score([row[0], math.nan]) != strict.raw_score([row[0], math.nan]) for row in test.rows]
    assert any(seen)


def test_probes_are_the_same_rows_each_time(text: str) -> None:
    artifact = open_artifact(files(text))
    again = probe_rows(artifact.header.features, artifact.trees, data()[0].tolist())
    assert sorted(map(repr, again)) == sorted(map(repr, artifact.selftest.rows))


def test_a_large_model_takes_less_than_a_megabyte() -> None:
    random = np.random.default_rng(3)
    x = random.normal(size=(3000, 40))
    y = (x[:, 0] + x[:, 1] * x[:, 2] + random.normal(size=3000) > 0).astype(int)
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 31, "max_bin": 63}
    booster = lgb.train(settings, lgb.Dataset(x, y, params={"verbose": -1}), 400)
    one = header()["features"][0]
    names = [f"f{number}" for number in range(40)]
    found = artifact_files(
        header=header(
            features=[one | {"name": name} for name in names],
            program={
                "codes": [], "tables": [],
                "features": [{"name": name, "from": "site", "column": name} for name in names],
                "context": {"facts": [], "groups": [], "seen": None},
            },
        ),
        model_text=booster.model_to_string(),
        selftest_rows=x,
    )  # fmt: skip
    assert open_artifact(found).trees.count == 400
    assert sum(map(len, found.values())) < 1_000_000
