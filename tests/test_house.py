"""The house: who may import whom, what a fresh process loads, and how long a file may be."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "riskml"
FLOORS = (
    "scorer", "errors", "records", "features", "cohorts", "grades", "planning", "simulation", "evaluation",
    "models", "explanation", "export", "reporting", "operations", "registry", "study_checks", "study",
    "outputs", "stages", "line", "compared_tables", "compared", "modelled", "exporting", "products", "pipeline",
    "varying", "searching", "promoting", "diagnosis", "pacing", "plain", "terminal",
    "cli_completion", "cli_records", "cli_features", "cli_planning", "cli_grades",
    "cli_models", "cli_artifact", "cli_scoring", "cli_doctor", "cli", "__main__",
)  # fmt: skip
"""From the ground up: a package imports only packages before it."""
ISLAND = ("forest", "scanning", "explaining", "opening")
"""The rooms of the scorer, from the ground up; what they share lies beside them."""
ONLY_IN = {
    "lightgbm": {"models/boosting.py"},
    "mlflow": {"registry", "export/mlflow.py", "export/pyfunc.py"},
    "itables": {"reporting/_browsing_page.py"},
    "optuna": {"models/tuning.py"},
    "shap": {"explanation"},
    "altair": {"reporting/charts.py", "reporting/marks.py", "reporting/_explanation_charts.py", "reporting/pictures"},
    "vl_convert": {"reporting/charts.py", "reporting/marks.py", "diagnosis/fonts.py"},
    "typer": {
        "terminal.py",
        "cli_records.py",
        "cli_features.py",
        "cli_planning.py",
        "cli_grades.py",
        "cli_models.py",
        "cli_artifact.py",
        "cli_scoring.py",
        "cli_doctor.py",
        "cli.py",
    },
    "rich": {"terminal.py", "cli.py"},
    "cryptography": {"scorer/opening/signature.py", "export/signing.py"},
    "sklearn": {"models"},
    "pandera": {"records/checking.py"},
    "pyspark": {"features/spark.py", "features/spark_session.py", "export/scoring_spark.py"},
    "onnx": {"export/onnx.py", "export/onnx_graph.py"},
    "onnxruntime": {"export/onnx.py"},
}
"""Heavy libraries, and the only places that import them."""
FILES = sorted(SOURCE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it; relative ones are refused by the linter."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def room(path: Path) -> str:
    """The floor a file lies on."""
    parts = path.relative_to(SOURCE).parts
    return parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_package_imports_only_packages_below_it(path: Path) -> None:
    if path == SOURCE / "__init__.py":
        return
    assert room(path) in FLOORS, f"{room(path)} is no floor of the house; add it to FLOORS where it belongs"
    used = {name.split(".")[1] for name in imports(path) if name.startswith("riskml.")}
    above = {name for name in used & set(FLOORS) if FLOORS.index(name) > FLOORS.index(room(path))}
    assert not above, f"{path.name} imports {above} from above"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_heavy_library_is_imported_in_its_own_place_only(path: Path) -> None:
    place = str(path.relative_to(SOURCE))
    for name in {name.split(".")[0] for name in imports(path)}:
        allowed = ONLY_IN.get(name, {place})
        assert any(place == home or place.startswith(f"{home}/") for home in allowed), f"{place} imports {name}"


@pytest.mark.parametrize("room", ISLAND)
def test_a_room_of_the_scorer_imports_only_rooms_below_it(room: str) -> None:
    assert {place.parent.name for place in (SOURCE / "scorer").glob("*/__init__.py")} == set(ISLAND)
    found = {name for path in (SOURCE / "scorer" / room).glob("*.py") for name in imports(path)}
    above = ISLAND[ISLAND.index(room) + 1 :]
    assert not [name for name in found for other in above if name.startswith(f"riskml.scorer.{other}")]


@pytest.mark.parametrize("path", sorted((SOURCE / "scorer").rglob("*.py")), ids=lambda path: path.name)
def test_the_scorer_imports_the_standard_library_and_numpy_only(path: Path) -> None:
    used = {name.split(".")[0] for name in imports(path) if not name.startswith("riskml.scorer") and name != "riskml"}
    extra = {"cryptography"} if path.name == "signature.py" else set()
    assert used <= set(sys.stdlib_module_names) | {"numpy"} | extra


@pytest.mark.parametrize("path", [p for p in FILES if p.name == "__init__.py"], ids=lambda path: path.parent.name)
def test_every_package_says_in_one_line_what_lives_there(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert "\n" not in docstring.strip().split("\n\n")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_body_of_a_function_has_at_most_40_lines(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {node.name for node in functions if _lines_of_body(node) > 40}
    assert long == ({"_scan"} if path.name == "kernel.py" else set())  # one compiled loop, whose state is its locals


def _lines_of_body(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines below the signature, the docstring left out."""
    first = node.body[0]
    before = first.end_lineno if ast.get_docstring(node) is not None else first.lineno - 1
    return int(node.body[-1].end_lineno or 0) - int(before or 0)


def test_a_fresh_process_that_imports_the_scorer_loads_nothing_heavy() -> None:
    code = "import sys, riskml.scorer; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "sklearn", "lightgbm", "numba", "shap", "mlflow", "numpy", "typer"} & set(done.stdout.split())


def test_a_fresh_process_that_imports_riskml_loads_nothing_heavy() -> None:
    code = "import sys, riskml; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "sklearn", "lightgbm", "numba", "shap", "mlflow", "numpy", "typer"} & set(done.stdout.split())


def test_no_file_reads_or_writes_a_pickle() -> None:
    for path in FILES:
        assert not {name.split(".")[0] for name in imports(path)} & {
            "pickle",
            "joblib",
            "cloudpickle",
            "dill",
            "shelve",
        }
