"""Precision, recall and lift of every policy and pair by every method, for many weightings of the sites."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from riskml.evaluation._ranking import Floats, Multiplicity, ratio
from riskml.evaluation.selection._bounds import Ends, Grouped, nested, of_pairs, of_policies, tilted_outcome
from riskml.evaluation.selection._choice import Choice, Sums, choice
from riskml.evaluation.selection._rows import Selected

METRICS: Final = ("precision", "recall", "lift")
NAIVE, HAJEK, HT, ROBUST = "naive", "ipw_hajek", "ipw_horvitz_thompson", "doubly_robust"
SENSITIVITY, WORST, ARM, CONTRACTION, OBSERVED = (
    "sensitivity",
    "worst_case",
    "random_arm",
    "contraction",
    "observed",
)
METHODS: Final = (OBSERVED, NAIVE, HAJEK, HT, ROBUST, SENSITIVITY, WORST, CONTRACTION, ARM)
"""In the order of the table."""
ROUNDING: Final = 1e-9


class Key(NamedTuple):
    """One number of the table: `end` is "value", "lower" or "upper"; gamma is None but for the sensitivity bounds."""

    policy: str
    metric: str
    method: str
    gamma: float | None = None
    end: str = "value"


Values = dict[Key, Floats]
"""Each of shape (draws,)."""
ByMetric = dict[str, Floats]
"""Metric -> shape (draws, policies or pairs, budgets)."""


def naive(sums: Sums, labelled: int, failed: int) -> ByMetric:
    """Only what was labelled counts, as if the rest did not exist; columns R and R Y."""
    found, seen = sums.chosen(failed), sums.chosen(labelled)
    positive = sums.everywhere(failed) + 0 * found
    precision = ratio(found, seen)
    rate = ratio(positive, sums.everywhere(labelled) + 0 * found)
    return {"precision": precision, "recall": ratio(found, positive), "lift": ratio(precision, rate)}


def weighted(sums: Sums, weight: int, failed: int, budgets: Floats) -> ByMetric:
    """Hajek: the chosen and the others, each weighted to its own known size; columns of weights q and q Y.

    Recall is (visits x mean among the chosen) / (that + the rest x mean among the rest), always in [0, 1].
    """
    seen, found = sums.chosen(weight), sums.chosen(failed)
    whole, positive = sums.everywhere(weight), sums.everywhere(failed)
    visits, size = _visits(sums, budgets)
    inside = ratio(found, seen)
    others = np.where(whole - seen > ROUNDING * whole, whole - seen, 0.0)
    outside = np.where(size - visits > ROUNDING * size, ratio(np.maximum(positive - found, 0.0), others), 0.0)
    hits = visits * inside
    recall = ratio(hits, hits + (size - visits) * outside)
    return {"precision": inside, "recall": recall, "lift": recall / budgets}


def estimated(sums: Sums, outcome: int, budgets: Floats) -> ByMetric:
    """A column that stands for the outcome of every row: sums over the chosen, over known visits."""
    found, whole = sums.chosen(outcome), sums.everywhere(outcome)
    visits, _ = _visits(sums, budgets)
    recall = ratio(found, whole + 0 * found)
    return {"precision": ratio(found, visits), "recall": recall, "lift": recall / budgets}


def bounds(groups: Grouped, visits: Floats, budgets: Floats) -> dict[str, tuple[Floats, Floats]]:
    """Lower and upper ends of each metric, shape (d, policies or pairs, B, gammas + 1)."""
    least, most = groups.counts()
    small, large = groups.shares()
    by = visits[..., None]
    divide = budgets[:, None]
    return {
        "precision": (ratio(least, by + 0 * least), ratio(most, by + 0 * most)),
        "recall": (small, large),
        "lift": (small / divide, large / divide),
    }


def _visits(sums: Sums, budgets: Floats) -> tuple[Floats, Floats]:
    """Visits, shape (d, 1, B), and rows, shape (d, 1, 1), by weight."""
    size = sums.weight.sum(axis=1)[:, None, None]
    return np.asarray(size * budgets), np.asarray(size)


@dataclass(frozen=True, eq=False)
class Estimators:
    """Every method on the same choices, prepared once.

    Attributes:
        policies: names; pairs: (a, b) of them; budgets: shares; gammas: ascending.
        choice: the ranked policies.
        columns: shape (n, K); place: name -> column.
    """

    policies: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    budgets: tuple[float, ...]
    gammas: tuple[float, ...]
    choice: Choice
    columns: Floats
    place: dict[str, int]

    def values(self, multiplicity: Multiplicity) -> Values:
        """Every number under each weighting of the sites."""
        sums = self.choice.sums(self.columns, multiplicity, paired=self.place["labelled"])
        shares = np.asarray(self.budgets)
        found: Values = {}
        visits, _ = _visits(sums, shares)
        seen = sums.chosen(self.place["labelled"])
        self._points(found, OBSERVED, {"labelled_share": ratio(seen, visits + 0 * seen)})
        self._points(found, NAIVE, naive(sums, self.place["labelled"], self.place["failed"]))
        if "ipw" in self.place:
            self._points(found, HAJEK, weighted(sums, self.place["ipw"], self.place["ipw_failed"], shares))
            self._points(found, HT, estimated(sums, self.place["ipw_failed"], shares))
        if "arm" in self.place:
            self._points(found, ARM, weighted(sums, self.place["arm"], self.place["arm_failed"], shares))
        robust = estimated(sums, self.place["robust"], shares) if "robust" in self.place else None
        if robust is not None:
            self._points(found, ROBUST, robust)
        self._bounds(found, sums, robust, shares)
        return found

    def _points(self, found: Values, method: str, values: ByMetric) -> None:
        for metric, value in values.items():
            for k, budget in enumerate(self.budgets):
                name = f"{metric}@{budget:.2f}"
                found |= {Key(p, name, method): value[:, i, k] for i, p in enumerate(self.policies)}
                for (a, b), (i, j) in zip(self.pairs, self.choice.pairs, strict=True):
                    found[Key(f"{a} - {b}", name, method)] = value[:, i, k] - value[:, j, k]

    def _bounds(self, found: Values, sums: Sums, robust: ByMetric | None, shares: Floats) -> None:
        least = [*(self.place[f"tilt {1 / g!r}"] for g in self.gammas if robust), self.place["failed"]]
        most = [*(self.place[f"tilt {g!r}"] for g in self.gammas if robust), self.place["most"]]
        visits, _ = _visits(sums, shares)
        pairs = self.choice.pairs
        single = bounds(of_policies(sums, least, most), visits, shares)
        paired = bounds(of_pairs(sums, pairs, least, most), visits, shares) if len(pairs) else {}
        for metric in METRICS:
            centre = np.full(sums.share.shape[:3], np.nan) if robust is None else robust[metric]
            self._ends(found, metric, nested(*single[metric], centre=centre), self.policies)
            if paired:
                names = [f"{a} - {b}" for a, b in self.pairs]
                apart = centre[:, pairs[:, 0]] - centre[:, pairs[:, 1]]
                self._ends(found, metric, nested(*paired[metric], centre=apart), names)

    def _ends(self, found: Values, metric: str, ends: Ends, names: Sequence[str]) -> None:
        for end, values in (("lower", ends.lower), ("upper", ends.upper)):
            for i, name in enumerate(names):
                for k, budget in enumerate(self.budgets):
                    *tilted, worst = np.moveaxis(values[:, i, k], -1, 0)
                    at = f"{metric}@{budget:.2f}"
                    found |= {
                        Key(name, at, SENSITIVITY, g, end): value
                        for g, value in zip(self.gammas if tilted else (), tilted, strict=True)
                    }
                    found[Key(name, at, WORST, None, end)] = worst


def estimators(
    chosen: Selected, *, budgets: Sequence[float], pairs: Sequence[tuple[str, str]], gammas: Sequence[float]
) -> Estimators:
    """Prepare every method that the rows allow."""
    pool = chosen.pool
    policies = tuple(pool.scores)
    columns = outcome_columns(chosen, gammas)
    ranked = choice(
        list(pool.scores.values()),
        site=pool.site,
        weight=pool.weight,
        stratum=pool.origin,
        budgets=budgets,
        pairs=[(policies.index(a), policies.index(b)) for a, b in pairs],
    )
    place = {name: k for k, name in enumerate(columns)}
    table = np.column_stack(list(columns.values()))
    return Estimators(policies, tuple(pairs), tuple(budgets), tuple(gammas), ranked, table, place)


def outcome_columns(chosen: Selected, gammas: Sequence[float]) -> dict[str, Floats]:
    """What each method puts in the place of the outcomes, each of shape (n,); only what the rows allow.

    labelled R and failed R Y; ipw R / e and ipw_failed R Y / e; robust; "tilt t" for each gamma and 1 / gamma; most:
    every unlabelled row fails; arm and arm_failed: weights of the random visits. The ends of bounds come first, up to
    "labelled".
    """
    pool = chosen.pool
    labelled, fail = pool.labelled.astype(np.float64), (pool.labelled & pool.fail).astype(np.float64)
    columns = {"failed": fail, "most": fail + 1.0 - labelled}
    robust: dict[str, Floats] = {}
    if chosen.propensity is not None and chosen.regression is not None:
        given = (fail, labelled, chosen.inverse, chosen.regression)
        tilts = dict.fromkeys(t for g in gammas for t in (g, 1 / g))
        columns |= {f"tilt {tilt!r}": tilted_outcome(*given, tilt) for tilt in tilts}
        robust["robust"] = tilted_outcome(*given, 1.0)
    columns |= {"labelled": labelled, **robust}
    if chosen.propensity is not None:
        weight = labelled * chosen.inverse
        columns |= {"ipw": weight, "ipw_failed": weight * fail}
    if chosen.arm is not None and (chosen.arm & pool.fail).sum() >= max(1, chosen.rules.arm_failures):
        weight = chosen.arm.astype(np.float64) * np.minimum(chosen.arm_raw_weight, chosen.rules.clip)
        columns |= {"arm": weight, "arm_failed": weight * fail}
    return columns
