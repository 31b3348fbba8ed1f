"""The charts of what explains a model: importance with its spread over the origins, and contributions by value."""

from typing import Any, Final

import altair as alt
import pandas as pd

from riskml.errors import DataError
from riskml.export.wording import Lang, text
from riskml.reporting.charts import COLOURS, GREY, INK, WIDTH, Chart, styled
from riskml.reporting.looks import HALO, LETTER, places, reach
from riskml.reporting.marks import upright
from riskml.reporting.texts import AXES

LABELS: Final = 196
"""Width in pixels that the words of the bins take."""
PALE: Final = "#9ec9e6"
CONTRIBUTION: Final = text("contribution to the score (log-odds)", "对分数的贡献（对数几率）")
DRAWN: Final = ("y", "feature", "mean_abs_contribution", "low", "high", "exported")
"""Columns that the bars draw: a chart carries no others."""


def importance_bars(importance: pd.DataFrame, *, lang: Lang, top: int = 12) -> Chart:
    """Mean absolute contribution of the features, the largest first, with its spread over the origins.

    How to read it: a longer bar moves the scores further, up or down, on average over the origins; the thin line is the
    interval over them, the diamond the exported model on the last day. Before the words: best and worst rank at any
    origin.

    Args:
        importance: feature, text_en, text_zh, mean_abs_contribution (log-odds); may have low, high, rank_low, rank_high
            and exported.
        lang: of all texts.
        top: how many features to show.

    Raises:
        DataError: if there is no feature to show.
    """
    rows = importance.dropna(subset=["mean_abs_contribution"])
    rows = rows.sort_values(["mean_abs_contribution", "feature"], ascending=[False, True]).head(top)
    if rows.empty:
        raise DataError(f"there are no importances to show: {len(importance)} rows, none with a value")
    rows = rows.assign(words=_ranked(rows, lang))
    placed, headings, height = places(rows)
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False, zero=False))
    held = placed[[name for name in DRAWN if name in placed]]
    base = alt.Chart().encode(y=y)
    ends = held.filter(["mean_abs_contribution", "low", "high", "exported"])
    scale = alt.Scale(domain=list(reach(ends, 0.0) or (0.0, 1.0)), nice=False, zero=False)
    x = alt.X("mean_abs_contribution:Q", title=AXES["contribution"][lang], scale=scale, axis=alt.Axis(tickCount=5))
    layers = [base.mark_bar(color=PALE, orient="horizontal", height=9).encode(x=x, x2=alt.X2(datum=0))]
    if "low" in held and held["low"].notna().any():
        spread = base.mark_rule(color=INK, strokeWidth=2)
        layers.append(spread.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q")))
    if "exported" in held:
        mark = base.mark_point(shape="diamond", filled=True, size=64, opacity=1, color=COLOURS["model"])
        layers.append(mark.encode(x=alt.X("exported:Q")))
    return styled([*layers, *_heads(headings, y)], height=height, rows=held)


def _heads(headings: pd.DataFrame, y: alt.Y) -> list[alt.Chart]:
    """The words above each group, haloed."""
    heads = alt.Chart(headings).encode(x=alt.value(4), y=y, text="words:N")
    style: dict[str, Any] = {"align": "left", "baseline": "middle", "fontSize": LETTER, "limit": WIDTH}
    return [heads.mark_text(**style, **HALO), heads.mark_text(**style, color=INK)]


def _ranked(rows: pd.DataFrame, lang: Lang) -> list[str]:
    """The words of each feature after its ranks, where they are known."""
    words = list(rows[f"text_{lang}"])
    if "rank_low" not in rows:
        return words
    ranks = zip(rows["rank_low"].astype(int), rows["rank_high"].astype(int), words, strict=True)
    return [f"{low if low == high else f'{low}–{high}'} · {one}" for low, high, one in ranks]


def dependence_panels(dependence: pd.DataFrame, *, lang: Lang, top: int = 6) -> Chart:
    """The contributions of a few features by their value, panel below panel on one axis.

    How to read it: a line is a range of values, with the number of rows that have one; the dot is the mean contribution
    of the feature among them, the bar holds the middle four fifths. Right of the line at zero the feature raises the
    score, left of it lowers.

    Args:
        dependence: table of `explanation.dependence.dependence`.
        lang: of all texts.
        top: how many features to show.

    Raises:
        DataError: if there is no row.
    """
    if dependence.empty:
        raise DataError("there are no contributions by value to show")
    shown = list(dict.fromkeys(dependence["feature"]))[:top]
    rows = dependence[dependence["feature"].isin(shown)]
    labels = [f"{label} ({n:,})" for label, n in zip(rows[f"label_{lang}"], rows["rows"], strict=True)]
    placed, headings, height = places(rows.assign(words=rows[f"text_{lang}"], label=labels))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False, zero=False))
    base = alt.Chart().encode(y=y)
    scale = alt.Scale(range=[LABELS, WIDTH], zero=True)
    x = alt.X("mean:Q", title=CONTRIBUTION[lang], scale=scale, axis=alt.Axis(tickCount=5))
    zero = upright(0.0, headings, height, GREY)
    bars = base.mark_rule(color=PALE, strokeWidth=7).encode(x=alt.X("p10:Q"), x2=alt.X2("p90:Q"))
    dots = base.mark_point(color=COLOURS["model"], filled=True, size=48, opacity=1).encode(x=x)
    small: dict[str, Any] = {"align": "right", "baseline": "middle", "fontSize": 12, "limit": LABELS - 8}
    told = base.mark_text(**small, color=INK).encode(x=alt.value(LABELS - 6), text="label:N")
    layers = [dots, zero, bars, dots, told, *_heads(headings, y)]
    return styled(layers, height=height, rows=placed[["y", "label", "mean", "p10", "p90"]])
