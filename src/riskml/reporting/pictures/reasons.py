"""Pictures of reasons: the score of one site as a waterfall; of many sites, the beeswarm."""

import math
from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.explanation.movers import in_one_line
from riskml.export.wording import Lang, text
from riskml.reporting._lines import lines
from riskml.reporting.charts import COLOURS, GREY, INK, WIDTH, Chart, styled
from riskml.reporting.looks import HALO
from riskml.reporting.pictures.beeswarm import beeswarm
from riskml.reporting.pictures.picture import Picture, picture
from riskml.scorer import Reason, Score, Scorer

__all__ = ["beeswarm", "expected_probability", "falls", "waterfall"]

HEAD: Final = 18
"""Height in pixels of a line of words."""
BAR: Final = 24
"""Height of a bar, with what is free around it."""
LETTER: Final = 14
RAISES: Final = "#D55E00"
LOWERS: Final = COLOURS["model"]
TITLE: Final = text("Why has this site this score?", "该主体为何是这个分数？")
HOW: Final = text(
    "From above to below: each bar is a fact that raises the score (orange, to the right) or lowers it (blue, to the "
    "left), by the number before its words in log-odds. It says what the model uses, not what causes failures.",
    "自上而下：每条表示一项事实，橙色向右为提高，蓝色向左为降低，文字前为其对数几率。它说明模型依据什么，而非不合格的原因。",
)
START: Final = text("Start, before any fact of the site: {p}", "起点，尚未计入该主体的事实：{p}")
END: Final = text("Score of the site: {p}", "该主体的评分：{p}")
OTHERS: Final = text("all other facts together", "其余事实合计")
CHANCE: Final = text("probability of failure; distances are log-odds", "不合格概率（间距为对数几率）")
COARSE: Final = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8,
    0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)  # fmt: skip
"""Probabilities that an axis names."""
FINE: Final = (*(place / 1_000 for place in range(1, 10)), *(place / 100 for place in range(1, 100)))
"""Those that it names where fewer than `TICKS` of the others lie on it."""
TICKS: Final = 4


def expected_probability(scorer: Scorer) -> float:
    """Where every score of an artifact starts: the probability at its expected log-odds, before any fact of a site."""
    _, expected = scorer.contributions([math.nan] * len(scorer.header.features))
    return scorer.header.calibration.probability(expected)


def waterfall(score: Score, *, expected: float, lang: Lang, top: int = 8) -> Picture:
    """One site's score, reason by reason, from what every site starts with.

    How to read it: from above to below. The first diamond is where every site starts; each bar is a reason that moves
    the score to the right (more risk, orange) or to the left (less risk, blue), by the number before its words in
    log-odds; the last diamond is the site's score. What is not named stands in one grey bar, so that the bars add up.
    The axis names probabilities; equal distances on it are equal log-odds. It says what the model uses, not what causes
    failures.

    Args:
        score: of `Scorer.score`, with reasons.
        expected: probability at the start, of `expected_probability`.
        lang: of all texts.
        top: the most reasons to show, the strongest ones.

    Raises:
        DataError: if a probability is not between 0 and 1, the score has no reasons, or `top` lies below one.
    """
    for name, value in (("the score's probability", score.probability), ("expected", expected)):
        if not 0.0 < value < 1.0:
            raise DataError(f"{name} must lie between 0 and 1, got {value}; log-odds have no other")
    reasons = sorted((*score.reasons_up, *score.reasons_down), key=lambda one: -abs(one.contribution))
    if not reasons or top < 1:
        raise DataError(f"a waterfall needs a reason and top of 1 at least; got {len(reasons)} reasons and top {top}")
    rows = falls(score, reasons[:top], expected=expected, lang=lang)
    return picture(_falling(rows, lang), TITLE[lang], [HOW[lang]], lang)


def falls(score: Score, reasons: Sequence[Reason], *, expected: float, lang: Lang) -> pd.DataFrame:
    """The lines of a waterfall: words, kind (start, up, down, others, end), start and end in log-odds.

    The bar of the other facts is what is left, so the last line stands where the bars end.
    """
    at, last = _log_odds(expected), _log_odds(score.probability)
    rows = [(START[lang].format(p=f"{expected:.1%}"), "start", at, at)]
    for reason in reasons:
        told = in_one_line(reason.text_zh if lang == "zh" else reason.text_en)
        kind = "up" if reason.contribution > 0.0 else "down"
        rows.append((_signed(reason.contribution, told), kind, at, at + reason.contribution))
        at += reason.contribution
    rows.append((_signed(last - at, OTHERS[lang]), "others", at, last))
    level = score.level_zh if lang == "zh" else score.level_en
    told = END[lang].format(p=f"{score.probability:.1%}") + (_bracketed(in_one_line(level), lang) if level else "")
    rows.append((told, "end", last, last))
    return pd.DataFrame(rows, columns=["words", "kind", "start", "end"])


def _log_odds(chance: float) -> float:
    return math.log(chance) - math.log1p(-chance)


def _signed(moved: float, words: str) -> str:
    return f"{moved:+.2f}  {words}".replace("-", "−", 1) if moved < 0 else f"{moved:+.2f}  {words}"


def _bracketed(words: str, lang: Lang) -> str:
    return f"（{words}）" if lang == "zh" else f" ({words})"


def _falling(rows: pd.DataFrame, lang: Lang) -> Chart:
    """The words and the bars below one another, then the chart of them."""
    heads, places, at = [], [], 0.0
    for told in rows["words"]:
        for words in lines(told, WIDTH / LETTER):
            heads.append((words, at + HEAD / 2 + 1))
            at += HEAD
        places.append(at + BAR / 2)
        at += BAR
    return _layers(rows.assign(y=places), pd.DataFrame(heads, columns=["words", "y"]), int(at), lang)


def _layers(rows: pd.DataFrame, heads: pd.DataFrame, height: int, lang: Lang) -> Chart:
    """The marks at their places."""
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False, zero=False))
    base = alt.Chart().encode(x=_chances(rows, lang), y=y)
    joints = rows.iloc[:-1].assign(below=rows["y"].to_numpy()[1:])[["end", "y", "below"]]
    joint = alt.Chart(joints).mark_rule(color=GREY, strokeDash=[3, 3]).encode(x=alt.X("end:Q"), y=y, y2="below:Q")
    kinds = {"up": RAISES, "down": LOWERS, "others": GREY}
    colour = alt.Color("kind:N", scale=alt.Scale(domain=list(kinds), range=list(kinds.values())), legend=None)
    bars = alt.Chart(rows[rows["kind"].isin(list(kinds))]).mark_rule(strokeWidth=11)
    bars = bars.encode(x=_chances(rows, lang), x2=alt.X2("end:Q"), y=y, color=colour)
    ends = base.properties(data=rows[rows["kind"].isin(["start", "end"])])
    dots = ends.mark_point(shape="diamond", filled=True, size=110, opacity=1, color=INK)
    words = alt.Chart(heads).encode(x=alt.value(0), y=y, text=alt.Text("words:N"))
    style: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": LETTER, "limit": WIDTH}
    halo = words.mark_text(**style, **HALO)
    return styled([joint, bars, dots, halo, words.mark_text(**style, color=INK)], height=height)


def _chances(rows: pd.DataFrame, lang: Lang) -> alt.X:
    """Log-odds, with the probabilities that stand there."""
    least, most = (float(find(rows[["start", "end"]].to_numpy())) for find in (np.min, np.max))
    edge = max(0.06 * (most - least), 0.2)
    inside = [
        [one for one in map(_log_odds, marks) if abs(one - (least + most) / 2) <= (most - least) / 2 + edge]
        for marks in (COARSE, FINE)
    ]
    at = inside[0] if len(inside[0]) >= TICKS else inside[1]
    axis = alt.Axis(values=at, labelExpr="format(1 / (1 + exp(-datum.value)), '.2~%')", labelOverlap="greedy")
    scale = alt.Scale(domain=[least - edge, most + edge], nice=False, zero=False)
    return alt.X("start:Q", title=CHANCE[lang], scale=scale, axis=axis)
