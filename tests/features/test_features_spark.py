"""Features on Spark, in local mode: the values, the types and the order of one pass, and one line for bad records."""

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from riskml.cli import app
from riskml.errors import StudyError
from riskml.features import build_features, spark, spill
from riskml.features.build import applicable, context_on
from riskml.features.catalog import site_categories
from riskml.features.partitions import features_in_parts
from riskml.records import contract, read_records, write_records
from riskml.records.days import day_number
from riskml.records.log import event_log, raw_histories
from riskml.records.store import TABLES
from riskml.scorer.scanning import scan
from riskml.simulation import simulate
from spark_here import session_here
from worlds import world

pytestmark = [pytest.mark.services, pytest.mark.filterwarnings("ignore:PySpark does not yet:FutureWarning")]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """A session in two threads of this machine, with small shuffles."""
    yield from session_here()


def on_spark(session: Any, folder: Path, day: str, parts: int) -> pd.DataFrame:
    """The features as one table, of records in about so many parts."""
    total = sum(len(pd.read_parquet(folder / f"{name}.parquet")) for name in spark.ROWS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spark, "ROWS_OF_PART", -(-total // parts))
        return spark.features_in_one_table(session, folder, day)


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated bureau, its rows in no order, with corrections of events that came half a year late."""
    made = simulate(sites=100, years=2, seed=11).records
    some = made.events[made.events["known_on"] < made.observed_to - pd.Timedelta(days=200)].iloc[::5]
    known = some["known_on"] + pd.Timedelta(days=180)
    told = {"kind": "correct", "effective_on": known, "known_on": known, "column": "severity", "value": "3"}
    late = contract.conform("amendments", pd.DataFrame({"event_id": some["event_id"], **told}))
    assert len(late) > 20
    tables = {"events": made.events, "amendments": pd.concat([made.amendments, late]), "inspections": made.inspections}
    rng = np.random.default_rng(1)
    mixed: dict[str, Any] = {
        name: table.iloc[rng.permutation(len(table))].reset_index(drop=True) for name, table in tables.items()
    }
    folder = tmp_path_factory.mktemp("bureau") / "records"
    write_records(dataclasses.replace(made, **mixed), folder)
    return folder


@pytest.fixture(scope="module")
def day(bureau: Path) -> str:
    """A day on which some of these corrections were known and others were not."""
    return f"{read_records(bureau).observed_to - pd.Timedelta(days=100):%Y-%m-%d}"


def test_plain_compiled_partitioned_and_spark_are_one_table(
    session: Any, bureau: Path, day: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = build_features(read_records(bureau), day)
    assert compiled.shape[0] == 100
    assert compiled.notna().any().sum() > 50
    pd.testing.assert_frame_equal(on_spark(session, bureau, day, parts=4), compiled, check_exact=True)
    monkeypatch.setattr(spill, "_size", lambda *_: 20)
    parts = pd.concat(features_in_parts(bureau, day, memory=2**32), ignore_index=True)
    pd.testing.assert_frame_equal(parts, compiled, check_exact=True)
    records, number = read_records(bureau), day_number(day)
    log, histories = event_log(records), raw_histories(records)
    catalog = applicable(records, log, number)
    program = catalog.program(site_categories(catalog, records.sites))
    others = context_on(records.sites, log, number, catalog)
    plain = [
        scan.features(program, one["site"], one["events"], one["amendments"], number, None, others)
        for one in (histories[site] for site in compiled["site_id"])
    ]
    numbers = [feature.name for feature in catalog.features if not feature.is_category]
    found = pd.DataFrame(plain, columns=catalog.names, dtype="float64")[numbers]
    pd.testing.assert_frame_equal(found, compiled[numbers], check_exact=True)


def test_tables_in_several_files_come_in_the_order_of_the_sites(
    session: Any, bureau: Path, day: str, tmp_path: Path
) -> None:
    shutil.copytree(bureau, tmp_path / "records")
    for name in ("sites", "events"):
        path = tmp_path / "records" / f"{name}.parquet"
        table = pq.read_table(path)
        path.unlink()
        path.mkdir()
        for part in range(3):
            some = table.slice(part * len(table) // 3, (part + 1) * len(table) // 3 - part * len(table) // 3)
            pq.write_table(some, path / f"part-{part:05}.parquet")
    found = on_spark(session, tmp_path / "records", day, parts=2)
    pd.testing.assert_frame_equal(found, build_features(read_records(bureau), day), check_exact=True)


def test_a_bureau_without_sites_has_no_rows_and_the_calendar(session: Any, tmp_path: Path) -> None:
    none: dict[str, Any] = {name: contract.empty(name) for name in TABLES}
    write_records(dataclasses.replace(world(1), **none), tmp_path / "records")
    found = spark.features_in_one_table(session, tmp_path / "records", "2021-06-01")
    assert found.empty
    assert list(found.columns) == list(build_features(read_records(tmp_path / "records"), "2021-06-01").columns)


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["features", *map(str, arguments), "--engine", "spark"])


def test_the_command_writes_the_file_of_the_other_engine_or_a_folder(
    session: Any, bureau: Path, day: str, tmp_path: Path
) -> None:
    del session
    done = command(bureau, "--as-of", day, "--out", tmp_path / "spark.parquet")
    assert done.exit_code == 0, done.output
    plain = CliRunner().invoke(app, ["features", str(bureau), "--as-of", day, "--out", str(tmp_path / "here.parquet")])
    assert plain.exit_code == 0
    assert (tmp_path / "spark.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()
    done = command(bureau, "--as-of", day, "--out", f"{tmp_path / 'folder'}/")
    assert done.exit_code == 0, done.output
    made, whole = (pd.read_parquet(tmp_path / name).sort_values("site_id") for name in ("folder", "here.parquet"))
    made["as_of"] = made["as_of"].astype(whole["as_of"].dtype)
    pd.testing.assert_frame_equal(
        made.reset_index(drop=True), whole.reset_index(drop=True), check_exact=True, check_dtype=False
    )


def spoilt(bureau: Path, folder: Path, table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    """The bureau with a change to one table, past all checks."""
    shutil.copytree(bureau, folder)
    frame = pq.read_table(folder / f"{table}.parquet").to_pandas()
    change(frame).to_parquet(folder / f"{table}.parquet", index=False)
    return folder


def nowhere(events: pd.DataFrame) -> pd.DataFrame:
    return events.assign(site_id=events["site_id"].mask(events.index == 3, "nowhere"))


def stray(amendments: pd.DataFrame) -> pd.DataFrame:
    return amendments.assign(event_id=amendments["event_id"].mask(amendments.index == 0, "nobody"))


def foreign(events: pd.DataFrame) -> pd.DataFrame:
    visit = events.loc[events["inspection_id"].notna(), ["inspection_id", "site_id"]].iloc[0]
    other = events["site_id"] != visit["site_id"]
    first = events.index == events.index[other][0]
    return events.assign(inspection_id=events["inspection_id"].mask(first, visit["inspection_id"]))


def twice(sites: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([sites, sites.iloc[:1]])


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("events", nowhere, "is no site of table sites"),
        ("amendments", stray, "found an event: some name none"),
        ("events", foreign, "1 events name inspections of sites other than their own"),
        ("sites", twice, "sites.site_id"),
        ("sites", lambda sites: sites.drop(columns="area_m2"), "area_m2"),
    ],
)
def test_bad_records_are_one_clear_line(
    session: Any, bureau: Path, day: str, tmp_path: Path, table: str, change: Any, message: str
) -> None:
    del session
    folder = spoilt(bureau, tmp_path / "records", table, change)
    one_line(command(folder, "--as-of", day, "--out", tmp_path / "a.csv"), 1, str(folder), message)
    assert not (tmp_path / "a.csv").exists()


def one_line(done: Result, code: int, *messages: str) -> None:
    assert done.exit_code == code, done.output
    lines = [line for line in done.stderr.splitlines() if line.startswith("riskml: ")]
    assert len(lines) == 1, done.output
    assert not [message for message in messages if message not in done.stderr], done.stderr
    assert "Traceback" not in done.output
    assert "at org.apache" not in done.output


def test_what_is_no_folder_of_records_and_what_cannot_be_asked(
    session: Any, bureau: Path, day: str, tmp_path: Path
) -> None:
    out = ["--as-of", day, "--out", tmp_path / "a.csv"]
    one_line(command(tmp_path / "none", *out), 1, "none", "PATH_NOT_FOUND")
    (tmp_path / "half").mkdir()
    shutil.copy(bureau / "records.json", tmp_path / "half")
    one_line(command(tmp_path / "half", *out), 1, "half/sites.parquet")
    (tmp_path / "half" / "sites.parquet").write_bytes(b"PAR1 nothing")
    one_line(command(tmp_path / "half", *out), 1, "half")
    one_line(command(bureau, "--as-of", "1999-01-01", "--out", tmp_path / "a.csv"), 1, "lies outside the records")
    one_line(command(bureau, *out, "--memory", "4GB"), 2, "spark.executor.memory")
    one_line(command(bureau, "--as-of", day, "--out", tmp_path / "a.doc"), 2, "a.doc: with --engine spark name a file")
    with pytest.raises(StudyError, match="rows_per_part must be at least 1, got 0"):
        spark.features_on_spark(session, bureau, day, rows_per_part=0)


def test_a_machine_without_java_is_told_what_is_needed(session: Any, tmp_path: Path) -> None:
    del session
    code = "from riskml.features.spark_session import spark_session; spark_session()"
    bare = {**os.environ, "PATH": str(tmp_path), "JAVA_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=bare, capture_output=True, text=True, check=False)
    assert "StudyError: Spark did not start" in done.stderr
    assert "it needs Java 17 or later, by JAVA_HOME or PATH" in done.stderr
