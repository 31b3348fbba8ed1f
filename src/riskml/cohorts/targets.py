"""What happened to a row: the settled outcome of its first eligible visit in the horizon, or why there is none."""

from typing import Final

import numpy as np
import pandas as pd

from riskml.cohorts.judgement import check_map, judged_outcome
from riskml.cohorts.labels import NO_MAP, LabelMap
from riskml.cohorts.visits import NOWHERE, visits_known
from riskml.records.days import NEVER, day_number, from_days
from riskml.records.store import Records

NO_VISIT: Final = "no_visit"
NOT_SETTLED: Final = "not_settled"


def settled_targets(
    rows: pd.DataFrame,
    records: Records,
    log: pd.DataFrame,
    *,
    outcome: str,
    horizon_days: int,
    label_map: LabelMap = NO_MAP,
) -> pd.DataFrame:
    """Outcomes of cohort rows; `cohorts.cohort_rows` says more of each.

    Args:
        rows: site_id and as_of (day number), n rows.
        records: canonical records.
        log: their event log.
        outcome: "fail", "fail_broad" or "fail_severe".
        horizon_days: H; the first eligible visit in [as_of, as_of + H) counts. One that became known on its settling
            day or later does not (see `cohorts.visits`).
        label_map: outcome -> label version -> comparable definition; needed where versions mix.

    Returns:
        n rows, aligned: inspection_id, visited_on (datetime), fail (nullable boolean; missing = no visit or not
        settled), null_reason ("", "no_visit" or "not_settled"), inspector, first_visit (no eligible visit was known
        on the day), label_version.

    Raises:
        StudyError: for label versions mixed without a map, or a map that names an outcome or a version that there is
            not.
    """
    check_map(records, label_map)
    visits = visits_known(records, log, ends=day_number(records.observed_to))
    site, as_of = visits.site_places(rows["site_id"]), rows["as_of"].to_numpy(np.int64)
    place = visits.judged.first(site, as_of, horizon_days)
    visited = place != NOWHERE
    settled = visited & np.append(visits.settled(), False)[place]
    horizon_over = as_of + horizon_days + visits.settling_days <= visits.ends
    unsettled = np.where(visited, ~settled, ~horizon_over)
    reason = np.where(unsettled, NOT_SETTLED, np.where(visited, "", NO_VISIT))
    fail = np.append(judged_outcome(records, visits, log, place[settled], outcome, label_map), False)[place]
    judged = visits.judged.visits
    return pd.DataFrame(
        {
            "inspection_id": judged["inspection_id"].array.take(place, allow_fill=True),
            "visited_on": from_days(np.append(judged["visited"].to_numpy(np.int64), NEVER)[place]),
            "fail": pd.Series(fail, dtype="boolean").mask(~settled),
            "null_reason": pd.Series(reason, dtype="str"),
            "inspector": judged["inspector"].array.take(place, allow_fill=True),
            "first_visit": visits.known.last_before(site, as_of) == NOWHERE,
            "label_version": judged["label_version"].array.take(place, allow_fill=True),
        }
    )
