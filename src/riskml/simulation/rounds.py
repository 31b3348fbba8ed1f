"""The monthly round: grade the sites, visit them, write down what was found, and keep the truth."""

import numpy as np

from riskml.records.days import NEVER
from riskml.simulation.aftermath import Made, write_aftermath
from riskml.simulation.bureau import Bureau
from riskml.simulation.findings import inspect
from riskml.simulation.ledger import Rows
from riskml.simulation.risk import average_risk, history_effect
from riskml.simulation.settings import Flags, Floats, Ints, expit
from riskml.simulation.visits import (
    TASKS,
    Chosen,
    any_visit,
    choose,
    complaint_checks,
    entered_on,
    planned_probabilities,
)

TRUTH_DIGITS = 4


def work_month(bureau: Bureau, month: int) -> None:
    """Let one month pass."""
    day, n = int(bureau.months.starts[month]), len(bureau.register)
    on_roll = (bureau.register.registered < day) & (bureau.struck > day)
    in_business = bureau.register.leaves > day
    planned, propensity = _plan(bureau, month, on_roll, in_business)
    strict = bureau.risk.strictness[bureau.register.office]
    inspector = bureau.streams["visits"].integers(0, strict.shape[1], n)
    uniform = bureau.streams["findings"].random(n)
    log_odds = bureau.risk.base[:, month] + history_effect(bureau.settings, bureau.since)
    at_visit = log_odds + strict[np.arange(n), inspector]
    _keep_truth(bureau, day, on_roll, average_risk(log_odds, strict), propensity, uniform < expit(at_visit))
    _carry_out(bureau, planned, at_visit[planned.site], uniform[planned.site], inspector[planned.site])
    checks = _due_checks(bureau, month, on_roll, in_business)
    _check_complaints(bureau, checks, log_odds[checks.site])
    _turn_page(bureau, month, planned, checks, in_business)


def _plan(bureau: Bureau, month: int, on_roll: Flags, in_business: Flags) -> tuple[Chosen, Floats]:
    """The planned visits, and every site's probability of one that finds somebody."""
    settings = bureau.settings
    probabilities = planned_probabilities(
        settings,
        bureau.register.classes,
        visits_per_year=bureau.prescribed(int(bureau.months.starts[month])),
        since=bureau.since,
        month_of_year=int(bureau.months.of_year[month]),
    )
    planned = choose(
        bureau.streams["visits"],
        settings,
        bureau.months,
        month,
        probabilities=probabilities,
        last_visit=bureau.last_visit,
        on_roll=on_roll,
        in_business=in_business,
    )
    return planned, any_visit(probabilities) * (1.0 - settings["visits"]["not_found"]) * in_business


def _keep_truth(bureau: Bureau, day: int, on_roll: Flags, risk: Floats, propensity: Floats, would_fail: Flags) -> None:
    site = np.flatnonzero(on_roll)
    rows: Rows = {
        "site": site,
        "as_of": np.full(len(site), day, dtype=np.int32),
        "latent_risk": risk[site].round(TRUTH_DIGITS),
        "propensity": propensity[site].round(TRUTH_DIGITS),
        "would_fail": would_fail[site],
    }
    bureau.truth.append(rows)


def _carry_out(bureau: Bureau, chosen: Chosen, log_odds: Floats, uniform: Floats, inspector: Ints) -> None:
    """Write the visits, their findings, and what follows."""
    rng, settings, ledger = bureau.streams["findings"], bureau.settings, bureau.ledger
    findings = inspect(rng, settings, log_odds=log_odds, uniform=uniform)
    known = entered_on(bureau.streams["visits"], settings, chosen.day)
    names = bureau.register.inspectors[bureau.register.office[chosen.site], inspector]
    missed = ~chosen.reached
    numbers = ledger.add_visits(
        chosen.site,
        visited_on=chosen.day,
        known_on=known,
        visit_type=chosen.kind,
        task_source=np.array([TASKS[kind] for kind in chosen.kind.tolist()], dtype=np.str_),
        result=np.where(missed, "not_found", findings.result),
        action=np.where(missed, "none", findings.action),
        score=np.where(missed, np.nan, findings.score),
        key_fail=np.where(missed, 0, findings.key_fail),
        general_fail=np.where(missed, 0, findings.general_fail),
        inspector=names,
        label_version=settings["label_version"],
    )
    leaves = bureau.register.leaves[chosen.site]
    made = Made(numbers, chosen.site, chosen.day, known, names, leaves).only(chosen.reached)
    write_aftermath(bureau.streams["aftermath"], settings, ledger, made, findings.only(chosen.reached))


def _due_checks(bureau: Bureau, month: int, on_roll: Flags, in_business: Flags) -> Chosen:
    """The complaint checks due this month, at most one a site."""
    site, day = bureau.checks
    due = bureau.months.index(day) == month
    first = np.unique(site[due], return_index=True)[1]
    return complaint_checks(site[due][first], day[due][first], on_roll=on_roll, in_business=in_business)


def _check_complaints(bureau: Bureau, checks: Chosen, log_odds: Floats) -> None:
    """Complaint checks find more, and have an inspector and a chance of their own."""
    rng, v = bureau.streams["visits"], len(checks.site)
    inspector = rng.integers(0, bureau.register.inspectors.shape[1], v)
    strict = bureau.risk.strictness[bureau.register.office[checks.site], inspector]
    _carry_out(bureau, checks, log_odds + strict + bureau.settings["risk"]["suspicion"], rng.random(v), inspector)


def _turn_page(bureau: Bureau, month: int, planned: Chosen, checks: Chosen, in_business: Flags) -> None:
    """Remember who was visited, strike off the roll who is gone, close the books."""
    bureau.since += 1
    for chosen in (planned, checks):
        bureau.since[chosen.site[chosen.reached]] = 1
    bureau.last_visit[planned.site] = planned.day
    missed = np.union1d(planned.site[~planned.reached], checks.site[~checks.reached])
    gone = missed[~in_business[missed] & (bureau.struck[missed] == NEVER)]
    bureau.struck[gone] = bureau.months.starts[min(month + 2, len(bureau.months))]
    listed = (bureau.struck[gone] - 10).astype(np.int32)
    bureau.ledger.add_events("ABN", gone, occurred_on=listed, known_on=listed + 1, scope="site")
    bureau.close_books()
