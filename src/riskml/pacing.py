"""How long work still takes: from what its stages took before, or from its first parts; a measured number or none."""

import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from riskml.outputs import write_json

FILE: Final = "seconds.json"
"""In data/derived/<study>/: settings' digest, and seconds of each stage when it was last computed."""

LEFT: Final = {"en": "about {} left", "zh": "约剩 {}"}
AS_LAST_TIME: Final = {"en": ", as last time", "zh": "，按上次用时"}


class Pace:
    """The clock of one run: what its stages took before, what they take now, what is left.

    Args:
        file: where the seconds are kept from run to run; it need not be there.
        digest: of the study's settings: seconds of other settings say nothing about these.
        stages: names of the stages that this run will go through, in order.
        clock: seconds since any moment.
    """

    def __init__(
        self, file: Path, digest: str, stages: Sequence[str], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.file, self.digest, self.clock = file, digest, clock
        self.ahead = list(stages)
        self.known = _read(file, digest)
        self.since = clock()

    def note(self, stage: str, state: str) -> None:
        """A stage began ("running") or ended: computed ("done"), or taken over from an earlier run ("reused").

        A stage's time is that since the one before it ended, so that together they are the time of the run.
        """
        if state == "running":
            return
        now = self.clock()
        if state == "done":
            self.known[stage] = now - self.since
        if stage in self.ahead:
            self.ahead.remove(stage)
        self.since = now

    def left(self) -> float | None:
        """Seconds until the end if every stage ahead takes what it took last time; None where that is not known.

        Not known is a stage that was never timed, and one that already takes longer than last time.
        """
        if not self.ahead or any(stage not in self.known for stage in self.ahead):
            return None
        spent = self.clock() - self.since
        if spent > self.known[self.ahead[0]]:
            return None
        return sum(self.known[stage] for stage in self.ahead) - spent

    def through(self, report: Callable[[str, str], None]) -> Callable[[str, str], None]:
        """A report that is also noted here."""

        def noted(stage: str, state: str) -> None:
            self.note(stage, state)
            report(stage, state)

        return noted

    def keep(self) -> None:
        """Write down the seconds of the stages for the next run; a folder that is not there gets none."""
        if self.file.parent.is_dir():
            write_json({"digest": self.digest, "seconds": self.known}, self.file)


class Parts:
    """The clock of like parts done one after another: trials of a search, grading systems.

    Args:
        parts: how many there are.
        clock: seconds since any moment.
    """

    def __init__(self, parts: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self.parts, self.clock = parts, clock
        self.done = 0
        self.began = self.ended = clock()

    def note(self) -> None:
        """A part ended."""
        self.done += 1
        self.ended = self.clock()

    def left(self) -> float | None:
        """Seconds until the end if every part ahead takes what those before took on average; None before the first."""
        if not self.done or self.done >= self.parts:
            return None
        return (self.ended - self.began) / self.done * (self.parts - self.done)


def left_words(seconds: float | None, lang: str = "en", *, as_last_time: bool = False) -> str:
    """What is said of the time that is left; nothing if it is not known.

    >>> left_words(83.2), left_words(83.2, as_last_time=True), left_words(None)
    ('about 1:24 left', 'about 1:24 left, as last time', '')
    """
    if seconds is None:
        return ""
    minutes, rest = divmod(-int(-seconds // 1), 60)
    return LEFT[lang].format(f"{minutes}:{rest:02}") + AS_LAST_TIME[lang] * as_last_time


def _read(file: Path, digest: str) -> dict[str, float]:
    """The seconds of the last runs; none if there are none, they are damaged or of other settings."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        kept = found["seconds"] if found["digest"] == digest else {}
        return {str(stage): float(seconds) for stage, seconds in kept.items() if math.isfinite(float(seconds))}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
