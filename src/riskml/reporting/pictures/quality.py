"""The picture of what is not filled in: every column of the records with blanks, year by year."""

from typing import Any, Final

import altair as alt
import pandas as pd

from riskml.export.wording import Lang, text
from riskml.records import contract
from riskml.records.store import Records
from riskml.reporting.charts import INK, RISING, styled
from riskml.reporting.pictures.nothing import EmptyError, or_why
from riskml.reporting.pictures.panels import known_language
from riskml.reporting.pictures.picture import Picture, picture

YEARS: Final = 14
"""Most years shown, the last ones; the column of all years counts the earlier ones too."""
CELL: Final = 34
"""Width of a cell in pixels; it is 24 high."""
FEWEST: Final = 20
"""A year with fewer rows has no share."""
LOOKED_AT: Final = ("sites", "events", "amendments", "inspections", "grades")
ALL: Final = text("all", "全部")
TITLE: Final = text("What is left blank, and since when?", "哪些栏目未填写，从何时开始？")
_TITLE: Final = text("blanks, % of the rows that became known in a year", "当年获知的行中未填写的比例（%）")
_BLANKS: Final = text(
    "A blank is not always a fault: not every event has a deadline, an amount or a case. A column whose share jumps "
    "from one year to the next is worth a question. Empty cell: fewer than {few} rows.",
    "空白未必是错误：并非每个事件都有期限、金额或案件。比例逐年突变的列值得追问。空格：该年不足{few}行。",
)
_FULL: Final = text(
    "Filled in every row, not shown: {full} of {columns} columns.", "{columns}列中有{full}列每行都已填写，未显示。"
)
_EMPTY: Final = text("Filled in no row, not shown: {names}.", "所有行均未填写、未显示：{names}。")
_SITES: Final = text(
    "Sites have no day on which they became known: one share for all.", "主体没有获知日期，只有一个总比例。"
)
_CUT: Final = text("Years before {year} are in the column of all only.", "{year}年之前的只计入“全部”一列。")


@or_why(TITLE)
def missing_heat(records: Records, *, lang: Lang = "en") -> Picture:
    """The share of rows without a value, year by year, of every column that is blank in part.

    How to read it: a line is a column of a table, a cell the year in which its rows became known; the darker, the more
    of them are blank, and the number is the share in percent. Look along a line: an even share says what kind of column
    it is, a change says that something about the source or the forms changed in that year, and a feature of that column
    changed its meaning with it.

    Args:
        records: canonical records.
        lang: of all texts.

    Raises:
        DataError: for another language. Where no column is blank in part the picture says so.
    """
    known_language(lang)
    shares = missing_shares(records)
    whole = shares[shares["year"] == 0].set_index("column")["missing"]
    empty, full = whole.index[whole == 1], int((whole == 0).sum())
    gaps = shares[shares["column"].isin(whole.index[(whole > 0) & (whole < 1)])]
    if gaps.empty:
        raise EmptyError(f"no column is blank in part: {full} are filled in every row, {len(empty)} in none")
    years = sorted(set(gaps["year"]) - {0})
    rows = gaps[gaps["year"].isin([0, *years[-YEARS:]])].dropna(subset=["missing"])
    named = rows.assign(year=rows["year"].map(lambda year: str(year) if year else ALL[lang]))
    order = [ALL[lang], *map(str, years[-YEARS:])]
    cut = _CUT[lang].format(year=years[-YEARS]) if len(years) > YEARS else ""
    never = _EMPTY[lang].format(names=(", ", "、")[lang == "zh"].join(empty)) if len(empty) else ""
    counted = _FULL[lang].format(full=full, columns=len(whole))
    lines = [_BLANKS[lang].format(few=FEWEST), counted, never, _SITES[lang], cut]
    chart = styled(_cells(named, order, _TITLE[lang]), height=alt.Step(24))
    return picture(chart.properties(width=max(340, CELL * len(order))), TITLE[lang], lines, lang)


def missing_shares(records: Records) -> pd.DataFrame:
    """How much of each column is blank, in all and by the year in which its rows became known.

    Args:
        records: canonical records.

    Returns:
        One row a column and year: table, column ("table.column"), year (0 = all years together), rows, missing (share
        in [0, 1]; missing where a year has fewer than `FEWEST` rows). Keys and other required columns, and tables
        without a row, are left out; sites have year 0 only.

    Raises:
        EmptyError: if no table has a row.
    """
    found = []
    for table in LOOKED_AT:
        frame: pd.DataFrame = getattr(records, table)
        asked = [name for name, column in contract.TABLES[table].items() if not column.required and name in frame]
        blank = frame[asked].isna()
        groups = [pd.Series(0, index=frame.index)]
        groups += [frame["known_on"].dt.year] if "known_on" in frame else []
        found += [_by_year(blank, table, year) for year in groups if len(frame)]
    if not found:
        raise EmptyError("the records have no row; read others")
    return pd.concat(found, ignore_index=True)


def _by_year(blank: pd.DataFrame, table: str, year: "pd.Series[int]") -> pd.DataFrame:
    sizes = blank.groupby(year.to_numpy()).size()
    shares = blank.groupby(year.to_numpy()).mean()
    shares[(sizes < FEWEST).to_numpy() & (sizes.index != 0)] = float("nan")
    long = shares.rename_axis("year").reset_index().melt("year", var_name="column", value_name="missing")
    named = long.assign(table=table, rows=long["year"].map(sizes), column=f"{table}." + long["column"].astype(str))
    return named[["table", "column", "year", "rows", "missing"]]


def _cells(rows: pd.DataFrame, order: list[str], title: str) -> list[alt.Chart]:
    lines = list(dict.fromkeys(rows["column"]))
    plain: dict[str, Any] = {"domain": False, "ticks": False, "grid": False, "labelLimit": 190}
    top = alt.Axis(**plain, orient="top", labelAngle=0, labelFontSize=12, titleAnchor="start")
    place: dict[str, Any] = {
        "x": alt.X("year:O", sort=order, title=title, axis=top),
        "y": alt.Y("column:O", sort=lines, title=None, axis=alt.Axis(**plain, labelFontSize=13)),
    }
    held = rows.assign(words=[_percent(share) for share in rows["missing"]])[["year", "column", "missing", "words"]]
    colour = alt.Color("missing:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=list(RISING), interpolate="rgb"))
    layers = [alt.Chart(held).mark_rect(stroke="white", strokeWidth=2).encode(**place, color=colour)]
    words = alt.Chart(held[["year", "column", "words"]]).mark_text(fontSize=12, color=INK)
    return [*layers, words.encode(**place, text="words:N")]


def _percent(share: float) -> str:
    """Whole percent that never says none or all where it is not so.

    >>> [_percent(share) for share in (0.0, 0.001, 0.5, 0.999, 1.0)]
    ['0', '<1', '50', '>99', '100']
    """
    if 0 < share < 0.005:
        return "<1"
    return ">99" if 0.995 <= share < 1 else f"{100 * share:.0f}"
