"""The strongest reasons of many scores as columns of text, in the words that the scorer gives one site."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import StudyError
from riskml.scorer.explaining.reasons import reasons
from riskml.scorer.explaining.topics import topics
from riskml.scorer.header import Feature
from riskml.scorer.opening.artifact import Artifact

if TYPE_CHECKING:
    from riskml.scorer.explaining.shapley import BatchContributions

LANGUAGES: Final = ("en", "zh")


@dataclass(frozen=True, eq=False)
class Explained:
    """What explains the scores of an artifact.

    Attributes:
        features: of the artifact.
        topics: for each feature its topic (`scorer.explaining.topics`).
        contributions: Shapley values of many rows.
        top: the most reasons of a site.
        lang: of their texts.
    """

    features: Sequence[Feature]
    topics: Sequence[int]
    contributions: "BatchContributions"
    top: int
    lang: str

    @classmethod
    def of(cls, artifact: Artifact, top: int, lang: str) -> "Explained":
        """Of a checked artifact.

        Raises:
            StudyError: for fewer than one reason, or another language.
        """
        if top < 1:
            raise StudyError(f"the number of reasons must be 0 or more, got {top}")
        if lang not in LANGUAGES:
            raise StudyError(f"reasons are written in one of {list(LANGUAGES)}, got {lang!r}")
        from riskml.scorer.explaining.shapley import BatchContributions  # noqa: PLC0415 - scores without reasons need none

        header = artifact.header
        return cls(header.features, topics(header.program), BatchContributions(artifact.trees), top, lang)

    def columns(self, matrix: NDArray[np.float64]) -> "dict[str, pd.Series[str]]":
        """reason_1, reason_2, ...: what raises the score of each row most; missing where there are fewer.

        A calibration map stretches all contributions of a row alike (`Calibration.stretch`), so they need no stretching
        to be put in order.

        Args:
            matrix: shape (n, F), in the artifact's order.
        """
        none = [()] * len(self.features)
        texts: list[list[str | None]] = []
        for row, moved in zip(matrix.tolist(), self.contributions.values(matrix).tolist(), strict=True):
            up, _ = reasons(self.features, row, moved, none, top=self.top, topics=self.topics)
            said: list[str | None] = [one.text_zh if self.lang == "zh" else one.text_en for one in up]
            texts.append(said + [None] * (self.top - len(said)))
        return {
            f"reason_{place + 1}": pd.Series([row[place] for row in texts], dtype="str") for place in range(self.top)
        }
