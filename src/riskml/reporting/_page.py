"""What a section of the report is made of: the run it reads, its words, its figures and its tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import pandas as pd
from markupsafe import Markup

from riskml.errors import DataError
from riskml.export.wording import Lang, Text, metric_name, policy_name, text
from riskml.reporting import charts
from riskml.reporting._cells import Table

LANGUAGES: Final[tuple[Lang, Lang]] = ("en", "zh")
NOTHING_TO_SHOW: Final = text("Not available: {reason}", "无法显示：{reason}")
EMPTY: Final = text(
    "The run made this table, but it holds no row: the records lack what it needs.",
    "本次运行生成了该表，但其中没有任何行：记录中缺少所需内容。",
)


@dataclass(frozen=True)
class Run:
    """What the report is made from.

    Attributes:
        summary: content of summary.json.
        tables: name -> the table of that name in the run's folder `tables/`; a table that was not made is absent.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]

    @property
    def systems(self) -> Mapping[str, Any]:
        """Grading system -> its titles and whether it is a reconstruction."""
        found: Mapping[str, Any] = self.summary["systems"]
        return found

    @property
    def headline(self) -> str:
        """The metric of the headline."""
        return str(self.summary["headline"])

    def has(self, *names: str) -> bool:
        """Whether one of the tables was made."""
        return any(name in self.tables for name in names)

    def table(self, name: str) -> pd.DataFrame:
        """A table; without rows where it was not made."""
        return self.tables.get(name, pd.DataFrame())

    def name(self, policy: str) -> Text:
        """Display name of a policy, or of a difference "a - b"."""
        a, _, b = policy.partition(" - ")
        if not b:
            return policy_name(a, self.systems)
        return joined(policy_name(a, self.systems), policy_name(b, self.systems), between=" − ")

    def spoken(self, told: Text) -> Text:
        """A sentence of the run with the names that people read in place of those of policies and metrics.

        Names are replaced where they cannot be words: of a pair, of a policy with a line in its name, of a metric with
        its budget.
        """
        en, zh = told["en"], told["zh"]
        for name, words in self._names.items():
            en, zh = en.replace(name, words["en"]), zh.replace(name, words["zh"])
        return text(en, zh)

    @cached_property
    def _names(self) -> dict[str, Text]:
        """Name -> display name, the longest first, so that no name is taken for the beginning of a longer one."""
        policies = [policy for policy in self.summary["policies"] if "_" in policy]
        metrics = {metric for entries in self.summary["policies"].values() for metric in entries if "@" in metric}
        names = {one: self.name(one) for one in [*self.summary["differences"], *policies]}
        names |= {metric: metric_name(metric) for metric in sorted(metrics)}
        return dict(sorted(names.items(), key=lambda item: -len(item[0])))


@dataclass(frozen=True)
class Figure:
    """A chart in both languages, drawn when it is asked for.

    Attributes:
        title: what it shows.
        reading: how to read it.
        draw: makes the chart in a language; raises `DataError` where there is nothing to show.
    """

    title: Text
    reading: Text
    draw: Callable[[Lang], charts.Chart] = field(repr=False, compare=False)

    @property
    def svg(self) -> dict[Lang, Markup] | None:
        """Language -> SVG; None where there is nothing to show."""
        return None if isinstance(self._made, str) else self._made

    @property
    def caption(self) -> Text:
        """How to read it; where there is no chart, why not."""
        return fill(NOTHING_TO_SHOW, reason=self._made) if isinstance(self._made, str) else self.reading

    @cached_property
    def _made(self) -> dict[Lang, Markup] | str:
        try:
            return {
                lang: Markup(charts.to_svg(self.draw(lang), label=self.title[lang], lang=lang))  # noqa: S704  escaped
                for lang in LANGUAGES
            }
        except DataError as error:
            return str(error)


@dataclass(frozen=True)
class Words:
    """Sentences between figures and tables, each a paragraph of its own.

    Attributes:
        lines: the sentences.
        strong: True for what the section found.
    """

    lines: tuple[Text, ...]
    strong: bool = False


@dataclass(frozen=True)
class Facts:
    """Names with what they stand for.

    Attributes:
        rows: (name, meaning).
        wide: True for meanings that are sentences.
    """

    rows: tuple[tuple[Text, Text], ...]
    wide: bool = False


Block = Figure | Table | Words | Facts


@dataclass(frozen=True)
class Section:
    """One part of the report.

    Attributes:
        key: its name in links.
        title: its heading.
        lead: what it shows and how to read it.
        blocks: in order.
        apart: True for numbers of the other estimand, which stand in a box of their own.
    """

    key: str
    title: Text
    lead: Text
    blocks: tuple[Block, ...]
    apart: bool = False


def figure(
    title: Text, reading: Text, draw: Callable[[Lang], charts.Chart], filled: "Mapping[str, str | Text] | None" = None
) -> Figure:
    """A chart in both languages, the gaps of what is said below it filled."""
    return Figure(title, fill(reading, **(filled or {})), draw)


def fill(template: Text, **values: "str | Text") -> Text:
    """A text with its gaps filled, each by the same words in both languages or by its own.

    >>> fill(text("{a} of {b}", "{b}的{a}"), a="3", b=text("rows", "行"))["zh"]
    '行的3'
    """
    en, zh = (
        {name: value if isinstance(value, str) else value[lang] for name, value in values.items()} for lang in LANGUAGES
    )
    return text(template["en"].format(**en), template["zh"].format(**zh))


def joined(*parts: Text, between: str = " ") -> Text:
    """Texts one after another."""
    return text(between.join(part["en"] for part in parts), between.join(part["zh"] for part in parts))


def same(words: object) -> Text:
    """A name of the records, which is the same in both languages."""
    return text(str(words), str(words))


def blocks(*parts: "Block | Sequence[Block | None] | None") -> tuple[Block, ...]:
    """The parts that are there, in order."""
    kept: list[Block] = []
    for part in parts:
        if isinstance(part, Figure | Table | Words | Facts):
            kept.append(part)
        elif part is not None:
            kept.extend(one for one in part if one is not None)
    return tuple(kept)
