"""The words: every block of code in them runs, every link leads somewhere, and no result is written by hand."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from typer.main import get_command

from pages import BLOCK, ROOT, Block, blocks, commands, console, lines, python, shell
from riskml.cli import app
from riskml.pipeline import run
from riskml.records.outcomes import VISIT_CODES
from riskml.study import Study
from test_house import FLOORS

READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
DOCS = sorted((ROOT / "docs").glob("*.md"))
WORDS = [*READMES, *DOCS, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "data" / "README.md"]
REAL = "/path/to/folder"
"""Stands in the pages for the folder of the real data."""

LINK = re.compile(r"\[[^\]]*\]\(([^)]+)\)")

WALKED = {"howto_promote.md": "tests/services/test_docs_services.py"}
"""Pages that are walked elsewhere as a whole, as they need tracked runs in full."""
PAGES = [READMES[0], *(path for path in DOCS if path.name not in WALKED)]
"""Pages whose blocks run here; those of the Chinese README are the same, as a test says."""

every_page = pytest.mark.parametrize("path", [*READMES, *DOCS], ids=lambda path: path.name)


def prose(path: Path) -> str:
    """A page without its code and the targets of its links."""
    page = BLOCK.sub("", path.read_text(encoding="utf-8"))
    return LINK.sub("", re.sub(r"`[^`]*`", "", page))


def small(name: str) -> str:
    """A study of the project with little work to do, and untracked."""
    text = (ROOT / "studies" / f"{name}.toml").read_text(encoding="utf-8")
    little = "[comparison]\ndraws = 20\nsensitivity_draws = 3\n"
    text = text.replace("origins = 8\n", "origins = 2\n").replace("[comparison]\n", little)
    report = "" if name == "sample" else "[report]\nhtml = false\n"
    return f"{text}\n[tracking]\nmlflow = false\n{report}"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with the sample, small studies, and the sample study run once: what `make run` leaves."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "data" / "sample", folder / "data" / "sample")
    (folder / "studies").mkdir()
    for name in ("sample", "chicago"):
        (folder / "studies" / f"{name}.toml").write_text(small(name), encoding="utf-8")
    study = Study.load(folder / "studies" / "sample.toml")
    assert (study["splits"]["origins"], study["comparison"]["draws"]) == (2, 20)
    run(study)
    return folder


@pytest.fixture
def project(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh copy of it, as the working folder of one page; variables that the page sets do not outlive it."""
    folder = shutil.copytree(finished, tmp_path / "project")
    monkeypatch.chdir(folder)
    with patch.dict(os.environ):
        yield folder


ELSEWHERE = {
    r"make ": ".ci/run",
    r"python -m venv env|env/bin/venv-pack": "nowhere",
    r"export |main=|common=|size=|s3=|spark-submit": "nowhere",
    r".*file:///data/records": "tests/services/test_docs_services.py",
    r"riskml ingest \S+ postgresql://": "tests/services/test_docs_services.py",
    r"MLFLOW_TRACKING_URI=\S+ mlflow models serve": "tests/services/test_docs_services.py",
    r"riskml fetch chicago": "tests/records/test_fetch.py",
    r"riskml (promote|models)": "tests/test_promoting.py",
    r"openssl |.*--onnx ": "tests/services/test_docs_services.py",
    r"java ": "tests/services/test_java.py",
    r"python benchmarks/reference.py --write": "tests/test_reference.py",
    r"sudo |15 2 ": "tests/test_docs.py",
}
"""Lines that cannot run here, and who runs them; `nowhere` is for a cluster, and the page says so."""


WITH_MORE = ("import onnxruntime", "import urllib")
"""What a block of Python begins with that needs ONNX or a server; tests/services/test_docs_services.py runs those."""


def runs_elsewhere(line: str) -> bool:
    """Whether a line asks a database, the network, tracked runs, real records or another machine."""
    return REAL in line or any(re.match(pattern, line) for pattern in ELSEWHERE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
@pytest.mark.usefixtures("project")
def test_the_blocks_of_a_page_run_from_top_to_bottom(path: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks(path):
        if block.language == "python" and not block.text.startswith(WITH_MORE):
            python(block, path, names)
        for line in lines(block) if block.language == "console" else []:
            if not runs_elsewhere(line):
                shell(line)


def test_a_line_that_does_not_run_here_runs_in_another_test() -> None:
    for name in {*ELSEWHERE.values(), *WALKED.values()} - {"nowhere"}:
        assert (ROOT / name).is_file(), name
    found = [(path.name, line) for path in PAGES for line in console(path)]
    unused = [pattern for pattern in ELSEWHERE if not [line for _, line in found if re.match(pattern, line)]]
    assert not unused
    nowhere = "|".join(pattern for pattern, name in ELSEWHERE.items() if name == "nowhere")
    pages = {name for name, line in found if re.match(nowhere, line)}
    assert pages == {"cluster.md"}
    assert "no test runs them" in (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("project")
def test_the_service_of_the_night_page_takes_records_in_and_scores_them() -> None:
    texts = [block.text for block in blocks(ROOT / "docs" / "howto_rescore.md")]
    (script,) = [text for text in texts if "def rescore" in text]
    (units,) = [text for text in texts if "sudo tee" in text]
    Path("rescore.py").write_text(script, encoding="utf-8")
    written = units.replace("sudo tee /etc/systemd/system/", "tee ").partition("sudo systemctl")[0]
    subprocess.run(written, shell=True, check=True, stdout=subprocess.DEVNULL)  # noqa: S602 - our own page
    assert "OnCalendar=*-*-* 02:15:00" in Path("rescore.timer").read_text(encoding="utf-8")
    unit = Path("rescore.service").read_text(encoding="utf-8")
    steps = re.findall(r"^ExecStart=/srv/scoring/.venv/bin/(.*)", unit, re.MULTILINE)
    shell("riskml simulate --sites 100 --years 2 --seed 7 --as-files --out world")
    os.environ["RISKML_SALT"] = "a secret"
    taking, scoring = (step.replace("/srv/export", "world/files").replace("/srv/scoring/", "") for step in steps)
    shell(taking)
    words = scoring.replace("champion", "models/sample").split()
    done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[:9]) == (1, "rescore: ")
    assert "nothing new came in" in done.stderr  # the simulated records end long before today


@pytest.mark.usefixtures("project")
def test_the_commands_on_real_records_run(real_data: Path) -> None:
    found = list(dict.fromkeys(line for path in PAGES for line in console(path) if REAL in line))
    assert len(found) == 4
    for line in found:
        shell(line.replace(REAL, str(real_data)))


@every_page
def test_a_block_says_its_language(path: Path) -> None:
    java = {"java"} if path.name == "howto_java.md" else set()  # tests/services/test_java.py compiles and runs it
    assert {block.language for block in blocks(path)} <= {"python", "console"} | java


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


@pytest.mark.parametrize("name", ["analyst", "modeller", "engineer", "planning", "bureau"])
def test_every_step_of_a_tutorial_says_what_is_seen(name: str) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8").partition("\n## In more depth\n")[0]
    steps = re.findall(r"^## (\d+)\. .*\n((?:(?!## ).*\n)*)", page, re.MULTILINE)
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert len(steps) >= 4
    assert not [number for number, text in steps if "You see" not in text]


@every_page
def test_no_result_is_written_by_hand(path: Path) -> None:
    assert not re.findall(r"\d+\.\d+|\d+ ?[%％]", prose(path))


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_readme_lists_what_a_run_leaves(path: Path, finished: Path) -> None:
    rows = re.findall(r"^\| (`.*?`) \|", path.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {name.rstrip("/") for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert listed == {file.name for file in (finished / "models" / "sample").iterdir()}


def test_the_picture_of_the_readme_is_that_of_the_run() -> None:
    if not (ROOT / "models" / "sample" / "summary.json").is_file():
        pytest.skip("models/sample is made by `make run`")
    script = [sys.executable, "benchmarks/readme_picture.py"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


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
