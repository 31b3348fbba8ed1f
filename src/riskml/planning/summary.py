"""The account of a plan: counts by arm, level, office and reason, beside what was asked and what is prescribed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskml.cohorts import later_snapshots, snapshot_notes
from riskml.grades import System
from riskml.planning.intensities import NO_LEVEL, Standing
from riskml.planning.period import Period
from riskml.records.days import from_days
from riskml.records.store import Records


@dataclass(frozen=True)
class Asked:
    """What a plan was asked for: arguments of `plan`, days as day numbers."""

    records: Records
    system: "System | None"
    day: int
    span: Period
    seed: int
    budget: int | None
    random_share: float
    floor: float


def summarise(sites: pd.DataFrame, visits: pd.DataFrame, asked: Asked, standing: Standing) -> dict[str, Any]:
    """All counts of a plan, as values that JSON can hold.

    Args:
        sites: every open site with level, office, probability, in_plan, arm, excluded, overdue.
        visits: those of the plan, with inspector_1 and inspector_2.
        asked: what was asked for.
        standing: with the system's intensities.

    Returns:
        Beside what was asked: open_sites, excluded (reason -> sites), eligible; visits, expected_visits (the sum of the
        probabilities), by_arm, by_level and by_office (each with sites, visits, expected_visits); floor (due, planned);
        random (visits, probability); inspectors (persons, without_pair, most and fewest visits of one person,
        widest gap within an office); with a system prescribed_visits (its own intensities, unscaled, all open sites)
        and beyond_one_visit (the part that a plan with one visit a site cannot hold). notes: what the records could not
        tell on that day, each as {"en": ..., "zh": ...}.
    """
    eligible, due = sites["excluded"] == "", (sites["excluded"] == "") & (sites["overdue"] > 0)
    told: dict[str, Any] = {
        "source": asked.records.source,
        "as_of": f"{from_days(np.array([asked.day]))[0]:%Y-%m-%d}",
        "period_days": asked.span.days,
        "seed": asked.seed,
        "budget": asked.budget,
        "random_share": float(asked.random_share),
        "floor_visits_per_year": float(asked.floor),
        "open_sites": len(sites),
        "excluded": _counts(sites.loc[~eligible, "excluded"]),
        "eligible": int(eligible.sum()),
        "visits": len(visits),
        "expected_visits": float(sites["probability"].sum()),
        "by_arm": _counts(visits["arm"]),
        "by_level": _by(sites, "level"),
        "by_office": _by(sites, "office"),
        "floor": {"due": int(due.sum()), "planned": int((due & sites["in_plan"]).sum())},
        "random": {
            "visits": int((visits["arm"] == "random").sum()),
            "probability": float(sites.loc[eligible, "random_probability"].mean()) if eligible.any() else 0.0,
        },
        "inspectors": _workload(visits),
        "notes": _notes(asked),
    }
    return told | _prescribed(sites, asked, standing)


def _notes(asked: Asked) -> list[dict[str, str]]:
    """That closures are not read where they are told by a snapshot of the day or of a later one."""
    later = later_snapshots(asked.records, asked.day)
    return snapshot_notes({name: day for name, day in later.items() if name == "closed_on"})


def _prescribed(sites: pd.DataFrame, asked: Asked, standing: Standing) -> dict[str, Any]:
    """What the system's own intensities come to in the period, over all open sites."""
    if asked.system is None:
        return {"follows": "scores"}
    rate = sites["level"].fillna(NO_LEVEL).map(standing.per_year).to_numpy(np.float64) * asked.span.years
    return {
        "follows": f"{asked.system.name}/{asked.system.variant}",
        "reconstructed": asked.system.reconstructed or asked.system.intensity_reconstructed,
        "prescribed_visits": float(rate.sum()),
        "beyond_one_visit": float(np.maximum(rate - 1.0, 0.0).sum()),
    }


def _counts(values: "pd.Series[Any]") -> dict[str, int]:
    return {str(name): int(number) for name, number in values.value_counts().sort_index().items()}


def _by(sites: pd.DataFrame, column: str) -> dict[str, dict[str, float]]:
    groups = sites.groupby(sites[column].fillna("-"))
    table = groups.agg(sites=("site_id", "size"), visits=("in_plan", "sum"), expected_visits=("probability", "sum"))
    columns = (table.index, table["sites"].tolist(), table["visits"].tolist(), table["expected_visits"].tolist())
    return {
        str(name): {"sites": number, "visits": visits, "expected_visits": expected}
        for name, number, visits, expected in zip(*columns, strict=True)
    }


def _workload(visits: pd.DataFrame) -> dict[str, int]:
    """How evenly the visits fall on the inspectors who got any."""
    both = pd.concat(
        [visits[["office", name]].set_axis(["office", "person"], axis=1) for name in ("inspector_1", "inspector_2")]
    )
    load = both.dropna().groupby(["office", "person"]).size()
    gap = load.groupby(level="office").agg(lambda group: group.max() - group.min())
    return {
        "persons": len(load),
        "most_visits": int(load.max()) if len(load) else 0,
        "fewest_visits": int(load.min()) if len(load) else 0,
        "widest_gap_in_an_office": int(gap.max()) if len(gap) else 0,
        "visits_without_pair": int(visits["inspector_2"].isna().sum()),
    }
