"""The pages as tests read them: their blocks, the shell lines in them, and how one line is run."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from typer.testing import CliRunner

from riskml.cli import app

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line on which the text begins."""

    language: str
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    page = path.read_text(encoding="utf-8")
    return [Block(found[1], found[2], page.count("\n", 0, found.start(2)) + 1) for found in BLOCK.finditer(page)]


def lines(block: Block) -> list[str]:
    """The lines of a console block, comments and empty ones left out; a text for another file (<<END) is none."""
    text = re.sub(r"<<END\n.*?^END$", "<<END", block.text, flags=re.MULTILINE | re.DOTALL)
    return [line for line in text.splitlines() if shlex.split(line, comments=True)]


def console(path: Path) -> list[str]:
    """The shell lines of a page."""
    return [line for block in blocks(path) if block.language == "console" for line in lines(block)]


def commands(path: Path) -> list[list[str]]:
    """The shell lines of a page as words."""
    return [shlex.split(line, comments=True) for line in console(path)]


def python(block: Block, path: Path, names: dict[str, Any]) -> None:
    """Run a block of Python as the page goes on; a traceback names the line of the page."""
    exec(compile("\n" * (block.line - 1) + block.text, str(path), "exec"), names)  # noqa: S102 - our own pages


def shell(line: str) -> None:
    """Run one line of a page, which must end as it says: riskml in this process, another program in one of its own."""
    words = shlex.split(line, comments=True)
    if words[0] in ("python", "openssl"):
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        subprocess.run(line, shell=True, check=True, env=environment)  # noqa: S602 - our own pages
        return
    first = next(place for place, word in enumerate(words) if "=" not in word)
    assert words[first] == "riskml", line
    with patch.dict(os.environ, dict(word.split("=", 1) for word in words[:first])):
        done = CliRunner().invoke(app, words[first + 1 :])
    code = 1 if line.endswith("# ends with code 1") else 0
    assert done.exit_code == code, f"{line}\n{done.output}"
