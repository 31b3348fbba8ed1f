"""An empty machine: a fresh clone, a home with nothing in it, a shell, and a Python that is fed block by block."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

PROGRAMS: Final = "/usr/local/bin:/usr/bin:/bin"
"""Where Python, make and git lie; nothing else is on the path."""

KEPT: Final = (
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "PIP_CERT", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_DEFAULT_TIMEOUT",
)  # fmt: skip
"""The way to the package registry: the only variables of the caller that the empty machine has too, if they are set."""

LIMIT: Final = 3600.0
"""Seconds after which a step is given up."""

FEEDING: Final = """\
import ast, code, json, os, sys, traceback

asked, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(2, 1)


class Shell(code.InteractiveInterpreter):
    error = ""

    def showtraceback(self):
        self.error = traceback.format_exc()

    showsyntaxerror = showtraceback


shell = Shell({"__name__": "__main__"})
for line in asked:
    step, shell.error = json.loads(line), ""
    try:
        for statement in ast.parse(step["text"], step["page"]).body:
            if not shell.error:
                shell.runcode(compile(ast.Interactive([statement]), step["page"], "single"))
    except SyntaxError:
        shell.showtraceback()
    answers.write(json.dumps(shell.error) + "\\n")
    answers.flush()
"""
"""What runs in the clone's Python. As at a prompt, the value of every expression is shown, so its `repr` is tried."""


@dataclass(frozen=True)
class Ran:
    """How a step ended: its exit code, its seconds, and the last that it said if it failed."""

    code: int
    seconds: float
    said: str = ""


@dataclass(frozen=True)
class Machine:
    """A clone of the project and the few variables that a shell in it has.

    Attributes:
        project: the clone.
        variables: all variables of the environment.
        commit: the commit that was cloned.
    """

    project: Path
    variables: Mapping[str, str]
    commit: str

    @property
    def reader(self) -> dict[str, str]:
        """The variables of a reader who has put `.venv/bin` on the path, as the pages suppose."""
        return {**self.variables, "PATH": f"{self.project / '.venv' / 'bin'}:{self.variables['PATH']}"}

    @property
    def python(self) -> str:
        """Version of the Python that make finds."""
        return self._said("python3", "-c", "import platform; print(platform.python_version())")

    def set_up(self, command: str) -> Ran:
        """Run a command before anything is on the path but the system's programs."""
        return _run(command, self.project, self.variables)

    def shell(self, command: str) -> Ran:
        """Run a command of a page."""
        return _run(command, self.project, self.reader)

    def _said(self, *words: str) -> str:
        return subprocess.run(  # noqa: S603 - words of this file
            words, cwd=self.project, env=dict(self.variables), capture_output=True, text=True, check=True
        ).stdout.strip()  # fmt: skip


def clone(source: Path, place: Path, *, programs: str = PROGRAMS) -> Machine:
    """A fresh clone of the last commit of a folder, in a place where nothing else is.

    Args:
        source: a checkout; what is not committed is left behind.
        place: an empty folder, for the clone and for the home.
        programs: the path.

    Raises:
        RuntimeError: if git cannot clone it.
    """
    home, project = place / "home", place / "riskml"
    home.mkdir()
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    variables = {**kept, "PATH": programs, "HOME": str(home)}
    asked = f"git clone -q --no-hardlinks '{source.resolve()}' '{project}'"
    done = _run(asked, place, variables)
    if done.code:
        raise RuntimeError(f"{source} cannot be cloned; name a checkout with --from: {done.said}")
    machine = Machine(project, variables, "")
    return replace(machine, commit=machine._said("git", "rev-parse", "--short=12", "HEAD"))


def with_changes(machine: Machine, source: Path) -> Machine:
    """The clone with what is not committed yet in the checkout that it was made of: changed, new and removed files.

    Args:
        machine: the clone.
        source: the checkout.
    """
    asked = ["git", "-C", str(source), "ls-files", "-z", "--modified", "--others", "--exclude-standard"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603 - words of this file
    changed = sorted(set(said.split("\0")) - {""})
    for name in changed:
        target = machine.project / name
        if (source / name).is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target)
        else:
            target.unlink(missing_ok=True)
    return replace(machine, commit=f"{machine.commit} and what was not committed") if changed else machine


def _run(command: str, folder: Path, variables: Mapping[str, str]) -> Ran:
    """Run a command in a shell of its own, and end all that it started if it takes too long."""
    began = time.perf_counter()
    asked = ["bash", "-o", "pipefail", "-c", command]
    with subprocess.Popen(  # noqa: S603 - a command of our own pages
        asked, cwd=folder, env=dict(variables), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace", start_new_session=True,
    ) as process:  # fmt: skip
        try:
            said, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said = f"given up after {LIMIT:.0f} seconds"
    seconds = time.perf_counter() - began
    return Ran(process.returncode, seconds, last_lines(said) if process.returncode else "")


def last_lines(text: str, *, number: int = 12) -> str:
    r"""The last lines of what a program said.

    Examples:
        >>> last_lines("one\ntwo\nthree\n", number=2)
        'two\nthree'
    """
    return "\n".join(text.rstrip().splitlines()[-number:])


class Prompt:
    """A Python of the clone that stays up and keeps its names, as one notebook would from a page's top to its end."""

    def __init__(self, machine: Machine) -> None:
        python = str(machine.project / ".venv" / "bin" / "python")
        self._log = (machine.project.parent / "python.log").open("a", encoding="utf-8")
        self._process = subprocess.Popen(  # noqa: S603 - the clone's own Python
            [python, "-c", FEEDING], cwd=machine.project, env=machine.reader, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self._log, text=True, encoding="utf-8",
        )  # fmt: skip

    def run(self, text: str, page: str, *, line: int = 1) -> Ran:
        """Run a block of a page, which begins on a line; a Python that has ended answers with its exit code."""
        assert self._process.stdin and self._process.stdout  # noqa: PT018, S101 - both are pipes
        began = time.perf_counter()
        timer = threading.Timer(LIMIT, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(json.dumps({"text": "\n" * (line - 1) + text, "page": page}) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            timer.cancel()
        seconds = time.perf_counter() - began
        if not answer:
            return Ran(self._process.wait() or 1, seconds, "Python has ended")
        error = json.loads(answer)
        return Ran(int(bool(error)), seconds, last_lines(error))

    def __enter__(self) -> Self:
        """Be ready."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
        self._log.close()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
