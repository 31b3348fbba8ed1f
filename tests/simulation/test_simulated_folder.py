"""The folder of a world: whole or not at all, whoever dies while it is written, and never two writers at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from riskml.errors import DataError
from riskml.records import read_records, write_records
from riskml.records.store import new_folder
from riskml.simulation import World, simulate_to, write_world, writing

KILLED = """
import os, signal, sys
from riskml.simulation import simulate_to
def die(number):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
simulate_to(sys.argv[1], sites=300, years=1, seed=1, partition_sites=100, done=die)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_killed_simulation_leaves_the_old_world_and_the_next_one_clears_up(
    small_world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "w"
    write_world(small_world, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert names(tmp_path) == ["w", "w.part"]
    simulate_to(folder, sites=150, years=1, seed=1)
    assert names(tmp_path) == ["w"]
    assert len(read_records(folder).sites) == 150


def test_a_failure_between_records_and_hash_leaves_nothing(
    small_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> str:
        raise OSError("the disk is full")

    monkeypatch.setattr(writing, "canonical_hash", fail)
    with pytest.raises(OSError, match="the disk is full"):
        write_world(small_world, tmp_path / "w")
    assert names(tmp_path) == []


def test_a_world_written_twice_is_the_same_to_the_byte(small_world: World, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_world(small_world, tmp_path / name)
    simulate_to(tmp_path / "c", sites=200, years=1, seed=5)
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "abc"]
    assert contents[0] == contents[1] == contents[2]


def test_a_new_world_takes_the_place_of_an_old_one_with_all_its_files(small_world: World, tmp_path: Path) -> None:
    write_world(small_world, tmp_path / "w")
    write_records(small_world.records, tmp_path / "w")
    assert "truth.parquet" not in names(tmp_path / "w")
    assert names(tmp_path) == ["w"]


def test_a_run_killed_between_the_two_renames_loses_nothing(small_world: World, tmp_path: Path) -> None:
    write_world(small_world, tmp_path / "w")
    (tmp_path / "w").rename(tmp_path / "w.old")
    with pytest.raises(DataError), new_folder(tmp_path / "w"):
        raise DataError("no better world was made")
    assert names(tmp_path) == ["w"]
    assert len(read_records(tmp_path / "w").sites) == 200


def test_two_writers_of_one_folder_do_not_mix(small_world: World, tmp_path: Path) -> None:
    with new_folder(tmp_path / "w") as part:
        (part / "mine").write_text("first")
        with pytest.raises(DataError, match="another process is writing"):
            write_world(small_world, tmp_path / "w")
        assert names(part) == ["mine"]
    assert names(tmp_path / "w") == ["mine"]


def test_a_folder_of_something_else_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    called: list[int] = []
    with pytest.raises(DataError, match="holds something else"):
        simulate_to(tmp_path, sites=200, years=1, seed=1, done=called.append)
    assert (called, names(tmp_path)) == ([], ["thesis.txt"])
