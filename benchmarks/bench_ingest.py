"""The whole importer on a dirty CSV of a million rows, against bare pandas on the same file: CPU time and peak memory.

Reading, matching, parsing, quarantine, merging, emitting and placing count; writing is shown beside them. Each side
runs in a process of its own, one thread, in turn; a process shows what it used in all, and what it used after its
imports. `--rows N` for smaller files, `--case bureau` for one of them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ingest_files import SOURCES, write_file

CPU_LIMIT, MEMORY_LIMIT = 3.0, 4.0
MEASURE = """
import json, resource, sys
from pathlib import Path
PATH, CASE, OUT = sys.argv[1:4]
def used():
    now = resource.getrusage(resource.RUSAGE_SELF)
    return [now.ru_utime + now.ru_stime, now.ru_maxrss / 1024]
{imports}
start = used()
{work}
done = used()
{after}
print(json.dumps({{"start": start, "done": done, "written": used(), "account": account}}))
"""
SIDES = {
    "pandas": MEASURE.format(
        imports="import pandas as pd, pyarrow",
        work="account = len(pd.read_csv(PATH, dtype=str, encoding='gb18030'))",
        after="",
    ),
    "riskml": MEASURE.format(
        imports="from riskml.records.mapping import ingest\n"
        "from riskml.records.source import load_source\nfrom riskml.records.store import write_records",
        work="made = ingest(load_source(CASE), [PATH])",
        after="account = {k: v for k, v in made.report.items() if k.startswith('row')}; "
        "account |= {k: len(v) for k, v in made.records.tables().items()}\nwrite_records(made.records, Path(OUT))",
    ),
}


def measured(side: str, path: Path, source: str) -> "dict[str, list[float]]":
    """CPU seconds and peak MiB of one side: at the start of its work, at its end, and when all was written."""
    out = path.with_name(f"{path.stem}-records")
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", SIDES[side], str(path), source, str(out)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "RISKML_SALT": "a secret"},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def compared(case: str, rows: int, folder: Path) -> "tuple[float, float]":
    """Print one case; returns its ratios of CPU time and peak memory, the larger of with and without the imports."""
    path = write_file(case, rows, folder)
    base, made = (measured(side, path, SOURCES[case]) for side in SIDES)
    print(f"{case}: {rows:,} rows, {path.stat().st_size / 2**20:.0f} MiB; {made['account']}")
    ratios = []
    for place, unit in ((0, "CPU s"), (1, "peak MiB")):
        mine, bare = (side["done"][place] for side in (made, base))
        mine_net, bare_net = (side["done"][place] - side["start"][place] for side in (made, base))
        ratios.append(max(mine / bare, mine_net / bare_net))
        print(
            f"  {unit:>8}: whole process {mine:8.1f} / {bare:7.1f} = {mine / bare:.2f} x pandas; "
            f"without imports {mine_net:8.1f} / {bare_net:7.1f} = {mine_net / bare_net:.2f} x pandas"
        )
    written, done = made["written"], made["done"]
    print(f"  writing: {written[0] - done[0]:.1f} CPU s more, peak with it {written[1]:.0f} MiB")
    return ratios[0], ratios[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--case", choices=SOURCES, action="append")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = [compared(case, asked.rows, Path(folder)) for case in asked.case or SOURCES]
    print(f"allowed: CPU {CPU_LIMIT} x, peak {MEMORY_LIMIT} x pandas.read_csv(dtype=str, encoding='gb18030')")
    return int(any(cpu > CPU_LIMIT or peak > MEMORY_LIMIT for cpu, peak in found))


if __name__ == "__main__":
    sys.exit(main())
