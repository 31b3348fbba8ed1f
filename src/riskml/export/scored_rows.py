"""Rows of features become rows of scores: the same ones for records read at once, in parts, or inside Spark."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.export.reason_columns import Explained
from riskml.records.days import day_number, from_days
from riskml.scorer import Scorer
from riskml.scorer.opening.artifact import Artifact
from riskml.scorer.scanning.tables import levels_of, matrix_of


@dataclass(frozen=True, eq=False)
class Answers:
    """An artifact made ready for one decision day.

    Attributes:
        scorer: of the artifact.
        as_of: the decision day.
        explained: writes the reasons; None for none.
    """

    scorer: Scorer
    as_of: str
    explained: Explained | None

    @classmethod
    def of(cls, artifact: Artifact, as_of: str, *, reasons: int, lang: str) -> "Answers":
        """Of a checked artifact.

        Raises:
            StudyError: for a negative number of reasons, or another language than en and zh.
        """
        return cls(Scorer(artifact), as_of, Explained.of(artifact, reasons, lang) if reasons else None)

    def matrix(self, table: Any) -> NDArray[np.float64]:
        """The features of a table with a column each, categories as text, in the artifact's order."""
        return matrix_of(self.scorer.header.features, table)

    def rows(self, site_ids: "pd.Series[str]", matrix: NDArray[np.float64]) -> pd.DataFrame:
        """The scores of some sites, in their order.

        Args:
            site_ids: shape (n,).
            matrix: their features in the artifact's order, shape (n, F), a category as its place in its list.

        Returns:
            site_id, as_of, probability, level, the reasons asked for, and artifact (its digest).
        """
        probability = self.scorer.score_features(matrix)
        levels = self.scorer.header.levels
        day = from_days(np.full(len(matrix), day_number(self.as_of), dtype=np.int64))
        found = pd.DataFrame({"site_id": site_ids.reset_index(drop=True), "as_of": day, "probability": probability})
        codes = levels_of(levels, probability) if levels else [None] * len(probability)
        found["level"] = pd.Series(codes, index=found.index, dtype="str")
        if self.explained:
            found = found.assign(**self.explained.columns(matrix))
        return found.assign(artifact=pd.Series(self.scorer.digest, index=found.index, dtype="str"))


def riskiest_first(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Scored rows as one table, ties by site_id."""
    whole = pd.concat(parts, ignore_index=True)
    return whole.sort_values(["probability", "site_id"], ascending=[False, True], ignore_index=True)
