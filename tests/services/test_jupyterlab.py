"""The notebooks in a real JupyterLab: every cell runs there, all is painted, and nobody outside this machine is asked.

Each is opened in headless Chromium and run by the command of the menu. `RISKML_SHOTS=folder` keeps pictures of each
whole notebook, from top to bottom, for a person to look at; how long each took is printed (`pytest -s`).
"""

import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chromium import Browser
from glyphs import without_glyph
from lab import END, Lab, Shown, jupyterlab, kinds, run_all, run_in_tab

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHICAGO = "07_chicago_replication.ipynb"

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:  # noqa: ARG001 - no lab without one
    """One JupyterLab for all notebooks, on a copy of the project."""
    with jupyterlab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


def kept(path: Path) -> list[list[tuple[str, str]]]:
    """The kinds of outputs of each code cell, as the notebook is kept in the project."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [kinds(cell["outputs"]) for cell in cells if cell["cell_type"] == "code"]


def letters(shown: Shown) -> str:
    """All that can be read in the outputs, in pictures too."""
    drawn = ["".join(one.get("data", {}).get("image/svg+xml", "")) for cell in shown.cells for one in cell.outputs]
    return html.unescape(re.sub(r"<[^>]*>", "", "".join(drawn))) + "".join(cell.text for cell in shown.cells)


def complaints(shown: Shown, wanted: list[list[tuple[str, str]]] | None = None) -> list[str]:
    """Everything that is wrong with a notebook that was run, the kinds of outputs that it should have included."""
    found = [f"console: {error}" for error in shown.errors] + [f"asked: {place}" for place in shown.strangers]
    found += [f"no font has: {letter}" for letter in sorted(without_glyph(letters(shown)))]
    for place, cell in enumerate(shown.cells, start=1):
        pictures = sum("image/" in forms and "text/html" not in forms for _, forms in cell.kinds())
        wrong = {
            f"has the number {cell.number}": cell.number != place,
            "raises": "error" in dict(cell.kinds()),
            "writes to stderr": ("stream", "stderr") in cell.kinds(),
            f"shows {cell.kinds()}": wanted is not None and cell.kinds() != wanted[place - 1],
            f"paints nothing in {cell.blank} outputs": cell.blank > 0,
            f"paints {cell.pictures} of {pictures} pictures": cell.pictures < pictures,
            f"paints {cell.tables} of {cell.wanted_tables} tables": cell.tables < cell.wanted_tables,
            f"cuts off {cell.cut} things": cell.cut > 0,
        }
        found += [f"cell {place} {what}" for what, so in wrong.items() if so]
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_is_painted_in_jupyterlab(path: Path, lab: Lab, browser: Browser) -> None:
    shots = os.environ.get("RISKML_SHOTS")
    shown = run_all(lab, browser, path.name, Path(shots) if shots else None)
    print(f"{path.stem}: {shown.seconds:.0f} s in JupyterLab")
    assert complaints(shown, kept(path)) == []
    if path.name == CHICAGO:
        told = (
            "Made again from" if os.environ.get("RISKML_REAL_DATA") else "RISKML_REAL_DATA is not set: nothing is made"
        )
        assert told in " ".join(cell.text for cell in shown.cells)


def written(folder: Path, cells: list[str], name: str) -> Path:
    """A notebook of these cells, never run."""
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{place}", "execution_count": None, "metadata": {}, "outputs": [], "source": cell}
        for place, cell in enumerate(cells)
    ]
    path, kernel = folder / name, {"kernelspec": {"display_name": "Python 3", "name": "python3"}}
    notebook = {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


BAD = [
    "import sys, urllib.request\nfrom IPython.display import HTML, SVG",
    "print('beware', file=sys.stderr)",
    "HTML('<script>console.error(\"a fault in a script\")</script><p>text</p>')",
    "HTML('<img src=\"https://cdn.example.org/picture.png\">')",
    "HTML('<script src=\"https://fonts.googleapis.com/letters.js\"></script><p>text</p>')",
    'SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"></svg>\')',
    "HTML('<div hidden><table><tr><td>1</td></tr></table></div>')",
    'HTML(\'<div style="width: 9px; overflow: hidden"><table style="width: 99px"><tr><td>1</table></div>\')',
    "print('\\U0010fffd')",
    "try: urllib.request.urlopen('http://kernel.example.org/data')\nexcept OSError: pass",
    "1 / 0",
    "1",
]


def test_whatever_is_wrong_with_a_notebook_would_be_seen(lab: Lab, browser: Browser) -> None:
    path = written(lab.project / "notebooks", BAD, "bad.ipynb")
    found = "\n".join(complaints(run_all(lab, browser, path.name), [[]] * len(BAD)))
    for text in (
        "cell 2 writes to stderr", "console: a fault in a script", "asked: https://cdn.example.org/picture.png",
        "asked: https://fonts.googleapis.com/letters.js", "cell 6 paints 0 of 1 pictures",
        "cell 7 paints 0 of 1 tables", "cell 7 paints nothing in 1 outputs", "cell 8 cuts off 1 things",
        "no font has: \U0010fffd", "asked: http://kernel.example.org/data", "cell 11 raises",
        "cell 12 has the number None", "cell 3 shows [('execute_result', 'text/html text/plain')]",
    ):  # fmt: skip
        assert text in found
    assert "cell 1 " not in found


BROWSED = [
    "from riskml import browse, read_records\nfrom riskml.export.scoring import score_records",
    "records, model = read_records('../data/sample'), '../models/sample'\n"
    "scores = score_records(model, records, '2025-07-01')",
    "browse(scores, records=records, artifact=model, opened=3)",
    "browse(scores, records=records, artifact=model, opened=3, lang='zh', library=False)",
]
TABLES = "[...document.querySelectorAll('table.dataTable')]"
ROWS = "[...document.querySelectorAll('table.dataTable')[{}].tBodies[0].rows]"


def test_the_tables_of_scores_filter_and_open_in_jupyterlab(lab: Lab, browser: Browser) -> None:
    if not (lab.project / "models" / "sample" / "model.json").exists():
        pytest.skip("models/sample is made by `make run`")
    before = len(browser.passed())
    page, _ = run_in_tab(lab, browser, written(lab.project / "notebooks", BROWSED, "browsed.ipynb").name)
    page.wait(f"{TABLES}.length === 2")
    for place, (office, told) in enumerate([("office-04", "Raises the risk"), ("office-06", "提高风险")]):
        rows = ROWS.format(place)
        page.wait(f"{rows}.length === 10")
        sides = page.evaluate(f"[...{rows}[0].cells].map(cell => getComputedStyle(cell).textAlign)")
        assert sides == ["right", "left", "left", "left", "right", "left", "left"], "words left, numbers right"
        page.click(f"{rows}[0].querySelector('summary')")
        assert told in page.evaluate(f"{rows}[0].innerText")
        page.click(f"{TABLES}[{place}].querySelectorAll('input')[2]")
        page.write(office)
        page.wait(f"{rows}.length && {rows}.every(row => row.cells[2].innerText === '{office}')")
    assert page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length") == len(BROWSED)
    page.evaluate(END)
    assert (page.errors, page.strangers(), browser.passed()[before:]) == ([], [], [])
    page.call("Page.close")
