"""Rules that no single column can say: facts against their days, their sites, their events and each other.

A rule refuses where the engine would compute something wrong, and warns where registers are known to be untidy:

* A visit before its site was registered or long after it closed is a warning: licences are renewed under new dates,
  unlicensed places are visited, and closures are written down late. Licensing visits come before the licence, and a
  visit that found nobody is how a closure is noticed, so neither counts.
* An event of a visit that is not among the records is a warning: it stays an event of its site, and only does not
  count for that visit. Extracts of cases and of visits seldom cover the same days.
* Two heaviest penalties of one case on different days are a warning: of one case the heaviest counts, and which of
  two equal ones it is decides from which day.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.records.contract import CORRECTABLE, TABLES
from riskml.records.days import NEVER, day_number, to_days
from riskml.records.fault import REFUSE, WARN, Fault, examples
from riskml.records.keys import among, places

Tables = Mapping[str, pd.DataFrame]
Mask = NDArray[np.bool_]

CLOSED_GRACE_DAYS: Final = 90
"""Days after a closure in which visits are no surprise: assumed, a horizon's length."""
PENALTY_WEIGHTS: Final = {
    "PEN_WARN": 0.5, "PEN_CRIT": 0.5, "PEN_FINE": 1, "PEN_CONF": 2, "PEN_SUSP": 3, "PEN_STOP": 3, "PEN_RESTRICT": 3,
    "PEN_CLOSE": 6, "PEN_CANCEL": 6, "PEN_REVOKE": 10, "PEN_CRIM": 10,
}  # fmt: skip
"""Weight of each penalty: Wuhan's published scale of 2018, completed (GRADES.md 0.4)."""


@dataclass(frozen=True)
class Rule:
    """One rule of several columns or tables.

    Attributes:
        name: short name.
        table, column: whose rows break it, and the column to look at first.
        severity: "refuse" or "warn".
        text_en, text_zh: what is wrong with the rows that break it.
        broken: which rows of the table break it, shape (rows,); a missing value breaks no rule.
        shown: columns of the table shown in examples.
        needs: further tables it reads, with the columns without which it cannot be held.
    """

    name: str
    table: str
    column: str
    severity: str
    text_en: str
    text_zh: str
    broken: Callable[[Tables], Mask]
    shown: tuple[str, ...] = ()
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def rule_faults(tables: Tables, absent: Iterable[tuple[str, str]] = ()) -> list[Fault]:
    """What the rules find in tables that have the types of the contract.

    Args:
        tables: by name; a rule of a table that is not there is left out.
        absent: (table, column) pairs that are missing; a rule that reads one is left out, since the absence is told.
    """
    lost = set(absent)
    found = []
    for rule in RULES:
        reads = {rule.table: (rule.column, *rule.shown), **rule.needs}
        if reads.keys() <= tables.keys() and not lost & {(name, c) for name, all_ in reads.items() for c in all_}:
            bad = rule.broken(tables)
            if bad.any():
                found.append(_fault(rule, tables[rule.table], bad))
    return found


def snapshot_faults(snapshots: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the declared snapshot columns: each is a column of sites, with a day."""
    strange = [name for name in snapshots if name not in TABLES["sites"]]
    undated = [name for name, day in snapshots.items() if name not in strange and not _is_day(day)]
    told = (
        (strange, "snapshot_column", f"is declared a snapshot and is no column of sites; they are {[*TABLES['sites']]}",
         f"声明为快照，但不是sites的列；sites的列为{[*TABLES['sites']]}"),
        (undated, "snapshot_day", "is declared a snapshot of a day that is none; write it like 2025-06-01",
         "声明的快照日期无效；应写作2025-06-01"),
    )  # fmt: skip
    return [
        Fault("records.json", f"snapshots.{name}", rule, REFUSE, 1, 0, (), english, chinese)
        for names, rule, english, chinese in told
        for name in names
    ]


def _is_day(text: Any) -> bool:
    try:
        day_number(text)
    except DataError:
        return False
    return isinstance(text, str)


def _fault(rule: Rule, frame: pd.DataFrame, bad: Mask) -> Fault:
    columns = [name for name in (rule.column, *rule.shown) if not TABLES[rule.table][name].private]
    return Fault(
        table=rule.table,
        column=rule.column,
        rule=rule.name,
        severity=rule.severity,
        count=int(bad.sum()),
        rows=len(frame),
        examples=examples(rule.table, frame, bad, [frame[name] for name in columns]),
        text_en=rule.text_en,
        text_zh=rule.text_zh,
    )


def _before(early: str, late: str, table: str) -> Callable[[Tables], Mask]:
    """Rows whose one day lies before another of the same row."""
    return lambda tables: _is_before(tables[table][early], tables[table][late])


def _is_before(early: "pd.Series[Any]", late: "pd.Series[Any]") -> Mask:
    return np.asarray(early.to_numpy() < late.to_numpy(), dtype=bool)


def _ends_at_once(tables: Tables) -> Mask:
    grades = tables["grades"]
    return np.asarray(grades["valid_to"].to_numpy() <= grades["valid_from"].to_numpy(), dtype=bool)


def _stranger(table: str, column: str, home: str) -> Callable[[Tables], Mask]:
    """Rows whose key stands in no row of the table where it is at home."""

    def broken(tables: Tables) -> Mask:
        keys = tables[table][column]
        return ~among(keys, tables[home][column]) & keys.notna().to_numpy(bool)

    return broken


def _site_days(tables: Tables, column: str, *, missing: int) -> NDArray[np.int64]:
    """A day of the site of each visit; `missing` where the site or its day is unknown."""
    sites = tables["sites"]
    place = places(tables["inspections"]["site_id"], sites["site_id"])
    days = np.append(to_days(sites[column], missing=missing), missing).astype(np.int64)
    return days[place]


def _unregistered(tables: Tables) -> Mask:
    visits = tables["inspections"]
    early = to_days(visits["visited_on"]) < _site_days(tables, "registered_on", missing=-NEVER)
    return np.asarray(early & (visits["visit_type"] != "LI").to_numpy(bool))


def _long_closed(tables: Tables) -> Mask:
    visits = tables["inspections"]
    last = _site_days(tables, "closed_on", missing=NEVER) + CLOSED_GRACE_DAYS
    late = to_days(visits["visited_on"], missing=-NEVER) > last
    return np.asarray(late & (visits["result"] != "not_found").to_numpy(bool))


def _amended_before(day: str) -> Callable[[Tables], Mask]:
    """Amendments one of whose days lies before their event occurred."""

    def broken(tables: Tables) -> Mask:
        amendments, events = tables["amendments"], tables["events"]
        concerned = events.loc[among(events["event_id"], amendments["event_id"]), ["event_id", "occurred_on"]]
        occurred = np.append(to_days(concerned["occurred_on"], missing=-NEVER), -NEVER)
        place = places(amendments["event_id"], concerned["event_id"])
        return np.asarray(to_days(amendments[day]) < occurred[place])

    return broken


def _appended_twice(tables: Tables) -> Mask:
    columns = ["event_id", "kind", "known_on", "column"]
    amendments = tables["amendments"]
    return (amendments.duplicated(columns) & amendments["event_id"].notna()).to_numpy(bool)


def _incomplete_correction(tables: Tables) -> Mask:
    amendments = tables["amendments"]
    told = amendments["column"].isin(CORRECTABLE) & amendments["value"].notna()
    return ((amendments["kind"] == "correct") & ~told).to_numpy(bool)


def _two_heaviest(tables: Tables) -> Mask:
    """Penalties as heavy as the heaviest of their case, on a later day than the first such one."""
    events = tables["events"]
    bad = np.zeros(len(events), dtype=bool)
    chosen = np.flatnonzero((events["code"].isin(list(PENALTY_WEIGHTS)) & events["case_id"].notna()).to_numpy(bool))
    some = events[["site_id", "case_id", "code", "occurred_on"]].iloc[chosen]
    weight = some["code"].map(PENALTY_WEIGHTS).astype("float64")
    case = [some["site_id"], some["case_id"]]
    heaviest = weight == weight.groupby(case).transform("max")
    first = some["occurred_on"].where(heaviest).groupby(case).transform("min")
    bad[chosen] = (heaviest & (some["occurred_on"] > first)).to_numpy(bool)
    return bad


RULES: Final = (
    *(
        Rule(
            "known_before", table, "known_on", REFUSE,
            f"lies before {happened}: nothing is known before it happened", f"早于{happened}：事情发生前不可能已知",
            _before("known_on", happened, table), (happened,),
        )
        for table, happened in (("events", "occurred_on"), ("inspections", "visited_on"))
    ),
    *(
        Rule(
            "unknown_site", table, "site_id", REFUSE, "is no site of table sites", "不在sites表中",
            _stranger(table, "site_id", "sites"), needs={"sites": ("site_id",)},
        )
        for table in ("events", "inspections", "grades")
    ),
    Rule(
        "unknown_visit", "events", "inspection_id", WARN, "is no visit of table inspections", "不在inspections表中",
        _stranger("events", "inspection_id", "inspections"), needs={"inspections": ("inspection_id",)},
    ),
    Rule(
        "two_heaviest", "events", "code", WARN,
        "is a second penalty as heavy as the heaviest of its case, on a later day", "与同案最重处罚同等，且日期更晚",
        _two_heaviest, ("case_id", "occurred_on"),
    ),
    Rule(
        "unknown_event", "amendments", "event_id", REFUSE, "is no event of table events", "不在events表中",
        _stranger("amendments", "event_id", "events"), needs={"events": ("event_id",)},
    ),
    *(
        Rule(
            f"{day.removesuffix('_on')}_before_event", "amendments", day, REFUSE,
            "lies before the event amended occurred", "早于所修订事件的发生日",
            _amended_before(day), needs={"events": ("event_id", "occurred_on")},
        )
        for day in ("effective_on", "known_on")
    ),
    Rule(
        "appended_twice", "amendments", "kind", REFUSE,
        "stands twice for one event and day of knowledge (a correction: of one column); amendments are only appended",
        "同一事件同一入库日重复（更正按同一列计）；修订只能追加", _appended_twice, ("column",),
        needs={"amendments": ("event_id", "kind", "known_on")},
    ),
    Rule(
        "incomplete_correction", "amendments", "column", REFUSE,
        f"of a correction needs a value, and is one of {list(CORRECTABLE)}",
        f"更正须有值，且列为{list(CORRECTABLE)}之一",
        _incomplete_correction, needs={"amendments": ("kind",)},
    ),
    Rule(
        "unregistered", "inspections", "visited_on", WARN,
        "lies before the site was registered (licensing visits do not count)", "早于主体登记日（许可核查除外）",
        _unregistered, ("site_id",), needs={"sites": ("site_id",)},
    ),
    Rule(
        "long_closed", "inspections", "visited_on", WARN,
        f"lies more than {CLOSED_GRACE_DAYS} days after the site closed (visits that found nobody do not count)",
        f"晚于主体关闭日{CLOSED_GRACE_DAYS}天以上（未找到者除外）",
        _long_closed, ("site_id",), needs={"sites": ("site_id",)},
    ),
    Rule(
        "ends_at_once", "grades", "valid_to", REFUSE, "is not after valid_from", "不晚于valid_from",
        _ends_at_once, ("valid_from",),
    ),
)  # fmt: skip
"""All rules, by table."""
