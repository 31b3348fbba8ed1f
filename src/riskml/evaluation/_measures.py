"""Everything that one comparison measures, for many weightings of its sites: per policy, per pair, as prescribed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from riskml.evaluation._policies import SAVED, Prepared, prepare
from riskml.evaluation._pools import Pool
from riskml.evaluation._ranking import Floats, Multiplicity, Tally
from riskml.evaluation.intervals import bootstrap
from riskml.evaluation.prescribed import Prescribed, prepare_prescribed
from riskml.evaluation.saved import share_needed, visits_saved

POLICIES: Final = "policies"
DIFFERENCES: Final = "differences"

Values = dict[tuple[str, str, str], Floats]
"""(part, name, metric) -> values, each of shape (draws,). The part is `POLICIES`, `DIFFERENCES` (names "a - b"), or a
grading system's policy: what it, the policies paired with it and these pairs reach at the visits it prescribes."""

Pairs = Sequence[tuple[str, str]]
Metrics = dict[str, Floats]


@dataclass(frozen=True, eq=False)
class Measures:
    """The policies, ranked once, and what is asked of them; see `prepare_measures`."""

    prepared: dict[str, Prepared]
    pairs: Pairs
    prescribed: tuple[Prescribed, ...]

    def values(self, multiplicity: Multiplicity, *, resampled: bool = False) -> Values:
        """Each metric under each weighting of shape (draws, sites); `resampled`: these are resamples (`_recut`)."""
        together = np.asfortranarray(multiplicity)
        measured = {policy: ready.measured(together, resampled=resampled) for policy, ready in self.prepared.items()}
        policies = {policy: told for policy, (told, _) in measured.items()}
        parts = {
            POLICIES: policies,
            DIFFERENCES: {f"{a} - {b}": _minus(policies[a], policies[b]) for a, b in self.pairs},
        }
        saved = self._saved({policy: sums for policy, (_, sums) in measured.items()}, multiplicity)
        prescribed = {one.grade: self._prescribed(one, together) for one in self.prescribed}
        for name, metrics in saved.items():
            parts[DIFFERENCES][name] |= metrics
        for grade, told in prescribed.items():
            policies[grade] |= told[grade]
            for a in told.keys() - self.prepared.keys():
                parts[DIFFERENCES][a] |= told[a]
        parts |= prescribed
        return {
            (part, name, metric): value
            for part, names in parts.items()
            for name, metrics in names.items()
            for metric, value in metrics.items()
        }

    def _saved(self, sums: dict[str, Tally], multiplicity: Multiplicity) -> dict[str, Metrics]:
        """Visits saved: what b needs for its finds within each budget, less what a needs for as many."""
        saved: dict[str, Metrics] = {}
        for a in dict.fromkeys(a for a, _ in self.pairs):
            rivals = [b for one, b in self.pairs if one == a]
            needed = share_needed(
                self.prepared[a].visits, multiplicity, np.concatenate([sums[b].found for b in rivals], axis=1)
            )
            gains = visits_saved(needed, np.concatenate([sums[b].reach for b in rivals], axis=1))
            names = [(f"{a} - {b}", f"{SAVED}@{budget:.2f}") for b in rivals for budget in self.prepared[a].budgets]
            for place, (name, metric) in enumerate(names):
                saved.setdefault(name, {})[metric] = gains[:, place]
        return saved

    def _prescribed(self, one: Prescribed, multiplicity: Multiplicity) -> dict[str, Metrics]:
        rivals = {a: self.prepared[a] for a, b in self.pairs if b == one.grade}
        told, _ = one.values(multiplicity, rivals)
        return told | {f"{a} - {one.grade}": _minus(told[a], told[one.grade]) for a in rivals}


def prepare_measures(
    pool: Pool,
    *,
    budgets: Sequence[float],
    probability_policies: Sequence[str],
    pairs: Pairs,
    horizon_days: int | None,
) -> Measures:
    """Rank the pool by every policy; as prescribed only with a horizon and for policies with rates."""
    prepared = {
        policy: prepare(pool, policy, budgets=budgets, probability=policy in probability_policies)
        for policy in pool.scores
    }
    grades = list(pool.rates) if horizon_days is not None and pool.labelled.any() else []
    prescribed = tuple(prepare_prescribed(pool, grade, horizon_days=horizon_days or 0) for grade in grades)
    return Measures(prepared, tuple(pairs), prescribed)


def as_they_are(measures: Measures, *, sites: int) -> Values:
    """The values of the rows themselves; shape (1,) each."""
    return measures.values(np.ones((1, sites), dtype=np.uint16))


def under_resamples(measures: Measures, point: Values, *, sites: int, draws: int, seed: int) -> Values:
    """The same values as `point` under each resample; every resample serves all policies."""

    def statistic(multiplicity: Multiplicity) -> Floats:
        found = measures.values(multiplicity, resampled=True)
        return np.column_stack([found[key] for key in point])

    table = bootstrap(statistic, sites=sites, draws=draws, seed=seed)
    return {key: table[:, place] if draws else np.empty(0) for place, key in enumerate(point)}


def of_part(values: Values, part: str) -> dict[str, Metrics]:
    """The values of one part: name -> metric -> values."""
    found: dict[str, Metrics] = {}
    for (of, name, metric), value in values.items():
        if of == part:
            found.setdefault(name, {})[metric] = value
    return found


def _minus(a: Metrics, b: Metrics) -> Metrics:
    return {metric: a[metric] - b[metric] for metric in a if metric in b}
