"""Sums over groups under resamples: against rows written out, and against the linear re-cut by plain sums."""

import numpy as np
import pandas as pd
import pytest

from riskml.evaluation._pools import make_pool
from riskml.evaluation.fairness._figures import Key, figures, groups_of
from riskml.evaluation.fairness._sums import group_sums, grouped_rows, linear_cuts, resampled_sums
from riskml.evaluation.fairness.table import fairness_table
from riskml.evaluation.intervals import percentile_interval, resamples


def scored(n: int, seed: int) -> pd.DataFrame:
    """Three origins, a fifth without a visit, three offices."""
    rng = np.random.default_rng(seed)
    sites, office = n // 3, rng.choice(["a", "b", "c"], n // 3)
    frames = []
    for day in ("2024-01-01", "2024-04-01", "2024-07-01"):
        odds = rng.normal(-1.2, 0.8, sites)
        fail = pd.Series(rng.random(sites) < 1 / (1 + np.exp(-odds)), dtype="boolean")
        fail[rng.random(sites) < 0.2] = pd.NA
        score = {"score_model": 1 / (1 + np.exp(-odds)), "score_grade": np.round(odds)}
        names = {"site_id": [f"s{place:04d}" for place in range(sites)], "origin": pd.Timestamp(day), "office": office}
        frames.append(pd.DataFrame({**names, "fail": fail, "weight": 1.0, **score}))
    return pd.concat(frames, ignore_index=True).sort_values(["origin", "site_id"], ignore_index=True)


def test_sums_of_a_resample_are_those_of_rows_written_out_as_often_as_their_site_was_drawn() -> None:
    rows = scored(240, seed=5)
    rows["score_model"] = rows["score_model"].round(1)  # ties
    pool, groups = make_pool(rows, ["model"]), groups_of({"office": rows["office"].to_numpy()}, len(rows))
    grouped = grouped_rows(
        pool, "model", rows=pool.labelled, code=groups.code, groups=len(groups.names), probability=True
    )
    drawn = resamples(pool.sites, range(0, 6), seed=2)
    sums = group_sums(grouped, drawn, shares=[0.15])
    names = np.unique(rows["site_id"])
    for draw in range(6):
        times = rows["site_id"].map(dict(zip(names, drawn[draw], strict=True)))
        copies = rows.loc[rows.index.repeat(times)]
        copies = copies[copies["fail"].notna()]
        found = {name: np.zeros(6) for name in ("a", "b", "c")}
        for _, day in copies.groupby("origin"):
            before, total = 0, len(day)
            for score in sorted(day["score_model"].unique(), reverse=True):
                tied = day[day["score_model"] == score]
                visited = min(1.0, max(0.0, (0.15 * total - before) / len(tied)))
                place = (before + len(tied) / 2) / total
                for office, fail in zip(tied["office"], tied["fail"].astype(bool), strict=True):
                    found[office] += [1, fail, score, place, fail * place, visited * fail]
                before += len(tied)
        for code, (attribute, group) in enumerate(groups.names):
            if attribute == "office" and group is not None:
                assert sums[draw, code, [0, 1, 2, 3, 4, 6]] == pytest.approx(found[group])


def test_a_resample_moves_the_cut_over_rows_of_the_groups_that_stand_around_it() -> None:
    rows = scored(240, seed=5)
    pool, groups = make_pool(rows, ["model"]), groups_of({"office": rows["office"].to_numpy()}, len(rows))
    grouped = grouped_rows(
        pool, "model", rows=pool.labelled, code=groups.code, groups=len(groups.names), probability=True
    )
    drawn = resamples(pool.sites, range(0, 5), seed=2)
    sums = resampled_sums(grouped, drawn, linear_cuts(grouped, shares=[0.2], sites=pool.sites))
    held = rows[rows["fail"].notna()].assign(fail=lambda table: table["fail"].astype(float))
    held["first"] = held.groupby("origin")["score_model"].rank(ascending=False) - 1
    total = held.groupby("origin")["fail"].transform("size")
    held["chosen"] = (0.2 * total - held["first"]).clip(0, 1)
    upto = (0.25 * total - held["first"]).clip(0, 1)
    held["near"] = upto - (0.15 * total - held["first"]).clip(0, 1)  # a quarter of the budget to either side
    names = np.unique(rows["site_id"])
    for draw in range(5):
        times = held["site_id"].map(dict(zip(names, drawn[draw], strict=True)))
        left = (times * (0.2 - held["chosen"])).sum()
        for code, (attribute, group) in enumerate(groups.names):
            if attribute == "office" and group is not None:
                mine = held["office"] == group
                for place, amount in enumerate((mine, mine * held["fail"], mine * held["score_model"])):
                    rate = (held["near"] * amount).sum() / held["near"].sum()
                    expected = (times * held["chosen"] * amount).sum() + rate * left
                    assert sums[draw, code, 5 + place] == pytest.approx(expected, abs=1e-9)


def test_intervals_are_the_percentiles_of_the_resampled_differences() -> None:
    rows = scored(900, seed=1)
    given = {"office": rows["office"]}
    table = fairness_table(rows, given, rivals=["grade"], budgets=[0.2], draws=60, seed=3)
    pool, groups = make_pool(rows, ["model", "grade"]), groups_of({"office": rows["office"].to_numpy()}, len(rows))
    drawn = {}
    for policy in ("model", "grade"):
        kept = grouped_rows(pool, policy, rows=pool.labelled, code=groups.code, groups=6, probability=False)
        drawn[policy] = figures(kept, groups, "reordering", (0.2,), pool.sites, 60, 3).drawn
    key, code = Key("detection_rate", 0.2), groups.names.index(("office", "b"))
    told = percentile_interval(drawn["model"][key][:, code] - drawn["grade"][key][:, code], sites=pool.sites)
    keys = {"group": "b", "metric": "detection_rate", "policy": "model - grade"}
    found = table[np.logical_and.reduce([table[name] == value for name, value in keys.items()])]
    assert found[["low", "high"]].to_numpy().tolist() == [[told.low, told.high]]
