"""What the groups of sites are called where people read of them."""

from collections import Counter
from collections.abc import Iterable

from riskml.evaluation.fairness.words import group_name
from riskml.export.wording import Text, as_text, text
from riskml.features.category_names import category_names


def group_names(attribute: str, codes: Iterable[str]) -> dict[str, Text]:
    """Code of each group -> its name; kinds of business by their names, where all are of the list that names them.

    Args:
        attribute: what the sites are grouped by.
        codes: all groups of it: a code of another list may mean something else.

    >>> group_names("format_code", ["C4", "R3"])["R3"]
    {'en': 'convenience store', 'zh': '便利店'}
    >>> group_names("format_code", ["C4", "Bakery"])["C4"]["zh"], group_names("office", ["north"])["north"]["zh"]
    ('C4', 'north')
    """
    every = sorted({one for one in codes if one})
    named = {code: text(*names) for code, names in zip(every, category_names(attribute, every), strict=False)}
    often = Counter(name["en"] for name in named.values())
    twice = {code: name for code, name in named.items() if often[name["en"]] > 1}
    apart = {code: text(f"{name['en']} {code}", f"{name['zh']}{code}") for code, name in twice.items()}
    return {code: as_text(group_name(attribute, code)) for code in every} | named | apart
