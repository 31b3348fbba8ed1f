"""Scoring of whole records: to the bit what the scorer says of each site alone, and blind to the future."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from bureaus import bureau, day
from riskml.errors import ArtifactError, DataError, StudyError
from riskml.export.header import translated_levels
from riskml.export.scoring import context_for, score_records
from riskml.features.build import Table, build_features
from riskml.features.catalog import load_catalog
from riskml.records import Records
from riskml.records.days import day_number
from riskml.records.log import raw_histories, raw_history
from riskml.scorer import Scorer
from tiny_models import AS_OF, SYSTEM, Made
from worlds import known_before


@pytest.fixture(scope="module")
def scored(made: Made, records: Records) -> pd.DataFrame:
    return score_records(made.folder, records, AS_OF)


def test_every_probability_is_to_the_bit_that_of_the_scorer_alone(
    made: Made, records: Records, scored: pd.DataFrame
) -> None:
    scorer = Scorer.load(made.folder).with_context(context_for(made.folder, records, AS_OF))
    histories = raw_histories(records)
    assert scored["probability"].nunique() > 50
    assert histories[scored["site_id"][0]] == raw_history(records, scored["site_id"][0])
    for site_id, probability, level in scored.iloc[::9][["site_id", "probability", "level"]].itertuples(index=False):
        history = histories[site_id]
        alone = scorer.score(history["site"], history["events"], AS_OF, history["amendments"], top=0)
        assert (alone.probability, alone.level) == (probability, level)


def test_rows_are_the_open_sites_riskiest_first(made: Made, records: Records, scored: pd.DataFrame) -> None:
    sites = records.sites
    stand = (sites["registered_on"] < AS_OF) & ~(sites["closed_on"] < AS_OF)
    known = records.events[records.events["code"].isin(["PEN_REVOKE", "PEN_CANCEL", "PEN_CLOSE"])]
    cancelled = set(known.loc[known["known_on"] < AS_OF, "site_id"])
    assert 300 < len(scored) < 400
    assert sorted(scored["site_id"]) == sorted(set(sites.loc[stand, "site_id"]) - cancelled)
    assert list(scored.columns) == ["site_id", "as_of", "probability", "level", "artifact"]
    assert set(scored["as_of"]) == {pd.Timestamp(AS_OF)}
    assert set(scored["artifact"]) == {Scorer.load(made.folder).digest}
    ordered = scored.sort_values(["probability", "site_id"], ascending=[False, True], ignore_index=True)
    pd.testing.assert_frame_equal(scored, ordered)


def with_event(records: Records, site_id: str, code: str, known_on: str) -> Records:
    """The records and one more event of a site."""
    one = records.events.iloc[:1].assign(event_id="new", site_id=site_id, code=code, inspection_id=None)
    one = one.assign(occurred_on=pd.Timestamp(known_on), known_on=pd.Timestamp(known_on))
    return dataclasses.replace(records, events=pd.concat([records.events, one], ignore_index=True))


def test_a_site_whose_licence_was_cancelled_is_left_out_unless_asked_for(
    made: Made, records: Records, scored: pd.DataFrame
) -> None:
    site = scored["site_id"][7]
    gone = with_event(records, site, "PEN_REVOKE", "2025-01-10")
    left = score_records(made.folder, gone, AS_OF)
    assert sorted(left["site_id"]) == sorted(set(scored["site_id"]) - {site})
    assert site in set(score_records(made.folder, gone, AS_OF, without_licence=True)["site_id"])
    assert site in set(score_records(made.folder, gone, "2025-01-10")["site_id"])  # known from the next day on
    revoked = gone.amendments.iloc[:0].reindex([0]).assign(event_id="new", kind="revoke")
    days = dict.fromkeys(("effective_on", "known_on"), pd.Timestamp("2025-01-12"))
    stands = dataclasses.replace(gone, amendments=pd.concat([gone.amendments, revoked.assign(**days)]))
    assert site in set(score_records(made.folder, stands, AS_OF)["site_id"])


def test_a_site_whose_licence_has_expired_is_scored(made: Made, records: Records, scored: pd.DataFrame) -> None:
    sites = records.sites.assign(licence_valid_to=pd.Timestamp("2024-12-01"))
    found = score_records(made.folder, dataclasses.replace(records, sites=sites, snapshots={}), AS_OF)
    assert sorted(found["site_id"]) == sorted(scored["site_id"])


def test_an_event_of_another_code_list_is_refused_once_it_is_known(
    made: Made, records: Records, scored: pd.DataFrame
) -> None:
    strange = with_event(records, scored["site_id"][0], "PEN_FNIE", "2025-01-10")
    with pytest.raises(DataError, match=r"codes \['PEN_FNIE'\], .*did you mean 'PEN_FINE'\?; map them to codes"):
        score_records(made.folder, strange, AS_OF)
    assert len(score_records(made.folder, strange, "2025-01-10")) > 300
    change = {"event_id": "new", "kind": "correct", "column": "code", "value": "OWN_CODE"}
    days = dict.fromkeys(("effective_on", "known_on"), pd.Timestamp("2025-01-12"))
    corrected = with_event(records, scored["site_id"][0], "PEN_FINE", "2025-01-10")
    amendment = records.amendments.iloc[:0].reindex([0]).assign(**change, **days)
    corrected = dataclasses.replace(corrected, amendments=pd.concat([records.amendments, amendment]))
    with pytest.raises(DataError, match=r"codes \['OWN_CODE'\], which are not on the code list of the artifact"):
        score_records(made.folder, corrected, AS_OF)
    assert len(score_records(made.folder, corrected, "2025-01-12")) > 300


def relabelled(records: Records, version: str, *, since: str = "2000-01-01", until: str = "2100-01-01") -> Records:
    """The records with the visits of some days under another label version."""
    visited = records.inspections["visited_on"]
    other = (visited >= since) & (visited < until)
    labels = records.inspections["label_version"].mask(other, version)
    return dataclasses.replace(records, inspections=records.inspections.assign(label_version=labels))


def test_label_versions_that_came_after_the_training_or_are_all_others_are_refused(
    made: Made, records: Records, scored: pd.DataFrame
) -> None:
    message = r"label versions \['sim-2'\]; the model learned outcomes of \['sim-1'\].*did you mean 'sim-1'\?; train"
    weeks = [
        {},
        {"since": "2025-01-08"},
        {"since": "2024-09-05", "until": "2024-09-25"},
    ]
    for other in (relabelled(records, "sim-2", **week) for week in weeks):
        with pytest.raises(DataError, match=message):
            score_records(made.folder, other, AS_OF)
    later = relabelled(records, "sim-2", since=AS_OF)
    pd.testing.assert_frame_equal(score_records(made.folder, later, AS_OF), scored)


def test_label_versions_of_long_ago_are_history(made: Made, records: Records) -> None:
    older = relabelled(records, "sim-0", until="2024-01-01")
    assert len(score_records(made.folder, older, AS_OF)) > 300
    with pytest.raises(DataError, match=r"label versions \['sim-0'\]"):  # when nothing else was in force
        score_records(made.folder, older, "2023-12-01")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_reasons_are_those_that_the_scorer_gives_for_a_higher_score(
    made: Made, records: Records, scored: pd.DataFrame, lang: str
) -> None:
    found = score_records(made.folder, records, AS_OF, reasons=3, lang=lang)
    names = ["reason_1", "reason_2", "reason_3"]
    assert list(found.columns) == [*scored.columns[:-1], *names, "artifact"]
    pd.testing.assert_frame_equal(found.drop(columns=names), scored)
    scorer = Scorer.load(made.folder).with_context(context_for(made.folder, records, AS_OF))
    histories = raw_histories(records)
    for row in found.iloc[::40].to_dict("records"):
        history = histories[row["site_id"]]
        up = scorer.score(history["site"], history["events"], AS_OF, history["amendments"], top=3).reasons_up
        said = [one.text_zh if lang == "zh" else one.text_en for one in up]
        assert [row[name] for name in names if isinstance(row[name], str)] == said


def test_a_number_of_reasons_or_a_language_that_there_is_not_is_refused(made: Made, records: Records) -> None:
    with pytest.raises(StudyError, match="number of reasons must be 0 or more, got -1"):
        score_records(made.folder, records, AS_OF, reasons=-1)
    with pytest.raises(StudyError, match=r"in one of \['en', 'zh'\], got 'fr'"):
        score_records(made.folder, records, AS_OF, reasons=1, lang="fr")


def test_levels_rise_with_the_probability(scored: pd.DataFrame) -> None:
    rank = {level.code: level.rank for level in SYSTEM.levels}
    assert (np.diff(scored["level"].map(rank)) <= 0).all()
    assert scored["level"].nunique() > 1


def test_what_becomes_known_later_changes_no_score(made: Made, records: Records, scored: pd.DataFrame) -> None:
    past = known_before(records, day_number(AS_OF))
    assert len(past.inspections) < len(records.inspections)
    pd.testing.assert_frame_equal(score_records(made.folder, past, AS_OF), scored)
    future = records.inspections["known_on"] >= AS_OF
    worse = records.inspections.assign(result=records.inspections["result"].mask(future, "fail"))
    pd.testing.assert_frame_equal(
        score_records(made.folder, dataclasses.replace(records, inspections=worse), AS_OF), scored
    )


def test_the_order_of_the_records_changes_no_score(made: Made, records: Records, scored: pd.DataFrame) -> None:
    names = ("sites", "events", "inspections")
    shuffled = {name: records.tables()[name].sample(frac=1, random_state=3, ignore_index=True) for name in names}
    again = score_records(made.folder, dataclasses.replace(records, **shuffled), AS_OF)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(again, scored)


def test_an_artifact_without_levels_gives_none(made: Made, records: Records, tmp_path: Path) -> None:
    plain = score_records(made.write(tmp_path / "plain"), records, AS_OF)
    assert plain["level"].isna().all()
    assert str(plain["level"].dtype) == "str"


def test_a_day_on_which_nobody_is_active_is_refused(made: Made) -> None:
    with pytest.raises(DataError, match="no site of by hand is active on 2020-01-05"):
        score_records(made.folder, bureau(sites=[{"site_id": "s", "registered_on": day(9)}]), "2020-01-05")


@pytest.mark.parametrize("as_of", ["2021-07-01", "2025-07-02", "2031-01-01"])
def test_a_day_outside_the_records_is_refused_as_the_features_refuse_it(
    made: Made, records: Records, as_of: str
) -> None:
    message = f"as_of {as_of} lies outside the records .*after 2021-07-01, up to 2025-07-01"
    with pytest.raises(DataError, match=message):
        score_records(made.folder, records, as_of)
    with pytest.raises(DataError, match=message):
        build_features(records, as_of)


def test_a_snapshot_of_a_later_day_is_refused_as_the_features_refuse_it(made: Made, records: Records) -> None:
    late = dataclasses.replace(records, snapshots={"area_m2": AS_OF})
    message = r"site columns \{'area_m2': '2025-01-15'\} are snapshots"
    with pytest.raises(DataError, match=message):
        score_records(made.folder, late, AS_OF)
    with pytest.raises(DataError, match=message):
        build_features(late, AS_OF, load_catalog().select(["area_m2"]))
    assert len(score_records(made.folder, late, "2025-01-16")) > 300
    assert "area_m2" not in build_features(late, AS_OF)
    assert "area_m2" in build_features(late, "2025-01-16")


def test_the_expiry_is_held_against_the_decision_day(made: Made, records: Records, tmp_path: Path) -> None:
    old = made.write(tmp_path / "old", expires_on="2025-01-15")
    with pytest.warns(UserWarning, match="expired on 2025-01-15; train on newer records"):
        score_records(old, records, AS_OF)
    score_records(old, records, "2025-01-14")


def test_an_artifact_whose_features_mean_something_else_here_is_refused(
    made: Made, records: Records, tmp_path: Path
) -> None:
    catalog = made.table.catalog
    place = next(k for k, feature in enumerate(catalog.features) if feature.window_days)
    other = list(catalog.features)
    other[place] = dataclasses.replace(other[place], window_days=7)
    table = Table(made.table.values, dataclasses.replace(catalog, features=tuple(other)), made.table.categories)
    wrong = dataclasses.replace(made, table=table)
    with pytest.raises(ArtifactError, match="computes its features otherwise than this version of riskml"):
        score_records(wrong.write(tmp_path / "other"), records, AS_OF)


def test_an_artifact_with_a_feature_unknown_here_is_refused(made: Made, records: Records, tmp_path: Path) -> None:
    catalog = made.table.catalog
    renamed = tuple(dataclasses.replace(f, name="moon_phase") if k == 0 else f for k, f in enumerate(catalog.features))
    table = Table(made.table.values, dataclasses.replace(catalog, features=renamed), made.table.categories)
    text = made.fitted.boosted.text.replace(f"feature_names={catalog.names[0]} ", "feature_names=moon_phase ")
    boosted = dataclasses.replace(made.fitted.boosted, text=text)
    strange = dataclasses.replace(made, table=table, fitted=dataclasses.replace(made.fitted, boosted=boosted))
    with pytest.raises(ArtifactError, match=r"unknown features \['moon_phase'\]; .*score with the version of"):
        score_records(strange.write(tmp_path / "strange"), records, AS_OF)


def test_the_header_holds_each_feature_as_the_catalog_has_it(made: Made) -> None:
    header = Scorer.load(made.folder).header
    for feature, source in zip(header.features, made.table.catalog.features, strict=True):
        assert (feature.name, feature.text_zh, feature.monotone) == (source.name, source.text_zh, source.monotone)
        assert (feature.kind == "category") is source.is_category
        assert list(feature.categories) == made.table.categories.get(source.name, [])
    assert header.program == made.table.catalog.program(made.table.categories)
    assert (header.name, header.outcome, header.horizon_days) == ("tiny", "fail", 90)


def levelled(counts: dict[str, int], probability: NDArray[np.float64]) -> "dict[str, Any] | None":
    codes = [code for code, number in counts.items() for _ in range(number)]
    codes += [None] * (len(probability) - len(codes))  # type: ignore[list-item]
    return translated_levels(SYSTEM, pd.Series(codes, dtype="str"), probability)


def test_translated_levels_have_the_sizes_and_the_order_of_the_incumbent() -> None:
    ranked = sorted(SYSTEM.levels, key=lambda level: level.rank)
    sizes = {ranked[2].code: 3, ranked[0].code: 5, ranked[1].code: 2}
    probability = np.random.default_rng(1).permutation(np.linspace(0.05, 0.95, 10))
    made = levelled(sizes, probability)
    assert made is not None
    assert [level["code"] for level in made["names"]] == [level.code for level in ranked[:3]]
    place = np.searchsorted(made["cuts"], probability, side="right")
    assert np.bincount(place).tolist() == [5, 2, 3]
    assert (made["system"], made["reconstructed"]) == (SYSTEM.name, SYSTEM.reconstructed)


def test_levels_that_cannot_be_told_apart_are_none() -> None:
    one, two, three = (level.code for level in SYSTEM.levels[:3])
    assert levelled({one: 4}, np.linspace(0.1, 0.9, 4)) is None
    assert levelled({one: 2, two: 2, three: 2}, np.full(6, 0.5)) is None
    assert levelled({}, np.linspace(0.1, 0.9, 4)) is None
