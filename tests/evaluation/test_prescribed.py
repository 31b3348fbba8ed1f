"""Grades as prescribed: rates of visits, the floor, the same budget for the model, by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation import Comparison, compare
from riskml.evaluation.prescribed import visit_rates, with_rates
from riskml.grades import load_system

NAN = float("nan")
FLOOR = 73  # days: a tenth of two years


def rows(fail: list[int], rate: list[float], score: list[float], **columns: Any) -> pd.DataFrame:
    """One origin where everybody was visited; the grade ranks by its rate."""
    made = pd.DataFrame({"fail": pd.array([bool(one) for one in fail], dtype="boolean"), "weight": 1.0})
    made["site_id"], made["origin"] = [f"S{k:03d}" for k in range(len(fail))], pd.Timestamp("2024-01-01")
    return made.assign(rate_x=rate, score_grade_x=np.nan_to_num(rate), score_model=score, **columns)


def compared(table: pd.DataFrame, horizon_days: int | None = FLOOR, **changes: Any) -> Comparison:
    asked = {"draws": 0, "seed": 1, "pairs": [("model", "grade_x")], "probability_policies": (), **changes}
    return compare(table, ["model", "grade_x"], horizon_days=horizon_days, **asked)


FAIL = [1, 0, 1, 1, 0, 0, 0, 0, 0, 0]
RATES = [1.0, 1.0, *[0.25] * 8]
PERFECT = [1.0, 0, 1, 1, 0, 0, 0, 0, 0, 0]


def prescribed(made: Comparison) -> dict[str, float | None]:
    entries = made.policies["grade_x"]
    return {name.partition("@")[0]: entries[name].value for name in entries if name.endswith("@prescribed")}


def gaps(made: Comparison) -> dict[str, float | None]:
    entries = made.differences["model - grade_x"]
    return {name.partition("@")[0]: entries[name].value for name in entries if name.endswith("@prescribed")}


def test_the_grade_keeps_a_random_share_of_each_level_and_the_model_as_many_visits() -> None:
    made = compared(rows(FAIL, RATES, PERFECT))
    # 2 visits of the risky level and 2 of the 8 others: 1 failure, and a quarter of the 2 others
    assert prescribed(made) == pytest.approx(
        {"precision": 1.5 / 4, "recall": 0.5, "found": 1.5, "lift": 1.25, "clean_share": 2.5 / 4, "budget_share": 0.4}
    )
    # the model: one visit at random finds .3; three more on its highest find all that are left of the failures
    assert gaps(made) == pytest.approx(
        {"precision": 1.5 / 4, "recall": 0.5, "found": 1.5, "lift": 1.25, "clean_share": -1.5 / 4}
    )
    assert made.policies["grade_x"]["recall@prescribed"].estimand == "reordering"
    assert not [name for name in made.policies["model"] if "prescribed" in name]


def test_the_floor_of_the_model_is_spent_at_random() -> None:
    wrong = [-score for score in PERFECT]
    model = gaps(compared(rows(FAIL, RATES, wrong)))["found"]
    assert model is not None
    assert 1.5 + model == pytest.approx(0.3)  # what the floor of one visit finds; the rest goes to clean sites
    flat = gaps(compared(rows(FAIL, RATES, [0.0] * 10)))["found"]
    assert flat == pytest.approx(4 * 0.3 - 1.5)


def test_fewer_visits_than_the_floor_are_all_spent_at_random_and_a_note_says_so() -> None:
    made = compared(rows(FAIL, [0.05] * 10, PERFECT))
    assert prescribed(made)["budget_share"] == pytest.approx(0.05)
    assert gaps(made)["found"] == pytest.approx(0.0, abs=1e-12)
    told = [note for note in made.notes if "fewer visits than the floor" in note["en"]]
    assert "at 1 of 1 origins" in told[0]["en"]
    assert "1 个决策日中的 1 个" in told[0]["zh"]
    assert not [note for note in compared(rows(FAIL, RATES, PERFECT)).notes if "floor" in note["en"]]


def test_a_horizon_of_two_years_leaves_nothing_to_choose() -> None:
    made = compared(rows(FAIL, [1.0] * 10, PERFECT), horizon_days=730)
    assert prescribed(made)["recall"] == pytest.approx(1.0)
    assert gaps(made)["recall"] == pytest.approx(0.0, abs=1e-12)


def test_a_missing_level_gets_the_mean_rate_of_the_origin() -> None:
    holes = prescribed(compared(rows(FAIL, [NAN, 1.0, *[0.25] * 8], PERFECT)))
    mean = (1.0 + 8 * 0.25) / 9
    assert holes["found"] == pytest.approx(mean + 0.5)
    assert holes["budget_share"] == pytest.approx((mean + 3.0) / 10)


def test_harm_found_as_prescribed() -> None:
    made = compared(rows(FAIL, RATES, PERFECT, harm=[2.0, 9, 10, 8, 9, 9, 9, 9, 9, 9]))
    assert prescribed(made)["harm_recall"] == pytest.approx((2 + 18 / 4) / 20)
    assert gaps(made)["harm_recall"] == pytest.approx(1 - (2 + 18 / 4) / 20)


def test_only_visits_made_count_and_only_with_a_horizon_and_rates() -> None:
    table = rows(FAIL, RATES, PERFECT)
    unvisited = table.assign(site_id="U" + table["site_id"], fail=pd.array([pd.NA] * 10, dtype="boolean"))
    both = pd.concat([table, unvisited], ignore_index=True)
    assert prescribed(compared(both)) == pytest.approx(prescribed(compared(table)))
    assert prescribed(compared(table, horizon_days=None)) == {}
    bare = compared(table.drop(columns="rate_x"))
    assert prescribed(bare) == {}
    assert [note["en"] for note in bare.notes] == [
        "The rows do not hold the visits that these systems prescribe; they are not compared as prescribed: grade_x."
    ]


def test_the_table_holds_grade_rival_and_difference_with_intervals() -> None:
    rng = np.random.default_rng(3)
    fail = list((rng.random(200) < 0.3).astype(int))
    table = rows(fail, list(rng.choice([0.2, 0.5, 1.0], 200)), list(rng.random(200)))
    made = compared(table, draws=60)
    told = made.prescribed
    assert list(told["policy"].unique()) == ["grade_x", "model", "model - grade_x"]
    assert (told["system"] == "x").all()
    wide = told.pivot(index="metric", columns="policy", values="value").drop("budget_share@prescribed")
    gap = (wide["model"] - wide["grade_x"]).to_numpy()
    assert gap == pytest.approx(wide["model - grade_x"].to_numpy())
    assert (told["low"] <= told["value"]).all()
    assert (told["value"] <= told["high"]).all()
    entry = made.differences["model - grade_x"]["recall@prescribed"]
    mine = told[(told["policy"] == "model - grade_x") & (told["metric"] == "recall@prescribed")].iloc[0]
    assert (mine["value"], mine["low"], mine["high"]) == (entry.value, entry.low, entry.high)
    assert compared(table, horizon_days=None).prescribed.empty


@pytest.mark.parametrize(("rate", "horizon", "message"), [(1.5, 90, "outside 0 to 1 in 1 rows"), (0.5, 0, "horizon")])
def test_rates_and_horizons_out_of_range_are_refused(rate: float, horizon: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        compared(rows(FAIL, [rate, *RATES[1:]], PERFECT), horizon_days=horizon)


def test_rates_follow_from_the_levels_visits_a_year() -> None:
    level = pd.Series(["a", "d", None, "a"], index=[4, 2, 9, 7])
    told = visit_rates(level, {"a": 2.0, "d": 12.0}, horizon_days=73)
    assert told.index.tolist() == [4, 2, 9, 7]
    assert told.tolist() == pytest.approx([0.4, 1.0, NAN, 0.4], nan_ok=True)


@pytest.mark.parametrize(
    ("per_year", "horizon", "message"),
    [({"b": 1.0}, 90, r"levels \['a'\] have no prescribed visits"), ({"a": -1.0}, 90, "numbers of 0 or more"),
     ({"a": NAN}, 90, "numbers of 0 or more"), ({"a": 1.0}, 0, "a horizon of 0 days")],
)  # fmt: skip
def test_frequencies_that_make_no_rate_are_refused(per_year: dict[str, float], horizon: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        visit_rates(pd.Series(["a"]), per_year, horizon_days=horizon)


def test_rows_get_the_rate_of_their_own_level_on_their_own_day() -> None:
    system = load_system("nanchang")
    worst, safest = system.levels[-1].code, system.levels[0].code
    days = [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-07-01")]
    grades = pd.DataFrame({"site_id": ["a", "a"], "as_of": days, "system": "nanchang", "level": [safest, worst]})
    other = grades.assign(system="elsewhere", level="Z")
    asked = pd.DataFrame({"site_id": ["a", "b", "a"], "as_of": [days[1], days[0], days[0]]}, index=[3, 1, 2])
    told = with_rates(asked, pd.concat([grades, other]), {"nanchang": system}, horizon_days=90)
    per_year = [level.visits_per_year for level in (system.levels[-1], system.levels[0])]
    expected = [min(1.0, visits * 90 / 365) for visits in per_year]
    assert told["rate_nanchang"].tolist() == pytest.approx([expected[0], NAN, expected[1]], nan_ok=True)
    assert "rate_nanchang" not in asked.columns
    variant = with_rates(asked, grades.iloc[:0], {"x/y": system}, horizon_days=90)
    assert variant["rate_x_y"].isna().all()
