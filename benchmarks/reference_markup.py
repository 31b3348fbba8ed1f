"""Pieces of Markdown for the reference pages: tables, code, prose, and a Google docstring as lists and blocks."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from inspect import cleandoc
from typing import Final

LISTED: Final = ("Args", "Attributes", "Raises")
"""Sections of a docstring whose lines each name something."""
HEADINGS: Final = (*LISTED, "Returns", "Yields", "How to read it", "Examples", "Example", "References", "Note")
SPECIAL: Final = re.compile(r"[*\[\]]|(?<![\w])_|_(?![\w])")
ITEM: Final = re.compile(r"^([\w*][\w*., `\"@/-]*): (.*)$")


def prose(text: str) -> str:
    r"""Text in which nothing but code in backticks is markup.

    >>> prose("models/<study>/ holds `a[0]` and b[0]")
    'models/&lt;study&gt;/ holds `a[0]` and b\\[0\\]'
    """
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else _plain(piece) for piece in pieces)


def _plain(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def code(text: str) -> str:
    """A piece of code that may stand in a cell of a table.

    >>> code("str | None")
    '<code>str &#124; None</code>'
    """
    return f"<code>{escape(text).replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown without line breaks."""
    return "\n".join([_row(heads), "|" + "---|" * len(heads), *map(_row, rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "&#124;").split()) for cell in cells) + " |"


def page(*parts: str) -> str:
    """A page of parts, an empty line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"


def block(language: str, text: str) -> str:
    """A fenced block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def described(docstring: str) -> str:
    r"""A Google docstring as Markdown.

    Args:
        docstring: as written, the indent of its later lines included.

    >>> print(described("One.\n\nArgs:\n    share: a part of <all>,\n        above 0."))
    One.
    <BLANKLINE>
    **Args**
    <BLANKLINE>
    * `share`: a part of &lt;all&gt;, above 0.
    """
    return "\n\n".join(part for part in _parts(cleandoc(docstring).splitlines()) if part)


def _parts(lines: Sequence[str]) -> Iterator[str]:
    """The paragraphs, sections and examples of a cleaned docstring, as Markdown."""
    place = 0
    while place < len(lines):
        end = place + 1
        if _is_heading(lines[place]):
            while end < len(lines) and (not lines[end] or lines[end].startswith("    ")):
                end += 1
            yield _section(lines[place][:-1], [text[4:] for text in lines[place + 1 : end]])
        elif lines[place]:
            while end < len(lines) and lines[end] and not _is_heading(lines[end]):
                end += 1
            yield _paragraph(lines[place:end])
        place = end


def _is_heading(line: str) -> bool:
    return line.endswith(":") and line[:-1] in HEADINGS


def _paragraph(lines: Sequence[str]) -> str:
    """Prose; an example that runs, or lines set in by the writer, as a block."""
    if all(line.startswith("    ") for line in lines):
        return block("text", "\n".join(line[4:] for line in lines))
    shown = next((place for place, line in enumerate(lines) if line.startswith(">>>")), len(lines))
    told, example = prose(" ".join(line.strip() for line in lines[:shown])), "\n".join(lines[shown:])
    return "\n\n".join([*([told] if told else []), *([block("pycon", example)] if example else [])])


def _section(name: str, lines: Sequence[str]) -> str:
    if name not in LISTED:
        return "\n\n".join([f"**{name}**", *(part for part in _parts(list(lines)) if part)])
    items: list[str] = []
    for line in (line for line in lines if line):
        found = None if line.startswith(" ") else ITEM.match(line)
        if found:
            names = ", ".join(f"`{one.strip(' `')}`" for one in found[1].split(","))
            items.append(f"* {names}: {prose(found[2])}")
        elif items:
            items[-1] += f" {prose(line.strip())}"
        else:
            items.append(f"* {prose(line.strip())}")
    return "\n\n".join([f"**{name}**", "\n".join(items)])
