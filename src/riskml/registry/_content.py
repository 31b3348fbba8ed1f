"""What a run writes into MLflow, as plain values: names, tags, metrics and the note. MLflow itself is not needed."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from riskml.export.figures import interval, number, write
from riskml.export.wording import as_text, metric_name, policy_name, policy_order

MODEL: Final = "model"

Entry = Mapping[str, Any]
"""One number of summary.json: value, low, high, n, n_positive, estimand."""


def allowed_name(metric: str) -> str:
    """A metric as MLflow allows it to be called: it refuses "@".

    >>> allowed_name("recall@0.20")
    'recall_at_0.20'
    """
    return metric.replace("@", "_at_")


def headline_entry(summary: Mapping[str, Any]) -> Entry:
    """The model's number at the headline metric."""
    entry: Entry = summary["policies"][MODEL][summary["headline"]]
    return entry


def run_name(summary: Mapping[str, Any]) -> str:
    """Such as "sample recall@0.20 0.412"."""
    value = number(headline_entry(summary))
    return f"{summary['study']} {summary['headline']} {'undefined' if value is None else f'{value:.3f}'}"


def tags_of(summary: Mapping[str, Any], *, run_key: str) -> dict[str, str]:
    """The tags of the parent run, `riskml.<name>`, and the note that MLflow shows as its description."""
    own = {name: summary[name] for name in ("study", "data_hash", "code_version", "outcome", "headline")}
    own |= {"estimand": headline_entry(summary)["estimand"], "run_key": run_key}
    tags = {f"riskml.{name}": str(value) for name, value in own.items()}
    return {**tags, "mlflow.note.content": note(summary), "mlflow.source.name": "riskml run"}


def metrics_of(summary: Mapping[str, Any]) -> dict[str, float]:
    """All metrics of the parent run.

    `<metric>`, `<metric>.low`, `<metric>.high` of the model; `<policy>.<metric>` of the other policies, headline only;
    `diff.<a>-<b>.<metric>` with `.low` and `.high` of every paired difference. What is undefined is left out.
    """
    headline = summary["headline"]
    found: dict[str, float] = {}
    for metric, entry in summary["policies"][MODEL].items():
        found |= _with_interval(allowed_name(metric), entry)
    for policy, metrics in summary["policies"].items():
        if policy != MODEL and headline in metrics:
            found |= _defined({f"{policy}.{allowed_name(headline)}": metrics[headline]["value"]})
    for pair, metrics in summary["differences"].items():
        for metric, entry in metrics.items():
            found |= _with_interval(f"diff.{pair.replace(' ', '')}.{allowed_name(metric)}", entry)
    return found


def origins_of(per_origin: pd.DataFrame, headline: str) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Day, estimand and metrics of the model at each origin in time order; n and n_positive are the headline's pool."""
    own = per_origin[per_origin["policy"] == MODEL]
    for origin, rows in own.groupby("origin", sort=True):
        pool = rows.iloc[int((rows["metric"] == headline).argmax())]
        values = {allowed_name(name): value for name, value in zip(rows["metric"], rows["value"], strict=True)}
        sizes = {"n": pool["n"], "n_positive": pool["n_positive"]}
        yield f"{pd.Timestamp(str(origin)):%Y-%m-%d}", str(pool["estimand"]), _defined({**values, **sizes})


def note(summary: Mapping[str, Any]) -> str:
    """The verdict in both languages, the headline of every policy and the summary's notes, as Markdown."""
    headline, systems = summary["headline"], summary["systems"]
    verdict = as_text(summary["verdict"])
    lines = [f"**{verdict['en']}**", "", f"**{verdict['zh']}**", ""]
    lines += [f"| policy | {metric_name(headline)['en']} | 95 % interval | n | failures |", "|---|---|---|---|---|"]
    for policy in policy_order(name for name, metrics in summary["policies"].items() if headline in metrics):
        entry = summary["policies"][policy][headline]
        name = policy_name(policy, systems)["en"]
        lines.append(f"| {name} | {_cells(headline, entry)} | {entry['n']} | {entry['n_positive']} |")
    estimand = headline_entry(summary)["estimand"]
    lines += ["", f"Estimand: {estimand}. Data `{summary['data_hash'][:12]}`, code `{summary['code_version']}`.", ""]
    return "\n".join([*lines, *(f"* {as_text(text)['en']}" for text in summary["notes"])])


def _cells(metric: str, entry: Entry) -> str:
    value, bounds = number(entry), interval(entry)
    shown = "undefined" if value is None else write(metric, value)
    between = "none" if bounds is None else f"{write(metric, bounds[0])} to {write(metric, bounds[1])}"
    return f"{shown} | {between}"


def _with_interval(name: str, entry: Entry) -> dict[str, float]:
    return _defined({name: entry["value"], f"{name}.low": entry["low"], f"{name}.high": entry["high"]})


def _defined(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if value is not None and math.isfinite(value)}
