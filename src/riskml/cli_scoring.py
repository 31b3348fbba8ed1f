"""The commands that score records with an exported artifact, and that say why a site scores as it does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskml import cli_completion
from riskml.cli_features import Engine
from riskml.errors import StudyError
from riskml.plain import plain
from riskml.terminal import AsJson, Lang, guarded_command, out, say_json, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

app = typer.Typer()

Artifact = Annotated[
    Path,
    typer.Argument(
        help="Exported artifact: its folder, such as models/sample, or one packed file.",
        autocompletion=cli_completion.artifacts,
    ),
]
AsOf = Annotated[str, typer.Option("--as-of", help="Decision day, such as 2025-06-01: only what was known before it.")]
Language = Annotated[Lang, typer.Option("--lang", help="Language of texts.")]


@app.command()
@guarded_command
def score(
    artifact: Artifact,
    records: Annotated[
        str,
        typer.Argument(
            help="Folder of canonical records; with spark any place that it reads.",
            autocompletion=cli_completion.records,
        ),
    ],
    as_of: AsOf,
    target: Annotated[str, typer.Option("--out", help="A .parquet, .csv or .xlsx file; with spark also a folder/.")],
    memory: Annotated[
        str, typer.Option("--memory", help="Stay within this much memory, such as 4GB: scores the records in parts.")
    ] = "",
    engine: Annotated[Engine, typer.Option("--engine", help="Score on this machine, or within Spark.")] = Engine.HERE,
    reasons: Annotated[int, typer.Option("--reasons", help="Columns of reasons, the strongest first.")] = 0,
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Score every open site with an exported artifact, riskiest first.

    Examples: riskml score models/sample data/sample --as-of 2025-06-01 --out scores.parquet

    riskml score models/sample data/sample --as-of 2025-06-01 --out scores.csv --reasons 3 --lang zh
    """
    from riskml.export.scoring import score_records
    from riskml.export.scoring_parts import score_in_parts
    from riskml.features.partitions import bytes_of
    from riskml.records import read_records

    _refuse_endings(target, engine)
    asked: dict[str, Any] = {"reasons": reasons, "lang": lang.value}
    if engine is Engine.SPARK:
        _score_on_spark(artifact, records, as_of, target, memory, asked, as_json=as_json)
        return
    if memory:
        scores = score_in_parts(artifact, records, as_of, memory=bytes_of(memory), **asked)
    else:
        scores = score_records(artifact, read_records(records), as_of, **asked)
    write_rows(scores, Path(target), as_json=as_json)


def _refuse_endings(target: str, engine: Engine) -> None:
    """Refuse a name that nothing can be written under, before the work is done."""
    from riskml.reporting.tables import ENDINGS

    if _is_folder(target) and engine is Engine.SPARK:
        return
    if Path(target).suffix not in ENDINGS or _is_folder(target):
        also = ", or a folder/" if engine is Engine.SPARK else "; only --engine spark writes a folder/"
        raise StudyError(f"--out {target}: name a file that ends in one of {list(ENDINGS)}{also}")


def _is_folder(target: str) -> bool:
    return target.endswith("/") or "://" in target


def _score_on_spark(
    artifact: Path, records: str, as_of: str, target: str, memory: str, asked: dict[str, Any], *, as_json: bool
) -> None:
    from riskml.export.scoring_spark import scores_in_one_table, write_scores_on_spark
    from riskml.features.spark_session import spark_session

    if memory:
        raise StudyError("--memory is for the scan here; Spark has settings of its own, such as spark.executor.memory")
    if _is_folder(target):
        write_scores_on_spark(spark_session(), artifact, records, as_of, target, **asked)
        if as_json:
            say_json({"folder": target})
            return
        out.print(target, markup=False, highlight=False, soft_wrap=True)
    else:
        scores = scores_in_one_table(spark_session(), artifact, records, as_of, **asked)
        write_rows(scores, Path(target), as_json=as_json)


@app.command()
@guarded_command
def explain(
    artifact: Artifact,
    records: Annotated[
        Path, typer.Argument(help="Folder of canonical records.", autocompletion=cli_completion.records)
    ],
    as_of: AsOf,
    site: Annotated[str, typer.Option("--site", help="Site id.")],
    system: Annotated[
        str,
        typer.Option(
            "--system",
            help="Also say why this grading system and the model differ (riskml systems).",
            autocompletion=cli_completion.systems,
        ),
    ] = "",
    lang: Language = Lang.EN,
    as_json: AsJson = False,
) -> None:
    """Print a site's probability, its reasons with the records behind them, and what would lower it.

    Examples: riskml explain models/sample data/sample --site s00000 --as-of 2025-06-01

    riskml explain models/sample data/sample --site s00000 --as-of 2025-06-01 --system nanchang --lang zh
    """
    from riskml.explanation.score_lines import score_lines
    from riskml.export.scoring import context_for
    from riskml.records import read_records
    from riskml.records.log import raw_history
    from riskml.scorer import Scorer

    read = read_records(records)
    history = raw_history(read, site)
    scorer = Scorer.load(artifact, today=as_of).with_context(context_for(artifact, read, as_of))
    asked = (history["site"], history["events"], as_of, history["amendments"])
    score, facts = scorer.score(*asked), scorer.counterfacts(*asked)
    found = None
    if system:
        from riskml.explanation.disagreement import explain_disagreement

        found = explain_disagreement(read, scorer, as_of, site, system=system)
    if as_json:
        told = {"site": site, "as_of": as_of, "artifact": scorer.digest, **plain(score), "counterfacts": facts}
        say_json({**told, **({"disagreement": found} if system else {})})
        return
    _say(score_lines(site, score, facts, lang.value))
    if found is not None:
        from riskml.explanation.disagreement_lines import disagreement_lines

        _say(["", *disagreement_lines(found, lang.value)])


def _say(lines: "Iterable[str]") -> None:
    for line in lines:
        out.print(line, markup=False, highlight=False, soft_wrap=True)
