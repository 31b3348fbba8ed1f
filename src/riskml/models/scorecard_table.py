"""The scorecard as a table in both languages: what a clerk needs to score a site by hand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.features.catalog import Catalog
from riskml.features.feature import Feature
from riskml.models.scorecard import BASE_ODDS, BASE_POINTS, PDO, Part, Scorecard

COLUMNS: Final = {
    "feature": "str", "text_en": "str", "text_zh": "str", "unit": "str", "bin_en": "str", "bin_zh": "str",
    "low": "float64", "high": "float64", "category": "str", "missing": "bool", "points": "int64", "rows": "int64",
    "fail_rate": "float64", "base_points": "int64", "base_odds": "float64", "pdo": "int64", "rounding": "float64",
}  # fmt: skip
Row = dict[str, Any]


def scorecard_table(
    card: Scorecard,
    catalog: Catalog,
    categories: Mapping[str, Sequence[str]],
    values: NDArray[np.float64],
    fail: NDArray[np.bool_],
) -> pd.DataFrame:
    """One row a bin, first the base points (feature ""); a site's score is the base and one row of each feature.

    Args:
        card: the scorecard.
        catalog: the features in column order.
        categories: the values of each category feature.
        values: training rows, shape (n, features).
        fail: their outcomes.

    Returns:
        feature, text_en, text_zh, unit; bin_en and bin_zh in words, low (not in the bin) and high (in it), category,
        missing; points; rows and fail_rate of the training rows in the bin; and on every row what scales the points:
        `base_points` at odds of failing of `base_odds`, `pdo` more points double them; `rounding`, the most that a
        sum of whole points lies off the trees' own score among the training rows.
    """
    head: Row = {"text_en": "Base points", "text_zh": "基础分", "points": card.base, **_counted(fail)}
    rows = [head]
    for part in card.parts:
        feature = catalog.features[part.place]
        column = values[:, part.place]
        bins = [*_bins(part, column, categories.get(feature.name, ())), _missing(part, column)]
        rows += [{**_about(feature), **row, **_counted(fail[inside])} for row, inside in bins]
    scale = {"base_points": BASE_POINTS, "base_odds": BASE_ODDS, "pdo": PDO, "rounding": card.rounding(values)}
    empty = {name: "" if kind == "str" else False if kind == "bool" else np.nan for name, kind in COLUMNS.items()}
    return pd.DataFrame([{**empty, **row, **scale} for row in rows])[list(COLUMNS)].astype(COLUMNS)


def _about(feature: Feature) -> Row:
    return {"feature": feature.name, "text_en": feature.text_en, "text_zh": feature.text_zh, "unit": feature.unit}


def _counted(fail: NDArray[np.bool_]) -> Row:
    return {"rows": len(fail), "fail_rate": float(fail.mean()) if len(fail) else np.nan}


def _bins(part: Part, column: NDArray[np.float64], names: Sequence[str]) -> Iterator[tuple[Row, NDArray[np.bool_]]]:
    """Each bin with a value in it, in words and numbers, and which training rows lie in it."""
    if part.is_category:
        for index, points in zip(part.cuts, part.points, strict=True):
            name = names[int(index)]
            yield {"bin_en": name, "bin_zh": name, "category": name, "points": points}, column == index
        return
    edges = [-np.inf, *part.cuts.tolist(), np.inf]
    for low, high, points in zip(edges[:-1], edges[1:], part.points, strict=True):
        en, zh = _words(low, high)
        yield (
            {"bin_en": en, "bin_zh": zh, "low": low, "high": high, "points": points},
            (column > low) & (column <= high),
        )


def _missing(part: Part, column: NDArray[np.float64]) -> tuple[Row, NDArray[np.bool_]]:
    en, zh = ("none of these, or not known", "非上述各项，或不详") if part.is_category else ("not known", "不详")
    return {"bin_en": en, "bin_zh": zh, "missing": True, "points": part.missing}, np.isnan(column)


def _words(low: float, high: float) -> tuple[str, str]:
    """A range in both languages.

    >>> _words(-np.inf, 2.5), _words(2.5, 8.0), _words(8.0, np.inf)
    (('up to 2.5', '不超过2.5'), ('above 2.5, up to 8', '大于2.5且不超过8'), ('above 8', '大于8'))
    """
    if np.isinf(low) and np.isinf(high):
        return "any value", "任何值"
    over = ("", "") if np.isinf(low) else (f"above {low:.6g}", f"大于{low:.6g}")
    upto = ("", "") if np.isinf(high) else (f"up to {high:.6g}", f"不超过{high:.6g}")
    join = (", ", "且") if over[0] and upto[0] else ("", "")
    return over[0] + join[0] + upto[0], over[1] + join[1] + upto[1]
