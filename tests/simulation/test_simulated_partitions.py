"""A city in partitions: the same rows however it is made, nothing numbered twice, and offices that still differ."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from riskml.errors import DataError
from riskml.grades import grade, grade_log
from riskml.records import read_records
from riskml.records.hashing import canonical_hash
from riskml.records.log import event_versions
from riskml.records.store import TABLES, read_table
from riskml.simulation import World, partition_count, simulate, simulate_to
from riskml.simulation.books import records_of
from riskml.simulation.bureau import Bureau, open_bureau
from riskml.simulation.ledger import NUMBERS, Ledger
from riskml.simulation.months import Months
from riskml.simulation.partitions import divide
from riskml.simulation.rounds import work_month
from riskml.simulation.settings import read_settings
from riskml.simulation.world import worlds

SITES, PARTITION = 1000, 300
"""Four partitions of 250 sites and one office each."""


@pytest.fixture(scope="module")
def city() -> World:
    return simulate(sites=SITES, years=2, seed=11, partition_sites=PARTITION)


def test_a_city_written_part_by_part_is_the_city_in_memory(city: World, tmp_path: Path) -> None:
    told: list[int] = []
    rows = simulate_to(tmp_path / "c", sites=SITES, years=2, seed=11, partition_sites=PARTITION, done=told.append)
    back = read_records(tmp_path / "c")
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(back, table), getattr(city.records, table))
    assert back.meta() == city.records.meta()
    pd.testing.assert_frame_equal(read_table(tmp_path / "c" / "truth.parquet", "truth"), city.truth)
    assert rows == {**{table: len(getattr(back, table)) for table in TABLES}, "truth": len(city.truth)}
    assert told == [1, 2, 3, 4]


def test_every_row_group_is_a_partition_with_its_line_in_hash(tmp_path: Path) -> None:
    wish: dict[str, Any] = {"sites": SITES, "years": 1, "seed": 4, "partition_sites": PARTITION}
    simulate_to(tmp_path / "c", **wish)
    parts = list(worlds(**wish, end="2025-07-01"))
    assert (tmp_path / "c" / "HASH").read_text().split() == [canonical_hash(part.records) for part in parts]
    for table in ("sites", "events", "amendments", "inspections", "truth"):
        file = pq.ParquetFile(tmp_path / "c" / f"{table}.parquet")
        frames = [{**part.records.tables(), "truth": part.truth}[table] for part in parts]
        assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [len(f) for f in frames]


def test_sites_that_fit_into_one_partition_do_not_feel_its_size(small_world: World) -> None:
    again = simulate(sites=200, years=1, seed=5, partition_sites=200)
    assert canonical_hash(again.records) == canonical_hash(small_world.records)
    other = simulate(sites=200, years=1, seed=5, partition_sites=100)
    assert canonical_hash(other.records) != canonical_hash(small_world.records)


def test_no_two_partitions_share_a_number_an_office_a_person_or_an_owner(city: World) -> None:
    records = city.records  # the contract has seen that event, visit and site ids are unique
    part = pd.Series(np.arange(SITES) // (SITES // 4), index=records.sites["site_id"])
    assert records.sites["site_id"].is_monotonic_increasing
    assert records.sites["office"].groupby(part.to_numpy()).unique().map(list).tolist() == [
        ["office-01"], ["office-02"], ["office-03"], ["office-04"]
    ]  # fmt: skip
    named = {"subject_id": records.sites, "case_id": records.events, "inspector": records.inspections}
    for column, table in named.items():
        assert table.groupby(column)["site_id"].agg(lambda ids: part[ids].nunique()).max() == 1
    assert records.amendments["event_id"].isin(records.events["event_id"]).all()
    assert set(records.events["inspection_id"].dropna()) <= set(records.inspections["inspection_id"])


def test_sites_ids_stand_in_the_order_of_their_numbers_in_a_large_city() -> None:
    parts = divide(read_settings(), sites=2_230_000, seed=1)
    assert len(parts) == partition_count(2_230_000) == 90
    assert sum(part.sites for part in parts) == 2_230_000
    assert sum(part.offices for part in parts) == 96
    assert {part.inspectors for part in parts} == {46}  # 2,230,000 / 96 / 500
    assert [part.first_site for part in parts] == np.cumsum([0, *(part.sites for part in parts[:-1])]).tolist()
    assert [part.first_office for part in parts] == np.cumsum([0, *(part.offices for part in parts[:-1])]).tolist()


def test_no_two_stages_of_a_city_draw_the_same_numbers() -> None:
    parts = divide(read_settings(), sites=2_000_000, seed=1)
    drawn = [float(stream.random()) for part in parts for stream in part.streams().values()]
    assert len(set(drawn)) == 6 * len(parts)


def test_a_common_shift_keeps_offices_of_different_partitions_as_different_as_others() -> None:
    settings = read_settings()
    small = [divide(settings, sites=10_000, seed=seed, partition_sites=100) for seed in range(20)]
    alone = [part.shift for parts in small for part in parts]
    assert np.std(alone) == pytest.approx(settings["risk"]["office_sd"], rel=0.08)  # one office a partition
    parts = divide(settings, sites=200_000, seed=3)  # 12 offices a partition
    assert np.average([part.shift for part in parts], weights=[part.sites for part in parts]) == pytest.approx(0.0)
    many = [part.shift for seed in range(60) for part in divide(settings, sites=200_000, seed=seed)]
    assert np.std(many) == pytest.approx(settings["risk"]["office_sd"] / np.sqrt(12), rel=0.15)
    assert [part.shift for part in divide(settings, sites=20_000, seed=3)] == [0.0]


def test_the_grade_that_steered_the_visits_is_the_grade_of_the_records() -> None:
    months = Months.until("2025-07-01", years=3)
    (part,) = divide(read_settings(), sites=2000, seed=7)
    bureau = open_bureau(part, months, seed=7)
    numbered = bureau.register.sites.assign(site_id=np.arange(part.sites))
    steering = []
    for month, day in enumerate(months.starts[:-1].tolist()):
        steering.append(grade_log(numbered, bureau.versions.log(), bureau.system, day))
        work_month(bureau, month)
    records = records_of(bureau)
    for day, graded in zip(months.starts[:-1:4].tolist(), steering[::4], strict=True):
        expected = grade(records, "nanchang", pd.Timestamp(day, unit="D"))
        pd.testing.assert_frame_equal(
            graded.drop(columns=["site_id", "coverage"]), expected.drop(columns=["site_id", "coverage"])
        )
    assert_versions_are_those_of_the_tables(bureau)


def assert_versions_are_those_of_the_tables(bureau: Bureau) -> None:
    amendments = bureau.ledger.table("amendments")
    assert set(amendments["kind"]) == {"end", "repair", "revoke", "correct"}
    assert {"amount", "code"} == set(amendments["column"].dropna())
    expected = event_versions(bureau.ledger.table("events"), amendments)
    found = bureau.versions.log()
    found = found.assign(
        event_id=[f"e{number:07d}" for number in found["event_id"]],
        site_id=bureau.ledger.site_ids[found["site_id"]],
        case_id=found["case_id"].map(lambda number: f"c{int(number):06d}", na_action="ignore"),
    )
    order = ["event_id", "known_on", "gone_on"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True).astype({"code": "str", "case_id": "str"}),
        expected[found.columns].sort_values(order, ignore_index=True),
    )


def test_a_partition_that_outgrows_its_numbers_is_refused() -> None:
    ledger = Ledger(np.array(["s0"]), np.array(["o"]), {}, partition=2)
    assert ledger.new_cases(NUMBERS).tolist()[-1] == 3 * NUMBERS - 1
    with pytest.raises(DataError, match="choose a smaller partition_sites"):
        ledger.new_cases(1)


def test_a_partition_too_small_is_refused() -> None:
    with pytest.raises(DataError, match="partition_sites is 20; a simulation needs partition_sites of at least 100"):
        simulate(sites=200, years=1, seed=1, partition_sites=20)
