"""One thing that was looked at: whether it is in order, what was found, and what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Text = Mapping[str, str]
Status = Literal["ok", "missing", "bad"]

NOTHING: Final[Text] = {"en": "", "zh": ""}
STATUS: Final[Mapping[Status, Text]] = {
    "ok": {"en": "ok", "zh": "正常"},
    "missing": {"en": "missing", "zh": "缺少"},
    "bad": {"en": "bad", "zh": "有问题"},
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        key: its name for machines.
        title: its name for people.
        status: "ok", "missing" (it is not there), "bad" (it is there, and cannot be used as it is).
        found: what was found.
        advice: what to do; nothing if it is in order.
        needed: `riskml run` does not work without it.
    """

    key: str
    title: Text
    status: Status
    found: Text
    advice: Text = field(default_factory=lambda: NOTHING)
    needed: bool = False

    @property
    def stops(self) -> bool:
        """Whether `riskml run` will not work for it."""
        return self.needed and self.status != "ok"

    def as_dict(self, lang: str) -> dict[str, Any]:
        """As plain data, its words in one language."""
        texts = {name: getattr(self, name)[lang] for name in ("title", "found", "advice")}
        return {"key": self.key, "status": self.status, "needed": self.needed, **texts}


def both(same: str) -> Text:
    """A text that is the same in both languages: versions, paths, names."""
    return {"en": same, "zh": same}


def said(en: str, zh: str) -> Text:
    """A text in both languages."""
    return {"en": en, "zh": zh}


def stopping(findings: Iterable[Finding]) -> list[str]:
    """Keys of what keeps `riskml run` from working."""
    return [one.key for one in findings if one.stops]
