"""Five rolling origins by riskml against the bare `lightgbm.train` calls, one thread, side by side in one run.

A million rows of 63 features, 100 trees: riskml takes its rows, trains, sweeps every monotone feature over all its
thresholds, and chooses and fits the calibration; the bare calls get their rows and settings ready made. The ratio is of
the sums of CPU time over the origins; the trees of both sides are compared, byte by byte.
"""

import argparse
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

from training_world import World, by_hand, by_riskml, world

MOST = 1.1


def cpu(side, given: World, origin: int) -> "tuple[float, str]":  # type: ignore[no-untyped-def]
    prepared = side(given, origin)
    start = time.process_time()
    text = prepared()
    return time.process_time() - start, text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=63)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--leaves", type=int, default=4)
    asked = parser.parse_args()
    given = world(asked.rows, asked.features, trees=asked.trees, leaves=asked.leaves)
    print(f"{asked.rows:,} rows x {asked.features}, {asked.trees} trees of {asked.leaves} leaves: CPU s")
    sums = [0.0, 0.0]
    for place, fold in enumerate(given.folds):
        sides = (by_riskml, by_hand) if place % 2 else (by_hand, by_riskml)
        used = {side: cpu(side, given, place) for side in sides}
        if used[by_riskml][1] != used[by_hand][1]:
            raise SystemExit("riskml trains other trees than the bare call")
        mine, bare = used[by_riskml][0], used[by_hand][0]
        sums = [sums[0] + mine, sums[1] + bare]
        told = f"riskml {mine:7.2f}  bare {bare:7.2f}  {mine / bare:.3f}"
        print(f"  origin {place + 1}: {len(fold.train):>9,} rows  {told}")
    ratio = sums[0] / sums[1]
    print(f"  all: riskml {sums[0]:.2f}  bare {sums[1]:.2f}  = {ratio:.3f}; at most {MOST}")
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
