"""The verdict sentence in each case, and plain words for whatever a report can show."""

from typing import Any

import pytest

from riskml.errors import DataError
from riskml.export.wording import METRICS
from riskml.reporting.texts import MEANINGS, metric_meaning, policy_meaning, verdict_text

SYSTEMS = {"x": {"title_en": "X", "title_zh": "某", "reconstructed": True}, "y": {"title_en": "Y", "title_zh": "另"}}


def found(value: float | None, low: float | None, high: float | None, **more: Any) -> dict[str, Any]:
    return {"recall@0.20": {"value": value, "low": low, "high": high, **more}}


def sentence(**others: dict[str, Any]) -> tuple[str, str]:
    differences = {f"model - {name}": entries for name, entries in others.items()}
    words = verdict_text(differences, "recall@0.20", SYSTEMS, "fail")
    return words["en"], words["zh"]


def test_an_interval_wholly_above_zero_beats() -> None:
    en, zh = sentence(last_outcome=found(0.031, 0.004, 0.058))
    assert en == (
        "The model beats the last outcome in the share of all failed visits that stand within the first 20% of the "
        "visits (difference +3.1 percentage points, 95% interval +0.4 to +5.8)."
    )
    assert zh == (
        "以前20%的检查所发现的不合格检查占全部不合格检查的比例衡量，模型优于上次检查结果"
        "（差值+3.1个百分点，95%区间+0.4至+5.8）。"
    )


@pytest.mark.parametrize(("low", "high"), [(-0.001, 0.05), (0.0, 0.05), (-0.05, 0.0), (-0.05, -0.01)])
def test_any_other_interval_does_not_beat(low: float, high: float) -> None:
    en, zh = sentence(last_outcome=found(0.01, low, high))
    assert en.startswith("The model does not beat the last outcome")
    assert "模型未优于上次检查结果" in zh
    assert ("is worse" in en) is (high < 0)


def test_the_last_outcome_comes_first_then_the_grades_that_are_there() -> None:
    beaten, undecided = found(0.05, 0.03, 0.07), found(0.004, -0.01, 0.018)
    en, zh = sentence(grade_x=beaten, random=beaten, grade_y_points=undecided, last_outcome=undecided, perfect=beaten)
    assert en == (
        "The model does not beat the last outcome in the share of all failed visits that stand within the first 20% of "
        "the visits (difference +0.4 percentage points, 95% interval −1.0 to +1.8); it beats the grade x "
        "(reconstructed) (difference +5.0, 95% interval +3.0 to +7.0); it does not beat the grade y with points "
        "(difference +0.4, 95% interval −1.0 to +1.8)."
    )
    assert zh.count("；") == 2
    assert "优于x 等级（重构）" in zh
    assert "random" not in en


def test_a_missing_value_is_not_compared_and_says_why() -> None:
    en, zh = sentence(last_outcome=found(None, None, None, reason="there is no failed visit"))
    assert en.startswith("The model cannot be compared with the last outcome")
    assert en.endswith("(there is no failed visit).")
    assert zh.endswith("（没有不合格检查）。")


def test_a_missing_interval_does_not_beat_and_says_why() -> None:
    en, zh = sentence(last_outcome=found(0.1, None, None, reason="there is one site only: nothing to resample"))
    assert en.startswith("The model does not beat the last outcome")
    assert "(difference +10.0 percentage points, no interval: there is one site only: nothing to resample)" in en
    assert "无区间：只有一个主体，无法重抽样" in zh


def test_nan_is_treated_as_missing() -> None:
    assert "cannot be compared" in sentence(last_outcome=found(float("nan"), None, None))[0]


def test_without_the_last_outcome_the_sentence_says_so_first() -> None:
    en, zh = sentence(grade_x=found(0.05, 0.03, 0.07))
    assert en.startswith("The model was not compared with the last outcome in the share")
    assert "; it beats the grade x (reconstructed) (difference +5.0" in en
    assert "模型未与上次检查结果比较；" in zh


def test_a_headline_absent_from_the_differences_is_not_compared() -> None:
    words = verdict_text({"model - last_outcome": {}}, "auc", {}, "fail_severe")
    assert words["en"].startswith(
        "The model cannot be compared with the last outcome in telling severely failed visits"
    )


def test_a_lower_brier_score_beats() -> None:
    entries = {"brier": {"value": -0.01, "low": -0.02, "high": -0.005}}
    assert "beats" in verdict_text({"model - last_outcome": entries}, "brier", {}, "fail")["en"]


def test_a_headline_without_a_better_side_is_refused() -> None:
    with pytest.raises(DataError, match=r"'calibration_slope' has no better side; allowed are \['recall'"):
        verdict_text({}, "calibration_slope", {}, "fail")


def test_an_unknown_outcome_is_refused_with_those_allowed() -> None:
    with pytest.raises(DataError, match=r"outcome 'burn' has no name; those with one are \['fail'"):
        verdict_text({}, "auc", {}, "burn")


def test_every_metric_and_policy_is_explained() -> None:
    assert set(MEANINGS) == set(METRICS)
    assert metric_meaning("recall@0.10") == metric_meaning("recall")
    policies = ["random", "last_outcome", "past_fail_rate", "grade_x", "grade_x_points", "model", "perfect"]
    assert len({policy_meaning(policy)["zh"] for policy in policies}) == len(policies)
