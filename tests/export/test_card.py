"""The model card: every headline figure, both languages, what is refused, and hostile names kept as text."""

import copy
from typing import Any

import pytest

from riskml.errors import DataError
from riskml.export.card import render_card

FEATURES = [
    {"name": "fails_365d", "text_en": "Failed visits in a year", "text_zh": "近一年不合格", "monotone": 1},
    {"name": "age", "text_en": "Age", "text_zh": "年限", "monotone": 0},
]
TRAINING = {
    "rows": 50123,
    "positives": 7001,
    "first_day": "2019-01-01",
    "last_day": "2024-06-24",
    "calibration": {"kind": "platt", "slope": 1.034, "intercept": -0.11, "rows": 900, "positives": 90, "note": ""},
}
CARD = {"features": FEATURES, "training": TRAINING}


def entry(value: float, half: float, **more: Any) -> dict[str, Any]:
    made = {"value": value, "low": value - half, "high": value + half, "n": 8123, "n_positive": 1204}
    return {**made, "estimand": "reordering", **more}


@pytest.fixture
def summary() -> dict[str, Any]:
    recalls = {"random": 0.2, "last_outcome": 0.31, "grade_x": 0.29, "model": 0.412}
    return {
        "study": "small",
        "outcome": "fail",
        "horizon_days": 90,
        "headline": "recall@0.20",
        "data_hash": "0123abcd",
        "code_version": "0.1.0+ffff",
        "rows": 24000,
        "sites": 3000,
        "labelled": 8123,
        "base_rate": 0.1482,
        "origins": ["2023-07-01", "2023-04-01"],
        "label_versions": ["v1"],
        "policies": {
            name: {
                "recall@0.20": entry(value, 0.03),
                "auc": entry(0.5 + value / 10, 0.01),
                "labelled_share@0.20": entry(0.7771, 0.01, estimand="allocation"),
            }
            for name, value in recalls.items()
        },
        "differences": {
            "model - last_outcome": {"recall@0.20": entry(0.102, 0.015, draws=1000)},
            "model - grade_x": {"recall@0.20": entry(0.122, 0.2, draws=1000)},
        },
        "systems": {"x": {"title_en": "Grade of X town", "title_zh": "某市等级", "reconstructed": True}},
        "verdict": {"en": "The verdict.", "zh": "结论。"},
        "notes": [{"en": "First limit.", "zh": "第一条局限。"}],
    }


def test_every_headline_figure_stands_in_both_languages(summary: dict[str, Any]) -> None:
    card = render_card(summary, **CARD)  # type: ignore[arg-type]
    english, chinese = card.split("\n---\n\n")
    figures = ["41.2% [38.2, 44.2]", "31.0% [28.0, 34.0]", "29.0% [26.0, 32.0]", "20.0% [17.0, 23.0]"]
    figures += ["+10.2 [+8.7, +11.7]", "+12.2 [−7.8, +32.2]", "0.541 [0.531, 0.551]", "77.7% [76.7, 78.7]"]
    figures += ["24,000", "8,123", "1,204", "14.8%", "15,877", "66.2%", "50,123", "7,001", "2019-01-01", "2024-06-24"]
    figures += ["1.034", "−0.110", "0123abcd", "2023-04-01", "90"]
    for part in (english, chinese):
        assert [figure for figure in figures if figure not in part] == []


def test_the_english_part_comes_first_and_each_part_says_everything(summary: dict[str, Any]) -> None:
    english, chinese = render_card(summary, **CARD).split("\n---\n\n")  # type: ignore[arg-type]
    assert english.startswith("# Model card: small\n\n**The verdict.**")
    assert chinese.startswith("# 模型卡：small\n\n**结论。**")
    assert english.count("\n## ") == chinese.count("\n## ") == 10
    assert english.count("\n- ") == chinese.count("\n- ")
    for words in (
        "No automatic penalties",
        "People are never features",
        "First limit.",
        "How to contest",
        "decision day",
    ):
        assert words in english
    for words in ("不得自动处罚", "人员绝不作为特征", "第一条局限。", "如何提出异议", "重构（规则公开，分值为假定）"):
        assert words in chinese


def test_the_labelled_share_never_stands_in_a_table(summary: dict[str, Any]) -> None:
    lines = render_card(summary, **CARD).splitlines()  # type: ignore[arg-type]
    assert not [line for line in lines if line.startswith("|") and "77.7%" in line]
    summary["policies"]["model"]["recall@0.20"]["estimand"] = "allocation"
    lines = render_card(summary, **CARD).splitlines()  # type: ignore[arg-type]
    assert not [line for line in lines if "41.2%" in line]


def test_what_is_missing_says_why(summary: dict[str, Any]) -> None:
    gone = {"value": None, "low": None, "high": None, "reason": "there is no failed visit"}
    summary["policies"]["model"]["recall@0.20"] |= gone
    summary["differences"]["model - grade_x"]["recall@0.20"] |= {"low": None, "high": None, "reason": "no luck"}
    summary["base_rate"] = None
    card = render_card(summary, **CARD)  # type: ignore[arg-type]
    assert "– (there is no failed visit)" in card
    assert "–（没有不合格检查）" in card
    assert "+12.2 (no interval: no luck)" in card


def test_a_model_without_calibration_says_so_with_the_reason(summary: dict[str, Any]) -> None:
    raw = {"kind": "none", "slope": 1.0, "intercept": 0.0, "note": "too few failures"}
    card = render_card(summary, features=FEATURES, training={**TRAINING, "calibration": raw})
    assert "Calibration: none; the probabilities are raw (too few failures)." in card


def test_hostile_names_cannot_break_the_card(summary: dict[str, Any]) -> None:
    hostile = "a|b](x)<img src=x>\n# head `c` **d**"
    summary["study"] = hostile
    summary["systems"]["x"]["title_en"] = hostile
    summary["notes"] = [{"en": hostile, "zh": hostile}]
    features = [{"name": hostile, "text_en": hostile, "text_zh": hostile, "monotone": -1}]
    plain, attacked = (render_card(s, features=f, training=TRAINING) for s, f in ((summary, features), (summary, [])))
    assert "<img" not in plain.replace("\\<img", "")
    assert "\n# head" not in plain
    rows = [line.replace("\\|", "") for line in plain.splitlines() if line.startswith("| a")]
    assert [row.count("|") for row in rows] == [4, 4]
    assert len(plain.splitlines()) == len(attacked.splitlines()) + 2


def test_the_card_is_the_same_every_time_and_changes_nothing(summary: dict[str, Any]) -> None:
    before = copy.deepcopy(summary)
    assert render_card(summary, **CARD) == render_card(summary, **CARD)  # type: ignore[arg-type]
    assert summary == before


def test_missing_keys_and_unknown_directions_are_refused(summary: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"training lacks \['rows', 'positives'"):
        render_card(summary, features=FEATURES, training={"first_day": "", "last_day": "", "calibration": ""})
    with pytest.raises(DataError, match=r"'age': monotone is 2; allowed are \[1, -1, 0\]"):
        render_card(summary, features=[{**FEATURES[1], "monotone": 2}], training=TRAINING)
    del summary["notes"]
    with pytest.raises(DataError, match=r"summary lacks \['notes'\]"):
        render_card(summary, **CARD)  # type: ignore[arg-type]
