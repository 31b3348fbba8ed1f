"""What is printed of one site's score."""

from dataclasses import replace

from riskml.explanation.score_lines import score_lines
from riskml.scorer import Comparison, CounterFact, Reason, Score

PEERS = Comparison("R2", 412, "above", 0.9, 0.0, "higher than at least 90% of 412 shops", "高于 412 家小店中的至少 90%")
UP = Reason(
    "fails_365d", 2.0, 0.25, "2 failed visits", "不合格 2 次", ("a", "b", "c", "d", "e"), ("fails_365d",), PEERS
)
DOWN = Reason("area_m2", 5.0, -0.5, "floor area is 5", "面积 5", ())
SCORE = Score(0.123456, -1.9, "B", "yellow", "黄", (UP,), (DOWN,), PEERS)
FACT = CounterFact("repair", "if repaired: 0.12 -> 0.10", "若已修复：0.12 → 0.10", ("a",), 0.123456, 0.1, "A")


def test_a_score_is_told_with_its_reasons_its_records_and_what_would_lower_it() -> None:
    assert score_lines("s1", SCORE, [FACT], "en") == [
        "s1  0.123  yellow",
        "    higher than at least 90% of 412 shops",
        "Raises the risk:",
        "+ 0.250  2 failed visits  [a, b, c, +2]",
        "         higher than at least 90% of 412 shops",
        "Lowers the risk:",
        "- 0.500  floor area is 5",
        "What would lower the score:",
        "  if repaired: 0.12 -> 0.10",
        "This is how the score would change if the records changed; it does not promise that the risk would.",
    ]


def test_the_same_in_chinese_and_nothing_where_there_is_nothing() -> None:
    bare = replace(SCORE, level_zh=None, reasons_up=(), reasons_down=(DOWN,), peers=None)
    assert score_lines("s1", bare, [], "zh") == ["s1  0.123", "提高风险：无", "降低风险：", "- 0.500  面积 5"]


def test_what_records_hold_breaks_no_line() -> None:
    reason = replace(UP, text_en="a\nb", event_ids=("x\x1b[2Jy",), peers=None)
    lines = score_lines("s\r1", replace(SCORE, reasons_up=(reason,), peers=None), [], "en")
    assert not [line for line in lines if any(sign in line for sign in "\n\r\x1b")]
