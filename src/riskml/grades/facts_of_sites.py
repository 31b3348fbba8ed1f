"""One fact of all sites, from the records or as the caller gives it, and what it is worth."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.grades.event_facts import NOTHING, Measured, event_fact
from riskml.grades.evidence import Evidence, Floats, Terms
from riskml.grades.rules import EVENT_FACTS, RESULTS, WITHOUT_DATA, Condition, FactSpec, Indicator, Worth
from riskml.grades.site_facts import expired_share, site_fact
from riskml.grades.visit_facts import inspection_fact, visit_fact

OfSystem = Callable[[str], Measured]
VISIT_KINDS = frozenset({"visit_latest", "visit_worst", "visit_mean", "visit_items"})
INSPECTION_KINDS = frozenset({"score_mean", "score_graded", "key_items", "typed_problems", "typed_latest"})


def measure(evidence: Evidence, fact: FactSpec, terms: Terms, of_system: OfSystem) -> Measured:
    """A fact of every site.

    Args:
        evidence: what is known.
        fact: which.
        terms: how penalties count.
        of_system: gives the levels of every site by another system.
    """
    ways: dict[str, Callable[[], Measured]] = {
        **dict.fromkeys(EVENT_FACTS, lambda: event_fact(evidence, fact, terms)),
        **dict.fromkeys(VISIT_KINDS, lambda: visit_fact(evidence, fact)),
        **dict.fromkeys(INSPECTION_KINDS, lambda: inspection_fact(evidence, fact)),
        **dict.fromkeys(WITHOUT_DATA, lambda: Measured(np.full(evidence.tape.sites, np.nan), NOTHING, NOTHING)),
        "level_of": lambda: of_system(fact.system),
        "expired_share": lambda: expired_share(evidence),
    }
    return ways.get(fact.kind, lambda: site_fact(evidence, fact))()


def provided(evidence: Evidence, key: str, words: Mapping[str, float]) -> "Floats | None":
    """What the caller gives under a name, as numbers, NaN where he gives nothing; None if he does not at all.

    Raises:
        DataError: for a text that is no number and none of `words`.
    """
    if evidence.provided is None or key not in evidence.provided:
        return None
    given = evidence.provided[key].astype("object")
    told = given.map(lambda value: words[value] if isinstance(value, str) and value in words else value)
    try:
        return np.asarray(told.astype("float64"), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{key} is given as {given.iloc[0]!r}; allowed are numbers and {sorted(words)}") from error


def given_fact(evidence: Evidence, one: Indicator, found: Measured) -> Measured:
    """The fact of an indicator, what the caller gives under its name in its place."""
    names = found.names or (RESULTS if one.fact.kind.startswith("visit_") else tuple(one.fact.table))
    words = {**{name: float(place) for place, name in enumerate(names)}, **one.words}
    value = provided(evidence, one.key, words)
    if value is None:
        return found
    raw = found.raw
    if found.names != names and one.fact.table:
        raw = np.full(len(value), np.nan)
    return Measured(np.where(np.isnan(value), raw, value), NOTHING, NOTHING, names if one.fact.table else ())


def worth_of(one: Indicator, found: Measured, *, most: float) -> Floats:
    """Points or value of each site by one indicator, from 0 to `most`; NaN where it is to be skipped."""
    if found.names and one.fact.kind not in ("visit_mean", "visit_items"):
        otherwise = np.nan if one.fact.otherwise is None else one.fact.otherwise
        table = np.array([one.fact.table.get(name, otherwise) for name in found.names] + [np.nan])
        value = table[np.where(np.isnan(found.raw), -1, found.raw).astype(np.int64)]
    else:
        value = _valued(one.worth, found.raw)
    if one.missing is not None:
        value = np.where(np.isnan(value), one.missing, value)
    return np.asarray(np.clip(value, 0.0, most))


def _valued(worth: Worth, raw: Floats) -> Floats:
    if worth.per is not None:
        return raw * worth.per
    if worth.fade is not None:
        return np.maximum(0.0, 1.0 - raw / worth.fade)
    if not worth.steps:
        return raw
    value = np.full(len(raw), worth.start)
    for step in worth.steps:
        value[raw > step.bound if step.open else raw >= step.bound] = step.value
    value[np.isnan(raw)] = np.nan
    return value


def applies(evidence: Evidence, where: Mapping[str, tuple[str, ...]]) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Whether an indicator applies to each site; a site that does not tell is not among those it names."""
    holds = np.ones(evidence.tape.sites, dtype=bool)
    for column, allowed in where.items():
        values = evidence.sites[column] if column in evidence.sites else pd.Series(None, index=evidence.sites.index)
        holds &= values.isin(allowed).to_numpy()
    return holds


def condition_holds(
    evidence: Evidence, condition: Condition, terms: Terms, of_system: OfSystem, parts: Mapping[str, Floats]
) -> "tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], Measured]":
    """Whether a condition of a limit or shift holds for each site, and the fact behind it."""
    if condition.of:
        found = Measured(parts[condition.of], NOTHING, NOTHING)
    else:
        found = measure(evidence, condition.fact, terms, of_system)
    raw = found.raw
    return (raw > condition.bound if condition.above else raw >= condition.bound), found
