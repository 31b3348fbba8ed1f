"""The first sentence: how many more failing sites, between what and what, and who is not beaten."""

from typing import Any

import pytest

from riskml.reporting.headline import headline_text, reading_of, saved_text

SYSTEMS = {"x": {"title_en": "X", "title_zh": "某", "reconstructed": False}}


def entry(value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": 5000, "n_positive": 400}


def summary(headline: str = "recall@0.20", **found: dict[str, Any]) -> dict[str, Any]:
    differences = {f"model - {name}": {"found@0.20": one, "recall@0.20": one} for name, one in found.items()}
    verdict = {"en": "The verdict.", "zh": "结论。"}
    return {"headline": headline, "systems": SYSTEMS, "differences": differences, "verdict": verdict}


BETTER, EVEN, WORSE = entry(41.4, 21.2, 59.8), entry(16.7, -5.7, 34.6), entry(-12.0, -20.2, -3.6)


def test_the_model_finds_more_failing_sites_than_the_grade() -> None:
    told = headline_text(summary(grade_x=BETTER, last_outcome=BETTER))
    assert told["en"] == (
        "With the same number of visits (1,000 of 5,000), the model finds 41 more failing sites than the grade x does, "
        "between 21 and 60."
    )
    assert told["zh"] == "检查次数相同（5,000次中的1,000次）时，模型比x 等级多发现41家不合格主体，介于21与60之间。"


def test_an_interval_across_zero_is_not_called_more() -> None:
    told = headline_text(summary(grade_x=EVEN, last_outcome=BETTER))
    assert "is not shown to find more failing sites than the grade x does" in told["en"]
    assert "the difference is +17, between −6 and +35" in told["en"]
    assert "未能证明模型比x 等级发现更多" in told["zh"]


def test_fewer_is_said_as_fewer() -> None:
    told = headline_text(summary(grade_x=WORSE, last_outcome=BETTER))
    assert (
        "the model finds fewer failing sites than the grade x does: the difference is −12, between −20 and −4"
        in (told["en"])
    )


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (BETTER, "the grade finds fewer: 41 more"),
        (EVEN, "is not shown to be worse"),
        (WORSE, "finds more than the model"),
    ],
)
def test_the_grade_with_its_points_is_named_as_its_best_chance(points: dict[str, Any], words: str) -> None:
    told = headline_text(summary(grade_x=BETTER, grade_x_points=points, last_outcome=BETTER))
    assert told["en"].startswith("With the same number of visits (1,000 of 5,000), the model finds 41 more")
    assert "its best chance" in told["en"]
    assert words in told["en"]


@pytest.mark.parametrize("last", [EVEN, WORSE])
def test_a_model_that_does_not_beat_the_last_outcome_says_so_first(last: dict[str, Any]) -> None:
    told = headline_text(summary(grade_x=BETTER, last_outcome=last))
    assert told["en"].startswith("The model does not beat the last outcome, the simplest rule there is (difference ")
    assert told["zh"].startswith("模型未优于上次检查结果")
    assert reading_of(summary(last_outcome=last)) in ("undecided", "worse")


def test_without_a_grade_the_rival_is_the_last_outcome() -> None:
    told = headline_text(summary(last_outcome=BETTER, random=BETTER))
    assert "41 more failing sites than the last outcome does" in told["en"]
    assert "模型比上次检查结果多发现41家" in told["zh"]


def test_a_bound_below_one_site_keeps_its_digit() -> None:
    assert "between 0.4 and 8.2" in headline_text(summary(grade_x=entry(4.0, 0.4, 8.2)))["en"]


@pytest.mark.parametrize(
    "without",
    [
        summary(),
        summary("auc", grade_x=BETTER),
        summary(grade_x=entry(None, None, None)),
        summary(grade_x=entry(3.0, None, None)),
    ],
)
def test_without_a_number_of_sites_the_verdict_of_the_run_stands_there(without: dict[str, Any]) -> None:
    assert headline_text(without) == {"en": "The verdict.", "zh": "结论。"}


def test_visits_saved_are_told_in_visits_and_not_as_a_share() -> None:
    pair = {"model - grade_x": {"visits_saved@0.20": {**entry(0.085, 0.02, 0.12)}}}
    told = saved_text({**summary(), "differences": pair})
    assert told is not None
    assert told["en"] == (
        "To find as many as the grade x finds with 1,000 visits, the model needs 425 visits fewer, between 100 and 600."
    )
    pair["model - grade_x"]["visits_saved@0.20"] = entry(0.01, -0.02, 0.03)
    told = saved_text({**summary(), "differences": pair})
    assert told is not None
    assert "is not shown to need fewer: the difference is +50 visits, between −100 and +150" in told["en"]
    assert saved_text(summary(grade_x=BETTER)) is None
