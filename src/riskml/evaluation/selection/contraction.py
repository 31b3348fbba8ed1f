"""Contraction: a policy judged where nearly everybody was visited, its budget shrunk below theirs.

Lakkaraju, Kleinberg, Leskovec, Ludwig and Mullainathan (2017) take the decision makers who release most defendants, so
that few outcomes are hidden, and let a rule shrink their releases. Here a unit (an office) that visits nearly all of
its sites takes the place of the lenient judge: within the visits of such units the policy makes only as many as its
budget, a share of all their sites, and finds what it finds. What it says of the other units holds only if those units'
sites fail alike, which nobody assigned at random: it is shown beside the other methods, never instead of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskml.evaluation._ranking import Floats, Multiplicity
from riskml.evaluation.selection._choice import Choice, choice
from riskml.evaluation.selection._rows import Flags, Selected
from riskml.evaluation.selection._values import CONTRACTION, Key, Values, naive

LABELLED, FAILED = 0, 1


@dataclass(frozen=True, eq=False)
class Contraction:
    """The policies within the units that visit nearly everybody.

    Attributes:
        inside: whether a row belongs to such a unit, shape (n,).
        units: how many there are; labelled_share: of their rows, by weight.
        reason: why there is no number; empty if there is.
    """

    inside: Flags
    units: int
    labelled_share: float
    reason: str


def complete_units(chosen: Selected) -> Contraction:
    """The units whose labelled share reaches `rules.complete`, taken together, or why contraction is not possible."""
    pool, rules = chosen.pool, chosen.rules
    nobody = np.zeros(len(pool.site), dtype=bool)
    if chosen.unit is None:
        return Contraction(nobody, 0, float("nan"), chosen.missing["unit"])
    known = chosen.unit >= 0
    share = _labelled_share(chosen.unit[known], pool.labelled[known], pool.weight[known])
    best = float(np.nanmax(share, initial=0.0))
    units = np.flatnonzero(share >= rules.complete)
    if not len(units):
        reason = f"no {rules.unit} has labels for {rules.complete:.0%} of its sites; the most complete has {best:.0%}"
        return Contraction(nobody, 0, best, f"not enough: {reason}")
    inside = np.isin(chosen.unit, units)
    failures = int((inside & pool.labelled & pool.fail).sum())
    together = float(pool.weight[inside & pool.labelled].sum() / pool.weight[inside].sum())
    short = failures < rules.unit_failures
    reason = f"not enough: {failures} failures in {len(units)} complete units, {rules.unit_failures} are needed"
    return Contraction(inside, len(units), together, reason if short else "")


def _labelled_share(unit: NDArray[np.int64], labelled: Flags, weight: Floats) -> Floats:
    """Labelled share of each unit by weight; NaN without weight."""
    size = np.bincount(unit, weight)
    seen = np.bincount(unit, weight * labelled)
    return np.asarray(np.divide(seen, size, out=np.full(len(size), np.nan), where=size > 0), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class ContractionEstimators:
    """Contraction of every policy and pair, prepared once.

    Attributes:
        policies, pairs, budgets: as in `Estimators`.
        choice: the labelled rows of the units ranked first, so that a budget takes nobody else while they last.
        columns: R and R Y, shape (n', 2).
    """

    policies: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    budgets: tuple[float, ...]
    choice: Choice
    columns: Floats

    def values(self, multiplicity: Multiplicity) -> Values:
        """Every number under each weighting of the sites."""
        found: Values = {}
        values = naive(self.choice.sums(self.columns, multiplicity), LABELLED, FAILED)
        for metric, value in values.items():
            for k, budget in enumerate(self.budgets):
                name = f"{metric}@{budget:.2f}"
                found |= {Key(p, name, CONTRACTION): value[:, i, k] for i, p in enumerate(self.policies)}
                for (a, b), (i, j) in zip(self.pairs, self.choice.pairs, strict=True):
                    found[Key(f"{a} - {b}", name, CONTRACTION)] = value[:, i, k] - value[:, j, k]
        return found


def contraction_estimators(
    chosen: Selected, inside: Flags, *, budgets: Sequence[float], pairs: Sequence[tuple[str, str]]
) -> ContractionEstimators:
    """Prepare the policies within the rows `inside`."""
    pool = chosen.pool
    policies = tuple(pool.scores)
    labelled = pool.labelled[inside]
    ranked = choice(
        [np.where(labelled, score[inside], -np.inf) for score in pool.scores.values()],
        site=pool.site[inside],
        weight=pool.weight[inside],
        stratum=pool.origin[inside],
        budgets=budgets,
        pairs=[(policies.index(a), policies.index(b)) for a, b in pairs],
    )
    columns = np.column_stack([labelled, labelled & pool.fail[inside]]).astype(np.float64)
    return ContractionEstimators(policies, tuple(pairs), tuple(budgets), ranked, columns)
