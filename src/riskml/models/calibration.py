"""Calibration on later rows than training: Platt's two numbers, or none where the rows do not allow it."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

MIN_POSITIVES: Final = 20


@dataclass(frozen=True)
class Calibration:
    """Probability = 1 / (1 + exp(-(slope x raw + intercept))).

    Attributes:
        kind: "platt" or "none" (slope 1, intercept 0).
        slope: positive, so that calibration never changes the order.
        intercept: log-odds.
        rows, positives: what it was fitted on.
        note: why it is "none", else empty.
    """

    kind: str
    slope: float
    intercept: float
    rows: int
    positives: int
    note: str = ""

    def probabilities(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of raw scores, shape (rows,)."""
        return np.asarray(1.0 / (1.0 + np.exp(-(self.slope * raw + self.intercept))), dtype=np.float64)

    def as_dict(self) -> dict[str, Any]:
        """What the artifact stores."""
        if self.kind == "none":
            return {"kind": "none"}
        return {"kind": "platt", "slope": self.slope, "intercept": self.intercept}


def fit_platt(raw: NDArray[np.float64], fail: NDArray[np.bool_]) -> Calibration:
    """Fit slope and intercept by maximum likelihood (Platt 1999), without penalty.

    With fewer than 20 rows of either outcome, or a slope that is not positive, calibration stays "none", with a note.
    """
    positives = int(fail.sum())
    if min(positives, len(fail) - positives) < MIN_POSITIVES:
        note = f"not calibrated: {positives} failures in {len(fail)} rows, {MIN_POSITIVES} of either outcome are needed"
        return Calibration("none", 1.0, 0.0, len(fail), positives, note)
    fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(raw.reshape(-1, 1), fail)
    slope, intercept = float(fit.coef_[0, 0]), float(fit.intercept_[0])
    if slope <= 0:
        note = f"not calibrated: the slope on later rows is {slope:.2f}, not positive"
        return Calibration("none", 1.0, 0.0, len(fail), positives, note)
    return Calibration("platt", slope, intercept, len(fail), positives)
