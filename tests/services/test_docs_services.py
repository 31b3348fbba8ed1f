"""Blocks of the pages that need a service: Spark, MLflow's server, ONNX, PostgreSQL, openssl, tracked runs in full."""

import importlib
import importlib.util
import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from locked_packages import locked_packages
from mlflow_server import free_port, serving
from pages import ROOT, Block, blocks, console, lines, python, shell
from riskml.export.mlflow import OFFLINE
from riskml.features import build_features
from riskml.records import read_records
from riskml.scorer import Scorer
from services import test_postgresql
from spark_here import session_here

pytestmark = [pytest.mark.services, pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning")]

server = test_postgresql.server  # its fixture, used here too

PATIENCE = 120.0
"""Seconds that a server may take to start."""


def page(name: str) -> Path:
    return ROOT / "docs" / f"{name}.md"


def block_with(name: str, text: str) -> Block:
    """The one block of a page in which a text stands."""
    (found,) = [block for block in blocks(page(name)) if text in block.text]
    return found


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project in which docs/howto_promote.md was followed from top to bottom, each line ending as it says."""
    folder = tmp_path_factory.mktemp("promoted")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "data" / "sample", folder / "data" / "sample")
    (folder / "studies").mkdir()
    shutil.copy(ROOT / "studies" / "sample.toml", folder / "studies")
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as here, patch.dict(os.environ, OFFLINE):
        here.setenv("MLFLOW_TRACKING_URI", "")  # so that what MLflow sets is undone
        here.delenv("MLFLOW_TRACKING_URI")
        here.chdir(folder)
        for block in blocks(page("howto_promote")):
            if block.language == "python":
                python(block, page("howto_promote"), names)
            for line in lines(block) if block.language == "console" else []:
                shell(line)
        yield folder


@pytest.fixture
def project(promoted: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same project, as the working folder."""
    monkeypatch.chdir(promoted)
    return promoted


def test_the_promotion_page_leaves_a_champion_with_its_files_and_a_record(promoted: Path) -> None:
    champion = Scorer.load(promoted / "models" / "champion")
    assert champion.digest == Scorer.load(promoted / "models" / "rehearsal").digest
    record = (promoted / "models" / "promotions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [(json.loads(line)["action"], json.loads(line)["who"]) for line in record] == [("promoted", "Li Na")]


@pytest.fixture
def served(project: Path) -> Iterator[str]:
    """What the line of docs/deploy.md serves, on a free port."""
    (line,) = [line for line in console(page("deploy")) if "mlflow models serve" in line]
    port = free_port()
    variable, *words = shlex.split(line.replace("5001", str(port)))
    with serving(words, port, project / "log", dict([variable.split("=", 1)])):
        yield str(port)


def table_and_scores(artifact: str) -> tuple[pd.DataFrame, "np.ndarray[Any, Any]"]:
    """The features that the page asks for, and what the scorer says of them."""
    table = build_features(read_records("data/sample"), as_of="2025-07-01")
    return table, Scorer.load(artifact).score_table(table).probability


def test_the_champion_is_served_and_answers_as_the_page_asks(served: str, capsys: pytest.CaptureFixture[str]) -> None:
    asking = block_with("deploy", "urllib.request")
    python(Block("python", asking.text.replace("5001", served), asking.line), page("deploy"), {})
    answer = json.loads(capsys.readouterr().out)
    _, expected = table_and_scores("models/champion")
    assert [one["probability"] for one in answer["predictions"]] == expected[:2].tolist()


def test_onnx_scores_every_site_as_the_page_does_it(project: Path) -> None:
    with pytest.MonkeyPatch.context() as environment:
        if importlib.util.find_spec("onnxruntime") is None:
            environment.setattr(sys, "path", [*sys.path, str(locked_packages("onnx", "onnx"))])
        importlib.import_module("onnxruntime")
        (line,) = lines(block_with("deploy", "--onnx"))
        shell(line)
        names: dict[str, Any] = {}
        python(block_with("deploy", "import onnxruntime"), page("deploy"), names)
    assert (project / "sample.onnx").is_file()
    _, expected = table_and_scores("models/sample")
    assert len(expected) > 2000
    np.testing.assert_allclose(names["probability"].ravel(), expected, rtol=0, atol=1e-14)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    yield from session_here()


@pytest.mark.usefixtures("spark")
def test_the_lines_for_spark_of_one_machine_give_what_comes_without_it(project: Path) -> None:
    found = [line for name in ("deploy", "cluster") for line in console(page(name)) if "file:///data/records" in line]
    assert len(found) == 4
    records = (ROOT / "data" / "sample").as_uri()
    for line in dict.fromkeys(line.removeprefix("time ").replace("file:///data/records", records) for line in found):
        shell(line.replace("--out scores/", f"--out {project}/scores/"))  # Spark's folder is that in which it started
    shell("riskml features data/sample --as-of 2025-06-01 --out here.parquet")
    shell("riskml score models/sample data/sample --as-of 2025-06-01 --out here_scores.parquet")
    here = pd.read_parquet("here.parquet")
    for name in ("features.parquet", "spark.parquet"):
        pd.testing.assert_frame_equal(pd.read_parquet(name), here)
    scores, expected = (pd.read_parquet(name).set_index("site_id") for name in ("scores", "here_scores.parquet"))
    assert (scores["probability"].sort_index() == expected["probability"].sort_index()).all()
    assert (project / "scores").is_dir()


def test_the_lines_that_make_keys_make_a_signature_that_is_checked(project: Path) -> None:
    for line in console(page("artifact")):
        if line.startswith("openssl "):
            shell(line)
    shutil.copytree("models/sample", "signed")
    shell("riskml export signed --sign private.pem")
    shell("riskml verify signed --public-key public.pem")
    assert Scorer.load(project / "signed", public_key="public.pem").digest == Scorer.load("models/sample").digest


def filled(rows: pd.DataFrame) -> str:
    """SQL that makes a table of texts, `harbour`, which the reader may read."""
    columns = ", ".join(f'"{name}" text' for name in rows.columns)
    values = ", ".join("(" + ", ".join(f"'{cell}'" for cell in row) + ")" for row in rows.to_numpy())
    return f"CREATE TABLE harbour ({columns}); INSERT INTO harbour VALUES {values}; GRANT SELECT ON harbour TO reader"  # noqa: S608


def test_the_line_for_a_database_reads_the_rows_of_the_page(
    server: test_postgresql.Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for text in ('harbour.csv").write_text', 'harbour.toml").write_text'):
        python(block_with("howto_city", text), page("howto_city"), {"Path": Path})
    server.sql("CREATE DATABASE city")
    place = ("-h", "127.0.0.1", "-p", str(server.port), "-U", "owner", "-d", "city")
    server.run("psql", *place, "-qc", filled(pd.read_csv("harbour.csv", dtype="str", keep_default_na=False)))
    (line,) = [line for line in console(page("howto_city")) if "postgresql://" in line]
    shell(line.replace("postgresql://reader@host/city", server.url.replace("/food", "/city")))
    shell("riskml ingest harbour.toml harbour.csv --out from_file")
    found, expected = (read_records(name) for name in ("data/raw/harbour_pg", "from_file"))
    pd.testing.assert_frame_equal(found.inspections, expected.inspections)
    pd.testing.assert_frame_equal(found.sites, expected.sites)
    assert len(found.quarantine) == len(expected.quarantine) == 1
