"""The truth of a city: each policy's metrics on very many fresh sites of it, the two estimands apart."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from riskml.evaluation.metrics import at_budget, auc
from riskml.simulation.selection_city import City
from riskml.simulation.selection_rows import Scoring, scores_of
from riskml.simulation.selection_world import draw_panel

FRESH: Final = 10**6
"""Seed of the first panel of fresh sites; the worlds of a city have the seeds below it."""
CHUNK: Final = 50_000
"""Fresh sites held at a time."""

Truth = dict[str, dict[str, float]]
"""By policy and metric."""


def truth_of(
    city: City, scoring: Scoring, policies: list[str], budgets: list[float], *, sites: int, allocation: bool
) -> Truth:
    """Each policy's metrics, the budget cut within each origin.

    Fresh sites are drawn in chunks with seeds of their own. The figures are those of `evaluation.metrics`, which its
    tests recompute by hand.

    Args:
        city: whose sites.
        scoring: the fixed model.
        policies: names of scores.
        budgets: shares of the pool.
        sites: how many fresh ones.
        allocation: True judges all open sites by the outcome they would have; False the visits made.
    """
    setting = city.setting
    periods = slice(setting.earlier, setting.periods)
    parts: list[tuple[NDArray[Any], ...]] = []
    for place, count in enumerate(chunks(sites)):
        panel = draw_panel(city, seed=FRESH + place, sites=count)
        pool = (panel.active if allocation else panel.visited)[periods]
        scores = scores_of(panel, periods, scoring)
        parts.append((panel.would_fail[periods][pool], np.nonzero(pool)[0], *(scores[name][pool] for name in policies)))
    fail, origin, *columns = (np.concatenate(part) for part in zip(*parts, strict=True))
    return {name: judged(fail, score, origin, budgets) for name, score in zip(policies, columns, strict=True)}


def judged(fail: NDArray[Any], score: NDArray[Any], origin: NDArray[Any], budgets: list[float]) -> dict[str, float]:
    """AUC, and precision, recall and lift at each budget, of one policy.

    >>> found = judged(np.array([1, 0, 1, 0]), np.array([9, 5, 5, 1]), np.zeros(4), [0.5])
    >>> found["recall@0.50"], found["auc"]
    (0.75, 0.875)
    """
    found = {"auc": float(auc(fail, score, stratum=origin) or np.nan)}
    for budget in budgets:
        cut = at_budget(fail, score, share=budget, stratum=origin)
        for name in ("precision", "recall", "lift"):
            found[f"{name}@{budget:.2f}"] = float(getattr(cut, name))
    return found


def chunks(sites: int) -> list[int]:
    """Sizes of at most `CHUNK` that add up to `sites`.

    >>> chunks(120_000)
    [50000, 50000, 20000]
    """
    return [min(CHUNK, sites - first) for first in range(0, sites, CHUNK)]
