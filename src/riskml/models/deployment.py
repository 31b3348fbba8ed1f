"""The model to be exported: as of the end of the records, with what moves it and its scorecard."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from riskml.cohorts.splits import Fold
from riskml.models.origin import Material, Settings, fit_card, fit_model
from riskml.models.scorecard_table import scorecard_table


def deployed(
    material: Material, fold: Fold, settings: Settings, categories: Mapping[str, Sequence[str]]
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Fit the model of the deployment day, and score the sites of that day.

    Args:
        material: all cohort rows.
        fold: of the deployment day; its test rows are the sites active on it.
        settings: of the models.
        categories: the values of each category feature.

    Returns:
        Tables: today (site_id, as_of, probability), contributions (one column a feature, and `expected`), scorecard.
        Facts, as plain values: text of the trees, calibration, features, rows, positives, trees, first_day, last_day
        (of what was learned or calibrated from), label_versions.
    """
    fitted = fit_model(material, fold, settings)
    values, names = material.values[fold.test], material.catalog.names
    today = material.rows.iloc[fold.test][["site_id", "as_of"]].reset_index(drop=True)
    today["probability"] = fitted.probabilities(values)
    card, learned = fit_card(material, fold, settings), fold.train
    table = scorecard_table(card, material.catalog, categories, material.values[learned], material.fail[learned])
    known = material.rows.iloc[np.concatenate([fold.train, fold.calibrate])]
    facts = {
        "text": fitted.boosted.text,
        "calibration": fitted.calibration.facts(),
        "features": names,
        "rows": fitted.boosted.rows,
        "positives": fitted.boosted.positives,
        "trees": fitted.boosted.trees,
        "first_day": f"{known['as_of'].min():%Y-%m-%d}",
        "last_day": f"{known['as_of'].max():%Y-%m-%d}",
        "label_versions": sorted(known["label_version"].dropna().unique().tolist()),
    }
    contributions = pd.DataFrame(fitted.boosted.contributions(values), columns=[*names, "expected"])
    return {"today": today, "contributions": contributions, "scorecard": table}, facts
