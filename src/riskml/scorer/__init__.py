"""Score sites with an exported artifact. Needs the standard library, and numpy for batches; nothing else of riskml.

`Scorer.load("models/sample").score(site, events, as_of="2025-07-01")` gives probability, level and reasons.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from riskml.scorer.answer import Score
from riskml.scorer.errors import ArtifactError, InputError, RiskmlError
from riskml.scorer.scanning.context import Context
from riskml.scorer.scorer import Scorer

if TYPE_CHECKING:
    from riskml.scorer.explaining.counterfacts import CounterFact
    from riskml.scorer.explaining.peers import Comparison
    from riskml.scorer.explaining.reasons import Reason

__all__ = [
    "ArtifactError", "Comparison", "Context", "CounterFact", "InputError", "Reason", "RiskmlError", "Score", "Scorer",
]  # fmt: skip

_WHEN_EXPLAINING: Final = {"Comparison": "peers", "CounterFact": "counterfacts", "Reason": "reasons"}
"""Loaded when they are asked for: whoever only scores is spared them."""


def __getattr__(name: str) -> Any:
    if name not in _WHEN_EXPLAINING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"riskml.scorer.explaining.{_WHEN_EXPLAINING[name]}"), name)
