"""Quality of a grade: rates, trend, inflation, bunching and movers, worked out by hand on eight sites and two days."""

import dataclasses
from itertools import product
from math import erfc, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.evaluation.intervals import resamples
from riskml.evaluation.levels._bunching import bunching
from riskml.evaluation.levels._graded_rows import Resampling, graded_rows
from riskml.evaluation.levels._rates import wilson
from riskml.evaluation.levels.quality import (
    MEASURES,
    GradeQuality,
    findings_of,
    grade_quality,
    qualities,
    quality_table,
)
from riskml.evaluation.levels.quality_words import quality_sentences
from riskml.grades import load_system

LEVELS = ("green", "yellow", "orange", "red")
DAYS = ("2024-01-01", "2025-01-01")
BY_HAND = (
    # site, level and outcome on the first day, level and outcome on the second
    ("a", "green", 0, "green", 0),
    ("b", "green", 0, "yellow", 1),
    ("c", "green", 1, "green", 0),
    ("d", "green", None, "green", None),
    ("e", "yellow", 1, "yellow", 0),
    ("f", "yellow", 0, "green", None),
    ("g", "red", 1, "red", 1),
    ("h", "red", 1, "yellow", 0),
)


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows with as_of as a day and fail as a nullable boolean."""
    table = pd.DataFrame(rows)
    return table.assign(as_of=pd.to_datetime(table["as_of"]), fail=table["fail"].astype("boolean"))


def by_hand() -> pd.DataFrame:
    rows = [
        {"site_id": row[0], "as_of": DAYS[at], "level": row[1 + 2 * at], "points": 0.0, "fail": row[2 + 2 * at]}
        for row, at in product(BY_HAND, (0, 1))
    ]
    return frame(rows)


def quality(rows: pd.DataFrame, **changes: Any) -> GradeQuality:
    return grade_quality(rows, load_system("nanchang"), **{"draws": 200, "seed": 3, **changes})


def values(found: GradeQuality, measure: str) -> list[float | None]:
    return [one.value for one in found.of(measure)]


def test_failure_rates_steps_and_the_safest_level_are_as_on_paper() -> None:
    found = quality(by_hand())
    assert values(found, "fail_rate") == [1 / 5, 2 / 5, None, 1.0]
    assert [(one.n, one.n_positive) for one in found.of("fail_rate")] == [(5, 1), (5, 2), (0, 0), (3, 3)]
    assert [(one.level, one.other) for one in found.of("fail_rate_step")] == [("green", "yellow"), ("yellow", "red")]
    assert values(found, "fail_rate_step") == pytest.approx([0.2, 0.6])
    assert values(found, "failures_in_safest") == [1 / 6]
    assert found.of("fail_rate")[2].reason == "no settled visit at this level"
    assert values(found, "rates_rise") == [1.0]


def test_where_all_visits_failed_the_wilson_interval_over_sites_stands() -> None:
    red = quality(by_hand()).of("fail_rate")[3]
    assert (red.interval, red.reason) == ("wilson", "every visit had the same outcome")
    assert (red.low, red.high) == wilson(1.0, 2)
    assert wilson(1.0, 2)[0] == pytest.approx(0.342380, abs=1e-6)  # 1 / (1 + z2 / 2)


def test_the_interval_of_a_rate_is_that_of_rows_repeated_as_often_as_their_site_was_drawn() -> None:
    rows = by_hand()
    found = quality(rows).of("fail_rate")[1]
    place = {site: at for at, site in enumerate(sorted(set(rows["site_id"])))}
    kept = rows[rows["fail"].notna() & (rows["level"] == "yellow")]
    rates = []
    for counts in resamples(len(place), range(0, 200), 3):
        times = [int(counts[place[site]]) for site in kept["site_id"]]
        fails = np.repeat(kept["fail"].to_numpy(bool), times)
        rates.append(fails.mean() if len(fails) else np.nan)
    low, high = np.nanquantile(rates, (0.025, 0.975))
    assert np.isnan(rates).mean() < 0.05
    assert [found.low, found.high] == pytest.approx([low, high])
    assert found.interval == "bootstrap"


def test_the_trend_is_cochran_armitage_with_variance_by_site() -> None:
    rows = by_hand()
    kept = rows[rows["fail"].notna()]
    rank = [LEVELS.index(level) for level in kept["level"]]
    mean_rank, mean_fail = (0 * 5 + 1 * 5 + 3 * 3) / 13, 6 / 13
    by_site: dict[str, float] = {}
    for site, place, fail in zip(kept["site_id"], rank, kept["fail"], strict=True):
        by_site[site] = by_site.get(site, 0.0) + (place - mean_rank) * (float(fail) - mean_fail)
    z = sum(by_site.values()) / sqrt(sum(part**2 for part in by_site.values()))
    found = quality(rows)
    assert values(found, "trend_z") == [pytest.approx(z)]
    assert values(found, "trend_p") == [pytest.approx(erfc(abs(z) / sqrt(2)))]


def test_the_auc_of_the_level_pairs_visits_of_one_day_only() -> None:
    assert values(quality(by_hand()), "auc") == [(9.5 + 7) / (12 + 8)]


def test_falling_rates_are_seen() -> None:
    rows = by_hand()
    found = quality(rows.assign(fail=~rows["fail"]))
    assert values(found, "rates_rise") == [0.0]
    assert values(found, "trend_z")[0] == pytest.approx(-float(values(quality(rows), "trend_z")[0] or 0))


def test_shares_and_their_trend_are_as_on_paper() -> None:
    found = quality(by_hand())
    assert values(found, "share") == [4 / 8, 2 / 8, 0, 2 / 8, 4 / 8, 3 / 8, 0, 1 / 8]
    assert [str(one.day)[:10] for one in found.of("share")] == ["2024-01-01"] * 4 + ["2025-01-01"] * 4
    year = 366 / 365.25
    assert values(found, "safest_share_slope") == [0.0]
    assert values(found, "mean_rank_slope") == [pytest.approx(((3 * 1 + 3) / 8 - (2 * 1 + 2 * 3) / 8) / year)]


def test_a_single_day_has_no_trend_and_no_movers() -> None:
    rows = by_hand()
    found = quality(rows[rows["as_of"] == "2024-01-01"])
    assert [(one.value, one.reason) for one in found.of("mean_rank_slope")] == [(None, "there is one day only")]
    assert [one.reason for one in found.of("stayed")] == ["no site has a level on two days in a row"]


def test_movers_are_as_on_paper() -> None:
    found = quality(by_hand())
    assert [values(found, name) for name in ("stayed", "moved_riskier", "moved_safer")] == [[5 / 8], [1 / 8], [2 / 8]]
    moved = {(one.level, one.other): (one.value, one.n) for one in found.of("moved") if one.value}
    assert moved == {
        ("green", "green"): (3 / 4, 4), ("green", "yellow"): (1 / 4, 4), ("yellow", "green"): (1 / 2, 2),
        ("yellow", "yellow"): (1 / 2, 2), ("red", "yellow"): (1 / 2, 2), ("red", "red"): (1 / 2, 2),
    }  # fmt: skip


def at_points(counts: dict[float, int]) -> pd.DataFrame:
    points = [value for value, times in counts.items() for _ in range(times)]
    rows = [
        {"site_id": f"s{place}", "as_of": DAYS[0], "level": "green", "points": value, "fail": None}
        for place, value in enumerate(points)
    ]
    return frame(rows)


@pytest.mark.parametrize(("safe_end", "inner"), [(True, (3, 1)), (False, (1, 3))])
def test_bunching_compares_the_inner_bins_with_the_outer_ones(safe_end: bool, inner: tuple[int, int]) -> None:
    rows = graded_rows(at_points({0.6: 8, 0.9: 1, 1.0: 2, 1.1: 1, 1.4: 1, 0.1: 50, 3.0: 50}), LEVELS)
    share, expected, excess = bunching(rows, [(1.0, safe_end)], Resampling(0, 0), width=0.25)
    assert (share.n_positive, share.n) == (inner[0], 4)
    assert share.value == inner[0] / 4
    assert expected.value == pytest.approx(2 / 3)  # odds (8 / 1) ** (1 / 3) = 2
    assert excess.value == pytest.approx(inner[0] / 4 - 2 / 3)


def test_a_cut_without_surroundings_has_a_share_and_nothing_expected() -> None:
    rows = graded_rows(at_points({0.9: 3, 1.1: 1}), LEVELS)
    share, expected, excess = bunching(rows, [(1.0, True)], Resampling(0, 0), width=0.25)
    assert (share.value, expected.value, excess.value) == (0.75, None, None)
    assert expected.reason == "no site has points in the outer bins"


@pytest.mark.parametrize("gamed", [False, True])
def test_a_gamed_cut_is_told_from_a_smooth_one(gamed: bool) -> None:
    points = np.random.default_rng(5).exponential(1.0, 4000)
    if gamed:
        points = np.where((points > 1.0) & (points <= 1.15), points - 0.15, points)
    rows = frame(
        [{"site_id": f"s{at}", "as_of": DAYS[0], "level": "green", "points": p, "fail": None}
         for at, p in enumerate(points)]
    )  # fmt: skip
    excess = quality(rows).of("bunching_excess")[0]
    assert excess.low is not None
    assert (excess.low > 0) is gamed
    words = quality_sentences(dataclasses.replace(quality(rows), reconstructed=False), "en")[-1]
    assert words.startswith(
        "Of the sites near the cut between green and yellow" if gamed else "No cut shows more sites"
    )


def test_inflation_is_seen_with_its_interval() -> None:
    rng = np.random.default_rng(2)
    rows = [
        {"site_id": f"s{site}", "as_of": f"{2020 + year}-01-01", "points": 0.0, "fail": None,
         "level": "green" if rng.random() < 0.4 + 0.1 * year else "red"}
        for site, year in product(range(400), range(4))
    ]  # fmt: skip
    slope = quality(frame(rows)).of("safest_share_slope")[0]
    assert slope.low is not None
    assert slope.high is not None
    assert 0 < slope.low < 0.1 < slope.high < 0.2


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(16)))
def test_the_order_of_the_rows_is_irrelevant(order: list[int]) -> None:
    rows = by_hand()
    assert quality(rows.iloc[order], draws=20).findings == quality(rows, draws=20).findings


def test_the_table_has_a_row_a_finding_and_every_measure_is_explained() -> None:
    found = quality(by_hand())
    table = found.table()
    assert len(table) == len(found.findings)
    assert set(table["measure"]) <= set(MEASURES)
    assert table["reconstructed"].all()
    assert table.loc[table["measure"] == "fail_rate", "value"].tolist()[:2] == [0.2, 0.4]
    assert str(table["day"].dtype) == "datetime64[s]"
    assert str(table["value"].dtype) == "float64"
    with pytest.raises(DataError, match="unknown measure 'rate'; allowed are"):
        found.of("rate")


def test_rows_without_a_level_are_counted_and_left_out() -> None:
    rows = by_hand()
    found = quality(rows.assign(level=rows["level"].mask(rows["site_id"] == "d")))
    assert (found.rows, found.unlevelled) == (14, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.drop(columns="level"), r"lack columns \['level'\]"),
        (lambda rows: pd.concat([rows, rows]), r"16 repeated \(site_id, as_of\)"),
        (lambda rows: rows.assign(level="black"), r"unknown levels \['black'\]; allowed are \['green'"),
        (lambda rows: rows.assign(level=None), "none of 16 graded rows has a level"),
    ],
)
def test_rows_that_say_nothing_are_refused(change: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        quality(change(by_hand()))


def test_one_outcome_only_has_no_trend() -> None:
    rows = by_hand()
    found = quality(rows.assign(fail=rows["fail"].mask(rows["fail"].notna(), False)))
    assert [one.reason for one in found.of("trend_z")] == ["there is one outcome only"]
    assert found.of("failures_in_safest")[0].value is None


def test_a_system_without_points_has_no_bunching() -> None:
    rows = by_hand().assign(level="risk1")
    found = grade_quality(rows, load_system("chicago_risk"), draws=5, seed=1)
    assert not found.of("bunching")
    assert not found.reconstructed


def test_sentences_say_what_was_found_in_both_languages() -> None:
    english, chinese = (quality_sentences(quality(by_hand()), lang) for lang in ("en", "zh"))
    assert english[0].startswith("nanchang (reconstructed): Failed visits by level, safest first: green 20.0 % [")
    assert english[0].endswith("orange -, red 100.0 % [34.2 %, 100.0 %].")
    assert "no level fails less often than a safer one; trend z = " in english[1]
    assert "16.7 % [" in english[1]
    assert english[3].startswith("From one day to the next 62.5 % [")
    assert chinese[0].startswith("nanchang（重构）：各等级检查不合格率")
    assert "20.0%" in chinese[0]
    assert len(english) == len(chinese)


def test_findings_of_stand_in_the_order_of_the_measures() -> None:
    found = findings_of(graded_rows(by_hand(), LEVELS), [(1.0, True), (3.0, True), (6.0, True)], Resampling(5, 1))
    order = [list(MEASURES).index(one.measure) for one in found]
    assert order == sorted(order)


def test_the_qualities_of_a_run_stand_in_one_table() -> None:
    rows = by_hand()
    both = pd.concat([rows.assign(system="nanchang"), rows.assign(system="other", level="risk1")])
    systems = {"nanchang": load_system("nanchang"), "other": load_system("chicago_risk")}
    grades = both[["site_id", "as_of", "system", "level", "points"]]
    found = qualities(rows[["site_id", "as_of", "fail"]], grades, systems, draws=5, seed=1)
    alone = quality(rows, draws=5, seed=1)
    assert found["nanchang"].findings == alone.findings
    table = quality_table(found)
    assert table["system"].unique().tolist() == ["nanchang", "chicago_risk"]
    assert quality_table({}).columns.tolist() == table.columns.tolist()
    assert quality_table({}).empty


def test_a_fall_from_a_level_to_the_next_is_told_from_chance() -> None:
    rows = [
        {"site_id": f"s{at}", "as_of": DAYS[0], "points": 0.0, "level": "green" if at < 200 else "red",
         "fail": bool(at % 2) if at < 200 else at % 10 == 0}
        for at in range(400)
    ]  # fmt: skip
    assert "less often than a safer one, beyond chance" in quality_sentences(quality(frame(rows)), "en")[1]
    few = [*rows[:6], *rows[-10:]]
    assert "but no more than chance allows" in quality_sentences(quality(frame(few)), "en")[1]


def test_bunching_is_not_read_from_a_reconstruction() -> None:
    rows = at_points({0.6: 80, 0.9: 60, 1.1: 5, 1.4: 40})
    assert quality(rows).of("bunching_excess")[0].low is not None
    assert "nobody could aim at points" in quality_sentences(quality(rows), "en")[-1]
