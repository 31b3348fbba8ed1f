"""The bureau at work: its sites, its ledger, and what it remembers from month to month."""

from dataclasses import dataclass, field

import numpy as np

from riskml.grades import System, grade_log, load_system
from riskml.records.days import NEVER, Days
from riskml.simulation.facts import Scene, write_facts
from riskml.simulation.ledger import Ledger, Rows
from riskml.simulation.months import Months
from riskml.simulation.partitions import Partition
from riskml.simulation.register import Register, register
from riskml.simulation.risk import Risk, draw_risk, months_since_registration
from riskml.simulation.settings import Floats, Ints, Settings, read_settings
from riskml.simulation.versions import Versions


@dataclass
class Bureau:
    """The bureau of one partition.

    Attributes:
        settings, months, register, risk, ledger, system: what it works with.
        streams: a generator for each stage.
        checks: site and day of complaints that call for a visit.
        since: months since each site's last visit.
        last_visit: day of each site's last planned visit; day 0 if there was none.
        struck: first day off the roll of each site, as far as it is decided.
        versions: of all events written so far.
        truth: columns of the table "truth", one set a month, sites and days as numbers.
    """

    settings: Settings
    months: Months
    register: Register
    risk: Risk
    ledger: Ledger
    system: System
    streams: dict[str, np.random.Generator]
    checks: tuple[Ints, Days]
    since: Ints
    last_visit: Days
    struck: Days
    versions: Versions
    truth: list[Rows] = field(default_factory=list)

    def close_books(self) -> None:
        """Let the grade see what the ledger gained."""
        self.versions.add(*self.ledger.news())

    def prescribed(self, day: int) -> Floats:
        """Visits a year that the grade in force prescribes for each site."""
        numbered = self.register.sites.assign(site_id=np.arange(len(self.register)))
        rank = grade_log(numbered, self.versions.log(), self.system, day)["rank"]
        visits = np.array([level.visits_per_year for level in self.system.levels])
        return np.asarray(visits[rank.fillna(0).to_numpy(dtype=np.int64)])


def open_bureau(part: Partition, months: Months, *, seed: int) -> Bureau:
    """The bureau of a partition on its first day, with all facts written that no visit brings."""
    settings, streams = read_settings(), part.streams()
    roll = register(streams["register"], settings, months, part, seed=seed)
    risk = draw_risk(streams["risk"], settings, roll, months, shift=part.shift)
    ids, offices = (roll.sites[name].to_numpy(dtype=np.str_) for name in ("site_id", "office"))
    ledger = Ledger(ids, offices, settings["severity"], part.number)
    checks = write_facts(Scene(streams["facts"], settings, roll, risk, months, ledger))
    bureau = Bureau(
        settings=settings,
        months=months,
        register=roll,
        risk=risk,
        ledger=ledger,
        system=load_system(settings["incumbent"]),
        streams=streams,
        checks=checks,
        since=months_since_registration(roll, months, streams["risk"]),
        last_visit=np.zeros(part.sites, dtype=np.int32),
        struck=np.where(roll.silent, NEVER, roll.leaves).astype(np.int32),
        versions=Versions(),
    )
    bureau.close_books()
    return bureau
