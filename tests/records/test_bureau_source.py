"""The bureau source: every rule of its tables on rows small enough to read."""

import json
import tomllib
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.records.log import event_log
from riskml.records.mapping import Ingested, ingest_tables
from riskml.records.matching import match_table
from riskml.records.outcomes import OutcomeRule, outcome_as_of
from riskml.records.persons import hashed
from riskml.records.reading_table import NOTE, DroppedRow, RawTable
from riskml.records.source import load_source
from small_sources import raw_table

A, B, OTHER = "92999999MA00000076", "91110000802100433B", "91350100M000100Y43"
"""Credit codes: of one site, of a chain, and of nobody here."""
ONE, TWO, THREE, MAKER = "JY29999990000000", "JY29999990000018", "JY29999990000026", "SC11699999900016"
"""Licences: one of A, two and three of the chain B, and a maker's."""
Row = dict[str, str]
ENTITIES: tuple[Row, ...] = (
    {"许可证编号": ONE, "统一社会信用代码": A, "主体名称": "老王面馆", "登记状态": "存续", "所属监管所": "一所"},
    {"许可证编号": TWO, "统一社会信用代码": B, "主体名称": "大华餐饮", "字号名称": "大华东店", "登记状态": "存续"},
    {"许可证编号": THREE, "统一社会信用代码": B, "主体名称": "大华餐饮", "字号名称": "大华西店", "登记状态": "存续"},
)
VISIT: Row = {
    "检查编号": "V1",
    "许可证编号": ONE,
    "检查日期": "2024-05-06",
    "检查类型": "日常监督检查",
    "检查结果": "符合",
}
PENALTY: Row = {"行政处罚决定书文号": "罚1号", "统一社会信用代码": B, "处罚类别": "警告", "处罚决定日期": "2024-06-03"}
SAMPLE: Row = {
    "抽样编号": "S1",
    "被抽样单位名称": "老王面馆",
    "食品名称": "馒头",
    "检验结论": "不合格",
    "抽样日期": "2024-05-06",
}


@pytest.fixture(autouse=True)
def _salt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKML_SALT", "a secret")


def made(*tables: RawTable, source: str = "bureau", register: bool = True) -> Ingested:
    """What is made of the tables, with the register of three sites and a visit that keeps something."""
    seen = [t for t in tables if "检查编号" in t.frame and "检查日期" in t.frame]
    visit = [] if seen else [raw_table("visits.csv", {**VISIT, "检查编号": "V0", "许可证编号": THREE})]
    first = [raw_table("register.csv", *ENTITIES)] if register else []
    found = ingest_tables(load_source(source), [*first, *visit, *tables])
    report = found.report
    assert report["rows_in"] == report["rows_kept"] + report["rows_merged"] + report["rows_quarantined"]
    return found


def events(found: Ingested, *columns: str) -> list[list[Any]]:
    """Events as rows of these columns, days as text, missing as "-"."""
    return _rows(found.records.events, columns)


def amendments(found: Ingested) -> list[list[Any]]:
    return _rows(found.records.amendments, ("event_id", "kind", "effective_on", "known_on"))


def _rows(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[list[Any]]:
    plain = frame[list(columns)].copy()
    for name in plain.select_dtypes("datetime"):
        plain[name] = plain[name].dt.strftime("%Y-%m-%d")
    return sorted(plain.astype("object").where(plain.notna(), "-").to_numpy().tolist(), key=str)


def rules(found: Ingested) -> dict[str, int]:
    counts: dict[str, int] = found.report["rules"]
    return counts


HEADERS = {
    "entity": "统一社会信用代码,许可证编号,主体名称,字号名称,主体类型,法定代表人,成立日期,登记状态,状态变更日期,登记机关,所属监管所（分局）,"
    "经营场所,经度,纬度,行业代码,业态,经营面积(㎡),从业人数",
    "licence": "许可证编号,统一社会信用代码,主体名称,许可类别,主体业态,经营项目,发证日期,有效期至,许可状态,变更日期,变更事项,发证机关",
    "inspection": "检查编号,统一社会信用代码,许可证编号,任务来源,检查类型,检查方式,检查日期,检查人员1,检查人员2,检查项目数,重点项不符合数,"
    "一般项不符合数,检查结果,处理方式,整改期限,整改完成日期,复查日期,复查结果,是否立案,案件编号,公示日期",
    "checklist": "检查编号,项目编号,项目内容,是否重点项(*),评价,备注",
    "sampling": "序号,标称生产企业名称,标称生产企业地址,被抽样单位名称,被抽样单位地址,被抽样单位所在省份,食品名称,规格型号,商标,"
    "生产日期/批号,不合格项目,分类,公告号,公告日期,任务来源/项目名称,检验机构,备注",
    "rectification": "整改通知书文号,下达日期,整改事项,期限,完成日期,是否逾期,来源,检查编号,统一社会信用代码",
    "penalty": "行政处罚决定书文号,行政相对人名称,统一社会信用代码,法定代表人,违法行为类型,违法事实,处罚依据,处罚类别,处罚内容,罚款金额(万元),"
    "没收违法所得、没收非法财物金额(万元),处罚决定日期,公示日期,公示截止期,处罚机关,信用修复日期,撤销/变更日期,备注",
    "complaint": "登记编号,登记时间,类型,渠道,被诉主体名称,统一社会信用代码,地址,客体类别,问题类别,内容,受理时间,办结时间,办理结果,是否属实",
    "abnormal": "主体名称,统一社会信用代码,列入日期,列入事由,列入机关,移出日期,移出事由",
    "defaulter": "案号,被执行人名称,组织机构代码/统一社会信用代码,法定代表人,立案时间,发布时间,失信行为情形,履行情况,执行法院,屏蔽(删除)日期",
    "health_certificate": "姓名,岗位,发证日期,有效期至,发证机构,入职日期,离职日期,统一社会信用代码",
    "honour": "类型,级别,授予机关,生效日期,失效/撤销日期,主体名称,统一社会信用代码",
    "grade": "主体名称,统一社会信用代码,等级体系,等级,分值,评定日期,生效期间,公示日期,调整原因",
}
ENGLISH = {
    "entity": "uscc,licence_no,name,legal_form,registered_on,reg_status,status_on,office,format_code,area_m2,staff",
    "licence": "licence_no,uscc,name,issued_on,valid_to,status,changed_on",
    "inspection": "visit_id,uscc,licence_no,task_source,visit_type,visited_on,inspectors,key_fail,gen_fail,result,action",
    "rectification": "order_no,visit_id,issued_on,due,fixed_on,overdue,uscc",
    "penalty": "decision_no,name,uscc,kinds,decided_on,published_on,repaired_on,revoked_on",
    "complaint": "complaint_no,registered_on,kind,name,uscc,closed_on,upheld",
    "abnormal": "name,uni_social_crd_cd,inclu_dt,inclu_reason,remove_dt",
}


@pytest.mark.parametrize(("table", "header"), [*HEADERS.items(), *ENGLISH.items()])
def test_a_table_is_recognised_by_its_columns_in_either_language(table: str, header: str) -> None:
    raw = raw_table("export.csv", dict.fromkeys(header.split(","), ""))
    assert match_table(load_source("bureau"), raw).name == table


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("严重违法失信企业名单.xlsx#Sheet1", "serious"),
        ("名单.xlsx#黑名单", "serious"),
        ("经营异常名录.csv", "abnormal"),
    ],
)
def test_the_serious_list_is_recognised_by_its_name(file: str, table: str) -> None:
    raw = raw_table(file, dict.fromkeys(HEADERS["abnormal"].split(","), ""))
    assert match_table(load_source("bureau"), raw).name == table


def test_the_outcome_rule_is_that_of_the_simulation() -> None:
    text = files("riskml.simulation").joinpath("bureau.toml").read_text(encoding="utf-8")
    rule = OutcomeRule.from_dict(tomllib.loads(text)["outcome"], where="bureau.toml")
    assert load_source("bureau").outcome.as_dict() == rule.as_dict()


# Of T1 and T2: sites


def test_a_site_is_a_licence_and_a_business_without_one_is_its_credit_code() -> None:
    found = made(
        raw_table("r.csv", {"统一社会信用代码": OTHER, "主体名称": "无证店", "登记状态": "存续", "业态": "小吃店"})
    )
    sites = found.records.sites.set_index("site_id")
    assert set(sites.index) == {ONE, TWO, THREE, OTHER}
    assert sites.loc[[OTHER], ["subject_id", "format_code", "industry_class"]].to_numpy().tolist()[0] == [
        OTHER,
        "C5",
        "catering",
    ]
    assert sites.loc[[TWO], ["name", "subject_id"]].to_numpy().tolist()[0] == ["大华东店", B]


def test_a_register_of_legal_persons_speaks_for_all_their_licences() -> None:
    licences = [{"许可证编号": n, "统一社会信用代码": B, "有效期至": "2027-01-01"} for n in (TWO, THREE)]
    register = {
        "统一社会信用代码": B,
        "主体名称": "大华",
        "登记状态": "注销",
        "状态变更日期": "2024年6月1日",
        "从业人数": "12人",
    }
    found = made(raw_table("l.csv", *licences), raw_table("r.csv", register), register=False)
    sites = found.records.sites
    assert sites["site_id"].tolist() == [TWO, THREE]
    assert sites["staff"].tolist() == [12, 12]
    assert sites["closed_on"].dt.strftime("%Y-%m-%d").tolist() == ["2024-06-01"] * 2


def test_the_last_renewal_gives_the_end_of_a_licence_and_a_cancelled_one_closes_its_site() -> None:
    rows = [
        {"许可证编号": ONE, "有效期至": "2028/1/1", "发证日期": "2023/1/1", "许可状态": "有效"},
        {"许可证编号": ONE, "有效期至": "2023/1/1", "发证日期": "2018/1/1", "许可状态": "过期"},
        {"许可证编号": TWO, "有效期至": "2025/1/1", "发证日期": "2020/1/1", "许可状态": "注销", "变更日期": "2024.3.2"},
        {"许可证编号": THREE, "有效期至": "2025/1/1", "变更日期": "2024.3.2", "变更事项": "法定代表人、经营场所变更"},
    ]
    found = made(raw_table("licences.csv", *rows))
    sites = found.records.sites.set_index("site_id")
    assert sites.loc[ONE, "licence_valid_to"] == pd.Timestamp("2028-01-01")
    assert sites["closed_on"].dropna().to_dict() == {TWO: pd.Timestamp("2024-03-02")}
    assert events(found, "code", "site_id", "known_on") == [["OWNER_CHANGE", THREE, "2024-03-02"]]
    assert found.records.snapshots == {"licence_valid_to": f"{found.records.observed_to:%Y-%m-%d}"}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("特大型餐馆 (>3000㎡)", "C1"), ("小型餐馆（<=150㎡）", "C4"), ("食堂(学校)", "C6"), ("中小超市", "R2"), ("R6", "R6"),
        ("食品添加剂", "P2"), ("食品小作坊", "P3"), ("小餐饮", "S1"), ("养鸡场", "other"),
    ],
)  # fmt: skip
def test_kinds_of_business_have_their_codes(written: str, code: str) -> None:
    row = {"许可证编号": MAKER, "主体名称": "店", "登记状态": "存续", "业态": written}
    sites = made(raw_table("r.csv", row)).records.sites.set_index("site_id")
    assert sites.loc[MAKER, "format_code"] == code


# Of T3: visits

RESULTS = {
    "符合": "pass", "基本符合": "conditional", "不符合": "fail", "未检查（停业）": "not_found", "未检查(拒绝)": "not_found",
    "未发现问题": "pass", "未按规定公示应当公示的信息": "conditional", "公示信息隐瞒真实情况、弄虚作假": "fail",
    "通过登记的住所（经营场所）无法联系": "not_found", "发现问题已责令改正": "conditional", "不配合检查情节严重": "fail",
    "未发现开展本次抽查涉及的经营活动": "not_found", "发现问题待后续处理": "conditional", "优秀": "pass", "良好": "pass",
    "一般": "conditional", "不予评级": "fail", "合格": "pass", "不合格": "fail", "限期整改": "fail", "整改后符合": "conditional",
}  # fmt: skip


@pytest.mark.parametrize("written", RESULTS)
def test_every_result_of_the_forms_has_its_code(written: str) -> None:
    visits = made(raw_table("v.csv", {**VISIT, "检查结果": written})).records.inspections
    assert visits["result"].tolist() == [RESULTS[written]]


TYPES = {
    "日常监督检查": "RI", "部门联合双随机抽查": "DR", "双随机、一公开": "DR", "专项检查": "SP", "飞行检查": "UA", "投诉举报核查": "CO",
    "复查": "FU", "整改验收": "FU", "许可现场核查": "LI", "体系检查": "SY", "远程巡查": "RV", "DR": "DR",
}  # fmt: skip


@pytest.mark.parametrize("written", TYPES)
def test_every_type_of_visit_has_its_code(written: str) -> None:
    visits = made(raw_table("v.csv", {**VISIT, "检查类型": written})).records.inspections
    assert visits["visit_type"].tolist() == [TYPES[written]]


def test_a_type_comes_from_the_task_if_it_is_not_stated_and_a_remote_visit_is_none_on_site() -> None:
    rows: list[Row] = [
        {**VISIT, "检查类型": "/", "任务来源": "双随机"},
        {**VISIT, "检查编号": "V2", "检查方式": "远程（视频）"},
        {**VISIT, "检查编号": "V3", "检查类型": "", "任务来源": "无"},
    ]
    found = made(raw_table("v.csv", *rows))
    assert found.records.inspections["visit_type"].tolist() == ["DR", "RV"]
    assert found.records.inspections["task_source"].isna().tolist() == [False, True]
    assert rules(found) == {"visit_type": 1}


ACTIONS = {
    "无需处理": "none", "无": "none", "当场整改": "spot", "责令限期整改": "rectify_order", "约谈": "interview", "警告": "warning",
    "抽样送检": "sample", "查封扣押": "seizure", "立案调查": "case", "责令停产停业": "stop", "移送": "transfer",
    "列入经营异常": "listing", "责令限期整改、约谈": "rectify_order", "当场整改；查封": "seizure",
}  # fmt: skip


@pytest.mark.parametrize("written", ACTIONS)
def test_every_way_of_handling_has_its_code_and_the_heaviest_counts(written: str) -> None:
    visits = made(raw_table("v.csv", {**VISIT, "处理方式": written})).records.inspections
    assert visits["action"].tolist() == [ACTIONS[written]]


def test_a_visit_is_known_the_day_after_or_on_the_day_it_was_entered() -> None:
    rows = [
        VISIT,
        {**VISIT, "检查编号": "V2", "录入日期": "2024年5月20日"},
        {**VISIT, "检查编号": "V3", "录入日期": "2024-05-05"},
    ]
    found = made(raw_table("v.csv", *rows))
    assert found.records.inspections["known_on"].dt.strftime("%m-%d").tolist() == ["05-07", "05-20"]
    assert rules(found) == {"known_on": 1}


def test_a_visit_has_its_numbers_its_office_and_its_hashed_inspector() -> None:
    row = {**VISIT, "重点项不符合数": "1项", "一般项不符合数": "２", "量化得分": "8.5分", "检查人员": "张三、李四"}
    visit = made(raw_table("v.csv", row)).records.inspections.iloc[0]
    assert visit[["key_fail", "general_fail", "score", "office"]].tolist() == [1, 2, 8.5, "一所"]
    assert visit["inspector"] == hashed(pd.Series(["张三"], dtype="str")).iloc[0]


def test_a_visit_by_credit_code_needs_one_place() -> None:
    by_code = {name: cell for name, cell in VISIT.items() if name != "许可证编号"}
    rows = [
        {**by_code, "统一社会信用代码": A},
        {**by_code, "检查编号": "V2", "统一社会信用代码": B, "被检查单位名称": "大华西店（个体工商户）"},
        {**by_code, "检查编号": "V3", "统一社会信用代码": B, "被检查单位名称": "大华餐饮", "处理方式": "当场整改"},
        {**by_code, "检查编号": "V4", "统一社会信用代码": OTHER},
        {**by_code, "检查编号": "V5", "被检查单位名称": "老王 面馆"},
    ]
    found = made(raw_table("v.csv", *rows))
    assert _rows(found.records.inspections, ("inspection_id", "site_id")) == [["V1", ONE], ["V2", THREE], ["V5", ONE]]
    assert rules(found) == {"place": 2}
    assert found.records.events.empty


def test_without_a_register_visits_name_the_sites() -> None:
    rows = [VISIT, {**VISIT, "检查编号": "V2", "许可证编号": "", "统一社会信用代码": A, "被检查单位名称": "新店"}]
    found = made(raw_table("v.csv", *rows), register=False)
    assert _rows(found.records.sites, ("site_id", "subject_id", "name")) == [[A, A, "新店"], [ONE, "-", "-"]]
    assert found.records.inspections["site_id"].tolist() == [ONE, A]


def test_a_case_opened_later_is_an_event_of_its_own_day() -> None:
    rows = [
        {**VISIT, "是否立案": "是", "案件编号": "C1", "立案日期": "2024-05-15"},
        {**VISIT, "检查编号": "V2", "是否立案": "是"},
        {**VISIT, "检查编号": "V3", "处理方式": "立案调查", "案件编号": "C3", "是否立案": "是"},
        {**VISIT, "检查编号": "V4", "是否立案": "否", "案件编号": "C4"},
    ]
    found = made(raw_table("v.csv", *rows))
    assert events(found, "code", "case_id", "occurred_on", "known_on", "inspection_id") == [
        ["CASE_OPENED", "C1", "2024-05-15", "2024-05-15", "V1"],
        ["CASE_OPENED", "C3", "2024-05-06", "2024-05-21", "V3"],
        ["CASE_OPENED", "V2", "2024-05-06", "2024-05-21", "V2"],
    ]


def test_corrections_on_the_spot_refusals_and_orders_are_events_of_the_visit() -> None:
    rows = [
        {**VISIT, "处理方式": "当场整改"},
        {**VISIT, "检查编号": "V2", "检查结果": "不配合检查情节严重"},
        {**VISIT, "检查编号": "V3", "检查结果": "不符合", "处理方式": "责令限期整改", "整改期限": "2024-05-20",
         "整改完成日期": "2024-05-18"},
    ]  # fmt: skip
    found = made(raw_table("v.csv", *rows))
    assert events(found, "code", "inspection_id", "due_on", "known_on") == [
        ["RECT_ORDER", "V3", "2024-05-20", "2024-05-07"],
        ["RECT_SPOT", "V1", "-", "2024-05-07"],
        ["REFUSE", "V2", "-", "2024-05-07"],
    ]
    assert amendments(found) == [["V3:RECT_ORDER", "end", "2024-05-18", "2024-05-19"]]


def test_a_recheck_that_passed_ends_the_order() -> None:
    row = {**VISIT, "处理方式": "责令限期整改", "复查日期": "2024-05-30", "复查结果": "已整改合格"}
    assert amendments(made(raw_table("v.csv", row))) == [["V1:RECT_ORDER", "end", "2024-05-30", "2024-05-31"]]


def test_failed_items_of_the_checklist_are_events_and_an_absent_one_is_no_failure() -> None:
    items = [
        {"检查编号": "V1", "项目编号": "*3.4", "评价": "否"},
        {"检查编号": "V1", "项目编号": "3.5", "评价": "否"},
        {"检查编号": "V1", "项目编号": "3.6", "评价": "合理缺项", "是否重点项": "是"},
        {"检查编号": "V1", "项目编号": "3.7", "评价": "是"},
        {"检查编号": "V1", "项目编号": "3.8", "评价": "否", "是否重点项": "重点"},
        {"检查编号": "V9", "项目编号": "3.4", "评价": "否"},
    ]
    found = made(raw_table("v.csv", VISIT), raw_table("items.csv", *items))
    assert events(found, "code", "item", "known_on", "site_id") == [
        ["VIOL_CRITICAL", "*3.4", "2024-05-07", ONE],
        ["VIOL_CRITICAL", "3.8", "2024-05-07", ONE],
        ["VIOL_MINOR", "3.5", "2024-05-07", ONE],
    ]
    assert rules(found) == {"day_of_visit": 1}
    with pytest.raises(DataError, match="needs the table 'inspection' beside it"):
        ingest_tables(load_source("bureau"), [raw_table("items.csv", *items)])


# Of T4: samples


@pytest.mark.parametrize(
    ("cells", "role"),
    [
        ({}, "SAMP_SOLD"),
        ({"分类": "餐饮食品"}, "sampled_site"),
        ({"分类": "食用农产品"}, "sampled_site"),
        ({"规格型号": "散装称重"}, "sampled_site"),
        ({"抽样环节": "餐饮环节"}, "sampled_site"),
        ({"分类": "餐饮食品", "责任方": "生产者"}, "SAMP_SOLD"),
        ({"分类": "糕点", "责任方": "被抽样单位"}, "sampled_site"),
        ({"分类": "糕点", "规格型号": "500g/袋"}, "SAMP_SOLD"),
    ],
)
def test_the_seller_answers_for_what_is_not_prepackaged(cells: Row, role: str) -> None:
    found = made(raw_table("s.csv", {**SAMPLE, "标称生产企业名称": "外地食品厂", **cells}))
    (code, who, site), *rest = events(found, "code", "role", "site_id")
    assert (site, rest) == (ONE, [])
    assert (code if code == "SAMP_SOLD" else who) == role
    assert found.report.get("facts_left_out", {}) == ({"sampling": 1} if role == "SAMP_SOLD" else {})
    assert found.report["rows_quarantined"] == 0


def test_a_maker_of_the_bureau_answers_for_its_prepackaged_food() -> None:
    register = {"许可证编号": MAKER, "统一社会信用代码": OTHER, "主体名称": "本地食品厂", "登记状态": "存续"}
    rows = [
        {**SAMPLE, "生产许可证编号": MAKER, "不合格项目": "菌落总数║9.8×10⁵CFU/g║≤10⁵CFU/g"},
        {
            **SAMPLE,
            "抽样编号": "S2",
            "标称生产企业名称": "本地 食品厂",
            "抽样环节": "生产环节",
            "被抽样单位名称": "本地食品厂",
        },
    ]
    found = made(raw_table("r.csv", register), raw_table("s.csv", *rows))
    assert events(found, "code", "role", "site_id") == [
        ["SAMP_SOLD", "sampled_site", ONE],
        ["SAMP_STD", "labelled_maker", MAKER],
        ["SAMP_STD", "labelled_maker", MAKER],
    ]


def test_a_sample_is_known_by_its_report_or_twenty_working_days_after_it_was_taken() -> None:
    rows = [
        {**SAMPLE, "分类": "餐饮食品", "报告签发日期": "2024-05-28"},
        {**SAMPLE, "抽样编号": "S2", "分类": "餐饮食品"},
        {**SAMPLE, "抽样编号": "S3", "检验结论": "合格", "分类": "餐饮食品"},
    ]
    found = made(raw_table("s.csv", *rows))
    assert events(found, "code", "occurred_on", "known_on") == [
        ["SAMP_STD", "2024-05-06", "2024-05-28"],
        ["SAMP_STD", "2024-05-06", "2024-06-03"],
    ]


def test_the_public_list_of_failed_samples_needs_neither_number_nor_verdict() -> None:
    row = {"序号": "1", "被抽样单位名称": "老王面馆", "食品名称": "凉皮", "生产日期/批号": "2022-10-22/批号A1", "分类": "餐饮食品",
           "不合格项目": "大肠菌群║检出║不得检出", "公告日期": "2024.5.30", "标称生产企业名称": "/"}  # fmt: skip
    found = made(raw_table("s.csv", row, {**row, "序号": "7"}))
    assert events(found, "code", "occurred_on", "known_on") == [["SAMP_STD", "2024-05-30", "2024-05-30"]]
    assert found.report["rows_merged"] == 1


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ("标签║不符合║符合GB 7718", "SAMP_LABEL"),
        ("净含量║480g║500g、大肠菌群║检出║不得检出", "SAMP_STD"),
        ("沙门氏菌║检出║不得检出", "SAMP_SEVERE"),
        ("标签；孔雀石绿║4.10μg/kg║不得检出", "SAMP_SEVERE"),
        ("/", "SAMP_STD"),
    ],
)
def test_what_failed_decides_how_bad_a_sample_is(items: str, code: str) -> None:
    found = made(raw_table("s.csv", {**SAMPLE, "分类": "餐饮食品", "不合格项目": items}))
    assert events(found, "code") == [[code]]


def test_a_second_laboratory_withdraws_a_sample_and_a_case_may_follow_it() -> None:
    rows = [
        {**SAMPLE, "分类": "餐饮食品", "复检结论": "合格", "复检日期": "2024-06-20"},
        {
            **SAMPLE,
            "抽样编号": "S2",
            "分类": "餐饮食品",
            "核查处置状态": "已立案",
            "案件编号": "C9",
            "立案日期": "2024-06-10",
        },
        {**SAMPLE, "抽样编号": "S3", "分类": "餐饮食品", "核查处置状态": "未立案"},
    ]
    found = made(raw_table("s.csv", *rows))
    assert amendments(found) == [["sample:S1", "revoke", "2024-06-20", "2024-06-21"]]
    assert [row for row in events(found, "code", "case_id", "known_on") if row[0] == "CASE_OPENED"] == [
        ["CASE_OPENED", "C9", "2024-06-10"]
    ]


# Of T5: orders


def test_an_order_told_by_its_visit_too_is_one_event_and_its_correction_ends_it() -> None:
    visit = {
        **VISIT,
        "检查结果": "不符合",
        "处理方式": "责令限期整改",
        "整改期限": "2024-05-20",
        "整改完成日期": "2024-05-18",
    }
    order = {"整改通知书文号": "改1", "检查编号": "V1", "许可证编号": ONE, "下达日期": "2024-05-07", "期限": "2024-05-20",
             "完成日期": "2024-05-25", "是否逾期": "是"}  # fmt: skip
    found = made(raw_table("v.csv", visit), raw_table("o.csv", order))
    assert events(found, "event_id", "code", "occurred_on", "known_on", "inspection_id") == [
        ["order:改1", "RECT_ORDER", "2024-05-07", "2024-05-07", "V1"],
        ["overdue:改1", "RECT_OVERDUE", "2024-05-21", "2024-05-22", "-"],
    ]
    assert amendments(found) == [["order:改1", "end", "2024-05-25", "2024-05-26"]]


def test_an_order_corrected_before_it_was_given_contradicts_itself() -> None:
    order = {"整改通知书文号": "改1", "许可证编号": ONE, "下达日期": "2024-05-07", "完成日期": "2024-05-01"}
    found = made(raw_table("o.csv", order))
    assert rules(found) == {"amendment": 1}
    assert found.records.events.empty
    assert found.records.amendments.empty


# Of T6: penalties

KINDS = {
    "警告": "PEN_WARN", "通报批评": "PEN_CRIT", "罚款": "PEN_FINE", "没收违法所得": "PEN_CONF", "没收非法财物": "PEN_CONF",
    "暂扣许可证件": "PEN_SUSP", "降低资质等级": "PEN_SUSP", "吊销许可证件": "PEN_REVOKE", "限制开展生产经营活动": "PEN_RESTRICT",
    "责令停产停业": "PEN_STOP", "责令关闭": "PEN_CLOSE", "限制从业": "PEN_RESTRICT", "行政拘留": "PEN_CRIM", "其他": "PEN_OTHER",
    "撤销许可": "PEN_CANCEL",
}  # fmt: skip


@pytest.mark.parametrize("written", KINDS)
def test_every_kind_of_penalty_has_its_code(written: str) -> None:
    found = made(raw_table("p.csv", {**PENALTY, "统一社会信用代码": A, "处罚类别": written}))
    assert events(found, "code", "known_on") == [[KINDS[written], "2024-06-03"]]


def test_several_kinds_in_one_cell_are_events_of_one_case_each_with_its_amount() -> None:
    row = {**PENALTY, "统一社会信用代码": A, "处罚类别": "警告、罚款；没收违法所得、没收非法财物", "案件编号": "C1",
           "罚款金额（万元）": "0.21", "没收违法所得、没收非法财物金额（万元）": "120元", "违法行为类型": "超过保质期食品"}  # fmt: skip
    found = made(raw_table("p.csv", row))
    assert events(found, "code", "case_id", "amount", "item") == [
        ["PEN_CONF", "C1", 120.0, "expired_food"],
        ["PEN_FINE", "C1", 2100.0, "expired_food"],
        ["PEN_WARN", "C1", "-", "expired_food"],
    ]


@pytest.mark.parametrize(
    ("column", "cell", "yuan"),
    [("罚款金额(元)", "2,000", 2000.0), ("罚款金额", "2万元", 20000.0), ("罚款金额（万元）", "1.5", 15000.0)],
)
def test_an_amount_has_the_unit_of_its_column_or_its_own(column: str, cell: str, yuan: float) -> None:
    found = made(raw_table("p.csv", {**PENALTY, "处罚类别": "罚款", "统一社会信用代码": A, column: cell}))
    assert events(found, "amount") == [[yuan]]


def test_a_bare_amount_under_a_header_without_unit_is_not_guessed() -> None:
    found = made(raw_table("p.csv", {**PENALTY, "处罚类别": "罚款", "统一社会信用代码": A, "罚款金额": "2000"}))
    assert events(found, "amount") == [["-"]]
    assert found.report["cells_unread"]["penalty.fine_stated"]["count"] == 1


def test_a_penalty_by_credit_code_and_its_repair_stand_at_all_sites_of_the_legal_person() -> None:
    rows = [
        {**PENALTY, "信用修复日期": "2025-07-01"},
        {**PENALTY, "行政处罚决定书文号": "罚2号", "许可证编号": TWO, "撤销/变更日期": "2024-09-01"},
        {**PENALTY, "行政处罚决定书文号": "罚3号", "统一社会信用代码": "", "行政相对人名称": "老王面馆"},
        {**PENALTY, "行政处罚决定书文号": "罚4号", "统一社会信用代码": OTHER, "行政相对人名称": "老王面馆"},
    ]
    found = made(raw_table("p.csv", *rows))
    first = f"罚1号:{B}:PEN_WARN"
    assert events(found, "event_id", "site_id", "scope") == [
        [f"{first}@{TWO}", TWO, "legal_person"],
        [f"{first}@{THREE}", THREE, "legal_person"],
        [f"罚2号:{TWO}:PEN_WARN", TWO, "site"],
        ["罚3号:老王面馆:PEN_WARN", ONE, "-"],
    ]
    assert amendments(found) == [
        [f"{first}@{TWO}", "repair", "2025-07-01", "2025-07-02"],
        [f"{first}@{THREE}", "repair", "2025-07-01", "2025-07-02"],
        [f"罚2号:{TWO}:PEN_WARN", "revoke", "2024-09-01", "2024-09-02"],
    ]
    assert rules(found) == {"subject": 1}


def test_a_penalty_of_a_visits_case_settles_that_visit_as_failed() -> None:
    visit = {**VISIT, "检查结果": "基本符合", "案件编号": "C1"}
    stop = {**PENALTY, "统一社会信用代码": A, "处罚类别": "责令停产停业", "案件编号": "C1"}
    found = made(raw_table("v.csv", visit), raw_table("p.csv", stop))
    assert events(found, "code", "inspection_id") == [["PEN_STOP", "V1"]]
    log = event_log(found.records)
    failed = outcome_as_of(log, pd.Series(["V1"]), np.array([2**29], dtype=np.int32), "fail")
    assert failed.tolist() == [True]


def test_an_unknown_kind_and_a_second_decision_of_the_number_are_quarantined() -> None:
    rows = [
        {**PENALTY, "处罚类别": "警告、抄家"},
        PENALTY,
        {**PENALTY, "处罚决定日期": "2024-06-04"},
        {**PENALTY, "处罚决定日期": "20240603"},
        {**PENALTY, "统一社会信用代码": A},
    ]
    found = made(raw_table("p.csv", *rows))
    assert rules(found) == {"key": 1, "kinds": 1}
    assert found.report["rows_merged"] == 1
    assert len(found.records.events) == 3


# Of T7: complaints


def complaint(number: str, **cells: str) -> Row:
    return {"登记编号": number, "登记时间": "2024-05-06 10:30", "类型": "投诉", "统一社会信用代码": A, **cells}


def test_a_complaint_is_known_on_its_day_and_its_finding_when_it_was_closed() -> None:
    rows = [
        complaint("1", 是否属实="属实", 办结时间="2024-06-20"),
        complaint("2", 类型="举报", 办理结果="立案"),
        complaint("3", 是否属实="不属实", 办结时间="2024-06-20"),
        complaint("4", 类型="举报", 办理结果="不予立案"),
    ]
    found = made(raw_table("c.csv", *rows))
    assert events(found, "code", "occurred_on", "known_on", "scope") == [
        ["COMPLAINT", "2024-05-06", "2024-05-06", "site"],
        ["COMPLAINT", "2024-05-06", "2024-05-06", "site"],
        ["COMPLAINT", "2024-05-06", "2024-05-06", "site"],
        ["COMPLAINT", "2024-05-06", "2024-05-06", "site"],
        ["COMPL_VALID", "2024-05-06", "2024-06-20", "site"],
        ["REPORT_VALID", "2024-05-06", "2024-05-27", "site"],
    ]


def test_a_consultation_is_kept_without_a_fact_whoever_it_is_about() -> None:
    rows = [complaint("1", 类型="咨询"), complaint("2", 类型="咨询", 统一社会信用代码="", 被诉主体名称="查无此店")]
    found = made(raw_table("c.csv", *rows))
    assert found.records.events.empty
    assert found.report["tables"]["complaint"]["rows_kept"] == 2


def test_a_complaint_goes_by_credit_code_else_by_name_and_is_quarantined_if_neither_finds_a_site() -> None:
    rows = [
        complaint("1", 统一社会信用代码=B, 被诉主体名称="大华西店"),
        complaint("2", 统一社会信用代码=B, 被诉主体名称="大华餐饮"),
        complaint("3", 统一社会信用代码="", 被诉主体名称="ＬＷ老王面馆"),
        complaint("4", 统一社会信用代码="", 被诉主体名称="老王面馆（原小王面馆）"),
        complaint("5", 统一社会信用代码="", 被诉主体名称="大华餐饮"),
    ]
    found = made(raw_table("c.csv", *rows))
    assert events(found, "event_id", "site_id", "scope") == [
        ["complaint:1", THREE, "site"],
        [f"complaint:2@{TWO}", TWO, "legal_person"],
        [f"complaint:2@{THREE}", THREE, "legal_person"],
        ["complaint:4", ONE, "-"],
    ]
    assert rules(found) == {"name": 2}


# T8 to T14


def test_a_listing_lasts_until_it_was_removed() -> None:
    row = {
        "统一社会信用代码": A,
        "列入日期": "2024/7/8",
        "列入事由": "未按规定期限公示年度报告",
        "移出日期": "2024-09-02",
    }
    mark = {"统一社会信用代码": A, "标记日期": "2023/7/8", "标记原因": "通过登记的住所无法取得联系", "恢复日期": "/"}
    found = made(
        raw_table("异常.csv", row),
        raw_table("个体标记.csv", mark),
        raw_table("严重违法失信名单.csv", {**row, "移出日期": ""}),
    )
    assert events(found, "code", "occurred_on", "known_on", "item") == [
        ["ABN", "2023-07-08", "2023-07-09", "address"],
        ["ABN", "2024-07-08", "2024-07-09", "annual_report"],
        ["SERIOUS", "2024-07-08", "2024-07-09", "-"],
    ]
    assert amendments(found) == [[f"ABN:{A}:2024-07-08", "end", "2024-09-02", "2024-09-03"]]


def test_a_defaulter_is_known_after_three_days_until_hidden() -> None:
    rows = [
        {
            "案号": "(2024)执1",
            "组织机构代码/统一社会信用代码": A,
            "发布时间": "2024-03-01",
            "屏蔽（删除）日期": "2024-04-01",
        },
        {
            "案号": "(2024)执2",
            "组织机构代码/统一社会信用代码": "80210043-3",
            "被执行人名称": "老王面馆",
            "发布时间": "2024-03-01",
        },
    ]
    found = made(raw_table("d.csv", *rows))
    assert events(found, "code", "site_id", "known_on") == [["DISHONEST", ONE, "2024-03-04"]] * 2
    assert amendments(found) == [[f"DISHONEST:(2024)执1:{A}", "end", "2024-04-01", "2024-04-02"]]


def test_a_health_certificate_runs_out_on_a_day_known_in_advance_and_names_nobody() -> None:
    row = {
        "姓名": "张三",
        "许可证编号": ONE,
        "发证日期": "2024-03-01",
        "有效期至": "2025-02-28",
        "离职日期": "2024-08-01",
    }
    rows = [row, {**row, "姓名": "李*"}, {**row, "姓名": "李*", "健康证编号": "H2", "离职日期": ""}]
    found = made(raw_table("h.csv", *rows))
    assert events(found, "code", "valid_to", "known_on") == [["HEALTH_CERT", "2025-02-28", "2024-03-01"]] * 2
    assert len(found.records.amendments) == 1
    assert rules(found) == {"holder": 1}
    assert "张三" not in str(found.records.events.to_dict())


@pytest.mark.parametrize(
    ("kind", "level", "code"),
    [
        ("HACCP体系认证", "", "CERT_HACCP"), ("ISO 22000", "", "CERT_22000"), ("GMP", "", "CERT_GMP"), ("五常/六T", "", "CERT_KITCHEN"),
        ("放心消费单位", "市级", "AWARD_CITY"), ("示范店", "省级", "AWARD_CITY"), ("示范店", "县级", "AWARD_COUNTY"),
        ("政府质量奖", "", "AWARD_CITY"),
    ],
)  # fmt: skip
def test_certificates_and_awards_have_their_codes(kind: str, level: str, code: str) -> None:
    kind = kind.replace(" ", "") if "22000" in kind else kind
    row = {
        "类型": kind,
        "级别": level,
        "统一社会信用代码": A,
        "生效日期": "2024-01-05",
        "失效日期": "2027-01-04",
        "撤销日期": "2024-06-01",
    }
    found = made(raw_table("a.csv", row))
    assert events(found, "code", "known_on", "valid_to") == [[code, "2024-01-06", "2027-01-04"]]
    assert [kind for _, kind, *_ in amendments(found)] == ["revoke"]


@pytest.mark.parametrize(
    ("file", "row", "code"),
    [
        ("食品安全事故.csv", {"发生日期": "2024-01-05"}, "ACCIDENT"),
        ("信用承诺违诺.csv", {"违诺认定日期": "2024-01-05"}, "COMMIT_BREACH"),
        ("变更登记.csv", {"变更事项": "经营者", "变更日期": "2024-01-05", "变更前": "张三"}, "OWNER_CHANGE"),
        ("责任约谈.csv", {"约谈日期": "2024-01-05"}, "INTERVIEW"),
        ("召回.csv", {"召回日期": "2024-01-05"}, "RECALL"),
        ("年报.csv", {"年度": "2023", "公示日期": "2024-07-05", "是否逾期": "是"}, "REPORT_LATE"),
    ],
)
def test_other_facts_have_their_tables(file: str, row: Row, code: str) -> None:
    found = made(raw_table(file, {"统一社会信用代码": A, "主体名称": "老王面馆", **row}))
    assert events(found, "code", "site_id") == [[code, ONE]]


def test_published_levels_become_grades_in_force_for_their_period() -> None:
    rows = [
        {"统一社会信用代码": B, "等级体系": "南昌市四色分类", "等级": "橙色", "分值": "4.5", "评定日期": "2024-01-10",
         "生效期间": "2024年1月15日至2025年1月14日"},
        {"许可证编号": ONE, "等级": "A级", "评定日期": "2024-01-10", "生效日期": "2024-02-01", "录入日期": "2024-01-12"},
    ]  # fmt: skip
    found = made(raw_table("g.csv", *rows))
    columns = ("site_id", "system", "level", "points", "valid_from", "valid_to", "known_on")
    assert _rows(found.records.grades, columns) == [
        [ONE, "published", "A", "-", "2024-02-01", "-", "2024-01-12"],
        [TWO, "nanchang", "orange", 4.5, "2024-01-15", "2025-01-15", "2024-01-10"],
        [THREE, "nanchang", "orange", 4.5, "2024-01-15", "2025-01-15", "2024-01-10"],
    ]


# The variants


def test_the_lenient_rules_of_rizhao_forgive_what_was_corrected() -> None:
    rows = [
        {**VISIT, "检查结果": "发现问题已责令改正"},
        {**VISIT, "检查编号": "V2", "检查日期": "2024-07-06", "检查结果": "限期整改"},
        {
            **VISIT,
            "检查编号": "V3",
            "检查日期": "2024-09-06",
            "检查结果": "发现问题已责令改正",
            "处理方式": "责令限期整改",
        },
    ]
    ids, day = pd.Series(["V1", "V2", "V3"]), np.array([2**29] * 3, dtype=np.int32)
    for source, failed in (("bureau", [True, True, True]), ("bureau_rizhao", [False, True, True])):
        found = made(raw_table("v.csv", *rows), source=source)
        log = event_log(found.records)
        assert outcome_as_of(log, ids, day, "fail").tolist() == failed, source
        assert outcome_as_of(log, ids, day, "fail_broad").all()


def test_in_rizhao_a_business_that_answers_the_telephone_is_not_abnormal() -> None:
    register = [{**ENTITIES[0], "联系电话有效": "是"}, {**ENTITIES[1], "联系电话有效": "否"}, ENTITIES[2]]
    rows = [
        {
            "统一社会信用代码": A,
            "列入日期": "2024-07-08",
            "列入事由": "通过登记的住所无法取得联系",
            "移出日期": "2024-08-08",
        },
        {"统一社会信用代码": A, "列入日期": "2023-07-08", "列入事由": "未按期公示年报"},
        {"统一社会信用代码": B, "列入日期": "2024-07-08", "列入事由": "通过登记的住所无法取得联系"},
    ]
    tables = raw_table("r.csv", *register), raw_table("a.csv", *rows)
    found = made(*tables, source="bureau_rizhao", register=False)
    assert events(found, "site_id", "occurred_on") == [[ONE, "2023-07-08"], [TWO, "2024-07-08"], [THREE, "2024-07-08"]]
    assert found.records.amendments.empty
    assert len(made(*tables, register=False).records.events) == 4
    assert len(made(raw_table("a.csv", *rows), source="bureau_rizhao").records.events) == 4


def test_an_outsider_knows_what_was_published_when_it_was() -> None:
    rows = [
        {**PENALTY, "统一社会信用代码": A, "公示日期": "2024-06-12", "录入日期": "2024-06-03"},
        {**PENALTY, "统一社会信用代码": A, "行政处罚决定书文号": "罚2号"},
    ]
    found = made(raw_table("p.csv", *rows), source="bureau_public")
    assert events(found, "known_on") == [["2024-06-12"], ["2024-07-01"]]
    visit = made(raw_table("v.csv", {**VISIT, "公示日期": "2024-05-20"}), source="bureau_public").records.inspections
    assert visit["known_on"].dt.strftime("%m-%d").tolist() == ["05-20"]


# Codes, duplicates, persons


@pytest.mark.parametrize("code", ["9.2E+17", "92999999MA00000077", "92999999MA0000007"])
def test_a_lost_or_wrong_credit_code_rejects_its_row_even_beside_a_good_licence(code: str) -> None:
    rows = [{**VISIT, "统一社会信用代码": code}, {**VISIT, "检查编号": "V2", "统一社会信用代码": f"'{A}\t"}]
    found = made(raw_table("v.csv", *rows))
    assert rules(found) == {"uscc": 1}
    assert found.records.inspections["inspection_id"].tolist() == ["V2"]


def test_the_same_row_in_another_form_is_merged_and_one_that_says_otherwise_is_not() -> None:
    rows = [VISIT, {**VISIT, "检查日期": "2024年5月6日"}, {**VISIT, "检查结果": "不符合"}]
    found = made(raw_table("v.csv", rows[0]), raw_table("again.csv", *rows[1:]))
    assert (found.report["rows_merged"], rules(found)) == (1, {"key": 1})
    assert found.records.inspections["result"].tolist() == ["pass"]


def test_a_person_in_place_of_a_credit_code_is_stored_as_a_hash() -> None:
    person = "11010519491231002X"
    register = {"统一社会信用代码": person, "主体名称": "小摊", "登记状态": "存续"}
    row = complaint("1", 统一社会信用代码=person)
    found = made(raw_table("r.csv", register), raw_table("c.csv", row))
    (site,) = {row[0] for row in events(found, "site_id")}
    assert site.startswith("person:")
    assert person not in str([table.to_dict() for table in found.records.tables().values()])


def test_the_quarantine_shows_no_person_wherever_one_is_written() -> None:
    row = {
        **PENALTY, "行政相对人名称": "赵翀骞", "统一社会信用代码": "", "法定代表人": "钱淏彧", "违法事实": "当事人孙昶玥，电话13912345678",
        "处罚决定日期": "孙昶玥", "许可证编号": "11010519491231002X", "案件编号": "13912345678", "备注": "联系人赵翀骞",
    }  # fmt: skip
    visit = {**VISIT, "检查日期": "不详", "检查人员1": "李珩璟", "发现问题": "周瑄", "量化得分": "吴瑾"}
    drops = (DroppedRow(9, NOTE, "填表人：郑璇 联系电话：0571-87654321"),)
    note = RawTable("p.csv", raw_table("p.csv", row).frame, pd.RangeIndex(2, 3).to_numpy("int64"), "gb18030", 1, drops)
    found = made(note, raw_table("v.csv", visit, {**VISIT, "检查编号": "V2", "量化得分": "吴瑾"}))
    assert found.report["rows_quarantined"] == 3
    shown = found.records.quarantine.to_csv() + json.dumps(found.report, ensure_ascii=False)
    for person in (
        "赵翀骞",
        "钱淏彧",
        "孙昶玥",
        "13912345678",
        "李珩璟",
        "周瑄",
        "吴瑾",
        "郑璇",
        "87654321",
        "11010519491231002",
    ):
        assert person not in shown, person
    assert "罚1号" in shown
