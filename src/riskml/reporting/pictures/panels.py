"""What pictures share: panels below each other, their headings, the languages, and the names of facts."""

import re
from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from riskml.errors import DataError
from riskml.export.wording import Lang, Text, text
from riskml.grades.conventions import code_names
from riskml.reporting._lines import lines
from riskml.reporting.charts import INK, WIDTH, Chart, Stack

FEW: Final = 20
"""A group of fewer settled visits has no share, as everywhere in riskml."""
LANGUAGES: Final = ("en", "zh")
PALE: Final = "#9ec9e6"
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


def stacked(panels: Sequence[Chart], *, spacing: int = 14) -> Stack:
    """Panels of one style below each other, their horizontal axes in line."""
    outer = style_of(panels[0])
    bare = [panel.copy(deep=False) for panel in panels]
    for panel in bare:
        for name in outer:
            setattr(panel, name, alt.Undefined)
    return Stack(vconcat=bare, spacing=spacing, bounds="full", **outer)


def style_of(panel: Chart) -> dict[str, Any]:
    """What belongs to a picture as a whole and not to one panel of it."""
    return {name: getattr(panel, name) for name in ("config", "background", "padding")}


def heading(words: str) -> alt.TitleParams:
    """Words above a panel: what it measures, so that no axis needs a long title at its side."""
    style: dict[str, Any] = {"fontSize": 14, "fontWeight": "normal", "color": INK, "offset": 6}
    return alt.TitleParams(text=lines(words, WIDTH / 14), orient="top", anchor="start", frame="group", **style)
