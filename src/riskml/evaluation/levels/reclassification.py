"""The new grade beside the old: who changes level, how often each level fails, and the net reclassification index."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats, ratio
from riskml.evaluation.enough import too_few
from riskml.evaluation.intervals import bootstrap, percentile_interval
from riskml.evaluation.levels._rates import wilson
from riskml.evaluation.levels._sums import LevelledRows, level_sums, levelled_rows

MATRIX: Final = {
    "level": "str", "new_level": "str", "rows": "int64", "labelled": "int64", "failed": "int64", "rate": "float64",
    "wilson_low": "float64", "wilson_high": "float64", "low": "float64", "high": "float64", "reason": "str",
}  # fmt: skip
RATES: Final = {
    "measure": "str", "grade": "str", "level": "str", "value": "float64", "low": "float64", "high": "float64",
    "wilson_low": "float64", "wilson_high": "float64", "n": "int64", "n_positive": "int64", "reason": "str",
}  # fmt: skip
OLD: Final = "old"
NEW: Final = "new"
DIFFERENCE: Final = "difference"
GRADES: Final = {OLD: (OLD,), NEW: (NEW,), DIFFERENCE: (NEW, OLD)}
"""Grade of a row -> those whose counts are behind it."""
BY_LEVEL: Final = ("fail_rate", "fail_rate_from", "failures_share")
Row = dict[str, Any]


def reclassification_table(translated: pd.DataFrame, levels: Sequence[str], *, draws: int, seed: int) -> pd.DataFrame:
    """Old level by new level: how many rows moved so, and how often those failed that were visited.

    The rates are those of visits that were made, which followed the old level among other things: they say how often
    the visited sites of a cell failed, not how often all of them would have.

    Args:
        translated: rows of `translation.translated_rows`.
        levels: codes, safest first.
        draws: resamples of the sites; the new levels are cut again in each, to the sizes of the old ones.
        seed: of the resamples.

    Returns:
        One row for each pair, empty ones included: level, new_level, rows (sites at the origins), labelled (settled
        visits among them), failed, rate, wilson_low and wilson_high (Wilson 1927, as if visits were independent), low
        and high (bootstrap by site), reason. No rate from fewer than 20 visits.

    Raises:
        DataError: for an unknown level, or no rows.
    """
    cells, k, sites = _counts(translated, levels), len(levels), translated["site_id"].nunique()
    drawn, rates = _drawn(levelled_rows(translated, k), lambda sums: ratio(*_cells(sums)), draws, seed)
    found = []
    for place, (n, labelled, failed) in enumerate(cells.reshape(k * k, 3).tolist()):
        row = {"level": levels[place // k], "new_level": levels[place % k], "rows": n}
        row |= {"labelled": labelled, "failed": failed}
        told = _estimate(rates[place], drawn[:, place], too_few(labelled, "settled visits"), sites)
        bounds = _wilson(labelled, failed) if "value" in told else {}
        found.append(row | bounds | told | {"rate": told.get("value", np.nan)})
    return _table(found, MATRIX)


def translated_rates(translated: pd.DataFrame, levels: Sequence[str], *, draws: int, seed: int) -> pd.DataFrame:
    """How often each level of the old and of the new grade fails, side by side, on the same visits.

    Args:
        translated: rows of `translation.translated_rows`.
        levels: codes, safest first.
        draws: resamples of the sites, the same for both grades; the new levels are cut again in each.
        seed: of the resamples.

    Returns:
        measure, grade ("old", "new", "difference": new less old), level, value, low, high (bootstrap by site),
        wilson_low, wilson_high (of fail_rate), n (settled visits), n_positive (failures; of a difference: those of the
        new grade), reason. Measures (`translation_words.MEASURES`): fail_rate at a level; fail_rate_from, at a level or
        a riskier one; failures_share, of all failures; rates_rise, 1 if no level with 20 visits fails less often than a
        safer one; nri_failed, nri_passed and nri, their sum: the categorical net reclassification index of Pencina et
        al. 2008, shares of failed visits moved up less down, and of passed visits moved down less up.

    Raises:
        DataError: for an unknown level, or no rows.
    """
    cells = _counts(translated, levels)
    rows = levelled_rows(translated, len(levels))
    measures = _Measures(tuple(levels))
    drawn, point = _drawn(rows, measures.values, draws, seed)
    counts = {OLD: cells.sum(axis=1)[:, 1:], NEW: cells.sum(axis=0)[:, 1:]}
    found = list(measures.rows(point, drawn, counts, rows.sites))
    return _table(found, RATES)


@dataclass(frozen=True)
class _Measures:
    """The measures of `translated_rates`, in one order."""

    levels: tuple[str, ...]

    def values(self, sums: Floats) -> Floats:
        """From sums of shape (draws, 2, k, k): fail_rate, fail_rate_from, failures_share by level, then the NRI."""
        parts = []
        for axis in (3, 2):  # the old grade: summed over new levels
            labelled, failed = sums.sum(axis=axis).transpose(1, 0, 2)
            upward = ratio(failed[:, ::-1].cumsum(axis=1), labelled[:, ::-1].cumsum(axis=1))[:, ::-1]
            share = ratio(failed, np.broadcast_to(failed.sum(axis=1, keepdims=True), failed.shape))
            parts.append(np.stack([ratio(failed, labelled), upward, share], axis=1))
        both = np.stack([*parts, parts[1] - parts[0]], axis=1)
        return np.hstack([both.reshape(len(sums), -1), _net_reclassification(sums)])

    def rows(self, point: Floats, drawn: Floats, counts: dict[str, Floats], sites: int) -> Iterator[Row]:
        """One row a measure, grade and level, in the order of `values`; then whether the rates rise."""
        keys = [
            (grade, measure, level) for grade in GRADES for measure in BY_LEVEL for level in range(len(self.levels))
        ]
        for place, (grade, measure, level) in enumerate(keys):
            sides = [counts[one] for one in GRADES[grade]]
            n, failed = _pool(measure, sides[0], level)
            short = next((why for side in sides if (why := _short(measure, side, level))), "")
            row: Row = {"measure": measure, "grade": grade, "level": self.levels[level], "n": n, "n_positive": failed}
            bounds = _wilson(n, failed) if measure == "fail_rate" and grade != DIFFERENCE and not short else {}
            yield row | bounds | _estimate(point[place], drawn[:, place], short, sites)
        n, failed = (int(total) for total in counts[NEW].sum(axis=0))
        few = {"nri_failed": too_few(failed, "failures"), "nri_passed": too_few(n - failed, "passed visits")}
        few["nri"] = few["nri_failed"] or few["nri_passed"]
        for place, (name, short) in enumerate(few.items(), start=len(keys)):
            row = {"measure": name, "grade": DIFFERENCE, "level": "", "n": n, "n_positive": failed}
            yield row | _estimate(point[place], drawn[:, place], short, sites)
        for grade in (OLD, NEW):
            first = keys.index((grade, "fail_rate", 0))
            risen = _rise(counts[grade], point[first : first + len(self.levels)], self.levels)
            yield {"measure": "rates_rise", "grade": grade, "level": "", **risen}


def _net_reclassification(sums: Floats) -> Floats:
    """nri_failed, nri_passed and nri from sums of shape (draws, 2, k, k); shape (draws, 3)."""
    failed, passed = sums[:, 1], sums[:, 0] - sums[:, 1]
    up = np.triu(np.ones(sums.shape[2:]), 1)
    net = up - up.T
    events = ratio((failed * net).sum(axis=(1, 2)), failed.sum(axis=(1, 2)))
    others = 0.0 - ratio((passed * net).sum(axis=(1, 2)), passed.sum(axis=(1, 2)))
    return np.column_stack([events, others, events + others])


def _pool(measure: str, counts: Floats, level: int) -> tuple[int, int]:
    """Settled visits and failures behind a figure."""
    if measure == "failures_share":
        return int(counts[:, 1].sum()), int(counts[level, 1])
    here = counts[level:] if measure == "fail_rate_from" else counts[level : level + 1]
    return int(here[:, 0].sum()), int(here[:, 1].sum())


def _short(measure: str, counts: Floats, level: int) -> str:
    if measure == "failures_share":
        return too_few(counts[:, 1].sum(), "failures")
    return too_few(_pool(measure, counts, level)[0], "settled visits")


def _rise(counts: Floats, rates: Floats, levels: Sequence[str]) -> Row:
    """Whether failure rates do not fall from level to level, among those with enough visits."""
    enough = [place for place in range(len(levels)) if not too_few(counts[place, 0], "settled visits")]
    row: Row = {"n": int(counts[enough, 0].sum()), "n_positive": int(counts[enough, 1].sum())}
    if len(enough) < 2:
        return {**row, "reason": "fewer than two levels have 20 settled visits"}
    left = ", ".join(code for place, code in enumerate(levels) if place not in enough)
    reason = f"levels left out, with fewer than 20 settled visits: {left}" if left else ""
    return {**row, "value": float((np.diff(rates[enough]) >= 0).all()), "reason": reason}


def _wilson(n: int, failed: int) -> Row:
    low, high = wilson(failed / n, n)
    return {"wilson_low": low, "wilson_high": high}


def _estimate(value: float, drawn: Floats, reason: str, sites: int) -> Row:
    if reason or np.isnan(value):
        return {"reason": reason or "there is no settled visit"}
    told = percentile_interval(drawn, sites=sites)
    low, high = (np.nan if end is None else end for end in (told.low, told.high))
    return {"value": float(value), "low": low, "high": high, "reason": told.reason or ""}


def _cells(sums: Floats) -> tuple[Floats, Floats]:
    """Failed and labelled of each pair of levels, shape (draws, k * k)."""
    return sums[:, 1].reshape(len(sums), -1), sums[:, 0].reshape(len(sums), -1)


def _drawn(rows: LevelledRows, function: Callable[[Floats], Floats], draws: int, seed: int) -> tuple[Floats, Floats]:
    """A function of the sums under each resample, shape (draws, m), and on the rows as they are, shape (m,)."""
    point = function(level_sums(rows, np.ones((1, rows.sites), dtype=np.uint16)))[0]
    drawn = bootstrap(lambda drawn: function(level_sums(rows, drawn)), sites=rows.sites, draws=draws, seed=seed)
    return (drawn if draws else np.empty((0, len(point)))), point


def _counts(translated: pd.DataFrame, levels: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Rows, settled visits and failures by old and new level, shape (k, k, 3)."""
    if translated.empty:
        raise DataError("there are no translated rows; the incumbent must grade some of the scored rows")
    k = len(levels)
    if translated[["rank", "new_rank"]].to_numpy().max() >= k:
        raise DataError(f"translated rows hold more levels than the {k} given: {list(levels)}")
    cell = translated["rank"].to_numpy(np.int64) * k + translated["new_rank"].to_numpy(np.int64)
    fail = translated["fail"].astype("boolean")
    masks = (np.ones(len(cell), dtype=bool), fail.notna().to_numpy(), fail.fillna(False).to_numpy(bool))
    return np.stack([np.bincount(cell[mask], minlength=k * k) for mask in masks], axis=1).reshape(k, k, 3)


def _table(found: list[Row], columns: dict[str, str]) -> pd.DataFrame:
    empty = dict.fromkeys(("value", "rate", "low", "high", "wilson_low", "wilson_high"), np.nan)
    return pd.DataFrame([{**empty, "reason": "", **row} for row in found], columns=list(columns)).astype(columns)
