"""A text broken into lines by the width of its letters, in both languages."""

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import east_asian_width

_THOUSANDTHS: Final = {
    222: "ijl", 191: "'", 260: "|", 278: " !,./:;I[\\]ft·", 333: "()-`r", 355: '"', 389: "*", 469: "^",
    500: "Jcksvxyz", 584: "+<=>~−×", 611: "FTZ", 667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%",
    944: "W", 1000: "—…→“”‘’", 1015: "@",
}  # fmt: skip
"""Widths of the letters of Helvetica (Adobe Font Metrics, 1985), in thousandths of their size; Liberation Sans and
Arial have the same. Quotation marks are as wide as Chinese letters, whose font draws them in a Chinese text."""
_WIDTHS: Final = {letter: size / 1000 for size, letters in _THOUSANDTHS.items() for letter in letters}
_OTHER: Final = 0.556
"""Of all other Latin letters, and of figures."""
_PIECES: Final = re.compile(r"[^\s⺀-鿿　-〿＀-￯]+\s*|.\s*")
"""What a line may break after: a Latin word, a Chinese letter."""
_NEVER_FIRST: Final = "，。、；：！？）】》”’%％"
_NEVER_LAST: Final = "（【《“‘"


def lines(words: str, width: float) -> list[str]:
    """A text broken into lines of a width; no line begins with a closing mark or ends with an opening one.

    Args:
        words: a line feed in them begins a new line.
        width: of a line, as a multiple of the size of the letters; a single word that is wider is not broken.

    >>> lines("one two three", 4.5)
    ['one two', 'three']
    >>> lines("预测期内，不合格。", 4)
    ['预测期', '内，不合', '格。']
    """
    made: list[str] = []
    for paragraph in words.split("\n"):
        held = ""
        for piece in _pieces(paragraph):
            if held and wide(held) + wide(piece.rstrip()) > width:
                made.append(held.rstrip())
                held = ""
            held += piece
        made += [held.rstrip()] if held else []
    return made


def shortened(words: str, width: float) -> str:
    """A text cut in its middle to a width, so that names that begin or end alike stay apart.

    >>> shortened("District office of the northern harbour", 9)
    'District o…n harbour'
    >>> shortened("监管所", 9)
    '监管所'
    """
    if wide(words) <= width:
        return words
    left, right = 0, len(words)
    while right > left + 1 and wide(words[:left]) + 1 + wide(words[right:]) < width:
        if wide(words[:left]) <= wide(words[right:]):
            left += 1
        else:
            right -= 1
    return f"{words[:left].rstrip()}…{words[right:].lstrip()}"


def wide(words: str) -> float:
    """The width of a text, as a multiple of the size of its letters.

    >>> wide("mi"), wide("监管")
    (1.055, 2.0)
    """
    return sum(_width(letter) for letter in words)


def _width(letter: str) -> float:
    return 1.0 if east_asian_width(letter) in "WF" else _WIDTHS.get(letter, _OTHER)


def _pieces(words: str) -> Iterator[str]:
    """The parts that stay together; a closing mark stays with what it closes, an opening one with what it opens."""
    held = ""
    for piece in _PIECES.findall(words):
        if held and piece[0] not in _NEVER_FIRST and held[-1] not in _NEVER_LAST:
            yield held
            held = ""
        held += piece
    if held:
        yield held
