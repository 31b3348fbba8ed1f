"""Whether the reasons stay if the model is trained again with other seeds: on the same rows, from the same records."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from riskml.errors import DataError

Floats = NDArray[np.float64]

TOP: Final = 5
"""Reasons that an officer reads: how many of them stay."""
MEASURES: Final = ("importance", "reasons", "scores", "top_reason", "top_five")


def stability(first: Floats, refits: Sequence[Floats], groups: Sequence[Sequence[int]] = ()) -> pd.DataFrame:
    """How much of the explanations stays in each refit.

    A seed decides which features each tree may choose from. What changes with it is no knowledge about a site: it is
    the model's choice among features that tell nearly the same. How the reasons would change with other records is
    another question, which the range over the origins tells of.

    Args:
        first: contributions of the model, shape (rows, features + 1); the last column is the expected value.
        refits: those of each refit, of the same rows; the same shape.
        groups: places of the features of each group that officers read as one reason; none for no such measure.

    Returns:
        One row a refit: refit (from 1); importance, Spearman's correlation of the mean absolute contributions of the
        features; reasons, the mean over the rows of Spearman's correlation of a row's contributions, sign included;
        scores, of the log-odds; top_reason, the share of rows whose strongest reason is the same feature; top_five, the
        mean share of a row's five strongest that stay; top_group, as top_reason by groups (missing without groups).
        Correlations are over the features that one of the two models uses; missing where all values are equal.

    Raises:
        DataError: for refits of another shape.
    """
    wrong = [part.shape for part in refits if part.shape != first.shape]
    if wrong:
        raise DataError(f"refits must have the shape of the model's contributions {first.shape}, got {wrong}")
    rows = [
        {"refit": number, **_compared(first, again), "top_group": _top_group(first, again, groups)}
        for number, again in enumerate(refits, start=1)
    ]
    kinds = {"refit": "int64", **dict.fromkeys((*MEASURES, "top_group"), "float64")}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def _compared(first: Floats, again: Floats) -> dict[str, float]:
    used = np.flatnonzero((first[:, :-1] != 0.0).any(axis=0) | (again[:, :-1] != 0.0).any(axis=0))
    if not len(used):
        return dict.fromkeys(MEASURES, float("nan"))
    a, b = first[:, used], again[:, used]
    strongest, still = (np.argsort(-np.abs(part), axis=1, kind="stable")[:, :TOP] for part in (a, b))
    kept = (strongest[:, :, None] == still[:, None, :]).any(axis=2)
    means, scores = (np.abs(part).mean(axis=0)[None] for part in (a, b)), (first.sum(1)[None], again.sum(1)[None])
    return {
        "importance": rank_correlation(*means)[0],
        "reasons": _mean(rank_correlation(a, b)),
        "scores": rank_correlation(*scores)[0],
        "top_reason": float((strongest[:, 0] == still[:, 0]).mean()),
        "top_five": float(kept.mean()),
    }


def _top_group(first: Floats, again: Floats, groups: Sequence[Sequence[int]]) -> float:
    if not groups:
        return float("nan")
    strongest, still = (np.abs(grouped(part, groups)[:, :-1]).argmax(axis=1) for part in (first, again))
    return float((strongest == still).mean())


def grouped(contributions: Floats, groups: Sequence[Sequence[int]]) -> Floats:
    """The contributions of groups of features: the sums of their members', for Shapley values add; sign before size.

    Args:
        contributions: shape (rows, features + 1); the last column is the expected value.
        groups: places of the features of each group.

    Returns:
        Shape (rows, groups + 1), the expected value last.

    >>> grouped(np.array([[1.0, -3.0, 2.0, 0.5]]), [[0, 1], [2]])
    array([[-2. ,  2. ,  0.5]])
    """
    parts = [contributions[:, list(members)].sum(axis=1) for members in groups]
    return np.column_stack([*parts, contributions[:, -1]])


def rank_correlation(a: Floats, b: Floats) -> Floats:
    """Spearman's correlation of each row of one table with the same row of another; NaN where a row does not vary.

    Args:
        a: shape (rows, columns). Equal values share the mean of their ranks.
        b: the same shape.

    >>> rank_correlation(np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]), np.array([[0.1, 0.2, 9.0], [3.0, 1.0, 2.0]]))
    array([ 1. , -0.5])
    """
    centred = [part - part.mean(axis=1, keepdims=True) for part in (rankdata(a, axis=1), rankdata(b, axis=1))]
    size = np.sqrt(np.prod([(part**2).sum(axis=1) for part in centred], axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation: Floats = (centred[0] * centred[1]).sum(axis=1) / size
    return correlation


def _mean(values: Floats) -> float:
    """The mean of what is not missing."""
    held = values[~np.isnan(values)]
    return float(held.mean()) if len(held) else float("nan")
