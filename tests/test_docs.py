"""The words: every block of code in them runs, every link leads somewhere, and no result is written by hand."""

import re
import shlex
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from riskml.cli import app
from riskml.pipeline import run
from riskml.records.outcomes import VISIT_CODES
from riskml.study import Study
from test_house import FLOORS

ROOT = Path(__file__).parent.parent
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
DOCS = sorted((ROOT / "docs").glob("*.md"))
WORDS = [*READMES, *DOCS, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "data" / "README.md"]
REAL = "/path/to/folder"
"""Stands in the pages for the folder of the real data."""

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)]+)\)")

every_page = pytest.mark.parametrize("path", [*READMES, *DOCS], ids=lambda path: path.name)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line on which the text begins."""

    language: str
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    page = path.read_text(encoding="utf-8")
    return [Block(found[1], found[2], page.count("\n", 0, found.start(2)) + 1) for found in BLOCK.finditer(page)]


def prose(path: Path) -> str:
    """A page without its code and the targets of its links."""
    page = BLOCK.sub("", path.read_text(encoding="utf-8"))
    return LINK.sub("", re.sub(r"`[^`]*`", "", page))


def commands(path: Path) -> list[list[str]]:
    """The shell lines of a page as words, comments left out."""
    lines = [line for block in blocks(path) if block.language == "console" for line in block.text.splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def small(name: str) -> str:
    """A study of the project with little work to do, and untracked."""
    text = (ROOT / "studies" / f"{name}.toml").read_text(encoding="utf-8")
    little = "[comparison]\ndraws = 20\nsensitivity_draws = 3\n"
    text = text.replace("origins = 8\n", "origins = 2\n").replace("[comparison]\n", little)
    report = "" if name == "sample" else "[report]\nhtml = false\n"
    return f"{text}\n[tracking]\nmlflow = false\n{report}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with the sample, small studies, and the sample study run once."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "data" / "sample", folder / "data" / "sample")
    (folder / "studies").mkdir()
    for name in ("sample", "chicago"):
        (folder / "studies" / f"{name}.toml").write_text(small(name), encoding="utf-8")
    study = Study.load(folder / "studies" / "sample.toml")
    assert (study["splits"]["origins"], study["comparison"]["draws"]) == (2, 20)
    run(study)
    return folder


def shell(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run one riskml command of a page, the variables set before it included."""
    while "=" in words[0]:
        monkeypatch.setenv(*words.pop(0).split("=", 1))
    assert words[0] == "riskml"
    done = CliRunner().invoke(app, words[1:])
    assert done.exit_code == 0, f"{shlex.join(words)}\n{done.output}"


@every_page
def test_the_python_of_a_page_runs_from_top_to_bottom(
    path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    names: dict[str, Any] = {}
    for block in blocks(path):
        if block.language == "python":
            code = "\n" * (block.line - 1) + block.text  # so that a traceback names the line of the page
            exec(compile(code, str(path), "exec"), names)  # noqa: S102 - our own pages


def needs_a_service(words: Sequence[str]) -> bool:
    """Whether a command of a page asks a database, the network or tracked runs.

    tests/services, the fetch tests and tests/test_promoting.py run those.
    """
    return words[1] in ("fetch", "promote", "models") or any("://" in word for word in words)


@every_page
def test_the_riskml_commands_of_a_page_run(path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    for words in commands(path):
        if "riskml" in words and not any(REAL in word for word in words) and not needs_a_service(words):
            shell(words, monkeypatch)


def test_the_commands_on_real_records_run(project: Path, real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    pages = [words for path in (*READMES, *DOCS) for words in commands(path)]
    found = list(dict.fromkeys(tuple(words) for words in pages if any(REAL in word for word in words)))
    assert len(found) == 4
    for words in found:
        shell([word.replace(REAL, str(real_data)) for word in words], monkeypatch)


@every_page
def test_a_block_says_its_language(path: Path) -> None:
    assert {block.language for block in blocks(path)} <= {"python", "console"}


def test_the_readme_names_the_two_commands_exactly() -> None:
    for path in READMES:
        assert Block("console", "make run\nmake test\n", 0).text in [block.text for block in blocks(path)]
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    named = {word for path in WORDS for word in re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8"))}
    assert named <= set(targets)


def test_the_chinese_readme_has_the_headings_and_the_code_of_the_english_one() -> None:
    english, chinese = ([(block.language, block.text) for block in blocks(path)] for path in READMES)
    assert english == chinese
    levels = [re.findall(r"^(#+) ", BLOCK.sub("", path.read_text(encoding="utf-8")), re.MULTILINE) for path in READMES]
    assert levels[0] == levels[1]
    items = [len(re.findall(r"^(?:\* |\| `)", path.read_text(encoding="utf-8"), re.MULTILINE)) for path in READMES]
    assert items[0] == items[1]


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.name)
def test_every_link_within_the_project_leads_to_a_file(path: Path) -> None:
    targets = [target for target in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in target]
    assert not [target for target in targets if not (path.parent / target.split("#")[0]).exists()]


@every_page
def test_no_result_is_written_by_hand(path: Path) -> None:
    assert not re.findall(r"\d+\.\d+|\d+ ?[%％]", prose(path))


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_readme_lists_what_a_run_leaves(path: Path, project: Path) -> None:
    rows = re.findall(r"^\| (`.*?`) \|", path.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {name.rstrip("/") for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert listed == {file.name for file in (project / "models" / "sample").iterdir()}


def test_every_command_stands_in_a_page() -> None:
    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    shown = {words[words.index("riskml") + 1] for path in DOCS for words in commands(path) if "riskml" in words}
    assert shown == known


def test_the_pages_name_every_setting_and_every_code_of_a_visit() -> None:
    modeller, engineer = (
        (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("modeller", "engineer")
    )
    settings = Study.load(ROOT / "studies" / "sample.toml").settings
    assert not [f"[{section}]" for section in settings if section and f"`[{section}]`" not in modeller]
    assert not [key for keys in settings.values() for key in keys if f"`{key}`" not in modeller]
    assert not [code for code in VISIT_CODES if f"`{code}`" not in engineer]


def test_contributing_lists_the_rooms_of_the_house_from_the_ground_up() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Who imports whom")[1]
    listed = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", page, re.MULTILINE)
    here = {room.name.removesuffix(".py") for room in (ROOT / "src" / "riskml").iterdir()}
    assert listed == [floor for floor in FLOORS if floor in here and not floor.startswith("__")]


def test_contributing_gives_the_reason_for_every_package() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Why these packages")[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    }
    packages = {re.split(r"[\[<>=!]", name)[0] for name in wanted} - {"riskml"}
    assert not [package for package in packages if f"`{package}`" not in page]


def test_the_changelog_opens_with_what_is_not_released() -> None:
    page = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.findall(r"^## \[(.+?)\]", page, re.MULTILINE)[0] in ("Unreleased", version)
