"""What a model is for, what it is refused for, what holds of every one, and how a business contests its score."""

from typing import Final

from riskml.export.wording import Text, text

BLANK: Final = text("[to be filled by the bureau]", "[由主管部门填写]")
"""Stands where only the bureau can know; never filled in by a run."""

LIMITS: Final[tuple[Text, ...]] = (
    text(
        "It finds failures, it does not weigh them: a failed visit is not a harmed customer, and a passed one is no "
        "promise.",
        "它发现不合格，而不衡量其轻重：检查不合格不等于有人受害，检查合格也不是保证。",
    ),
    text(
        "A plan made by scores changes the records that the next model learns from. Only visits drawn at random tell "
        "later whether the order still holds.",
        "按分数安排检查，会改变下一个模型所学习的记录。只有随机抽取的检查才能在日后检验该排序是否仍然成立。",
    ),
    text(
        "The past need not last: new rules, new checklists or another way of recording make it wrong without a warning "
        "from inside the model.",
        "过去未必延续：规则、检查表或记录方式的改变都会使其失准，而模型自身不会发出警告。",
    ),
)
"""Limits that no number of a run can lift."""

LISTS: Final[dict[str, tuple[Text, ...]]] = {
    "intended": (
        text(
            "By the bureau's planners: ordering routine visits within a given budget, beside the frequency that the "
            "law requires and a share of visits drawn at random.",
            "供主管部门的计划人员：在既定预算内安排日常检查的先后，同时保证法定检查频次和一定比例的随机抽查。",
        ),
        text(
            "By its inspectors: seeing before a visit why a site stands high.",
            "供检查人员：在检查之前了解某主体排位靠前的理由。",
        ),
        text(
            "By its analysts: comparing an existing grade with the record of results.",
            "供分析人员：将现行等级与实际检查结果相对照。",
        ),
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
        text(
            "No sale, and no use by third parties such as lenders, insurers, landlords or platforms: it says nothing "
            "of credit, rent or custom.",
            "不得出售，也不得供贷款、保险、出租方或平台等第三方使用：它与信贷、租赁或交易无关。",
        ),
    ),
    "contest": (
        text(
            "Ask. Name the site and the decision day. The bureau is to answer with the score of that day, the digest "
            "of the artifact that made it, its reasons, and under each reason the numbers of the records behind it.",
            "查询。写明主体与决策日。主管部门应答复当日的分数、所用模型文件的摘要、各项理由，以及每项理由所依据的记录编号。",
        ),
        text(
            "Contest a record of the site's own. Name its number and what is wrong, with evidence, to the office that "
            "made it: only there can it be corrected.",
            "对本主体的记录提出异议。写明记录编号与错误之处并附证据，向作出该记录的单位提出：只有该单位能够更正。",
        ),
        text(
            "The correction is added as an amendment (correction, withdrawal, end or repair) with the day on which it "
            "takes effect and the day on which it became known; nothing is erased. Every score of a later day uses it. "
            "A penalty that was repaired or withdrawn counts by the rule of its feature, told in the list of "
            "features.",
            "更正以后续记录（更正、撤销、终止或修复）的形式追加，注明生效日与获知日，原记录不删除。其后各日的评分均予采用。"
            "已修复或撤销的处罚按其特征的规则处理，见特征清单。",
        ),
        text(
            "Contest a fact about others (neighbours, the same place, legal person or name). Say why the site does not "
            "belong with them; the bureau checks the address, the coordinates and the code of the legal person.",
            "对涉及其他主体的信息（周边、同址、同一法人、同名）提出异议。说明本主体为何不应与之归为一组；"
            "主管部门核对地址、坐标与法人代码。",
        ),
        text(
            "Contest the use of the score, whatever its records. A person is to decide, may set it aside, and writes "
            "down why; what the score would be under other records is no answer to that.",
            "无论记录如何，均可对分数的使用提出异议。应由人作出决定，可以不采纳分数，并书面说明理由；"
            "“若记录改变分数将如何”不能代替这一答复。",
        ),
        text(
            "To whom, by when an answer comes, and where to appeal against it: {blank}",
            "向谁提出、何时答复、不服时向何处申诉：{blank}",
        ),
    ),
}
"""Under the key of their heading in the card."""
