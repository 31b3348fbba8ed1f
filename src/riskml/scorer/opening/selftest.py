"""The rows with known results that an artifact carries, and their run: does this machine score as the maker's did?"""

import math
import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from riskml.scorer.errors import ArtifactError
from riskml.scorer.forest.calibration import Calibration
from riskml.scorer.forest.trees import Trees

MAX_ROWS: Final = 1_000
KEYS: Final = ("rows", "changes", "raw", "probability")
TOLERANCE: Final = 1e-12
"""Relative, for probabilities only: exp may differ in its last bit between machines. Log-odds must be equal."""


class SelfTest(NamedTuple):
    """K rows of F feature values (NaN = missing), the log-odds and the probability of each."""

    rows: list[list[float]]
    raw: list[float]
    probability: list[float]


def selftest_table(rows: Sequence[Sequence[float]], trees: Trees, calibration: Calibration) -> dict[str, Any]:
    """The content of selftest.json: rows, those that differ from an earlier one in one value only as that change.

    Args:
        rows: shape (n, F), NaN for missing; they are put into another order.
        trees: give the log-odds; they are walked, so that the test compares the tables of a machine with the walk here.
        calibration: gives the probabilities.
    """
    full: list[Sequence[float]] = []
    changes: list[tuple[int, int, float]] = []
    for row in rows:
        found = ((place, _difference(row, other)) for place, other in enumerate(full))
        place, feature = next(((place, feature) for place, feature in found if feature is not None), (-1, -1))
        if place >= 0:
            changes.append((place, feature, row[feature]))
        else:
            full.append(row)
    raw = [trees.walked_score(row) for row in [*full, *(_changed(full[p], f, value) for p, f, value in changes)]]
    return {
        "rows": [[_written(value) for value in row] for row in full],
        "changes": [[place, feature, _written(value)] for place, feature, value in changes],
        "raw": raw,
        "probability": [calibration.probability(one) for one in raw],
    }


def parse_selftest(table: object, width: int) -> SelfTest:
    """Turn the decoded selftest.json into a SelfTest of rows with `width` values, null being missing.

    Raises:
        ArtifactError: for other keys, lists of different lengths, a row of another width, a change of what is not
            there, a value that is no number.
    """
    if not isinstance(table, dict) or set(table) != set(KEYS):
        raise ArtifactError(f"selftest.json: needs exactly the keys {sorted(KEYS)}")
    if not all(isinstance(table[key], list) for key in KEYS):
        raise ArtifactError(f"selftest.json: {sorted(KEYS)} must be lists")
    rows, changes, raw, probability = (table[key] for key in KEYS)
    if not 0 < len(rows) + len(changes) <= MAX_ROWS or not len(rows) + len(changes) == len(raw) == len(probability):
        raise ArtifactError(f"selftest.json: needs 1 to {MAX_ROWS} rows, each with its raw score and probability")
    if any(not isinstance(row, list) or len(row) != width for row in rows):
        raise ArtifactError(f"selftest.json: every row needs {width} values")
    found = [list(map(_value, row)) for row in rows]
    for change in changes:
        place, feature, value = _change(change, len(rows), width)
        found.append(_changed(found[place], feature, value))
    return SelfTest(found, list(map(_number, raw)), list(map(_number, probability)))


def run_selftest(test: SelfTest, trees: Trees, calibration: Calibration) -> None:
    """Score the rows and compare; as a batch where numpy is loaded, else one by one.

    The tables of the batch are not kept: whoever scores single rows shall not hold them in memory.

    Raises:
        ArtifactError: with the first row that differs, the result expected and the result got.
    """
    if sys.modules.get("numpy") is not None:
        import numpy as np  # noqa: PLC0415 - only where it is there anyway

        from riskml.scorer.forest.batches import Batches  # noqa: PLC0415 - the same

        scores = Batches(trees).raw_scores(np.array(test.rows, dtype=np.float64)).tolist()
    else:
        scores = [trees.raw_score(row) for row in test.rows]
    for place, (got, raw, probability) in enumerate(zip(scores, test.raw, test.probability, strict=True)):
        chance = calibration.probability(got)
        if got != raw or not math.isclose(chance, probability, rel_tol=TOLERANCE, abs_tol=0.0):
            raise ArtifactError(
                f"selftest.json: row {place} must give log-odds {raw!r} and probability {probability!r}, "
                f"this machine gives {got!r} and {chance!r}; do not use the artifact here"
            )


def _difference(row: Sequence[float], other: Sequence[float]) -> int | None:
    """The place of the only value in which two rows differ, None if there is more than one or none."""
    places = (place for place, (a, b) in enumerate(zip(row, other, strict=True)) if repr(a) != repr(b))
    first, second = next(places, None), next(places, None)
    return first if second is None else None


def _changed(row: Sequence[float], feature: int, value: float) -> list[float]:
    return [*row[:feature], value, *row[feature + 1 :]]


def _written(value: float) -> float | None:
    return None if math.isnan(value) else value


def _change(change: object, rows: int, width: int) -> tuple[int, int, float]:
    if isinstance(change, list) and len(change) == len(("row", "feature", "value")):
        place, feature, value = change
        if type(place) is int and 0 <= place < rows and type(feature) is int and 0 <= feature < width:
            return place, feature, _value(value)
    raise ArtifactError(
        f"selftest.json: a change must be [row, feature, value] of {rows} rows and {width} features, got {change!r:.80}"
    )


def _value(value: Any) -> float:
    return math.nan if value is None else _number(value)


def _number(value: Any) -> float:
    if type(value) is int and abs(value) <= 2**53:
        return float(value)
    if type(value) is not float:
        raise ArtifactError(f"selftest.json: {value!r:.80} is not a number")
    return value
