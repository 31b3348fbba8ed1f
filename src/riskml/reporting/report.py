"""One self-contained report of a run: a single HTML page in both languages, without script or request."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from riskml.errors import DataError
from riskml.export.wording import as_text
from riskml.reporting import (
    _calibration,
    _compared,
    _curves,
    _explanation,
    _fairness,
    _grades,
    _inspectors,
    _limits,
    _model,
    _net_benefit,
    _ranking,
    _schedule,
    _selection,
    _translation,
    headline,
)
from riskml.reporting import _sections as words
from riskml.reporting._cells import Table
from riskml.reporting._page import Facts, Figure, Run, Section, Words, fill

NEEDED: Final = (*_compared.FACTS, "policies", "differences", "systems", "verdict", "notes")
SECTIONS: Final[tuple[Callable[[Run], Section | None], ...]] = (
    _ranking.differences,
    _ranking.policies,
    _curves.curves,
    _curves.prescribed,
    _selection.selection,
    _inspectors.inspectors,
    _schedule.schedule,
    _calibration.calibration,
    _fairness.fairness,
    _grades.quality,
    _grades.assumed,
    _translation.translation,
    _net_benefit.net_benefit,
    _explanation.explanation,
    _compared.compared,
    _model.definitions,
)
"""In the order of the page; one that has nothing to say in this run is None."""
KINDS: Final = ((Table, "table"), (Figure, "figure"), (Words, "words"), (Facts, "facts"))


def render_report(
    *,
    summary: Mapping[str, Any],
    per_origin: pd.DataFrame,
    importance: pd.DataFrame,
    curve: pd.DataFrame,
    budget_curve: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> str:
    """The report as HTML text. The same arguments give the same bytes.

    Args:
        summary: content of summary.json (DESIGN.md 7), with `verdict` and `notes` in both languages.
        per_origin: origin, policy, metric, value, n, n_positive, estimand.
        importance: feature, text_en, text_zh, mean_abs_contribution (log-odds).
        curve: reliability curve: bin, predicted, observed, low, high, n.
        budget_curve: policy, budget, recall; may have low and high.
        tables: name -> any other table of the run's folder `tables/`. A section is shown if its table is here, and
            says why where that is empty; tables that no section reads are ignored.

    Raises:
        DataError: if the summary lacks a key, or names a policy, metric or outcome that has no display name.
    """
    absent = [key for key in NEEDED if key not in summary]
    if absent:
        raise DataError(f"the summary lacks {absent}; a report needs {list(NEEDED)}")
    own = {"per_origin": per_origin, "importance": importance, "reliability": curve, "budget_curve": budget_curve}
    run = Run(summary, {**(tables or {}), **own})
    sections = [section for section in (make(run) for make in SECTIONS) if section is not None]
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            summary=summary,
            headline=headline.headline_text(summary),
            how=fill(headline.HOW, days=str(len(summary["origins"]))),
            reading=headline.reading_of(summary),
            limits=_limits.limits(run),
            notes=[run.spoken(as_text(note)) for note in summary["notes"]],
            sections=sections,
            limits_words=_limits,
            words=words,
        )
    )


def report_of(folder: Path) -> str:
    """The report of a finished run, from its files alone: summary.json and tables/*.parquet.

    Raises:
        DataError: if the folder holds no finished run.
    """
    source = Path(folder)
    names = ("per_origin", "importance", "reliability", "budget_curve")
    absent = [name for name in names if not (source / "tables" / f"{name}.parquet").is_file()]
    if absent or not (source / "summary.json").is_file():
        raise DataError(f"{source} holds no finished run: it lacks {['summary.json', *absent]}; run the study first")
    summary = json.loads((source / "summary.json").read_text(encoding="utf-8"))
    paths = sorted((source / "tables").glob("*.parquet"))
    tables = {path.stem: pd.read_parquet(path) for path in paths if path.stem != "scored_rows"}
    per_origin, importance, curve, budget_curve = (tables.pop(name) for name in names)
    named = {"per_origin": per_origin, "importance": importance, "curve": curve, "budget_curve": budget_curve}
    return render_report(summary=summary, tables=tables, **named)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("riskml.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kind"] = lambda block: next(name for kind, name in KINDS if isinstance(block, kind))
    return environment
