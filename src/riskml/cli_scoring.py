"""The commands that score records with an exported artifact, and that say why a site scores as it does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from riskml import cli_completion
from riskml.cli_features import AsOf, Engine, OfEngine
from riskml.cli_features import Folder as AnyFolder
from riskml.errors import DataError, StudyError
from riskml.plain import plain
from riskml.scorer.messages import meant
from riskml.terminal import AsJson, Lang, Language, guarded_command, refuse_place, say, say_json, working, write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from riskml.explanation.disagreement import Disagreement
    from riskml.records import Records
    from riskml.scorer import Score
    from riskml.scorer.explaining.counterfacts import CounterFact

app = typer.Typer()

MOST_IDS: Final = 2000
"""Site ids that are looked through for the one that was meant."""

Artifact = Annotated[
    Path,
    typer.Argument(
        help="Exported artifact: its folder, such as models/sample, or one packed file.",
        autocompletion=cli_completion.artifacts,
    ),
]
Folder = Annotated[Path, typer.Argument(help="Folder of canonical records.", autocompletion=cli_completion.records)]


@app.command()
@guarded_command
def score(
    artifact: Artifact,
    records: AnyFolder,
    as_of: AsOf,
    target: Annotated[str, typer.Option("--out", help="A .parquet, .csv or .xlsx file; with spark also a folder/.")],
    memory: Annotated[
        str, typer.Option("--memory", help="Stay within this much memory, such as 4GB: scores the records in parts.")
    ] = "",
    engine: OfEngine = Engine.HERE,
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
    refuse_place(Path(target))
    with working("score"):
        if memory:
            scores = score_in_parts(artifact, records, as_of, memory=bytes_of(memory), **asked)
        else:
            scores = score_records(artifact, read_records(records), as_of, **asked)
    write_rows(scores, Path(target), as_json=as_json, lang=lang)


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
        say([target])
    else:
        scores = scores_in_one_table(spark_session(), artifact, records, as_of, **asked)
        write_rows(scores, Path(target), as_json=as_json)


@app.command()
@guarded_command
def explain(
    artifact: Artifact,
    records: Folder,
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
    from riskml.records import read_records

    _refuse_system(system)
    with working("explain"):
        read = read_records(records)
        found = _explained(artifact, read, as_of, _known(read, site), system)
    if as_json:
        told = {"site": site, "as_of": as_of, "artifact": found.digest, **plain(found.score)}
        more = {"disagreement": found.difference} if system else {}
        say_json({**told, "counterfacts": found.facts, **more})
        return
    from riskml.explanation.score_lines import score_lines

    say(score_lines(site, found.score, found.facts, lang.value))
    if found.difference is not None:
        from riskml.explanation.disagreement_lines import disagreement_lines

        say(["", *disagreement_lines(found.difference, lang.value)])


def _refuse_system(name: str) -> None:
    """Refuse a grading system that there is not, before the records are read."""
    if name:
        from riskml.grades import load_system

        load_system(name)


class _Explained(NamedTuple):
    """Why a site scores as it does.

    Attributes:
        digest: of the artifact.
        score: with its reasons.
        facts: what would lower it.
        difference: between the model and a grading system; None if none was asked for.
    """

    digest: str
    score: "Score"
    facts: "Sequence[CounterFact]"
    difference: "Disagreement | None"


def _explained(artifact: Path, records: "Records", as_of: str, site: str, system: str) -> _Explained:
    from riskml.export.scoring import context_for
    from riskml.records.log import raw_history
    from riskml.scorer import Scorer

    history = raw_history(records, site)
    scorer = Scorer.load(artifact, today=as_of).with_context(context_for(artifact, records, as_of))
    asked = (history["site"], history["events"], as_of, history["amendments"])
    difference = None
    if system:
        from riskml.explanation.disagreement import explain_disagreement

        difference = explain_disagreement(records, scorer, as_of, site, system=system)
    return _Explained(scorer.digest, scorer.score(*asked), scorer.counterfacts(*asked), difference)


def _known(records: "Records", site: str) -> str:
    """The same site id, if there is one.

    Raises:
        DataError: with the one that was meant, if there is none.
    """
    ids, asked = records.sites["site_id"], site.strip()
    if (ids == site).any():
        return site
    longer = ids[ids.str.startswith(asked)].head(3).tolist() if asked else []
    plain_ids, low = ids.str.lower(), asked.lower()
    like = ids[plain_ids.str.startswith(low[:-2]) | plain_ids.str.endswith(low[-4:])].head(MOST_IDS)
    hint = f"; so begin {longer}" if longer and asked not in longer else meant(site, like)
    hint = hint or f"; examples: {ids.head(3).tolist()}"
    raise DataError(f"no site {site!r} among {len(ids)} sites{hint}")
