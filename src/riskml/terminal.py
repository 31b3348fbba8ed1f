"""How the command speaks: consoles, progress, languages, and one clear line for every mistake of a user."""

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from riskml.errors import RiskmlError, StudyError

if TYPE_CHECKING:
    import pandas as pd

out = Console(soft_wrap=False, width=None if sys.stdout.isatty() else 110)
err = Console(stderr=True)


class Lang(StrEnum):
    """Languages of what an officer reads."""

    EN = "en"
    ZH = "zh"


def guarded_command(function: Callable[..., None]) -> Callable[..., None]:
    """Turn riskml's errors, and a full or unwritable disk, into one line and an exit code."""

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except RiskmlError as error:
            err.print(f"riskml: {error}", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(2 if isinstance(error, StudyError) else 1) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            where = error.filename or "the output"
            err.print(
                f"riskml: cannot write {where}: {error.strerror}; nothing was written", markup=False, soft_wrap=True
            )
            raise typer.Exit(1) from error

    return guarded


@contextmanager
def progress(total: int) -> Iterator[Callable[[str, str], None]]:
    """A progress bar over stages on a terminal; plain lines elsewhere."""
    if not err.is_terminal:
        yield lambda stage, state: err.print(f"{stage}: {state}", markup=False, highlight=False)
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=total)

        def step(stage: str, state: str) -> None:
            bar.update(task, description=f"{stage} ({state})", advance=0 if state == "running" else 1)

        yield step


def write_rows(table: "pd.DataFrame", target: Path) -> None:
    """Write a table by the ending of its name, and say how many rows it has."""
    from riskml.reporting.tables import write_table  # noqa: PLC0415 - a command that writes none need not load it

    write_table(table, target)
    out.print(f"{len(table)} rows: {target}", markup=False, highlight=False, soft_wrap=True)
