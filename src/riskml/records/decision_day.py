"""The day on which a decision is made: inside the days that the records cover, and after the snapshots it reads."""

from collections.abc import Iterable

from riskml.errors import DataError
from riskml.records.days import day_number
from riskml.records.store import Records


def decision_day(records: Records, as_of: str) -> int:
    """The number of a decision day that the records cover.

    Args:
        records: canonical records.
        as_of: calendar day such as "2025-06-01".

    Raises:
        DataError: if `as_of` is no day, or lies outside the days the records cover: before it nothing is known, after
            it what happened in between would be taken for nothing.
    """
    day = day_number(as_of)
    if not day_number(records.observed_from) < day <= day_number(records.observed_to):
        raise DataError(
            f"as_of {as_of} lies outside the records ({records.source}: after {records.observed_from:%Y-%m-%d}, "
            f"up to {records.observed_to:%Y-%m-%d})"
        )
    return day


def seen_columns(records: Records, day: int) -> list[str]:
    """The site columns that may be read on a day (a day number): all but the snapshots of that day or later."""
    return [
        name
        for name in records.sites.columns
        if name not in records.snapshots or day_number(records.snapshots[name]) < day
    ]


def refuse_later_snapshots(records: Records, columns: Iterable[str], day: int) -> None:
    """Refuse to read site columns that hold the value of a later day.

    Args:
        records: canonical records.
        columns: site columns to be read.
        day: decision day as day number.

    Raises:
        DataError: with the columns and their days.
    """
    late = sorted(set(columns) & set(records.sites.columns) - set(seen_columns(records, day)))
    if late:
        days = {name: records.snapshots[name] for name in late}
        raise DataError(
            f"site columns {days} are snapshots of these days, and the decision day is not after them; decide on a "
            "later day, or leave out the features that read them"
        )
