"""The page that tells how the tutorials were followed, and the Chinese tutorial: nothing in them is written by hand."""

import importlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NAMES = ("first_hour", "first_hour_machine", "first_hour_page", "first_hour_steps")


@pytest.fixture(scope="module")
def modules() -> Iterator[Any]:
    """The modules of the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in NAMES})


def cells(page: str, heading: str) -> list[list[str]]:
    """The rows of the table that stands below a heading."""
    part = page.split(heading, 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [re.split(r"(?<!\\) \| ", line[2:-2]) for line in lines[2:]]


def listed(modules: Any, page: str, heading: str, name: str) -> list[tuple[Any, str]]:
    """The steps of a tutorial that stand below a heading, each with the remark on it."""
    rows = [row for row in (cells(page, heading) if heading in page else []) if row[0].startswith(f"[{name}]")]
    step = modules.first_hour_steps.Step
    return [
        (step(name, int(place.rsplit(" ", 1)[1]), "console", what.strip("`").replace("\\|", "|")), remark)
        for place, what, remark in rows
    ]


def walked(modules: Any, page: str, row: list[str]) -> Any:
    """A walk that leads to the same row of the table of tutorials."""
    name, worked, failures, longest = row[0][1:].split("]")[0], int(row[2]), int(row[3]), float(row[7])
    others = worked + failures - 1
    ran, step = modules.first_hour_machine.Ran, modules.first_hour_steps.Step(name, 1, "console", "true")
    took = iter([longest, *[(float(row[6]) - longest) / max(others, 1)] * others])
    ends: list[tuple[Any, Any]] = [(step, ran(0, next(took))) for _ in range(worked)]
    for failed, remark in listed(modules, page, "## What failed", name):
        code, said = remark.removeprefix("code ").split(": ", 1)
        ends.append((failed, ran(int(code), next(took), said.strip("`").replace("\\|", "|"))))
    ends += [(replace(left, left=why), None) for left, why in listed(modules, page, "## What was not followed", name)]
    return modules.first_hour_page.Walk(name, tuple(ends))


def again(modules: Any, page: str) -> str:
    """The page made once more of what it says itself."""
    facts = {name: value.strip("`") for name, value in cells(page, "no number here is typed")}
    commands = [
        (name.strip("`"), None if code == "not run" else modules.first_hour_machine.Ran(int(code), float(took)))
        for name, code, took in cells(page, "## The two commands")
    ]
    walks = [walked(modules, page, row) for row in cells(page, "## The tutorials")]
    written: str = modules.first_hour_page.page(modules.first_hour_page.Report(facts, commands, walks))
    return written


def test_a_page_that_tells_of_failures_is_made_again_from_what_it_says(modules: Any) -> None:
    ran, step = modules.first_hour_machine.Ran, modules.first_hour_steps.Step
    ends = [
        (step("a.md", 3, "python", "# first\n1 | 0"), ran(1, 61.7, "Traceback\nZeroDivisionError: a | b")),
        (step("a.md", 9, "console", "riskml fetch chicago", "uses the network"), None),
        (step("a.md", 12, "console", "true"), ran(0, 40.0)),
        (step("a.md", 13, "console", "true"), ran(0, 60.0)),
    ]
    walk = modules.first_hour_page.Walk("a.md", tuple(ends))
    report = modules.first_hour_page.Report({"cores": "2"}, [("make run", ran(0, 4.0)), ("make test", None)], [walk])
    page = modules.first_hour_page.page(report)
    assert cells(page, "## The tutorials") == [
        ["[a.md](a.md)", "4", "2", "1", "1", "uses the network", "162", "62"],
    ]
    assert cells(page, "## What failed") == [
        ["[a.md](a.md), line 3", "`1 \\| 0`", "code 1: `ZeroDivisionError: a \\| b`"],
    ]
    assert page == again(modules, page)
    assert page != again(modules, page.replace("uses the network |\n", "by hand |\n"))


def test_the_page_of_the_project_is_the_commands_own_and_every_step_worked(modules: Any) -> None:
    page = (ROOT / "docs" / "first_hour.md").read_text(encoding="utf-8")
    assert page == again(modules, page)
    assert "## What failed" not in page
    assert [row[0][1:].split(".md]")[0] for row in cells(page, "## The tutorials")] == list(
        modules.first_hour.TUTORIALS
    )


def test_the_chinese_tutorial_quotes_the_screen_in_its_own_words() -> None:
    page = (ROOT / "docs" / "tutorial.zh-CN.md").read_text(encoding="utf-8")
    quoted = set(re.findall("【(.+?)】", page))
    assert len(quoted) > 20
    code = [path for path in (ROOT / "src").rglob("*") if path.suffix in {".py", ".toml", ".jinja"}]
    words = "".join(path.read_text(encoding="utf-8") for path in code)
    assert sorted(said for said in quoted if said not in words) == []
