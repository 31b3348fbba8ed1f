"""Overlap: had every kind of site a chance of being visited, and is the propensity itself right?"""

from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats
from riskml.evaluation.selection._rows import Flags, SelectionRules

EDGES: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)
"""Ends of the propensity bins, each open below and closed above."""
THIN, LOW = 0.02, 0.05
"""Propensities below which a label stands for more than 50, or 20, sites."""
MOST_THIN: Final = 0.05
"""Overlap fails where a larger share of the sites has a propensity below `THIN`."""
LEAST_ESS: Final = 100.0
"""Overlap fails where the weighted labels are worth fewer rows than this."""
COLUMNS: Final = {
    "origin": "datetime64[s]", "low": "float64", "high": "float64", "rows": "int64", "labelled": "int64",
    "labelled_share": "float64", "mean_propensity": "float64", "ess": "float64", "below_02": "float64",
    "below_05": "float64", "clipped": "float64", "reason": "str",
}  # fmt: skip


def overlap_table(rows: pd.DataFrame, *, rules: SelectionRules | None = None) -> pd.DataFrame:
    """Who could have been labelled, by origin and propensity bin.

    A bin's labelled share beside its mean propensity shows whether the propensity is right; the shares of sites below
    .02 and .05 show where no weighting can help.

    Args:
        rows: scored rows: origin, fail (missing = not labelled), weight, propensity (may be absent or missing).
        rules: `clip` is read.

    Returns:
        origin (NaT = all), low, high (bin; 0 and 1 = all), rows, labelled, labelled_share, mean_propensity, ess
        (effective number of the labelled rows), below_02, below_05 (shares of the sites), clipped (share of the
        labelled rows), reason. Shares go by weight. An origin where some row has no propensity has one row, with
        its counts and the reason.

    Raises:
        DataError: if origin, fail or weight is absent, or a propensity lies outside its range.
    """
    absent = [name for name in ("origin", "fail", "weight") if name not in rows]
    if absent:
        raise DataError(f"scored rows lack columns {absent}; they have {list(rows.columns)}")
    clip = (rules or SelectionRules()).clip
    propensity = (
        rows["propensity"].to_numpy(np.float64, na_value=np.nan) if "propensity" in rows else np.full(len(rows), np.nan)
    )
    wrong = np.count_nonzero((propensity <= 0) | (propensity > 1))
    if wrong:
        raise DataError(f"scored rows: propensity of {wrong} rows is not above 0 and up to 1; such a row has no weight")
    labelled, weight = rows["fail"].notna().to_numpy(), rows["weight"].to_numpy(np.float64)
    origin = rows["origin"].to_numpy()
    told: list[dict[str, Any]] = []
    usable = np.zeros(len(rows), dtype=bool)
    for day in np.unique(origin):
        here = origin == day
        if np.isnan(propensity[here]).any():
            reason = "no column propensity" if "propensity" not in rows else "some row has no propensity"
            told.append({"origin": day, **_counts(labelled[here], weight[here]), "reason": reason})
        else:
            usable |= here
            told += _bins(day, propensity[here], labelled[here], weight[here], clip)
    if usable.any():
        told = [*_bins(np.datetime64("NaT"), propensity[usable], labelled[usable], weight[usable], clip), *told]
    empty = {"mean_propensity": np.nan, "ess": np.nan, "below_02": np.nan, "below_05": np.nan, "clipped": np.nan}
    filled = [{"low": 0.0, "high": 1.0, "reason": "", **empty, **row} for row in told]
    return pd.DataFrame(filled, columns=list(COLUMNS)).astype(COLUMNS)


def overlap_fails(overlap: pd.DataFrame) -> bool | None:
    """Whether too many sites could hardly have been visited, or the weighted labels are worth too little.

    Args:
        overlap: of `overlap_table`.

    Returns:
        None where no origin has a propensity.
    """
    whole = overlap[overlap["origin"].isna() & (overlap["low"] == 0) & (overlap["high"] == 1)]
    if whole.empty:
        return None
    return bool(whole["below_02"].iloc[0] > MOST_THIN or whole["ess"].iloc[0] < LEAST_ESS)


def _bins(day: np.datetime64, propensity: Floats, labelled: Flags, weight: Floats, clip: float) -> list[dict[str, Any]]:
    """All rows, then the bins that hold any."""
    place = np.searchsorted(EDGES, propensity, side="left") - 1
    told = [{"origin": day, **_measures(propensity, labelled, weight, clip)}]
    for bin_, (low, high) in enumerate(pairwise(EDGES)):
        here = place == bin_
        if here.any():
            ends = {"origin": day, "low": low, "high": high}
            told.append({**ends, **_measures(propensity[here], labelled[here], weight[here], clip)})
    return told


def _counts(labelled: Flags, weight: Floats) -> dict[str, Any]:
    whole = float(weight.sum())
    share = float(weight[labelled].sum()) / whole if whole > 0 else np.nan
    return {"rows": len(labelled), "labelled": int(labelled.sum()), "labelled_share": share}


def _measures(propensity: Floats, labelled: Flags, weight: Floats, clip: float) -> dict[str, Any]:
    counts, whole = _counts(labelled, weight), float(weight.sum())
    scaled = weight[labelled] * np.minimum(1.0 / propensity[labelled], clip)
    squares, seen = float((scaled**2).sum()), float(weight[labelled].sum())

    def share(rows: Flags) -> float:
        return float(weight[rows].sum()) / whole if whole > 0 else float("nan")

    return {
        **counts,
        "mean_propensity": float(weight @ propensity) / whole if whole > 0 else np.nan,
        "ess": float(scaled.sum()) ** 2 / squares if squares > 0 else 0.0,
        "below_02": share(propensity < THIN),
        "below_05": share(propensity < LOW),
        "clipped": float(weight[labelled & (propensity < 1 / clip)].sum()) / seen if seen > 0 else np.nan,
    }
