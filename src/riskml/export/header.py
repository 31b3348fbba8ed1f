"""What the artifact says about itself: features, program, calibration, levels and dates, gathered from the run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.evaluation.levels.translation import level_cuts
from riskml.export.codes import known_codes
from riskml.features.catalog import Catalog
from riskml.features.category_names import category_names
from riskml.grades import System


@dataclass(frozen=True)
class Origin:
    """Where an artifact comes from.

    Attributes:
        name: of the study. outcome, horizon_days: what is predicted.
        code_version, data_hash: of the run. label_versions: of the outcomes learned from.
        trained_to: the model knows nothing from this day on. expires_on: first day it should no longer be used.
        context_days: the most days between the context's day and a decision day.
    """

    name: str
    outcome: str
    horizon_days: int
    code_version: str
    data_hash: str
    label_versions: Sequence[str]
    trained_to: str
    expires_on: str
    context_days: int


def make_header(
    origin: Origin,
    catalog: Catalog,
    categories: dict[str, list[str]],
    calibration: dict[str, Any],
    levels: dict[str, Any] | None,
    *,
    actions: Sequence[Mapping[str, Any]] = (),
    recorded_codes: Iterable[str] = (),
) -> dict[str, Any]:
    """The header that `export.artifact.write_artifact` takes.

    Args:
        origin: where the model comes from.
        catalog: its features, in order.
        categories: of each category feature.
        calibration: as plain data.
        levels: of `translated_levels`.
        actions: what a business can do (`scorer.header.Action`), for counter-facts.
        recorded_codes: the event codes of the records that the model learned from.
    """
    program = catalog.program(categories)
    return {
        **origin.__dict__,
        "label_versions": list(origin.label_versions),
        "features": [
            {
                "name": feature.name,
                "kind": "category" if feature.is_category else "number",
                "unit": feature.unit,
                "text_en": feature.text_en,
                "text_zh": feature.text_zh,
                "reason_en": feature.reason_en,
                "reason_zh": feature.reason_zh,
                "monotone": feature.monotone,
                "low": 0.0 if feature.is_never_negative else None,
                "high": None,
                "categories": categories.get(feature.name, []),
                "category_names": category_names(feature.column, categories.get(feature.name, [])),
                "tags": list(feature.tags),
            }
            for feature in catalog.features
        ],
        "program": program,
        "known_codes": known_codes([*program["codes"], *recorded_codes]),
        "actions": [dict(action) for action in actions],
        "calibration": calibration,
        "levels": levels,
    }


def translated_levels(
    system: System, level_of_site: "pd.Series[str]", probability: NDArray[np.float64]
) -> dict[str, Any] | None:
    """The model as a grade with the incumbent's names and level sizes: cut points on the probability.

    Args:
        system: the incumbent.
        level_of_site: its level of each site, missing where it does not apply.
        probability: of the same sites; those that the incumbent grades keep its sizes (`translation.level_cuts`).

    Returns:
        The header's `levels`; None where the incumbent grades nobody, or the model cannot tell its levels apart.
    """
    sizes = level_of_site.value_counts()
    levels = sorted((level for level in system.levels if sizes.get(level.code, 0) > 0), key=lambda level: level.rank)
    if len(levels) < 2:
        return None
    graded = level_of_site.notna().to_numpy()
    cuts = level_cuts([float(sizes[level.code]) for level in levels], probability[graded])
    if cuts is None:
        return None
    return {
        "system": system.name,
        "reconstructed": system.reconstructed,
        "names": [
            {
                "code": level.code,
                "en": level.en,
                "zh": level.zh,
                "response_en": level.response_en,
                "response_zh": level.response_zh,
            }
            for level in levels
        ],
        "cuts": cuts,
    }
