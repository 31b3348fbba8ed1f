"""Seeded random sites, crowded so that ties, bounds, repeats, cases, repairs, ends and corrections all happen."""

from typing import Any

import numpy as np
import pandas as pd

from riskml.records.contract import conform
from riskml.records.days import NEVER, from_days
from riskml.records.log import LOG_COLUMNS
from slow_facts import DAY, Row, Site

CODES = (
    "PEN_WARN", "PEN_CRIT", "PEN_FINE", "PEN_FINE", "PEN_CONF", "PEN_SUSP", "PEN_STOP", "PEN_STOP", "PEN_RESTRICT",
    "PEN_CLOSE", "PEN_CANCEL", "PEN_REVOKE", "PEN_CRIM", "RECT_SPOT", "RECT_ORDER", "RECT_OVERDUE", "SAMP_LABEL",
    "SAMP_STD", "SAMP_SEVERE", "INSP_FAIL", "ABN", "ABN", "SERIOUS", "DISHONEST", "ACCIDENT", "COMPL_VALID",
    "REPORT_VALID", "COMPLAINT", "COMPLAINT", "REFUSE", "FALSE_INFO", "COMMIT_BREACH", "CERT_HACCP", "CERT_GMP",
    "CERT_22000", "CERT_KITCHEN", "AWARD_CITY", "AWARD_COUNTY", "INTERVIEW", "REPORT_LATE", "OWNER_CHANGE",
    "HEALTH_CERT", "HEALTH_CERT_EXPIRED", "RISK_CATEGORY",
)  # fmt: skip
RARE = ("SERIOUS", "ACCIDENT", "PEN_REVOKE", "PEN_CRIM")
EDGES = (92, 93, 180, 181, 183, 184, 278, 279, 365, 366, 730, 731, 1095, 1096, 1097, 1826)
FORMATS = ("C1", "C3", "C5", "C6", "R1", "R2", "R4", "R5", "R7", "P1", "P3", "P4", "S2", "X9", None)


def random_site(rng: np.random.Generator, number: int) -> Site:
    """A site with up to 12 facts, up to 4 visits with their events, and a register entry with holes."""
    name = f"s{number:06d}"
    site: Site = {
        "site_id": name,
        "subject_id": _choice(rng, "92A", "91B", f"91{number // 30:05d}", None),
        "industry_class": _choice(rng, "sales", "catering", "maker", "workshop", None),
        "format_code": _choice(rng, *FORMATS),
        "area_m2": _choice(rng, 80.0, 150.0, 200.0, 201.0, 500.0, 1000.0, 3000.5, None),
        "staff": _choice(rng, 2.0, 4.0, 5.0, 20.0, 21.0, None),
        "registered_on": _choice(rng, DAY - _age(rng), DAY - _age(rng), DAY + 5, None),
        "licence_valid_to": _choice(rng, DAY - 1, DAY, DAY + 90, DAY + 91, None),
        "risk_category": _choice(rng, 1, 2, 3, 4, None),
    }
    site["events"] = [row for at in range(rng.integers(0, 13)) for row in _fact(rng, name, f"{name}-{at}")]
    site["visits"] = [_visit(rng, name, f"{name}-v{at}") for at in range(rng.integers(0, 5))]
    site["events"] += [row for visit in site["visits"] for row in _visit_events(rng, visit)]
    return site


def _choice(rng: np.random.Generator, *values: Any) -> Any:
    return values[rng.integers(len(values))]


def _age(rng: np.random.Generator) -> int:
    return int(_choice(rng, rng.integers(1, 1300), EDGES[rng.integers(len(EDGES))], rng.integers(1, 30) * 45))


def _fact(rng: np.random.Generator, site: str, event_id: str) -> list[Row]:
    """One event, sometimes in two versions."""
    code = CODES[rng.integers(len(CODES))]
    if code in RARE and rng.random() < 0.6:
        code = "COMPLAINT"
    happened = DAY - _age(rng)
    known = happened + int(rng.choice([0, 1, 1, 28, 90]))
    row = {
        "event_id": event_id,
        "site_id": site,
        "code": code,
        "occurred_on": happened,
        "known_on": known,
        "gone_on": known + int(rng.integers(1, 900)) if rng.random() < 0.2 else NEVER,
        "repaired_on": known + int(rng.integers(1, 900)) if rng.random() < 0.15 else NEVER,
        "valid_to": happened + int(rng.integers(100, 1500)) if rng.random() < 0.7 else NEVER,
        "case_id": f"{site}-c{rng.integers(0, 4)}" if rng.random() < 0.5 else None,
        "quantity": int(rng.integers(1, 4)),
        "amount": float(_choice(rng, 3_000.0, 5_000.0, 8_000.0, 10_000.0, 50_000.0, np.nan)),
    }
    if row["gone_on"] == NEVER and rng.random() < 0.15:
        on = known + int(rng.integers(1, 400))
        later = {**row, "known_on": on, "amount": 1_000.0, "occurred_on": happened + 1}
        return [{**row, "gone_on": on}, later]
    return [row]


def _visit(rng: np.random.Generator, site: str, inspection_id: str) -> Row:
    on = DAY - _age(rng)
    return {
        "inspection_id": inspection_id,
        "site_id": site,
        "visited_on": on,
        "known_on": on + int(rng.choice([0, 1, 1, 20])),
        "visit_type": str(rng.choice(["RI", "RI", "DR", "SP", "UA", "FU"])),
        "result": str(rng.choice(["pass", "pass", "conditional", "fail", "inspected", "not_found"])),
        "score": _choice(rng, 5.9, 7.5, 9.0, 9.5, 13.0, 14.0, 27.0, 89.0, 95.0, None),
        "key_fail": _choice(rng, 0, 1, 2, 9, 11, None),
        "general_fail": _choice(rng, 0, 3, 4, None),
        "label_version": "1",
    }


def _visit_events(rng: np.random.Generator, visit: Row) -> list[Row]:
    """What the log tells of a visit: failures may become known later than the visit."""
    base = {
        "site_id": visit["site_id"], "occurred_on": visit["visited_on"], "known_on": visit["known_on"],
        "gone_on": NEVER, "repaired_on": NEVER, "valid_to": NEVER, "case_id": None, "quantity": 1, "amount": np.nan,
    }  # fmt: skip
    if visit["visit_type"] not in ("RI", "DR", "SP") or visit["result"] == "not_found":
        return []
    codes = {"conditional": ["VISIT_FAIL_BROAD"], "fail": ["VISIT_FAIL", "VISIT_FAIL_BROAD"]}.get(visit["result"], [])
    if not codes and rng.random() < 0.2:
        codes, base["known_on"] = ["VISIT_FAIL"], visit["known_on"] + 60
    rows = [{**base, "event_id": f"{visit['inspection_id']}:{code}", "code": code} for code in codes]
    return [
        {**base, "event_id": f"{visit['inspection_id']}:VISIT", "code": "VISIT", "known_on": visit["known_on"]},
        *rows,
    ]


def tables(sites: list[Site]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The sites, their event log and their inspections, as the engine takes them."""
    columns = ["site_id", "subject_id", "industry_class", "format_code", "area_m2", "staff", "risk_category"]
    register = pd.DataFrame([{name: site[name] for name in columns} for site in sites])
    for name in ("registered_on", "licence_valid_to"):
        register[name] = from_days(np.array([NEVER if site[name] is None else site[name] for site in sites])).to_numpy()
    rows = [row for site in sites for row in site["events"]]
    log = pd.DataFrame(rows, columns=list(LOG_COLUMNS)).assign(due_on=NEVER, severity=0)
    visits = pd.DataFrame([visit for site in sites for visit in site["visits"]])
    for name in ("visited_on", "known_on"):
        visits[name] = from_days(visits[name].to_numpy(np.int64)).to_numpy()
    return conform("sites", register), log.astype(LOG_COLUMNS), conform("inspections", visits)
