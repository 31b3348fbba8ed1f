"""The command that plans visits: riskml plan."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskml import cli_completion
from riskml.errors import DataError, StudyError
from riskml.terminal import Lang, guarded_command, out

if TYPE_CHECKING:
    import pandas as pd

    from riskml.records import Records

app = typer.Typer()


@app.command()
@guarded_command
def plan(
    records: Annotated[
        Path, typer.Argument(help="Folder of canonical records.", autocompletion=cli_completion.records)
    ],
    as_of: Annotated[str, typer.Option("--as-of", help="First day of the plan: only what was known before it.")],
    seed: Annotated[int, typer.Option("--seed", help="Seed of all chance; write it down before you draw.")],
    target: Annotated[Path, typer.Option("--out", help="Where to write; by its ending .parquet, .csv or .xlsx.")],
    artifact: Annotated[
        Path | None,
        typer.Option(
            "--artifact", help="Exported artifact: visits by its scores.", autocompletion=cli_completion.artifacts
        ),
    ] = None,
    system: Annotated[
        str,
        typer.Option(
            "--system", help="Grading system: visits by its intensities.", autocompletion=cli_completion.systems
        ),
    ] = "",
    budget: Annotated[int | None, typer.Option("--budget", help="Visits in all; not needed with --system.")] = None,
    period: Annotated[str, typer.Option("--period", help="month, quarter, year, or a number of days.")] = "quarter",
    random_share: Annotated[
        float, typer.Option("--random-share", help="Share of the visits drawn from all sites alike, 0 to 1.")
    ] = 0.0,
    caps: Annotated[
        list[str] | None, typer.Option("--cap", help="Most visits of an office, as OFFICE=NUMBER; may be repeated.")
    ] = None,
    floor: Annotated[
        float | None,
        typer.Option("--floor", help="Least visits a year of every site; by default the system's, or 0.5."),
    ] = None,
    earlier: Annotated[
        list[Path] | None, typer.Option("--earlier", help="Plan made before, whose sites rest; may be repeated.")
    ] = None,
    sites: Annotated[
        Path | None, typer.Option("--sites", help="Also write every open site, with its probability.")
    ] = None,
    lang: Annotated[Lang, typer.Option("--lang", help="Language of texts.")] = Lang.EN,
) -> None:
    """Plan the visits of a period, by a grading system or by a model.

    Examples: riskml plan data/sample --system nanchang --as-of 2025-06-01 --seed 7 --out plan.xlsx

    riskml plan data/sample --artifact models/sample --as-of 2025-06-01 --budget 200 --random-share 0.1 --seed 7 --out
    plan.csv
    """
    from riskml.evaluation.inspectors.planned_work import planned_work
    from riskml.planning import plan as plan_visits
    from riskml.planning.wording import summary_lines
    from riskml.records import read_records
    from riskml.reporting.tables import write_table

    if (artifact is None) == (not system):
        raise StudyError("a plan follows either --system or --artifact; give exactly one of them")
    targets = [path for path in (target, sites) if path is not None]
    _check(targets)
    known = read_records(records)
    made = plan_visits(
        known,
        as_of,
        seed=seed,
        system=system or None,
        scores=None if artifact is None else _scores(artifact, known, as_of),
        budget=budget,
        period=period,
        random_share=random_share,
        caps=_caps(caps or ()),
        floor_visits_per_year=floor,
        earlier=_earlier(earlier or ()),
    )
    for path, table in zip(targets, (made.visits, made.sites), strict=False):
        write_table(table, path)
    work = [text[lang.value] for text in planned_work(made.visits, known.inspections, known.sites, as_of)]
    for line in [*summary_lines(made.summary, lang.value), *work, *map(str, targets)]:
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _check(targets: "Sequence[Path]") -> None:
    """Refuse a name that no table can be written to before anything is."""
    from riskml.reporting.tables import ENDINGS

    for path in targets:
        if path.suffix not in ENDINGS:
            raise DataError(f"{path}: cannot write this kind of table; end the name in one of {list(ENDINGS)}")


def _scores(artifact: Path, records: "Records", as_of: str) -> "pd.DataFrame":
    from riskml.export.scoring import score_records

    return score_records(artifact, records, as_of, without_licence=True)  # a plan lists them with its reason


def _caps(texts: Sequence[str]) -> dict[str, int]:
    """OFFICE=NUMBER as a mapping."""
    caps = {}
    for text in texts:
        office, mark, number = text.rpartition("=")
        if not (mark and office and number.isascii() and number.isdigit()):
            raise StudyError(f"--cap {text!r} is not OFFICE=NUMBER, such as --cap office-01=40")
        caps[office] = int(number)
    return caps


def _earlier(paths: Sequence[Path]) -> "pd.DataFrame | None":
    """The plans made before, one below another."""
    import pandas as pd

    readers: dict[str, Any] = {
        ".parquet": pd.read_parquet,
        ".csv": partial(pd.read_csv, dtype=str),
        ".xlsx": partial(pd.read_excel, dtype=str, engine="openpyxl"),
    }
    tables = []
    for path in paths:
        if path.suffix not in readers or not path.is_file():
            raise DataError(f"{path} is no file that riskml plan wrote; give one ending in {list(readers)}")
        try:
            tables.append(
                readers[path.suffix](path)[["site_id", "as_of"]].assign(
                    as_of=lambda table: pd.to_datetime(table["as_of"])
                )
            )
        except (ValueError, KeyError, OSError) as error:
            raise DataError(f"{path} is not readable as a plan: {error}") from error
    return pd.concat(tables, ignore_index=True) if tables else None
