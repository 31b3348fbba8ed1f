"""How a feature's contribution goes with its value: over the sites that have the value, never over made-up sites."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.explanation.movers import in_one_line
from riskml.features.catalog import Catalog
from riskml.features.category_names import category_names
from riskml.features.feature import Feature
from riskml.scorer.explaining.reasons import shown

Floats = NDArray[np.float64]

BINS: Final = 6
"""Bins of present values at most, and categories named."""
QUANTILES: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
COLUMNS: Final = {
    "feature": "str", "text_en": "str", "text_zh": "str", "bin": "int64", "kind": "str", "low": "float64",
    "high": "float64", "label_en": "str", "label_zh": "str", "rows": "int64", "mean": "float64", "p10": "float64",
    "p50": "float64", "p90": "float64",
}  # fmt: skip
OTHERS: Final = {"en": "all others", "zh": "其余"}
MISSING: Final = {"en": "not on record", "zh": "无记录"}
Bin = tuple[str, float, float, str, str, NDArray[np.bool_]]


def dependence(
    values: Floats,
    contributions: Floats,
    catalog: Catalog,
    categories: Mapping[str, Sequence[str]],
    *,
    features: Sequence[str],
    bins: int = BINS,
) -> pd.DataFrame:
    """The contributions of each feature by its value: what a scatter of values against Shapley values shows, in bins.

    It is no partial dependence: no value is put into a row that does not have it. The sites of two bins differ in
    other facts too; what is compared is the part of the score that is put down to this feature.

    Args:
        values: shape (n, F), NaN is missing.
        contributions: in log-odds, shape (n, F + 1); the last column is the expected value.
        catalog: the F features.
        categories: the values of each category feature.
        features: names of those to show, in order.
        bins: of present values at most, above 1; the missing ones have one of their own, and so have the categories
            beyond as many.

    Returns:
        feature, text_en, text_zh, bin (from 0 in each feature), kind (value, category, others or missing), low and high
        (least and greatest value in the bin, both included; missing where kind is not value), label_en, label_zh, rows,
        mean and p10, p50, p90 of the contributions. Bins without a row are left out.

    Raises:
        DataError: for arrays of another shape, or an unknown feature.
    """
    wide = len(catalog.names)
    if values.shape[1:] != (wide,) or contributions.shape != (len(values), wide + 1):
        got = f"values {values.shape} and contributions {contributions.shape}"
        raise DataError(f"{wide} features need values (n, {wide}) and contributions (n, {wide + 1}); got {got}")
    unknown = sorted(set(features) - set(catalog.names))
    if unknown or bins < 2:
        raise DataError(f"unknown features {unknown} or {bins} bins; known are {catalog.names}, bins from 2")
    found: list[dict[str, Any]] = []
    for name in features:
        place = catalog.names.index(name)
        feature = catalog.features[place]
        parts = _bins(feature, values[:, place], categories.get(name, ()), bins)
        found += _rows(feature, contributions[:, place], parts)
    return pd.DataFrame(found, columns=list(COLUMNS)).astype(COLUMNS)


def _rows(feature: Feature, moved: Floats, parts: "Iterator[Bin]") -> Iterator[dict[str, Any]]:
    filled = (part for part in parts if part[-1].any())
    for number, (kind, low, high, label_en, label_zh, held) in enumerate(filled):
        yield {
            "feature": feature.name, "text_en": feature.text_en, "text_zh": feature.text_zh, "bin": number,
            "kind": kind, "low": low, "high": high, "label_en": label_en, "label_zh": label_zh,
            "rows": int(held.sum()), "mean": moved[held].mean(),
            **{name: np.quantile(moved[held], share) for name, share in QUANTILES.items()},
        }  # fmt: skip


def _bins(feature: Feature, column: Floats, names: Sequence[str], bins: int) -> Iterator[Bin]:
    none = float("nan")
    if feature.is_category:
        yield from _kinds(column, names, bins, feature.column)
    else:
        for low, high in ranges(column[~np.isnan(column)], bins):
            label = _label(low, high, feature.unit)
            yield "value", low, high, label, label, (column >= low) & (column <= high)
    known = np.isin(column, np.arange(len(names))) if feature.is_category else ~np.isnan(column)
    yield "missing", none, none, MISSING["en"], MISSING["zh"], ~known


def _kinds(column: Floats, names: Sequence[str], most: int, column_name: str) -> Iterator[Bin]:
    """The most frequent categories by name, and the others together."""
    none = float("nan")
    told = category_names(column_name, names) or [[in_one_line(name)] * 2 for name in names]
    counts = np.array([(column == code).sum() for code in range(len(names))], dtype=np.int64)
    order = np.argsort(-counts, kind="stable")
    for code in order[:most]:
        yield "category", none, none, told[code][0], told[code][1], column == code
    yield "others", none, none, OTHERS["en"], OTHERS["zh"], np.isin(column, order[most:])


def ranges(present: Floats, bins: int) -> list[tuple[float, float]]:
    """At most `bins` ranges that hold every value, each between two values that occur.

    Few distinct values have a range each. Of many, the least has its own if it is frequent, as a count of 0 is; the
    others are parted at their quantiles.

    >>> ranges(np.array([0.0, 0.0, 1.0, 3.0]), 6)
    [(0.0, 0.0), (1.0, 1.0), (3.0, 3.0)]
    >>> ranges(np.array([0.0] * 5 + [1.0, 2.0, 3.0, 4.0, 8.0]), 3)
    [(0.0, 0.0), (1.0, 3.0), (4.0, 8.0)]
    """
    distinct = np.unique(present)
    if len(distinct) <= bins:
        return [(float(value), float(value)) for value in distinct]
    least = distinct[0]
    alone = bool((present == least).mean() >= 1.0 / bins)
    first = [(float(least), float(least))] if alone else []
    rest, count = (present[present > least], bins - 1) if alone else (present, bins)
    ends = np.unique(np.quantile(rest, np.arange(1, count + 1) / count, method="inverted_cdf"))
    held, after = np.unique(rest), np.r_[-np.inf, ends[:-1]]
    return first + [(float(held[held > a].min()), float(b)) for a, b in zip(after, ends, strict=True)]


def _label(low: float, high: float, unit: str) -> str:
    """One value or a range of them, as an officer reads it."""
    low, high = (100.0 * low, 100.0 * high) if unit == "share" else (low, high)
    span = shown(low) if shown(low) == shown(high) else f"{shown(low)} – {shown(high)}"
    return f"{span}%" if unit == "share" else span
