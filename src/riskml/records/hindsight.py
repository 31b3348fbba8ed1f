"""Records with less knowledge than there was, or with hindsight: to see what the rule of time is worth."""

from dataclasses import replace

import pandas as pd

from riskml.errors import DataError
from riskml.records.store import Records


def known_before(records: Records, as_of: str) -> Records:
    """The same bureau with every visit, event and amendment deleted that was not known before a day.

    Features of the day must not change by it, in their last bit: that is the rule of time.

    Args:
        records: canonical records; they stay as they are.
        as_of: calendar day such as "2025-06-01".

    Raises:
        DataError: if `as_of` is no day.
    """
    try:
        day = pd.Timestamp(as_of)
    except ValueError as error:
        raise DataError(f"as_of must be a day like 2025-06-01, got {as_of!r}") from error
    events, amendments, inspections = (
        table[table["known_on"] < day].reset_index(drop=True)
        for table in (records.events, records.amendments, records.inspections)
    )
    held = amendments["event_id"].isin(events["event_id"])
    return replace(records, events=events, amendments=amendments[held].reset_index(drop=True), inspections=inspections)


def known_at_once(records: Records) -> Records:
    """The same bureau as if every fact had been known on the day it happened: what filtering by that day pretends.

    For comparison only: a model trained on it has learned from what nobody knew.

    Args:
        records: canonical records; they stay as they are.
    """
    return replace(
        records,
        events=records.events.assign(known_on=records.events["occurred_on"]),
        amendments=records.amendments.assign(known_on=records.amendments["effective_on"]),
        inspections=records.inspections.assign(known_on=records.inspections["visited_on"]),
    )
