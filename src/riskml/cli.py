"""The riskml command: one sub-command a stage. A user's mistake is one clear line, never a traceback."""

import signal
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskml import (
    cli_artifact,
    cli_completion,
    cli_doctor,
    cli_features,
    cli_grades,
    cli_models,
    cli_planning,
    cli_records,
    cli_scoring,
)
from riskml.errors import StudyError
from riskml.terminal import (
    AsJson,
    Lang,
    Language,
    SpeakingGroup,
    guarded_command,
    out,
    progress,
    refuse_table,
    say,
    say_json,
    say_table,
    working,
    write_rows,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from riskml.grades import System
    from riskml.pacing import Pace
    from riskml.pipeline import Result
    from riskml.study import Study

app = typer.Typer(
    cls=SpeakingGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cli_records.app)
app.add_typer(cli_features.app)
app.add_typer(cli_planning.app)
app.add_typer(cli_grades.app)
app.add_typer(cli_models.app)
app.add_typer(cli_artifact.app)
app.add_typer(cli_scoring.app)
app.add_typer(cli_doctor.app)


AsOf = Annotated[str, typer.Option("--as-of", help="Decision day, such as 2025-06-01: only what was known before it.")]
Out = Annotated[Path, typer.Option("--out", help="Where to write; by its ending .parquet, .csv or .xlsx.")]
Folder = Annotated[Path, typer.Argument(help="Folder of canonical records.", autocompletion=cli_completion.records)]


def _version(asked: bool) -> None:
    """Say which version this is, and end."""
    if asked:
        from importlib.metadata import version

        say([f"riskml {version('riskml')}"])
        raise typer.Exit


def _end(number: int, _frame: object) -> None:
    """End a command that is told to (SIGTERM) as Ctrl-C does: what it had begun is cleared away."""
    raise SystemExit(128 + number)


@app.callback()
def _before(
    context: typer.Context,
    _asked: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Predict which food business fails its next inspection, and compare it honestly with rule-based grades."""
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, _end)
        context.call_on_close(partial(signal.signal, signal.SIGTERM, before))


@app.command()
@guarded_command
def run(
    study: Annotated[
        Path, typer.Argument(help="Study file, such as studies/sample.toml.", autocompletion=cli_completion.studies)
    ],
    lang: Language = Lang.EN,
    track: Annotated[bool, typer.Option("--track/--no-track", help="Log to MLflow, if the study says so.")] = True,
    as_json: AsJson = False,
) -> None:
    """Run a study: train, compare, explain and export into models/<study>/.

    Examples: riskml run studies/sample.toml

    riskml run studies/sample.toml --no-track --json
    """
    from riskml.pipeline import STAGES
    from riskml.pipeline import run as run_study
    from riskml.study import Study

    settings = Study.load(study)
    tracked = track and settings["tracking"]["mlflow"]
    stages = [stage for stage in STAGES if tracked or stage != "tracking"]
    pace = _pace(settings, stages)
    with progress(len(stages), pace.left, lang) as step:
        result = run_study(settings, pace.through(step), track=track)
    pace.keep()
    if as_json:
        say_json({"folder": result.folder, "summary": result.summary, "run": result.run})
        return
    _print_result(result, lang)


def _pace(settings: "Study", stages: "Sequence[str]") -> "Pace":
    """The clock of a run: what its stages took when they were last computed."""
    from riskml.pacing import FILE, Pace

    return Pace(settings.root / "data" / "derived" / settings.name / FILE, settings.digest, stages)


def _print_result(result: "Result", lang: Lang) -> None:
    from rich.table import Table

    from riskml.reporting.console import policy_lines

    title, header, lines, foot = policy_lines(result.summary, lang.value)
    table = Table(title=title, title_justify="left")
    for name in header:
        table.add_column(name, no_wrap=True)
    for line in lines:
        table.add_row(*line)
    say_table(table)
    out.print(result.summary["verdict"][lang.value], markup=False, soft_wrap=True)
    told = result.summary["splits"][lang.value].splitlines()
    durations = told[: -len(result.summary["origins"])]  # the lines of the origins stand in the summary and the tables
    for note in (*durations, *foot):
        out.print(note, style="dim", markup=False, soft_wrap=True)
    out.print(f"{result.folder}", style="dim", markup=False, soft_wrap=True)


@app.command()
@guarded_command
def grade(
    records: Folder,
    as_of: AsOf,
    target: Out,
    system: Annotated[
        str,
        typer.Option("--system", help="Grading system (riskml systems).", autocompletion=cli_completion.systems),
    ],
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Grade every site by a rule-based system, as of a day.

    Example: riskml grade data/sample --system nanchang --as-of 2025-06-01 --out grades.csv
    """
    from riskml.grades import grade as grade_sites
    from riskml.grades import load_system
    from riskml.records import read_records

    refuse_table(target)
    load_system(system)
    with working("grade"):
        levels = grade_sites(read_records(records), system, as_of)
    write_rows(levels, target, as_json=as_json, lang=lang)


@app.command()
@guarded_command
def systems(
    show: Annotated[str, typer.Argument(help="'show' to print one system.", autocompletion=cli_completion.show)] = "",
    name: Annotated[
        str, typer.Argument(help="Name of the system to show.", autocompletion=cli_completion.systems)
    ] = "",
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """List the grading systems, or print one: riskml systems show nanchang.

    Examples: riskml systems

    riskml systems show nanchang/strict --lang zh
    """
    from riskml.grades import describe, load_system, system_names
    from riskml.grades.overview import overview

    if show not in ("", "show") or (show == "show") != bool(name):
        alone = f"; to see {show!r}: riskml systems show {show}" if show in system_names() else ""
        raise StudyError(f"write either `riskml systems` or `riskml systems show NAME`{alone}")
    if as_json:
        say_json(_system(load_system(name)) if show else {"systems": [_named(load_system(n)) for n in system_names()]})
        return
    if show:
        say([describe(load_system(name), lang=lang.value)])
        return
    say([overview(lang.value)])


def _named(system: "System") -> dict[str, object]:
    """A system at a glance, for machines."""
    from riskml.grades.number_groups import grade_status, intensity_status

    return {
        "name": system.name,
        "variants": system.variants,
        "title_en": system.title_en,
        "title_zh": system.title_zh,
        "levels": [level.code for level in system.levels],
        "grade": grade_status(system),
        "visits": intensity_status(system),
        "numbers": len(system.numbers),
        "assumed": len(system.assumed),
    }


def _system(system: "System") -> dict[str, object]:
    """One system, for machines: its levels and every number with who says so."""
    told = {"variant": system.variant, "levels": system.levels, "assumed": system.assumed}
    return {**_named(system), **told, "numbers": system.numbers, "remarks": system.remarks}
