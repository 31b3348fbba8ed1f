"""Small random bureaus for property tests: every kind of fact, amendment and lateness, in any order."""

import dataclasses

import numpy as np
import pandas as pd

from plain_tables import no_rows, plain_table
from riskml.records import Records
from riskml.records.days import from_days
from riskml.records.outcomes import Criterion, OutcomeRule

START = 18_000
DAYS = 1_200
CODES = ("PEN_FINE", "RECT_ORDER", "SAMP_STD", "COMPL_VALID", "ABN", "CASE_OPENED", "VIOL_MINOR", "RISK_CATEGORY")
RULE = OutcomeRule(
    visit_types=("RI", "DR", "SP"),
    follow_up_days=90,
    settling_days=130,
    criteria={
        "fail": Criterion(results=("fail",), codes=("CASE_OPENED",)),
        "fail_broad": Criterion(results=("fail", "conditional"), codes=("CASE_OPENED",)),
        "fail_severe": Criterion(codes=("CASE_OPENED", "PEN_FINE")),
    },
    severity={"key_fail": 10, "general_fail": 1},
)


def world(seed: int, *, sites: int = 4, visits: int = 12, events: int = 25, amendments: int = 12) -> Records:
    """A bureau with random records; the same seed gives the same one."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"s{number}" for number in range(sites)])
    inspections = _inspections(rng, ids, visits)
    facts = _events(rng, ids, inspections, events)
    return Records(
        sites=plain_table("sites", _sites(rng, ids)),
        events=plain_table("events", facts),
        amendments=plain_table("amendments", _amendments(rng, facts, amendments)),
        inspections=plain_table("inspections", inspections),
        source="world",
        observed_from=pd.Timestamp(START, unit="D"),
        observed_to=pd.Timestamp(START + DAYS, unit="D"),
        outcome=RULE,
        grades=no_rows("grades"),
        quarantine=no_rows("quarantine"),
    )


def known_before(records: Records, day: int) -> Records:
    """The same bureau with every row deleted that was not known before `day`."""
    limit = pd.Timestamp(day, unit="D")
    cut = {
        name: getattr(records, name)[getattr(records, name)["known_on"] < limit].reset_index(drop=True)
        for name in ("events", "amendments", "inspections")
    }
    cut["amendments"] = cut["amendments"][cut["amendments"]["event_id"].isin(cut["events"]["event_id"])].reset_index(
        drop=True
    )
    return dataclasses.replace(records, **cut)


def _days(values: np.ndarray) -> pd.Series:
    return from_days(np.asarray(values, dtype=np.int64))


def _sites(rng: np.random.Generator, ids: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site_id": ids,
            "format_code": rng.choice(["C1", "R3", "P1"], len(ids)),
            "area_m2": np.where(rng.random(len(ids)) < 0.3, np.nan, rng.integers(10, 900, len(ids))),
            "registered_on": _days(
                np.where(rng.random(len(ids)) < 0.3, 2**30, START - rng.integers(-200, 900, len(ids)))
            ),
            "risk_category": rng.integers(1, 4, len(ids)),
            "subject_id": [f"p{place // 2}" if place % 5 else None for place in range(len(ids))],
            "name": [f"Noodles {place % 3} (No. {place})" if place % 7 else "店" for place in range(len(ids))],
            "lon": [116.0 + 0.004 * (place % 4) if place % 6 else np.nan for place in range(len(ids))],
            "lat": [28.0 - 0.02 * (place % 2) for place in range(len(ids))],
        }
    )


def _inspections(rng: np.random.Generator, ids: np.ndarray, number: int) -> pd.DataFrame:
    visited = START + rng.integers(0, DAYS - 40, number)
    return pd.DataFrame(
        {
            "inspection_id": [f"v{place}" for place in range(number)],
            "site_id": rng.choice(ids, number),
            "visited_on": _days(visited),
            "known_on": _days(visited + rng.choice([0, 1, 1, 30], number)),
            "visit_type": rng.choice(["RI", "DR", "FU", "CO"], number, p=[0.6, 0.2, 0.1, 0.1]),
            "result": rng.choice(["pass", "conditional", "fail", "not_found"], number, p=[0.4, 0.2, 0.3, 0.1]),
            "key_fail": rng.integers(0, 3, number),
            "general_fail": rng.integers(0, 5, number),
            "label_version": "v1",
            "inspector": rng.choice(["i1", "i2"], number),
        }
    )


def _events(rng, ids, inspections: pd.DataFrame, number: int) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    occurred = START + rng.integers(0, DAYS - 60, number)
    code = rng.choice(CODES, number)
    linked = rng.random(number) < 0.4
    visit = rng.integers(0, len(inspections), number) if len(inspections) else np.zeros(number, dtype=int)
    site = rng.choice(ids, number)
    inspection: list[str | None] = [None] * number
    for place in np.flatnonzero(linked & (len(inspections) > 0)):
        row = inspections.iloc[visit[place]]
        site[place], inspection[place] = row["site_id"], row["inspection_id"]
        occurred[place] = (row["visited_on"] - pd.Timestamp(0)).days + rng.integers(0, 120)
    return pd.DataFrame(
        {
            "event_id": [f"e{place}" for place in range(number)],
            "site_id": site,
            "code": code,
            "occurred_on": _days(occurred),
            "known_on": _days(occurred + rng.choice([0, 0, 1, 20, 90], number)),
            "inspection_id": pd.Series(inspection, dtype="str"),
            "severity": rng.integers(0, 4, number),
            "quantity": rng.integers(1, 4, number),
        }
    )


def _amendments(rng: np.random.Generator, events: pd.DataFrame, number: int) -> pd.DataFrame:
    if not len(events):
        return no_rows("amendments")
    chosen = events.iloc[rng.integers(0, len(events), number)].reset_index(drop=True)
    known = np.asarray((chosen["known_on"] - pd.Timestamp(0)).dt.days) + rng.integers(0, 200, number)
    occurred = np.asarray((chosen["occurred_on"] - pd.Timestamp(0)).dt.days)
    kind = rng.choice(["repair", "revoke", "end", "correct"], number)
    correct = kind == "correct"
    column = pd.Series(rng.choice(["quantity", "severity"], number), dtype="str").where(correct)
    value = pd.Series(rng.integers(1, 4, number).astype(str), dtype="str").where(correct)
    return pd.DataFrame(
        {
            "event_id": chosen["event_id"],
            "kind": kind,
            "effective_on": _days(np.maximum(known + rng.integers(-60, 60, number), occurred)),
            "known_on": _days(known),
            "column": column,
            "value": value,
        }
    )
