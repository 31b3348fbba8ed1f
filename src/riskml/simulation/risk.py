"""Latent risk: the log-odds that a visit fails, by site, month and inspector, before what visits change."""

from dataclasses import dataclass

import numpy as np

from riskml.records.days import NEVER
from riskml.simulation.months import Months
from riskml.simulation.register import Register
from riskml.simulation.settings import Floats, Ints, Settings, expit, logit


@dataclass(frozen=True)
class Risk:
    """The hidden state of n sites over the months.

    Attributes:
        base: log-odds of failing at an inspector without leniency, shape (n, months).
        quality: the site's own part of it (site and quarter), centred, in standard deviations, shape (n, months).
        strictness: log-odds added by each inspector, centred in the office, shape (offices, inspectors).
        owner_site, owner_month: changes of owner.
    """

    base: Floats
    quality: Floats
    strictness: Floats
    owner_site: Ints
    owner_month: Ints


def draw_risk(
    rng: np.random.Generator, settings: Settings, register: Register, months: Months, *, shift: float = 0.0
) -> Risk:
    """Draw the hidden state (RECORDS.md 8: heterogeneity and drivers); `shift` is common to all offices, log-odds."""
    rules, n = settings["risk"], len(register)
    own = rules["site_sd"] * rng.standard_normal(n)[:, None] + _quarters(rng, rules, n, len(months))
    strictness = rules["inspector_sd"] * rng.standard_normal(register.inspectors.shape)
    strictness -= strictness.mean(axis=1, keepdims=True)
    office = rules["office_sd"] * rng.standard_normal(len(strictness))
    office += shift - office[register.office].mean()
    changed = rng.random((n, len(months))) < rules["owner_change_rate"] / 12.0
    changed &= (register.registered[:, None] < months.starts[:-1]) & (register.leaves[:, None] > months.starts[:-1])
    heat = np.where(np.isin(months.of_year, rules["heat_months"]), np.log(rules["heat_ratio"]), 0.0)
    base = _intercepts(rules, register.broad)[:, None] + office[register.office][:, None] + own + heat
    owner_site, owner_month = np.nonzero(changed)
    spread = float(np.hypot(rules["site_sd"], rules["quarter_sd"]))
    return Risk(base + _new_owner(rules, changed), own / spread, strictness, owner_site, owner_month)


def history_effect(settings: Settings, since: Ints) -> Floats:
    """Log-odds added by the time since the last visit, in months: neglect grows, the visit's correction fades.

    >>> history_effect({"risk": {"neglect_ratio": 1.0, "neglect_months": 18,
    ...     "correction_ratio": 0.5, "correction_months": 6}}, np.array([3, 6, 99])).round(3).tolist()
    [-0.347, 0.0, 0.0]
    """
    rules = settings["risk"]
    neglect = np.log(rules["neglect_ratio"]) * np.minimum(since, rules["neglect_months"])
    fading = np.maximum(1.0 - since / rules["correction_months"], 0.0)
    return np.asarray(neglect + np.log(rules["correction_ratio"]) * fading)


def average_risk(log_odds: Floats, strictness: Floats) -> Floats:
    """Probability of failing at an inspector drawn from the office: the mean over its inspectors, shape (n,).

    Args:
        log_odds: shape (n,), without the inspector.
        strictness: of the inspectors of each site's office, shape (n, inspectors).
    """
    return np.asarray(expit(log_odds[:, None] + strictness).mean(axis=1))


def months_since_registration(register: Register, months: Months, rng: np.random.Generator) -> Ints:
    """Months since the last visit at the start: 1 to 18 for sites that were there, counted up from entry for others."""
    there = register.registered < months.start
    entered = months.index(np.minimum(register.registered, NEVER))
    return np.where(there, rng.integers(1, 19, len(register)), -entered).astype(np.int64)


def _quarters(rng: np.random.Generator, rules: Settings, n: int, months: int) -> Floats:
    """A stationary first-order process in steps of three months, shape (n, months)."""
    memory = rules["quarter_memory"]
    steps = [rng.standard_normal(n)]
    for _ in range(months // 3):
        steps.append(memory * steps[-1] + np.sqrt(1.0 - memory**2) * rng.standard_normal(n))
    return np.asarray(rules["quarter_sd"] * np.repeat(np.stack(steps, axis=1), 3, axis=1)[:, :months])


def _intercepts(rules: Settings, broad: Floats) -> Floats:
    """Log-odds whose mean over all other effects gives the kind's share of failed visits.

    The mean of expit(a + s Z) is close to expit(a / sqrt(1 + 0.346 s^2)).
    """
    variances = [rules[name] ** 2 for name in ("site_sd", "quarter_sd", "office_sd", "inspector_sd")]
    return np.asarray(logit(rules["fail_of_broad"] * broad) * np.sqrt(1.0 + 0.346 * sum(variances)))


def _new_owner(rules: Settings, changed: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]") -> Floats:
    """Log-odds added in the months after a change of owner, shape (n, months)."""
    recent = np.zeros(changed.shape, dtype=bool)
    for lag in range(rules["owner_months"]):
        recent[:, lag:] |= changed[:, : changed.shape[1] - lag]
    return np.where(recent, np.log(rules["owner_ratio"]), 0.0)
