"""The answer for one site: probability, level and reasons."""

from typing import TYPE_CHECKING

from riskml.scorer.frozen import frozen

if TYPE_CHECKING:
    from riskml.scorer.explaining.peers import Comparison
    from riskml.scorer.explaining.reasons import Reason


@frozen
class Score:
    """The answer for one site on one day.

    Attributes:
        probability: that the first eligible visit within the horizon has the outcome, should it take place; 0 to 1.
        raw: log-odds before calibration.
        level, level_en, level_zh: code and names of the level, None if the artifact has none.
        reasons_up, reasons_down: what raised and what lowered the score, strongest first.
        peers: how the probability compares with that of similar sites; None if the artifact does not know, or no
            reasons were asked.
    """

    probability: float
    raw: float
    level: str | None
    level_en: str | None
    level_zh: str | None
    reasons_up: "tuple[Reason, ...]"
    reasons_down: "tuple[Reason, ...]"
    peers: "Comparison | None" = None
