"""The notebooks: thin, executed in order, free of machine facts, and each answers its question in its last cell."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from riskml.study import Study

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MARK = "# NBVAL_CHECK_OUTPUT"
LINES = 8
BYTES = 1_000_000
MACHINE = re.compile(r"/home/|/root/|/tmp/|/Users/|[A-Z]:\\\\|0x[0-9a-f]{6,}", re.ASCII)
"""Folders of somebody's machine, and addresses in memory."""

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    """The cells of one kind, in order."""
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def text(cell: dict[str, Any]) -> str:
    """What stands in a cell."""
    return "".join(cell["source"])


def test_there_is_a_tour_and_notebooks_are_numbered() -> None:
    assert NOTEBOOKS[0].name == "00_tour.ipynb"
    numbers = [path.name[:3] for path in NOTEBOOKS]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"0[0-7]_", number) for number in numbers)


@every_notebook
def test_a_code_cell_has_at_most_eight_lines(path: Path) -> None:
    longest = max(cells(path, "code"), key=lambda cell: len(text(cell).splitlines()))
    assert len(text(longest).splitlines()) <= LINES, text(longest)


@every_notebook
def test_a_notebook_defines_nothing_and_imports_in_its_first_cell_only(path: Path) -> None:
    for place, cell in enumerate(cells(path, "code")):
        for node in ast.walk(ast.parse(text(cell))):
            assert not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda), text(cell)
            assert place == 0 or not isinstance(node, ast.Import | ast.ImportFrom), text(cell)


@every_notebook
def test_a_notebook_was_run_once_from_top_to_bottom_without_an_error(path: Path) -> None:
    code = cells(path, "code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]


@every_notebook
def test_a_notebook_asks_one_question_and_answers_it_in_its_last_cell(path: Path) -> None:
    code, words = cells(path, "code"), cells(path, "markdown")
    assert text(words[0]).startswith("# ")
    assert "**One question.**" in text(words[0])
    assert text(words[-1]).startswith("## Answer")
    last = json.loads(path.read_text(encoding="utf-8"))["cells"][-1]
    assert last == code[-1]
    assert text(last).startswith(MARK)
    assert last["outputs"]


@every_notebook
def test_a_checked_cell_shows_text_that_is_the_same_on_every_run(path: Path) -> None:
    for cell in cells(path, "code"):
        if MARK in text(cell):
            assert text(cell).startswith(MARK)
            assert cell["outputs"], text(cell)
            assert not [output for output in cell["outputs"] if "image/svg+xml" in output.get("data", {})]


@every_notebook
def test_a_notebook_is_small_and_says_nothing_of_the_machine_it_ran_on(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    assert len(content.encode()) < BYTES
    assert str(ROOT) not in content
    assert not MACHINE.findall(content)
    assert not [cell for cell in cells(path, "code") if set(cell["metadata"]) & {"execution", "collapsed"}]


def test_the_tour_runs_the_sample_study_under_another_name_and_untracked() -> None:
    sample, tour = (Study.load(ROOT / "studies" / f"{name}.toml") for name in ("sample", "tour"))
    assert tour.name == "tour"
    assert tour["tracking"] == {"mlflow": False}
    assert tour["report"] == {"html": False}
    for section in set(sample.settings) - {"", "tracking", "report"}:
        assert tour[section] == sample[section], section
    assert tour.seed == sample.seed
