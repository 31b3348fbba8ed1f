"""The command on every console: other encodings, closed pipes, narrow screens, Ctrl-C, a disk that is full."""

import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.table import Table
from typer.testing import CliRunner, Result

from riskml import terminal
from riskml.cli import app
from riskml.cli_scoring import _known
from riskml.errors import DataError
from riskml.pacing import Parts, left_words
from riskml.records import read_records
from riskml.terminal import refuse_place
from studies import SAMPLE, write_study

DAY = "2025-06-01"
COMMAND = (sys.executable, "-m", "riskml")
VISITS = (
    "Inspection ID,DBA Name,License #,Facility Type,Risk,Inspection Date,Inspection Type,Results,Violations\n"
    "1,A,11,Restaurant,Risk 1 (High),2019-01-02,Canvass,Pass,\n"
)


def riskml(*words: object, charset: str = "utf-8") -> Result:
    """Run the command in this process."""
    return CliRunner(charset=charset).invoke(app, [str(word) for word in words])


# --- consoles ---


@pytest.mark.parametrize("charset", ["ascii", "latin-1", "cp1252", "gbk"])
def test_no_console_is_too_poor_for_chinese(charset: str) -> None:
    for words in (("systems", "--lang", "zh"), ("features", "--list", "--lang", "zh"), ("gade",)):
        done = riskml(*words, charset=charset)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    shown = riskml("systems", "--lang", "zh", charset=charset).stdout_bytes.decode(charset)
    assert ("体系" if charset == "gbk" else "\\u4f53\\u7cfb") in shown


def test_an_output_that_is_closed_or_not_read_to_its_end_is_no_traceback() -> None:
    closed = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m riskml sources >&-'], capture_output=True, text=True, check=False
    )
    assert (closed.returncode, closed.stderr) == (0, "")
    unread = f'"{sys.executable}" -m riskml features --list | head -1'
    cut = subprocess.run(["/bin/sh", "-c", unread], capture_output=True, text=True, check=False)
    assert (len(cut.stdout.splitlines()), cut.stderr) == (1, "")


def test_without_a_command_help_is_shown_and_the_version_is_told() -> None:
    alone = riskml()
    assert alone.exit_code == 2
    assert "doctor" in alone.output
    told = riskml("--version")
    assert (told.exit_code, told.stdout.split()[0]) == (0, "riskml")


def test_a_table_of_results_is_never_cut_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table()
    for name in ("policy", "recall@0.20"):
        table.add_column(name, no_wrap=True)
    table.add_row("grade_nanchang_plus_model", "0.290 [0.231, 0.343]")
    monkeypatch.setattr(terminal, "out", terminal._console(width=20))
    terminal.say_table(table)
    assert "grade_nanchang_plus_model │ 0.290 [0.231, 0.343]" in capsys.readouterr().out


def test_columns_are_as_wide_as_chinese_is_on_a_terminal() -> None:
    assert terminal.aligned([("ok", "Python"), ("缺少", "Java")]) == ["ok    Python", "缺少  Java"]


# --- the time that is left ---


def test_parts_still_to_come_take_what_those_before_took() -> None:
    now = [10.0]
    pace = Parts(4, lambda: now[0])
    assert pace.left() is None
    left = []
    for seconds in (2.0, 4.0, 3.0, 5.0):
        now[0] += seconds
        pace.note()
        left.append(pace.left())
    assert left == [6.0, 6.0, 3.0, None]
    assert left_words(6.0, "zh") == "约剩 0:06"


def test_work_is_a_moving_sign_on_terminals_and_nothing_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with terminal.working("score") as show:
        show("part 2")
    assert capsys.readouterr().err == ""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(terminal, "err", terminal._console(stderr=True))
    with terminal.working("score") as show:
        show("part 2 [of 3]")
    assert "part 2 [of 3]" in capsys.readouterr().err


# --- places that cannot be written to ---


def test_a_table_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "x.csv").mkdir()
    for target, message in (
        ("x.csv", "is a folder; name a file"),
        ("file/y.csv", "file is a file; "),
        ("y.doc", "cannot write this kind of table"),
    ):
        for words in (
            ("grade", "nowhere", "--system", "nanchang", "--as-of", DAY),
            ("features", "nowhere", "--as-of", DAY),
            ("plan", "nowhere", "--system", "nanchang", "--as-of", DAY, "--seed", 1),
            ("features", "--list"),
        ):
            done = riskml(*words, "--out", tmp_path / target)
            assert done.exit_code == 1
            assert message in done.stderr
    context = riskml("context", "nowhere", "nowhere", "--as-of", DAY, "--out", tmp_path / "file" / "c.json")
    assert "file is a file" in context.stderr


def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_place(tmp_path / "new" / "deep" / "x.csv")
    monkeypatch.setattr(os, "access", lambda place, _: Path(place) != tmp_path)
    with pytest.raises(DataError, match=f"no right to write into the folder {tmp_path}; nothing was written"):
        refuse_place(tmp_path / "new" / "deep" / "x.csv")


def test_one_form_of_an_artifact_is_not_written_where_the_next_has_a_wrong_name(tmp_path: Path) -> None:
    done = riskml("export", "nowhere", "--pack", tmp_path / "a.riskml", "--onnx", tmp_path / "b.doc")
    assert done.exit_code == 2
    assert "an ONNX model is written as .onnx" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "x.csv"), "cannot write x.csv: No space left on device; nothing was"),
        (PermissionError(13, "Permission denied", "x"), "no right to read or write x: Permission denied; nothing was"),
        (IsADirectoryError(21, "Is a directory", "a", None, "x.csv"), "riskml: x.csv: Is a directory\n"),
        (OSError("no more pages"), "riskml: no more pages\n"),
        (MemoryError(), "memory is full; "),
    ],
)
def test_what_the_system_refuses_is_one_line(error: Exception, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr("riskml.records.source.source_names", refuse)
    done = riskml("sources")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert words in done.stderr


def test_a_warning_is_one_line_without_its_place_in_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn() -> list[str]:
        warnings.warn("the artifact has expired", stacklevel=1)
        return []

    monkeypatch.setattr("riskml.records.source.source_names", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        done = riskml("sources", "--json")
    assert done.stderr == "riskml: warning: the artifact has expired\n"
    assert done.stdout.startswith('{"sources"')


# --- Ctrl-C ---


@contextmanager
def begun(*words: str, folder: Path) -> "Iterator[subprocess.Popen[str]]":
    """A command in a process of its own."""
    with subprocess.Popen(
        [*COMMAND, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process


def test_a_run_that_is_stopped_says_so_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    write_study(tmp_path)
    with begun("run", "small.toml", folder=tmp_path) as process:
        assert process.stderr is not None
        while "features: running" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, "")
    assert said.splitlines()[-1] == "riskml: stopped by the user"
    assert "Traceback" not in said
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".small.lock"]
    assert not list((tmp_path / "data").rglob("*.part"))


def test_a_stopped_simulation_and_ingest_leave_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "visits.csv").write_text(VISITS)
    monkeypatch.setattr("riskml.simulation.write_world", stop)
    monkeypatch.setattr("riskml.simulation.write_files", lambda _world, folder, **_: folder.mkdir(parents=True))
    monkeypatch.setattr("riskml.simulation.simulate", lambda **_: None)
    monkeypatch.setattr("riskml.records.store.write_meta", stop)
    for words in (
        ("simulate", "--as-files", "--out", tmp_path / "world"),
        ("ingest", "chicago", tmp_path / "visits.csv", "--out", tmp_path / "city"),
    ):
        done = riskml(*words)
        assert (done.exit_code, done.stderr) == (130, "riskml: stopped by the user\n")
    assert [path.name for path in tmp_path.rglob("*")] in (["visits.csv", "world"], ["world", "visits.csv"])


@pytest.mark.parametrize(("stop", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
def test_a_library_that_is_stopped_while_it_loads_is_a_stop_and_no_fault(
    stop: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load() -> None:
        try:
            raise stop
        except BaseException as error:
            raise RuntimeError("Error calling __set_name__") from error

    monkeypatch.setattr("riskml.records.source.source_names", load)
    done = riskml("sources")
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr == ("riskml: stopped by the user\n" if code == 130 else "")


def test_a_command_that_is_told_to_end_clears_away_what_it_had_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    before = signal.getsignal(signal.SIGTERM)
    (tmp_path / "visits.csv").write_text(VISITS)
    monkeypatch.setattr("riskml.records.store.write_meta", end)
    assert riskml("ingest", "chicago", tmp_path / "visits.csv", "--out", tmp_path / "city").exit_code == 143
    assert [path.name for path in tmp_path.iterdir()] == ["visits.csv"]
    assert signal.getsignal(signal.SIGTERM) == before


# --- what was meant ---


def test_a_site_that_is_not_there_is_told_with_those_like_it() -> None:
    records = read_records(SAMPLE)
    assert _known(records, "s00012") == "s00012"
    for given, message in (
        (" S00012 ", "did you mean 's00012'?"),
        ("s-00012", "did you mean 's00012'?"),
        ("s0001", r"; so begin \['s00010', 's00011', 's00012'\]"),
        ("shop", r"; examples: \['s00000', "),
        ("", r"; examples: \['s00000', "),
    ):
        with pytest.raises(DataError, match=f"no site {given!r} among 3000 sites.*{message}"):
            _known(records, given)


def test_numbers_out_of_range_are_wrong_usage(tmp_path: Path) -> None:
    for words in (("--years", 99), ("--seed", -1), ("--sites", 0)):
        assert riskml("simulate", *words, "--out", tmp_path / "w").exit_code == 2
    planned = ("plan", SAMPLE, "--system", "nanchang", "--as-of", DAY, "--out", tmp_path / "p.csv")
    assert "--seed" in riskml(*planned, "--seed", -7).stderr
    assert not list(tmp_path.iterdir())
