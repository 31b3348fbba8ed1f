"""How the command speaks: consoles, progress, languages, answers for machines, one clear line for every mistake."""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text
from typer.core import TyperGroup

from riskml.errors import RiskmlError, StudyError
from riskml.plain import plain

if TYPE_CHECKING:
    import pandas as pd

JSON_OPTION: Final = "--json"
INTERRUPTED: Final = 130
"""Exit code of a command that Ctrl-C ended, as shells have it."""
UNWRITABLE: Final = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)
AsJson = Annotated[bool, typer.Option(JSON_OPTION, help="One JSON object on standard output, for machines.")]


def bare() -> bool:
    """Whether the user or the terminal wants text without escape codes: NO_COLOR is set, or TERM is "dumb"."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM", "").lower() in ("dumb", "unknown")


def _console(*, stderr: bool = False, width: int | None = None) -> Console:
    return Console(stderr=stderr, soft_wrap=False, width=width, color_system=None if bare() else "auto")


out = _console(width=None if sys.stdout.isatty() else 110)
err = _console(stderr=True)


class Lang(StrEnum):
    """Languages of what an officer reads."""

    EN = "en"
    ZH = "zh"


LEFT: Final = {Lang.EN: "about {} left, as last time", Lang.ZH: "约剩 {}，按上次用时"}


class SpeakingGroup(TyperGroup):
    """The commands together: a wrong usage is told to machines too, and help keeps to what the terminal can show."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command line; see typer."""
        if bare():
            from typer import rich_utils  # noqa: PLC0415 - takes long to import, and only for help and errors

            rich_utils.COLOR_SYSTEM = None
        return super().main(*args, **kwargs)

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the words before the command's name; see typer."""
        asked = JSON_OPTION in args
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except Exception as error:
            _tell_usage(error, asked=asked)
            raise
        context.meta[JSON_OPTION] = asked
        return context

    def invoke(self, ctx: Any) -> Any:
        """Find the command, read its words and run it; see typer."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            _tell_usage(error, asked=ctx.meta[JSON_OPTION])
            raise


def _tell_usage(error: Exception, *, asked: bool) -> None:
    """What typer prints of a wrong usage, as JSON; errors of any other kind pass by."""
    text = getattr(error, "format_message", None)
    if asked and text is not None:
        say_json(_failure(text(), "UsageError", 2))


def guarded_command(function: Callable[..., None]) -> Callable[..., None]:
    """Turn riskml's errors, and a full or unwritable disk, into one line and an exit code.

    A command with an argument `as_json` that is true also gets {"error", "kind", "code"} on standard output.
    """

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        as_json = bool(kwargs.get("as_json"))
        try:
            function(*args, **kwargs)
        except RiskmlError as error:
            raise _told(error, str(error), 2 if isinstance(error, StudyError) else 1, as_json=as_json) from error
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            where = error.filename or "the output"
            text = f"cannot write {where}: {error.strerror}; nothing was written"
            raise _told(error, text, 1, as_json=as_json) from error
        except KeyboardInterrupt as error:
            if as_json:
                say_json(_failure("stopped by the user", "KeyboardInterrupt", INTERRUPTED))
            raise typer.Exit(INTERRUPTED) from error

    return guarded


def _told(error: Exception, text: str, code: int, *, as_json: bool) -> typer.Exit:
    """Say what is wrong, to people and if asked to machines; what ends the command."""
    if as_json:
        say_json(_failure(text, type(error).__name__, code))
    err.print(f"riskml: {text}", markup=False, highlight=False, soft_wrap=True)
    return typer.Exit(code)


def _failure(text: str, kind: str, code: int) -> dict[str, Any]:
    return {"error": text, "kind": kind, "code": code}


def say_json(value: Any) -> None:
    """The answer of a command for machines: one object, on one line, in ASCII, so that no console can spoil it."""
    typer.echo(json.dumps(plain(value), allow_nan=False))


class TimeLeft(ProgressColumn):
    """The time that is left, where it is known from an earlier run; nothing where it is not."""

    def __init__(self, left: Callable[[], float | None], lang: Lang) -> None:
        super().__init__()
        self.left, self.lang = left, lang

    def render(self, task: Task) -> Text:  # noqa: ARG002 - the name is rich's
        """The column's words at this moment."""
        return Text(left_words(self.left(), self.lang))


def left_words(seconds: float | None, lang: Lang = Lang.EN) -> str:
    """What is said of the time that is left; nothing if it is not known.

    >>> left_words(83.2), left_words(None)
    ('about 1:24 left, as last time', '')
    """
    if seconds is None:
        return ""
    minutes, rest = divmod(-int(-seconds // 1), 60)
    return LEFT[lang].format(f"{minutes}:{rest:02}")


@contextmanager
def progress(
    total: int, left: Callable[[], float | None] | None = None, lang: Lang = Lang.EN
) -> Iterator[Callable[[str, str], None]]:
    """A progress bar over stages on a terminal; plain lines elsewhere.

    Args:
        total: how many stages there are.
        left: the seconds that are left, None where they are not known; asked again and again.
        lang: of what is said about them.
    """
    if not err.is_terminal or bare():
        yield lambda stage, state: err.print(f"{stage}: {state}", markup=False, highlight=False)
        return
    columns: list[ProgressColumn] = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    if left is not None:
        columns.append(TimeLeft(left, lang))
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=total)

        def step(stage: str, state: str) -> None:
            bar.update(task, description=f"{stage} ({state})", advance=0 if state == "running" else 1)

        yield step


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of equally many cells as lines, each column as wide as its widest cell on a terminal.

    >>> aligned([("ok", "Python"), ("缺少", "Java")])
    ['ok    Python', '缺少  Java']
    """
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    padded = ([cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return ["  ".join(cells).rstrip() for cells in padded]


def write_rows(table: "pd.DataFrame", target: Path, *, as_json: bool = False) -> None:
    """Write a table by the ending of its name, and say how many rows it has."""
    from riskml.reporting.tables import write_table  # noqa: PLC0415 - a command that writes none need not load it

    write_table(table, target)
    if as_json:
        say_json({"rows": len(table), "file": target})
        return
    out.print(f"{len(table)} rows: {target}", markup=False, highlight=False, soft_wrap=True)
