"""A world's records as the tables a bureau keeps: register, licences, visits, orders, and the levels it publishes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskml.grades import grade
from riskml.records.log import event_log
from riskml.simulation.scribe import Scribe

Ref = tuple[str, "pd.Series[Any]"]


@dataclass(frozen=True)
class Export:
    """One table of a bureau, n rows, before it is written.

    Attributes:
        frame: columns in the bureau's words; text, days, or missing.
        carries: which rows of the records each row tells of: columns row (index of the frame), table, id.
    """

    frame: pd.DataFrame
    carries: pd.DataFrame

    @classmethod
    def of(cls, columns: "dict[str, Any]", like: pd.DataFrame, *refs: Ref) -> "Export":
        """A table of these columns; `refs` are identifiers of records by row, missing where a row tells of none."""
        frame = pd.DataFrame(columns, index=like.index)
        told = [pd.DataFrame({"row": ids.index, "table": table, "id": ids.to_numpy()}).dropna() for table, ids in refs]
        return cls(frame, pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=["row", "table", "id"]))

    def rows(self, chosen: "pd.Series[bool]") -> "Export":
        """Some of the rows."""
        return Export(self.frame[chosen], self.carries[self.carries["row"].isin(self.frame.index[chosen])])


def amendment_id(event_ids: "pd.Series[str]", kind: str) -> "pd.Series[str]":
    """How an amendment is named here: its event and its kind."""
    return event_ids + f":{kind}"


def known_events(scribe: Scribe, *codes: str) -> pd.DataFrame:
    """Events of some codes, index 0, 1, ..., with the days of their amendments: <kind>_on and <kind>_known_on."""
    events = scribe.records.events
    chosen = events[events["code"].isin(codes)].reset_index(drop=True)
    for kind in ("end", "repair", "revoke"):
        amended = scribe.records.amendments
        mine = amended[amended["kind"] == kind].drop_duplicates("event_id").set_index("event_id")
        days = mine[["effective_on", "known_on"]].reindex(chosen["event_id"])
        chosen[f"{kind}_on"], chosen[f"{kind}_known_on"] = days["effective_on"].array, days["known_on"].array
    return chosen


def entities(scribe: Scribe) -> Export:
    """T1: one row a site, sorted by office."""
    sites = scribe.records.sites.sort_values("office", kind="stable")
    closed = sites["closed_on"].notna()
    status = scribe.pick(["存续", "开业", "在业"], sites).mask(closed, scribe.pick(["注销", "吊销"], sites))
    columns = {
        "序号": pd.Series(np.arange(1, len(sites) + 1), index=sites.index).astype("str"),
        "所属监管所": sites["office"],
        "许可证编号": sites["site_id"].map(scribe.licences),
        "统一社会信用代码": sites["subject_id"],
        "主体名称": sites["name"],
        "法定代表人/经营者": scribe.names(sites),
        "联系电话": scribe.phones(sites),
        "登记状态": status,
        "状态变更日期": sites["closed_on"],
        "成立日期": sites["registered_on"],
        "业态": scribe.word("format", sites["format_code"]),
        "经营面积（㎡）": _number(sites["area_m2"]) + scribe.pick(["", "㎡"], sites),
        "从业人数": _number(sites["staff"]),
        "经度": sites["lon"].astype("str"),
        "纬度": sites["lat"].astype("str"),
        "静态风险等级": scribe.word("risk_category", sites["risk_category"]),
    }
    return Export.of(columns, sites, ("sites", sites["site_id"]))


def licences(scribe: Scribe) -> Export:
    """T2: one row a licence, and one for each change of its owner."""
    sites = scribe.records.sites
    changes = known_events(scribe, "OWNER_CHANGE").drop_duplicates(["site_id", "occurred_on"])
    rows = pd.concat([sites[["site_id"]], changes[["site_id", "event_id", "occurred_on", "known_on"]]])
    rows = rows.reset_index(drop=True)
    site = scribe.site_columns(rows["site_id"], "subject_id", "name", "industry_class", "registered_on", "closed_on")
    valid_to = rows["site_id"].map(sites.set_index("site_id")["licence_valid_to"])
    changed = rows["event_id"].notna()
    columns = {
        "许可证编号": rows["site_id"].map(scribe.licences),
        "统一社会信用代码": site["subject_id"],
        "主体名称": site["name"],
        "许可类别": scribe.word("licence_kind", site["industry_class"]),
        "主体业态": scribe.word("licence_form", site["industry_class"]),
        "发证日期": site["registered_on"],
        "有效期至": valid_to,
        "许可状态": "有效",
        "变更日期": rows["occurred_on"],
        "变更事项": pd.Series("经营者变更", index=rows.index).where(changed),
        "录入日期": rows["known_on"],
    }
    return Export.of(columns, rows, ("licences", rows["site_id"].where(~changed)), ("events", rows["event_id"]))


def visits(scribe: Scribe) -> Export:
    """T3: one row a visit, with its order's term and its case as far as they were known at the end."""
    made = scribe.records.inspections.reset_index(drop=True)
    site = scribe.site_columns(made["site_id"], "subject_id", "name")
    cases = _by_visit(scribe.records.events[scribe.records.events["code"] == "CASE_OPENED"])
    warned = _by_visit(scribe.records.events[scribe.records.events["code"] == "PEN_WARN"])
    orders = _by_visit(scribe.records.events[scribe.records.events["code"] == "RECT_ORDER"])
    spots = _by_visit(scribe.records.events[scribe.records.events["code"] == "RECT_SPOT"])
    ids = made["inspection_id"]
    opened = ids.isin(cases.index)
    columns = {
        "检查编号": ids,
        "统一社会信用代码": scribe.some(site["subject_id"], 0.8),
        "许可证编号": made["site_id"].map(scribe.licences),
        "被检查单位名称": site["name"],
        "任务来源": scribe.word("task_source", made["task_source"]),
        "检查类型": scribe.word("visit_type", made["visit_type"]),
        "检查方式": "现场",
        "检查日期": made["visited_on"],
        "检查人员1": made["inspector"].map(scribe.inspector_names),
        "检查人员2": scribe.names(made),
        "重点项不符合数": _number(made["key_fail"]),
        "一般项不符合数": _number(made["general_fail"]),
        "量化得分": _number(made["score"]),
        "检查结果": scribe.word("result", made["result"]),
        "发现问题": "见" + scribe.names(made) + "签字的检查表",
        "处理方式": scribe.word("action", made["action"]),
        "整改期限": _of_visit(ids, orders["due_on"]),
        "是否立案": pd.Series("否", index=made.index).mask(opened, "是"),
        "案件编号": _of_visit(ids, cases["case_id"]).fillna(_of_visit(ids, warned["case_id"])),
        "立案日期": _of_visit(ids, cases["occurred_on"]),
        "立案录入日期": _of_visit(ids, cases["known_on"]),
        "录入日期": made["known_on"],
    }
    told = [("events", _of_visit(ids, table["event_id"])) for table in (cases, orders, spots)]
    return Export.of(columns, made, ("inspections", ids), *told)


def orders(scribe: Scribe) -> Export:
    """T5: one row a written order, with its correction and whether it was late."""
    given = known_events(scribe, "RECT_ORDER")
    late = known_events(scribe, "RECT_OVERDUE")
    late["due_on"] = late["occurred_on"] - pd.Timedelta(days=1)
    for frame in (given, late):
        frame["turn"] = frame.groupby(["site_id", "due_on"]).cumcount()
    both = given.merge(late[["site_id", "due_on", "turn", "event_id", "known_on"]], how="left", suffixes=("", "_late"),
                       on=["site_id", "due_on", "turn"])  # fmt: skip
    site = scribe.site_columns(both["site_id"], "subject_id", "name")
    columns = {
        "整改通知书文号": both["event_id"],
        "检查编号": both["inspection_id"],
        "许可证编号": both["site_id"].map(scribe.licences),
        "统一社会信用代码": site["subject_id"],
        "主体名称": site["name"],
        "下达日期": both["occurred_on"],
        "整改事项": "详见检查表",
        "期限": both["due_on"],
        "完成日期": both["end_on"],
        "完成录入日期": both["end_known_on"],
        "是否逾期": pd.Series("否", index=both.index).mask(both["event_id_late"].notna(), "是"),
        "逾期登记日期": both["known_on_late"],
        "录入日期": both["known_on"],
    }
    ended = amendment_id(both["event_id"], "end").where(both["end_on"].notna())
    return Export.of(
        columns, both, ("events", both["event_id"]), ("events", both["event_id_late"]), ("amendments", ended)
    )


def levels(scribe: Scribe, system: str) -> Export:
    """T14: the levels of a system as the bureau would have published them every half year."""
    records = scribe.records
    days = pd.date_range(records.observed_from, records.observed_to, freq="6MS")[1:-1]
    log = event_log(records)
    parts = []
    for day, after in zip(days, [*days[1:], records.observed_to], strict=True):
        graded = grade(records, system, day, log=log).dropna(subset=["level"])
        there = records.sites[(records.sites["registered_on"] < day) & ~(records.sites["closed_on"] <= day)]
        mine = graded[graded["site_id"].isin(there["site_id"])]
        parts.append(mine.assign(day=day, last=after - pd.Timedelta(days=1)))
    rows = pd.concat(parts, ignore_index=True)
    site = scribe.site_columns(rows["site_id"], "subject_id", "name")
    columns = {
        "许可证编号": rows["site_id"].map(scribe.licences),
        "统一社会信用代码": site["subject_id"],
        "主体名称": site["name"],
        "等级体系": "南昌市食品安全四色信用分类",
        "等级": scribe.word("level", rows["level"]),
        "分值": rows["points"].astype("str"),
        "评定日期": rows["day"],
        "生效日期": rows["day"],
        "有效期至": rows["last"],
        "公示日期": rows["day"] + pd.Timedelta(days=5),
    }
    return Export.of(columns, rows, ("grades", rows["site_id"] + ":" + rows["day"].dt.strftime("%Y-%m-%d")))


def _by_visit(events: pd.DataFrame) -> pd.DataFrame:
    """The first event of each visit, by the visit."""
    return events[events["inspection_id"].notna()].drop_duplicates("inspection_id").set_index("inspection_id")


def _of_visit(ids: "pd.Series[str]", column: "pd.Series[Any]") -> "pd.Series[Any]":
    """What a column by visit says of each visit; missing where it says nothing."""
    found: pd.Series[Any] = column.reindex(ids).set_axis(ids.index)
    return found


def _number(values: "pd.Series[Any]") -> "pd.Series[str]":
    """Numbers as people write them: without a decimal point where there is nothing behind it."""
    return values.astype("float64").map("{:.15g}".format, na_action="ignore").astype("str").mask(values.isna())
