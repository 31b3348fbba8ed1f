"""The section that says what the words of the report mean."""

from typing import Any, Final

from riskml.export.wording import METRICS, Text, policy_name, policy_order, split_metric, text
from riskml.reporting import _sections as words
from riskml.reporting._page import Facts, Run, Section, Words
from riskml.reporting.texts import metric_meaning, policy_meaning

DEFINITIONS: Final = text(
    "Every metric and every policy of this report, in plain words.", "本报告所用的每个指标与每种策略。"
)


def definitions(run: Run) -> Section:
    """Plain words for every metric and policy that the report shows."""
    policies: dict[str, Any] = run.summary["policies"]
    shown = [*policies.values(), *run.summary["differences"].values()]
    stems = {split_metric(metric)[0] for entries in shown for metric in entries}
    rows: list[tuple[Text, Text]] = [(METRICS[stem].name, metric_meaning(stem)) for stem in METRICS if stem in stems]
    rows += [(policy_name(policy, run.systems), policy_meaning(policy)) for policy in policy_order(policies)]
    facts = Facts(tuple(rows), wide=True)
    return Section("words", words.HEADINGS["definitions"], DEFINITIONS, (facts, Words((words.MADE_OF,))))
