"""Whether every site had a chance to be visited: what all weighting of sites stands on."""

from typing import Any, Final

import pandas as pd

from riskml.export.wording import Text, text
from riskml.reporting._frames import Column, count, frame_table
from riskml.reporting._page import Block, Run, Words, blocks, figure, same
from riskml.reporting.looks import Axis, Series
from riskml.reporting.marks import bars_chart

OVERLAP: Final = (
    text("Had every site a chance to be visited? (overlap)", "每个主体都有被检查的机会吗？（重叠）"),
    text(
        "Rows by their estimated chance of a visit; dark: those that were visited. Rows far to the left were "
        "hardly ever "
        "visited: whatever is said about them stands on few visits with large weights.",
        "按估计的被检查机会分组的记录数，深色为实际检查者。最左侧的几乎从未被检查：关于它们的结论依赖少数权重很大的检查。",
    ),
    text("estimated chance of a visit within the horizon", "预测期内被检查的估计机会"),
    text("rows (site × decision day)", "记录数（主体×决策日）"),
)
NO_OVERLAP: Final = text(
    "The chance of a visit could not be estimated in this run, so no method that weights by it can be shown.",
    "本次运行无法估计被检查的机会，因此无法显示依其加权的方法。",
)
BY_DAY: Final = text("Overlap by decision day", "各决策日的重叠")
OVERLAP_COLUMNS: Final = (
    count(text("rows", "记录数"), "rows"),
    count(text("visited", "已检查"), "labelled"),
    count(text("worth as many equal rows", "相当于等权记录数"), "ess"),
    Column(text("chance below 2%", "机会低于2%"), "below_02", percent=True),
    Column(text("chance below 5%", "机会低于5%"), "below_05", percent=True),
)
SEEN: Final = (
    Series("labelled", text("visited", "已检查")),
    Series("not", text("not visited", "未检查"), "#cfd5da"),
)


def overlap(run: Run) -> tuple[Block, ...]:
    """Rows by their chance of a visit, and the same day by day."""
    frame = run.table("overlap")
    if frame.empty:
        return (Words((NO_OVERLAP,)),) if run.has("overlap") else ()
    whole = frame["origin"].isna()
    bins = frame[whole & ~((frame["low"] == 0) & (frame["high"] == 1))].sort_values("low")
    if bins.empty:
        return (Words((NO_OVERLAP,)),)
    words = [f"{low:.0%}–{high:.0%}" for low, high in zip(bins["low"], bins["high"], strict=True)]
    parts = [("labelled", bins["labelled"]), ("not", bins["rows"] - bins["labelled"])]
    drawn = pd.concat([pd.DataFrame({"words": words, "series": key, "value": part.to_numpy()}) for key, part in parts])
    axis = Axis(OVERLAP[3], zero=True)
    chart = figure(*OVERLAP[:2], lambda lang: bars_chart(drawn, x=OVERLAP[2], y=axis, lang=lang, series=SEEN))
    days = frame[(frame["low"] == 0) & (frame["high"] == 1)]
    look: dict[str, Any] = {"first": text("Decision day", "决策日"), "source": "overlap", "rows_in_all": len(frame)}
    return blocks(chart, frame_table(BY_DAY, days, _day, OVERLAP_COLUMNS, **look))


def _day(row: Any) -> Text:
    return text("All", "全部") if pd.isna(row["origin"]) else same(str(row["origin"])[:10])
