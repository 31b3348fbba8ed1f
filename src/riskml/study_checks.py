"""What the values of a study must be: each refused with what is allowed, before any work is done."""

import difflib
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from riskml.errors import DataError, StudyError
from riskml.features.catalog import load_catalog
from riskml.grades import load_system
from riskml.records.days import day_number
from riskml.records.outcomes import OUTCOMES
from riskml.records.source import source_names
from riskml.scorer.checks import MAX_DAYS
from riskml.scorer.forest.calibration import KINDS
from riskml.scorer.messages import meant

Settings = dict[str, dict[str, Any]]

CHAMPION: Final = "champion"
"""Folder of the promoted model below models/; no study may take its name."""
TUNED: Final[dict[str, tuple[float, float]]] = {
    "trees": (1, 5000),
    "leaves": (2, 1024),
    "learning_rate": (0.001, 1.0),
    "min_rows_in_leaf": (1, 100_000),
    "l2": (0.001, 10_000.0),
    "feature_share": (0.05, 1.0),
}
"""What `riskml tune` varies, and the least and most that [tuning] may ask for; whole numbers stay whole."""
MOST_DRAWS: Final = 100_000
RANGES: Final[dict[tuple[str, str], tuple[float, float]]] = {
    ("", "seed"): (0, 2**31 - 1),
    ("cohort", "horizon_days"): (1, MAX_DAYS),
    ("splits", "origins"): (1, math.inf),
    ("splits", "step_days"): (1, MAX_DAYS),
    ("splits", "warmup_days"): (0, MAX_DAYS),
    ("splits", "calibration_windows"): (1, math.inf),
    ("model", "trees"): (1, 10_000),
    ("model", "leaves"): (2, 10_000),
    ("model", "min_rows_in_leaf"): (1, math.inf),
    ("model", "l2"): (0, math.inf),
    ("comparison", "draws"): (1, MOST_DRAWS),
    ("comparison", "sensitivity_draws"): (0, MOST_DRAWS),
    ("explanation", "refits"): (0, 100),
    ("explanation", "rows"): (50, math.inf),
    ("explanation", "features"): (2, math.inf),
    ("export", "valid_days"): (1, MAX_DAYS),
    ("export", "context_days"): (1, MAX_DAYS),
}
"""The least and the most of a number; LightGBM takes seeds and its artifact days up to those."""
LEAST: Final = {place: least for place, (least, _) in RANGES.items()}
"""The least of each, for the reference pages."""
SHARES: Final = (("model", "learning_rate"), ("model", "feature_share"))
"""What must be above 0, up to 1."""
NAMES: Final = (("records", "files"), ("features", "names"), ("calibration", "maps"), ("comparison", "systems"))
"""Lists of texts."""


def known(given: Iterable[str], allowed: list[str], what: str) -> None:
    """Refuse names that are not allowed, with the nearest one that is.

    Raises:
        StudyError: for the first of them.
    """
    for key in given:
        if key not in allowed:
            raise StudyError(f"{what} {key!r} is unknown; allowed are {allowed}{_hint(key, allowed)}")


def _hint(name: Any, allowed: Sequence[str]) -> str:
    """Which of the allowed names was meant, for the end of a message; nothing if none is near."""
    near = difflib.get_close_matches(str(name), allowed, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def check(settings: Settings, where: str) -> None:
    """Refuse values that no run can follow.

    Args:
        settings: section -> key -> value, complete and of the right types.
        where: the study file, for messages.

    Raises:
        StudyError: for the first such value, with what is allowed.
    """
    _check_kinds(settings, where)
    _check_top(settings, where)
    _check_ranges(settings, where)
    _check_durations(settings["splits"], settings["cohort"], where)
    _check_model(settings["model"], settings["calibration"], where)
    _check_comparison(settings["comparison"], where)
    _check_names(settings, where)
    _check_label_map(settings["cohort"]["label_map"], where)
    _check_tuning(settings["tuning"], where)
    _check_promotion(settings["promotion"], settings["splits"]["origins"], where)


def _check_top(settings: Settings, where: str) -> None:
    name, records, outcome = settings[""]["name"], settings["records"], settings["cohort"]["outcome"]
    if not name or not all(c.isalnum() or c in "_-" for c in name):
        raise StudyError(f"{where}: name {name!r} must be made of letters, digits, _ and -, it names a folder")
    if name == CHAMPION:
        raise StudyError(f"{where}: name {name!r} is kept for the promoted model's folder; choose another")
    if bool(records["folder"]) == bool(records["source"]) or bool(records["source"]) != bool(records["files"]):
        raise StudyError(f"{where}: [records] needs either folder, or source and files")
    if outcome not in OUTCOMES:
        raise StudyError(
            f"{where}: [cohort] outcome {outcome!r} is unknown; allowed are {list(OUTCOMES)}{_hint(outcome, OUTCOMES)}"
        )


def _check_kinds(settings: Settings, where: str) -> None:
    """Lists of names hold texts, and numbers are numbers: TOML also has nan and inf."""
    for section, key in NAMES:
        strange = [one for one in settings[section][key] if not isinstance(one, str)]
        if strange:
            raise StudyError(f"{where}: [{section}] {key} must be a list of texts, got {strange[0]!r} in it")
    for section, values in settings.items():
        for key, value in values.items():
            numbers = [one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, float)]
            if not all(map(math.isfinite, numbers)):
                raise StudyError(f"{where}: [{section}] {key} must be finite, got {value!r}")


def _check_ranges(settings: Settings, where: str) -> None:
    for (section, key), (least, most) in RANGES.items():
        value, what = settings[section][key], f"[{section}] {key}" if section else key
        if value < least:
            raise StudyError(f"{where}: {what} must be at least {least}, got {value}")
        if value > most:
            raise StudyError(f"{where}: {what} must be at most {most}, got {value}")
    for section, key in SHARES:
        if not 0 < settings[section][key] <= 1:
            raise StudyError(f"{where}: [{section}] {key} must be above 0, up to 1, got {settings[section][key]}")


def _check_names(settings: Settings, where: str) -> None:
    """Refuse a source, a system or a feature that there is not; a source may also be a file of one's own."""
    source, systems = settings["records"]["source"], settings["comparison"]["systems"]
    if source and not source.endswith(".toml"):
        known([source], source_names(), f"{where}: [records] source")
    twice = next((name for name in systems if systems.count(name) > 1), None)
    if twice is not None:
        raise StudyError(f"{where}: [comparison] systems names {twice!r} twice")
    for name in systems:
        try:
            load_system(name)
        except StudyError as error:
            raise StudyError(f"{where}: [comparison] systems: {error}") from error
    features = load_catalog().names
    strange = next((name for name in settings["features"]["names"] if name not in features), None)
    if strange is not None:
        hint = meant(strange, features) or _hint(strange, features)
        raise StudyError(f"{where}: [features] names: no feature {strange!r}{hint}; riskml features --list tells them")


def _check_durations(splits: dict[str, Any], cohort: dict[str, Any], where: str) -> None:
    try:
        day_number(splits["last_origin"])
    except DataError as error:
        raise StudyError(f"{where}: [splits] last_origin {error}") from error
    if splits["step_days"] < cohort["horizon_days"]:
        raise StudyError(
            f"{where}: [splits] step_days {splits['step_days']} is below horizon_days {cohort['horizon_days']}: a "
            "visit would count at two origins; make the step at least the horizon"
        )


def _check_model(model: dict[str, Any], calibration: dict[str, Any], where: str) -> None:
    if model["early_stopping"] < 0:
        told = "0 for none, or so many trees without a gain"
        raise StudyError(f"{where}: [model] early_stopping must be {told}, got {model['early_stopping']}")
    maps = calibration["maps"]
    if not maps or not set(maps) <= set(KINDS):
        hint = next((_hint(name, KINDS) for name in maps if name not in KINDS), "")
        raise StudyError(f"{where}: [calibration] maps must be some of {list(KINDS)}, got {list(maps)}{hint}")


def _check_comparison(comparison: dict[str, Any], where: str) -> None:
    bad = [b for b in comparison["budgets"] if not isinstance(b, float) or not 0 < b <= 1]
    if bad or not comparison["budgets"]:
        got = bad or list(comparison["budgets"])
        raise StudyError(f"{where}: [comparison] budgets must be shares above 0, up to 1.0, such as 0.1; got {got}")
    shown = [f"{budget:.2f}" for budget in comparison["budgets"]]
    if len(set(shown)) < len(shown):
        raise StudyError(
            f"{where}: [comparison] budgets {list(comparison['budgets'])} are called {shown} in every table; leave out "
            "one of those that are called alike"
        )
    at = [f"{m}@{b:.2f}" for b in comparison["budgets"] for m in ("recall", "precision", "lift")]
    headline, allowed = comparison["headline"], ["auc", "average_precision", *at]
    if headline not in allowed:
        raise StudyError(f"{where}: [comparison] headline {headline!r} is none of {allowed}{_hint(headline, allowed)}")
    gammas = comparison["gammas"]
    if any(type(gamma) not in (int, float) or not 1 <= gamma < float("inf") for gamma in gammas):
        raise StudyError(
            f"{where}: [comparison] gammas must be odds ratios of 1 or more, such as [1, 2]; got {list(gammas)}"
        )


def _check_label_map(label_map: dict[str, Any], where: str) -> None:
    """The label versions themselves are known once the records are read (`cohorts.judgement`)."""
    known(label_map, list(OUTCOMES), f"{where}: [cohort.label_map] outcome")
    for outcome, mapped in label_map.items():
        place = f"{where}: [cohort.label_map.{outcome}]"
        if not isinstance(mapped, dict) or not all(isinstance(definition, str) for definition in mapped.values()):
            raise StudyError(f'{place} must be lines like "version" = "{OUTCOMES[0]}", got {mapped!r}')
        known(dict.fromkeys(mapped.values()), list(OUTCOMES), f"{place}: definition")


def _check_tuning(tuning: dict[str, Any], where: str) -> None:
    for key in ("trials", "origins"):
        if tuning[key] < 1:
            raise StudyError(f"{where}: [tuning] {key} must be at least 1, got {tuning[key]}")
    for key, (least, most) in TUNED.items():
        _check_pair(tuning[key], f"{where}: [tuning] {key}")
        allowed = (int,) if isinstance(least, int) else (int, float)
        if any(type(end) not in allowed or not least <= end <= most for end in tuning[key]):
            what = "numbers" if float in allowed else "whole numbers"
            raise StudyError(
                f"{where}: [tuning] {key} must be two {what} from {least} to {most}, got {list(tuning[key])}"
            )


def _check_promotion(promotion: dict[str, Any], origins: int, where: str) -> None:
    for key in ("calibration_slope", "calibration_intercept", "fairness_ratio"):
        _check_pair(promotion[key], f"{where}: [promotion] {key}")
    if promotion["margin"] < 0:
        raise StudyError(
            f"{where}: [promotion] margin must be 0 or more, got {promotion['margin']}: a model that is not better is "
            "not promoted"
        )
    if not 1 <= promotion["calibration_origins"] <= origins:
        raise StudyError(
            f"{where}: [promotion] calibration_origins must be from 1 to the {origins} origins of [splits], got "
            f"{promotion['calibration_origins']}"
        )
    if promotion["valid_days_left"] < 0:
        raise StudyError(f"{where}: [promotion] valid_days_left must be 0 or more, got {promotion['valid_days_left']}")


def _check_pair(value: tuple[Any, ...], what: str) -> None:
    if len(value) != 2 or any(type(end) not in (int, float) for end in value) or not value[0] <= value[1]:
        raise StudyError(f"{what} must be two numbers, the lower one first, got {list(value)}")
