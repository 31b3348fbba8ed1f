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
from riskml.cohorts import Fold, cohort_rows, planned_days, refuse_mixed_folds, rolling_folds
from riskml.compared import comparison
from riskml.compared_tables import Evidence
from riskml.errors import DataError
from riskml.features.build import applicable, features_of_rows
from riskml.features.known_columns import known_from
from riskml.grades import load_system
from riskml.line import Line
from riskml.modelled import explained_model, modelled, scored
from riskml.models.policies import graded_days, operated_days
from riskml.outputs import only_run, whole, write_json
from riskml.records.days import to_days
from riskml.records.log import event_log
from riskml.records.mapping import ingest
from riskml.records.source import load_source
from riskml.records.store import META, Records, read_records
from riskml.stages import Bundle, Stages, hash_of, hash_of_files
from riskml.study import Study

STAGES = (
    "records",
    "cohort",
    "features",
    "grades",
    "scores",
    "comparison",
    "model",
    "explanation",
    "export",
    "tracking",
)
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


def _line(study: Study, stages: Stages) -> Line:
    """Every stage in order; what they leave is all that the results are made of."""
    records, source, log, cohort, table = study_features(study, stages)
    systems = study["comparison"]["systems"]
    folds = _folds(study, records, cohort)
    graded = stages.run("grades", systems, [cohort], partial(_grades, study, folds, cohort, records, log))
    chosen = [study["features"], study["model"], study["calibration"], study["splits"], study.seed]
    scores = stages.run(
        "scores", chosen, [table, graded], partial(scored, study, folds, cohort, table, graded, records, log)
    )
    evidence = Evidence(study, scores.tables["scored_rows"], graded.tables["grades"], records, log)
    compared = stages.run("comparison", [study["comparison"], study.seed], [scores], partial(comparison, evidence))
    model = stages.run("model", chosen, [table], partial(modelled, study, folds[-1], cohort, table, records))
    told = stages.run(
        "explanation",
        [chosen, study["explanation"]],
        [scores, model],
        partial(explained_model, study, folds, cohort, table, scores, model, records),
    )
    key = hash_of(study.digest, model.key)
    return Line(records, source.key, cohort, table, graded, scores, compared, model, told, key, folds)


def study_features(study: Study, stages: Stages) -> tuple[Records, Bundle, pd.DataFrame, Bundle, Bundle]:
    """The first stages, all that models learn from: records, their bundle and event log, the cohort, its features."""
    records, source = study_records(study, stages)
    log = event_log(records)
    cohort = stages.run("cohort", [study["cohort"], study["splits"]], [source], partial(_cohort, study, records, log))
    table = stages.run("features", study["splits"], [cohort], partial(_features, cohort, records, log))
    return records, source, log, cohort, table


def records_of(study: Study) -> Records:
    """The canonical records that a study learns from: read from their folder, or mapped from its files once and kept.

    Raises:
        RiskmlError: if files are missing, are no such records, or another run of the study is at work.
    """
    if study["records"]["folder"]:
        return read_records(study.records_folder())
    with only_run(study.folder):
        stages = Stages(study.root / "data" / "derived" / study.name, lambda _stage, _state: None)
        return study_records(study, stages)[0]


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
    durations = {"step_days": splits["step_days"], "warmup_days": splits["warmup_days"]}
    horizon, where = cohort["horizon_days"], str(study.path)
    planned = planned_days(records, last_origin=splits["last_origin"], **durations, horizon_days=horizon, where=where)
    asked = {"horizon_days": horizon, "outcomes": [cohort["outcome"]], "label_map": cohort["label_map"]}
    rows = cohort_rows(records, planned.all, **asked, log=log).rename(columns={cohort["outcome"]: "fail"})
    if rows.empty:
        raise DataError(f"{where}: no site is active on any planning day")
    return Bundle({"rows": rows}, {"planning_days": planned.days.tolist(), "deploy": planned.deploy})


def _features(cohort: Bundle, records: Records, log: pd.DataFrame) -> Bundle:
    rows = cohort.tables["rows"]
    days = cohort.facts["planning_days"]
    catalog, notes = known_from(records, applicable(records, log, days[-1]), days[0])
    table = features_of_rows(rows["site_id"], to_days(rows["as_of"]), records.sites, log, catalog)
    frame = pd.DataFrame(table.values, columns=catalog.names)
    return Bundle({"features": frame}, {"categories": table.categories, "notes": notes})


def _grades(study: Study, folds: list[Fold], cohort: Bundle, records: Records, log: pd.DataFrame) -> Bundle:
    """The incumbents' levels and scores of every site, on each origin's day; `earlier`: on days of calibration."""
    days = [fold.origin for fold in folds]
    as_of = to_days(cohort.tables["rows"]["as_of"])
    earlier = {int(day) for fold in folds[:-1] for day in np.unique(as_of[fold.calibrate])}
    parts = {"grades": days, "earlier": sorted(earlier - set(days))}
    systems = study["comparison"]["systems"]
    tables = {name: graded_days(records, log, systems, at) for name, at in parts.items()}
    return Bundle({**tables, "operated": operated_days(records, log, systems, days)})


def origins_of(study: Study, cohort: Bundle) -> list[int]:
    """The evaluation days, ascending."""
    days = cohort.facts["planning_days"]
    wanted = study["splits"]["origins"]
    if len(days) <= wanted:
        raise DataError(f"{study.path}: the records allow {len(days)} planning days, too few for {wanted} origins")
    return [int(day) for day in days[-wanted:]]


def _folds(study: Study, records: Records, cohort: Bundle) -> list[Fold]:
    """A fold for each evaluation origin, and a last one for the deployment day."""
    rows, horizon = cohort.tables["rows"], study["cohort"]["horizon_days"]
    folds = rolling_folds(
        to_days(rows["as_of"]),
        rows["fail"].notna().to_numpy(),
        origins=[*origins_of(study, cohort), cohort.facts["deploy"]],
        gap_days=horizon + records.outcome.settling_days,
        calibration_windows=study["splits"]["calibration_windows"],
        horizon_days=horizon,
    )
    asked = {"outcome": study["cohort"]["outcome"], "label_map": study["cohort"]["label_map"]}
    refuse_mixed_folds(folds, rows["label_version"], **asked)
    return folds


def _track(study: Study, summary: dict[str, Any], line: Line, report: Report) -> dict[str, Any]:
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
        hashes=products.hashes(study),
        seed=study.seed,
    )
    report("tracking", "reused" if logged.reused else "done")
    return {"mlflow_run_id": logged.run_id, "mlflow_model_version": logged.model_version}
