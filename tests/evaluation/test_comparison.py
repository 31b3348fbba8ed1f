"""The comparison: its numbers against slow oracles, its two estimands kept apart, its refusals."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from riskml.errors import DataError
from riskml.evaluation import Comparison, Difference, Estimate, at_budget, auc, brier, compare, verdict
from riskml.evaluation._policies import prepare
from riskml.evaluation._pools import make_pool
from riskml.evaluation._recut import recut
from riskml.evaluation.intervals import resamples

POLICIES = ("random", "last_outcome", "model")
DAYS = ("2023-01-01", "2023-07-01", "2024-01-01")


def scored(sites: int = 120, seed: int = 4, labelled: float = 0.5) -> pd.DataFrame:
    """All active sites at three origins: some visited and settled, ties in last_outcome, some visits nameless."""
    generator = np.random.default_rng(seed)
    risk = generator.normal(-1, 1, sites)
    frames = []
    for day in DAYS:
        active = generator.random(sites) < 0.9
        odds = risk[active] + generator.normal(0, 0.3, active.sum())
        fail = pd.array(generator.random(len(odds)) < 1 / (1 + np.exp(-odds)), dtype="boolean")
        fail[generator.random(len(odds)) > labelled] = pd.NA
        inspector = pd.Series(generator.choice(["i", "j", ""], len(odds), p=[0.4, 0.4, 0.2])).replace("", None)
        frame = pd.DataFrame({"site_id": [f"S{k:03d}" for k in np.flatnonzero(active)], "fail": fail})
        frame["origin"] = pd.Timestamp(day)
        frame["inspector"] = inspector.where(frame["fail"].notna())
        frame["score_model"] = 1 / (1 + np.exp(-odds - generator.normal(0, 0.5, len(odds))))
        frame["score_last_outcome"] = np.round(odds)
        frames.append(frame)
    rows = pd.concat(frames, ignore_index=True).assign(weight=1.0, score_random=0.5)
    return rows.assign(origin=rows["origin"].astype("datetime64[s]"))


def compared(rows: pd.DataFrame, policies: Sequence[str] = POLICIES, **changes: Any) -> Comparison:
    return compare(rows, policies, **{"draws": 200, "seed": 7, "pairs": [("model", "last_outcome")], **changes})


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return scored()


@pytest.fixture(scope="module")
def result(rows: pd.DataFrame) -> Comparison:
    return compared(rows)


def test_names_of_metrics_are_those_of_the_design(result: Comparison) -> None:
    ranking = ["auc", "average_precision", "within_inspector_auc"]
    budget = [f"{m}@{b}" for b in ("0.10", "0.20") for m in ("precision", "recall", "found", "lift", "labelled_share")]
    calibration = ["brier", "calibration_slope", "calibration_intercept"]
    assert sorted(result.policies["random"]) == sorted(ranking + budget)
    assert sorted(result.policies["model"]) == sorted(ranking + budget + calibration)
    saved = ["visits_saved@0.10", "visits_saved@0.20"]
    assert sorted(result.differences["model - last_outcome"]) == sorted(ranking + budget + saved)


def test_point_values_are_the_pure_metrics_of_the_labelled_rows(rows: pd.DataFrame, result: Comparison) -> None:
    visits = rows[rows["fail"].notna()]
    fail, model, day = visits["fail"].to_numpy(bool), visits["score_model"].to_numpy(), visits["origin"].to_numpy()
    found = result.policies["model"]
    cut = at_budget(fail, model, share=0.1, stratum=day)
    assert found["auc"].value == pytest.approx(auc(fail, model, stratum=day))
    assert found["brier"].value == pytest.approx(brier(fail, model))
    assert found["recall@0.10"].value == pytest.approx(cut.recall)
    assert found["found@0.10"].value == pytest.approx(cut.found)
    assert found["lift@0.10"].value == pytest.approx(found["precision@0.10"].value / fail.mean(), rel=0.05)
    assert (found["auc"].n, found["auc"].n_positive) == (len(visits), fail.sum())


def test_within_inspector_auc_leaves_nameless_visits_out(rows: pd.DataFrame, result: Comparison) -> None:
    named = rows[rows["fail"].notna() & rows["inspector"].notna()]
    parts = [part for _, part in named.groupby(["origin", "inspector"]) if part["fail"].nunique() == 2]
    pairs = [part["fail"].sum() * (~part["fail"]).sum() for part in parts]
    expected = np.average([roc_auc_score(p["fail"].astype(bool), p["score_model"]) for p in parts], weights=pairs)
    found = result.policies["model"]["within_inspector_auc"]
    assert found.value == pytest.approx(expected)
    assert (found.n, found.n_positive) == (len(named), named["fail"].sum())
    nameless = int((rows["fail"].notna() & rows["inspector"].isna()).sum())
    assert f"{nameless} labelled visits without an inspector are left out of within_inspector_auc." in [
        note["en"] for note in result.notes
    ]


def test_labelled_share_alone_is_allocation_over_all_sites(rows: pd.DataFrame, result: Comparison) -> None:
    for metric, estimate in result.policies["model"].items():
        allocation = metric.startswith("labelled_share")
        assert estimate.estimand == ("allocation" if allocation else "reordering")
        assert estimate.n == len(rows) if allocation else estimate.n < len(rows)
    labelled = rows["fail"].notna().to_numpy()
    cut = at_budget(labelled, rows["score_model"], share=0.2, stratum=rows["origin"].to_numpy())
    share = result.policies["model"]["labelled_share@0.20"]
    assert share.value == pytest.approx(cut.precision)
    assert share.n_positive == labelled.sum()


def test_scores_of_unlabelled_sites_change_no_reordering_number(rows: pd.DataFrame, result: Comparison) -> None:
    moved = rows["score_model"].where(rows["fail"].notna(), 1 - rows["score_model"])
    other = compared(rows.assign(score_model=moved)).policies["model"]
    for metric, estimate in result.policies["model"].items():
        assert (estimate == other[metric]) is (estimate.estimand == "reordering"), metric


def explicit(rows: pd.DataFrame, counts: "np.ndarray[Any, Any]") -> pd.DataFrame:
    """The rows of a resample written out: each site as often as drawn, every copy a site of its own."""
    times = counts[pd.factorize(rows["site_id"], sort=True)[0]]
    many = rows.loc[rows.index.repeat(times)].reset_index(drop=True)
    copy = many.groupby(["site_id", "origin"]).cumcount().astype("str")
    return many.assign(site_id=many["site_id"] + "#" + copy)


def test_draws_equal_the_metrics_of_the_resample_written_out(rows: pd.DataFrame) -> None:
    pool = make_pool(rows, POLICIES)
    counts = resamples(pool.sites, range(0, 4), seed=7)
    for policy in POLICIES:
        fast = prepare(pool, policy, budgets=(0.1, 0.2), probability=policy != "last_outcome").values(counts)
        for draw in range(4):
            slow = compared(explicit(rows, counts[draw]), probability_policies=("model", "random"), draws=0).policies[
                policy
            ]
            for metric, values in fast.items():
                expected = slow[metric].value
                assert values[draw] == pytest.approx(math.nan if expected is None else expected, nan_ok=True), metric


def test_intervals_are_percentiles_of_the_written_out_resamples(rows: pd.DataFrame) -> None:
    found = compared(rows, draws=30).differences["model - last_outcome"]["auc"]
    gaps = []
    for counts in resamples(len(rows["site_id"].unique()), range(0, 30), seed=7):
        slow = compared(explicit(rows, counts), draws=0)
        gaps.append(slow.differences["model - last_outcome"]["auc"].value)
    assert [found.low, found.high] == pytest.approx(np.quantile(np.array(gaps, dtype=float), [0.025, 0.975]))


def test_intervals_at_a_budget_are_percentiles_of_the_linear_recut(rows: pd.DataFrame) -> None:
    found = compared(rows, draws=30).differences["model - last_outcome"]["recall@0.10"]
    pool = make_pool(rows, POLICIES)
    counts, recalls = resamples(pool.sites, range(0, 30), seed=7), []
    for policy in ("model", "last_outcome"):
        visits = prepare(pool, policy, budgets=(0.1,), probability=False).visits
        hits = recut(visits, shares=[0.1], sites=pool.sites).found(counts)[:, 0]
        recalls.append(np.clip(hits / (counts[:, visits.site] @ (visits.outcome * visits.weight)), 0, 1))
    assert [found.low, found.high] == pytest.approx(np.quantile(recalls[0] - recalls[1], [0.025, 0.975]))


def test_rerun_and_order_of_rows_change_nothing(rows: pd.DataFrame, result: Comparison) -> None:
    again = compared(rows.sample(frac=1, random_state=1))
    assert again.as_dict() == result.as_dict()
    pd.testing.assert_frame_equal(again.per_origin, result.per_origin)


def test_another_seed_moves_the_intervals_and_not_the_values(rows: pd.DataFrame, result: Comparison) -> None:
    one, two = result.policies["model"]["auc"], compared(rows, seed=8).policies["model"]["auc"]
    assert one.value == two.value
    assert one.low != two.low


def test_policy_compared_with_its_twin_differs_by_exactly_nothing(rows: pd.DataFrame) -> None:
    twin = compared(rows.assign(score_twin=3 * rows["score_model"]), ["model", "twin"], pairs=[("model", "twin")])
    for metric, gap in twin.differences["model - twin"].items():
        assert (gap.value, gap.low, gap.high) == (0.0, 0.0, 0.0), metric


def test_random_policy_has_its_exact_expectation(result: Comparison) -> None:
    random = result.policies["random"]
    for metric, value in {"auc": 0.5, "recall@0.10": 0.1, "lift@0.20": 1.0}.items():
        estimate = random[metric]
        assert [estimate.value, estimate.low, estimate.high] == pytest.approx([value] * 3)


def test_perfect_policy_finds_every_failure_within_its_budget(rows: pd.DataFrame) -> None:
    perfect = rows["fail"].fillna(False).astype("float64")
    found = compared(rows.assign(score_perfect=perfect), ["perfect"], budgets=(0.2, 1.0), pairs=[]).policies["perfect"]
    assert found["auc"].value == found["average_precision"].value == 1.0
    assert found["precision@0.20"].value == pytest.approx(1.0)
    assert found["recall@1.00"].value == pytest.approx(1.0)


def test_each_origin_stands_alone_in_the_table_by_origin(rows: pd.DataFrame, result: Comparison) -> None:
    table = result.per_origin
    assert list(table.columns) == ["origin", "policy", "metric", "value", "n", "n_positive", "estimand"]
    alone = compared(rows[rows["origin"] == "2023-07-01"], draws=0).policies["model"]
    here = table[(table["origin"] == "2023-07-01") & (table["policy"] == "model")].set_index("metric")
    assert sorted(here.index) == sorted(alone)
    for metric, estimate in alone.items():
        assert here["value"][metric] == estimate.value
        assert (here["n"][metric], here["n_positive"][metric]) == (estimate.n, estimate.n_positive)
    pooled = table[table["metric"] == "found@0.10"].groupby("policy")["value"].sum()
    assert pooled["model"] == pytest.approx(result.policies["model"]["found@0.10"].value)


def test_entries_have_the_fixed_keys(result: Comparison) -> None:
    keys = {"value", "low", "high", "n", "n_positive", "estimand"}
    entry = result.policies["model"]["auc"].as_dict()
    gap = result.differences["model - last_outcome"]["auc"].as_dict()
    assert set(entry) == keys
    assert set(gap) == keys | {"draws"}
    assert gap["draws"] == 200
    assert "NaN" not in json.dumps(result.as_dict())


def test_undefined_metrics_say_why(rows: pd.DataFrame) -> None:
    passed = rows["fail"].where(rows["fail"].isna(), False)
    none = compared(rows.assign(fail=passed)).policies["model"]
    assert none["auc"].as_dict() == {
        "value": None,
        "low": None,
        "high": None,
        "n": int(rows["fail"].notna().sum()),
        "n_positive": 0,
        "estimand": "reordering",
        "reason": "no origin holds both a failed and a passed visit",
    }
    assert none["recall@0.10"].reason == "there is no failed visit"
    assert none["precision@0.10"].value == 0.0
    bare = compared(rows.assign(fail=pd.array([pd.NA] * len(rows), dtype="boolean")))
    assert {e.value for m, e in bare.policies["model"].items() if not m.startswith("labelled_share")} == {None}
    assert bare.policies["model"]["labelled_share@0.10"].value == 0.0
    assert "within_inspector_auc" not in bare.policies["model"]


def test_origins_that_cannot_count_are_named_in_the_notes(rows: pd.DataFrame) -> None:
    first, second = (rows["origin"] == day for day in DAYS[:2])
    fail = rows["fail"].mask(first).mask(second & rows["fail"].notna(), False)
    notes = [note["en"] for note in compared(rows.assign(fail=fail), draws=0).notes]
    assert "Origins without a labelled visit add nothing to the reordering metrics: 2023-01-01." in notes
    assert "Origins with one outcome only add no pairs to the AUC: 2023-07-01." in notes


def test_metric_undefined_in_many_draws_has_a_value_and_no_interval(rows: pd.DataFrame) -> None:
    place = rows.index[rows["fail"].fillna(False)][0]
    lonely = rows["fail"].where((rows.index == place) | rows["fail"].isna(), False)
    estimate = compared(rows.assign(fail=lonely)).policies["model"]["recall@0.20"]
    assert estimate.value is not None
    assert (estimate.low, estimate.high) == (None, None)
    assert "bootstrap draws" in str(estimate.as_dict()["reason"])


def test_one_site_gives_values_without_intervals(rows: pd.DataFrame) -> None:
    one = rows[rows["site_id"] == "S001"].assign(fail=pd.array([True] * 3, dtype="boolean"))
    estimate = compared(one).policies["model"]["precision@0.10"]
    assert (estimate.value, estimate.low) == (1.0, None)
    assert estimate.reason == "there is one site only: nothing to resample"


def test_rows_without_inspectors_have_no_within_inspector_metric(rows: pd.DataFrame) -> None:
    assert "within_inspector_auc" not in compared(rows.drop(columns="inspector"), draws=0).policies["model"]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"score_model": math.nan}, {}, r"policy model has no score \(NaN\) in 314 of 314 rows"),
        ({"score_model": 2.0}, {}, "policy model: 314 of 314 probabilities lie outside 0 to 1"),
        ({"weight": -1.0}, {}, "314 weights are missing, infinite or negative"),
        ({"site_id": "S001"}, {}, r"311 repeated \(site_id, origin\)"),
        ({"site_id": None}, {}, "site_id is missing in 314 of 314 rows"),
        ({}, {"budgets": (0.125,)}, "budget 0.125 is not allowed"),
        ({}, {"budgets": (0.0,)}, "budget 0.0 is not allowed"),
        ({}, {"pairs": [("model", "guess")]}, r"pairs name \['guess'\]"),
        ({}, {"policies": ["guess"]}, r"lack columns \['score_guess'\]"),
        ({}, {"policies": ["model", "model"]}, "each once"),
    ],
)
def test_rows_that_cannot_be_compared_are_refused(
    rows: pd.DataFrame, change: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        compared(rows.assign(**change), **options)


def test_empty_rows_are_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="there are no scored rows"):
        compared(rows.iloc[:0])


def test_verdict_follows_the_interval() -> None:
    def difference(low: float | None, high: float | None) -> Estimate:
        return Difference(0.0, low, high, 9, 3, "reordering", 100)

    assert verdict(difference(0.01, 0.2)) == "better"
    assert verdict(difference(-0.2, -0.01)) == "worse"
    assert verdict(difference(-0.2, -0.01), lower_is_better=True) == "better"
    assert verdict(difference(0.01, 0.2), lower_is_better=True) == "worse"
    assert verdict(difference(0.0, 0.2)) == "undecided"
    assert verdict(difference(None, None)) == "undecided"


def test_paired_interval_of_two_equal_policies_holds_zero_about_as_often_as_it_says() -> None:
    held: dict[str, list[bool]] = {"recall@0.20": [], "auc": []}
    for world in range(80):
        generator = np.random.default_rng(world)
        rows = scored(sites=150, seed=1000 + world, labelled=0.9)
        noise = generator.normal(0, 0.2, (2, len(rows)))
        rows = rows.assign(score_a=rows["score_model"] + noise[0], score_b=rows["score_model"] + noise[1])
        pair = compared(rows, ["a", "b"], pairs=[("a", "b")], draws=150, seed=world).differences["a - b"]
        for metric, outcomes in held.items():
            outcomes.append(verdict(pair[metric]) == "undecided")
    assert np.mean(held["recall@0.20"]) >= 0.9  # few visits: coarse, so a little too wide
    assert 0.88 <= np.mean(held["auc"]) <= 0.99
