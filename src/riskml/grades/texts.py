"""The files of the shipped systems: their names and their text."""

from difflib import get_close_matches
from importlib.resources import files

from riskml.errors import StudyError

FOLDER = files("riskml.grades").joinpath("systems")


def system_names() -> list[str]:
    """Names of the shipped systems, sorted.

    >>> "nanchang" in system_names()
    True
    """
    return sorted(file.name.removesuffix(".toml") for file in FOLDER.iterdir() if file.name.endswith(".toml"))


def system_text(name: str) -> str:
    """The file of a shipped system.

    Raises:
        StudyError: for an unknown name, with the nearest one and the allowed ones.
    """
    names = system_names()
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise StudyError(f"unknown grading system {name!r}; {hint}allowed are {names}, each with /VARIANT if wanted")
    return FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8")
