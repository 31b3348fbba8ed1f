"""The first minute with records: what there is, of which days, how visits came out, what is late, missing or odd."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from riskml.errors import StudyError
from riskml.records import describing_tables as made
from riskml.records._describing_words import COLUMNS, LANGUAGES, ROWS, SECTIONS, VISIT_TYPES_ZH, line
from riskml.records.contract import VISIT_TYPES
from riskml.records.store import Records

_SHARES: Final = ("share", "missing", "same_day", "late", "unstated")
_MOST: Final = 40
"""The most rows printed of one table."""


@dataclass(frozen=True, repr=False)
class Description:
    """What records hold, as tables. No person is in any of them: sites, offices and inspectors are counted only.

    Attributes:
        source: name of the source.
        observed_from, observed_to: first day covered, and first day no longer covered.
        notes: what a reader should know of this source, each as {"en": ..., "zh": ...}.
        visit_types: types of visit that can be a target. settling_days: days from a visit to its final outcome.
        tables, sites, visits, outcomes, lags, missing, warnings, workforce, labels: see the function of that name in
            `records.describing_tables`. Shares are 0 to 1.
        lang: language of the printed form, "en" or "zh".
    """

    source: str
    observed_from: pd.Timestamp
    observed_to: pd.Timestamp
    notes: tuple[dict[str, str], ...]
    visit_types: tuple[str, ...]
    settling_days: int
    tables: pd.DataFrame
    sites: pd.DataFrame
    visits: pd.DataFrame
    outcomes: pd.DataFrame
    lags: pd.DataFrame
    missing: pd.DataFrame
    warnings: pd.DataFrame
    workforce: pd.DataFrame
    labels: pd.DataFrame
    lang: str = "en"

    def __repr__(self) -> str:
        """The description as plain text."""
        parts = [self._title(), *self._notes()]
        for head, table, after in self._sections():
            with pd.option_context("display.unicode.east_asian_width", True):
                body = [] if table is None else [table.to_string(index=False)]
            parts.append("\n".join([head, *body, *after]))
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        """The description as a notebook shows it; whatever the records say is escaped."""
        parts = [f"<h4>{html.escape(self._title())}</h4>", *(f"<p>{html.escape(one)}</p>" for one in self._notes())]
        for head, table, after in self._sections():
            parts.append(f"<p><strong>{html.escape(head)}</strong></p>")
            parts += [] if table is None else [_table(table)]
            parts += [f"<p>{html.escape(one)}</p>" for one in after]
        return "".join(parts)

    def _title(self) -> str:
        days = {"known_from": f"{self.observed_from:%Y-%m-%d}", "known_to": f"{self.observed_to:%Y-%m-%d}"}
        return line("title", self.lang, source=self.source, **days)

    def _notes(self) -> list[str]:
        return [note[self.lang] for note in self.notes]

    def _sections(self) -> list[tuple[str, pd.DataFrame | None, list[str]]]:
        """Heading, table as people read it (None if there is nothing in it) and sentences of each section."""
        found: list[tuple[str, pd.DataFrame | None, list[str]]] = []
        for name, heads in SECTIONS.items():
            frame, said = self._shown(name), self._said(name)
            empty = frame.empty
            nothing = [] if said or not empty else [line("no_rows", self.lang)]
            found.append((heads[self._place], None if empty else self._readable(frame.head(_MOST)), said + nothing))
        return found

    @property
    def _place(self) -> int:
        return LANGUAGES.index(self.lang)

    def _shown(self, name: str) -> pd.DataFrame:
        """The rows and columns of a frame that are printed."""
        frame: pd.DataFrame = getattr(self, name)
        if name == "visits":
            meanings = VISIT_TYPES_ZH if self.lang == "zh" else VISIT_TYPES
            return frame.assign(meaning=frame["visit_type"].map(meanings).fillna(""))
        if name == "lags" and not frame["constant"].any():
            return frame.drop(columns="constant")
        if name == "missing":
            some = frame[(frame["missing"] > 0) & (frame["missing"] < frame["rows"])]
            return some.sort_values(["share", "table", "column"], ascending=[False, True, True])
        if name == "warnings":
            return frame.assign(text=frame[f"text_{self.lang}"])[["table", "column", "rows", "share", "text"]]
        return frame

    def _said(self, name: str) -> list[str]:
        """The sentences below a table."""
        if name == "outcomes":
            return [line("eligible", self.lang, types=", ".join(self.visit_types), days=self.settling_days)]
        if name == "lags":
            fixed = self.lags[self.lags["constant"] & (self.lags["code"] == made.ALL)]["table"]
            said = [line("constant", self.lang, tables=", ".join(fixed))] if len(fixed) else []
            return [line("late", self.lang, late=made.LATE_DAYS), *said]
        if name == "missing":
            return self._missing_said()
        if name == "warnings":
            return [] if len(self.warnings) else [line("no_warning", self.lang)]
        return [line("mixed", self.lang)] if name == "labels" and len(self.labels) > 1 else []

    def _missing_said(self) -> list[str]:
        empty = self.missing[self.missing["missing"] == self.missing["rows"]]
        names = ", ".join(empty["table"] + "." + empty["column"])
        if names:
            return [line("empty", self.lang, columns=names)]
        return [] if (self.missing["missing"] > 0).any() else [line("complete", self.lang)]

    def _readable(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame with shares as percentages, days as text, and names in the reader's language."""
        cells = {str(name): _cells(str(name), frame[name], self._place) for name in frame.columns}
        names = {name: COLUMNS[name].format(late=made.LATE_DAYS) for name in cells} if self.lang == "zh" else {}
        return pd.DataFrame(cells).rename(columns=names)


def _table(frame: pd.DataFrame) -> str:
    """A table as a notebook shows it: words stand left, numbers and days right, whatever the notebook's own style."""
    sides = ["right" if frame[name].map(_is_figure).all() else "left" for name in frame.columns]

    def row(kind: str, cells: Iterable[object]) -> str:
        shown = (
            f'<{kind} style="text-align:{side}">{html.escape(str(one))}</{kind}>'
            for side, one in zip(sides, cells, strict=True)
        )
        return f"<tr>{''.join(shown)}</tr>"

    body = "".join(row("td", cells) for cells in frame.itertuples(index=False, name=None))
    return f"<table><thead>{row('th', frame.columns)}</thead><tbody>{body}</tbody></table>"


def _is_figure(cell: object) -> bool:
    """Whether a cell holds a number, a share or a day, or is blank."""
    return not str(cell).strip("-0123456789,.%")


def _cells(name: str, column: "pd.Series[Any]", place: int) -> "pd.Series[Any]":
    """One column as people read it."""
    kind = column.dtype.kind
    if kind == "M":
        shown = column.dt.strftime("%Y-%m-%d").fillna("")
    elif kind == "b":
        shown = column.map({True: ("yes", "是")[place], False: ""})
    elif kind == "f" and name in _SHARES:
        shown = column.map(lambda one: "" if pd.isna(one) else f"{one:.1%}")
    elif kind in "if":
        shown = column.map(lambda one: "" if pd.isna(one) else f"{one:,.0f}")
    else:
        named = name in ("what", "who", "outcome", "year", "code")
        shown = column.map(lambda one: ROWS[one][place] if named and one in ROWS else one)
    return pd.Series(shown)


def describe(records: Records, *, lang: str = "en") -> Description:
    """What records hold, in tables and as a printed text.

    Args:
        records: canonical records.
        lang: language of the printed form, "en" or "zh".

    Raises:
        StudyError: for another language.
        DataError: as `records.log.event_log`, if amendments do not fit their events.
    """
    if lang not in LANGUAGES:
        raise StudyError(f"language {lang!r} is unknown; allowed are {list(LANGUAGES)}")
    return Description(
        source=records.source,
        observed_from=records.observed_from,
        observed_to=records.observed_to,
        notes=records.notes,
        visit_types=records.outcome.visit_types,
        settling_days=records.outcome.settling_days,
        tables=made.tables_frame(records),
        sites=made.sites_frame(records),
        visits=made.visits_frame(records),
        outcomes=made.outcomes_frame(records),
        lags=made.lags_frame(records),
        missing=made.missing_frame(records),
        warnings=made.warnings_frame(records),
        workforce=made.workforce_frame(records),
        labels=made.labels_frame(records),
        lang=lang,
    )
