"""Who is visited in a month: by the grade, by the campaign calendar, and by a draw that knows nothing."""

from dataclasses import dataclass

import numpy as np

from riskml.records.days import Days
from riskml.simulation.months import Months, next_weekday
from riskml.simulation.settings import Flags, Floats, Ints, Settings, Texts, by_class


@dataclass(frozen=True)
class Chosen:
    """The visits of one month.

    Attributes:
        site, day, kind: of each visit (kind: visit type), shape (v,).
        reached: whether somebody was there, shape (v,).
    """

    site: Ints
    day: Days
    kind: Texts
    reached: Flags


TASKS = {"RI": "annual_plan", "DR": "random_draw", "SP": "campaign", "CO": "complaint", "FU": "follow_up"}
"""Why a visit of each type is made."""


def planned_probabilities(
    settings: Settings, classes: Texts, *, visits_per_year: Floats, since: Ints, month_of_year: int
) -> dict[str, Floats]:
    """Probability of each kind of planned visit this month, each of shape (n,), before anybody knocks at a door.

    Args:
        settings: of the bureau.
        classes: industry classes of n sites.
        visits_per_year: prescribed by the grade in force.
        since: months since the last visit.
        month_of_year: 1 to 12.
    """
    rules, n = settings["visits"], len(classes)
    steps, factors = np.array(rules["spacing"]).T
    spacing = factors[np.maximum(np.searchsorted(steps, since, side="right") - 1, 0)]
    routine = 1.0 - np.exp(-rules["incumbent_scale"] * visits_per_year / 12.0 * spacing)
    campaign = by_class(rules["campaign_probability"], classes) * (month_of_year in rules["campaign_months"])
    return {"DR": np.full(n, rules["random_audit_rate"] / 12.0), "SP": campaign, "RI": routine}


def any_visit(probabilities: dict[str, Floats]) -> Floats:
    """Probability that at least one of independent draws succeeds, shape (n,)."""
    return np.asarray(1.0 - np.prod([1.0 - p for p in probabilities.values()], axis=0))


def choose(
    rng: np.random.Generator,
    settings: Settings,
    months: Months,
    month: int,
    *,
    probabilities: dict[str, Floats],
    last_visit: Days,
    on_roll: Flags,
    in_business: Flags,
) -> Chosen:
    """Draw the planned visits of a month, at most one a site; the random audit comes first, so no grade can touch it.

    Args:
        rng: generator; the same number of draws is taken whatever the outcome.
        settings: of the bureau.
        months: the calendar.
        month: which one.
        probabilities: of `planned_probabilities`.
        last_visit: day of each site's last planned visit; the next one keeps the distance of a recheck (`outcome`).
        on_roll: sites that the bureau takes to be in business.
        in_business: sites that are.
    """
    n = len(on_roll)
    drawn = {kind: rng.random(n) < p for kind, p in probabilities.items()}
    kind = np.select(list(drawn.values()), list(drawn), default="")
    earliest = last_visit + settings["outcome"]["recheck_days"] + 1
    day = months.weekday(month, rng.random(n), not_before=earliest)
    reached = (rng.random(n) >= settings["visits"]["not_found"]) & in_business
    site = np.flatnonzero(on_roll & (kind != ""))
    return Chosen(site, day[site], kind[site], reached[site])


def complaint_checks(site: Ints, day: Days, *, on_roll: Flags, in_business: Flags) -> Chosen:
    """The complaint checks of a month, on working days, of sites still on the roll."""
    still = on_roll[site]
    site, day = site[still], next_weekday(day[still])
    return Chosen(site, day, np.full(len(site), "CO"), in_business[site])


def entered_on(rng: np.random.Generator, settings: Settings, days: Days) -> Days:
    """Day on which each visit was entered: the next one, or 2 to 30 days later."""
    late = rng.random(len(days)) < settings["visits"]["late_share"]
    return (days + np.where(late, rng.integers(2, 31, len(days)), 1)).astype(np.int32)
