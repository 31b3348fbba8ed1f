"""What Chinese law asks to be told of such a tool, article by article, and where the record answers; in both languages.

Only provisions whose text was read stand here, in words of our own; lengths of periods are left to the law itself.

* Personal Information Protection Law (个人信息保护法), adopted 2021-08-20: art. 24, 46, 55, 56
* Measures for Supervision and Inspection of Food Production and Operation (SAMR Order 49, 2021-12-24,
  食品生产经营监督检查管理办法): art. 5, 21, 22, 35, 39, 46
* Provisions on Publicity of Administrative Penalty Information (SAMR Order 45, 2021-07-30,
  市场监督管理行政处罚信息公示规定): art. 11, 12

The notices on credit-based supervision (国办发〔2019〕35号, 国市监信发〔2022〕6号) could not be read in full: the
record claims nothing of what they ask, and leaves a blank.
"""

from typing import Final

from riskml.export.wording import Text, text

NOTE: Final = text(
    "This is a reader's aid, not legal advice. The provisions are told in short, as read by the makers of riskml; "
    "whether they apply, and whether they are still in force, the bureau's legal office confirms: {blank}",
    "以下仅为便于查阅，不是法律意见。条文为riskml作者所读文本的摘要；是否适用、是否仍然有效，由主管部门法制机构确认：{blank}",
)
HEADS: Final = (text("Provision", "条文"), text("What it asks", "要求"), text("Answer", "本记录的回答"))
PROVISIONS: Final[tuple[tuple[Text, Text, Text], ...]] = (
    (
        text("Personal Information Protection Law, art. 24 (1)", "个人信息保护法第二十四条第一款"),
        text(
            "Automated decision-making with personal information must be transparent, its results fair and impartial.",
            "利用个人信息进行自动化决策，应当保证决策的透明度和结果公平、公正。",
        ),
        text("This record. {fairness}", "本记录。{fairness}"),
    ),
    (
        text("The same, art. 24 (3)", "同上第二十四条第三款"),
        text(
            "Where a decision made by automated means has a major influence on a person's rights and interests, the "
            "person may ask for an explanation, and may refuse a decision made by automated means alone.",
            "通过自动化决策方式作出对个人权益有重大影响的决定，个人有权要求予以说明，并有权拒绝仅通过自动化决策的方式作出决定。",
        ),
        text(
            "A decision by the score alone is a refused use, and every score has its reasons: see Scope, Human "
            "decisions and review, Appeals and review. That this is kept to, the bureau confirms: {blank}",
            "仅凭分数作出决定属禁止用途，且每个分数都有理由：见“范围”“人工决定与复核”“异议与复核”。是否遵守，由主管部门确认：{blank}",
        ),
    ),
    (
        text("The same, art. 46", "同上第四十六条"),
        text(
            "A person may ask that personal information that is wrong or incomplete be corrected or completed.",
            "个人发现其个人信息不准确或者不完整的，有权请求更正、补充。",
        ),
        text("See Appeals and review. Whom to ask: {blank}", "见“异议与复核”。受理单位：{blank}"),
    ),
    (
        text("The same, art. 55", "同上第五十五条"),
        text(
            "Before personal information is used for automated decision-making, the impact on its protection is "
            "assessed, and the processing is recorded.",
            "利用个人信息进行自动化决策的，应当事前进行个人信息保护影响评估，并对处理情况进行记录。",
        ),
        text("Day of the assessment, who made it, its outcome: {blank}", "评估日期、评估单位、结论：{blank}"),
    ),
    (
        text("The same, art. 56", "同上第五十六条"),
        text(
            "The assessment says whether purpose and means are lawful, legitimate and necessary; what the impact on "
            "persons and the security risks are; whether the protection is lawful, effective and in proportion. Report "
            "and record are kept for the time that the article sets.",
            "评估应包括：处理目的、方式是否合法、正当、必要；对个人权益的影响及安全风险；保护措施是否合法、有效并与风险程度相适应。"
            "报告和记录按本条规定的期限保存。",
        ),
        text("Where they are kept, until when: {blank}", "存放处与保存期限：{blank}"),
    ),
    (
        text("SAMR Order 49 (2021), art. 5, 21, 22", "市场监管总局令第49号（2021）第五条、第二十一条、第二十二条"),
        text(
            "Inspections cover every business, in the least frequency that art. 22 sets; businesses and inspectors are "
            "drawn at random, in view of credit standing; the yearly plan weighs, among others, risk grade and credit "
            "record; there are four risk grades.",
            "监督检查覆盖所有食品生产经营者，不低于第二十二条规定的频次；结合信用状况随机选取对象、随机选派人员；"
            "年度计划综合考虑风险等级、信用档案记录等因素；风险等级分为四级。",
        ),
        text(
            "The intended uses leave the least frequency and the random draw as they are. How the score enters the "
            "yearly plan, and how it stands to the risk grade: {blank}",
            "适用用途不改变最低频次和随机抽取。分数如何用于年度计划、与风险等级是何关系：{blank}",
        ),
    ),
    (
        text("The same, art. 35, 39", "同上第三十五条、第三十九条"),
        text(
            "The result of an inspection is told to the business in writing on the spot, and made public in the period "
            "that art. 39 sets.",
            "监督检查结果现场书面告知食品生产经营者，并在第三十九条规定的期限内向社会公开。",
        ),
        text(
            "That is the result of a visit. A score is no such result, and must not be published as one.",
            "指检查的结果。分数不是检查结果，不得作为结果公布。",
        ),
    ),
    (
        text("The same, art. 46", "同上第四十六条"),
        text(
            "What an unannounced inspection is about, and where inspectors go, is not told to the business beforehand.",
            "实施飞行检查，不得事先告知被检查单位检查内容、检查人员行程等信息。",
        ),
        text(
            "This record names no site. When a business that asks may be told its score: {blank}",
            "本记录不涉及任何具体主体。主体查询时何时可以告知其分数：{blank}",
        ),
    ),
    (
        text("SAMR Order 45 (2021), art. 11, 12", "市场监管总局令第45号（2021）第十一条、第十二条"),
        text(
            "A published penalty that was changed, revoked or found unlawful or void is withdrawn in the period that "
            "art. 11 sets; whoever proves that published information is wrong may have it corrected.",
            "行政处罚决定被变更、撤销、确认违法或者无效的，在第十一条规定的期限内撤回公示；有证据证明公示信息不准确的，有权要求更正。",
        ),
        text(
            "Enters the records as an amendment, if the bureau's system sends it; every score from the day after it "
            "became known uses it. See Appeals and review.",
            "主管部门系统传入后，以后续记录的形式进入；自获知次日起的评分均予采用。见“异议与复核”。",
        ),
    ),
    (
        text(
            "Notices on credit-based supervision (State Council General Office 2019 No. 35; SAMR 2022 No. 6)",
            "信用监管文件（国办发〔2019〕35号；国市监信发〔2022〕6号）",
        ),
        text(
            "Not read in full by the makers of riskml; nothing is claimed here of what they ask.",
            "riskml作者未能读到全文；此处对其要求不作任何陈述。",
        ),
        text("{blank}", "{blank}"),
    ),
)
