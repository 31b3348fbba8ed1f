"""The register: who the sites are, when their business begins and ends, and who inspects them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from riskml.records import contract
from riskml.records.days import NEVER, Days, from_days
from riskml.simulation.identifiers import business_names, credit_codes, inspector_ids, office_names, site_ids
from riskml.simulation.months import Months
from riskml.simulation.partitions import Partition
from riskml.simulation.settings import Flags, Floats, Ints, Settings, Texts


@dataclass(frozen=True)
class Register:
    """The sites of a partition, n in all, as aligned arrays; sites, offices and persons are numbered from 0 in it.

    Attributes:
        sites: canonical table as the bureau would have it, without the days of closing.
        classes: industry class of each site.
        broad: share of visits with any problem that the kind of business shows, between 0 and 1.
        stalls: whether the site is a fresh-produce stall.
        office: number of the office.
        subject: number of the legal person.
        registered: first day of business; before the first month for most.
        leaves: day the business ends, the first of a month, or NEVER.
        silent: whether nobody reports the end.
        inspectors: identifiers, shape (offices, inspectors an office).
    """

    sites: pd.DataFrame
    classes: Texts
    broad: Floats
    stalls: Flags
    office: Ints
    subject: Ints
    registered: Days
    leaves: Days
    silent: Flags
    inspectors: Texts

    def __len__(self) -> int:
        return len(self.office)


def register(rng: np.random.Generator, settings: Settings, months: Months, part: Partition, *, seed: int) -> Register:
    """Draw the register of a partition: all its sites over the whole time."""
    rules, formats, sites = settings["register"], settings["formats"], part.sites
    kind = rng.choice(len(formats["share"]), size=sites, p=formats["share"] / formats["share"].sum())
    classes = formats["class"][kind]
    office = rng.choice(part.offices, size=sites, p=rng.dirichlet(np.full(part.offices, 12.0)))
    subject = _subjects(rng, rules, sites)
    registered, leaves = _lifetimes(rng, settings, months, classes)
    table = _table(rng, settings, part, kind=kind, office=office, subject=subject, registered=registered, months=months)
    return Register(
        sites=table,
        classes=classes,
        broad=formats["broad"][kind] / 100.0,
        stalls=formats["code"][kind] == "R6",
        office=office,
        subject=subject,
        registered=registered,
        leaves=leaves,
        silent=rng.random(sites) < rules["silent_exit_share"],
        inspectors=inspector_ids(seed, part),
    )


def _subjects(rng: np.random.Generator, rules: Settings, sites: int) -> Ints:
    """Numbers of the legal persons: most own one site, chains several."""
    subject = np.arange(sites)
    chained = np.flatnonzero(rng.random(sites) < rules["chain_share"])
    chains = max(1, len(chained) // rules["sites_per_chain"])
    subject[chained] = sites + rng.integers(0, chains, size=len(chained))
    return subject


def _lifetimes(rng: np.random.Generator, settings: Settings, months: Months, classes: Texts) -> tuple[Days, Days]:
    """Days of registration and of leaving: entries uniform over the window, exits at a constant rate."""
    n, years = len(classes), len(months) / 12.0
    entry, exit_ = np.array([settings["turnover"][name] for name in classes.tolist()]).T
    new = rng.random(n) < entry * years / (1.0 + entry * years)
    before = 1.0 + rng.exponential(settings["register"]["years_before_start"] * 365.25, n)
    within = rng.random(n) * (months.end - months.start)
    registered = np.floor(months.start + np.where(new, within, -before)).astype(np.int32)
    stays = np.floor(rng.exponential(365.25 / exit_))
    month = months.index((np.maximum(registered, months.start) + stays).astype(np.int32))
    leaves = np.append(months.starts, NEVER)[np.minimum(month + 1, len(months) + 1)]
    return registered, np.where(leaves >= months.end, NEVER, leaves).astype(np.int32)


def _table(
    rng: np.random.Generator,
    settings: Settings,
    part: Partition,
    *,
    kind: Ints,
    office: Ints,
    subject: Ints,
    registered: Days,
    months: Months,
) -> pd.DataFrame:
    rules, formats, n = settings["register"], settings["formats"], len(kind)
    area = np.maximum(formats["area"][kind] * np.exp(0.35 * rng.standard_normal(n)), 3.0).round()
    staff = np.maximum(formats["staff"][kind] * np.exp(0.5 * rng.standard_normal(n)), 1.0).round()
    term = np.int64(365.25 * rules["licence_years"])
    renewals = np.maximum(np.ceil((months.end - registered) / term), 1).astype(np.int64)
    valid_to = np.where(renewals * term + registered >= months.end, registered + renewals * term, NEVER)
    middle = rng.uniform([part.west, 28.5], [part.east, 28.9], size=(int(office.max()) + 1, 2))
    place = middle[office] + 0.02 * rng.standard_normal((n, 2))
    firm = (formats["staff"][kind] >= 14) | (subject >= n)
    table = {
        "site_id": site_ids(part),
        "subject_id": credit_codes(2 * part.first_site + subject, ~firm),
        "name": business_names(rng, formats["suffix"][kind]),
        "industry_class": formats["class"][kind],
        "format_code": formats["code"][kind],
        "area_m2": np.where(rng.random(n) < rules["missing_area_share"], np.nan, area),
        "staff": staff,
        "office": office_names(part)[office],
        "lon": place[:, 0].round(4),
        "lat": place[:, 1].round(4),
        "registered_on": from_days(registered),
        "licence_valid_to": from_days(valid_to.astype(np.int64)),
        "risk_category": formats["category"][kind],
    }
    return contract.conform("sites", pd.DataFrame(table))
