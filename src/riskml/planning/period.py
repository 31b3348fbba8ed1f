"""The period that a plan covers: a month, a quarter, a year, or so many days."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from riskml.errors import StudyError
from riskml.records.days import day_number

MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Period:
    """A stretch of days.

    Attributes:
        days: its length.
        years: its length as a share of a year: months count as twelfths, days as 365ths.
    """

    days: int
    years: float


def period_of(period: "str | int", as_of: "str | date | pd.Timestamp") -> Period:
    """The period that begins on a day.

    Args:
        period: "month", "quarter", "year", or a number of days.
        as_of: its first day.

    Raises:
        StudyError: for another word, or fewer than one day.

    >>> period_of("quarter", "2025-01-01"), period_of("73", "2025-01-01")
    (Period(days=90, years=0.25), Period(days=73, years=0.2))
    """
    start = day_number(as_of)
    if isinstance(period, str) and period in MONTHS:
        end = pd.Timestamp(start, unit="D") + pd.DateOffset(months=MONTHS[period])
        return Period(day_number(end) - start, MONTHS[period] / 12)
    try:
        days = int(period)
    except ValueError:
        days = 0
    if days < 1:
        raise StudyError(f"period must be one of {list(MONTHS)} or a whole number of days, at least 1, got {period!r}")
    return Period(days, days / 365)
