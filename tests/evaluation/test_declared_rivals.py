"""Several declared rivals at the headline, and permuted outcomes: what chance alone must not turn into a finding."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation import Comparison, Difference, compare, verdict

RIVALS = ("grade_x", "last_outcome", "past_fail_rate")
DECLARED = [("model", rival) for rival in RIVALS]
HEADLINE = "recall@0.20"


def scored(seed: int = 21, sites: int = 200) -> pd.DataFrame:
    """Three origins at which 70 % were visited; the model sees the risk best."""
    rng = np.random.default_rng(seed)
    risk = rng.normal(-1.2, 1.2, sites)
    frames = []
    for day in ("2023-01-01", "2023-07-01", "2024-01-01"):
        fail = pd.array(rng.random(sites) < 1 / (1 + np.exp(-risk)), dtype="boolean")
        fail[rng.random(sites) > 0.7] = pd.NA
        frame = pd.DataFrame({"site_id": [f"S{k:03d}" for k in range(sites)], "fail": fail, "origin": day})
        frame["score_model"] = risk + rng.normal(0, 0.3, sites)
        frame["score_grade_x"] = np.clip(np.round(risk + rng.normal(0, 1, sites)), -1, 2)
        frame["score_last_outcome"] = np.round(risk + rng.normal(0, 0.8, sites))
        frame["score_past_fail_rate"] = risk + rng.normal(0, 0.5, sites)
        frames.append(frame)
    rows = pd.concat(frames, ignore_index=True).assign(weight=1.0)
    return rows.assign(origin=pd.to_datetime(rows["origin"]))


def compared(rows: pd.DataFrame, **changes: Any) -> Comparison:
    asked = {"pairs": DECLARED, "headline": HEADLINE, "declared": DECLARED, "draws": 150, "seed": 7, **changes}
    return compare(rows, ["model", *RIVALS], probability_policies=(), budgets=(0.2,), **asked)


@pytest.fixture(scope="module")
def made() -> Comparison:
    return compared(scored())


def test_declared_pairs_have_a_wider_interval_at_the_headline_alone(made: Comparison) -> None:
    for name, metrics in made.differences.items():
        for metric, entry in metrics.items():
            told = entry.as_dict()
            assert ("low_simultaneous" in told) is (metric == HEADLINE), (name, metric)
        told = metrics[HEADLINE].as_dict()
        assert told["low_simultaneous"] <= told["low"] < told["high"] <= told["high_simultaneous"]
        assert told["high_simultaneous"] - told["low_simultaneous"] > 1.02 * (told["high"] - told["low"])
    assert made.simultaneous is not None
    assert made.simultaneous.pairs == tuple(f"model - {rival}" for rival in RIVALS)
    assert 1.96 < (made.simultaneous.critical or 0.0) < 2.8


def test_the_note_counts_the_comparisons_and_the_verdicts_that_stand(made: Comparison) -> None:
    singly = [name for name, metrics in made.differences.items() if verdict(metrics[HEADLINE]) != "undecided"]
    stand = [name for name in singly if "low_simultaneous" in made.differences[name][HEADLINE].as_dict()]
    stand = [name for name in stand if not _holds_zero(made, name)]
    assert singly
    text = made.notes[-1]["en"]
    assert text.startswith(f"3 declared differences are compared at {HEADLINE}. Of {len(singly)} whose")
    assert f"{len(stand)} still do" in text
    assert all(name in text for name in singly)
    assert made.notes[-1] in made.as_dict()["notes"]


def _holds_zero(made: Comparison, name: str) -> bool:
    entry = made.differences[name][HEADLINE]
    assert isinstance(entry, Difference)
    assert entry.low_simultaneous is not None
    assert entry.high_simultaneous is not None
    return entry.low_simultaneous <= 0 <= entry.high_simultaneous


def test_declaring_changes_no_other_number(made: Comparison) -> None:
    plain = compared(scored(), declared=())
    assert plain.simultaneous is None
    assert plain.policies == made.policies
    for name, metrics in plain.differences.items():
        for metric, entry in metrics.items():
            other = made.differences[name][metric]
            assert (entry.value, entry.low, entry.high) == (other.value, other.low, other.high)
    assert compared(scored(), declared=DECLARED[:1]).simultaneous is None


def test_declared_pairs_without_a_difference_at_the_headline_are_refused() -> None:
    for changes in ({"pairs": DECLARED[:2]}, {"headline": "recall@0.30"}, {"headline": None}):
        with pytest.raises(DataError, match="are no differences at the headline"):
            compared(scored(), draws=0, **changes)


def test_without_draws_the_note_says_that_there_are_no_simultaneous_intervals() -> None:
    told = compared(scored(), draws=0)
    assert told.simultaneous is not None
    assert told.simultaneous.reason is not None
    assert "without simultaneous intervals" in told.notes[-1]["en"]
    assert "low_simultaneous" not in told.differences["model - grade_x"][HEADLINE].as_dict()


def test_permuted_outcomes_leave_zero_inside_most_intervals() -> None:
    rows = scored()
    visited = rows["fail"].notna()
    held, unpermuted = 0, compared(rows).differences["model - grade_x"][HEADLINE]
    assert verdict(unpermuted) == "better"  # or permuting would show nothing
    for number in range(20):
        rng = np.random.default_rng(number)
        mixed = rows.copy()
        for origin in rows["origin"].unique():
            here = visited & (rows["origin"] == origin)
            mixed.loc[here, "fail"] = pd.array(rng.permutation(rows.loc[here, "fail"].to_numpy(bool)), dtype="boolean")
        told = compared(mixed, seed=number).differences["model - grade_x"][HEADLINE]
        held += verdict(told) == "undecided"
    assert held >= 17
