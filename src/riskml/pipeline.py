"""The line from records to a results folder, and nothing else; each stage is kept and reused while nothing changed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskml import products
from riskml.cohorts import Fold, active_rows, planning_days, rolling_folds, settled_targets
from riskml.errors import DataError
from riskml.evaluation import compare
from riskml.features.build import Table, applicable, features_of_rows
from riskml.features.catalog import load_catalog
from riskml.grades import load_system
from riskml.models.fitting import Fitted, fit
from riskml.models.policies import baseline_scores, grade_scores, graded_days
from riskml.outputs import only_run, whole, write_json
from riskml.records.days import day_number, from_days, to_days
from riskml.records.log import event_log
from riskml.records.mapping import ingest
from riskml.records.source import load_source
from riskml.records.store import META, Records, read_records
from riskml.stages import Bundle, Stages, hash_of, hash_of_files
from riskml.study import Study

STAGES = ("records", "cohort", "features", "grades", "scores", "comparison", "model", "export", "tracking")
"""Names of the stages, in order; `run` reports each."""

Report = Callable[[str, str], None]


@dataclass(frozen=True)
class Result:
    """What a run made.

    Attributes:
        folder: models/<study>/.
        summary: content of summary.json.
        comparison: policy, metric, value, low, high, n, n_positive, estimand; one row each.
        run: wall-clock facts (run.json).
    """

    folder: Path
    summary: dict[str, Any]
    comparison: pd.DataFrame
    run: dict[str, Any]


def run(study: Study, report: Report = lambda _stage, _state: None, *, track: bool = True) -> Result:
    """Run a study: records, cohort, features, grades, scores, comparison, model, export, tracking.

    Args:
        study: the settings.
        report: called as report(stage, "running" | "done" | "reused").
        track: False leaves MLflow out whatever the study says.

    Raises:
        RiskmlError: for settings or records that do not allow the run; nothing is written then.
    """
    began = time.perf_counter()
    for system in study["comparison"]["systems"]:
        load_system(system)
    with only_run(study.folder):
        stages = Stages(study.root / "data" / "derived" / study.name, report)
        line = _line(study, stages)
        report("export", "running")
        with whole(study.folder) as part:
            summary = products.write(part, study, line)
            seconds = {"seconds_before_tracking": round(time.perf_counter() - began, 2)}
            write_json({**seconds, "finished_at": time.strftime("%Y-%m-%dT%H:%M:%S%z")}, part / "run.json")
        report("export", "done")
        tracked = _track(study, summary, line, report) if track and study["tracking"]["mlflow"] else {}
        facts = {**seconds, "seconds": round(time.perf_counter() - began, 2), **tracked}
        write_json({**facts, "finished_at": time.strftime("%Y-%m-%dT%H:%M:%S%z")}, study.folder / "run.json")
    return Result(study.folder, summary, products.long_table(summary), facts)


def _line(study: Study, stages: Stages) -> products.Line:
    """Every stage in order; what they leave is all that the results are made of."""
    records, source = study_records(study, stages)
    log = event_log(records)
    cohort = stages.run("cohort", [study["cohort"], study["splits"]], [source], partial(_cohort, study, records, log))
    table = stages.run("features", study["splits"], [cohort], partial(_features, cohort, records, log))
    systems = study["comparison"]["systems"]
    graded = stages.run("grades", systems, [cohort], partial(_grades, study, cohort, records, log))
    folds = _folds(study, records, cohort)
    chosen = [study["features"], study["model"], study["splits"], study.seed]
    scores = stages.run(
        "scores", chosen, [table, graded], partial(_scores, study, folds, cohort, table, graded, records)
    )
    compared = stages.run(
        "comparison", [study["comparison"], study.seed], [scores], partial(_comparison, study, scores)
    )
    model = stages.run("model", chosen, [table], partial(_model, study, folds[-1], cohort, table))
    return products.Line(
        records, source.key, cohort, table, graded, scores, compared, model, hash_of(study.digest, model.key)
    )


def study_records(study: Study, stages: Stages) -> tuple[Records, Bundle]:
    """Canonical records: read from their folder, or mapped from the source's files."""
    settings = study["records"]
    if settings["folder"]:
        folder = study.records_folder()
        records = read_records(folder)
        stages.report("records", "done")
        return records, Bundle(key=hash_of_files(sorted([*folder.glob("*.parquet"), folder / META])))
    source, inputs = load_source(settings["source"]), study.inputs()
    missing = [str(path) for path in inputs if not path.is_file()]
    if missing:
        raise DataError(f"{study.path}: input files {missing} are missing")

    def compute() -> Bundle:
        made = ingest(source, inputs)
        return Bundle(made.records.tables(), {"meta": made.records.meta(), "report": made.report})

    bundle = stages.run("records", [source.digest, hash_of_files(inputs)], [], compute)
    return Records.of(bundle.tables, bundle.facts["meta"], where=f"stage records of {study.name}"), bundle


def _cohort(study: Study, records: Records, log: pd.DataFrame) -> Bundle:
    """Rows of all planning days up to the last origin, and of the deployment day, with their outcomes."""
    splits, cohort = study["splits"], study["cohort"]
    first, last = day_number(records.observed_from), day_number(splits["last_origin"])
    deploy = day_number(records.observed_to)
    if not first < last < deploy:
        raise DataError(
            f"{study.path}: last_origin {splits['last_origin']} lies outside the records "
            f"({records.observed_from:%Y-%m-%d} to {records.observed_to:%Y-%m-%d})"
        )
    follow_up = cohort["horizon_days"] + records.outcome.settling_days
    if last + follow_up > deploy:
        raise DataError(
            f"{study.path}: outcomes of last_origin {splits['last_origin']} settle after {follow_up} days, and the "
            f"records end on {records.observed_to:%Y-%m-%d}; choose an origin on or before "
            f"{np.datetime64(deploy - follow_up, 'D')}"
        )
    later = np.arange(last + splits["step_days"], deploy - follow_up + 1, splits["step_days"], dtype=np.int32)
    days = planning_days(first=first + splits["warmup_days"], last=last, step_days=splits["step_days"])
    rows = active_rows(records.sites, np.concatenate([days, later, [deploy]]))
    if rows.empty:
        raise DataError(f"{study.path}: no site is active on any planning day")
    targets = settled_targets(rows, records, log, outcome=cohort["outcome"], horizon_days=cohort["horizon_days"])
    table = pd.concat([rows.assign(as_of=from_days(rows["as_of"].to_numpy(np.int64))), targets], axis=1)
    return Bundle({"rows": table}, {"planning_days": [int(day) for day in days], "deploy": deploy})


def _features(cohort: Bundle, records: Records, log: pd.DataFrame) -> Bundle:
    rows = cohort.tables["rows"]
    catalog = applicable(records, log, cohort.facts["planning_days"][-1])
    table = features_of_rows(rows["site_id"], to_days(rows["as_of"]), records.sites, log, catalog)
    frame = pd.DataFrame(table.values, columns=catalog.names)
    return Bundle({"features": frame}, {"categories": table.categories})


def _table(features: Bundle) -> Table:
    frame = features.tables["features"]
    catalog = load_catalog().select(frame.columns)
    return Table(frame.to_numpy(np.float64), catalog, features.facts["categories"])


def _grades(study: Study, cohort: Bundle, records: Records, log: pd.DataFrame) -> Bundle:
    """The incumbents' levels and scores of every site at each evaluation origin and on the deployment day."""
    days = [*_origins(study, cohort), cohort.facts["deploy"]]
    return Bundle({"grades": graded_days(records, log, study["comparison"]["systems"], days)})


def _origins(study: Study, cohort: Bundle) -> list[int]:
    days = cohort.facts["planning_days"]
    wanted = study["splits"]["origins"]
    if len(days) <= wanted:
        raise DataError(f"{study.path}: the records allow {len(days)} planning days, too few for {wanted} origins")
    return [int(day) for day in days[-wanted:]]


def _folds(study: Study, records: Records, cohort: Bundle) -> list[Fold]:
    """A fold for each evaluation origin, and a last one for the deployment day."""
    rows = cohort.tables["rows"]
    return rolling_folds(
        to_days(rows["as_of"]),
        rows["fail"].notna().to_numpy(),
        origins=[*_origins(study, cohort), cohort.facts["deploy"]],
        gap_days=study["cohort"]["horizon_days"] + records.outcome.settling_days,
        calibration_windows=study["splits"]["calibration_windows"],
    )


def _fit(study: Study, fold: Fold, cohort: Bundle, table: Table) -> tuple[Fitted, list[int]]:
    """The model of one fold, on the features that the study names."""
    names = study["features"]["names"] or table.catalog.names
    catalog = table.catalog.select(names)
    places = [table.catalog.names.index(name) for name in catalog.names]
    fail = cohort.tables["rows"]["fail"].fillna(False).to_numpy(bool)
    fitted = fit(table.values[:, places], fail, fold, catalog, seed=study.seed, settings=study["model"])
    return fitted, places


def _scores(
    study: Study, folds: list[Fold], cohort: Bundle, features: Bundle, graded: Bundle, records: Records
) -> Bundle:
    """The scored rows of all evaluation origins: one column a policy, all on the same rows."""
    rows, table = cohort.tables["rows"], _table(features)
    systems = study["comparison"]["systems"]
    parts, facts = [], []
    for fold in folds[:-1]:
        fitted, places = _fit(study, fold, cohort, table)
        scores = baseline_scores(table, rows["fail"], fold, has_severity=bool(records.outcome.severity))
        scores = pd.concat([scores, grade_scores(graded.tables["grades"], systems, rows.iloc[fold.test])], axis=1)
        scores["model"] = fitted.probabilities(table.values[fold.test][:, places])
        kept = rows.iloc[fold.test].reset_index(drop=True)
        named = kept[["site_id", "as_of", "inspection_id", "visited_on", "fail"]]
        fixed = named.assign(origin=kept["as_of"], inspector=kept["inspector"], weight=1.0)
        parts.append(pd.concat([fixed, scores.add_prefix("score_")], axis=1))
        facts.append(
            {"rows": fitted.boosted.rows, "positives": fitted.boosted.positives, **fitted.calibration.__dict__}
        )
    return Bundle({"scored_rows": pd.concat(parts, ignore_index=True)}, {"folds": facts})


def _comparison(study: Study, scores: Bundle) -> Bundle:
    rows = scores.tables["scored_rows"]
    policies = [name.removeprefix("score_") for name in rows.columns if name.startswith("score_")]
    settings = study["comparison"]
    labelled = rows[rows["fail"].notna()]
    if labelled.empty:
        raise DataError(f"{study.path}: no visit was made in the horizon of any origin, nothing can be compared")
    compared = compare(
        rows,
        policies,
        budgets=settings["budgets"],
        draws=settings["draws"],
        seed=study.seed,
        pairs=[("model", policy) for policy in policies if policy not in ("model", "perfect")],
    )
    facts = compared.as_dict()
    meaningless = [metric for metric in facts["policies"]["perfect"] if metric.startswith("labelled_share")]
    for metric in meaningless:  # the perfect order knows no unvisited site
        del facts["policies"]["perfect"][metric]
    return Bundle({"per_origin": compared.per_origin}, facts)


def _model(study: Study, fold: Fold, cohort: Bundle, features: Bundle) -> Bundle:
    """The model to export: as of the end of the records, with what moves it over the sites of that day."""
    table = _table(features)
    fitted, places = _fit(study, fold, cohort, table)
    values = table.values[fold.test][:, places]
    today = cohort.tables["rows"].iloc[fold.test][["site_id", "as_of"]].reset_index(drop=True)
    today["probability"] = fitted.probabilities(values)
    contributions = pd.DataFrame(fitted.boosted.contributions(values), columns=[*_names(table, places), "expected"])
    learned = cohort.tables["rows"].iloc[np.concatenate([fold.train, fold.calibrate])]
    facts = {
        "text": fitted.boosted.text,
        "calibration": fitted.calibration.__dict__,
        "features": _names(table, places),
        "rows": fitted.boosted.rows,
        "positives": fitted.boosted.positives,
        "first_day": f"{learned['as_of'].min():%Y-%m-%d}",
        "last_day": f"{learned['as_of'].max():%Y-%m-%d}",
        "label_versions": sorted(learned["label_version"].dropna().unique().tolist()),
    }
    return Bundle({"today": today, "contributions": contributions}, facts)


def _names(table: Table, places: list[int]) -> list[str]:
    return [table.catalog.names[place] for place in places]


def _track(study: Study, summary: dict[str, Any], line: products.Line, report: Report) -> dict[str, Any]:
    """Log the finished run to MLflow."""
    from riskml.registry.tracking import log_run  # noqa: PLC0415 - takes seconds to import, and only here

    report("tracking", "running")
    logged = log_run(
        root=study.root,
        study=study.name,
        folder=study.folder,
        summary=summary,
        parameters=products.parameters(study),
        per_origin=line.compared.tables["per_origin"],
        run_key=line.key,
        study_file=study.path,
    )
    report("tracking", "reused" if logged.reused else "done")
    return {"mlflow_run_id": logged.run_id, "mlflow_model_version": logged.model_version}
