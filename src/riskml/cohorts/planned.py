"""The days on which a study plans: those that teach and judge, those after them, and the day it is made for."""

from dataclasses import dataclass

import numpy as np

from riskml.cohorts.splits import planning_days
from riskml.errors import DataError
from riskml.records.days import Days, day_number
from riskml.records.store import Records


@dataclass(frozen=True)
class Planned:
    """Planning days, as day numbers.

    Attributes:
        days: up to the last origin, ascending.
        later: after it, as long as their outcomes settle within the records; they teach the final model.
        deploy: the first day after the records, on which the final model is put to use.
    """

    days: Days
    later: Days
    deploy: int

    @property
    def all(self) -> Days:
        """Every day, ascending."""
        return np.concatenate([self.days, self.later, [self.deploy]]).astype(np.int32)


def planned_days(
    records: Records, *, last_origin: str, step_days: int, warmup_days: int, horizon_days: int, where: str
) -> Planned:
    """The planning days of a study.

    Args:
        records: canonical records.
        last_origin: the last evaluation day.
        step_days: between two planning days.
        warmup_days: from the first day of the records to the first planning day, at the least.
        horizon_days: H.
        where: names the study in messages.

    Raises:
        DataError: if the last origin lies outside the records, or its outcomes do not settle within them.
    """
    first, last = day_number(records.observed_from), day_number(last_origin)
    deploy, follow_up = day_number(records.observed_to), horizon_days + records.outcome.settling_days
    if not first < last < deploy:
        raise DataError(
            f"{where}: last_origin {last_origin} lies outside the records "
            f"({records.observed_from:%Y-%m-%d} to {records.observed_to:%Y-%m-%d})"
        )
    if last + follow_up > deploy:
        raise DataError(
            f"{where}: outcomes of last_origin {last_origin} settle after {follow_up} days, and the "
            f"records end on {records.observed_to:%Y-%m-%d}; choose an origin on or before "
            f"{np.datetime64(deploy - follow_up, 'D')}"
        )
    return Planned(
        planning_days(first=first + max(warmup_days, 1), last=last, step_days=step_days),
        np.arange(last + step_days, deploy - follow_up + 1, step_days, dtype=np.int32),
        deploy,
    )
