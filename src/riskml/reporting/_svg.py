"""An SVG made small: what draws nothing, repeats a default, or only a machine would read, taken out of it."""

import re
from collections.abc import Iterator
from html import escape
from typing import Final

from riskml.export.wording import Lang

_TAG: Final = re.compile(r'<(/?)([\w:]+)((?:\s+[\w:-]+="[^"]*")*)\s*(/?)>')
_ATTRIBUTE: Final = re.compile(r'([\w:-]+)="([^"]*)"')
_NUMBER: Final = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-?\d+e-?\d+")
_RGB: Final = re.compile(r"^rgb\((\d+), ?(\d+), ?(\d+)\)$")
_ROUND: Final = re.compile(r"^M([\d.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0$")
"""A circle as the converter writes it: two arcs."""
MEANT_FOR_MACHINES: Final = frozenset(
    {"role", "aria-label", "aria-roledescription", "aria-hidden", "class", "pointer-events", "xmlns:xlink", "version"}
)
"""Attributes that nothing on paper or screen depends on: the whole picture is one image with words of its own."""
DEFAULTS: Final = frozenset(
    {
        ("opacity", "1"), ("fill-opacity", "1"), ("stroke-width", "1"), ("text-anchor", "start"),
        ("font-weight", "normal"), ("transform", "translate(0,0)"),
    }
)  # fmt: skip
PLACES: Final = frozenset({"transform", "d", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r"})
"""Attributes whose numbers are pixels."""
_OF_A_STROKE: Final = frozenset({"stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin"})
DECIMALS: Final = 2
"""A hundredth of a pixel is not seen."""
LANGUAGES: Final = {"en": "en", "zh": "zh-CN"}
_EMPTY: Final = re.compile(r"<g(?:\s[^<>]*)?></g>")
_FONT: Final = re.compile(r'(<text[^<>]*?) font-family="([^"]*)"')


def small(svg: str) -> str:
    """The same picture in fewer characters: numbers to a hundredth of a pixel, no default, nothing that is not drawn.

    >>> small('<svg class="a"><g role="x"><path fill="red" d="M1,0A1,1,0,1,1,-1,0A1,1,0,1,1,1,0"/></g></svg>')
    '<svg><circle r="1" fill="red"/></svg>'
    """
    pieces = "".join(_kept(svg))
    while (fewer := _EMPTY.sub("", pieces)) != pieces:
        pieces = fewer
    return _one_font(pieces)


def labelled(svg: str, words: str, lang: Lang | None = None) -> str:
    """The picture with the words that a screen reader says in its place.

    >>> labelled("<svg></svg>", "Who & what", "zh")
    '<svg role="img" lang="zh-CN" aria-label="Who &amp; what"></svg>'
    """
    spoken = f' lang="{LANGUAGES[lang]}"' if lang else ""
    said = f' aria-label="{escape(words)}"' if words else ""
    return svg.replace("<svg", f'<svg role="img"{spoken}{said}', 1)


def _kept(svg: str) -> Iterator[str]:
    """The pieces of a document, tag by tag; a group that says nothing goes, with its end."""
    at, bare, clips = 0, list[bool](), False
    for tag in _TAG.finditer(svg):
        yield svg[at : tag.start()]
        at = tag.end()
        closing, name, attributes, alone = tag.groups()
        clips = (clips or name == "clipPath") and not (closing and name == "clipPath")
        if closing:
            yield "" if name == "g" and bare.pop() else f"</{name}>"
            continue
        told = _attributes(attributes)
        if alone and not clips and _unseen(name, told):
            continue
        if name == "g" and not alone:
            bare.append(not told)
        yield "" if name == "g" and not told else _tag(name, told, alone)
    yield svg[at:]


def _tag(name: str, told: dict[str, str], alone: str) -> str:
    """A tag as it is written; a circle is one instead of two arcs."""
    arcs = _ROUND.match(told.get("d", "")) if name == "path" else None
    if arcs:
        name, told = "circle", {"r": arcs[1], **{key: told[key] for key in told if key != "d"}}
    written = "".join(f' {key}="{value}"' for key, value in told.items())
    return f"<{name}{written}{alone}>"


def _attributes(text: str) -> dict[str, str]:
    found = {}
    for key, value in _ATTRIBUTE.findall(text):
        short = _NUMBER.sub(_rounded, value) if key in PLACES else value
        if key not in MEANT_FOR_MACHINES and (key, short) not in DEFAULTS:
            colour = _RGB.match(short)
            found[key] = "#" + "".join(f"{int(part):02x}" for part in colour.groups()) if colour else short
    return found if "stroke" in found else {key: found[key] for key in found if key not in _OF_A_STROKE}


def _rounded(number: "re.Match[str]") -> str:
    return f"{round(float(number[0]), DECIMALS) + 0.0:g}"


def _unseen(name: str, told: dict[str, str]) -> bool:
    """Whether a shape has no ink: the converter puts one, without colour, behind and before every group."""
    if name == "g":
        return False
    if told.get("opacity") == "0" or told.get("display") == "none":
        return True
    colourless = told.get("fill", "none") == "none" and told.get("stroke", "none") == "none"
    return name == "path" and (colourless or not told.get("d"))


def _one_font(svg: str) -> str:
    """The fonts named once, for all words, where all have the same."""
    fonts = {found[2] for found in _FONT.finditer(svg)}
    return _FONT.sub(r"\1", svg).replace("<svg", f'<svg font-family="{fonts.pop()}"', 1) if len(fonts) == 1 else svg
