"""What pictures share: panels below each other, words below a picture, the languages, and the names of facts."""

import re
import textwrap
from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from riskml.errors import DataError
from riskml.export.wording import Lang, Text, text
from riskml.grades.conventions import code_names
from riskml.reporting.charts import INK, Chart

AnyChart = alt.LayerChart | alt.VConcatChart | alt.FacetChart
"""What a picture may be; all of them are drawn by `charts.to_svg` and by a notebook."""

FEW: Final = 20
"""A group of fewer settled visits has no share, as everywhere in riskml."""
LANGUAGES: Final = ("en", "zh")
NOTE: Final = "#5c636b"
PALE: Final = "#9ec9e6"
_SIZES: Final = {"en": 80, "zh": 38}
"""Characters in a line of a caption: about 460 pixels at its size."""
_NAMES: Final = {
    "VISIT": text("visit", "监督检查"),
    "VISIT_FOLLOWUP": text("follow-up or licensing visit", "整改复查、许可核查"),
    "VISIT_OTHER": text("other visit", "其他检查"),
    "VISIT_NOT_FOUND": text("visit, nobody found", "检查时未找到主体"),
    "VISIT_FAIL_SEVERE": text("severely failed visit", "监督检查严重不符合"),
    "CASE_OPENED": text("case opened", "立案"),
    "PEN_OTHER": text("other penalty", "其他处罚"),
    "SAMP_SOLD": text("failed sample of goods sold", "所售产品抽检不合格"),
    "VIOL_CRITICAL": text("critical violation", "特别严重违规"),
    "VIOL_SERIOUS": text("serious violation", "严重违规"),
    "VIOL_MINOR": text("minor violation", "轻微违规"),
    "VIOL_OTHER": text("other violation", "其他违规"),
}
"""Names of the codes that the grading systems have no name for."""


def known_language(lang: Lang) -> Lang:
    """The language, if it is one.

    Raises:
        DataError: for any other.

    >>> known_language("zh")
    'zh'
    """
    if lang not in LANGUAGES:
        raise DataError(f"language {lang!r} is unknown; allowed are {list(LANGUAGES)}")
    return lang


def fact_name(code: str) -> Text:
    """What an event code is called, in few words; a code that riskml does not know names itself.

    >>> fact_name("HEALTH_CERT_EXPIRED")
    {'en': 'health certificates expired', 'zh': '健康证明过期'}
    >>> fact_name("MY_CODE")["zh"]
    'MY_CODE'
    """
    if code in _NAMES:
        return _NAMES[code]
    english, chinese = code_names().get(code, (code, code))
    return text(re.sub(r" *\(.*?\)", "", english), re.sub(r"[(（](.*?)[)）]", r"\1", chinese))


def caption(lines: Sequence[str], lang: Lang) -> alt.TitleParams:
    """Small words below a picture, wrapped to its width; empty ones are left out.

    >>> caption(["a", ""], "en").text
    ['a']
    """
    cut = [part for line in lines if line for part in _wrapped(line, lang)]
    style: dict[str, Any] = {"fontSize": 12, "fontWeight": "normal", "color": NOTE, "lineHeight": 16, "offset": 10}
    return alt.TitleParams(text=cut, orient="bottom", anchor="start", frame="bounds", **style)


def _wrapped(line: str, lang: Lang) -> list[str]:
    """One line cut into several: at blanks, or in Chinese after so many characters, two narrow ones counting as one."""
    if lang == "en":
        return textwrap.wrap(line, _SIZES["en"])
    rows, width = [""], 0.0
    for part in re.findall(r"[ -~]+[，。；：、）]*|.[，。；：、）]*", line):
        size = sum(0.55 if character < "\u2e80" else 1.0 for character in part)
        if width + size > _SIZES["zh"]:
            rows, width = [*rows, ""], 0.0
        rows[-1] += part
        width += size
    return rows


def stacked(panels: Sequence[Chart], lines: Sequence[str], lang: Lang, *, spacing: int = 14) -> alt.VConcatChart:
    """Panels of one style below each other, their horizontal axes in line, with words below all of them."""
    outer = style_of(panels[0])
    bare = [panel.copy(deep=False) for panel in panels]
    for panel in bare:
        for name in outer:
            setattr(panel, name, alt.Undefined)
    chart = alt.VConcatChart(vconcat=bare, spacing=spacing, bounds="full", **outer)
    return chart.properties(title=caption(lines, lang))


def style_of(panel: Chart) -> dict[str, Any]:
    """What belongs to a picture as a whole and not to one panel of it."""
    return {name: getattr(panel, name) for name in ("config", "background", "padding")}


def heading(words: str) -> alt.TitleParams:
    """Words above a panel: what it measures, so that no axis needs a long title at its side."""
    style: dict[str, Any] = {"fontSize": 14, "fontWeight": "normal", "color": INK, "offset": 6}
    return alt.TitleParams(text=words, orient="top", anchor="start", frame="group", **style)
