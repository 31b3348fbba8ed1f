"""A run's assumed numbers varied: from the run's own headline, repeatably, and never on what does not fit."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from riskml.cli import app
from riskml.errors import DataError, StudyError
from riskml.pipeline import run
from riskml.study import Study
from riskml.varying import vary
from studies import write_study

TABLES = ("sensitivity", "sensitivity_numbers", "sensitivity_ranges")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A small study, run."""
    found = Study.load(write_study(tmp_path_factory.mktemp("project")))
    run(found)
    return found


def table(study: Study, name: str) -> pd.DataFrame:
    return pd.read_parquet(study.folder / "tables" / f"{name}.parquet")


def test_draw_0_is_the_run_s_own_headline(study: Study) -> None:
    vary(study, draws=2)
    summary = json.loads((study.folder / "summary.json").read_text(encoding="utf-8"))
    first = table(study, "sensitivity").query("draw == 0")
    assert len(first) == 2 * 13
    for row in first.to_dict("records"):
        assert row["grade"] == summary["policies"][row["policy"]][row["metric"]]["value"]
        assert row["difference"] == summary["differences"][f"model - {row['policy']}"][row["metric"]]["value"]


def test_the_same_seed_gives_the_same_bytes(study: Study) -> None:
    vary(study, draws=2)
    first = [(study.folder / "tables" / f"{name}.parquet").read_bytes() for name in TABLES]
    vary(study, draws=2)
    assert [(study.folder / "tables" / f"{name}.parquet").read_bytes() for name in TABLES] == first


def test_the_command_prints_the_range_of_every_headline(study: Study) -> None:
    done = CliRunner().invoke(app, ["sensitivity", str(study.path), "--draws", "2"])
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split()[:2] == ["policy", "metric"]
    shown = [line.split()[:2] for line in lines if line.startswith("  grade_")]
    assert ["grade_nanchang", "recall@0.20"] in shown
    assert len(shown) == 2 * 10
    assert "over 2 draws of the assumed numbers" in done.stdout
    done = CliRunner().invoke(app, ["sensitivity", str(study.path), "--draws", "2", "--lang", "zh"])
    assert "对推定数值作2次抽取" in done.stdout


def test_a_study_that_was_not_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no finished run of small: .*; run `riskml run "):
        vary(Study.load(write_study(tmp_path)), draws=1)


def test_a_study_without_systems_and_no_draws_are_refused(tmp_path: Path, study: Study) -> None:
    with pytest.raises(StudyError, match="names no system; there are no numbers to vary"):
        vary(Study.load(write_study(tmp_path, comparison="systems = []")), draws=1)
    with pytest.raises(StudyError, match="draws 0 are not allowed; ask for 1 to 100000"):
        vary(study, draws=0)


def test_a_run_of_other_records_is_refused(study: Study) -> None:
    path = study.folder / "summary.json"
    kept = path.read_text(encoding="utf-8")
    try:
        path.write_text(json.dumps({**json.loads(kept), "data_hash": "other"}), encoding="utf-8")
        with pytest.raises(DataError, match="the run was made of other records; run `riskml run "):
            vary(study, draws=1)
    finally:
        path.write_text(kept, encoding="utf-8")
