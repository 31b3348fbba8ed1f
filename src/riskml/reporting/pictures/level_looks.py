"""How levels look: colour and form by rank, or the colour that a level is named after."""

from collections.abc import Sequence
from typing import Final

NAMED: Final = {
    "green": "#009E73",
    "blue": "#56B4E9",
    "yellow": "#F0E442",
    "orange": "#E69F00",
    "red": "#D55E00",
    "black": "#000000",
}
"""Colours that the colour-blind tell apart, for levels that are called by a colour."""
RANKED: Final = ("#c6dbef", "#56B4E9", "#0072B2", "#E69F00", "#D55E00", "#7a2a00", "#000000")
"""Safest first."""
SHAPES: Final = ("circle", "triangle-up", "square", "diamond", "cross", "triangle-down", "stroke")


def level_colours(codes: Sequence[str]) -> list[str]:
    """A colour for each level, safest first; a level called green is green, so that no legend contradicts its name.

    >>> level_colours(["green", "red"]), level_colours(["A", "B"])
    (['#009E73', '#D55E00'], ['#c6dbef', '#56B4E9'])
    """
    if set(codes) <= set(NAMED):
        return [NAMED[code] for code in codes]
    return [RANKED[place % len(RANKED)] for place in range(len(codes))]


def level_shapes(codes: Sequence[str]) -> list[str]:
    """A form for each level, so that colour is not needed.

    >>> level_shapes(["A", "B"])
    ['circle', 'triangle-up']
    """
    return [SHAPES[place % len(SHAPES)] for place in range(len(codes))]
