"""What a visit finds: from the log-odds of failing to result, action and failed items."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from riskml.simulation.settings import Flags, Floats, Ints, Settings, Texts, expit


@dataclass(frozen=True)
class Kind:
    """One way a visit can end.

    Attributes:
        result, action: what the inspector wrote.
        key: whether key items failed.
        general: mean number of other failed items; 0 means none.
        case: "" none, "soon" within 15 days, "sample" once the laboratory has reported.
    """

    result: str
    action: str
    key: bool
    general: float
    case: str = ""


KINDS: Final = {
    "clean": Kind("pass", "none", False, 0.0),
    "minor_spot": Kind("conditional", "spot", False, 2.0),
    "minor_pass": Kind("pass", "spot", False, 1.2),
    "minor_note": Kind("conditional", "none", False, 1.5),
    "plain_fail": Kind("fail", "rectify_order", True, 3.0),
    "plain_order": Kind("conditional", "rectify_order", False, 4.0),
    "plain_talk": Kind("fail", "interview", True, 2.5),
    "severe_fail": Kind("fail", "rectify_order", True, 4.0, "soon"),
    "severe_later": Kind("conditional", "spot", False, 2.0, "soon"),
    "severe_sample": Kind("pass", "sample", False, 0.0, "sample"),
    "severe_stop": Kind("fail", "stop", True, 5.0, "soon"),
    "severe_seizure": Kind("fail", "seizure", True, 3.0, "soon"),
}
NAMES: Final = tuple(KINDS)
FAILED: Final = tuple(name for name in NAMES if name.startswith(("plain", "severe")))


@dataclass(frozen=True)
class Findings:
    """Findings of n visits: kind (index into `NAMES`), result, action, failed items, score (0 to 100, 100 best)."""

    kind: Ints
    result: Texts
    action: Texts
    key_fail: Ints
    general_fail: Ints
    score: Floats

    def only(self, rows: Flags) -> "Findings":
        """The visits marked."""
        return Findings(**{name: values[rows] for name, values in self.__dict__.items()})

    def of(self, *names: str) -> Flags:
        """Whether each visit ended in one of the kinds named."""
        return np.isin(self.kind, [NAMES.index(name) for name in names])

    def with_case(self, case: str) -> Flags:
        """Whether a case follows each visit, "soon" or after a "sample"."""
        return self.of(*(name for name in NAMES if KINDS[name].case == case))


def inspect(rng: np.random.Generator, settings: Settings, *, log_odds: Floats, uniform: Floats) -> Findings:
    """Draw what n visits find.

    Args:
        rng: generator for everything but the outcome itself.
        settings: of the bureau.
        log_odds: of failing, with the inspector's strictness.
        uniform: the number in [0, 1) that decides: failed when below the probability.
    """
    kind = _kinds(rng, settings, log_odds, uniform)
    key = np.array([KINDS[name].key for name in NAMES])[kind]
    mean = np.array([KINDS[name].general for name in NAMES])[kind]
    key_fail = key * (1 + rng.poisson(0.5, len(kind)))
    general = np.where(mean > 0, 1 + rng.poisson(np.maximum(mean - 1.0, 0.0)), 0)
    general = np.where(key, general - 1, np.minimum(general, 8))
    blemishes = rng.binomial(3, expit(log_odds + settings["risk"]["broad_shift"])) + rng.integers(0, 4, len(kind))
    score = np.clip(100.0 - 10.0 * key_fail - 2.0 * general - blemishes, 0.0, 100.0)
    result = np.array([KINDS[name].result for name in NAMES])[kind]
    action = np.array([KINDS[name].action for name in NAMES])[kind]
    return Findings(kind, result, action, key_fail, general, score)


def _kinds(rng: np.random.Generator, settings: Settings, log_odds: Floats, uniform: Floats) -> Ints:
    rules, shift, n = settings["findings"], settings["risk"]["broad_shift"], len(log_odds)
    failed = uniform < expit(log_odds)
    minor = uniform < expit(log_odds + shift)
    usual = rules["severe_share"] + rules["severe_slope"] * (log_odds + 2.0)
    severe = rng.random(n) < np.clip(usual, 0.1, 0.8)
    which = rng.random(n)
    ways = {
        "severe": [rules["severe_sample"], rules["severe_later"], rules["severe_stop"], rules["severe_seizure"]],
        "plain": [rules["plain_fail"], rules["plain_order"]],
        "minor": [rules["minor_spot"], rules["minor_pass"]],
    }
    names = {
        "severe": ("severe_sample", "severe_later", "severe_stop", "severe_seizure", "severe_fail"),
        "plain": ("plain_fail", "plain_order", "plain_talk"),
        "minor": ("minor_spot", "minor_pass", "minor_note"),
    }
    picked = {
        group: np.array([NAMES.index(name) for name in names[group]])[np.searchsorted(np.cumsum(shares), which)]
        for group, shares in ways.items()
    }
    return np.select(
        [failed & severe, failed, minor], [picked["severe"], picked["plain"], picked["minor"]], NAMES.index("clean")
    ).astype(np.int64)
