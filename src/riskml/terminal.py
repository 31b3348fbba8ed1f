"""How the command speaks: consoles, progress, languages, answers for machines, one clear line for every mistake."""

import errno
import io
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from rich.table import Column, Table
from rich.text import Text
from typer.core import TyperGroup

from riskml.errors import DataError, RiskmlError, StudyError
from riskml.pacing import left_words
from riskml.plain import plain

if TYPE_CHECKING:
    import pandas as pd

JSON_OPTION: Final = "--json"
INTERRUPTED: Final = 130
FULL: Final = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS)
AsJson = Annotated[bool, typer.Option(JSON_OPTION, help="One JSON object on standard output, for machines.")]


def bare() -> bool:
    """Whether the user or the terminal wants text without escape codes: NO_COLOR is set, or TERM is "dumb"."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM", "").lower() in ("dumb", "unknown")


def _console(*, stderr: bool = False, width: int | None = None) -> Console:
    return Console(stderr=stderr, soft_wrap=False, width=width, color_system=None if bare() else "auto")


out = _console(width=None if sys.stdout is not None and sys.stdout.isatty() else 110)
err = _console(stderr=True)


class Lang(StrEnum):
    """Languages of what an officer reads."""

    EN = "en"
    ZH = "zh"


Language = Annotated[Lang, typer.Option("--lang", help="Language of texts.")]
ROWS: Final = {Lang.EN: "{rows} rows: {file}", Lang.ZH: "{rows} 行：{file}"}
REPLACED: Final = {Lang.EN: " (in place of what was there)", Lang.ZH: "（已替换原有文件）"}


class SpeakingGroup(TyperGroup):
    """The commands together: a wrong usage is told to machines too, and help keeps to what the terminal can show."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command line; see typer."""
        if bare():
            from typer import rich_utils  # noqa: PLC0415 - takes long to import, and only for help and errors

            rich_utils.COLOR_SYSTEM = None
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a console that cannot show a character shows its number
                stream.reconfigure(errors="backslashreplace")
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
    """Turn riskml's errors, and what the system refuses, into one line and an exit code; warnings are a line each.

    With `as_json` {"error", "kind", "code"} come on standard output too, also of a fault of riskml itself.
    """

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        as_json = bool(kwargs.get("as_json"))
        try:
            with _warnings_told():
                function(*args, **kwargs)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except BaseException as error:
            found = _stop(error)
            if isinstance(found, RiskmlError | OSError | MemoryError | KeyboardInterrupt):
                raise _told(found, _words(found), as_json=as_json) from error
            if isinstance(found, SystemExit):
                raise found from None
            if as_json:
                say_json(_failure(f"a fault of riskml: {error}", type(error).__name__, 1))
            raise

    return guarded


def _stop(error: BaseException) -> BaseException:
    """What stopped a command: a library that is stopped while it loads says something else, because of that."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, KeyboardInterrupt | SystemExit):
        seen = seen.__cause__ or seen.__context__
    return error if seen is None else seen


def _words(error: BaseException) -> str:
    """What is wrong, in a line."""
    if isinstance(error, KeyboardInterrupt):
        return "stopped by the user"
    if isinstance(error, MemoryError):
        return "memory is full; features and score stay within what --memory says, such as --memory 4GB"
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    where = error.filename2 or error.filename or "the output, or the working folder"
    if error.errno in FULL:
        return f"cannot write {where}: {error.strerror}; nothing was written"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no right to read or write {where}: {error.strerror}; nothing was written"
    return f"{where}: {error.strerror}"


@contextmanager
def _warnings_told() -> Iterator[None]:
    """Warnings for the user, such as that an artifact has expired, as a line without the place in the code."""

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if category is not UserWarning:
            return usual(message, category, *place, **more)
        return tell(f"riskml: warning: {message}")

    usual = warnings.showwarning
    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = usual


def _told(error: BaseException, text: str, *, as_json: bool) -> typer.Exit:
    """Say what is wrong, to people and if asked to machines; what ends the command."""
    code = INTERRUPTED if isinstance(error, KeyboardInterrupt) else 2 if isinstance(error, StudyError) else 1
    if as_json:
        say_json(_failure(text, type(error).__name__, code))
    tell(f"riskml: {text}")
    return typer.Exit(code)


def _failure(text: str, kind: str, code: int) -> dict[str, Any]:
    return {"error": text, "kind": kind, "code": code}


def say(lines: Iterable[object]) -> None:
    """Lines of an answer for people, as they are."""
    for line in lines:
        out.print(str(line), markup=False, highlight=False, soft_wrap=True)


def say_table(table: Table) -> None:
    """A table whole: where it is wider than the terminal its lines are broken, and no number is cut off."""
    needed = out.measure(table, options=out.options.update(max_width=1000)).maximum
    _console(width=max(out.width, needed)).print(table)


def tell(line: str) -> None:
    """A line about the work that goes on, on the error output."""
    err.print(line, markup=False, highlight=False, soft_wrap=True)


def say_json(value: Any) -> None:
    """The answer of a command for machines: one object, on one line, in ASCII, so that no console can spoil it."""
    typer.echo(json.dumps(plain(value), allow_nan=False))


class TimeLeft(ProgressColumn):
    """The time that is left, where it is known from an earlier run; nothing where it is not."""

    def __init__(self, left: Callable[[], float | None], lang: Lang) -> None:
        super().__init__(Column(no_wrap=True))
        self.left, self.lang = left, lang

    def render(self, task: Task) -> Text:  # noqa: ARG002 - the name is rich's
        """The column's words at this moment."""
        return Text(left_words(self.left(), self.lang, as_last_time=True))


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """A sign that moves on a terminal, with the time gone; gives a function that takes other words for it."""
    if not err.is_terminal or bare():
        yield lambda _: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda words: bar.update(task, description=words)


@contextmanager
def progress(
    total: int, left: Callable[[], float | None] | None = None, lang: Lang = Lang.EN
) -> Iterator[Callable[[str, str], None]]:
    """A progress bar over `total` stages on a terminal, with the seconds `left` if they are known; lines elsewhere."""
    if not err.is_terminal or bare():
        yield lambda stage, state: err.print(f"{stage}: {state}", markup=False, highlight=False)
        return
    text, gone = TextColumn("{task.description}"), TimeElapsedColumn()
    columns: list[ProgressColumn] = [SpinnerColumn(), text, BarColumn(), MofNCompleteColumn(), gone]
    columns += [] if left is None else [TimeLeft(left, lang)]
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=total)

        def step(stage: str, state: str) -> None:
            bar.update(task, description=f"{stage} ({state})", advance=0 if state == "running" else 1)

        yield step


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of equally many cells as lines, each column as wide as its widest cell on a terminal."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    padded = ([cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return ["  ".join(cells).rstrip() for cells in padded]


def refuse_place(target: Path) -> None:
    """Refuse a file that cannot be written, before the work is done: DataError."""
    if target.is_dir():
        raise DataError(f"{target} is a folder; name a file")
    there = next(folder for folder in target.absolute().parents if folder.exists())
    if not there.is_dir():
        raise DataError(f"{there} is a file; {target} cannot lie below it")
    if not os.access(there, os.W_OK | os.X_OK):
        raise DataError(f"no right to write into the folder {there}; nothing was written")


def refuse_table(target: Path) -> None:
    """Refuse a name that no table can be written under, before the work is done: DataError."""
    from riskml.reporting.tables import ENDINGS  # noqa: PLC0415 - a command that writes none need not load it

    if target.suffix not in ENDINGS:
        raise DataError(f"{target}: cannot write this kind of table; end the name in one of {list(ENDINGS)}")
    refuse_place(target)


def write_rows(table: "pd.DataFrame", target: Path, *, as_json: bool = False, lang: Lang = Lang.EN) -> None:
    """Write a table by the ending of its name, and say how many rows it has."""
    from riskml.reporting.tables import write_table  # noqa: PLC0415 - a command that writes none need not load it

    replaced = target.exists()
    write_table(table, target)
    say_rows(len(table), target, replaced=replaced, as_json=as_json, lang=lang)


def say_rows(rows: int, target: Path, *, replaced: bool, as_json: bool = False, lang: Lang = Lang.EN) -> None:
    """Say how many rows were written into which file, and whether in place of another one."""
    if as_json:
        say_json({"rows": rows, "file": target, "replaced": replaced})
        return
    say([ROWS[lang].format(rows=rows, file=target) + REPLACED[lang] * replaced])
