"""A disagreement as lines to print: both sides, their records, nothing of the records' own control characters."""

from dataclasses import replace

import pytest

from riskml.explanation.disagreement import Disagreement
from riskml.explanation.disagreement_lines import MOST_RECORDS, disagreement_lines
from riskml.grades import GradeReason
from riskml.scorer import Reason

FOUND = Disagreement(
    site_id="s1",
    system="nanchang/default",
    level="green",
    model_level="red",
    names={"en": "Green", "zh": "绿"},
    model_names={"en": "Red", "zh": "红"},
    steps=3,
    probability=0.234,
    published=False,
    grade_reasons=(GradeReason("fails", "failed visits (1): +1 points", "检查不合格（1）：+1分", 1.0, ("v1",)),),
    raises=(Reason("fails", 1.0, 0.51234, "1 failed visit", "不合格1次", ("v1:INSP_FAIL",)),),
    lowers=(Reason("age", 9.0, -0.25, "9 years old", "已开业9年", ()),),
    shared=("v1",),
    only_grade=(),
    only_model=("e1", "e2"),
    vetoed=False,
    text_en="",
    text_zh="",
)


def test_the_lines_tell_both_sides_in_order() -> None:
    assert disagreement_lines(FOUND, "en") == [
        "Site s1: nanchang/default and the model",
        "The grade: Green",
        "The model: Red, probability 23.4%, 3 levels riskier",
        "The grade counted:",
        "  1) failed visits (1): +1 points",
        "     records: v1",
        "The model's risk is raised by:",
        "  1) 1 failed visit (+0.512 log-odds)",
        "     records: v1:INSP_FAIL",
        "It is lowered by:",
        "  1) 9 years old (-0.25 log-odds)",
        "Records behind both: v1",
        "Records of the grade alone: none",
        "Records of the model alone: e1, e2",
    ]


def test_the_lines_speak_chinese_too() -> None:
    lines = disagreement_lines(FOUND, "zh")
    assert lines[:5] == [
        "主体s1：nanchang/default与模型", "规则评级：绿", "模型：红，概率23.4%，风险高3级", "规则计入：",
        "  1）检查不合格（1）：+1分",
    ]  # fmt: skip
    assert lines[-1] == "仅模型依据的记录：e1、e2"
    assert len(lines) == len(disagreement_lines(FOUND, "en"))


def test_a_veto_stands_at_the_end_and_a_published_grade_is_told() -> None:
    lines = disagreement_lines(replace(FOUND, vetoed=True, published=True), "en")
    assert lines[-1].startswith("The grade stands on a veto")
    assert "The grade counted (reasons of the reconstruction; the level is the authority's own):" in lines


@pytest.mark.parametrize(
    ("steps", "en", "zh"),
    [(0, ", the same level", "，等级相同"), (-1, ", one level safer", "，风险低1级"), (None, "", "")],
)
def test_the_move_is_told_where_there_is_one(steps: int | None, en: str, zh: str) -> None:
    found = replace(FOUND, steps=steps)
    assert disagreement_lines(found, "en")[2] == f"The model: Red, probability 23.4%{en}"
    assert disagreement_lines(found, "zh")[2] == f"模型：红，概率23.4%{zh}"


def test_what_is_not_there_is_said() -> None:
    found = replace(FOUND, names=None, model_names=None, steps=None, grade_reasons=(), raises=(), lowers=())
    lines = disagreement_lines(found, "en")
    assert lines[1:3] == ["The grade: none", "The model: no level, probability 23.4%"]
    assert lines.count("  nothing") == 3


def test_many_records_are_counted_and_no_line_breaks() -> None:
    ids = tuple(f"e\n{place}" for place in range(MOST_RECORDS + 2))
    lines = disagreement_lines(replace(FOUND, only_model=ids, site_id="s\x1b[31m"), "en")
    assert lines[-1].endswith("e 5, and 2 more")
    assert not any(set("\n\x1b") & set(line) for line in lines)
