"""From the trees' log-odds to probabilities, on rows later than the training: four maps, and the choice of one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from riskml.models.likelihood import greatest_likelihood
from riskml.models.rising import rising_knots
from riskml.scorer.forest import calibration as scorer_maps
from riskml.scorer.forest.calibration import KINDS

__all__ = ["KINDS", "MIN_POSITIVES", "NEEDED", "Calibration", "calibrate", "fit_map", "fit_platt", "log_loss"]

NEEDED: Final[Mapping[str, int]] = {"none": 0, "platt": 20, "beta": 100, "isotonic": 200}
"""Rows of either outcome that a map needs to be fitted."""
MIN_POSITIVES: Final = NEEDED["platt"]
NEEDED_TO_CHOOSE: Final = 50
"""Rows of either outcome in the window by which the maps are judged."""
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "none": (),
    "platt": ("slope", "intercept"),
    "beta": ("rise", "fall", "intercept"),
    "isotonic": ("raw", "log_odds"),
}

Floats = NDArray[np.float64]
Outcomes = NDArray[np.bool_]


@dataclass(frozen=True)
class Calibration(scorer_maps.Calibration):
    """A fitted map (`scorer.calibration.Calibration` says what its numbers mean).

    Attributes:
        rows, positives: what it was fitted on.
        note: why it is "none" though another map was wanted, or was taken without a choice; else empty.
        losses: log loss of each map on the window by which they were judged; empty without a choice.
    """

    rows: int = 0
    positives: int = 0
    note: str = ""
    losses: Mapping[str, float] = field(default_factory=dict)

    def probabilities(self, raw: Floats) -> Floats:
        """Probabilities of raw scores, shape (n,): to the bit what the exported scorer gives."""
        return np.array([self.probability(one) for one in raw.tolist()], dtype=np.float64)

    def as_dict(self) -> dict[str, Any]:
        """What the artifact stores."""
        values = {name: getattr(self, name) for name in _PARTS[self.kind]}
        return {"kind": self.kind, **{name: _plain(value) for name, value in values.items()}}

    def facts(self) -> dict[str, Any]:
        """All of it as plain values, from which `Calibration(**facts)` makes it again."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def calibrate(raw: Floats, fail: Outcomes, days: NDArray[Any], maps: Sequence[str] = KINDS) -> Calibration:
    """The map of least log loss on the last window among those fitted on the windows before, fitted again on all.

    Args:
        raw: log-odds of the calibration rows, shape (n,).
        fail: their outcomes.
        days: their planning days; a window is the rows of one day.
        maps: those to choose from: "none", "platt", "beta", "isotonic". Of equal ones the simplest is taken.

    Where the rows do not allow a choice, Platt's map is taken if it is among them, else the first; where they do not
    allow that one either, the result is "none". `note` says why.
    """
    last = days == days.max() if len(days) else np.zeros(0, dtype=bool)
    allowed = sorted(set(maps), key=KINDS.index)
    default = "platt" if "platt" in allowed else allowed[0]
    if len(allowed) == 1:
        return fit_map(default, raw, fail)
    reason = _no_choice(fail, last, NEEDED[default])
    if reason:
        made = fit_map(default, raw, fail)
        return made if made.note else replace(made, note=f"no choice of the map: {reason}")
    tried = {kind: fit_map(kind, raw[~last], fail[~last]) for kind in allowed}
    losses = {kind: log_loss(made, raw[last], fail[last]) for kind, made in tried.items() if made.kind == kind}
    chosen = fit_map(min(losses, key=losses.__getitem__, default=default), raw, fail)
    return replace(chosen, losses=losses)


def fit_map(kind: str, raw: Floats, fail: Outcomes) -> Calibration:
    """One map by its name; "none", with a note, where the rows do not allow it (`NEEDED`) or it would not rise."""
    positives = int(fail.sum())
    nothing = Calibration("none", rows=len(fail), positives=positives)
    if min(positives, len(fail) - positives) < NEEDED[kind]:
        needed = f"{NEEDED[kind]} of either outcome are needed"
        return replace(nothing, note=f"not calibrated: {positives} failures in {len(fail)} rows, {needed}")
    if kind == "none":
        return nothing
    fitted = {"platt": _platt, "beta": _beta, "isotonic": _isotonic}[kind](raw, fail)
    if isinstance(fitted, str):
        return replace(nothing, note=f"not calibrated: {fitted}")
    return replace(nothing, kind=kind, **fitted)


def fit_platt(raw: Floats, fail: Outcomes) -> Calibration:
    """Slope and intercept of greatest likelihood, without penalty (Platt 1999)."""
    return fit_map("platt", raw, fail)


def log_loss(made: scorer_maps.Calibration, raw: Floats, fail: Outcomes) -> float:
    """Mean log loss of a map's probabilities: -ln of the probability that was given to what happened.

    >>> round(log_loss(scorer_maps.Calibration("none"), np.array([0.0]), np.array([True])), 6)
    0.693147
    """
    odds = odds_of(made, raw)
    return float(np.mean(_softplus(np.where(fail, -odds, odds))))


def odds_of(made: scorer_maps.Calibration, raw: Floats) -> Floats:
    """Log-odds after the map of many rows at once, shape (n,); equal to `made.odds` but for rounding."""
    if made.kind == "beta":
        return made.fall * _softplus(raw) - made.rise * _softplus(-raw) + made.intercept
    if made.kind == "isotonic":
        inside = np.interp(raw, made.raw, made.log_odds)
        return inside + np.minimum(raw - made.raw[0], 0.0) + np.maximum(raw - made.raw[-1], 0.0)
    return made.slope * raw + made.intercept


def _no_choice(fail: Outcomes, last: NDArray[np.bool_], needed: int) -> str:
    """Why the maps cannot be judged; empty if they can."""
    if not (~last).any():
        return "there is one calibration window only"
    for part, name, least in ((last, "last window", NEEDED_TO_CHOOSE), (~last, "windows before it", needed)):
        rows, failures = int(part.sum()), int(fail[part].sum())
        if min(failures, rows - failures) < least:
            return f"{failures} failures in {rows} rows of the {name}, {least} of either outcome are needed"
    return ""


def _platt(raw: Floats, fail: Outcomes) -> dict[str, Any] | str:
    slope, intercept = greatest_likelihood(raw[:, None], fail)
    if not slope > 0:
        return f"the slope on later rows is {slope:.2f}, not positive"
    return {"slope": slope, "intercept": intercept}


def _beta(raw: Floats, fail: Outcomes) -> dict[str, Any] | str:
    """Beta calibration by its logistic form; a part that would fall is left out (Kull et al. 2017, section 4)."""
    parts = np.column_stack([-_softplus(-raw), _softplus(raw)])
    rise, fall, intercept = greatest_likelihood(parts, fail)
    if not rise >= 0:
        rise, (fall, intercept) = 0.0, greatest_likelihood(parts[:, 1:], fail)
    elif not fall >= 0:
        fall, (rise, intercept) = 0.0, greatest_likelihood(parts[:, :1], fail)
    if not max(rise, fall) > 0 or min(rise, fall) < 0:
        return "no part of the beta map rises on later rows"
    return {"rise": rise, "fall": fall, "intercept": intercept}


def _isotonic(raw: Floats, fail: Outcomes) -> dict[str, Any] | str:
    knots, odds = rising_knots(raw, fail)
    if len(knots) < 2:
        return "later rows give the isotonic map one step only"
    return {"raw": tuple(knots.tolist()), "log_odds": tuple(odds.tolist())}


def _softplus(value: Floats) -> Floats:
    return np.asarray(np.logaddexp(0.0, value), dtype=np.float64)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
