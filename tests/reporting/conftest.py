"""One small run, with numbers chosen so that each can be told from the others where it is shown."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.evaluation import compare
from riskml.evaluation.calibration_table import calibration_table
from riskml.evaluation.curves import budget_curve, difference_curve, reliability_curve
from riskml.evaluation.fairness.table import fairness_table
from riskml.evaluation.inspectors.leniency import leniency
from riskml.evaluation.inspectors.table import inspectors_table
from riskml.evaluation.inspectors.workload import workload_table
from riskml.evaluation.levels.quality import qualities, quality_table
from riskml.evaluation.levels.reclassification import reclassification_table, translated_rates
from riskml.evaluation.levels.translation import translated_rows
from riskml.evaluation.net_benefit import net_benefit_table
from riskml.evaluation.prescribed import with_rates
from riskml.evaluation.schedule.table import schedule_table
from riskml.evaluation.schedule.waiting import waiting_table
from riskml.evaluation.selection.overlap import overlap_table
from riskml.evaluation.selection.table import selection_table
from riskml.grades import load_system

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


SYSTEMS = {"nanchang": {"title_en": "Four colours", "title_zh": "四色", "reconstructed": True}}
POLICIES = ["model", "last_outcome", "grade_nanchang", "grade_nanchang_points", "random"]
PAIRS = [("model", policy) for policy in POLICIES[1:]]
RIVALS = [("model", policy) for policy in POLICIES[1:4]]
IMPORTANCE = "mean_abs_contribution"
CODES = ["green", "yellow", "orange", "red"]


@pytest.fixture(scope="session")
def scored() -> pd.DataFrame:
    """Scored rows of 240 sites on three days; half were visited, by six inspectors of three offices."""
    rng = np.random.default_rng(5)
    sites, days = 240, pd.to_datetime(ORIGINS)
    risk = rng.beta(2, 6, sites)
    parts = []
    for day in days:
        rank = np.digitize(risk + rng.normal(0, 0.12, sites), [0.3, 0.45, 0.6])
        seen = rng.random(sites) < 0.45 + 0.1 * rank
        fail = pd.array(rng.random(sites) < risk, dtype="boolean")
        fail[~seen] = pd.NA
        office = np.arange(sites) % 3
        parts.append(
            pd.DataFrame(
                {
                    "site_id": [f"s{number:03d}" for number in range(sites)],
                    "as_of": day,
                    "origin": day,
                    "inspection_id": "v",
                    "visited_on": (day + pd.to_timedelta(rng.integers(0, 80, sites), "D")).where(seen),
                    "fail": fail,
                    "inspector": pd.Series([f"ihash{2 * o + int(rng.integers(0, 2))}" for o in office]).where(seen),
                    "office": [f"office-{o}" for o in office],
                    "visit_type": pd.Series(np.where(rng.random(sites) < 0.1, "DR", "RI")).where(seen),
                    "weight": 1.0,
                    "propensity": 0.45 + 0.1 * rank,
                    "harm": pd.Series(np.where(fail.fillna(False), rng.integers(1, 5, sites), 0.0)).where(seen),
                    "level": np.array(CODES)[rank],
                    "score_model": np.clip(risk + rng.normal(0, 0.05, sites), 0.01, 0.99),
                    "score_last_outcome": rng.integers(0, 2, sites).astype(float),
                    "score_grade_nanchang": rank.astype(float),
                    "score_grade_nanchang_points": rank + rng.random(sites) / 2,
                    "score_random": 0.0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def made(scored: pd.DataFrame) -> dict[str, Any]:
    """All arguments of render_report, made of the scored rows by the functions that a run calls."""
    drawn: dict[str, Any] = {"draws": 30, "seed": 3}
    system = load_system("nanchang")
    grades = scored[["site_id", "as_of", "level"]].assign(system="nanchang", points=scored["score_grade_nanchang"])
    rows = with_rates(scored, grades, {"nanchang": system}, horizon_days=90)
    compared = compare(
        rows,
        POLICIES,
        budgets=[0.1, 0.2],
        pairs=PAIRS,
        horizon_days=90,
        headline="recall@0.20",
        declared=RIVALS,
        **drawn,
    )  # fmt: skip
    translated = translated_rows(rows, grades, "nanchang", CODES)
    groups = {"office": rows["office"], "size": rows["office"].map({"office-0": "1: up to 50 m2"})}
    tables = {
        "prescribed": compared.prescribed,
        "difference_curve": difference_curve(rows, RIVALS, **drawn),
        "net_benefit": net_benefit_table(rows, POLICIES[:3], **drawn),
        "selection": selection_table(rows, POLICIES[:4], [0.2], pairs=RIVALS, **drawn),
        "overlap": overlap_table(rows),
        "leniency": leniency(rows).table,
        "workload": workload_table(rows, ["model", "grade_nanchang"], **drawn),
        "inspectors": inspectors_table(rows, POLICIES, pairs=RIVALS, permutations=19, **drawn),
        "schedule": schedule_table(rows, POLICIES, pairs=RIVALS, **drawn),
        "waiting": waiting_table(rows, POLICIES, pairs=RIVALS, **drawn),
        "calibration": calibration_table(rows, groups, **drawn),
        "fairness": fairness_table(rows, groups, rivals=["grade_nanchang"], budgets=[0.2], **drawn),
        "grade_quality": quality_table(qualities(rows, grades, {"nanchang": system}, **drawn)),
        "reclassification": reclassification_table(translated, CODES, **drawn),
        "translated_rates": translated_rates(translated, CODES, **drawn),
        "movers": _movers(scored),
    }
    importance = pd.DataFrame(
        {"feature": ["age"], "text_en": ["Age"], "text_zh": ["年限"], "mean_abs_contribution": [0.1]}
    )
    return {
        "summary": _summary(rows, compared.as_dict()),
        "per_origin": compared.per_origin,
        "importance": importance,
        "curve": reliability_curve(rows["fail"], rows["score_model"]),
        "budget_curve": budget_curve(rows, POLICIES, **drawn),
        "tables": tables,
    }


def _summary(rows: pd.DataFrame, compared: dict[str, Any]) -> dict[str, Any]:
    labelled = rows["fail"].notna()
    return {
        "study": "made", "outcome": "fail", "horizon_days": 90, "headline": "recall@0.20", "data_hash": "0123",
        "code_version": "0.1.0", "rows": len(rows), "sites": 240, "labelled": int(labelled.sum()),
        "base_rate": float(rows["fail"].mean()), "origins": ORIGINS, "label_versions": ["v1"], "systems": SYSTEMS,
        "policies": compared["policies"], "differences": compared["differences"], "notes": compared["notes"],
        "verdict": {"en": "The verdict in words.", "zh": "结论在此。"},
    }  # fmt: skip


def _movers(scored: pd.DataFrame) -> pd.DataFrame:
    """Thirty sites that change level, in the columns of `explanation.movers`."""
    told = {
        "level_en": "green", "level_zh": "绿", "new_level_en": "red", "new_level_zh": "红", "raises_en": "1. Failed",
        "raises_zh": "1. 近期不合格", "lowers_en": "1. Long open", "lowers_zh": "1. 开业已久",
    }  # fmt: skip
    frame = scored[["site_id", "as_of"]].head(30).assign(probability=0.3, level="green", new_level="red")
    return pd.concat([frame, pd.DataFrame([told] * len(frame), index=frame.index)], axis=1)
