"""Score sites with an exported artifact. Needs the standard library, and numpy for batches; nothing else of riskml.

`Scorer.load("models/sample").score(site, events, as_of="2025-07-01")` gives probability, level and reasons.
"""

from riskml.scorer.answer import Score
from riskml.scorer.context import Context
from riskml.scorer.counterfacts import CounterFact
from riskml.scorer.errors import ArtifactError, InputError, RiskmlError
from riskml.scorer.peers import Comparison
from riskml.scorer.reasons import Reason
from riskml.scorer.scorer import Scorer

__all__ = [
    "ArtifactError", "Comparison", "Context", "CounterFact", "InputError", "Reason", "RiskmlError", "Score", "Scorer",
]  # fmt: skip
