"""Values and counts as an officer reads them, in English and Chinese."""

import re
from typing import Final, Protocol

MISSING_EN: Final = "not on record"
MISSING_ZH: Final = "无记录"
UNLISTED_EN: Final = "not on record, or none that the model knows"
UNLISTED_ZH: Final = "无记录，或不在模型所知类别之内"
"""Of a category: the scan cannot tell an empty cell from one that was not seen in training."""

_CHOICE: Final = re.compile(r"\{([^{}|]*)\|([^{}|]*)\}")
"""{one|many}: what stands before the bar where the value reads 1, what stands behind it everywhere else."""


class Worded(Protocol):
    """A feature, as declared by the catalog or by an artifact."""

    @property
    def text_en(self) -> str:
        """What it is."""

    @property
    def text_zh(self) -> str:
        """The same in Chinese."""

    @property
    def reason_en(self) -> str:
        """The sentence of a reason, a template of `sentence`."""

    @property
    def reason_zh(self) -> str:
        """The same in Chinese."""

    @property
    def unit(self) -> str:
        """Unit of the value."""


def said(
    feature: Worded, value: float | str | None, *, category: bool = False, names: tuple[str, str] | None = None
) -> tuple[str, str]:
    """What a feature's value says, in English and Chinese; a missing value is told by what the feature is.

    Args:
        feature: its texts.
        value: a number, a category, or None if missing.
        category: the feature is one, so a missing value may also be one that the model does not know.
        names: English and Chinese name of the category, if it has one.
    """
    if value is None:
        en, zh = (UNLISTED_EN, UNLISTED_ZH) if category else (MISSING_EN, MISSING_ZH)
        return f"{feature.text_en}: {en}", f"{feature.text_zh}：{zh}"
    in_en, in_zh = names or (value, value)
    return (
        sentence(feature.reason_en, in_en, feature.unit, MISSING_EN),
        sentence(feature.reason_zh, in_zh, feature.unit, MISSING_ZH),
    )


def sentence(template: str, value: float | str | None, unit: str, missing: str) -> str:
    """The template with its {value} and its {one|many}; nothing else in it has a meaning.

    So it cannot reach into an object, and what a value holds is not read as a template.

    >>> sentence("the share is {value}", 0.1234, "share", "not on record")
    'the share is 12.34%'
    >>> [sentence("{value} {visit|visits}", float(number), "visits", "") for number in range(3)]
    ['0 visits', '1 visit', '2 visits']
    """
    text = missing if value is None else value if isinstance(value, str) else amount(value, unit)
    return _CHOICE.sub(r"\1" if text in ("1", "-1") else r"\2", template).replace("{value}", text)


def amount(value: float, unit: str) -> str:
    """A number in its unit: a share as a percentage, the others as they are.

    >>> amount(0.5, "share"), amount(0.5, "points")
    ('50%', '0.5')
    """
    return f"{shown(100.0 * value)}%" if unit == "share" else shown(value)


def shown(value: float) -> str:
    """A number as an officer reads it: at most two decimals, or two digits if it is small.

    >>> [shown(value) for value in (3.0, 0.30000000000000004, 12345.678, 0.00123, -0.0)]
    ['3', '0.3', '12345.68', '0.0012', '0']
    """
    text = f"{value:.2g}" if 0.0 < abs(value) < 0.01 else f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
