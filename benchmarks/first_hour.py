"""The first hour on an empty machine: README's two commands, then every tutorial literally, with the times.

    [RISKML_REAL_DATA=/path/to/folder] python benchmarks/first_hour.py [--write] [--no-tests] [--pages NAME ...]

Clones the last commit into a temporary folder, with a home that is empty and a path that holds the system's programs
only, runs `make run` and `make test`, and follows the tutorials in the order of their steps. Each step is printed
with its seconds; one that fails is printed with what it said, and makes the exit code 1. --write writes
docs/first_hour.md. Installing needs the package registry; a full run takes as long as `make run` and `make test` do.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from first_hour_machine import PROGRAMS, Machine, Prompt, Ran, clone, cores, with_changes
from first_hour_page import Report, Walk, commands_table, page, walks_table, whole
from first_hour_steps import Step, steps

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "first_hour.md"
SET_UP: Final = "make .venv/test.stamp"
"""What `make test` sets up, where the tests themselves are left out."""
TUTORIALS: Final = ("tutorial.zh-CN", "analyst", "modeller", "engineer", "planning")


def follow(machine: Machine, name: str, *, data: str | None = None) -> Walk:
    """Follow one page of docs/ from its top to its end; a failed step does not end the walk.

    Args:
        machine: where `make run` has been run.
        name: the page's file name without `.md`.
        data: folder of real data, if there is one.
    """
    ends: list[tuple[Step, Ran | None]] = []
    with Prompt(machine) as prompt:
        for step in steps(machine.project / "docs" / f"{name}.md", data=data):
            ran = None if step.left else _done(machine, prompt, step)
            ends.append((step, ran))
            tell(f"{step.page}:{step.line} {step.title}", ran, step.left)
    return Walk(f"{name}.md", tuple(ends))


def _done(machine: Machine, prompt: Prompt, step: Step) -> Ran:
    """Do what a step says."""
    return prompt.run(step.typed, step.page, line=step.line) if step.kind == "python" else machine.shell(step.typed)


def tell(what: str, ran: Ran | None, left: str = "") -> None:
    """Print how a step ended."""
    if ran is None:
        print(f"  left         {what} ({left})", flush=True)
        return
    print(f"  {f'code {ran.code}' if ran.code else 'ok':7}{whole(ran.seconds):>5} {what}", flush=True)
    if ran.code:
        print("".join(f"               {line}\n" for line in ran.said.splitlines()), end="", flush=True)


def first_hour(machine: Machine, names: Sequence[str], *, tests: bool, data: str | None) -> Report:
    """The README's two commands, then the pages; if the first does not work nothing can be followed."""
    facts = {
        "day": date.today().isoformat(),
        "commit": machine.commit,
        "Python": machine.python,
        "system": f"{os.uname().sysname} {os.uname().machine}",
        "cores": str(cores()),
        "real records": "given" if data else "not given",
    }
    first, second = (step.text for step in steps(machine.project / "README.md")[:2])
    ready = _command(machine, first)
    last = None if ready.code or not tests else _command(machine, second)
    if not ready.code and not tests:
        _command(machine, SET_UP)
    walks = [] if ready.code else [follow(machine, name, data=data) for name in names]
    return Report(facts, [(first, ready), (second, last)], walks)


def _command(machine: Machine, command: str) -> Ran:
    """Run a command of the README."""
    ran = machine.set_up(command)
    tell(command, ran)
    return ran


def main(argv: Sequence[str] | None = None) -> int:
    """Do it, print the tables, and write the page if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", type=Path, default=ROOT, help="checkout that is cloned")
    parser.add_argument(
        "--pages", nargs="+", default=TUTORIALS, help=f"pages of docs/, by default {' '.join(TUTORIALS)}"
    )
    parser.add_argument("--no-tests", action="store_true", help="leave out make test")
    parser.add_argument("--uncommitted", action="store_true", help="also what is not committed yet")
    parser.add_argument("--programs", default=PROGRAMS, help="the path: where python3, make and git lie")
    parser.add_argument("--write", action="store_true", help="write docs/first_hour.md")
    asked = parser.parse_args(argv)
    if asked.write and tuple(asked.pages) != TUTORIALS:
        parser.error("--write is for all tutorials")
    names = [name.removesuffix(".md") for name in asked.pages]
    with tempfile.TemporaryDirectory(prefix="first_hour_") as place:
        machine = clone(asked.source, Path(place), programs=asked.programs)
        machine = with_changes(machine, asked.source) if asked.uncommitted else machine
        if lost := [name for name in names if not (machine.project / "docs" / f"{name}.md").is_file()]:
            parser.error(f"commit {machine.commit} has no docs/{lost[0]}.md")
        report = first_hour(machine, names, tests=not asked.no_tests, data=os.environ.get("RISKML_REAL_DATA") or None)
    print(f"\n{commands_table(report)}\n{walks_table(report)}")
    if asked.write:
        PAGE.write_text(page(report), encoding="utf-8")
    return 0 if report.worked else 1


if __name__ == "__main__":
    sys.exit(main())
