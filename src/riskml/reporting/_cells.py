"""Entries of summary.json as tables of written cells: one estimand a table, a footnote for whatever is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import Any, Final

from riskml.export.figures import Reading, interval, number, read_difference, reason_text, write, write_difference
from riskml.export.wording import METRICS, Text, metric_name, split_metric, text

REORDERING: Final = "reordering"
ALLOCATION: Final = "allocation"

Entries = Mapping[str, Mapping[str, Any]]
"""Metric -> {"value", "low", "high", "n", "n_positive", "estimand", "reason"?}."""


@dataclass(frozen=True)
class Cell:
    """One number as it is shown.

    Attributes:
        value: written, a dash where it is missing, empty where the policy has no such metric.
        interval: written, empty where there is none.
        mark: letter of the footnote that says what is missing, else empty.
        reading: of a difference; None in other tables.
        words: text instead of a number; None in other cells.
    """

    value: str = ""
    interval: str = ""
    mark: str = ""
    reading: Reading | None = None
    words: Text | None = None


@dataclass(frozen=True)
class Row:
    """One policy or pair.

    Attributes:
        name: its display name.
        cells: one per metric of the table.
        strong: True for the model's row.
    """

    name: Text
    cells: tuple[Cell, ...]
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """What the template draws.

    Attributes:
        title: what the table holds.
        heads: names of the metrics.
        rows: policies or pairs.
        foot: rows and positives behind each column, written; empty: none.
        footnotes: letter -> why something is missing.
        first: head of the first column.
        source: where the whole of it lies; None: in the summary.
        counts: what the foot counts.
    """

    title: Text
    heads: tuple[Text, ...]
    rows: tuple[Row, ...]
    foot: tuple[str, ...]
    footnotes: tuple[tuple[str, Text], ...]
    first: Text
    source: Text | None = None
    counts: Text | None = None


@dataclass
class Footnotes:
    """Letters given to reasons in order of appearance."""

    letters: dict[str, tuple[str, Text]] = field(default_factory=dict)

    def mark(self, reason: Text) -> str:
        """The letter of a reason, a new one for a new reason."""
        place = len(self.letters)
        letter = ascii_lowercase[place] if place < len(ascii_lowercase) else str(place + 1)
        return self.letters.setdefault(reason["en"], (letter, reason))[0]


def metrics_of(rows: Iterable[Entries], estimand: str) -> list[str]:
    """The metrics that some row has under an estimand, in the order of METRICS, then by budget."""
    names = {name for entries in rows for name, entry in entries.items() if entry["estimand"] == estimand}
    order = list(METRICS)
    return sorted(names, key=lambda name: (order.index(split_metric(name)[0]), split_metric(name)[1] or 0.0))


def make_table(
    title: Text,
    rows: Sequence[tuple[Text, Entries]],
    metrics: Sequence[str],
    *,
    estimand: str,
    first: Text,
    differences: bool = False,
    budget_in_title: bool = False,
    strong: Text | None = None,
    counts: Text | None = None,
) -> Table | None:
    """A table of the entries of one estimand; numbers of the other are never shown in it.

    Args:
        title: of the table.
        rows: (name, entries) of each policy or pair; those without any of the metrics are left out.
        metrics: the columns.
        estimand: "reordering" or "allocation".
        first: head of the first column.
        budget_in_title: True if the title tells the budget, so that the heads need not.
        differences: True if the entries are differences: written with a sign and read as better, worse or undecided.
        strong: name of the row to stress.
        counts: what the foot counts; visits and failures where it is absent.

    Returns:
        None if nothing is left.
    """
    fitting = [(name, _of_estimand(entries, metrics, estimand)) for name, entries in rows]
    kept = [(name, entries) for name, entries in fitting if entries]
    if not kept:
        return None
    notes = Footnotes()
    drawn = [Row(n, tuple(_cell(m, e.get(m), notes, differences) for m in metrics), n == strong) for n, e in kept]
    return Table(
        title=title,
        heads=tuple(_head(metric.partition("@")[0] if budget_in_title else metric, differences) for metric in metrics),
        rows=tuple(drawn),
        foot=tuple(_counts(metric, [entries for _, entries in kept]) for metric in metrics),
        footnotes=tuple(notes.letters.values()),
        first=first,
        counts=counts,
    )


def _of_estimand(entries: Entries, metrics: Sequence[str], estimand: str) -> Entries:
    return {m: entries[m] for m in metrics if m in entries and entries[m]["estimand"] == estimand}


def _head(metric: str, differences: bool) -> Text:
    name = metric_name(metric)
    if differences and METRICS[split_metric(metric)[0]].percent:
        return text(f"{name['en']}, percentage points", f"{name['zh']}（百分点）")
    return name


def _cell(metric: str, entry: Mapping[str, Any] | None, notes: Footnotes, differences: bool) -> Cell:
    if entry is None:
        return Cell()
    value, bounds = number(entry), interval(entry)
    reading = read_difference(metric, entry) if differences else None
    if value is None:
        return Cell("–", "", notes.mark(reason_text(entry)), reading)
    written = write_difference(metric, value) if differences else write(metric, value)
    if bounds is None:
        return Cell(written, "", notes.mark(reason_text(entry)), reading)
    low, high = (write_difference(metric, b) if differences else write(metric, b, unit=False) for b in bounds)
    return Cell(written, f"[{low}, {high}]", "", reading)


def _counts(metric: str, rows: Sequence[Entries]) -> str:
    """Rows (positives) of a column, a range where the rows differ."""
    entries = [entries[metric] for entries in rows if metric in entries]
    return f"{_range(e['n'] for e in entries)} ({_range(e['n_positive'] for e in entries)})" if entries else ""


def _range(counts: Iterable[int]) -> str:
    found = sorted(set(counts))
    ends = found if len(found) < 2 else [found[0], found[-1]]
    return "–".join(f"{count:,}" for count in ends)
