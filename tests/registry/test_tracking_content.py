"""What a run says about itself, by a hand-made summary."""

from typing import Any

import numpy as np
import pandas as pd

from riskml.evaluation import compare
from riskml.registry import _content
from riskml.registry.origins import DRAWS, learned_at_origins


def test_the_note_gives_the_verdict_first_and_marks_what_is_reconstructed(summary: dict[str, Any]) -> None:
    assert _content.note(summary).splitlines() == [
        "The model beats the last outcome.",
        "",
        "模型优于上次检查结果。",
        "",
        "| policy | Failures found, share (recall) at 20% | 95 % interval | n | failures |",
        "|---|---|---|---|---|",
        "| Model | 41.2% | 38.0% to 44.0% | 900 | 90 |",
        "| Last outcome | 35.0% | 31.0% to 39.0% | 900 | 90 |",
        "| Grade x (reconstructed) | undefined | none | 900 | 90 |",
        "| Random order | 20.0% | 20.0% to 20.0% | 900 | 90 |",
        "",
        "Estimand: reordering. Data `0123456789ab`, code `0.1.0+abc`.",
        "",
        "* Two visits are not settled.",
        "* Plain.",
    ]


def test_an_undefined_headline_is_named_so(summary: dict[str, Any]) -> None:
    summary["policies"]["model"]["recall@0.20"]["value"] = None
    assert _content.run_name(summary) == "undefined recall@0.20 tiny"
    assert "recall_at_0.20" not in _content.metrics_of(summary)


def test_an_origin_without_the_headline_still_has_its_sizes(origins: pd.DataFrame) -> None:
    own = origins[origins["metric"] == "auc"]
    found = list(learned_at_origins(own, "recall@0.20", None, budgets=[0.2], seed=1))
    assert [(one.origin, one.policy, one.n, one.n_positive) for one in found][1] == ("2024-04-01", "model", 301, 30)
    assert _content.origin_metrics(found[1]) == {"auc": 0.1, "n": 301.0, "n_positive": 30.0}


def test_the_headline_of_every_policy_is_told_in_the_order_of_the_origins(origins: pd.DataFrame) -> None:
    told = _content.by_origin(origins.sample(frac=1, random_state=1), "auc")
    assert told == {"origin.model.auc": [0.0, 0.1, 0.2], "origin.random.auc": [0.0, 0.1, 0.2]}
    assert _content.by_origin(origins, "recall@0.20")["origin.model.recall_at_0.20"] == [None, None, None]


def test_only_trained_policies_have_runs_of_their_own_and_the_model_has_intervals() -> None:
    random = np.random.default_rng(4)
    rows = pd.DataFrame({"site_id": [f"s{place}" for place in range(400)], "origin": pd.Timestamp("2024-01-01")})
    chance = random.random(400)
    rows = rows.assign(fail=random.random(400) < chance, weight=1.0, inspector="i")
    rows["score_model"], rows["score_logistic"] = chance, -chance
    rows["score_grade_x"] = rows["score_random"] = 0.0
    policies = ["model", "logistic", "grade_x", "random"]
    table = compare(rows, policies, draws=0, seed=1, pairs=[]).per_origin
    found = {one.policy: one for one in learned_at_origins(table, "recall@0.20", rows, budgets=[0.1, 0.2], seed=1)}
    assert set(found) == {"model", "logistic"}
    same = compare(rows, ["model"], draws=DRAWS, seed=1, pairs=[]).policies["model"]
    assert found["model"].metrics == {name: (one.value, one.low, one.high) for name, one in same.items()}
    assert set(found["logistic"].metrics) == {"recall@0.20", "auc"}
    assert found["logistic"].metrics["auc"][1:] == (None, None)


def test_a_version_is_tagged_with_what_the_list_of_models_shows(summary: dict[str, Any]) -> None:
    assert _content.model_tags(summary, "d" * 64, "abc") == {
        "riskml.study": "tiny",
        "riskml.headline": "recall@0.20 0.412 [0.380, 0.440]",
        "riskml.gain": "+0.062 [+0.010, +0.110]",
        "riskml.digest": "d" * 64,
        "riskml.study_hash": "abc",
    }
    del summary["differences"]["model - last_outcome"]
    assert _content.model_tags(summary, "d", "")["riskml.gain"] == "undefined"


def test_the_headline_comes_first_and_only_some_differences_follow(summary: dict[str, Any]) -> None:
    summary["differences"]["model - last_outcome"]["brier"] = {"value": 0.1, "low": 0.0, "high": 0.2}
    names = list(_content.metrics_of(summary))
    assert names[:3] == ["recall_at_0.20", "recall_at_0.20.low", "recall_at_0.20.high"]
    assert {name.rpartition(".")[0] for name in names if name.startswith("diff") and name.endswith("low")} == {
        "diff.model-last_outcome.recall_at_0.20",
        "diff.model-last_outcome.auc",
    }
