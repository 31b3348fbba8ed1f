"""The commands about an exported artifact: riskml export (other forms of it, a signature) and riskml verify."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from riskml import cli_completion
from riskml.errors import StudyError
from riskml.terminal import AsJson, guarded_command, out, say_json

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
) -> None:
    """Write an exported artifact in another form; several at once. The signature comes first and goes into the pack.

    Examples: riskml export models/sample --pack sample.riskml

    riskml export models/sample --sign private.pem --pack sample.riskml

    riskml export models/sample --onnx sample.onnx --sql scorecard.sql
    """
    doors: list[tuple[Path | None, Callable[[Path], str]]] = [
        (sign, lambda key: _signed(artifact, key)),
        (pack, lambda target: _packed(artifact, target)),
        (unpack, lambda target: _unpacked(artifact, target)),
        (onnx, lambda target: _as_onnx(artifact, target)),
        (sql, lambda target: _as_sql(artifact, target, table)),
    ]
    asked = [(given, door) for given, door in doors if given is not None]
    if not asked:
        raise StudyError("say what to write: --pack FILE, --unpack FOLDER, --onnx FILE, --sql FILE or --sign KEY")
    for given, door in asked:
        out.print(door(given), markup=False, highlight=False, soft_wrap=True)


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
    lines = [
        f"{artifact}: sound{signed}",
        f"digest {opened.digest}",
        f"{header.outcome} within {header.horizon_days} days, {len(header.features)} features, {opened.trees.count} "
        f"trees; trained to {header.trained_to}, expires on {header.expires_on}",
    ]
    for line in [*lines, *(_schema_lines(input_schema(header)) if schema else ())]:
        out.print(line, markup=False, highlight=False, soft_wrap=True)


def _facts(opened: "Opened") -> dict[str, Any]:
    """What `riskml verify --json` says of a sound artifact."""
    names = ("name", "outcome", "horizon_days", "trained_to", "expires_on", "label_versions", "code_version")
    counts = {"features": len(opened.header.features), "trees": opened.trees.count}
    return {"sound": True, "digest": opened.digest, **{name: getattr(opened.header, name) for name in names}, **counts}


def _signed(artifact: Path, key: Path) -> str:
    from riskml.export.signing import sign

    return f"{artifact}: signed, public key {sign(artifact, key)}"


def _packed(artifact: Path, target: Path) -> str:
    from riskml.export.packing import write_pack

    return f"{target}: packed, digest {write_pack(artifact, target)}"


def _unpacked(artifact: Path, target: Path) -> str:
    from riskml.export.packing import unpack_into

    return f"{target}: unpacked, digest {unpack_into(artifact, target)}"


def _as_onnx(artifact: Path, target: Path) -> str:
    from riskml.export.onnx import write_onnx

    parity = write_onnx(artifact, target)
    return (
        f"{target}: {parity.rows} rows of the self-test scored by both; raw scores equal, probabilities within "
        f"{parity.probability:.1e} (at most {parity.bound:.1e} is allowed)"
    )


def _as_sql(artifact: Path, target: Path, table: str) -> str:
    from riskml.export.sql import write_sql

    return f"{target}: the scorecard over {write_sql(artifact, target, table=table)} features of the table {table}"


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
