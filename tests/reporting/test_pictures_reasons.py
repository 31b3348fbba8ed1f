"""The pictures of reasons: dots where the contributions are, and bars that add up to the score."""

import dataclasses
import math
import re
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml import Scorer
from riskml.errors import DataError
from riskml.reporting.charts import to_svg
from riskml.reporting.pictures import beeswarm as swarm
from riskml.reporting.pictures.reasons import beeswarm, expected_probability, falls, waterfall
from riskml.scorer import Reason, Score
from riskml.scorer.opening.artifact import open_artifact
from small_models import AMENDMENTS, AS_OF, EVENTS, SITE, small_models


@dataclasses.dataclass(frozen=True)
class Told:
    """A feature's declaration."""

    text_en: str
    text_zh: str
    kind: str = "number"


FEATURES = [Told("Floor area", "面积"), Told("Kind", "业态", "category"), Told("Staff", "从业人员")]
MOVED = np.array([[0.1, -0.5, 0.0], [0.3, 0.5, 0.0], [-0.2, 0.5, 0.1], [0.4, -0.5, -0.1]])
VALUES = np.array([[10.0, 2.0, np.nan], [30.0, 0.0, 7.0], [np.nan, np.nan, 7.0], [30.0, 1.0, 7.0]])


def rows_of(chart: Any, column: str) -> pd.DataFrame:
    """The rows of a chart's data that have a column."""
    found = [pd.DataFrame(rows) for rows in chart.drawing.to_dict()["datasets"].values()]
    return pd.concat([one for one in found if column in one], ignore_index=True)


def words(chart: Any) -> list[str]:
    return [unescape(found) for found in re.findall(r"<t(?:ext|span)[^>]*>([^<]+)</t", to_svg(chart))]


def reason(moved: float, told: str = "a fact", **more: Any) -> Reason:
    return Reason(
        feature="f", value=1.0, contribution=moved, text_en=told, text_zh=f"{told}（中）", event_ids=(), **more
    )


def score(*moved: float, probability: float = 0.5) -> Score:
    """A score with these reasons, strongest first as the scorer gives them."""
    up, down = (tuple(reason(one) for one in moved if (one > 0) is above) for above in (True, False))
    return Score(probability, 0.0, "red", "red", "红", up, down)


@pytest.fixture(scope="module", params=range(3), ids=["platt", "isotonic", "beta"])
def scorer(request: pytest.FixtureRequest) -> Scorer:
    """An artifact with each kind of map."""
    return Scorer(open_artifact(small_models()[request.param]))


def test_the_strongest_feature_stands_first_and_a_dot_is_where_its_contribution_is() -> None:
    chart = beeswarm(MOVED, VALUES, FEATURES, lang="en", top=2)
    heads = rows_of(chart, "words").sort_values("y")["words"]
    assert list(dict.fromkeys(heads)) == ["Kind", "Floor area"]
    dots = rows_of(chart, "x").query("x != 0").sort_values(["y", "x"])
    assert sorted(dots["x"]) == sorted([*MOVED[:, 0], *MOVED[:, 1]])


def test_the_colour_is_the_rank_of_the_value_and_ties_share_it() -> None:
    ranks = rows_of(beeswarm(MOVED, VALUES, FEATURES, lang="en", top=2), "rank").set_index("x")["rank"]
    assert ranks.to_dict() == {0.1: 0.0, 0.3: 1.0, 0.4: 1.0}


def test_missing_values_and_kinds_have_marks_of_their_own() -> None:
    chart = beeswarm(MOVED, VALUES, FEATURES, lang="zh", top=3)
    kinds = rows_of(chart, "kind").groupby("kind")["x"].apply(sorted).to_dict()
    assert kinds == {"无记录": [-0.2, 0.0, 0.5], "类别，无高低之分": [-0.5, -0.5, 0.5]}
    assert {"无记录", "类别，无高低之分", "数值低", "数值高", "业态", "对分数的贡献（对数几率）"} <= set(words(chart))


def test_a_feature_of_one_value_or_of_none_is_drawn_without_a_warning() -> None:
    values = np.column_stack([np.ones(4), np.full(4, np.nan)])
    chart = beeswarm(MOVED[:, :2], values, [FEATURES[0], FEATURES[2]], lang="en")
    assert set(rows_of(chart, "rank")["rank"]) == {0.5}
    assert rows_of(chart, "kind")["kind"].tolist() == ["not on record"] * 4


def test_dots_of_one_place_stand_beside_each_other_inside_their_line() -> None:
    moved = np.concatenate([np.zeros(401), [1.0]])
    offsets = swarm.swarmed(moved, (0.0, 1.0))
    assert len(set(offsets[:401])) == 401
    assert np.abs(offsets).max() <= swarm.BAND / 2
    assert offsets[401] == 0.0
    assert swarm.swarmed(np.zeros(3), (0.0, 0.0)).tolist() == [0.0, 4.0, -4.0]


def test_of_many_rows_the_same_few_are_drawn_each_time_and_it_says_so() -> None:
    rng = np.random.default_rng(1)
    moved, values = rng.normal(size=(3_000, 3)), rng.normal(size=(3_000, 3))
    features = [FEATURES[0]] * 3
    one, again, other = (beeswarm(moved, values, features, lang="en", seed=seed) for seed in (4, 4, 5))
    assert one.drawing.to_dict() == again.drawing.to_dict() != other.drawing.to_dict()
    drawn = rows_of(one, "rank")
    assert len(drawn) == 3 * (swarm.ALL_DOTS // 3) <= swarm.ALL_DOTS
    assert set(drawn["x"]) <= set(moved.ravel())
    assert f"{swarm.ALL_DOTS // 3} of 3,000 rows are drawn." in words(one)
    alone = rows_of(beeswarm(moved, values, features, lang="en", top=1), "rank")
    assert len(alone) == swarm.MOST_DOTS


def test_an_expected_value_beside_the_contributions_is_left_out() -> None:
    with_it = np.column_stack([MOVED, np.full(4, -9.0)])
    drawn, bare = (beeswarm(one, VALUES, FEATURES, lang="en").drawing.to_dict() for one in (with_it, MOVED))
    assert drawn == bare


@pytest.mark.parametrize(
    ("moved", "values", "top", "said"),
    [
        (MOVED[:, :2], VALUES, 3, r"3 features need contributions \(n, 3\) or \(n, 4\).*got \(4, 2\) and \(4, 3\)"),
        (MOVED[:0], VALUES[:0], 3, "with a row at least"),
        (MOVED, VALUES[:, :2], 3, r"got \(4, 3\) and \(4, 2\)"),
        (MOVED / [np.inf, 1.0, np.nan], VALUES, 3, "must be finite"),
        (MOVED, VALUES, 0, "top at least 1; got top 0"),
    ],
)
def test_a_swarm_of_what_is_none_is_refused(moved: Any, values: Any, top: int, said: str) -> None:
    with pytest.raises(DataError, match=said):
        beeswarm(moved, values, FEATURES, lang="en", top=top)


def test_a_waterfall_goes_from_the_start_to_the_score_by_hand() -> None:
    """0.2 has log-odds ln(1/4) = -1.3863, a half has 0: of 1.3863 the reasons tell 1 - 0.25, others the rest."""
    given = score(1.0, -0.25)
    lines = falls(given, [*given.reasons_up, *given.reasons_down], expected=0.2, lang="en")
    assert lines["kind"].tolist() == ["start", "up", "down", "others", "end"]
    assert lines["start"].tolist() == pytest.approx([-1.3863, -1.3863, -0.3863, -0.6363, 0.0], abs=1e-4)
    assert lines["end"].tolist() == pytest.approx([-1.3863, -0.3863, -0.6363, 0.0, 0.0], abs=1e-4)
    assert lines["words"].tolist() == [
        "Start, before any fact of the site: 20.0%", "+1.00  a fact", "−0.25  a fact",
        "+0.64  all other facts together", "Score of the site: 50.0% (red)",
    ]  # fmt: skip


def test_with_every_reason_of_a_real_score_nothing_is_left_to_others(scorer: Scorer) -> None:
    found = scorer.score(SITE, EVENTS, AS_OF, AMENDMENTS, top=1_000)
    every = [*found.reasons_up, *found.reasons_down]
    lines = falls(found, every, expected=expected_probability(scorer), lang="zh")
    start, end = (lines[name].to_numpy(np.float64) for name in ("start", "end"))
    assert len(every) > 1
    assert lines["kind"].iloc[-2] == "others"
    assert end[-2] - start[-2] == pytest.approx(0.0, abs=1e-9)
    assert 1.0 / (1.0 + math.exp(-end[-1])) == pytest.approx(found.probability, abs=1e-12)


def test_the_bars_join_whatever_is_left_out(scorer: Scorer) -> None:
    found = scorer.score(SITE, EVENTS, AS_OF, AMENDMENTS, top=1_000)
    chart = waterfall(found, expected=expected_probability(scorer), lang="en", top=1)
    bars = rows_of(chart, "start").drop_duplicates().sort_values("y")
    assert bars["kind"].tolist()[1] in ("up", "down")
    assert bars["kind"].tolist()[2:] == ["others", "end"]
    assert bars["start"].to_numpy()[1:] == pytest.approx(bars["end"].to_numpy()[:-1])
    strongest = max((*found.reasons_up, *found.reasons_down), key=lambda one: abs(one.contribution))
    assert bars["end"].iloc[1] - bars["start"].iloc[1] == pytest.approx(strongest.contribution)


def test_the_axis_names_probabilities_where_their_log_odds_are() -> None:
    chart = waterfall(score(1.0, 0.5), expected=0.1, lang="en")
    assert {"10%", "20%", "30%", "50%"} <= set(words(chart))
    x = next(
        layer["encoding"]["x"] for layer in chart.drawing.to_dict()["layer"] if "axis" in layer["encoding"].get("x", {})
    )
    assert any(value == pytest.approx(math.log(0.2 / 0.8)) for value in x["axis"]["values"])
    near = words(waterfall(score(0.05, probability=0.105), expected=0.1, lang="en"))
    assert {"9%", "10%", "11%", "12%"} <= set(near)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_texts_of_the_records_cannot_break_out_and_long_ones_are_not_cut(lang: Any) -> None:
    long = "the value <script>& of the visits to other sites of the same legal person\nfailed in the last 3 years"
    given = dataclasses.replace(score(), reasons_up=(reason(0.5, long),))
    told = words(waterfall(given, expected=0.4, lang=lang))
    assert "<script" not in to_svg(waterfall(given, expected=0.4, lang=lang))
    assert any("<script>&" in one for one in told)
    assert "person failed in the last 3 years" in " ".join(dict.fromkeys(told))
    assert not [one for one in told if one.endswith("…")]


def test_a_waterfall_of_what_has_no_log_odds_or_no_reasons_is_refused() -> None:
    with pytest.raises(DataError, match=r"expected must lie between 0 and 1, got 0\.0"):
        waterfall(score(1.0), expected=0.0, lang="en")
    with pytest.raises(DataError, match=r"the score's probability must lie between 0 and 1, got 1\.0"):
        waterfall(score(1.0, probability=1.0), expected=0.5, lang="en")
    with pytest.raises(DataError, match="got 0 reasons"):
        waterfall(score(), expected=0.5, lang="en")
    with pytest.raises(DataError, match="1 reasons and top 0"):
        waterfall(score(1.0), expected=0.5, lang="en", top=0)


def test_each_picture_of_reasons_says_how_to_read_it() -> None:
    for function in (beeswarm, waterfall):
        assert function.__doc__ is not None
        assert "How to read it:" in function.__doc__
