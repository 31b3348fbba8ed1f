"""What a run says about itself, by a hand-made summary."""

from typing import Any

import pandas as pd

from riskml.registry import _content


def test_the_note_gives_the_verdict_first_and_marks_what_is_reconstructed(summary: dict[str, Any]) -> None:
    assert _content.note(summary).splitlines() == [
        "**The model beats the last outcome.**",
        "",
        "**模型优于上次检查结果。**",
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
    assert _content.run_name(summary) == "tiny recall@0.20 undefined"
    assert "recall_at_0.20" not in _content.metrics_of(summary)


def test_an_origin_without_the_headline_still_has_its_sizes(origins: pd.DataFrame) -> None:
    found = list(_content.origins_of(origins[origins["metric"] == "auc"], "recall@0.20"))
    assert found[1] == ("2024-04-01", "reordering", {"auc": 0.1, "n": 301.0, "n_positive": 30.0})
