"""Known truth: the estimators are unbiased where they claim to be, and the naive figure is not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

import slow_selection as slow
from riskml.evaluation._ranking import Floats
from riskml.evaluation.selection._rows import Flags, Selected, SelectionRules, select
from riskml.evaluation.selection._values import Estimators, Key, Values, estimators, outcome_columns

BUDGET = 0.2
APART = "model - grade"
RULES = SelectionRules(clip=1e6, arm_failures=1, regression="risk")


class World:
    """Sites with known outcomes, ranked once; each round visits other ones."""

    def __init__(self, rows: pd.DataFrame) -> None:
        ordered = rows.assign(fail=rows["would_fail"].astype("boolean"), visit_type="RI", weight=1.0)
        self.rows = ordered.sort_values(["origin", "site_id"], ignore_index=True)
        self.held = select(self.rows, ["model", "grade"], RULES)
        self.ready: Estimators = estimators(self.held, budgets=[BUDGET], pairs=[("model", "grade")], gammas=[])
        self.would, self.propensity = self.held.pool.fail, self.rows["propensity"].to_numpy(np.float64)

    def values(self, labelled: Flags, *, would: Flags | None = None, **changes: Floats | None) -> Values:
        """Every number of one round."""
        pool = replace(self.held.pool, labelled=labelled, fail=labelled & (self.would if would is None else would))
        told: Selected = replace(self.held, pool=pool, **changes)  # type: ignore[arg-type]
        columns = outcome_columns(told, [])
        place = {name: k for k, name in enumerate(columns)}
        ready = replace(self.ready, columns=np.column_stack(list(columns.values())), place=place)
        return ready.values(np.ones((1, pool.sites), dtype=np.uint16))

    def truth(self, key: Key) -> float:
        """The number had everybody been visited."""
        return float(self.values(np.ones(len(self.rows), dtype=bool))[key._replace(method="naive")][0])

    def visits(self, rng: np.random.Generator) -> Values:
        """A round by the propensity."""
        return self.values(rng.random(len(self.rows)) < self.propensity)


def world(sites: int = 150, *, seed: int = 6, follow: float = 1.3) -> World:
    rows = slow.many_sites(sites, 2, seed=seed, follow=follow)
    return World(rows.assign(risk=1 / (1 + np.exp(1.1 - 0.9 * rows["score_grade"]))))


def rounds(one: Callable[[np.random.Generator], Values], keys: Sequence[Key], number: int = 250) -> Floats:
    """Mean over seeded rounds and its standard error, one row a key, shape (keys, 2)."""
    rng = np.random.default_rng(31)
    made = [one(rng) for _ in range(number)]
    values = np.array([[values[key][0] for values in made] for key in keys])
    return np.column_stack([values.mean(axis=1), values.std(axis=1, ddof=1) / np.sqrt(number)])


def test_horvitz_thompson_is_unbiased_over_rounds_of_visits_and_the_naive_figure_is_not() -> None:
    held = world()
    exact, followed = Key(APART, "precision@0.20", "ipw_horvitz_thompson"), Key(APART, "recall@0.20", "naive")
    weighted = [followed._replace(method=method) for method in ("ipw_hajek", "ipw_horvitz_thompson")]
    (mean, error), (naive, naive_error), *others = rounds(held.visits, [exact, followed, *weighted])
    assert abs(mean - held.truth(exact)) < 3 * error
    bias = abs(naive - held.truth(followed))
    assert bias > 5 * naive_error
    for mean, _ in others:
        assert abs(mean - held.truth(followed)) < bias / 3


@pytest.mark.parametrize(
    ("propensity_right", "regression_right", "holds"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_doubly_robust_is_right_when_one_of_its_two_models_is(
    propensity_right: bool, regression_right: bool, holds: bool
) -> None:
    held = world()
    risk = held.rows["risk"].to_numpy(np.float64)

    def one(rng: np.random.Generator) -> Values:
        would = rng.random(len(risk)) < risk
        return held.values(
            rng.random(len(risk)) < held.propensity,
            would=would,
            propensity=held.propensity if propensity_right else np.full(len(risk), 0.4),
            regression=risk if regression_right else 0.9 - 0.8 * risk,
        )

    share = np.array(slow.chosen_shares(held.rows, "grade", BUDGET))
    ((mean, error),) = rounds(one, [Key("grade", "precision@0.20", "doubly_robust")])
    assert bool(abs(mean - (share * risk).sum() / share.sum()) < 3 * error) is holds


def arm_round(held: World, rng: np.random.Generator, *, corrected: bool) -> Values:
    """Routine and random visits on days of their own; a random one is seen if no routine one came before it."""
    routine = np.where(rng.random(len(held.rows)) < held.propensity, rng.random(len(held.rows)), 2.0)
    drawn = np.where(rng.random(len(held.rows)) < 0.1, rng.random(len(held.rows)), 2.0)
    either = 1 - (1 - held.propensity) * 0.9
    arm = drawn < routine
    return held.values(np.minimum(routine, drawn) < 2, arm=arm, propensity=either if corrected else None)  # type: ignore[arg-type]


def test_the_random_arm_is_right_though_other_visits_come_first() -> None:
    held = world(1_000, seed=7, follow=2.5)
    key = Key("grade", "recall@0.20", "random_arm")
    ((mean, error),) = rounds(partial(arm_round, held, corrected=True), [key], 150)
    ((blind, blind_error),) = rounds(partial(arm_round, held, corrected=False), [key], 150)
    assert abs(mean - held.truth(key)) < 3 * error
    assert abs(blind - held.truth(key)) > 3 * blind_error
