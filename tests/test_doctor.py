"""What riskml doctor finds: packages against those asked, fonts, Java, places to write; it changes and asks nothing."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from riskml.cli import app
from riskml.diagnosis import everything, fonts, machine, places
from riskml.diagnosis.finding import Finding, both, stopping
from riskml.diagnosis.packages import MORE, RUN, Asked, asked_here, asked_of, loading, meets, packages, python
from riskml.registry.store import tracking_uri
from riskml.study import project_root
from studies import ROOT, SAMPLE


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of a folder with its size and the time of its last change."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_versions_are_compared_by_number() -> None:
    assert meets("3.10", ">=3.9")
    assert not meets("3.9", ">=3.10")
    assert meets("2", ">=2.0.0")
    assert not meets("3.18.0", ">=3.16,!=3.18.0")
    assert meets("3.18.0.post1", ">=3.16")
    assert meets("3.99", ">=3.12,<4")
    assert not meets("4.0", ">=3.12,<4")
    assert meets("1.2", "")


def test_versions_are_compared_as_packaging_does() -> None:
    specifiers = pytest.importorskip("packaging.specifiers")
    versions = ["0.9", "1", "1.0", "1.0.1", "1.9", "1.10", "2.0", "3.18", "3.18.0", "3.18.1", "10.0"]
    for asked in (">=1.0", ">=1.9,<2", "!=3.18.0", ">=1.10,!=3.18.0", "==1", "<2.0"):
        assert [meets(v, asked) for v in versions] == [specifiers.SpecifierSet(asked).contains(v) for v in versions]


def test_a_checkout_asks_for_what_its_pyproject_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        extra: [line for line in lines if not line.startswith("riskml")]
        for extra, lines in project["optional-dependencies"].items()
    }
    wanted[""] = project["dependencies"]
    asked = asked_here()
    for extra in (*RUN, *MORE):
        found = [one for one in asked if one.extra == extra]
        assert len(found) == len(wanted[extra])
        for one, line in zip(found, wanted[extra], strict=True):
            assert re.sub(r"\[.*\]", "", line) == f"{one.name}{one.versions}"


def test_without_a_checkout_what_was_installed_is_asked(tmp_path: Path) -> None:
    other = tmp_path / "pyproject.toml"
    other.write_text('[project]\nname = "other"\n')
    installed = asked_of(metadata.requires("riskml") or ())
    assert asked_here(other) == asked_here(tmp_path / "none.toml") == installed
    assert Asked("numpy", ">=2.1", "") in installed


def test_the_extras_of_a_run_are_those_of_its_lock() -> None:
    lock = next(
        line for line in (ROOT / "Makefile").read_text().splitlines() if line.endswith("-o requirements/run.txt")
    )
    assert set(re.findall(r"--extra (\w+)", lock)) == set(RUN) - {""}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(MORE) == set(extras) - set(RUN) - {"all", "docs", "test", "lint"}


def test_what_is_absent_or_too_old_is_told_with_one_line_that_installs_it() -> None:
    asked = asked_of(['pandas>=3.0 ; extra == "data"', 'pyarrow>=21; extra == "data"', 'onnx>=1.17 ; extra == "onnx"'])
    here = {"pandas": "2.2.3", "pyarrow": "21.0"}
    found = {one.key: one for one in packages(asked, here.get)}
    data, onnx = found["packages.data"], found["packages.onnx"]
    assert (data.status, data.stops, data.advice["en"]) == ("bad", True, 'pip install "riskml[data]"')
    assert data.found["en"] == "pyarrow 21.0, pandas 2.2.3 (>=3.0)"
    assert (onnx.status, onnx.stops, onnx.advice["zh"]) == ("missing", False, 'pip install "riskml[onnx]"')
    assert onnx.found["en"] == "not here: onnx (>=1.17)"
    assert stopping(found.values()) == ["packages.data"]
    both = {one.key: one for one in packages(asked, {"pandas": "2.2.3"}.get)}["packages.data"]
    assert (both.status, both.found["en"]) == ("bad", "pandas 2.2.3 (>=3.0); not here: pyarrow (>=21)")


def test_the_packages_of_a_run_are_in_order_here() -> None:
    assert python().status == "ok"
    assert not [one for one in packages() if one.stops]


def test_a_library_that_does_not_load_is_told_with_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr("riskml.diagnosis.packages.importlib.import_module", fail)
    found = loading()
    assert found.stops
    assert "libgomp.so.1" in found.found["en"]
    assert "libgomp1" in found.advice["en"]


def test_chinese_that_is_drawn_as_boxes_is_seen() -> None:
    assert fonts.drawn(lambda _: b"a box").status == "bad"
    assert fonts.drawn(str.encode).status == "ok"

    def absent(_: str) -> bytes:
        raise ImportError("vl_convert")

    assert fonts.drawn(absent).status == "missing"


def test_a_picture_of_this_machine_is_not_empty() -> None:
    assert fonts._picture("A") != fonts._picture("B")


def test_fonts_are_those_of_fontconfig_else_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = fonts.installed_fonts(lambda _: "Noto Sans CJK SC,Noto Sans CJK SC Bold\nNoto Sans CJK SC\n")
    assert (told.status, told.found["en"]) == ("ok", "Noto Sans CJK SC")
    monkeypatch.setattr(fonts, "PLACES", {"Linux": (str(tmp_path),)})
    monkeypatch.setattr("riskml.diagnosis.fonts.platform.system", lambda: "Linux")
    assert fonts.installed_fonts(lambda _: "").status == "missing"
    (tmp_path / "wqy-zenhei.ttc").touch()
    assert fonts.installed_fonts(lambda _: "").found["en"] == "wqy-zenhei.ttc"


@pytest.mark.parametrize(
    ("told", "status", "found"),
    [
        ('openjdk version "21" 2023-09-19', "ok", "21"),
        ('openjdk version "17.0.12" 2024-07-16\nOpenJDK Runtime', "ok", "17"),
        ('openjdk version "11.0.2" 2019-01-15', "bad", "11"),
        ('java version "1.8.0_392"', "bad", "8"),
        ("", "missing", "not found"),
        ("nothing of the kind", "missing", "not found"),
    ],
)
def test_java_is_new_enough_for_spark_or_not(told: str, status: str, found: str) -> None:
    made = machine.java(lambda _: told, {})
    assert (made.status, made.found["en"], made.stops) == (status, found, False)
    assert bool(made.advice["en"]) == (status != "ok")


def test_java_home_goes_before_the_path() -> None:
    asked: list[list[str]] = []

    def note(words: list[str]) -> str:
        asked.append(words)
        return ""

    machine.java(note, {"JAVA_HOME": "/opt/java"})
    machine.java(note, {})
    assert [words[0] for words in asked] == ["/opt/java/bin/java", "java"]


def test_a_program_that_is_not_there_or_fails_says_nothing() -> None:
    assert machine.output_of(["no-such-program"]) == ""
    assert machine.output_of([sys.executable, "-c", "print(1); raise SystemExit(3)"]) == ""
    assert machine.output_of([sys.executable, "-c", "print(1)"]) == "1\n"


def test_threads_encoding_and_time_zones() -> None:
    assert machine.threads({"OMP_NUM_THREADS": "2"}).status == "ok"
    for wrong in ("0", "all", "", "²"):
        assert machine.threads({"OMP_NUM_THREADS": wrong}).status == "bad"
    assert machine.encoding("UTF-8", "utf8").status == "ok"
    assert machine.encoding("ANSI_X3.4-1968", "utf-8").status == "bad"
    assert machine.encoding("utf-8", "cp936").status == "bad"
    assert machine.time_zone().status == "ok"
    assert machine.time_zone("Asia/Nowhere").advice["en"] == "pip install tzdata"


def test_a_place_that_cannot_be_written_to_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert stopping(places.places(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "models").write_text("a file where a folder should be")
    assert stopping(places.places(tmp_path)) == ["write.models"]
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert stopping(places.places(tmp_path)) == ["write.data/derived", "write.models", "write.mlruns"]


def test_a_full_disk_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, stops in ((2**30, []), (2**30 - 1, ["disk"])):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr("riskml.diagnosis.places.shutil.disk_usage", lambda _, usage=usage: usage)
        assert stopping(places.places(tmp_path)) == stops


def test_the_tracking_database_is_opened_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    file = Path(tracking_uri(tmp_path).removeprefix("sqlite:///"))
    assert "first run" in places.tracking(tmp_path).found["en"]
    file.parent.mkdir(parents=True)
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE runs (id)")
    connection.close()
    before = tree(tmp_path)
    assert places.tracking(tmp_path).found["en"].endswith("1 tables")
    assert tree(tmp_path) == before
    file.write_bytes(b"not a database" * 100)
    broken = places.tracking(tmp_path)
    assert broken.stops
    assert "not a database" in broken.found["en"]


def test_a_tracking_server_is_not_asked_and_its_password_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@tracking.invalid")
    found = places.tracking(tmp_path)
    assert found.status == "ok"
    assert "not asked" in found.found["en"]
    assert "secret" not in str(found)


def test_the_project_is_the_one_that_studies_have(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert places.project_folder(deep) == deep
    (tmp_path / "pyproject.toml").touch()
    assert places.project_folder(deep) == project_root(deep / "study.toml") == tmp_path


def test_the_command_tells_people_and_machines_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "pyproject.toml").touch()
    runner = CliRunner()
    told = json.loads(runner.invoke(app, ["doctor", "--json"]).stdout)
    assert told["ok"]
    printed = runner.invoke(app, ["doctor", "--lang", "zh"])
    assert printed.exit_code == 0, printed.output
    lines = [line for line in printed.stdout.splitlines() if not line.startswith(" ")]
    assert len(lines) == len(told["findings"]) + 1
    sample = next(line for line, one in zip(lines, told["findings"], strict=False) if one["key"] == "sample")
    assert sample.startswith("缺少")
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]


def test_the_command_ends_with_1_only_for_what_a_run_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Finding("a", both("A"), "bad", both("broken"), both("mend it")), Finding("b", both("B"), "ok", both("b"))]
    monkeypatch.setattr(everything, "diagnose", lambda _: found)
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0
    found.append(Finding("c", both("C"), "missing", both("none"), both("get it"), needed=True))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-3:] == ["missing  C  none", "    to do: get it", "riskml run will not work: c"]
    told = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    assert (told["ok"], told["stops"]) == (False, ["c"])


def test_the_doctor_works_where_the_packages_of_a_run_are_absent(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('pandas', 'pyarrow', 'lightgbm', 'sklearn', 'mlflow', 'altair', 'vl_convert', 'numpy'):\n"
        "    sys.modules[name] = None\n"
        "sys.argv = ['riskml', 'doctor', '--json']\n"
        "from riskml.__main__ import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "lightgbm" in json.loads(done.stdout)["stops"]


def test_the_sample_is_found_where_it_is() -> None:
    sample = next(one for one in places.places(ROOT) if one.key == "sample")
    assert (sample.status, sample.found["en"]) == ("ok", str(SAMPLE))
