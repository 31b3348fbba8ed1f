"""The folder of records: what was written comes back, what is damaged is refused, and nothing stands half-written."""

import dataclasses
import json
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.records import Records, contract, read_records, store, write_records
from riskml.records.hashing import canonical_hash
from worlds import world


def same(one: Records, other: Records) -> bool:
    for name, table in one.tables().items():
        pd.testing.assert_frame_equal(table, other.tables()[name])
    return one.meta() == other.meta()


@settings(max_examples=5)
@given(st.integers(0, 10**6))
def test_records_come_back_as_they_were_written(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("store") / "records"
    notes = ({"en": "a note", "zh": "说明"},)
    records = dataclasses.replace(world(seed), notes=notes, snapshots={"area_m2": "2020-05-01"})
    write_records(records, folder)
    assert same(read_records(folder), records)
    assert canonical_hash(read_records(folder)) == canonical_hash(records)


def test_a_bureau_without_any_row_comes_back_too(tmp_path: Path) -> None:
    records = world(1, sites=0, visits=0, events=0, amendments=0)
    write_records(records, tmp_path / "none")
    assert same(read_records(tmp_path / "none"), records)


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_records(world(5), tmp_path / name)
    assert {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()
    }


def test_older_records_are_replaced_whole(tmp_path: Path) -> None:
    write_records(world(5), tmp_path / "records")
    (tmp_path / "records" / "truth.parquet").touch()
    write_records(world(6), tmp_path / "records")
    assert same(read_records(tmp_path / "records"), world(6))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["records"]
    assert not (tmp_path / "records" / "truth.parquet").exists()


@pytest.mark.parametrize("name", ["notes.txt", "sites_backup.parquet", "pictures/door.jpg", "events.parquet/x"])
@pytest.mark.parametrize("end", ["", ".part", ".old"])
def test_a_file_that_is_not_of_records_is_never_removed(tmp_path: Path, name: str, end: str) -> None:
    records = tmp_path / "records"
    write_records(world(5), records)
    mine, top = tmp_path / f"records{end}" / name, name.partition("/")[0]
    if mine.parent.is_file():
        mine.parent.unlink()
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("years of work")
    message = rf"records{end} exists and holds something else than records; .* move away \['{top}'\]"
    with pytest.raises(DataError, match=message):
        write_records(world(6), records)
    assert mine.read_text() == "years of work"
    assert not (records / "sites.parquet").is_file() or len(store.read_table(records / "sites.parquet", "sites")) == 4


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("kept")
    for name in ("thesis", "file"):
        with pytest.raises(DataError, match="holds something else than records; choose another folder"):
            write_records(world(1), tmp_path / name)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "thesis"]


@pytest.mark.parametrize("before", [True, False], ids=["over older records", "into a new folder"])
def test_a_write_that_fails_midway_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    if before:
        write_records(world(5), tmp_path / "records")
    whole = store.write_table

    def full_disk(frame: pd.DataFrame, path: Path) -> None:
        if path.name == "inspections.parquet":
            raise OSError("No space left on device")
        whole(frame, path)

    monkeypatch.setattr(store, "write_table", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_records(world(6), tmp_path / "records")
    assert [path.name for path in tmp_path.iterdir()] == (["records"] if before else [])
    if before:
        assert same(read_records(tmp_path / "records"), world(5))


def test_records_that_break_the_contract_are_not_written(tmp_path: Path) -> None:
    records = world(1)
    wrong = dataclasses.replace(records, sites=records.sites.assign(site_id="same"))
    with pytest.raises(
        DataError, match=r"records of world: \d faults(.|\n)*site_id stands in an earlier row too: 3 of 4"
    ):
        write_records(wrong, tmp_path / "records")
    assert not list(tmp_path.iterdir())


def test_the_remains_of_a_killed_run_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "records.part").mkdir()
    (tmp_path / "records.part" / "sites.parquet").write_bytes(b"half")
    write_records(world(5), tmp_path / "records")
    assert [path.name for path in tmp_path.iterdir()] == ["records"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_records(world(5), tmp_path / "records")
    return tmp_path / "records"


def test_a_folder_without_records_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no records .*riskml ingest or riskml simulate"):
        read_records(tmp_path)


@pytest.mark.parametrize("table", store.TABLES)
def test_a_missing_table_is_named(folder: Path, table: str) -> None:
    (folder / f"{table}.parquet").unlink()
    with pytest.raises(DataError, match=f"{table}.parquet is missing"):
        read_records(folder)


@cache
def events_file(path: Path) -> bytes:
    store.write_table(world(5).events, path)
    return path.read_bytes()


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_table_is_refused_or_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    content = bytearray(events_file(tmp_path_factory.getbasetemp() / "whole.parquet"))
    content[place % len(content)] ^= change
    path.write_bytes(bytes(content))
    try:
        store.read_table(path, "events")
    except DataError as error:
        assert "events" in str(error) or "not a readable Parquet file" in str(error)  # noqa: PT017 - either is right


@pytest.mark.parametrize("kept", [0, 4, 300, -10])
def test_a_truncated_table_is_refused(folder: Path, kept: int) -> None:
    path = folder / "events.parquet"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"events\.parquet is not a readable Parquet file"):
        read_records(folder)


def test_a_table_with_a_wrong_column_is_refused(folder: Path) -> None:
    world(5).sites.assign(colour="red").to_parquet(folder / "sites.parquet")
    with pytest.raises(DataError, match=r"sites\.colour is no column of the contract"):
        read_records(folder)


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ("{", "not readable as JSON"),
        ("[]", "damaged"),
        ("{}", "lacks 'source'"),
        ({"observed_to": None}, "lacks|damaged"),
        ({"observed_from": "soon"}, "damaged"),
        ({"outcome": {"fail": {}}}, "damaged: .*lacks"),
        ({"outcome": 3}, "damaged"),
        ({"notes": None}, "damaged"),
    ],
)
def test_damaged_meta_are_refused(folder: Path, meta: "str | dict[str, object]", message: str) -> None:
    path = folder / store.META
    text = meta if isinstance(meta, str) else json.dumps({**json.loads(path.read_text()), **meta})
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_records(folder)


def test_days_are_stored_as_days_and_text_as_text(folder: Path) -> None:
    schema = pq.read_schema(folder / "events.parquet")
    assert str(schema.field("known_on").type) == "date32[day]"
    assert str(schema.field("code").type) == "string"
    assert schema.metadata is None


def test_the_default_tables_of_records_are_empty_ones() -> None:
    pd.testing.assert_frame_equal(world(1).grades, contract.empty("grades"))
