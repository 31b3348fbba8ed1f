"""The sections about what the model uses, and what the words of the report mean."""

from typing import Any, Final

from riskml.export.wording import METRICS, Text, policy_name, policy_order, split_metric, text
from riskml.reporting import _sections as words
from riskml.reporting import charts
from riskml.reporting._page import Facts, Run, Section, Words, figure
from riskml.reporting.texts import metric_meaning, policy_meaning

USES: Final = text(
    "Which facts move the model's predictions most, over the sites of the last day. The reasons for a single site are "
    "given with its score.",
    "哪些事实对模型预测的影响最大（以最后一日的主体计）。单个主体的理由随其评分给出。",
)
DEFINITIONS: Final = text(
    "Every metric and every policy of this report, in plain words.", "本报告所用的每个指标与每种策略。"
)


def importance(run: Run) -> Section:
    """The features that move the predictions most."""
    title, caption = words.FIGURES["importance"]
    frame = run.table("importance")
    chart = figure(title, caption, lambda lang: charts.importance_chart(frame, lang=lang))
    return Section("uses", title, USES, (chart,))


def definitions(run: Run) -> Section:
    """Plain words for every metric and policy that the report shows."""
    policies: dict[str, Any] = run.summary["policies"]
    shown = [*policies.values(), *run.summary["differences"].values()]
    stems = {split_metric(metric)[0] for entries in shown for metric in entries}
    rows: list[tuple[Text, Text]] = [(METRICS[stem].name, metric_meaning(stem)) for stem in METRICS if stem in stems]
    rows += [(policy_name(policy, run.systems), policy_meaning(policy)) for policy in policy_order(policies)]
    facts = Facts(tuple(rows), wide=True)
    return Section("words", words.HEADINGS["definitions"], DEFINITIONS, (facts, Words((words.MADE_OF,))))
