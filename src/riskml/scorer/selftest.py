"""The rows with known results that an artifact carries, and their run: does this machine score as the maker's did?"""

import math
from dataclasses import dataclass
from typing import Any, Final

from riskml.scorer.calibration import Calibration
from riskml.scorer.errors import ArtifactError
from riskml.scorer.trees import Trees

MAX_ROWS: Final = 10_000
TOLERANCE: Final = 1e-12
"""Relative, for probabilities only: exp may differ in its last bit between machines. Log-odds must be equal."""


@dataclass(frozen=True)
class SelfTest:
    """K rows of F feature values (NaN = missing), the log-odds and the probability of each."""

    rows: list[list[float]]
    raw: list[float]
    probability: list[float]


def parse_selftest(table: object, width: int) -> SelfTest:
    """Turn the decoded selftest.json into a SelfTest of rows with `width` values, null being missing.

    Raises:
        ArtifactError: for other keys, lists of different lengths, a row of another width, a value that is no number.
    """
    keys = ("rows", "raw", "probability")
    if not isinstance(table, dict) or set(table) != set(keys):
        raise ArtifactError(f"selftest.json: needs exactly the keys {list(keys)}")
    rows, raw, probability = (table[key] for key in keys)
    if not all(isinstance(column, list) for column in (rows, raw, probability)):
        raise ArtifactError(f"selftest.json: {list(keys)} must be lists")
    if not 0 < len(rows) <= MAX_ROWS or not len(rows) == len(raw) == len(probability):
        raise ArtifactError(f"selftest.json: needs 1 to {MAX_ROWS} rows, each with its raw score and probability")
    if any(not isinstance(row, list) or len(row) != width for row in rows):
        raise ArtifactError(f"selftest.json: every row needs {width} values")
    return SelfTest(
        [[_value(value) for value in row] for row in rows], list(map(_number, raw)), list(map(_number, probability))
    )


def run_selftest(test: SelfTest, trees: Trees, calibration: Calibration) -> None:
    """Score the rows and compare.

    Raises:
        ArtifactError: with the first row that differs, the result expected and the result got.
    """
    for place, (row, raw, probability) in enumerate(zip(test.rows, test.raw, test.probability, strict=True)):
        got = trees.raw_score(row)
        chance = calibration.probability(got)
        if got != raw or not math.isclose(chance, probability, rel_tol=TOLERANCE, abs_tol=0.0):
            raise ArtifactError(
                f"selftest.json: row {place} must give log-odds {raw!r} and probability {probability!r}, "
                f"this machine gives {got!r} and {chance!r}; do not use the artifact here"
            )


def _value(value: Any) -> float:
    return math.nan if value is None else _number(value)


def _number(value: Any) -> float:
    if type(value) is int and abs(value) <= 2**53:
        return float(value)
    if type(value) is not float:
        raise ArtifactError(f"selftest.json: {value!r:.80} is not a number")
    return value
