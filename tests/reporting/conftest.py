"""One small run, with numbers chosen so that each can be told from the others where it is shown."""

from typing import Any

import pandas as pd
import pytest

ORIGINS = ["2023-04-01", "2023-07-01", "2023-10-01"]
RECALL = {
    "random": 0.2,
    "last_outcome": 0.31,
    "grade_x": 0.29,
    "grade_x_points": 0.305,
    "model": 0.412,
    "perfect": 0.87,
}


def entry(value: float | None, half: float = 0.03, *, estimand: str = "reordering", **more: Any) -> dict[str, Any]:
    """An entry of summary.json."""
    low, high = (None, None) if value is None else (value - half, value + half)
    return {"value": value, "low": low, "high": high, "n": 812, "n_positive": 121, "estimand": estimand, **more}


def _policies() -> dict[str, Any]:
    made: dict[str, Any] = {
        policy: {
            "recall@0.20": entry(recall),
            "recall@0.10": entry(recall / 2),
            "auc": entry(0.5 + recall / 10, 0.01),
            "labelled_share@0.20": entry(0.7771, 0.011, estimand="allocation"),
        }
        for policy, recall in RECALL.items()
    }
    made["model"]["brier"] = entry(0.11234, 0.002)
    return made


@pytest.fixture
def summary() -> dict[str, Any]:
    """A summary whose verdict is that the model beats both."""
    policies = _policies()
    differences = {
        f"model - {other}": {
            "recall@0.20": entry(RECALL["model"] - RECALL[other], 0.015, draws=1000),
            "auc": entry(0.01, 0.02, draws=1000),
            "labelled_share@0.20": entry(0.6661, 0.01, estimand="allocation", draws=1000),
        }
        for other in ("last_outcome", "grade_x")
    }
    return {
        "study": "small",
        "outcome": "fail",
        "horizon_days": 90,
        "headline": "recall@0.20",
        "data_hash": "0123abcd",
        "code_version": "0.1.0+ffff",
        "rows": 2400,
        "sites": 800,
        "labelled": 812,
        "base_rate": 0.149,
        "origins": ORIGINS,
        "label_versions": ["v1"],
        "policies": policies,
        "differences": differences,
        "systems": {"x": {"title_en": "Grade of X town", "title_zh": "某市等级", "reconstructed": True}},
        "verdict": {"en": "The verdict in words.", "zh": "结论在此。"},
        "notes": [{"en": "First limit.", "zh": "第一条局限。"}],
    }


@pytest.fixture
def run(summary: dict[str, Any]) -> dict[str, Any]:
    """All arguments of render_report."""
    per_origin = [
        (pd.Timestamp(day), policy, "recall@0.20", recall + place / 100, 270, 40, "reordering")
        for place, day in enumerate(ORIGINS)
        for policy, recall in RECALL.items()
    ]
    importance = [("fails_365d", "Failed visits in a year", "近一年不合格", 0.4), ("age", "Age", "年限", 0.1)]
    curve = [(0, 0.1, 0.08, 0.05, 0.12, 406), (1, 0.2, 0.24, 0.19, 0.3, 406)]
    budgets = [(policy, share, share) for policy in RECALL for share in (0.0, 0.5, 1.0)]
    columns = ["origin", "policy", "metric", "value", "n", "n_positive", "estimand"]
    return {
        "summary": summary,
        "per_origin": pd.DataFrame(per_origin, columns=columns),
        "importance": pd.DataFrame(importance, columns=["feature", "text_en", "text_zh", "mean_abs_contribution"]),
        "curve": pd.DataFrame(curve, columns=["bin", "predicted", "observed", "low", "high", "n"]),
        "budget_curve": pd.DataFrame(budgets, columns=["policy", "budget", "recall"]),
    }
