"""The notebooks ask a real city by their one parameter: every cell runs, and no establishment is named."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("0[0-6]_*.ipynb"))
CITIES = {"chicago": "studies/chicago.toml", "minneapolis": "studies/open/minneapolis.toml"}
"""Chicago has a grading system and coordinates; Minneapolis has no grading system, no office and a short time."""
NAMES = {"chicago": ["DBA_Name", "AKA_Name"], "minneapolis": ["Name of Business"]}
"""Columns of the city's own file that name an establishment."""
SITES = 400
"""As many licences of each city, so that the test is over soon."""

pytestmark = pytest.mark.services


def little(text: str, file: Path) -> str:
    """A study of few days, resamples and refits, on a file that stands in for the city's."""
    text = re.sub(r"origins = \d+", "origins = 2", text)
    text = re.sub(r'files = \["[^"]*"\]', f'files = ["{file}"]', text)
    text = text.replace("[comparison]\n", "[comparison]\ndraws = 20\nsensitivity_draws = 2\n")
    text = text.replace("[tracking]\nmlflow = false\n", "")
    return f"{text}\n[tracking]\nmlflow = false\n[report]\nhtml = false\n[explanation]\nrefits = 1\nrows = 60\n"


def some_licences(file: Path) -> pd.DataFrame:
    """The rows of every n-th licence of a city."""
    rows = pd.read_parquet(file)
    column = "License" if "License" in rows else "License Number"
    licences = sorted(rows[column].dropna().unique())
    return rows[rows[column].isin(licences[:: max(1, len(licences) // SITES)])]


@pytest.fixture(scope="module")
def project(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder with little studies of real cities."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in ("studies", "notebooks", "raw"):
        (folder / name).mkdir()
    for city, study in CITIES.items():
        text = (ROOT / study).read_text(encoding="utf-8")
        found = re.search(r'files = \["\$\{RISKML_REAL_DATA\}/([^"]*)"\]', text)
        assert found
        file = folder / "raw" / city / Path(found[1]).name
        file.parent.mkdir()
        some_licences(real_data / found[1]).to_parquet(file)
        (folder / "studies" / f"{city}.toml").write_text(little(text, file), encoding="utf-8")
    return folder


def code(path: Path) -> list[str]:
    """The code cells of a notebook; none names a study but by the one parameter."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def notebook(cells: list[str]) -> dict[str, Any]:
    """A notebook of code cells."""
    empty: dict[str, Any] = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    made = [{**empty, "id": f"cell-{place}", "source": source} for place, source in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module", params=CITIES)
def ran(request: pytest.FixtureRequest, project: Path) -> tuple[str, list[dict[str, Any]]]:
    """All notebooks run on one city, one after another in one process: the city, and the cells with their outputs."""
    city = str(request.param)
    source = project / "notebooks" / f"{city}.ipynb"
    source.write_text(json.dumps(notebook([cell for path in NOTEBOOKS for cell in code(path)])), encoding="utf-8")
    asked = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", str(source)]
    environment = {**os.environ, "RISKML_STUDY": str(project / "studies" / f"{city}.toml"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    return city, [{**cell, "source": "".join(cell["source"])} for cell in cells]


def said(cells: list[dict[str, Any]]) -> str:
    """Everything that stands below the cells, the program of the table left out."""
    outputs = [output for cell in cells for output in cell["outputs"]]
    texts = ["".join(part) for output in outputs for part in [output.get("text", []), *output.get("data", {}).values()]]
    return re.sub(r"<(script|style).*?</\1>", "", "\n".join(texts), flags=re.DOTALL)


def test_every_cell_runs_and_warns_of_nothing(ran: tuple[str, list[dict[str, Any]]]) -> None:
    _, cells = ran
    wrong = [(cell["source"], out) for cell in cells for out in cell["outputs"] if out.get("name") == "stderr"]
    assert not wrong


def test_every_notebook_answers_in_its_last_cell(ran: tuple[str, list[dict[str, Any]]]) -> None:
    city, cells = ran
    last = [code(path)[-1] for path in NOTEBOOKS]
    answers = [cell for cell in cells if cell["source"] in last]
    assert len(answers) == len(NOTEBOOKS) == 7
    assert all(cell["outputs"] for cell in answers)
    assert ("This study names no grading system" in said(cells)) == (city == "minneapolis")


def named(words: str, names: set[str]) -> list[str]:
    """The names that stand in a text as whole words, great and small letters alike."""
    text = words.lower()
    found = (name for name in sorted(names) if name in text)
    return [name for name in found if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]


def names_in(file: Path, city: str) -> set[str]:
    """Every name of an establishment in a city's file, in small letters; one letter is no name."""
    rows = pd.read_parquet(file, columns=NAMES[city])
    names = {str(name).strip().lower() for column in NAMES[city] for name in rows[column].dropna()}
    return {name for name in names if len(name) > 2}


def test_a_name_would_be_found() -> None:
    assert named("<td>Joe's Diner</td>", {"joe's diner", "joe", "oe's"}) == ["joe", "joe's diner"]


def test_no_establishment_is_named(ran: tuple[str, list[dict[str, Any]]], project: Path) -> None:
    city, cells = ran
    (file,) = (project / "raw" / city).iterdir()
    names = names_in(file, city)
    assert len(names) > SITES / 3
    assert named(said(cells), names) == []


def test_the_notebook_of_chicago_that_is_committed_names_none(real_data: Path) -> None:
    notebook = json.loads((ROOT / "notebooks" / "07_chicago_replication.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert named(said(cells), names_in(real_data / "chicago" / "chicago_canvass_events.parquet", "chicago")) == []
