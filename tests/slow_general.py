"""Slow graders of the long point tables, in plain Python: 63 indicators of Shenzhen, 41 of Zhenhai."""

from collections.abc import Sequence

from slow_facts import (
    DAY,
    FAILED_VISIT,
    SAMPLES,
    Row,
    Site,
    W,
    current,
    days_registered,
    expired_share,
    known_visits,
    latest,
    live,
    one_a_case,
    public_penalties,
    recent,
    repeated,
    tier,
    valid,
    weighed,
    worse_than,
)  # fmt: skip
from slow_grades import Grade, catering_abc, cfda2016

Points = Sequence[tuple[float, float | None]]
"""Most points, and points; None: no data, skipped."""


def shenzhen_score(site: Site, siblings: int | None, *, visits_known: bool = True) -> float:
    """The sum of five families, each rescaled to its full points. `siblings`: sites of the same subject."""
    families = (
        (15, basic(site, siblings)), (20, changes(site)), (40, supervision(site, visits_known)),
        (10, [(2.0, min(2, 2 * len(live(site, "DISHONEST"))))]),
        (15, [(3.0, min(3, 0.5 * len(recent(site, 365, "COMPLAINT")))),
              (3.0, min(3, 1.5 * len(recent(site, 365, "REPORT_VALID"))))]),
    )  # fmt: skip
    return round(sum(rescaled(full, points) for full, points in families), 6)


def rescaled(full: float, points: Points) -> float:
    """Skipped points made up by the others."""
    there = [(most, got) for most, got in points if got is not None]
    return full * sum(got for _, got in there) / sum(most for most, _ in there) if there else 0.0


def basic(site: Site, siblings: int | None) -> Points:
    """B: basic attributes."""
    since, staff, licence, class_ = days_registered(site), site["staff"], licence_left(site), tier(site)
    kind = site["industry_class"]
    subject = site["subject_id"]
    return [
        (2, None if since is None else 2 if since < 365 else 1 if since < 1096 else 0),
        (1, None if subject is None else 0.5 if subject.startswith("92") else 0),
        (2, None if kind is None else {"maker": 2, "workshop": 2, "catering": 2, "sales": 1}.get(kind, 0)),
        (1, None if staff is None else 1 if staff < 5 else 0.5 if staff <= 20 else 0),
        (2, None if licence is None else 2 if licence < 0 else 1 if licence <= 90 else 0),
        (1, None if class_ is None else {1: 0, 2: 0, 3: 0.5, 4: 1}[class_]),
        (0.5, None if siblings is None else 0.5 * (siblings > 20)),
    ]


def licence_left(site: Site) -> int | None:
    """Days until the licence expires."""
    return None if site["licence_valid_to"] is None else site["licence_valid_to"] - DAY


def changes(site: Site) -> Points:
    """D: changes of the firm."""
    share = expired_share(site)
    return [
        (2, 1.0 * bool(recent(site, 365, "REPORT_LATE"))),
        (3, min(3, 3 * len(recent(site, 1096, "FALSE_INFO")))),
        (1, min(1, len(recent(site, 365, "OWNER_CHANGE")))),
        (2, None if share is None else 2 * share),
    ]


def supervision(site: Site, visits_known: bool) -> Points:
    """S: supervision."""
    public = public_penalties(site)
    yuan = sum(e["amount"] for e in public if e["amount"] == e["amount"])
    result = latest(site, 730)
    grade = cfda2016(site)[1]

    def problems(kind: str) -> float | None:
        found = [v for v in known_visits(site, 730, kind) if v["result"] in ("conditional", "fail")]
        return min(1, len(found)) if visits_known else None

    return [
        (3, min(3, 3 * len(live(site, "ABN")))),
        (1, min(1, len(ended(site, 1096, "ABN")))),
        (4, min(4, 4 * len(live(site, "SERIOUS")))),
        (4, min(4, 2 * len(one_a_case(public)))),
        (4, min(4, max((W[e["code"]] for e in public), default=0))),
        (2, 2 if yuan >= 50_000 else 1 if yuan >= 10_000 else 0),
        (2, min(2, 2 * repeated(one_a_case(public), 365))),
        (2, min(2, 0.5 * len(recent(site, 365, "RECT_ORDER")))),
        (2, min(2, 2 * len(recent(site, 365, "RECT_OVERDUE")))),
        (3, min(3, 1.5 * len(recent(site, 730, *FAILED_VISIT)))),
        (2, None if result is None else result),
        (1, problems("DR")),
        (1, problems("UA")),
        (3, min(3, 1.5 * len(recent(site, 730, *SAMPLES)))),
        (1, min(1, len(recent(site, 1096, "ACCIDENT")))),
        (0.5, min(0.5, 0.5 * len(recent(site, 365, "INTERVIEW")))),
        (1, min(1, len(recent(site, 730, "REFUSE")))),
        (0.5, {0: 0, 1: 0, 2: 0.25, 3: 0.5}[grade or 0]),
    ]


def ended(site: Site, days: int, *codes: str) -> list[Row]:
    """Events that ended in the last days, and are not held on in a corrected version."""
    held = {e["event_id"] for e in current(site, *codes)}
    gone = [e for e in site["events"] if e["code"] in codes and e["known_on"] < DAY and 0 < DAY - e["gone_on"] <= days]
    return list({e["event_id"]: e for e in gone if e["event_id"] not in held}.values())


def shenzhen_general(site: Site, siblings: int | None) -> Grade:
    """Six grades; a new site is not safer than B."""
    score, since = shenzhen_score(site, siblings), days_registered(site)
    rank = worse_than(score, (5, True), (15, True), (30, True), (50, True), (70, True)) or 0
    if since is not None and since < 183:
        rank = max(rank, 2)
    veto = live(site, "SERIOUS") or recent(site, 1096, "ACCIDENT")
    veto = veto or [e for e in public_penalties(site) if e["code"] in ("PEN_REVOKE", "PEN_CRIM")]
    return score, 5 if veto else rank


def samr2022(site: Site, siblings: int | None) -> Grade:
    """Four classes on the same points."""
    score = shenzhen_score(site, siblings)
    return score, 3 if live(site, "SERIOUS") else worse_than(score, (10, True), (30, True), (55, True))


def zhenhai(site: Site) -> Grade:
    """Three layers; less than half of the weight covered: 70."""
    since, licence, share = days_registered(site), licence_left(site), expired_share(site)
    abnormal = 0.0 if live(site, "ABN") else 0.5 if ended(site, 365, "ABN") else 1.0
    serious, accident = live(site, "SERIOUS"), recent(site, 1096, "ACCIDENT")
    credit = [
        (5, None if since is None else 0.4 + 0.2 * ((since >= 365) + (since >= 1096) + (since >= 1826))),
        (5, 0.5 if recent(site, 365, "REPORT_LATE") else 1),
        (6, None if licence is None else 0 if licence < 0 else 0.7 if licence <= 90 else 1),
        (5, None if share is None else 1 - share),
        (4, abnormal),
        (15, max(0, 1 - weighed(one_a_case(public_penalties(site), W), W) / 6)),
        (8, 0 if serious else 1),
        (7, 0 if live(site, "DISHONEST") else 1),
        (5, max(0, 1 - len(recent(site, 365, *SAMPLES)) / 2)),
        (5, 0 if recent(site, 365, "COMMIT_BREACH") else 0.5),
        (3, 1 if recent(site, 1096, "AWARD_CITY", "AWARD_COUNTY") else 0.5),
    ]
    result, grade = latest(site, 730), catering_abc(site)[1]
    trade = [
        (8, None if result is None else (1, 0.7, 0)[result]),
        (3, 0.5 if grade is None else (1, 0.7, 0.4, 0)[grade]),
        (5, max(0, 1 - len(recent(site, 365, "COMPL_VALID")) / 5)),
        (5, 1 if valid(site, "CERT_HACCP", "CERT_22000", "CERT_KITCHEN") else 0.5),
    ]
    drawn = known_visits(site, 365, "DR")
    last = max((v["visited_on"] for v in drawn), default=None)
    told = {"pass": 0, "inspected": 0, "conditional": 1, "fail": 2}
    spot = max((told[v["result"]] for v in drawn if v["visited_on"] == last), default=None)
    social = [(30, None if spot is None else (1, 0.6, 0)[spot])]
    score = round(0.3 * layer(credit) + 0.6 * layer(trade) + 0.1 * layer(social), 6)
    rank = 0 if score >= 90 else 1 if score >= 75 else 2 if score >= 60 else 3
    return score, 3 if serious or accident else rank


def layer(points: Points) -> float:
    """100 times the weighted mean; 70 with less than half of 100 covered."""
    there = [(weight, value) for weight, value in points if value is not None]
    covered = sum(weight for weight, _ in there)
    return 100 * sum(weight * value for weight, value in there) / covered if covered >= 50 else 70.0
