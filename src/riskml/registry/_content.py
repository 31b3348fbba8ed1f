"""What a run writes into MLflow, as plain values: names, tags, metrics and the note. MLflow itself is not needed."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from riskml.evaluation.comparison import Difference, verdict

MODEL: Final = "model"
BASELINE: Final = "last_outcome"
AGAINST_BASELINE: Final = f"{MODEL} - {BASELINE}"
LOWER_IS_BETTER: Final = ("brier",)
DEFAULT_HEADLINE: Final = "recall@0.20"
VERDICTS: Final = {
    "better": "The model beats the last outcome",
    "worse": "The model is worse than the last outcome",
    "undecided": "The model is not shown to beat the last outcome",
}

Entry = Mapping[str, Any]
"""One number of summary.json: value, low, high, n, n_positive, estimand."""


def headline_of(summary: Mapping[str, Any]) -> str:
    """The metric that names the run: the summary's `headline`, else recall@0.20, else the model's first one."""
    metrics: list[str] = list(summary["policies"][MODEL])
    return next(name for name in (summary.get("headline"), DEFAULT_HEADLINE, *metrics) if name in metrics)


def metric_name(metric: str) -> str:
    """A metric as MLflow allows it to be called: it refuses "@".

    >>> metric_name("recall@0.20")
    'recall_at_0.20'
    """
    return metric.replace("@", "_at_")


def run_name(summary: Mapping[str, Any], headline: str) -> str:
    """Such as "sample recall@0.20 0.412"."""
    value = summary["policies"][MODEL][headline]["value"]
    return f"{summary['study']} {headline} {_number(value)}"


def tags_of(summary: Mapping[str, Any], headline: str, *, outcome: str, run_key: str) -> dict[str, str]:
    """The tags of the parent run, `riskml.<name>`, and the note that MLflow shows as its description."""
    values = {
        "run_key": run_key,
        "study": summary["study"],
        "data_hash": summary["data_hash"],
        "code_version": summary["code_version"],
        "outcome": outcome,
        "headline": headline,
        "estimand": summary["policies"][MODEL][headline]["estimand"],
    }
    tags = {f"riskml.{name}": str(value) for name, value in values.items()}
    return {**tags, "mlflow.note.content": note(summary, headline), "mlflow.source.name": "riskml run"}


def metrics_of(summary: Mapping[str, Any], headline: str) -> dict[str, float]:
    """All metrics of the parent run.

    `<metric>`, `<metric>.low`, `<metric>.high` of the model; `<policy>.<metric>` of the other policies, headline only;
    `diff.<a>-<b>.<metric>` with `.low` and `.high` of every paired difference. What is undefined is left out.
    """
    found: dict[str, float] = {}
    for metric, entry in summary["policies"][MODEL].items():
        found.update(_with_interval(metric_name(metric), entry))
    for policy, metrics in summary["policies"].items():
        if policy != MODEL and headline in metrics:
            found.update(_defined({f"{policy}.{metric_name(headline)}": metrics[headline]["value"]}))
    for pair, metrics in summary["differences"].items():
        for metric, entry in metrics.items():
            found.update(_with_interval(f"diff.{pair.replace(' ', '')}.{metric_name(metric)}", entry))
    return found


def origins_of(per_origin: pd.DataFrame, headline: str) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Day, estimand and metrics of the model at each origin in time order; n and n_positive are the headline's pool."""
    own = per_origin[per_origin["policy"] == MODEL]
    for origin, rows in own.groupby("origin", sort=True):
        pool = rows.iloc[int((rows["metric"] == headline).argmax())]
        values = {metric_name(name): value for name, value in zip(rows["metric"], rows["value"], strict=True)}
        sizes = {"n": pool["n"], "n_positive": pool["n_positive"]}
        yield f"{pd.Timestamp(str(origin)):%Y-%m-%d}", str(pool["estimand"]), _defined({**values, **sizes})


def note(summary: Mapping[str, Any], headline: str) -> str:
    """The verdict, the headline of every policy (best first) and the summary's notes, as Markdown."""
    lines = [_verdict(summary, headline), "", f"| policy | {headline} | 95 % interval | n | failures |"]
    lines.append("|---|---|---|---|---|")
    for policy, entry in _ranked(summary, headline):
        lines.append(
            f"| {policy} | {_number(entry['value'])} | {_interval(entry)} | {entry['n']} | {entry['n_positive']} |"
        )
    estimand = summary["policies"][MODEL][headline]["estimand"]
    lines += ["", f"Estimand: {estimand}. Data `{summary['data_hash'][:12]}`, code `{summary['code_version']}`."]
    return "\n".join([*lines, *(f"* {text}" for text in summary["notes"])])


def _verdict(summary: Mapping[str, Any], headline: str) -> str:
    entry = summary["differences"].get(AGAINST_BASELINE, {}).get(headline)
    if entry is None:
        return f"**No comparison with {BASELINE} on {headline}.**"
    difference = Difference(**{name: entry[name] for name in Difference.__dataclass_fields__ if name in entry})
    found = verdict(difference, lower_is_better=headline in LOWER_IS_BETTER)
    return f"**{VERDICTS[found]}**: {headline} {_number(entry['value'], sign='+')} {_interval(entry, sign='+')}."


def _ranked(summary: Mapping[str, Any], headline: str) -> list[tuple[str, Entry]]:
    shown = [(policy, metrics[headline]) for policy, metrics in summary["policies"].items() if headline in metrics]
    worst = math.inf if headline in LOWER_IS_BETTER else -math.inf
    values = {policy: worst if entry["value"] is None else entry["value"] for policy, entry in shown}
    return sorted(shown, key=lambda one: values[one[0]], reverse=headline not in LOWER_IS_BETTER)


def _with_interval(name: str, entry: Entry) -> dict[str, float]:
    return _defined({name: entry["value"], f"{name}.low": entry["low"], f"{name}.high": entry["high"]})


def _defined(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if value is not None and math.isfinite(value)}


def _number(value: float | None, *, sign: str = "") -> str:
    return "undefined" if value is None else f"{value:{sign}.3f}"


def _interval(entry: Entry, *, sign: str = "") -> str:
    if entry["low"] is None or entry["high"] is None:
        return "no interval"
    return f"[{entry['low']:{sign}.3f}, {entry['high']:{sign}.3f}]"
