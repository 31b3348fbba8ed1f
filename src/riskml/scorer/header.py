"""What model.json says about the model, as typed values: origin, features, calibration and levels, each one checked."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

from riskml.scorer.errors import ArtifactError

MAX_FEATURES: Final = 10_000
MAX_TEXT: Final = 10_000

Check = Callable[[Any, str], Any]
"""Takes a value and its place in the file; returns the value to keep, or raises ArtifactError."""


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
class Calibration:
    """From log-odds to probability: sigmoid(slope * raw + intercept); kind "none" means slope 1 and intercept 0."""

    kind: str
    slope: float = 1.0
    intercept: float = 0.0

    def probability(self, raw: float) -> float:
        """Probability of the outcome, from 0 to 1.

        >>> Calibration("platt", slope=2.0, intercept=-1.0).probability(0.5)
        0.5
        """
        odds = self.slope * raw + self.intercept
        if odds >= 0.0:
            return 1.0 / (1.0 + math.exp(-odds))
        small = math.exp(odds)
        return small / (1.0 + small)


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
    features: tuple[Feature, ...]
    program: Mapping[str, Any]
    calibration: Calibration
    levels: Levels | None


def parse_header(table: object) -> Header:
    """Turn the decoded model.json, without its `format`, `version` and `trees`, into a Header.

    Raises:
        ArtifactError: naming the key, the value got and what is allowed.
    """
    header = Header(**_table(table, "model.json", _HEADER))
    names = [feature.name for feature in header.features]
    if not names or len(names) > MAX_FEATURES or len(set(names)) < len(names):
        raise ArtifactError(f"model.json: between 1 and {MAX_FEATURES} features of different names are needed")
    if header.expires_on <= header.trained_to:
        raise ArtifactError(f"model.json: expires_on {header.expires_on} must lie after {header.trained_to}")
    return header


def _feature(value: object, where: str) -> Feature:
    feature = Feature(**_table(value, where, _FEATURE))
    if (feature.kind == "category") != bool(feature.categories):
        raise ArtifactError(f"{where}: a category needs a list of categories, a number an empty one")
    if len(set(feature.categories)) < len(feature.categories):
        raise ArtifactError(f"{where}: a category is listed twice")
    if feature.kind == "category" and (feature.low, feature.high, feature.monotone) != (None, None, 0):
        raise ArtifactError(f"{where}: a category has no low or high and cannot be monotone")
    if feature.low is not None and feature.high is not None and feature.low > feature.high:
        raise ArtifactError(f"{where}: low {feature.low} lies above high {feature.high}")
    return feature


def _calibration(value: object, where: str) -> Calibration:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in _CALIBRATIONS:
        raise ArtifactError(f"{where}: unknown kind {kind!r}; this version knows {list(_CALIBRATIONS)}")
    calibration = Calibration(**_table(value, where, _CALIBRATIONS[kind]))
    if calibration.slope <= 0.0:
        raise ArtifactError(f"{where}: slope {calibration.slope} would turn the ranking round; it must be above 0")
    return calibration


def _levels(value: object, where: str) -> Levels | None:
    if value is None:
        return None
    levels = Levels(**_table(value, where, _LEVELS))
    if len(levels.names) != len(levels.cuts) + 1:
        raise ArtifactError(f"{where}: {len(levels.names)} levels need one cut less, got {len(levels.cuts)}")
    if any(b <= a for a, b in pairwise(levels.cuts)) or not all(0.0 < cut < 1.0 for cut in levels.cuts):
        raise ArtifactError(f"{where}: cuts must rise between 0 and 1, got {list(levels.cuts)}")
    if len({level.code for level in levels.names}) < len(levels.names):
        raise ArtifactError(f"{where}: two levels have the same code")
    return levels


def _table(value: object, where: str, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The values of a JSON object that has exactly the keys of `checks`."""
    if not isinstance(value, dict) or set(value) != set(checks):
        got = sorted(value) if isinstance(value, dict) else value
        raise ArtifactError(f"{where}: needs exactly the keys {sorted(checks)}, got {got!r:.300}")
    return {name: check(value[name], f"{where}: {name}") for name, check in checks.items()}


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ArtifactError(f"{where} must be a text of at most {MAX_TEXT} characters, got {value!r:.80}")
    return value


def _filled(value: Any, where: str) -> str:
    if not _text(value, where):
        raise ArtifactError(f"{where} must not be empty")
    return str(value)


def _number(value: Any, where: str) -> float:
    try:
        finite = type(value) in (int, float) and math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise ArtifactError(f"{where} must be a finite number, got {value!r:.80}")
    return float(value)


def _bound(value: Any, where: str) -> float | None:
    return None if value is None else _number(value, where)


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


def _list_of(check: Check) -> Check:
    def check_list(value: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ArtifactError(f"{where} must be a list, got {value!r:.80}")
        return tuple(check(one, f"{where}[{place}]") for place, one in enumerate(value))

    return check_list


def _program(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ArtifactError(f"{where} must be an object, got {value!r:.80}")
    return value


_FEATURE: Final[dict[str, Check]] = {
    "name": _filled,
    "kind": _one_of("number", "category"),
    "unit": _text,
    "text_en": _text,
    "text_zh": _text,
    "reason_en": _text,
    "reason_zh": _text,
    "monotone": _one_of(-1, 0, 1),
    "low": _bound,
    "high": _bound,
    "categories": _list_of(_text),
}
_CALIBRATIONS: Final[dict[str, dict[str, Check]]] = {
    "none": {"kind": _text},
    "platt": {"kind": _text, "slope": _number, "intercept": _number},
}
_LEVEL: Final[dict[str, Check]] = {
    "code": _filled,
    "en": _text,
    "zh": _text,
    "response_en": _text,
    "response_zh": _text,
}
_LEVELS: Final[dict[str, Check]] = {
    "system": _filled,
    "reconstructed": _one_of(False, True),
    "names": _list_of(lambda value, where: Level(**_table(value, where, _LEVEL))),
    "cuts": _list_of(_number),
}
_HEADER: Final[dict[str, Check]] = {
    "name": _filled,
    "code_version": _text,
    "data_hash": _text,
    "outcome": _filled,
    "horizon_days": _days,
    "label_versions": _list_of(_text),
    "trained_to": _day,
    "expires_on": _day,
    "features": _list_of(_feature),
    "program": _program,
    "calibration": _calibration,
    "levels": _levels,
}
