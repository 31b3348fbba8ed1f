"""The command that plans visits: riskml plan."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskml import cli_completion
from riskml.errors import DataError, StudyError
from riskml.terminal import REPLACED, AsJson, Lang, Language, guarded_command, refuse_table, say, say_json, working

if TYPE_CHECKING:
    import pandas as pd

    from riskml.planning.plan import Plan
    from riskml.records import Records

app = typer.Typer()

Folder = Annotated[Path, typer.Argument(help="Folder of canonical records.", autocompletion=cli_completion.records)]
AsOf = Annotated[str, typer.Option("--as-of", help="First day of the plan: only what was known before it.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of all chance; write it down before you draw.")]
Target = Annotated[Path, typer.Option("--out", help="Where to write; by its ending .parquet, .csv or .xlsx.")]
Artifact = Annotated[
    Path | None,
    typer.Option(
        "--artifact", help="Exported artifact: visits by its scores.", autocompletion=cli_completion.artifacts
    ),
]
System = Annotated[
    str,
    typer.Option("--system", help="Grading system: visits by its intensities.", autocompletion=cli_completion.systems),
]
Budget = Annotated[int | None, typer.Option("--budget", help="Visits in all; not needed with --system.")]
Period = Annotated[str, typer.Option("--period", help="month, quarter, year, or a number of days.")]
RandomShare = Annotated[
    float, typer.Option("--random-share", help="Share of the visits drawn from all sites alike, 0 to 1.")
]
Caps = Annotated[
    list[str] | None, typer.Option("--cap", help="Most visits of an office, as OFFICE=NUMBER; may be repeated.")
]
Floor = Annotated[
    float | None,
    typer.Option("--floor", help="Least visits a year of every site; by default the system's, or 0.5."),
]
Earlier = Annotated[
    list[Path] | None, typer.Option("--earlier", help="Plan made before, whose sites rest; may be repeated.")
]
Sites = Annotated[Path | None, typer.Option("--sites", help="Also write every open site, with its probability.")]


@app.command()
@guarded_command
def plan(
    records: Folder,
    as_of: AsOf,
    seed: Seed,
    target: Target,
    artifact: Artifact = None,
    system: System = "",
    budget: Budget = None,
    period: Period = "quarter",
    random_share: RandomShare = 0.0,
    caps: Caps = None,
    floor: Floor = None,
    earlier: Earlier = None,
    sites: Sites = None,
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Plan the visits of a period, by a grading system or by a model.

    Examples: riskml plan data/sample --system nanchang --as-of 2025-06-01 --seed 7 --out plan.xlsx

    riskml plan data/sample --artifact models/sample --as-of 2025-06-01 --budget 200 --random-share 0.1 --seed 7 --out
    plan.csv
    """
    if (artifact is None) == (not system):
        raise StudyError("a plan follows either --system or --artifact; give exactly one of them")
    targets = [path for path in (target, sites) if path is not None]
    for path in targets:
        refuse_table(path)
    if system:
        _refuse(system)
    asked = {"budget": budget, "period": period, "random_share": random_share, "floor_visits_per_year": floor}
    limits = {"caps": _caps(caps or ()), "earlier": _earlier(earlier or ())}
    with working("plan"):
        made, work = _planned(records, as_of, system, artifact, {"seed": seed, **asked, **limits})
    _write(made, work, targets, lang, as_json=as_json)


def _refuse(system: str) -> None:
    """Refuse a grading system that there is not, before the records are read."""
    from riskml.grades import load_system

    load_system(system)


def _planned(
    folder: Path, as_of: str, system: str, artifact: Path | None, asked: dict[str, Any]
) -> "tuple[Plan, list[dict[str, str]]]":
    """The plan, and whose work it is beside that of the year before."""
    from riskml.evaluation.inspectors.planned_work import planned_work
    from riskml.planning import plan as plan_visits
    from riskml.records import read_records

    known = read_records(folder)
    scores = None if artifact is None else _scores(artifact, known, as_of)
    made = plan_visits(known, as_of, system=system or None, scores=scores, **asked)
    return made, planned_work(made.visits, known.inspections, known.sites, as_of)


def _write(made: "Plan", work: Sequence[dict[str, str]], targets: Sequence[Path], lang: Lang, *, as_json: bool) -> None:
    """Write the visits, and the sites if they have a file, and give the account."""
    from riskml.planning.wording import summary_lines
    from riskml.reporting.tables import write_table

    replaced = [path.exists() for path in targets]
    for path, table in zip(targets, (made.visits, made.sites), strict=False):
        write_table(table, path)
    if as_json:
        files = {"file": targets[0], "replaced": replaced[0], "sites_file": targets[1] if len(targets) > 1 else None}
        say_json({"rows": len(made.visits), **files, "summary": made.summary, "work": work})
        return
    written = [f"{path}{REPLACED[lang] * again}" for path, again in zip(targets, replaced, strict=True)]
    say([*summary_lines(made.summary, lang.value), *(text[lang.value] for text in work), *written])


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
