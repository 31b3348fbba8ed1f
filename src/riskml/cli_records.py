"""Commands that bring records in: ingest, fetch, simulate, sources."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from riskml import cli_completion
from riskml.errors import DataError, StudyError
from riskml.plain import plain
from riskml.terminal import (
    REPLACED,
    AsJson,
    Lang,
    Language,
    guarded_command,
    out,
    progress,
    say,
    say_json,
    tell,
    working,
)

if TYPE_CHECKING:
    from riskml.records.fault import Fault

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
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Map a publisher's files or database to canonical records, every row accounted for.

    Examples: riskml ingest chicago canvass.parquet --out data/raw/chicago

    riskml ingest my_city.toml postgresql://reader@host/city --out data/raw/my_city

    riskml ingest --draft visits.csv --out my_city.toml
    """
    if folder is None:
        raise StudyError("name the output with --out")
    if draft:
        _draft([source, *(inputs or ())], folder, as_json=as_json)
        return
    replaced = folder.is_dir() and any(folder.iterdir())
    account, warned = _ingested(source, inputs or (), folder)
    if as_json:
        say_json({"folder": folder, "replaced": replaced, **account})
        return
    say([*_account_lines(account, lang), *(f"  {fault.line(lang.value)}" for fault in warned)])
    if "files_left_out" in account:
        say(["  " + WORDS[lang]["left_out"].format(", ".join(account["files_left_out"]))])
    out.print(f"{folder}{REPLACED[lang] * replaced}", style="dim", markup=False, highlight=False, soft_wrap=True)


def _draft(inputs: Sequence[str], target: Path, *, as_json: bool) -> None:
    from riskml.records.draft import write_draft

    guesses = write_draft(inputs, target)
    if as_json:
        say_json({"file": target, "guesses": guesses})
        return
    say([f"{target}: {guesses} guesses to check, marked with ?"])


def _ingested(source: str, inputs: Sequence[str], folder: Path) -> "tuple[dict[str, Any], Sequence[Fault]]":
    """Write the records and the account of every row; returns the account, and what to be careful with."""
    from riskml.outputs import write_json
    from riskml.records import warnings_of, write_records
    from riskml.records.inputs import left_out
    from riskml.records.mapping import ingest as ingest_inputs
    from riskml.records.source import load_source

    found = load_source(source)
    with working(f"ingest {source}"):
        made = ingest_inputs(found, inputs)
        write_records(made.records, folder)
    warned = warnings_of(made.records)
    more = {"files_left_out": left_out(inputs), "warnings": [fault.as_dict() for fault in warned]}
    account = {**made.report, **{key: value for key, value in more.items() if value}}
    write_json(account, folder / "ingest_report.json")
    return account, warned


COUNTS: Final = ("rows_in", "rows_kept", "rows_merged", "rows_quarantined")
WORDS: Final = {
    Lang.EN: {
        "counts": "rows_in {}, rows_kept {}, rows_merged {}, rows_quarantined {}",
        "unread": "{} cells of {} not read, such as {}",
        "left_out": "not read, no table: {}",
    },
    Lang.ZH: {
        "counts": "读入 {} 行，保留 {} 行，合并重复 {} 行，隔离 {} 行",
        "unread": "{} 个单元格（{}）无法识别，例如 {}",
        "left_out": "未读取，不是表格：{}",
    },
}


def _account_lines(account: dict[str, Any], lang: Lang) -> Iterator[str]:
    """What became of every row, file by file; the rules that refused rows; the cells that could not be read."""
    words = WORDS[lang]
    for part, counts in [("", account), *account["files"].items()]:
        line = words["counts"].format(*(counts[name] for name in COUNTS))
        yield f"{part}: {line}" if part else line
    for rule, rows in account["rules"].items():
        yield f"  {rows} x {rule}"
    for cell, found in account["cells_unread"].items():
        yield "  " + words["unread"].format(found["count"], cell, found["examples"])


@app.command()
@guarded_command
def fetch(
    name: Annotated[
        str,
        typer.Argument(help="Name of an open data set: chicago, nyc.", autocompletion=cli_completion.datasets),
    ],
    folder: Annotated[Path, typer.Option("--out", help="Folder for the file.")],
    refresh: Annotated[bool, typer.Option("--refresh", help="Fetch again although the file is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch an open data set from its publisher; the only command that uses the network.

    Example: riskml fetch chicago --out data/raw
    """
    from riskml.records.datasets import load_dataset
    from riskml.records.fetch import fetch as fetch_dataset

    dataset = load_dataset(name)
    done = fetch_dataset(dataset, folder, report=tell, refresh=refresh)
    if as_json:
        facts = plain(done)
        say_json({"file": facts.pop("path"), **facts})
        return
    say([f"{done.rows} rows: {done.path}"])
    out.print(f"next: riskml ingest {dataset.source} {done.path} --out ...", style="dim", markup=False, soft_wrap=True)


@app.command()
@guarded_command
def simulate(
    folder: Annotated[Path, typer.Option("--out", help="Folder for the records and their truth.")],
    sites: Annotated[int, typer.Option(min=1, help="Number of sites.")] = 3000,
    years: Annotated[int, typer.Option(min=1, max=30, help="Years of records.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all randomness.")] = 20250701,
    as_files: Annotated[
        bool, typer.Option("--as-files", help="Also as the files a Chinese bureau exports, with their dirt.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a bureau whose truth is known.

    With --as-files the folder has two parts: records/ (and their truth), and files/ to be ingested, with planted.json
    that says what must become of every row.

    Example: riskml simulate --sites 3000 --years 4 --seed 1 --out data/raw/world
    """
    if as_files:
        told, facts = _simulated_as_files(folder, sites=sites, years=years, seed=seed)
    else:
        told, facts = _simulated(folder, sites=sites, years=years, seed=seed)
    if as_json:
        say_json(facts)
        return
    say(told)
    if as_files:
        out.print(f"next: riskml ingest bureau {facts['files']} --out ...", style="dim", markup=False, soft_wrap=True)


def _simulated(folder: Path, *, sites: int, years: int, seed: int) -> tuple[list[str], dict[str, Any]]:
    """The records and the truth in the folder, partition by partition."""
    from riskml.simulation import partition_count, simulate_to

    with progress(partition_count(sites)) as step:
        rows = simulate_to(
            folder, sites=sites, years=years, seed=seed, done=lambda number: step(f"partition {number}", "written")
        )
    visits, events = int(rows["inspections"]), int(rows["events"])
    return [_world(sites, visits, events, folder)], {
        "folder": folder, "sites": sites, "visits": visits, "events": events,
    }  # fmt: skip


def _simulated_as_files(folder: Path, *, sites: int, years: int, seed: int) -> tuple[list[str], dict[str, Any]]:
    """The records and the truth in folder/records, the bureau's files in folder/files."""
    from riskml.simulation import simulate, write_files, write_world

    places = folder / "records", folder / "files"
    if any(place.exists() for place in places):
        raise DataError(f"{folder} already holds records/ or files/; choose another folder, or remove them")
    with working("simulate"), _whole(*places):
        world = simulate(sites=sites, years=years, seed=seed)
        planted = write_files(world, places[1], seed=seed)
        write_world(world, places[0])
    visits, events = len(world.records.inspections), len(world.records.events)
    rows, bad, again = sum(planted.rows.values()), len(planted.quarantined), len(planted.merged)
    told = (f"{len(planted.files)} files, {rows} rows, of them {bad} to be quarantined, {again} repeated: {places[1]}",)
    facts = {"folder": places[0], "sites": sites, "visits": visits, "events": events, "files": places[1], "rows": rows}
    return [_world(sites, visits, events, places[0]), *told], {**facts, "to_be_quarantined": bad, "repeated": again}


@contextmanager
def _whole(*folders: Path) -> Iterator[None]:
    """New folders that vanish together if the block does not end well."""
    try:
        yield
    except BaseException:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _world(sites: int, visits: int, events: int, folder: Path) -> str:
    return f"{sites} sites, {visits} visits, {events} events: {folder}"


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
    widest = max(len(name) for name, _ in found)
    say(f"{name:{widest}}  {title}" for name, title in found)
