"""Fairness by group: figures by hand and by slow oracles, what is judged, what is only shown, what is too small."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation import compare
from riskml.evaluation.fairness.table import COLUMNS, fairness_table
from riskml.evaluation.fairness.words import FAIRNESS_METRICS

Found = dict[str, Any]


def by_hand() -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """400 visits of two scores. East: 120 of .5 (60 fail), 80 of .2 (20). West: 40 of .5 (20), 160 of .2 (20)."""
    parts = [("east", 0.5, 120, 60), ("east", 0.2, 80, 20), ("west", 0.5, 40, 20), ("west", 0.2, 160, 20)]
    office = [name for name, _, n, _ in parts for _ in range(n)]
    rows = pd.DataFrame(
        {
            "site_id": [f"s{place:03d}" for place in range(400)],
            "origin": pd.Timestamp("2024-01-01"),
            "fail": pd.array([place < failed for _, _, n, failed in parts for place in range(n)], dtype="boolean"),
            "weight": 1.0,
            "score_model": [score for _, score, n, _ in parts for _ in range(n)],
            "score_grade": 1.0,
        }
    )
    return rows, pd.Series(office, dtype="str")


def scored(n: int = 900, seed: int = 1, *, tilt: float = 0.0, base: float = 0.0) -> pd.DataFrame:
    """Three origins, a fifth without a visit; `base` moves the odds of office b, `tilt` those that nobody knows."""
    rng = np.random.default_rng(seed)
    sites, office = n // 3, rng.choice(["a", "b", "c"], n // 3)
    frames = []
    for day in ("2024-01-01", "2024-04-01", "2024-07-01"):
        odds = rng.normal(-1.2, 0.8, sites) + base * (office == "b")
        fail = pd.Series(rng.random(sites) < 1 / (1 + np.exp(-odds - tilt * (office == "b"))), dtype="boolean")
        fail[rng.random(sites) < 0.2] = pd.NA
        score = {"score_model": 1 / (1 + np.exp(-odds)), "score_grade": np.round(odds), "score_same": 0.3}
        names = {"site_id": [f"s{place:04d}" for place in range(sites)], "origin": pd.Timestamp(day), "office": office}
        frames.append(pd.DataFrame({**names, "fail": fail, "weight": 1.0, **score}))
    return pd.concat(frames, ignore_index=True)


ROWS = scored()


def made(rows: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    return fairness_table(rows, {"office": rows["office"]}, **{"draws": 100, "seed": 3, **changes})


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return made(ROWS, rivals=["grade"])


def one(table: pd.DataFrame, group: str, metric: str, *, policy: str = "model", budget: float | None = None) -> Found:
    budgets = table["budget"].isna() if budget is None else table["budget"] == budget
    found = table[(table["group"] == group) & (table["metric"] == metric) & (table["policy"] == policy) & budgets]
    assert len(found) == 1
    return {str(name): value for name, value in found.iloc[0].items()}


def test_every_figure_is_the_one_computed_by_hand() -> None:
    rows, office = by_hand()
    table = fairness_table(rows, {"office": office}, budgets=[0.2], draws=0, seed=1)
    expected = {
        "detection_rate": (15 / 40, 5 / 20),  # half of the 160 visits of score .5 are made
        "clean_visit_rate": (15 / 60, 5 / 80),
        "precision": (0.5, 0.5),
        "selection_share": (0.3, 0.1),
        "promised_detection": (15 / 38, 5 / 26),
        "detection_parity": (1.5, 1 / 1.5),
        "clean_visit_parity": (4.0, 0.25),
        "detection_ratio": (0.95 / 1.3, 1.3 / 0.95),
        "site_selection_share": (0.3, 0.1),
    }
    for metric, values in expected.items():
        for group, value in zip(("east", "west"), values, strict=True):
            assert one(table, group, metric, budget=0.2)["value"] == pytest.approx(value, abs=1e-12), metric
    plain = {
        "mean_place": (0.4, 0.6),  # .5 stands at .2 in the middle of its tie group, .2 at .7
        "mean_place_failing": (0.325, 0.45),
        "observed_expected": (40 / 38, 20 / 26),
        "calibration_ratio": ((40 / 38) / (20 / 26), (20 / 26) / (40 / 38)),
        "site_mean_place": (0.4, 0.6),
    }
    for metric, values in plain.items():
        for group, value in zip(("east", "west"), values, strict=True):
            assert one(table, group, metric)["value"] == pytest.approx(value, abs=1e-12), metric


def test_a_detection_ratio_with_enough_data_is_detection_over_promise_against_that_of_the_others(
    table: pd.DataFrame,
) -> None:
    pool = ROWS[ROWS["fail"].notna()]
    kept = {}
    for place, mine in enumerate((pool["office"] == "b", pool["office"] != "b")):
        visited = np.zeros(len(pool))
        for _, day in pool.groupby("origin"):
            order = day["score_model"].sort_values(ascending=False).index
            left = 0.2 * len(day) - np.arange(len(day))
            visited[pool.index.get_indexer(order)] = np.clip(left, 0, 1)
        fail, chance = pool["fail"].to_numpy(float), pool["score_model"].to_numpy()
        part = mine.to_numpy()
        detection = (fail * visited)[part].sum() / fail[part].sum()
        kept[place] = detection / ((chance * visited)[part].sum() / chance[part].sum())
    assert one(table, "b", "detection_ratio", budget=0.2)["value"] == pytest.approx(kept[0] / kept[1], abs=1e-9)


def test_all_sites_together_have_the_recall_and_interval_of_the_comparison(table: pd.DataFrame) -> None:
    compared = compare(ROWS, ["model", "grade"], draws=100, seed=3, pairs=[("model", "grade")])
    for policy, told in (
        ("model", compared.policies["model"]["recall@0.20"]),
        ("grade", compared.policies["grade"]["recall@0.20"]),
        ("model - grade", compared.differences["model - grade"]["recall@0.20"]),
    ):
        found = one(table, "", "detection_rate", policy=policy, budget=0.2)
        assert [found[key] for key in ("value", "low", "high")] == pytest.approx([told.value, told.low, told.high])
        assert (found["n"], found["n_positive"]) == (told.n, told.n_positive)


def test_a_constant_score_gives_every_group_what_chance_gives() -> None:
    table = made(ROWS, policy="same", draws=0)
    for group in ("a", "b", "c"):
        for metric in ("detection_rate", "clean_visit_rate", "selection_share", "site_selection_share"):
            assert one(table, group, metric, policy="same", budget=0.1)["value"] == pytest.approx(0.1)
        assert one(table, group, "mean_place_failing", policy="same")["value"] == pytest.approx(0.5)


def test_right_probabilities_break_parity_where_groups_differ_but_not_what_is_judged() -> None:
    table = made(scored(9_000, base=1.5), budgets=[0.2], draws=200)
    parity = one(table, "b", "detection_parity", budget=0.2)
    assert parity["low"] > 1.25
    judged = table[table["metric"].str.endswith("_ratio")]
    assert set(judged["metric"]) == {"calibration_ratio", "detection_ratio"}
    assert judged["low"].notna().all()
    assert not ((judged["high"] < 0.8) | (judged["low"] > 1.25)).any()


def test_a_group_whose_risk_is_understated_shows_in_its_calibration_ratio() -> None:
    found = one(made(scored(6_000, tilt=1.0), draws=200), "b", "calibration_ratio")
    assert found["low"] > 1.25


def test_only_the_policy_has_figures_that_are_judged_and_only_for_groups(table: pd.DataFrame) -> None:
    judged = table[table["metric"].str.endswith("_ratio")]
    assert set(judged["policy"]) == {"model"}
    assert set(judged["attribute"]) == {"office"}
    parities = table[table["metric"].str.endswith("_parity")]
    assert set(parities["policy"]) == {"model", "grade"}


def test_figures_of_all_sites_read_no_outcome() -> None:
    turned = ROWS.assign(fail=~ROWS["fail"])
    blind = [one(made(rows, draws=50), "b", "site_selection_share", budget=0.2) for rows in (ROWS, turned)]
    assert blind[0] == blind[1]
    assert (blind[0]["estimand"], blind[0]["n"]) == ("allocation", int((ROWS["office"] == "b").sum()))


def test_a_small_group_says_so_instead_of_a_number_and_others_keep_theirs() -> None:
    rows = ROWS.copy()
    rows.loc[rows.index[rows["office"] == "c"][18:], "office"] = "a"
    table = made(rows)
    found = one(table, "c", "detection_rate", budget=0.2)
    assert np.isnan(found["value"])
    assert found["reason"] == f"not enough data: {found['n_positive']} failures, 20 are needed"
    assert one(table, "a", "detection_rate", budget=0.2)["reason"] == ""
    assert one(table, "c", "selection_share", budget=0.2)["reason"].endswith("settled visits, 20 are needed")


def test_a_group_alone_has_no_ratio_and_a_group_that_is_not_recorded_is_counted() -> None:
    rows = ROWS.assign(office=ROWS["office"].where(ROWS["office"] == "b"))
    table = made(rows)
    assert one(table, "b", "calibration_ratio")["reason"] == (
        "not enough data in the other groups: 0 expected failures, 20 are needed"
    )
    missing = one(table, "", "not_recorded", policy="")
    assert missing["n"] == rows["office"].isna().sum()
    assert missing["n_positive"] == (rows["office"].isna() & rows["fail"].notna()).sum()
    assert missing["value"] == pytest.approx(rows["office"].isna().mean())


def test_of_many_groups_the_largest_are_shown_and_the_rest_still_belong_to_the_others() -> None:
    rows = ROWS.assign(office=[f"o{place % 70}" if place % 3 else "big" for place in range(len(ROWS))])
    table = made(rows, draws=0)
    assert table.loc[table["attribute"] == "office", "group"].nunique() == 50 + 1
    rest = one(table, "", "not_shown", policy="")
    assert rest["n"] == len(rows) - rows["office"].value_counts().head(50).sum()
    others = rows[(rows["office"] != "big") & rows["fail"].notna()]
    mine = rows[(rows["office"] == "big") & rows["fail"].notna()]
    ratios = [part["fail"].astype(float).sum() / part["score_model"].sum() for part in (mine, others)]
    assert one(table, "big", "calibration_ratio")["value"] == pytest.approx(ratios[0] / ratios[1])


def test_a_group_is_shown_by_expected_failures_so_that_bad_luck_alone_cannot_show_it() -> None:
    rows, office = by_hand()
    lucky = rows.assign(score_model=np.where(office == "west", 0.09, rows["score_model"]))  # 18 expected, 40 observed
    found = one(fairness_table(lucky, {"office": office}, draws=0, seed=1), "west", "observed_expected")
    assert found["reason"] == "not enough data: 18 expected failures, 20 are needed"


def test_the_order_of_rows_does_not_matter(table: pd.DataFrame) -> None:
    turned = ROWS.sample(frac=1.0, random_state=4)
    pd.testing.assert_frame_equal(made(turned, rivals=["grade"]), table)


def test_columns_and_metrics_are_those_that_are_declared(table: pd.DataFrame) -> None:
    assert list(table.columns) == list(COLUMNS)
    assert {"attribute", "group", "metric", "value", "low", "high"} <= set(table.columns)  # what the gate reads
    assert set(table["metric"]) == set(FAIRNESS_METRICS)
    bare = table[table["low"].isna()]
    assert (bare["reason"] != "").all()


def test_more_draws_than_the_most_are_not_drawn() -> None:
    small = scored(300, seed=2)
    pd.testing.assert_frame_equal(made(small, draws=500), made(small, draws=2_000))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"budgets": [0.0]}, "budgets .0.0. are not allowed"),
        ({"policy": "grade"}, "probabilities lie outside 0 to 1"),
        ({"rivals": ["nobody"]}, "lack columns .'score_nobody'."),
    ],
)
def test_what_cannot_be_measured_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        made(ROWS, **changes)


def test_a_group_on_another_index_is_refused() -> None:
    with pytest.raises(DataError, match="group office: its index is not that of the 900 rows"):
        fairness_table(ROWS, {"office": ROWS["office"].iloc[::-1]}, draws=0, seed=1)
