"""The timeline of a site: events by hand, levels as graded, probabilities as scored, and which of them knew better."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bureaus import amendment, bureau, day, event, visit
from riskml.errors import ArtifactError, DataError, StudyError
from riskml.explanation._timeline_events import site_events
from riskml.explanation.timeline import KINDS, Timeline, timeline
from riskml.export.scoring import score_records
from riskml.grades.history import grade_history
from riskml.records import Records
from riskml.records.days import day_number
from riskml.records.log import event_log
from tiny_models import ORIGIN, Made, first_sites, made_of
from worlds import known_before

DAYS = ("2023-03-15", ORIGIN.trained_to, "2025-01-15")
SITE = "s00003"
CLOSED = "s00000"  # on 2023-05-01


@pytest.fixture(scope="module")
def records() -> Records:
    return first_sites()


@pytest.fixture(scope="module")
def made(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_of(records, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def shown(records: Records, made: Made) -> Timeline:
    return timeline(records, SITE, artifact=made.folder, days=DAYS)


def one(records: Records, **asked: Any) -> dict[str, Any]:
    """The only event of site s1."""
    (found,) = timeline(records, "s1", **asked).events.to_dict("records")
    return {str(name): value for name, value in found.items()}


def test_a_probability_is_to_the_bit_that_of_the_day_scored_as_a_whole(
    records: Records, made: Made, shown: Timeline
) -> None:
    for row in shown.scores.itertuples():
        whole = score_records(made.folder, records, f"{row.as_of:%Y-%m-%d}").set_index("site_id")
        assert (row.probability, row.level) == tuple(whole.loc[SITE, ["probability", "level"]])
    assert shown.scores["probability"].nunique() == 3


def test_a_row_is_in_sample_until_the_day_to_which_the_model_was_trained(shown: Timeline) -> None:
    assert shown.scores["in_sample"].tolist() == [True, False, False]
    assert shown.trained_to == pd.Timestamp(ORIGIN.trained_to)
    assert "1 of 3 probabilities are in sample" in repr(shown)
    assert repr(shown).count("in sample") == 2


def test_no_word_of_the_sample_where_every_day_lies_after_it(records: Records, made: Made) -> None:
    assert "in sample" not in repr(timeline(records, SITE, artifact=made.folder, days=DAYS[1:]))


@pytest.mark.parametrize("mode", ["operated", "recomputed"])
def test_levels_are_those_of_the_grade_history(records: Records, mode: str) -> None:
    days = [f"{year}-{month:02}-17" for year in (2022, 2023, 2024) for month in (1, 5, 9)]
    visited = records.events[records.events["code"] == "PEN_FINE"]["site_id"].iloc[0]
    found = timeline(records, visited, system="nanchang/repair_keep", days=days, mode=mode)
    wanted = grade_history(records, "nanchang/repair_keep", days, mode=mode)
    wanted = wanted[wanted["site_id"] == visited].reset_index(drop=True)
    names = ["as_of", "graded_on", "level", "rank", "points", "published"]
    pd.testing.assert_frame_equal(found.levels[names], wanted[names])
    assert found.levels["level"].nunique() > 1
    assert (found.system, found.reconstructed) == ("nanchang/repair_keep", True)
    assert found.scale[["level", "rank"]].values.tolist() == [["green", 0], ["yellow", 1], ["orange", 2], ["red", 3]]


def test_the_system_of_the_artifact_is_taken_where_none_is_named(shown: Timeline) -> None:
    assert shown.system == "nanchang/default"
    assert len(shown.levels) == 3
    assert "The system is reconstructed" in repr(shown)


def test_a_closed_site_is_not_scored_and_said_to_be_closed(records: Records, made: Made) -> None:
    found = timeline(records, CLOSED, artifact=made.folder, days=["2023-05-01", "2023-05-02"])
    assert found.scores["state"].tolist() == found.levels["state"].tolist() == ["active", "closed"]
    assert found.scores["probability"].isna().tolist() == [False, True]
    assert found.scores["level"].isna().tolist() == [False, True]


def test_what_became_known_later_changes_no_level_and_no_probability(records: Records, made: Made) -> None:
    whole = timeline(records, SITE, artifact=made.folder, days=["2024-10-01"])
    cut = timeline(known_before(records, day_number("2024-10-01")), SITE, artifact=made.folder, days=["2024-10-01"])
    pd.testing.assert_frame_equal(whole.levels, cut.levels)
    pd.testing.assert_frame_equal(whole.scores, cut.scores)
    assert len(cut.events) < len(whole.events)


def test_a_visit_is_one_event_with_its_result_and_whether_it_failed() -> None:
    found = one(bureau([visit("v", 40, result="fail", known=44)]))
    assert (found["event_id"], found["kind"], found["visit_type"], found["result"]) == (
        "v:VISIT",
        "visit",
        "RI",
        "fail",
    )
    assert (found["occurred_on"], found["known_on"], found["failed"]) == (day(40), day(44), True)
    assert one(bureau([visit("v", 40)]))["failed"] is False
    assert pd.isna(one(bureau([visit("v", 40, visit_type="CO", result="fail")]))["failed"])


def test_a_failure_that_was_withdrawn_no_longer_counts() -> None:
    case = event("c", "CASE_OPENED", 50, inspection_id="v")
    for amendments, failed in (([], True), ([amendment("c", "revoke", 60)], False)):
        events = timeline(bureau([visit("v", 40)], [case], amendments), "s1").events.set_index("event_id")
        assert events.loc["v:VISIT", "failed"] == failed


def test_an_event_tells_its_kind_words_days_and_amount() -> None:
    fine = event("p", "PEN_FINE", 40, known=45, amount=500.0, due_on=day(70))
    found = one(bureau(events=[fine], amendments=[amendment("p", "repair", 60), amendment("p", "end", 80)]))
    assert (found["kind"], found["text_en"], found["text_zh"], found["amount"]) == ("case", "fine", "罚款", 500.0)
    assert [found[name] for name in ("occurred_on", "known_on", "repaired_on", "ended_on", "due_on")] == [
        day(on) for on in (40, 45, 60, 80, 70)
    ]
    assert found["valid_to"] is pd.NaT


def test_a_corrected_event_is_one_row_with_the_last_value_and_the_first_known_day() -> None:
    change = amendment("p", "correct", 60, column="amount", value="700")
    found = one(bureau(events=[event("p", "PEN_FINE", 40, known=45, amount=500.0)], amendments=[change]))
    assert (found["amount"], found["known_on"], found["ended_on"]) == (700.0, day(45), pd.NaT)


def test_every_code_has_a_kind_that_a_picture_knows(records: Records) -> None:
    kinds = site_events(event_log(records), records.inspections)["kind"]
    assert set(kinds) == set(KINDS)
    assert (kinds == "visit").sum() == len(records.inspections)


def test_events_of_other_sites_are_left_out() -> None:
    records = bureau(events=[event("a", "ABN", 4), event("b", "ABN", 5, site="s2")])
    assert timeline(records, "s1").events["event_id"].tolist() == ["a"]


def test_the_days_are_the_first_of_each_month_where_none_are_named() -> None:
    found = timeline(bureau(days=100), "s1", system="nanchang").levels
    assert found["as_of"].dt.strftime("%Y-%m-%d").tolist() == ["2020-02-01", "2020-03-01", "2020-04-01"]


def test_days_are_put_in_order_and_each_is_shown_once() -> None:
    found = timeline(bureau(), "s1", system="nanchang", days=["2020-05-01", day(9), "2020-05-01"]).levels
    assert found["as_of"].tolist() == [day(9), pd.Timestamp("2020-05-01")]


def test_without_a_system_or_an_artifact_there_are_events_only() -> None:
    found = timeline(bureau(events=[event("a", "ABN", 4)]), "s1")
    assert (len(found.levels), len(found.scores), len(found.scale)) == (0, 0, 0)
    assert {"as_of", "state", "probability", "in_sample"} <= set(found.scores.columns)
    assert (found.system, found.trained_to) == (None, None)
    assert "abnormal-operation list" in repr(found)


def test_the_notebook_form_escapes_what_the_records_say() -> None:
    evil = "<script>alert('x')</script>"
    shown = timeline(bureau(events=[event("e", evil, 4, site=evil)], sites=[{"site_id": evil}]), evil)._repr_html_()
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 2  # the title, and a code that nobody named


def test_the_chinese_form_is_chinese(records: Records, made: Made) -> None:
    found = timeline(records, SITE, artifact=made.folder, days=DAYS, lang="zh")
    for text in ("本主体事件", "样本内", "在营", "监督检查", "重构", "决策日"):
        assert text in repr(found)
        assert text in found._repr_html_()
    assert "in sample" not in repr(found)


def test_a_wrong_site_day_mode_or_language_is_refused(records: Records, made: Made) -> None:
    with pytest.raises(DataError, match="no site 'nobody' among 2 sites"):
        timeline(bureau(), "nobody")
    with pytest.raises(DataError, match="outside the records"):
        timeline(bureau(), "s1", days=["2019-01-01"])
    with pytest.raises(StudyError, match="no days to show"):
        timeline(bureau(), "s1", days=[])
    with pytest.raises(StudyError, match=r"language 'fr' is unknown"):
        timeline(bureau(), "s1", lang="fr")
    with pytest.raises(StudyError, match="mode 'frozen'"):
        timeline(bureau(), "s1", system="nanchang", mode="frozen")
    with pytest.raises(ArtifactError):
        timeline(records, SITE, artifact=made.folder / "nowhere")


def test_events_that_the_artifact_does_not_know_are_refused(records: Records, made: Made) -> None:
    new = records.events.iloc[:1].assign(event_id="new", code="PEN_NEW", known_on=pd.Timestamp("2024-12-01"))
    more = dataclasses.replace(records, events=pd.concat([records.events, new], ignore_index=True))
    with pytest.raises(DataError, match=r"codes \['PEN_NEW'\], which are not on the artifact's list"):
        timeline(more, SITE, artifact=made.folder, days=["2025-01-15"])
    assert np.isfinite(timeline(more, SITE, artifact=made.folder, days=["2024-12-01"]).scores["probability"]).all()


def test_a_packed_or_foldered_artifact_may_be_named_by_text(records: Records, made: Made) -> None:
    found = timeline(records, SITE, artifact=str(Path(made.folder)), days=DAYS[-1:])
    assert found.scores["probability"].between(0, 1).all()
