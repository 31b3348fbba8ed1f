"""Facts of one site in plain Python, written from the specification alone; nothing of the engine is used."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

DAY = 20_000
TODAY = date(1970, 1, 1) + timedelta(days=DAY)
W = {
    "PEN_WARN": 0.5, "PEN_CRIT": 0.5, "PEN_FINE": 1, "PEN_CONF": 2, "PEN_SUSP": 3, "PEN_STOP": 3, "PEN_RESTRICT": 3,
    "PEN_CLOSE": 6, "PEN_CANCEL": 6, "PEN_REVOKE": 10, "PEN_CRIM": 10,
}  # fmt: skip
LASTING = ("PEN_SUSP", "PEN_STOP", "PEN_RESTRICT", "PEN_REVOKE")
SAMPLES = ("SAMP_LABEL", "SAMP_STD", "SAMP_SEVERE")
FAILED_VISIT = ("VISIT_FAIL", "INSP_FAIL")
TIER = {
    1: ("R4", "R5", "R7"), 2: ("R2", "R6", "C5", "C7", "S1", "S2", "P2"),
    3: ("R1", "R3", "C1", "C2", "C3", "C4", "P1", "P3"), 4: ("C6", "C8", "C9", "R8", "P4"),
}  # fmt: skip
Row = dict[str, Any]
Site = dict[str, Any]
"""A site: its columns, `events` (versions) and `visits` (inspections)."""


def current(site: Site, *codes: str) -> list[Row]:
    """Events known and not gone."""
    return [e for e in site["events"] if e["code"] in codes and e["known_on"] < DAY <= e["gone_on"]]


def live(site: Site, *codes: str) -> list[Row]:
    """Of these, those that repair has not taken away."""
    return [e for e in current(site, *codes) if e["repaired_on"] >= DAY or e["code"] in LASTING]


def age(event: Row) -> int:
    """Days since it happened."""
    return int(DAY - event["occurred_on"])


def recent(site: Site, days: int, *codes: str) -> list[Row]:
    """Events of a window."""
    return [e for e in live(site, *codes) if age(e) <= days]


def valid(site: Site, *codes: str) -> list[Row]:
    """Certificates that have not run out."""
    return [e for e in live(site, *codes) if e["valid_to"] >= DAY]


def this_year(site: Site, *codes: str) -> list[Row]:
    """Events of the calendar year of yesterday."""
    first = (date((TODAY - timedelta(days=1)).year, 1, 1) - date(1970, 1, 1)).days
    return [e for e in live(site, *codes) if e["occurred_on"] >= first]


def public_penalties(site: Site) -> list[Row]:
    """Penalties in publicity: warnings a year, criticism and small fines 92 days, all others 1,096."""
    found = []
    for e in live(site, *W):
        versions = [v for v in site["events"] if v["event_id"] == e["event_id"] and v["known_on"] < DAY]
        limit = {"PEN_WARN": 365, "PEN_CRIT": 92}.get(e["code"], 1096)
        small = 5_000 if (site["subject_id"] or "").startswith("92") else 10_000
        if e["code"] == "PEN_FINE" and e["amount"] <= small:
            limit = 92
        if DAY - min(v["known_on"] for v in versions) <= limit:
            found.append(e)
    return found


def one_a_case(events: list[Row], weight: dict[str, float] | None = None) -> list[Row]:
    """Of each case the heaviest, of equals the earlier."""
    cases: dict[str, list[Row]] = {}
    for place, e in enumerate(events):
        cases.setdefault(e["case_id"] or f"own {place}", []).append(e)
    heavy = weight or {}
    return [sorted(case, key=lambda e: (-heavy.get(e["code"], 1), e["occurred_on"]))[0] for case in cases.values()]


def weighed(events: list[Row], weight: dict[str, float]) -> float:
    """Sum of weights."""
    return sum(weight.get(e["code"], 0) for e in events)


def repeated(events: list[Row], days: int) -> int:
    """How many follow another one within so many days."""
    happened = sorted(e["occurred_on"] for e in events)
    return sum(later - earlier <= days for earlier, later in pairwise(happened))


def visit_days(site: Site, days: int) -> dict[int, int]:
    """Day of each visit in the window -> 0 passed, 1 with defects, 2 failed; the worst of a day."""
    told = {"VISIT": 0, "VISIT_FAIL_BROAD": 1, "VISIT_FAIL": 2, "INSP_FAIL": 2}
    found: dict[int, int] = {}
    for e in current(site, *told):
        if age(e) <= days:
            found[e["occurred_on"]] = max(found.get(e["occurred_on"], 0), told[e["code"]])
    return found


def latest(site: Site, days: int) -> int | None:
    """Result of the latest visit-day of the window."""
    found = visit_days(site, days)
    return found[max(found)] if found else None


def known_visits(site: Site, days: int, *types: str) -> list[Row]:
    """Inspections of some types in a window."""
    known = [v for v in site["visits"] if v["known_on"] < DAY and v["result"] != "not_found"]
    return [v for v in known if v["visit_type"] in types and DAY - v["visited_on"] <= days]


def tier(site: Site) -> int | None:
    """Recorded tier, else that of the kind of business."""
    if site["risk_category"] in (1, 2, 3, 4):
        return int(site["risk_category"])
    return next((number for number, kinds in TIER.items() if site["format_code"] in kinds), None)


def days_registered(site: Site) -> int | None:
    """Days since registration; none if it is missing or still to come."""
    if site["registered_on"] is None or site["registered_on"] > DAY:
        return None
    return int(DAY - site["registered_on"])


def expired_share(site: Site) -> float | None:
    """Share of the staff without a valid health certificate."""
    if not site["staff"]:
        return None
    lapsed = sum(e["quantity"] for e in current(site, "HEALTH_CERT_EXPIRED")) / site["staff"]
    certificates = current(site, "HEALTH_CERT")
    lacking = 0.0
    if certificates:
        lacking = 1 - sum(e["valid_to"] >= DAY for e in certificates) / site["staff"]
    return float(min(1.0, max(0.0, lapsed, lacking)))


def worse_than(value: float | None, *bounds: tuple[float, bool]) -> int | None:
    """How many bounds a score that is higher the riskier has passed; a bound may belong to the safer side."""
    if value is None:
        return None
    return sum(value > bound if inclusive else value >= bound for bound, inclusive in bounds)


def below(value: float | None, *bounds: float) -> int | None:
    """How many bounds a score that is higher the safer lies below."""
    return None if value is None else sum(value < bound for bound in bounds)
