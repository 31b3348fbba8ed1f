"""The bureau in arrays: its record holds what visits found and no more, and its propensities are what they say."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation import compare
from riskml.simulation.selection_city import Setting, draw_city
from riskml.simulation.selection_rows import FEATURES, POLICIES, Scoring, features_of, learning_rows, scored_rows
from riskml.simulation.selection_world import Panel, draw_panel

PLAIN = Scoring(tuple(0.3 for _ in FEATURES), -2.0)


def panel_of(sites: int, *, seed: int = 1, **changed: float) -> Panel:
    return draw_panel(draw_city(Setting(**changed), seed=seed), seed=seed, sites=sites)  # type: ignore[arg-type]


def odds_ratio(panel: Panel) -> float:
    """Visits against outcomes, by the formula of Mantel and Haenszel over all that the visits may read."""
    here = panel.active
    table = pd.DataFrame({name: getattr(panel, name)[here] for name in ("level", "visited", "would_fail", "routine")})
    counts = table.groupby(["level", "routine"]).apply(
        lambda t: pd.Series(
            {
                "a": (t["visited"] & t["would_fail"]).sum() * (~t["visited"] & ~t["would_fail"]).sum() / len(t),
                "b": (t["visited"] & ~t["would_fail"]).sum() * (~t["visited"] & t["would_fail"]).sum() / len(t),
            }
        )
    )
    return float(counts["a"].sum() / counts["b"].sum())


def test_the_same_seed_gives_the_same_panel_and_another_city_or_seed_another_one() -> None:
    city, other = (draw_city(Setting(sites=60), seed=seed) for seed in (1, 2))
    first, again = draw_panel(city, seed=3), draw_panel(city, seed=3)
    for name in vars(first):
        if name != "setting":
            np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    for changed in (draw_panel(city, seed=4), draw_panel(other, seed=3)):
        assert not np.array_equal(first.trait, changed.trait)


def test_the_record_holds_what_earlier_visits_found_and_nothing_else() -> None:
    panel = panel_of(80)
    for site in range(80):
        results: list[bool] = []
        waiting = 0
        for period in range(panel.setting.periods):
            last, earlier = results[-1:], results[-3:-1]
            points = panel.last_points[period, site]
            doubtful = any(earlier) or points >= 2 or len(results) < 2
            level = (3 if any(earlier) else 2) if any(last) else int(doubtful)
            found = (panel.visits, panel.fails, panel.last_fail, panel.waiting, panel.level)
            wanted = (len(results), sum(results), any(last), waiting, level)
            assert tuple(int(values[period, site]) for values in found) == tuple(map(int, wanted))
            assert np.isnan(points) == (not results)
            waiting += int(panel.active[period, site])
            if panel.visited[period, site]:
                results.append(bool(panel.would_fail[period, site]))
                waiting = 1


def test_visits_are_made_as_often_as_their_propensity_says() -> None:
    panel = panel_of(20_000, random_share=0.1)
    said = 1 - (1 - panel.routine) * 0.9
    for level in range(4):
        here = panel.active & (panel.level == level)
        off = (panel.visited[here] - said[here]).sum()
        assert abs(off) < 4 * np.sqrt((said[here] * (1 - said[here])).sum())
    by_level = [panel.visited[panel.active & (panel.level == level)].mean() for level in range(4)]
    assert all(low + 0.05 < high for low, high in pairwise(by_level))


def test_the_first_visit_is_a_random_one_as_often_as_said() -> None:
    panel = panel_of(20_000, random_share=0.1)
    said = (0.1 * (1 - panel.routine / 2))[panel.active]
    off = (panel.random_visit[panel.active] - said).sum()
    assert abs(off) < 4 * np.sqrt((said * (1 - said)).sum())
    assert not (panel.random_visit & ~panel.visited).any()


@pytest.mark.parametrize("tilt", [1.0, 2.0])
def test_the_hidden_tilt_is_the_odds_ratio_of_visits_and_outcomes(tilt: float) -> None:
    assert odds_ratio(panel_of(30_000, tilt=tilt, random_share=0.0)) == pytest.approx(tilt, rel=0.06)


def test_without_overlap_good_sites_visited_lately_are_left_alone() -> None:
    panel = panel_of(5_000, overlap=False, random_share=0.0)
    alone = panel.active & (panel.level == 0) & (panel.waiting <= 3)
    assert panel.visited[alone].mean() < 0.003
    assert alone.sum() > 0.2 * panel.active.sum()


def test_a_diligent_office_visits_nearly_all_its_sites() -> None:
    panel = panel_of(5_000, diligent=4.0)
    active, visited = panel.active[8:], panel.visited[8:]
    shares = [visited[active & (panel.office == code)].mean() for code in range(6)]
    assert shares[0] > 0.8
    assert max(shares[1:]) < 0.5


def test_scored_rows_show_outcomes_of_visits_only_and_the_truth_shows_all() -> None:
    panel = panel_of(500)
    rows, truth = scored_rows(panel, PLAIN)
    visited = rows["fail"].notna()
    assert len(rows) == panel.active[8:].sum()
    assert visited.sum() == panel.visited[8:].sum()
    assert (rows.loc[visited, "fail"] == truth.loc[visited, "would_fail"]).all()
    assert truth.loc[~visited, "would_fail"].any()
    for column in ("inspector", "visit_type"):
        assert (rows[column].notna() == visited).all()
    assert set(rows["visit_type"].dropna()) == {"RI", "DR"}
    assert rows["office"].notna().all()
    assert rows.groupby("site_id")["office"].nunique().max() == 1
    assert not rows.duplicated(["site_id", "origin"]).any()
    np.testing.assert_allclose(rows["propensity"], truth["visit_probability"])
    compare(rows, POLICIES, draws=0, seed=1, pairs=[("model", "grade")])


def test_scores_read_nothing_that_is_not_recorded() -> None:
    panel = panel_of(300)
    rows, _ = scored_rows(panel, PLAIN)
    hidden = {
        name: np.zeros_like(getattr(panel, name)) for name in ("risk", "would_fail", "routine", "inspector", "visited")
    }
    blind, _ = scored_rows(Panel(**{**vars(panel), **hidden}), PLAIN)
    for policy in POLICIES:
        np.testing.assert_array_equal(rows[f"score_{policy}"], blind[f"score_{policy}"])


def test_a_propensity_that_nobody_can_know_from_the_record_is_missing() -> None:
    rows, truth = scored_rows(panel_of(300, tilt=2.0), PLAIN)
    assert rows["propensity"].isna().all()
    failing = truth["would_fail"]
    assert truth.loc[failing, "visit_probability"].mean() > truth.loc[~failing, "visit_probability"].mean()


def test_a_model_learns_from_visits_made() -> None:
    panel = panel_of(300)
    features, fail = learning_rows(panel, slice(0, 4))
    made = panel.visited[:4]
    np.testing.assert_array_equal(features, features_of(panel, slice(0, 4))[made])
    np.testing.assert_array_equal(fail, panel.would_fail[:4][made])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sites": 10}, "a world's sites is 10; it must be at least 50"),
        ({"tilt": 0.5}, "a world's tilt is 0.5; it must be at least 1"),
        ({"tilt": float("nan")}, "a world's tilt is nan"),
        ({"random_share": 1.0}, r"a world's random_share is 1.0; it lies in \[0, 1\)"),
    ],
)
def test_a_world_that_cannot_be_is_refused(changed: dict[str, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Setting(**changed)  # type: ignore[arg-type]


def test_a_scoring_needs_a_coefficient_for_each_feature() -> None:
    with pytest.raises(DataError, match="2 coefficients were given; the features are"):
        Scoring((1.0, 2.0), 0.0)
