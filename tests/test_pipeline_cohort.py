"""The cohort and the folds of a run: one path for rows, outcomes and label versions, from the study to the models."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskml import pipeline
from riskml.cohorts import cohort_rows
from riskml.errors import DataError, StudyError
from riskml.records import Records, read_records
from riskml.records.days import day_number
from riskml.records.log import event_log
from riskml.stages import Bundle
from riskml.study import Study
from studies import SAMPLE, write_study

CHANGE = pd.Timestamp("2023-06-01")
"""The day on which the checklist of `two_versions` changes."""
MAP = '[cohort.label_map.fail]\n"sim-1" = "fail"\n"sim-2" = "fail_broad"'


@pytest.fixture(scope="module")
def sample() -> Records:
    return read_records(SAMPLE)


@pytest.fixture(scope="module")
def log(sample: Records) -> pd.DataFrame:
    return event_log(sample)


@pytest.fixture(scope="module")
def two_versions(sample: Records) -> Records:
    """The sample, whose visits from `CHANGE` on carry another label version."""
    visits = sample.inspections
    version = visits["label_version"].mask(visits["visited_on"] >= CHANGE, "sim-2")
    return dataclasses.replace(sample, inspections=visits.assign(label_version=version))


def made(folder: Path, records: Records, log: pd.DataFrame, **parts: str) -> tuple[Study, Bundle]:
    study = Study.load(write_study(folder, **parts))
    return study, pipeline._cohort(study, records, log)


def test_the_rows_of_a_run_are_those_of_the_cohort(tmp_path: Path, sample: Records, log: pd.DataFrame) -> None:
    _, cohort = made(tmp_path, sample, log)
    rows, days = cohort.tables["rows"], cohort.facts["planning_days"]
    assert (days[-1], cohort.facts["deploy"]) == (day_number("2024-12-20"), day_number("2025-07-01"))
    assert set(np.diff(days)) == {90}
    assert days[0] >= day_number("2021-07-01") + 60
    assert (rows["as_of"] == pd.Timestamp("2025-07-01")).sum() > 1000
    some = cohort_rows(sample, days[-3:], horizon_days=90)
    mine = rows[rows["as_of"].isin(some["as_of"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, some)


def test_label_versions_are_not_mixed_without_a_map(tmp_path: Path, two_versions: Records, log: pd.DataFrame) -> None:
    with pytest.raises(StudyError, match=r"\['sim-1', 'sim-2'\].*\[cohort.label_map.fail\]"):
        made(tmp_path, two_versions, log)


def test_a_map_reaches_training_and_evaluation(tmp_path: Path, two_versions: Records, log: pd.DataFrame) -> None:
    study, cohort = made(tmp_path, two_versions, log, tail=MAP)
    folds = pipeline._folds(study, two_versions, cohort)
    rows = cohort.tables["rows"]
    by = {
        name: pipeline._cohort(Study.load(write_study(tmp_path / name, cohort=f'outcome = "{name}"')), one, log)
        for name, one in (("fail", with_version(two_versions)), ("fail_broad", with_version(two_versions)))
    }
    early = (rows["visited_on"] < CHANGE).to_numpy()
    for part, old in (("train", True), ("test", False)):
        places = getattr(folds[0], part)
        places = places[rows["fail"].notna().to_numpy()[places]]
        assert early[places].any() == old
        for name, mine in (("fail", early[places]), ("fail_broad", ~early[places])):
            wanted = by[name].tables["rows"]["fail"].iloc[places[mine]]
            pd.testing.assert_series_equal(rows["fail"].iloc[places[mine]], wanted)
    assert (by["fail"].tables["rows"]["fail"] != by["fail_broad"].tables["rows"]["fail"]).any()


def with_version(records: Records) -> Records:
    """The same records under one label version."""
    return dataclasses.replace(records, inspections=records.inspections.assign(label_version="sim-1"))


def test_folds_of_mixed_versions_are_refused_whatever_the_cohort_let_pass(
    tmp_path: Path, sample: Records, log: pd.DataFrame
) -> None:
    study, cohort = made(tmp_path, sample, log)
    rows = cohort.tables["rows"]
    assert len(pipeline._folds(study, sample, cohort)) == 3
    later = rows["label_version"].mask(rows["visited_on"] >= CHANGE, "sim-2")
    mixed = Bundle({"rows": rows.assign(label_version=later)}, cohort.facts)
    with pytest.raises(StudyError, match=r"origin 2024-09-21: outcome 'fail' .*\['sim-1', 'sim-2'\]"):
        pipeline._folds(study, sample, mixed)


def test_a_bureau_without_open_sites_is_refused(tmp_path: Path, sample: Records, log: pd.DataFrame) -> None:
    gone = sample.sites.assign(closed_on=pd.Timestamp("2000-01-01"))
    with pytest.raises(DataError, match="no site is active on any planning day"):
        made(tmp_path, dataclasses.replace(sample, sites=gone), log)


def test_a_column_known_after_the_first_planning_day_is_no_feature_of_a_run(
    tmp_path: Path, sample: Records, log: pd.DataFrame
) -> None:
    later = dataclasses.replace(sample, snapshots={**sample.snapshots, "staff": "2023-01-01"})
    found = []
    for records in (sample, later):
        _, cohort = made(tmp_path, records, log)
        few = cohort.tables["rows"].groupby("as_of", as_index=False).head(20)
        found.append(pipeline._features(Bundle({"rows": few}, cohort.facts), records, log))
    names = [set(bundle.tables["features"].columns) for bundle in found]
    assert names[0] - names[1] == {"staff"}
    assert found[0].facts["notes"] == []
    assert "{'staff': '2023-01-01'}" in found[1].facts["notes"][0]["en"]
