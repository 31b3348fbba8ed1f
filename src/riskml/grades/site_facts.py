"""Facts of the register: numbers and words of the table of sites, age, licence, tier, branches, health certificates."""

from typing import Any

import numpy as np
import pandas as pd

from riskml.grades.conventions import tier_of_format
from riskml.grades.event_facts import NOTHING, Measured
from riskml.grades.evidence import Evidence, Floats, age_days, site_day
from riskml.grades.rules import FactSpec


def site_fact(evidence: Evidence, fact: FactSpec) -> Measured:
    """A fact of the kinds column, category, tier, age_days, licence_days, branches; NaN where nothing is known."""
    if fact.kind == "category":
        return category(_text(evidence, fact.column))
    raw = {
        "column": lambda: _number(evidence, fact.column),
        "tier": lambda: _tier(evidence),
        "age_days": lambda: age_days(evidence),
        "licence_days": lambda: site_day(evidence, "licence_valid_to") - evidence.day,
        "branches": lambda: _branches(evidence),
    }[fact.kind]()
    return Measured(raw, NOTHING, NOTHING)


def category(values: "pd.Series[Any]") -> Measured:
    """Words as places in their sorted list; NaN for a missing one."""
    places, names = pd.factorize(values, sort=True)
    return Measured(np.where(places < 0, np.nan, places), NOTHING, NOTHING, tuple(map(str, names)))


def expired_share(evidence: Evidence) -> Measured:
    """Share of the staff without a valid health certificate, by lapses on record and by valid certificates.

    NaN where the number of staff is missing; certificates are counted only where the site has any on record.
    """
    staff, n = _number(evidence, "staff"), evidence.tape.sites
    lapses, certificates = evidence.current("HEALTH_CERT_EXPIRED"), evidence.current("HEALTH_CERT")
    site, valid_to = evidence.tape.site, evidence.tape.days["valid_to"]
    persons = np.bincount(site[lapses], evidence.tape.column("quantity", lapses).to_numpy(np.float64), minlength=n)
    has = np.bincount(site[certificates], minlength=n) > 0
    valid = np.bincount(site[certificates[valid_to[certificates] >= evidence.day]], minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        lacking = np.where(has, 1.0 - valid / staff, 0.0)
        share = np.clip(np.maximum(persons / staff, lacking), 0.0, 1.0)
    return Measured(np.where(staff > 0, share, np.nan), np.concatenate([lapses, certificates]), NOTHING)


def _text(evidence: Evidence, column: str) -> "pd.Series[Any]":
    if column == "subject_kind":  # the first two signs of the credit code
        return _text(evidence, "subject_id").str[:2]
    if column not in evidence.sites:
        return pd.Series(None, index=evidence.sites.index, dtype="str")
    return evidence.sites[column].astype("str")


def _number(evidence: Evidence, column: str) -> Floats:
    if column not in evidence.sites:
        return np.full(evidence.tape.sites, np.nan)
    return np.asarray(evidence.sites[column].astype("float64"), dtype=np.float64)


def _tier(evidence: Evidence) -> Floats:
    """The recorded tier 1 to 4, else that of the kind of business."""
    own = _number(evidence, "risk_category")
    formats = category(_text(evidence, "format_code"))
    of = np.array([tier_of_format().get(name, np.nan) for name in formats.names] + [np.nan])
    typical = of[np.where(np.isnan(formats.raw), -1, formats.raw).astype(np.int64)]
    return np.where(np.isin(own, [1, 2, 3, 4]), own, typical)


def _branches(evidence: Evidence) -> Floats:
    """Sites of the same legal person registered before the day."""
    places, _ = pd.factorize(_text(evidence, "subject_id"))
    there = ~(site_day(evidence, "registered_on") >= evidence.day)
    counts = np.bincount(places[(places >= 0) & there], minlength=places.max(initial=0) + 1)
    return np.where(places < 0, np.nan, counts[places])
