"""How much of what each policy chooses was ever observed."""

from typing import Final

import pandas as pd

from riskml.export.wording import Lang, Text, policy_name, policy_order, text
from riskml.reporting._page import Run
from riskml.reporting.looks import Axis, Series
from riskml.reporting.marks import dots_chart
from riskml.reporting.pictures.nothing import EmptyError, or_why
from riskml.reporting.pictures.picture import Picture, picture

TITLE: Final = text("How much of each selection was ever observed?", "所选主体中有多少被检查过？")
CAPTION: Final = text(
    "Of the active sites that a policy would visit first, the share that somebody did visit, so that the outcome is "
    "known; bar: 95% interval. It is no measure of quality: the lower, the more of what is said about the policy "
    "stands on sites that nobody has seen.",
    "在某策略最先安排检查的在营主体中，因实际检查过而结果已知的比例；横线为95%区间。它不衡量好坏：比例越低，关于该策略的结论"
    "越依赖无人见过的主体。",
)
AXIS: Final = text("share of the chosen sites with a known outcome", "所选主体中结果已知的比例")
BUDGET: Final = text("budget of {share}", "预算{share}")
PRESCRIBED: Final = text("as many visits as the grade prescribes", "按等级规定的次数")
LOOKS: Final = (("#0072B2", "circle"), ("#D55E00", "square"), ("#009E73", "triangle-up"), ("#CC79A7", "diamond"))
"""Colour and form of each budget, in order; further ones begin anew."""


@or_why(TITLE)
def labelled_share(run: Run, *, lang: Lang) -> Picture:
    """Of the sites that each policy would visit first, the share with a known outcome, at each budget.

    How to read it: the dot is the share, the bar its interval; the further left, the less was ever observed.

    Args:
        run: with the table of `evaluation.selection`.
        lang: of all texts.
    """
    frame = run.table("selection")
    held = frame[frame["metric"].str.startswith("labelled_share@")] if len(frame) else frame
    held = held[~held["policy"].str.contains(" - ") & (held["policy"] != "perfect")] if len(held) else held
    if held.empty:
        raise EmptyError(
            f"there is no labelled share to show: {len(frame)} rows of tables/selection.parquet, none of it"
        )
    places = {policy: place for place, policy in enumerate(policy_order(held["policy"].unique()))}
    rows = held.assign(place=held["policy"].map(places)).sort_values(["place", "metric"], kind="stable")
    words = [policy_name(policy, run.systems)[lang] for policy in rows["policy"]]
    chart = dots_chart(
        rows[["value", "low", "high"]].assign(words=words, series=rows["metric"], note=""),
        axis=Axis(AXIS, percent=True, zero=True), lang=lang, series=_series(rows["metric"]),
    )  # fmt: skip
    return picture(chart, TITLE[lang], [CAPTION[lang]], lang)


def _series(metrics: "pd.Series[str]") -> tuple[Series, ...]:
    """One kind of mark for each budget."""
    return tuple(
        Series(one, _budget(one), LOOKS[place % len(LOOKS)][0], shape=LOOKS[place % len(LOOKS)][1])
        for place, one in enumerate(sorted(metrics.unique()))
    )


def _budget(metric: str) -> Text:
    at = metric.rpartition("@")[2]
    if not at.replace(".", "").isdigit():
        return PRESCRIBED
    share = f"{float(at):.0%}"
    return text(*(BUDGET[lang].format(share=share) for lang in ("en", "zh")))
