"""The gates of a promotion: what a model must show before it may become the champion, each judged on its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import ArtifactError
from riskml.evaluation.comparison import Estimate, compare
from riskml.export.artifact import FORBIDDEN_TAG
from riskml.export.wording import Text, split_metric
from riskml.features.catalog import Catalog
from riskml.registry import gate_words as words
from riskml.registry._content import LAST_OUTCOME
from riskml.registry.origins import MODEL
from riskml.registry.sweep import sweep
from riskml.scorer import Scorer
from riskml.scorer.opening.artifact import read_artifact

MET: Final = "pass"
FAIL: Final = "fail"
NOT_ENOUGH: Final = "not_enough"
NOT_MEASURED: Final = "not_measured"
OFF: Final = "off"
OPEN: Final = (MET, OFF)
"""What lets a model through: a gate that is passed, or that the study switched off."""
RATIO: Final = "_ratio"
"""Ending of the metrics that the fairness gate judges: a group's figure over that of all others."""


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes:
        name: such as "better_than.last_outcome".
        status: "pass", "fail", "not_enough" (data), "not_measured", or "off" (switched off by the study).
        numbers: what it was judged on.
        title, detail: what an officer reads, in both languages.
    """

    name: str
    status: str
    numbers: dict[str, Any]
    title: Text
    detail: Text

    @property
    def is_open(self) -> bool:
        """Whether the model may pass."""
        return self.status in OPEN

    def as_dict(self) -> dict[str, Any]:
        """For the log of promotions."""
        return {"name": self.name, "status": self.status, "numbers": self.numbers, "detail": self.detail["en"]}


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the gates look at: the files of one run.

    Attributes:
        summary: content of summary.json.
        rows: tables/scored_rows.parquet.
        fairness: tables/fairness.parquet (attribute, group, policy, metric, budget, low, high among others); None if
            there is none.
        artifact: folder of the artifact.
        digests: where a digest of the artifact was found -> digest; all must be the artifact's own.
        draws: bootstrap draws of the study.
        seed: of the study.
    """

    summary: Mapping[str, Any]
    rows: pd.DataFrame
    fairness: pd.DataFrame | None
    artifact: Path
    digests: Mapping[str, str]
    draws: int
    seed: int


def judge(evidence: Evidence, settings: Mapping[str, Any], catalog: Catalog, *, today: date) -> tuple[Gate, ...]:
    """Judge every gate; a model passes if all of them are open.

    Args:
        evidence: files of the run.
        settings: section [promotion] of its study.
        catalog: all features, with their tags.
        today: against which the artifact's expiry is held.
    """
    return (
        *(_better(evidence.summary, rival, settings["margin"]) for rival in rivals(evidence.summary)),
        *_calibrated(evidence, settings),
        _monotone(evidence.artifact),
        _parity(evidence),
        _assignment(evidence.artifact, catalog),
        _fairness(evidence.fairness, settings, evidence.summary["headline"]),
        _expiry(evidence.artifact, settings["valid_days_left"], today),
    )


def rivals(summary: Mapping[str, Any]) -> list[str]:
    """The policies a model must beat: the last outcome, and every grade by level and by points.

    >>> rivals({"policies": dict.fromkeys(["grade_x", "grade_x_plus_model", "model", "last_outcome"])})
    ['last_outcome', 'grade_x']
    """
    grades = [name for name in summary["policies"] if name.startswith("grade_") and not name.endswith("_plus_model")]
    return [LAST_OUTCOME, *sorted(grades)]


def place_of(low: float | None, high: float | None, bounds: Sequence[float]) -> str:
    """Whether an interval lies inside bounds: "pass", wholly outside: "fail", or neither: "not_enough" data.

    >>> place_of(0.9, 1.2, (0.8, 1.25)), place_of(1.3, 1.6, (0.8, 1.25)), place_of(0.9, 1.6, (0.8, 1.25))
    ('pass', 'fail', 'not_enough')
    """
    if low is None or high is None:
        return NOT_ENOUGH
    if bounds[0] <= low and high <= bounds[1]:
        return MET
    return FAIL if high < bounds[0] or low > bounds[1] else NOT_ENOUGH


def _better(summary: Mapping[str, Any], rival: str, margin: float) -> Gate:
    """The paired difference at the headline, with its whole interval above the margin."""
    headline = summary["headline"]
    entry = summary["differences"].get(f"{MODEL} - {rival}", {}).get(headline, {})
    numbers = {key: entry.get(key) for key in ("value", "low", "high", "n", "n_positive")}
    low = numbers["low"]
    status = NOT_ENOUGH if low is None else MET if low > margin else FAIL
    detail = words.difference(headline, numbers, margin)
    title = words.better_than(rival, summary["systems"])
    return Gate(f"better_than.{rival}", status, {**numbers, "margin": margin, "metric": headline}, title, detail)


def _calibrated(evidence: Evidence, settings: Mapping[str, Any]) -> list[Gate]:
    """Slope and intercept over the last origins, their intervals inside the bounds."""
    rows, last = evidence.rows, settings["calibration_origins"]
    origins = sorted(rows["origin"].unique())[-last:]
    found = _calibration(rows[rows["origin"].isin(origins)], evidence)
    days = [f"{pd.Timestamp(origin):%Y-%m-%d}" for origin in origins]
    gates = []
    for name in ("calibration_slope", "calibration_intercept"):
        one, bounds = found.get(name), list(settings[name])
        numbers = {key: None if one is None else getattr(one, key) for key in ("value", "low", "high", "n_positive")}
        status = place_of(numbers["low"], numbers["high"], bounds)
        detail = words.inside(numbers, bounds, days)
        gates.append(Gate(name, status, {**numbers, "bounds": bounds, "origins": days}, words.TITLES[name], detail))
    return gates


def _calibration(rows: pd.DataFrame, evidence: Evidence) -> Mapping[str, Estimate]:
    if rows["fail"].isna().all():
        return {}
    return compare(rows, [MODEL], draws=evidence.draws, seed=evidence.seed, pairs=[]).policies[MODEL]


def _monotone(artifact: Path) -> Gate:
    found = sweep(artifact)
    numbers = {"features": found.features, "steps": found.steps, "broken": found.broken}
    return Gate("monotone", FAIL if found.broken else MET, numbers, words.TITLES["monotone"], words.directions(numbers))


def _parity(evidence: Evidence) -> Gate:
    """The self-test passes on this machine, a row alone scores as it does in a batch, and all copies are the same."""
    title = words.TITLES["parity"]
    try:
        scorer = Scorer.load(evidence.artifact, on_expired="ignore")
    except ArtifactError as error:
        return Gate("parity", FAIL, {"error": str(error)}, title, words.plain(str(error)))
    rows = read_artifact(evidence.artifact).selftest.rows
    batch = scorer.score_features(np.array(rows, dtype=np.float64)).tolist()
    unequal = sum(scorer.score_row(row) != together for row, together in zip(rows, batch, strict=True))
    strange = sorted(where for where, digest in evidence.digests.items() if digest != scorer.digest)
    numbers = {"rows": len(rows), "unequal": unequal, "other_copies": strange, "digest": scorer.digest}
    return Gate("parity", FAIL if unequal or strange else MET, numbers, title, words.parity(numbers))


def _assignment(artifact: Path, catalog: Catalog) -> Gate:
    """No feature says who was sent; one that the catalog does not know cannot be judged and fails."""
    tags = {feature.name: feature.tags for feature in catalog.features}
    names = [feature.name for feature in read_artifact(artifact).header.features]
    tagged = [name for name in names if FORBIDDEN_TAG in tags.get(name, ())]
    unknown = [name for name in names if name not in tags]
    numbers = {"features": len(names), "assignment": tagged, "unknown": unknown}
    status = FAIL if tagged or unknown else MET
    return Gate("no_assignment", status, numbers, words.TITLES["no_assignment"], words.assignment(numbers))


def _fairness(table: pd.DataFrame | None, settings: Mapping[str, Any], headline: str) -> Gate:
    """No group's interval lies wholly outside the bounds; groups too small for an interval are counted, not judged."""
    title, bounds = words.TITLES["fairness"], list(settings["fairness_ratio"])
    if not settings["fairness"]:
        return Gate("fairness", OFF, {}, title, words.FAIRNESS_OFF)
    judged = None if table is None else _ratios(table, headline)
    if judged is None or judged.empty:
        return Gate("fairness", NOT_MEASURED, {}, title, words.FAIRNESS_ABSENT)
    small = judged["low"].isna() | judged["high"].isna()
    outside = judged[(judged["high"] < bounds[0]) | (judged["low"] > bounds[1])]
    numbers = {
        "judged": int((~small).sum()),
        "too_small": int(small.sum()),
        "outside": [f"{row.attribute}={row.group}: {row.metric}" for row in outside.itertuples()],
        "bounds": bounds,
    }
    status = FAIL if numbers["outside"] else NOT_ENOUGH if not numbers["judged"] else MET
    return Gate("fairness", status, numbers, title, words.fairness(numbers))


def _ratios(table: pd.DataFrame, headline: str) -> pd.DataFrame:
    """The model's ratios: those at the headline's budget, and those that have none."""
    found = table[table["metric"].str.endswith(RATIO) & (table["policy"] == MODEL)]
    budget = split_metric(headline)[1]
    return found if budget is None else found[found["budget"].isna() | (found["budget"] == budget)]


def _expiry(artifact: Path, least: int, today: date) -> Gate:
    expires = read_artifact(artifact).header.expires_on
    left = (expires - today).days
    numbers = {"expires_on": expires.isoformat(), "days_left": left, "least": least}
    status = MET if left >= least else FAIL
    return Gate("expiry", status, numbers, words.TITLES["expiry"], words.expiry(numbers))
