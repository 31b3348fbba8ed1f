"""The whole line on the sample: what it writes, that it can be recomputed, and that a rerun gives the same bytes."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from riskml.pipeline import STAGES, records_of, run
from riskml.records import read_records
from riskml.records.log import raw_history
from riskml.scorer import ArtifactError, Scorer
from riskml.study import Study
from studies import SAMPLE, write_study

FILES = {
    "model.json", "trees.bin", "context.json", "peers.json", "manifest.json", "selftest.json", "card.md",
    "transparency.md",    "report.html",
    "summary.json", "run.json",
    "tables",
}  # fmt: skip
KEYS = {
    "study", "data_hash", "code_version", "rows", "sites", "labelled", "base_rate", "origins", "policies",
    "differences", "notes",
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder in which the small study has been run once."""
    folder = tmp_path_factory.mktemp("project")
    run(Study.load(write_study(folder, report="true")))
    return folder


@pytest.fixture(scope="module")
def rows(project: Path) -> pd.DataFrame:
    """The scored rows of that run."""
    return pd.read_parquet(project / "models" / "small" / "tables" / "scored_rows.parquet")


@pytest.fixture(scope="module")
def summary(project: Path) -> dict:  # type: ignore[type-arg]
    """Its summary."""
    return json.loads((project / "models" / "small" / "summary.json").read_text())  # type: ignore[no-any-return]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a results folder but the wall-clock facts."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    del found["run.json"]
    return found


def test_a_run_writes_what_the_design_names(project: Path, summary: dict, rows: pd.DataFrame) -> None:  # type: ignore[type-arg]
    assert {path.name for path in (project / "models" / "small").iterdir()} == FILES
    assert set(summary) >= KEYS
    named = ["site_id", "as_of", "inspection_id", "visited_on", "fail", "origin", "inspector", "weight"]
    named += ["office", "visit_type", "harm", "propensity"]
    policies = [
        "random",
        "last_outcome",
        "past_fail_rate",
        "perfect",
        "best_feature",
        "logistic",
        "scorecard",
        "inspector_only",
        "grade_nanchang",
        "grade_nanchang_points",
        "grade_nanchang_plus_model",
        "model",
        "grade_nanchang_operated",
    ]
    assert list(rows.columns) == named + [f"score_{policy}" for policy in policies]
    for policy in policies:
        estimate = summary["policies"][policy]["recall@0.20"]
        assert set(estimate) == {"value", "low", "high", "n", "n_positive", "estimand"}
        assert estimate["low"] - 1e-12 <= estimate["value"] <= estimate["high"] + 1e-12
    assert summary["differences"]["model - last_outcome"]["recall@0.20"]["draws"] == 40


def test_headlines_can_be_recomputed_from_the_scored_rows(summary: dict, rows: pd.DataFrame) -> None:  # type: ignore[type-arg]
    pool = rows[rows["fail"].notna()]
    for policy in summary["policies"]:
        found, pairs, ordered = 0.0, 0.0, 0.0
        for _, window in pool.groupby("origin"):
            fail, score = window["fail"].astype(bool).to_numpy(), window[f"score_{policy}"].to_numpy()
            left = 0.2 * len(window)
            for value in sorted(set(score), reverse=True):
                tie = score == value
                taken = min(left, tie.sum())
                found += fail[tie].mean() * taken
                left -= taken
            weight = fail.sum() * (~fail).sum()
            ordered += weight * roc_auc_score(fail, score)
            pairs += weight
        metrics = summary["policies"][policy]
        assert metrics["recall@0.20"]["value"] == pytest.approx(found / pool["fail"].sum(), abs=1e-9)
        assert metrics["auc"]["value"] == pytest.approx(ordered / pairs, abs=1e-9)
    assert summary["labelled"] == len(pool)
    assert summary["base_rate"] == pytest.approx(float(pool["fail"].mean()), abs=1e-12)


def test_every_labelled_row_is_a_visit_in_its_horizon(rows: pd.DataFrame) -> None:
    made = rows[rows["fail"].notna()]
    days = (made["visited_on"] - made["as_of"]).dt.days
    assert days.between(0, 89).all()
    assert rows.loc[rows["fail"].isna(), "inspection_id"].isna().mean() > 0.9
    assert not rows.duplicated(["site_id", "origin"]).any()
    assert not made["inspection_id"].duplicated().any()


def test_a_run_says_what_each_duration_means_and_what_each_origin_learned_from(project: Path, summary: dict) -> None:  # type: ignore[type-arg]
    splits = pd.read_parquet(project / "models" / "small" / "tables" / "splits.parquet")
    assert [f"{day:%Y-%m-%d}" for day in splits["origin"]] == summary["origins"]
    assert (splits["gap_days"] == splits["horizon_days"] + splits["settling_days"]).all()
    assert (splits["distance_days"] >= splits["gap_days"]).all()
    english, chinese = (summary["splits"][lang].splitlines() for lang in ("en", "zh"))
    assert english[1].startswith("Horizon, 90 days: ")
    assert len(english) == len(chinese) == 4 + len(splits)
    assert f"learns from {splits['train_rows'].iloc[-1]} rows" in english[-1]


def test_a_second_run_reuses_every_stage_and_gives_the_same_bytes(project: Path) -> None:
    before = contents(project / "models" / "small")
    states: dict[str, str] = {}
    run(Study.load(project / "small.toml"), states.__setitem__)
    stages = set(STAGES) - {"records", "export", "tracking"}
    assert {states[stage] for stage in stages} == {"reused"}
    assert contents(project / "models" / "small") == before


def test_a_run_from_nothing_in_another_place_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    run(Study.load(write_study(tmp_path, report="true")))
    assert contents(tmp_path / "models" / "small") == contents(project / "models" / "small")


def test_a_changed_setting_runs_again_what_it_touches_and_nothing_else(project: Path) -> None:
    states: dict[str, str] = {}
    run(Study.load(write_study(project, comparison="draws = 41")), states.__setitem__)
    assert states["scores"] == states["features"] == states["model"] == "reused"
    assert states["comparison"] == "done"
    run(Study.load(write_study(project, report="true")))


def test_another_seed_gives_another_model(project: Path, tmp_path: Path) -> None:
    run(Study.load(write_study(tmp_path, seed="8")))
    other = tmp_path / "models" / "small" / "trees.bin"
    assert other.read_bytes() != (project / "models" / "small" / "trees.bin").read_bytes()


def test_the_artifact_scores_a_site_from_its_raw_events_as_the_batch_does(project: Path) -> None:
    from riskml.export.scoring import context_for, score_records

    records = read_records(SAMPLE)
    folder = project / "models" / "small"
    scorer = Scorer.load(folder, on_expired="ignore").with_context(context_for(folder, records, "2025-06-01"))
    batch = score_records(folder, records, "2025-06-01").set_index("site_id")
    for site_id in batch.index[:: len(batch) // 12]:
        history = raw_history(records, site_id)
        score = scorer.score(history["site"], history["events"], "2025-06-01", history["amendments"])
        assert score.probability == batch.loc[site_id, "probability"]
        assert score.level == batch.loc[site_id, "level"]
        moved = [reason.contribution for reason in (*score.reasons_up, *score.reasons_down)]
        assert moved
        assert all(reason.text_zh and reason.text_en for reason in (*score.reasons_up, *score.reasons_down))


def test_the_records_of_a_study_are_those_of_its_folder(tmp_path: Path) -> None:
    records = records_of(Study.load(write_study(tmp_path)))
    pd.testing.assert_frame_equal(records.events, read_records(SAMPLE).events)


def test_levels_keep_the_sizes_of_the_incumbents(project: Path) -> None:
    from riskml.grades import grade

    records = read_records(SAMPLE)
    scorer = Scorer.load(project / "models" / "small", on_expired="ignore")
    features = pd.read_parquet(next((project / "data" / "derived" / "small").glob("model-*")) / "today.parquet")
    mine = pd.Series([level.code if (level := scorer.level_of(p)) else None for p in features["probability"]])
    graded = grade(records, "nanchang", "2025-07-01").set_index("site_id")["level"]
    theirs = graded[features["site_id"]]
    for name, share in theirs.value_counts(normalize=True).items():
        assert (mine == name).mean() == pytest.approx(share, abs=0.01)


def test_one_flipped_byte_of_the_artifact_is_refused(project: Path, tmp_path: Path) -> None:
    names = ("model.json", "trees.bin", "selftest.json", "manifest.json")
    rng = np.random.default_rng(0)
    whole = {name: (project / "models" / "small" / name).read_bytes() for name in names}
    for name in names:
        for place in rng.integers(0, len(whole[name]), 12):
            for other in names:
                (tmp_path / other).write_bytes(whole[other])
            changed = bytearray(whole[name])
            changed[place] ^= 1 << int(rng.integers(0, 8))
            (tmp_path / name).write_bytes(changed)
            with pytest.raises(ArtifactError):
                Scorer.load(tmp_path)


def test_the_whole_line_on_real_records(real_data: Path, root: Path, tmp_path: Path) -> None:
    study = tmp_path / "chicago.toml"
    (tmp_path / "pyproject.toml").touch()
    text = (root / "studies" / "chicago.toml").read_text()
    short = "[tracking]\nmlflow = false\n[report]\nhtml = false\n[comparison]\ndraws = 200\nsensitivity_draws = 5"
    study.write_text(text.replace("[comparison]", short))
    os.environ["RISKML_REAL_DATA"] = str(real_data)
    summary = run(Study.load(study)).summary
    kept = [path for path in (tmp_path / "data" / "derived" / "chicago").iterdir() if path.name.startswith("records-")]
    made = [path.stat().st_mtime_ns for path in kept]
    assert len(records_of(Study.load(study)).sites) == summary["register"]["sites"]
    assert len(kept) == 1
    assert [path.stat().st_mtime_ns for path in kept] == made, "mapped once, and kept"
    assert len(summary["origins"]) == 8
    assert max(summary["origins"]) < "2014-09"
    for difference in summary["differences"].values():
        assert difference["recall@0.20"]["low"] is not None
    auc = {policy: metrics["auc"]["value"] for policy, metrics in summary["policies"].items()}
    assert auc["random"] == pytest.approx(0.5)
    assert 0.45 < auc["grade_chicago_risk"] < 0.55 < auc["last_outcome"] < 0.65
    # the README says so in words; when this changes, it has to change too
    assert summary["verdict"]["en"].startswith("The model beats the last outcome")
    assert auc["model"] < 0.70, "too good to be true on these records: look for a leak"
