"""System files: what they hold once read, and everything in them that must be refused."""

from importlib.resources import files

import pytest

from riskml.errors import StudyError
from riskml.grades import load_system, system_names
from riskml.grades.parsing import parse_system
from riskml.grades.system import PROVENANCE, Cut, PointRule

TEXT = files("riskml.grades").joinpath("systems").joinpath("nanchang.toml").read_text(encoding="utf-8")
CHICAGO = files("riskml.grades").joinpath("systems").joinpath("chicago_risk.toml").read_text(encoding="utf-8")


def test_the_shipped_systems_are_listed() -> None:
    assert {"nanchang", "chicago_risk"} <= set(system_names())


def test_nanchang_is_a_reconstruction_with_four_colours() -> None:
    system = load_system("nanchang/default")
    assert [(level.code, level.zh, level.rank) for level in system.levels] == [
        ("green", "绿", 0), ("yellow", "黄", 1), ("orange", "橙", 2), ("red", "红", 3),
    ]  # fmt: skip
    assert system.reconstructed
    assert isinstance(system.rule, PointRule)
    assert system.rule.cuts == (Cut(1, up_to=True), Cut(3, up_to=True), Cut(6, up_to=True))


def test_the_floor_of_visits_holds_for_every_level() -> None:
    system = load_system("nanchang")
    assert [level.visits_per_year for level in system.levels] == [0.5, 1, 2, 4]
    assert system.numbers["level.green.visits_per_year"].value == 0


def test_chicago_risk_is_published_with_its_intensities() -> None:
    system = load_system("chicago_risk")
    assert not system.reconstructed
    assert [(level.en, level.visits_per_year) for level in system.levels] == [
        ("Risk 3 (Low)", 0.5), ("Risk 2 (Medium)", 1), ("Risk 1 (High)", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("name", system_names())
def test_every_number_says_where_it_comes_from(name: str) -> None:
    numbers = load_system(name).numbers
    assert numbers
    assert {number.provenance for number in numbers.values()} <= set(PROVENANCE)
    assert all(number.source[1] for number in numbers.values() if number.provenance in {"stated", "public"})


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(StudyError, match=r"unknown grading system 'nanchan'; did you mean 'nanchang'\? allowed are \["):
        load_system("nanchan")
    with pytest.raises(StudyError, match=r"no variant 'softer'; allowed are .'default', 'publicity2025', 'repair_h"):
        load_system("nanchang/softer")


def test_a_variant_changes_only_what_it_names() -> None:
    default, kept = load_system("nanchang"), load_system("nanchang/repair_keep")
    assert isinstance(default.rule, PointRule)
    assert isinstance(kept.rule, PointRule)
    assert (default.rule.repair_effect, kept.rule.repair_effect) == ("exclude", "keep")
    assert default.rule.families == kept.rule.families


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("year = 2021", "year = 2021\nyears = 3", r"nanchang.toml: unknown keys \['years'\]; allowed are"),
        ("year = 2021", "year = '2021'", "year is '2021'; it must be a whole number"),
        ("year = 2021", "", "year is missing; write it"),
        ("year = 2021", "year = = 1", "nanchang.toml is not readable as TOML"),
        ("[repair]\n", "[repair]\nfactor = 1\n", r"\[repair\]: unknown keys \['factor'\]"),
        ('effect = "exclude"', 'effect = "drop"', "effect is 'drop'; it must be one of .'exclude', 'half', 'keep'"),
        ("RECT_ORDER = {", "RECT_ORDR = {", r"\[family.RECT.weights\]: unknown event codes \['RECT_ORDR'\]; allowed"),
        ("REPORT_VALID = {", "RECT_ORDER = {", r"codes \['RECT_ORDER'\] stand in several families"),
        ("[veto.SERIOUS]", "[veto.SERIOUSLY]", r"unknown event codes \['SERIOUSLY'\]"),
        ('level = "red"\ncounts_while = "listed"', 'level = "black"\ncounts_while = "listed"', "level is 'black'"),
        ("cap = { value = 12", "cap = { value = -12", "value is -12; it must be a number from 0 up"),
        ("cap = { value = 12", "cap = { value = nan", "value is nan; it must be a number from 0 up"),
        ("cap = { value = 12", "cap = { value = true", "value is True; it must be a number from 0 up"),
        ('cap = { value = 12, provenance = "assumed" }', "cap = 12", "cap is 12; it must be a table"),
        ('cap = { value = 12, provenance = "assumed"', "cap = { value = 12", "provenance is missing"),
        ('cap = { value = 12, provenance = "assumed"', 'cap = { value = 12, provenance = "guess"', "it must be one of"),
        ('cap = { value = 12, provenance = "assumed"', 'cap = { value = 12, provenance = "public"', "needs source"),
        ('provenance = "public", source = "law67"', 'provenance = "public", source = "law68"', "source is 'law68'"),
        ("window_days = { value = 1096", "window_days = { value = 10.5", "it must be a whole number of days"),
        ('counts_while = "publicity"\none_case', 'counts_while = "publicly"\none_case', "counts_while is 'publicly'"),
        ('counts_while = "listed"\ncap', 'counts_while = "window"\ncap', "window_days is missing"),
        ('counts_while = "window"\nwindow_days', 'counts_while = "listed"\nwindow_days', "window_days has no meaning"),
        ('one_case = "heaviest"', 'one_case = "all"', "one_case is 'all'"),
        ('publicity = "order45"', "", "publicity is missing"),
        ("{ above = 1, up_to = 3", "{ above = 2, up_to = 3", "up_to 1, the next begins at above 2: there is a gap"),
        ("{ above = 1, up_to = 3", "{ above = 0.5, up_to = 3", "begins at above 0.5: they overlap"),
        ("{ above = 1, up_to = 3", "{ from = 1, up_to = 3", "begins at from 1: they overlap"),
        ("{ up_to = 1,", "{ below = 1,", "ends at below 1, the next begins at above 1: there is a gap"),
        ("{ above = 1, up_to = 3", "{ up_to = 3", r"bounds \[\] are written; allowed here is exactly one of"),
        ("{ up_to = 1,", "{ above = 0, up_to = 1,", r"bounds \['above'\] are written; allowed here is none"),
        ("{ above = 6,", "{ above = 6, up_to = 9,", r"bounds \['up_to'\] are written; allowed here is none"),
        ('id = "NC1"\n', 'id = "NC1"\npoints = 1\n', r"\[example 1\]: unknown keys \['points'\]"),
        ('code = "SERIOUS", age_days', 'code = "SERIOUSLY", age_days', r"\[example 8\]: unknown event codes"),
        ('age_days = 210', 'age = 210', r"unknown keys \['age'\]"),
    ],
)  # fmt: skip
def test_a_wrong_system_file_is_refused(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(StudyError, match=message):
        parse_system(TEXT.replace(old, new), name="nanchang")


def test_cuts_that_do_not_rise_are_refused() -> None:
    text = TEXT.replace("{ above = 1, up_to = 3", "{ above = 1, up_to = 0.5").replace("{ above = 3", "{ above = 0.5")
    with pytest.raises(StudyError, match=r"cuts 1, 0\.5 must rise from level to level"):
        parse_system(text, name="nanchang")


def test_a_cut_may_belong_to_the_riskier_level() -> None:
    text = TEXT.replace("{ up_to = 1,", "{ below = 1,").replace("{ above = 1,", "{ from = 1,")
    rule = parse_system(text, name="nanchang").rule
    assert isinstance(rule, PointRule)
    assert rule.cuts[0] == Cut(1, up_to=False)


def test_an_attribute_system_must_not_also_have_points() -> None:
    with pytest.raises(StudyError, match=r"unknown keys \['repeat'\]"):
        parse_system(CHICAGO + "\n[repeat]\n", name="chicago_risk")


def test_two_levels_of_one_category_are_refused() -> None:
    with pytest.raises(StudyError, match=r"two levels have the same category: \[1, 2, 2\]"):
        parse_system(CHICAGO.replace("category = { value = 3", "category = { value = 2"), name="chicago_risk")
