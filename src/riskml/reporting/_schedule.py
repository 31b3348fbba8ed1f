"""The section about days: how much earlier failures would be found, with what freedom, and how long sites wait."""

from functools import partial
from typing import Any, Final

import pandas as pd

from riskml.export.wording import Lang, Text, pair_order, policy_order, text
from riskml.reporting._cells import Table
from riskml.reporting._curves import rival_series
from riskml.reporting._frames import Column, grid_table, with_interval
from riskml.reporting._page import EMPTY, Block, Figure, Run, Section, Words, blocks, figure, fill
from riskml.reporting.charts import Chart
from riskml.reporting.looks import Axis, Series
from riskml.reporting.marks import dots_chart
from riskml.reporting.texts import LAST_OUTCOME, MODEL, is_grade

TITLE: Final = text("How much earlier? (schedule)", "能提前多少天（排期）")
LEAD: Final = text(
    "The visits that were made are kept, and only change places. “Free”: any two visits of a decision day may be "
    "exchanged, which no office can do. “Slots”: only visits of the same inspector, office and week. Random order is "
    "subtracted, because moving visits at all already gains or loses days.",
    "保留已实施的检查，只调换次序。“自由”指同一决策日的任意两次检查均可互换，实际无法做到；“受限”指只在同一检查员、同一"
    "监管所、同一周之内互换。已扣除随机次序的结果，因为调换本身就会带来天数的增减。",
)
EARLIER: Final = (
    text("How many days earlier would failures be found?", "不合格能提前多少天被发现？"),
    text(
        "Dot: mean days by which failures would have been found earlier than they were, less what a random "
        "order gives; "
        "bar: 95% interval. {best}",
        "圆点为不合格平均比实际提前发现的天数（减去随机次序的结果），横线为95%区间。{best}",
    ),
    text("days earlier than random order", "比随机次序提前的天数"),
)
BEST: Final = {
    ("free", "slots"): text(
        "With perfect order it would be {free} days free and {slots} days within slots.",
        "完美排序下，自由互换为{free}天，受限互换为{slots}天。",
    ),
    ("free",): text(
        "Any two visits of a day may be exchanged (free); with perfect order it would be {free} days.",
        "同一决策日的任意两次检查均可互换（自由）；完美排序下为{free}天。",
    ),
    ("slots",): text("Within slots; with perfect order it would be {slots} days.", "受限互换；完美排序下为{slots}天。"),
    (): text("", ""),
}
"""What perfect order would give, by the forms for which the run knows it."""
FORMS: Final = (
    Series("free", text("free exchange", "自由互换")),
    Series("slots", text("within slots", "受限互换"), "#D55E00", shape="square"),
)
CAN_MOVE: Final = text(
    "{value} of the failing visits stand in a slot with a visit on another day; the others could not have been "
    "moved at all.",
    "{value}的不合格检查所在的同一范围内另有他日的检查；其余根本无从调换。",
)
BY_POLICY: Final = (text("Days earlier and first-half finds", "提前天数与前半程发现"), text("Policy", "策略"))
POLICY_COLUMNS: Final[dict[str, Column]] = {
    "free/days_earlier": with_interval(text("days earlier, free", "提前天数（自由）"), signed=True),
    "free/days_earlier_net": with_interval(text("net of random, free", "扣除随机（自由）"), signed=True),
    "slots/days_earlier_net": with_interval(text("net of random, slots", "扣除随机（受限）"), signed=True, decimals=2),
    "free/first_half": with_interval(text("found in the first half, free", "前半程发现（自由）"), percent=True),
    "slots/first_half": with_interval(text("found in the first half, slots", "前半程发现（受限）"), percent=True),
}
PAIRS: Final = text("Model less each other policy", "模型减其他各策略")
PAIR_COLUMNS: Final[dict[str, Column]] = {
    "free/days_earlier": with_interval(text("days earlier, free", "提前天数（自由）"), signed=True, better=1),
    "slots/days_earlier": with_interval(
        text("days earlier, slots", "提前天数（受限）"), signed=True, decimals=2, better=1
    ),
    "free/first_half": with_interval(
        text("first half, free, share", "前半程发现（自由）"), percent=True, signed=True, better=1
    ),
    "slots/first_half": with_interval(
        text("first half, slots, share", "前半程发现（受限）"), percent=True, signed=True, better=1
    ),
}
LASTING: Final = (
    text("And if failures do not last?", "若不合格不会一直存在呢？"),
    text(
        "A failure found earlier may not have been there yet, or would have been gone later. Here it is still "
        "there after "
        "one half-life with a chance of one half: the shorter it lasts, the less an earlier visit finds. Free "
        "exchange.",
        "提前去检查时，问题可能尚未出现；推迟则可能已经消失。此处假定经过一个半衰期后不合格仍存在的机会为一半：持续越短，"
        "提前检查的收获越小。自由互换。",
    ),
    text("half-life {days} days", "半衰期{days}天"),
    text("failures stay", "不合格一直存在"),
)
WAITING: Final = (
    text("How long does a site wait for its visit?", "主体要等多久才被检查？"),
    text(
        "Mean days from the decision day until the visit, with as many visits a day as were made. Failing sites should "
        "wait less than sound ones; “as made” is what happened.",
        "每天检查次数与实际相同时，自决策日起平均等待的天数。不合格主体的等待应短于合格主体；“实际”为当时的情形。",
    ),
    text("mean days until the visit", "平均等待天数"),
    text("As made", "实际"),
)
OUTCOMES: Final = (
    Series("failing", text("failing sites", "不合格主体"), "#D55E00", shape="square"),
    Series("clean", text("sound sites", "合格主体")),
)
WAIT_COLUMNS: Final[dict[str, Column]] = {
    "failing/wait_median": with_interval(text("failing: half are reached after, days", "不合格：半数在多少天内")),
    "failing/wait_90": with_interval(text("failing: 90% after", "不合格：九成在多少天内")),
    "clean/wait_median": with_interval(text("sound: half after", "合格：半数在多少天内")),
    "clean/wait_90": with_interval(text("sound: 90% after", "合格：九成在多少天内")),
}
MADE: Final = "as_made"


def schedule(run: Run) -> Section | None:
    """Days earlier in both forms, the half-life sweep, and waiting."""
    if not run.has("schedule", "waiting"):
        return None
    parts = blocks(_earlier(run), _can_move(run), _tables(run), _lasting(run), _waits(run), _wait_table(run))
    return Section("schedule", TITLE, LEAD, parts or (Words((EMPTY,)),))


def _policies(frame: pd.DataFrame) -> list[str]:
    """The model, the rivals of the verdict and what was done, as far as they are there."""
    asked = policy_order(policy for policy in frame["policy"].unique() if policy and " - " not in policy)
    return [one for one in asked if one in (MODEL, LAST_OUTCOME, "past_fail_rate", MADE) or is_grade(one)]


def _name(run: Run, policy: str) -> Text:
    return WAITING[3] if policy == MADE else run.name(policy)


def _whole(run: Run) -> pd.DataFrame:
    """Rows of the schedule in which failures stay."""
    frame = run.table("schedule")
    return frame if frame.empty else frame[frame["half_life_days"].isna()]


def _dots(run: Run, rows: pd.DataFrame, axis: Axis, series: tuple[Series, ...], lang: Lang) -> Chart:
    """Policies below one another, one dot for each series."""
    words = [_name(run, policy)[lang] for policy in rows["policy"]]
    notes = rows["reason"].where(rows["value"].isna(), "")
    return dots_chart(rows.assign(words=words, note=notes), axis=axis, lang=lang, series=series, line=0.0)


def _in_order(rows: pd.DataFrame, policies: list[str], series: tuple[Series, ...]) -> pd.DataFrame:
    """Rows by policy, then by series."""
    keys = [one.key for one in series]
    held = rows[rows["policy"].isin(policies)]
    places = held.assign(a=held["policy"].map(policies.index), b=held["series"].map(keys.index))
    return places.sort_values(["a", "b"], kind="stable")


def _earlier(run: Run) -> Figure | None:
    frame = _whole(run)
    if frame.empty:
        return None
    net = frame[frame["metric"] == "days_earlier_net"].assign(series=lambda held: held["form"])
    rows = _in_order(net, _policies(net), FORMS)
    best = net.groupby("form")["perfect"].max().dropna()
    told = {"best": fill(BEST[tuple(sorted(best.index))], **{str(form): f"{days:.1f}" for form, days in best.items()})}
    axis = Axis(EARLIER[2], zero=True)
    return figure(*EARLIER[:2], lambda lang: _dots(run, rows, axis, FORMS, lang), told)


def _can_move(run: Run) -> Words | None:
    frame = _whole(run)
    held = frame[frame["metric"] == "can_move"] if len(frame) else frame
    if held.empty or held["value"].isna().all():
        return None
    return Words((fill(CAN_MOVE, value=f"{held['value'].iloc[0]:.0%}"),))


def _tables(run: Run) -> list[Table | None]:
    """Every policy, then the model less each of them."""
    frame = _whole(run)
    if frame.empty:
        return []
    rows = frame.assign(key=frame["form"] + "/" + frame["metric"])
    paired = rows["policy"].str.contains(" - ")
    order = [*policy_order(p for p in rows.loc[~paired, "policy"].unique() if p and p != MADE), MADE]
    alone = _by_policy(rows[rows["policy"].isin(order)], order)
    pairs = _by_policy(rows[paired], pair_order(rows.loc[paired, "policy"].unique()))
    look: dict[str, Any] = {"by": "key", "first": BY_POLICY[1], "source": "schedule", "name": partial(_name, run)}
    return [
        grid_table(BY_POLICY[0], alone, "policy", POLICY_COLUMNS, strong=MODEL, **look),
        grid_table(PAIRS, pairs, "policy", PAIR_COLUMNS, **look),
    ]


def _by_policy(rows: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    return rows.sort_values("policy", key=lambda held: held.map(order.index), kind="stable")


def _lasting(run: Run) -> Figure | None:
    """Days earlier for each half-life, the model beside its rivals."""
    frame = run.table("schedule")
    held = frame[(frame["form"] == "free") & (frame["metric"] == "days_earlier_net")] if len(frame) else frame
    if held.empty or held["half_life_days"].isna().all():
        return None
    policies = [one for one in _policies(held) if one in (MODEL, LAST_OUTCOME) or is_grade(one)][:3]
    rows = held[held["policy"].isin(policies)]
    rows = rows.assign(place=rows["policy"].map(policies.index), series=rows["policy"])
    rows = rows.sort_values(["half_life_days", "place"], kind="stable", na_position="last")
    looks, axis = rival_series(run, policies), Axis(EARLIER[2], zero=True)

    def draw(lang: Lang) -> Chart:
        words = [
            LASTING[3][lang] if pd.isna(days) else LASTING[2][lang].format(days=f"{days:.0f}")
            for days in rows["half_life_days"]
        ]
        return dots_chart(rows.assign(words=words), axis=axis, lang=lang, series=looks, line=0.0)

    return figure(*LASTING[:2], draw)


def _waits(run: Run) -> Figure | None:
    frame = run.table("waiting")
    if frame.empty:
        return None
    mean = frame[frame["metric"] == "wait_mean"].assign(series=lambda held: held["outcome"])
    rows = _in_order(mean, [*_policies(mean)], OUTCOMES)
    axis = Axis(WAITING[2], zero=True)
    return figure(*WAITING[:2], lambda lang: _dots(run, rows, axis, OUTCOMES, lang))


def _wait_table(run: Run) -> tuple[Block, ...]:
    frame = run.table("waiting")
    if frame.empty:
        return ()
    rows = frame.assign(key=frame["outcome"] + "/" + frame["metric"])
    rows = rows[rows["policy"].isin(_policies(rows))]
    order = _policies(rows)
    look: dict[str, Any] = {"by": "key", "first": BY_POLICY[1], "source": "waiting", "name": partial(_name, run)}
    table = grid_table(WAITING[0], _by_policy(rows, order), "policy", WAIT_COLUMNS, strong=MODEL, **look)
    return blocks(table)
