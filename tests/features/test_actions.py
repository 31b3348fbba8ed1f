"""The actions that counter-facts are made of: what they name exists, and a wrong list is refused."""

import pytest

from riskml.errors import StudyError
from riskml.export.codes import known_codes
from riskml.features.actions import actions_for, load_actions, parsed_actions
from riskml.features.catalog import load_catalog
from riskml.grades.conventions import not_repairable
from riskml.scorer.actions import KINDS, parse_actions

GOOD = 'name = "a"\ntext_en = "if"\ntext_zh = "若"\nkind = "end"\ncodes = ["ABN"]\n'


def test_every_action_is_one_that_an_artifact_may_hold() -> None:
    found = load_actions()
    assert [action.name for action in parse_actions(found, "header")] == [action["name"] for action in found]
    assert {action["kind"] for action in found} == set(KINDS)
    named = {code for action in found for code in action["codes"]}
    assert named <= set(known_codes())


def test_every_action_changes_records_that_some_feature_reads() -> None:
    read = set(load_catalog().program({"format_code": [], "industry_class": []})["codes"])
    assert all(set(action["codes"]) <= read for action in load_actions())


def test_only_penalties_that_can_be_repaired_are_and_after_a_year() -> None:
    repairs = [action for action in load_actions() if action["kind"] == "repair"]
    assert repairs
    assert all(action["after_days"] == 365 for action in repairs)
    codes = {code for action in repairs for code in action["codes"]}
    assert not codes & (not_repairable() | {"PEN_WARN", "PEN_CLOSE", "PEN_CANCEL", "PEN_CRIM"})


def test_an_artifact_gets_the_actions_about_records_that_it_reads() -> None:
    found = actions_for(["PEN_FINE", "VISIT", "COMPLAINT"])
    assert [(action["name"], action["codes"]) for action in found] == [
        ("repair_penalties", ["PEN_FINE"]), ("pass_a_visit", ["VISIT"]),
    ]  # fmt: skip
    assert actions_for([]) == []
    assert actions_for(known_codes()) == load_actions()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[action", "is not valid TOML"),
        ("", "needs \\[\\[action\\]\\] tables"),
        ("[action]\n" + GOOD, "needs \\[\\[action\\]\\] tables"),
        ("more = 1\n[[action]]\n" + GOOD, "needs \\[\\[action\\]\\] tables"),
        ("[[action]]\n" + GOOD + "cost = 1\n", "exactly the keys"),
        ("[[action]]\n" + GOOD.replace("end", "bribe"), "unknown value 'bribe'"),
        ("[[action]]\n" + GOOD + "after_days = -1\n", "number of days from 0"),
        ("[[action]]\n" + GOOD + "[[action]]\n" + GOOD, "two actions have the same name"),
        ("[[action]]\n" + GOOD.replace('["ABN"]', "[]"), "needs codes and a text"),
        ("[[action]]\n" + GOOD.replace("若", ""), "needs codes and a text"),
    ],
)
def test_a_wrong_list_is_refused(text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        parsed_actions(text, where="mine.toml")
