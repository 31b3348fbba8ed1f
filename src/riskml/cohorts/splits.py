"""Rolling origins: which rows may teach, calibrate, and be judged, with nothing from after the origin."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.records.days import Days


@dataclass(frozen=True)
class Fold:
    """One origin.

    Attributes:
        origin: day number; the model of this origin knows nothing from it or later.
        train, calibrate, test: places of the labelled training rows, the labelled calibration rows (later than all
            training rows), and all rows of the origin.
    """

    origin: int
    train: NDArray[np.int64]
    calibrate: NDArray[np.int64]
    test: NDArray[np.int64]


def planning_days(*, first: int, last: int, step_days: int) -> Days:
    """Planning days, `step_days` apart, counted back from `last` to no earlier than `first`; ascending.

    >>> planning_days(first=0, last=100, step_days=40).tolist()
    [20, 60, 100]
    """
    return np.arange(last, first - 1, -step_days, dtype=np.int32)[::-1]


def rolling_folds(
    as_of: Days,
    labelled: NDArray[np.bool_],
    *,
    origins: Sequence[int],
    gap_days: int,
    calibration_windows: int,
) -> list[Fold]:
    """A fold for each origin.

    Args:
        as_of: planning day of each row, shape (n,).
        labelled: whether its outcome is settled, shape (n,).
        origins: evaluation days.
        gap_days: horizon plus settling time; a planning day teaches an origin only if all its outcomes were
            settled by then, that is `day + gap_days <= origin`.
        calibration_windows: the so many latest of the planning days allowed serve for calibration, the earlier ones
            for training.

    Raises:
        DataError: if an origin has no earlier settled planning days to learn from.
    """
    return [_fold(as_of, labelled, origin, gap_days, calibration_windows) for origin in origins]


def _fold(as_of: Days, labelled: NDArray[np.bool_], origin: int, gap_days: int, calibration_windows: int) -> Fold:
    days = np.unique(as_of[as_of + gap_days <= origin])
    if len(days) <= calibration_windows:
        raise DataError(
            f"origin {np.datetime64(int(origin), 'D')}: {len(days)} earlier planning days are settled by then, "
            f"{calibration_windows} are for calibration, none is left to learn from; move the first origin later, "
            "or shorten the horizon"
        )
    train, calibrate = days[: len(days) - calibration_windows], days[len(days) - calibration_windows :]
    return Fold(
        origin=int(origin),
        train=np.flatnonzero(np.isin(as_of, train) & labelled),
        calibrate=np.flatnonzero(np.isin(as_of, calibrate) & labelled),
        test=np.flatnonzero(as_of == origin),
    )


def summary(folds: Sequence[Fold], as_of: Days) -> list[str]:
    """One line a fold that says what it learns from, for logs and reports."""

    def span(places: NDArray[np.int64]) -> str:
        if not len(places):
            return "no rows"
        low, high = np.datetime64(int(as_of[places].min()), "D"), np.datetime64(int(as_of[places].max()), "D")
        return f"{len(places)} rows of {low}..{high}"

    return [
        f"origin {np.datetime64(f.origin, 'D')}: learns from {span(f.train)}, calibrates on {span(f.calibrate)}, "
        f"is judged on {len(f.test)} sites"
        for f in folds
    ]
