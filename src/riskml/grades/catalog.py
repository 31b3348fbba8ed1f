"""The systems that ship with riskml, by name and variant."""

from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from riskml.errors import StudyError
from riskml.grades.parsing import DEFAULT, parse_system
from riskml.grades.system import System


def system_names() -> list[str]:
    """Names of the shipped systems, sorted.

    >>> "nanchang" in system_names()
    True
    """
    found = files("riskml.grades").joinpath("systems").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in found if file.name.endswith(".toml"))


@cache
def load_system(name: str) -> System:
    """One shipped system.

    Args:
        name: "nanchang", or with its variant "nanchang/repair_keep"; without one it is "default".

    Raises:
        StudyError: for an unknown name or variant, with the nearest name and the allowed ones.

    >>> system = load_system("nanchang")
    >>> [level.code for level in system.levels], system.reconstructed
    (['green', 'yellow', 'orange', 'red'], True)
    """
    stem, _, variant = name.partition("/")
    names = system_names()
    if stem not in names:
        near = get_close_matches(stem, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise StudyError(f"unknown grading system {name!r}; {hint}allowed are {names}, each with /VARIANT if wanted")
    text = files("riskml.grades").joinpath("systems").joinpath(f"{stem}.toml").read_text(encoding="utf-8")
    return parse_system(text, name=stem, variant=variant or DEFAULT)
