"""The table of peers that an artifact carries: how features and probability are spread among similar sites."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.features.catalog import Catalog
from riskml.records.days import day_number
from riskml.scorer.explaining.peers import LARGEST, STEPS, pack_numbers

Floats = NDArray[np.float64]

LEAST: Final = 50
"""Sites in a group, at the least: fewer say little of each other, and one of them could be told from its quantiles."""
MOST: Final = 8
"""Groups besides that of all sites, at the most; the largest are kept. The scorer checks each number when it loads."""


def peers_table(
    sites: pd.DataFrame,
    values: Floats,
    probability: Floats,
    *,
    catalog: Catalog,
    as_of: str,
    column: str = "format_code",
    least: int = LEAST,
    most: int = MOST,
) -> dict[str, Any]:
    """The content of peers.json (`scorer.explaining.peers`).

    Args:
        sites: rows of the canonical sites, n of them, in the order of the values.
        values: their feature rows, shape (n, F), NaN for missing; in catalog order.
        probability: of the model, shape (n,).
        catalog: the F features; its group over `column` alone says what peers are called.
        as_of: decision day of values and probability.
        column: sites with the same value of it are peers; where it is missing, or in a group that is not kept, a site
            is compared with all.
        least: sites of a group, at the least.
        most: groups besides that of all sites, at the most.

    Raises:
        DataError: for arrays of another shape, an unknown column, or a probability that is none.
    """
    n, wide = len(sites), len(catalog.features)
    if values.shape != (n, wide) or probability.shape != (n,) or column not in sites:
        raise DataError(
            f"{n} sites and {wide} features need the column {column!r}, values {(n, wide)} and probability {(n,)}; got "
            f"{sorted(sites.columns)}, {values.shape} and {probability.shape}"
        )
    if not ((probability >= 0.0) & (probability <= 1.0)).all():
        raise DataError("a probability of the peers is missing or lies outside 0 to 1")
    told = [place for place, one in enumerate(catalog.features) if not one.is_category and _differs(values[:, place])]
    kinds = sites[column].reset_index(drop=True)
    sizes = kinds.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    kept = [str(kind) for kind in sizes[sizes >= least].index[:most] if str(kind)]
    rows = {kind: (kinds == kind).to_numpy(bool, na_value=False) for kind in kept}
    everyone = {"": np.ones(n, dtype=bool)} if n >= least else {}
    columns = np.column_stack([values[:, told], probability]).astype(np.float64)
    groups = {key: _group(columns[mine]) for key, mine in (everyone | rows).items()}
    return {
        "as_of": day_number(as_of),
        "column": column,
        **_names(catalog, column),
        "compared": told,
        "groups": groups,
    }


def _names(catalog: Catalog, column: str) -> Mapping[str, str]:
    """What peers are called, by the group of the catalog that is made of the column alone."""
    for group in catalog.groups:
        if group.columns == (column,) and group.step is None and group.reading == "as_is":
            return {"text_en": group.text_en, "text_zh": f"家{group.text_zh}"}
    return {"text_en": f"businesses with the same {column}", "text_zh": f"家{column}相同的主体"}


def _differs(values: Floats) -> bool:
    """Whether some of the sites differ in a value, so that a comparison says something."""
    known = values[~np.isnan(values)]
    return len(known) > 0 and bool(known.min() < known.max())


def _group(columns: Floats) -> dict[str, Any]:
    """Quantiles of the columns, the last of which is the probability; shape (sites, columns)."""
    known = [column[~np.isnan(column)] for column in columns.T]
    quantiles = np.stack([_quantiles(column) for column in known], axis=1)
    return {
        "sites": len(columns),
        "known": [len(column) for column in known[:-1]],
        "quantiles": pack_numbers(np.clip(quantiles, -LARGEST, LARGEST).ravel().tolist()),
    }


def _quantiles(values: Floats) -> Floats:
    """For k = 0 ... STEPS the least value that at least a share of k / STEPS of the values does not exceed.

    >>> _quantiles(np.arange(40.0))[:4].tolist()
    [0.0, 1.0, 3.0, 5.0]
    """
    if not len(values):
        return np.zeros(STEPS + 1)
    places = [max(0, -(-k * len(values) // STEPS) - 1) for k in range(STEPS + 1)]
    return np.asarray(np.sort(values)[places], dtype=np.float64)
