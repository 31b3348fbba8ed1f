"""One slow grader a system, in plain Python from the specification alone: site -> (score, rank or none)."""

from slow_facts import (
    FAILED_VISIT,
    SAMPLES,
    Site,
    W,
    age,
    below,
    current,
    days_registered,
    known_visits,
    live,
    one_a_case,
    public_penalties,
    recent,
    repeated,
    this_year,
    tier,
    valid,
    visit_days,
    weighed,
    worse_than,
)  # fmt: skip

Grade = tuple[float | None, int | None]
WUHAN = {
    "PEN_WARN": 0.5,
    "PEN_FINE": 1,
    "PEN_CONF": 2,
    "PEN_STOP": 3,
    "PEN_CANCEL": 6,
    "PEN_REVOKE": 10,
    "PEN_CRIM": 10,
}


def wuhan2017(site: Site) -> Grade:
    """Ten points, less the heaviest penalty of each fact of the calendar year."""
    score = max(0.0, 10 - weighed(one_a_case(this_year(site, *WUHAN), WUHAN), WUHAN))
    return score, below(score, 9, 7, 4)


def shaanxi2017(site: Site) -> Grade:
    """A hundred points."""
    score = 100 - 10 * weighed(one_a_case(public_penalties(site), W), W)
    score -= 10 * len(recent(site, 365, *SAMPLES)) + 10 * len(recent(site, 365, *FAILED_VISIT))
    score += 5 * len(valid(site, "CERT_HACCP", "CERT_GMP", "CERT_22000")) + 5 * len(recent(site, 1096, "AWARD_CITY"))
    veto = bool(recent(site, 730, "PEN_REVOKE", "ACCIDENT") or live(site, "SERIOUS"))
    veto |= repeated(recent(site, 730, "PEN_STOP"), 365) > 0
    return score, 3 if veto else below(score, 100, 80, 60)


def catering_abc(site: Site) -> Grade:
    """Mean score of twelve months; worst with two key items at the latest scored visit, or an accident."""
    scored = [v for v in known_visits(site, 365, "RI", "DR", "SP") if v["score"] is not None]
    marks = [v["score"] / 10 if v["score"] > 10 else v["score"] for v in scored]
    score = round(sum(marks) / len(marks), 6) if marks else None
    rank = below(score, 9, 7.5, 6)
    since = days_registered(site)
    if since is not None and since < 92:
        rank = None
    last = max((v["visited_on"] for v in scored), default=None)
    if any(v["visited_on"] == last and (v["key_fail"] or 0) >= 2 for v in scored) or recent(site, 183, "ACCIDENT"):
        rank = 3
    return score, rank


def cfda_static(site: Site) -> float:
    """Static factors, at most 40."""
    kind, form, area = site["industry_class"], site["format_code"], site["area_m2"]
    points = 0.0
    if kind == "sales":
        points += 0 if area is None else 1 + sum(area > bound for bound in (200, 1000, 2000, 3000))
        points += {"R1": 30, "R2": 20, "R3": 20, "R4": 5, "R5": 5, "R6": 15, "R7": 5, "R8": 10}.get(form, 0)
        points += 0 if form is None else {"R5": 3, "R7": 5}.get(form, 1)
    if form in ("C1", "C2", "C3", "C4", "C5", "C7", "C8", "C9", "S1", "S2") and area is not None:
        points += 2 + 2 * sum(area > bound for bound in (150, 500, 1000, 3000))
    if kind == "catering":
        points += {"C1": 25, "C2": 20, "C3": 20, "C4": 15, "C5": 10, "C6": 30, "C7": 15, "C8": 30, "C9": 30, "S1": 10,
                   "S2": 10}.get(form, 0)  # fmt: skip
    if kind in ("maker", "workshop"):
        points += {None: 0, 1: 13.5, 2: 19, 3: 27, 4: 36}[tier(site)]
    return min(40.0, points)


def cfda2016(site: Site) -> Grade:
    """Static 40, dynamic 60, one grade up and one down."""
    static, found, since = cfda_static(site), visit_days(site, 730), days_registered(site)
    if found:
        last = max(found)
        dynamic = {0: 8.0, 1: 20.0, 2: 45.0}[found[last]]
        for v in known_visits(site, 730, "RI", "DR", "SP", "UA", "FU", "CO"):
            if v["visited_on"] == last:
                dynamic = max(dynamic, min(60, 6 * (v["key_fail"] or 0) + 1.5 * (v["general_fail"] or 0)))
    else:
        dynamic = 1.5 * static if since is not None and since < 365 else 25.0
    score = round(min(100.0, static + dynamic), 6)
    rank = worse_than(score, (30, True), (45, True), (60, True)) or 0
    rank += bool(this_year(site, "SAMP_STD", "SAMP_SEVERE", "ACCIDENT", "REFUSE", "FALSE_INFO"))
    bad = live(site, *W, *SAMPLES, "RECT_ORDER", "RECT_OVERDUE", *FAILED_VISIT, "ACCIDENT", "REFUSE", "FALSE_INFO")
    clean = min([age(e) for e in bad] + ([] if since is None else [since]), default=10**6) >= 1096
    rank -= bool(clean or valid(site, "CERT_GMP", "CERT_HACCP") or recent(site, 1096, "AWARD_CITY"))
    return score, min(3, max(0, rank))


def shenzhen_food(site: Site) -> Grade:
    """Initial score by tier, deductions, bonuses, a downgrade."""
    score = 100.0 - {None: 0, 1: 0, 2: 5, 3: 10, 4: 15}[tier(site)]
    score -= 5 * weighed(one_a_case(public_penalties(site), W), W)
    score -= weighed(recent(site, 365, *SAMPLES), {"SAMP_LABEL": 10, "SAMP_STD": 10, "SAMP_SEVERE": 20})
    score -= weighed(recent(site, 365, "RECT_ORDER", "RECT_OVERDUE"), {"RECT_ORDER": 2, "RECT_OVERDUE": 5})
    score -= 8 * len(recent(site, 365, *FAILED_VISIT)) + 5 * len(recent(site, 365, "COMMIT_BREACH"))
    score -= 5 * bool(live(site, "ABN")) + 10 * bool(live(site, "DISHONEST"))
    bonus = sum(3 * bool(valid(site, code)) for code in ("CERT_HACCP", "CERT_GMP", "CERT_22000"))
    score += min(8, bonus + 2 * len(recent(site, 1096, "AWARD_CITY")))
    score = min(110.0, max(0.0, score))
    rank = min(3, (below(score, 95, 85, 70) or 0) + bool(recent(site, 180, "SAMP_SEVERE", "ACCIDENT")))
    veto = live(site, "SERIOUS") or any(e["code"] in ("PEN_REVOKE", "PEN_CRIM") for e in public_penalties(site))
    return score, 3 if veto else rank


def rizhao(site: Site, general: int | None) -> Grade:
    """Static, dynamic and general credit risk; `general` is the rank of the general class."""
    score = {None: 0.0, 1: 13.5, 2: 19.0, 3: 27.0, 4: 36.0}[tier(site)]
    score += {-1: 0, 0: 0, 1: 5, 2: 15}[max(visit_days(site, 365).values(), default=-1)]
    score += (0, 6, 10)[min(2, len(recent(site, 365, *SAMPLES)))] + 5 * bool(recent(site, 365, "INTERVIEW"))
    points = {"PEN_WARN": 3, "PEN_CRIT": 3, "PEN_FINE": 6, "PEN_CONF": 6}
    score += max((points.get(e["code"], 10) for e in public_penalties(site)), default=0)
    score += 0 if general is None else (0, 5, 12, 20)[general]
    rank = worse_than(score, (30, True), (45, True), (60, True)) or 0
    rank = max(0, rank - bool(valid(site, "CERT_HACCP", "CERT_GMP", "CERT_22000")))
    return score, 3 if live(site, "SERIOUS") or recent(site, 365, "ACCIDENT") else rank


def zhenping(site: Site) -> Grade:
    """Daily supervision and consumers reached."""
    results = [{0: 100, 1: 80, 2: 40}[r] for r in visit_days(site, 365).values()]
    quality = sum(results) / len(results) if results else 75
    quality = min(100, max(0, quality - 5 * len(recent(site, 365, "RECT_OVERDUE"))))
    kinds = {"C6": 100, "C8": 90, "C9": 90, "C1": 80, "C2": 80, "P1": 80, "P2": 80, "P4": 80, "C3": 60, "R1": 60,
             "P3": 60, "C4": 40, "C5": 40, "S1": 40, "S2": 40, "R3": 20, "R4": 20}  # fmt: skip
    score = round(0.6 * (100 - quality) + 0.4 * kinds.get(site["format_code"], 50), 6)
    veto = recent(site, 1096, "ACCIDENT") or live(site, "SERIOUS")
    return score, 3 if veto else worse_than(score, (25, True), (40, True), (55, True))


def xiangshan(site: Site) -> Grade:
    """Twelve points, less the breaches of twelve months."""
    lost = min(3, sum(e["quantity"] for e in recent(site, 365, "HEALTH_CERT_EXPIRED")))
    lost += 6 * len(recent(site, 365, *SAMPLES)) + len(recent(site, 365, "VISIT_FAIL_BROAD", "COMPL_VALID"))
    lost += 2 * len(recent(site, 365, "RECT_OVERDUE")) + 6 * len(one_a_case(recent(site, 365, *W)))
    lost += 12 * len(recent(site, 365, "FALSE_INFO"))
    score = min(14, max(0, 12 - lost + min(2, len(recent(site, 365, "AWARD_CITY", "AWARD_COUNTY")))))
    return score, 0 if score >= 10 else 1 if score >= 6 else 2 if score > 3 else 3


def nyc_letter(site: Site) -> Grade:
    """The score that set the letter in force: an initial inspection with an A, or a re-inspection."""
    scored = [v for v in known_visits(site, 10**6, "RI", "FU") if v["score"] is not None]
    graded = [v for v in scored if v["visit_type"] == "FU" or v["score"] <= 13]
    last = max((v["visited_on"] for v in graded), default=None)
    score = max((v["score"] for v in graded if v["visited_on"] == last), default=None)
    return score, worse_than(score, (14, False), (28, False))


def chicago_risk(site: Site) -> Grade:
    """The category of the site, or the latest change of it."""
    value = site["risk_category"]
    changes = [e for e in current(site, "RISK_CATEGORY") if e["quantity"] in (1, 2, 3)]
    if changes:
        value = max(changes, key=lambda e: (e["occurred_on"], e["known_on"], e["quantity"]))["quantity"]
    return None, {1: 0, 2: 1, 3: 2}.get(value)


def fhrs(hygiene: float, structure: float, confidence: float) -> Grade:
    """Go down from 5 until the total and the cap on each score both hold."""
    total, worst = hygiene + structure + confidence, max(hygiene, structure, confidence)
    steps = [(15, 5), (20, 10), (30, 10), (40, 15), (50, 20)]
    return total, next((place for place, (most, cap) in enumerate(steps) if total <= most and worst <= cap), 5)


def zhenping_public(n: float, environment: float, service: float, experience: float) -> Grade:
    """Stars drawn toward four."""
    mean = 0.5 * environment + 0.2 * service + 0.3 * experience
    score = round((n * mean + 10 * 4.0) / (n + 10), 6) if n >= 3 else None
    return score, below(score, 4.5, 3.8, 3.0)


def zhenping_stars(quality: float, skill: float) -> Grade:
    """Round half up of 1 to 5."""
    score = int(1 + 4 * (0.5 * quality + 0.5 * skill) + 0.5)
    return score, 5 - score
