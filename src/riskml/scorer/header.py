"""What model.json says about the model, as typed values: origin, features, calibration and levels, each one checked."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

from riskml.scorer.calibration import Calibration, parse_calibration
from riskml.scorer.checks import Check, list_of, number, table_of, text
from riskml.scorer.errors import ArtifactError

MAX_FEATURES: Final = 10_000


@dataclass(frozen=True)
class Feature:
    """One column of a feature row.

    Attributes:
        kind: "number", or "category": its value is an index into `categories`.
        reason_en, reason_zh: text of a reason, with {value} where the value goes.
        monotone: 1 if a higher value cannot lower the score, -1 if it cannot raise it, 0 otherwise.
        low, high: no possible value lies outside; None = no bound.
    """

    name: str
    kind: str
    unit: str
    text_en: str
    text_zh: str
    reason_en: str
    reason_zh: str
    monotone: int
    low: float | None
    high: float | None
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Level:
    """One level of the grading system that the probability is translated into."""

    code: str
    en: str
    zh: str
    response_en: str
    response_zh: str


@dataclass(frozen=True)
class Levels:
    """The probability written as a grade.

    Attributes:
        system: grading system whose levels these are.
        reconstructed: the system stands on assumed numbers.
        names: from the lowest risk to the highest.
        cuts: probabilities; level i holds cuts[i - 1] <= p < cuts[i].
    """

    system: str
    reconstructed: bool
    names: tuple[Level, ...]
    cuts: tuple[float, ...]

    def of(self, probability: float) -> Level:
        """The level of a probability; a cut itself belongs to the higher level."""
        return self.names[bisect_right(self.cuts, probability)]


@dataclass(frozen=True)
class Header:
    """Everything in model.json but the trees.

    Attributes:
        outcome: what the probability is a probability of, by the first eligible visit within `horizon_days`.
        label_versions: code sets under which the training outcomes were given.
        trained_to: no record known from this day on was used.
        expires_on: first day on which the model should no longer be used.
        context_days: the most days between the context's day and a decision day.
        program: how `scan` makes the features from records.
    """

    name: str
    code_version: str
    data_hash: str
    outcome: str
    horizon_days: int
    label_versions: tuple[str, ...]
    trained_to: date
    expires_on: date
    context_days: int
    features: tuple[Feature, ...]
    program: Mapping[str, Any]
    calibration: Calibration
    levels: Levels | None


def parse_header(table: object) -> Header:
    """Turn the decoded model.json, without its `format`, `version` and `trees`, into a Header.

    Raises:
        ArtifactError: naming the key, the value got and what is allowed.
    """
    header = Header(**table_of(table, "model.json", _HEADER))
    names = [feature.name for feature in header.features]
    if not names or len(names) > MAX_FEATURES or len(set(names)) < len(names):
        raise ArtifactError(f"model.json: between 1 and {MAX_FEATURES} features of different names are needed")
    if header.expires_on <= header.trained_to:
        raise ArtifactError(f"model.json: expires_on {header.expires_on} must lie after {header.trained_to}")
    return header


def _feature(value: object, where: str) -> Feature:
    feature = Feature(**table_of(value, where, _FEATURE))
    if (feature.kind == "category") != bool(feature.categories):
        raise ArtifactError(f"{where}: a category needs a list of categories, a number an empty one")
    if len(set(feature.categories)) < len(feature.categories):
        raise ArtifactError(f"{where}: a category is listed twice")
    if feature.kind == "category" and (feature.low, feature.high, feature.monotone) != (None, None, 0):
        raise ArtifactError(f"{where}: a category has no low or high and cannot be monotone")
    if feature.low is not None and feature.high is not None and feature.low > feature.high:
        raise ArtifactError(f"{where}: low {feature.low} lies above high {feature.high}")
    return feature


def _levels(value: object, where: str) -> Levels | None:
    if value is None:
        return None
    levels = Levels(**table_of(value, where, _LEVELS))
    if len(levels.names) != len(levels.cuts) + 1:
        raise ArtifactError(f"{where}: {len(levels.names)} levels need one cut less, got {len(levels.cuts)}")
    if any(b <= a for a, b in pairwise(levels.cuts)) or not all(0.0 < cut < 1.0 for cut in levels.cuts):
        raise ArtifactError(f"{where}: cuts must rise between 0 and 1, got {list(levels.cuts)}")
    if len({level.code for level in levels.names}) < len(levels.names):
        raise ArtifactError(f"{where}: two levels have the same code")
    return levels


def _filled(value: Any, where: str) -> str:
    if not text(value, where):
        raise ArtifactError(f"{where} must not be empty")
    return str(value)


def _bound(value: Any, where: str) -> float | None:
    return None if value is None else number(value, where)


def _days(value: Any, where: str) -> int:
    if type(value) is not int or not 0 < value <= 36_525:
        raise ArtifactError(f"{where} must be a number of days from 1 to 36525, got {value!r:.80}")
    return value


def _day(value: Any, where: str) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ArtifactError(f"{where} must be a day like 2025-06-01, got {value!r:.80}") from error
    if day.isoformat() != value:
        raise ArtifactError(f"{where} must be a day like 2025-06-01, got {value!r:.80}")
    return day


def _one_of(*allowed: object) -> Check:
    def check(value: Any, where: str) -> Any:
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise ArtifactError(f"{where}: unknown value {value!r:.80}; allowed are {list(allowed)}")
        return value

    return check


def _program(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ArtifactError(f"{where} must be an object, got {value!r:.80}")
    return value


_FEATURE: Final[dict[str, Check]] = {
    "name": _filled,
    "kind": _one_of("number", "category"),
    "unit": text,
    "text_en": text,
    "text_zh": text,
    "reason_en": text,
    "reason_zh": text,
    "monotone": _one_of(-1, 0, 1),
    "low": _bound,
    "high": _bound,
    "categories": list_of(text),
}
_LEVEL: Final[dict[str, Check]] = {
    "code": _filled,
    "en": text,
    "zh": text,
    "response_en": text,
    "response_zh": text,
}
_LEVELS: Final[dict[str, Check]] = {
    "system": _filled,
    "reconstructed": _one_of(False, True),
    "names": list_of(lambda value, where: Level(**table_of(value, where, _LEVEL))),
    "cuts": list_of(number),
}
_HEADER: Final[dict[str, Check]] = {
    "name": _filled,
    "code_version": text,
    "data_hash": text,
    "outcome": _filled,
    "horizon_days": _days,
    "label_versions": list_of(text),
    "trained_to": _day,
    "expires_on": _day,
    "context_days": _days,
    "features": list_of(_feature),
    "program": _program,
    "calibration": parse_calibration,
    "levels": _levels,
}
