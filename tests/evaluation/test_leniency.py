"""Leniency: worlds whose inspectors are known, the penalised fit against an optimiser, and who is too small."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from riskml.errors import DataError
from riskml.evaluation.inspectors.leniency import _mode, leniency

SPREAD = 0.6


def bureau(
    seed: int, *, spread: float = SPREAD, people: int = 30, visits: int = 4000
) -> tuple[pd.DataFrame, np.ndarray]:
    """Visits by inspectors drawn by lot, whose leniency is known; the probability is that of the typical inspector."""
    rng = np.random.default_rng(seed)
    strictness = spread * rng.normal(size=people)
    who, odds = rng.integers(0, people, visits), rng.normal(-2, 0.8, visits)
    table = pd.DataFrame(
        {
            "site_id": [f"s{k}" for k in range(visits)],
            "origin": pd.Timestamp("2024-01-01"),
            "visited_on": pd.Timestamp("2024-02-01"),
            "fail": pd.array(rng.random(visits) < 1 / (1 + np.exp(-odds - strictness[who])), dtype="boolean"),
            "weight": 1.0,
            "inspector": [f"i{k:02d}" for k in who],
            "score_model": 1 / (1 + np.exp(-odds)),
        }
    )
    return table, strictness


def test_intervals_of_inspectors_and_of_their_spread_hold_the_truth_about_as_often_as_they_say() -> None:
    held, spreads = [], []
    for seed in range(6):
        rows, strictness = bureau(seed)
        found = leniency(rows)
        table = found.table.set_index("inspector").sort_index()
        held += list((table["low"] <= strictness) & (strictness <= table["high"]))
        assert found.low is not None
        assert found.high is not None
        spreads.append(found.low <= SPREAD <= found.high)
        assert found.low < (found.spread or 0) < found.high
    assert 0.91 <= np.mean(held) <= 0.98  # 180 intervals: 0.95 with a standard error of 0.016
    assert sum(spreads) >= 5


def test_the_strictest_stand_first_and_everybody_is_drawn_towards_the_typical_one() -> None:
    rows, strictness = bureau(11)
    table = leniency(rows).table
    assert table["log_odds"].is_monotonic_decreasing
    truth = strictness[table["inspector"].str[1:].astype(int)]
    assert np.corrcoef(truth, table["log_odds"])[0, 1] > 0.8
    observed = np.log(table["ratio"])
    far = table["ratio"] > 1.5
    assert (table["log_odds"][far] < observed[far] + 0.25).all()
    assert table["shrinkage"].between(0, 1).all()
    assert table["failures"].sum() == rows["fail"].sum()
    assert table["ratio"].to_numpy() == pytest.approx((table["failures"] / table["expected"]).to_numpy())


def test_inspectors_who_do_not_differ_have_a_spread_that_may_be_none() -> None:
    found = leniency(bureau(12, spread=0.0)[0])
    assert found.low == 0.0
    assert found.spread is not None
    assert found.spread < 0.2
    assert found.table["log_odds"].abs().max() < 0.3


def test_a_probability_that_is_wrong_for_everybody_makes_nobody_strict() -> None:
    rows, _ = bureau(13)
    odds = np.log(rows["score_model"]) - np.log1p(-rows["score_model"])
    twisted = rows.assign(score_model=1 / (1 + np.exp(-(1.0 + 0.5 * odds))))
    table, other = (leniency(part).table for part in (rows, twisted))
    pd.testing.assert_frame_equal(table, other, rtol=1e-5)


def test_the_fit_is_the_greatest_penalised_likelihood() -> None:
    rng = np.random.default_rng(14)
    odds, who, fail = rng.normal(-1, 1, 150), rng.integers(0, 4, 150), rng.random(150) < 0.3
    fit = _mode(odds, fail, who, 4, 0.5)

    def loss(at: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        eta = at[0] + at[1] * odds + at[2:][who]
        return float(np.logaddexp(0, np.where(fail, -eta, eta)).sum() + 0.5 * (at[2:] ** 2).sum() / 0.25)

    best = minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-7}).x
    assert fit.effect == pytest.approx(best[2:], abs=1e-4)
    assert fit.fixed == pytest.approx(best[0] + best[1] * odds, abs=1e-4)
    # Laplace: the height of the penalised likelihood, less half the log-determinant of the inspectors' curvature
    eta = fit.fixed + fit.effect[who]
    curve = np.bincount(who, np.exp(eta) / (1 + np.exp(eta)) ** 2) + 4
    assert fit.curvature == pytest.approx(curve - 4)
    assert fit.likelihood == pytest.approx(-loss(best) - 0.5 * np.log(curve * 0.25).sum(), abs=1e-6)


def test_a_score_without_differences_is_no_obstacle() -> None:
    rows, strictness = bureau(15)
    table = leniency(rows.assign(score_model=0.2)).table.set_index("inspector").sort_index()
    assert np.corrcoef(strictness, table["log_odds"])[0, 1] > 0.8


def test_an_inspector_of_few_visits_gets_no_figure() -> None:
    rows, _ = bureau(16)
    rows.loc[:18, "inspector"] = "new"
    rows.loc[19:30, "inspector"] = None
    found = leniency(rows)
    row = found.table.set_index("inspector").loc["new"]
    assert (row["visits"], row["reason"]) == (19, "not enough data: 19 visits, 20 are needed")
    assert row[["ratio", "log_odds", "low", "high"]].isna().all()
    assert found.table["inspector"].iloc[-1] == "new"
    assert found.n == len(rows) - 12


@pytest.mark.parametrize(("change", "told"), [({"fail": False}, "0 failures"), ({"inspector": "ann"}, "1 inspectors")])
def test_too_few_failures_or_inspectors_give_no_figure_at_all(change: "dict[str, object]", told: str) -> None:
    rows, _ = bureau(17, visits=400)
    found = leniency(rows.assign(**change).astype({"fail": "boolean"}))  # type: ignore[arg-type]
    assert (found.spread, found.low, found.high) == (None, None, None)
    assert found.reason is not None
    assert told in found.reason
    assert found.table["log_odds"].isna().all()
    assert (found.table["reason"] == found.reason).all()


def test_a_score_that_is_no_probability_is_refused() -> None:
    rows, _ = bureau(18, visits=400)
    with pytest.raises(DataError, match="400 of 400 scores lie outside 0 to 1"):
        leniency(rows.assign(score_points=12.0), policy="points")
