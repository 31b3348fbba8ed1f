"""The script that MLflow runs to open a logged model: a frame of features in, probabilities of the scorer out.

MLflow copies this file beside the artifact ("model from code") instead of pickling an object. It needs only riskml's
scorer; `riskml.export.mlflow` does the logging. Importing it sets MLflow's current model, which is what it is for.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.scorer import InputError, Scorer
from riskml.scorer.header import Feature

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # mlflow warns about type hints of its own classes
    from mlflow.models import set_model
    from mlflow.pyfunc.model import PythonModel


class RiskModel(PythonModel):
    """The artifact's scorer behind MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Open the artifact, checksums and self-test included; an expired one warns."""
        self._scorer = Scorer.load(Path(context.artifacts["manifest.json"]).parent)

    def predict(
        self,
        context: Any,  # noqa: ARG002 - MLflow passes it by this name
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Probabilities of the outcome.

        Args:
            context: not used.
            model_input: one column a feature, by name: numbers as float64 (NaN = missing), categories as text.
            params: not used.

        Returns:
            One column, `probability`, on the index of the input; bit for bit what the scorer gives.

        Raises:
            InputError: for an absent column or an impossible value.
        """
        matrix = feature_matrix(self._scorer.header.features, model_input)
        return pd.DataFrame({"probability": self._scorer.score_features(matrix)}, index=model_input.index)


def feature_matrix(features: Sequence[Feature], frame: pd.DataFrame) -> NDArray[np.float64]:
    """The columns of the features in their order, shape (n, F); other columns are left aside.

    A category becomes its place in the artifact's list, and one that is not listed becomes missing, as in training.

    Raises:
        InputError: if a column is absent or a number column holds something else.
    """
    absent = [feature.name for feature in features if feature.name not in frame.columns]
    if absent:
        raise InputError(f"the input lacks the feature columns {absent}; make it with riskml.features.build_features")
    matrix = np.empty((len(frame), len(features)), dtype=np.float64)
    for place, feature in enumerate(features):
        matrix[:, place] = _places(feature, frame) if feature.kind == "category" else _numbers(feature, frame)
    return matrix


def _places(feature: Feature, frame: pd.DataFrame) -> list[float]:
    place = {text: float(number) for number, text in enumerate(feature.categories)}
    return [place.get(text, np.nan) for text in frame[feature.name]]


def _numbers(feature: Feature, frame: pd.DataFrame) -> NDArray[np.float64]:
    column = frame[feature.name]
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"feature {feature.name!r} must be a column of numbers (NaN = missing), got {column.dtype}: {error}"
        ) from error


set_model(RiskModel())
