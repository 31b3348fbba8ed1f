"""Pictures of what an artifact says of records on a day: one site's reasons, and those of all sites."""

from pathlib import Path
from typing import Final

import numpy as np

from riskml.errors import DataError
from riskml.export.record_checks import refuse_other_codes
from riskml.export.scoring import categories_of, context_for, made_ready, open_sites
from riskml.export.wording import Lang
from riskml.features.build import features_of_rows
from riskml.records.decision_day import decision_day, refuse_later_snapshots
from riskml.records.log import event_log, raw_history
from riskml.records.store import Records
from riskml.reporting.pictures.beeswarm import beeswarm
from riskml.reporting.pictures.picture import Picture
from riskml.reporting.pictures.reasons import expected_probability, waterfall
from riskml.scorer import Scorer

MANY: Final = 1_000
"""Reasons asked of a score: all of them, so that what is not drawn is known."""


def why(artifact: "Path | str", records: Records, site: str, as_of: str, *, lang: Lang = "en", top: int = 8) -> Picture:
    """Why a site has its score: the waterfall of its reasons.

    How to read it: as `reasons.waterfall`: from above to below, each bar is a fact that raises the score (orange, to
    the right) or lowers it (blue, to the left), from where every site starts to the score of this one.

    Args:
        artifact: an exported artifact: its folder, or one packed file.
        records: canonical records, of all sites: features tell of the others too.
        site: a site of theirs.
        as_of: decision day.
        lang: of all texts.
        top: the most reasons to show.

    Raises:
        ArtifactError, DataError: as `export.scoring.score_records`; if there is no such site.
    """
    if not (records.sites["site_id"] == site).any():
        raise DataError(f"no site {site!r} among {len(records.sites)} sites; take one of records.sites['site_id']")
    scorer = Scorer.load(artifact, today=as_of).with_context(context_for(artifact, records, as_of))
    score = scorer.score(**raw_history(records, site), as_of=as_of, top=MANY)
    return waterfall(score, expected=expected_probability(scorer), lang=lang, top=top)


def swarm(artifact: "Path | str", records: Records, as_of: str, *, lang: Lang = "en", top: int = 10) -> Picture:
    """Which facts move the scores of all open sites, and which way: the beeswarm.

    How to read it: as `reasons.beeswarm`: a line is a fact, the strongest first; a dot is one site. Right of zero the
    fact raises its score; orange dots have high values, blue ones low.

    Args:
        artifact: an exported artifact: its folder, or one packed file.
        records: canonical records, of all sites.
        as_of: decision day.
        lang: of all texts.
        top: how many facts to show.

    Raises:
        ArtifactError, DataError: as `export.scoring.score_records`.
    """
    day = decision_day(records, as_of)
    answers, catalog = made_ready(artifact, as_of, reasons=0, lang=lang)
    header, chosen = answers.scorer.header, open_sites(records, day)
    sites = records.sites["site_id"][chosen].reset_index(drop=True)
    days, log = np.full(len(sites), day, dtype=np.int32), event_log(records)
    refuse_later_snapshots(records, catalog.columns(), day)
    refuse_other_codes(header, log.loc[log["known_on"] < day, "code"].unique(), where=records.source)
    made = features_of_rows(sites, days, records.sites, log, catalog, categories_of(header))
    return beeswarm(answers.scorer.contributions_of(made.values), made.values, header.features, lang=lang, top=top)
