"""What a run leaves behind: summary, tables, artifact, card and report, all made from the stages' bundles."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskml.cohorts import later_snapshots, snapshot_notes, split_table
from riskml.cohorts import summary as split_summary
from riskml.explanation.movers import movers
from riskml.export.card import render_card
from riskml.export.card_facts import RunFacts, model_facts, register_facts
from riskml.export.transparency import render_transparency
from riskml.exporting import incumbent, write_model
from riskml.features.catalog import load_catalog
from riskml.grades import load_system
from riskml.grades.texts import system_text
from riskml.line import Line
from riskml.outputs import write_json
from riskml.records.days import to_days
from riskml.reporting.report import render_report
from riskml.reporting.texts import verdict_text
from riskml.stages import PACKAGE, code_version, hash_of, hash_of_files
from riskml.study import Study


def write(folder: Path, study: Study, line: Line) -> dict[str, Any]:
    """Write all results but run.json into `folder`; returns the summary."""
    summary = make_summary(study, line)
    write_model(folder, study, line)
    tables = {**_tables(summary, line), "splits": _splits(study, line), **_movers(study, line)}
    (folder / "tables").mkdir()
    for name, table in tables.items():
        table.to_parquet(folder / "tables" / f"{name}.parquet", index=False, compression="zstd")
    if study["report"]["html"]:
        (folder / "report.html").write_text(_report(summary, tables), encoding="utf-8")
    for name, page in _pages(folder, summary, tables, line).items():
        (folder / name).write_text(page, encoding="utf-8")
    write_json(summary, folder / "summary.json")
    return summary


def _report(summary: dict[str, Any], tables: dict[str, pd.DataFrame]) -> str:
    return render_report(
        summary=summary,
        per_origin=tables["per_origin"],
        importance=tables["importance"],
        curve=tables["reliability"],
        budget_curve=tables["budget_curve"],
        tables=tables,
    )


def make_summary(study: Study, line: Line) -> dict[str, Any]:
    """Content of summary.json."""
    rows = line.scores.tables["scored_rows"]
    labelled = rows[rows["fail"].notna()]
    systems = {name: load_system(name) for name in study["comparison"]["systems"]}
    compared = line.compared.facts
    described = {
        name: {"title_en": system.title_en, "title_zh": system.title_zh, "reconstructed": system.reconstructed}
        for name, system in systems.items()
    }
    headline, outcome = study["comparison"]["headline"], study["cohort"]["outcome"]
    return {
        "study": study.name,
        "outcome": outcome,
        "horizon_days": study["cohort"]["horizon_days"],
        "headline": headline,
        "data_hash": line.data_hash,
        "code_version": code_version(),
        "label_versions": line.model.facts["label_versions"],
        "rows": len(rows),
        "sites": int(rows["site_id"].nunique()),
        "labelled": len(labelled),
        "base_rate": float(labelled["fail"].astype(float).mean()),
        "origins": [f"{origin:%Y-%m-%d}" for origin in sorted(rows["origin"].unique())],
        "policies": compared["policies"],
        "differences": compared["differences"],
        "systems": described,
        "verdict": verdict_text(compared["differences"], headline, described, outcome),
        "source": line.records.source,
        "register": register_facts(line.records.sites, line.records.inspections, rows),
        "splits": splits_told(study, line),
        "notes": [
            *line.records.notes,
            *_snapshot_notes(line),
            *line.features.facts["notes"],
            *_calibration_notes(line),
            *compared["notes"],
        ],
    }


def splits_told(study: Study, line: Line) -> dict[str, str]:
    """What each duration means and what each evaluation origin learns from, in both languages."""
    asked = {"horizon_days": study["cohort"]["horizon_days"], "settling_days": line.records.outcome.settling_days}
    days = to_days(line.cohort.tables["rows"]["as_of"])
    return {lang: split_summary(line.folds[:-1], days, **asked, lang=lang) for lang in ("en", "zh")}


def _splits(study: Study, line: Line) -> pd.DataFrame:
    """The same as a table, one row an origin."""
    asked = {"horizon_days": study["cohort"]["horizon_days"], "settling_days": line.records.outcome.settling_days}
    return split_table(line.folds[:-1], to_days(line.cohort.tables["rows"]["as_of"]), **asked)


def _snapshot_notes(line: Line) -> list[dict[str, str]]:
    first = min(line.cohort.facts["planning_days"])
    return snapshot_notes(later_snapshots(line.records, first))


def _calibration_notes(line: Line) -> list[dict[str, str]]:
    """How many models have no calibration, or one that was not chosen by its loss, and why the first of them."""
    made = [*(fold["calibration"] for fold in line.scores.facts["folds"]), line.model.facts["calibration"]]
    noted = [one for one in made if one["note"]]
    notes = []
    for none, en, zh in (
        (True, "stayed uncalibrated", "未校准"),
        (False, "were calibrated by the usual map", "的校准方法未经比较选择"),
    ):
        reasons = [one["note"] for one in noted if (one["kind"] == "none") is none]
        if reasons:
            text = f"{len(reasons)} of {len(made)} models {en} ({reasons[0]})."
            notes.append({"en": text, "zh": f"{len(made)} 个模型中有 {len(reasons)} 个因数据不足{zh}。"})
    return notes


def _tables(summary: dict[str, Any], line: Line) -> dict[str, pd.DataFrame]:
    rows = line.scores.tables["scored_rows"]
    return {
        "scored_rows": rows,
        "metrics": long_table(summary),
        **line.compared.tables,
        "scorecard": line.model.tables["scorecard"],
        **line.explained.tables,
    }


def long_table(summary: dict[str, Any]) -> pd.DataFrame:
    """Policies and differences of a summary, one row for each policy and metric."""
    keys = ("value", "low", "high", "n", "n_positive", "estimand")
    rows = [
        {"policy": policy, "metric": metric, **{key: estimate[key] for key in keys}}
        for part in ("policies", "differences")
        for policy, metrics in summary[part].items()
        for metric, estimate in metrics.items()
    ]
    return pd.DataFrame(rows).astype({"value": "float64", "low": "float64", "high": "float64"})


def _movers(study: Study, line: Line) -> dict[str, pd.DataFrame]:
    """Sites whose level the translated model would change at the end of the records; no table without a grade."""
    if not study["comparison"]["systems"]:
        return {}
    system, level = incumbent(study, line)
    features = line.model.facts["features"]
    moved = movers(
        line.model.tables["today"],
        level,
        system,
        values=line.features.tables["features"][features].to_numpy(np.float64)[line.folds[-1].test],
        contributions=line.model.tables["contributions"].to_numpy(np.float64),
        catalog=load_catalog().select(features),
        categories=line.features.facts["categories"],
    )
    return {"movers": moved.table, "movers_totals": moved.totals}


def _pages(folder: Path, summary: dict[str, Any], tables: dict[str, pd.DataFrame], line: Line) -> dict[str, str]:
    """The model card and the algorithmic transparency record."""
    facts = line.model.facts
    features = [
        {"name": f.name, "text_en": f.text_en, "text_zh": f.text_zh, "monotone": f.monotone}
        for f in load_catalog().select(facts["features"]).features
    ]
    kept = ("rows", "positives", "first_day", "last_day", "calibration")
    run = RunFacts(summary, features, {key: facts[key] for key in kept}, tables, model_facts(folder))
    return {"card.md": render_card(run), "transparency.md": render_transparency(run)}


def parameters(study: Study) -> dict[str, Any]:
    """The study's settings as flat names and plain values, for experiment tracking."""
    flat: dict[str, Any] = {}
    for section, values in study.settings.items():
        for key, value in values.items():
            name = f"{section}.{key}" if section else key
            flat[name] = ", ".join(map(str, value)) if isinstance(value, tuple) else value
    return flat


def hashes(study: Study) -> dict[str, str]:
    """Fingerprints of the settings, the feature catalog and each grading system, for experiment tracking."""
    named = {
        f"system_hash.{name}": hash_of(system_text(name.partition("/")[0])) for name in study["comparison"]["systems"]
    }
    catalog = hash_of_files([PACKAGE / "features" / "catalog.toml"])
    return {"study_hash": study.digest, "catalog_hash": catalog, **named}
