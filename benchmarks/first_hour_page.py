"""What came out of following the pages, as tables: on the screen, and as docs/first_hour.md."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from first_hour_machine import Ran
from first_hour_steps import Step, shortened

HEAD = """# The first hour, followed literally

Written by `python benchmarks/first_hour.py --write`; no number here is typed. The command makes an empty machine: a
fresh clone of the commit below, a home folder with nothing in it, and no variables but the path to the system's own
Python, make and git (and, if the caller has any, the way to the package registry). There it runs the two commands of
the README, and then follows each tutorial as a reader would: every command in a shell with `.venv/bin` on the path,
every block of Python at one prompt that stays open from the top of the page to its end, both in the order in which they
stand there. A step worked if it ended with code 0, or without an exception; whether what it shows is right, other tests
say. Seconds are those of the machine, without reading.

"""


@dataclass(frozen=True)
class Walk:
    """A page that was followed: its steps, each with how it ended, or None where it was left out."""

    page: str
    ends: tuple[tuple[Step, Ran | None], ...]

    @property
    def failed(self) -> list[tuple[Step, Ran]]:
        """The steps that did not work."""
        return [(step, ran) for step, ran in self.ends if ran and ran.code]

    @property
    def left(self) -> list[Step]:
        """The steps that were not followed."""
        return [step for step, ran in self.ends if ran is None]

    @property
    def seconds(self) -> float:
        """What all steps took."""
        return sum(ran.seconds for _, ran in self.ends if ran)

    @property
    def cells(self) -> list[str]:
        """The row of the page's table."""
        longest = max((ran.seconds for _, ran in self.ends if ran), default=0.0)
        why = "; ".join(dict.fromkeys(step.left for step in self.left)) or "–"
        worked = len(self.ends) - len(self.left) - len(self.failed)
        counts = (len(self.ends), worked, len(self.failed), len(self.left))
        return [f"[{self.page}]({self.page})", *map(str, counts), why, whole(self.seconds), whole(longest)]


@dataclass(frozen=True)
class Report:
    """All that was seen.

    Attributes:
        facts: what is to be known of the machine, by name; written as code.
        commands: the commands of the README, with how they ended, or None for one that was not run.
        walks: the pages that were followed.
    """

    facts: dict[str, str]
    commands: Sequence[tuple[str, Ran | None]]
    walks: Sequence[Walk]

    @property
    def worked(self) -> bool:
        """Whether nothing failed."""
        return not any(ran and ran.code for _, ran in self.commands) and not any(walk.failed for walk in self.walks)


def whole(seconds: float) -> str:
    """Whole seconds, at least one where there was anything to do.

    Examples:
        >>> whole(0.2), whole(61.6), whole(0)
        ('1', '62', '0')
    """
    return str(max(round(seconds), 1 if seconds else 0))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A table in Markdown.

    Examples:
        >>> table(["page", "steps"], [["analyst.md", "17"]])
        '| page | steps |\n| --- | --- |\n| analyst.md | 17 |\n'
    """
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


def code(text: str) -> str:
    r"""A text as code in a cell of a table.

    Examples:
        >>> print(code("a | b"))
        `a \| b`
    """
    return f"`{text.replace('|', chr(92) + '|').replace('`', chr(39))}`"


def page(report: Report) -> str:
    """The page docs/first_hour.md."""
    parts = [HEAD + table(["fact", "value"], ([name, code(value)] for name, value in report.facts.items()))]
    parts += ["## The two commands\n\n" + commands_table(report), "## The tutorials\n\n" + walks_table(report)]
    failed = [_place(step, f"code {ran.code}: {code(_last(ran.said))}") for w in report.walks for step, ran in w.failed]
    left = [_place(step, step.left) for walk in report.walks for step in walk.left]
    parts += ["## What failed\n\n" + table(["step", "what", "how"], failed)] if failed else []
    parts += ["## What was not followed\n\n" + table(["step", "what", "why"], left)] if left else []
    return "\n".join(parts)


def commands_table(report: Report) -> str:
    """README's commands with their exit codes and seconds."""
    ends = (
        (command, [str(ran.code), whole(ran.seconds)] if ran else ["not run", "–"]) for command, ran in report.commands
    )
    rows = ([code(command), *end] for command, end in ends)
    return table(["command", "exit code", "seconds"], rows)


def walks_table(report: Report) -> str:
    """A row for each page that was followed."""
    head = ["page", "steps", "worked", "failed", "not followed", "why", "seconds", "the longest step"]
    return table(head, (walk.cells for walk in report.walks))


def _place(step: Step, remark: str) -> list[str]:
    """Where a step stands, what it says, and a remark."""
    return [f"[{step.page}]({step.page}), line {step.line}", code(step.title), remark]


def _last(text: str) -> str:
    """The last line of what was said."""
    return shortened((text.splitlines() or [""])[-1], most=160)
