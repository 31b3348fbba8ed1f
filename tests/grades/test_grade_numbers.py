"""Numbers of a system: named by their path, replaced one by one, and still held to the rules of a file."""

import pytest

from riskml.errors import StudyError
from riskml.grades import load_system, system_names, with_numbers
from riskml.grades.rules import ScoreRule
from riskml.grades.system import PointRule


def test_a_replaced_number_is_the_one_the_rule_uses() -> None:
    system = with_numbers(
        load_system("nanchang"), {"family.PEN.weights.PEN_FINE": 1.5, "publicity.order45.default_days": 700}
    )
    rule = system.rule
    assert isinstance(rule, PointRule)
    assert rule.families[2].weights["PEN_FINE"] == 1.5
    assert rule.publicity is not None
    assert rule.publicity.default_days == 700
    assert system.full_name == "nanchang/default+"
    assert dict(system.replaced) == {"family.PEN.weights.PEN_FINE": 1.5, "publicity.order45.default_days": 700}
    assert system.numbers["family.PEN.weights.PEN_FINE"].provenance == "public"


@pytest.mark.parametrize("name", system_names())
def test_every_number_of_every_system_can_be_replaced_by_itself(name: str) -> None:
    system = load_system(name)
    same = with_numbers(system, {path: number.value for path, number in system.numbers.items()})
    assert same.rule == system.rule
    assert same.levels == system.levels
    assert dict(same.numbers) == dict(system.numbers)


def test_a_cut_moves_at_both_of_its_levels() -> None:
    moved = with_numbers(load_system("zhenhai"), {"level.blue.score.from": 70})
    assert moved.numbers["level.yellow.score.below"].value == 70
    assert isinstance(moved.rule, ScoreRule)
    assert [cut.value for cut in moved.rule.cuts] == [90, 70, 60]
    other = with_numbers(load_system("nanchang"), {"level.orange.points.above": 3.5})
    assert other.numbers["level.yellow.points.up_to"].value == 3.5


def test_numbers_replaced_before_stay_replaced() -> None:
    once = with_numbers(load_system("zhenhai/sparse"), {"part.P.neutral": 60})
    twice = with_numbers(once, {"part.I.neutral": 50})
    assert (twice.numbers["part.P.neutral"].value, twice.numbers["part.I.neutral"].value) == (60, 50)
    assert twice.full_name == "zhenhai/sparse+"


def test_weights_may_be_replaced_although_they_no_longer_sum() -> None:
    heavier = with_numbers(load_system("shenzhen_general"), {"indicator.S04.max": 8})
    assert isinstance(heavier.rule, ScoreRule)
    assert {one.key: one.most for one in heavier.rule.indicators}["S04"] == 8


def test_what_a_file_may_not_hold_is_refused() -> None:
    with pytest.raises(StudyError, match=r"no numbers \['family.PEN.cp'\]; near the first are \['family.PEN.cap'"):
        with_numbers(load_system("nanchang"), {"family.PEN.cp": 1})
    with pytest.raises(StudyError, match="must rise from level to level"):
        with_numbers(load_system("nanchang"), {"level.green.points.up_to": 4})
    with pytest.raises(StudyError, match="cuts 95, 90 must fall from level to level"):
        with_numbers(load_system("zhenhai"), {"level.blue.score.from": 95})
    with pytest.raises(StudyError, match="value is -1; it must be a number from 0 up"):
        with_numbers(load_system("nanchang"), {"family.PEN.cap": -1})


def test_assumed_numbers_of_the_grade_and_of_the_intensities_are_told_apart() -> None:
    wuhan = load_system("wuhan2017")
    assert (wuhan.assumed, wuhan.reconstructed, wuhan.intensity_reconstructed) == ((), False, True)
    assert "level.A.visits_per_year" not in load_system("cfda2016").assumed
    assert "indicator.S04.max" in load_system("shenzhen_general").assumed
    assert load_system("guiyang").reconstructed  # it takes over a reconstructed level
    assert load_system("guiyang").assumed == ()


def test_intensities_keep_their_unit() -> None:
    blue = load_system("zhenhai").levels[1]
    assert (blue.intensity, blue.intensity_unit, blue.draw_ratio) == (0.2, "visits_per_month", None)
    assert blue.visits_per_year == pytest.approx(2.4)
    riskiest = load_system("shenzhen_general").levels[-1]
    assert (riskiest.draw_ratio, riskiest.visits_per_year) == (0.3, 0.3)
    assert load_system("samr2022").levels[0].visits_per_year == 0.5  # the floor of Order 49
    assert load_system("samr2022").levels[0].intensity == 0.25
