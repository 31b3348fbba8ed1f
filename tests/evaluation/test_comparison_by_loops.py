"""The comparison recomputed by plain loops: harm, visits saved, as prescribed, in the rows and in every resample."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from riskml.evaluation import Comparison, compare
from riskml.evaluation._measures import DIFFERENCES, POLICIES, as_they_are, prepare_measures
from riskml.evaluation._pools import make_pool
from riskml.evaluation._ranking import rank, tally
from riskml.evaluation.intervals import resamples

DAYS = ("2023-01-01", "2023-07-01", "2024-01-01")
SCORES = ("model", "grade_x", "last_outcome")
PAIRS = [("model", "grade_x"), ("model", "last_outcome"), ("last_outcome", "grade_x")]
BUDGETS = (0.1, 0.2)
H = 90

Groups = list[tuple[float, float]]


def scored(seed: int, sites: int = 40) -> pd.DataFrame:
    """Small pools at three origins with many ties, fractional weights, unsettled visits, and unknown harm."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(-0.5, 1, sites)
    frames = []
    for day in DAYS:
        active = np.flatnonzero(rng.random(sites) < 0.9)
        odds = risk[active] + rng.normal(0, 0.5, len(active))
        frame = pd.DataFrame({"site_id": [f"S{k}" for k in active], "origin": pd.Timestamp(day)})
        fail = pd.array(rng.random(len(active)) < 1 / (1 + np.exp(-odds)), dtype="boolean")
        fail[rng.random(len(active)) > 0.6] = pd.NA
        frame["fail"] = fail
        frame["weight"] = rng.choice([0.5, 1.0, 1.3], len(active))
        frame["score_model"] = 1 / (1 + np.exp(-odds - rng.normal(0, 0.5, len(active))))
        frame["score_last_outcome"] = np.round(odds * 2)
        frame["score_grade_x"] = np.clip(np.round(odds), 0, 2)
        frame["rate_x"] = np.choose(frame["score_grade_x"].astype(int), [0.2, 0.5, 1.0])
        frame.loc[rng.random(len(frame)) < 0.1, "rate_x"] = np.nan
        frame["harm"] = rng.integers(0, 9, len(frame)).astype(float)
        frame.loc[rng.random(len(frame)) < 0.1, "harm"] = np.nan
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def compared(rows: pd.DataFrame, **changes: Any) -> Comparison:
    return compare(rows, SCORES, **{"draws": 0, "seed": 3, "pairs": PAIRS, "horizon_days": H, **changes})


def visits_of(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """The labelled rows of each origin that has any, rates filled in with the mean of the origin's sites."""
    filled = rows.assign(rate_x=rows["rate_x"].fillna(rows.groupby("origin")["rate_x"].transform("mean")))
    return [part for _, part in filled[filled["fail"].notna()].groupby("origin")]


def groups(visits: pd.DataFrame, policy: str, worth: "pd.Series[float]") -> Groups:
    """Tie groups from the riskiest down: visits and worth of the failures."""
    found = []
    for score in sorted(visits[f"score_{policy}"].unique(), reverse=True):
        here = visits[f"score_{policy}"] == score
        found.append((float(visits.loc[here, "weight"].sum()), float(worth[here].sum())))
    return found


def first(tied: Groups, budget: float) -> float:
    """What the first visits find: whole groups, and of the last its share."""
    found = 0.0
    for size, hits in tied:
        if budget <= 0:
            break
        found += hits * min(1.0, budget / size)
        budget -= size
    return found


def worth(visits: pd.DataFrame, *, harm: bool) -> "pd.Series[float]":
    failed = visits["fail"].astype(bool).astype(float) * visits["weight"]
    return failed * visits["harm"].fillna(0.0) if harm else failed


def tables(rows: pd.DataFrame, policy: str, *, harm: bool = False) -> list[Groups]:
    """The tie groups of each origin."""
    return [groups(visits, policy, worth(visits, harm=harm)) for visits in visits_of(rows)]


def recall(origins: list[Groups], share: float) -> float:
    found = sum(first(tied, share * sum(size for size, _ in tied)) for tied in origins)
    return found / sum(hits for tied in origins for _, hits in tied)


def share_for(origins: list[Groups], wanted: float) -> float:
    """The first budget share with that recall: between two breakpoints of the curve it is a straight line."""
    breaks = {0.0}
    for tied in origins:
        sizes = [size for size, _ in tied]
        breaks |= set((np.cumsum(sizes) / sum(sizes)).tolist())
    low = 0.0
    for high in sorted(breaks)[1:]:
        start, end = recall(origins, low), recall(origins, high)
        if end >= wanted - 1e-12:
            return low if end == start else low + (high - low) * max(0.0, wanted - start) / (end - start)
        low = high
    raise AssertionError("no budget finds that many")


def saved(rows: pd.DataFrame, a: str, b: str, budget: float) -> float:
    mine, rivals = tables(rows, a), tables(rows, b)
    wanted = recall(rivals, budget)
    return share_for(rivals, wanted) - share_for(mine, wanted)


def as_prescribed(rows: pd.DataFrame, policy: str | None) -> dict[str, float]:
    """Of the grade itself (no policy), or of a policy with as many visits and the same floor."""
    spent = made = found = failed = harmful = harm_found = 0.0
    for visits in visits_of(rows):
        weight, rate = visits["weight"], visits["rate_x"]
        all_visits, budget = float(weight.sum()), float((weight * rate).sum())
        hits, harms = worth(visits, harm=False), worth(visits, harm=True)
        floor = min(H / 730, budget / all_visits)
        deep = (budget - floor * all_visits) / (1 - floor)
        for value, name in ((hits, "fail"), (harms, "harm")):
            mine = float((value * rate).sum())
            if policy is not None:
                mine = floor * value.sum() + (1 - floor) * first(groups(visits, policy, value), deep)
            found, harm_found = (found + mine, harm_found) if name == "fail" else (found, harm_found + mine)
        spent, made, failed, harmful = spent + budget, made + all_visits, failed + hits.sum(), harmful + harms.sum()
    told = {"found": found, "precision": found / spent, "recall": found / failed, "clean_share": 1 - found / spent}
    return told | {"harm_recall": harm_found / harmful} | ({} if policy else {"budget_share": spent / made})


def explicit(rows: pd.DataFrame, counts: NDArray[Any]) -> pd.DataFrame:
    """A resample written out: each site as often as drawn, every copy a site of its own."""
    times = counts[pd.factorize(rows["site_id"], sort=True)[0]]
    many = rows.loc[rows.index.repeat(times)].reset_index(drop=True)
    copy = many.groupby(["site_id", "origin"]).cumcount().astype("str")
    return many.assign(site_id=many["site_id"] + "#" + copy)


@pytest.mark.parametrize("seed", range(4))
def test_new_metrics_are_those_of_plain_loops(seed: int) -> None:
    rows = scored(seed)
    made = compared(rows)
    for policy in SCORES:
        for budget in BUDGETS:
            told = made.policies[policy][f"harm_recall@{budget:.2f}"].value
            assert told == pytest.approx(recall(tables(rows, policy, harm=True), budget), abs=1e-9)
            plain = made.policies[policy][f"recall@{budget:.2f}"].value
            assert plain == pytest.approx(recall(tables(rows, policy), budget), abs=1e-9)
    for a, b in PAIRS:
        for budget in BUDGETS:
            told = made.differences[f"{a} - {b}"][f"visits_saved@{budget:.2f}"].value
            assert told == pytest.approx(saved(rows, a, b, budget), abs=1e-9), (a, b, budget)
    grade = as_prescribed(rows, None)
    for metric, expected in grade.items():
        assert made.policies["grade_x"][f"{metric}@prescribed"].value == pytest.approx(expected, abs=1e-9), metric
    for policy in ("model", "last_outcome"):
        for metric, expected in as_prescribed(rows, policy).items():
            gap = made.differences[f"{policy} - grade_x"][f"{metric}@prescribed"].value
            assert gap == pytest.approx(expected - grade[metric], abs=1e-9), metric


def test_every_draw_equals_the_resample_written_out() -> None:
    rows = scored(11).drop(columns="rate_x").assign(rate_x=0.3)
    rows["rate_x"] += 0.2 * rows["score_grade_x"]  # whole: the mean of a resample is not that of the rows
    pool = make_pool(rows, SCORES)
    asked: dict[str, Any] = {"budgets": BUDGETS, "probability_policies": ("model",), "pairs": PAIRS, "horizon_days": H}
    counts = resamples(pool.sites, range(5), seed=7)
    fast = prepare_measures(pool, **asked).values(counts)
    for draw in range(5):
        written = make_pool(explicit(rows, counts[draw]), SCORES)
        slow = as_they_are(prepare_measures(written, **asked), sites=written.sites)
        assert {part for part, _, _ in slow} == {POLICIES, DIFFERENCES, "grade_x"}
        for key, values in fast.items():
            assert values[draw] == pytest.approx(slow[key][0], abs=1e-9, nan_ok=True), key


def test_a_draw_does_not_depend_on_those_made_beside_it() -> None:
    rows = scored(12)
    pool = make_pool(rows, SCORES)
    ready = prepare_measures(pool, budgets=BUDGETS, probability_policies=("model",), pairs=PAIRS, horizon_days=H)
    counts = resamples(pool.sites, range(7), seed=2)
    together = ready.values(counts)
    for draw in range(7):
        for key, values in ready.values(counts[draw : draw + 1]).items():
            np.testing.assert_array_equal(values, together[key][draw : draw + 1])


def test_weights_in_fractions_and_ties_keep_the_ranking_metrics_of_scikit_learn() -> None:
    rows = scored(13)
    made = compared(rows, pairs=[]).policies
    for policy in SCORES:
        pairs = right = 0.0
        for visits in visits_of(rows):
            fail, weight = visits["fail"].astype(bool), visits["weight"]
            here = weight[fail].sum() * weight[~fail].sum()
            right += here * roc_auc_score(fail, visits[f"score_{policy}"], sample_weight=weight)
            pairs += here
        assert made[policy]["auc"].value == pytest.approx(right / pairs, abs=1e-9)


def test_stopping_at_the_deepest_budget_finds_what_the_whole_way_down_finds() -> None:
    rng = np.random.default_rng(14)
    n, sites = 2000, 300
    site, stratum = rng.integers(sites, size=n).astype(np.int32), rng.integers(3, size=n)
    counts = resamples(sites, range(6), seed=5)
    for levels in (3, 40, 10**6):  # a cut group of many rows, of some, of one
        score = rng.integers(levels, size=n).astype(float)
        ranked = rank(rng.random(n) < 0.3, score, weight=rng.random(n), stratum=stratum, site=site)
        whole, cut = (tally(ranked, counts, shares=(0.05, 0.3), whole=whole) for whole in (True, False))
        for name in ("positive", "visits", "found", "chance", "reach"):
            np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name))
        assert (whole.found > 0).all()
