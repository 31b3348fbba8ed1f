"""A world's records as the tables a bureau keeps: samples, penalties, complaints, lists, certificates and awards."""

from typing import Any

import numpy as np
import pandas as pd

from riskml.records.linking import name_key
from riskml.simulation.exports import Export, amendment_id, known_events
from riskml.simulation.scribe import Scribe

PENALTIES = ("PEN_WARN", "PEN_FINE", "PEN_CONF", "PEN_STOP", "PEN_SUSP", "PEN_REVOKE", "PEN_CRIM")
SAMPLES = ("SAMP_LABEL", "SAMP_STD", "SAMP_SEVERE")
CASE_DAYS = 15
"""A case is opened at most so many days after the laboratory's report."""


def samples(scribe: Scribe) -> Export:
    """T4: failed samples with what was opened after them, and as many that passed, which leave no fact."""
    failed = known_events(scribe, *SAMPLES)
    passed = failed.assign(event_id=failed["event_id"] + "p", code=None, inspection_id=None)
    taken = pd.concat([failed, passed], ignore_index=True)
    site = scribe.site_columns(taken["site_id"], "subject_id", "name", "industry_class")
    maker, bad = taken["role"] == "labelled_maker", taken["code"].notna()
    numbers = taken["site_id"].map(scribe.licences)
    case = _cases_of_samples(scribe, taken[bad]).reindex(taken.index)
    sold = np.where(site["industry_class"] == "sales", "食用农产品", "餐饮食品")
    columns = {
        "序号": pd.Series(np.arange(1, len(taken) + 1), index=taken.index).astype("str"),
        "抽样编号": taken["event_id"],
        "标称生产企业名称": site["name"].where(maker),
        "生产许可证编号": numbers.where(maker & numbers.str.startswith("SC")),
        "被抽样单位名称": site["name"],
        "许可证编号": numbers,
        "统一社会信用代码": site["subject_id"],
        "食品名称": scribe.pick(["馒头", "凉拌菜", "月饼", "酱卤肉"], taken),
        "规格型号": pd.Series("200g/袋", index=taken.index).where(maker, scribe.pick(["散装", "/", "称重"], taken)),
        "商标": pd.Series(None, index=taken.index, dtype="str"),
        "生产日期/批号": taken["occurred_on"].dt.strftime("%Y-%m-%d") + "/批号A1",
        "抽样日期": taken["occurred_on"],
        "报告签发日期": taken["known_on"],
        "抽样环节": np.where(maker, "生产环节", np.where(site["industry_class"] == "sales", "流通环节", "餐饮环节")),
        "分类": np.where(maker, "糕点", sold),
        "检验结论": np.where(bad, "不合格", "合格"),
        "不合格项目": scribe.word("failed_item", taken["code"]),
        "检查编号": taken["inspection_id"],
        "核查处置状态": pd.Series("已完成", index=taken.index).where(case["case_id"].isna(), "已立案").where(bad),
        "案件编号": case["case_id"],
        "立案日期": case["occurred_on"],
        "立案录入日期": case["known_on"],
    }
    return Export.of(columns, taken, ("events", taken["event_id"].where(bad)), ("events", case["event_id"]))


def _cases_of_samples(scribe: Scribe, taken: pd.DataFrame) -> pd.DataFrame:
    """The case opened after each sample of the programme: the first one at its site that no earlier sample has."""
    events = scribe.records.events
    opened = events[(events["code"] == "CASE_OPENED") & events["inspection_id"].isna()].sort_values("occurred_on")
    free: dict[str, list[Any]] = {str(site): list(part.index) for site, part in opened.groupby("site_id")}
    found: dict[Any, Any] = {}
    for row in taken[taken["inspection_id"].isna()].sort_values("known_on").itertuples():
        waiting = free.get(str(row.site_id), [])
        span = [(opened.loc[case, "occurred_on"] - row.known_on).days for case in waiting]
        fitting = next((case for case, days in zip(waiting, span, strict=True) if 0 <= days <= CASE_DAYS), None)
        if fitting is not None:
            waiting.remove(fitting)
            found[row.Index] = fitting
    cases = opened.loc[list(found.values()), ["event_id", "case_id", "occurred_on", "known_on"]]
    return cases.set_axis(pd.Index(list(found), dtype="int64"))


def penalties(scribe: Scribe) -> Export:
    """T6: one row a decision; penalties of one case with the same days and the same fate are one decision."""
    events = known_events(scribe, *PENALTIES)
    same = ["case_id", "occurred_on", "known_on", "repair_on", "repair_known_on", "revoke_on", "revoke_known_on"]
    events["decision"] = events.groupby(same, dropna=False, sort=False).ngroup()
    first = events.drop_duplicates("decision").set_index("decision")
    words = scribe.word("penalty", events["code"])
    amounts = {
        code: events[events["code"] == code].set_index("decision")["amount"].reindex(first.index)
        for code in ("PEN_FINE", "PEN_CONF")
    }
    site = scribe.site_columns(first["site_id"], "subject_id", "name")
    by_code = scribe.is_alone(first["site_id"]) & (scribe.rng.random(len(first)) < 0.5)
    columns = {
        "行政处罚决定书文号": "市监罚〔" + first["occurred_on"].dt.strftime("%Y") + "〕" + first["event_id"] + "号",
        "案件编号": first["case_id"],
        "行政相对人名称": site["name"],
        "统一社会信用代码": site["subject_id"],
        "许可证编号": first["site_id"].map(scribe.licences).mask(by_code),
        "法定代表人": scribe.names(first),
        "违法行为类型": scribe.pick(["卫生条件不符", "未履行进货查验", "超过保质期食品"], first),
        "违法事实": "当事人" + scribe.names(first) + "（电话" + scribe.phones(first) + "）未按规定经营",
        "处罚类别": words.groupby(events["decision"]).agg("、".join).reindex(first.index),
        "罚款金额（万元）": _ten_thousands(amounts["PEN_FINE"]),
        "没收违法所得、没收非法财物金额（万元）": _ten_thousands(amounts["PEN_CONF"]),
        "处罚决定日期": first["occurred_on"],
        "公示日期": first["occurred_on"] + pd.Timedelta(days=7),
        "信用修复日期": first["repair_on"],
        "信用修复录入日期": first["repair_known_on"],
        "撤销/变更日期": first["revoke_on"],
        "录入日期": first["known_on"],
    }
    row = events.set_index("decision")["event_id"]
    fates = [
        ("amendments", amendment_id(row, kind).where(events.set_index("decision")[f"{kind}_on"].notna()))
        for kind in ("repair", "revoke")
    ]
    return Export.of(columns, first, ("events", row), *fates)


def _ten_thousands(amounts: "pd.Series[Any]") -> "pd.Series[str]":
    return (amounts / 10_000).map("{:.10g}".format, na_action="ignore").astype("str").mask(amounts.isna())


def complaints(scribe: Scribe) -> Export:
    """T7: complaints and reports with their finding; some name the business only. Consultations leave no fact."""
    made = known_events(scribe, "COMPLAINT")
    upheld = known_events(scribe, "COMPL_VALID", "REPORT_VALID")
    for frame in (made, upheld):
        frame["turn"] = frame.groupby(["site_id", "occurred_on"]).cumcount()
    columns = ["site_id", "occurred_on", "turn"]
    both = made.merge(upheld[[*columns, "event_id", "code", "known_on"]], how="left", on=columns, suffixes=("", "_of"))
    site = scribe.site_columns(both["site_id"], "subject_id", "name")
    keys = scribe.records.sites.set_index("site_id")["name"].map(name_key)
    named = ~keys.duplicated(keep=False).reindex(both["site_id"]).to_numpy(bool)
    by_name = pd.Series(named & (scribe.rng.random(len(both)) < 0.3), index=both.index)
    report = (both["code_of"] == "REPORT_VALID") | (both["code_of"].isna() & (scribe.rng.random(len(both)) < 0.2))
    found = both["event_id_of"].notna()
    table = {
        "登记编号": both["event_id"],
        "登记时间": both["occurred_on"],
        "类型": np.where(report, "举报", "投诉"),
        "被诉主体名称": site["name"] + scribe.pick(["", "", "（个体工商户）", "（原老店）", "\u3000"], both),
        "统一社会信用代码": site["subject_id"].mask(by_name),
        "许可证编号": both["site_id"].map(scribe.licences).mask(by_name | scribe.is_alone(both["site_id"])),
        "投诉人": scribe.names(both),
        "联系电话": scribe.phones(both),
        "问题类别": scribe.pick(["食品安全", "虚假宣传", "计量", "价格", "售后"], both),
        "内容": "消费者" + scribe.names(both) + "（" + scribe.phones(both) + "）反映食品有异物",
        "办结时间": both["known_on_of"],
        "是否属实": pd.Series("否", index=both.index).mask(found, "属实"),
        "录入日期": both["known_on"],
    }
    told = Export.of(table, both, ("events", both["event_id"]), ("events", both["event_id_of"]))
    return _with_consultations(scribe, told)


def _with_consultations(scribe: Scribe, told: Export) -> Export:
    asked = told.frame.sample(frac=0.1, random_state=scribe.rng)
    never = pd.Series(pd.NaT, index=asked.index)
    fresh = asked.assign(登记编号=asked["登记编号"] + "z", 类型="咨询", 是否属实=None, 办结时间=never)
    fresh = fresh.set_axis(pd.RangeIndex(len(told.frame), len(told.frame) + len(fresh)))
    return Export(pd.concat([told.frame, fresh]), told.carries)


def listings(scribe: Scribe, code: str) -> Export:
    """T8 or T9: by credit code where the legal person has one site, else a row a site."""
    rows = known_events(scribe, code).drop_duplicates(["site_id", "occurred_on"])
    whole = (rows["scope"] == "legal_person") & scribe.is_alone(rows["site_id"])
    site = scribe.site_columns(rows["site_id"], "subject_id", "name")
    columns = {
        "序号": pd.Series(np.arange(1, len(rows) + 1), index=rows.index).astype("str"),
        "主体名称": site["name"],
        "统一社会信用代码": site["subject_id"],
        "许可证编号": rows["site_id"].map(scribe.licences).mask(whole),
        "列入日期": rows["occurred_on"],
        "列入事由": scribe.pick(["未按期公示年报", "通过登记的住所无法取得联系"], rows),
        "移出日期": rows["end_on"],
        "移出录入日期": rows["end_known_on"],
        "录入日期": rows["known_on"],
    }
    return Export.of(columns, rows, ("events", rows["event_id"]), ("amendments", _ended(rows)))


def defaulters(scribe: Scribe) -> Export:
    """T10: by credit code where the legal person has one site, else a row a site."""
    rows = known_events(scribe, "DISHONEST")
    site = scribe.site_columns(rows["site_id"], "subject_id", "name")
    columns = {
        "案号": "（" + rows["occurred_on"].dt.strftime("%Y") + "）执" + rows["event_id"] + "号",
        "被执行人名称": site["name"],
        "组织机构代码/统一社会信用代码": site["subject_id"],
        "许可证编号": rows["site_id"].map(scribe.licences).mask(scribe.is_alone(rows["site_id"])),
        "法定代表人": scribe.names(rows),
        "发布时间": rows["occurred_on"],
        "履行情况": "全部未履行",
        "屏蔽日期": rows["end_on"],
        "屏蔽录入日期": rows["end_known_on"],
        "录入日期": rows["known_on"],
    }
    return Export.of(columns, rows, ("events", rows["event_id"]), ("amendments", _ended(rows)))


def honours(scribe: Scribe) -> Export:
    """T12: certificates of management systems and awards."""
    rows = known_events(scribe, "CERT_HACCP", "CERT_22000", "CERT_GMP", "AWARD_CITY")
    site = scribe.site_columns(rows["site_id"], "subject_id", "name")
    columns = {
        "类型": scribe.word("honour", rows["code"]),
        "级别": "市级",
        "主体名称": site["name"],
        "统一社会信用代码": site["subject_id"],
        "许可证编号": rows["site_id"].map(scribe.licences),
        "生效日期": rows["occurred_on"],
        "有效期至": rows["valid_to"],
        "录入日期": rows["known_on"],
    }
    return Export.of(columns, rows, ("events", rows["event_id"]))


def _ended(rows: pd.DataFrame) -> "pd.Series[str]":
    return amendment_id(rows["event_id"], "end").where(rows["end_on"].notna())
