"""What the stages of one run left, in one bundle of bundles."""

from dataclasses import dataclass

from riskml.cohorts import Fold
from riskml.records.store import Records
from riskml.stages import Bundle


@dataclass(frozen=True)
class Line:
    """What the stages of one run left, with the key of the whole."""

    records: Records
    data_hash: str
    cohort: Bundle
    features: Bundle
    graded: Bundle
    scores: Bundle
    compared: Bundle
    model: Bundle
    explained: Bundle
    key: str
    folds: list[Fold]
