"""One wheel whose only dependency is numpy: in an empty environment it scores, and says what the rest needs."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from riskml.records.log import raw_histories
from riskml.scorer import Scorer
from tiny_models import AS_OF, first_sites, made_of

pytestmark = pytest.mark.services

PROJECT = Path(__file__).parents[2]
NO_INDEX = "the wheel's dependencies could not be installed into an empty environment"
ALONE = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}


@dataclass(frozen=True)
class Installed:
    """The wheel, the environment it was installed into, an artifact, and what its scorer gives here."""

    wheel: Path
    scripts: Path
    artifact: Path
    lines: bytes
    scores: list[float]

    def run(self, command: str, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """A command of the environment, from a folder that has nothing of the project in it."""
        asked = [str(self.scripts / command), *arguments]
        return subprocess.run(asked, input=given, capture_output=True, check=False, cwd=self.wheel.parent, env=ALONE)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    build = f"import flit_core.buildapi as build; build.build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], check=True, capture_output=True, cwd=PROJECT)
    (wheel,) = folder.glob("*.whl")
    empty = folder / "empty"
    uv = shutil.which("uv")
    make = [uv, "venv", "-q", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    subprocess.run([*make, str(empty)], check=True, capture_output=True, env=ALONE)
    scripts = empty / ("Scripts" if sys.platform == "win32" else "bin")
    python = str(scripts / "python")
    pip = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    if subprocess.run([*pip, "-q", str(wheel)], capture_output=True, check=False, env=ALONE).returncode:
        pytest.skip(NO_INDEX)
    records = first_sites()
    artifact = made_of(records, folder / "artifact").folder
    histories = list(raw_histories(records).values())[:40]
    scorer = Scorer.load(artifact, on_expired="ignore", on_stale="ignore")
    asked = [{**history, "as_of": AS_OF} for history in histories]
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in asked).encode()
    scores = [scorer.score(**one, top=0).probability for one in asked]
    return Installed(wheel, scripts, artifact, lines, scores)


def test_the_wheel_brings_every_file_of_the_package_and_numpy_alone(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        there = {name for name in wheel.namelist() if name.startswith("riskml/")}
    source = PROJECT / "src"
    files = [path for path in (source / "riskml").rglob("*") if path.is_file() and "cache" not in str(path)]
    assert {path.relative_to(source).as_posix() for path in files} <= there
    names = "import importlib.metadata as found; print(*{one.name for one in found.distributions()})"
    listed = installed.run("python", "-c", names).stdout.decode().split()
    assert set(listed) - {"pip", "setuptools"} == {"riskml", "numpy"}


SCORE = """
import json, sys
from riskml import Scorer
scorer = Scorer.load(sys.argv[1], on_expired="ignore", on_stale="ignore")
rows = [json.loads(line) for line in sys.stdin.buffer]
scores = [scorer.score(**row) for row in rows]
features = [scorer.features(**row) for row in rows]
names = [one.name for one in scorer.header.features]
texts = {one.name: one.categories for one in scorer.header.features}
columns = {
    name: [texts[name][int(v)] if texts[name] and v == v else None if v != v else v for v in column]
    for name, column in zip(names, zip(*features))
}
answers = {
    "score": [one.probability for one in scores],
    "features": scorer.score_features(features).tolist(),
    "table": scorer.score_table(columns).probability.tolist(),
    "reasons": sum(len(one.reasons_up) for one in scores),
    "loaded": sorted({name.split(".")[0] for name in sys.modules}),
}
print(json.dumps(answers))
"""


def test_the_scorer_gives_there_what_it_gives_here_to_the_bit(installed: Installed) -> None:
    done = installed.run("python", "-I", "-c", SCORE, str(installed.artifact), given=installed.lines)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["score"] == found["features"] == found["table"] == installed.scores
    assert found["reasons"] > 40
    assert not {"pandas", "lightgbm", "typer", "pyarrow"} & set(found["loaded"])


def test_the_command_of_the_scorer_gives_the_same(installed: Installed) -> None:
    options = ("--on-expired", "ignore", "--on-stale", "ignore", "--top", "2")
    done = installed.run("python", "-m", "riskml.scorer", str(installed.artifact), *options, given=installed.lines)
    assert done.returncode == 0, done.stderr.decode()
    assert [json.loads(line)["probability"] for line in done.stdout.splitlines()] == installed.scores


@pytest.mark.parametrize("command", [("riskml",), ("riskml", "run", "studies/sample.toml"), ("python", "-m", "riskml")])
def test_the_riskml_command_says_in_one_line_what_to_install(installed: Installed, command: tuple[str, ...]) -> None:
    done = installed.run(*command)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().splitlines() == [
        'The riskml command needs more than the scorer: pip install "riskml[all]"'
    ]


@pytest.mark.parametrize("name", ["read_records", "build_features", "grade", "plan", "Study", "run", "history"])
def test_what_needs_more_says_what_to_install(installed: Installed, name: str) -> None:
    done = installed.run("python", "-c", f"from riskml import {name}")
    assert done.returncode == 1
    last = done.stderr.decode().splitlines()[-1]
    assert last.startswith(f"ImportError: riskml.{name} needs ")
    assert last.endswith('which is not installed: pip install "riskml[all]"')
