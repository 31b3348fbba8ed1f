"""Seconds and peak memory of a simulated city: `python benchmarks/bench_simulation.py [SITES [YEARS]]`, one process."""

import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from riskml.simulation import partition_count, simulate_to

SHENZHEN, YEARS = 2_230_000, 3


def main() -> None:
    sites = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    years = int(sys.argv[2]) if len(sys.argv) > 2 else YEARS
    with TemporaryDirectory() as folder:
        before = time.perf_counter()
        rows = simulate_to(Path(folder) / "city", sites=sites, years=years, seed=1)
        seconds = time.perf_counter() - before
        written = sum(file.stat().st_size for file in (Path(folder) / "city").iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    whole = seconds / (sites * years) * SHENZHEN * YEARS
    print(f"{sites:,} sites, {years} years, {partition_count(sites)} partitions: {rows}")
    print(f"{seconds:.1f} s, peak memory {peak:.2f} GB, {written / 1e6:.0f} MB written")
    print(f"{SHENZHEN:,} sites, {YEARS} years at this rate: {whole / 60:.1f} min (allowed: 15 min, 12 GB)")


if __name__ == "__main__":
    main()
