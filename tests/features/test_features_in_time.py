"""Every aggregate, on every runtime, is its definition at both time axes: a slow oracle says what was known on a day.

14 worlds in the normal run (6 where two builds are compared), 4,000 with RISKML_FULL=1.
"""

import dataclasses
import itertools
import math
import os
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from riskml.features import slices
from riskml.features.build import features_of_rows
from riskml.features.catalog import Catalog
from riskml.features.feature import Feature
from riskml.records import Records, contract
from riskml.records.days import NEVER, day_number, from_days, to_days
from riskml.records.log import event_log, raw_histories
from riskml.scorer.scanning import scan
from worlds import DAYS, START, known_before, world

FULL = os.environ.get("RISKML_FULL") == "1"
WORLDS = settings(max_examples=4_000 if FULL else 14)
FEWER = settings(max_examples=4_000 if FULL else 6)
SEEDS = st.integers(0, 10**9)
CODES = ("VIOL_MINOR", "PEN_FINE", "RECT_ORDER")
PER = ("VISIT_FAIL_BROAD", "VIOL_MINOR")
HALF_LIFE = 100


def feature(aggregate: str, codes: tuple[str, ...], window: int | None, skip: bool) -> Feature:
    return Feature(
        name=f"{aggregate}-{codes[0]}-{window}-{skip}",
        origin="events",
        monotone=0,
        aggregate=aggregate,
        codes=codes,
        per=PER if aggregate in ("share", "streak", "days_since_last_without") else (),
        window_days=window,
        half_life_days=HALF_LIFE if aggregate == "decayed" else None,
        skip_repaired=skip,
        unit="", text_en="", text_zh="", reason_en="", reason_zh="", why="",
    )  # fmt: skip


ALL = Catalog(
    tuple(
        feature(aggregate, codes, window, skip)
        for aggregate, codes, window, skip in itertools.product(
            scan.AGGREGATES, (CODES, ("VISIT",)), (None, 60, 365), (False, True)
        )
        if aggregate != "trend" or window is not None
    )
)


def rich(seed: int) -> Records:
    """A world with deadlines, expiries, equal days, events twice, and corrections of every column that is read."""
    records = world(seed, sites=3, visits=8, events=30, amendments=25)
    draw = np.random.default_rng(seed)
    events = records.events.copy()
    late = events["known_on"] - events["occurred_on"]
    happened = to_days(events["occurred_on"])
    visit = events["inspection_id"].map(records.inspections.set_index("inspection_id")["visited_on"])
    happened = np.where(draw.random(len(events)) < 0.5, happened - happened % 30, happened)
    with_visit = visit.notna().to_numpy() & (draw.random(len(events)) < 0.7)
    events["occurred_on"] = from_days(np.where(with_visit, to_days(visit), happened))
    events["known_on"] = events["occurred_on"] + late
    for name in ("due_on", "valid_to"):
        days = to_days(events["occurred_on"]) + draw.integers(0, 300, len(events))
        events[name] = from_days(np.where(draw.random(len(events)) < 0.4, NEVER, days))
    again = events.sample(4, random_state=seed % 1000).assign(event_id=["twice0", "twice1", "twice2", "twice3"])
    events = pd.concat([events, again], ignore_index=True)
    amendments = records.amendments.copy()
    for place in np.flatnonzero(amendments["kind"] == "correct"):
        column = draw.choice(["code", "occurred_on", "due_on", "valid_to", "quantity", "severity"])
        day = f"{from_days(np.array([START + draw.integers(0, DAYS)]))[0]:%Y-%m-%d}"
        value = {"code": draw.choice(CODES), "quantity": "3", "severity": "2"}.get(column, day)
        amendments.loc[place, ["column", "value"]] = [column, value]
    return dataclasses.replace(
        records,
        events=contract.conform("events", events),
        amendments=contract.conform("amendments", amendments),
    )


def days_of(records: Records) -> list[int]:
    """The days on which something changes, and those after them."""
    tables = (records.events, records.amendments, records.inspections)
    found = np.concatenate([to_days(t[c]) for t in tables for c in t.select_dtypes("datetime").columns])
    kept = {int(day) + more for day in found[found < NEVER] for more in (0, 1)}
    return sorted(day for day in kept if START < day <= START + DAYS)


def known_state(event: dict[str, Any], amendments: list[dict[str, Any]], day: int) -> dict[str, Any] | None:
    """The event as it was known on a day; None if it was not, no longer held, or is said to happen later."""
    known = day_number(event["known_on"])
    if known >= day:
        return None
    now: dict[str, Any] = {"quantity": 1, "severity": 0, **event}
    both = [(max(day_number(a["effective_on"]), day_number(a["known_on"])), a) for a in amendments]
    both = [(on, a) for on, a in both if a["event_id"] == event["event_id"] and on < day]
    if any(a["kind"] in ("end", "revoke") for _, a in both):
        return None
    for on, change in sorted(both, key=lambda pair: (pair[0], str(pair[1].get("column")), str(pair[1].get("value")))):
        if change["kind"] == "correct":
            whole = change["column"] in ("quantity", "severity")
            now[change["column"]] = int(change["value"]) if whole else change["value"]
            known = max(known, on)
    now |= {"repaired": any(a["kind"] == "repair" for _, a in both), "known": known}
    now["age"] = day - day_number(now["occurred_on"])
    now["due"], now["valid"] = (day_number(now[name]) if name in now else None for name in ("due_on", "valid_to"))
    return now if now["age"] > 0 else None


def defined(wanted: Feature, held: list[dict[str, Any]], day: int) -> Any:  # noqa: PLR0911, PLR0912
    """One feature by its definition, from the events that are known and hold."""
    window = wanted.window_days
    reach = math.inf if window is None else window * (2 if wanted.aggregate == "trend" else 1)
    held = [e for e in held if e["age"] <= reach and not (wanted.skip_repaired and e["repaired"])]
    mine = [e for e in held if e["code"] in wanted.codes]
    per = [e for e in held if e["code"] in wanted.per]
    valid = [e["valid"] - day for e in mine if e["valid"] is not None and e["valid"] >= day]
    match wanted.aggregate:
        case "count":
            return len(mine)
        case "sum":
            return sum(e["quantity"] for e in mine)
        case "max_severity":
            return max((e["severity"] for e in mine), default=0)
        case "max_quantity":
            return max((e["quantity"] for e in mine), default=0)
        case "decayed":
            return sum(e["quantity"] * round(2**32 * 2.0 ** (-e["age"] / HALF_LIFE)) for e in mine) / 2**32
        case "share":
            return len(mine) / len(per) if per else math.nan
        case "mean":
            return sum(e["quantity"] for e in mine) / len(mine) if mine else math.nan
        case "days_since_last":
            return min((e["age"] for e in mine), default=math.nan)
        case "days_since_first":
            return max((e["age"] for e in mine), default=math.nan)
        case "last_value":
            return max(((-e["age"], e["known"], e["quantity"]) for e in mine), default=(0, 0, math.nan))[2]
        case "streak":
            return sum(e["age"] < min((p["age"] for p in per), default=math.inf) for e in mine)
        case "overdue":
            return sum(e["due"] is not None and e["due"] < day for e in mine)
        case "in_force":
            return sum(e["valid"] is None or e["valid"] >= day for e in mine)
        case "expired":
            return sum(e["valid"] is not None and e["valid"] < day for e in mine)
        case "days_until_expiry":
            return min(valid, default=math.nan)
        case "days_since_last_without":
            met = {(p["age"], p.get("inspection_id")) for p in per}
            return min((e["age"] for e in mine if (e["age"], e.get("inspection_id")) not in met), default=math.nan)
        case "trend":
            return sum(1 if e["age"] <= (window or 0) else -1 for e in mine)
    raise AssertionError(wanted.aggregate)


def values_of(records: Records, day: int) -> NDArray[np.float64]:
    days = np.full(len(records.sites), day, dtype=np.int32)
    return features_of_rows(records.sites["site_id"], days, records.sites, event_log(records), ALL).values


@WORLDS
@given(SEEDS, st.data())
def test_plain_compiled_and_defined_values_are_equal_to_the_bit(seed: int, data: st.DataObject) -> None:
    records = rich(seed)
    day = data.draw(st.sampled_from(days_of(records)))
    values, program, histories = values_of(records, day), ALL.program({}), raw_histories(records)
    for site, site_id in enumerate(records.sites["site_id"]):
        events, amendments = histories[site_id]["events"], histories[site_id]["amendments"]
        plain = scan.features(program, {}, events, amendments, day)
        held = [now for event in events if (now := known_state(event, amendments, day)) is not None]
        wanted = [defined(feature, held, day) for feature in ALL.features]
        for name, mine, compiled, told in zip(ALL.names, plain, values[site], wanted, strict=True):
            assert (mine, compiled) == (told, told) or all(map(math.isnan, (mine, compiled, told))), name


@FEWER
@given(SEEDS, st.data())
def test_what_becomes_known_on_the_day_or_later_changes_no_bit(seed: int, data: st.DataObject) -> None:
    records = rich(seed)
    day = data.draw(st.sampled_from(days_of(records)))
    other = rich(seed + 1)
    events = pd.concat([records.events, other.events.assign(event_id="new" + other.events["event_id"])])
    events["inspection_id"] = events["inspection_id"].where(events["event_id"].isin(records.events["event_id"]))
    events["known_on"] = events["known_on"].where(
        events["event_id"].isin(records.events["event_id"]), pd.Timestamp(day + seed % 3, unit="D")
    )
    revoked = records.events[["event_id"]].assign(
        kind="revoke", effective_on=records.events["occurred_on"], known_on=pd.Timestamp(day, unit="D")
    )
    more = dataclasses.replace(
        records,
        events=contract.conform("events", events.reset_index(drop=True)),
        amendments=contract.conform("amendments", pd.concat([records.amendments, revoked], ignore_index=True)),
    )
    assert values_of(records, day).tobytes() == values_of(more, day).tobytes()
    assert values_of(records, day).tobytes() == values_of(known_before(records, day), day).tobytes()


@FEWER
@given(SEEDS, st.data())
def test_order_slices_and_threads_change_no_bit(seed: int, data: st.DataObject) -> None:
    records = rich(seed)
    day = data.draw(st.sampled_from(days_of(records)))
    log = event_log(records)
    site = pd.concat([records.sites["site_id"]] * 2, ignore_index=True).sample(frac=1, random_state=seed % 1000)
    days = np.resize(np.array([day, day - 40, day - 400], dtype=np.int32), len(site))
    site = site.reset_index(drop=True)
    wanted = features_of_rows(site, days, records.sites, log, ALL).values
    shuffled = log.sample(frac=1, random_state=seed % 997)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "EVENTS", 20)
        patch.setattr(slices, "CHUNK", 7)
        patch.setattr("riskml.features.build._cores", lambda: 3)
        assert features_of_rows(site, days, records.sites, shuffled, ALL).values.tobytes() == wanted.tobytes()


def test_a_decayed_sum_is_within_half_a_unit_a_fact_of_the_formula() -> None:
    records = rich(11)
    day = days_of(records)[-1]
    decayed = [f for f in ALL.features if f.aggregate == "decayed"]
    values = values_of(records, day)
    for site_id, row in zip(records.sites["site_id"], values, strict=True):
        history = raw_histories(records)[site_id]
        held = [now for e in history["events"] if (now := known_state(e, history["amendments"], day)) is not None]
        for wanted in decayed:
            mine = [
                e for e in held
                if e["code"] in wanted.codes and e["age"] <= (wanted.window_days or math.inf)
                and not (wanted.skip_repaired and e["repaired"])
            ]  # fmt: skip
            formula = sum(e["quantity"] * 2.0 ** (-e["age"] / HALF_LIFE) for e in mine)
            units = sum(e["quantity"] for e in mine)
            assert abs(row[ALL.names.index(wanted.name)] - formula) <= 0.5 / 2**32 * units + 1e-14


def test_a_site_without_events_has_zeros_and_missing_values_only() -> None:
    records = world(5, visits=0, events=0, amendments=0)
    for row in values_of(records, START + 10):
        for wanted, value in zip(ALL.features, row, strict=True):
            assert math.isnan(value) if math.isnan(defined(wanted, [], START)) else value == 0, wanted.name
