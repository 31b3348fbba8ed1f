"""A slow grader in plain Python, written from the specification alone, agrees with the fast one on random sites."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.grades import grade_log, load_system
from riskml.records.days import NEVER

DAY = 20_000
SITES = 10_000 if os.environ.get("RISKML_FULL") == "1" else 1_500
FAMILY = {
    "RECT_ORDER": ("RECT", 0.5), "RECT_OVERDUE": ("RECT", 1), "SAMP_LABEL": ("SAMP", 0.5), "SAMP_STD": ("SAMP", 1),
    "SAMP_SEVERE": ("SAMP", 3), "PEN_WARN": ("PEN", 0.5), "PEN_CRIT": ("PEN", 0.5), "PEN_FINE": ("PEN", 1),
    "PEN_CONF": ("PEN", 2), "PEN_SUSP": ("PEN", 3), "PEN_STOP": ("PEN", 3), "PEN_RESTRICT": ("PEN", 3),
    "PEN_CLOSE": ("PEN", 6), "PEN_CANCEL": ("PEN", 6), "PEN_REVOKE": ("PEN", 10), "PEN_CRIM": ("PEN", 10),
    "ABN": ("ABN", 1), "DISHONEST": ("DISH", 2), "COMPL_VALID": ("PUB", 0.2), "REPORT_VALID": ("PUB", 0.5),
    "REFUSE": ("CONDUCT", 3), "FALSE_INFO": ("CONDUCT", 3),
}  # fmt: skip
CAP = {"RECT": 2, "SAMP": 6, "PEN": 12, "ABN": 1, "DISH": 2, "PUB": 1, "CONDUCT": 6}
WINDOW = {"RECT": 365, "SAMP": 365, "PUB": 365, "CONDUCT": 1096}
OTHERS = ["RECT_SPOT", "SERIOUS", "ACCIDENT", "VISIT", "VISIT_FAIL"]
Row = dict[str, Any]


def slow_points(versions: list[Row], *, person: bool, repaired_counts: float) -> tuple[float, str]:
    """Points and level of one site on DAY."""
    known = [row for row in versions if row["known_on"] < DAY]
    facts, veto = [], False
    for row in known:
        if row["gone_on"] < DAY:
            continue
        code = row["code"]
        first = min(r["known_on"] for r in known if r["event_id"] == row["event_id"])
        counts, left = in_period(code, row, DAY - first, person), 1.0
        if row["repaired_on"] < DAY and code not in ("PEN_SUSP", "PEN_STOP", "PEN_RESTRICT", "PEN_REVOKE"):
            left = repaired_counts
        if left == 0:
            continue
        if code == "SERIOUS" or (code == "ACCIDENT" and DAY - row["occurred_on"] <= 1096):
            veto = True
        if code in ("PEN_REVOKE", "PEN_CRIM") and counts:
            veto = True
        if code in FAMILY and counts:
            facts.append({**row, "points": FAMILY[code][1] * left, "family": FAMILY[code][0]})
    total = round(sum(min(CAP[name], family_sum(facts, name)) for name in CAP), 6)
    level = "green" if total <= 1 else "yellow" if total <= 3 else "orange" if total <= 6 else "red"
    return total, "red" if veto else level


def in_period(code: str, row: Row, public_days: int, person: bool) -> bool:
    if code not in FAMILY or FAMILY[code][0] in ("ABN", "DISH"):
        return True
    if FAMILY[code][0] != "PEN":
        return bool(DAY - row["occurred_on"] <= WINDOW[FAMILY[code][0]])
    if code == "PEN_WARN":
        return public_days <= 365
    small = code == "PEN_FINE" and row["amount"] <= (5_000 if person else 10_000)
    return public_days <= (92 if small or code == "PEN_CRIT" else 1096)


def family_sum(facts: list[Row], family: str) -> float:
    mine = [fact for fact in facts if fact["family"] == family]
    if family == "PEN":
        cases: dict[str, list[Row]] = {}
        for place, fact in enumerate(mine):
            cases.setdefault(fact["case_id"] or f"own {place}", []).append(fact)
        mine = [sorted(case, key=lambda f: (-f["points"], f["occurred_on"]))[0] for case in cases.values()]
    mine.sort(key=lambda f: (f["occurred_on"], f["points"], f["event_id"]))
    total = 0.0
    for place, fact in enumerate(mine):
        count = sum(fact["occurred_on"] - before["occurred_on"] <= 365 for before in mine[: place + 1])
        total += fact["points"] * {1: 1.0, 2: 1.5}.get(count, 2.0)
    return total


def random_rows(rng: np.random.Generator, site: str) -> list[Row]:
    """Up to 14 facts, crowded so that ties, repeats, cases, repairs, ends and corrections all happen."""
    rows: list[Row] = []
    for number in range(rng.integers(0, 15)):
        age = int(rng.choice([rng.integers(1, 1300), rng.integers(1, 30) * 45]))
        known = DAY - age + int(rng.choice([0, 1, 28, 90]))
        row = {
            "event_id": f"{site}-{number}",
            "site_id": site,
            "code": str(rng.choice([*FAMILY] * 3 + OTHERS)),
            "age": age,
            "occurred_on": DAY - age,
            "known_on": known,
            "gone_on": known + int(rng.integers(1, 900)) if rng.random() < 0.15 else NEVER,
            "repaired_on": known + int(rng.integers(1, 900)) if rng.random() < 0.2 else NEVER,
            "case_id": f"c{rng.integers(0, 4)}" if rng.random() < 0.6 else None,
            "amount": float(rng.choice([3_000, 5_000, 8_000, 10_000, 50_000, np.nan])),
        }
        rows.append(row)
        if row["gone_on"] == NEVER and str(row["code"]).startswith("PEN") and rng.random() < 0.2:
            on = known + int(rng.integers(1, 400))
            rows.append({**row, "known_on": on, "amount": 1_000.0, "age": age - 1, "occurred_on": DAY - age + 1})
            row["gone_on"] = on
    return rows


@pytest.mark.parametrize(("variant", "left"), [("default", 0.0), ("repair_half", 0.5), ("repair_keep", 1.0)])
def test_the_slow_grader_agrees_on_random_sites(
    make_log: Callable[[list[Row]], pd.DataFrame], variant: str, left: float
) -> None:
    rng = np.random.default_rng(11)
    names = [f"s{number:05d}" for number in range(SITES)]
    facts = {name: random_rows(rng, name) for name in names}
    persons = rng.random(SITES) < 0.4
    sites = pd.DataFrame({"site_id": names, "subject_id": np.where(persons, "92X", "91X")})
    log = make_log([row for rows in facts.values() for row in rows]).sample(frac=1, random_state=3)
    fast = grade_log(sites, log, load_system(f"nanchang/{variant}"), DAY)
    slow = [slow_points(facts[s], person=bool(p), repaired_counts=left) for s, p in zip(names, persons, strict=True)]
    assert fast["site_id"].tolist() == names
    np.testing.assert_allclose(fast["points"], [points for points, _ in slow], rtol=0, atol=1e-9)
    assert fast["level"].tolist() == [level for _, level in slow]
    assert set(fast["level"]) == {"green", "yellow", "orange", "red"}
