"""The Java of docs/howto_java.md: run on hard rows it gives the scorer's bits, and it refuses what was damaged."""

import csv
import hashlib
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from java_page import PLAIN, ROOT, WITH_ONNX, compile_into, hard_rows, java_of, needs_a_jdk, run_java
from riskml.export.onnx import probability_bound, properties
from riskml.export.onnx_graph import INPUT, PROBABILITY, RAW
from riskml.export.signing import sign
from riskml.scorer import Scorer
from riskml.scorer.forest.calibration import parse_calibration
from riskml.scorer.opening.artifact import open_artifact, read_artifact
from riskml.scorer.opening.manifest import MANIFEST, MAX_BYTES, canonical, manifest
from riskml.scorer.opening.selftest import selftest_table
from small_models import small_models

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of the page, compiled."""
    folder = tmp_path_factory.mktemp("java")
    compile_into(folder)
    return folder


def scored(classes: Path, artifact: Path, table: str) -> list[list[str]]:
    """The rows that the program answers, without their head."""
    done = run_java(classes, "Scorer", artifact, given=table)
    assert done.returncode == 0, done.stderr
    head, *rows = csv.reader(io.StringIO(done.stdout))
    assert head == ["raw", "probability", "level"]
    return rows


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def changed(files: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
    """The artifact with another header, its self-test and checksums made anew."""
    table, opened = json.loads(files["model.json"]) | {"expires_on": "2999-01-01"} | changes, open_artifact(files)
    test = selftest_table(opened.selftest.rows, opened.trees, parse_calibration(table["calibration"], "here"))
    new = {**files, "model.json": canonical(table), "selftest.json": canonical(test)}
    del new[MANIFEST]
    return {**new, MANIFEST: manifest(new)}


ESCAPED = 'a "word",\n[{\\}] \u0007店'
CALIBRATIONS: list[dict[str, Any]] = [
    {"kind": "none"},
    {"kind": "platt", "slope": 1.25, "intercept": -0.5},
    {"kind": "beta", "rise": 0.7, "fall": 1.9, "intercept": 0.25},
    {"kind": "isotonic", "raw": [-1.0, -0.25, 0.1, 0.3], "log_odds": [-3.0, -1.1, -1.0, 2.0]},
]


def artifacts() -> Iterator[dict[str, bytes]]:
    """Every calibration and way of missing, with levels and without; texts that JSON has to escape."""
    for number, calibration in enumerate(CALIBRATIONS):
        files = small_models()[number % 3]
        levels = json.loads(files["model.json"])["levels"]
        if levels:
            levels["names"][1]["code"] = "乙\\级"
            chances = [
                parse_calibration(calibration, "here").probability(raw) for raw in open_artifact(files).selftest.raw
            ]
            levels["cuts"] = np.quantile(np.unique(chances), [0.3, 0.7]).tolist()
        yield changed(files, calibration=calibration, levels=levels, name=ESCAPED)


@pytest.mark.parametrize("number", range(4), ids=[one["kind"] for one in CALIBRATIONS])
def test_hard_rows_get_the_bits_of_the_scorer(classes: Path, tmp_path: Path, number: int) -> None:
    files = list(artifacts())[number]
    artifact = put(tmp_path / "artifact", files)
    rows, scorer = hard_rows(open_artifact(files)), Scorer.load(artifact, on_expired="ignore")
    found = scored(classes, artifact, rows.text)
    raw, expected = scorer.raw_scores(rows.matrix), scorer.score_features(rows.matrix)
    assert [float(one[0]) for one in found] == raw.tolist()
    assert len(np.unique(raw)) > 150
    bound = probability_bound(scorer.header.calibration)
    assert np.abs(np.array([float(one[1]) for one in found]) - expected).max() <= bound
    levels = [scorer.level_of(value) for value in expected.tolist()]
    assert [one[2] for one in found] == ["" if level is None else level.code for level in levels]
    assert len(set(levels)) == (3 if scorer.header.levels else 1)


def test_a_probability_on_a_cut_has_the_higher_level(classes: Path, small: Path, tmp_path: Path) -> None:
    width = len(read_artifact(small).header.features)
    raw = Scorer.load(small, on_expired="ignore").raw_score([math.nan] * width)
    knots = {"kind": "isotonic", "raw": [raw - 1.0, raw, raw + 1.0], "log_odds": [-1.0, 0.0, 1.0]}
    artifact = put(tmp_path / "artifact", changed(small_models()[0], calibration=knots))
    assert Scorer.load(artifact, on_expired="ignore").header.levels.cuts == (0.25, 0.5)  # type: ignore[union-attr]
    assert scored(classes, artifact, table_of(artifact)) == [[repr(raw), "0.5", "C"]]


def test_the_lines_of_the_page_score_the_sample(tmp_path: Path) -> None:
    needs_a_jdk()
    if not (ROOT / "models" / "sample" / "manifest.json").is_file():
        pytest.skip("models/sample is made by `make run`")
    (tmp_path / "Scorer.java").write_text(java_of(PLAIN), encoding="utf-8")
    for name in ("data", "models"):
        (tmp_path / name).symlink_to(ROOT / name)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    (lines,) = re.findall(r"^```console\n(.*?)^```$", PLAIN, re.MULTILINE | re.DOTALL)
    for line in lines.splitlines():
        asked = ["bash", "-c", line]
        done = subprocess.run(asked, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    table, scores = pd.read_csv(tmp_path / "features.csv"), pd.read_csv(tmp_path / "scores.csv")
    scorer = Scorer.load(ROOT / "models" / "sample", on_expired="ignore")
    expected = scorer.score_table(table)
    assert len(scores) == 3000
    assert np.abs(scores["probability"].to_numpy() - expected.probability).max() <= 1e-15
    assert scores["level"].tolist() == expected.level


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put(tmp_path_factory.mktemp("small") / "artifact", changed(small_models()[0]))


@pytest.mark.parametrize("name", [*MAX_BYTES, MANIFEST])
def test_a_flipped_bit_is_refused_and_the_file_named(classes: Path, small: Path, tmp_path: Path, name: str) -> None:
    artifact = Path(shutil.copytree(small, tmp_path / "artifact"))
    data = bytearray((artifact / name).read_bytes())
    data[len(data) // 2] ^= 1
    (artifact / name).write_bytes(data)
    refused(run_java(classes, "Scorer", artifact, given=table_of(small)), f"{name} was changed")


def refused(done: "subprocess.CompletedProcess[str]", message: str) -> None:
    """The program ended with code 1, said why in one line, and wrote no score."""
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_cut_or_another_version_is_refused(classes: Path, small: Path, tmp_path: Path) -> None:
    artifact = Path(shutil.copytree(small, tmp_path / "artifact"))
    trees = artifact / "trees.bin"
    trees.write_bytes(trees.read_bytes()[:-8])
    refused(run_java(classes, "Scorer", artifact), "trees.bin was changed")
    table = json.loads((artifact / MANIFEST).read_bytes()) | {"version": 4}
    del table["digest"]
    digest = hashlib.sha256(canonical(table)).hexdigest()
    (artifact / MANIFEST).write_bytes(canonical(table | {"digest": digest}))
    refused(run_java(classes, "Scorer", artifact), "version 3, not 4")
    (artifact / MANIFEST).unlink()
    refused(run_java(classes, "Scorer", artifact), "NoSuchFileException")


def test_a_self_test_that_does_not_come_out_is_refused(classes: Path, tmp_path: Path) -> None:
    files = changed(small_models()[0])
    test = json.loads(files["selftest.json"])
    test["raw"][3] = math.nextafter(test["raw"][3], math.inf)
    new = {name: data for name, data in {**files, "selftest.json": canonical(test)}.items() if name != MANIFEST}
    artifact = put(tmp_path / "artifact", {**new, MANIFEST: manifest(new)})
    refused(run_java(classes, "Scorer", artifact), "self-test: row 3 gives")


def test_an_expired_artifact_warns_and_scores(classes: Path, tmp_path: Path) -> None:
    for year, told in ((2025, "warning: the artifact expired on 2025-06-01\n"), (2999, "")):
        files = changed(small_models()[0], trained_to="2025-01-01", expires_on=f"{year}-06-01")
        artifact = put(tmp_path / str(year), files)
        done = run_java(classes, "Scorer", artifact, given=table_of(artifact))
        assert (done.returncode, done.stderr) == (0, told)
        assert len(done.stdout.splitlines()) == 2


def table_of(artifact: Path, **cells: str) -> str:
    """A row of nothing but some cells."""
    names = [feature.name for feature in read_artifact(artifact).header.features]
    return ",".join(names) + "\n" + ",".join(cells.get(name, "") for name in names) + "\n"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"month": "1,2"}, "line 2: not as many cells"),
        ({"area": "-0.5"}, "line 2: area: '-0.5' is no number, or out of its bounds"),
        ({"month": "1e999"}, "line 2: month: '1e999' is no number, or out of its bounds"),
        ({"month": "NaN"}, "month: 'NaN' is no number"),
        ({"month": "12d"}, "month: '12d' is no number"),
        ({"kind": '"sales"'}, "quoted cells are not read"),
    ],
)
def test_a_cell_that_cannot_be_scored_is_refused(
    classes: Path, small: Path, cells: dict[str, str], message: str
) -> None:
    refused(run_java(classes, "Scorer", small, given=table_of(small, **cells)), message)


def test_a_table_without_a_column_or_with_one_twice_is_refused(classes: Path, small: Path) -> None:
    table = table_of(small)
    message = "Refused: the table must have one column month"
    refused(run_java(classes, "Scorer", small, given=table.replace("month", "Month")), message)
    refused(
        run_java(classes, "Scorer", small, given=table.replace("\n", ",month\n", 1).replace(",\n", ",,\n")), message
    )
    refused(run_java(classes, "Scorer", small), "Refused: the table must have one column")


def test_with_a_key_only_what_its_holder_has_signed_is_scored(classes: Path, small: Path, tmp_path: Path) -> None:
    artifact = Path(shutil.copytree(small, tmp_path / "artifact"))
    ours, theirs = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
    for name, key in (("ours", ours), ("theirs", theirs)):
        (tmp_path / name).write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    refused(run_java(classes, "Scorer", artifact, tmp_path / "ours"), "NoSuchFileException")
    sign(artifact, ours.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    done = run_java(classes, "Scorer", artifact, tmp_path / "ours", given=table_of(artifact))
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stderr
    refused(run_java(classes, "Scorer", artifact, tmp_path / "theirs"), "not signed by the key")
    put(artifact, next(artifacts()))
    refused(run_java(classes, "Scorer", artifact, tmp_path / "ours"), "not signed by the key")


def test_wrong_use_is_told_apart(classes: Path) -> None:
    done = run_java(classes, "Scorer")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("use: java Scorer.java ARTIFACT [PUBLIC_KEY]")


def test_the_lines_for_onnx_runtime_compile_and_run_with_a_stand_in(classes: Path, tmp_path: Path) -> None:
    file = tmp_path / "sample.onnx"
    file.write_text("digest = feed\nexpires_on = 2999-01-01\n", encoding="utf-8")
    done = run_java(classes, "Driver", file)
    closed = ["result closed", "tensor closed"]
    assert done.stdout.splitlines() == ["feed", *closed, "[3.5, NaN, -1.0]", "session closed"], done.stderr
    file.write_text("digest = feed\nexpires_on = 2025-01-01\n", encoding="utf-8")
    done = run_java(classes, "Driver", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "sample.onnx expired on 2025-01-01" in done.stderr


def test_the_names_in_the_lines_for_onnx_runtime_are_those_of_the_file() -> None:
    lines = java_of(WITH_ONNX)
    artifact = open_artifact(small_models()[0])
    told = properties(artifact.header, artifact.digest)
    assert set(re.findall(r'property\("(\w+)"\)', lines)) <= set(told)
    assert f'Map.of("{INPUT}", input)' in lines
    assert f'found.get("{PROBABILITY}")' in lines
    named = set(re.findall(r"property `(\w+)`", WITH_ONNX))
    assert {"features", "categories"} <= named <= set(told)
    assert f"`{RAW}`" in WITH_ONNX
