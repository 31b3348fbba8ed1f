"""The page of the grading systems is what the files say, and the list tells published from reconstructed."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskml.cli import app
from riskml.grades import load_system, system_names
from riskml.grades.number_groups import STATUS, grade_status, intensity_status, number_groups
from riskml.grades.overview import overview
from riskml.grades.page import page, write

PAGE = Path(__file__).parent.parent.parent / "docs" / "grades.md"
every_system = pytest.mark.parametrize("name", system_names())


def test_the_page_is_the_generated_text(tmp_path: Path) -> None:
    write(tmp_path / "grades.md")
    made = (tmp_path / "grades.md").read_text(encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made, "run: python -m riskml.grades.page docs/grades.md"


@every_system
def test_every_number_stands_in_exactly_one_group(name: str) -> None:
    system = load_system(name)
    paths = [path for group in number_groups(system) for path in group.numbers]
    assert sorted(paths) == sorted(system.numbers)
    for group in number_groups(system):
        assert group.published + group.known + group.assumed == len(group.numbers)
        assert group.en
        assert group.zh


@every_system
def test_the_page_cites_every_source_and_marks_every_level(name: str) -> None:
    system = load_system(name)
    section = page().split(f"\n## {name}\n")[1].split("\n## ")[0].replace("`", "")
    assert all(number.source[1] in section for number in system.numbers.values() if number.source[0])
    assert f"{system.body} ({system.body_zh}), {system.year}" in section
    for level in system.levels:
        row = next(line for line in section.splitlines() if line.startswith(f"| {level.en} ({level.zh}) |"))
        assert re.search(r"published|reconstructed|to be verified", row.split("|")[3])


@every_system
def test_whatever_stands_on_an_assumed_number_is_called_reconstructed(name: str) -> None:
    system = load_system(name)
    if system.assumed:
        assert grade_status(system) == "assumed"
    assert (intensity_status(system) == "assumed") is system.intensity_reconstructed


def test_nanchang_s_groups_are_as_in_its_file() -> None:
    groups = {group.en: group for group in number_groups(load_system("nanchang"))}
    penalties = groups["events: administrative penalties"]
    assert (penalties.published, penalties.known, penalties.assumed, penalties.status) == (7, 0, 5, "mixed")
    assert (groups["cuts between levels"].assumed, groups["cuts between levels"].status) == (6, "assumed")
    assert list(penalties.sources) == ["wuhan"]


def test_a_system_that_takes_another_s_level_is_what_that_one_is() -> None:
    assert grade_status(load_system("guiyang")) == "assumed"


def test_no_result_and_no_bare_decimal_stands_in_the_prose() -> None:
    assert not re.findall(r"\d+\.\d+|\d+ ?[%％]", re.sub(r"`[^`]*`", "", page()))


def test_the_command_lists_what_is_published_and_what_is_not() -> None:
    for lang in ("en", "zh"):
        done = CliRunner().invoke(app, ["systems", "--lang", lang])
        assert done.exit_code == 0
        assert done.output.rstrip() == overview(lang).rstrip()
    lines = {line.split()[0]: line for line in overview().splitlines()}
    assert set(system_names()) <= set(lines)
    assert "38 / 54" in lines["nanchang"]
    assert STATUS["published"][0] in lines["chicago_risk"]
