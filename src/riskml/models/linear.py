"""Logistic regression on all features: the plain statistical baseline that boosted trees have to beat."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from riskml.features.catalog import Catalog
from riskml.models.held_out import last_days

STRENGTHS: Final = (1.0, 0.1, 0.01, 0.001)
"""Inverses of the ridge penalty on the standardised columns to choose from."""

Floats = NDArray[np.float64]


def logistic_scores(
    learned: Floats, fail: NDArray[np.bool_], days: NDArray[np.int32], judged: Floats, catalog: Catalog
) -> Floats:
    """Log-odds by a ridge logistic regression.

    Numbers are drawn together by arsinh, a missing one becomes the median and gets a column of its own that says so; a
    category becomes one column a value. Columns are standardised; those that are constant in training are left out.
    The penalty is the one of least log loss on the last training days (`models.held_out`), where they allow a choice.

    Args:
        learned: features of the training rows, shape (n, features).
        fail: their outcomes, of both kinds.
        days: their planning days.
        judged: features of the rows to score, shape (m, features).
        catalog: the features in column order.

    Returns:
        Shape (m,). One thread does the sums, so that the bits do not depend on their number.
    """
    parts = [_columns(learned[:, k], judged[:, k], f.is_category) for k, f in enumerate(catalog.features)]
    train, test = (np.column_stack(side) for side in zip(*parts, strict=True))
    centre, spread = train.mean(axis=0), train.std(axis=0)
    kept = spread > 1e-12
    if not kept.any():
        return np.zeros(len(judged))
    centre, spread = centre[kept], spread[kept]
    train, test = (train[:, kept] - centre) / spread, (test[:, kept] - centre) / spread
    with threadpool_limits(limits=1):
        return _log_odds(train, fail, test, _strength(train, fail, last_days(days, fail)))


def _strength(train: Floats, fail: NDArray[np.bool_], held: NDArray[np.bool_] | None) -> float:
    """The strength of least log loss on the held-out rows; the first where there are none."""
    if held is None:
        return STRENGTHS[0]

    def loss(strength: float) -> float:
        odds = _log_odds(train[~held], fail[~held], train[held], strength)
        return float(np.logaddexp(0.0, np.where(fail[held], -odds, odds)).mean())

    return min(STRENGTHS, key=loss)


def _log_odds(train: Floats, fail: NDArray[np.bool_], test: Floats, strength: float) -> Floats:
    model = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200).fit(train, fail)
    return np.asarray(model.decision_function(test), dtype=np.float64)


def _columns(learned: Floats, judged: Floats, is_category: bool) -> tuple[Floats, Floats]:
    """The columns that one feature becomes, of both sets of rows."""
    if is_category:
        seen = np.unique(learned[~np.isnan(learned)])
        return learned[:, None] == seen, judged[:, None] == seen
    present = learned[~np.isnan(learned)]
    middle = float(np.median(present)) if len(present) else 0.0

    def made(column: Floats) -> Floats:
        absent = np.isnan(column)
        return np.column_stack([np.arcsinh(np.where(absent, middle, column)), absent])

    return made(learned), made(judged)
