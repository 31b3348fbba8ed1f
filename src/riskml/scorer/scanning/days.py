"""Days handed over as text, dates or numbers become day numbers; what leaves open which day is meant is refused."""

from datetime import date, datetime
from numbers import Integral
from typing import Any, Final

from riskml.scorer.errors import InputError
from riskml.scorer.messages import shown

EPOCH: Final = date(1970, 1, 1).toordinal()
FIRST: Final = date.min.toordinal() - EPOCH
LAST: Final = date.max.toordinal() - EPOCH
"""First and last day number: of the years 1 to 9999."""

_TIME: Final = "; give the calendar day of the bureau's time zone, without a time of day or a zone"
_NUMBER: Final = f": a whole number counts the days since 1970-01-01, from {FIRST} to {LAST}"
_ELSE: Final = "; give it as text, as a date or as the number of days since 1970-01-01"


def missing(value: Any) -> bool:
    """Whether a value says that there is none: None, NaN, and the NaT and NA of data frames.

    >>> [missing(value) for value in (None, float("nan"), 0, "", "nan")]
    [True, True, False, False, False]
    """
    if value is None:
        return True
    if isinstance(value, (str, int)):
        return False
    try:
        return bool(value != value)  # noqa: PLR0124 - NaN and NaT differ from themselves
    except (ArithmeticError, TypeError, ValueError):  # the NA of pandas is neither true nor false, an array both
        return type(value).__name__ == "NAType"


def day_number(day: Any, what: str) -> int:
    """Days since 1970-01-01 of a day as text, a date, or a day number.

    Args:
        day: text like "2025-06-01"; a date; a datetime, Timestamp or datetime64 at midnight and without a time zone; or
            a whole number of days from -719162 to 2932896.
        what: is named in the message.

    Raises:
        InputError: for anything else. A time of day or a zone is not dropped, a number is not taken for 20250601.

    >>> day_number("1970-01-31", "as_of"), day_number(date(1970, 1, 31), "as_of"), day_number(30, "as_of")
    (30, 30, 30)
    """
    number, hint = _of_text(day) if isinstance(day, str) else _of_value(day)
    if number is None:
        raise InputError(f"{what} must be a day like 2025-06-01, got {shown(day)}{hint}")
    return number


def _of_text(text: str) -> tuple[int | None, str]:
    """The day number of a text, or None and what to do."""
    if len(text) == 10 and text[4] == text[7] == "-":
        try:
            return date.fromisoformat(text).toordinal() - EPOCH, ""
        except ValueError:
            return None, ": there is no such day"
    if len(text) > 10 and text[10] in "T ":
        return None, _TIME
    return None, ": four digits, two and two, with hyphens"


def _of_value(day: Any) -> tuple[int | None, str]:
    """The day number of anything but a text, or None and what to do."""
    if type(day) is date:
        return day.toordinal() - EPOCH, ""
    if type(day) is not bool and isinstance(day, Integral):
        return (int(day), "") if FIRST <= int(day) <= LAST else (None, _NUMBER)
    if missing(day):
        return None, ": it is missing"
    if type(day).__name__ == "datetime64":  # of numpy, which need not be there
        whole: Any = day.astype("datetime64[D]")  # type: ignore[union-attr]
        return _of_value(int(whole.astype("int64"))) if whole == day else (None, _TIME)
    if isinstance(day, datetime):
        at_midnight = day.tzinfo is None and day == datetime(day.year, day.month, day.day)  # noqa: DTZ001
        return (day.toordinal() - EPOCH, "") if at_midnight else (None, _TIME)
    return (day.toordinal() - EPOCH, "") if isinstance(day, date) else (None, _ELSE)
