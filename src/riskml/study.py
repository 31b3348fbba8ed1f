"""A study: one TOML file that fixes a whole run. Unknown keys are refused, with the nearest known one."""

import difflib
import hashlib
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from riskml.errors import StudyError
from riskml.records.outcomes import OUTCOMES
from riskml.scorer.calibration import KINDS

_REQUIRED: Final = object()
_SCHEMA: Final[dict[str, dict[str, tuple[type | tuple[type, ...], Any]]]] = {
    "": {"name": (str, _REQUIRED), "seed": (int, _REQUIRED)},
    "records": {"folder": (str, ""), "source": (str, ""), "files": (list, ())},
    "cohort": {"outcome": (str, "fail"), "horizon_days": (int, _REQUIRED), "label_map": (dict, {})},
    "splits": {
        "last_origin": (str, _REQUIRED),
        "origins": (int, 8),
        "step_days": (int, _REQUIRED),
        "warmup_days": (int, 0),
        "calibration_windows": (int, 2),
    },
    "features": {"names": (list, ())},
    "model": {
        "trees": (int, 150),
        "leaves": (int, 4),
        "learning_rate": (float, 0.05),
        "min_rows_in_leaf": (int, 100),
        "l2": (float, 20.0),
        "feature_share": (float, 0.5),
        "early_stopping": (int, 0),
        "severity": (bool, False),
        "leniency": (bool, False),
    },
    "calibration": {"maps": (list, KINDS)},
    "comparison": {
        "systems": (list, ()),
        "budgets": (list, (0.1, 0.2)),
        "headline": (str, "recall@0.20"),
        "draws": (int, 1000),
    },
    "export": {"valid_days": (int, 365), "context_days": (int, 100)},
    "tracking": {"mlflow": (bool, True)},
    "tuning": {
        "trials": (int, 40),
        "origins": (int, 3),
        "trees": (list, (20, 400)),
        "leaves": (list, (3, 32)),
        "learning_rate": (list, (0.01, 0.2)),
        "min_rows_in_leaf": (list, (20, 300)),
        "l2": (list, (0.1, 100.0)),
        "feature_share": (list, (0.3, 1.0)),
    },
    "promotion": {
        "margin": (float, 0.0),
        "calibration_origins": (int, 1),
        "calibration_slope": (list, (0.8, 1.25)),
        "calibration_intercept": (list, (-0.2, 0.2)),
        "fairness": (bool, True),
        "fairness_ratio": (list, (0.8, 1.25)),
        "valid_days_left": (int, 30),
    },
}
"""Every section, its keys, their types and defaults."""
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
_WORDS: Final = {
    str: "text", int: "a whole number", float: "a number", list: "a list", bool: "true or false", dict: "a table",
}  # fmt: skip


@dataclass(frozen=True)
class Study:
    """The settings of one run.

    Attributes:
        path: the file they came from.
        root: the project's folder; models/, mlruns/ and data/derived/ are below it.
        settings: section -> key -> value, complete with defaults; the top level is section "".
        digest: sha256 of the settings.
    """

    path: Path
    root: Path
    settings: dict[str, dict[str, Any]]
    digest: str

    @classmethod
    def load(cls, path: "Path | str") -> "Study":
        """Read a study file.

        Raises:
            StudyError: if it is missing or not TOML, or a key is unknown, missing, or of the wrong type or range.
        """
        path = Path(path)
        if not path.is_file():
            raise StudyError(f"{path} is not a file; name a study such as studies/sample.toml")
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StudyError(f"{path} is not valid TOML: {error}") from error
        settings = _settings(raw, str(path))
        _check(settings, str(path))
        digest = hashlib.sha256(repr(sorted((s, sorted(v.items())) for s, v in settings.items())).encode()).hexdigest()
        return cls(path=path, root=project_root(path), settings=settings, digest=digest)

    @property
    def name(self) -> str:
        """Name of the study, and of its folder below models/."""
        return str(self.settings[""]["name"])

    @property
    def seed(self) -> int:
        """The only source of randomness."""
        return int(self.settings[""]["seed"])

    @property
    def folder(self) -> Path:
        """Where the run writes."""
        return self.root / "models" / self.name

    def __getitem__(self, section: str) -> dict[str, Any]:
        """The settings of one section."""
        return self.settings[section]

    def inputs(self) -> list[Path]:
        """The source files named by the study, environment variables filled in, relative to the project's folder.

        Raises:
            StudyError: if a variable is not set.
        """
        return [self._located(text) for text in self["records"]["files"]]

    def records_folder(self) -> Path:
        """The folder of canonical records named by the study."""
        return self._located(self["records"]["folder"])

    def _located(self, text: str) -> Path:
        filled = os.path.expandvars(text)
        if "$" in filled:
            variable = filled[filled.index("$") :].strip("${").split("}")[0].split("/")[0]
            raise StudyError(f"{self.path}: set the environment variable {variable} to the folder that holds {text}")
        return self.root / filled


def project_root(path: Path) -> Path:
    """The nearest folder above a file that holds a pyproject.toml, else the working directory."""
    for folder in path.resolve().parents:
        if (folder / "pyproject.toml").is_file():
            return folder
    return Path.cwd()


def _settings(raw: dict[str, Any], where: str) -> dict[str, dict[str, Any]]:
    top = {key: value for key, value in raw.items() if not isinstance(value, dict)}
    sections = {key: value for key, value in raw.items() if isinstance(value, dict)}
    _known(sections, [name for name in _SCHEMA if name], f"{where}: section")
    complete: dict[str, dict[str, Any]] = {}
    for section, keys in _SCHEMA.items():
        given = sections.get(section, {}) if section else top
        place = f"{where}: [{section}]" if section else where
        _known(given, list(keys), f"{place}: key")
        complete[section] = {key: _value(given, key, kind, default, place) for key, (kind, default) in keys.items()}
    return complete


def _known(given: dict[str, Any], allowed: list[str], what: str) -> None:
    for key in given:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise StudyError(f"{what} {key!r} is unknown; allowed are {allowed}{hint}")


def _value(given: dict[str, Any], key: str, kind: Any, default: Any, place: str) -> Any:
    if key not in given:
        if default is _REQUIRED:
            raise StudyError(f"{place}: key {key!r} is missing; it must be {_WORDS[kind]}")
        return default
    value = given[key]
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise StudyError(f"{place}: {key} must be {_WORDS[kind]}, got {value!r}")
    return tuple(value) if kind is list else value


def _check(settings: dict[str, dict[str, Any]], where: str) -> None:
    name, records, cohort = settings[""]["name"], settings["records"], settings["cohort"]
    splits, comparison = settings["splits"], settings["comparison"]
    if not name or not all(c.isalnum() or c in "_-" for c in name):
        raise StudyError(f"{where}: name {name!r} must be made of letters, digits, _ and -, it names a folder")
    if name == CHAMPION:
        raise StudyError(f"{where}: name {name!r} is kept for the promoted model's folder; choose another")
    if bool(records["folder"]) == bool(records["source"]) or bool(records["source"]) != bool(records["files"]):
        raise StudyError(f"{where}: [records] needs either folder, or source and files")
    if cohort["outcome"] not in OUTCOMES:
        raise StudyError(f"{where}: [cohort] outcome {cohort['outcome']!r} is unknown; allowed are {list(OUTCOMES)}")
    positive = {
        "cohort": ["horizon_days"],
        "splits": ["origins", "step_days", "calibration_windows"],
        "comparison": ["draws"],
    }
    for section, keys in positive.items():
        for key in keys:
            if settings[section][key] < 1:
                raise StudyError(f"{where}: [{section}] {key} must be at least 1, got {settings[section][key]}")
    if splits["step_days"] < cohort["horizon_days"]:
        raise StudyError(
            f"{where}: [splits] step_days {splits['step_days']} is below horizon_days {cohort['horizon_days']}: a "
            "visit would count at two origins; make the step at least the horizon"
        )
    if settings["model"]["early_stopping"] < 0:
        told = "0 for none, or so many trees without a gain"
        raise StudyError(f"{where}: [model] early_stopping must be {told}, got {settings['model']['early_stopping']}")
    maps = settings["calibration"]["maps"]
    if not maps or not set(maps) <= set(KINDS):
        raise StudyError(f"{where}: [calibration] maps must be some of {list(KINDS)}, got {list(maps)}")
    bad = [b for b in comparison["budgets"] if not isinstance(b, float) or not 0 < b <= 1]
    if bad or not comparison["budgets"]:
        raise StudyError(f"{where}: [comparison] budgets must be shares above 0, up to 1, such as 0.1; got {bad}")
    at = [f"{m}@{b:.2f}" for b in comparison["budgets"] for m in ("recall", "precision", "lift")]
    if comparison["headline"] not in ["auc", "average_precision", *at]:
        raise StudyError(
            f"{where}: [comparison] headline {comparison['headline']!r} is none of {['auc', 'average_precision', *at]}"
        )
    _check_label_map(cohort["label_map"], where)
    _check_tuning(settings["tuning"], where)
    _check_promotion(settings["promotion"], splits["origins"], where)


def _check_label_map(label_map: dict[str, Any], where: str) -> None:
    """The label versions themselves are known once the records are read (`cohorts.judgement`)."""
    _known(label_map, list(OUTCOMES), f"{where}: [cohort.label_map] outcome")
    for outcome, mapped in label_map.items():
        place = f"{where}: [cohort.label_map.{outcome}]"
        if not isinstance(mapped, dict) or not all(isinstance(definition, str) for definition in mapped.values()):
            raise StudyError(f'{place} must be lines like "version" = "{OUTCOMES[0]}", got {mapped!r}')
        _known(dict.fromkeys(mapped.values()), list(OUTCOMES), f"{place}: definition")


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
