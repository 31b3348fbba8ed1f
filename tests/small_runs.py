"""A run in small: what card and transparency record are written from, with every number known."""

import math
from typing import Any

import pandas as pd

FEATURES = [
    {"name": "fails_365d", "text_en": "Failed visits in a year", "text_zh": "近一年不合格", "monotone": 1},
    {"name": "age", "text_en": "Age", "text_zh": "年限", "monotone": 0},
]
TRAINING: dict[str, Any] = {
    "rows": 50123,
    "positives": 7001,
    "first_day": "2019-01-01",
    "last_day": "2024-06-24",
    "calibration": {"kind": "platt", "slope": 1.034, "intercept": -0.11, "rows": 900, "positives": 90, "note": ""},
}
MODEL = {"digest": "feed" * 16, "trained_to": "2024-07-01", "expires_on": "2025-07-01", "context_days": 77}
REGISTER = {
    "sites": 3456, "closed": 111,
    "without_place": 222, "never_visited": 333, "never_judged": 444, "never_labelled": 555,
}  # fmt: skip
CARD: dict[str, Any] = {"features": FEATURES, "training": TRAINING}
Summary = dict[str, Any]


def entry(value: float, half: float, **more: Any) -> dict[str, Any]:
    made = {"value": value, "low": value - half, "high": value + half, "n": 8123, "n_positive": 1204}
    return {**made, "estimand": "reordering", **more}


def small_summary() -> Summary:
    """Content of a summary.json."""
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


def ratio(group: str, low: float, high: float, metric: str = "calibration_ratio", **more: Any) -> dict[str, Any]:
    row = {"attribute": "office", "group": group, "policy": "model", "metric": metric, "budget": math.nan}
    return {**row, "value": (low + high) / 2, "low": low, "high": high, "n": 200, "n_positive": 37, **more}


def fairness(*rows: dict[str, Any]) -> dict[str, pd.DataFrame]:
    return {"fairness": pd.DataFrame(rows)}
