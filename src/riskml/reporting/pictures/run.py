"""The report's pictures of a finished run one by one, for notebooks: the same charts, the same words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from riskml.errors import DataError
from riskml.export.wording import Lang, Text
from riskml.reporting import _calibration, _curves, _explanation, _ranking, _schedule, _sections, _translation
from riskml.reporting._page import LANGUAGES, Figure, Run, Section
from riskml.reporting.pictures.moves import moves
from riskml.reporting.pictures.picture import Picture

NEEDED: Final = ("per_origin", "importance", "reliability", "budget_curve")
"""Tables without which there is no report, and no finished run."""


class Source(NamedTuple):
    """Where a picture comes from.

    Attributes:
        table: of the run's folder `tables/`, without which it is not there; empty: summary.json.
        section: of the report, that draws it.
        title: of the figure in that section.
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
    "reliability": Source("reliability", _calibration.calibration, _sections.FIGURES["reliability"][0]),
    "drift": Source("calibration", _calibration.calibration, _calibration.DRIFT[0]),
    "matrix": Source("reclassification", _translation.translation, _translation.MATRIX[0]),
    "levels": Source("translated_rates", _translation.translation, _translation.RATES[0]),
    "importance": Source("importance", _explanation.explanation, _sections.FIGURES["importance"][0]),
    "by_value": Source("dependence", _explanation.explanation, _explanation.BY_VALUE[0]),
    "deletion": Source("deletion", _explanation.explanation, _explanation.CURVES[0]),
}
"""Name of a picture that the report draws -> where it comes from."""


@dataclass(frozen=True)
class RunPictures:
    """The pictures of one run; each is drawn when it is asked for, and says below itself how to read it.

    No site is named in any of them, so they may be shown where the records may not.

    Attributes:
        folder: of the run.
        run: its summary and its tables.
    """

    folder: Path
    run: Run = field(repr=False)
    _drawn: dict[Callable[[Run], Section | None], dict[str, Figure]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def open(cls, folder: "Path | str") -> "RunPictures":
        """The pictures of what `riskml run` wrote.

        Args:
            folder: `models/<study>`, with summary.json and tables/.

        Raises:
            DataError: if the folder holds no finished run, or its summary cannot be read.
        """
        source = Path(folder)
        tables = {one.stem: one for one in sorted((source / "tables").glob("*.parquet")) if one.stem != "scored_rows"}
        absent = [f"tables/{name}.parquet" for name in NEEDED if name not in tables]
        absent += [] if (source / "summary.json").is_file() else ["summary.json"]
        if absent:
            raise DataError(f"{source} holds no finished run: it lacks {absent}; run the study first")
        try:
            summary = json.loads((source / "summary.json").read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError(f"{source / 'summary.json'} is no JSON ({error}); run the study again") from error
        return cls(source, Run(summary, {name: pd.read_parquet(path) for name, path in tables.items()}))

    @property
    def names(self) -> tuple[str, ...]:
        """The pictures for which this run has the tables."""
        have = [name for name, one in PICTURES.items() if not one.table or self.run.has(one.table)]
        return (*have, *(["movers"] if self.run.has("movers") and self.run.has("movers_totals") else []))

    def differences(self, lang: Lang = "en") -> Picture:
        """The model less each other policy at the headline metric.

        How to read it: the dot is the difference, the bar its interval. A bar wholly to the right of zero: the model is
        better; a bar across zero: not shown to be better. Reads `differences` of summary.json.
        """
        return self._picture("differences", lang)

    def budget(self, lang: Lang = "en") -> Picture:
        """What each budget finds, by policy.

        How to read it: pick a budget on the horizontal axis; the higher line finds more with it. The band is the
        model's interval. Reads tables/budget_curve.parquet.
        """
        return self._picture("budget", lang)

    def gained(self, lang: Lang = "en") -> Picture:
        """How much more the model finds than its rivals, at each budget.

        How to read it: above zero the model finds more; a band that holds zero leaves it open, at that budget. Reads
        tables/difference_curve.parquet.
        """
        return self._picture("gained", lang)

    def origins(self, lang: Lang = "en") -> Picture:
        """The headline metric at each decision day.

        How to read it: lines that cross from day to day show how much of a difference is luck. Reads
        tables/per_origin.parquet.
        """
        return self._picture("origins", lang)

    def days_earlier(self, lang: Lang = "en") -> Picture:
        """How many days earlier failures would have been found, beyond a random order.

        How to read it: the dot is the mean over the failures, the bar its interval; "free" exchanges any visits of a
        decision day, "slots" only those of one inspector, office and week. Reads tables/schedule.parquet.
        """
        return self._picture("days_earlier", lang)

    def lasting(self, lang: Lang = "en") -> Picture:
        """The same days if failures do not last.

        How to read it: the shorter the half-life of a failure, the less an earlier visit finds. Reads
        tables/schedule.parquet.
        """
        return self._picture("lasting", lang)

    def waiting(self, lang: Lang = "en") -> Picture:
        """How long failing and sound sites wait until they are visited.

        How to read it: failing sites should stand to the left of sound ones; "as made" is what happened. Reads
        tables/waiting.parquet.
        """
        return self._picture("waiting", lang)

    def reliability(self, lang: Lang = "en") -> Picture:
        """Whether the probabilities come true.

        How to read it: points on the dashed diagonal say what happens; below it more failures are announced than there
        are. Bars are intervals. Reads tables/reliability.parquet.
        """
        return self._picture("reliability", lang)

    def drift(self, lang: Lang = "en") -> Picture:
        """The calibration slope at each decision day.

        How to read it: one is right; a trend away from the line says that the model ages. Reads
        tables/calibration.parquet.
        """
        return self._picture("drift", lang)

    def matrix(self, lang: Lang = "en") -> Picture:
        """The rule's grade against the model's, over the rows that were compared.

        How to read it: on the diagonal nothing changes; the darker a cell, the more of its visits failed. A fair grade
        grows darker downwards; what the model adds grows darker to the right within a line. Reads
        tables/reclassification.parquet.
        """
        return self._picture("matrix", lang)

    def levels(self, lang: Lang = "en") -> Picture:
        """The share of failed visits at each level, by rule and by model.

        How to read it: the grade whose dots spread further apart tells more. Reads tables/translated_rates.parquet.
        """
        return self._picture("levels", lang)

    def movers(self, lang: Lang = "en") -> Picture:
        """Which levels the sites would move between on the last day, and what probability those have that move.

        How to read it: a line is a move from the rule's level to the model's, with its number of sites, the longest
        moves first; the dot is their median probability, the bar holds all of them. Orange moves to a riskier level,
        blue to a safer one. Reads tables/movers.parquet and movers_totals.parquet.
        """
        self._look(lang, "movers", "movers")
        self._look(lang, "movers", "movers_totals")
        return moves(self.run.table("movers"), self.run.table("movers_totals"), lang=lang)

    def importance(self, lang: Lang = "en") -> Picture:
        """Which facts move the scores most.

        How to read it: a longer bar moves the scores further, up or down; the line is the interval over the decision
        days, the diamond the exported model. Not what causes failures. Reads tables/importance.parquet.
        """
        return self._picture("importance", lang)

    def by_value(self, lang: Lang = "en") -> Picture:
        """How the contribution of the strongest facts goes with their value.

        How to read it: a line is a range of values; right of zero the fact raises the score. No value is put into a row
        that does not have it. Reads tables/dependence.parquet.
        """
        return self._picture("by_value", lang)

    def deletion(self, lang: Lang = "en") -> Picture:
        """Whether the reasons name what the score hangs on.

        How to read it: the higher the line of the site's own reasons lies above the others, the more its reasons say.
        Reads tables/deletion.parquet.
        """
        return self._picture("deletion", lang)

    def _look(self, lang: str, name: str, table: str) -> None:
        """Refuse a language that is none, and a run without the table."""
        if lang not in LANGUAGES:
            raise DataError(f"unknown language {lang!r}; the pictures are in {list(LANGUAGES)}")
        if table and not self.run.has(table):
            raise DataError(
                f"{self.folder} has no tables/{table}.parquet, which the picture {name!r} reads: the run is of an "
                f"older version, or its study does not ask for it; run the study again. It has {list(self.names)}"
            )

    def _picture(self, name: str, lang: Lang) -> Picture:
        """The figure of the report."""
        table, section, title = PICTURES[name]
        self._look(lang, name, table)
        if section not in self._drawn:
            made: Any = section(self.run)
            figures = [one for one in made.blocks if isinstance(one, Figure)] if made else []
            self._drawn[section] = {one.title["en"]: one for one in figures}
        found = self._drawn[section].get(title["en"])
        if found is None:
            raise DataError(f"{self.folder}: tables/{table}.parquet holds no row that {name!r} could show")
        if found.svg is None:
            raise DataError(f"{self.folder}: {name!r} cannot be drawn. {found.caption['en']}")
        return Picture(found.title[lang], found.caption[lang], found.svg[lang])
