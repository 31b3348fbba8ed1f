"""Commands that bring records in: ingest, fetch, simulate, sources."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from riskml import cli_completion
from riskml.errors import DataError, StudyError
from riskml.terminal import AsJson, err, guarded_command, out, progress, say_json

app = typer.Typer()


@app.command()
@guarded_command
def ingest(
    source: Annotated[
        str,
        typer.Argument(
            help="Name of a source (riskml sources), or a TOML file of your own.", autocompletion=cli_completion.sources
        ),
    ],
    inputs: Annotated[list[str] | None, typer.Argument(help="Files, folders, or the URL of a database.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder for the records; with --draft the TOML.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Write a first TOML for files nobody has seen.")] = False,
    as_json: AsJson = False,
) -> None:
    """Map a publisher's files or database to canonical records, every row accounted for.

    Examples: riskml ingest chicago canvass.parquet --out data/raw/chicago

    riskml ingest my_city.toml postgresql://reader@host/city --out data/raw/my_city

    riskml ingest --draft visits.csv --out my_city.toml
    """
    from riskml.outputs import write_json
    from riskml.records import warnings_of, write_records
    from riskml.records.draft import write_draft
    from riskml.records.inputs import left_out
    from riskml.records.mapping import ingest as ingest_inputs
    from riskml.records.source import load_source

    if folder is None:
        raise StudyError("name the output with --out")
    if draft:
        guesses = write_draft([source, *(inputs or ())], folder)
        if as_json:
            say_json({"file": folder, "guesses": guesses})
            return
        out.print(f"{folder}: {guesses} guesses to check, marked with ?", markup=False, highlight=False, soft_wrap=True)
        return
    made = ingest_inputs(load_source(source), inputs or ())
    write_records(made.records, folder)
    unread = left_out(inputs or ())
    warned = warnings_of(made.records)
    more = {"files_left_out": unread, "warnings": [fault.as_dict() for fault in warned]}
    account = {**made.report, **{key: value for key, value in more.items() if value}}
    write_json(account, folder / "ingest_report.json")
    if as_json:
        say_json({"folder": folder, **account})
        return
    lines = [*_account_lines(made.report), *(f"  {fault.line('en')}" for fault in warned)]
    if unread:
        lines.append(f"  not read, no table: {', '.join(unread)}")
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
    out.print(f"{folder}", style="dim", markup=False, soft_wrap=True)


def _account_lines(report: dict[str, Any]) -> Iterator[str]:
    """What became of every row, file by file; the rules that refused rows; the cells that could not be read."""
    names = ("rows_in", "rows_kept", "rows_merged", "rows_quarantined")
    for part, account in [("", report), *report["files"].items()]:
        line = ", ".join(f"{name} {account[name]}" for name in names)
        yield f"{part}: {line}" if part else line
    for rule, rows in report["rules"].items():
        yield f"  {rows} x {rule}"
    for cell, found in report["cells_unread"].items():
        yield f"  {found['count']} cells of {cell} not read, such as {found['examples']}"


@app.command()
@guarded_command
def fetch(
    name: Annotated[
        str,
        typer.Argument(help="Name of an open data set: chicago, nyc.", autocompletion=cli_completion.datasets),
    ],
    folder: Annotated[Path, typer.Option("--out", help="Folder for the file.")],
    refresh: Annotated[bool, typer.Option("--refresh", help="Fetch again although the file is there.")] = False,
) -> None:
    """Fetch an open data set from its publisher; the only command that uses the network.

    Example: riskml fetch chicago --out data/raw
    """
    from riskml.records.datasets import load_dataset
    from riskml.records.fetch import fetch as fetch_dataset

    dataset = load_dataset(name)

    def report(line: str) -> None:
        err.print(line, markup=False, highlight=False, soft_wrap=True)

    done = fetch_dataset(dataset, folder, report=report, refresh=refresh)
    out.print(f"{done.rows} rows: {done.path}", markup=False, highlight=False, soft_wrap=True)
    out.print(f"next: riskml ingest {dataset.source} {done.path} --out ...", style="dim", markup=False, soft_wrap=True)


@app.command()
@guarded_command
def simulate(
    folder: Annotated[Path, typer.Option("--out", help="Folder for the records and their truth.")],
    sites: Annotated[int, typer.Option(min=1, help="Number of sites.")] = 3000,
    years: Annotated[int, typer.Option(min=1, help="Years of records.")] = 4,
    seed: Annotated[int, typer.Option(help="Seed of all randomness.")] = 20250701,
    as_files: Annotated[
        bool, typer.Option("--as-files", help="Also as the files a Chinese bureau exports, with their dirt.")
    ] = False,
) -> None:
    """Make a bureau whose truth is known.

    With --as-files the folder has two parts: records/ (and their truth), and files/ to be ingested, with planted.json
    that says what must become of every row.

    Example: riskml simulate --sites 3000 --years 4 --seed 1 --out data/raw/world
    """
    if as_files:
        _simulate_as_files(folder, sites=sites, years=years, seed=seed)
        return
    from riskml.simulation import partition_count, simulate_to

    with progress(partition_count(sites)) as step:
        rows = simulate_to(
            folder, sites=sites, years=years, seed=seed, done=lambda number: step(f"partition {number}", "written")
        )
    told = f"{sites} sites, {rows['inspections']} visits, {rows['events']} events: {folder}"
    out.print(told, highlight=False, markup=False, soft_wrap=True)


def _simulate_as_files(folder: Path, *, sites: int, years: int, seed: int) -> None:
    """The records and the truth in folder/records, the bureau's files in folder/files."""
    from riskml.simulation import simulate, write_files, write_world

    places = folder / "records", folder / "files"
    if any(place.exists() for place in places):
        raise DataError(f"{folder} already holds records/ or files/; choose another folder, or remove them")
    world = simulate(sites=sites, years=years, seed=seed)
    planted = write_files(world, places[1], seed=seed)
    write_world(world, places[0])
    told = f"{sites} sites, {len(world.records.inspections)} visits, {len(world.records.events)} events: {places[0]}"
    out.print(told, highlight=False, markup=False, soft_wrap=True)
    bad = f"{len(planted.quarantined)} to be quarantined, {len(planted.merged)} repeated"
    told = f"{len(planted.files)} files, {sum(planted.rows.values())} rows, of them {bad}: {places[1]}"
    out.print(told, highlight=False, markup=False, soft_wrap=True)
    out.print(f"next: riskml ingest bureau {places[1]} --out ...", style="dim", markup=False, soft_wrap=True)


@app.command()
@guarded_command
def sources(as_json: AsJson = False) -> None:
    """List the sources of records that riskml can read.

    Example: riskml sources
    """
    from riskml.records.source import load_source, source_names

    found = [(name, load_source(name).title) for name in source_names()]
    if as_json:
        say_json({"sources": [{"name": name, "title": title} for name, title in found]})
        return
    for name, title in found:
        out.print(f"{name:12} {title}", markup=False, highlight=False, soft_wrap=True)
