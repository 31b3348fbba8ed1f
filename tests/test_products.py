"""What a run writes is made of that run: its own sites, its own days, its own artifact, in both languages."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml import products
from riskml.explanation.movers import movers
from riskml.export.card_facts import register_facts
from riskml.features.catalog import load_catalog
from riskml.grades import grade, load_system
from riskml.line import Line
from riskml.records.days import from_days
from riskml.stages import Bundle
from riskml.study import Study
from small_lines import small_line


@pytest.fixture(scope="module")
def study() -> Study:
    return small_line()[0]


@pytest.fixture(scope="module")
def line() -> Line:
    return small_line()[1]


@pytest.fixture(scope="module")
def folder(study: Study, line: Line, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the run writes."""
    place = tmp_path_factory.mktemp("products")
    products.write(place, study, line)
    return place


@pytest.fixture(scope="module")
def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_bytes())
    return found


def test_movers_are_told_by_the_features_of_their_own_site(folder: Path, line: Line) -> None:
    rows, features = line.cohort.tables["rows"][["site_id", "as_of"]], line.features.tables["features"]
    whole = pd.concat([rows.reset_index(drop=True), features.reset_index(drop=True)], axis=1)
    today, names = line.model.tables["today"], line.model.facts["features"]
    mine = today.merge(whole[whole["as_of"] == today["as_of"].iloc[0]], on="site_id", validate="one_to_one")
    graded = grade(line.records, "nanchang", f"{line.records.observed_to:%Y-%m-%d}").set_index("site_id")["level"]
    expected = movers(
        today,
        today["site_id"].map(graded),
        load_system("nanchang"),
        values=mine[names].to_numpy(np.float64),
        contributions=line.model.tables["contributions"].to_numpy(np.float64),
        catalog=load_catalog().select(names),
        categories=line.features.facts["categories"],
    )
    found = pd.read_parquet(folder / "tables" / "movers.parquet")
    assert len(found) > 20
    assert found["raises_en"].nunique() > 10
    pd.testing.assert_frame_equal(found, expected.table.astype({"as_of": found["as_of"].dtype}))
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "tables" / "movers_totals.parquet"), expected.totals)


def test_the_summary_says_what_the_run_learned_from(summary: dict[str, Any], study: Study, line: Line) -> None:
    header = json.loads(json.dumps(line.model.facts["label_versions"]))
    scored = line.scores.tables["scored_rows"]
    assert summary["label_versions"] == header
    assert (summary["outcome"], summary["horizon_days"]) == ("fail", 80)
    assert (summary["data_hash"], summary["source"]) == (line.data_hash, line.records.source)
    assert summary["register"] == register_facts(line.records.sites, line.records.inspections, scored)
    assert list(summary["systems"]) == list(study["comparison"]["systems"])
    assert summary["systems"]["nanchang"]["title_zh"] == load_system("nanchang").title_zh
    assert summary["rows"] == len(scored) == sum(len(fold.test) for fold in line.folds[:-1])


def test_the_splits_are_told_of_the_origins_alone_and_in_both_languages(summary: dict[str, Any], line: Line) -> None:
    origins = summary["origins"]
    assert len(origins) == len(line.folds) - 1
    said = {lang: summary["splits"][lang].splitlines() for lang in ("en", "zh")}
    assert [text.split(":")[0] for text in said["en"][-len(origins) :]] == [f"Origin {origin}" for origin in origins]
    assert len(said["en"]) == len(said["zh"]) == len(origins) + 4
    assert all(origin in text for origin, text in zip(origins, said["zh"][-len(origins) :], strict=True))
    assert all(re.search("[一-鿿]", text) for text in said["zh"])
    assert not re.search("[一-鿿]", summary["splits"]["en"])


def noted(line: Line, *, folds: str, model: str) -> Line:
    """The run with notes on its calibrations."""
    facts = line.model.facts
    told = [{**one, "calibration": {**one["calibration"], "note": folds}} for one in line.scores.facts["folds"]]
    changed = {**facts, "calibration": {**facts["calibration"], "kind": "none", "note": model}}
    return dataclasses.replace(
        line,
        scores=Bundle(line.scores.tables, {**line.scores.facts, "folds": told}),
        model=Bundle(line.model.tables, changed),
    )


def test_a_note_on_the_calibration_of_the_exported_model_reaches_the_summary(study: Study, line: Line) -> None:
    many = len(line.folds)
    notes = products.make_summary(study, noted(line, folds="", model="too few failures"))["notes"]
    assert {
        "en": f"1 of {many} models stayed uncalibrated (too few failures).",
        "zh": f"{many} 个模型中有 1 个因数据不足未校准。",
    } in notes
    notes = products.make_summary(study, noted(line, folds="usual", model=""))["notes"]
    assert any(note["en"].startswith(f"{many - 1} of {many} models ") for note in notes)


def test_notes_of_every_stage_reach_the_summary(study: Study, line: Line) -> None:
    def one(text: str) -> dict[str, str]:
        return {"en": text, "zh": text}

    changed = dataclasses.replace(
        line,
        records=dataclasses.replace(line.records, notes=(one("of the records"),)),
        features=Bundle(line.features.tables, {**line.features.facts, "notes": [one("of the features")]}),
        compared=Bundle(line.compared.tables, {**line.compared.facts, "notes": [one("of the comparison")]}),
    )
    notes = products.make_summary(study, changed)["notes"]
    assert all(one(f"of the {stage}") in notes for stage in ("records", "features", "comparison"))


def test_card_and_record_name_the_artifact_beside_them(folder: Path, line: Line) -> None:
    digest = json.loads((folder / "manifest.json").read_bytes())["digest"]
    expires = json.loads((folder / "model.json").read_bytes())["expires_on"]
    for name in ("card.md", "transparency.md"):
        page = (folder / name).read_text(encoding="utf-8")
        assert digest in page
        assert expires in page
        assert line.model.facts["first_day"] in page
    card = (folder / "card.md").read_text(encoding="utf-8")
    catalog = load_catalog().select(line.model.facts["features"])
    assert all(feature.text_zh in card for feature in catalog.features)


def test_every_table_of_the_stages_is_written(folder: Path, line: Line) -> None:
    there = {path.stem for path in (folder / "tables").iterdir()}
    wanted = {*line.compared.tables, *line.explained.tables, "scored_rows", "metrics", "scorecard", "splits", "movers"}
    assert wanted <= there
    frame = pd.read_parquet(folder / "tables" / "scorecard.parquet")
    pd.testing.assert_frame_equal(frame, line.model.tables["scorecard"])
    splits = pd.read_parquet(folder / "tables" / "splits.parquet")
    assert len(splits) == len(line.folds) - 1
    assert set(splits["horizon_days"]) == {80}
    assert set(splits["settling_days"]) == {line.records.outcome.settling_days}


def test_a_snapshot_taken_after_the_first_planning_day_is_noted(study: Study, line: Line) -> None:
    days = sorted(line.cohort.facts["planning_days"])
    taken = f"{from_days(np.array([days[0] + 1]))[0]:%Y-%m-%d}"
    changed = dataclasses.replace(line, records=dataclasses.replace(line.records, snapshots={"closed_on": taken}))
    before, after = (products.make_summary(study, one)["notes"] for one in (line, changed))
    more = [note for note in after if note not in before]
    assert len(more) == 1
    assert taken in more[0]["en"]


def test_the_verdict_is_on_the_outcome_of_the_study(study: Study, line: Line) -> None:
    cohort = {**study["cohort"], "outcome": "fail_broad"}
    other = dataclasses.replace(study, settings={**study.settings, "cohort": cohort})
    verdicts = [products.make_summary(one, line)["verdict"] for one in (study, other)]
    assert verdicts[0] != verdicts[1]


def test_the_report_is_drawn_from_the_tables_of_the_run(
    folder: Path, summary: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = {path.stem: pd.read_parquet(path) for path in (folder / "tables").iterdir()}
    seen: dict[str, Any] = {}
    monkeypatch.setattr(products, "render_report", lambda **given: seen.update(given) or "a page")
    assert products._report(summary, tables) == "a page"
    assert seen["summary"] is summary
    assert seen["tables"] is tables
    frames = {
        "per_origin": "per_origin",
        "importance": "importance",
        "curve": "reliability",
        "budget_curve": "budget_curve",
    }
    assert all(seen[name] is tables[table] for name, table in frames.items())
    assert set(seen) == {"summary", "tables", *frames}
