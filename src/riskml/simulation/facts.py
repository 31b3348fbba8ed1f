"""Facts that no visit brings: complaints, samples, lists, certificates, awards, changes of owner."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskml.records.days import NEVER, Days
from riskml.simulation.cases import open_cases
from riskml.simulation.ledger import Ledger
from riskml.simulation.months import Months, plus_workdays
from riskml.simulation.register import Register
from riskml.simulation.risk import Risk
from riskml.simulation.settings import Flags, Floats, Ints, Settings, by_class, expit

STALE = 730
"""Certificates and awards of the start are at most so many days old."""


@dataclass(frozen=True)
class Scene:
    """What the facts are drawn from: generator, numbers, sites, hidden state, months, and where they are written."""

    rng: np.random.Generator
    settings: Settings
    register: Register
    risk: Risk
    months: Months
    ledger: Ledger

    def open(self) -> Flags:
        """Whether each site is in business on each month's first day, shape (n, months)."""
        firsts = self.months.starts[:-1]
        return np.asarray((self.register.registered[:, None] < firsts) & (self.register.leaves[:, None] > firsts))

    def risk_factor(self, slope: float) -> Floats:
        """exp(slope x quality) with mean 1, shape (n, months)."""
        return np.asarray(np.exp(slope * self.risk.quality - slope**2 / 2.0))

    def occurrences(self, monthly_rate: Floats) -> tuple[Ints, Ints, Days]:
        """Site, month and day of Poisson events at a rate a month, shape (n, months), while sites are in business."""
        counts = self.rng.poisson(monthly_rate * self.open())
        site, month = (np.repeat(index, counts[counts > 0]) for index in np.nonzero(counts))
        lengths = np.diff(self.months.starts)[month]
        day = self.months.starts[month] + np.floor(self.rng.random(len(site)) * lengths)
        return site, month, day.astype(np.int32)

    def lag(self, days: Days, low: int, high: int) -> Days:
        """Each day and low to high days more."""
        return (days + self.rng.integers(low, high + 1, len(days))).astype(np.int32)


def write_facts(scene: Scene) -> tuple[Ints, Days]:
    """Write all facts that no visit brings; returns site and day of the complaints that call for a visit."""
    _owner_changes(scene)
    _honours(scene)
    _health_certificates(scene)
    _lists(scene)
    _samples(scene)
    return _complaints(scene)


def _complaints(scene: Scene) -> tuple[Ints, Days]:
    rules, rng, n = scene.settings["complaints"], scene.rng, len(scene.register)
    popular = np.where(scene.register.classes == "catering", rules["catering_factor"], 1.0)
    popular *= rng.gamma(rules["dispersion"], 1.0 / rules["dispersion"], n) / popular.mean()
    rate = rules["rate"] / 12.0 * popular[:, None] * scene.risk_factor(rules["risk_slope"])
    site, month, day = scene.occurrences(rate)
    scene.ledger.add_events("COMPLAINT", site, occurred_on=day, known_on=scene.lag(day, 0, 1), scope="site")
    leaning = rules["upheld_logit"] + rules["upheld_slope"] * scene.risk.quality[site, month]
    upheld = rng.random(len(site)) < expit(leaning)
    report = rng.random(len(site)) < rules["report_share"]
    finding = plus_workdays(day, rng.integers(15, 22, len(site)))
    code = np.where(report, "REPORT_VALID", "COMPL_VALID")[upheld]
    scene.ledger.add_events(code, site[upheld], occurred_on=day[upheld], known_on=finding[upheld], scope="site")
    share = rules["food_safety"] * scene.settings["visits"]["complaint_check"]
    checked = rng.random(len(site)) < share
    return site[checked], scene.lag(day[checked], 3, 10)


def _samples(scene: Scene) -> None:
    """Failed samples of the sampling programme; passed ones leave no event. A severe one can open a case."""
    rules, rng, classes = scene.settings["samples"], scene.rng, scene.register.classes
    failed = np.where(scene.register.stalls, rules["stall"], by_class(rules["failed"], classes))
    rate = by_class(rules["rate"], classes) * failed / 12.0
    site, _, day = scene.occurrences(rate[:, None] * scene.risk_factor(rules["risk_slope"]))
    weights = np.array(list(rules["kinds"].values()))
    code = np.array(list(rules["kinds"]))[rng.choice(len(weights), len(site), p=weights / weights.sum())]
    report = plus_workdays(day, rng.integers(10, 21, len(site)))
    role = np.where(classes[site] == "maker", "labelled_maker", "sampled_site")
    events = scene.ledger.add_events(code, site, occurred_on=day, known_on=report, role=role, scope="site")
    wrong = (code == "SAMP_LABEL") & (rng.random(len(site)) < scene.settings["cases"]["corrected"])
    later = scene.lag(report, 20, 60)[wrong]
    scene.ledger.amend(
        "correct", events[wrong], effective_on=later, known_on=later + 1, column="code", value="SAMP_STD"
    )
    case = (code != "SAMP_LABEL") & (rng.random(len(site)) < rules["case_share"])
    opened = scene.lag(report[case], 0, 15)
    open_cases(rng, scene.settings, scene.ledger, site=site[case], from_day=report[case], opened_on=opened)


def _lists(scene: Scene) -> None:
    """Abnormal list, judgment defaulters, serious list: of the legal person, so on all its sites."""
    rules, rng = scene.settings["lists"], scene.rng
    july = scene.months.of_year == 7
    abnormal = rules["abnormal_rate"] * np.where(july, rules["abnormal_july"], (1.0 - rules["abnormal_july"]) / 11.0)
    factor = scene.risk_factor(rules["risk_slope"])
    for code, rate, stock, stay in (
        ("ABN", abnormal, rules["abnormal_stock"], rules["abnormal_months"]),
        ("DISHONEST", rules["dishonest_rate"] / 12.0, 2.0 * rules["dishonest_rate"], rules["dishonest_months"]),
        ("SERIOUS", rules["serious_rate"] / 12.0, 0.0, 36.0),
    ):
        lead = np.zeros(len(scene.register), dtype=bool)
        lead[np.unique(scene.register.subject, return_index=True)[1]] = True
        site, _, day = scene.occurrences(factor * rate * lead[:, None])
        old = np.flatnonzero(lead & scene.open()[:, 0] & (rng.random(len(lead)) < stock * factor[:, 0]))
        before = (scene.months.start - rng.integers(1, 365, len(old))).astype(np.int32)
        _listed(scene, code, np.append(site, old), np.append(day, before), stay_months=stay)


def _listed(scene: Scene, code: str, lead: Ints, day: Days, *, stay_months: float) -> None:
    """Write listings of the legal persons of the sites `lead`, with their ends; older ones are known from the start."""
    register, rng = scene.register, scene.rng
    stay = np.maximum(stay_months * 30.4 * np.exp(0.6 * rng.standard_normal(len(lead))), 20.0)
    start = scene.months.start
    ends = np.where(day < start, start, day) + stay.astype(np.int32)
    cases = pd.DataFrame({"subject": register.subject[lead], "day": day, "end": ends})
    owned = pd.DataFrame({"subject": register.subject, "site": np.arange(len(register))})
    rows = cases.merge(owned, on="subject", how="left")
    site, day, ends = (rows[name].to_numpy() for name in ("site", "day", "end"))
    there = (register.registered[site] <= day) & (register.leaves[site] > day)
    site, day, ends = site[there], day[there].astype(np.int32), ends[there].astype(np.int32)
    known = np.maximum(scene.lag(day, 1, 3), start)
    events = scene.ledger.add_events(code, site, occurred_on=day, known_on=known, scope="legal_person")
    scene.ledger.amend("end", events, effective_on=ends, known_on=np.maximum(scene.lag(ends, 0, 3), known + 1))


def _honours(scene: Scene) -> None:
    """Certificates of management systems and awards, rarer where the risk is higher."""
    rules, register = scene.settings["honours"], scene.register
    shares = {code: by_class(table, register.classes) for code, table in rules["certificates"].items()}
    shares["AWARD_CITY"] = np.full(len(register), rules["award"])
    good = scene.risk_factor(rules["risk_slope"])[:, 0]
    for code, share in shares.items():
        first = np.maximum(register.registered + 30, scene.months.start - STALE)
        last = np.minimum(register.leaves, scene.months.end)
        site = np.flatnonzero((scene.rng.random(len(register)) < share * good) & (first < last))
        day = np.floor(first + scene.rng.random(len(first)) * (last - first)).astype(np.int32)[site]
        known = np.maximum(scene.lag(day, 3, 20), scene.months.start)
        until = NEVER if code == "AWARD_CITY" else day + round(365.25 * rules["certificate_years"])
        scene.ledger.add_events(code, site, occurred_on=day, known_on=known, valid_to=until, scope="site")


def _health_certificates(scene: Scene) -> None:
    rules = scene.settings["health"]
    site, _, day = scene.occurrences(rules["rate"] / 12.0 * scene.risk_factor(rules["risk_slope"]))
    persons = 1 + scene.rng.poisson(0.3, len(site))
    known = scene.lag(day, 0, 7)
    events = scene.ledger.add_events(
        "HEALTH_CERT_EXPIRED", site, occurred_on=day, known_on=known, quantity=persons, scope="site"
    )
    renewed = scene.lag(day, 10, 90)
    scene.ledger.amend("end", events, effective_on=renewed, known_on=np.maximum(scene.lag(renewed, 1, 5), known + 1))


def _owner_changes(scene: Scene) -> None:
    site, month = scene.risk.owner_site, scene.risk.owner_month
    day = (scene.months.starts[month] + scene.rng.integers(0, 28, len(site))).astype(np.int32)
    scene.ledger.add_events("OWNER_CHANGE", site, occurred_on=day, known_on=scene.lag(day, 1, 10), scope="site")
