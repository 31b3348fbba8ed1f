"""The world as a whole: contract, round trip, determinism, the committed sample, refusals."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.records import contract, read_records
from riskml.records.hashing import canonical_hash
from riskml.records.store import TABLES, read_table
from riskml.simulation import World, simulate, write_world

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def test_a_written_world_reads_back_equal(small_world: World, tmp_path: Path) -> None:
    world = small_world
    write_world(world, tmp_path / "bureau")
    back = read_records(tmp_path / "bureau")
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(back, table), contract.conform(table, getattr(world.records, table)))
    assert back.meta() == world.records.meta()
    pd.testing.assert_frame_equal(read_table(tmp_path / "bureau" / "truth.parquet", "truth"), world.truth)
    assert canonical_hash(back) == (tmp_path / "bureau" / "HASH").read_text().strip()
    assert sorted(p.suffix for p in (tmp_path / "bureau").iterdir()) == ["", ".json"] + [".parquet"] * 7


def test_the_seed_decides_everything(small_world: World) -> None:
    first, again, other = small_world, *(simulate(sites=200, years=1, seed=seed) for seed in (5, 6))
    assert canonical_hash(first.records) == canonical_hash(again.records)
    pd.testing.assert_frame_equal(first.truth, again.truth)
    assert canonical_hash(first.records) != canonical_hash(other.records)


def test_the_committed_sample_is_what_its_command_makes(world: World) -> None:
    recorded = (SAMPLE / "HASH").read_text().strip()
    assert canonical_hash(read_records(SAMPLE)) == recorded, "data/sample was changed by hand; see data/README.md"
    assert canonical_hash(world.records) == recorded, (
        "the simulation changed; make data/sample again, see data/README.md"
    )
    pd.testing.assert_frame_equal(read_table(SAMPLE / "truth.parquet", "truth"), world.truth)


def test_the_committed_sample_stays_small() -> None:
    assert sum(file.stat().st_size for file in SAMPLE.iterdir()) < 3_000_000


def test_the_sample_covers_four_years_of_3000_sites(world: World) -> None:
    records = world.records
    assert len(records.sites) == 3000
    assert records.sites["office"].nunique() == 12
    assert (records.observed_from, records.observed_to) == (pd.Timestamp("2021-07-01"), pd.Timestamp("2025-07-01"))
    assert world.truth["as_of"].nunique() == 48
    assert not world.truth.duplicated(["site_id", "as_of"]).any()


def test_the_truth_covers_every_site_on_the_roll_on_a_decision_day(world: World) -> None:
    day, sites = pd.Timestamp("2025-06-01"), world.records.sites
    on_roll = sites[(sites["registered_on"] < day) & ~(sites["closed_on"] <= day)]
    truth = world.truth[world.truth["as_of"] == day]
    assert set(truth["site_id"]) == set(on_roll["site_id"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sites": 10}, "sites is 10; a simulation needs sites of at least 100"),
        ({"years": 0}, "years is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"end": "2025-06-15"}, "ends on the first day of a month, like 2025-07-01"),
        ({"end": "soon"}, "'soon' is not a calendar day"),
    ],
)
def test_a_wrong_wish_is_refused_with_what_is_allowed(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        simulate(**{"sites": 200, "years": 1, "seed": 1, **wrong})


def test_a_folder_with_something_else_is_left_alone(small_world: World, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DataError, match="holds something else"):
        write_world(small_world, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
