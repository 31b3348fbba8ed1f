"""Dirt as real files have it, planted on purpose: what becomes of each row is known beforehand."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.simulation.exports import Export
from riskml.simulation.settings import Ints, Settings

FORMS: Final = ("%Y-%m-%d", "%Y/{m}/{d}", "%Y.{m}.{d}", "%Y年{m}月{d}日", "%Y%m%d", "serial", "%Y-%m-%d %H:%M:%S")
"""Forms of a day (RECORDS.md 1); {m} and {d} are written without a leading zero."""
EXCEL_EPOCH: Final = pd.Timestamp("1899-12-30")
CODE: Final = "统一社会信用代码"
NAME: Final = "被诉主体名称"
KEPT, MERGED, QUARANTINED = "kept", "merged", "quarantined"


@dataclass(frozen=True)
class Soiled:
    """A table as text, with the fate of each row.

    Attributes:
        cells: text, shape (rows, columns).
        fates: per row: origin (index in the export), fate, and the rule that quarantines it ("" if none does).
        unread: how many cells of kept rows cannot be read, by their name in the report.
    """

    cells: pd.DataFrame
    fates: pd.DataFrame
    unread: dict[str, int]

    def __add__(self, other: "Soiled") -> "Soiled":
        """The rows of both, one after the other."""
        return Soiled(
            pd.concat([self.cells, other.cells], ignore_index=True),
            pd.concat([self.fates, other.fates], ignore_index=True),
            {**self.unread, **other.unread},
        )

    def only(self, rows: "pd.Series[bool]") -> "Soiled":
        """Some rows; the unread cells stay with them."""
        cells, fates = self.cells[rows].reset_index(drop=True), self.fates[rows].reset_index(drop=True)
        return Soiled(cells, fates, self.unread)


def clean(export: Export) -> Soiled:
    """A table as text without any dirt: days as 2024-05-07, nothing for a missing cell."""
    days = {name: column.dt.strftime("%Y-%m-%d") for name, column in _days(export.frame)}
    return _fated(export.frame.assign(**days).fillna("").astype("str"), export.frame.index, KEPT)


def soil(
    export: Export, layout: Settings, settings: Settings, rng: np.random.Generator, *, spare: "set[str] | None" = None
) -> Soiled:
    """A table as text with its dirt; each dirty row is dirty in one way only, and repeated rows come last.

    Args:
        export: the table, n rows.
        layout: its entry in files.toml.
        settings: files.toml.
        rng: generator.
        spare: licence numbers whose rows are left clean.
    """
    frame, rates = export.frame, settings["dirt"]
    cells = _written(frame, settings, rng)
    ways = _chosen(frame, layout, rates, rng, spare or set())
    fates = _fated(cells, frame.index, KEPT)
    fates.fates["rule"] = ""
    if "day" in layout:
        column, field = layout["day"]
        _spoil(fates, ways["bad_day"], column, rng.choice(settings["bad"]["day"], len(ways["bad_day"])), field)
    code = layout.get("code", CODE)
    _spoil(fates, ways["bad_code"], code, [_broken(str(text)) for text in cells[code].iloc[ways["bad_code"]]], "uscc")
    _spoil(fates, ways["lost_code"], code, ["9.2E+17"] * len(ways["lost_code"]), "uscc")
    if "optional_day" in layout:
        column, name = layout["optional_day"]
        fates.cells.loc[ways["optional"], column] = settings["bad"]["day"][0]
        fates.unread[name] = len(ways["optional"])
    again = _repeated(frame, fates, ways["repeated"], settings, rng)
    other = _contradicting(fates, ways["contradicted"], layout)
    return fates + again + other


def strangers(export: Export, settings: Settings, rng: np.random.Generator) -> Soiled:
    """Complaints about businesses that nobody knows."""
    count = round(settings["dirt"]["unmatched"] * len(export.frame))
    rows = export.frame[export.frame["类型"] != "咨询"].head(count)
    names = [f"查无此店{number}号" for number in range(len(rows))]
    fresh = rows.assign(**{NAME: names, CODE: None, "许可证编号": None, "登记编号": rows["登记编号"] + "u"})
    soiled = _fated(_written(fresh, settings, rng), fresh.index, QUARANTINED)
    soiled.fates["rule"] = "name"
    return soiled


def _fated(cells: pd.DataFrame, origin: "pd.Index[Any]", fate: str) -> Soiled:
    fates = pd.DataFrame({"origin": origin, "fate": fate, "rule": ""})
    return Soiled(cells.reset_index(drop=True), fates, {})


def _days(frame: pd.DataFrame) -> list[tuple[str, "pd.Series[pd.Timestamp]"]]:
    return [(name, frame[name]) for name in frame.select_dtypes("datetime").columns]


def _written(frame: pd.DataFrame, settings: Settings, rng: np.random.Generator) -> pd.DataFrame:
    """Every cell as text: days in any form, missing ones as any mark, a few codes as spreadsheets mangle them."""
    days = dict(_days(frame))
    cells: dict[str, pd.Series[str]] = {}
    for name in frame.columns:
        missing = frame[name].isna().to_numpy(bool)
        text: pd.Series[str] = day_texts(days[name], rng) if name in days else frame[name].astype("str")
        marks = settings["marks"]["day" if name in days else "text"]
        cells[str(name)] = text.mask(missing, pd.Series(rng.choice(marks, len(frame)), index=frame.index, dtype="str"))
    for name in (CODE, "许可证编号"):
        if name in cells:
            cells[name] = _mangled(cells[name], rng)
    return pd.DataFrame(cells)


def day_texts(days: "pd.Series[pd.Timestamp]", rng: np.random.Generator) -> "pd.Series[str]":
    """Each day in one of the forms; missing days stay missing."""
    text = pd.Series(None, index=days.index, dtype="str")
    form = rng.integers(0, len(FORMS), len(days))
    for number, pattern in enumerate(FORMS):
        rows = (form == number) & days.notna().to_numpy(bool)
        if not rows.any():
            continue
        serial = (days[rows] - EXCEL_EPOCH).dt.days.astype("str")
        text[rows] = serial if pattern == "serial" else _formed(days[rows], pattern)
    return text


def _formed(days: "pd.Series[pd.Timestamp]", pattern: str) -> "pd.Series[str]":
    whole = days.dt.strftime(pattern.replace("{m}", "{{%m}}").replace("{d}", "{{%d}}"))
    return whole.str.replace(r"\{\{0?([0-9]+)\}\}", r"\1", regex=True)


def _mangled(codes: "pd.Series[str]", rng: np.random.Generator) -> "pd.Series[str]":
    """A few codes with an apostrophe before, a tab behind, or in full-width characters."""
    way = rng.random(len(codes))
    full = codes.str.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    long = codes.str.len() > 4
    return (
        codes.mask((way < 0.02) & long, "'" + codes)
        .mask((way > 0.98) & long, codes + "\t")
        .mask((way > 0.5) & (way < 0.51) & long, full)
    )


def _chosen(
    frame: pd.DataFrame, layout: Settings, rates: Settings, rng: np.random.Generator, spare: set[str]
) -> dict[str, Ints]:
    """Places of the rows of each kind of dirt, none of them twice."""
    coded = frame[layout.get("code", CODE)].notna().to_numpy(bool)
    free = ~frame["许可证编号"].isin(spare).to_numpy(bool)
    order = rng.permutation(np.flatnonzero(free & coded))
    wanted = {
        "bad_day": rates["bad_day"] if "day" in layout else 0.0,
        "optional": rates["bad_day"] if "optional_day" in layout else 0.0,
        "bad_code": rates["bad_code"],
        "lost_code": rates["lost_code"],
        "contradicted": rates["contradicted"] if "change" in layout else 0.0,
        "repeated": rates["repeated"],
    }
    found, first = {}, 0
    for kind, rate in wanted.items():
        least = int(rate > 0 and len(frame) >= rates["least"])
        last = min(first + max(round(rate * len(frame)), least), len(order))
        found[kind] = order[first:last]
        first = last
    return found


def _spoil(soiled: Soiled, places: Ints, column: str, texts: Any, rule: str) -> None:
    """Put bad text into a column of some rows, in place; they will be quarantined."""
    soiled.cells.loc[places, column] = texts
    soiled.fates.loc[places, "fate"] = QUARANTINED
    soiled.fates.loc[places, "rule"] = rule


def _broken(code: str) -> str:
    """A credit code with a wrong check character."""
    plain = code.strip("'\t")
    return plain[:-1] + ("A" if plain[-1] not in "AＡ" else "B")


def _repeated(
    frame: pd.DataFrame, soiled: Soiled, places: Ints, settings: Settings, rng: np.random.Generator
) -> Soiled:
    """Rows once more: half as they stand, half with days and missing marks written in another way."""
    half = len(places) // 2
    anew = _written(frame.iloc[places[half:]], settings, rng)
    cells = pd.concat([soiled.cells.iloc[places[:half]], anew], ignore_index=True)
    return _fated(cells, frame.index[places], MERGED)


def _contradicting(soiled: Soiled, places: Ints, layout: Settings) -> Soiled:
    """Rows of a key already there that say something else."""
    column, value = layout.get("change", ("", ""))
    cells = soiled.cells.iloc[places]
    changed = cells.assign(**{column: value}) if column else cells
    other = _fated(changed, pd.Index(soiled.fates["origin"].iloc[places]), QUARANTINED)
    other.fates["rule"] = "key"
    return other
