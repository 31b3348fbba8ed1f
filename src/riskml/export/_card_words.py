"""The fixed sentences of the model card in both languages; what stands in braces is filled from the run."""

from typing import Final

from riskml.export.wording import Text, text

WORDS: Final[dict[str, Text]] = {
    "title": text("Model card: {study}", "模型卡：{study}"),
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
        "{last}; {labelled} rows have a settled visit, {base_rate} of these failed.",
        "评估：{sites}个主体在{origins}个决策日（{first}至{last}）的{rows}条记录（主体×决策日）；其中{labelled}条有已定结果，"
        "不合格占{base_rate}。",
    ),
    "trained": text(
        "Trained on {rows} rows with {positives} failures, decision days {first_day} to {last_day}.",
        "训练：{rows}条记录，其中不合格{positives}条，决策日{first_day}至{last_day}。",
    ),
    "calibration": text("Calibration: {calibration}.", "校准：{calibration}。"),
    "platt": text(
        "Platt scaling on rows later than the training, slope {slope}, intercept {intercept}",
        "在晚于训练的记录上作Platt校准，斜率{slope}，截距{intercept}",
    ),
    "beta": text(
        "beta map on rows later than the training, {rise} and {fall}, intercept {intercept}",
        "在晚于训练的记录上作beta校准，系数{rise}与{fall}，截距{intercept}",
    ),
    "isotonic": text(
        "isotonic map with {knots} knots on rows later than the training",
        "在晚于训练的记录上作保序校准，{knots}个节点",
    ),
    "uncalibrated": text("none; the probabilities are raw", "无；概率未经校准"),
    "versions": text("Data {data_hash}, code {code_version}.", "数据{data_hash}，代码{code_version}。"),
    "outcome": text("Outcome", "结果的定义"),
    "outcome_text": text(
        "Failure means: {outcome}, by the outcome rule of the source, label versions: {label_versions}. A visit whose "
        "result may still change is left out. No visit is no outcome; it is never counted as a pass.",
        "不合格是指：{outcome}，按数据来源的结果规则确定，标签版本：{label_versions}。结果尚可能变动的检查不计入。"
        "没有检查即没有结果，绝不算作合格。",
    ),
    "missing": text("Who is missing", "谁不在数据之中"),
    "missing_rows": text(
        "{unlabelled} of {rows} rows ({share}) have no settled visit: what a visit would have found there is unknown.",
        "{rows}条记录中有{unlabelled}条（{share}）没有已定结果：若去检查会发现什么，无从得知。",
    ),
    "missing_selection": text(
        "Visits were not made at random but where somebody expected something (selective labels). The model learns "
        "from visited sites; on sites never visited it is an extrapolation that nothing here has tested.",
        "检查并非随机安排，而是去了有人认为该去的地方（选择性标签）。模型只从检查过的主体学习；对从未检查过的主体，"
        "它的预测是未经任何检验的外推。",
    ),
    "missing_share": text(
        "Labelled share (allocation; of the active sites that the model would visit first, those with a known "
        "outcome): {shares}.",
        "有结果占比（配置口径；模型会最先安排检查的在营主体中结果已知者）：{shares}。",
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
    "no_notes": text("The run recorded no notes.", "本次运行没有记录说明。"),
    "intended": text("Intended uses", "适用范围"),
    "refused": text("Refused uses", "禁止用途"),
    "contest": text("How to contest a score", "如何提出异议"),
}

DIRECTIONS: Final[dict[int, Text]] = {
    1: text("risk never falls as it rises", "数值上升，风险不降"),
    -1: text("risk never rises as it rises", "数值上升，风险不升"),
    0: text("free", "不限"),
}

LISTS: Final[dict[str, tuple[Text, ...]]] = {
    "intended": (
        text(
            "Ordering routine visits within a given budget, beside the frequency that the law requires and a share of "
            "visits drawn at random.",
            "在既定预算内安排日常检查的先后，同时保证法定检查频次和一定比例的随机抽查。",
        ),
        text(
            "Showing an inspector before a visit why a site stands high.",
            "在检查之前向检查人员说明某主体排位靠前的理由。",
        ),
        text("Comparing an existing grade with the record of results.", "将现行等级与实际检查结果相对照。"),
    ),
    "refused": (
        text(
            "No automatic penalties: no fine, order, listing, licence decision or published grade may follow from a "
            "score.",
            "不得自动处罚：罚款、责令、列入名单、许可决定或公示等级均不得由分数直接产生。",
        ),
        text(
            "People are never features: no inspector, person or phone number enters a prediction, and a score must not "
            "be used to judge inspectors or staff.",
            "人员绝不作为特征：检查人员、个人和电话号码不进入预测；分数也不得用于评价检查人员或从业人员。",
        ),
        text(
            "No use on other cities, sources or kinds of business than those of the data, nor after the artifact "
            "expires.",
            "不得用于数据以外的城市、来源或业态，也不得在模型文件到期之后使用。",
        ),
        text(
            "No claim that visits by this order prevent failures: it finds them; what visits change was not measured.",
            "不得声称按此排序检查能够预防不合格：它只是发现；检查带来的改变并未测量。",
        ),
        text(
            "No plan by score alone: sites never visited would stay unknown for ever.",
            "不得仅凭分数排定计划：否则从未检查的主体将永远未知。",
        ),
    ),
    "contest": (
        text(
            "Every score comes with its reasons and the records behind them; the site may ask the bureau for both.",
            "每个分数都附有理由及其所依据的记录；主体可向主管部门要求提供。",
        ),
        text(
            "A wrong record is corrected where it was made; the correction becomes known on its day and the next score "
            "uses it. A record that was repaired or withdrawn counts by the rule of its kind.",
            "错误的记录在其来源处更正；更正自获知之日起生效，其后的评分即予采用。已修复或撤销的记录按其类别的规则处理。",
        ),
        text(
            "A person decides, may set the score aside, and writes down why.",
            "由人作出决定，可以不采纳分数，并书面说明理由。",
        ),
        text("Office in charge (to be filled in by the bureau): ______", "受理部门（由主管部门填写）：______"),
    ),
}
