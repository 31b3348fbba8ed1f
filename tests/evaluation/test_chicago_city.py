"""Chicago's published figures by the package's own functions, to the printed digits; and how they are made."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from riskml.evaluation import auc
from riskml.evaluation.inspectors.within import within_inspector_auc
from riskml.evaluation.schedule.days import actual_first_half, by_chance, days_earlier, first_half
from riskml.models.likelihood import greatest_likelihood

ROOT = Path(__file__).parent.parent.parent
FILE = Path("chicago") / "chicago_eval.parquet"


@pytest.fixture
def city(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module benchmarks/chicago_city.py."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("chicago_city")


def figures(rows: pd.DataFrame, score: "pd.Series[float]") -> tuple[float | None, float | None, float | None]:
    """Days earlier, first half and AUC, ties in the order of the rows as the city has them."""
    fail, day = rows["fail"].to_numpy(bool), rows["visited_on"].to_numpy("datetime64[D]").astype(np.int64)
    return days_earlier(fail, score, day, ties="stable"), first_half(fail, score, day, ties="stable"), auc(fail, score)


@pytest.fixture
def published(city: ModuleType, real_data: Path) -> pd.DataFrame:
    """The published table."""
    return city.city_table(real_data)  # type: ignore[no-any-return]


def test_the_citys_saved_predictions_find_violations_7_589_days_earlier(city: ModuleType, real_data: Path) -> None:
    table = city.city_table(real_data, "current")
    rows = table[table["test"]]
    assert (len(table), len(rows), rows["fail"].sum()) == (18_781, 1_665, 263)
    days, half, ranked = figures(rows, rows["saved_ridge"])
    assert (f"{days:.3f}", f"{half:.1%}", f"{ranked:.4f}") == ("7.589", "68.4%", "0.6747")


def test_the_published_regressions_come_out_to_the_printed_digit(city: ModuleType, published: pd.DataFrame) -> None:
    rows = published[published["test"]].reset_index(drop=True)
    assert (len(published), len(rows), rows["fail"].sum()) == (18_712, 1_637, 258)
    scores = city.regression_scores(published)
    blind, only = figures(rows, scores[city.BLIND]), figures(rows, scores[city.ONLY])
    assert tuple(f"{one:.2f} {two:.1%} {three:.3f}" for one, two, three in (blind, only)) == (
        "2.28 56.6% 0.572",
        "7.61 69.4% 0.662",
    )
    assert within_inspector_auc(rows["fail"], scores[city.BLIND], rows["inspector"]) == pytest.approx(0.535, abs=5e-4)
    assert within_inspector_auc(rows["fail"], scores[city.ONLY], rows["inspector"]) == 0.5
    days, half, ranked = figures(rows, scores[city.RIDGE])
    assert days == pytest.approx(7.44, abs=0.02)
    assert (f"{days:.3f}", f"{half:.1%}", f"{ranked:.3f}") == ("7.438", "68.6%", "0.672")
    of_the_city = figures(rows, city.regression_scores(published, ridge=0.00296)[city.RIDGE])[0]
    assert f"{of_the_city:.3f}" == "7.434"


def test_saved_trees_past_counts_chance_and_perfection_are_the_printed_ones(published: pd.DataFrame) -> None:
    rows = published[published["test"]]
    trees, past = figures(rows, rows["saved_trees"]), figures(rows, rows["previous_critical"])
    assert tuple(f"{one:.2f} {two:.1%} {three:.3f}" for one, two, three in (trees, past)) == (
        "7.79 68.2% 0.679",
        "1.93 51.2% 0.538",
    )
    assert within_inspector_auc(rows["fail"], rows["saved_trees"], rows["inspector"]) == pytest.approx(0.573, abs=5e-4)
    assert f"{figures(rows, rows['fail'].astype(float))[0]:.2f}" == "24.06"
    fail, day = rows["fail"].to_numpy(bool), rows["visited_on"].to_numpy("datetime64[D]").astype(np.int64)
    assert f"{actual_first_half(fail, day):.2%}" == "54.65%"
    # printed are the mean and sd of 500 random orders: -1.55 and 1.02; the exact ones lie within their sampling error
    chance = by_chance(fail, day)
    assert chance is not None
    assert abs(chance.mean + 1.55) < 2 * 1.02 / np.sqrt(500)
    assert abs(chance.sd - 1.02) < 2 * 1.02 / np.sqrt(2 * 500)
    rng = np.random.default_rng(1)
    orders = [days_earlier(fail, rng.random(len(fail)), day) for _ in range(500)]
    assert np.mean(orders) == pytest.approx(chance.mean, abs=3 * chance.sd / np.sqrt(500))  # type: ignore[arg-type]


def test_the_kept_table_is_the_one_made_from_the_citys(city: ModuleType, real_data: Path) -> None:
    made = city.replication(real_data, ours=Path("nowhere"), draws=20)
    kept = pd.read_csv(city.KEPT, index_col="policy")
    numbers = ["days_earlier", "first_half", "auc", "within", "net", "slots"]
    assert list(made.index) == list(kept.index)
    assert made[numbers].to_numpy() == pytest.approx(kept[numbers].to_numpy(), abs=1e-5)


def raw_table(seed: int, n: int = 900) -> pd.DataFrame:
    """A made-up table with the city's columns: inspectors differ, sites hardly."""
    rng = np.random.default_rng(seed)
    who, past = rng.integers(0, 3, n), rng.integers(0, 3, n)
    table = pd.DataFrame(
        {
            "License": rng.integers(1, 500, n),
            "Inspection_Date": (pd.Timestamp("2014-05-01") + pd.to_timedelta(np.arange(n) // 5, unit="D")).date,
            "criticalFound": (rng.random(n) < 1 / (1 + np.exp(2.5 - 1.5 * who - 0.3 * past))).astype(np.int8),
            "sanitarian": np.array(["blue", "green", "red"])[who],
            "WARD": rng.integers(1, 3, n).astype(float),
            "Test": np.arange(n) >= 620,
            "pastCritical": past.astype(float),
            "city_glm_pred_eval": rng.random(n),
            "city_xgb_score": rng.random(n),
            "in_published_18712": pd.array([True] * n, dtype="boolean"),
            "ageAtInspection_2015": rng.random(n) * 8,
        }
    )
    for name in ("pastSerious", "timeSinceLast", "temperatureMax", "heat_burglary", "heat_sanitation", "heat_garbage"):
        table[name] = rng.random(n) * 90
    for name in ("consumption_on_premises_incidental_activity_2015", "tobacco_2015"):
        table[name] = (rng.random(n) < 0.5).astype(float)
    return table


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    (tmp_path / "chicago").mkdir()
    raw_table(1).to_parquet(tmp_path / FILE)
    return tmp_path


def test_an_inspector_artefact_of_a_made_up_city_is_seen_through(city: ModuleType, made_up: Path) -> None:
    table = city.replication(made_up, ours=Path("nowhere"), draws=30)
    assert list(table.index) == list(pd.read_csv(city.KEPT, index_col="policy").index)
    assert table.loc[city.ONLY, "days_earlier"] > 3 * abs(table.loc[city.BLIND, "days_earlier"])
    assert table.loc[city.ONLY, ["within", "slots", "slots_low", "slots_high"]].tolist() == [0.5, 0, 0, 0]
    assert table.loc["perfect order", "slots"] == table["slots"].max()
    assert table.loc["random order", ["net", "slots"]].tolist() == [0, 0]


def test_our_scores_are_one_a_site_and_the_mean_where_a_site_was_not_open(city: ModuleType) -> None:
    scored = pd.DataFrame({"site_id": ["a", "b"], "score_model": [0.2, 0.4]})
    assert city.our_scores(scored, pd.Series(["b", "a", "b", "new"])).tolist() == pytest.approx([0.4, 0.2, 0.4, 1 / 3])


def test_the_regression_is_that_of_the_package_and_its_penalty_is_on_the_inspectors_alone(
    city: ModuleType, made_up: Path
) -> None:
    rng = np.random.default_rng(2)
    columns, fail = rng.normal(size=(400, 3)), rng.random(400) < 0.3
    assert city.regression(columns, fail.astype(float), np.zeros(3)) == pytest.approx(
        greatest_likelihood(columns, fail), abs=1e-5
    )
    assert city.regression(columns, fail.astype(float), np.full(3, 0.1)) == pytest.approx(
        greatest_likelihood(columns, fail, ridge=0.1 * 400), abs=1e-5
    )
    table = city.city_table(made_up)
    heavy = city.regression_scores(table, ridge=1e6)
    assert heavy[city.RIDGE].to_numpy() == pytest.approx(heavy[city.BLIND].to_numpy(), abs=1e-4)


def test_the_city_cuts_its_numbers_off(city: ModuleType, made_up: Path) -> None:
    table = city.city_table(made_up)
    assert table[list(city.FEATURES)].max().to_dict() == pytest.approx(
        {
            "pastSerious": 1, "pastCritical": 1, "timeSinceLast": table["timeSinceLast"].max(),
            "temperatureMax": table["temperatureMax"].max(), "heat_burglary": 70, "heat_sanitation": 70,
            "heat_garbage": 50, "old": 1, "consumption_on_premises_incidental_activity": 1, "tobacco": 1,
        }
    )  # fmt: skip
    assert set(table["old"]) == {0.0, 1.0}


def test_without_the_citys_table_the_kept_one_is_shown_and_it_is_said_so(city: ModuleType) -> None:
    table, told = city.replicated("")
    assert told.startswith("RISKML_REAL_DATA is not set: nothing is made again here")
    assert list(table.columns) == list(pd.read_csv(city.KEPT, index_col="policy").columns)
    assert table.dtypes.eq("float64").all()
    assert len(table) == 8  # aggregates only: no row of the city's table


def test_with_the_citys_table_it_is_made_again_and_it_is_said_so(
    city: ModuleType, made_up: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city, "replication", lambda folder, **_: pd.DataFrame({"folder": [str(folder)]}))
    table, told = city.replicated(str(made_up))
    assert table["folder"].tolist() == [str(made_up)]
    assert told.startswith("Made again from the city's table")
