"""The fields of the algorithmic transparency record in both languages; what stands in braces is filled from the run.

They follow the Algorithmic Transparency Recording Standard of the UK Government (guidance for public sector bodies,
2023, updated 2025; template 3.0), tier 1 and tier 2. Its field numbers differ between versions and are left out.
What a bureau does is not known to a run: such a field says what the tool is made for, and leaves a blank.
"""

from typing import Final

from riskml.export.wording import Text, text

Field = tuple[Text, Text]
"""Name of a field, and what stands in it."""
NAMED_BLANK: Final = text("{blank}", "{blank}")

TITLE: Final = text("Algorithmic transparency record: {study}", "算法透明度记录：{study}")
LEAD: Final = text(
    "Written by the run that made the model, from its own files. {blanks} places are marked {blank}: only the bureau "
    "knows what belongs there, and the record is not complete before it has written it. Structure: Algorithmic "
    "Transparency Recording Standard (UK Government), tiers 1 and 2, then what Chinese law asks to be told.",
    "由产生模型的运行依据其自身文件写成。标有{blank}之处共{blanks}个：只有主管部门知道其内容，填写之前本记录不完整。"
    "结构依照英国政府《算法透明度记录标准》第一、二层，其后为中国法律要求告知的事项。",
)
TIER1: Final = text("Tier 1: overview for everybody", "第一层：公众概览")
TIER2: Final = text("Tier 2: details", "第二层：详细信息")
LAW: Final = text("What Chinese law asks to be told", "中国法律要求告知的事项")

OVERVIEW: Final[tuple[Field, ...]] = (
    (text("Name", "名称"), text("{study}", "{study}")),
    (
        text("What it does", "做什么"),
        text(
            "It puts the food businesses of a district or city in an order, those first whose next inspection is most "
            "likely to belong to the {outcome}. For each it gives a probability and the reasons, with the records "
            "behind them.",
            "将一个区或市的食品经营主体排序，下一次检查最可能属于“{outcome}”的排在最前。对每个主体给出概率、理由及其所依据的记录。",
        ),
    ),
    (
        text("How it is used", "如何使用"),
        text(
            "It is made for people who plan inspections, beside the visits that the law requires and a share of "
            "visits drawn at random. Nobody may be fined, listed, refused or graded by it: only an inspection "
            "establishes a failure. How this bureau uses it: {blank}",
            "供检查计划人员在法定检查和一定比例随机抽查之外参考。任何人不得因其被罚款、列入名单、拒绝许可或评级：是否不合格只能由检查确定。"
            "本部门的使用方式：{blank}",
        ),
    ),
    (
        text("Why", "为何使用"),
        text(
            "So that the visits there are go first where a failure is likelier. Measured on {n} visits that were made, "
            "with {n_positive} failures: {verdict}",
            "使有限的检查先去更可能不合格之处。就已实施的{n}次检查（不合格{n_positive}次）衡量：{verdict}",
        ),
    ),
    (
        text("What it cannot say", "不能说明什么"),
        text(
            "Of {rows} rows (site × decision day) {unlabelled} ({unlabelled_share}) had no settled visit; what a visit "
            "would have found there nobody knows. It finds failures; that visiting by it prevents them was not "
            "measured.",
            "{rows}条记录（主体×决策日）中有{unlabelled}条（{unlabelled_share}）没有已定结果，若去检查会发现什么无从得知。"
            "它只是发现不合格；按其检查能否预防不合格并未测量。",
        ),
    ),
    (text("What to know of these records", "关于这些记录须知"), text("{notes}", "{notes}")),
    (text("Website", "网址"), NAMED_BLANK),
    (text("Contact", "联系方式"), NAMED_BLANK),
)

SECTIONS: Final[tuple[tuple[Text, tuple[Field, ...]], ...]] = (
    (
        text("Owner and responsibility", "责任主体"),
        (
            (text("Organisation", "单位"), NAMED_BLANK),
            (text("Team", "部门"), NAMED_BLANK),
            (text("Senior responsible owner", "主要负责人"), NAMED_BLANK),
            (text("Supplier, its role, and its access to data", "供应商、其职责与数据访问权限"), NAMED_BLANK),
        ),
    ),
    (
        text("Description and rationale", "说明与理由"),
        (
            (
                text("Detailed description", "详细说明"),
                text(
                    "The probability that the first eligible visit within {horizon_days} days from the decision day "
                    "belongs to the {outcome}, given that it takes place. {features} inputs, for {fixed} of which the "
                    "direction of the effect is fixed in advance. Only what was known before the decision day counts; "
                    "the same records give the same score.",
                    "在决策日起{horizon_days}天内，首次纳入统计的检查属于“{outcome}”的概率，以该检查发生为前提。共{features}项输入，"
                    "其中{fixed}项的作用方向预先固定。只计入决策日之前已知的记录；相同的记录得到相同的分数。",
                ),
            ),
            (text("Scope: intended uses", "范围：适用用途"), text("{intended}", "{intended}")),
            (text("Scope: refused uses", "范围：禁止用途"), text("{refused}", "{refused}")),
            (
                text("Benefit", "效益"),
                text(
                    "Paired differences at {headline}, with 95% intervals:{differences}",
                    "{headline}的配对差值及95%区间：{differences}",
                ),
            ),
            (text("Previous process", "原有做法"), NAMED_BLANK),
            (
                text("Alternatives considered", "考虑过的其他方案"),
                text("Measured on the same visits:{rivals}", "在相同检查上衡量：{rivals}"),
            ),
        ),
    ),
    (
        text("Decision-making process", "决策过程"),
        (
            (
                text("Integration into the process", "与业务的衔接"),
                text(
                    "Made to score all active sites as of one day, before a plan is made. In this bureau: {blank}",
                    "用于在制定计划之前，对全部在营主体按某一日评分。本部门的做法：{blank}",
                ),
            ),
            (
                text("Information provided", "提供的信息"),
                text(
                    "Probability, place in the order, reasons up and down in words, the numbers of the records behind "
                    "each reason, and the digest of the artifact.",
                    "概率、排序位置、使风险升高和降低的文字理由、每项理由所依据的记录编号，以及模型文件的摘要。",
                ),
            ),
            (text("Frequency and scale of use", "使用频率与规模"), NAMED_BLANK),
            (
                text("Human decisions and review", "人工决定与复核"),
                text(
                    "The tool decides nothing: a person is to make the plan, may set any score aside, and writes down "
                    "why. Who that is, and how often it was done: {blank}",
                    "本工具不作任何决定：计划应由人制定，可以不采纳任何分数并书面说明理由。由谁决定、不采纳的次数：{blank}",
                ),
            ),
            (text("Required training", "人员培训"), NAMED_BLANK),
            (text("Appeals and review", "异议与复核"), text("{contest}", "{contest}")),
        ),
    ),
    (
        text("Tool specification", "工具规格"),
        (
            (text("Phase", "阶段"), NAMED_BLANK),
            (
                text("Model", "模型"),
                text(
                    "Boosted decision trees, exported as inert data (no code is run on loading), digest {digest}, code "
                    "{code_version}.",
                    "提升决策树，以纯数据形式导出（加载时不运行任何代码），摘要{digest}，代码{code_version}。",
                ),
            ),
            (
                text("Maintenance", "维护"),
                text(
                    "Learned from what was known before {trained_to}; not to be used from {expires_on}. Who trains it "
                    "again, who watches it meanwhile: {blank}",
                    "学习所用记录截至{trained_to}（不含当日）；自{expires_on}起不得再用。由谁重新训练、其间由谁监测：{blank}",
                ),
            ),
            (
                text("Performance", "性能"),
                text(
                    "{headline}: {headline_value}. AUC: {auc}; among visits of the same inspector: {within}. In "
                    "brackets the 95% interval. {calibration}",
                    "{headline}：{headline_value}。AUC：{auc}；同一检查员的检查之间：{within}。方括号内为95%区间。{calibration}",
                ),
            ),
            (text("Reasons", "理由"), text("{reasons}", "{reasons}")),
            (text("Inputs", "输入"), text("{inputs}.", "{inputs}。")),
        ),
    ),
    (
        text("Data", "数据"),
        (
            (text("Source", "来源"), text("{source}, fingerprint {data_hash}", "{source}，指纹{data_hash}")),
            (text("Quantities and dates", "数量与日期"), text("{data}", "{data}")),
            (
                text("Personal and sensitive data", "个人信息与敏感信息"),
                text(
                    "No inspector, person or phone number is an input. Facts about the legal person behind a site "
                    "enter where the list of inputs names them. A food business may be run by one natural person: "
                    "whether its records are personal information here, and on what legal ground they are used: "
                    "{blank}",
                    "检查人员、个人和电话号码均不作为输入。输入清单中列明之处使用主体所属法人的信息。食品经营者可能是自然人："
                    "其记录在此是否属于个人信息、处理的法律依据：{blank}",
                ),
            ),
            (text("Completeness: who is missing", "完整性：谁不在数据之中"), text("{missing}", "{missing}")),
            (
                text("Sharing, access, storage, retention", "共享、访问、存储与保存期限"),
                text("The scorer opens no connection to anywhere. {blank}", "评分程序不与任何外部地址连接。{blank}"),
            ),
        ),
    ),
)
"""Sections of tier 2, but for risks and assessments."""

RISKS_TITLE: Final = text("Risks, mitigations and impact assessments", "风险、缓解措施与影响评估")
RISK_HEADS: Final = (text("Risk", "风险"), text("What is done", "措施"), text("What this run shows", "本次运行所示"))
RISKS: Final[tuple[tuple[Text, Text, Text], ...]] = (
    (
        text("It has learned from visited sites only.", "只从检查过的主体学习。"),
        text(
            "No visit is never counted as a pass; results are stated for visits that were made; a share of visits must "
            "be drawn at random.",
            "没有检查绝不算作合格；结果仅就已实施的检查陈述；须保留一定比例的随机抽查。",
        ),
        text("{labelled_share} of the rows had a settled visit.", "{labelled_share}的记录有已定结果。"),
    ),
    (
        text("It ranks inspectors instead of sites.", "所排的是检查员而非主体。"),
        text(
            "No inspector is an input; it is compared among visits of the same inspector.",
            "检查员不作为输入；在同一检查员的检查之间作比较。",
        ),
        text("{inspectors}", "{inspectors}"),
    ),
    (
        text("It treats groups of businesses unequally.", "对不同类型的主体不一视同仁。"),
        text(
            "Failures found, sound sites visited for nothing and calibration are compared by office, kind, floor area "
            "and legal form.",
            "按监管所、业态、面积与主体类型比较不合格发现率、合格主体被白白检查的比例与校准。",
        ),
        text("{fairness}", "{fairness}"),
    ),
    (
        text("Its probabilities are wrong.", "概率不准。"),
        text("They are checked on days it had not learned from.", "在其未学习过的日期上检验。"),
        text("{calibration}", "{calibration}"),
    ),
    (
        text("Its reasons mislead.", "理由误导使用者。"),
        text(
            "Reasons are exact parts of the score, tested by replacing facts and by training again.",
            "理由是分数的确切组成部分，并以替换事实和重新训练加以检验。",
        ),
        text("{reasons}", "{reasons}"),
    ),
    (
        text("It grows old.", "模型过时。"),
        text("Loading warns, or refuses, from the day of expiry.", "自到期日起加载时警告或拒绝。"),
        text("Day of expiry: {expires_on}.", "到期日：{expires_on}。"),
    ),
    (
        text("A record is wrong.", "记录有误。"),
        text(
            "Each reason names its records; a correction is added with the day on which it became known.",
            "每项理由列明所依据的记录；更正连同获知日一并追加。",
        ),
        text("Counted by the bureau: {blank}", "由主管部门统计：{blank}"),
    ),
    (
        text("People follow it without looking.", "使用者不加审视地照办。"),
        text(
            "Reasons for and against come with every score; a person is to decide.",
            "每个分数均列出正反理由；应由人决定。",
        ),
        text("Scores set aside: {blank}", "未予采纳的分数：{blank}"),
    ),
    (
        text("Somebody changes the model.", "模型被篡改。"),
        text(
            "Checksums, a digest and a self-test are checked on loading; the artifact can be signed.",
            "加载时核对校验和、摘要并自检；模型文件可以签名。",
        ),
        text("Digest: {digest}.", "摘要：{digest}。"),
    ),
)
"""Risk, mitigation, and the evidence of the run."""
ASSESSMENTS: Final[tuple[Field, ...]] = (
    (
        text("Impact assessments: name, date, outcome, where to read them", "影响评估：名称、日期、结论、查阅方式"),
        NAMED_BLANK,
    ),
)
