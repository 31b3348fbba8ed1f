"""What a page asks its reader to do: its blocks of code as steps, in the order in which they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

BLOCK: Final = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HERE_DOCUMENT: Final = re.compile(r"<<-?\s*['\"]?(\w+)")
OWN_DATA: Final = "/path/to/folder"
"""Stands in the pages for the folder of the real data."""

CANNOT: Final = {
    "needs a database": re.compile(r"\w+ql://"),
    "needs a store of a cluster": re.compile(r"--engine spark|file:///"),
    "uses the network": re.compile(r"\briskml fetch\b"),
    "a server that stays up": re.compile(r"\bmake (lab|mlflow)\b|\bjupyter lab\b|\bmlflow (server|models serve)\b"),
    "changes the machine": re.compile(r"\b(sudo|apt-get|systemctl|crontab)\b|^[\d*]+( [\d*]+){4} "),
}
"""Why a step is not followed -> what such a step looks like."""

WITHOUT_DATA: Final = "needs your own data"


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        page: the page's file name.
        line: line of the page on which the step begins.
        kind: `console`, one command of a shell, or `python`, a whole block.
        text: what stands there.
        left: why it is not followed; empty for a step that is.
        data: the reader's own folder of records; empty for a step that needs none.
    """

    page: str
    line: int
    kind: str
    text: str
    left: str = ""
    data: str = ""

    @property
    def typed(self) -> str:
        """What the reader types: the text, with the own folder in its place."""
        return self.text.replace(OWN_DATA, self.data) if self.data else self.text

    @property
    def title(self) -> str:
        """The first line that says something, in short."""
        said = [line.strip() for line in self.text.splitlines() if line.strip() and not line.startswith("#")]
        return shortened(said[0] if said else self.text)


def shortened(text: str, *, most: int = 100) -> str:
    """A text of one line, cut after so many characters.

    Examples:
        >>> shortened("riskml grade data/sample", most=12)
        'riskml grad…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def commands(block: str) -> Iterator[tuple[int, str]]:
    r"""The commands of a console block, each with the number of its first line, from 0.

    A line that ends in a backslash goes on in the next one; a here-document goes on to its end mark. Comments and empty
    lines are no commands.

    Examples:
        >>> list(commands("# first\nmake run\nriskml grade data/sample \\\n  --system nanchang\n"))
        [(1, 'make run'), (2, 'riskml grade data/sample \\\n  --system nanchang')]
    """
    lines = block.splitlines()
    place = 0
    while place < len(lines):
        first, end = place, None
        while lines[place].endswith("\\") and place + 1 < len(lines):
            place += 1
        if begun := HERE_DOCUMENT.search("\n".join(lines[first : place + 1])):
            end = begun[1]
        while end and lines[place] != end and place + 1 < len(lines):
            place += 1
        place += 1
        if lines[first].strip() and not lines[first].lstrip().startswith("#"):
            yield first, "\n".join(lines[first:place])


def steps(page: Path, *, data: str | None = None) -> list[Step]:
    """The steps of a page, console and Python in the order in which a reader comes to them.

    Args:
        page: a page of the documentation.
        data: folder of real data, typed in the place of `/path/to/folder`; without it such a step is not followed.
    """
    text = page.read_text(encoding="utf-8")
    found = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(2)) + 1
        parts = commands(block[2]) if block[1] == "console" else [(0, block[2])]
        found += [Step(page.name, line + offset, block[1], part) for offset, part in parts]
    return [_judged(step, data) for step in found]


def _judged(step: Step, data: str | None) -> Step:
    """The step with the reader's own folder, or with the reason why it is left out."""
    if OWN_DATA in step.text:
        return replace(step, data=data) if data else replace(step, left=WITHOUT_DATA)
    if step.kind == "python":
        return step
    return replace(step, left=next((why for why, like in CANNOT.items() if like.search(step.text)), ""))
