"""The whole run for the other outcomes and another horizon, with expected severity: every table is there."""

import json
from pathlib import Path

import pandas as pd
import pytest

from riskml.pipeline import run
from riskml.scorer import Scorer
from riskml.study import Study
from studies import write_study


@pytest.mark.parametrize(
    ("outcome", "horizon"), [("fail_broad", 60), ("fail_severe", 90)], ids=["fail_broad", "fail_severe"]
)
def test_a_run_for_another_outcome(tmp_path: Path, outcome: str, horizon: int) -> None:
    cohort = f'outcome = "{outcome}"\nhorizon_days = {horizon}'
    path = write_study(tmp_path, cohort=cohort, comparison="systems = []\ndraws = 10", splits="origins = 1")
    path.write_text(path.read_text().replace("trees = 60\n", "trees = 30\nseverity = true\nearly_stopping = 10\n"))
    result = run(Study.load(path))
    assert result.summary["outcome"] == outcome
    recall = {policy: metrics["recall@0.20"]["value"] for policy, metrics in result.summary["policies"].items()}
    assert 0.15 < recall["random"] < recall["perfect"] <= 1
    assert recall["expected_severity"] > recall["random"]
    header = Scorer.load(result.folder, on_expired="ignore").header
    assert (header.outcome, header.horizon_days) == (outcome, horizon)
    tables = {path.stem: pd.read_parquet(path) for path in (result.folder / "tables").glob("*.parquet")}
    assert {"calibration", "scorecard", "scored_rows"} <= set(tables)
    assert set(tables["calibration"]["group"]) == {"overall", "origin", "office", "format_code", "size", "legal_form"}
    fail = json.loads((result.folder / "summary.json").read_text())["base_rate"]
    assert tables["scored_rows"]["fail"].mean() == pytest.approx(fail)
    assert "labelled_share@0.20" not in result.summary["policies"]["inspector_only"]
    assert "labelled_share@0.20" not in result.summary["differences"]["model - inspector_only"]
    assert "labelled_share@0.20" in result.summary["differences"]["model - logistic"]
