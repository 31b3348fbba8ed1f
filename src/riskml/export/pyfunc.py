"""The script that MLflow runs to open a logged model: a frame of features in, probabilities of the scorer out.

MLflow copies this file beside the artifact ("model from code") instead of pickling an object. It needs only riskml's
scorer; `riskml.export.mlflow` does the logging. Importing it sets MLflow's current model, which is what it is for.
"""

import warnings
from pathlib import Path
from typing import Any

import pandas as pd

from riskml.scorer import InputError, Scorer
from riskml.scorer.scanning.tables import matrix_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # mlflow warns about type hints of its own classes
    from mlflow.exceptions import MlflowException
    from mlflow.models import set_model
    from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
    from mlflow.pyfunc.model import PythonModel


class RefusedInputError(MlflowException, InputError):
    """An InputError that MLflow's server answers with status 400 and this message, without a trace of the code."""

    def __init__(self, error: InputError) -> None:
        super().__init__(str(error), error_code=INVALID_PARAMETER_VALUE)


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
            model_input: one column a feature, by name: numbers as float64 (NaN = missing), categories as text, of which
                one that is not listed counts as missing; other columns are left aside.
            params: not used.

        Returns:
            One column, `probability`, on the index of the input; bit for bit what the scorer gives.

        Raises:
            InputError: for an absent column or an impossible value; it is an MlflowException as well.
        """
        try:
            probability = self._scorer.score_features(matrix_of(self._scorer.header.features, model_input))
        except InputError as error:
            raise RefusedInputError(error) from None
        return pd.DataFrame({"probability": probability}, index=model_input.index)


set_model(RiskModel())
