"""Are service and burden shared fairly: detection, clean visits, waiting, calibration by group, beside the grade."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._policies import ALLOCATION, REORDERING
from riskml.evaluation._pools import Pool, make_pool
from riskml.evaluation._ranking import Floats
from riskml.evaluation.fairness._figures import NUMERATOR_OF, Figures, Groups, figures, groups_of, reason_of
from riskml.evaluation.fairness._sums import GroupedRows, grouped_rows
from riskml.evaluation.intervals import percentile_interval

BUDGETS: Final = (0.10, 0.20)
MOST_DRAWS: Final = 500
COLUMNS: Final = {
    "attribute": "str", "group": "str", "policy": "str", "metric": "str", "budget": "float64", "estimand": "str",
    "value": "float64", "low": "float64", "high": "float64", "n": "int64", "n_positive": "int64", "reason": "str",
}  # fmt: skip
Row = dict[str, Any]


def fairness_table(
    rows: pd.DataFrame,
    groups: "Mapping[str, pd.Series[Any]]",
    *,
    policy: str = "model",
    rivals: Sequence[str] = (),
    budgets: Sequence[float] = BUDGETS,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """What a policy does to each group of sites, beside what its rivals do.

    The budget is cut over all groups together, within each origin, and again in each resample of the sites, there to
    first order as in the comparison; ties count by expected value. What is set against other groups is set against all
    other groups of the attribute: a group that holds most sites would hide in a ratio to the total.

    Two kinds of it. A parity (detection_parity, clean_visit_parity) is a plain ratio of rates, of the policy and its
    rivals alike. Where groups fail at different rates it cannot be 1 for probabilities that are right (Chouldechova
    2017; Kleinberg et al. 2016), so it is shown and not judged. What a metric ending in _ratio measures is the policy's
    own error, 1 for right probabilities whatever the rates: calibration_ratio (observed over expected failures) and
    detection_ratio (detection rate over the one that the group's own probabilities promise, sum of p of its visits
    within the budget over sum of all its p), each over that of all others. Only the policy has them: it is these that
    the gate of a promotion judges.

    Args:
        rows: scored rows (see `comparison.compare`); the policy's score is a probability.
        groups: attribute -> group of each row, on the index of `rows`; a missing group is counted, not guessed.
        policy: the one looked at.
        rivals: others shown beside it, such as the incumbent grade; "<policy> - <rival>" holds paired differences.
        budgets: shares in (0, 1].
        draws: bootstrap resamples of the sites, 500 at most, the same for all policies.
        seed: of the resamples.

    Returns:
        attribute ("overall" or a name of `groups`), group (empty for overall), policy, metric
        (`fairness_words.FAIRNESS_METRICS`), budget (NaN where there is none), estimand, value, low, high, n and
        n_positive (visits and failures; for the two figures of all active sites: sites and settled visits), reason
        (why value or interval is missing). A figure of fewer than 20 of what it counts is not given.

    Raises:
        DataError: for rows as `compare` refuses them, a group on another index, a budget out of its range, or scores
            of the policy that are no probabilities.
    """
    ordered = rows.reset_index(drop=True).sort_values(["origin", "site_id"], kind="stable")
    others = [name for name in dict.fromkeys(rivals) if name != policy]
    pool = make_pool(ordered, [policy, *others])
    _check(pool, rows, groups, policy, budgets)
    made = groups_of({name: one.to_numpy()[ordered.index] for name, one in groups.items()}, len(rows))
    resampling = _Resampling(pool.sites, min(draws, MOST_DRAWS), seed)
    found: list[Row] = list(_unshown(pool, made))
    for estimand, used in ((REORDERING, pool.labelled), (ALLOCATION, np.ones(len(rows), dtype=bool))):
        held: dict[str, Figures] = {}
        for name in (policy, *others):
            kept = _grouped(pool, name, used, made, probability=name == policy)
            held[name] = figures(kept, made, estimand, budgets, resampling.sites, resampling.draws, resampling.seed)
            found += _rows(name, held[name], made, estimand, resampling)
        for rival in others:
            less = held[policy].minus(held[rival])
            found += _rows(f"{policy} - {rival}", less, made, estimand, resampling)
    empty = {"budget": np.nan, "value": np.nan, "low": np.nan, "high": np.nan, "reason": ""}
    return pd.DataFrame([{**empty, **row} for row in found], columns=list(COLUMNS)).astype(COLUMNS)


@dataclass(frozen=True)
class _Resampling:
    sites: int
    draws: int
    seed: int


def _check(
    pool: Pool,
    rows: pd.DataFrame,
    groups: "Mapping[str, pd.Series[Any]]",
    policy: str,
    budgets: Sequence[float],
) -> None:
    for name, members in groups.items():
        if not members.index.equals(rows.index):
            raise DataError(f"group {name}: its index is not that of the {len(rows)} rows; give one member a row")
    wrong = [budget for budget in budgets if not 0 < budget <= 1]
    if wrong:
        raise DataError(f"budgets {wrong} are not allowed; they lie above 0 and up to 1")
    score = pool.scores[policy]
    outside = int(np.count_nonzero((score < 0) | (score > 1)))
    if outside:
        raise DataError(f"policy {policy}: {outside} of {len(score)} probabilities lie outside 0 to 1; calibrate it")


def _grouped(pool: Pool, name: str, used: NDArray[np.bool_], made: Groups, *, probability: bool) -> GroupedRows:
    return grouped_rows(pool, name, rows=used, code=made.code, groups=len(made.names), probability=probability)


def _unshown(pool: Pool, made: Groups) -> Iterator[Row]:
    """How many rows have no group recorded, or one too many to show."""
    for place, attribute in enumerate(made.attributes):
        if not place:
            continue
        code = made.code[:, place]
        for metric, out in (("not_recorded", code < 0), ("not_shown", code == made.rest[place])):
            yield {
                "attribute": attribute,
                "group": "",
                "policy": "",
                "metric": metric,
                "estimand": ALLOCATION,
                "value": float(out.mean()),
                "n": int(out.sum()),
                "n_positive": int((out & pool.labelled).sum()),
                "reason": "a count, not an estimate",
            }


def _rows(policy: str, found: Figures, made: Groups, estimand: str, resampling: _Resampling) -> Iterator[Row]:
    """One row for each group that is shown and each figure."""
    for code, (attribute, group) in enumerate(made.names):
        if group is None:
            continue
        for key, values in found.point.items():
            if key.metric in NUMERATOR_OF and not code:
                continue
            yield {
                "attribute": attribute,
                "group": group,
                "policy": policy,
                "metric": key.metric,
                "budget": key.budget or np.nan,
                "estimand": estimand,
                "n": int(found.rows[code]),
                "n_positive": int(found.positives[code]),
                **_estimate(values[code], found.drawn[key][:, code], reason_of(found, key, code), resampling.sites),
            }


def _estimate(value: float, drawn: Floats, reason: str, sites: int) -> Row:
    if reason:
        return {"reason": reason}
    told = percentile_interval(drawn, sites=sites)
    low, high = (np.nan if end is None else end for end in (told.low, told.high))
    return {"value": float(value), "low": low, "high": high, "reason": told.reason or ""}
