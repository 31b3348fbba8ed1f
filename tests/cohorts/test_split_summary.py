"""The summary of a split: every duration with its meaning, every origin with its days, in both languages."""

import numpy as np
import pandas as pd
import pytest

from bureaus import FIRST
from riskml.cohorts import rolling_folds, snapshot_notes, split_table, summary
from riskml.errors import StudyError

DAY = np.arange(0, 60, 10, dtype=np.int32).repeat(2) + np.int32(FIRST)
EVERY = np.ones(len(DAY), dtype=bool)


def told(lang: str = "en", *, windows: int = 1) -> list[str]:
    folds = rolling_folds(DAY, EVERY, origins=[FIRST + 50], gap_days=17, calibration_windows=windows)
    return summary(folds, DAY, horizon_days=10, settling_days=7, lang=lang).splitlines()


def test_each_duration_stands_with_its_meaning() -> None:
    head = told()[:-1]
    assert "1 origins" in head[0]
    assert head[1].startswith("Horizon, 10 days: a site is judged by its first eligible visit in the 10 days")
    assert head[2].startswith("Settling time, 7 days: so long after a visit its outcome may still change")
    assert head[3].startswith("Gap, 17 days = horizon + settling time: a planning day teaches an origin only if")


def test_an_origin_says_its_training_days_its_gap_and_its_test_days() -> None:
    assert told()[-1] == (
        "Origin 2020-02-20: learns from 6 rows of 3 planning days, 2020-01-01 to 2020-01-21; calibrates on 2 rows of 1 "
        "planning days, 2020-01-31 to 2020-01-31; gap of 17 days, the last planning day used lies 20 days before the "
        "origin; is judged on 2 sites, by visits of 2020-02-20 to 2020-02-29."
    )
    assert "calibrates on no rows" in told(windows=0)[-1]


def test_the_chinese_summary_says_the_same() -> None:
    lines = told("zh")
    assert "结果期 10 天" in lines[1]
    assert "确定期 7 天" in lines[2]
    assert "间隔 17 天＝结果期＋确定期" in lines[3]
    assert lines[4] == (
        "评估日 2020-02-20：训练用 3 个计划日（2020-01-01 至 2020-01-21）的 6 行；"
        "校准用 1 个计划日（2020-01-31 至 2020-01-31）的 2 行；间隔 17 天，所用最后一个计划日早于评估日 20 天；"
        "检验 2 个主体，以 2020-02-20 至 2020-02-29 的检查为准。"
    )


def test_another_language_is_refused() -> None:
    with pytest.raises(StudyError, match=r"language 'fr' is unknown; allowed are \['en', 'zh'\]"):
        told("fr")


def test_the_table_of_the_splits_holds_the_numbers_of_the_summary() -> None:
    folds = rolling_folds(DAY, EVERY, origins=[FIRST + 50], gap_days=17, calibration_windows=1)
    row = split_table(folds, DAY, horizon_days=10, settling_days=7).iloc[0]
    assert [f"{row[name]:%Y-%m-%d}" for name in ("origin", "train_first", "train_last", "calibrate_last")] == [
        "2020-02-20",
        "2020-01-01",
        "2020-01-21",
        "2020-01-31",
    ]
    numbers = ("train_rows", "train_days", "calibrate_rows", "calibrate_days", "gap_days", "distance_days", "test_rows")
    assert [row[name] for name in numbers] == [6, 3, 2, 1, 17, 20, 2]
    assert f"{row['judged_to']:%Y-%m-%d}" == "2020-02-29"
    folds = rolling_folds(DAY, EVERY, origins=[FIRST + 50], gap_days=17, calibration_windows=0)
    bare = split_table(folds, DAY, horizon_days=10, settling_days=7).iloc[0]
    assert bare["calibrate_rows"] == 0
    assert pd.isna(bare["calibrate_first"])


def test_a_later_snapshot_is_noted_with_what_follows() -> None:
    notes = snapshot_notes({"closed_on": "2025-07-01", "licence_valid_to": "2025-07-02"})
    assert "up to 2025-07-01 it is not read, and sites that have closed since are rows" in notes[0]["en"]
    assert "2025-07-02 的快照" in notes[1]["zh"]
    assert snapshot_notes({}) == []
