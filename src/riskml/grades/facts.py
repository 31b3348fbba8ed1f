"""The facts that count for a point rule on one day: known, not gone, inside their period, with what repair leaves."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.grades.system import REPAIR_EFFECT, Period, PointRule
from riskml.records.days import NEVER

NO_FAMILY: Final = -1
NO_VETO: Final = -1

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class CodeTable:
    """What a rule says of each event code it reads; arrays of shape (codes,).

    Attributes:
        codes: the event codes.
        family: place of the family, NO_FAMILY for codes that only veto.
        weight: points of one event.
        days, veto_days: how long it counts in its family and as a veto; NEVER = while listed, NO_VETO = no veto.
        published: the family's period runs from the first known day; `veto_published` likewise.
        small: a small amount shortens the period.
        repairable: a repair is heeded.
    """

    codes: tuple[str, ...]
    family: Ints
    weight: NDArray[np.float64]
    days: Ints
    veto_days: Ints
    published: Flags
    veto_published: Flags
    small: Flags
    repairable: Flags


@dataclass(frozen=True)
class Facts:
    """Facts in force; arrays of shape (m,).

    Attributes:
        site: row of the site.
        code: place of the code in the `CodeTable`.
        family: place of the family; NO_FAMILY where it does not give points.
        weight: points times what repair leaves.
        occurred: day number.
        case: number of the case, -1 if none.
        vetoes: it is in force as a veto.
        row: place in the log.
    """

    site: Ints
    code: Ints
    family: Ints
    weight: NDArray[np.float64]
    occurred: Ints
    case: Ints
    vetoes: Flags
    row: Ints

    def take(self, rows: Ints) -> "Facts":
        """Some of the facts."""
        return Facts(**{part.name: getattr(self, part.name)[rows] for part in fields(self)})


def code_table(rule: PointRule) -> CodeTable:
    """The rule as arrays over its event codes."""
    vetoes = {veto.code: veto for veto in rule.vetoes}
    scored = {code: (place, family) for place, family in enumerate(rule.families) for code in family.weights}
    codes = tuple(dict.fromkeys([*scored, *vetoes]))
    publicity = rule.publicity
    fixed = publicity.not_repairable if publicity else frozenset()
    return CodeTable(
        codes=codes,
        family=np.array([scored[code][0] if code in scored else NO_FAMILY for code in codes]),
        weight=np.array([scored[code][1].weights[code] if code in scored else 0.0 for code in codes]),
        days=np.array([_days(scored[code][1].period, code, rule) if code in scored else NO_VETO for code in codes]),
        veto_days=np.array([_days(vetoes[code].period, code, rule) if code in vetoes else NO_VETO for code in codes]),
        published=np.array([code in scored and _is_published(scored[code][1].period) for code in codes]),
        veto_published=np.array([code in vetoes and _is_published(vetoes[code].period) for code in codes]),
        small=np.array([publicity is not None and code == publicity.small_code for code in codes]),
        repairable=np.array([code not in fixed for code in codes]),
    )


def _days(period: Period, code: str, rule: PointRule) -> int:
    if period.counts_while == "publicity" and rule.publicity is not None:
        return rule.publicity.days.get(code, rule.publicity.default_days)
    return period.days if period.counts_while == "window" else NEVER


def _is_published(period: Period) -> bool:
    return period.counts_while == "publicity"


def facts_of(
    sites: pd.DataFrame, log: pd.DataFrame, rule: PointRule, table: CodeTable, day: int
) -> tuple[Facts, Flags]:
    """The facts in force on `day`, and for each code whether the records held any event of it by then.

    Raises:
        DataError: if a site stands twice in `sites`.
    """
    code = places(log["code"], pd.Index(table.codes))
    past = (code >= 0) & (log["known_on"].to_numpy() < day)
    seen = np.zeros(len(table.codes), dtype=bool)
    seen[code[past]] = True
    rows = np.flatnonzero(past & (log["gone_on"].to_numpy() >= day))
    published = np.flatnonzero(past & (table.published | table.veto_published)[code])
    known = _first_known(log, published)[rows]
    site = site_places(sites, log["site_id"].iloc[rows])
    kept = site >= 0
    rows, site, known = rows[kept], site[kept], known[kept]
    code = code[rows]
    occurred = log["occurred_on"].to_numpy()[rows].astype(np.int64)
    shorter = _small_days(sites, log, rule, table, rows, site, code)
    repaired = (log["repaired_on"].to_numpy()[rows] < day) & table.repairable[code]
    left = np.where(repaired, REPAIR_EFFECT[rule.repair_effect], 1.0)
    age = day - np.where(table.published[code], known, occurred)
    veto_age = day - np.where(table.veto_published[code], known, occurred)
    counts = (age <= np.minimum(table.days[code], shorter)) & (table.family[code] != NO_FAMILY)
    facts = Facts(
        site=site,
        code=code,
        family=np.where(counts, table.family[code], NO_FAMILY),
        weight=table.weight[code] * left,
        occurred=occurred,
        case=places_within(log["case_id"].iloc[rows]),
        vetoes=(table.veto_days[code] != NO_VETO) & (veto_age <= table.veto_days[code]) & (left > 0),
        row=rows,
    )
    return facts.take(np.flatnonzero(counts | facts.vetoes)), seen


def places(values: "pd.Series[Any]", index: "pd.Index[Any]") -> Ints:
    """Place of each value in `index`, -1 if it is not there; each distinct value is looked up once."""
    number, distinct = pd.factorize(values)
    return np.append(index.get_indexer(distinct), -1)[number]


def places_within(values: "pd.Series[Any]") -> Ints:
    """A number for each distinct value, -1 for a missing one."""
    return pd.factorize(values)[0]


def site_places(sites: pd.DataFrame, site_ids: "pd.Series[Any]") -> Ints:
    """Row of each site id in `sites`, -1 if it is not there.

    Raises:
        DataError: if a site stands twice in `sites`.
    """
    index = pd.Index(sites["site_id"])
    if not index.is_unique:
        examples = index[index.duplicated()][:3].tolist()
        twice = int(index.duplicated().sum())
        raise DataError(f"sites holds {twice} site ids more than once, such as {examples}; keep one row each")
    return places(site_ids, index)


def _first_known(log: pd.DataFrame, rows: Ints) -> Ints:
    """First day each event was known, over all its versions among `rows`: a correction does not publish it anew."""
    known = log["known_on"].to_numpy().astype(np.int64)
    number = places_within(log["event_id"].iloc[rows])
    first = np.full(len(rows), NEVER)
    np.minimum.at(first, number, known[rows])
    known[rows] = first[number]
    return known


def _small_days(
    sites: pd.DataFrame, log: pd.DataFrame, rule: PointRule, table: CodeTable, rows: Ints, site: Ints, code: Ints
) -> Ints:
    """Days that an event counts because its amount is small; NEVER for all others."""
    days = np.full(len(rows), NEVER)
    if rule.publicity is None:
        return days
    maybe = np.flatnonzero(table.small[code])
    limit = np.full(len(maybe), rule.publicity.small_limit)
    if "subject_id" in sites.columns:
        subject = sites["subject_id"].iloc[site[maybe]].astype("str")
        persons = subject.str.startswith(rule.publicity.person_prefix, na=False).to_numpy()
        limit[persons] = rule.publicity.small_person_limit
    small = log["amount"].to_numpy()[rows[maybe]] <= limit
    days[maybe[small]] = rule.publicity.small_days
    return days
