"""The probability that a site gets a settled visit in the horizon, learned from earlier planning days only."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold
from riskml.errors import DataError
from riskml.features.catalog import Catalog
from riskml.features.feature import Feature
from riskml.models.boosting import train
from riskml.models.calibration import fit_map, log_loss
from riskml.models.linear import logistic_scores

BOOSTING: Final = {"trees": 60, "leaves": 4, "learning_rate": 0.1}
"""Overrides of `boosting.DEFAULTS`: who is visited hangs on a few things, such as the time since the last visit."""
NEEDED: Final = 50
"""Rows of either kind, labelled and not, that the training days and the calibration days need."""
MOST_ROWS: Final = {"linear": 10_000, "trees": 100_000}
"""Training rows read by either model at most, drawn by the seed: more cost time and tell little."""
FARTHEST: Final = 1e-4
"""Probabilities keep so far from 0 and 1: no few thousand rows tell more."""
UNIT: Final = Feature(
    name="unit", unit="", text_en="unit", text_zh="单位", reason_en="unit {value}", reason_zh="单位 {value}",
    origin="category", monotone=0, why="says who goes", column="office", tags=("assignment",),
)  # fmt: skip

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Propensity:
    """Probabilities of a visit, or why there are none.

    Attributes:
        probability: of each test row, in (0, 1), shape (m,); NaN where it could not be fitted.
        kind: "fitted", "constant", or "" where it could not be fitted.
        loss: mean log loss on the calibration days, after the map; None where nothing was fitted.
        base_loss: that of their labelled share given to everybody.
        rows, labelled: what it was fitted on, calibration days included.
        note: why it is constant or missing; else empty.
    """

    probability: Floats
    kind: str
    loss: float | None
    base_loss: float | None
    rows: int
    labelled: int
    note: str = ""

    def facts(self) -> dict[str, Any]:
        """All but the probabilities, as plain values."""
        return {name: value for name, value in asdict(self).items() if name != "probability"}


def visit_propensity(
    values: Floats,
    labelled: Flags,
    days: NDArray[Any],
    fold: Fold,
    catalog: Catalog,
    *,
    seed: int,
    unit: "pd.Series[Any] | None" = None,
) -> Propensity:
    """P(settled first eligible visit in the horizon) of the rows of one origin.

    Learned from all rows, labelled or not, of the planning days that the fold trains and calibrates on: their horizons
    and settling times are over by the origin, so who got a label is known there. The log-odds are the mean of those of
    a ridge logistic regression and of small boosted trees, both fitted on the training days, after Platt's map on the
    calibration days. Where that does not rank the visits of the later days the right way, the share of labelled rows
    of the calibration days stands for everybody.

    Args:
        values: features of all cohort rows, shape (n, features).
        labelled: whether a row has a settled visit, shape (n,); read on the fold's earlier days only.
        days: planning day of each row.
        fold: of the origin.
        catalog: the features in column order; their monotone directions are about failing and are not used.
        seed: all randomness comes from it.
        unit: who answers for the site, such as its office, known for all rows, in their order; one more category.

    Raises:
        DataError: for vectors of unequal length.
    """
    lengths = {len(values), len(labelled), len(days), *(() if unit is None else (len(unit),))}
    if len(lengths) > 1:
        raise DataError(f"values, labelled, days and unit must tell of the same rows; got lengths {sorted(lengths)}")
    learned, later = (_rows_of_days(days, rows, fold.origin) for rows in (fold.train, fold.calibrate))
    reason = _too_few(labelled, {"training days": learned, "calibration days": later})
    counts = (len(learned) + len(later), int(labelled[learned].sum() + labelled[later].sum()))
    if reason:
        return Propensity(np.full(len(fold.test), np.nan), "", None, None, *counts, note=reason)
    table, free = _with_unit(values, catalog, unit)
    judged = np.concatenate([later, fold.test])
    few, many = (_drawn(learned, most, seed) for most in MOST_ROWS.values())
    linear = logistic_scores(table[few], labelled[few], days[few], table[judged], free)
    trees = train(table[many], labelled[many], free, seed=seed, settings=BOOSTING).raw_scores(table[judged])
    return _mapped((linear + trees) / 2, labelled[later], counts)


def _drawn(rows: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    """The rows, or so many of them drawn at random, in their order."""
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _mapped(raw: Floats, labelled: Flags, counts: tuple[int, int]) -> Propensity:
    """Probabilities of the rows that follow the calibration rows in `raw`."""
    size = len(labelled)
    made = fit_map("platt", raw[:size], labelled)
    share = float(labelled.mean())
    base = float(-(share * np.log(share) + (1 - share) * np.log1p(-share)))
    if made.kind != "platt":
        note = "the model does not rank the visits of later days the right way"
        return Propensity(np.full(len(raw) - size, share), "constant", base, base, *counts, note=note)
    probability = np.clip(made.probabilities(raw[size:]), FARTHEST, 1 - FARTHEST)
    return Propensity(probability, "fitted", log_loss(made, raw[:size], labelled), base, *counts)


def _rows_of_days(days: NDArray[Any], labelled_rows: NDArray[np.int64], origin: int) -> NDArray[np.int64]:
    """All rows of the days to which those labelled rows belong."""
    known = np.unique(days[labelled_rows])
    if (known >= origin).any():
        raise DataError(f"a fold of origin {origin} learns from day {int(known.max())}; earlier days only are allowed")
    return np.flatnonzero(np.isin(days, known))


def _too_few(labelled: Flags, parts: dict[str, NDArray[np.int64]]) -> str:
    """Why nothing can be fitted; empty if it can."""
    for name, rows in parts.items():
        seen = int(labelled[rows].sum())
        if min(seen, len(rows) - seen) < NEEDED:
            return f"{seen} of {len(rows)} rows of the {name} are labelled, {NEEDED} of either kind are needed"
    return ""


def _with_unit(values: Floats, catalog: Catalog, unit: "pd.Series[Any] | None") -> tuple[Floats, Catalog]:
    """Features free of directions, and the unit's code as one more where it is known."""
    free: Iterable[Feature] = (replace(feature, monotone=0) for feature in catalog.features)
    if unit is None or unit.isna().all():
        return values, Catalog(tuple(free), catalog.groups)
    codes = pd.factorize(unit, sort=True)[0].astype(np.float64)
    column = np.where(codes < 0, np.nan, codes)
    return np.column_stack([values, column]), Catalog((*free, UNIT), catalog.groups)
