"""Cases and penalties: from the opening of a case to the decision, its repair, revocation or correction."""

import numpy as np

from riskml.records.days import Days
from riskml.simulation.ledger import NONE, Ledger
from riskml.simulation.settings import Flags, Floats, Ints, Settings

REPAIRABLE = ("PEN_FINE", "PEN_CONF")


def open_cases(
    rng: np.random.Generator,
    settings: Settings,
    ledger: Ledger,
    *,
    site: Ints,
    from_day: Days,
    opened_on: Days,
    known_from: "Days | None" = None,
    visit: "Ints | None" = None,
) -> None:
    """Write the opening of n cases and what became of them.

    Args:
        rng: generator.
        settings: of the bureau.
        ledger: written to.
        site: of each case.
        from_day: day of the visit or of the laboratory's report; the decision follows 30 to 90 days later.
        opened_on: day the case was opened, at most 60 days after `from_day`.
        known_from: nothing of a case is known before this day (that of its visit).
        visit: number of the visit it came from.
    """
    n, rules = len(site), settings["cases"]
    case, linked = ledger.new_cases(n), np.full(n, NONE) if visit is None else visit
    known = (opened_on + rng.integers(0, 2, n)).astype(np.int32)
    known = known if known_from is None else np.maximum(known, known_from)
    ledger.add_events("CASE_OPENED", site, occurred_on=opened_on, known_on=known, case=case, visit=linked, scope="site")
    decided = np.maximum(from_day + rng.integers(30, 91, n), opened_on + 10).astype(np.int32)
    kinds, weights = list(rules["kinds"]), np.array(list(rules["kinds"].values()))
    code = np.array(kinds)[rng.choice(len(kinds), n, p=weights / weights.sum())]
    code = np.where(rng.random(n) < rules["no_penalty"], "", code)
    columns = {"site": site, "decided": decided, "case": case, "visit": linked}
    fined = np.isin(code, REPAIRABLE)
    repaired = rng.random(n) < rules["repaired"]
    for penalty, rows in (*((kind, code == kind) for kind in kinds if kind != "PEN_FINE"), ("PEN_FINE", fined)):
        picked = {name: values[rows] for name, values in columns.items()}
        _penalise(rng, settings, ledger, penalty, repaired=repaired[rows], known_from=known[rows], **picked)


def warn(
    rng: np.random.Generator, ledger: Ledger, *, site: Ints, visited_on: Days, known_from: Days, visit: Ints
) -> None:
    """Write warnings given at once, by the simple procedure."""
    day = (visited_on + rng.integers(0, 4, len(site))).astype(np.int32)
    known = np.maximum(day + 1, known_from)
    case = ledger.new_cases(len(site))
    ledger.add_events("PEN_WARN", site, occurred_on=day, known_on=known, case=case, visit=visit, scope="site")


def _penalise(
    rng: np.random.Generator,
    settings: Settings,
    ledger: Ledger,
    code: str,
    *,
    site: Ints,
    decided: Days,
    case: Ints,
    visit: Ints,
    repaired: Flags,
    known_from: Days,
) -> None:
    n, rules = len(site), settings["cases"]
    known = np.maximum(decided + rng.integers(0, 4, n), known_from).astype(np.int32)
    amount = _amounts(rng, rules, code, n)
    events = ledger.add_events(
        code, site, occurred_on=decided, known_on=known, case=case, visit=visit, amount=amount, scope="site"
    )
    if code in REPAIRABLE:
        repair = (decided + rng.integers(365, 549, n)).astype(np.int32)[repaired]
        ledger.amend("repair", events[repaired], effective_on=repair, known_on=_later(rng, repair, 0, 5))
    fate = rng.random(n)
    revoked, wrong = fate < rules["revoked"], fate > 1.0 - rules["corrected"]
    withdrawn = _later(rng, known[revoked], 30, 200)
    ledger.amend("revoke", events[revoked], effective_on=withdrawn, known_on=withdrawn + 1)
    if code == "PEN_FINE":
        day = _later(rng, known[wrong], 5, 60)
        value = [f"{number:.0f}" for number in np.maximum(amount[wrong] / 2.0, 100.0)]
        ledger.amend(
            "correct",
            events[wrong],
            effective_on=day,
            known_on=day,
            column="amount",
            value=np.array(value, dtype=object),
        )


def _amounts(rng: np.random.Generator, rules: Settings, code: str, n: int) -> Floats:
    """Yuan, rounded to hundreds; lognormal, whose mean is median x exp(sigma^2 / 2)."""
    sigma = np.sqrt(2.0 * np.log(rules["fine_mean"] / rules["fine_median"]))
    spread = np.exp(sigma * rng.standard_normal(n))
    if code not in REPAIRABLE:
        return np.full(n, np.nan)
    median = rules["fine_median"] if code == "PEN_FINE" else rules["confiscated_median"]
    return np.asarray(np.maximum(np.round(median * spread, -2), 100.0))


def _later(rng: np.random.Generator, days: Days, low: int, high: int) -> Days:
    return (days + rng.integers(low, high + 1, len(days))).astype(np.int32)
