"""What card and transparency record say of groups, calibration, reasons and missing sites, in both languages."""

from typing import Final

from riskml.export.wording import Text, text

TRUST: Final[dict[str, Text]] = {
    "fairness": text("Groups of sites", "各类主体"),
    "no_fairness": text("No comparison of groups of sites was at hand.", "没有可用的各类主体比较。"),
    "fair_absent": text(
        "The records name no group of sites (office, kind, floor area, legal form), so none could be compared.",
        "记录中没有可供分组的信息（监管所、业态、面积、主体类型），因而无从比较。",
    ),
    "fair_small": text(
        "No group has enough failures to be judged ({small} figures): whether the model treats groups alike is not "
        "known.",
        "没有任何组的不合格数足以作出判断（{small}项指标）：模型对各组是否一视同仁尚不可知。",
    ),
    "fair_none": text(
        "None of {judged} group figures shows that the probabilities are off for one group against the others; "
        "not judged, with too few failures: {small}. No proof was found, which is no proof of the contrary.",
        "{judged}项分组指标中，没有一项表明某组的概率相对其余各组有偏差；因不合格数过少未作判断的：{small}项。未发现证据不等于证明没有偏差。",
    ),
    "fair_apart": text(
        "For {apart} of {judged} group figures the whole 95% interval lies off 1, which says that the probabilities "
        "are off for that group against the others; by luck alone about {luck} would. Not judged, with too few "
        "failures: {small}.",
        "{judged}项分组指标中有{apart}项的95%区间完全偏离1，表明该组的概率相对其余各组有偏差；仅凭偶然也会有约{luck}项。"
        "因不合格数过少未作判断的：{small}项。",
    ),
    "group": text(
        "{attribute}, {group}: {finding}: {value} (failures of the group: {failures}).",
        "{attribute}，{group}：{finding}{value}（该组不合格{failures}次）。",
    ),
    "calibration_ratio_above": text(
        "risk understated, observed over expected failures against the others",
        "低估风险，实际与预期不合格数之比（相对其余各组）为",
    ),
    "calibration_ratio_below": text(
        "risk overstated, observed over expected failures against the others",
        "高估风险，实际与预期不合格数之比（相对其余各组）为",
    ),
    "detection_ratio_above": text(
        "more of its failures found than its probabilities say, against the others",
        "查出多于其概率所示，相对其余各组为",
    ),
    "detection_ratio_below": text(
        "more of its failures missed than its probabilities say, against the others",
        "漏查多于其概率所示，相对其余各组为",
    ),
    "served": text(
        "Whose failures are found and whose sound sites are visited for nothing, at {budget} of the visits. Over all "
        "sites: found {found}, visited for nothing {burden}. By kind, the group with least and with most:",
        "预算为检查总数{budget}时，谁的不合格被发现、谁的合格主体被白白检查。全部主体：发现{found}，白白检查{burden}。各类中最低与最高的组：",
    ),
    "by": text("Groups by", "分组依据"),
    "found_least": text("Failures found, least", "发现率最低"),
    "found_most": text("Failures found, most", "发现率最高"),
    "burden_least": text("Visited for nothing, least", "白白检查最低"),
    "burden_most": text("Visited for nothing, most", "白白检查最高"),
    "unrecorded": text("Not recorded, so in no group: {shares}.", "未记录而不属任何组：{shares}。"),
    "calibration": text("Are the probabilities right?", "概率是否准确"),
    "map": text("Calibration: {calibration}.", "校准：{calibration}。"),
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
    "held_out": text(
        "On the decision days it was judged on: calibration slope {slope} (1 is right), intercept {intercept} (0 is "
        "right).",
        "在受检验的各决策日：校准斜率{slope}（1为准确），截距{intercept}（0为准确）。",
    ),
    "right": text(
        "Neither is shown to be off over all these days.",
        "就这些决策日整体而言，两者均未显示偏差。",
    ),
    "off": text(
        "The probabilities are off: the interval of the {which} leaves out what would be right. Use the order, and the "
        "probabilities with care.",
        "概率有偏差：{which}的区间不含准确值。可用其排序，概率须谨慎使用。",
    ),
    "slope": text("slope", "斜率"),
    "intercept": text("intercept", "截距"),
    "and": text(" and the ", "与"),
    "bins": text(
        "Of {bins} equal parts of the visits, from least to most risk, the promised share of failures lies within the "
        "95% interval of the observed one in {inside}.",
        "将检查按风险从低到高等分为{bins}份，其中{inside}份的预期不合格率落在实际不合格率的95%区间之内。",
    ),
    "days": text(
        "Decision days with enough failures for an interval: {days}; the slope is off on {off} of them.",
        "不合格数足以给出区间的决策日：{days}个；其中斜率有偏差的{off}个。",
    ),
    "reasons": text("Can its reasons be relied on?", "理由是否可靠"),
    "no_reasons": text("No check of the reasons was at hand.", "没有可用的理由检验。"),
    "reasons_text": text(
        "A score comes with reasons: what each fact adds to it, exactly. They tell of the model, not of what causes a "
        "failure.",
        "每个分数都附有理由：各项事实对分数的确切贡献。理由说明的是模型，而非不合格的原因。",
    ),
    "check": text("Check", "检验"),
    "holds": text("Holds", "是否成立"),
    "finding": text("Finding", "结果"),
    "yes": text("yes", "是"),
    "no": text("no", "否"),
    "not_made": text("not made", "未做"),
    "counterfacts": text(
        "Counter-facts (“if this order were closed”): {note}", "假设性变化（“若该责令已整改”）：{note}"
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
    "register": text("The records hold {sites} sites.", "记录中共有{sites}个主体。"),
    "never_visited": text(
        "Never visited, as far as the records go: {count}. The model knows them by their register and neighbours only.",
        "记录中从未检查过的：{count}个。模型仅凭登记信息与周边情况了解它们。",
    ),
    "never_judged": text(
        "Open and licensed on none of the decision days it was judged on: {count}.",
        "在任何受检验的决策日均未在营或没有有效许可：{count}个。",
    ),
    "never_labelled": text(
        "Open on some of these days, yet without a settled visit after any of them: {count}.",
        "曾在这些决策日在营，但其后始终没有已定结果：{count}个。",
    ),
    "closed": text(
        "Closed by now: {count}. They count up to their closure, and are never scored again.",
        "现已停业：{count}个。停业前计入，此后不再评分。",
    ),
    "without_place": text(
        "Without coordinates, so that their score knows nothing of their neighbourhood: {count}.",
        "没有坐标、因而评分不含周边情况：{count}个。",
    ),
    "not_registered": text(
        "Businesses that are not in the register at all are in no number of this page.",
        "未登记的经营者不在本页任何数字之内。",
    ),
    "overlap": text(
        "{below} of the rows had a chance of a visit below 5%; weighted to stand for all sites, the {labelled} settled "
        "visits are worth {ess} equal ones.",
        "{below}的记录被检查的机会低于5%；{labelled}次已定检查经加权代表全部主体后，相当于{ess}次等权检查。",
    ),
    "missing_share": text(
        "Labelled share (allocation; of the active sites that the model would visit first, those with a known "
        "outcome): {shares}.",
        "有结果占比（配置口径；模型会最先安排检查的在营主体中结果已知者）：{shares}。",
    ),
    "inspectors": text(
        "Who inspects matters: ranking by the inspector alone reaches an AUC of {only}; the model has {all}, and among "
        "visits of the same inspector {within} (one half is chance).",
        "由谁检查有影响：仅按检查员排序的AUC即达{only}；模型为{all}，在同一检查员的检查之间为{within}（二分之一为随机）。",
    ),
}
"""Sentences by their key; what stands in braces is filled from the run."""
