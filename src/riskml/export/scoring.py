"""Records scored with an exported artifact: its features by the batch scan, its trees by the scorer."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.cohorts.register import ACTIVE, STATES, register
from riskml.errors import ArtifactError, DataError, StudyError
from riskml.export.record_checks import refuse_other_codes, refuse_other_labels
from riskml.export.scored_rows import Answers, riskiest_first
from riskml.features.build import context_of, features_of_rows
from riskml.features.catalog import Catalog, load_catalog
from riskml.records.days import to_days
from riskml.records.decision_day import decision_day, refuse_later_snapshots
from riskml.records.log import event_log
from riskml.records.store import Records
from riskml.scorer import Context, Scorer
from riskml.scorer.header import Header
from riskml.scorer.opening.artifact import read_artifact

OPEN: Final = (ACTIVE, "licence_expired")
"""States of the sites that are scored: an expired licence does not close a shop, and a visit finds out."""
CANCELLED: Final = "licence_cancelled"


def score_records(
    artifact: "Path | str",
    records: Records,
    as_of: str,
    *,
    reasons: int = 0,
    lang: str = "en",
    without_licence: bool = False,
) -> pd.DataFrame:
    """Probability and level of every open site as of a day.

    A site is open from the day after its registration until it was known to be closed or its licence to be cancelled,
    by the rule of cohorts and plans (`cohorts.register`); one whose licence has expired is scored.

    Args:
        artifact: an exported artifact: its folder, or one packed file.
        records: canonical records.
        as_of: decision day; only what was known before it counts, and the artifact's expiry is held against it.
        reasons: the most columns of reasons, the strongest first: what raises the score of the site.
        lang: "en" or "zh", of the reasons.
        without_licence: score also sites whose licence was cancelled, as a plan does that lists them with its reason.

    Returns:
        site_id, as_of, probability, level (missing where the artifact has none), reason_1, reason_2, ... (missing where
        there are fewer) and artifact (its digest), riskiest first.

    Raises:
        ArtifactError: if the artifact is damaged, or its features are not those of this version of riskml.
        DataError: if `as_of` is no day, or lies outside the days the records cover, or a feature of the artifact reads
            a site column that is a snapshot of that day or a later one, or no site is open on the day, or the records
            have label versions or event codes that the artifact does not know (`export.record_checks`).
        StudyError: if `reasons` is negative.
    """
    day = decision_day(records, as_of)
    answers, catalog = made_ready(artifact, as_of, reasons=reasons, lang=lang)
    header = answers.scorer.header
    refuse_later_snapshots(records, catalog.columns(), day)
    log = event_log(records)
    refuse_other_codes(header, log.loc[log["known_on"] < day, "code"].unique(), where=records.source)
    refuse_other_labels(header, _visits(records, day), where=records.source)
    chosen = open_sites(records, day, without_licence=without_licence)
    sites = records.sites["site_id"][chosen].reset_index(drop=True)
    days = np.full(len(sites), day, dtype=np.int32)
    table = features_of_rows(sites, days, records.sites, log, catalog, categories_of(header))
    return riskiest_first([answers.rows(sites, table.values)])


def made_ready(artifact: "Path | str", as_of: str, *, reasons: int, lang: str) -> tuple[Answers, Catalog]:
    """An artifact loaded for a decision day, and its features as this version of riskml makes them.

    Raises:
        ArtifactError: as `score_records`.
        StudyError: as `score_records`.
    """
    Scorer.load(artifact, today=as_of)  # the self-test, and the expiry
    opened = read_artifact(artifact)
    catalog = _catalog(artifact, opened.header)
    if catalog.program(categories_of(opened.header)) != opened.header.program:
        raise ArtifactError(
            f"{artifact} computes its features otherwise than this version of riskml; score with the version that "
            "exported it, or with riskml.scorer alone"
        )
    return Answers.of(opened, as_of, reasons=reasons, lang=lang), catalog


def open_sites(records: Records, day: int, *, without_licence: bool = False) -> NDArray[np.bool_]:
    """Which sites are to be scored on a day (a day number), in the order of `records.sites`.

    Raises:
        DataError: if there is none.
    """
    states = [STATES.index(name) for name in (*OPEN, *([CANCELLED] if without_licence else []))]
    chosen = np.isin(register(records).states(day), states)
    if not chosen.any():
        raise DataError(f"no site of {records.source} is active on {np.datetime64(day, 'D')}")
    return chosen


def categories_of(header: Header) -> dict[str, list[str]]:
    """The values of the artifact's category features."""
    return {f.name: list(f.categories) for f in header.features if f.kind == "category"}


def context_for(artifact: "Path | str", records: Records, as_of: str) -> Context:
    """The context table that an artifact needs on a day: totals of the groups of sites that its features tell of.

    Args:
        artifact: folder of an exported artifact.
        records: canonical records, of all sites.
        as_of: decision day; only what was known before it is in the totals.

    Raises:
        ArtifactError, DataError: as `score_records`.
    """
    return context_of(records, as_of, _catalog(artifact, Scorer.load(artifact, on_expired="ignore").header))


def _visits(records: Records, day: int) -> pd.DataFrame:
    """Label version and day of the visits known before a day."""
    known = to_days(records.inspections["known_on"]) < day
    visited = to_days(records.inspections["visited_on"])
    return pd.DataFrame({"label_version": records.inspections["label_version"], "visited": visited})[known]


def _catalog(artifact: "Path | str", header: Header) -> Catalog:
    try:
        return load_catalog().select([feature.name for feature in header.features])
    except StudyError as error:
        raise ArtifactError(f"{artifact}: {error}; score with the version of riskml that exported it") from error
