"""What would make the headline wrong: every limit carries the number of the run behind it, none is invented."""

from typing import Any

import pandas as pd

from riskml.reporting._limits import limits
from riskml.reporting._page import Run

WHOLE = {"origin": pd.NaT, "low": 0.0, "high": 1.0, "rows": 2400, "labelled": 812}


def told(run: dict[str, Any], **tables: pd.DataFrame) -> dict[str, str]:
    found = limits(Run(run["summary"], {"per_origin": run["per_origin"], **tables}))
    assert all(name["zh"] and sentence["zh"] for name, sentence in found)
    return {name["en"]: sentence["en"] for name, sentence in found}


def test_the_limits_of_a_small_run_carry_its_numbers(run: dict[str, Any]) -> None:
    run["summary"]["policies"]["model"]["calibration_slope"] = {"value": 0.9, "low": 0.7, "high": 1.1}
    found = told(run)
    assert found["Only visited sites have a result."] == (
        "812 of 2,400 rows (34%) had a settled visit; nothing above speaks of the others. Of the sites that the model "
        "would pick first among all, 77.7% were visited."
    )
    assert "The AUC of the model is 0.541" in found["Who inspects may matter more than who is inspected."]
    assert "did not vary them" in found["Numbers inside the grade are assumed."]
    assert found["Many comparisons: one may succeed by luck."] == (
        "2 differences are shown at the headline metric; 2 intervals lie wholly on the better side."
    )
    assert "slope 0.90 [0.70, 1.10]" in found["The probabilities may be off."]
    assert "not known, too few failures" in found["The probabilities may be off."]
    assert "on 3 of 3 decision days" in found["It may not hold on the next day."]
    assert found["Finding is not preventing."].startswith("The 121 failed visits")


def test_inspectors_are_told_by_three_numbers(run: dict[str, Any]) -> None:
    policies = run["summary"]["policies"]
    policies["inspector_only"] = {"auc": {"value": 0.62, "low": 0.6, "high": 0.64}}
    policies["model"]["within_inspector_auc"] = {"value": 0.56, "low": 0.5, "high": 0.6}
    sentence = told(run)["Who inspects may matter more than who is inspected."]
    assert "reaches an AUC of 0.620" in sentence
    assert "The model has 0.541; among visits of the same inspector it has 0.560." in sentence


def test_a_day_on_which_the_rival_is_ahead_or_level_counts_against_the_model(run: dict[str, Any]) -> None:
    frame = run["per_origin"]
    first = frame["origin"] == frame["origin"].iloc[0]
    level = frame.loc[first & (frame["policy"] == "model"), "value"].iloc[0]
    frame.loc[first & (frame["policy"] == "grade_x"), "value"] = level
    assert "on 2 of 3 decision days" in told(run)["It may not hold on the next day."]


def test_comparisons_that_fall_when_all_must_hold_are_counted(run: dict[str, Any]) -> None:
    ends = {"model - last_outcome": (0.01, 0.2), "model - grade_x": (-0.01, 0.3)}
    for pair, (low, high) in ends.items():
        run["summary"]["differences"][pair]["recall@0.20"] |= {"low_simultaneous": low, "high_simultaneous": high}
    sentence = told(run)["Many comparisons: one may succeed by luck."]
    assert sentence.endswith("With intervals that hold all 2 declared ones at once, 1 do.")


def test_overlap_is_told_by_the_whole_and_left_out_where_it_is_not_known(run: dict[str, Any]) -> None:
    overlap = pd.DataFrame(
        [{**WHOLE, "ess": 640.0, "below_05": 0.123}, {**WHOLE, "high": 0.02, "ess": 3.0, "below_05": 1.0}]
    )
    sentence = told(run, overlap=overlap)["Could every site have been visited?"]
    assert "12.3% of the rows had a chance" in sentence
    assert "the 812 visits are worth 640 equal ones" in sentence
    unknown = overlap.assign(ess=float("nan"))
    assert "Could every site have been visited?" not in told(run, overlap=unknown)


def test_a_published_grade_has_no_assumed_numbers(run: dict[str, Any]) -> None:
    run["summary"]["systems"]["x"]["reconstructed"] = False
    assert "Numbers inside the grade are assumed." not in told(run)


def test_calibration_of_the_last_day_is_told_where_it_is_known(run: dict[str, Any]) -> None:
    run["summary"]["policies"]["model"]["calibration_slope"] = {"value": 0.9, "low": 0.7, "high": 1.1}
    rows = [("2023-07-01", 1.5, 1.0, 2.0), ("2023-10-01", 0.5, 0.2, 0.8)]
    table = pd.DataFrame(rows, columns=["member", "value", "low", "high"]).assign(
        group="origin", metric="calibration_slope"
    )
    assert "on the last decision day 0.50 [0.20, 0.80]" in told(run, calibration=table)["The probabilities may be off."]


def test_what_is_believed_of_unvisited_sites_is_told_as_a_range(run: dict[str, Any]) -> None:
    nothing = float("nan")
    found = [("naive", 0.3), ("ipw_hajek", 0.05), ("doubly_robust", 0.02), ("sensitivity", nothing)]
    table = pd.DataFrame([*found, ("sensitivity", nothing), ("worst_case", nothing)], columns=["method", "value"])
    table = table.assign(policy="model - grade_x", metric="recall@0.20", gamma=float("nan"), lower=-0.31, upper=0.6)
    models = table.assign(policy="model").head(1)
    rivals = table.assign(policy="grade_x").head(1)
    sentence = told(run, selection=pd.concat([table, models, rivals]))["Only visited sites have a result."]
    assert sentence.endswith(
        " Filled in by 2 methods, the difference to the grade x (reconstructed) runs from +2.0 to +5.0 percentage "
        "points; with nothing assumed about the others, from −31.0 to +60.0."
    )
