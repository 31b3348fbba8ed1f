"""Scoring inside Spark, in local mode: the rows, the types and the order of one pass, and its refusals."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from riskml.cli import app
from riskml.errors import DataError
from riskml.export.packing import write_pack
from riskml.export.scoring import score_records
from riskml.export.scoring_spark import scores_in_one_table
from riskml.records import Records, read_records, write_records
from spark_here import session_here
from tiny_models import AS_OF, Made

pytestmark = [pytest.mark.services, pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning")]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    yield from session_here()


@pytest.fixture(scope="module")
def folder(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records with a cancelled licence."""
    site = records.sites.loc[records.sites["closed_on"].isna() & (records.sites["registered_on"] < AS_OF), "site_id"]
    days = dict.fromkeys(("occurred_on", "known_on"), pd.Timestamp("2024-12-20"))
    one = records.events.iloc[:1].assign(event_id="x1", site_id=site.iloc[5], code="PEN_REVOKE", inspection_id=None)
    made = dataclasses.replace(records, events=pd.concat([records.events, one.assign(**days)], ignore_index=True))
    place = tmp_path_factory.mktemp("spark") / "records"
    write_records(made, place)
    return place


def test_spark_gives_the_rows_the_types_and_the_order_of_one_pass(session: Any, made: Made, folder: Path) -> None:
    whole = score_records(made.folder, read_records(folder), AS_OF, reasons=2, lang="zh")
    assert read_records(folder).events.set_index("event_id")["site_id"]["x1"] not in set(whole["site_id"])
    found = scores_in_one_table(session, made.folder, folder, AS_OF, reasons=2, lang="zh", rows_per_part=2_000)
    pd.testing.assert_frame_equal(found, whole, check_exact=True)


def command(artifact: Path, records: Path, out: object) -> Result:
    words = ["score", artifact, records, "--as-of", AS_OF, "--engine", "spark", "--out", out]
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_writes_the_file_of_the_other_engine_or_a_folder(
    session: Any, made: Made, folder: Path, tmp_path: Path
) -> None:
    del session
    done = command(made.folder, folder, tmp_path / "spark.csv")
    assert done.exit_code == 0, done.output
    words = ["score", made.folder, folder, "--as-of", AS_OF, "--out", tmp_path / "here.csv"]
    assert CliRunner().invoke(app, [str(word) for word in words]).exit_code == 0
    assert (tmp_path / "spark.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    write_pack(made.folder, tmp_path / "tiny.riskml")
    done = command(tmp_path / "tiny.riskml", folder, f"{tmp_path / 'scores'}/")
    assert done.exit_code == 0, done.output
    parts = pd.read_parquet(tmp_path / "scores")
    whole = score_records(made.folder, read_records(folder), AS_OF)
    assert dict(zip(parts["site_id"], parts["probability"], strict=True)) == dict(
        zip(whole["site_id"], whole["probability"], strict=True)
    )


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("events", {"code": "OWN"}, r"codes \['OWN'\], which are not on the code list"),
        ("inspections", {"label_version": "sim-2"}, r"label versions \['sim-2'\]; the model learned"),
        ("sites", {"registered_on": pd.Timestamp("2025-02-01")}, "is active on 2025-01-15"),
    ],
)
def test_spark_refuses_what_one_pass_refuses(
    session: Any, made: Made, folder: Path, tmp_path: Path, table: str, change: dict[str, Any], message: str
) -> None:
    whole = read_records(folder)
    changed: Any = {table: whole.tables()[table].assign(**change)}
    other = dataclasses.replace(whole, **changed)
    write_records(other, tmp_path / "records")
    with pytest.raises(DataError, match=message) as one:
        score_records(made.folder, other, AS_OF)
    with pytest.raises(DataError, match=message) as spark:
        scores_in_one_table(session, made.folder, tmp_path / "records", AS_OF)
    assert str(one.value) == str(spark.value)


def test_records_that_are_none_are_one_clear_line(session: Any, made: Made, tmp_path: Path) -> None:
    del session
    done = command(made.folder, tmp_path / "none", tmp_path / "a.csv")
    assert done.exit_code == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("riskml: ")]
    assert len(lines) == 1, done.output
    assert "Traceback" not in done.output
