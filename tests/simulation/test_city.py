"""The default world and a whole city: plausible, inside 12 GB and 15 minutes. Long, so run by RISKML_FULL=1 only."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from plausibility import plausibility
from riskml.records import read_records
from riskml.simulation import World, partition_count, simulate

full = pytest.mark.skipif(not os.environ.get("RISKML_FULL"), reason="RISKML_FULL is not set")
SHENZHEN = 2_230_000


@full
@pytest.mark.parametrize("seed", [20250701, 1])
def test_the_default_world_is_plausible(seed: int) -> None:
    world = simulate(sites=20_000, years=5, seed=seed)
    assert world.records.sites["office"].nunique() == 96
    checks = plausibility(world)
    assert checks["holds"].all(), checks[~checks["holds"]].to_string()


@full
def test_a_city_of_partitions_is_as_plausible_as_one_partition() -> None:
    city = simulate(sites=60_000, years=4, seed=2)
    checks = plausibility(city)
    assert checks["holds"].all(), checks[~checks["holds"]].to_string()
    assert office_spread(city) == pytest.approx(0.4, rel=0.25)  # logit sd of the offices (RECORDS.md 8)


@full
def test_memory_follows_the_partition_and_not_the_city(tmp_path: Path) -> None:
    peaks = [riskml_simulate(tmp_path / "w", sites, years=2)[1] for sites in (25_000, 150_000)]
    assert peaks[1] < 1.5 * peaks[0]
    assert len(read_records(tmp_path / "w").sites) == 150_000


@full
def test_a_shenzhen_takes_less_than_15_minutes_and_12_gigabytes(tmp_path: Path) -> None:
    seconds, peak = riskml_simulate(tmp_path / "w", SHENZHEN, years=3)
    sites = pq.ParquetFile(tmp_path / "w" / "sites.parquet")
    assert (sites.metadata.num_rows, sites.num_row_groups) == (SHENZHEN, partition_count(SHENZHEN))
    assert seconds < 15 * 60
    assert peak < 12 * 2**30


def riskml_simulate(folder: Path, sites: int, *, years: int) -> tuple[float, int]:
    """Seconds and peak memory in bytes of the command, in a process of its own."""
    command = ["-m", "riskml", "simulate", "--sites", str(sites), "--years", str(years), "--out", str(folder)]
    code = (
        "import resource, subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]], check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    before = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    return time.perf_counter() - before, int(done.stdout.split()[-1]) * 1024


def office_spread(city: World) -> float:
    """Standard deviation over offices of the mean log-odds of failing, cleared of what the sites' draw adds."""
    truth = city.truth.groupby("site_id")["latent_risk"].mean()
    sites = city.records.sites.set_index("site_id")
    odds = truth.map(lambda risk: np.log(risk / (1 - risk)))
    odds -= odds.groupby(sites["format_code"]).transform("mean")
    groups = odds.groupby(sites["office"])
    return float(np.sqrt(groups.mean().var() - (groups.var() / groups.size()).mean()))
