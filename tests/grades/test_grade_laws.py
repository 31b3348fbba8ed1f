"""What GRADES 11.5 asks of every system: bad facts never help, good ones and repair never hurt, the future is unknown.

Every random site is graded together with changed copies of itself.
"""

import os
from collections.abc import Callable
from copy import deepcopy
from functools import cache

import numpy as np
import pandas as pd
import pytest

from random_sites import random_site, tables
from riskml.grades import grade_log, load_system, system_names
from riskml.records.days import NEVER
from slow_facts import DAY, Row, Site, W

COUNT = 3_000 if os.environ.get("RISKML_FULL") == "1" else 200
BAD = (
    *W, "SAMP_LABEL", "SAMP_STD", "SAMP_SEVERE", "RECT_ORDER", "RECT_OVERDUE", "ABN", "SERIOUS", "DISHONEST",
    "ACCIDENT", "COMPL_VALID", "REPORT_VALID", "COMPLAINT", "REFUSE", "FALSE_INFO", "COMMIT_BREACH", "INTERVIEW",
    "REPORT_LATE", "HEALTH_CERT_EXPIRED",
)  # fmt: skip
GOOD = ("CERT_HACCP", "CERT_GMP", "CERT_22000", "CERT_KITCHEN", "AWARD_CITY", "AWARD_COUNTY")
SYSTEMS = [name for name in system_names() if name not in ("fhrs", "zhenping_public", "zhenping_stars")]
BY_SCORE = ("nyc_letter",)
"""Systems whose visits have a score that is higher the worse."""


def fact(rng: np.random.Generator, site: Site, codes: tuple[str, ...]) -> Row:
    """A fact of the last three years, known."""
    happened = DAY - int(rng.choice(np.array([rng.integers(1, 1300), 92, 365, 366, 1096])))
    return {
        "event_id": "new", "site_id": site["site_id"], "code": str(rng.choice(list(codes))), "occurred_on": happened,
        "known_on": happened, "gone_on": NEVER, "repaired_on": NEVER, "valid_to": NEVER, "case_id": None, "quantity": 2,
        "amount": float(rng.choice([3_000, 60_000])),
    }  # fmt: skip


def add_bad(rng: np.random.Generator, site: Site) -> None:
    """One more bad fact."""
    site["events"].append(fact(rng, site, BAD))


def add_good(rng: np.random.Generator, site: Site) -> None:
    """A certificate or an award."""
    site["events"].append(fact(rng, site, GOOD))


def visit_today(site: Site, codes: tuple[str, ...], **told: object) -> None:
    """A visit of yesterday, with its events."""
    visit = {"inspection_id": "new", "site_id": site["site_id"], "visited_on": DAY - 1, "known_on": DAY - 1}
    site["visits"].append({**visit, "visit_type": "RI", "general_fail": 0, "key_fail": 0, "label_version": "1", **told})
    row = fact(np.random.default_rng(0), site, ("VISIT",))
    site["events"] += [
        {**row, "event_id": f"new:{c}", "code": c, "occurred_on": DAY - 1, "known_on": DAY - 1} for c in codes
    ]


def add_worst_visit(_: np.random.Generator, site: Site) -> None:
    """A visit that is as bad as any; by the latest visit alone, a lighter failure may stand for a heavier one."""
    codes = ("VISIT", "VISIT_FAIL", "VISIT_FAIL_BROAD")
    visit_today(site, codes, result="fail", key_fail=12, score=0.0)


def add_worst_reinspection(_: np.random.Generator, site: Site) -> None:
    """The same where a high score is bad and re-inspections count."""
    visit_today(site, (), result="fail", key_fail=12, score=200.0, visit_type="FU")


def add_clean_visit(_: np.random.Generator, site: Site) -> None:
    """A visit without a fault, with the best score there is."""
    visit_today(site, ("VISIT",), result="pass", score=10.0)


def repair(rng: np.random.Generator, site: Site) -> None:
    """About half of the bad facts repaired."""
    for event in site["events"]:
        if event["code"] not in GOOD and rng.integers(2):
            event["repaired_on"] = min(event["repaired_on"], DAY - 1)


def let_certificates_expire(_: np.random.Generator, site: Site) -> None:
    """Certificates that ran out yesterday."""
    for event in site["events"]:
        if event["code"].startswith(("CERT", "HEALTH_CERT")):
            event["valid_to"] = min(event["valid_to"], DAY - 1)


def know_more_later(rng: np.random.Generator, site: Site) -> None:
    """Facts, ends, repairs and visits that become known on the decision day or after it."""
    for event in site["events"]:
        event["gone_on"] = NEVER if event["gone_on"] >= DAY else event["gone_on"]
        event["repaired_on"] = NEVER if event["repaired_on"] >= DAY else event["repaired_on"]
    add_bad(rng, site)
    site["events"][-1]["known_on"] = DAY
    visit_today(site, ("VISIT", "VISIT_FAIL"), result="fail", key_fail=12, score=0.0)
    for event in site["events"][-2:]:
        event["known_on"] = DAY
    site["visits"][-1]["known_on"] = DAY


CHANGES: tuple[Callable[[np.random.Generator, Site], None], ...] = (
    add_bad, add_good, add_worst_visit, add_worst_reinspection, add_clean_visit, repair, let_certificates_expire,
    know_more_later,
)  # fmt: skip


@cache
def town() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Random sites and, after them, the same sites with each change."""
    rng = np.random.default_rng(8)
    sites = [random_site(rng, number) for number in range(COUNT)]
    for site in sites:
        for event in site["events"]:  # one decision makes the penalties of a case: they fall on one day
            event["case_id"] = event["case_id"] and f"{event['case_id']}:{event['occurred_on']}"
    changed = [deepcopy(site) for _ in CHANGES for site in sites]
    for place, site in enumerate(changed):
        CHANGES[place // COUNT](rng, site)
        rename(site, f"{site['site_id']}+{place // COUNT}")
    return tables([*sites, *changed])


def rename(site: Site, name: str) -> None:
    """Another name for a site and all that is its own."""
    old = site["site_id"]
    for row in (site, *site["events"], *site["visits"]):
        row["site_id"] = name
    for row in site["events"]:
        row["event_id"] = f"{name}/{row['event_id'].removeprefix(old)}"
    for row in site["visits"]:
        row["inspection_id"] = f"{name}/{row['inspection_id'].removeprefix(old)}"


@cache
def graded(name: str) -> pd.DataFrame:
    """The whole town by a system."""
    sites, log, visits = town()
    return grade_log(sites, log, load_system(name), DAY, visits=visits)


def before_and_after(name: str, change: Callable[..., None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Grades of the sites as they were, and with a change."""
    table, place = graded(name), 1 + CHANGES.index(change)
    columns = ["points", "rank", "level", "veto", "score"]
    return table[columns].iloc[:COUNT], table[columns].iloc[place * COUNT : (place + 1) * COUNT].reset_index(drop=True)


def never_rises(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """The other's points and ranks are nowhere higher; where there is no level, nothing is said."""
    both = (one["rank"].notna() & other["rank"].notna()).to_numpy()
    assert both.any()
    assert (other["rank"][both] <= one["rank"][both]).all()
    points = one["points"].notna() & other["points"].notna() & both
    assert (other["points"][points] <= one["points"][points] + 1e-9).all()


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_further_bad_fact_never_lowers_the_risk_in_any_system(name: str) -> None:
    before, after = before_and_after(name, add_bad)
    never_rises(after, before)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_visit_as_bad_as_any_never_lowers_the_risk(name: str) -> None:
    before, after = before_and_after(name, add_worst_reinspection if name in BY_SCORE else add_worst_visit)
    never_rises(after, before)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_certificate_or_award_never_raises_the_risk(name: str) -> None:
    before, after = before_and_after(name, add_good)
    never_rises(before, after)


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name not in BY_SCORE])
def test_a_clean_visit_never_worsens_the_level(name: str) -> None:
    before, after = before_and_after(name, add_clean_visit)
    both = (before["rank"].notna() & after["rank"].notna()).to_numpy()
    assert (after["rank"][both] <= before["rank"][both]).all()


@pytest.mark.parametrize("name", SYSTEMS)
def test_repair_never_raises_the_risk_in_any_system(name: str) -> None:
    before, after = before_and_after(name, repair)
    never_rises(before, after)


@pytest.mark.parametrize("name", SYSTEMS)
def test_certificates_that_expire_never_lower_the_risk(name: str) -> None:
    before, after = before_and_after(name, let_certificates_expire)
    never_rises(after, before)


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_is_known_later_changes_nothing_before(name: str) -> None:
    before, after = before_and_after(name, know_more_later)
    pd.testing.assert_frame_equal(before, after)


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_kind_of_change_is_felt_by_the_systems_that_read_it(name: str) -> None:
    """The laws above would hold for a system that looks at nothing."""
    felt = {change.__name__ for change in CHANGES if not same(*before_and_after(name, change))}
    feels = {"nyc_letter": {"add_worst_reinspection", "add_clean_visit"}, "chicago_risk": set()}
    assert felt >= feels.get(name, {"add_bad"})


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether all points and ranks are the same."""
    return bool(one[["points", "rank"]].equals(other[["points", "rank"]]))


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_order_of_rows_is_irrelevant_in_any_system(name: str) -> None:
    sites, log, visits = town()
    mixed = [table.sample(frac=1, random_state=2).reset_index(drop=True) for table in (sites, log, visits)]
    other = grade_log(mixed[0], mixed[1], load_system(name), DAY, visits=mixed[2])
    again = other.set_index("site_id").loc[sites["site_id"]].reset_index()
    pd.testing.assert_frame_equal(again, graded(name), check_column_type=False)
