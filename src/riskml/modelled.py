"""The stages that train: the scores of every policy on every origin, the model to export, and what explains it."""

from functools import partial

import numpy as np
import pandas as pd

from riskml.cohorts import Fold
from riskml.explanation.whole import Effort, explained
from riskml.export.lightgbm_text import parse_model
from riskml.features.build import Table
from riskml.features.catalog import load_catalog
from riskml.features.leniency import excess_fails
from riskml.models.boosting import Boosted
from riskml.models.deployment import deployed
from riskml.models.origin import Material, Settings, origin_scores
from riskml.models.policies import operated_scores, scored_rows, visit_severity
from riskml.models.propensity import visit_propensity
from riskml.records.days import to_days
from riskml.records.store import Records
from riskml.scorer.explaining.interactions import interaction_values
from riskml.stages import Bundle
from riskml.study import Study


def feature_table(features: Bundle) -> Table:
    """The features of all cohort rows, as the models take them."""
    frame = features.tables["features"]
    catalog = load_catalog().select(frame.columns)
    return Table(frame.to_numpy(np.float64), catalog, features.facts["categories"])


def settings_of(study: Study, records: Records) -> Settings:
    """What of the study the models are trained by."""
    return Settings(
        seed=study.seed,
        boosting=study["model"],
        maps=study["calibration"]["maps"],
        has_severity=bool(records.outcome.severity),
    )


def scored(
    study: Study,
    folds: list[Fold],
    cohort: Bundle,
    features: Bundle,
    graded: Bundle,
    records: Records,
    log: pd.DataFrame,
) -> Bundle:
    """The scored rows of all evaluation origins: one column a policy, all on the same rows."""
    rows, systems = cohort.tables["rows"], study["comparison"]["systems"]
    wanted, days = study["model"], to_days(rows["as_of"])
    points = visit_severity(rows["inspection_id"], log) if records.outcome.severity else None
    learned = points if wanted["severity"] else None
    excess = excess_fails(rows["site_id"], days, records.inspections, log) if wanted["leniency"] else None
    material = Material.of(rows, feature_table(features), study["features"]["names"], learned, excess)
    days_graded = [graded.tables[name] for name in ("grades", "earlier")]
    grades = pd.concat([table for table in days_graded if len(table)] or days_graded[:1])
    told = rows.assign(office=rows["site_id"].map(records.sites.set_index("site_id")["office"]))
    told = told if points is None else told.assign(harm=points)
    parts, facts = [], []
    for fold in folds[:-1]:
        scores, fitted = origin_scores(material, fold, settings_of(study, records), grades, systems)
        tested = told.iloc[fold.test]
        scores = pd.concat([scores, operated_scores(graded.tables["operated"], tested)], axis=1)
        visits = visit_propensity(
            material.values, rows["fail"].notna().to_numpy(bool), material.days, fold, material.catalog,
            seed=study.seed, unit=told["office"],
        )  # fmt: skip
        parts.append(scored_rows(tested.assign(propensity=visits.probability), scores))
        facts.append({**fitted, "propensity": visits.facts()})
    return Bundle({"scored_rows": pd.concat(parts, ignore_index=True)}, {"folds": facts})


def modelled(study: Study, fold: Fold, cohort: Bundle, features: Bundle, records: Records) -> Bundle:
    """The model to export: as of the end of the records, with what moves it over the sites of that day."""
    material = Material.of(cohort.tables["rows"], feature_table(features), study["features"]["names"])
    tables, facts = deployed(material, fold, settings_of(study, records), features.facts["categories"])
    return Bundle(tables, facts)


def explained_model(
    study: Study,
    folds: list[Fold],
    cohort: Bundle,
    features: Bundle,
    scores: Bundle,
    model: Bundle,
    records: Records,
) -> Bundle:
    """What explains the exported model as a whole, and how far that can be believed."""
    material = Material.of(cohort.tables["rows"], feature_table(features), study["features"]["names"])
    made = [*scores.facts["folds"], model.facts]
    models = [Boosted(one["text"], one["rows"], one["positives"], one["trees"]) for one in made]
    pairs = partial(interaction_values, parse_model(model.facts["text"]).trees)
    asked = {"categories": features.facts["categories"], "pairs": pairs, "effort": Effort(**study["explanation"])}
    return Bundle(explained(material, folds, models, settings_of(study, records), **asked))
