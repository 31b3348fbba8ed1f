"""What all systems share: the list of event codes, and the regimes that say how long a penalty counts."""

import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from riskml.errors import StudyError
from riskml.grades.system import Publicity
from riskml.grades.tables import Table

FILE = "conventions.toml"


@cache
def _content() -> dict[str, Any]:
    return tomllib.loads(files("riskml.grades").joinpath(FILE).read_text(encoding="utf-8"))


def code_names() -> dict[str, tuple[str, str]]:
    """Every event code with its English and Chinese name.

    >>> code_names()["ABN"]
    ('abnormal-operation list', '经营异常名录')
    """
    return {code: (row["en"], row["zh"]) for code, row in _content()["codes"].items()}


def known_codes(codes: "list[str] | dict[str, Any]", *, where: str) -> None:
    """Refuse codes that are not in the list.

    Raises:
        StudyError: naming them and the allowed ones.
    """
    names = code_names()
    unknown = sorted(set(codes) - set(names))
    if unknown:
        raise StudyError(f"{where}: unknown event codes {unknown}; allowed are {sorted(names)}")


def publicity_regime(system: Table) -> Publicity:
    """The regime that the key `publicity` of a system names; its numbers join those of the system."""
    content = _content()
    name = system.choice("publicity", content["publicity"])
    top = Table(content, FILE, sources=content["sources"], numbers=system.numbers)
    regime = top.table("publicity").table(name)
    regime.only("en", "zh", "default_days", "not_repairable", "days", "small_fine")
    days, small = regime.table("days"), regime.table("small_fine")
    small.only("code", "days", "limit", "person_limit", "person_prefix")
    known_codes([*days.values, *regime.texts("not_repairable"), small.text("code")], where=regime.place())
    return Publicity(
        name=name,
        days=MappingProxyType({code: days.days(code) for code in days.values}),
        default_days=regime.days("default_days"),
        not_repairable=frozenset(regime.texts("not_repairable")),
        small_code=small.text("code"),
        small_days=small.days("days"),
        small_limit=small.number("limit"),
        small_person_limit=small.number("person_limit"),
        person_prefix=small.text("person_prefix"),
    )
