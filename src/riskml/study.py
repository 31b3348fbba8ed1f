"""A study: one TOML file that fixes a whole run. Unknown keys are refused, with the nearest known one."""

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from riskml.errors import StudyError
from riskml.scorer.forest.calibration import KINDS
from riskml.scorer.messages import meant_place
from riskml.study_checks import check, known

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
        "gammas": (list, (1.0, 1.5, 2.0, 3.0)),
        "sensitivity_draws": (int, 40),
    },
    "explanation": {"refits": (int, 3), "rows": (int, 400), "features": (int, 8)},
    "export": {"valid_days": (int, 365), "context_days": (int, 100)},
    "report": {"html": (bool, True)},
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
        if path.is_dir():
            raise StudyError(f"{path} is a folder; name a study in it, such as studies/sample.toml")
        if not path.is_file():
            raise StudyError(f"{path} is not a file; name a study such as studies/sample.toml{_meant(path)}")
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError as error:
            raise StudyError(f"{path} is not UTF-8 ({error.reason}); save it with the encoding UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            raise StudyError(f"{path} is not valid TOML: {error}") from error
        settings = _settings(raw, str(path))
        check(settings, str(path))
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


def _meant(path: Path) -> str:
    """Which study was meant by a path that is none: the same name in studies/, or a file beside it."""
    known = Path("studies") / f"{path.stem}.toml"
    return f"; did you mean {str(known)!r}?" if known.is_file() else meant_place(path) or meant_place(known)


def project_root(path: Path) -> Path:
    """The nearest folder above a file that holds a pyproject.toml, else the working directory."""
    for folder in path.resolve().parents:
        if (folder / "pyproject.toml").is_file():
            return folder
    return Path.cwd()


def _settings(raw: dict[str, Any], where: str) -> dict[str, dict[str, Any]]:
    top = {key: value for key, value in raw.items() if not isinstance(value, dict)}
    sections = {key: value for key, value in raw.items() if isinstance(value, dict)}
    known(sections, [name for name in _SCHEMA if name], f"{where}: section")
    for name in top:
        if name in _SCHEMA and name:
            raise StudyError(f"{where}: {name} is a section; write its keys below a line [{name}]")
    complete: dict[str, dict[str, Any]] = {}
    for section, keys in _SCHEMA.items():
        given = sections.get(section, {}) if section else top
        place = f"{where}: [{section}]" if section else where
        _refuse_strays(given, keys, place)
        known(given, list(keys), f"{place}: key")
        complete[section] = {key: _value(given, key, kind, default, place) for key, (kind, default) in keys.items()}
    return complete


def _refuse_strays(given: Mapping[str, Any], keys: Mapping[str, Any], place: str) -> None:
    """Refuse a key that stands in another section than its own."""
    for key in given:
        homes = [f"[{section}]" for section, own in _SCHEMA.items() if section and key in own and key not in keys]
        if homes:
            raise StudyError(f"{place}: key {key!r} is unknown here; it belongs to {' or '.join(homes)}")


def _value(given: dict[str, Any], key: str, kind: Any, default: Any, place: str) -> Any:
    if key not in given:
        if default is _REQUIRED:
            raise StudyError(f"{place}: key {key!r} is missing; it must be {_WORDS[kind]}")
        return default
    value = given[key]
    if kind is float and type(value) is int:
        value = float(value)
    if kind is str and isinstance(value, date):
        raise StudyError(f'{place}: {key} must be text; write the day in quotes: {key} = "{value:%Y-%m-%d}"')
    if type(value) is not kind:
        raise StudyError(f"{place}: {key} must be {_WORDS[kind]}, got {value!r}")
    return tuple(value) if kind is list else value
