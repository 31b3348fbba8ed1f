"""Scored rows of the small bureau, as a run writes them, and beside them the truth that no run knows."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.simulation.selection_world import Floats, Panel, tilted

POLICIES: Final = ("model", "grade", "last_outcome", "past_fail_rate")
"""Policies that the rows carry a score of; "model" is the only one whose score is a probability."""

FEATURES: Final = ("trait", "log_points", "last_fail", "fail_rate", "log_waiting", "no_visit")
"""What the scoring function reads, in this order; all of it is recorded."""

FIRST_ORIGIN: Final = np.datetime64("2023-01-01", "s")
HORIZON_DAYS: Final = 90

PRIOR_VISITS, PRIOR_RATE = 5.0, 0.12
"""A fail rate is shrunk as if so many more visits had failed at this rate."""
UNKNOWN_POINTS: Final = 1.0
"""Points of the last visit where there is none: a typical value."""


@dataclass(frozen=True)
class Scoring:
    """A fixed scoring function: probability = 1 / (1 + exp(-(features x coefficients + intercept))).

    Attributes:
        coefficients: one for each of `FEATURES`.
        intercept: log-odds where all features are zero.

    Raises:
        DataError: for another number of coefficients.
    """

    coefficients: tuple[float, ...]
    intercept: float

    def __post_init__(self) -> None:
        if len(self.coefficients) != len(FEATURES):
            raise DataError(f"{len(self.coefficients)} coefficients were given; the features are {FEATURES}")

    def probabilities(self, features: Floats) -> Floats:
        """Probability of failing, shape (..., n), of features of shape (..., n, k)."""
        return np.asarray(1.0 / (1.0 + np.exp(-(features @ np.array(self.coefficients) + self.intercept))))


def features_of(panel: Panel, periods: slice) -> Floats:
    """What is recorded at the start of each period, shape (periods, n, len(FEATURES))."""
    shape = panel.level[periods].shape
    columns = {
        "trait": np.broadcast_to(panel.trait, shape),
        "log_points": np.log1p(np.nan_to_num(panel.last_points[periods], nan=0.0)),
        "last_fail": panel.last_fail[periods].astype(np.float64),
        "fail_rate": fail_rate(panel, periods),
        "log_waiting": np.log1p(panel.waiting[periods]),
        "no_visit": (panel.visits[periods] == 0).astype(np.float64),
    }
    return np.stack([columns[name] for name in FEATURES], axis=-1)


def fail_rate(panel: Panel, periods: slice) -> Floats:
    """Failures a visit on record, shrunk towards a typical rate, shape (periods, n)."""
    return (panel.fails[periods] + PRIOR_VISITS * PRIOR_RATE) / (panel.visits[periods] + PRIOR_VISITS)


def learning_rows(panel: Panel, periods: slice) -> tuple[Floats, NDArray[np.bool_]]:
    """Features and outcomes of the visits made, shapes (m, len(FEATURES)) and (m,): what a model may learn from."""
    made = panel.visited[periods]
    return features_of(panel, periods)[made], panel.would_fail[periods][made]


def scored_rows(panel: Panel, scoring: Scoring) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of all origins, and the truth of the same rows.

    Returns:
        rows: the open sites at each origin: site_id, as_of, origin, fail (missing without a visit), inspector and
            visit_type (RI or DR; both missing without a visit), office, weight, propensity, score_<policy>. Propensity
            is the true probability of a visit given what is recorded; missing where visits also follow the outcome.
        truth, on the same index: would_fail, risk (its probability), visit_probability (given the outcome too),
            random_probability (that the first visit is a double-random one, likewise).
    """
    setting = panel.setting
    periods = slice(setting.earlier, setting.periods)
    here = panel.active[periods]
    place, site = np.nonzero(here)
    visited, routine = panel.visited[periods][here], panel.routine[periods][here]
    origin = FIRST_ORIGIN + (HORIZON_DAYS * place).astype("timedelta64[D]")
    fail = panel.would_fail[periods][here]
    share = setting.random_share
    rows = {
        "site_id": _names("S", site),
        "as_of": origin,
        "origin": origin,
        "fail": pd.arrays.BooleanArray(fail.copy(), ~visited),
        "inspector": _only(visited, _names("I", panel.inspector[periods][here])),
        "office": _names("O", panel.office[site]),
        "visit_type": _only(visited, np.where(panel.random_visit[periods][here], "DR", "RI")),
        "weight": np.ones(len(site)),
        "propensity": _either(routine, share) if setting.tilt == 1 else np.full(len(site), np.nan),
        **{f"score_{policy}": score[here] for policy, score in scores_of(panel, periods, scoring).items()},
    }
    chance = np.where(fail, tilted(routine, setting.tilt), routine)
    truth = {
        "would_fail": fail,
        "risk": panel.risk[periods][here],
        "visit_probability": _either(chance, share),
        "random_probability": share * (1 - chance / 2),
    }
    return pd.DataFrame(rows), pd.DataFrame(truth)


def scores_of(panel: Panel, periods: slice, scoring: Scoring) -> dict[str, Floats]:
    """The score of each policy, shapes (periods, n); higher is riskier."""
    return {
        "model": scoring.probabilities(features_of(panel, periods)),
        "grade": panel.level[periods].astype(np.float64),
        "last_outcome": np.nan_to_num(panel.last_points[periods], nan=UNKNOWN_POINTS),
        "past_fail_rate": fail_rate(panel, periods),
    }


def _names(letter: str, codes: NDArray[np.int64]) -> NDArray[Any]:
    """A name for each code, such as S00042."""
    return np.array([f"{letter}{code:05d}" for code in range(int(codes.max(initial=0)) + 1)], dtype=object)[codes]


def _only(kept: NDArray[np.bool_], names: NDArray[Any]) -> Any:
    """The names of the rows kept, missing elsewhere."""
    held = names.astype(object)
    held[~kept] = None
    return pd.array(held, dtype="str")


def _either(a: Floats, b: float) -> Floats:
    """Probability that at least one of two independent things happens."""
    return 1.0 - (1.0 - a) * (1.0 - b)
