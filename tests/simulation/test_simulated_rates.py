"""Plausibility: rates inside the ranges of RECORDS.md 7 and 8, and risk neither too easy nor too hard to see."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from riskml.features import build_features
from riskml.simulation import World

CODES = ("COMPLAINT", "COMPL_VALID", "REPORT_VALID", "CASE_OPENED", "PEN_FINE", "ABN", "SERIOUS", "DISHONEST")


@pytest.mark.parametrize(
    ("outcome", "low", "high"), [("fail", 0.07, 0.11), ("fail_broad", 0.12, 0.18), ("fail_severe", 0.025, 0.06)]
)
def test_base_rates_are_those_of_real_bureaus(visited: pd.DataFrame, outcome: str, low: float, high: float) -> None:
    assert low < visited[outcome].mean() < high


def test_outcomes_are_nested(visited: pd.DataFrame) -> None:
    assert not (visited["fail_severe"] & ~visited["fail"]).any()
    assert not (visited["fail"] & ~visited["fail_broad"]).any()


def test_the_settled_outcome_is_the_true_one(visited: pd.DataFrame) -> None:
    assert (visited["fail"] == visited["would_fail"]).all()


def test_outcomes_settle_and_some_settle_late(visited: pd.DataFrame) -> None:
    for outcome in ("fail", "fail_broad", "fail_severe"):
        assert (visited[outcome] == visited[outcome + "_settled"]).mean() > 0.999
    late = visited["fail"] & ~visited["fail_next_day"]
    assert 0.03 < late.sum() / visited["fail"].sum() < 0.25


def test_the_latent_risk_ranks_well_but_not_perfectly(visited: pd.DataFrame) -> None:
    assert 0.70 < roc_auc_score(visited["fail"], visited["latent_risk"]) < 0.85


def test_only_a_feature_of_the_visit_itself_beats_the_latent_risk(world: World, visited: pd.DataFrame) -> None:
    day = "2024-07-01"
    rows = visited[visited["visited_on"] >= day].drop_duplicates("site_id").set_index("site_id")
    features = build_features(world.records, day).set_index("site_id").reindex(rows.index).select_dtypes("number")
    oracle = roc_auc_score(rows["fail"], rows["latent_risk"])
    aucs = features.fillna(-1.0).apply(lambda feature: roc_auc_score(rows["fail"], feature))
    assert len(aucs) > 20
    assert np.maximum(aucs, 1 - aucs).max() < oracle < 0.85
    probe = rows["key_fail"] + rows["general_fail"]  # a leak: what the visit to be predicted found
    assert roc_auc_score(rows["fail"], probe) > 0.85


def test_the_latent_risk_is_the_probability_of_failing(world: World) -> None:
    truth = world.truth
    assert truth["would_fail"].mean() == pytest.approx(truth["latent_risk"].mean(), rel=0.03)
    fifths = pd.qcut(truth["latent_risk"], 5, labels=False)
    means = truth.assign(would_fail=truth["would_fail"].astype(float)).groupby(fifths)[["latent_risk", "would_fail"]]
    assert np.allclose(means.mean()["latent_risk"], means.mean()["would_fail"], rtol=0.1)


def test_the_propensity_is_the_probability_of_a_visit(world: World) -> None:
    visits = world.records.inspections
    planned = visits[visits["visit_type"].isin(["RI", "DR", "SP"]) & (visits["result"] != "not_found")]
    expected = world.truth["propensity"].sum()  # the visits of the last days are not entered yet
    assert len(planned) == pytest.approx(expected, rel=0.04)
    gone = world.truth[world.truth["propensity"] == 0]  # out of business, and nobody has noticed yet
    months = planned["visited_on"].dt.to_period("M").dt.to_timestamp().astype("datetime64[s]")
    assert 0.001 < len(gone) / len(world.truth) < 0.03
    assert planned.assign(as_of=months).merge(gone, on=["site_id", "as_of"]).empty


def test_visits_follow_the_mix_of_the_defaults(world: World) -> None:
    visits = world.records.inspections
    site_years = (world.truth["propensity"] > 0).sum() / 12
    kinds = visits["visit_type"].value_counts(normalize=True)
    assert 1.25 < len(visits) / site_years < 1.55
    assert 0.035 < kinds["DR"] < 0.065
    assert 0.06 < kinds["CO"] < 0.10
    assert 0.02 < (visits["result"] == "not_found").mean() < 0.06


def test_facts_come_at_the_rates_of_the_defaults(world: World) -> None:
    events, site_years = world.records.events, (world.truth["propensity"] > 0).sum() / 12
    rates = events["code"].value_counts().reindex([*CODES], fill_value=0) / site_years
    upheld = rates["COMPL_VALID"] + rates["REPORT_VALID"]
    assert 0.5 < rates["COMPLAINT"] < 0.9
    assert 0.15 < upheld / rates["COMPLAINT"] < 0.30
    assert 0.05 < rates["CASE_OPENED"] < 0.09
    assert 0.6 < rates["PEN_FINE"] / rates["CASE_OPENED"] < 0.8
    assert 0.03 < rates["ABN"] < 0.09
    assert rates["SERIOUS"] < 0.002
    assert rates["DISHONEST"] < 0.006
    fines = events.loc[events["code"] == "PEN_FINE", "amount"]
    assert 1500 < fines.median() < 2600
    assert 2400 < fines.mean() < 4200


def test_the_mix_of_businesses_is_that_of_a_city(world: World) -> None:
    shares = world.records.sites["industry_class"].value_counts(normalize=True)
    expected = {"sales": 0.60, "catering": 0.34, "workshop": 0.04, "maker": 0.02}
    assert {name: shares[name] for name in expected} == pytest.approx(expected, abs=0.03)


def test_heat_and_kind_of_business_raise_the_failures(world: World, visited: pd.DataFrame) -> None:
    truth = world.truth
    hot = truth["as_of"].dt.month.isin([7, 8, 9])
    assert 1.1 < truth.loc[hot, "latent_risk"].mean() / truth.loc[~hot, "latent_risk"].mean() < 1.4
    classes = visited["site_id"].map(world.records.sites.set_index("site_id")["industry_class"])
    broad = visited.groupby(classes)["fail_broad"].mean()
    assert broad["catering"] > 1.4 * broad["sales"]


def test_two_of_three_old_fines_are_repaired_after_a_year_or_more(world: World) -> None:
    fines = world.records.events.query("code == 'PEN_FINE' and occurred_on < '2023-10-01'").set_index("event_id")
    repairs = world.records.amendments.query("kind == 'repair'").set_index("event_id")
    both = fines.join(repairs[["effective_on"]])
    waited = (both["effective_on"] - both["occurred_on"]).dt.days.dropna()
    assert 0.5 < both["effective_on"].notna().mean() < 0.8
    assert waited.between(365, 548).all()
