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


def tier_of_format() -> dict[str, int]:
    """Static tier, 1 to 4, of each kind of business (assumed), for sites whose record gives none.

    >>> tier_of_format()["C6"]
    4
    """
    return {code: tier for code, tier in _content()["tier"].items() if code != "provenance"}


@cache
def not_repairable() -> frozenset[str]:
    """Penalties whose publicity cannot end early, so that a repair of them is ignored by every system.

    >>> sorted(not_repairable())
    ['PEN_RESTRICT', 'PEN_REVOKE', 'PEN_STOP', 'PEN_SUSP']
    """
    return frozenset(_content()["publicity"]["order45"]["not_repairable"])


def scale_codes(asking: Table) -> list[str]:
    """The event codes of the scale that the key `scale_of` of a table names."""
    content = _content()["scale"]
    return [code for code in content[asking.choice("scale_of", content)] if code not in ("provenance", "source")]


def scale_weights(asking: Table) -> dict[str, float]:
    """The scale that the key `scale_of` of a table names: code -> weight; its numbers join those of the system."""
    content = _content()
    name = asking.choice("scale_of", content["scale"])
    top = Table(content, FILE, sources=content["sources"], numbers=asking.numbers, replaced=asking.replaced)
    return top.table("scale").amounts(name)


def publicity_regime(system: Table) -> Publicity:
    """The regime that the key `publicity` of a system names; its numbers join those of the system."""
    content = _content()
    name = system.choice("publicity", content["publicity"])
    top = Table(content, FILE, sources=content["sources"], numbers=system.numbers, replaced=system.replaced)
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
