"""A visit's outcome as of a day: every change of it is an event with its own known_on."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import StudyError
from riskml.records.contract import RESULTS, VISIT_TYPES
from riskml.records.days import NEVER, Days, to_days

OUTCOMES: Final = ("fail", "fail_broad", "fail_severe")

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

CODE_OF: Final = {"fail": "VISIT_FAIL", "fail_broad": "VISIT_FAIL_BROAD", "fail_severe": "VISIT_FAIL_SEVERE"}


@dataclass(frozen=True)
class Criterion:
    """When an outcome is 1: any of the listed facts of the visit, or an event of a listed code that came from it.

    Attributes:
        results, actions: values of `inspections.result` and `inspections.action`.
        key_fail: True if one failed key item is enough.
        codes: codes of events linked to the visit that occurred within the follow-up.
    """

    results: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    key_fail: bool = False
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutcomeRule:
    """How a source derives outcomes and the severity of a visit.

    Attributes:
        visit_types: visits that are eligible as target.
        follow_up_days: linked events count when they occurred at most so many days after the visit.
        settling_days: an outcome is settled so many days after the visit (follow-up plus the time to become known).
        criteria: outcome name -> criterion.
        recheck_days: a visit so many days after a failed one of the same site is its follow-up, not a visit of its own.
        severity: integer points per failed key item ("key_fail"), per other item ("general_fail"), or per event of a
            code that came from the visit and was known with it; empty if the source records none of these.
    """

    visit_types: tuple[str, ...]
    follow_up_days: int
    settling_days: int
    criteria: dict[str, Criterion]
    recheck_days: int = 14
    severity: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, table: dict[str, Any], *, where: str) -> "OutcomeRule":
        """Read the `[outcome]` table of a source file or of records.json.

        Raises:
            StudyError: for an unknown key, visit type, result, outcome or severity item.
        """
        fixed = {"visit_types", "follow_up_days", "settling_days", "recheck_days", "severity"}
        _allowed(table, fixed | set(OUTCOMES), f"{where}: [outcome]")
        absent = [key for key in ("visit_types", "follow_up_days", "settling_days", "fail") if key not in table]
        if absent:
            raise StudyError(f"{where}: [outcome] lacks {absent}")
        _allowed(table["visit_types"], set(VISIT_TYPES), f"{where}: [outcome] visit_types")
        criteria: dict[str, Criterion] = {}
        for name in OUTCOMES:
            if name in table:
                row = dict(table[name])
                _allowed(row, set(Criterion.__dataclass_fields__), f"{where}: [outcome.{name}]")
                _allowed(row.get("results", ()), set(RESULTS), f"{where}: [outcome.{name}] results")
                lists = {key: tuple(value) for key, value in row.items() if key != "key_fail"}
                criteria[name] = Criterion(**lists, key_fail=bool(row.get("key_fail", False)))
        return cls(
            visit_types=tuple(table["visit_types"]),
            follow_up_days=int(table["follow_up_days"]),
            settling_days=int(table["settling_days"]),
            criteria=criteria,
            recheck_days=int(table.get("recheck_days", 14)),
            severity={key: int(value) for key, value in table.get("severity", {}).items()},
        )

    def as_dict(self) -> dict[str, Any]:
        """The inverse of `from_dict`, ready for JSON."""
        return {
            "visit_types": list(self.visit_types),
            "follow_up_days": self.follow_up_days,
            "settling_days": self.settling_days,
            "recheck_days": self.recheck_days,
            "severity": self.severity,
            **{
                name: {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(criterion).items()}
                for name, criterion in self.criteria.items()
            },
        }


def _allowed(keys: Any, allowed: set[str], where: str) -> None:
    unknown = sorted(set(keys) - allowed)
    if unknown:
        raise StudyError(f"{where}: unknown {unknown}; allowed are {sorted(allowed)}")


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
        stretches = _failed_stretches(eligible, log, criterion, rule.follow_up_days)
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


def _severity_points(inspections: pd.DataFrame, log: pd.DataFrame, rule: OutcomeRule) -> "NDArray[Any]":
    """Integer points of each visit by the facts known with it."""
    points = np.zeros(len(inspections), dtype=np.int64)
    for name, weight in rule.severity.items():
        if name in inspections:
            points += weight * inspections[name].fillna(0).to_numpy(np.int64)
    weights = log["code"].map({name: weight for name, weight in rule.severity.items() if name not in inspections})
    points_of_event = weights.astype("float64") * log["quantity"]
    found = log.assign(points=points_of_event).dropna(subset=["points", "inspection_id"])
    visit_known = pd.Series(to_days(inspections["known_on"]), index=inspections["inspection_id"])
    known = found["inspection_id"].map(visit_known).astype("float64")
    with_visit = found[(found["known_on"] <= known) & (found["gone_on"] > known)]
    linked = with_visit.groupby("inspection_id")["points"].sum()
    return points + inspections["inspection_id"].map(linked).astype("float64").fillna(0).to_numpy(np.int64)


def _visits(inspections: pd.DataFrame, log: pd.DataFrame, rule: OutcomeRule) -> pd.DataFrame:
    kinds = inspections["visit_type"]
    code = np.where(kinds.isin(rule.visit_types), VISIT, "VISIT_OTHER")
    code = np.where(kinds.isin(["FU", "LI"]) & ~kinds.isin(rule.visit_types), "VISIT_FOLLOWUP", code)
    code = np.where(inspections["result"] == "not_found", "VISIT_NOT_FOUND", code)
    code = np.where((code == VISIT) & _is_recheck(inspections, code == VISIT, rule), "VISIT_FOLLOWUP", code)
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
            "result": inspections["result"],
            "action": inspections["action"],
            "key_fail": inspections["key_fail"].fillna(0).astype("int64"),
        }
    )


def _is_recheck(inspections: pd.DataFrame, eligible: "NDArray[np.bool_]", rule: OutcomeRule) -> "NDArray[np.bool_]":
    """Whether a visit follows a failed one of its site within the recheck days, and both were known in that order."""
    criterion = rule.criteria["fail"]
    failed = inspections["result"].isin(criterion.results) | inspections["action"].isin(criterion.actions)
    if criterion.key_fail:
        failed |= inspections["key_fail"].fillna(0).to_numpy(np.int64) > 0
    visits = pd.DataFrame(
        {
            "site": inspections["site_id"],
            "on": to_days(inspections["visited_on"]),
            "known": to_days(inspections["known_on"]),
            "place": np.arange(len(inspections)),
        }
    )
    pairs = visits[eligible].merge(visits[eligible & failed.to_numpy()], on="site", suffixes=("", "_before"))
    gap = pairs["on"] - pairs["on_before"]
    follows = pairs[(gap > 0) & (gap <= rule.recheck_days) & (pairs["known_before"] <= pairs["known"])]
    return np.isin(visits["place"].to_numpy(), follows["place"].to_numpy())


def _failed_stretches(visits: pd.DataFrame, log: pd.DataFrame, criterion: Criterion, follow_up: int) -> pd.DataFrame:
    """Stretches [known_on, gone_on] in which each visit counted as failed, overlapping ones united.

    No stretch begins before the visit itself is known: what came from an unknown visit cannot be told to have.
    """
    at_visit = visits["result"].isin(criterion.results) | visits["action"].isin(criterion.actions)
    if criterion.key_fail:
        at_visit |= visits["key_fail"] > 0
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
