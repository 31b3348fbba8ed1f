"""Features as of a day: equal to a slow oracle, blind to the future and their own outcome, one value everywhere."""

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.features.build import build_features, context_on, features_of_rows
from riskml.features.catalog import Catalog, load_catalog
from riskml.features.compiling import decay_table
from riskml.features.feature import Feature
from riskml.records import Records, contract
from riskml.records.days import day_number, to_days
from riskml.records.log import event_log, raw_histories, raw_history
from riskml.scorer.scanning import scan
from worlds import DAYS, START, known_before, world

SEEDS = st.integers(0, 10**6)
AS_OF = st.integers(START + 1, START + DAYS)
FEW = settings(max_examples=6)


def rows_of(records: Records, day: int) -> tuple["pd.Series[str]", np.ndarray]:
    return records.sites["site_id"], np.full(len(records.sites), day, dtype=np.int32)


def values_of(records: Records, day: int, catalog: Catalog | None = None) -> np.ndarray:
    sites, days = rows_of(records, day)
    return features_of_rows(sites, days, records.sites, event_log(records), catalog or load_catalog()).values


def state(event: dict[str, Any], amendments: list[dict[str, Any]], day: int) -> dict[str, Any] | None:
    """The event as it was known on `day`, by the words of the constitution: None if it was not, or no longer held."""
    if day_number(event["known_on"]) >= day:
        return None
    now = {"quantity": 1, "severity": 0, **event, "repaired": False}
    mine = [a for a in amendments if a["event_id"] == event["event_id"]]
    both = [a for a in mine if day_number(a["effective_on"]) < day and day_number(a["known_on"]) < day]
    if any(a["kind"] in ("end", "revoke") for a in both):
        return None
    corrections = [a for a in both if a["kind"] == "correct"]
    for change in sorted(corrections, key=lambda a: max(day_number(a["effective_on"]), day_number(a["known_on"]))):
        now[str(change["column"])] = int(str(change["value"]))
    now["repaired"] = any(a["kind"] == "repair" for a in both)
    return now


TOLD = ("count", "share", "mean", "days_since_last", "streak", "decayed", "last_value")
"""Aggregates of the oracle here; test_features_in_time.py has one for all of them."""


def oracle(feature: Feature, history: dict[str, Any], day: int) -> float:  # noqa: PLR0911
    """One event feature from its definition, without the scan."""
    found = [state(e, history["amendments"], day) for e in history["events"]]
    held = [(day - day_number(e["occurred_on"]), e) for e in found if e is not None]
    held = [(age, e) for age, e in held if feature.window_days is None or age <= feature.window_days]
    held = [(age, e) for age, e in held if not (feature.skip_repaired and e["repaired"])]
    mine = [(age, e) for age, e in held if e["code"] in feature.codes]
    per = [(age, e) for age, e in held if e["code"] in feature.per]
    quantity = sum(e["quantity"] for _, e in mine)
    if feature.aggregate == "count":
        return float(len(mine))
    if feature.aggregate == "share":
        return len(mine) / len(per) if per else math.nan
    if feature.aggregate == "mean":
        return quantity / len(mine) if mine else math.nan
    if feature.aggregate == "days_since_last":
        return float(min(age for age, _ in mine)) if mine else math.nan
    if feature.aggregate == "streak":
        last = min((age for age, _ in per), default=math.inf)
        return float(sum(age < last for age, _ in mine))
    if feature.aggregate == "decayed":
        assert feature.half_life_days is not None
        return float(sum(e["quantity"] * 2.0 ** (-age / feature.half_life_days) for age, e in mine))
    if feature.aggregate == "last_value":
        latest = max(((-age, day_number(e["known_on"]), e["quantity"]) for age, e in mine), default=None)
        return math.nan if latest is None else float(latest[2])
    raise AssertionError(feature.aggregate)


@FEW
@given(SEEDS, AS_OF)
def test_event_features_of_the_catalog_equal_their_definition(seed: int, day: int) -> None:
    records = world(seed)
    features = load_catalog().of_site().features
    catalog = Catalog(tuple(f for f in features if f.aggregate in TOLD and not f.otherwise))
    values = values_of(records, day, catalog)
    histories = raw_histories(records)
    for site, site_id in enumerate(records.sites["site_id"]):
        history = histories[site_id]
        wanted = [oracle(feature, history, day) for feature in catalog.features]
        for place, feature in enumerate(catalog.features):
            tolerance = 1e-9 if feature.aggregate == "decayed" else 0.0
            assert values[site, place] == pytest.approx(wanted[place], abs=tolerance, rel=tolerance, nan_ok=True), (
                feature.name
            )


@FEW
@given(SEEDS, AS_OF)
def test_future_records_never_change_features(seed: int, day: int) -> None:
    records = world(seed)
    np.testing.assert_array_equal(values_of(records, day), values_of(known_before(records, day), day))


@FEW
@given(SEEDS, AS_OF, st.integers(0, 1000))
def test_altered_future_records_never_change_features(seed: int, day: int, shift: int) -> None:
    records = world(seed)
    events = records.events.copy()
    future = events["known_on"] >= pd.Timestamp(day, unit="D")
    events.loc[future, "quantity"] += 7
    events.loc[future, "known_on"] += pd.Timedelta(days=shift)
    inspections = records.inspections.copy()
    later = inspections["known_on"] >= pd.Timestamp(day, unit="D")
    inspections.loc[later, "result"] = "fail"
    inspections.loc[later, "key_fail"] = 9
    changed = dataclasses.replace(records, events=events, inspections=inspections)
    np.testing.assert_array_equal(values_of(records, day), values_of(changed, day))


@FEW
@given(SEEDS)
def test_flipping_a_rows_own_outcome_never_changes_its_features(seed: int) -> None:
    records = world(seed)
    visits = records.inspections
    days = to_days(visits["visited_on"])
    other_result = visits["result"].map({"fail": "pass"})
    flipped = visits.assign(result=other_result.fillna("fail"))
    for place in range(0, len(visits), 6):
        own = visits.copy()
        own.loc[place, "result"] = flipped["result"].iloc[place]
        own.loc[place, "key_fail"] = 5
        other = dataclasses.replace(records, inspections=own)
        site, day = visits["site_id"].iloc[[place]].reset_index(drop=True), days[[place]]
        before = features_of_rows(site, day, records.sites, event_log(records), load_catalog())
        after = features_of_rows(site, day, records.sites, event_log(other), load_catalog())
        np.testing.assert_array_equal(before.values, after.values)


@FEW
@given(SEEDS, AS_OF)
def test_order_of_records_never_changes_a_bit(seed: int, day: int) -> None:
    records = world(seed)
    shuffled = dataclasses.replace(
        records,
        events=records.events.sample(frac=1, random_state=seed % 97, ignore_index=True),
        amendments=records.amendments.sample(frac=1, random_state=seed % 89, ignore_index=True),
        inspections=records.inspections.sample(frac=1, random_state=seed % 83, ignore_index=True),
    )
    np.testing.assert_array_equal(values_of(records, day), values_of(shuffled, day))


@FEW
@given(SEEDS, AS_OF)
def test_compiled_scan_plain_scan_and_scorer_agree_to_the_bit(seed: int, day: int) -> None:
    records = world(seed)
    sites, days = rows_of(records, day)
    table = features_of_rows(sites, days, records.sites, event_log(records), load_catalog())
    program = table.catalog.program(table.categories)
    histories = raw_histories(records)
    others = context_on(records.sites, event_log(records), day, table.catalog)
    for place, site_id in enumerate(sites):
        history = histories[site_id]
        row = scan.features(program, history["site"], history["events"], history["amendments"], day, None, others)
        np.testing.assert_array_equal(np.array(row), table.values[place])


@FEW
@given(SEEDS, AS_OF)
def test_records_behind_a_feature_are_those_whose_removal_changes_it(seed: int, day: int) -> None:
    records = world(seed, sites=1)
    history = raw_history(records, "s0")
    program = load_catalog().program({"format_code": ["C1"], "industry_class": ["catering"]})
    args = history["site"], history["events"], history["amendments"], day
    behind = scan.records_behind(program, *args)
    whole = scan.features(program, *args)
    for event in history["events"]:
        rest = [e for e in history["events"] if e["event_id"] != event["event_id"]]
        changes = [change for change in history["amendments"] if change["event_id"] != event["event_id"]]
        without = scan.features(program, history["site"], rest, changes, day)
        for place, (a, b) in enumerate(zip(whole, without, strict=True)):
            changed = not (a == b or (math.isnan(a) and math.isnan(b)))
            assert changed == (event["event_id"] in behind[place])


def test_a_case_opened_later_from_an_earlier_visit_changes_nothing_before_it_is_known() -> None:
    records = world(1, visits=1, events=0, amendments=0)
    visit = records.inspections.iloc[0]
    passed = records.inspections.assign(result="pass", visit_type="RI", known_on=visit["visited_on"])
    case = {"event_id": "c1", "site_id": visit["site_id"], "code": "CASE_OPENED", "inspection_id": "v0"}
    days = {
        "occurred_on": visit["visited_on"] + pd.Timedelta(days=60),
        "known_on": visit["visited_on"] + pd.Timedelta(days=70),
    }
    with_case = dataclasses.replace(
        records, inspections=passed, events=contract.conform("events", pd.DataFrame([{**case, **days}]))
    )
    catalog = load_catalog().select(["fails_all"])
    place = records.sites.index[records.sites["site_id"] == visit["site_id"]][0]
    known = day_number(days["known_on"])
    assert values_of(with_case, known, catalog)[place, 0] == 0
    assert values_of(with_case, known + 1, catalog)[place, 0] == 1


def test_decay_table_follows_the_formula_within_one_unit() -> None:
    table = decay_table(365)
    exact = [2**32 * 2 ** (-age / 365) for age in range(len(table))]
    assert max(abs(a - b) for a, b in zip(table, exact, strict=True)) <= 0.5
    assert 0 < table[-1] <= 1


def test_as_of_outside_the_records_is_refused_with_the_days_allowed() -> None:
    records = world(3)
    with pytest.raises(DataError, match="outside the records"):
        build_features(records, "1999-01-01")
    with pytest.raises(DataError, match="outside the records"):
        build_features(records, "2049-01-01")
    with pytest.raises(DataError, match="not a calendar day"):
        build_features(records, "yesterday")


def test_an_unknown_site_is_refused() -> None:
    records = world(3)
    with pytest.raises(DataError, match="unknown sites"):
        features_of_rows(
            pd.Series(["nobody"]), np.array([START + 9], np.int32), records.sites, event_log(records), load_catalog()
        )


def test_a_snapshot_column_is_no_feature_before_its_day() -> None:
    records = dataclasses.replace(world(3), snapshots={"area_m2": "2019-12-01"})
    assert "area_m2" not in build_features(records, "2019-11-30").columns
    assert "area_m2" in build_features(records, "2019-12-02").columns


def test_categories_outside_the_fixed_list_are_missing() -> None:
    records = world(3)
    sites, days = rows_of(records, START + 400)
    fixed = {"format_code": ["R3"], "industry_class": ["catering"]}
    table = features_of_rows(sites, days, records.sites, event_log(records), load_catalog(), fixed)
    place = table.catalog.names.index("format_code")
    wanted = [0.0 if code == "R3" else math.nan for code in records.sites["format_code"]]
    np.testing.assert_array_equal(table.values[:, place], wanted)
