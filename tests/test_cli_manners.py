"""How the command speaks: names that were meant, answers for machines, no colour where none is wanted, examples."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from riskml import cli_completion, terminal
from riskml.cli import app
from riskml.errors import DataError, StudyError
from riskml.features.catalog import load_catalog
from riskml.grades import load_system, system_names
from riskml.pacing import Pace
from riskml.pipeline import Result as Run
from riskml.plain import plain
from riskml.records.datasets import dataset_names
from riskml.records.source import source_names
from riskml.study import Study
from studies import ROOT, SAMPLE, write_study

ARTIFACT = ROOT / "models" / "sample"
DAY = "2025-06-01"
COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
ESCAPE = "\x1b"


def riskml(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def answer(*arguments: object, code: int = 0) -> dict[str, Any]:
    """The one JSON object that a command leaves on standard output, and nothing else."""
    done = riskml(*arguments, "--json")
    assert done.exit_code == code, done.output
    assert len(done.stdout.splitlines()) == 1
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def artifact() -> Path:
    """The artifact of the sample, where a run has left one."""
    if not (ARTIFACT / "manifest.json").is_file():
        pytest.skip("models/sample is made by `make run`")
    return ARTIFACT


# --- help ---


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_every_command_has_an_example_that_begins_with_its_name(name: str) -> None:
    shown = re.sub(r"\s+", " ", riskml(name, "--help").stdout)
    assert re.search(rf"Examples?: riskml {name}\b", shown)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_options_in_the_examples_of_a_command_are_its_own(name: str) -> None:
    command = COMMANDS[name]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    examples = re.split(r"Examples?:", command.help, maxsplit=1)[1]
    assert set(re.findall(r"--[a-z-]+", examples)) <= known


def examples(name: str) -> list[list[str]]:
    """The words of every example of a command, without `riskml` and its name."""
    text = re.split(r"Examples?:", COMMANDS[name].help, maxsplit=1)[1]
    return [shlex.split(line)[1:] for line in re.split(rf"\s*\briskml {name}\b", text)[1:] for line in [f"x {line}"]]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_examples_of_a_command_are_understood_by_it(name: str) -> None:
    assert examples(name)
    for words in examples(name):
        given = COMMANDS[name].make_context(name, list(words)).params
        assert given["as_json"] is ("--json" in words)


@pytest.mark.parametrize("name", ["systems", "sources"])
def test_examples_that_need_nothing_run(name: str) -> None:
    for words in examples(name):
        done = riskml(name, *words)
        assert (done.exit_code, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) > 5


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_says_what_a_command_is_for_and_what_each_of_its_words_means(name: str) -> None:
    assert COMMANDS[name].help.splitlines()[0].endswith((".", "?"))
    for parameter in COMMANDS[name].params:
        assert parameter.help, f"{name}: {parameter.name}"
        assert parameter.help.endswith("."), f"{name}: {parameter.name}: {parameter.help}"


def test_square_brackets_of_a_help_text_are_shown() -> None:
    for name, command in COMMANDS.items():
        assert "[" not in (command.help or ""), f"{name}: rich reads [word] as markup and leaves it out"


# --- names that were meant ---


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["gade", "data/sample"], "Did you mean 'grade'"),
        (["grade", "data/sample", "--sytem", "nanchang"], "--system"),
        (["systems", "shwo", "nanchang"], "riskml systems show NAME"),
        (["systems", "nanchang"], "riskml systems show nanchang"),
        (["systems", "show", "nanchan"], "did you mean 'nanchang'?"),
        (["systems", "show", "nanchang/stric"], "did you mean 'strict'?"),
        (["fetch", "chicgo", "--out", "x"], "did you mean 'chicago'?"),
        (["ingest", "chicgo", "x.csv", "--out", "x"], "did you mean 'chicago'?"),
        (["models", "--lang", "zn"], "'en', 'zh'"),
    ],
)
def test_a_misspelt_name_is_told_with_the_one_that_was_meant(words: list[str], meant: str) -> None:
    done = riskml(*words)
    assert done.exit_code == 2
    assert meant in re.sub(r"[\s│]+", " ", done.stderr)


@pytest.mark.parametrize(
    ("parts", "meant"),
    [
        ({"cohort": 'outcome = "fial"'}, "did you mean 'fail'?"),
        ({"tail": '[calibration]\nmaps = ["isotonik"]'}, "did you mean"),
        ({"comparison": 'headline = "recal@0.20"'}, "did you mean 'recall@0.20'?"),
        ({"comparison": 'systems = ["nanchang/stict"]'}, "did you mean 'strict'?"),
        ({"splits": "horizon_days = 90"}, "it belongs to [cohort]"),
        ({"tail": "[tunning]\ntrials = 3"}, "did you mean 'tuning'?"),
    ],
)
def test_a_misspelt_word_of_a_study_is_told_with_the_one_that_was_meant(
    tmp_path: Path, parts: dict[str, str], meant: str
) -> None:
    done = riskml("run", write_study(tmp_path, **parts))
    assert done.exit_code == 2, done.output
    assert meant in done.stderr


def test_a_misspelt_feature_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(StudyError, match="did you mean 'area_m2'"):
        load_catalog().select(["area_m", "staff"])


def test_a_misspelt_place_is_told_with_the_one_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "studies").mkdir()
    write_study(tmp_path).rename(tmp_path / "studies" / "small.toml")
    (tmp_path / "models" / "small").mkdir(parents=True)
    (tmp_path / "data" / "sample").mkdir(parents=True)
    assert "did you mean 'studies/small.toml'?" in riskml("run", "small").stderr
    assert "did you mean 'studies/small.toml'?" in riskml("run", "studies/smal.toml").stderr
    assert "did you mean 'models/small'?" in riskml("verify", "models/smal").stderr
    graded = riskml("grade", "data/sampel", "--system", "nanchang", "--as-of", DAY, "--out", "x.csv")
    assert "did you mean 'data/sample'?" in graded.stderr
    assert "did you mean" not in riskml("run", "quite/another.toml").stderr


# --- answers for machines ---


def test_lists_are_told_to_machines() -> None:
    assert [one["name"] for one in answer("sources")["sources"]] == source_names()
    systems = answer("systems")["systems"]
    assert [one["name"] for one in systems] == system_names()
    nanchang = load_system("nanchang")
    told = next(one for one in systems if one["name"] == "nanchang")
    assert (told["numbers"], told["assumed"]) == (len(nanchang.numbers), len(nanchang.assumed))
    shown = answer("systems", "show", "nanchang/strict")
    assert shown["variant"] == "strict"
    assert {path: one["value"] for path, one in shown["numbers"].items()} == plain(
        {path: one.value for path, one in load_system("nanchang/strict").numbers.items()}
    )


def test_an_artifact_is_told_to_machines_as_to_people(artifact: Path) -> None:
    told = answer("verify", artifact, "--schema")
    printed = riskml("verify", artifact).stdout
    assert told["sound"]
    assert f"digest {told['digest']}" in printed
    assert f"{told['features']} features, {told['trees']} trees" in printed
    assert f"expires on {told['expires_on']}" in printed
    assert {"site", "events"} <= {column["table"] for column in told["columns"]}


def test_why_a_site_scores_as_it_does_is_told_to_machines_as_to_people(artifact: Path) -> None:
    words = ("explain", artifact, SAMPLE, "--site", "s00000", "--as-of", DAY)
    told, printed = answer(*words), riskml(*words).stdout
    assert f"s00000  {told['probability']:.3f}" in printed
    reasons = [*told["reasons_up"], *told["reasons_down"]]
    assert reasons
    assert all(f"{abs(one['contribution']):.3f}  {one['text_en']}" in printed for one in reasons)
    assert told["artifact"] == answer("verify", artifact)["digest"]


def test_the_account_of_an_import_is_told_as_it_is_written(tmp_path: Path) -> None:
    table = tmp_path / "visits.csv"
    table.write_text(
        "Inspection ID,DBA Name,License #,Facility Type,Risk,Inspection Date,Inspection Type,Results,Violations\n"
        "1,A,11,Restaurant,Risk 1 (High),2019-01-02,Canvass,Pass,\n"
        "2,A,11,Restaurant,Risk 1 (High),2020-13-02,Canvass,Fail,\n",
        encoding="utf-8",
    )
    told = answer("ingest", "chicago", table, "--out", tmp_path / "out")
    written = json.loads((tmp_path / "out" / "ingest_report.json").read_text(encoding="utf-8"))
    assert told == {"folder": str(tmp_path / "out"), "replaced": False, **written}
    assert "in place of what was there" in riskml("ingest", "chicago", table, "--out", tmp_path / "out").stdout
    assert told["rows_in"] == told["rows_kept"] + told["rows_merged"] + told["rows_quarantined"] == 2


def test_a_mistake_is_told_to_machines_and_people_with_the_same_words_and_code(tmp_path: Path) -> None:
    for words, code, kind in (
        (("run", tmp_path / "none.toml"), 2, "StudyError"),
        (("verify", tmp_path / "none"), 1, "ArtifactError"),
        (("grade", tmp_path, "--system", "nanchang", "--as-of", DAY, "--out", "x.csv"), 1, "DataError"),
    ):
        done = riskml(*words, "--json")
        told = json.loads(done.stdout)
        assert (done.exit_code, told["code"], told["kind"]) == (code, code, kind)
        assert done.stderr == f"riskml: {told['error']}\n"


def test_a_wrong_usage_is_told_to_machines(tmp_path: Path) -> None:
    for words, text in (
        (("verify", "--json"), "Missing argument"),
        (("gade", "--json"), "Did you mean 'grade'"),
        (("verify", tmp_path, "--shema", "--json"), "--schema"),
        (("--json",), "No such option"),
    ):
        done = riskml(*words)
        told = json.loads(done.stdout)
        assert done.exit_code == told["code"] == 2
        assert text in told["error"]
    assert riskml("verify").stdout == ""


def test_a_command_that_is_stopped_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("riskml.records.source.source_names", stop)
    assert answer("sources", code=130)["code"] == 130


def test_values_of_every_kind_become_json() -> None:
    values = [
        np.float64("inf"),
        np.int64(3),
        pd.NaT,
        pd.NA,
        pd.Timestamp("2025-06-01"),
        Path("a"),
        {2, 1},
        np.array([1.5]),
    ]
    assert plain(values) == [None, 3, None, None, "2025-06-01T00:00:00", "a", [1, 2], [1.5]]
    assert json.dumps(plain({"zh": "风险", "no": float("nan")}), allow_nan=False)
    with pytest.raises(TypeError, match="cannot be told as JSON"):
        plain(object())


# --- completion ---


def completed(shell: str, line: str, **more: str) -> list[str]:
    """What a shell is offered for a line, in a process of its own."""
    words = line.split(" ")
    environment = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
        "fish": {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['riskml']; from riskml.__main__ import main; main()"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment, **more, "_RISKML_COMPLETE": f"complete_{shell}"},
    )
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


def test_bash_zsh_and_fish_are_offered_the_names_of_systems() -> None:
    assert completed("bash", "riskml grade --system nanc") == ["nanchang"]
    assert "nanchang" in completed("zsh", "riskml grade --system nanc")[0]
    assert completed("fish", "riskml systems show nanc") == ["nanchang"]


def test_what_is_offered_is_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli_completion.systems("") == system_names()
    assert cli_completion.systems("nanchang/") == [f"nanchang/{name}" for name in load_system("nanchang").variants]
    assert cli_completion.systems("none/") == []
    assert cli_completion.sources("") == source_names()
    assert sorted(cli_completion.datasets("")) == dataset_names()
    monkeypatch.chdir(tmp_path)
    assert cli_completion.studies("") == cli_completion.artifacts("") == cli_completion.records("") == []
    for file in ("studies/a.toml", "studies/open/b.toml", "models/a/manifest.json", "data/raw/c/records.json"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "models" / "half").mkdir()
    assert cli_completion.studies("studies/") == ["studies/a.toml", "studies/open/b.toml"]
    assert cli_completion.artifacts("m") == ["models/a"]
    assert cli_completion.records("data/r") == ["data/raw/c"]


def test_an_answer_to_the_shell_loads_nothing_heavy() -> None:
    code = (
        "import sys; from riskml import cli, cli_completion as c\n"
        "c.systems('nanchang/'); c.sources(''); c.datasets(''); c.studies(''); c.artifacts(''); c.records('')\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"pandas", "numpy", "sklearn", "lightgbm", "numba", "mlflow", "altair"} & set(done.stdout.split())


def test_the_script_of_every_shell_is_shown_and_nothing_is_touched(tmp_path: Path) -> None:
    for shell, part in (
        ("bash", "complete -o default"),
        ("zsh", "#compdef riskml"),
        ("fish", "complete --command riskml"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "riskml", "--show-completion", shell],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        )
        assert part in done.stdout.replace("python -m riskml", "riskml")
    assert list(tmp_path.iterdir()) == []


# --- colour ---


def on_a_terminal(*words: str, **environment: str) -> str:
    """What a command writes to a terminal, in a process of its own."""
    pid, screen = pty.fork()
    if pid == 0:
        known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM", "FORCE_COLOR")}
        os.execve(sys.executable, [sys.executable, "-m", "riskml", *words], {**known, **environment})  # noqa: S606
    shown = b"".join(_read(screen))
    os.close(screen)
    os.waitpid(pid, 0)
    return shown.decode()


def _read(screen: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(screen, 65536)
        except OSError:  # the other end is closed
            return
        if not part:
            return
        yield part


def test_colour_is_for_terminals_that_want_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside the threads of other tests
        assert ESCAPE in on_a_terminal("verify", "-h", TERM="xterm")
        for plain_one in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}):
            shown = on_a_terminal("verify", "-h", **plain_one)
            assert "Example" in shown
            assert ESCAPE not in shown
    piped = [riskml("verify", "-h"), riskml("gade"), riskml("systems"), riskml("features", "--list")]
    assert not [done for done in piped if ESCAPE in done.output]


@pytest.mark.parametrize("environment", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": "xterm"}])
def test_progress_moves_on_terminals_only(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes the captured output for a terminal
    console = terminal._console(stderr=True)
    with console.capture() as styled:
        console.print("a line", style="bold red")
    assert (ESCAPE in styled.get()) == (environment == {"TERM": "xterm"})
    monkeypatch.setattr(terminal, "err", console)
    with terminal.progress(1) as step:
        step("records", "running")
        step("records", "done")
    shown = capsys.readouterr().err
    if environment == {"TERM": "xterm"}:
        assert ESCAPE in shown
    else:
        assert shown == "records: running\nrecords: done\n"


# --- the time that is left ---


class Clock:
    """Seconds that pass only when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_is_what_the_stages_took_before_or_nothing(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "seconds.json"
    first = Pace(file, "d1", ["a", "b", "c"], clock)
    for stage, seconds in (("a", 2.0), ("b", 30.0), ("c", 4.0)):
        first.note(stage, "running")
        assert first.left() is None
        clock.now += seconds
        first.note(stage, "done")
    first.keep()
    again = Pace(file, "d1", ["a", "b", "c"], clock)
    assert again.left() == 36.0
    clock.now += 1.5
    assert again.left() == 34.5
    clock.now += 1.0
    assert again.left() is None, "the first stage already takes longer than last time"
    again.note("a", "done")
    assert again.left() == 34.0
    again.note("b", "reused")
    assert again.left() == 4.0
    again.note("c", "done")
    assert again.left() is None
    again.keep()
    assert Pace(file, "d1", ["a", "b"], clock).left() == 2.5 + 30.0, "a stage that was reused keeps its time"
    assert Pace(file, "d2", ["a", "b", "c"], clock).left() is None, "other settings"
    assert Pace(file, "d1", ["a", "d"], clock).left() is None, "a stage that was never timed"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"digest": "d", "seconds": {"a": NaN}}', '{"digest": "d", "seconds": 3}']
)
def test_damaged_seconds_say_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "seconds.json"
    file.write_text(text)
    assert Pace(file, "d", ["a"], Clock()).left() is None


def standing_still(ends: bool) -> Any:
    """A run that computes nothing: its first stages end at once, then it ends, or an error ends it."""

    def run(study: Study, report: Any, *, track: bool) -> Run:
        assert track
        (study.root / "data" / "derived" / study.name).mkdir(parents=True, exist_ok=True)
        report("records", "done")
        report("cohort", "reused")
        if not ends:
            raise DataError("stop here")
        return Run(study.folder, {"study": study.name, "value": float("nan")}, pd.DataFrame(), {"seconds": 1.5})

    return run


def test_a_run_is_told_to_machines_and_its_stages_are_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = write_study(tmp_path)
    seconds = tmp_path / "data" / "derived" / "small" / "seconds.json"
    monkeypatch.setattr("riskml.pipeline.run", standing_still(ends=False))
    assert answer("run", study, code=1)["error"] == "stop here"
    assert not seconds.exists(), "a run that did not end is no measure"
    monkeypatch.setattr("riskml.pipeline.run", standing_still(ends=True))
    done = riskml("run", study, "--json")
    assert json.loads(done.stdout) == {
        "folder": str(tmp_path / "models" / "small"),
        "summary": {"study": "small", "value": None},
        "run": {"seconds": 1.5},
    }
    assert done.stderr == "records: done\ncohort: reused\n"
    assert list(json.loads(seconds.read_text())["seconds"]) == ["records"]
