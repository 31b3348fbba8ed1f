"""The one judgement of visits: whether each failed, by the definition that is comparable under its label version."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.cohorts.labels import LabelMap, definitions, refuse_unknown
from riskml.cohorts.visits import NOWHERE, Places, Visits
from riskml.records.outcomes import OUTCOMES
from riskml.records.store import Records


def check_map(records: Records, label_map: LabelMap) -> None:
    """Refuse a label map that names an outcome or a label version that the records do not know.

    Raises:
        StudyError: with the nearest known name.
    """
    versions = sorted(records.inspections["label_version"].dropna().unique())
    refuse_unknown(label_map, outcomes=sorted({*OUTCOMES, *records.outcome.criteria}), versions=versions)


def judged_outcome(
    records: Records, visits: Visits, log: pd.DataFrame, used: Places, outcome: str, label_map: LabelMap
) -> NDArray[np.bool_]:
    """Whether each judged visit failed, by what was known before its settling day; shape (visits,).

    Args:
        records: canonical records.
        visits: those of the records.
        log: the records' event log.
        used: places of the visits that rows rest on; NOWHERE among them counts for nothing.
        outcome: the outcome asked for.
        label_map: see `cohorts.labels`.

    Returns:
        False for a visit that is not settled, or whose label version no visit used has.

    Raises:
        StudyError: if visits used have several label versions and no map says how to compare them.
    """
    version = visits.judged.visits["label_version"]
    found = version.iloc[np.unique(used[used != NOWHERE])].dropna().unique()
    defined: Sequence[str] = list(records.outcome.criteria)
    chosen = definitions(outcome, found, label_map, defined=defined)
    fail = np.zeros(len(version), dtype=bool)
    for definition in sorted(set(chosen.values())):
        mine = version.map(chosen).eq(definition).to_numpy(bool)
        fail[mine] = visits.outcomes(log, definition)[mine]
    return fail
