"""Models that must know nothing: permuted outcomes and outcomes of pure chance give AUC .5 within its interval.

The outcomes judged are permuted as well as those learned: a monotone constraint is knowledge of its own, and a model of
noise that may use a feature in its true direction only ranks real outcomes a little better than chance.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from riskml.cohorts import Fold, active_rows, planning_days, rolling_folds, settled_targets
from riskml.evaluation import Estimate, compare
from riskml.features.build import Table, features_of_rows
from riskml.features.catalog import load_catalog
from riskml.models.fitting import fit
from riskml.records.days import from_days
from riskml.records.log import event_log
from riskml.records.store import Records
from worlds import DAYS, START, world

SETTINGS = {"trees": 60, "leaves": 8, "min_rows_in_leaf": 50, "l2": 5.0, "feature_share": 0.7}
HORIZON = 120


def auc_of(rows: pd.DataFrame, score: NDArray[np.float64], fail: NDArray[np.bool_]) -> Estimate:
    """The AUC of a score with its interval, by the comparison that every study uses."""
    judged = rows.assign(fail=pd.array(fail, dtype="boolean"), weight=1.0, score_model=score)
    return compare(judged, ["model"], draws=300, seed=1, probability_policies=(), pairs=[]).policies["model"]["auc"]


def holds(estimate: Estimate, value: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= value <= estimate.high


@pytest.mark.parametrize("seed", [1, 2])
def test_outcomes_permuted_over_any_features_cannot_be_learned(seed: int) -> None:
    rng = np.random.default_rng(seed)
    catalog = load_catalog()
    values = rng.normal(size=(4_000, len(catalog.features)))
    for place, feature in enumerate(catalog.features):
        if feature.is_category:
            values[:, place] = rng.integers(0, 6, len(values))
    fail = values[:, 1] + rng.normal(size=len(values)) > 1
    fold = Fold(0, np.arange(1_500), np.arange(1_500, 2_000), np.arange(2_000, 4_000))
    rows = pd.DataFrame({"site_id": [f"s{k % 900}-{k // 900}" for k in range(2_000)], "origin": pd.Timestamp(0)})
    for told, blind in ((fail, False), (rng.permutation(fail), True)):
        fitted = fit(values, told, fold, catalog, seed=seed, settings=SETTINGS)
        found = auc_of(rows, fitted.boosted.raw_scores(values[fold.test]), told[fold.test])
        assert holds(found, 0.5) is blind


@dataclasses.dataclass(frozen=True)
class Chance:
    """A bureau whose visits fail by the toss of a coin: only a leak could tell one from another."""

    rows: pd.DataFrame
    fail: "pd.Series[bool]"
    table: Table
    folds: list[Fold]

    def judged(self, values: NDArray[np.float64], told: NDArray[np.bool_]) -> Estimate:
        """The AUC over all origins of models that learn these outcomes and are judged by them."""
        parts, scores, outcomes = [], [], []
        for fold in self.folds:
            fitted = fit(values, told, fold, self.table.catalog, seed=3, settings=SETTINGS)
            seen = fold.test[self.fail.notna().to_numpy()[fold.test]]
            parts.append(self.rows.iloc[seen])
            scores.append(fitted.boosted.raw_scores(values[seen]))
            outcomes.append(told[seen])
        return auc_of(pd.concat(parts, ignore_index=True), np.concatenate(scores), np.concatenate(outcomes))

    def labels(self) -> NDArray[np.bool_]:
        return self.fail.fillna(False).to_numpy(bool)


@pytest.fixture(scope="module")
def chance() -> Chance:
    made = world(8, sites=260, visits=7_000, events=0, amendments=0)
    open_sites = made.sites.assign(registered_on=pd.Series(pd.NaT, index=made.sites.index, dtype="datetime64[s]"))
    records: Records = dataclasses.replace(made, sites=open_sites)
    log = event_log(records)
    days = planning_days(first=START + 100, last=START + DAYS - 270, step_days=HORIZON)
    rows = active_rows(records.sites, days)
    found = settled_targets(rows, records, log, outcome="fail", horizon_days=HORIZON)
    table = features_of_rows(rows["site_id"], rows["as_of"].to_numpy(np.int32), records.sites, log, load_catalog())
    folds = rolling_folds(
        rows["as_of"].to_numpy(np.int32),
        found["fail"].notna().to_numpy(),
        origins=days[-3:].tolist(),
        gap_days=HORIZON + records.outcome.settling_days,
        calibration_windows=1,
    )
    named = rows[["site_id"]].assign(origin=from_days(rows["as_of"].to_numpy(np.int64)))
    return Chance(named, found["fail"], table, folds)


def test_outcomes_of_pure_chance_are_not_told_by_any_feature_of_their_row(chance: Chance) -> None:
    truth = chance.labels()
    found = chance.judged(chance.table.values, truth)
    assert found.n > 600
    assert holds(found, 0.5)


def test_the_same_line_finds_a_leak_of_the_last_bit(chance: Chance) -> None:
    truth = chance.labels()
    leaking = chance.table.values.copy()
    place = chance.table.catalog.names.index("fails_decayed")
    leaking[:, place] = 0.5 + truth * 1e-15
    found = chance.judged(leaking, truth)
    assert found.low is not None
    assert found.low > 0.9


def test_permuted_outcomes_over_real_features_cannot_be_learned(chance: Chance) -> None:
    truth = chance.labels()
    told = truth.copy()
    labelled = np.flatnonzero(chance.fail.notna())
    told[labelled] = np.random.default_rng(6).permutation(truth[labelled])
    assert holds(chance.judged(chance.table.values, told), 0.5)
