"""Which features move the score together: pairs of them, by their exact Shapley interaction values."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.features.catalog import Catalog

Floats = NDArray[np.float64]

NOTHING: Final = 1e-12
"""Log-odds that are rounding and no effect."""
COLUMNS: Final = {
    "feature": "str", "other": "str", "text_en": "str", "text_zh": "str", "other_text_en": "str",
    "other_text_zh": "str", "mean_abs_interaction": "float64", "share": "float64", "both_high": "float64",
    "rows_both_high": "int64", "rows": "int64",
}  # fmt: skip


def interactions(
    pairs: Floats, values: Floats, contributions: Floats, catalog: Catalog, places: Sequence[int]
) -> pd.DataFrame:
    """What two features add together beyond what each adds alone, the largest first.

    The values are those of Lundberg, Erion, Lee 2018 ("Consistent individualized feature attribution for tree
    ensembles"), which give half of what a pair adds to each of the two; here it is whole.

    Args:
        pairs: interaction values of the features at `places`, in log-odds, shape (n, k, k), symmetric; the diagonal is
            not read.
        values: shape (n, F), NaN is missing.
        contributions: of the same rows, shape (n, F + 1); the last column is the expected value.
        catalog: the F features.
        places: of the k features that were looked at.

    Returns:
        One row a pair that moves any row: feature, other, their texts; mean_abs_interaction; share, as part of the mean
        sum of all absolute contributions; both_high, the mean where both values lie above their medians (missing for a
        category, or without such a row), over rows_both_high rows; rows. The sign of both_high says whether the two
        together are worse than apart (above 0) or less bad.

    Raises:
        DataError: for arrays of other shapes.
    """
    n, wide, k = len(values), len(catalog.names), len(places)
    if (pairs.shape, values.shape, contributions.shape) != ((n, k, k), (n, wide), (n, wide + 1)) or not n:
        got = f"pairs {pairs.shape}, values {values.shape} and contributions {contributions.shape}"
        raise DataError(f"{k} of {wide} features need pairs (n, {k}, {k}) and their rows, n from 1; got {got}")
    moved = float(np.abs(contributions[:, :-1]).sum(axis=1).mean())
    table = pd.DataFrame(list(_rows(pairs, values, catalog, places, moved)), columns=list(COLUMNS)).astype(COLUMNS)
    return table.sort_values("mean_abs_interaction", ascending=False, kind="stable", ignore_index=True)


def _rows(
    pairs: Floats, values: Floats, catalog: Catalog, places: Sequence[int], moved: float
) -> Iterator[dict[str, Any]]:
    high = [_above_median(values[:, place], is_category=catalog.features[place].is_category) for place in places]
    for i, j in combinations(range(len(places)), 2):
        together = pairs[:, i, j] + pairs[:, j, i]
        mean = float(np.abs(together).mean())
        if mean <= NOTHING:
            continue
        one, other = (catalog.features[places[place]] for place in (i, j))
        both = high[i] & high[j]
        yield {
            "feature": one.name, "other": other.name, "text_en": one.text_en, "text_zh": one.text_zh,
            "other_text_en": other.text_en, "other_text_zh": other.text_zh, "mean_abs_interaction": mean,
            "share": mean / moved, "both_high": together[both].mean() if both.any() else float("nan"),
            "rows_both_high": int(both.sum()), "rows": len(values),
        }  # fmt: skip


def _above_median(column: Floats, *, is_category: bool) -> NDArray[np.bool_]:
    present = column[~np.isnan(column)]
    if is_category or not len(present):
        return np.zeros(len(column), dtype=bool)
    return column > np.median(present)
