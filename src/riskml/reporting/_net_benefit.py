"""The section that weighs failures found against visits in vain, whatever their exchange rate."""

from typing import Any, Final

import pandas as pd

from riskml.evaluation.levels.translation_words import NET_BENEFIT, NET_BENEFIT_POLICIES
from riskml.export.wording import Text, as_text, policy_order, text
from riskml.reporting._curves import rival_series
from riskml.reporting._frames import grid_table, with_interval
from riskml.reporting._page import EMPTY, Figure, Run, Section, Words, blocks, figure, joined
from riskml.reporting.charts import SLATE
from riskml.reporting.looks import Axis, Series
from riskml.reporting.marks import lines_chart
from riskml.reporting.texts import LAST_OUTCOME, MODEL, is_grade

TITLE: Final = text("Is it worth the visits? (net benefit)", "检查是否值得（净收益）")
CURVES: Final = (
    text("Is it worth visiting by the score? (net benefit)", "按分数检查是否值得？（净收益）"),
    text(
        "The higher line is better at that threshold; the band is the model's 95% interval. Below zero it is better to "
        "visit nobody. Lines that leave the picture below are cut.",
        "在同一阈值下线越高越好，色带为模型的95%区间。低于零时不如不检查。超出下缘的部分已截去。",
    ),
    text("threshold: visit from this probability on", "阈值：概率达到此值即检查"),
    text("net benefit, failures for each visit of the pool", "净收益（每次检查折合的不合格数）"),
)
GAIN: Final = (
    text("Is the model worth more with as many visits?", "检查次数相同，模型是否更值得？"),
    text(
        "Line: net benefit of the model less the other's; band: 95% interval. Above zero the model is worth more.",
        "曲线为模型的净收益减其他策略的净收益，色带为95%区间。大于零则模型更值得。",
    ),
    text("difference of net benefit", "净收益之差"),
)
TABLE: Final = (text("Net benefit per 1,000 visits of the pool", "每1,000次检查的净收益"), text("Policy", "策略"))
PAST_RATE: Final = (text("{grade}, levels by their past rate", "{grade}，按各级历史不合格率"), "_past_rate")
LOOKS: Final = {"visit_all": ("#000000", (2, 3)), "visit_none": (SLATE, (1, 0)), "random": (SLATE, (2, 3))}
TOLD: Final = (0.05, 0.1, 0.15, 0.2, 0.3)
"""Thresholds of the table."""
LEAST: Final = 0.01
"""Share of visits below which a threshold is not drawn: the model visits almost nobody there."""


def net_benefit(run: Run) -> Section | None:
    """Curves, differences and a table at a few thresholds."""
    if not run.has("net_benefit"):
        return None
    frame = run.table("net_benefit")
    if frame.empty:
        return Section("benefit", TITLE, as_text(NET_BENEFIT), (Words((EMPTY,)),))
    parts = blocks(_curves(run, frame), _gain(run, frame), _table(run, frame))
    return Section("benefit", TITLE, as_text(NET_BENEFIT), parts)


def _name(run: Run, policy: str) -> Text:
    """Display name, of the policies that only net benefit has too."""
    a, _, b = policy.partition(" - ")
    if b:
        return joined(_name(run, a), _name(run, b), between=" − ")
    if policy in NET_BENEFIT_POLICIES:
        return as_text(NET_BENEFIT_POLICIES[policy])
    if policy.endswith(PAST_RATE[1]):
        graded = run.name(policy.removesuffix(PAST_RATE[1]))
        return text(*(PAST_RATE[0][lang].format(grade=graded[lang]) for lang in ("en", "zh")))
    return run.name(policy)


def _drawn(frame: pd.DataFrame) -> pd.DataFrame:
    """Thresholds at which the model visits enough sites to be judged."""
    model = frame[(frame["policy"] == MODEL) & (frame["visits_share"] >= LEAST)]
    held: pd.DataFrame = frame[frame["threshold"] <= model["threshold"].max()]
    return held


def _first_grade(frame: pd.DataFrame) -> list[str]:
    policies = [one for one in frame["policy"].unique() if " - " not in one and not one.endswith(PAST_RATE[1])]
    return [one for one in policy_order(policies) if is_grade(one)][:1]


def _series(run: Run, policies: list[str]) -> tuple[Series, ...]:
    known = {one.key: one for one in rival_series(run, [one for one in policies if one not in NET_BENEFIT_POLICIES])}
    own = {key: Series(key, _name(run, key), colour, dash) for key, (colour, dash) in LOOKS.items()}
    return tuple({**known, **own}[one] for one in policies)


def _curves(run: Run, frame: pd.DataFrame) -> Figure:
    held = _drawn(frame)
    wanted = [MODEL, *_first_grade(held), "random", "visit_all", "visit_none"]
    policies = [one for one in wanted if (held["policy"] == one).any()]
    rows = held[held["policy"].isin(policies)].rename(columns={"threshold": "x", "net_benefit": "y"})
    rows = rows.assign(series=rows["policy"], low=rows["low"].where(rows["policy"] == MODEL))
    top = float(rows["y"].max())
    x = Axis(CURVES[2], percent=True)
    y = Axis(CURVES[3], domain=(-0.3 * top, 1.1 * top) if top > 0 else None)
    looks = _series(run, policies)
    return figure(CURVES[0], CURVES[1], lambda lang: lines_chart(rows, x=x, y=y, lang=lang, series=looks))


def _gain(run: Run, frame: pd.DataFrame) -> Figure:
    held = _drawn(frame)
    wanted = [*_first_grade(held), LAST_OUTCOME]
    rows = held.assign(series=held["policy"].str.removeprefix(f"{MODEL} - "))
    rows = rows[(rows["policy"] != rows["series"]) & rows["series"].isin(wanted)]
    rows = rows.rename(columns={"threshold": "x", "net_benefit": "y"})
    looks = _series(run, [one for one in wanted if (rows["series"] == one).any()])
    x, y = Axis(CURVES[2], percent=True), Axis(GAIN[2])
    return figure(GAIN[0], GAIN[1], lambda lang: lines_chart(rows, x=x, y=y, lang=lang, series=looks, line=0.0))


def _table(run: Run, frame: pd.DataFrame) -> Any:
    ends = ["net_benefit", "low", "high"]
    alone = frame[~frame["policy"].str.contains(" - ")]
    rows = alone.assign(**{name: alone[name] * 1000 for name in ends}, key=alone["threshold"].map("{:.2f}".format))
    across = {f"{one:.2f}": with_interval(text(f"at {one:.0%}", f"阈值{one:.0%}"), "net_benefit") for one in TOLD}
    look: dict[str, Any] = {"by": "key", "first": TABLE[1], "source": "net_benefit", "strong": MODEL}
    return grid_table(TABLE[0], rows, "policy", across, name=lambda one: _name(run, one), **look)
