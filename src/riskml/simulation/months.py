"""The months of a simulation and its working days (Monday to Friday; holidays are not kept)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.records.days import Days, day_number
from riskml.simulation.settings import Floats, Ints


@dataclass(frozen=True)
class Months:
    """Consecutive months.

    Attributes:
        starts: day number of each month's first day and of the first day after the last, shape (months + 1,).
        of_year: month of the year, 1 to 12, shape (months,).
        weekdays: working days of each month.
    """

    starts: Days
    of_year: Ints
    weekdays: tuple[Days, ...]

    @classmethod
    def until(cls, end: "str | pd.Timestamp", *, years: int) -> "Months":
        """The months of `years` whole years that end before `end`.

        Raises:
            DataError: if `end` is no calendar day, or not the first of a month.

        >>> months = Months.until("2025-07-01", years=4)
        >>> len(months), months.of_year[0]
        (48, np.int64(7))
        """
        stamp = pd.Timestamp(day_number(end), unit="D")
        if stamp.day != 1:
            raise DataError(f"end is {end!r}; a simulation ends on the first day of a month, like 2025-07-01")
        firsts = pd.date_range(end=stamp, periods=12 * years + 1, freq="MS")
        starts = firsts.to_numpy(dtype="datetime64[D]").astype(np.int32)
        pairs = zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
        weekdays = tuple(days[is_weekday(days)] for days in (np.arange(a, b, dtype=np.int32) for a, b in pairs))
        return cls(starts, firsts.month.to_numpy(dtype=np.int64)[:-1], weekdays)

    def __len__(self) -> int:
        return len(self.of_year)

    @property
    def start(self) -> int:
        """First day covered."""
        return int(self.starts[0])

    @property
    def end(self) -> int:
        """First day no longer covered."""
        return int(self.starts[-1])

    def weekday(self, month: int, uniform: Floats, *, not_before: Days) -> Days:
        """A working day of the month for each number in [0, 1), drawn from those that are not too early."""
        days = self.weekdays[month]
        first = np.minimum(np.searchsorted(days, not_before), len(days) - 1)
        chosen: Days = days[first + (uniform * (len(days) - first)).astype(np.int64)]
        return chosen

    def index(self, days: Days) -> Ints:
        """The month of each day; -1 before the first, `len(self)` after the last."""
        return np.searchsorted(self.starts, days, side="right").astype(np.int64) - 1


def is_weekday(days: Days) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    """Whether each day is a Monday to Friday (day 0, 1970-01-01, was a Thursday)."""
    return np.asarray((days + 3) % 7 < 5)


def next_weekday(days: Days) -> Days:
    """Each day itself if it is a working day, else the Monday after.

    >>> next_weekday(np.array([1, 2, 3], dtype=np.int32)).tolist()
    [1, 4, 4]
    """
    weekday = (days + 3) % 7
    return (days + (7 - weekday) * (weekday > 4)).astype(np.int32)


def plus_workdays(days: Days, count: Ints) -> Days:
    """The day so many working days later.

    >>> plus_workdays(np.array([1], dtype=np.int32), np.array([1])).tolist()
    [4]
    """
    stamps = days.astype(np.int64).astype("datetime64[D]")
    return np.busday_offset(stamps, count, roll="forward").astype(np.int32)
