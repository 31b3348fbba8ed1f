"""How good settings of the model are: a ranking metric, pooled over inner origins one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold
from riskml.evaluation.metrics import at_budget, auc, average_precision
from riskml.features.catalog import Catalog
from riskml.models.boosting import train


@dataclass(frozen=True, eq=False)
class Task:
    """All that a trial reads.

    Attributes:
        values: features, shape (rows, features); NaN is missing.
        fail: outcomes, shape (rows,); read where a fold says so.
        folds: inner origins in time order; every outcome of their test rows that counts is in `labelled`.
        labelled: whether the outcome is settled, shape (rows,).
        days: planning day of each row, shape (rows,): the last of them choose the number of trees, if the study's
            settings stop early.
        catalog: the features in column order.
        metric: auc, average_precision, or recall, precision or lift at a budget, such as "recall@0.20".
        settings: the study's own settings of the model, which a trial replaces in part.
        seed: all randomness comes from it.
    """

    values: NDArray[np.float64]
    fail: NDArray[np.bool_]
    folds: Sequence[Fold]
    labelled: NDArray[np.bool_]
    days: NDArray[np.int32]
    catalog: Catalog
    metric: str
    settings: Mapping[str, Any]
    seed: int


def running_metric(task: Task, settings: Mapping[str, Any]) -> Iterator[float | None]:
    """The metric pooled over the first inner origin, then the first two, and so on; None where it is undefined."""
    outcome, score, stratum = [], [], []
    for place, fold in enumerate(task.folds):
        part = fold.train  # neither calibrated nor swept for monotony: what is judged is the order alone
        boosted = train(
            task.values[part], task.fail[part], task.catalog, seed=task.seed, settings=settings, days=task.days[part]
        )
        judged = fold.test[task.labelled[fold.test]]
        outcome.append(task.fail[judged])
        score.append(boosted.raw_scores(task.values[judged]))
        stratum.append(np.full(len(judged), place))
        pooled = [np.concatenate(part) for part in (outcome, score, stratum)]
        yield metric_of(task.metric, *pooled)


def metric_of(
    metric: str, outcome: NDArray[np.bool_], score: NDArray[np.float64], stratum: NDArray[np.int64]
) -> float | None:
    """A headline metric of pooled visits, cut within each origin; ties count by their expected value.

    >>> metric_of("recall@0.50", np.array([True, False]), np.array([2.0, 1.0]), np.array([0, 0]))
    1.0
    """
    if not len(outcome):
        return None
    name, _, share = metric.partition("@")
    if not share:
        return {"auc": auc, "average_precision": average_precision}[name](outcome, score, stratum=stratum)
    value = getattr(at_budget(outcome, score, share=float(share), stratum=stratum), name)
    return None if value is None else float(value)
