"""Markdown of plain words: text escaped so that no name from the data becomes markup, lists and tables of it."""

import re
from collections.abc import Sequence

from riskml.export.wording import Lang, Text


def escaped(words: str) -> str:
    r"""Words as plain text of Markdown, on one line.

    >>> print(escaped("a | <b>\nc_d"))
    a \| \<b\> c\_d
    """
    return re.sub(r"([\\`*_\[\]<>|#&!~])", r"\\\1", " ".join(words.split()))


def say(words: Text, lang: Lang, **values: object) -> str:
    r"""A sentence with its values put in, each of them escaped.

    >>> say({"en": "of {name}", "zh": "{name}"}, "en", name="a_b")
    'of a\\_b'
    """
    return words[lang].format(**{name: escaped(str(value)) for name, value in values.items()})


def heading(words: Text, lang: Lang, depth: int = 2) -> str:
    """A heading of so many signs."""
    return f"{'#' * depth} {words[lang]}"


def bullets(lines: Sequence[str]) -> str:
    """A list of lines that are written or escaped already."""
    return "\n".join(f"- {line}" for line in lines)


def steps(lines: Sequence[str]) -> str:
    """A numbered list of lines that are written or escaped already."""
    return "\n".join(f"{place}. {line}" for place, line in enumerate(lines, start=1))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are written or escaped already.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    | --- | --- |
    | 1 | 2 |
    """
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, ["---"] * len(heads), *rows])
