"""The table that `riskml run` prints: policy by headline metric, with intervals, the labelled share beside it."""

from typing import Any, Final

_TITLES: Final = {
    "en": ("Policy", "model minus policy", "labelled"),
    "zh": ("策略", "模型减该策略", "有结果占比"),
}
_FEET: Final = {
    "en": (
        "{metric} with 95 % interval: {labelled} visits that were made, {sites} sites, {origins} origins (reordering "
        "of visits; says nothing about sites nobody visited). Labelled: of the active sites that the policy ranks "
        "first, the share with a visit."
    ),
    "zh": (
        "{metric}（含 95% 区间）：已实施的 {labelled} 次检查，{sites} 个主体，{origins} 个决策日"
        "（仅重排已做检查，不说明未检查主体）。有结果占比：该策略排在最前的在营主体中，确有检查的比例。"
    ),
}


def policy_lines(summary: dict[str, Any], lang: str) -> tuple[str, list[str], list[list[str]], list[str]]:
    """Title, header, rows and footnotes of the table.

    Args:
        summary: content of summary.json.
        lang: "en" or "zh".
    """
    metric = summary["headline"]
    budget = metric.split("@")[1] if "@" in metric else f"{0.2:.2f}"
    policy, minus, labelled = _TITLES[lang]
    rows = []
    for name, metrics in summary["policies"].items():
        difference = summary["differences"].get(f"model - {name}", {}).get(metric)
        share = metrics.get(f"labelled_share@{budget}")
        rows.append([name, _with_interval(metrics[metric], ""), _with_interval(difference, "+"), _number(share)])
    foot = _FEET[lang].format(
        metric=metric, labelled=summary["labelled"], sites=summary["sites"], origins=len(summary["origins"])
    )
    notes = [note[lang] for note in summary["notes"]]
    title = f"{summary['study']}: {summary['outcome']}, {summary['origins'][0]}..{summary['origins'][-1]}"
    return title, [policy, metric, minus, f"{labelled}@{budget}"], rows, [foot, *notes]


def _number(estimate: dict[str, Any] | None) -> str:
    return "" if estimate is None or estimate["value"] is None else f"{estimate['value']:.3f}"


def _with_interval(estimate: dict[str, Any] | None, sign: str) -> str:
    """Value and 95 % interval, with a sign if `sign` is "+"; empty where there is no value."""
    if estimate is None or estimate["value"] is None:
        return ""
    form = f"{{:{sign}.3f}}"
    value = form.format(estimate["value"])
    if estimate["low"] is None:
        return value
    return f"{value} [{form.format(estimate['low'])}, {form.format(estimate['high'])}]"
