"""What stands beside each number of the selection table: rows, effective sample size, clipped share, reasons."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from riskml.evaluation._ranking import Floats
from riskml.evaluation.selection._rows import Flags, Selected
from riskml.evaluation.selection._values import (
    ARM,
    CONTRACTION,
    HAJEK,
    HT,
    METHODS,
    NAIVE,
    ROBUST,
    SENSITIVITY,
    Estimators,
)  # fmt: skip
from riskml.evaluation.selection.contraction import Contraction

_BY_PROPENSITY: Final = (HAJEK, HT, ROBUST, SENSITIVITY)
_EMPTY: Final = {
    "precision": "no labelled visit is among the chosen",
    "recall": "no failure is known, or none is known outside the chosen",
    "lift": "no failure is known, or none is known outside the chosen",
    "labelled_share": "there is no row with a weight",
    "observed_expected": "there is no labelled visit, or no failure is expected",
    "calibration_intercept": "it does not exist: one outcome only, or a probability that is 0 or 1",
    "calibration_slope": "it does not exist: one outcome only, equal or separating probabilities, or one of 0 or 1",
}


@dataclass(frozen=True)
class Facts:
    """What stands beside a number.

    Attributes:
        n: rows whose outcome, seen or replaced, enters; n_positive: known failures among them.
        ess: effective number of labelled rows behind it (Kish 1965); NaN where no row is weighed.
        clipped: share of the labelled weight whose propensity lies below 1 / clip; NaN where nothing is weighed.
    """

    n: int
    n_positive: int
    ess: float = float("nan")
    clipped: float = float("nan")


class FactsOf:
    """Facts of every method and policy on the same rows.

    Attributes:
        chosen: the rows.
        contraction: the units of that method.
    """

    def __init__(self, chosen: Selected, contraction: Contraction, prepared: Estimators) -> None:
        """Take the sizes of all choices once."""
        self.chosen, self.contraction = chosen, contraction
        weights: dict[str, Floats] = {NAIVE: chosen.pool.labelled.astype(np.float64)}
        if chosen.propensity is not None:
            weights |= dict.fromkeys(_BY_PROPENSITY, chosen.pool.labelled * chosen.inverse)
        if chosen.arm is not None:
            weights[ARM] = chosen.arm.astype(np.float64) * np.minimum(chosen.arm_raw_weight, chosen.rules.clip)
        self._weights = weights
        self._counts = {method: self._count(method) for method in METHODS}
        self._ess = self._all_ess(prepared)

    def of(self, policy: str, metric: str, method: str) -> Facts:
        """Facts of one row of the table; those of a pair are the smaller effective size of the two."""
        name, _, budget = metric.partition("@")
        n, positive, clipped = self._counts[method]
        place = (method, policy, budget if name == "precision" else "")
        return Facts(n, positive, self._ess.get(place, float("nan")), clipped)

    def reason(self, metric: str, method: str) -> str:
        """Why a method has no number at all, or else why this metric can have none."""
        chosen, missing = self.chosen, self.chosen.missing
        if method in _BY_PROPENSITY and "propensity" in missing:
            return missing["propensity"]
        if method in (ROBUST, SENSITIVITY) and "regression" in missing:
            return missing["regression"]
        if method == CONTRACTION and self.contraction.reason:
            return self.contraction.reason
        if method == ARM:
            if chosen.arm is None:
                return missing["arm"]
            visits, failures = int(chosen.arm.sum()), int((chosen.arm & chosen.pool.fail).sum())
            if failures < max(1, chosen.rules.arm_failures):
                needed = max(1, chosen.rules.arm_failures)
                return f"not enough: {failures} failures in {visits} double-random visits, {needed} are needed"
        return _EMPTY[metric.partition("@")[0]]

    def note(self, method: str) -> str:
        """What a number that is there stands on, where that is not plain; else empty."""
        if method == CONTRACTION:
            units, share = self.contraction.units, self.contraction.labelled_share
            return f"within {units} units that have labels for {share:.0%} of their sites"
        if method == ARM and self.chosen.arm_propensity is None:
            if self.chosen.propensity is None:
                return "not corrected for visits that came before the random one: no propensity"
            return "random visits weighed by 1 / (1 - propensity / 2), as other visits may come first"
        return ""

    def _count(self, method: str) -> tuple[int, int, float]:
        pool, rows = self.chosen.pool, self._rows(method)
        return int(rows.sum()), int((rows & pool.labelled & pool.fail).sum()), self._clipped(method)

    def _rows(self, method: str) -> Flags:
        pool = self.chosen.pool
        if method == NAIVE:
            return pool.labelled
        if method == ARM:
            return np.zeros(len(pool.site), dtype=bool) if self.chosen.arm is None else self.chosen.arm
        return self.contraction.inside if method == CONTRACTION else np.ones(len(pool.site), dtype=bool)

    def _clipped(self, method: str) -> float:
        chosen = self.chosen
        if method not in self._weights or method == NAIVE:
            return float("nan")
        rows, raw = (chosen.arm, chosen.arm_raw_weight) if method == ARM else (chosen.pool.labelled, chosen.raw_weight)
        own = chosen.pool.weight * (rows if rows is not None else 0.0)
        whole = float(own.sum())
        return float(own[raw > chosen.rules.clip].sum()) / whole if whole > 0 else float("nan")

    def _all_ess(self, prepared: Estimators) -> dict[tuple[str, str, str], float]:
        """(method, policy or pair, budget; "" for all rows) -> effective sample size."""
        pool, methods = self.chosen.pool, list(self._weights)
        # One column a method for the sum of weights and one for the sum of their squares, own weight squared too.
        columns = np.column_stack([column for m in methods for column in self._pair_of(self._weights[m])])
        once = np.ones((1, pool.sites), dtype=np.uint16)
        sums = prepared.choice.sums(columns, once)
        found: dict[tuple[str, str, str], float] = {}
        for k, method in enumerate(methods):
            inside = _kish(sums.chosen(2 * k)[0], sums.chosen(2 * k + 1, power=2)[0])
            whole = float(_kish(sums.everywhere(2 * k), sums.everywhere(2 * k + 1))[0, 0, 0])
            for b, budget in enumerate(prepared.budgets):
                at = f"{budget:.2f}"
                found |= {(method, p, at): float(inside[i, b]) for i, p in enumerate(prepared.policies)}
                for (one, other), (i, j) in zip(prepared.pairs, prepared.choice.pairs, strict=True):
                    found[method, f"{one} - {other}", at] = float(min(inside[i, b], inside[j, b]))
            names = [*prepared.policies, *(f"{a} - {b}" for a, b in prepared.pairs)]
            found |= {(method, name, ""): whole for name in names}
        return found

    def _pair_of(self, weight: Floats) -> tuple[Floats, Floats]:
        return weight, weight**2 * self.chosen.pool.weight


def _kish(total: Floats, squares: Floats) -> Floats:
    """(sum of weights)^2 / sum of squared weights; 0 without weight."""
    return np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)
