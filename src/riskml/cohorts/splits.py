"""Rolling origins: which rows may teach, calibrate, and be judged, with nothing from after the origin."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError, StudyError
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


def month_starts(*, first: int, last: int) -> Days:
    """The first days of the months inside [first, last], as day numbers, ascending.

    >>> from riskml.records.days import day_number
    >>> first, last = day_number("2024-12-02"), day_number("2025-03-01")
    >>> month_starts(first=first, last=last).astype("datetime64[D]").astype(str).tolist()
    ['2025-01-01', '2025-02-01', '2025-03-01']
    """
    ends = np.array([first, last], dtype="datetime64[D]").astype("datetime64[M]")
    days = np.arange(ends[0], ends[1] + 1).astype("datetime64[D]").astype(np.int64)
    return days[(days >= first) & (days <= last)].astype(np.int32)


def evaluation_origins(days: Days, *, number: int, horizon_days: int) -> list[int]:
    """The latest planning days that lie at least a horizon apart, so that a visit counts at one of them only.

    Args:
        days: planning days, the last of which is the last origin.
        number: origins wanted.
        horizon_days: H.

    Returns:
        `number` days, ascending.

    Raises:
        DataError: if the planning days allow fewer.

    >>> evaluation_origins(np.array([0, 30, 61, 91, 122, 152], dtype=np.int32), number=2, horizon_days=60)
    [91, 152]
    """
    chosen: list[int] = []
    for day in sorted(map(int, days), reverse=True):
        if len(chosen) < number and (not chosen or chosen[-1] - day >= horizon_days):
            chosen.append(day)
    if len(chosen) < number:
        raise DataError(
            f"{len(days)} planning days allow {len(chosen)} origins at least {horizon_days} days apart, {number} are "
            "asked for; ask for fewer, shorten the horizon, or plan over a longer time"
        )
    return chosen[::-1]


def rolling_folds(
    as_of: Days,
    labelled: NDArray[np.bool_],
    *,
    origins: Sequence[int],
    gap_days: int,
    calibration_windows: int,
    horizon_days: int = 0,
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
        horizon_days: H, where planning days lie closer than that: a training day whose horizon reaches the first
            calibration day is left out, as both would hold the same visit, and origins less than H apart are refused,
            as a visit would be judged twice. 0 where all days are known to lie at least H apart.

    Raises:
        StudyError: if two origins lie less than the horizon apart.
        DataError: if an origin has no earlier settled planning days to learn from.
    """
    close = [(a, b) for a, b in pairwise(sorted(origins)) if b - a < horizon_days]
    if close:
        one, other = (np.datetime64(int(day), "D") for day in close[0])
        raise StudyError(
            f"origins {one} and {other} lie less than the horizon of {horizon_days} days apart: a visit would be "
            "judged twice; choose them with evaluation_origins"
        )
    return [_fold(as_of, labelled, origin, gap_days, calibration_windows, horizon_days) for origin in origins]


def _fold(
    as_of: Days,
    labelled: NDArray[np.bool_],
    origin: int,
    gap_days: int,
    calibration_windows: int,
    horizon_days: int,
) -> Fold:
    days = np.unique(as_of[as_of + gap_days <= origin])
    if len(days) <= calibration_windows:
        raise DataError(
            f"origin {np.datetime64(int(origin), 'D')}: {len(days)} earlier planning days are settled by then, "
            f"{calibration_windows} are for calibration, none is left to learn from; move the first origin later, "
            "or shorten the horizon"
        )
    train, calibrate = days[: len(days) - calibration_windows], days[len(days) - calibration_windows :]
    if len(calibrate):
        train = train[train + horizon_days <= calibrate[0]]
    if not len(train):
        raise DataError(
            f"origin {np.datetime64(int(origin), 'D')}: the horizons of all {len(days)} settled planning days reach "
            f"the calibration days, which begin on {np.datetime64(int(calibrate[0]), 'D')}; move the first origin "
            "later, or keep fewer days for calibration"
        )
    return Fold(
        origin=int(origin),
        train=np.flatnonzero(np.isin(as_of, train) & labelled),
        calibrate=np.flatnonzero(np.isin(as_of, calibrate) & labelled),
        test=np.flatnonzero(as_of == origin),
    )
