"""Where the pictures of a run come from: its summary, its tables, and the sections of the report that draw them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from riskml.errors import DataError
from riskml.export.wording import Lang, Text
from riskml.reporting import (
    _calibration,
    _curves,
    _explanation,
    _fairness,
    _grades,
    _inspectors,
    _net_benefit,
    _overlap,
    _ranking,
    _schedule,
    _sections,
    _selection,
    _translation,
)
from riskml.reporting._page import LANGUAGES, Figure, Run, Section
from riskml.reporting.pictures.nothing import nothing
from riskml.reporting.pictures.picture import Picture


class Source(NamedTuple):
    """Where a picture comes from.

    Attributes:
        table: of the run's folder `tables/`, without which it is not there; empty: summary.json.
        section: of the report, that draws it.
        title: of the figure in that section; where the run fills its gaps, the part before the first gap.
    """

    table: str
    section: Callable[[Run], Section | None]
    title: Text


PICTURES: Final[Mapping[str, Source]] = {
    "differences": Source("", _ranking.differences, _sections.FIGURES["differences"][0]),
    "budget": Source("budget_curve", _curves.curves, _sections.FIGURES["budget"][0]),
    "gained": Source("difference_curve", _curves.curves, _curves.GAINED[0]),
    "origins": Source("per_origin", _ranking.policies, _sections.FIGURES["origins"][0]),
    "days_earlier": Source("schedule", _schedule.schedule, _schedule.EARLIER[0]),
    "lasting": Source("schedule", _schedule.schedule, _schedule.LASTING[0]),
    "waiting": Source("waiting", _schedule.schedule, _schedule.WAITING[0]),
    "net_benefit": Source("net_benefit", _net_benefit.net_benefit, _net_benefit.CURVES[0]),
    "net_benefit_gained": Source("net_benefit", _net_benefit.net_benefit, _net_benefit.GAIN[0]),
    "reliability": Source("reliability", _calibration.calibration, _sections.FIGURES["reliability"][0]),
    "drift": Source("calibration", _calibration.calibration, _calibration.DRIFT[0]),
    "fairness": Source("fairness", _fairness.fairness, _fairness.FOUND[0]),
    "overlap": Source("overlap", _selection.selection, _overlap.OVERLAP[0]),
    "selection": Source("selection", _selection.selection, _selection.SIDE[0]),
    "selection_gained": Source("selection", _selection.selection, _selection.PAIR[0]),
    "inspectors": Source("leniency", _inspectors.inspectors, _inspectors.STRICT[0]),
    "workload": Source("workload", _inspectors.inspectors, _inspectors.SKEW[0]),
    "matrix": Source("reclassification", _translation.translation, _translation.MATRIX[0]),
    "levels": Source("translated_rates", _translation.translation, _translation.RATES[0]),
    "grade_quality": Source("grade_quality", _grades.quality, _grades.RATES[0]),
    "assumed": Source("sensitivity_ranges", _grades.assumed, _grades.VARIED[2]),
    "importance": Source("importance", _explanation.explanation, _sections.FIGURES["importance"][0]),
    "by_value": Source("dependence", _explanation.explanation, _explanation.BY_VALUE[0]),
    "deletion": Source("deletion", _explanation.explanation, _explanation.CURVES[0]),
}
"""Name of a picture that the report draws -> where it comes from."""
OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "movers": ("movers", "movers_totals"),
    "calibration_by_group": ("fairness",),
    "labelled": ("selection",),
}
"""Name of a picture that the report tells in a table -> the tables that it reads."""


@dataclass(frozen=True)
class RunTables:
    """The summary and the tables of a run, and what is drawn of them.

    Attributes:
        folder: of the run.
        run: its summary and its tables.
    """

    folder: Path
    run: Run = field(repr=False)
    _made: dict[Callable[[Run], Section | None], list[Figure]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The pictures for which this run has the tables."""
        have = [name for name, one in PICTURES.items() if not one.table or self.run.has(one.table)]
        return (*have, *(name for name, tables in OWN.items() if all(self.run.has(one) for one in tables)))

    def _look(self, lang: str, name: str, *tables: str) -> None:
        """Refuse a language that is none, and a run without the tables."""
        if lang not in LANGUAGES:
            raise DataError(f"unknown language {lang!r}; the pictures are in {list(LANGUAGES)}")
        absent = [f"tables/{table}.parquet" for table in tables if table and not self.run.has(table)]
        if absent:
            raise DataError(
                f"{self.folder} has no {absent[0]}, which the picture {name!r} reads: the run is of an older version, "
                f"or its study does not ask for it; run the study again. It has {list(self.names)}"
            )

    def _figures(self, name: str, lang: Lang, *, called: str = "") -> list[Figure]:
        """The figures of the report that a picture may be."""
        table, section, title = PICTURES[name]
        self._look(lang, name, table)
        if section not in self._made:
            made: Any = section(self.run)
            self._made[section] = [one for one in made.blocks if isinstance(one, Figure)] if made else []
        return [one for one in self._made[section] if _fits(one.title["en"], called or title["en"])]

    def _picture(self, name: str, lang: Lang, *, called: str = "") -> Picture:
        """The figure of the report as a picture; one of words where there is nothing to draw."""
        found = self._figures(name, lang, called=called)
        if not found:
            why = f"{self.folder}: tables/{PICTURES[name].table}.parquet holds no row that {name!r} could show"
            return nothing(PICTURES[name].title[lang].partition("{")[0].strip(), why, lang)
        try:
            drawing = found[0].draw(lang)
        except DataError as error:
            return nothing(found[0].title[lang], str(error), lang)
        return Picture(found[0].title[lang], found[0].reading[lang], drawing, lang)


def _fits(title: str, template: str) -> bool:
    """Whether a title is that of a template whose gaps the run fills.

    >>> _fits("AUC: every method", "{metric}: every method"), _fits("AUC", "{metric}: every method")
    (True, False)
    """
    parts = template.split("{", 1)[0], template.rsplit("}", 1)[-1]
    return title == template or ("{" in template and title.startswith(parts[0]) and title.endswith(parts[1]))
