"""The command that follows every tutorial on an empty machine: its steps, their order, and the page that it writes."""

import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NAMES = ("first_hour", "first_hour_machine", "first_hour_page", "first_hour_steps")
MAKEFILE = """\
run:
\tmkdir -p .venv/bin && ln -sf "$$(command -v python3)" .venv/bin/python && echo made > made.txt
test:
\ttest -f made.txt
.venv/test.stamp:
\ttouch $@
"""
GUIDE = """\
# A guide

```python
number = 41
```

Text between.

```console
# the next line goes on
printf '%s' \\
  one > one.txt
riskml fetch chicago --out data/raw
```

```python
from pathlib import Path

number += 1
Path("number.txt").write_text(Path("one.txt").read_text() + str(number))
```

```console
grep -q one42 number.txt
ls "/path/to/folder"
```
"""


@pytest.fixture(scope="module")
def modules() -> Iterator[Any]:
    """The modules of the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in NAMES})


def project(folder: Path, page: str, makefile: str = MAKEFILE) -> Path:
    """A checkout with one commit: a Makefile, and one page `guide.md`."""
    (folder / "docs").mkdir(parents=True)
    (folder / "README.md").write_text("```console\nmake run\nmake test\n```\n", encoding="utf-8")
    (folder / "Makefile").write_text(makefile, encoding="utf-8")
    (folder / "docs" / "guide.md").write_text(page, encoding="utf-8")
    git = ("git", "-C", str(folder), "-c", "user.name=nobody", "-c", "user.email=nobody@example.invalid")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "--no-gpg-sign", "-m", "first")):
        subprocess.run([*git, *words], check=True)
    return folder


def machine(modules: Any, tmp_path: Path, page: str) -> Any:
    """An empty machine with a clone of such a checkout, in which `make run` was run."""
    place = tmp_path / "place"
    place.mkdir()
    made = modules.first_hour_machine.clone(project(tmp_path / "here", page), place)
    assert made.set_up("make run").code == 0
    return made


def found(modules: Any, tmp_path: Path, page: str, data: str | None = None) -> list[Any]:
    """The steps of a page."""
    path = tmp_path / "guide.md"
    path.write_text(page, encoding="utf-8")
    steps: list[Any] = modules.first_hour_steps.steps(path, data=data)
    return steps


def test_console_and_python_come_in_the_order_of_the_page_with_their_lines(modules: Any, tmp_path: Path) -> None:
    steps = found(modules, tmp_path, GUIDE)
    assert [step.kind for step in steps] == ["python", "console", "console", "python", "console", "console"]
    assert [GUIDE.splitlines()[step.line - 1] for step in steps] == [step.text.splitlines()[0] for step in steps]
    assert steps[1].text == "printf '%s' \\\n  one > one.txt"


def test_a_here_document_is_one_command(modules: Any, tmp_path: Path) -> None:
    steps = found(modules, tmp_path, "```console\ncat > a.txt <<END\none\nEND\nls\n```\n")
    assert [step.text for step in steps] == ["cat > a.txt <<END\none\nEND", "ls"]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("riskml ingest my.toml postgresql://reader@host/city --out x", "needs a database"),
        ("riskml score a file:///data --as-of 2025-06-01 --engine spark --out s/", "needs a store of a cluster"),
        ("riskml fetch chicago --out data/raw", "uses the network"),
        ("make mlflow", "a server that stays up"),
        ("15 2 * * * scoring /srv/rescore.sh", "changes the machine"),
        ("riskml ingest chicago /path/to/folder/a.csv --out x", "needs your own data"),
        ("riskml score models/sample data/sample --as-of 2025-06-01 --out s.csv", ""),
        ("riskml ingest my_city.toml fetched.csv --out data/raw/city", ""),
    ],
)
def test_what_cannot_be_followed_is_left_out_with_the_reason(
    modules: Any, tmp_path: Path, command: str, why: str
) -> None:
    assert [step.left for step in found(modules, tmp_path, f"```console\n{command}\n```\n")] == [why]


def test_the_readers_own_folder_stands_in_the_place_of_the_placeholder(modules: Any, tmp_path: Path) -> None:
    last = found(modules, tmp_path, GUIDE, data="/mine")[-1]
    assert (last.typed, last.left) == ('ls "/mine"', "")
    assert "/mine" not in last.title


def test_a_page_is_followed_with_one_python_from_its_top_to_its_end(modules: Any, tmp_path: Path) -> None:
    walk = modules.first_hour.follow(machine(modules, tmp_path, GUIDE), "guide", data=None)
    assert not walk.failed
    assert [step.left for step in walk.left] == ["uses the network", "needs your own data"]
    assert walk.cells[:6] == ["[guide.md](guide.md)", "6", "4", "0", "2", "uses the network; needs your own data"]


def test_a_step_that_fails_is_kept_with_what_it_said_and_the_walk_goes_on(modules: Any, tmp_path: Path) -> None:
    page = "```python\na = 1\n1 / 0\n```\n```console\nls nowhere\n```\n```python\nif a\n```\n```python\na += 1\n```\n"
    walk = modules.first_hour.follow(machine(modules, tmp_path, page), "guide")
    assert [ran.code for _, ran in walk.ends] == [1, 2, 1, 0]
    assert [words in ran.said for words, (_, ran) in zip(("ZeroDivisionError", "nowhere", "SyntaxError"), walk.failed)]  # noqa: B905
    report = modules.first_hour_page.Report({}, [], [walk])
    assert not report.worked
    assert "ZeroDivisionError" in modules.first_hour_page.page(report)


def test_a_value_that_cannot_be_shown_fails_as_it_does_at_a_prompt(modules: Any, tmp_path: Path) -> None:
    page = '```python\nclass Odd:\n    def __repr__(self):\n        raise ValueError("no words")\n\nOdd()\n```\n'
    ((_, ran),) = modules.first_hour.follow(machine(modules, tmp_path, page), "guide").ends
    assert (ran.code, ran.said.splitlines()[-1]) == (1, "ValueError: no words")


def test_a_python_that_has_ended_answers_every_later_block_with_a_failure(modules: Any, tmp_path: Path) -> None:
    page = "```python\nimport os\nos._exit(3)\n```\n```python\n1\n```\n```console\ntrue\n```\n"
    walk = modules.first_hour.follow(machine(modules, tmp_path, page), "guide")
    assert [ran.code for _, ran in walk.ends] == [3, 3, 0]


def test_the_empty_machine_has_nothing_of_the_callers_but_the_way_to_packages(
    modules: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKML_SALT", "of the caller")
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example")
    made = machine(modules, tmp_path, "")
    assert made.variables["PIP_INDEX_URL"] == "https://packages.example"
    assert set(made.variables) <= {"PATH", "HOME", *modules.first_hour_machine.KEPT}
    assert made.shell('test -z "$RISKML_SALT" && test "$(ls -A $HOME)" = \'\'').code == 0
    assert made.shell('test "$(command -v python)" = "$PWD/.venv/bin/python"').code == 0
    assert made.set_up('test "$(command -v python)" != "$PWD/.venv/bin/python"').code == 0


def run_main(modules: Any, tmp_path: Path, *words: str, makefile: str = MAKEFILE) -> int:
    """The whole command on a checkout with one short page."""
    here = project(tmp_path / "here", "```console\ntrue\n```\n", makefile)
    code: int = modules.first_hour.main(["--from", str(here), *words])
    return code


def test_without_make_run_no_page_is_followed(modules: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main(modules, tmp_path, "--pages", "guide", makefile="run:\n\t@echo no registry; exit 3\n") == 1
    said = capsys.readouterr().out
    assert "no registry" in said
    assert "| `make run` | 2 | 1 |" in said
    assert "guide.md" not in said


def test_a_quick_look_leaves_the_tests_out_and_says_so(
    modules: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(modules, tmp_path, "--pages", "guide", "--no-tests") == 0
    said = capsys.readouterr().out
    assert "make .venv/test.stamp" in said
    assert "| `make test` | not run | – |" in said


def test_a_page_of_some_tutorials_is_not_written(modules: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        modules.first_hour.main(["--write", "--pages", "analyst"])
    assert "--write is for all tutorials" in capsys.readouterr().err


def test_what_is_not_committed_is_followed_only_when_asked(
    modules: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = project(tmp_path / "here", "```console\ntrue\n```\n")
    (here / "docs" / "guide.md").write_text("```console\nls new/file.txt\n! ls Old.txt\n```\n", encoding="utf-8")
    (here / "new").mkdir()
    (here / "new" / "file.txt").touch()
    words = ["--from", str(here), "--pages", "guide", "--no-tests"]
    assert modules.first_hour.main([*words, "--uncommitted"]) == 0
    said = capsys.readouterr().out
    assert "| 2 | 2 | 0 | 0 |" in said
    assert modules.first_hour.main(words) == 0
    assert "| 1 | 1 | 0 | 0 |" in capsys.readouterr().out


def test_the_page_is_written_when_all_was_followed(
    modules: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modules.first_hour, "TUTORIALS", ("guide",))
    monkeypatch.setattr(modules.first_hour, "PAGE", tmp_path / "first_hour.md")
    assert run_main(modules, tmp_path, "--write") == 0
    written = (tmp_path / "first_hour.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(make \w+)` \| (\d) \|", written, re.MULTILINE) == [("make run", "0"), ("make test", "0")]


def test_a_page_that_the_commit_does_not_have_is_refused(
    modules: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run_main(modules, tmp_path, "--pages", "absent")
    assert "has no docs/absent.md" in capsys.readouterr().err


def test_every_tutorial_that_is_followed_stands_there_and_has_steps(modules: Any) -> None:
    for name in modules.first_hour.TUTORIALS:
        assert modules.first_hour_steps.steps(ROOT / "docs" / f"{name}.md")
