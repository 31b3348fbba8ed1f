"""The notebooks: thin, run in order, free of machine facts, for any study; the last cell answers the one question."""

import ast
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest

from riskml.records import read_records
from riskml.study import Study

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MARK = "# NBVAL_CHECK_OUTPUT"
LINES = 8
WIDTH = 110
"""Letters of a line of code, and of a printed one, that a window of usual width holds."""
PARAMETER = 'STUDY = os.environ.get("RISKML_STUDY", "../studies/tour.toml")  # any study of yours'
ANY_STUDY = NOTEBOOKS[:7]
BYTES = 1_000_000
MACHINE = re.compile(r"/home/|/root/|/tmp/|/Users/|[A-Z]:\\\\|0x[0-9a-f]{6,}", re.ASCII)
"""Folders of somebody's machine, and addresses in memory."""

ask_any_study = pytest.mark.parametrize("path", ANY_STUDY, ids=lambda path: path.stem)
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
def test_no_line_runs_out_of_the_window(path: Path) -> None:
    code = cells(path, "code")
    printed = ["".join(output.get("text", "")) for cell in code for output in cell["outputs"]]
    assert not [line for part in [*map(text, code), *printed] for line in part.splitlines() if len(line) > WIDTH]


@every_notebook
def test_words_stand_before_every_cell(path: Path) -> None:
    kinds = [cell["cell_type"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    assert ("code", "code") not in set(pairwise(kinds))


@ask_any_study
def test_one_parameter_says_whom_a_notebook_asks(path: Path) -> None:
    code = cells(path, "code")
    parameters = [cell for cell in code if cell["metadata"].get("tags") == ["parameters"]]
    assert parameters == [code[1]]
    assert text(code[1]).splitlines()[0] == PARAMETER
    rest = "\n".join(text(cell) for cell in code if cell != code[1])
    assert not re.search(r"\.toml|data/|20\d\d-\d\d|nanchang|s0\d+", rest)


@ask_any_study
def test_what_is_kept_is_of_the_sample_alone(path: Path) -> None:
    source = Study.load(ROOT / "studies" / "tour.toml").records_folder()
    sites = set(read_records(source).sites["site_id"])
    kept = json.dumps([cell["outputs"] for cell in cells(path, "code")])
    named = set(re.findall(r"\bs\d{5}\b", kept))
    assert named <= sites
    assert not re.search(r"chicago|minneapolis|austin|toronto|open_", kept)


def test_pictures_and_tables_are_there_in_both_languages() -> None:
    shown = {path.name[:2]: json.dumps(cells(path, "code"), ensure_ascii=False) for path in ANY_STUDY}
    for number in ("00", "01", "02", "04", "05", "06"):
        assert re.search("[\u4e00-\u9fff]{4}", shown[number]), number
    assert "browse(" in shown["05"]
    assert "timeline(" in shown["05"]
    assert "describe()" in shown["01"]
    assert "history(" in shown["02"]


def test_a_picture_is_a_drawing_and_not_a_photograph() -> None:
    outputs = [output for path in NOTEBOOKS for cell in cells(path, "code") for output in cell["outputs"]]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert kinds <= {"text/plain", "text/html", "text/markdown", "image/svg+xml"}
    drawn = [output["data"]["image/svg+xml"] for output in outputs if "image/svg+xml" in output.get("data", {})]
    assert len(drawn) > 15
    for svg in drawn:
        minidom.parseString("".join(svg))  # noqa: S318 - our own notebooks


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
