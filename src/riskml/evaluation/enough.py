"""When a group is too small for a number, and how that is said in both languages."""

from typing import Final

from riskml.evaluation.calibration_table import NEEDED

ROUNDING: Final = 1e-9
"""A sum of probabilities that misses a whole number by less is that number."""
NEEDED_OF: Final = {"expected failures within the budget": 10}
"""What needs another number than `NEEDED`."""
COUNTED: Final = {
    "failures": "不合格",
    "passed visits": "合格检查",
    "visits within the budget": "预算内检查",
    "settled visits": "结果已定的检查",
    "expected failures": "预期不合格",
    "expected failures within the budget": "预算内预期不合格",
    "sites": "主体",
}
"""What may be too few -> its Chinese name."""
PLACES: Final = {"": "", " in the other groups": "其余各组"}
"""Where it is too few -> its Chinese name."""
REASONS: Final = (
    *(
        (rf"not enough data{place}: (\d+) {noun}, (\d+) are needed", rf"{here}数据不足：{name}\1，需要\2")
        for place, here in PLACES.items()
        for noun, name in COUNTED.items()
    ),
    ("a count, not an estimate", "计数，并非估计"),
    ("fewer than two levels have 20 settled visits", "有20次以上已定结果检查的等级不足两个"),
    ("levels left out, with fewer than 20 settled visits: (.+)", "未计入已定结果检查少于20次的等级：\\1"),
    ("there is no settled visit", "没有结果已定的检查"),
)
"""Pattern of a reason -> its Chinese form (an expansion of the match)."""


def too_few(count: float, noun: str, *, place: str = "") -> str:
    """The reason why there is no number; empty where there are enough.

    Args:
        count: how many there are.
        noun: what is counted, a key of `COUNTED`.
        place: where, a key of `PLACES`.

    >>> too_few(12, "failures")
    'not enough data: 12 failures, 20 are needed'
    >>> too_few(20, "failures")
    ''
    """
    needed, whole = NEEDED_OF.get(noun, NEEDED), int(count + ROUNDING)
    return "" if whole >= needed else f"not enough data{place}: {whole} {noun}, {needed} are needed"
