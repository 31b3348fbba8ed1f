"""What explains a model as a whole: every table of it, from the models of the origins and the exported one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold
from riskml.errors import DataError
from riskml.explanation.deletion import DONORS, ORDERS, Deletion, deletion
from riskml.explanation.dependence import dependence
from riskml.explanation.faithfulness import faithfulness
from riskml.explanation.faithfulness_words import NOT_MADE, NOT_RANDOM
from riskml.explanation.importance import features_told, importance, mean_moves, over_origins
from riskml.explanation.interactions import interactions
from riskml.explanation.stability import grouped, rank_correlation, stability
from riskml.features.catalog import Catalog
from riskml.models.boosting import Boosted, train
from riskml.models.origin import Material, Settings
from riskml.scorer.explaining.topics import topics

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Pairs = Callable[[Floats, Sequence[int]], Floats]

MOST_ROWS: Final = 2_500
"""Rows of an origin, and of all of them for what goes by value: a mean over more would not be closer."""


@dataclass(frozen=True)
class Effort:
    """How much is computed.

    Attributes:
        refits: trainings with other seeds; 0 for no word about stability.
        rows: sites of the last day for the deletion test, the interactions and the refits.
        features: the most important ones, whose dependence and pairs are looked at.
    """

    refits: int = 3
    rows: int = 400
    features: int = 8


def explained(
    material: Material,
    folds: Sequence[Fold],
    models: Sequence[Boosted],
    settings: Settings,
    *,
    categories: Mapping[str, Sequence[str]],
    pairs: Pairs | None = None,
    effort: Effort | None = None,
) -> dict[str, pd.DataFrame]:
    """All tables about the model as a whole.

    Args:
        material: all cohort rows.
        folds: of the evaluation origins, and the last of the deployment day.
        models: of each fold, in the same order; the last is the one that is exported.
        settings: by which they were trained.
        categories: the values of each category feature.
        pairs: (rows of shape (n, F), places of k features) -> Shapley interaction values of the exported model, shape
            (n, k, k); without it there is no table of interactions.
        effort: how much to compute; the usual if not given.

    Returns:
        importance, importance_topics, dependence, stability, deletion, faithfulness, and interactions if `pairs` is
        given.

    Raises:
        DataError: for as many models as there are not folds, or fewer than one origin.
    """
    if len(folds) != len(models) or len(folds) < 2:
        raise DataError(f"{len(models)} models of {len(folds)} folds; needs one each, of an origin and the last day")
    effort, exported, last = effort or Effort(), models[-1], folds[-1].test
    rng = np.random.default_rng(settings.seed)
    members, catalog = _members(material.catalog, categories), material.catalog
    tables, moves = _importance(material, folds, models, members, rng)
    pooled = material.values[_some(np.concatenate([fold.test for fold in folds]), MOST_ROWS, rng)]
    moved = exported.contributions(pooled)
    shown = importance(moved, catalog)["feature"].head(effort.features).tolist()
    tables["dependence"] = dependence(pooled, moved, catalog, categories, features=shown)
    if pairs is not None:
        places = sorted(catalog.names.index(name) for name in shown)
        part = _some(np.arange(len(pooled)), effort.rows, rng)
        tables["interactions"] = interactions(pairs(pooled[part], places), pooled[part], moved[part], catalog, places)
    today = material.values[_some(last, effort.rows, rng)]
    again = [_refit(material, folds[-1], settings, number).contributions(today) for number in range(effort.refits)]
    return tables | _checks(exported, today, pooled, again, members, _lasted(moves), settings.seed)


def _importance(
    material: Material, folds: Sequence[Fold], models: Sequence[Boosted], members: Sequence[Sequence[int]],
    rng: np.random.Generator,
) -> tuple[dict[str, pd.DataFrame], Floats]:  # fmt: skip
    """Of features and of topics, by each origin's own model on its own rows; and the moves, shape (folds, F)."""
    alone: list[Floats] = []
    together: list[Floats] = []
    for fold, model in zip(folds, models, strict=True):
        moved = model.contributions(material.values[_some(fold.test, MOST_ROWS, rng)])
        alone.append(mean_moves(moved))
        together.append(mean_moves(grouped(moved, members)))
    told = features_told(material.catalog)
    leading = [max(group, key=lambda place: float(alone[-1][place])) for group in members]
    topic = told.iloc[leading].reset_index(drop=True)
    topic = topic.assign(features=[", ".join(told["feature"].iloc[list(group)]) for group in members])
    tables = {
        "importance": over_origins(alone[:-1], told, alone[-1]),
        "importance_topics": over_origins(together[:-1], topic, together[-1]),
    }
    return tables, np.vstack(alone)


def _lasted(moves: Floats) -> Floats:
    """Rank correlation of each origin's importance with that of the exported model, the last; over what either uses."""
    last = moves[-1]
    used = [(one > 0.0) | (last > 0.0) for one in moves[:-1]]
    pairs = zip(moves[:-1], used, strict=True)
    return np.array([rank_correlation(one[held][None], last[held][None])[0] for one, held in pairs if held.any()])


def _checks(
    exported: Boosted, today: Floats, others: Floats, again: Sequence[Floats], members: Sequence[Sequence[int]],
    lasted: Floats, seed: int,
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """The deletion test, what the refits keep, and all checks."""
    moved = exported.contributions(today)
    deleted = None
    if (moved[:, :-1] != 0.0).any():
        deleted = deletion(exported.raw_scores, today, moved, others, seed=seed)
    chance = any(not np.array_equal(moved, one) for one in again)
    kept = stability(moved, again if chance else [], members)
    why = NOT_RANDOM if again and not chance else NOT_MADE
    checks = faithfulness(exported.raw_scores(today), moved, deleted, kept, lasted, seed=seed, why=why)
    return {"stability": kept, "deletion": deletion_curves(deleted), "faithfulness": checks}


def _refit(material: Material, fold: Fold, settings: Settings, number: int) -> Boosted:
    learned = fold.train
    return train(
        material.values[learned], material.fail[learned], material.catalog, seed=settings.seed + 1 + number,
        settings=settings.boosting, days=material.days[learned],
    )  # fmt: skip


def deletion_curves(deleted: Deletion | None) -> pd.DataFrame:
    """order, features (put out), moved (mean absolute change of the log-odds), rows, donors; one row a step."""
    columns = {"order": "str", "features": "int64", "moved": "float64", "rows": "int64", "donors": "int64"}
    rows = [] if deleted is None else [
        {"order": order, "features": step, "moved": moved, "rows": len(deleted.agreement), "donors": DONORS}
        for order in ORDERS
        for step, moved in zip(deleted.steps, deleted.moved[order].mean(axis=0), strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


def _members(catalog: Catalog, categories: Mapping[str, Sequence[str]]) -> list[list[int]]:
    """The places of the features of each topic, in catalog order."""
    heads = topics(catalog.program({name: list(values) for name, values in categories.items()}))
    return [[place for place, head in enumerate(heads) if head == one] for one in dict.fromkeys(heads)]


def _some(places: Places, most: int, rng: np.random.Generator) -> Places:
    """At most `most` of the places, drawn without replacement, in their order."""
    return places if len(places) <= most else np.sort(rng.choice(places, size=most, replace=False))
