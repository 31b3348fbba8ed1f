"""The sections of the reordering: paired differences, each policy at each budget, and the day-by-day chart."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from riskml.export.wording import (
    METRICS,
    Text,
    is_prescribed,
    pair_name,
    pair_order,
    policy_name,
    policy_order,
    split_metric,
)
from riskml.reporting import _sections as words
from riskml.reporting import charts
from riskml.reporting._cells import REORDERING, Entries, Table, make_table, metrics_of
from riskml.reporting._difference_chart import difference_chart
from riskml.reporting._frames import Column, frame_table
from riskml.reporting._page import Figure, Run, Section, Words, blocks, figure, fill
from riskml.reporting.headline import saved_text
from riskml.reporting.texts import MODEL

PROBABILITY: Final = ("brier", "calibration_slope", "calibration_intercept")


def differences(run: Run) -> Section:
    """Is the model better: the headline first, then every other metric."""
    chart = figure(
        *words.FIGURES["differences"],
        lambda lang: difference_chart(run.summary["differences"], metric=run.headline, systems=run.systems, lang=lang),
    )
    told = saved_text(run.summary)
    saved = Words((told,), strong=True) if told else None
    title, lead = words.HEADINGS["differences"], words.INTRODUCTIONS["differences"]
    return Section("differences", title, lead, blocks(saved, chart, at_once_table(run), difference_tables(run)))


def at_once_table(run: Run) -> Table | None:
    """The declared differences at the headline, each with its own interval and with the one that holds all at once."""
    spec = METRICS[split_metric(run.headline)[0]]
    found = run.summary["differences"]
    entries = {pair: found[pair].get(run.headline, {}) for pair in pair_order(found)}
    declared = [pair for pair, entry in entries.items() if entry.get("low_simultaneous") is not None]
    rows = pd.DataFrame([{"pair": pair, **entries[pair]} for pair in declared])
    look: dict[str, Any] = {"percent": spec.percent, "decimals": spec.decimals, "better": spec.direction}
    look["signed"] = True
    own = Column(words.AT_ONCE["own"], "value", low="low", high="high", **look)
    every = Column(words.AT_ONCE["all"], "value", low="low_simultaneous", high="high_simultaneous", **look)
    first = words.TABLES["pair"]
    return frame_table(words.AT_ONCE["title"], rows, lambda row: run.name(row["pair"]), (own, every), first=first)


def policies(run: Run) -> Section:
    """Each policy at each budget, and the whole order."""
    title, lead = words.HEADINGS["policies"], words.INTRODUCTIONS["policies"]
    return Section("policies", title, lead, blocks(policy_tables(run), per_origin(run)))


def per_origin(run: Run) -> Figure:
    """The headline metric at each decision day."""
    frame = run.table("per_origin")
    shown = frame[(frame["metric"] == run.headline) & (frame["estimand"] == REORDERING)]
    draw = lambda lang: charts.per_origin_chart(shown, metric=run.headline, systems=run.systems, lang=lang)  # noqa: E731
    return figure(
        *words.FIGURES["origins"], draw, {"visits": spread(shown["n"]), "failed": spread(shown["n_positive"])}
    )


def spread(counts: "pd.Series[int]") -> str:
    """Smallest to largest of some counts.

    >>> spread(pd.Series([1200, 900])), spread(pd.Series([5, 5])), spread(pd.Series([], dtype="int64"))
    ('900–1,200', '5', '–')
    """
    present = counts.dropna().astype("int64")
    if present.empty:
        return "–"
    return "–".join(f"{count:,}" for count in dict.fromkeys([present.min(), present.max()]))


def named_policies(summary: Mapping[str, Any]) -> list[tuple[Text, Entries]]:
    """Display name and entries of each policy, in the order of every table."""
    found = summary["policies"]
    return [(policy_name(policy, summary["systems"]), found[policy]) for policy in policy_order(found)]


def groups(metrics: Sequence[str], headline: str) -> list[tuple[Text, list[str], bool]]:
    """Columns that go together: title, metrics, and whether the title tells the budget; the headline's budget first."""
    plain = [metric for metric in metrics if not is_prescribed(metric)]
    at = {metric: split_metric(metric)[1] for metric in plain}
    budgets = sorted({b for b in at.values() if b is not None}, key=lambda b: (b != split_metric(headline)[1], b))
    ordered = sorted(plain, key=lambda metric: metric != headline)
    about = {metric: metric in PROBABILITY for metric in ordered if at[metric] is None}
    found = [
        (fill(words.TABLES["budget"], budget=f"{b:.0%}"), [metric for metric in ordered if at[metric] == b], True)
        for b in budgets
    ]
    for title, wanted in (("ranking", False), ("probability", True)):
        found.append((words.TABLES[title], [one for one, probable in about.items() if probable is wanted], False))
    return found


def policy_tables(run: Run) -> list[Table]:
    """A table for each budget, the headline's first, then the whole order and calibration."""
    rows = named_policies(run.summary)
    metrics = metrics_of((entries for _, entries in rows), REORDERING)
    fixed: dict[str, Any] = {"estimand": REORDERING, "first": words.TABLES["policy"], "strong": policy_name(MODEL, {})}
    tables = [
        make_table(title, rows, group, budget_in_title=budget, **fixed)
        for title, group, budget in groups(metrics, run.headline)
    ]
    return [table for table in tables if table is not None]


def difference_tables(run: Run) -> list[Table]:
    """The headline alone, then the other metrics."""
    found = run.summary["differences"]
    rows = [(pair_name(pair, run.systems), found[pair]) for pair in pair_order(found)]
    metrics = metrics_of((entries for _, entries in rows), REORDERING)
    rest = groups([metric for metric in metrics if metric != run.headline], run.headline)
    fixed: dict[str, Any] = {"estimand": REORDERING, "first": words.TABLES["pair"], "differences": True}
    tables = [
        make_table(title, rows, group, budget_in_title=budget, **fixed)
        for title, group, budget in [(words.TABLES["headline"], [run.headline], False), *rest]
    ]
    return [table for table in tables if table is not None]
