"""The scan as it is, called on the versions of one site or of many stretches of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from riskml.scorer.scanning.kernel import make

COLUMNS: Final = (
    "occurred_on", "known_on", "gone_on", "code", "repaired_on", "quantity", "severity", "due_on", "valid_to", "visit",
)  # fmt: skip
"""Columns of a version in the order in which the scan takes them."""

_PLAIN: Final = make()


def scanned(
    flat: Mapping[str, Any], columns: tuple[list[int], ...], day: int, starts: Sequence[int], stops: Sequence[int]
) -> list[float]:
    """The event features of stretches of versions as of one day, by the scan as it is.

    Args:
        flat: `layout.arrays` of a program with F event features.
        columns: of the versions, in the order of `COLUMNS`.
        day: day number of the decision day.
        starts: first version of each of n stretches.
        stops: the one after its last.

    Returns:
        n times F values, one stretch after the other.
    """
    tallies, rows = len(flat["measure"]), range(len(starts))
    state = [0] * flat["begin"][-1], [0] * tallies, [0] * (tallies + 1)
    out = [0.0] * (len(flat["form"]) * len(starts))
    _PLAIN(rows, [day] * len(starts), starts, stops, columns, tuple(flat.values()), state, out)
    return out
