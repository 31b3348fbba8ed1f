"""Thousands of forged artifacts: each is refused, or scores soundly; none crashes, hangs or is loaded unmended."""

import math
import os
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from forging import Forged, forgeries
from riskml.scorer import ArtifactError, InputError, Scorer
from riskml.scorer.explaining.counterfacts import counterfacts
from riskml.scorer.opening.artifact import read_artifact
from riskml.scorer.opening.packed import pack
from small_models import AMENDMENTS, AS_OF, EVENTS, SITE, matrix, small_models

SECONDS = 2.0
"""Most CPU time of one case."""
MENDED = ("refused (mended)", "scored (mended)", "scored, but fails its self-test (mended)")
ROWS = matrix()[:3].tolist()


class TooSlowError(BaseException):
    """A case took longer than `SECONDS`; no Exception, so that no handler takes it for a refusal."""


@contextmanager
def limited() -> Iterator[None]:
    """Stop whatever runs longer than `SECONDS` of CPU time."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


def write(place: Path, forged: Forged) -> Path:
    """The forged artifact as a folder or as one file."""
    if forged.packed is not None:
        path = place / "forged.riskml"
        path.write_bytes(forged.packed)
        return path
    for name, data in forged.files.items():
        (place / name).write_bytes(data)
    return place


def outcome(path: Path) -> str:
    """What becomes of an artifact: "refused", "no score", or "scored"; anything else is an error of the scorer."""
    try:
        scorer = Scorer.load(path, verify=False, on_expired="ignore", on_stale="ignore")
    except ArtifactError as error:
        return "refused" if 10 < len(str(error)) < 2000 else f"refused in {len(str(error))} characters"
    try:
        Scorer.load(path, on_expired="ignore", on_stale="ignore")
        tested = True
    except ArtifactError:
        tested = False
    try:
        check_score(scorer)
    except InputError:
        return "no score"
    return "scored" if tested else "scored, but fails its self-test"


def refused_without_numpy(path: Path) -> bool:
    """Whether a machine that has only the standard library refuses it too."""
    numpy, sys.modules["numpy"] = sys.modules["numpy"], None  # type: ignore[assignment]
    try:
        read_artifact(path)
    except ArtifactError:
        return True
    finally:
        sys.modules["numpy"] = numpy
    return False


def check_score(scorer: Scorer) -> None:
    """Score by every door; whatever comes out must be sound, and the same by each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a context of a later day
        score = scorer.score(SITE, EVENTS, AS_OF, AMENDMENTS)
        row = scorer.features(SITE, EVENTS, AS_OF, AMENDMENTS)
    assert 0.0 <= score.probability <= 1.0
    assert score.probability == scorer.score_row(row)
    assert math.isfinite(score.raw)
    assert (score.level is None) == (scorer.header.levels is None)
    for reason in (*score.reasons_up, *score.reasons_down):
        assert math.isfinite(reason.contribution)
        assert len(reason.text_en) < 100_000
    check_rows(scorer, row)
    found = counterfacts(scorer.header, scorer.score_row, row, SITE, EVENTS, AMENDMENTS, AS_OF)
    assert all(0.0 <= one.probability_after < one.probability_before <= 1.0 for one in found)
    peers = scorer._artifact.peers
    compared = [peers.of_probability(SITE, score.probability), *map(peers.of(SITE, row), range(len(row)))]
    assert all(one is None or 0.0 <= one.share <= 1.0 for one in compared)


def check_rows(scorer: Scorer, row: Sequence[float]) -> None:
    """Feature rows one by one, in a batch and explained."""
    rows = [one for one in (row, *ROWS) if len(one) == len(row)]
    single = [scorer.score_row(one) for one in rows]
    assert scorer.score_features(np.array(rows)).tolist() == single
    values, expected = scorer.contributions(row)
    size = math.fsum(map(abs, values)) + abs(expected) + 1.0
    assert math.isclose(math.fsum(values) + expected, scorer.raw_score(row), rel_tol=0.0, abs_tol=1e-9 * size)


def run(count: int, seed: int, place: Path) -> tuple[Counter[str], float]:
    """The outcomes of so many forged artifacts, and the longest time that one took."""
    outcomes: Counter[str] = Counter()
    longest = 0.0
    for number, forged in enumerate(forgeries(list(small_models()), count, seed)):
        path = write(place, forged)
        started = time.process_time()
        try:
            with limited():
                came = outcome(path)
                bare = refused_without_numpy(path)
        except (Exception, TooSlowError) as error:
            pytest.fail(f"forgery {number} of seed {seed}, {forged.what}: {error!r}", pytrace=True)
        longest = max(longest, time.process_time() - started)
        assert forged.mended or came == "refused", f"forgery {number} of seed {seed} was loaded: {forged.what}"
        assert bare == (came == "refused"), f"forgery {number} of seed {seed}, {forged.what}: without numpy otherwise"
        outcomes[f"{came}{' (mended)' if forged.mended else ''}"] += 1
    return outcomes, longest


def test_a_forged_artifact_is_refused_or_scores_soundly(tmp_path: Path) -> None:
    outcomes, _ = run(500, 8, tmp_path)
    assert sum(outcomes.values()) == 500
    assert outcomes["refused"] == 250
    assert set(outcomes) - {"no score (mended)"} == {"refused", *MENDED}


@pytest.mark.skipif("RISKML_FULL" not in os.environ, reason="RISKML_FULL is not set")
def test_fifty_thousand_forged_artifacts_are_refused_or_score_soundly(tmp_path: Path) -> None:
    outcomes, longest = run(50_000, 2026, tmp_path)
    print(f"50000 forged artifacts: {dict(sorted(outcomes.items()))}; the slowest took {longest:.2f} s")
    assert outcomes["refused"] == 25_000
    assert set(outcomes) == {"refused", "no score (mended)", *MENDED}


@pytest.mark.parametrize("number", range(3))
def test_the_originals_load_and_score_soundly(number: int, tmp_path: Path) -> None:
    files = small_models()[number]
    for packed in (None, pack(files)):
        assert outcome(write(tmp_path, Forged("nothing", files, packed, mended=True))) == "scored"


def test_forgeries_are_the_same_for_the_same_seed() -> None:
    def made(seed: int) -> list[Any]:
        return [(one.what, one.files, one.packed) for one in forgeries(list(small_models()), 20, seed)]

    assert made(1) == made(1) != made(2)
