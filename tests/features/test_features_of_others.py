"""Features of other sites: a slow oracle counts them visit by visit; the site itself and the future are left out."""

import dataclasses
import math
import os
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError, StudyError
from riskml.features.build import context_of, context_on, features_of_rows
from riskml.features.catalog import load_catalog, parse_catalog
from riskml.features.context import added
from riskml.features.partitions import half_part, whole_part
from riskml.records import Records, contract
from riskml.records.days import NEVER, day_number, from_days, to_days
from riskml.records.log import event_log
from riskml.scorer.scanning.context import brand_of, parse_context
from worlds import DAYS, START, known_before, world

FULL = os.environ.get("RISKML_FULL") == "1"
FEW = settings(max_examples=2_000 if FULL else 4)
SEEDS = st.integers(0, 10**9)
AS_OF = st.integers(START + 1, START + DAYS)
CATALOG = load_catalog().of_others()
SEEN = ("VISIT", "VISIT_FOLLOWUP", "VISIT_OTHER", "VISIT_NOT_FOUND")


def table_of(records: Records, day: int, **changes: Any) -> np.ndarray:
    days = np.full(len(records.sites), day, dtype=np.int32)
    log = event_log(records)
    return features_of_rows(records.sites["site_id"], days, records.sites, log, CATALOG, {}, **changes).values


def key_of(group: str, site: Any) -> Any:
    """What a site shares, said in another way than by the code under test."""
    cell = {"near": 0.01, "district": 0.05, "near_format": 0.05, "place": 0.0001}
    wanted = {
        "all": [0],
        "format": [site.format_code],
        "branch": [site.industry_class],
        "person": [site.subject_id],
        "brand": [brand_of(site.name) if isinstance(site.name, str) else None],
    }.get(group)
    if wanted is None:
        wanted = [None if math.isnan(x) else math.floor(x / cell[group]) for x in (site.lon, site.lat)]
        wanted += [site.format_code] if group == "near_format" else []
    return None if any(pd.isna(part) for part in wanted) else tuple(wanted)


def expected(records: Records, day: int) -> np.ndarray:
    """Every feature of every site, by going through all events for each of them."""
    log = event_log(records)
    sites = list(records.sites.itertuples(index=False))
    since = dict(zip(records.sites["site_id"], to_days(records.sites["registered_on"]), strict=True))

    def found(who: set[str], codes: tuple[str, ...], window: int | None, skip: bool) -> int:
        held = log[
            log["site_id"].isin(who) & log["code"].isin(codes) & (log["known_on"] < day) & (log["gone_on"] >= day)
        ]
        age = day - held["occurred_on"].astype("int64")
        counted = (age > 0) & (age <= (window or NEVER)) & ~(skip & (held["repaired_on"] < day))
        return int(counted.sum())

    def stood(who: set[str]) -> int:
        return sum(since[one] < day or (since[one] == NEVER and found({one}, SEEN, None, False) > 0) for one in who)

    rows = []
    for site in sites:
        row = []
        for f in CATALOG.features:
            key = key_of(f.group, site)
            if key is None:
                row.append(math.nan)
                continue
            others = {str(one.site_id) for one in sites if key_of(f.group, one) == key} - {str(site.site_id)}
            rest = {str(one.site_id) for one in sites} - {str(site.site_id)}
            top = stood(others) if f.aggregate == "sites" else found(others, f.codes, f.window_days, f.skip_repaired)
            if f.prior is None:
                row.append(float(top))
                continue
            below, all_below = (
                found(who, f.per, f.window_days, f.skip_repaired) if f.per else stood(who) for who in (others, rest)
            )
            typical = found(rest, f.codes, f.window_days, f.skip_repaired) / all_below if all_below else math.nan
            row.append((top + f.prior * typical) / (below + f.prior))
        rows.append(row)
    return np.array(rows)


@FEW
@given(SEEDS, AS_OF)
def test_features_of_others_are_what_a_slow_count_says(seed: int, day: int) -> None:
    records = world(seed, sites=9, visits=40, events=60, amendments=25)
    np.testing.assert_array_equal(table_of(records, day), expected(records, day))


@FEW
@given(SEEDS, AS_OF)
def test_what_becomes_known_later_changes_no_feature_of_others(seed: int, day: int) -> None:
    records = world(seed, sites=9, visits=40, events=60, amendments=25)
    np.testing.assert_array_equal(table_of(records, day), table_of(known_before(records, day), day))


@FEW
@given(SEEDS, AS_OF)
def test_a_site_that_is_first_seen_later_changes_no_feature_of_others(seed: int, day: int) -> None:
    """A portal lists who was ever visited: that a site is in its table may be known from later visits only."""
    records = world(seed, sites=9, visits=40, events=60, amendments=25)
    first = pd.Timestamp(day, unit="D")
    newcomer = records.sites.assign(site_id="new" + records.sites["site_id"], registered_on=None)
    visits = records.inspections.assign(
        inspection_id="new" + records.inspections["inspection_id"],
        site_id="new" + records.inspections["site_id"],
        known_on=records.inspections["known_on"].where(records.inspections["known_on"] >= first, first),
    )
    more = dataclasses.replace(
        records,
        sites=contract.conform("sites", pd.concat([records.sites, newcomer], ignore_index=True)),
        inspections=contract.conform("inspections", pd.concat([records.inspections, visits], ignore_index=True)),
    )
    many = len(records.sites)
    np.testing.assert_array_equal(table_of(more, day)[:many], table_of(records, day))


@FEW
@given(SEEDS, AS_OF)
def test_a_sites_own_records_never_change_what_it_is_told_of_others(seed: int, day: int) -> None:
    records = world(seed, sites=9, visits=40, events=60, amendments=25)
    events = records.events[records.events["site_id"] != "s3"].reset_index(drop=True)
    without = dataclasses.replace(
        records,
        events=events,
        inspections=records.inspections[records.inspections["site_id"] != "s3"].reset_index(drop=True),
        amendments=records.amendments[records.amendments["event_id"].isin(events["event_id"])].reset_index(drop=True),
    )
    np.testing.assert_array_equal(table_of(records, day)[3], table_of(without, day)[3])


@FEW
@given(SEEDS, AS_OF)
def test_parts_of_sites_give_the_features_of_all_sites(seed: int, day: int) -> None:
    records = world(seed, sites=9, visits=40, events=60, amendments=25)
    log = event_log(records)
    parts = [
        half_part(records.sites.iloc[some].reset_index(drop=True), log, day)
        for some in ([0, 1], [2, 3, 4, 5, 6], [7, 8])
    ]
    sums = added(own.sums() for _, own in parts)
    rows = [whole_part(made, own.frame(), sums, CATALOG)[CATALOG.names] for made, own in parts]
    np.testing.assert_array_equal(pd.concat(rows).to_numpy(), table_of(records, day))


@FEW
@given(SEEDS, AS_OF, st.integers(0, 400))
def test_a_context_table_gives_the_same_as_the_records_and_so_does_one_kept_for_later(
    seed: int, day: int, later: int
) -> None:
    records = world(seed, sites=9, visits=40, events=60, amendments=25)
    log = event_log(records)
    made = context_on(records.sites, log, day, CATALOG)
    kept = parse_context(made.as_dict(), CATALOG.program({}))
    np.testing.assert_array_equal(table_of(records, day, context=kept), table_of(records, day))
    np.testing.assert_array_equal(table_of(records, day + later, context=kept), table_of(records, day))


def test_a_context_table_names_no_person_and_no_business() -> None:
    records = world(5, sites=20)
    made = str(context_of(records, f"{from_days(np.array([START + 900]))[0]:%Y-%m-%d}", CATALOG).as_dict())
    for text in [*records.sites["subject_id"].dropna(), *records.sites["name"].dropna(), "noodles"]:
        assert f"'{text}'" not in made
    assert "'C1'" in made


def test_a_context_of_a_later_day_is_refused_for_records() -> None:
    records = world(5)
    made = context_on(records.sites, event_log(records), START + 100, CATALOG)
    with pytest.raises(DataError, match="knows what was not known on"):
        table_of(records, START + 99, context=made)


def test_catalog_rows_of_other_sites_are_checked() -> None:
    group = '[[group]]\nname = "g"\ntext_en = ""\ntext_zh = ""\ncolumns = ["office"]\n'
    row = (
        '[[feature]]\nname = "f"\nunit = ""\ntext_en = ""\ntext_zh = ""\nreason_en = ""\nreason_zh = ""\nwhy = ""\n'
        'monotone = 0\nfrom = "context"\n'
    )
    parse_catalog(group + row + 'group = "g"\naggregate = "sites"\n', where="here")
    for text, said in [
        (group.replace("office", "street") + row, "unknown site columns"),
        (group.replace('["office"]', '["office"]\nreading = "loud"') + row, "reading 'loud'"),
        (group + row + 'group = "h"\naggregate = "sites"\n', "are named by features and not declared"),
        (group + group + row + 'group = "g"\naggregate = "sites"\n', r"groups \['g'\] are declared twice"),
        (group + row + 'group = "g"\naggregate = "share"\ncodes = ["VISIT"]\n', "share takes codes, per and prior"),
        (group + row + 'group = "g"\naggregate = "median"\n', "got 'median'"),
        (group.replace("columns", "colums") + row, "unknown keys"),
    ]:
        with pytest.raises(StudyError, match=said):
            parse_catalog(text, where="here")


def test_every_share_among_others_is_monotone_so_that_a_sites_own_past_cannot_work_backwards_through_it() -> None:
    """Leaving a site out lowers the share of its group where it failed: a free feature could learn that backwards."""
    assert [f.name for f in CATALOG.features if f.aggregate == "share" and f.monotone != 1] == []


def test_the_day_is_read_as_of_its_first_moment() -> None:
    assert day_number("1970-01-02") == 1
