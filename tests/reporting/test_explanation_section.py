"""The section about what moves the scores: every table shown in both languages, charts with the right marks."""

import re
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.explanation.faithfulness_words import CHECKS
from riskml.reporting import _explanation_charts as drawing
from riskml.reporting._cells import Table
from riskml.reporting._explanation import explanation
from riskml.reporting._page import Figure, Run, Section, Words
from riskml.reporting.charts import to_svg

FEATURES = ["fails_365d", "area_m2", "staff"]
TEXTS = {"text_en": ["Failed visits", "Floor area", "Staff"], "text_zh": ["不合格检查", "面积", "从业人员"]}
IMPORTANCE = pd.DataFrame(
    {
        "feature": FEATURES, **TEXTS, "mean_abs_contribution": [0.3, 0.2, 0.1], "low": [0.2, 0.1, 0.0],
        "high": [0.4, 0.3, 0.2], "rank": [1, 2, 3], "rank_low": [1, 1, 3], "rank_high": [1, 2, 3], "origins": 8,
        "exported": [0.5, 0.0, 0.1],
    }
)  # fmt: skip
DEPENDENCE = pd.DataFrame(
    {
        "feature": ["fails_365d"] * 2 + ["area_m2"], "text_en": ["Failed visits"] * 2 + ["Floor area"],
        "text_zh": ["不合格检查"] * 2 + ["面积"], "bin": [0, 1, 0], "kind": ["value", "missing", "value"],
        "low": [0.0, np.nan, 1.0], "high": [2.0, np.nan, 1.0], "label_en": ["0 – 2", "not on record", "1"],
        "label_zh": ["0 – 2", "无记录", "1"], "rows": [1500, 20, 7], "mean": [0.1, -0.2, 0.0], "p10": [0.0, -0.3, -0.1],
        "p50": [0.1, -0.2, 0.0], "p90": [0.2, -0.1, 0.1],
    }
)  # fmt: skip


def checks(value: float = 0.9) -> pd.DataFrame:
    """Every check, all of them held or none."""
    rows = [
        {
            "check": name, "value": value, "holds": value > 0.5, "text_en": f"found {value} of {name}",
            "text_zh": f"{name}为{value}", "reason_en": "", "reason_zh": "",
        }
        for name in CHECKS
    ]  # fmt: skip
    rows[9] |= {"value": np.nan, "holds": pd.NA, "reason_en": "left out", "reason_zh": "未做"}
    return pd.DataFrame(rows).astype({"holds": "boolean"})


def run(**changes: Any) -> Run:
    """What a run leaves about its model; a table of None was not made."""
    pairs = {"feature": ["a"], "other": ["b"], "text_en": ["Staff"], "text_zh": ["从业人员"], "other_text_en": ["Area"]}
    numbers = {"mean_abs_interaction": [0.012], "share": [0.034], "both_high": [0.05], "rows_both_high": [40]}
    steps = {"features": [1, 5] * 3, "moved": [0.3, 0.5, 0.2, 0.4, 0.1, 0.2], "rows": 90, "donors": 8}
    tables = {
        "importance": IMPORTANCE,
        "importance_topics": IMPORTANCE.assign(features=["fails_365d, fails_all", "area_m2", "staff"]),
        "dependence": DEPENDENCE,
        "interactions": pd.DataFrame({**pairs, "other_text_zh": ["面积"], **numbers, "rows": [90]}),
        "deletion": pd.DataFrame({"order": np.repeat(["reasons", "overall", "random"], 2), **steps}),
        "faithfulness": checks(),
        **changes,
    }
    return Run({"systems": {}}, {name: table for name, table in tables.items() if table is not None})


def words(svg: str) -> list[str]:
    return [unescape(found) for found in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def by_title(section: Section) -> dict[str, Any]:
    """English title of each figure and table -> itself."""
    return {one.title["en"]: one for one in section.blocks if isinstance(one, Figure | Table)}


@pytest.fixture(scope="module")
def section() -> Section:
    """The whole section, its charts drawn."""
    return explanation(run())


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts drawn as an empty element: every chart is built, none is converted."""
    monkeypatch.setattr("riskml.reporting.charts.to_svg", lambda _, **__: "<svg></svg>")


def test_every_table_of_the_run_is_shown_after_the_verdict(section: Section) -> None:
    assert isinstance(section.blocks[0], Words)
    assert section.blocks[0].strong
    assert len(section.blocks[0].lines) == 3
    kinds = [type(one).__name__ for one in section.blocks[1:]]
    assert kinds == ["Figure", "Table", "Figure", "Table", "Words", "Figure", "Table"]
    assert all(one.svg for one in section.blocks if isinstance(one, Figure))


def test_an_older_run_has_its_bars_alone() -> None:
    old = IMPORTANCE[["feature", "text_en", "text_zh", "mean_abs_contribution"]]
    given = Run({"systems": {}}, {"importance": old})
    blocks = explanation(given).blocks
    assert [type(one).__name__ for one in blocks] == ["Figure"]
    assert isinstance(blocks[0], Figure)
    assert "interval" not in blocks[0].caption["en"]
    assert blocks[0].svg
    assert "·" not in "".join(words(blocks[0].svg["en"]))


def test_bars_carry_their_interval_the_exported_model_and_their_ranks(section: Section) -> None:
    figure = by_title(section)["What the model uses"]
    assert "over 8 decision days" in figure.caption["en"]
    assert "在8个决策日上" in figure.caption["zh"]
    assert {"1 · Failed visits", "1–2 · Floor area", "3 · Staff"} <= set(words(figure.svg["en"]))
    assert "1–2 · 面积" in words(figure.svg["zh"])
    chart = drawing.importance_bars(IMPORTANCE, lang="en", top=2).to_dict()
    marks = [layer["mark"]["type"] for layer in chart["layer"]]
    assert marks == ["bar", "rule", "point", "text", "text"]
    assert [layer["encoding"]["x"]["field"] for layer in chart["layer"][:3]] == [
        "mean_abs_contribution", "low", "exported",
    ]  # fmt: skip
    held = next(iter(chart["datasets"].values()))
    assert [row["feature"] for row in held] == ["fails_365d", "area_m2"]


def test_panels_have_a_line_for_each_range_with_its_rows() -> None:
    drawn = words(to_svg(drawing.dependence_panels(DEPENDENCE, lang="zh")))
    assert {"0 – 2 (1,500)", "无记录 (20)", "1 (7)", "不合格检查", "面积", "对分数的贡献（对数几率）"} <= set(drawn)
    one = words(to_svg(drawing.dependence_panels(DEPENDENCE, lang="en", top=1)))
    assert "not on record (20)" in one
    assert "Floor area" not in one


def test_nothing_to_draw_is_refused_with_a_reason() -> None:
    with pytest.raises(DataError, match="no importances to show: 0 rows"):
        drawing.importance_bars(IMPORTANCE.head(0), lang="en")
    with pytest.raises(DataError, match="no contributions by value"):
        drawing.dependence_panels(DEPENDENCE.head(0), lang="en")


def test_a_topic_names_its_facts_and_a_pair_its_two(section: Section) -> None:
    found = by_title(section)
    topics = found["The same by topic: facts from the same records together"]
    assert [cell.value or cell.words["en"] for cell in topics.rows[0].cells] == [
        "0.300", "1", "0.500", "fails_365d, fails_all",
    ]  # fmt: skip
    assert topics.rows[0].cells[0].interval == "[0.200, 0.400]"
    pair = found["Facts that work together"].rows[0]
    assert (pair.name["en"], pair.name["zh"]) == ("Staff × Area", "从业人员 × 面积")
    assert [cell.value for cell in pair.cells] == ["0.0120", "3.4%", "+0.0500", "40"]


@pytest.mark.usefixtures("undrawn")
def test_a_model_without_pairs_says_so_and_one_that_was_not_asked_is_silent() -> None:
    said = [
        one.lines[0]["en"] for one in explanation(run(interactions=pd.DataFrame())).blocks if isinstance(one, Words)
    ]
    assert any("no two work together" in line for line in said)
    silent = explanation(run(interactions=None)).blocks
    assert not any("work together" in str(one) for one in silent)


@pytest.mark.usefixtures("undrawn")
def test_each_check_says_whether_it_holds_and_what_was_found(section: Section) -> None:
    rows = by_title(section)["Can the reasons be relied on?"].rows
    assert [row.name["en"] for row in rows] == [check.name["en"] for check in CHECKS.values()]
    told = [[cell.words["en"] for cell in row.cells] for row in rows]
    assert told[0] == ["yes", "found 0.9 of sum"]
    assert told[9] == ["not made", "left out"]
    false = explanation(run(faithfulness=checks(0.1)))
    assert by_title(false)["Can the reasons be relied on?"].rows[0].cells[0].words["zh"] == "否"
    first = false.blocks[0]
    assert isinstance(first, Words)
    assert "not stable" in first.lines[1]["en"]


def test_the_lines_of_the_deletion_test_are_told_apart(section: Section) -> None:
    figure = by_title(section)["Do the reasons name what the score hangs on? (deletion)"]
    assert {"the site's own reasons", "strongest over all sites", "any facts in use"} <= set(words(figure.svg["en"]))
    assert "those of 8 other sites" in figure.caption["en"]
    assert "该主体自身的理由" in words(figure.svg["zh"])


def test_texts_of_the_records_cannot_break_out_of_a_chart() -> None:
    hostile = IMPORTANCE.assign(text_en="<script>&", text_zh="<script>&")
    assert "<script" not in to_svg(drawing.importance_bars(hostile, lang="en"))
