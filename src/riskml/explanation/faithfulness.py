"""Are the explanations true to the model, and do they stay if it is trained again? One row a check."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.evaluation.intervals import bootstrap, percentile_interval
from riskml.explanation.deletion import Deletion
from riskml.explanation.faithfulness_words import CHECKS, NOT_MADE, Words
from riskml.explanation.stability import MEASURES

Floats = NDArray[np.float64]

DRAWS: Final = 500
"""Resamples of the sites, for the intervals of the deletion test."""
OF_REFITS: Final = (*MEASURES, "top_group")
COLUMNS: Final = {
    "check": "str", "value": "float64", "low": "float64", "high": "float64", "limit": "float64", "holds": "boolean",
    "rows": "int64", "refits": "int64", "text_en": "str", "text_zh": "str", "reason_en": "str", "reason_zh": "str",
}  # fmt: skip


def faithfulness(
    scores: Floats,
    contributions: Floats,
    deleted: Deletion | None,
    refits: pd.DataFrame,
    over_time: Floats,
    *,
    seed: int,
    why: Words = NOT_MADE,
) -> pd.DataFrame:
    """Every check of the explanations, with what it found and the limit that it is held against.

    Args:
        scores: log-odds of the model, shape (n,).
        contributions: of the same rows, shape (n, F + 1); the last column is the expected value.
        deleted: the deletion test of the same rows, each another site; None where it was not made.
        refits: table of `stability.stability`; no row where none was made.
        over_time: rank correlation of each origin's importance with that of the exported model, shape (origins,).
        seed: of the resamples of sites.
        why: there is no refit, by language.

    Returns:
        One row for each of `faithfulness_words.CHECKS`: check; value; low and high (of the deletion test the 95 %
        interval over the sites, of refits and origins the worst and the best); limit and holds (missing where there is
        no value); rows, refits (how many it stands on); text_en, text_zh (what was found, in a sentence); reason_en,
        reason_zh (why there is no value).
    """
    found = {"sum": _exact(scores, contributions), **_deleted(deleted, seed), **_refitted(refits)}
    found |= _spread("over_time", pd.Series(over_time))
    counts = {"rows": len(scores), "refits": len(refits)}
    rows = [_row(name, found.get(name), counts, why if name in OF_REFITS else NOT_MADE) for name in CHECKS]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _exact(scores: Floats, contributions: Floats) -> tuple[float, float, float]:
    """The largest gap between a score and the sum of its parts."""
    gap = float(np.abs(contributions.sum(axis=1) - scores).max(initial=0.0))
    return gap, float("nan"), float("nan")


def _deleted(deleted: Deletion | None, seed: int) -> dict[str, tuple[float, float, float]]:
    if deleted is None:
        return {}
    of_rows = {
        "over_random": deleted.area("random"),
        "over_overall": deleted.area("overall"),
        "agreement": deleted.agreement,
    }
    return {name: _mean(values, seed) for name, values in of_rows.items() if not np.isnan(values).all()}


def _mean(values: Floats, seed: int) -> tuple[float, float, float]:
    """The mean of what is not missing, and its percentile interval over resamples of the sites."""
    held = values[~np.isnan(values)]
    drawn = bootstrap(
        lambda times: ((times @ held) / times.sum(axis=1))[:, None], sites=len(held), draws=DRAWS, seed=seed
    )
    ends = percentile_interval(drawn[:, 0], sites=len(held))
    low, high = (float("nan") if end is None else end for end in (ends.low, ends.high))
    return float(held.mean()), low, high


def _refitted(refits: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    names = OF_REFITS if len(refits) else ()
    return {key: found for name in names for key, found in _spread(name, refits[name]).items()}


def _spread(name: str, values: "pd.Series[float]") -> dict[str, tuple[float, float, float]]:
    """The mean of what is not missing, the worst and the best of it."""
    held = values.dropna()
    return {name: (float(held.mean()), float(held.min()), float(held.max()))} if len(held) else {}


def _row(name: str, found: tuple[float, float, float] | None, counts: Mapping[str, int], why: Words) -> dict[str, Any]:
    check = CHECKS[name]
    value, low, high = found or (float("nan"),) * 3
    told = {"check": name, "value": value, "low": low, "high": high, "limit": check.limit, **counts}
    if found is None:
        blank = {"holds": pd.NA, "text_en": check.name["en"], "text_zh": check.name["zh"]}
        return told | blank | {"reason_en": why["en"], "reason_zh": why["zh"]}
    said = {f"text_{lang}": check.said(lang, value, low, high) for lang in ("en", "zh")}
    return told | {"holds": check.holds(value, low), "reason_en": "", "reason_zh": "", **said}
