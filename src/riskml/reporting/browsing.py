"""Scores to look through in a notebook or a page: filter, sort, open a site, see its reasons and its records."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError, StudyError
from riskml.export.wording import Lang, outcome_name
from riskml.export.writing import write_whole
from riskml.features.category_names import category_names
from riskml.records.store import Records
from riskml.reporting._browsing_details import Opened, record_details, safe, scored_details
from riskml.reporting._browsing_page import page, table_html
from riskml.scorer import Scorer
from riskml.scorer.header import Header

LANGUAGES: Final = ("en", "zh")
NEEDED: Final = ("site_id", "as_of", "probability", "level")
MOST: Final = 1_000
OPENED: Final = 50
_HEADS: Final = {
    "place": ("#", "序"),
    "site": ("site", "主体"),
    "office": ("office", "监管所"),
    "kind": ("kind", "业态"),
    "probability": ("probability, %", "概率（%）"),
    "level": ("level", "等级"),
    "why": ("reasons and records", "理由与记录"),
}
_OPEN: Final = ("open", "展开")
_CAPTION: Final = (
    "{all} sites on {day}, riskiest first; {shown} are in this table, the first {opened} can be opened.{what}",
    "{day} 的 {all} 家主体，风险由高到低；表中列出 {shown} 家，前 {opened} 家可展开。{what}",
)
_WHAT: Final = (
    " Probability: of a hundred first eligible visits to such sites within {days} days, so many are {outcome}. "
    "Type above the name of a column to filter; press the arrows beside it to sort.",
    "概率：此类主体在 {days} 天内的首次计入结果的检查，每一百次中有多少次为{outcome}。"
    "在列名上方输入可筛选，点击列名旁的箭头可排序。",
)


@dataclass(frozen=True, repr=False)
class Browser:
    """A table of scores that sorts and filters itself.

    Attributes:
        table: what it shows, as plain text: place, site, office, kind, probability, level, why (the reasons).
        caption: what is in it, as plain text.
        body: the table as HTML for a notebook: whatever the records say is escaped, and nothing is asked for.
        lang: "en" or "zh".
    """

    table: pd.DataFrame
    caption: str
    body: str
    lang: str

    def __repr__(self) -> str:
        """The first rows as plain text."""
        return f"{self.caption}\n{self.table.head(10).to_string(index=False, max_colwidth=60)}"

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        return self.body

    def write(self, path: "Path | str") -> Path:
        """Write the table as one page that any browser opens without a network.

        Args:
            path: a file that ends in .html.

        Raises:
            StudyError: for another ending.
        """
        target = Path(path)
        if target.suffix != ".html":
            raise StudyError(f"{target}: name a file that ends in .html")
        write_whole(target, page(html.escape(self.caption), self.body, self.lang).encode())
        return target


def browse(
    scores: pd.DataFrame,
    *,
    records: Records | None = None,
    artifact: "Path | str | None" = None,
    lang: str = "en",
    most: int = MOST,
    opened: int = OPENED,
    library: bool = True,
) -> Browser:
    """Scores as a table to look through: filter, sort, and open a site.

    What opens is made beforehand, as plain HTML: with an artifact the reasons that raise and lower the score and the
    records behind them, without one the columns of reasons that the scores bring; with records those that were known
    before the day. No name of a site, owner or inspector is in it.

    Args:
        scores: what `riskml score` writes: site_id, as_of (one day), probability, level, and reason_1, ... if any.
        records: the records that were scored; brings offices, kinds of business, and the records of opened sites.
        artifact: what scored them: reasons are computed anew, and held against the scores.
        lang: "en" or "zh".
        most: rows of the table at most, the riskiest.
        opened: sites that can be opened at most, the riskiest.
        library: whether the program of the table stands in it. A notebook that shows several may have it in one.

    Raises:
        StudyError: if itables is not installed, for another language, an artifact without records, or a number of rows
            below 1.
        DataError: if columns are missing, the scores are of several days, or not of this artifact and these records.
    """
    _check(lang, records, artifact, most, opened)
    place = LANGUAGES.index(lang)
    day, ranked = _ranked(scores)
    shown, few = ranked.head(most), ranked.head(min(opened, most))
    header = Scorer.load(artifact, verify=False, on_expired="ignore").header if artifact else None
    details = _details(few, records, artifact, day, place)
    table = _table(shown, details, records, header, place)
    caption = _caption(len(ranked), len(shown), len(few), day, header, place)
    cells = _cells(table, details, place)
    body = table_html(cells, caption=html.escape(caption), lang=lang, wide=len(cells.columns) - 1, library=library)
    return Browser(table=table, caption=caption, body=body, lang=lang)


def _check(lang: str, records: Records | None, artifact: "Path | str | None", most: int, opened: int) -> None:
    if lang not in LANGUAGES:
        raise StudyError(f"language {lang!r} is unknown; allowed are {list(LANGUAGES)}")
    if artifact is not None and records is None:
        raise StudyError("reasons by an artifact need the records too: browse(scores, records=..., artifact=...)")
    if most < 1 or opened < 0:
        raise StudyError(f"most must be 1 or more and opened 0 or more, got {most} and {opened}")


def _ranked(scores: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """The decision day, and the scores riskiest first."""
    absent = [name for name in NEEDED if name not in scores]
    if absent or scores.empty:
        raise DataError(
            f"scores lack {absent or 'rows'}; give the table of riskml score, a row a site: {list(NEEDED)} ..."
        )
    days = pd.to_datetime(scores["as_of"]).dt.strftime("%Y-%m-%d").unique()
    if len(days) > 1:
        raise DataError(f"scores of {len(days)} days, {days[0]} among them; browse those of one day")
    if scores["site_id"].duplicated().any():
        raise DataError(f"site {scores['site_id'][scores['site_id'].duplicated()].iloc[0]!r} stands in several rows")
    ranked = scores.sort_values(["probability", "site_id"], ascending=[False, True], ignore_index=True)
    return str(days[0]), ranked.assign(site_id=ranked["site_id"].astype("str"))


def _caption(every: int, shown: int, opened: int, day: str, header: Header | None, place: int) -> str:
    lang: Lang = "zh" if place else "en"
    outcome = outcome_name(header.outcome)[lang] if header else ""
    what = _WHAT[place].format(days=header.horizon_days, outcome=outcome) if header else ""
    return _CAPTION[place].format(all=f"{every:,}", day=day, shown=f"{shown:,}", opened=opened, what=what)


def _table(
    shown: pd.DataFrame, details: dict[str, Opened], records: Records | None, header: Header | None, place: int
) -> pd.DataFrame:
    """What the table says, as plain values."""
    columns: dict[str, Any] = {"place": np.arange(1, len(shown) + 1), "site": shown["site_id"]}
    if records is not None:
        columns |= _of_sites(shown["site_id"], records, place)
    columns["probability"] = shown["probability"].astype("float64").round(3)
    columns["level"] = _levels(shown["level"], header, place)
    said = shown["site_id"].map({site: one.summary for site, one in details.items()})
    columns["why"] = said.fillna(_why(shown, place))
    return pd.DataFrame(columns)


def _of_sites(site_ids: "pd.Series[str]", records: Records, place: int) -> dict[str, "pd.Series[str]"]:
    """Office and kind of business of each site, by name where the kind has one."""
    sites = records.sites.set_index("site_id")
    codes = records.sites["format_code"].dropna().unique().tolist()
    names = dict(zip(codes, category_names("format_code", codes) or [[code, code] for code in codes], strict=True))
    kinds = site_ids.map(sites["format_code"]).map(lambda code: names[code][place] if code in names else "")
    return {"office": site_ids.map(sites["office"]).fillna(""), "kind": kinds}


def _levels(levels: "pd.Series[str]", header: Header | None, place: int) -> "pd.Series[Any]":
    """Names of the levels, which sort from the lowest risk to the highest where the artifact says their order."""
    if header is None or header.levels is None:
        return levels.fillna("")
    named = {one.code: (one.en, one.zh)[place] for one in header.levels.names}
    kind = pd.CategoricalDtype(list(dict.fromkeys(named.values())), ordered=True)
    return levels.map(named).astype(kind)


def _why(shown: pd.DataFrame, place: int) -> "pd.Series[str]":
    """The reasons that the scores bring, in one line."""
    columns = _reason_columns(shown)
    mark = ("; ", "；")[place]
    rows = [mark.join(str(text) for text in row if not pd.isna(text)) for row in shown[columns].to_numpy(object)]
    return pd.Series(rows, index=shown.index, dtype="str")


def _reason_columns(scores: pd.DataFrame) -> list[str]:
    return [name for name in map(str, scores.columns) if re.fullmatch(r"reason_[0-9]+", name)]


def _details(
    few: pd.DataFrame, records: Records | None, artifact: "Path | str | None", day: str, place: int
) -> dict[str, Opened]:
    """What opens below each site."""
    sites = few["site_id"].tolist()
    if not sites:
        return {}
    if records is not None and artifact is not None:
        why = scored_details(records, artifact, few, day, place)
    else:
        rows = few[_reason_columns(few)].to_numpy(object)
        texts = [[text for text in row if not pd.isna(text)] for row in rows]
        why = {
            site: Opened(summary, _list(some))
            for site, summary, some in zip(sites, _why(few, place), texts, strict=True)
        }
    held = {} if records is None else record_details(records, sites, pd.Timestamp(day), place)
    return {site: Opened(why[site].summary, why[site].body + held.get(site, "")) for site in sites}


def _list(texts: Sequence[object]) -> str:
    return f"<ul>{''.join(f'<li>{safe(text)}</li>' for text in texts)}</ul>" if texts else ""


def _level_cells(levels: "pd.Series[Any]") -> "pd.Series[str]":
    """Levels as HTML; where their order is known they sort by a rank that is not shown."""
    if not isinstance(levels.dtype, pd.CategoricalDtype):
        return levels.map(safe)
    ranks = levels.cat.codes
    cells = [f"<span hidden>{rank}</span>{safe(one)}" for rank, one in zip(ranks, levels, strict=True)]
    return pd.Series(cells, index=levels.index, dtype="str").where(ranks >= 0, "")


def _cells(table: pd.DataFrame, details: dict[str, Opened], place: int) -> pd.DataFrame:
    """The table as HTML cells: texts escaped, the reasons of the first sites made to open."""
    cells = table.copy()
    for name in ("site", "office", "kind", "why"):
        if name in cells:
            cells[name] = cells[name].map(safe)
    # as texts: numbers would need code that a strict page forbids
    cells["probability"] = (100 * table["probability"]).map("{:.1f}".format)
    cells["level"] = _level_cells(table["level"])
    opened = table["site"].map({site: one.body for site, one in details.items()}).fillna("")
    summary = "<summary>" + cells["why"].where(cells["why"] != "", _OPEN[place]) + "</summary>"
    cells["why"] = cells["why"].where(opened == "", "<details>" + summary + opened + "</details>")
    return cells.rename(columns={name: heads[place] for name, heads in _HEADS.items()})
