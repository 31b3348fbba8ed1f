"""Several facts in one row, told by the columns of a matrix or by one text, become one row each with their class."""

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskml.records._cells import TEXT, Texts, as_column, as_mask, as_texts, where
from riskml.records.declarations import Items, Source
from riskml.records.repeats import firsts
from riskml.records.set_values import PLACE

ITEM_FIELDS: Final = ("item", "item_code", "item_severity", "item_count")
"""Fields that items bring: the item, its event code, its severity, and how many."""


def exploded_items(
    source: Source, items: Items, rows: pd.DataFrame, wanted: Collection[str]
) -> tuple[pd.DataFrame, dict[int, str]]:
    """One row for each item that a row holds, with the fields item, item_code, item_severity and item_count.

    Args:
        source: for its label versions.
        items: the table's.
        rows: fields and `PLACE`, shape (n, fields).
        wanted: fields that the rows of items shall have too.

    Returns:
        The rows of items; and for the place of each row with an item that is in no class, why it is rejected.
    """
    told = _matrix_items(items, rows) if items.form == "matrix" else _text_items(items, rows)
    carried = [name for name in rows.columns if name in {*wanted, items.dated_by, PLACE}]
    parts = rows[carried].iloc[told.index].assign(**{name: told[name].array for name in told.columns})
    version = label_versions(source, parts[items.dated_by]) if items.dated_by else ""
    (which, names), (when, versions) = pd.factorize(parts["item"]), _factorized(version, len(parts))
    pair, pairs = pd.factorize(when * max(len(names), 1) + which)
    asked = [(str(versions[one // len(names)]), str(names[one % len(names)])) for one in pairs]
    classes = [class_of(items, *one) for one in asked]
    codes = pd.Series([None if found is None else found["code"] for found in classes], dtype="str")
    severity = np.array([0 if found is None else found.get("severity", 0) for found in classes], dtype=np.int64)
    unknown = np.array([found is None for found in classes], dtype=np.bool_)
    places = parts[PLACE].to_numpy()
    strangers = np.flatnonzero(unknown[pair])[::-1]  # the first item of a row is written last, and stays
    reasons = {int(places[at]): _stranger(items, *asked[pair[at]]) for at in strangers}
    return parts.assign(item_code=codes.take(pair).array, item_severity=severity[pair]), reasons


def _factorized(version: "pd.Series[str] | str", size: int) -> tuple[Any, Any]:
    if isinstance(version, str):
        return np.zeros(size, dtype=np.int64), [version]
    return pd.factorize(version)


def _stranger(items: Items, version: str, item: str) -> str:
    field = items.field or f"{items.prefix}{item}"
    return f"{field}: item {item!r} is in no class of the source's items{f' of {version}' if version else ''}"


def _matrix_items(items: Items, rows: pd.DataFrame) -> pd.DataFrame:
    """Item and count; index = positions of the rows."""
    columns = [name for name in rows.columns if str(name).startswith(items.prefix)]
    counts = rows[columns].fillna(0).to_numpy(np.int64)
    row, column = np.nonzero(counts)
    names = pd.Series([str(name).removeprefix(items.prefix) for name in columns], dtype="str")
    return pd.DataFrame({"item": names.take(column).array, "item_count": counts[row, column]}, index=row)


def _text_items(items: Items, rows: pd.DataFrame) -> pd.DataFrame:
    """Item and count, each item once a row, in the order in which they are told; index = positions of the rows."""
    if items.field not in rows:
        return pd.DataFrame({"item": pd.Series(dtype="str"), "item_count": pd.Series(dtype="int64")})
    texts = as_texts(rows[items.field])
    row = np.arange(len(texts))
    if items.separator:
        split = pc.split_pattern(texts, items.separator)
        row, texts = pc.list_parent_indices(split).to_numpy(), pc.list_flatten(split)
    texts = _fitting(texts, items.pattern) if items.pattern else texts
    told = as_mask(pc.not_equal(texts, ""))
    row, encoded = row[told], texts.filter(pa.array(told)).dictionary_encode()
    group, pairs = pd.factorize(row * max(len(encoded.dictionary), 1) + encoded.indices.to_numpy())
    first = firsts(group, len(pairs))
    item = encoded.take(pa.array(first)).cast(TEXT)
    counts = np.bincount(group, minlength=len(pairs))
    return pd.DataFrame({"item": as_column(item, pd.Series(first)), "item_count": counts}).set_axis(row[first])


def _fitting(texts: Texts, pattern: str) -> Texts:
    """The item that each text tells by the pattern; null where it tells none.

    ASCII is searched by the column, where both kinds of regular expression mean the same; the rest text by text.
    """
    plain = pc.utf8_trim_whitespace(texts)
    ascii_ = as_mask(pc.string_is_ascii(plain))
    try:
        found = pc.struct_field(pc.extract_regex(where(ascii_, plain), pattern=pattern), "item")
    except pa.ArrowInvalid:  # such as a look-behind
        found, ascii_ = pa.nulls(len(plain), TEXT), np.zeros(len(plain), dtype=np.bool_)
    rest = ~ascii_ & as_mask(pc.is_valid(plain))
    if not rest.any():
        return found
    encoded = plain.filter(pa.array(rest)).dictionary_encode()
    small = as_column(encoded.dictionary, pd.Series(index=pd.RangeIndex(len(encoded.dictionary)), dtype="str"))
    told = pa.array(small.str.strip().str.extract(pattern, expand=True)["item"], type=TEXT)
    return pc.replace_with_mask(found, pa.array(rest), told.take(encoded.indices))


def class_of(items: Items, version: str, item: str) -> Any:
    """The class of an item under a label version, or None; one without `is` and `first` takes what no other does."""
    mine = [kind for kind in items.classes if kind.get("version", version) == version]
    for kind in mine:
        if "is" in kind and item in kind["is"]:
            return kind
        if "first" in kind and item.isdecimal() and kind["first"] <= int(item) <= kind["last"]:
            return kind
    return next((kind for kind in mine if "is" not in kind and "first" not in kind), None)


def label_versions(source: Source, visited: "pd.Series[pd.Timestamp]") -> "pd.Series[str] | str":
    """The code set in force on each day; one for all days where there is no other."""
    names = [name for _, name in source.label_versions]
    if len(names) == 1:
        return names[0]
    starts = pd.DatetimeIndex([first for first, _ in source.label_versions[1:]])
    number = np.searchsorted(starts.as_unit("s").to_numpy(), visited.to_numpy(dtype="datetime64[s]"), side="right")
    number[visited.isna()] = 0
    return pd.Series(pd.Series(names, dtype="str").take(number).array, index=visited.index)
