"""Features of records read in parts of sites: the values, the types and the order of one pass, or a refusal."""

from pathlib import Path

import pandas as pd
import pytest

from riskml.__main__ import main
from riskml.errors import DataError, StudyError
from riskml.features import build_features, spill
from riskml.features.partitions import bytes_of, features_in_parts
from riskml.records import Records, read_records, write_records
from worlds import world

DAY = "2021-06-01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bureau of 40 sites, with facts of visits, in no order."""
    records = world(4, sites=40, visits=150, events=300, amendments=0)
    write_records(records, tmp_path / "records")
    return tmp_path / "records"


def in_parts(folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> list[pd.DataFrame]:
    monkeypatch.setattr(spill, "_size", lambda *_: size)
    monkeypatch.setattr(spill, "BATCH", 64)
    return list(features_in_parts(folder, DAY, memory=2**32))


@pytest.mark.parametrize("size", [6, 40, 100])
def test_parts_below_each_other_are_the_one_pass(folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = in_parts(folder, size, monkeypatch)
    assert [len(part) for part in parts[:-1]] == [size] * (len(parts) - 1)
    whole = build_features(read_records(folder), DAY)
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole, check_exact=True)


def test_the_sample_in_parts_is_the_sample(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_size", lambda *_: 900)
    parts = list(features_in_parts(root / "data" / "sample", "2025-06-01", memory=2**32))
    whole = build_features(read_records(root / "data" / "sample"), "2025-06-01")
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole, check_exact=True)


def rewritten(folder: Path, table: str, frame: pd.DataFrame) -> None:
    frame.to_parquet(folder / f"{table}.parquet", index=False)


def test_an_event_of_another_sites_visit_is_refused_where_parts_divide_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records: Records = read_records(folder)
    events, visits = records.events.copy(), records.inspections
    foreign = visits.loc[visits["site_id"] == "s39", "inspection_id"].iloc[0]
    events.loc[events["site_id"] == "s0", "inspection_id"] = foreign
    rewritten(folder, "events", events)
    with pytest.raises(DataError, match="inspections of sites other than their own"):
        in_parts(folder, 7, monkeypatch)


def test_an_amendment_of_no_event_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = pd.Timestamp("2020-01-01")
    stray = {"event_id": "nobody", "kind": "end", "effective_on": day, "known_on": day, "column": None, "value": None}
    rewritten(folder, "amendments", pd.DataFrame([stray]).astype({"column": "str", "value": "str"}))
    with pytest.raises(DataError, match="of 1 amendments 0 found an event"):
        in_parts(folder, 7, monkeypatch)


def test_an_event_of_an_unknown_site_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = read_records(folder).events
    events.loc[3, "site_id"] = "nowhere"
    rewritten(folder, "events", events)
    with pytest.raises(DataError, match="is no site of table sites"):
        in_parts(folder, 7, monkeypatch)


def test_a_folder_without_a_table_is_refused(folder: Path) -> None:
    (folder / "inspections.parquet").unlink()
    with pytest.raises(DataError, match="not a complete set of readable records"):
        list(features_in_parts(folder, DAY, memory=2**32))


def test_memory_decides_how_large_a_part_is() -> None:
    assert spill._size(10_000, 1_000_000, 64 * 2**30) == 10_000
    small, large = (spill._size(100_000, 10_000_000, gigabytes * 2**30) for gigabytes in (1, 4))
    assert 0 < small < large < 100_000
    with pytest.raises(StudyError, match="too small for 2230000 sites; give at least 1415MB"):
        spill._size(2_230_000, 10_000_000, 2**30)


def test_a_size_is_a_number_of_megabytes_or_gigabytes() -> None:
    assert (bytes_of("800mb"), bytes_of("1.5 GB")) == (800 * 2**20, 3 * 2**29)
    with pytest.raises(StudyError, match="size like 4GB or 800MB, got '4'"):
        bytes_of("4")


def test_the_command_with_memory_writes_what_it_writes_without(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill, "_size", lambda *_: 11)
    for name, more in (("one.parquet", []), ("parts.parquet", ["--memory", "4GB"]), ("parts.csv", ["--memory", "4GB"])):
        command = ["riskml", "features", str(folder), "--as-of", DAY, "--out", str(tmp_path / name), *more]
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as end:
            main()
        assert not end.value.code
    whole = pd.read_parquet(tmp_path / "one.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "parts.parquet"), whole, check_exact=True)
    assert len(pd.read_csv(tmp_path / "parts.csv")) == len(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.parquet", "parts.csv", "parts.parquet", "records"]
