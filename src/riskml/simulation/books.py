"""The books of a partition at the end: canonical records of what had become known, and the truth behind them."""

import numpy as np
import pandas as pd

from riskml.records import Records, contract
from riskml.records.days import NEVER, from_days
from riskml.records.outcomes import OutcomeRule
from riskml.simulation.bureau import Bureau


def records_of(bureau: Bureau) -> Records:
    """What had become known before the end; closings that were decided by then."""
    start, end = (pd.Timestamp(day, unit="D") for day in (bureau.months.start, bureau.months.end))
    events, amendments, visits = (
        bureau.ledger.table(table, known_before=bureau.months.end) for table in ("events", "amendments", "inspections")
    )
    closed = np.where(bureau.struck < bureau.months.end, bureau.struck, NEVER).astype(np.int32)
    return Records(
        sites=contract.conform("sites", bureau.register.sites.assign(closed_on=from_days(closed))),
        events=events.sort_values(["known_on", "event_id"], ignore_index=True),
        amendments=amendments.sort_values(["known_on", "event_id", "kind"], ignore_index=True),
        inspections=visits.sort_values(["visited_on", "inspection_id"], ignore_index=True),
        source="simulated",
        observed_from=start,
        observed_to=end,
        outcome=OutcomeRule.from_dict(bureau.settings["outcome"], where="bureau.toml"),
        snapshots={"licence_valid_to": f"{end:%Y-%m-%d}"},
        notes=tuple(bureau.settings["notes"]),
    )


def truth_of(bureau: Bureau) -> pd.DataFrame:
    """Table "truth" of all months, site by site."""
    columns = {name: np.concatenate([month[name] for month in bureau.truth]) for name in bureau.truth[0]}
    order = np.lexsort((columns["as_of"], columns["site"]))
    rows = {name: values[order] for name, values in columns.items()}
    ids = bureau.register.sites["site_id"].take(rows.pop("site"))
    return contract.conform("truth", pd.DataFrame({**rows, "site_id": ids.array, "as_of": from_days(rows["as_of"])}))
