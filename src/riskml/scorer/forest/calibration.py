"""From the log-odds of the trees to a probability: the maps an artifact may hold, each one rising everywhere.

A map takes log-odds to log-odds; the probability is their sigmoid. What rises cannot turn the ranking round, and ties
appear only where two values are closer than a float can tell.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from riskml.scorer.checks import Check, list_of, number, table_of, text
from riskml.scorer.errors import ArtifactError
from riskml.scorer.frozen import frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_KNOTS: Final = 1_000
LARGEST: Final = 1e6
"""Of every number of a map, in size: what a rising map of finite trees gives is then finite."""


@frozen
class Calibration:
    """One map.

    Attributes:
        kind: "none", "platt", "beta" or "isotonic".
        slope, intercept: of "platt" (Platt 1999): slope x raw + intercept, slope above 0.
        rise, fall: of "beta" (Kull, Silva Filho, Flach 2017), with its `intercept`: rise x ln(s) - fall x ln(1 - s) +
            intercept where s = sigmoid(raw); neither below 0, one above 0.
        raw, log_odds: of "isotonic": the knots, both strictly rising; straight lines between them, and lines of slope
            1 beyond the first and the last.
    """

    kind: str
    slope: float = 1.0
    intercept: float = 0.0
    rise: float = 0.0
    fall: float = 0.0
    raw: tuple[float, ...] = ()
    log_odds: tuple[float, ...] = ()

    def odds(self, raw: float) -> float:
        """Log-odds after the map.

        >>> Calibration("isotonic", raw=(0.0, 2.0), log_odds=(-1.0, 3.0)).odds(0.5)
        0.0
        >>> Calibration("isotonic", raw=(0.0, 2.0), log_odds=(-1.0, 3.0)).odds(2.5)
        3.5
        """
        if self.kind == "beta":
            return self.fall * _softplus(raw) - self.rise * _softplus(-raw) + self.intercept
        if self.kind == "isotonic":
            return self._between(raw)
        return self.slope * raw + self.intercept

    def probability(self, raw: float) -> float:
        """Probability of the outcome, from 0 to 1.

        >>> Calibration("platt", slope=2.0, intercept=-1.0).probability(0.5)
        0.5
        """
        odds = self.odds(raw)
        if odds >= 0.0:
            return 1.0 / (1.0 + math.exp(-odds))
        small = math.exp(odds)
        return small / (1.0 + small)

    def probabilities(self, raw: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Probabilities of many rows, shape (n,) -> (n,); bit for bit those of `probability`.

        exp and log1p are the standard library's: numpy's own differ from them in the last bit of some values.
        """
        import numpy as np  # noqa: PLC0415 - a single row must not need it

        odds = self._many_odds(raw)
        small = np.array(list(map(math.exp, (-np.abs(odds)).tolist())), dtype=np.float64)
        return np.divide(np.where(odds >= 0.0, 1.0, small), 1.0 + small)

    def _many_odds(self, raw: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """`odds` of many rows, each step of it as there."""
        import numpy as np  # noqa: PLC0415 - a single row must not need it

        if self.kind == "beta":
            return np.array(list(map(self.odds, raw.tolist())), dtype=np.float64)
        if self.kind != "isotonic":
            with np.errstate(over="ignore"):
                return self.slope * raw + self.intercept
        knots, odds = np.array(self.raw), np.array(self.log_odds)
        place = np.searchsorted(knots, raw, side="right").clip(1, len(knots) - 1)
        low, start, end = knots[place - 1], odds[place - 1], odds[place]
        inside = raw.clip(knots[0], knots[-1])
        between = np.minimum(end, start + (inside - low) * ((end - start) / (knots[place] - low)))
        beyond = np.where(raw >= knots[-1], odds[-1] + (raw - knots[-1]), between)
        return np.array(np.where(raw < knots[0], odds[0] - (knots[0] - raw), beyond))

    def stretch(self, raw: float, expected: float) -> float:
        """By how much a difference of log-odds before the map grows: contributions times this add up after it too.

        Args:
            raw: log-odds of the row.
            expected: log-odds that its contributions start from.

        >>> Calibration("isotonic", raw=(0.0, 2.0), log_odds=(-1.0, 3.0)).stretch(1.0, 0.0)
        2.0
        """
        if self.kind in ("none", "platt") or raw == expected:
            return self.slope
        return (self.odds(raw) - self.odds(expected)) / (raw - expected)

    def _between(self, raw: float) -> float:
        """The knots joined by lines; rounding never carries a value over the knot above it."""
        place = bisect_right(self.raw, raw)
        if place == 0:
            return self.log_odds[0] - (self.raw[0] - raw)
        low, start = self.raw[place - 1], self.log_odds[place - 1]
        if place == len(self.raw):
            return start + (raw - low)
        end = self.log_odds[place]
        return min(end, start + (raw - low) * ((end - start) / (self.raw[place] - low)))


def parse_calibration(value: object, where: str) -> Calibration:
    """The map that a decoded JSON object says.

    Raises:
        ArtifactError: for an unknown kind, other keys, a number out of bounds, or a map that does not rise.
    """
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ArtifactError(f"{where}: unknown kind {kind!r}; this version knows {list(_KINDS)}")
    calibration = Calibration(**table_of(value, where, _KINDS[kind]))
    if calibration.slope <= 0.0:
        raise ArtifactError(f"{where}: slope {calibration.slope} would turn the ranking round; it must be above 0")
    if kind == "beta" and (min(calibration.rise, calibration.fall) < 0.0 or calibration.rise + calibration.fall == 0.0):
        raise ArtifactError(
            f"{where}: rise {calibration.rise} and fall {calibration.fall} would turn the ranking round, or make one "
            "score of all; neither may lie below 0, and one must lie above"
        )
    if kind == "isotonic":
        _check_knots(calibration, where)
    return calibration


def _check_knots(calibration: Calibration, where: str) -> None:
    raw, odds = calibration.raw, calibration.log_odds
    if not 2 <= len(raw) == len(odds) <= MAX_KNOTS:
        raise ArtifactError(
            f"{where}: needs 2 to {MAX_KNOTS} knots, each with raw and log_odds; got {len(raw)} and {len(odds)}"
        )
    for (low, high), (start, end) in zip(pairwise(raw), pairwise(odds), strict=True):
        if not low < high or not start < end or not 0.0 < (end - start) / (high - low) <= LARGEST:
            raise ArtifactError(
                f"{where}: the knots must rise strictly, no steeper than {LARGEST:g}; got raw {low} to {high} with "
                f"log_odds {start} to {end}"
            )


def _softplus(value: float) -> float:
    """ln(1 + exp(value)), without overflow."""
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


def _bounded(value: Any, where: str) -> float:
    found = number(value, where)
    if abs(found) > LARGEST:
        raise ArtifactError(f"{where} must lie between -{LARGEST:g} and {LARGEST:g}, got {found}")
    return found


_KINDS: Final[Mapping[str, dict[str, Check]]] = {
    "none": {"kind": text},
    "platt": {"kind": text, "slope": _bounded, "intercept": _bounded},
    "beta": {"kind": text, "rise": _bounded, "fall": _bounded, "intercept": _bounded},
    "isotonic": {"kind": text, "raw": list_of(_bounded), "log_odds": list_of(_bounded)},
}
KINDS: Final = tuple(_KINDS)
"""The kinds of maps, from the simplest."""
