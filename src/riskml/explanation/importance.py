"""Which features move the score: over one day's rows, and over the origins with an interval and a range of ranks."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from riskml.errors import DataError
from riskml.features.catalog import Catalog

Floats = NDArray[np.float64]

UPPER_TAIL: Final = 0.975
"""Of Student's distribution: intervals of 95 % nominal coverage."""


def importance(contributions: Floats, catalog: Catalog) -> pd.DataFrame:
    """Mean absolute Shapley value of each feature, largest first.

    Args:
        contributions: shape (rows, features + 1), in log-odds before calibration; the last column (the expected value)
            is left out.
        catalog: the features in column order.

    Returns:
        feature, text_en, text_zh, mean_abs_contribution.
    """
    table = features_told(catalog).assign(mean_abs_contribution=mean_moves(contributions))
    return table.sort_values("mean_abs_contribution", ascending=False, kind="stable", ignore_index=True)


def mean_moves(contributions: Floats) -> Floats:
    """Mean absolute contribution of each column but the last, shape (features,).

    >>> mean_moves(np.array([[1.0, -2.0, 9.0], [-3.0, 0.0, 9.0]]))
    array([2., 1.])
    """
    moved: Floats = np.abs(contributions[:, :-1]).mean(axis=0)
    return moved


def features_told(catalog: Catalog) -> pd.DataFrame:
    """feature, text_en, text_zh of each feature, in order."""
    parts = {name: [getattr(feature, name) for feature in catalog.features] for name in ("text_en", "text_zh")}
    return pd.DataFrame({"feature": catalog.names, **parts})


def over_origins(moves: Sequence[Floats], told: pd.DataFrame, exported: Floats) -> pd.DataFrame:
    """Importance with its interval over the origins, largest first.

    Each origin has a model of its own and rows of its own, so what differs between origins is both what the model
    learned and whom it scored. The interval is Student's, of the mean over the origins: with the few origins of a study
    the percentiles of a bootstrap over origins are too narrow (Efron, Tibshirani 1993, "An Introduction to the
    Bootstrap", section 12.5). Neighbouring origins share training rows and sites, so it is too narrow still, if they
    agree for that reason: read it beside the range of the ranks, which assumes nothing.

    Args:
        moves: `mean_moves` of each origin, each of shape (features,).
        told: what the columns are, such as `features_told`; one row a column.
        exported: `mean_moves` of the exported model on the sites of the last day, shape (features,).

    Returns:
        The columns of `told`; mean_abs_contribution (mean over the origins), low, high (missing below two origins; low
        is cut at 0), rank (1 for the largest; equal ones share the best), rank_low, rank_high (best and worst rank at
        any origin), origins, exported (of the exported model).

    Raises:
        DataError: for no origin, or arrays of another length than `told`.
    """
    wrong = [len(part) for part in (*moves, exported) if len(part) != len(told)]
    if not moves or wrong:
        raise DataError(
            f"{len(moves)} origins of {wrong or len(told)} columns; needs an origin and {len(told)} columns"
        )
    held, count = np.vstack(moves), len(moves)
    mean = held.mean(axis=0)
    half = np.full(len(told), np.nan)
    if count > 1:
        half = stdtrit(count - 1, UPPER_TAIL) * held.std(axis=0, ddof=1) / np.sqrt(count)
    ranks = np.vstack([_ranks(part) for part in held])
    table = told.assign(
        mean_abs_contribution=mean,
        low=np.maximum(mean - half, 0.0),
        high=mean + half,
        rank=_ranks(mean),
        rank_low=ranks.min(axis=0),
        rank_high=ranks.max(axis=0),
        origins=count,
        exported=exported,
    )
    return table.sort_values("mean_abs_contribution", ascending=False, kind="stable", ignore_index=True)


def _ranks(moved: Floats) -> NDArray[np.int64]:
    """1 for the largest; equal ones share the best rank.

    >>> _ranks(np.array([0.2, 0.5, 0.0, 0.2])).tolist()
    [2, 1, 4, 2]
    """
    ranks: NDArray[np.int64] = 1 + (moved[:, None] < moved[None, :]).sum(axis=1)
    return ranks
