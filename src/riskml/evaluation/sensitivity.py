"""Does the conclusion hang on assumed numbers: model minus grade under every draw of them (GRADES.md 11.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.evaluation._policies import LABELLED_SHARE, prepare
from riskml.evaluation._pools import Pool, make_pool
from riskml.evaluation._ranking import Floats
from riskml.grades.grading_system import System
from riskml.grades.regrading import make_regrading
from riskml.grades.sensitivity import Draw, Reference, draws_of, one_at_a_time
from riskml.records.days import to_days
from riskml.records.log import event_log
from riskml.records.store import Records

MODEL: Final = "model"
COLUMNS: Final = {
    "system": "str", "draw": "int64", "label": "str", "worst_asked": "float64", "worst_reached": "float64",
    "policy": "str", "metric": "str", "model": "float64", "grade": "float64", "difference": "float64",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What `sensitivity` found.

    Attributes:
        table: one row a draw, policy and metric: system, draw (0: as it stands), label, worst_asked, worst_reached
            (share of the worst level on the reference day), policy, metric, model, grade, difference (model - grade).
        numbers: what each draw put in place: draw, path, value.
    """

    table: pd.DataFrame
    numbers: pd.DataFrame


def policy_names(system: str) -> tuple[str, str]:
    """The policies of a system: by its level, and by its points inside the level.

    >>> policy_names("nanchang/repair_keep")
    ('grade_nanchang_repair_keep', 'grade_nanchang_repair_keep_points')
    """
    name = f"grade_{system.replace('/', '_')}"
    return name, f"{name}_points"


def sensitivity(
    rows: pd.DataFrame,
    records: Records,
    system: System,
    *,
    budgets: Sequence[float],
    draws: int = 200,
    seed: int,
    each: bool = False,
    log: pd.DataFrame | None = None,
) -> Sensitivity:
    """Headlines of a finished comparison with the system's assumed numbers varied.

    The cuts are set on the first origin, by what was known before it and without looking at any outcome.

    Args:
        rows: scored rows of the run (see `compare`), with as_of, score_model and the scores of the system's policies.
        records: those that the run was made of.
        system: as it stands; one without assumed numbers has draw 0 alone.
        budgets: of the study.
        draws: random draws of all numbers at once.
        seed: of the draws.
        each: instead of random draws, each number alone at half and at twice its value.
        log: the records' event log, if the caller has it already.

    Raises:
        DataError: if the rows lack a column, name a site that the records do not have, or the system as it stands does
            not give the scores that stand in the rows.
    """
    label = system.name if system.variant == "default" else system.full_name
    policies = [name for name in policy_names(label) if f"score_{name}" in rows]
    if not policies:
        raise DataError(f"the scored rows hold no policy of {label}; it is none of the study's [comparison] systems")
    ordered = rows.sort_values(["origin", "site_id"], kind="stable").reset_index(drop=True)
    pool = make_pool(ordered, [MODEL, *policies])
    days = to_days(ordered["as_of"]).astype(np.int64)
    known = event_log(records) if log is None else log
    ready = make_regrading(records, known, system, [int(day) for day in np.unique(days)])
    first = ready.days[0]
    places = _places(ordered, days, ready.days, records)
    there = np.isin(np.arange(len(records.sites)), places[0][1])
    reference = Reference(ready.benches[first], first, there)
    made: Iterable[Draw]
    if not system.assumed:
        made = [next(draws_of(system, reference, draws=0, seed=seed))]
    else:
        made = one_at_a_time(system, reference) if each else draws_of(system, reference, draws=draws, seed=seed)
    found, numbers = [], []
    model = _values(pool, MODEL, budgets)
    for draw in made:
        tables = ready.scores(draw.system)
        reached = _worst_share(tables[0]["rank"].to_numpy(np.float64)[there], draw.system)
        columns = (("level_score", policies[0]), ("points_score", policies[-1]))[: len(policies)]
        scores = {policy: _picked(tables, places, column) for column, policy in columns}
        if draw.number == 0:
            _same(scores, ordered)
        changed = replace(pool, scores=scores)
        for policy in policies:
            grade = _values(changed, policy, budgets)
            found += [_row(label, draw, reached, policy, metric, model[metric], grade[metric]) for metric in grade]
        numbers += [(draw.number, path, value) for path, value in draw.system.replaced.items()]
    return Sensitivity(
        pd.DataFrame(found, columns=list(COLUMNS)).astype(COLUMNS),
        pd.DataFrame(numbers, columns=["draw", "path", "value"]).astype({"path": "str", "value": "float64"}),
    )


def _places(rows: pd.DataFrame, days: Any, all_days: Sequence[int], records: Records) -> list[tuple[Any, Any]]:
    """For each day: the rows of that day, and the place of their sites in the records."""
    sites = pd.Index(records.sites["site_id"])
    found = []
    for day in all_days:
        here = np.flatnonzero(days == day)
        place = sites.get_indexer(rows["site_id"].iloc[here])
        if (place < 0).any():
            unknown = rows["site_id"].iloc[here[place < 0]].head(3).tolist()
            raise DataError(f"scored rows name sites that the records do not have, such as {unknown}; run again")
        found.append((here, place))
    return found


def _picked(tables: list[pd.DataFrame], places: list[tuple[Any, Any]], column: str) -> Floats:
    scores = np.empty(sum(len(here) for here, _ in places))
    for table, (here, place) in zip(tables, places, strict=True):
        scores[here] = table[column].to_numpy(np.float64)[place]
    return scores


def _same(scores: dict[str, Floats], rows: pd.DataFrame) -> None:
    for policy, score in scores.items():
        other = int(np.count_nonzero(score != rows[f"score_{policy}"].to_numpy(np.float64)))
        if other:
            raise DataError(
                f"{policy}: {other} of {len(rows)} scores of the run are not those of today's system and records; "
                "run the study again, then vary its numbers"
            )


def _values(pool: Pool, policy: str, budgets: Sequence[float]) -> dict[str, float]:
    """Every metric of a policy that can be compared: the labelled share says nothing about how good it is."""
    once = np.ones((1, pool.sites), dtype=np.uint16)
    values = prepare(pool, policy, budgets=budgets, probability=False).values(once)
    return {name: float(value) for name, (value,) in values.items() if not name.startswith(LABELLED_SHARE)}


def _worst_share(rank: Floats, system: System) -> float:
    """Share of the worst level among the sites with a level; NaN if none has one."""
    held = rank[~np.isnan(rank)]
    return float((held == len(system.levels) - 1).mean()) if len(held) else float("nan")


def _row(
    label: str, draw: Draw, reached: float, policy: str, metric: str, model: float, grade: float
) -> tuple[Any, ...]:
    asked = float("nan") if draw.worst_asked is None else draw.worst_asked
    return (
        label, draw.number, draw.label, asked, reached, policy, metric, model, grade, model - grade
    )  # fmt: skip


def ranges(table: pd.DataFrame) -> pd.DataFrame:
    """The range of each difference over the draws, draw 0 beside it.

    Args:
        table: of `Sensitivity`.

    Returns:
        system, policy, metric, default (draw 0), least, p05, median, p95, most (over the other draws; those of draw 0
        where it is alone), grade_wins (share of those draws with a difference below 0), draws (their number).
    """
    rows = []
    for (system, policy, metric), part in table.groupby(["system", "policy", "metric"], sort=False):
        values = part.loc[part["draw"] > 0, "difference"].dropna().to_numpy(np.float64)
        default = part.loc[part["draw"] == 0, "difference"].to_numpy(np.float64)
        seen = values if len(values) else default[~np.isnan(default)]
        spread = np.quantile(seen, (0.0, 0.05, 0.5, 0.95, 1.0)) if len(seen) else np.full(5, np.nan)
        wins = float((seen < 0).mean()) if len(seen) else float("nan")
        rows.append((system, policy, metric, float(default[0]), *spread.tolist(), wins, len(values)))
    names = ["system", "policy", "metric", "default", "least", "p05", "median", "p95", "most", "grade_wins", "draws"]
    texts = dict.fromkeys(("system", "policy", "metric"), "str")
    return pd.DataFrame(rows, columns=names).astype(texts)
