"""What follows a visit: orders and their correction, follow-up visits, samples, cases, warnings."""

from dataclasses import dataclass

import numpy as np

from riskml.records.days import Days
from riskml.simulation.cases import open_cases, warn
from riskml.simulation.findings import Findings
from riskml.simulation.ledger import Ledger
from riskml.simulation.months import next_weekday, plus_workdays
from riskml.simulation.settings import Flags, Ints, Settings, Texts
from riskml.simulation.visits import TASKS, entered_on


@dataclass(frozen=True)
class Made:
    """Visits that were made, n in all: number, site, days, inspector, and the day each site's business ends."""

    visit: Ints
    site: Ints
    visited_on: Days
    known_on: Days
    inspector: Texts
    leaves: Days

    def only(self, rows: Flags) -> "Made":
        """The rows marked."""
        return Made(**{name: values[rows] for name, values in self.__dict__.items()})


def write_aftermath(
    rng: np.random.Generator, settings: Settings, ledger: Ledger, made: Made, findings: Findings
) -> None:
    """Write everything that follows from the findings of the visits made."""
    spot = made.only(findings.action == "spot")
    ledger.add_events(
        "RECT_SPOT", spot.site, occurred_on=spot.visited_on, known_on=spot.known_on, visit=spot.visit, scope="site"
    )
    _orders(rng, settings, ledger, made.only(findings.action == "rectify_order"))
    _cases(rng, settings, ledger, made.only(findings.with_case("soon")))
    _sampled_cases(rng, settings, ledger, made.only(findings.with_case("sample")))
    plain = findings.of("plain_fail", "plain_order", "plain_talk")
    warned = made.only(plain & (rng.random(len(plain)) < settings["findings"]["plain_warning"]))
    warn(
        rng,
        ledger,
        site=warned.site,
        visited_on=warned.visited_on,
        known_from=warned.known_on,
        visit=warned.visit,
    )


def _orders(rng: np.random.Generator, settings: Settings, ledger: Ledger, made: Made) -> None:
    """Written orders: due in 7, 15 or 30 days, corrected in time or overdue, mostly checked on the spot."""
    rules, n = settings["findings"], len(made.site)
    term = rng.choice([7, 15, 30], n)
    due = (made.visited_on + term).astype(np.int32)
    order = ledger.add_events(
        "RECT_ORDER",
        made.site,
        occurred_on=made.visited_on,
        known_on=made.known_on,
        due_on=due,
        visit=made.visit,
        scope="site",
    )
    overdue = rng.random(n) < rules["overdue_share"]
    in_time = made.visited_on + np.ceil(rng.uniform(0.4, 1.0, n) * term)
    corrected = np.where(overdue, due + rng.integers(10, 61, n), in_time).astype(np.int32)
    recorded = rng.random(n) < rules["end_recorded"]
    done = np.maximum(corrected + rng.integers(0, 4, n), made.known_on + 1).astype(np.int32)
    ledger.amend("end", order[recorded], effective_on=corrected[recorded], known_on=done[recorded])
    late = made.only(overdue)
    noticed = np.maximum(due[overdue] + rng.integers(1, 5, len(late.site)), late.known_on).astype(np.int32)
    ledger.add_events("RECT_OVERDUE", late.site, occurred_on=due[overdue] + 1, known_on=noticed, scope="site")
    checked = rng.random(n) < settings["visits"]["follow_up_share"]
    _follow_ups(rng, settings, ledger, made.only(checked & overdue), due[checked & overdue] + 1, "fail")
    _follow_ups(rng, settings, ledger, made.only(checked), corrected[checked], "pass")


def _follow_ups(
    rng: np.random.Generator, settings: Settings, ledger: Ledger, made: Made, day: Days, result: str
) -> None:
    """Visits that see whether an order was obeyed, while the business is open."""
    visited = next_weekday(day)
    there = visited < made.leaves
    ledger.add_visits(
        made.site[there],
        visited_on=visited[there],
        known_on=entered_on(rng, settings, visited)[there],
        visit_type="FU",
        task_source=TASKS["FU"],
        result=result,
        action="none",
        inspector=made.inspector[there],
        label_version=settings["label_version"],
    )


def _cases(rng: np.random.Generator, settings: Settings, ledger: Ledger, made: Made) -> None:
    opened = (made.visited_on + rng.integers(0, 16, len(made.site))).astype(np.int32)
    open_cases(
        rng,
        settings,
        ledger,
        site=made.site,
        from_day=made.visited_on,
        opened_on=opened,
        known_from=made.known_on,
        visit=made.visit,
    )


def _sampled_cases(rng: np.random.Generator, settings: Settings, ledger: Ledger, made: Made) -> None:
    """Samples taken at the visit that failed severely: reported 10 to 20 working days later, then a case."""
    n = len(made.site)
    report = np.maximum(plus_workdays(made.visited_on, rng.integers(10, 21, n)), made.known_on)
    ledger.add_events(
        "SAMP_SEVERE",
        made.site,
        occurred_on=made.visited_on,
        known_on=report,
        visit=made.visit,
        role="sampled_site",
        scope="site",
    )
    opened = (report + rng.integers(0, 16, n)).astype(np.int32)
    open_cases(
        rng,
        settings,
        ledger,
        site=made.site,
        from_day=made.visited_on,
        opened_on=opened,
        known_from=made.known_on,
        visit=made.visit,
    )
