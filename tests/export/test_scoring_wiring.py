"""Visits under other labels are refused once they are known, and not on the day itself."""

import dataclasses

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.export.scoring import score_records
from riskml.records import Records
from tiny_models import AS_OF, Made


def test_a_visit_of_another_label_version_counts_from_the_day_after_it_was_known(made: Made, records: Records) -> None:
    visits = records.inspections.copy()
    last = visits.index[visits["known_on"] < pd.Timestamp(AS_OF)][-1]
    visits.loc[last, "label_version"] = "other-2"
    for column in ("visited_on", "known_on"):
        visits.loc[last, column] = pd.Timestamp(AS_OF)
    changed = dataclasses.replace(records, inspections=visits)
    assert len(score_records(made.folder, changed, AS_OF)) > 300
    after = f"{pd.Timestamp(AS_OF) + pd.Timedelta(days=1):%Y-%m-%d}"
    with pytest.raises(DataError, match=r"visits have the label versions \['other-2'\]"):
        score_records(made.folder, changed, after)
