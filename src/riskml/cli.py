"""The riskml command: one sub-command a stage. A user's mistake is one clear line, never a traceback."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from riskml import cli_artifact, cli_features, cli_grades, cli_models, cli_planning, cli_records, cli_scoring
from riskml.errors import StudyError
from riskml.terminal import Lang, guarded_command, out, progress, write_rows

app = typer.Typer(
    help="Predict which food business fails its next inspection, and compare it honestly with rule-based grades.",
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


AsOf = Annotated[str, typer.Option("--as-of", help="Decision day, such as 2025-06-01: only what was known before it.")]
Out = Annotated[Path, typer.Option("--out", help="Where to write; by its ending .parquet, .csv or .xlsx.")]
Folder = Annotated[Path, typer.Argument(help="Folder of canonical records.")]

Language = Annotated[Lang, typer.Option("--lang", help="Language of texts.")]


@app.command()
@guarded_command
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
    with progress(len(STAGES)) as step:
        result = run_study(settings, step, track=track)
    title, header, lines, foot = policy_lines(result.summary, lang.value)
    table = Table(title=title, title_justify="left")
    for name in header:
        table.add_column(name, no_wrap=True)
    for line in lines:
        table.add_row(*line)
    out.print(table)
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
    system: Annotated[str, typer.Option("--system", help="Grading system (riskml systems).")],
) -> None:
    """Grade every site by a rule-based system, as of a day.

    Example: riskml grade data/sample --system nanchang --as-of 2025-06-01 --out grades.csv
    """
    from riskml.grades import grade as grade_sites
    from riskml.records import read_records

    write_rows(grade_sites(read_records(records), system, as_of), target)


@app.command()
@guarded_command
def systems(
    show: Annotated[str, typer.Argument(help="'show' to print one system.")] = "",
    name: Annotated[str, typer.Argument(help="Name of the system to show.")] = "",
    lang: Language = Lang.EN,
) -> None:
    """List the grading systems, or print one: riskml systems show nanchang."""
    from riskml.grades import describe, load_system
    from riskml.grades.overview import overview

    if show not in ("", "show") or (show == "show") != bool(name):
        raise StudyError("write either `riskml systems` or `riskml systems show NAME`")
    if show:
        out.print(describe(load_system(name), lang=lang.value), markup=False, highlight=False, soft_wrap=True)
        return
    out.print(overview(lang.value), markup=False, highlight=False, soft_wrap=True)
