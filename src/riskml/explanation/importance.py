"""Which features move the score, over all rows."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.features.catalog import Catalog


def importance(contributions: NDArray[np.float64], catalog: Catalog) -> pd.DataFrame:
    """Mean absolute Shapley value of each feature, largest first.

    Args:
        contributions: shape (rows, features + 1), in log-odds before calibration; the last column (the expected value)
            is left out.
        catalog: the features in column order.

    Returns:
        feature, text_en, text_zh, mean_abs_contribution.
    """
    mean = np.abs(contributions[:, :-1]).mean(axis=0)
    table = pd.DataFrame(
        {
            "feature": catalog.names,
            "text_en": [feature.text_en for feature in catalog.features],
            "text_zh": [feature.text_zh for feature in catalog.features],
            "mean_abs_contribution": mean,
        }
    )
    return table.sort_values("mean_abs_contribution", ascending=False, kind="stable", ignore_index=True)
