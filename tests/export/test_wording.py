"""Names: every metric, policy, outcome and missing value that a run can bring has words in both languages."""

import pytest

from riskml.errors import DataError
from riskml.evaluation._policies import UNDEFINED
from riskml.export import wording
from riskml.records.outcomes import OUTCOMES

SYSTEMS = {"a": {"title_en": "A", "title_zh": "甲", "reconstructed": True}, "b": {"title_en": "B", "title_zh": "乙"}}


def test_every_metric_of_a_comparison_has_a_name() -> None:
    assert set(UNDEFINED) == set(wording.METRICS)


def test_every_outcome_has_a_name() -> None:
    assert set(OUTCOMES) == set(wording.OUTCOMES)


def test_a_reconstructed_grade_says_so_and_a_published_one_does_not() -> None:
    names = {policy: wording.policy_name(policy, SYSTEMS)["zh"] for policy in ("grade_a", "grade_a_points", "grade_b")}
    assert names == {"grade_a": "a 等级（重构）", "grade_a_points": "a 等级加分值（重构）", "grade_b": "b 等级"}
    assert wording.system_title("b", SYSTEMS)["en"] == "B"
    assert wording.system_title("a", SYSTEMS)["en"] == "A; reconstructed (rule public, points assumed)"


@pytest.mark.parametrize("policy", ["grade_c", "oracle", "grade_", ""])
def test_a_policy_without_a_name_is_refused(policy: str) -> None:
    with pytest.raises(DataError, match="has no name; those with one are"):
        wording.policy_name(policy, SYSTEMS)


@pytest.mark.parametrize(("metric", "message"), [("luck@0.20", "no name"), ("recall@much", "must be a share")])
def test_a_metric_that_cannot_be_read_is_refused(metric: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        wording.split_metric(metric)
