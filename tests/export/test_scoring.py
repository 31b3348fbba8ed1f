"""Scoring of whole records: to the bit what the scorer says of each site alone, and blind to the future."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from bureaus import bureau, day
from riskml.cohorts import Fold, active_rows, settled_targets
from riskml.errors import ArtifactError, DataError
from riskml.export.artifact import write_artifact
from riskml.export.header import Origin, make_header, translated_levels
from riskml.export.scoring import context_for, score_records
from riskml.features.build import Table, applicable, build_features, context_on, features_of_rows
from riskml.features.catalog import load_catalog
from riskml.grades import load_system
from riskml.models.fitting import Fitted, fit
from riskml.records import Records, read_records
from riskml.records.days import day_number
from riskml.records.log import event_log, raw_histories, raw_history
from riskml.scorer import Context, Scorer
from studies import SAMPLE
from worlds import known_before

AS_OF = "2025-01-15"
ORIGIN = Origin(
    name="tiny",
    outcome="fail",
    horizon_days=90,
    code_version="0",
    data_hash="none",
    label_versions=("v1",),
    trained_to="2024-09-01",
    expires_on="2030-01-01",
    context_days=100,
)
SYSTEM = load_system("nanchang")


@dataclasses.dataclass(frozen=True)
class Made:
    """A tiny model, its artifact, and what it was made of."""

    folder: Path
    table: Table
    fitted: Fitted
    context: Context

    def write(self, folder: Path, *, levels: "dict[str, Any] | None" = None, **changes: Any) -> Path:
        header = make_header(
            dataclasses.replace(ORIGIN, **changes),
            self.table.catalog,
            self.table.categories,
            self.fitted.calibration.as_dict(),
            levels,
        )
        text = self.fitted.boosted.text
        rows = self.table.values[:20].tolist()
        write_artifact(folder, header=header, model_text=text, selftest_rows=rows, context=self.context)
        return folder


@pytest.fixture(scope="module")
def records() -> Records:
    """The first 400 sites of the sample."""
    whole = read_records(SAMPLE)
    sites = whole.sites.iloc[:400]
    events = whole.events[whole.events["site_id"].isin(sites["site_id"])]
    return dataclasses.replace(
        whole,
        sites=sites,
        events=events,
        amendments=whole.amendments[whole.amendments["event_id"].isin(events["event_id"])],
        inspections=whole.inspections[whole.inspections["site_id"].isin(sites["site_id"])],
    )


@pytest.fixture(scope="module")
def made(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Made:
    log = event_log(records)
    days = np.array([day_number(d) for d in ("2023-01-01", "2023-06-01", "2024-01-01", "2024-04-01")], dtype=np.int32)
    rows = active_rows(records.sites, days)
    found = settled_targets(rows, records, log, outcome="fail", horizon_days=90)
    catalog = applicable(records, log, int(days[-1]))
    table = features_of_rows(rows["site_id"], rows["as_of"].to_numpy(np.int32), records.sites, log, catalog)
    labelled = np.flatnonzero(found["fail"].notna())
    late = rows["as_of"].to_numpy()[labelled] == days[-1]
    fold = Fold(0, labelled[~late], labelled[late], np.arange(3))
    fail = found["fail"].fillna(False).to_numpy(bool)
    fitted = fit(table.values, fail, fold, catalog, seed=1, settings={"trees": 30, "min_rows_in_leaf": 15})
    context = context_on(records.sites, log, int(days[-1]), catalog)
    bare = Made(tmp_path_factory.mktemp("bare"), table, fitted, context)
    level = pd.Series(np.resize([one.code for one in SYSTEM.levels], len(table.values)))
    levels = translated_levels(SYSTEM, level, fitted.probabilities(table.values))
    assert levels is not None
    return dataclasses.replace(bare, folder=bare.write(bare.folder, levels=levels))


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


def test_rows_are_the_active_sites_riskiest_first(records: Records, scored: pd.DataFrame) -> None:
    active = active_rows(records.sites, np.array([day_number(AS_OF)], dtype=np.int32))["site_id"]
    assert 300 < len(active) < 400
    assert sorted(scored["site_id"]) == sorted(active)
    assert list(scored.columns) == ["site_id", "as_of", "probability", "level"]
    assert set(scored["as_of"]) == {pd.Timestamp(AS_OF)}
    ordered = scored.sort_values(["probability", "site_id"], ascending=[False, True], ignore_index=True)
    pd.testing.assert_frame_equal(scored, ordered)


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
