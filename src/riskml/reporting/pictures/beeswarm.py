"""The beeswarm: what the strongest features add to the scores of many sites, a dot for each."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.explanation.movers import in_one_line
from riskml.export.wording import Lang, text
from riskml.reporting._lines import lines
from riskml.reporting.charts import GREY, INK, SLATE, WIDTH, Chart, styled
from riskml.reporting.looks import HALO
from riskml.reporting.pictures.picture import Picture, picture

Floats = NDArray[np.float64]

MOST_DOTS: Final = 1_500
"""Of one feature; together they are `ALL_DOTS` at most, so that a notebook stays small."""
ALL_DOTS: Final = 2_000
HEAD: Final = 20
"""Height in pixels of a line of the words above a row."""
LETTER: Final = 14
BAND: Final = 30
"""Height of a row of dots."""
CELL: Final = 4
"""Width and height of a dot."""
LOW_TO_HIGH: Final = ("#0072B2", "#56B4E9", "#E69F00", "#D55E00")
OTHER_LOOKS: Final = {
    "missing": (text("not on record", "无记录"), SLATE, "cross"),
    "category": (text("a kind, neither high nor low", "类别，无高低之分"), "#CC79A7", "diamond"),
}
ENDS: Final = (text("low value", "数值低"), text("high value", "数值高"))
MOVED: Final = text("contribution to the score (log-odds)", "对分数的贡献（对数几率）")
TITLE: Final = text("Which facts move the scores, and which way?", "哪些事实影响分数，方向如何？")
HOW: Final = text(
    "A dot is one site. Right of zero the fact raises its score, left of it lowers; orange has high values, blue low. "
    "It says what the model uses, not what causes failures.",
    "每点为一家主体。零线右侧为提高分数，左侧为降低；橙色为数值高，蓝色为数值低。它说明模型依据什么，而非不合格的原因。",
)
DRAWN: Final = text("{shown} of {rows} rows are drawn.", "绘出{rows}条记录中的{shown}条。")


class Told(Protocol):
    """A feature, as declared by the catalog or by an artifact."""

    @property
    def text_en(self) -> str:
        """What it is."""

    @property
    def text_zh(self) -> str:
        """The same in Chinese."""


def beeswarm(
    contributions: Floats, values: Floats, features: Sequence[Told], *, lang: Lang, top: int = 10, seed: int = 0
) -> Picture:
    """The contributions of the strongest features to many scores, a dot for each row.

    How to read it: a line is a feature, the strongest on average first; a dot is one site. Right of zero the feature
    raises its score, left of it lowers. Blue dots have low values of the feature, orange ones high values, grey crosses
    none on record; of a kind (purple) no value is higher than another. Orange on the right: more of it, more risk. It
    says what the model uses, not what causes failures.

    Args:
        contributions: shape (n, F), log-odds, such as `Scorer.contributions_of` makes; a further column, the expected
            value, is left out.
        values: features of the same rows, shape (n, F), NaN for missing; of a category its place in the list.
        features: the F declarations, `scorer.header.features` or `catalog.features`.
        lang: of all texts.
        top: how many features to show.
        seed: of the draw of rows, where there are too many to draw them all.

    Raises:
        DataError: for no row, arrays of another shape, a contribution that is no number, or a `top` below one.
    """
    moved = _checked(contributions, values, len(features), top)
    strength = np.abs(moved).mean(axis=0)
    places = np.argsort(-strength, kind="stable")[: min(top, len(features))]
    most = min(MOST_DOTS, ALL_DOTS // len(places))
    rows = np.arange(len(moved))
    if len(moved) > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, size=most, replace=False))
    shown, had = moved[np.ix_(rows, places)], np.asarray(values, dtype=np.float64)[np.ix_(rows, places)]
    span = (float(shown.min()), float(shown.max()))
    heads, parts, at = [], [], 0.0
    for line, place in enumerate(places):
        for words in lines(_told(features[place], lang), WIDTH / LETTER):
            heads.append((words, at + HEAD / 2))
            at += HEAD
        parts.append(_dots(shown[:, line], had[:, line], features[place], at + BAND / 2, span))
        at += BAND
    drawn = DRAWN[lang].format(shown=f"{len(rows):,}", rows=f"{len(moved):,}") if len(rows) < len(moved) else ""
    dots = pd.concat(parts, ignore_index=True)
    chart = _swarm(dots, pd.DataFrame(heads, columns=["words", "y"]), MOVED[lang], lang, int(at))
    return picture(chart, TITLE[lang], [HOW[lang], drawn], lang)


def _checked(contributions: Floats, values: Floats, wide: int, top: int) -> Floats:
    """The contributions of the features alone."""
    moved, had = np.asarray(contributions, dtype=np.float64), np.asarray(values)
    if moved.ndim != 2 or not len(moved) or had.shape != (len(moved), wide) or moved.shape[1] not in (wide, wide + 1):
        wanted = f"contributions (n, {wide}) or (n, {wide + 1}) and values (n, {wide}) with a row at least"
        raise DataError(f"{wide} features need {wanted}; got {moved.shape} and {had.shape}")
    if not np.isfinite(moved).all() or top < 1 or not wide:
        raise DataError(f"contributions must be finite numbers and top at least 1; got top {top} of {wide} features")
    return moved[:, :wide]


def _told(feature: Told, lang: Lang) -> str:
    return in_one_line(feature.text_zh if lang == "zh" else feature.text_en)


def _dots(moved: Floats, had: Floats, feature: Told, middle: float, span: tuple[float, float]) -> pd.DataFrame:
    """Each dot of a feature: x (log-odds), y (pixels), rank (of its value, 0 to 1) and kind."""
    category = getattr(feature, "kind", "") == "category" or getattr(feature, "is_category", False)
    missing = np.isnan(had)
    rank = pd.Series(had).rank(method="average").to_numpy(np.float64)
    ends = (float(np.nanmin(rank)), float(np.nanmax(rank))) if not missing.all() else (0.0, 0.0)
    rank = (rank - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else np.where(missing, np.nan, 0.5)
    kind = np.where(missing, "missing", "category" if category else "value")
    return pd.DataFrame({"x": moved, "y": middle + swarmed(moved, span), "rank": rank, "kind": kind})


def swarmed(moved: Floats, span: tuple[float, float]) -> Floats:
    """How far each dot stands above or below its line, in pixels: dots of one place are stacked by turns.

    Args:
        moved: the dots' places, shape (n,).
        span: least and greatest place of the chart.

    >>> swarmed(np.array([0.0, 0.0, 0.0, 1.0]), (0.0, 1.0)).tolist()
    [0.0, 4.0, -4.0, 0.0]
    """
    cells = np.floor((moved - span[0]) / ((span[1] - span[0]) or 1.0) * (WIDTH / CELL)).astype(np.int64)
    nth = pd.Series(cells).groupby(cells).cumcount().to_numpy(np.int64)
    steps = np.where(nth % 2 == 1, 1, -1) * ((nth + 1) // 2)
    step = min(float(CELL), (BAND - CELL) / 2 / max(int(np.abs(steps).max()), 1))
    return np.asarray(steps * step, dtype=np.float64)


def _swarm(dots: pd.DataFrame, heads: pd.DataFrame, axis: str, lang: Lang, height: int) -> Chart:
    """The layers: zero, the dots by kind, and the words above them."""
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False, zero=False))
    x = alt.X("x:Q", title=axis, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5))
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=GREY, strokeWidth=1.5).encode(x=alt.X("x:Q"))
    base = alt.Chart().mark_point(filled=True, size=15, opacity=1, aria=False).encode(x=x, y=y)
    layers, others = [zero], [kind for kind in OTHER_LOOKS if (dots["kind"] == kind).any()]
    if others:
        told = [OTHER_LOOKS[kind] for kind in others]
        names = [one[0][lang] for one in told]
        legend = alt.Legend(orient="bottom", title=None, columns=1, symbolSize=60, labelLimit=WIDTH)
        data = dots.loc[dots["kind"].isin(others), ["x", "y", "kind"]]
        data = data.assign(kind=data["kind"].map({kind: OTHER_LOOKS[kind][0][lang] for kind in others}))
        apart = base.properties(data=data).encode(
            fill=alt.Fill("kind:N", scale=alt.Scale(domain=names, range=[one[1] for one in told]), legend=legend),
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=names, range=[one[2] for one in told]), legend=legend),
        )
        layers.append(apart)
    valued = dots.loc[dots["kind"] == "value", ["x", "y", "rank"]]
    if len(valued):
        layers.append(base.properties(data=valued).encode(color=_by_rank(lang)))
    words = alt.Chart(heads).encode(x=alt.value(0), y=y, text="words:N")
    style: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": LETTER, "limit": WIDTH}
    halo = words.mark_text(**style, **HALO)
    return styled([*layers, halo, words.mark_text(**style, color=INK)], height=height)


def _by_rank(lang: Lang) -> alt.Color:
    low, high = (end[lang] for end in ENDS)
    legend = alt.Legend(
        orient="bottom", title=None, values=[0, 1], gradientLength=180, labelLimit=WIDTH,
        labelExpr=f"datum.value < 0.5 ? '{low}' : '{high}'",
    )  # fmt: skip
    return alt.Color(
        "rank:Q", scale=alt.Scale(domain=[0, 1], range=list(LOW_TO_HIGH), interpolate="rgb"), legend=legend
    )
