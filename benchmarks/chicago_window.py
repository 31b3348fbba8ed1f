"""The published test rows of Chicago's benchmark: the field's own figures, and ours beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.evaluation import auc
from riskml.evaluation.inspectors.within import within_inspector_auc
from riskml.evaluation.intervals import bootstrap, percentile_interval
from riskml.evaluation.schedule.days import Ties, by_chance, days_earlier, first_half

Floats = NDArray[np.float64]
MEASURES = ("days earlier", "net of random", "first half", "AUC", "AUC within inspector")
DRAWS, SEED = 1000, 20261121


@dataclass(frozen=True, eq=False)
class Published:
    """What `published` found.

    Attributes:
        rows: the published test rows: fail, day (day number), inspector, site, and a column a policy.
        groups: heading -> its policies, in the order of the table.
        values: policy -> measure -> (value, low, high).
        unscored: rows of sites that were not in the register on the planning day; they got the mean score.
    """

    rows: pd.DataFrame
    groups: dict[str, list[str]]
    values: dict[str, dict[str, tuple[float, float | None, float | None]]]
    unscored: int


def published(scored: pd.DataFrame, folder: Path) -> Published:
    """Score the published test rows.

    Args:
        scored: scored rows of the planning day on which the window begins.
        folder: of the real data.
    """
    table = pd.read_parquet(folder / "chicago" / "chicago_eval.parquet")
    table = table[table["in_published_18712"].fillna(False).to_numpy(bool)]
    train, test = table[~table["Test"]], table[table["Test"]].reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "fail": test["criticalFound"].to_numpy(bool),
            "day": pd.to_datetime(test["Inspection_Date"]).to_numpy("datetime64[D]").astype(np.int64),
            "inspector": test["sanitarian"],
            "site": test["License"].astype(str),
        }
    )
    field = _field(train, test)
    ours, unscored = _ours(scored, rows, field["inspector cluster only"])
    for name, score in {**field, **ours}.items():
        rows[name] = score
    groups = {"the published table's columns": list(field), "ours, frozen on the planning day": list(ours)}
    policies = [*field, *ours]
    return Published(rows, groups, {name: _measured(rows, name) for name in policies}, unscored)


def _field(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, Floats]:
    """Policies made of columns of the published table, as of the day of the visit."""
    rates = train.groupby("sanitarian")["criticalFound"].mean()
    return {
        "city's saved xgboost score (reads the inspector)": test["city_xgb_score"].to_numpy(np.float64),
        "inspector cluster only": test["sanitarian"].map(rates).to_numpy(np.float64),
        "previous critical count": test["pastCritical"].to_numpy(np.float64),
        "random order": np.zeros(len(test)),
        "perfect order": test["criticalFound"].to_numpy(np.float64),
    }


def _ours(scored: pd.DataFrame, rows: pd.DataFrame, inspector: Floats) -> tuple[dict[str, Floats], int]:
    """Policies of the study, one score a site; the diagnostic with the inspector adds his rate in log-odds."""
    by_site = scored.set_index("site_id")
    names = {
        "model, no inspector": "score_model",
        "logistic regression, no inspector": "score_logistic",
        "severity points of the last visit": "score_last_outcome",
        "last critical count": "score_last_critical_count",
        "past fail rate": "score_past_fail_rate",
    }
    found = {told: rows["site"].map(by_site[column]) for told, column in names.items()}
    unscored = int(found["model, no inspector"].isna().sum())
    made = {told: column.fillna(column.mean()).to_numpy(np.float64) for told, column in found.items()}
    made["model with the inspector's rate (diagnostic)"] = _log_odds(made["model, no inspector"]) + _log_odds(inspector)
    return made, unscored


def _log_odds(rate: Floats) -> Floats:
    return np.log(rate) - np.log1p(-rate)


def _measured(rows: pd.DataFrame, name: str) -> dict[str, tuple[float, float | None, float | None]]:
    """Each measure with its interval by resampling the sites."""
    site, sites = pd.factorize(rows["site"])
    ways = _measures(rows, name)
    everything = np.arange(len(rows))

    def drawn(multiplicity: "NDArray[np.uint16]") -> Floats:
        chosen = [np.repeat(everything, times[site]) for times in multiplicity]
        return np.array([[way(part) for way in ways.values()] for part in chosen])

    draws = bootstrap(drawn, sites=len(sites), draws=DRAWS, seed=SEED)
    intervals = [percentile_interval(column, sites=len(sites)) for column in draws.T]
    return {
        measure: (way(everything), interval.low, interval.high)
        for (measure, way), interval in zip(ways.items(), intervals, strict=True)
    }


def _measures(rows: pd.DataFrame, name: str) -> dict[str, "Callable[[NDArray[np.int64]], float]"]:
    """Measures of some rows, given by their places."""
    fail, day, score = rows["fail"].to_numpy(bool), rows["day"].to_numpy(np.float64), rows[name].to_numpy(np.float64)
    inspector = rows["inspector"]
    ties: Ties = "stable" if np.ptp(score) else "expected"  # a constant score has no order that it could keep

    def net(part: NDArray[np.int64]) -> float:
        chance = by_chance(fail[part], day[part])
        return _value(days_earlier(fail[part], score[part], day[part])) - (chance.mean if chance else np.nan)

    return {
        MEASURES[0]: lambda part: _value(days_earlier(fail[part], score[part], day[part], ties=ties)),
        MEASURES[1]: net,
        MEASURES[2]: lambda part: _value(first_half(fail[part], score[part], day[part], ties=ties)),
        MEASURES[3]: lambda part: _value(auc(fail[part], score[part])),
        MEASURES[4]: lambda part: _value(within_inspector_auc(fail[part], score[part], inspector.iloc[part])),
    }


def _value(found: float | None) -> float:
    return np.nan if found is None else found


def table_of(look: Published) -> str:
    """The table of the page."""
    head = f"| policy | {' | '.join(MEASURES)} |\n" + "|---" * (len(MEASURES) + 1) + "|\n"
    lines = []
    for group, policies in look.groups.items():
        lines.append(f"| **{group}** |" + " |" * len(MEASURES) + "\n")
        lines += [f"| {name} | {' | '.join(_cell(m, look.values[name][m]) for m in MEASURES)} |\n" for name in policies]
    chance = by_chance(look.rows["fail"].to_numpy(bool), look.rows["day"].to_numpy(np.float64))
    spread = f"Random orders of these visits: `{chance.mean:.2f}` days, sd `{chance.sd:.2f}`." if chance else ""
    told = f"{len(look.rows):,} rows, {int(look.rows['fail'].sum())} critical; {look.unscored} of a site not yet open."
    return head + "".join(lines) + f"\n{told} {spread}\n"


def _cell(measure: str, found: tuple[float, float | None, float | None]) -> str:
    if measure == "first half":
        value, low, high = (None if number is None else 100 * number for number in found)
        return f"`{value:.1f} %`" if low is None or high is None else f"`{value:.1f} % [{low:.1f}, {high:.1f}]`"
    digits = 3 if measure.startswith("AUC") else 2
    value, low, high = found
    if low is None or high is None:
        return f"`{value:.{digits}f}`"
    return f"`{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]`"
