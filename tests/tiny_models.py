"""A tiny model of the sample's first sites, and its artifact: what the doors out of riskml are tried with."""

import dataclasses
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.cohorts import Fold, active_rows, settled_targets
from riskml.export.artifact import write_artifact
from riskml.export.header import Origin, make_header, translated_levels
from riskml.features.build import Table, applicable, context_on, features_of_rows
from riskml.grades import load_system
from riskml.models.fitting import Fitted, fit
from riskml.records import Records, read_records
from riskml.records.days import day_number
from riskml.records.log import event_log
from riskml.scorer import Context
from studies import SAMPLE

AS_OF: Final = "2025-01-15"
ORIGIN: Final = Origin(
    name="tiny",
    outcome="fail",
    horizon_days=90,
    code_version="0",
    data_hash="none",
    label_versions=("sim-1",),
    trained_to="2024-09-01",
    expires_on="2030-01-01",
    context_days=100,
)
SYSTEM: Final = load_system("nanchang")


@dataclasses.dataclass(frozen=True)
class Made:
    """A tiny model, its artifact, and what it was made of."""

    folder: Path
    table: Table
    fitted: Fitted
    context: Context

    def write(self, folder: Path, *, levels: "dict[str, Any] | None" = None, **changes: Any) -> Path:
        """The artifact with another origin, in another folder."""
        header = make_header(
            dataclasses.replace(ORIGIN, **changes),
            self.table.catalog,
            self.table.categories,
            self.fitted.calibration.as_dict(),
            levels,
        )
        text = self.fitted.boosted.text
        rows = self.table.values[:20].tolist()
        write_artifact(folder, header=header, model_text=text, selftest_rows=rows, context=self.context)
        return folder


def first_sites() -> Records:
    """The first 400 sites of the sample."""
    whole = read_records(SAMPLE)
    sites = whole.sites.iloc[:400]
    events = whole.events[whole.events["site_id"].isin(sites["site_id"])]
    return dataclasses.replace(
        whole,
        sites=sites,
        events=events,
        amendments=whole.amendments[whole.amendments["event_id"].isin(events["event_id"])],
        inspections=whole.inspections[whole.inspections["site_id"].isin(sites["site_id"])],
    )


def made_of(records: Records, folder: Path) -> Made:
    """A model that learned from some records, exported with the levels of a grade."""
    log = event_log(records)
    days = np.array([day_number(d) for d in ("2023-01-01", "2023-06-01", "2024-01-01", "2024-04-01")], dtype=np.int32)
    rows = active_rows(records.sites, days)
    found = settled_targets(rows, records, log, outcome="fail", horizon_days=90)
    catalog = applicable(records, log, int(days[-1]))
    table = features_of_rows(rows["site_id"], rows["as_of"].to_numpy(np.int32), records.sites, log, catalog)
    labelled = np.flatnonzero(found["fail"].notna())
    late = rows["as_of"].to_numpy()[labelled] == days[-1]
    fold = Fold(0, labelled[~late], labelled[late], np.arange(3))
    fail = found["fail"].fillna(False).to_numpy(bool)
    fitted = fit(table.values, fail, fold, catalog, seed=1, settings={"trees": 30, "min_rows_in_leaf": 15})
    bare = Made(folder, table, fitted, context_on(records.sites, log, int(days[-1]), catalog))
    level = pd.Series(np.resize([one.code for one in SYSTEM.levels], len(table.values)))
    bare.write(folder, levels=translated_levels(SYSTEM, level, fitted.probabilities(table.values)))
    return bare
