"""The headings and sentences of the model card in both languages; what stands in braces is filled from the run."""

from typing import Final

from riskml.export.wording import Text, text

WORDS: Final[dict[str, Text]] = {
    "title": text("Model card: {study}", "模型卡：{study}"),
    "glance": text("At a glance", "概览"),
    "fact": text("What", "项目"),
    "name": text("Model", "模型"),
    "source": text("Records", "记录来源"),
    "data_hash": text("Fingerprint of the records", "记录指纹"),
    "trained_to": text("Learned from what was known before", "学习所用记录截至（不含当日）"),
    "expires_on": text("Not to be used from", "自此日起不得再用"),
    "digest": text("Digest of the artifact (names it to the byte)", "模型文件摘要（逐字节唯一）"),
    "code_version": text("Code", "代码版本"),
    "owner": text("Owner, and whom to ask", "责任单位与联系方式"),
    "context": text("Facts about other sites may be old at most, days", "关于其他主体的信息最长可用天数"),
    "predicts": text("What it predicts", "预测什么"),
    "predicts_text": text(
        "The probability that the first eligible visit to a site, within {horizon_days} days from the decision day, "
        "belongs to the {outcome}, given that this visit takes place. The output is a probability, a place in an order "
        "and reasons. It is not a finding: only a visit establishes a failure.",
        "在决策日起{horizon_days}天内，主体首次纳入统计的检查属于“{outcome}”的概率，以该检查确实发生为前提。"
        "输出为概率、排序位置和理由。它不是认定：是否不合格只能由检查确定。",
    ),
    "method": text(
        "Boosted decision trees on {features} features; for {fixed} of them the direction of the effect is fixed "
        "in advance. A feature uses only what the bureau knew before the decision day. The same records give the "
        "same score.",
        "以{features}个特征训练的提升决策树，其中{fixed}个特征的作用方向预先固定。特征只使用主管部门在决策日之前已知的"
        "记录。相同的记录得到相同的分数。",
    ),
    "data": text("Data and dates", "数据与日期"),
    "evaluated": text(
        "Evaluated on {rows} rows (site × decision day) of {sites} sites at {origins} decision days, {first} to "
        "{last}; {labelled} rows ({share}) have a settled visit, {base_rate} of these failed.",
        "评估：{sites}个主体在{origins}个决策日（{first}至{last}）的{rows}条记录（主体×决策日）；其中{labelled}条（{share}）"
        "有已定结果，不合格占{base_rate}。",
    ),
    "trained": text(
        "Trained on {rows} rows with {positives} failures, decision days {first_day} to {last_day}.",
        "训练：{rows}条记录，其中不合格{positives}条，决策日{first_day}至{last_day}。",
    ),
    "splits": text(
        "On each decision day the model that was judged had learned only from days at least {gap} days before it: "
        "{horizon} days of outcomes and {settling} days until an outcome can no longer change.",
        "在每个决策日受检验的模型，只从至少早{gap}天的决策日学习：结果期{horizon}天，加上结果不再变动所需的{settling}天。",
    ),
    "versions": text("Data {data_hash}, code {code_version}.", "数据{data_hash}，代码{code_version}。"),
    "outcome": text("Outcome", "结果的定义"),
    "outcome_text": text(
        "Failure means: {outcome}, by the outcome rule of the source, label versions: {label_versions}. A visit whose "
        "result may still change is left out. No visit is no outcome; it is never counted as a pass.",
        "不合格是指：{outcome}，按数据来源的结果规则确定，标签版本：{label_versions}。结果尚可能变动的检查不计入。"
        "没有检查即没有结果，绝不算作合格。",
    ),
    "metrics": text("Results", "结果"),
    "metrics_text": text(
        "Visits that were made, put in another order (reordering): {n} visits, {n_positive} failed. In brackets the "
        "95% interval, by resampling the sites.",
        "仅对已实施的检查重新排序（重排口径）：{n}次检查，其中不合格{n_positive}次。方括号内为按主体重抽样的95%区间。",
    ),
    "policy": text("Policy", "策略"),
    "metric": text("Metric of the model", "模型的指标"),
    "value": text("Value", "数值"),
    "pair": text("Paired difference", "配对差值"),
    "points": text("{metric}, percentage points", "{metric}（百分点）"),
    "features": text("Features", "特征"),
    "feature": text("Feature", "特征"),
    "meaning": text("Meaning", "含义"),
    "direction": text("Direction", "方向"),
    "no_interval": text("{value} (no interval: {reason})", "{value}（无区间：{reason}）"),
    "no_value": text("– ({reason})", "–（{reason}）"),
    "limits": text("Limits", "局限"),
    "intended": text("Intended uses", "适用范围"),
    "refused": text("Refused uses", "禁止用途"),
    "contest": text("How to contest a score", "如何提出异议"),
}

DIRECTIONS: Final[dict[int, Text]] = {
    1: text("risk never falls as it rises", "数值上升，风险不降"),
    -1: text("risk never rises as it rises", "数值上升，风险不升"),
    0: text("free", "不限"),
}
