"""A visit's outcome as of a day: every change of it is an event with its own known_on."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.records.days import NEVER, Days, to_days
from riskml.records.outcome_rule import OUTCOMES, Criterion, OutcomeRule

VISIT = "VISIT"
VISIT_CODES: Final = {
    VISIT: "an eligible visit was carried out; quantity = its severity points",
    "VISIT_FOLLOWUP": "a follow-up or licensing visit was carried out",
    "VISIT_OTHER": "any other visit was carried out",
    "VISIT_NOT_FOUND": "nobody was found at a visit",
    "VISIT_FAIL": "an eligible visit counts as failed",
    "VISIT_FAIL_BROAD": "an eligible visit found any problem",
    "VISIT_FAIL_SEVERE": "an eligible visit counts as severely failed",
}
"""Codes of the events derived from visits, with their meaning."""

__all__ = ["OUTCOMES", "VISIT", "VISIT_CODES", "Criterion", "OutcomeRule", "outcome_as_of", "visit_events"]

CODE_OF: Final = {"fail": "VISIT_FAIL", "fail_broad": "VISIT_FAIL_BROAD", "fail_severe": "VISIT_FAIL_SEVERE"}


def visit_events(inspections: pd.DataFrame, log: pd.DataFrame, rule: OutcomeRule) -> pd.DataFrame:
    """The events that visits give rise to, in the form of `log` (see `records.log`).

    Args:
        inspections: canonical table, n visits.
        log: the versions of the recorded events, with day numbers; read for those that came from a visit.
        rule: the source's outcome rule.

    Returns:
        One row for each visit (code VISIT, VISIT_FOLLOWUP, VISIT_OTHER or VISIT_NOT_FOUND) and one for each stretch of
        time in which an eligible visit counted as failed (VISIT_FAIL*): known_on is the day that became known,
        gone_on the day after which it no longer held.
    """
    visits = _visits(inspections, log, rule)
    eligible = visits[visits["code"] == VISIT]
    parts = [visits]
    for name, criterion in rule.criteria.items():
        stretches = _failed_stretches(eligible, eligible[name], log, criterion, rule.follow_up_days)
        stretches["code"] = CODE_OF[name]
        stretches["quantity"] = 1
        stretches["event_id"] = stretches["inspection_id"] + ":" + CODE_OF[name] + stretches.pop("suffix")
        parts.append(stretches)
    keep = ["event_id", "site_id", "code", "occurred_on", "known_on", "gone_on", "inspection_id", "quantity"]
    return pd.concat([part[keep] for part in parts], ignore_index=True)


def outcome_as_of(log: pd.DataFrame, inspection_ids: "pd.Series[str]", days: Days, outcome: str) -> "NDArray[Any]":
    """Whether each visit counted as failed on a day of its own, by what was known before that day.

    Args:
        log: event log with the visit events in it.
        inspection_ids: n visits.
        days: n day numbers; only versions with known_on < day <= gone_on count.
        outcome: "fail", "fail_broad" or "fail_severe".

    Returns:
        Booleans, shape (n,).
    """
    failed = log.loc[log["code"] == CODE_OF[outcome], ["inspection_id", "known_on", "gone_on"]]
    asked = pd.DataFrame({"inspection_id": inspection_ids.to_numpy(), "day": days, "place": np.arange(len(days))})
    both = asked.merge(failed, on="inspection_id")
    held = both[(both["known_on"] < both["day"]) & (both["gone_on"] >= both["day"])]
    result = np.zeros(len(days), dtype=bool)
    result[held["place"].to_numpy()] = True
    return result


def _severity_points(inspections: pd.DataFrame, log: pd.DataFrame, rule: OutcomeRule) -> "NDArray[np.int64]":
    """Integer points of each visit by the facts known with it."""
    points = np.full(len(inspections), rule.severity.get("base", 0), dtype=np.int64)
    for name in ("score", "key_fail", "general_fail"):
        if name in rule.severity:
            amount = inspections[name].astype("float64").fillna(0).to_numpy(np.float64)
            points += np.rint(rule.severity[name] * amount).astype(np.int64)
    return points + _known_with_visit(inspections, log, rule.severity)


def _known_with_visit(inspections: pd.DataFrame, log: pd.DataFrame, weights: Mapping[str, int]) -> "NDArray[np.int64]":
    """Sum of weight times quantity of the events that came from each visit and were known with it."""
    points_of_event = log["code"].map(dict(weights)).astype("float64") * log["quantity"]
    found = log.assign(points=points_of_event).dropna(subset=["points", "inspection_id"])
    visit_known = pd.Series(to_days(inspections["known_on"]), index=inspections["inspection_id"])
    known = found["inspection_id"].map(visit_known).astype("float64")
    with_visit = found[(found["known_on"] <= known) & (found["gone_on"] > known)]
    linked = with_visit.groupby("inspection_id")["points"].sum()
    return np.asarray(inspections["inspection_id"].map(linked).astype("float64").fillna(0), dtype=np.int64)


def _failed_at_visit(inspections: pd.DataFrame, log: pd.DataFrame, criterion: Criterion) -> "NDArray[np.bool_]":
    """Whether the facts known with each visit make it a failed one."""
    named = inspections["result"].isin(criterion.results) | inspections["action"].isin(criterion.actions)
    failed = named.to_numpy(bool, copy=True)
    if criterion.key_fail:
        failed |= inspections["key_fail"].fillna(0).to_numpy(np.int64) > 0
    score = inspections["score"].to_numpy(np.float64)  # a missing one is in no bound
    if criterion.score_at_least is not None:
        failed |= score >= criterion.score_at_least
    if criterion.score_at_most is not None:
        failed |= score <= criterion.score_at_most
    if criterion.score_below is not None:
        failed |= score < criterion.score_below
    for code, count in criterion.codes_at_least.items():
        failed |= _known_with_visit(inspections, log, {code: 1}) >= count
    return failed


def _visits(inspections: pd.DataFrame, log: pd.DataFrame, rule: OutcomeRule) -> pd.DataFrame:
    """The visit events, and for each outcome whether the facts known with the visit make it 1."""
    kinds = inspections["visit_type"]
    at_visit = {name: _failed_at_visit(inspections, log, criterion) for name, criterion in rule.criteria.items()}
    code = np.where(kinds.isin(rule.visit_types), VISIT, "VISIT_OTHER")
    if rule.needs_score:
        code = np.where((code == VISIT) & inspections["score"].isna(), "VISIT_OTHER", code)
    code = np.where(kinds.isin(["FU", "LI"]) & ~kinds.isin(rule.visit_types), "VISIT_FOLLOWUP", code)
    code = np.where(inspections["result"] == "not_found", "VISIT_NOT_FOUND", code)
    recheck = _is_recheck(inspections, code == VISIT, at_visit["fail"], rule.recheck_days)
    code = np.where((code == VISIT) & recheck, "VISIT_FOLLOWUP", code)
    return pd.DataFrame(
        {
            "event_id": inspections["inspection_id"] + ":" + pd.Series(code, index=inspections.index, dtype="str"),
            "inspection_id": inspections["inspection_id"],
            "site_id": inspections["site_id"],
            "code": pd.Series(code, index=inspections.index, dtype="str"),
            "occurred_on": to_days(inspections["visited_on"]),
            "known_on": to_days(inspections["known_on"]),
            "gone_on": np.int32(NEVER),
            "quantity": _severity_points(inspections, log, rule),
            **at_visit,
        }
    )


def _is_recheck(
    inspections: pd.DataFrame, eligible: "NDArray[np.bool_]", failed: "NDArray[np.bool_]", recheck_days: int
) -> "NDArray[np.bool_]":
    """Whether a visit follows a failed one of its site within the recheck days, and both were known in that order."""
    visits = pd.DataFrame(
        {
            "site": inspections["site_id"],
            "on": to_days(inspections["visited_on"]),
            "known": to_days(inspections["known_on"]),
            "place": np.arange(len(inspections)),
        }
    )
    pairs = visits[eligible].merge(visits[eligible & failed], on="site", suffixes=("", "_before"))
    gap = pairs["on"] - pairs["on_before"]
    follows = pairs[(gap > 0) & (gap <= recheck_days) & (pairs["known_before"] <= pairs["known"])]
    return np.isin(visits["place"].to_numpy(), follows["place"].to_numpy())


def _failed_stretches(
    visits: pd.DataFrame, at_visit: "pd.Series[bool]", log: pd.DataFrame, criterion: Criterion, follow_up: int
) -> pd.DataFrame:
    """Stretches [known_on, gone_on] in which each visit counted as failed, overlapping ones united.

    No stretch begins before the visit itself is known: what came from an unknown visit cannot be told to have.
    """
    columns = ["inspection_id", "site_id", "occurred_on", "known_on", "gone_on"]
    found = [visits.loc[at_visit, columns]]
    if criterion.codes:
        linked = log.loc[log["code"].isin(criterion.codes), ["inspection_id", "occurred_on", "known_on", "gone_on"]]
        both = visits[["inspection_id", "site_id", "occurred_on", "known_on"]].merge(
            linked, on="inspection_id", suffixes=("", "_of_event")
        )
        both["known_on"] = both[["known_on", "known_on_of_event"]].max(axis=1)
        in_time = (both["occurred_on_of_event"] - both["occurred_on"]).between(0, follow_up)
        found.append(both.loc[in_time & (both["known_on"] < both["gone_on"]), columns])
    spans = pd.concat(found, ignore_index=True).sort_values(["inspection_id", "known_on"], kind="stable")
    reach = spans.groupby("inspection_id")["gone_on"].cummax()
    before = reach.groupby(spans["inspection_id"]).shift()
    fresh = before.isna() | (spans["known_on"] > before)
    island = fresh.groupby(spans["inspection_id"]).cumsum()
    united = (
        spans.assign(island=island)
        .groupby(["inspection_id", "island"], as_index=False)
        .agg(
            site_id=("site_id", "first"),
            occurred_on=("occurred_on", "first"),
            known_on=("known_on", "min"),
            gone_on=("gone_on", "max"),
        )
    )
    united["suffix"] = np.where(united["island"] > 1, ":" + united["island"].astype("str"), "")
    return united
