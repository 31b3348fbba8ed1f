"""What the codes of kinds and branches are called, in English and Chinese."""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources


def category_names(column: str, categories: Sequence[str]) -> list[list[str]]:
    """English and Chinese name of each category of a site column, in their order.

    Args:
        column: of the sites.
        categories: its values, all of them.

    Returns:
        A pair for each category; nothing if one of them is not in the list of the column, since the codes are then
        those of another list, where the same code may mean something else.

    >>> category_names("format_code", ["C4", "R3"]), category_names("format_code", ["C4", "Bakery"])
    ([['small restaurant', '小型餐馆'], ['convenience store', '便利店']], [])
    """
    names = _lists().get(column, {})
    return [list(names[code]) for code in categories] if set(categories) <= set(names) else []


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    text = (resources.files("riskml.features") / "category_names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
