"""The metrics as pure functions of (outcome, score, weight): the definitions behind every number of a comparison.

All arguments are arrays of shape (n,), one entry a visit. Strata (the decision days, or decision day x inspector) are
pooled by summing numerators and denominators; a pair, a cut or a precision never reaches across two strata. A metric
that is not defined on the rows given is None, never a number.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskml.errors import DataError
from riskml.evaluation._calibration import calibrate
from riskml.evaluation._ranking import Floats, Tally, rank, tally


@dataclass(frozen=True)
class BudgetCut:
    """What a limited number of visits finds, summed over the strata.

    Attributes:
        visits: visits allowed; a fraction is kept, not rounded.
        found: positives among them, expected under random order inside ties.
        precision: found / visits; None without visits.
        recall: found / all positives; None without positives.
        lift: found / what as many visits per stratum find in random order; None without positives.
    """

    visits: float
    found: float
    precision: float | None
    recall: float | None
    lift: float | None


def at_budget(
    outcome: ArrayLike,
    score: ArrayLike,
    *,
    share: float | None = None,
    visits: float | None = None,
    weight: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
) -> BudgetCut:
    """Positives found by visiting the highest scores of each stratum first.

    Tie groups are taken whole from the riskiest; the group in which the budget ends gives hits * left / size, its
    expected value under random order (GRADES.md 11.2). A constant score is therefore exactly the random policy.

    Args:
        outcome: True or 1 for a failed visit.
        score: higher is riskier; no NaN.
        share: budget as a share of each stratum's weight, in (0, 1]; the visits may be fractional.
        visits: instead of `share`, visits in each stratum, in (0, weight of the stratum].
        weight: of each row, >= 0; absent means 1.
        stratum: code of each row's stratum; absent means one stratum.

    Raises:
        DataError: for a budget out of its range or given twice, NaN scores, unequal lengths, wrong outcomes or weights.

    >>> cut = at_budget([1, 0, 1, 0], [9, 5, 5, 1], visits=2)
    >>> cut.found, cut.precision, cut.recall, cut.lift
    (1.5, 0.75, 0.75, 1.5)
    """
    if (share is None) == (visits is None):
        raise DataError(f"give the budget as share or as visits, one of them; got {share} and {visits}")
    if share is not None and not 0 < share <= 1:
        raise DataError(f"budget share {share} is not allowed; it lies above 0 and up to 1")
    rows = _vectors(outcome, score, weight, stratum)
    if visits is not None:
        _check_visits(visits, rows)
    sums = _tally(rows, share or 0.0, visits or 0.0)
    values = {name: _number(value) for name, value in sums.at_budget(0).items()}
    found = float(sums.found[0, 0])
    return BudgetCut(float(sums.visits[0, 0]), found, values["precision"], values["recall"], values["lift"])


def auc(
    outcome: ArrayLike, score: ArrayLike, *, weight: ArrayLike | None = None, stratum: ArrayLike | None = None
) -> float | None:
    """Share of the (failed, passed) pairs of one stratum that the score orders rightly; a tie counts half.

    Strata are pooled by their number (weight) of pairs. With strata = decision day x inspector this is the
    within-inspector AUC (METHOD.md 1).

    Returns:
        In [0, 1], or None if no stratum holds both outcomes.

    Raises:
        DataError: as in `at_budget`.

    >>> auc([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1])
    0.875
    >>> auc([1, 0], [0.9, 0.5], stratum=["May", "June"]) is None
    True
    """
    return _number(_tally(_vectors(outcome, score, weight, stratum)).auc)


def average_precision(
    outcome: ArrayLike, score: ArrayLike, *, weight: ArrayLike | None = None, stratum: ArrayLike | None = None
) -> float | None:
    """Mean over the positives of the precision at their score, every tied row included (the usual step definition).

    Rows of one tie group share the precision at its end, so no order inside a tie can help, and a constant score has
    the share of positives. Strata are pooled by their positives; one without positives adds nothing.

    Returns:
        In (0, 1], or None without positives.

    Raises:
        DataError: as in `at_budget`.

    >>> average_precision([1, 0, 1, 0], [4, 3, 2, 1])
    0.8333333333333333
    """
    return _number(_tally(_vectors(outcome, score, weight, stratum)).average_precision)


def brier(outcome: ArrayLike, probability: ArrayLike, *, weight: ArrayLike | None = None) -> float | None:
    """Weighted mean of (probability - outcome) squared (Brier 1950); None without rows.

    Raises:
        DataError: as in `at_budget`, and for a probability outside [0, 1].

    >>> brier([1, 0], [0.5, 0.25])
    0.15625
    """
    return _calibration(outcome, probability, weight, 0)


def calibration_slope(outcome: ArrayLike, probability: ArrayLike, *, weight: ArrayLike | None = None) -> float | None:
    """The b of logit P(fail) = a + b logit(probability), by maximum likelihood; 1 is right, below 1 is too extreme.

    Cox 1958; Van Calster et al. 2016 and 2019 ("weak calibration").

    Returns:
        None if it does not exist: one outcome only, equal or separating probabilities, or one that is exactly 0 or 1.

    Raises:
        DataError: as in `brier`.

    >>> round(calibration_slope([0, 0, 0, 1, 0, 1, 1, 1], [0.25] * 4 + [0.75] * 4), 9)
    1.0
    """
    return _calibration(outcome, probability, weight, 1)


def calibration_intercept(
    outcome: ArrayLike, probability: ArrayLike, *, weight: ArrayLike | None = None
) -> float | None:
    """Calibration in the large: the a of logit P(fail) = a + logit(probability), the slope held at 1.

    0 is right; above 0 the probabilities are too low on average (Van Calster et al. 2016 and 2019).

    Returns:
        None if it does not exist: one outcome only, or a probability that is exactly 0 or 1.

    Raises:
        DataError: as in `brier`.

    >>> round(calibration_intercept([0, 1, 1, 1], [0.5] * 4), 9)  # log(3)
    1.098612289
    """
    return _calibration(outcome, probability, weight, 2)


@dataclass(frozen=True, eq=False)
class _Vectors:
    outcome: NDArray[np.bool_]
    score: Floats
    weight: Floats
    stratum: NDArray[np.int64]


def _vectors(outcome: ArrayLike, score: ArrayLike, weight: ArrayLike | None, stratum: ArrayLike | None) -> _Vectors:
    outcomes, scores = np.asarray(outcome), np.asarray(score, dtype=np.float64)
    weights = np.ones(len(scores)) if weight is None else np.asarray(weight, dtype=np.float64)
    strata: NDArray[Any] = np.zeros(len(scores)) if stratum is None else np.asarray(stratum)
    shapes = [outcomes.shape, scores.shape, weights.shape, strata.shape]
    if len(set(shapes)) > 1 or scores.ndim != 1:
        raise DataError(f"outcome, score, weight and stratum must be vectors of one length; got shapes {shapes}")
    wrong = np.count_nonzero(~np.isin(outcomes, [0, 1]))
    if wrong:
        raise DataError(f"{wrong} outcomes are neither 0 nor 1; leave rows without a settled outcome out")
    if np.isnan(scores).any():
        raise DataError(f"{np.count_nonzero(np.isnan(scores))} scores are NaN; every row needs a score")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise DataError("weights must be finite and not negative")
    codes = np.unique(strata, return_inverse=True)[1]
    return _Vectors(outcomes.astype(bool), scores, weights, codes.astype(np.int64))


def _check_visits(visits: float, rows: _Vectors) -> None:
    smallest = float(np.bincount(rows.stratum, rows.weight).min(initial=np.inf)) if len(rows.stratum) else 0.0
    if not 0 < visits <= smallest:
        raise DataError(f"a budget of {visits} visits is not allowed; the smallest pool has {smallest:g}")


def _tally(rows: _Vectors, share: float = 1.0, visits: float = 0.0) -> Tally:
    site = np.zeros(len(rows.score), dtype=np.int32)
    ranked = rank(rows.outcome, rows.score, weight=rows.weight, stratum=rows.stratum, site=site)
    return tally(ranked, np.ones((1, 1), dtype=np.uint16), shares=[share], visits=visits)


def _calibration(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None, column: int) -> float | None:
    rows = _vectors(outcome, probability, weight, None)
    outside = np.count_nonzero((rows.score < 0) | (rows.score > 1))
    if outside:
        raise DataError(f"{outside} probabilities lie outside 0 to 1")
    site, once = np.zeros(len(rows.score), dtype=np.int32), np.ones((1, 1), dtype=np.uint16)
    return _number(calibrate(rows.outcome, rows.score, weight=rows.weight, site=site, multiplicity=once)[:, column])


def _number(values: Floats) -> float | None:
    return None if np.isnan(values[0]) else float(values[0])
