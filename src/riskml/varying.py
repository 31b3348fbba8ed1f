"""The assumed numbers of a finished run's grades varied: what `riskml sensitivity` does (GRADES.md 11.4)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from riskml.errors import DataError, StudyError
from riskml.evaluation.sensitivity import Sensitivity, ranges, sensitivity
from riskml.grades import load_system
from riskml.outputs import only_run
from riskml.pipeline import study_records
from riskml.records.log import event_log
from riskml.stages import Stages
from riskml.study import Study

Report = Callable[[str, str], None]
MOST_DRAWS: Final = 100_000


@dataclass(frozen=True, eq=False)
class Varying:
    """What varying the numbers showed.

    Attributes:
        table: every draw, policy and metric (see `evaluation.sensitivity`); tables/sensitivity.parquet.
        numbers: system, draw, path, value of what was put in place; tables/sensitivity_numbers.parquet.
        ranges: the range of each difference; tables/sensitivity_ranges.parquet.
        headline: the study's headline metric.
        folder: of the run.
    """

    table: pd.DataFrame
    numbers: pd.DataFrame
    ranges: pd.DataFrame
    headline: str
    folder: Path


def vary(
    study: Study, *, draws: int = 200, each: bool = False, report: Report = lambda _stage, _state: None
) -> Varying:
    """Vary the assumed numbers of every system of a finished run, and write three tables into its folder.

    Args:
        study: the settings; its seed is that of the draws.
        draws: random draws of all numbers at once.
        each: instead, each number alone at half and at twice its value.
        report: called as report(system, "running" | "done").

    Raises:
        StudyError: if the study compares no system, or for a number of draws that is not allowed.
        DataError: if there is no finished run, or its records or grades are not today's.
    """
    systems = study["comparison"]["systems"]
    if not systems:
        raise StudyError(f"{study.path}: [comparison] systems names no system; there are no numbers to vary")
    if not 1 <= draws <= MOST_DRAWS:
        raise StudyError(f"draws {draws} are not allowed; ask for 1 to {MOST_DRAWS}")
    with only_run(study.folder):
        summary, rows = _finished(study)
        records, source = study_records(study, Stages(study.root / "data" / "derived" / study.name, report))
        if source.key != summary["data_hash"]:
            raise DataError(f"{study.folder}: the run was made of other records; run `riskml run {study.path}` again")
        log, found = event_log(records), {}
        for name in systems:
            report(name, "running")
            found[name] = sensitivity(
                rows, records, load_system(name), budgets=study["comparison"]["budgets"], draws=draws,
                seed=study.seed, each=each, log=log,
            )  # fmt: skip
            report(name, "done")
        made = _joined(found, study)
        _write(made)
    return made


def _finished(study: Study) -> tuple[dict[str, Any], pd.DataFrame]:
    summary, rows = study.folder / "summary.json", study.folder / "tables" / "scored_rows.parquet"
    absent = [str(path) for path in (summary, rows) if not path.is_file()]
    if absent:
        raise DataError(f"there is no finished run of {study.name}: {absent} missing; run `riskml run {study.path}`")
    content: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
    return content, pd.read_parquet(rows)


def _joined(found: dict[str, Sensitivity], study: Study) -> Varying:
    table = pd.concat([one.table for one in found.values()], ignore_index=True)
    parts = [one.numbers.assign(system=name) for name, one in found.items()]
    numbers = pd.concat(parts, ignore_index=True).astype({"system": "str"})[["system", "draw", "path", "value"]]
    return Varying(table, numbers, ranges(table), study["comparison"]["headline"], study.folder)


def _write(made: Varying) -> None:
    tables = {"": made.table, "_numbers": made.numbers, "_ranges": made.ranges}
    for ending, table in tables.items():
        path = made.folder / "tables" / f"sensitivity{ending}.parquet"
        part = path.with_name(path.name + ".part")
        table.to_parquet(part, index=False, compression="zstd")
        part.replace(path)
