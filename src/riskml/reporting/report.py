"""One self-contained report of a run: a single HTML page in both languages, without script or request."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from riskml.errors import DataError
from riskml.export.figures import number, read_difference
from riskml.export.wording import (
    METRICS,
    Lang,
    Text,
    as_text,
    metric_name,
    outcome_name,
    pair_name,
    pair_order,
    policy_name,
    policy_order,
    split_metric,
    system_of,
    system_title,
    text,
)
from riskml.reporting import _sections as words
from riskml.reporting import charts
from riskml.reporting._cells import ALLOCATION, REORDERING, Entries, Table, make_table, metrics_of
from riskml.reporting.texts import LAST_OUTCOME, MODEL, metric_meaning, policy_meaning

LANGUAGES: Final[tuple[Lang, Lang]] = ("en", "zh")
PERFECT: Final = "perfect"
PROBABILITY: Final = ("brier", "calibration_slope", "calibration_intercept")
NEEDED: Final = (*words.FACTS, "policies", "differences", "systems", "verdict", "notes")


@dataclass(frozen=True)
class Figure:
    """A chart in both languages.

    Attributes:
        title, caption: what it shows and how to read it; where there is no chart the caption says why.
        svg: language -> SVG; None where there is nothing to show.
    """

    title: Text
    caption: Text
    svg: dict[Lang, Markup] | None


def render_report(
    *,
    summary: Mapping[str, Any],
    per_origin: pd.DataFrame,
    importance: pd.DataFrame,
    curve: pd.DataFrame,
    budget_curve: pd.DataFrame,
) -> str:
    """The report as HTML text. The same arguments give the same bytes.

    Args:
        summary: content of summary.json (DESIGN.md 7), with `verdict` and `notes` in both languages.
        per_origin: origin, policy, metric, value, n, n_positive, estimand.
        importance: feature, text_en, text_zh, mean_abs_contribution (log-odds).
        curve: reliability curve: bin, predicted, observed, low, high, n.
        budget_curve: policy, budget, recall.

    Raises:
        DataError: if the summary lacks a key, or names a policy, metric or outcome that has no display name.
    """
    absent = [key for key in NEEDED if key not in summary]
    if absent:
        raise DataError(f"the summary lacks {absent}; a report needs {list(NEEDED)}")
    environment = Environment(
        loader=PackageLoader("riskml.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja").render(
        summary=summary,
        notes=[as_text(note) for note in summary["notes"]],
        beaten=_beats_last_outcome(summary),
        facts=_facts(summary),
        systems=[(f"grade_{name}", system_title(name, summary["systems"])) for name in _graded(summary)],
        policy_tables=_policy_tables(summary),
        difference_tables=_difference_tables(summary),
        allocation_table=_allocation_table(summary),
        figures=_figures(summary, per_origin, importance, curve, budget_curve),
        definitions=_definitions(summary),
        words=words,
    )


def _beats_last_outcome(summary: Mapping[str, Any]) -> bool:
    entry = summary["differences"].get(f"{MODEL} - {LAST_OUTCOME}", {}).get(summary["headline"], {})
    return read_difference(summary["headline"], entry) == "better"


def _graded(summary: Mapping[str, Any]) -> list[str]:
    """Systems of the grades compared, each once."""
    systems = [system_of(policy, summary["systems"]) for policy in policy_order(summary["policies"])]
    return list(dict.fromkeys(system for system in systems if system is not None))


def _facts(summary: Mapping[str, Any]) -> list[tuple[Text, Text]]:
    rate = number(summary, "base_rate")
    written: dict[str, Text | str] = {
        "outcome": outcome_name(summary["outcome"]),
        "headline": metric_name(summary["headline"]),
        "origins": _origins(summary["origins"]),
        "base_rate": "–" if rate is None else f"{rate:.1%}",
        "label_versions": ", ".join(map(str, summary["label_versions"])),
        **{key: f"{summary[key]:,}" for key in ("horizon_days", "rows", "sites", "labelled")},
    }
    facts = [(name, written.get(key, str(summary[key]))) for key, name in words.FACTS.items()]
    return [(name, text(value, value) if isinstance(value, str) else value) for name, value in facts]


def _origins(days: Sequence[Any]) -> str:
    """Number of decision days, the first and the last.

    >>> _origins(["2023-04-01", "2023-07-01"])
    '2: 2023-04-01 – 2023-07-01'
    """
    return f"{len(days)}: {' – '.join(dict.fromkeys(str(day)[:10] for day in (min(days), max(days))))}" if days else "0"


def _named_policies(summary: Mapping[str, Any]) -> list[tuple[Text, Entries]]:
    policies = summary["policies"]
    return [(policy_name(policy, summary["systems"]), policies[policy]) for policy in policy_order(policies)]


def _groups(metrics: Sequence[str], headline: str) -> list[tuple[Text, list[str], bool]]:
    """Columns that go together: title, metrics, and whether the title tells the budget; the headline's budget first."""
    at = {metric: split_metric(metric)[1] for metric in metrics}
    budgets = sorted({b for b in at.values() if b is not None}, key=lambda b: (b != split_metric(headline)[1], b))
    ordered = sorted(metrics, key=lambda metric: metric != headline)
    about = {metric: metric in PROBABILITY for metric in ordered if at[metric] is None}
    groups = [
        (_filled(words.TABLES["budget"], budget=f"{b:.0%}"), [metric for metric in ordered if at[metric] == b], True)
        for b in budgets
    ]
    groups.append(
        (words.TABLES["ranking"], [metric for metric, probability in about.items() if not probability], False)
    )
    groups.append(
        (words.TABLES["probability"], [metric for metric, probability in about.items() if probability], False)
    )
    return groups


def _policy_tables(summary: Mapping[str, Any]) -> list[Table]:
    """The reordering estimand: a table for each budget, the headline's first, then the whole order and calibration."""
    rows = _named_policies(summary)
    metrics = metrics_of((entries for _, entries in rows), REORDERING)
    first = words.TABLES["policy"]
    tables = [
        make_table(title, rows, group, estimand=REORDERING, first=first, budget_in_title=budget, strong=_model())
        for title, group, budget in _groups(metrics, summary["headline"])
    ]
    return [table for table in tables if table is not None]


def _allocation_table(summary: Mapping[str, Any]) -> Table | None:
    """The labelled share; not of the perfect order, which ranks by outcomes that exist for labelled rows only."""
    rows = [(name, entries) for name, entries in _named_policies(summary) if name != policy_name(PERFECT, {})]
    metrics = metrics_of((entries for _, entries in rows), ALLOCATION)
    title, first = words.TABLES["allocation"], words.TABLES["policy"]
    return make_table(title, rows, metrics, estimand=ALLOCATION, first=first, strong=_model())


def _difference_tables(summary: Mapping[str, Any]) -> list[Table]:
    """The headline alone, then the other metrics; reordering only."""
    pairs = pair_order(summary["differences"])
    rows = [(pair_name(pair, summary["systems"]), summary["differences"][pair]) for pair in pairs]
    metrics = metrics_of((entries for _, entries in rows), REORDERING)
    headline = summary["headline"]
    groups = _groups([metric for metric in metrics if metric != headline], headline)
    tables = [
        make_table(t, rows, group, estimand=REORDERING, first=words.TABLES["pair"], budget_in_title=b, differences=True)
        for t, group, b in [(words.TABLES["headline"], [headline], False), *groups]
    ]
    return [table for table in tables if table is not None]


def _model() -> Text:
    return policy_name(MODEL, {})


def _figures(
    summary: Mapping[str, Any],
    per_origin: pd.DataFrame,
    importance: pd.DataFrame,
    curve: pd.DataFrame,
    budget_curve: pd.DataFrame,
) -> dict[str, Figure]:
    headline, systems = summary["headline"], summary["systems"]
    differences = summary["differences"]
    shown = per_origin[(per_origin["metric"] == headline) & (per_origin["estimand"] == REORDERING)]
    counts = {"visits": _spread(shown["n"]), "failed": _spread(shown["n_positive"])}
    return {
        "differences": _figure(
            "differences",
            lambda lang: charts.difference_chart(differences, metric=headline, systems=systems, lang=lang),
        ),
        "budget": _figure("budget", lambda lang: charts.budget_chart(budget_curve, systems=systems, lang=lang)),
        "origins": _figure(
            "origins",
            lambda lang: charts.per_origin_chart(shown, metric=headline, systems=systems, lang=lang),
            **counts,
        ),
        "reliability": _figure(
            "reliability", lambda lang: charts.reliability_chart(curve, lang=lang), visits=_spread(curve["n"])
        ),
        "importance": _figure("importance", lambda lang: charts.importance_chart(importance, lang=lang)),
    }


def _figure(name: str, draw: Callable[[Lang], charts.Chart], **counts: str) -> Figure:
    """Both languages of a chart; where there is nothing to draw, the reason instead."""
    title, caption = words.FIGURES[name]
    try:
        drawn = {lang: Markup(charts.to_svg(draw(lang))) for lang in LANGUAGES}  # noqa: S704  text escaped by the converter
    except DataError as error:
        return Figure(title, _filled(words.NOTHING_TO_SHOW, reason=str(error)), None)
    return Figure(title, _filled(caption, **counts), drawn)


def _filled(template: Text, **values: str) -> Text:
    return text(template["en"].format(**values), template["zh"].format(**values))


def _spread(counts: "pd.Series[int]") -> str:
    """Smallest to largest of some counts.

    >>> _spread(pd.Series([1200, 900])), _spread(pd.Series([5, 5])), _spread(pd.Series([], dtype="int64"))
    ('900–1,200', '5', '–')
    """
    present = counts.dropna().astype("int64")
    if present.empty:
        return "–"
    return "–".join(f"{count:,}" for count in dict.fromkeys([present.min(), present.max()]))


def _definitions(summary: Mapping[str, Any]) -> list[tuple[Text, Text]]:
    """Plain words for every metric and policy that the report shows."""
    policies: dict[str, Any] = summary["policies"]
    stems = {split_metric(metric)[0] for entries in policies.values() for metric in entries}
    metrics = [(METRICS[stem].name, metric_meaning(stem)) for stem in METRICS if stem in stems]
    order: Iterable[str] = policy_order(policies)
    return metrics + [(policy_name(policy, summary["systems"]), policy_meaning(policy)) for policy in order]
