"""Every policy and calibration of a run has its words in both languages, and the verdict names real rivals only."""

import pandas as pd
import pytest

from riskml.export._card_trust import _map
from riskml.export._policy_words import ORDER, POLICIES
from riskml.export.wording import policy_name, policy_order, system_of
from riskml.models.calibration import Calibration
from riskml.reporting.charts import drawn
from riskml.reporting.texts import headline_differences, policy_meaning

SYSTEMS = {"town/2023": {"title_en": "Town", "title_zh": "某镇", "reconstructed": False}}
GRADES = ["grade_town_2023", "grade_town_2023_points", "grade_town_2023_plus_model"]


@pytest.mark.parametrize("policy", [*POLICIES, *GRADES])
def test_every_policy_has_a_name_and_a_meaning_in_both_languages(policy: str) -> None:
    for words in (policy_name(policy, SYSTEMS), policy_meaning(policy)):
        assert words["en"].isascii()
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words["zh"])


def test_names_tell_policies_apart() -> None:
    names = [policy_name(policy, SYSTEMS)["zh"] for policy in [*POLICIES, *GRADES]]
    assert len(set(names)) == len(names)
    assert policy_name(GRADES[2], SYSTEMS)["en"] == "Grade town/2023 and model together"
    assert [system_of(policy, SYSTEMS) for policy in GRADES] == ["town/2023"] * 3


def test_every_policy_has_its_place_in_the_order() -> None:
    assert {name for name in ORDER if name != "grade_"} == set(POLICIES)
    assert policy_order(["perfect", *GRADES[:1], "scorecard", "inspector_only", "model"]) == [
        "model", "scorecard", "grade_town_2023", "inspector_only", "perfect",
    ]  # fmt: skip


def test_the_verdict_names_the_simple_rivals_and_the_grades_alone() -> None:
    pairs: dict[str, dict[str, dict[str, float]]] = {f"model - {policy}": {} for policy in [*POLICIES, *GRADES]}
    assert headline_differences(pairs) == ["last_outcome", "past_fail_rate", *GRADES[:2]]


def test_charts_draw_what_the_verdict_names_and_the_bounds() -> None:
    policies = pd.Series([*POLICIES, *GRADES])
    assert set(policies[drawn(policies)]) == {
        "model", "last_outcome", "past_fail_rate", "random", "perfect", *GRADES[:2],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("calibration", "en", "zh"),
    [
        (Calibration("beta", rise=0.5, fall=1.25, intercept=-0.1), "0.500 and 1.250, intercept −0.100", "beta校准"),
        (
            Calibration("isotonic", raw=(0.0, 1.0), log_odds=(-1.0, 2.0)),
            "isotonic map with 2 knots",
            "保序校准，2个节点",
        ),
        (Calibration("platt", slope=0.9, intercept=0.2), "slope 0.900, intercept 0.200", "Platt校准"),
        (Calibration("none", note="too few"), "the probabilities are raw (too few)", "概率未经校准"),
    ],
)
def test_the_card_tells_the_calibration(calibration: Calibration, en: str, zh: str) -> None:
    assert en in _map(calibration.facts(), "en")
    assert zh in _map(calibration.facts(), "zh")
