"""Features of a million rows against named peers, one thread, side by side in one run; then a city within 4 GB.

96 columns (count and sum of 12 codes in 4 windows, as of a day of each row) of 5 million events: riskml, pandas, numpy,
polars (if it is installed), duckdb and a loop written for these columns in turn, `--rounds` times; the ratio is that of
the medians of CPU time, the values are compared.
Then 50 million events over the same rows, peak memory, and `riskml features --memory 4GB` of 20 million events at 2.23
million sites (`--city 0` leaves it out).
"""

import argparse
import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from feature_city import write_city
from feature_peers import PEERS, World, by_hand, by_riskml, world

GROWTH, BYTES, MEMORY = 2.5, 14, 4 * 2**30


def cpu(side, given: World) -> "tuple[float, np.ndarray]":  # type: ignore[no-untyped-def]
    start = time.process_time()
    values = side(given)
    return time.process_time() - start, values


def compared(rows: int, events: int, rounds: int) -> bool:
    """Print the CPU time of each side; whether every peer takes as many times riskml's as it should."""
    given, wanted = world(rows, events), by_riskml(world(rows, events))
    by_hand(world(10, 10))
    peers = {n: peer for n, peer in PEERS.items() if n != "polars" or importlib.util.find_spec("polars")}
    sides = {"riskml": by_riskml, "by hand": by_hand, **{name: side for name, (side, _) in peers.items()}}
    used: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            seconds, values = cpu(side, given)
            used[name].append(seconds)
            if not np.array_equal(values, wanted):
                raise SystemExit(f"{name} gives other values than riskml")
            del values
    mine = statistics.median(used["riskml"])
    print(f"{rows:,} rows x {wanted.shape[1]} columns, {events:,} events: CPU s, median of {rounds} rounds, and least")
    kept = True
    for name, seconds in used.items():
        middle, least = statistics.median(seconds), f"; at least {peers[name][1]}" if name in peers else ""
        print(f"  {name:>14} {middle:8.2f} {min(seconds):8.2f}  = {middle / mine:5.2f} x riskml{least}")
        kept &= name not in peers or middle / mine >= peers[name][1]
    if "polars" not in peers:
        print("  polars is not installed, and left out: pip install polars")
    return kept


FRESH = """
import sys, time
from feature_peers import by_riskml, world
by_riskml(world(10, 10))
given = world(*map(int, sys.argv[1:]))
for _ in range(2):
    start = time.process_time()
    by_riskml(given)
    print(time.process_time() - start)
"""


def grown(rows: int, events: int, rounds: int) -> bool:
    """Print what ten times the events over the same rows cost: in a process of its own, as a command runs, and again.

    The first pass of a process pays for the memory of its output, the second finds it there.
    """
    used = {size: [_fresh(rows, size) for _ in range(rounds)] for size in (events, 10 * events)}
    ratios = []
    for place, what in enumerate(("first pass of a process", "second pass")):
        short, long = (statistics.median(one[place] for one in used[size]) for size in used)
        ratios.append(long / short)
        print(f"{10 * events:,} events, {what}: {long:.2f} / {short:.2f} CPU s = {ratios[-1]:.2f}; at most {GROWTH}")
    return ratios[0] <= GROWTH


def _fresh(rows: int, events: int) -> list[float]:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", FRESH, str(rows), str(events)],
        cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return [float(line) for line in done.stdout.split()]


PEAK = """
import sys
from pathlib import Path
from feature_peers import by_riskml, world
def held(what):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))
by_riskml(world(10, 10))
given = world(*map(int, sys.argv[1:]))
Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
before, made = held("VmRSS"), by_riskml(given)
print(held("VmHWM") - before - made.nbytes, held("VmHWM"))
"""


def peak(rows: int, events: int) -> bool:
    """Print the peak memory of the scan beside its inputs and its output."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", PEAK, str(rows), str(events)],
        cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    beside, top = map(int, done.stdout.split())
    print(f"peak {top / 2**20:.0f} MiB: {beside / events:.1f} bytes an event beside inputs, output; at most {BYTES}")
    return beside <= BYTES * events


def city(sites: int, events: int) -> bool:
    """Print time and peak memory of `riskml features --memory 4GB` on a city's records."""
    with tempfile.TemporaryDirectory() as folder:
        write_city(Path(folder) / "city", sites=sites, events=events)
        command = [sys.executable, "-m", "riskml", "features", f"{folder}/city", "--as-of", "2024-01-01"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, "--out", f"{folder}/out.parquet", "--memory", "4GB"], check=True)  # noqa: S603
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    top = after.ru_maxrss * 1024
    print(f"{sites:,} sites, {events:,} events: {spent:.0f} CPU s, peak {top / 2**20:.0f} MiB of {MEMORY / 2**20:.0f}")
    return top <= MEMORY


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--city", type=int, default=2_230_000, help="sites of the city; 0 for none")
    asked = parser.parse_args()
    kept = [
        compared(asked.rows, asked.events, asked.rounds),
        grown(asked.rows, asked.events, asked.rounds),
        peak(asked.rows, asked.events),
        not asked.city or city(asked.city, asked.city * 9),
    ]
    return int(not all(kept))


if __name__ == "__main__":
    sys.exit(main())
