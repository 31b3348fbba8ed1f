"""Eight threads on one scorer, through every door at once, get what one thread gets, to the bit."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from riskml.scorer import InputError, Scorer

THREADS = 8
VISITS = [
    {"event_id": f"e{n}", "code": "VISIT", "occurred_on": f"2024-{n:02}-01", "known_on": f"2024-{n:02}-02"}
    for n in range(1, 13)
]


def doors(scorer: Scorer, matrix: Any) -> list[Callable[[], object]]:
    """Calls through every door; what each returns can be compared with ==."""
    features = scorer.header.features
    rows = matrix[:40].tolist()
    frame: dict[str, Any] = {
        one.name: [
            (one.categories[int(value)] if one.categories else value) if value == value else None  # noqa: PLR0124
            for value in matrix[:200, place].tolist()
        ]
        for place, one in enumerate(features)
    }
    sites = [{one.name: frame[one.name][place] for one in features if one.name != "visits"} for place in range(12)]
    return [
        lambda: [scorer.score(site, VISITS[:n], "2025-01-01", top=3) for n, site in enumerate(sites)],
        lambda: [str(scorer.features(site, VISITS[:n], "2025-01-01")) for n, site in enumerate(sites)],
        lambda: [scorer.score_row(row) for row in rows],
        lambda: [scorer.contributions(row) for row in rows[:5]],
        lambda: scorer.score_features(matrix).tobytes(),
        lambda: scorer.raw_scores(matrix[::-1]).tobytes(),
        lambda: scorer.contributions_of(matrix[:100]).tobytes(),
        lambda: (scores := scorer.score_table(frame)).probability.tobytes() + str(scores.level).encode(),
        partial(refusals, scorer),
    ]


def refusals(scorer: Scorer) -> list[str]:
    told = []
    for row in ([1.0], [float("inf")] * 6):
        with pytest.raises(InputError) as caught:
            scorer.score_row(row)
        told.append(str(caught.value))
    return told


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """The interpreter switches threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("quick_switches")
def test_threads_that_share_a_scorer_get_what_one_thread_gets(plain: Any) -> None:
    matrix = plain.matrix
    wanted = [call() for call in doors(Scorer.load(plain.folder, on_expired="ignore"), matrix)]
    for _ in range(2):  # each time a new scorer, so that its tables are built by many at once
        calls = doors(Scorer.load(plain.folder, on_expired="ignore"), matrix)
        start = Barrier(THREADS)

        def work(first: int, calls: list[Callable[[], object]] = calls, start: Barrier = start) -> list[object]:
            start.wait()
            order = [(first + step) % len(calls) for step in range(len(calls))]
            found = {place: calls[place]() for place in order}
            return [found[place] for place in range(len(calls))]

        with ThreadPoolExecutor(THREADS) as pool:
            assert all(found == wanted for found in pool.map(work, range(THREADS)))


def test_the_doors_agree_with_each_other(plain: Any) -> None:
    scorer = Scorer.load(plain.folder, on_expired="ignore")
    one_by_one = [scorer.score_row(row) for row in plain.matrix.tolist()]
    assert np.array_equal(scorer.score_features(plain.matrix), one_by_one)
