"""Commands about features: their values as of a day, what they are, and the context that a scorer needs of others."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from riskml import cli_completion
from riskml.errors import StudyError
from riskml.terminal import Lang, guarded_command, out, write_rows

app = typer.Typer()


class Engine(StrEnum):
    """What runs the scan of the features."""

    HERE = "here"
    SPARK = "spark"


@app.command()
@guarded_command
def features(
    records: Annotated[
        str,
        typer.Argument(
            help="Folder of canonical records; with spark any place that it reads.",
            autocompletion=cli_completion.records,
        ),
    ] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="Decision day: only what was known before it.")] = "",
    target: Annotated[
        str, typer.Option("--out", help="A .parquet, .csv or .xlsx file; with spark also a folder/.")
    ] = "",
    memory: Annotated[
        str, typer.Option("--memory", help="Stay within this much memory, such as 4GB: reads the records in parts.")
    ] = "",
    engine: Annotated[
        Engine, typer.Option("--engine", help="The scan on this machine, or within Spark.")
    ] = Engine.HERE,
    listed: Annotated[bool, typer.Option("--list", help="Say what the features are; with --out as a table.")] = False,
    lang: Annotated[Lang, typer.Option("--lang", help="Language of texts.")] = Lang.EN,
) -> None:
    """Write the features of every site as of a day, or list what they are.

    Example: riskml features data/sample --as-of 2025-06-01 --out features.parquet

    riskml features --list
    """
    import pandas as pd

    from riskml.features import build_features
    from riskml.features.partitions import bytes_of, features_in_parts, write_parts
    from riskml.records import read_records

    if listed:
        _list(target, lang)
        return
    if not (records and as_of and target):
        raise StudyError("name the folder of records, the decision day (--as-of) and the file (--out); or ask --list")
    file = Path(target)
    if engine is Engine.SPARK:
        _features_on_spark(records, as_of, target, memory)
        return
    if not memory:
        write_rows(build_features(read_records(records), as_of), file)
        return
    parts = features_in_parts(records, as_of, memory=bytes_of(memory))
    if file.suffix == ".parquet":
        out.print(f"{write_parts(parts, file)} rows: {file}", markup=False, highlight=False, soft_wrap=True)
    else:
        write_rows(pd.concat(parts, ignore_index=True), file)


def _list(target: str, lang: Lang) -> None:
    from riskml.features.catalog import load_catalog

    table = load_catalog().frame()
    if target:
        write_rows(table, Path(target))
        return
    for row in table.to_dict("records"):
        unit = f" [{row['unit']}]" if row["unit"] else ""
        out.print(f"{row['feature']}{unit}: {row[f'text_{lang.value}']}", markup=False, highlight=False, soft_wrap=True)
        made = [row["made"], f"nothing on record: {row['absent']}", f"monotone {row['monotone']} ({row['why']})"]
        out.print(f"    {'; '.join(made)}", style="dim", markup=False, highlight=False, soft_wrap=True)
    out.print(
        f"{len(table)} features; as a table: riskml features --list --out features.csv", style="dim", markup=False
    )


def _features_on_spark(records: str, as_of: str, target: str, memory: str) -> None:
    from riskml.features.spark import features_in_one_table, write_on_spark
    from riskml.features.spark_session import spark_session
    from riskml.reporting.tables import ENDINGS

    if memory:
        raise StudyError("--memory is for the scan here; Spark has settings of its own, such as spark.executor.memory")
    if target.endswith("/") or "://" in target:
        write_on_spark(spark_session(), records, as_of, target)
        out.print(target, markup=False, highlight=False, soft_wrap=True)
    elif Path(target).suffix in ENDINGS:
        write_rows(features_in_one_table(spark_session(), records, as_of), Path(target))
    else:
        raise StudyError(
            f"--out {target}: with --engine spark name a file that ends in one of {list(ENDINGS)}, or a folder/"
        )


@app.command()
@guarded_command
def context(
    artifact: Annotated[
        Path, typer.Argument(help="Folder of an exported artifact.", autocompletion=cli_completion.artifacts)
    ],
    records: Annotated[
        Path, typer.Argument(help="Folder of canonical records.", autocompletion=cli_completion.records)
    ],
    as_of: Annotated[str, typer.Option("--as-of", help="Decision day: only what was known before it.")],
    target: Annotated[Path, typer.Option("--out", help="Where to write the .json.")],
) -> None:
    """Write what an artifact needs to know of other sites on a day, for `Scorer.with_context` (.json).

    Example: riskml context models/sample data/sample --as-of 2025-06-01 --out context.json
    """
    from riskml.export.scoring import context_for
    from riskml.outputs import write_json
    from riskml.records import read_records

    if target.suffix != ".json":
        raise StudyError(f"--out {target}: a context table is written as .json")
    write_json(context_for(artifact, read_records(records), as_of).as_dict(), target)
