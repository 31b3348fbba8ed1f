"""Verdict sentences: one for each case, in both languages, with the numbers of the table."""

from typing import Any

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation.selection.table import selection_verdict

PAIR, METRIC = "model - grade", "recall@0.20"
NAN = float("nan")


def line(method: str, value: float, low: float, high: float, **other: Any) -> dict[str, Any]:
    names = {"policy": PAIR, "metric": METRIC, "method": method, "gamma": NAN, "reason": ""}
    return {**names, "value": value, "low": low, "high": high, **other}


def table_of(*lines: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([*lines])


AGREEING = (
    line("naive", 0.05, 0.01, 0.09),
    line("ipw_hajek", 0.06, 0.02, 0.10),
    line("doubly_robust", 0.06, 0.02, 0.10),
    line("sensitivity", NAN, 0.01, 0.12, gamma=1.2),
    line("sensitivity", NAN, -0.02, 0.15, gamma=2.0),
    line("worst_case", NAN, -0.4, 0.5),
    line("random_arm", NAN, NAN, NAN, reason="not enough: 13 failures in 251 double-random visits, 100 are needed"),
)


def said(*lines: dict[str, Any], overlap: pd.DataFrame | None = None) -> dict[str, str]:
    return selection_verdict(table_of(*lines), overlap, pair=PAIR, metric=METRIC)


def test_methods_that_agree_are_said_to_with_their_figures() -> None:
    verdict = said(*AGREEING)
    assert "The methods agree within their intervals." in verdict["en"]
    assert "doubly robust +0.060 [+0.020, +0.100]" in verdict["en"]
    assert "各方法在各自区间内一致。" in verdict["zh"]
    assert "双重稳健 +0.060" in verdict["zh"]


@pytest.mark.parametrize(
    "naive",
    [
        line("naive", 0.20, 0.15, 0.25),  # intervals do not touch
        line("naive", -0.04, -0.09, 0.03),  # signs differ, and neither value lies in the other's interval
    ],
)
def test_methods_that_contradict_each_other_settle_nothing(naive: dict[str, Any]) -> None:
    verdict = said(naive, *AGREEING[1:])
    assert (
        "The methods disagree by more than their intervals (labelled sites only / weighted by propensity)"
        in verdict["en"]
    )
    assert "各方法的差异超出各自区间（仅看有结果的主体 / 按受检概率加权）" in verdict["zh"]


def test_signs_that_differ_within_their_intervals_are_no_contradiction() -> None:
    assert "The methods agree" in said(line("naive", -0.005, -0.05, 0.07), *AGREEING[1:])["en"]


def test_one_method_alone_is_confirmed_by_nothing() -> None:
    verdict = said(AGREEING[0], line("ipw_hajek", NAN, NAN, NAN, reason="scored rows have no column propensity"))
    assert "Only one method gives a number" in verdict["en"]
    assert "nothing corrects for who was visited (scored rows have no column propensity)" in verdict["en"]
    assert "受检概率未知" in verdict["zh"]


def test_without_a_random_arm_nobody_can_know() -> None:
    verdict = said(*AGREEING)
    assert "Without a random arm nobody can know" in verdict["en"]
    assert "(not enough: 13 failures in 251 double-random visits, 100 are needed)" in verdict["en"]
    assert "没有随机检查组，就无人能知道检查是否依据了记录以外的情况（双随机检查中的不合格数不足）" in verdict["zh"]
    assert "（记录中没有可用的双随机检查）" in said(*AGREEING[:-1])["zh"]
    with_arm = said(*AGREEING[:-1], line("random_arm", 0.05, -0.02, 0.11))
    assert "Without a random arm" not in with_arm["en"]
    assert "double-random visits only +0.050" in with_arm["en"]


def test_how_far_the_sign_holds_is_read_from_the_intervals() -> None:
    verdict = said(*AGREEING)
    assert "within a factor of 1.2 of labelled ones alike on record, and no longer at 2." in verdict["en"]
    assert "不超过1.2倍，差值的方向即成立；到2倍时不再成立。" in verdict["zh"]
    broken = (*AGREEING[:3], line("sensitivity", NAN, -0.01, 0.12, gamma=1.2), *AGREEING[5:])
    assert "does not hold at the smallest departure tried: a factor of 1.2" in said(*broken)["en"]
    firm = (*AGREEING[:4], line("worst_case", NAN, 0.01, 0.5), AGREEING[-1])
    assert "and even in the worst case" in said(*firm)["en"]
    unclear = (*AGREEING[:2], line("doubly_robust", 0.01, -0.02, 0.04), *AGREEING[3:])
    assert "not distinguishable from 0" in said(*unclear)["en"]


def test_labels_that_follow_one_policy_are_named() -> None:
    shares = [
        {**line("observed", value, low, high), "policy": name, "metric": "labelled_share@0.20"}
        for name, value, low, high in ((PAIR, -0.3, -0.35, -0.25), ("model", 0.4, 0.3, 0.5), ("grade", 0.7, 0.6, 0.8))
    ]
    verdict = said(*AGREEING, *shares)
    assert "of the sites that grade chooses 70% have an outcome, of those of model 40%" in verdict["en"]
    assert "grade选中的主体中70%有检查结果，model选中的仅40%" in verdict["zh"]
    shares[0]["high"] = 0.01
    assert "have an outcome" not in said(*AGREEING, *shares)["en"]


def test_failing_overlap_is_said_with_its_size() -> None:
    overlap = pd.DataFrame({"origin": [pd.NaT], "low": [0.0], "high": [1.0], "below_02": [0.31], "ess": [57.2]})
    verdict = said(*AGREEING, overlap=overlap)
    assert "31% of the sites had less than a 2 % chance of a visit and the labels are worth 57 rows" in verdict["en"]
    assert "31%的主体受检概率低于2%，有效样本量仅57" in verdict["zh"]
    fine = overlap.assign(below_02=0.01, ess=900.0)
    assert "Overlap" not in said(*AGREEING, overlap=fine)["en"]


def test_without_intervals_signs_alone_are_compared() -> None:
    lines = [line(method, value, NAN, NAN) for method, value in (("naive", -0.1), ("ipw_hajek", 0.1))]
    assert "disagree" in said(*lines)["en"]
    assert "+0.100." in said(*lines)["en"]


def test_an_unknown_difference_is_refused() -> None:
    with pytest.raises(DataError, match=r"no difference 'model - fate' .*it has \['model - grade'\]"):
        selection_verdict(table_of(*AGREEING), pair="model - fate", metric=METRIC)
