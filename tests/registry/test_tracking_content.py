"""What a run says about itself: verdict, ranking and headline, by hand-made summaries."""

from typing import Any

import pandas as pd
import pytest

from riskml.registry import _content


def test_the_note_gives_the_verdict_first_and_ranks_the_policies(summary: dict[str, Any]) -> None:
    text = _content.note(summary, "recall@0.20").splitlines()
    assert text[0] == "**The model beats the last outcome**: recall@0.20 +0.062 [+0.010, +0.110]."
    assert text[2:7] == [
        "| policy | recall@0.20 | 95 % interval | n | failures |",
        "|---|---|---|---|---|",
        "| model | 0.412 | [0.380, 0.440] | 900 | 90 |",
        "| last_outcome | 0.350 | [0.310, 0.390] | 900 | 90 |",
        "| random | 0.200 | [0.200, 0.200] | 900 | 90 |",
    ]
    assert text[-1] == "* Two visits are not settled."


@pytest.mark.parametrize(
    ("metric", "value", "low", "high", "words"),
    [
        ("recall@0.20", 0.01, -0.02, 0.04, "The model is not shown to beat the last outcome"),
        ("recall@0.20", 0.01, None, None, "The model is not shown to beat the last outcome"),
        ("recall@0.20", -0.03, -0.05, -0.01, "The model is worse than the last outcome"),
        ("brier", -0.03, -0.05, -0.01, "The model beats the last outcome"),
    ],
)
def test_the_verdict_never_says_more_than_the_interval(
    metric: str, value: float, low: float | None, high: float | None, words: str, summary: dict[str, Any]
) -> None:
    sizes = {"n": 900, "n_positive": 90, "estimand": "reordering"}
    difference = {"value": value, "low": low, "high": high, "draws": 1000, **sizes}
    summary["differences"]["model - last_outcome"][metric] = difference
    for policy in summary["policies"].values():
        policy[metric] = {"value": 0.2, "low": None, "high": None, **sizes}
    assert _content.note(summary, metric).startswith(f"**{words}")


def test_the_headline_is_the_one_of_the_summary_where_it_has_one(summary: dict[str, Any]) -> None:
    assert _content.headline_of(summary) == "recall@0.20"
    assert _content.headline_of({**summary, "headline": "auc"}) == "auc"
    del summary["policies"]["model"]["recall@0.20"]
    assert _content.headline_of(summary) == "auc"


def test_a_lower_brier_score_ranks_higher_and_an_undefined_value_last(summary: dict[str, Any]) -> None:
    entry = {"low": None, "high": None, "n": 9, "n_positive": 3, "estimand": "reordering"}
    for policy, value in (("model", 0.09), ("last_outcome", 0.12), ("random", None)):
        summary["policies"][policy]["brier"] = {"value": value, **entry}
    lines = _content.note(summary, "brier").splitlines()
    assert lines[0] == "**No comparison with last_outcome on brier.**"
    assert [line.split(" | ")[:2] for line in lines[4:7]] == [
        ["| model", "0.090"],
        ["| last_outcome", "0.120"],
        ["| random", "undefined"],
    ]


def test_an_origin_without_the_headline_still_has_its_sizes(origins: pd.DataFrame) -> None:
    found = list(_content.origins_of(origins[origins["metric"] == "auc"], "recall@0.20"))
    assert found[1] == ("2024-04-01", "reordering", {"auc": 0.1, "n": 301.0, "n_positive": 30.0})
