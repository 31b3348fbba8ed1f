"""A seeded two percent of the coverage studies (`make studies`), and the sums of their tables by hand."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation.metrics import at_budget
from riskml.simulation.selection_rows import scored_rows
from riskml.simulation.selection_world import draw_panel

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
WORLDS = 20


@pytest.fixture(scope="module")
def load() -> Any:
    """A function that imports a module of benchmarks/."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module


@pytest.fixture(scope="module")
def study(load: Any) -> dict[str, Any]:
    """The settings, a fiftieth of the worlds, and fewer fresh sites and draws."""
    settings: dict[str, Any] = load("coverage_worlds").read_study()
    settings["scoring_sites"] = 5_000
    settings["world"]["sites"] = 1_000
    settings["paired"] |= {"sites": [1_000], "worlds": [WORLDS], "cities": 1, "truth_sites": 30_000, "draws": 60}
    settings["selection"] |= {"cities": 1, "truth_sites": 20_000, "learning_periods": 2}
    settings["permuted"] |= {"permutations": WORLDS, "draws": 100}
    for name, scenario in settings["selection"]["scenarios"].items():
        worlds = {"overlap": WORLDS, "hidden": WORLDS // 2}.get(name, 3)
        scenario |= {"worlds": worlds, "draws": 20 if name == "hidden" else 0}
    settings["selection"]["scenarios"]["random_arm"]["random_share"] = 0.3
    return settings


@pytest.fixture(scope="module")
def selection(load: Any, study: dict[str, Any]) -> pd.DataFrame:
    found: pd.DataFrame = load("coverage_selection").selection_study(study, processes=1)
    return found


@pytest.fixture(scope="module")
def paired(load: Any, study: dict[str, Any]) -> pd.DataFrame:
    found: pd.DataFrame = load("coverage_paired").paired_study(study, processes=1)
    return found


@pytest.fixture(scope="module")
def permuted(load: Any, study: dict[str, Any]) -> pd.DataFrame:
    permuting = load("coverage_permuted")
    rows = permuting.one_world(study)
    found: pd.DataFrame = permuting.permuted_study(rows, study, processes=1, label="permuted")
    return found


def test_the_study_is_the_size_that_is_promised(load: Any) -> None:
    settings = load("coverage_worlds").read_study()
    assert settings["paired"]["worlds"][0] >= 1000
    assert settings["permuted"]["permutations"] >= 1000
    for name in ("overlap", "hidden"):
        assert settings["selection"]["scenarios"][name]["worlds"] >= 1000
    assert settings["paired"]["band"] == [0.93, 0.97]
    assert settings["selection"]["scenarios"]["hidden"]["tilt"] == settings["selection"]["true_gamma"]


def test_paired_intervals_hold_the_truth_of_fresh_sites(load: Any, paired: pd.DataFrame) -> None:
    module: ModuleType = load("coverage_paired")
    assert len(paired) == WORLDS * 3 * (len(module.METRICS) + len(module.CUT))
    assert module.coverage_table(paired)["coverage"].mean() > 0.9
    middle, quarter = (paired["low"] + paired["high"]) / 2, (paired["high"] - paired["low"]) / 4
    halved = paired.assign(low=middle - quarter, high=middle + quarter)
    assert module.coverage_table(halved)["coverage"].mean() < 0.85, "the study would not see intervals half as wide"


def test_weighting_removes_most_of_the_naive_bias_where_its_assumptions_hold(
    load: Any, selection: pd.DataFrame
) -> None:
    table = load("coverage_selection_tables").bias_table(selection)
    here = table[
        (table["scenario"] == "overlap") & (table["metric"] == "recall@0.20") & (table["policy"] != "model - grade")
    ]
    for _, methods in here.groupby(["policy", "propensity"]):
        share = methods.set_index("method")["share"]
        assert share[["ipw_hajek", "ipw_horvitz_thompson", "doubly_robust"]].max() < 1 / 3
    naive = here[here["method"] == "naive"]
    assert (naive["bias"] > 5 * naive["error"]).all(), "the naive figure must be wrong, or nothing is shown"


def test_bounds_hold_the_truth_and_the_true_parameter_is_narrower_than_the_worst_case(
    load: Any, selection: pd.DataFrame
) -> None:
    table = load("coverage_selection_tables").bounds_table(selection).dropna(subset="coverage")
    worst = selection[selection["method"] == "worst_case"]
    assert len(worst) > 500
    assert ((worst["lower"] <= worst["truth"]) & (worst["truth"] <= worst["upper"])).mean() > 0.99
    hidden = table[(table["scenario"] == "hidden") & (table["method"] == "sensitivity")]
    true, none = (hidden[hidden["gamma"] == gamma] for gamma in (2.0, 1.0))
    assert true["coverage"].mean() > 0.9
    assert (true["narrower"] == 1).all()
    precision = none[(none["metric"] == "precision@0.20") & (none["policy"] == "model")]
    assert precision["coverage"].item() < 0.5, "without the parameter the hidden tilt is missed"


def test_reports_say_where_overlap_fails_and_what_a_random_arm_would_tell(load: Any, selection: pd.DataFrame) -> None:
    table = load("coverage_selection_tables").warnings_table(selection).set_index(["scenario", "propensity"])
    estimated = table.xs("estimated", level="propensity")
    assert estimated["says_overlap"].to_dict() == {"overlap": 0, "hidden": 0, "random_arm": 0, "no_overlap": 1}
    assert estimated["says_arm"].to_dict() == {"overlap": 1, "hidden": 1, "random_arm": 0, "no_overlap": 1}
    assert estimated["arm"].to_dict() == {"overlap": 0, "hidden": 0, "random_arm": 1, "no_overlap": 0}


def test_permuted_outcomes_leave_no_difference(load: Any, permuted: pd.DataFrame) -> None:
    table = load("coverage_permuted").permuted_table(permuted)
    assert list(table["rival"]) == ["grade", "last_outcome", "past_fail_rate"]
    assert table["holds_zero"].mean() > 0.8
    assert (table["mean"].abs() < 0.03).all()


def test_the_page_is_filled_from_the_results(
    load: Any, study: dict[str, Any], paired: pd.DataFrame, selection: pd.DataFrame, permuted: pd.DataFrame
) -> None:
    found = {
        "paired": paired,
        "selection": selection,
        "world": permuted,
        "sample": permuted.assign(rival="grade_nanchang"),
    }
    text = load("coverage_page").page(study, found)
    assert "<!--" not in text
    assert "nan" not in text.lower().replace("nanchang", "")
    assert text.count("grade_nanchang") == 1
    band = paired[(paired["pair"] == "model - grade") & (paired["metric"] == "auc")]
    share = ((band["low"] <= band["truth"]) & (band["truth"] <= band["high"])).mean()
    line = next(line for line in text.splitlines() if line.startswith("| 1,000 | model - grade | `auc` |"))
    assert f"| `{share:.1%} ±" in line


def test_a_permutation_keeps_the_failures_of_each_origin(load: Any, study: dict[str, Any]) -> None:
    permuting = load("coverage_permuted")
    rows = permuting.one_world(study)
    rows = rows[rows["fail"].notna()].reset_index(drop=True)
    again = permuting.permuted(rows, seed=1)
    pd.testing.assert_frame_equal(again.drop(columns="fail"), rows.drop(columns="fail"))
    assert (again.groupby("origin")["fail"].sum() == rows.groupby("origin")["fail"].sum()).all()
    assert (again["fail"] != rows["fail"]).mean() > 0.1


def test_the_truth_of_a_city_is_what_its_worlds_have_on_average(load: Any, study: dict[str, Any]) -> None:
    worlds, truth_of = load("coverage_worlds"), load("coverage_truth").truth_of
    setting = worlds.setting_of(study)
    city, scoring = worlds.city_of(setting, study, 0), worlds.scoring_of(study["seed"], study["scoring_sites"])
    for allocation in (False, True):
        truth = truth_of(city, scoring, ["model", "grade"], [0.2], sites=20_000, allocation=allocation)
        rows, hidden = scored_rows(draw_panel(city, seed=1, sites=15_000), scoring)
        kept = rows["fail"].notna() | allocation
        fail = hidden.loc[kept, "would_fail"]
        for policy in ("model", "grade"):
            cut = at_budget(fail, rows.loc[kept, f"score_{policy}"], share=0.2, stratum=rows.loc[kept, "origin"])
            assert truth[policy]["recall@0.20"] == pytest.approx(cut.recall, abs=0.03)


def test_coverage_bias_and_misses_by_hand(load: Any) -> None:
    intervals = pd.DataFrame(
        {
            "sites": 9, "city": 0, "world": range(4), "pair": "model - grade", "metric": "auc", "cut": "linear",
            "truth": 0.5, "value": [0.5, 0.4, 0.4, 0.9], "low": [0.4, 0.3, 0.2, 0.8], "high": [0.6, 0.45, 0.4, 1.05],
        }
    )  # fmt: skip
    found = load("coverage_paired").coverage_table(intervals).iloc[0]
    assert (found["coverage"], found["missed_low"], found["missed_high"]) == (0.25, 0.5, 0.25)
    assert found["bias"] == pytest.approx(0.05)
    assert found["width"] == pytest.approx(0.2)
    assert found["error"] == pytest.approx(np.sqrt(0.25 * 0.75 / 4))
    assert found["sd"] == pytest.approx(np.std([0.5, 0.4, 0.4, 0.9], ddof=1))
    assert found["excess"] == pytest.approx(0.2 / (3.92 * found["sd"]) - 1)


def test_the_share_of_the_naive_bias_by_hand(load: Any) -> None:
    rows = [
        ("naive", 0, 0.7), ("naive", 1, 0.9), ("ipw_hajek", 0, 0.4), ("ipw_hajek", 1, 0.7), ("random_arm", 0, np.nan),
        ("random_arm", 1, 0.5),
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=["method", "world", "value"]).assign(
        scenario="overlap", propensity="true", city=0, policy="model", metric="recall@0.20", truth=0.5, low=0.45,
        high=0.55, ess=10.0,
    )  # fmt: skip
    table = load("coverage_selection_tables").bias_table(found).set_index("method")
    assert table["bias"].to_dict() == pytest.approx({"naive": 0.3, "ipw_hajek": 0.05, "random_arm": 0.0})
    assert table.loc["ipw_hajek", "share"] == pytest.approx(0.05 / 0.3)
    assert table.loc["naive", "rmse"] == pytest.approx(np.sqrt((0.04 + 0.16) / 2))
    assert table.loc["random_arm", "worlds"] == 1


def test_results_of_other_settings_are_refused(load: Any, study: dict[str, Any], tmp_path: Path) -> None:
    command = load("coverage_study")
    with pytest.raises(DataError, match=r"paired.parquet is not there; run benchmarks/coverage_study.py --only paired"):
        command.kept(study, tmp_path)
    table = pd.DataFrame({"a": [1.0]})
    table.attrs = {"settings": command.settings_of(study, "paired").replace('"seed": 20261122', '"seed": 1')}
    table.to_parquet(tmp_path / "paired.parquet", index=False)
    with pytest.raises(DataError, match=r"made with other settings than studies/coverage\.toml has"):
        command.kept(study, tmp_path)


def test_a_study_with_an_unknown_key_is_refused(load: Any, tmp_path: Path) -> None:
    worlds = load("coverage_worlds")
    path = tmp_path / "coverage.toml"
    text = worlds.STUDY.read_text(encoding="utf-8").replace("[permuted]\n", "[permuted]\nfolds = 3\n")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"section \[permuted\] has keys .*'folds'.*are needed"):
        worlds.read_study(path)
