"""What a run writes into MLflow, as plain values: names, tags, metrics and the note. MLflow itself is not needed."""

import math
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from riskml.export.figures import interval, number, write
from riskml.export.wording import as_text, metric_name, policy_name, policy_order
from riskml.registry.origins import MODEL, AtOrigin

LAST_OUTCOME: Final = "last_outcome"
DIFFERENCES: Final = ("auc", "within_inspector_auc")
"""Metrics whose paired differences are logged beside the headline's: a page of hundreds would hide it."""

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
    """Such as "0.412 recall@0.20 sample": the figure first, for the column of a list is narrow."""
    value = number(headline_entry(summary))
    return f"{'undefined' if value is None else f'{value:.3f}'} {summary['headline']} {summary['study']}"


def tags_of(summary: Mapping[str, Any], *, run_key: str, hashes: Mapping[str, str]) -> dict[str, str]:
    """The tags of the parent run, `riskml.<name>`, and the note that MLflow shows as its description.

    Args:
        summary: content of summary.json.
        run_key: names the run.
        hashes: of what else the numbers rest on, such as "study_hash" or "catalog_hash".
    """
    own = {name: summary[name] for name in ("study", "data_hash", "code_version", "outcome", "headline")}
    own |= {"kind": "study", "estimand": headline_entry(summary)["estimand"], "run_key": run_key, **hashes}
    tags = {f"riskml.{name}": str(value) for name, value in own.items()}
    return {**tags, "mlflow.note.content": note(summary), "mlflow.source.name": "riskml run"}


def model_tags(summary: Mapping[str, Any], digest: str, study_hash: str) -> dict[str, str]:
    """The tags of the logged model and of its version: what `riskml models` lists, and few, as MLflow shows them all.

    Args:
        summary: content of summary.json.
        digest: of the artifact.
        study_hash: of the study's settings.
    """
    headline = str(summary["headline"])
    gain = summary["differences"].get(f"{MODEL} - {LAST_OUTCOME}", {}).get(headline, {})
    own = {
        "study": summary["study"],
        "headline": f"{headline} {_figure(headline_entry(summary), '')}",
        "gain": _figure(gain, "+"),
        "digest": digest,
        "study_hash": study_hash,
    }
    return {f"riskml.{name}": str(value) for name, value in own.items()}


def _figure(entry: Entry, sign: str) -> str:
    """Value and interval, such as "0.373 [0.328, 0.415]"; with a sign if `sign` is "+"."""
    value, bounds = number(entry), interval(entry)
    if value is None:
        return "undefined"
    form = f"{{:{sign}.3f}}"
    return form.format(value) + ("" if bounds is None else f" [{', '.join(form.format(end) for end in bounds)}]")


def metrics_of(summary: Mapping[str, Any]) -> dict[str, float]:
    """All metrics of the parent run, the headline first.

    `<metric>`, `<metric>.low`, `<metric>.high` of the model; `<policy>.<metric>` of the other policies, headline only;
    `diff.<a>-<b>.<metric>` with `.low` and `.high` of every paired difference, of the metrics in `DIFFERENCES` and the
    headline; summary.json has the others. What is undefined is left out.
    """
    headline = str(summary["headline"])
    own = summary["policies"][MODEL]
    found: dict[str, float] = {}
    for metric in [headline, *(name for name in own if name != headline)]:
        found |= _with_interval(allowed_name(metric), own[metric])
    for policy, metrics in summary["policies"].items():
        if policy != MODEL and headline in metrics:
            found |= _defined({f"{policy}.{allowed_name(headline)}": metrics[headline]["value"]})
    for pair, metrics in summary["differences"].items():
        for metric in dict.fromkeys([headline, *DIFFERENCES]):
            if metric in metrics:
                found |= _with_interval(f"diff.{pair.replace(' ', '')}.{allowed_name(metric)}", metrics[metric])
    return found


def by_origin(per_origin: pd.DataFrame, headline: str) -> dict[str, list[float | None]]:
    """The headline of every policy at the first origin, the second, ...: `origin.<policy>.<metric>` -> values."""
    own = per_origin[per_origin["metric"] == headline]
    wide = own.pivot(index="origin", columns="policy", values="value").sort_index()
    values = {policy: [None if pd.isna(value) else float(value) for value in wide[policy]] for policy in wide}
    return {f"origin.{policy}.{allowed_name(headline)}": path for policy, path in values.items()}


def origin_metrics(found: AtOrigin) -> dict[str, float]:
    """The metrics of a child run, with `.low` and `.high` where there is an interval, and the sizes of its pool."""
    values: dict[str, Any] = {"n": found.n, "n_positive": found.n_positive}
    for metric, (value, low, high) in found.metrics.items():
        name = allowed_name(metric)
        values |= {name: value, f"{name}.low": low, f"{name}.high": high}
    return _defined(values)


def note(summary: Mapping[str, Any]) -> str:
    """The verdict in both languages, the headline of every policy and the summary's notes, as Markdown."""
    headline, systems = summary["headline"], summary["systems"]
    verdict = as_text(summary["verdict"])
    lines = [verdict["en"], "", verdict["zh"], ""]
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
