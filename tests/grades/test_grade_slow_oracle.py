"""Slow graders in plain Python, one a system, agree with the engine on random sites: all 10,000 with RISKML_FULL=1."""

import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import slow_general
import slow_grades
from random_sites import random_site, tables
from riskml.grades import grade_log, load_system, system_names
from slow_facts import DAY, Site, days_registered

COUNT = 10_000 if os.environ.get("RISKML_FULL") == "1" else 1_200
Grade = tuple[float | None, int | None]


@cache
def town() -> tuple[list[Site], pd.DataFrame, pd.DataFrame, pd.DataFrame, list[int | None]]:
    """Random sites, their tables, and how many sites each one's subject has."""
    rng = np.random.default_rng(20)
    sites = [random_site(rng, number) for number in range(COUNT)]
    there = [s for s in sites if s["registered_on"] is None or s["registered_on"] < DAY]
    counts = Counter(s["subject_id"] for s in there)
    siblings = [None if s["subject_id"] is None else counts[s["subject_id"]] for s in sites]
    register, log, visits = tables(sites)
    return sites, register, log.sample(frac=1, random_state=3).reset_index(drop=True), visits, siblings


def simple(grader: Callable[[Site], Grade]) -> Callable[[Site, int | None], Grade]:
    """A grader that does not look at the other sites of the subject."""
    return lambda site, _: grader(site)


def rizhao(site: Site, siblings: int | None) -> Grade:
    """Rizhao, with the general class."""
    return slow_grades.rizhao(site, slow_general.samr2022(site, siblings)[1])


SLOW: dict[str, Callable[[Site, int | None], Grade]] = {
    "wuhan2017": simple(slow_grades.wuhan2017),
    "shaanxi2017": simple(slow_grades.shaanxi2017),
    "catering_abc": simple(slow_grades.catering_abc),
    "cfda2016": simple(slow_grades.cfda2016),
    "shenzhen_food": simple(slow_grades.shenzhen_food),
    "rizhao": rizhao,
    "zhenping": simple(slow_grades.zhenping),
    "xiangshan": simple(slow_grades.xiangshan),
    "nyc_letter": simple(slow_grades.nyc_letter),
    "chicago_risk": simple(slow_grades.chicago_risk),
    "zhenhai": simple(slow_general.zhenhai),
    "shenzhen_general": slow_general.shenzhen_general,
    "samr2022": slow_general.samr2022,
    "guiyang": slow_general.samr2022,
}
GIVEN: dict[str, tuple[Callable[..., Grade], dict[str, list[float]]]] = {
    "fhrs": (slow_grades.fhrs, {"hygiene": [0, 5, 10, 15, 20, 25], "structure": [0, 5, 10, 15, 20, 25],
                                "confidence": [0, 5, 10, 20, 30]}),
    "zhenping_public": (slow_grades.zhenping_public, {"n": [0, 2, 3, 10, 500], "environment": [1, 2, 3, 4, 5],
                                                      "service": [1, 3, 5], "experience": [1, 2, 4, 5]}),
    "zhenping_stars": (slow_grades.zhenping_stars, {"quality": [0, 0.1, 0.5, 0.75, 1], "skill": [0, 0.3, 0.5, 1]}),
}  # fmt: skip


def test_every_system_has_a_slow_grader() -> None:
    assert {*SLOW, *GIVEN, "nanchang"} == set(system_names())


@pytest.mark.parametrize("name", SLOW)
def test_the_slow_grader_of_the_system_agrees_on_random_sites(name: str) -> None:
    sites, register, log, visits, siblings = town()
    fast = grade_log(register, log, load_system(name), DAY, visits=visits)
    slow = [SLOW[name](site, count) for site, count in zip(sites, siblings, strict=True)]
    check(fast, slow)
    assert len(set(fast["rank"].dropna())) >= min(3, len(load_system(name).levels))


@pytest.mark.parametrize("name", GIVEN)
def test_the_slow_grader_of_a_system_with_given_values_agrees(name: str) -> None:
    grader, values = GIVEN[name]
    rng = np.random.default_rng(4)
    given = pd.DataFrame({key: rng.choice(allowed, COUNT) for key, allowed in values.items()})
    sites = pd.DataFrame({"site_id": [f"s{number}" for number in range(COUNT)]})
    log = town()[2].iloc[:0]
    fast = grade_log(sites, log, load_system(name), DAY, provided=given)
    rows: list[dict[Any, Any]] = given.to_dict("records")
    check(fast, [grader(**row) for row in rows])


def check(fast: pd.DataFrame, slow: list[Grade]) -> None:
    """Scores and ranks are the same."""
    scores = np.array([np.nan if score is None else score for score, _ in slow], dtype=np.float64)
    np.testing.assert_allclose(fast["score"].to_numpy(np.float64), scores, rtol=0, atol=2e-6)
    assert [None if pd.isna(rank) else int(rank) for rank in fast["rank"]] == [rank for _, rank in slow]


def test_the_random_sites_reach_the_edges() -> None:
    sites = town()[0]
    ages = {DAY - e["occurred_on"] for site in sites for e in site["events"]}
    assert {92, 93, 365, 366, 730, 731, 1096, 1097} <= ages
    assert {days_registered(site) for site in sites} >= {365, 1096, None}
