"""Figures by group of sites from the sums of a ranked pool, with their bootstrap draws and what each of them counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.evaluation._policies import REORDERING
from riskml.evaluation._ranking import Floats, Multiplicity, ratio
from riskml.evaluation.calibration_table import MOST_MEMBERS, OVERALL
from riskml.evaluation.enough import too_few
from riskml.evaluation.fairness import _sums as sums
from riskml.evaluation.fairness._sums import GroupedRows, group_sums, linear_cuts, resampled_sums
from riskml.evaluation.intervals import bootstrap

OTHERS: Final = " in the other groups"


NO_BUDGET: Final = 0.0


class Key(NamedTuple):
    """A figure: its metric and its budget, `NO_BUDGET` where it has none."""

    metric: str
    budget: float


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of n rows by A attributes, the first of which is "overall": one group of all rows.

    Attributes:
        attributes: their names.
        code: group of each row by attribute, shape (n, A); -1 where it is not recorded.
        names: (attribute, group) of each code; the group is None for those of the attribute that are not shown.
        start, rest: first code of each attribute, and that of its groups that are not shown.
    """

    attributes: tuple[str, ...]
    code: NDArray[np.int32]
    names: tuple[tuple[str, str | None], ...]
    start: tuple[int, ...]
    rest: tuple[int, ...]


def groups_of(members: Mapping[str, NDArray[Any]], rows: int) -> Groups:
    """Codes of the groups: of each attribute the 50 with most rows, in the order of their names, then all others.

    Args:
        members: attribute -> group of each row; missing where it is not recorded.
        rows: their number.

    >>> made = groups_of({"office": np.array(["b", "a", None, "b"], dtype=object)}, 4)
    >>> made.code[:, 1].tolist(), made.names[2:]
    ([3, 2, -1, 3], (('office', 'a'), ('office', 'b'), ('office', None)))
    """
    names: list[tuple[str, str | None]] = [(OVERALL, ""), (OVERALL, None)]
    columns, starts, rests = [np.zeros(rows, dtype=np.int32)], [0], [1]
    for attribute, values in members.items():
        group = pd.Series(values, dtype=object).map(str, na_action="ignore")
        shown = sorted(group.value_counts().index[:MOST_MEMBERS])
        starts.append(len(names))
        rests.append(len(names) + len(shown))
        place = pd.Index(shown, dtype=object).get_indexer(pd.Index(group, dtype=object))
        code = np.where(place < 0, rests[-1], place + starts[-1])
        columns.append(np.where(group.isna(), -1, code).astype(np.int32))
        names += [*((attribute, one) for one in shown), (attribute, None)]
    return Groups((OVERALL, *members), np.column_stack(columns), tuple(names), tuple(starts), tuple(rests))


@dataclass(frozen=True, eq=False)
class Figures:
    """Every figure of one policy by group; arrays by code.

    Attributes:
        point: figure -> value on the rows as they are, shape (G,); NaN where undefined.
        drawn: figure -> values under the resamples, shape (draws, G).
        rows, positives: rows behind them, and failures among them (of all active sites: settled visits).
        counted: figure -> (noun, count of each group, count of all other groups or None): what it must have enough of.
    """

    point: dict[Key, Floats]
    drawn: dict[Key, Floats]
    rows: Floats
    positives: Floats
    counted: dict[Key, tuple[str, Floats, Floats | None]]

    def minus(self, rival: "Figures") -> "Figures":
        """Paired differences of the figures that both have, ratios to others left out; each needs enough in both."""
        keys = [key for key in self.point if key in rival.point and key.metric not in NUMERATOR_OF]
        return Figures(
            point={key: self.point[key] - rival.point[key] for key in keys},
            drawn={key: self.drawn[key] - rival.drawn[key] for key in keys},
            rows=self.rows,
            positives=self.positives,
            counted={
                key: (self.counted[key][0], np.minimum(self.counted[key][1], rival.counted[key][1]), None)
                for key in keys
            },
        )


def figures(
    grouped: GroupedRows, made: Groups, estimand: str, budgets: Sequence[float], sites: int, draws: int, seed: int
) -> Figures:
    """The figures of one policy on one pool.

    Args:
        grouped: its rows.
        made: the groups.
        estimand: "reordering" (visits made and settled) or "allocation" (all active sites: no outcome is read).
        budgets: shares.
        sites: number of sites of the whole pool.
        draws: resamples of the sites.
        seed: of the resamples.
    """
    once = np.ones((1, sites), dtype=np.uint16)
    point = group_sums(grouped, once, shares=budgets)
    named = _named(point, made, estimand, budgets)
    keys = list(named)

    cuts = linear_cuts(grouped, shares=budgets, sites=sites)

    def statistic(multiplicity: Multiplicity) -> Floats:
        values = _named(resampled_sums(grouped, multiplicity, cuts), made, estimand, budgets)
        return np.hstack([values[key] for key in keys])

    table = bootstrap(statistic, sites=sites, draws=draws, seed=seed)
    width = len(made.names)
    drawn = {
        key: table[:, k * width : (k + 1) * width] if draws else np.empty((0, width)) for k, key in enumerate(keys)
    }
    rows, positives = _row_counts(grouped, made, estimand)
    counted = {key: _counted(key, point, made, (rows, positives), budgets) for key in keys}
    return Figures({key: named[key][0] for key in keys}, drawn, rows, positives, counted)


def reason_of(found: Figures, key: Key, code: int) -> str:
    """Why a group's figure is not given; empty if it is."""
    noun, here, others = found.counted[key]
    reason = too_few(here[code], noun)
    return reason or ("" if others is None else too_few(others[code], noun, place=OTHERS))


def _named(table: Floats, made: Groups, estimand: str, budgets: Sequence[float]) -> dict[Key, Floats]:
    """Figures from sums of shape (draws, G, k); each of shape (draws, G)."""
    if estimand != REORDERING:
        return _of_sites(table, budgets)
    own, others = _of_visits(table, budgets), _of_visits(_others(table, made), budgets)
    for key in list(own):
        if key.metric in OVER_OTHERS:
            own[Key(OVER_OTHERS[key.metric], key.budget)] = ratio(own[key], others[key])
    return {key: values for key, values in own.items() if key.metric != KEPT_PROMISE}


KEPT_PROMISE: Final = "detection over promised detection"
OVER_OTHERS: Final = {
    "detection_rate": "detection_parity",
    "clean_visit_rate": "clean_visit_parity",
    KEPT_PROMISE: "detection_ratio",
    "observed_expected": "calibration_ratio",
}
"""Figure -> the name of its ratio to that of all other groups."""


def _of_visits(table: Floats, budgets: Sequence[float]) -> dict[Key, Floats]:
    """Figures of the visits that were made; those of the probabilities only where there are some."""
    weight, positive, expected = (table[:, :, column] for column in (sums.WEIGHT, sums.POSITIVE, sums.EXPECTED))
    promised = bool(expected.any())
    found: dict[Key, Floats] = {}
    for place, budget in enumerate(budgets):
        first = sums.BUDGET + sums.PER_BUDGET * place
        visits, hits, hoped = (table[:, :, first + column] for column in range(sums.PER_BUDGET))
        found[Key("detection_rate", budget)] = ratio(hits, positive)
        found[Key("clean_visit_rate", budget)] = ratio(visits - hits, weight - positive)
        found[Key("precision", budget)] = ratio(hits, visits)
        found[Key("selection_share", budget)] = ratio(visits, weight)
        if promised:
            found[Key("promised_detection", budget)] = ratio(hoped, expected)
            found[Key(KEPT_PROMISE, budget)] = ratio(ratio(hits, positive), ratio(hoped, expected))
    found[Key("mean_place", NO_BUDGET)] = ratio(table[:, :, sums.PLACE], weight)
    found[Key("mean_place_failing", NO_BUDGET)] = ratio(table[:, :, sums.PLACE_POSITIVE], positive)
    if promised:
        found[Key("observed_expected", NO_BUDGET)] = ratio(positive, expected)
    return found


def _of_sites(table: Floats, budgets: Sequence[float]) -> dict[Key, Floats]:
    """Figures of all active sites, which read no outcome."""
    weight = table[:, :, sums.WEIGHT]
    visits = {budget: table[:, :, sums.BUDGET + sums.PER_BUDGET * place] for place, budget in enumerate(budgets)}
    shares = {Key("site_selection_share", budget): ratio(part, weight) for budget, part in visits.items()}
    return {**shares, Key("site_mean_place", NO_BUDGET): ratio(table[:, :, sums.PLACE], weight)}


def _others(values: Floats, made: Groups) -> Floats:
    """Sums over all other groups of the same attribute that are recorded; shape (draws, G, k) as `values`."""
    result = np.empty_like(values)
    for start, rest in zip(made.start, made.rest, strict=True):
        mine = slice(start, rest + 1)
        result[:, mine] = values[:, mine].sum(axis=1, keepdims=True) - values[:, mine]
    return result


def _row_counts(grouped: GroupedRows, made: Groups, estimand: str) -> tuple[Floats, Floats]:
    """Rows of each code and, of visits, the failures among them, of all active sites the settled visits; unweighted."""
    code = grouped.code
    told = grouped.ranked.outcome if estimand == REORDERING else grouped.labelled
    width = len(made.names)
    rows, positives = (
        np.bincount(one[one >= 0], minlength=width).astype(np.float64)
        for one in (code, np.where(told[:, None], code, -1))
    )
    return rows, positives


def _counted(
    key: Key, table: Floats, made: Groups, counts: tuple[Floats, Floats], budgets: Sequence[float]
) -> tuple[str, Floats, Floats | None]:
    """What a figure must have enough of, here and, for one over all others, there.

    Where observed failures are the numerator it is the expected ones that must be enough: to show a group only once
    many of its visits failed would show those with bad luck.
    """
    rows, positives = counts
    metric = NUMERATOR_OF.get(key.metric, key.metric)
    noun, here = ("sites" if metric.startswith("site_") else "settled visits"), rows
    first = sums.BUDGET + sums.PER_BUDGET * (list(budgets).index(key.budget) if key.budget else 0)
    if metric in ("detection_rate", "mean_place_failing"):
        noun, here = "failures", positives
    elif metric == "clean_visit_rate":
        noun, here = "passed visits", rows - positives
    elif metric == "precision":
        noun, here = "visits within the budget", table[0, :, first]
    elif metric == KEPT_PROMISE:
        noun, here = "expected failures within the budget", table[0, :, first + 2]
    elif metric in ("observed_expected", "promised_detection"):
        noun, here = "expected failures", table[0, :, sums.EXPECTED]
    return noun, here, _others(here[None, :, None], made)[0, :, 0] if key.metric in NUMERATOR_OF else None


NUMERATOR_OF: Final = {name: metric for metric, name in OVER_OTHERS.items()}
"""Ratio to all other groups -> its figure."""
