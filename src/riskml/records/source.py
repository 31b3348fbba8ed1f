"""A source file (TOML): where each canonical column of one publisher comes from. Unknown keys are refused."""

import difflib
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from riskml.errors import StudyError
from riskml.records.outcomes import OutcomeRule

_KEYS: Final = {
    "": {
        "name", "title", "time_zone", "label_version", "notes",
        "lag", "visit", "sites", "changes", "violations", "outcome",
    },
    "lag": {"days", "provenance"},
    "visit": {
        "inspection_id", "site_id", "visited_on", "date_formats", "visit_type", "result", "inspector",
        "inspector_is_person", "office", "score", "codes",
    },
    "sites": {"name", "format_code", "risk_category", "lon", "lat", "registered_on", "office", "codes"},
    "violations": {"prefix", "class"},
}  # fmt: skip
_NEEDED: Final = ("name", "label_version", "lag", "visit", "outcome")


@dataclass(frozen=True)
class Source:
    """One publisher's way of writing its records.

    Attributes:
        name: as in `riskml ingest NAME`.
        title: what the records are.
        spec: the parsed TOML.
        outcome: how a visit's outcome is derived.
    """

    name: str
    title: str
    spec: dict[str, Any]
    outcome: OutcomeRule


def source_names() -> list[str]:
    """Names of the sources that come with riskml."""
    folder = resources.files("riskml.records") / "sources"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_source(name: str) -> Source:
    """A source by its name, or by the path of a TOML file of your own.

    Raises:
        StudyError: if there is none of that name, or the file has an unknown or missing key.
    """
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise StudyError(f"{name} is not a file; name a source TOML or one of {source_names()}")
        return parse_source(path.read_text(encoding="utf-8"), where=name)
    if name not in source_names():
        near = difflib.get_close_matches(name, source_names(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise StudyError(f"unknown source {name!r}; known are {source_names()}{hint}")
    text = (resources.files("riskml.records") / "sources" / f"{name}.toml").read_text(encoding="utf-8")
    return parse_source(text, where=f"source {name}")


def parse_source(text: str, *, where: str) -> Source:
    """Read the text of a source file; `where` names it in messages."""
    try:
        spec = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where} is not valid TOML: {error}") from error
    for section, allowed in _KEYS.items():
        found = spec if section == "" else spec.get(section, {})
        unknown = sorted(set(found) - allowed)
        if unknown:
            raise StudyError(f"{where}: [{section}] has unknown keys {unknown}; allowed are {sorted(allowed)}")
    absent = [key for key in _NEEDED if key not in spec]
    if absent:
        raise StudyError(f"{where} lacks {absent}")
    outcome = OutcomeRule.from_dict(spec["outcome"], where=where)
    return Source(name=spec["name"], title=spec.get("title", spec["name"]), spec=spec, outcome=outcome)
