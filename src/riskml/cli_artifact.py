"""The commands about an exported artifact: riskml export (other forms of it, a signature) and riskml verify."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from riskml import cli_completion
from riskml.errors import StudyError
from riskml.terminal import REPLACED, AsJson, Lang, guarded_command, refuse_place, say, say_json

if TYPE_CHECKING:
    from riskml.scorer.opening.artifact import Artifact as Opened
    from riskml.scorer.scanning.schema import Column

app = typer.Typer()

VALUES_SHOWN: Final = 8
"""Most values of a column that the list of columns names."""

Artifact = Annotated[
    Path,
    typer.Argument(help="Exported artifact: its folder, or one packed file.", autocompletion=cli_completion.artifacts),
]


Made = tuple[str, dict[str, Any]]
"""What was written: a line for people, and the facts for machines."""


@app.command()
@guarded_command
def export(
    artifact: Artifact,
    sign: Annotated[
        Path | None, typer.Option("--sign", help="Ed25519 private key (PEM): sign the artifact where it lies.")
    ] = None,
    pack: Annotated[Path | None, typer.Option("--pack", help="Write it as one file, such as model.riskml.")] = None,
    unpack: Annotated[Path | None, typer.Option("--unpack", help="Write it as a folder.")] = None,
    onnx: Annotated[Path | None, typer.Option("--onnx", help="Write the model as ONNX, ending in .onnx.")] = None,
    sql: Annotated[
        Path | None, typer.Option("--sql", help="Write the run's scorecard as a query, ending in .sql.")
    ] = None,
    table: Annotated[str, typer.Option("--table", help="With --sql: the table of features it reads.")] = "features",
    as_json: AsJson = False,
) -> None:
    """Write an exported artifact in another form; several at once. The signature comes first and goes into the pack.

    Examples: riskml export models/sample --pack sample.riskml

    riskml export models/sample --sign private.pem --pack sample.riskml

    riskml export models/sample --onnx sample.onnx --sql scorecard.sql
    """
    asked = {"sign": sign, "pack": pack, "unpack": unpack, "onnx": onnx, "sql": sql}
    given = {name: path for name, path in asked.items() if path is not None}
    if not given:
        raise StudyError("say what to write: --pack FILE, --unpack FOLDER, --onnx FILE, --sql FILE or --sign KEY")
    _refuse_names(given)
    there = {name: path.exists() for name, path in given.items() if name != "sign"}
    made = {name: door(artifact, given[name], table) for name, door in DOORS.items() if name in given}
    if as_json:
        written = [{**facts, "replaced": there.get(name, False)} for name, (_, facts) in made.items()]
        say_json({"artifact": artifact, "written": written})
        return
    say(line + REPLACED[Lang.EN] * there.get(name, False) for name, (line, _) in made.items())


@app.command()
@guarded_command
def verify(
    artifact: Artifact,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", help="Ed25519 public key (PEM): refuse what it has not signed.")
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Also list the columns it reads.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check an artifact: checksums, bounds and self-test; with --public-key also who signed it.

    Examples: riskml verify models/sample --schema

    riskml verify sample.riskml --public-key public.pem
    """
    from riskml.scorer.opening.artifact import read_artifact
    from riskml.scorer.opening.selftest import run_selftest
    from riskml.scorer.scanning.schema import input_schema

    opened = read_artifact(artifact, public_key=public_key)
    run_selftest(opened.selftest, opened.trees, opened.header.calibration)
    header = opened.header
    if as_json:
        columns = {"columns": input_schema(header)} if schema else {}
        say_json({"artifact": artifact, **_facts(opened), "signed_by_key": public_key is not None, **columns})
        return
    signed = "" if public_key is None else ", signed by that key"
    past = ", which is past" if header.expires_on <= date.today() else ""
    lines = [
        f"{artifact}: sound{signed}",
        f"digest {opened.digest}",
        f"{header.outcome} within {header.horizon_days} days, {len(header.features)} features, {opened.trees.count} "
        f"trees; trained to {header.trained_to}, expires on {header.expires_on}{past}",
    ]
    say([*lines, *(_schema_lines(input_schema(header)) if schema else ())])


def _facts(opened: "Opened") -> dict[str, Any]:
    """What `riskml verify --json` says of a sound artifact."""
    names = ("name", "outcome", "horizon_days", "trained_to", "expires_on", "label_versions", "code_version")
    counts = {"features": len(opened.header.features), "trees": opened.trees.count}
    return {"sound": True, "digest": opened.digest, **{name: getattr(opened.header, name) for name in names}, **counts}


def _refuse_names(given: Mapping[str, Path]) -> None:
    """Refuse the name of one file before another is written."""
    for name, what in (("onnx", "an ONNX model"), ("sql", "a query")):
        if name in given and given[name].suffix != f".{name}":
            raise StudyError(f"{given[name]}: {what} is written as .{name}")
        if name in given:
            refuse_place(given[name])


def _signed(artifact: Path, key: Path, _table: str) -> Made:
    from riskml.export.signing import sign

    public = sign(artifact, key)
    return f"{artifact}: signed, public key {public}", {"form": "signature", "file": artifact, "public_key": public}


def _packed(artifact: Path, target: Path, _table: str) -> Made:
    from riskml.export.packing import write_pack

    digest = write_pack(artifact, target)
    return f"{target}: packed, digest {digest}", {"form": "pack", "file": target, "digest": digest}


def _unpacked(artifact: Path, target: Path, _table: str) -> Made:
    from riskml.export.packing import unpack_into

    digest = unpack_into(artifact, target)
    return f"{target}: unpacked, digest {digest}", {"form": "folder", "file": target, "digest": digest}


def _as_onnx(artifact: Path, target: Path, _table: str) -> Made:
    from riskml.export.onnx import write_onnx

    parity = write_onnx(artifact, target)
    line = (
        f"{target}: {parity.rows} rows of the self-test scored by both; raw scores equal, probabilities within "
        f"{parity.probability:.1e} (at most {parity.bound:.1e} is allowed)"
    )
    return line, {"form": "onnx", "file": target, "parity": parity}


def _as_sql(artifact: Path, target: Path, table: str) -> Made:
    from riskml.export.sql import write_sql

    features = write_sql(artifact, target, table=table)
    line = f"{target}: the scorecard over {features} features of the table {table}"
    return line, {"form": "sql", "file": target, "features": features, "table": table}


DOORS: Final[dict[str, Callable[[Path, Path, str], Made]]] = {
    "sign": _signed,
    "pack": _packed,
    "unpack": _unpacked,
    "onnx": _as_onnx,
    "sql": _as_sql,
}
"""What writes each form, in the order in which they are written."""


def _schema_lines(columns: "Sequence[Column]") -> Iterator[str]:
    """One line a column: where, name, type, whether it is needed, unit or values, bounds, how many features read it."""
    widest = max(len(column.name) for column in columns)
    for column in columns:
        bounds = "" if column.low is None and column.high is None else f"{_end(column.low)} to {_end(column.high)}"
        values = f"{len(column.values)} values: {', '.join(column.values[:VALUES_SHOWN])}" if column.values else ""
        more = ", ..." if len(column.values) > VALUES_SHOWN else ""
        read = f"read by {len(column.used_by)} feature{'s' * (len(column.used_by) != 1)}" if column.used_by else ""
        facts = [one for one in (column.unit, bounds, values + more, read) if one]
        needed = "needed" if column.needed else "      "
        yield f"{column.table:<10}  {column.name:<{widest}}  {column.type:<16}  {needed}  {'; '.join(facts)}".rstrip()


def _end(bound: float | None) -> str:
    return "any" if bound is None else f"{bound:g}"
