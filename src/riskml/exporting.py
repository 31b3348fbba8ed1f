"""Hands the model of a run to the exporter: its header, trees, context, peers and the rows of its self-test."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskml.export.artifact import write_artifact
from riskml.export.header import Origin, make_header, translated_levels
from riskml.export.peers import peers_table
from riskml.features.actions import actions_for
from riskml.features.build import context_on
from riskml.features.catalog import Catalog, load_catalog
from riskml.grades import System, load_system
from riskml.line import Line
from riskml.models.calibration import Calibration
from riskml.records.days import day_number
from riskml.records.log import event_log
from riskml.stages import code_version
from riskml.study import Study

SELFTEST_ROWS = 200


def write_model(folder: Path, study: Study, line: Line) -> None:
    """Write the artifact of a run into its folder."""
    facts, features = line.model.facts, line.features.tables["features"]
    catalog = load_catalog().select(facts["features"])
    deploy = line.records.observed_to
    origin = Origin(
        name=study.name,
        outcome=study["cohort"]["outcome"],
        horizon_days=study["cohort"]["horizon_days"],
        code_version=code_version(),
        data_hash=line.data_hash,
        label_versions=facts["label_versions"],
        trained_to=f"{deploy:%Y-%m-%d}",
        expires_on=f"{deploy + pd.Timedelta(days=study['export']['valid_days']):%Y-%m-%d}",
        context_days=study["export"]["context_days"],
    )
    calibration = Calibration(**facts["calibration"]).as_dict()
    categories = line.features.facts["categories"]
    recorded = line.records.events["code"].unique().tolist()
    actions = actions_for(catalog.program(categories)["codes"])
    header = make_header(
        origin, catalog, categories, calibration, _levels(study, line), actions=actions, recorded_codes=recorded
    )
    rows = features[facts["features"]].to_numpy(np.float64)
    sample = np.random.default_rng(study.seed).choice(len(rows), size=min(SELFTEST_ROWS, len(rows)), replace=False)
    context = context_on(line.records.sites, event_log(line.records), day_number(deploy), catalog)
    write_artifact(
        folder,
        header=header,
        model_text=facts["text"],
        selftest_rows=rows[np.sort(sample)],
        context=context,
        peers=_peers(line, catalog),
    )


def _peers(line: Line, catalog: Catalog) -> dict[str, Any]:
    """How features and probability are spread among the sites of the last day."""
    today = line.model.tables["today"]
    sites = line.records.sites.set_index("site_id", drop=False).loc[today["site_id"]]
    values = line.features.tables["features"][catalog.names].to_numpy(np.float64)[line.folds[-1].test]
    probability = today["probability"].to_numpy(np.float64)
    return peers_table(sites, values, probability, catalog=catalog, as_of=f"{today['as_of'].iloc[0]:%Y-%m-%d}")


def _levels(study: Study, line: Line) -> dict[str, Any] | None:
    """The model translated into the study's first grade system, as of the end of the records."""
    if not study["comparison"]["systems"]:
        return None
    system, level = incumbent(study, line)
    return translated_levels(system, level, line.model.tables["today"]["probability"].to_numpy(np.float64))


def incumbent(study: Study, line: Line) -> "tuple[System, pd.Series[str]]":
    """The study's first grade system, and its level of each site at the end of the records."""
    system = study["comparison"]["systems"][0]
    today, grades = line.model.tables["today"], line.graded.tables["grades"]
    mine = grades[(grades["system"] == system) & (grades["as_of"] == today["as_of"].iloc[0])]
    return load_system(system), today["site_id"].map(mine.set_index("site_id")["level"])
