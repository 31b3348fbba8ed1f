"""The riskml command: one sub-command a stage. A user's mistake is one clear line, never a traceback."""

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from riskml.errors import RiskmlError, StudyError

app = typer.Typer(
    help="Predict which food business fails its next inspection, and compare it honestly with rule-based grades.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
out = Console(soft_wrap=False, width=None if sys.stdout.isatty() else 110)
err = Console(stderr=True)


class Lang(StrEnum):
    """Languages of what an officer reads."""

    EN = "en"
    ZH = "zh"


AsOf = Annotated[str, typer.Option("--as-of", help="Decision day, such as 2025-06-01: only what was known before it.")]
Out = Annotated[Path, typer.Option("--out", help="Where to write; by its ending .parquet, .csv or .xlsx.")]
Folder = Annotated[Path, typer.Argument(help="Folder of canonical records.")]
Language = Annotated[Lang, typer.Option("--lang", help="Language of texts.")]


def _command(function: Callable[..., None]) -> Callable[..., None]:
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


@app.command()
@_command
def run(
    study: Annotated[Path, typer.Argument(help="Study file, such as studies/sample.toml.")],
    lang: Language = Lang.EN,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log to MLflow, if the study says so.")] = True,
) -> None:
    """Run a study: train, compare, explain and export into models/<study>/.

    Example: riskml run studies/sample.toml
    """
    from riskml.pipeline import STAGES
    from riskml.pipeline import run as run_study
    from riskml.reporting.console import policy_lines
    from riskml.study import Study

    settings = Study.load(study)
    with _progress(len(STAGES)) as step:
        result = run_study(settings, step, track=track)
    title, header, lines, foot = policy_lines(result.summary, lang.value)
    table = Table(title=title, title_justify="left")
    for name in header:
        table.add_column(name, no_wrap=True)
    for line in lines:
        table.add_row(*line)
    out.print(table)
    out.print(result.summary["verdict"][lang.value], markup=False, soft_wrap=True)
    for note in foot:
        out.print(note, style="dim", markup=False, soft_wrap=True)
    out.print(f"{result.folder}", style="dim", markup=False, soft_wrap=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str, str], None]]:
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


@app.command()
@_command
def ingest(
    source: Annotated[str, typer.Argument(help="Name of a source (riskml sources), or a TOML file of your own.")],
    inputs: Annotated[list[Path], typer.Argument(help="Files of the source.")],
    folder: Annotated[Path, typer.Option("--out", help="Folder for the canonical records.")],
) -> None:
    """Map a publisher's files to canonical records, every row accounted for.

    Example: riskml ingest chicago canvass.parquet --out data/raw/chicago
    """
    from riskml.outputs import write_json
    from riskml.records import write_records
    from riskml.records.mapping import ingest as ingest_files
    from riskml.records.source import load_source

    made = ingest_files(load_source(source), inputs)
    write_records(made.records, folder)
    write_json(made.report, folder / "ingest_report.json")
    names = ("rows_in", "rows_kept", "rows_merged", "rows_quarantined")
    out.print(", ".join(f"{name} {made.report[name]}" for name in names), highlight=False)
    for rule, rows in made.report["rules"].items():
        out.print(f"  {rows} x {rule}", markup=False, highlight=False, soft_wrap=True)
    out.print(f"{folder}", style="dim", markup=False, soft_wrap=True)


@app.command()
@_command
def simulate(
    folder: Annotated[Path, typer.Option("--out", help="Folder for the records and their truth.")],
    sites: Annotated[int, typer.Option(min=1, help="Number of sites.")] = 3000,
    years: Annotated[int, typer.Option(min=1, help="Years of records.")] = 4,
    seed: Annotated[int, typer.Option(help="Seed of all randomness.")] = 20250701,
) -> None:
    """Make a bureau whose truth is known.

    Example: riskml simulate --sites 3000 --years 4 --seed 1 --out data/raw/world
    """
    from riskml.simulation import simulate as simulate_world
    from riskml.simulation import write_world

    world = simulate_world(sites=sites, years=years, seed=seed)
    write_world(world, folder)
    visits, events = len(world.records.inspections), len(world.records.events)
    out.print(
        f"{sites} sites, {visits} visits, {events} events: {folder}", highlight=False, markup=False, soft_wrap=True
    )


@app.command()
@_command
def features(records: Folder, as_of: AsOf, target: Out) -> None:
    """Write the features of every site as of a day.

    Example: riskml features data/sample --as-of 2025-06-01 --out features.parquet
    """
    from riskml.features import build_features
    from riskml.records import read_records

    _write(build_features(read_records(records), as_of), target)


@app.command()
@_command
def grade(
    records: Folder,
    as_of: AsOf,
    target: Out,
    system: Annotated[str, typer.Option("--system", help="Grading system (riskml systems).")],
) -> None:
    """Grade every site by a rule-based system, as of a day.

    Example: riskml grade data/sample --system nanchang --as-of 2025-06-01 --out grades.csv
    """
    from riskml.grades import grade as grade_sites
    from riskml.records import read_records

    _write(grade_sites(read_records(records), system, as_of), target)


@app.command()
@_command
def score(
    artifact: Annotated[Path, typer.Argument(help="Folder of an exported artifact, such as models/sample.")],
    records: Folder,
    as_of: AsOf,
    target: Out,
) -> None:
    """Score every active site with an exported artifact.

    Example: riskml score models/sample data/sample --as-of 2025-06-01 --out scores.parquet
    """
    from riskml.export.scoring import score_records
    from riskml.records import read_records

    _write(score_records(artifact, read_records(records), as_of), target)


@app.command()
@_command
def explain(
    artifact: Annotated[Path, typer.Argument(help="Folder of an exported artifact.")],
    records: Folder,
    as_of: AsOf,
    site: Annotated[str, typer.Option("--site", help="Site id.")],
    lang: Language = Lang.EN,
) -> None:
    """Print a site's probability and the reasons for it, with the records behind them.

    Example: riskml explain models/sample data/sample --site s00000 --as-of 2025-06-01
    """
    from riskml.records import read_records
    from riskml.records.log import raw_history
    from riskml.scorer import Scorer

    history = raw_history(read_records(records), site)
    found = Scorer.load(artifact, today=as_of).score(history["site"], history["events"], as_of, history["amendments"])
    level = found.level_zh if lang is Lang.ZH else found.level_en
    out.print(f"{site}  {found.probability:.3f}  {level or ''}", markup=False, highlight=False)
    for sign, reasons in (("+", found.reasons_up), ("-", found.reasons_down)):
        for reason in reasons:
            text = reason.text_zh if lang is Lang.ZH else reason.text_en
            behind = f"  [{', '.join(reason.event_ids[:3])}]" if reason.event_ids else ""
            line = f"{sign} {abs(reason.contribution):.3f}  {text}{behind}"
            out.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
@_command
def verify(artifact: Annotated[Path, typer.Argument(help="Folder of an exported artifact.")]) -> None:
    """Check an artifact: checksums, bounds and self-test.

    Example: riskml verify models/sample
    """
    from riskml.scorer import Scorer

    Scorer.load(artifact, on_expired="ignore")
    out.print(f"{artifact}: sound", markup=False, highlight=False, soft_wrap=True)


@app.command()
@_command
def sources() -> None:
    """List the sources of records that riskml can read."""
    from riskml.records.source import load_source, source_names

    for name in source_names():
        out.print(f"{name:12} {load_source(name).title}", markup=False, highlight=False, soft_wrap=True)


@app.command()
@_command
def systems(
    show: Annotated[str, typer.Argument(help="'show' to print one system.")] = "",
    name: Annotated[str, typer.Argument(help="Name of the system to show.")] = "",
    lang: Language = Lang.EN,
) -> None:
    """List the grading systems, or print one: riskml systems show nanchang."""
    from riskml.grades import describe, load_system, system_names

    if show not in ("", "show") or (show == "show") != bool(name):
        raise StudyError("write either `riskml systems` or `riskml systems show NAME`")
    if show:
        out.print(describe(load_system(name), lang=lang.value), markup=False, highlight=False, soft_wrap=True)
        return
    for known in system_names():
        system = load_system(known)
        kind = {"en": ("published", "reconstructed"), "zh": ("公开规则", "重构")}[lang.value][system.reconstructed]
        title = system.title_zh if lang is Lang.ZH else system.title_en
        out.print(f"{known:14} {kind:14} {title}", markup=False, highlight=False, soft_wrap=True)


def _write(table: pd.DataFrame, target: Path) -> None:
    from riskml.reporting.tables import write_table

    write_table(table, target)
    out.print(f"{len(table)} rows: {target}", markup=False, highlight=False, soft_wrap=True)
