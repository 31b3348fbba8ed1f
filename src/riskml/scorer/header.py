"""What model.json says about the model, as typed values: origin, features, calibration and levels, each one checked."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any, Final

from riskml.scorer.actions import Action, parse_actions
from riskml.scorer.checks import Check, day, days, filled, list_of, number, one_of, optional, table_of, text
from riskml.scorer.errors import ArtifactError
from riskml.scorer.forest.calibration import Calibration, parse_calibration
from riskml.scorer.frozen import frozen

MAX_FEATURES: Final = 2_000
MAX_CODES: Final = 10_000
MAX_CATEGORIES: Final = 65_536
"""Of one feature: as many as a category set of the trees can name."""


@frozen
class Feature:
    """One column of a feature row.

    Attributes:
        kind: "number", or "category": its value is an index into `categories`.
        reason_en, reason_zh: text of a reason, with {value} where the value goes and {one|many} where it decides the
            word.
        monotone: 1 if a higher value cannot lower the score, -1 if it cannot raise it, 0 otherwise.
        low, high: no possible value lies outside; None = no bound.
        category_names: English and Chinese name of each category; empty if they need none.
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
    category_names: tuple[tuple[str, str], ...] = ()


@frozen
class Level:
    """One level of the grading system that the probability is translated into."""

    code: str
    en: str
    zh: str
    response_en: str
    response_zh: str


@frozen
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


@frozen
class Header:
    """Everything in model.json but the trees.

    Attributes:
        outcome: what the probability is a probability of, by the first eligible visit within `horizon_days`.
        label_versions: code sets under which the training outcomes were given.
        trained_to: no record known from this day on was used.
        expires_on: first day on which the model should no longer be used.
        context_days: the most days between the context's day and a decision day.
        known_codes: every event code that riskml knew at export, sorted; the program reads some of them. Records with
            any other code are of another code list.
        program: how `scan` makes the features from records.
        actions: what a business can do, in the order of the list that declares them; may be empty.
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
    known_codes: tuple[str, ...]
    features: tuple[Feature, ...]
    program: Mapping[str, Any]
    actions: tuple[Action, ...]
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
    _check_codes(header)
    return header


def _check_codes(header: Header) -> None:
    """The program and the actions name known codes only; the lists are sorted or free of repetitions."""
    known = set(header.known_codes)
    if list(header.known_codes) != sorted(known):
        raise ArtifactError("model.json: known_codes must be sorted, each code once")
    read = list_of(filled, at_most=MAX_CODES)(header.program.get("codes"), "model.json: program: codes")
    if len(set(read)) < len(read) or not known.issuperset(read):
        raise ArtifactError("model.json: program: codes must be known_codes, each once")
    for action in header.actions:
        if not known.issuperset(action.codes):
            raise ArtifactError(f"model.json: action {action.name!r:.80} names a code that is not in known_codes")


def _feature(value: object, where: str) -> Feature:
    feature = Feature(**table_of(value, where, _FEATURE))
    if (feature.kind == "category") != bool(feature.categories):
        raise ArtifactError(f"{where}: a category needs a list of categories, a number an empty one")
    if len(feature.category_names) not in (0, len(feature.categories)):
        raise ArtifactError(f"{where}: category_names must be empty, or one pair of names for each category")
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


def _names(value: Any, where: str) -> tuple[str, str]:
    names = list_of(text)(value, where)
    if len(names) != 2:
        raise ArtifactError(f"{where} must be an English and a Chinese name, got {value!r:.80}")
    return names[0], names[1]


def _program(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ArtifactError(f"{where} must be an object, got {value!r:.80}")
    return value


_FEATURE: Final[dict[str, Check]] = {
    "name": filled,
    "kind": one_of("number", "category"),
    "unit": text,
    "text_en": text,
    "text_zh": text,
    "reason_en": text,
    "reason_zh": text,
    "monotone": one_of(-1, 0, 1),
    "low": optional(number),
    "high": optional(number),
    "categories": list_of(text, at_most=MAX_CATEGORIES),
    "category_names": list_of(_names),
}
_LEVEL: Final[dict[str, Check]] = {
    "code": filled,
    "en": text,
    "zh": text,
    "response_en": text,
    "response_zh": text,
}
_LEVELS: Final[dict[str, Check]] = {
    "system": filled,
    "reconstructed": one_of(False, True),
    "names": list_of(lambda value, where: Level(**table_of(value, where, _LEVEL))),
    "cuts": list_of(number),
}
_HEADER: Final[dict[str, Check]] = {
    "name": filled,
    "code_version": text,
    "data_hash": text,
    "outcome": filled,
    "horizon_days": days,
    "label_versions": list_of(text),
    "trained_to": day,
    "expires_on": day,
    "context_days": days,
    "known_codes": list_of(filled, at_most=MAX_CODES),
    "features": list_of(_feature),
    "program": _program,
    "actions": parse_actions,
    "calibration": parse_calibration,
    "levels": _levels,
}
