"""One site over time: what happened, which level the rule gave it, and which probability the model gives it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from riskml.cohorts.register import ACTIVE, STATES, register
from riskml.errors import ArtifactError, DataError, StudyError
from riskml.explanation._timeline_events import KINDS, site_events
from riskml.explanation._timeline_form import LANGUAGES, Timeline
from riskml.features.build import features_of_rows
from riskml.features.catalog import Catalog, load_catalog
from riskml.grades import System, load_system
from riskml.grades.history import grade_history
from riskml.records.days import Days, day_number, from_days
from riskml.records.decision_day import decision_day, refuse_later_snapshots
from riskml.records.log import event_log
from riskml.records.store import Records
from riskml.scorer import Scorer
from riskml.scorer.header import Header
from riskml.scorer.scanning.tables import levels_of

__all__ = ["KINDS", "Timeline", "timeline"]

OPEN: Final = (ACTIVE, "licence_expired")
"""States of the sites that the artifact scores, as `export.scoring` does."""


def timeline(
    records: Records,
    site: str,
    *,
    system: "str | System | None" = None,
    artifact: "Path | str | None" = None,
    days: "Sequence[str | date | pd.Timestamp] | None" = None,
    mode: str = "operated",
    lang: str = "en",
) -> Timeline:
    """What happened at a site, its level and its probability on many days.

    Each level and probability stands on what was known before its day, the totals of the other sites (the context) of
    that day included. What the *model* knew is another matter: it learned from everything known before its
    `trained_to`, the outcomes after the day of the row among it. So a probability on a day before `trained_to` is a
    fit, not a forecast: it is marked `in_sample`, and is no evidence of how well the model foresees.

    Args:
        records: canonical records.
        site: a site of theirs.
        system: a grading system or its name; by default the one whose levels the artifact has, if any.
        artifact: an exported artifact, its folder or one packed file; without it there are no probabilities.
        days: decision days, in any order; by default the first of each month that the records cover.
        mode: of the levels, "operated" (frozen from the first day of the system's period) or "recomputed" (each day
            anew); a level that the authority published wins in both.
        lang: language of the printed form, "en" or "zh".

    Raises:
        DataError: if there is no such site, a day lies outside the records, a feature of the artifact reads a snapshot
            of a later day, or events have codes that the artifact does not know.
        StudyError: for an unknown system, mode or language, or no days.
        ArtifactError: if the artifact is damaged, or its features are not those of this version of riskml.
    """
    if lang not in LANGUAGES:
        raise StudyError(f"language {lang!r} is unknown; allowed are {list(LANGUAGES)}")
    place = _place(records, site)
    chosen = _days(records, days)
    scorer = None if artifact is None else Scorer.load(artifact, today=_text(chosen[-1]))
    named = system or (scorer.header.levels.system if scorer and scorer.header.levels else None)
    rules = load_system(named) if isinstance(named, str) else named
    log = event_log(records)
    stood = register(records)
    states = pd.Series([STATES[stood.states(int(day))[place]] for day in chosen], dtype="str")
    return Timeline(
        site_id=site,
        observed_from=records.observed_from,
        observed_to=records.observed_to,
        events=site_events(log[log["site_id"] == site], records.inspections),
        levels=_levels(records, site, rules, chosen, states, mode=mode, log=log),
        scores=_scores(records, site, scorer, chosen, states, artifact=artifact, log=log),
        scale=_scale(rules),
        system=rules.full_name if rules else None,
        reconstructed=bool(rules and rules.reconstructed),
        trained_to=pd.Timestamp(scorer.header.trained_to) if scorer else None,
        lang=lang,
    )


def _place(records: Records, site: str) -> int:
    """Where a site stands among the sites."""
    found = np.flatnonzero(records.sites["site_id"] == site)
    if not len(found):
        some = records.sites["site_id"].head(3).tolist()
        raise DataError(f"no site {site!r} among {len(records.sites)} sites; examples: {some}")
    return int(found[0])


def _days(records: Records, days: "Sequence[str | date | pd.Timestamp] | None") -> Days:
    """The decision days in order, each once and each inside the records."""
    if days is None:
        first = records.observed_from + pd.Timedelta(days=1)
        given = [f"{day:%Y-%m-%d}" for day in pd.date_range(first, records.observed_to, freq="MS")]
    else:
        given = [_text(day_number(day)) for day in days]
    if not given:
        raise StudyError("no days to show; name at least one, such as days=['2025-06-01']")
    return np.array(sorted({decision_day(records, day) for day in given}), dtype=np.int32)


def _text(day: int) -> str:
    """A day number as text.

    >>> _text(0)
    '1970-01-01'
    """
    return str(np.datetime64(int(day), "D"))


def _scale(rules: "System | None") -> pd.DataFrame:
    levels = rules.levels if rules else ()
    rows = [(one.code, one.en, one.zh, one.rank) for one in levels]
    kinds = {"level": "str", "en": "str", "zh": "str", "rank": "int64"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds).sort_values("rank", ignore_index=True)


def _levels(
    records: Records,
    site: str,
    rules: "System | None",
    days: Days,
    states: "pd.Series[str]",
    *,
    mode: str,
    log: pd.DataFrame,
) -> pd.DataFrame:
    names = ["as_of", "graded_on", "state", "level", "level_en", "level_zh", "rank", "points", "published"]
    if not rules:
        return pd.DataFrame(columns=names)
    graded = grade_history(records, rules, list(from_days(days)), mode=mode, log=log)
    own = graded[graded["site_id"] == site].reset_index(drop=True)
    told = {lang: {one.code: getattr(one, lang) for one in rules.levels} for lang in LANGUAGES}
    texts = {f"level_{lang}": own["level"].map(told[lang]).astype("str") for lang in LANGUAGES}
    return own.assign(state=states, **texts)[names]


def _scores(
    records: Records,
    site: str,
    scorer: "Scorer | None",
    days: Days,
    states: "pd.Series[str]",
    *,
    artifact: "Path | str | None",
    log: pd.DataFrame,
) -> pd.DataFrame:
    names = ["as_of", "state", "probability", "level", "level_en", "level_zh", "in_sample"]
    if scorer is None:
        return pd.DataFrame(columns=names)
    header = scorer.header
    catalog = _catalog(header, artifact)
    refuse_later_snapshots(records, catalog.columns(), int(days[0]))
    _refuse_other_codes(header, log[log["known_on"] < days[-1]], records.source)
    here = states.isin(OPEN).to_numpy(bool)
    probability = np.full(len(days), np.nan)
    if here.any():
        asked = pd.Series([site] * int(here.sum()), dtype="str")
        categories = _categories(header)
        table = features_of_rows(asked, days[here], records.sites, log, catalog, categories)
        probability[here] = scorer.score_features(table.values)
    found = pd.DataFrame({"as_of": from_days(days), "state": states, "probability": probability})
    trained_to = day_number(header.trained_to.isoformat())
    return found.assign(**_named(header, probability), in_sample=days < trained_to)[names]


def _named(header: Header, probability: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> "dict[str, pd.Series[str]]":
    """Code and names of the level of each probability, missing where there is none."""
    levels, there = header.levels, ~np.isnan(probability)
    codes = pd.Series([None] * len(probability), dtype="object")
    if levels:
        codes[there] = levels_of(levels, probability[there])
    told = {lang: {one.code: getattr(one, lang) for one in levels.names} if levels else {} for lang in LANGUAGES}
    return {
        "level": codes.astype("str"),
        **{f"level_{lang}": codes.map(told[lang]).astype("str") for lang in LANGUAGES},
    }


def _categories(header: Header) -> dict[str, list[str]]:
    return {one.name: list(one.categories) for one in header.features if one.kind == "category"}


def _catalog(header: Header, artifact: "Path | str | None") -> Catalog:
    """The artifact's features, once it is sure that this version of riskml makes them alike."""
    try:
        catalog = load_catalog().select([one.name for one in header.features])
    except StudyError as error:
        raise ArtifactError(f"{artifact}: {error}; use the version of riskml that exported it") from error
    if catalog.program(_categories(header)) != header.program:
        raise ArtifactError(
            f"{artifact} computes its features otherwise than this version of riskml; use the version that exported it"
        )
    return catalog


def _refuse_other_codes(header: Header, known: pd.DataFrame, source: str) -> None:
    """Refuse events whose meaning the model cannot have learned."""
    strange = sorted(set(known["code"].unique()) - set(header.known_codes))
    if strange:
        raise DataError(
            f"{source}: events have the codes {strange[:8]}, which are not on the artifact's list of "
            f"{len(header.known_codes)} codes; map them where the records are ingested, or train on these records"
        )
