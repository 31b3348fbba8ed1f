"""The scorer beside LightGBM, one thread each, in one run: batches, one row, a fresh process, memory, size.

Bars: a batch at least 2.5 times as fast as `Booster.predict(num_threads=1)`; raw scores equal in every bit; one row
with the standard library at most 5 times the time of a one-row `predict`; a fresh process that imports riskml.scorer,
loads with checksums and self-test and scores one row at most 40 ms over `import numpy`, and at most 8 MB of resident
memory over it; an artifact of at most 1 MB. All times are CPU time. Two of LightGBM's calls surround each of ours, so
that a change of the machine's speed meets both.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from scorer_model import Floats, Made, make, rows

from riskml.scorer import Scorer
from riskml.scorer.forest.batches import Batches
from riskml.scorer.forest.one_row import WALKED

BATCH, ONE_ROW, FRESH_MS, FRESH_MB, SIZE_MB = 2.5, 5.0, 40.0, 8.0, 1.0
ROUNDS = 5
FEW_ROWS, WARM_ROWS = 400, 4_000
SHORT = 50_000

FRESH = """
import time
def memory():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024
import sys
before = time.process_time()
import numpy
row = [1.0] * {width}
start, held = time.process_time(), memory()
from riskml.scorer import Scorer
imported = time.process_time()
scorer = Scorer.load({folder!r})
loaded = time.process_time()
scorer.score_row(row)
finished, held_then = time.process_time(), memory()
times = [finished - start, imported - start, loaded - imported, start - before]
for value in range(1000):
    scorer.score_row([value % 40 + 0.5 * (place < 63) for place in range({width})])
print(*(1e3 * time for time in times), held_then - held, memory() - held)
"""


def cpu(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def beside(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float, float]:
    """Medians of our CPU time and of theirs, and the median of the ratios of neighbours."""
    mine, other, ratios = [], [cpu(theirs)], []
    for _ in range(ROUNDS):
        mine.append(cpu(ours))
        other.append(cpu(theirs))
        ratios.append(mine[-1] / ((other[-2] + other[-1]) / 2.0))
    return statistics.median(mine), statistics.median(other), statistics.median(ratios)


def batch(made: Made, count: int) -> bool:
    scorer, x = Scorer.load(made.folder), rows(count, seed=1)
    trees = scorer._artifact.trees
    building = statistics.median(cpu(lambda: Batches(trees)) for _ in range(ROUNDS))
    mine, other, ratio = beside(lambda: scorer.raw_scores(x), lambda: predict(made, x))
    probabilities, _, whole = beside(lambda: scorer.score_features(x), lambda: made.booster.predict(x, num_threads=1))
    told = f"{mine:.2f} s, LightGBM {other:.2f} s; with probabilities {probabilities:.2f} s, {1 / whole:.2f}"
    good = report(
        f"batch of {count:,}", 1 / ratio, BATCH, f"{told}; tables made in {1e3 * building:.0f} ms", least=True
    )
    same = np.array_equal(scorer.score_features(x[:500]), [scorer.score_row(row) for row in x[:500].tolist()])
    print(f"{'':12}probabilities of a batch and of single rows are {'equal' if same else 'NOT EQUAL'}")
    return good and same


def equal(made: Made, count: int) -> bool:
    """Whether all raw scores have LightGBM's bits, with special values at thresholds among them."""
    scorer, different = Scorer.load(made.folder), 0
    for place, x in enumerate(parts(count)):
        disturb(made, x, seed=place)
        different += int((scorer.raw_scores(x).view(np.int64) != predict(made, x).view(np.int64)).sum())
    print(
        f"{'met' if not different else 'MISSED':7} {'same bits':22} {different} of {count:,} rows differ from LightGBM"
    )
    return not different


def parts(count: int) -> Iterator[Floats]:
    for start in range(0, count, SHORT):
        yield rows(min(SHORT, count - start), seed=1000 + start)


def disturb(made: Made, x: Floats, *, seed: int) -> None:
    """Put one value of each second row at, just below or just above a threshold of the model, or make it missing."""
    random = np.random.default_rng(seed)
    trees = Scorer.load(made.folder, verify=False)._artifact.trees
    numeric = np.flatnonzero(np.asarray(trees.decision_type) & 1 == 0)
    splits = numeric[random.integers(0, len(numeric), len(x) // 2)]
    value = np.asarray(trees.threshold)[splits]
    with np.errstate(over="ignore"):
        kinds = np.stack(
            [value, np.nextafter(value, -np.inf), np.nextafter(value, np.inf), np.full(len(value), np.nan)]
        )
    kinds = np.where(np.isinf(kinds), value, kinds)
    chosen = kinds[random.integers(0, len(kinds), len(value)), np.arange(len(value))]
    x[np.arange(len(value)) * 2, np.asarray(trees.split_feature)[splits]] = chosen


def one_row(made: Made) -> bool:
    scorer, x = Scorer.load(made.folder), rows(WARM_ROWS, seed=2)
    trees, warm = scorer._artifact.trees, x.tolist()
    walked = cpu(lambda: [trees.walked_score(row) for row in warm[:FEW_ROWS]]) / FEW_ROWS
    for row in warm[: WALKED + 1]:
        trees.raw_score(row)
    first = cpu(lambda: [trees.raw_score(row) for row in warm[:FEW_ROWS]]) / FEW_ROWS
    for row in warm:
        trees.raw_score(row)
    some = rows(FEW_ROWS, seed=3)
    lists, single = some.tolist(), [some[place : place + 1].copy() for place in range(FEW_ROWS)]
    mine, other, ratio = beside(
        lambda: [trees.raw_score(row) for row in lists], lambda: [predict(made, row) for row in single]
    )
    checked, _, whole = beside(
        lambda: [scorer.score_row(row) for row in lists], lambda: [predict(made, r) for r in single]
    )
    micro = 1e6 / FEW_ROWS
    told = f"{mine * micro:.0f} us, LightGBM {other * micro:.0f} us"
    told += f"; with checks and to probability {checked * micro:.0f} us, {whole:.2f}"
    good = report("one row", ratio, ONE_ROW, told, least=False)
    print(f"{'':12}walked {walked * 1e6:.0f} us; mean of the first {FEW_ROWS} rows by tables {first * 1e6:.0f} us")
    return good


def fresh(made: Made, processes: int) -> bool:
    """Medians over processes; one before them is not counted: it writes the compiled modules, as an installer does."""
    code = FRESH.format(width=rows(1, seed=0).shape[1], folder=str(made.folder))
    with tempfile.TemporaryDirectory() as cache:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        given = {**kept, "PYTHONPYCACHEPREFIX": cache}
        command = [sys.executable, "-W", "ignore", "-c", code]
        runs = []
        for _ in range(processes + 1):
            done = subprocess.run(command, env=given, capture_output=True, check=True)  # noqa: S603
            runs.append([float(word) for word in done.stdout.split()])
        del runs[0]
    total, imported, loaded, numpy, memory, later = (statistics.median(column) for column in zip(*runs, strict=True))
    least = min(run[0] for run in runs)
    told = f"ms: import {imported:.1f}, load {loaded:.1f}; least {least:.1f}; numpy itself {numpy:.1f}"
    return all(
        (
            report("fresh process", total, FRESH_MS, told, least=False),
            report(
                "memory", memory, FRESH_MB, f"MB of resident memory; after 1,000 single rows {later:.2f}", least=False
            ),
        )
    )


def size(made: Made) -> bool:
    total = sum(path.stat().st_size for path in made.folder.iterdir()) / 2**20
    return report("size", total, SIZE_MB, "MB", least=False)


def predict(made: Made, x: Floats) -> Floats:
    return np.asarray(made.booster.predict(x, raw_score=True, num_threads=1))


def report(name: str, value: float, bar: float, told: str, *, least: bool) -> bool:
    good = value >= bar if least else value <= bar
    print(f"{'met' if good else 'MISSED':7} {name:22} {value:7.2f} (at {'least' if least else 'most'} {bar:g})  {told}")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the batch")
    parser.add_argument("--same", type=int, default=1_000_000, help="rows whose bits are compared")
    parser.add_argument("--processes", type=int, default=11)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    asked = parser.parse_args()
    part = 10 if asked.quick else 1
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder))
        met = [
            batch(made, asked.rows // part),
            one_row(made),
            fresh(made, asked.processes),
            size(made),
            equal(made, asked.same // part),
        ]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
