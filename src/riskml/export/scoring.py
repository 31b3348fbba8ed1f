"""Records scored with an exported artifact: its features by the batch scan, its trees by the scorer."""

from pathlib import Path

import numpy as np
import pandas as pd

from riskml.cohorts import active_rows
from riskml.errors import ArtifactError, DataError, StudyError
from riskml.features.build import context_of, features_of_rows
from riskml.features.catalog import Catalog, load_catalog
from riskml.records.days import from_days
from riskml.records.decision_day import decision_day, refuse_later_snapshots
from riskml.records.log import event_log
from riskml.records.store import Records
from riskml.scorer import Context, Scorer


def score_records(artifact: "Path | str", records: Records, as_of: str) -> pd.DataFrame:
    """Probability and level of every active site as of a day.

    Args:
        artifact: folder of an exported artifact.
        records: canonical records.
        as_of: decision day; only what was known before it counts, and the artifact's expiry is held against it.

    Returns:
        site_id, as_of, probability and level (missing where the artifact has none), riskiest first.

    Raises:
        ArtifactError: if the artifact is damaged, or its features are not those of this version of riskml.
        DataError: if `as_of` is no day, or lies outside the days the records cover, or a feature of the artifact reads
            a site column that is a snapshot of that day or a later one, or no site is active on the day.
    """
    day = decision_day(records, as_of)
    scorer = Scorer.load(artifact, today=as_of)
    rows = active_rows(records.sites, np.array([day], dtype=np.int32), snapshots=records.snapshots)
    if rows.empty:
        raise DataError(f"no site of {records.source} is active on {as_of}")
    catalog = _catalog(artifact, scorer)
    refuse_later_snapshots(records, catalog.columns(), day)
    categories = {f.name: list(f.categories) for f in scorer.header.features if f.kind == "category"}
    table = features_of_rows(
        rows["site_id"], rows["as_of"].to_numpy("int32"), records.sites, event_log(records), catalog, categories
    )
    if catalog.program(table.categories) != scorer.header.program:
        raise ArtifactError(
            f"{artifact} computes its features otherwise than this version of riskml; score with the version that "
            "exported it, or with riskml.scorer alone"
        )
    probability = scorer.score_features(table.values)
    found = rows.assign(as_of=from_days(rows["as_of"].to_numpy("int64")), probability=probability)
    found["level"] = pd.Series(
        [level.code if (level := scorer.level_of(p)) else None for p in probability], dtype="str"
    )
    return found.sort_values(["probability", "site_id"], ascending=[False, True], ignore_index=True)


def context_for(artifact: "Path | str", records: Records, as_of: str) -> Context:
    """The context table that an artifact needs on a day: totals of the groups of sites that its features tell of.

    Args:
        artifact: folder of an exported artifact.
        records: canonical records, of all sites.
        as_of: decision day; only what was known before it is in the totals.

    Raises:
        ArtifactError, DataError: as `score_records`.
    """
    return context_of(records, as_of, _catalog(artifact, Scorer.load(artifact, on_expired="ignore")))


def _catalog(artifact: "Path | str", scorer: Scorer) -> Catalog:
    try:
        return load_catalog().select([feature.name for feature in scorer.header.features])
    except StudyError as error:
        raise ArtifactError(f"{artifact}: {error}; score with the version of riskml that exported it") from error
