"""Grade and model together: what the grade still adds once the model is known."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.models.likelihood import greatest_likelihood

NEEDED: Final = 50
"""Calibration rows of either outcome below which the model stands alone."""
RIDGE: Final = 1.0
"""Penalty on the weights, in rows, of standardised scores."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stack:
    """Score = model's log-odds x `model` + (grade's score - `middle`) / `spread` x `grade` + `intercept`, in log-odds.

    Attributes:
        note: why the grade has no weight, else empty.
    """

    model: float
    grade: float
    intercept: float
    middle: float
    spread: float
    note: str = ""

    def scores(self, raw: Floats, grade: Floats) -> Floats:
        """Log-odds, shape (n,)."""
        return self.model * raw + self.grade * ((grade - self.middle) / self.spread) + self.intercept


def fit_stack(raw: Floats, grade: Floats, fail: NDArray[np.bool_]) -> Stack:
    """Weights of the model's log-odds and of the grade's score, by logistic regression.

    Args:
        raw: the model's log-odds of rows later than its training, shape (n,).
        grade: the grade's score of the same rows, by its points where it has some.
        fail: their outcomes. Never those of the rows that will be judged.
    """
    failures = int(fail.sum())
    alone = Stack(1.0, 0.0, 0.0, 0.0, 1.0)
    if min(failures, len(fail) - failures) < NEEDED:
        note = f"{failures} failures in {len(fail)} rows, {NEEDED} of either outcome are needed"
        return Stack(**{**alone.__dict__, "note": note})
    spread, scale = float(grade.std()), float(raw.std())
    if not spread > 0 or not scale > 0:
        return Stack(**{**alone.__dict__, "note": "one grade or one score for all calibration rows"})
    middle = float(grade.mean())
    columns = np.column_stack([raw / scale, (grade - middle) / spread])
    model, weight, intercept = greatest_likelihood(columns, fail, ridge=RIDGE)
    if not np.isfinite([model, weight, intercept]).all():
        return Stack(**{**alone.__dict__, "note": "grade and model rank the calibration rows alike"})
    return Stack(model / scale, weight, intercept, middle, spread)
