"""Commands about features: their values as of a day, what they are, and the context that a scorer needs of others."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from riskml import cli_completion
from riskml.errors import StudyError
from riskml.plain import plain
from riskml.terminal import (
    REPLACED,
    AsJson,
    Lang,
    Language,
    guarded_command,
    out,
    refuse_place,
    refuse_table,
    say,
    say_json,
    say_rows,
    working,
    write_rows,
)

app = typer.Typer()


class Engine(StrEnum):
    """What runs the scan of the features."""

    HERE = "here"
    SPARK = "spark"


Folder = Annotated[
    str,
    typer.Argument(
        help="Folder of canonical records; with spark any place that it reads.",
        autocompletion=cli_completion.records,
    ),
]
AsOf = Annotated[str, typer.Option("--as-of", help="Decision day, such as 2025-06-01: only what was known before it.")]
Target = Annotated[str, typer.Option("--out", help="A .parquet, .csv or .xlsx file; with spark also a folder/.")]
Memory = Annotated[
    str, typer.Option("--memory", help="Stay within this much memory, such as 4GB: reads the records in parts.")
]
OfEngine = Annotated[Engine, typer.Option("--engine", help="The scan on this machine, or within Spark.")]


@app.command()
@guarded_command
def features(
    records: Folder = "",
    as_of: AsOf = "",
    target: Target = "",
    memory: Memory = "",
    engine: OfEngine = Engine.HERE,
    listed: Annotated[bool, typer.Option("--list", help="Say what the features are; with --out as a table.")] = False,
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Write the features of every site as of a day, or list what they are.

    Example: riskml features data/sample --as-of 2025-06-01 --out features.parquet

    riskml features --list
    """
    if listed:
        _list(target, lang, as_json=as_json)
        return
    if not (records and as_of and target):
        raise StudyError("name the folder of records, the decision day (--as-of) and the file (--out); or ask --list")
    if engine is Engine.SPARK:
        _features_on_spark(records, as_of, target, memory, as_json=as_json)
        return
    refuse_table(Path(target))
    if memory:
        _features_in_parts(records, as_of, Path(target), memory, lang, as_json=as_json)
        return
    from riskml.features import build_features
    from riskml.records import read_records

    with working("features"):
        table = build_features(read_records(records), as_of)
    write_rows(table, Path(target), as_json=as_json, lang=lang)


def _features_in_parts(records: str, as_of: str, file: Path, memory: str, lang: Lang, *, as_json: bool) -> None:
    import pandas as pd

    from riskml.features.partitions import bytes_of, features_in_parts, write_parts

    with working("features"):
        parts = features_in_parts(records, as_of, memory=bytes_of(memory))
        if file.suffix == ".parquet":
            replaced = file.exists()
            say_rows(write_parts(parts, file), file, replaced=replaced, as_json=as_json, lang=lang)
            return
        table = pd.concat(parts, ignore_index=True)
    write_rows(table, file, as_json=as_json, lang=lang)


def _list(target: str, lang: Lang, *, as_json: bool) -> None:
    from riskml.features.catalog import load_catalog

    table = load_catalog().frame()
    if target:
        refuse_table(Path(target))
        write_rows(table, Path(target), as_json=as_json, lang=lang)
        return
    if as_json:
        say_json({"features": plain(table.to_dict("records"))})
        return
    for row in table.to_dict("records"):
        unit = f" [{row['unit']}]" if row["unit"] else ""
        say([f"{row['feature']}{unit}: {row[f'text_{lang.value}']}"])
        made = [row["made"], f"nothing on record: {row['absent']}", f"monotone {row['monotone']} ({row['why']})"]
        out.print(f"    {'; '.join(made)}", style="dim", markup=False, highlight=False, soft_wrap=True)
    closing = {Lang.EN: "{} features; as a table: {}", Lang.ZH: "共 {} 个特征；导出为表格：{}"}[lang]
    said = closing.format(len(table), "riskml features --list --out features.csv")
    out.print(said, style="dim", markup=False, soft_wrap=True)


def _features_on_spark(records: str, as_of: str, target: str, memory: str, *, as_json: bool) -> None:
    from riskml.features.spark import features_in_one_table, write_on_spark
    from riskml.features.spark_session import spark_session
    from riskml.reporting.tables import ENDINGS

    if memory:
        raise StudyError("--memory is for the scan here; Spark has settings of its own, such as spark.executor.memory")
    if target.endswith("/") or "://" in target:
        write_on_spark(spark_session(), records, as_of, target)
        if as_json:
            say_json({"folder": target})
            return
        say([target])
    elif Path(target).suffix in ENDINGS:
        write_rows(features_in_one_table(spark_session(), records, as_of), Path(target), as_json=as_json)
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
    as_of: AsOf,
    target: Annotated[Path, typer.Option("--out", help="Where to write the .json.")],
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Write what an artifact needs to know of other sites on a day, for `Scorer.with_context` (.json).

    Example: riskml context models/sample data/sample --as-of 2025-06-01 --out context.json
    """
    from riskml.export.scoring import context_for
    from riskml.export.writing import write_whole
    from riskml.records import read_records

    if target.suffix != ".json":
        raise StudyError(f"--out {target}: a context table is written as .json")
    refuse_place(target)
    with working("context"):
        table = context_for(artifact, read_records(records), as_of).as_dict()
    replaced = target.exists()
    write_whole(target, (json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())
    groups = {name: len(keys) for name, keys in table["groups"].items()}
    if as_json:
        say_json({"file": target, "replaced": replaced, "as_of": as_of, "groups": groups})
        return
    words = {Lang.EN: "{} groups of sites in {} divisions: {}", Lang.ZH: "{} 组主体（按 {} 种方式分组）：{}"}[lang]
    say([words.format(sum(groups.values()), len(groups), target) + REPLACED[lang] * replaced])
