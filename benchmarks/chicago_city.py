"""Chicago's published model and what it is made of: the city's table, its regressions fitted again, and their measures.

    RISKML_REAL_DATA=/path/to/folder python benchmarks/chicago_city.py [--write]

Prints the table of notebooks/07_chicago_replication.ipynb: aggregates of the published test rows only. --write keeps it
in docs/chicago_replication.csv, which the notebook shows where the city's table is not at hand.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Final, Literal

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

from riskml.evaluation import auc
from riskml.evaluation.inspectors.within import within_inspector_auc
from riskml.evaluation.intervals import bootstrap, percentile_interval
from riskml.evaluation.schedule.days import Ties, days_earlier, first_half
from riskml.evaluation.schedule.table import schedule_table

Floats = NDArray[np.float64]

ROOT: Final = Path(__file__).parent.parent
KEPT: Final = ROOT / "docs" / "chicago_replication.csv"
OURS: Final = ROOT / "models" / "chicago_published" / "tables" / "scored_rows.parquet"
SWITCH: Final = "RISKML_REAL_DATA"
LAMBDA: Final = 0.00257
"""Of glmnet's ten-fold cross-validation on the training rows; the city's own run took .00296."""
CAPS: Final = {
    "pastSerious": 1, "pastCritical": 1, "timeSinceLast": np.inf, "temperatureMax": np.inf, "heat_burglary": 70,
    "heat_sanitation": 70, "heat_garbage": 50,
}  # fmt: skip
"""Numbers that the city's model reads, and where it cuts them off."""
OLD_YEARS: Final = 4.0
"""Age of a licence above which the city's model calls it old."""
LICENCES: Final = ("consumption_on_premises_incidental_activity", "tobacco")
FEATURES: Final = (*CAPS, "old", *LICENCES)
WINDOW_FROM: Final = pd.Timestamp("2014-09-02")
DRAWS, SEED = 1000, 20261121
MODEL: Final = "ours, without the inspector"
RIDGE: Final = "city's ridge, fitted again"
ONLY: Final = "the inspector alone"
BLIND: Final = "city's, without the inspector"


def city_table(folder: Path, version: Literal["published", "current"] = "published") -> pd.DataFrame:
    """The city's table, one row a visit in the order of the file.

    Args:
        folder: of the real data.
        version: the published table, or the one of the city's present code.

    Returns:
        site_id, visited_on, fail (a critical violation was found), inspector (one of six clusters made by the city),
        office (ward), test, previous_critical, saved_ridge, saved_trees (scores that the city keeps), and `FEATURES`.
    """
    raw = pd.read_parquet(folder / "chicago" / "chicago_eval.parquet")
    ending = ""
    if version == "published":
        raw, ending = raw[raw["in_published_18712"].fillna(False).to_numpy(bool)], "_2015"
    table = pd.DataFrame(
        {
            "site_id": raw["License"].astype(str),
            "visited_on": pd.to_datetime(raw["Inspection_Date"]).astype("datetime64[s]"),
            "fail": raw["criticalFound"].astype(bool),
            "inspector": raw["sanitarian"].astype(str),
            "office": raw["WARD"].astype("Int64").astype("string"),
            "test": raw["Test"].astype(bool),
            "previous_critical": raw["pastCritical"].astype(np.float64),
            "saved_ridge": raw["city_glm_pred_eval"].astype(np.float64),
            "saved_trees": raw["city_xgb_score"].astype(np.float64),
        }
    )
    capped = {name: raw[name].astype(np.float64).clip(upper=cap) for name, cap in CAPS.items()}
    licences = {name: raw[f"{name}{ending}"].astype(np.float64) for name in LICENCES}
    old = (raw[f"ageAtInspection{ending}"] > OLD_YEARS).astype(np.float64)
    return table.assign(**capped, old=old, **licences).reset_index(drop=True)


def regression_scores(table: pd.DataFrame, *, ridge: float = LAMBDA) -> pd.DataFrame:
    """Log-odds of the test rows by three regressions fitted on the others, as columns named `RIDGE`, `BLIND`, `ONLY`.

    The ridge is glmnet's (alpha 0, standardised columns) with a penalty on the six inspector dummies alone: glmnet
    rescales the factors 0 and 1 to add up to the number of columns (Friedman, Hastie and Tibshirani 2010).
    """
    test = table["test"].to_numpy(bool)
    fail = table["fail"].to_numpy(np.float64)
    site = _standard(table[list(FEATURES)].to_numpy(np.float64), test)
    dummies = pd.get_dummies(table["inspector"], dtype=np.float64).to_numpy()
    who = _standard(dummies, test)
    both = np.column_stack([site, who])
    factor = np.append(np.zeros(site.shape[1]), np.ones(who.shape[1]))
    asked = {
        RIDGE: (both, ridge * factor * len(factor) / factor.sum()),
        BLIND: (site, np.zeros(site.shape[1])),
        ONLY: (dummies[:, 1:], np.zeros(dummies.shape[1] - 1)),
    }
    found = {name: regression(x[~test], fail[~test], penalty) for name, (x, penalty) in asked.items()}
    return pd.DataFrame({name: asked[name][0][test] @ beta[:-1] + beta[-1] for name, beta in found.items()})


def regression(columns: Floats, fail: Floats, penalty: Floats) -> Floats:
    """Logistic regression: the k coefficients and the intercept of least mean log loss + sum of penalty x b^2 / 2."""
    design, weight = np.column_stack([columns, np.ones(len(columns))]), np.append(penalty, 0.0)

    def loss(beta: Floats) -> tuple[float, Floats]:
        odds = design @ beta
        gap = 1.0 / (1.0 + np.exp(-odds)) - fail
        value = np.logaddexp(0.0, np.where(fail > 0, -odds, odds)).mean() + 0.5 * weight @ beta**2
        return float(value), gap @ design / len(fail) + weight * beta

    found = minimize(loss, np.zeros(design.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-8, "maxiter": 1000})
    return np.asarray(found.x, dtype=np.float64)


def _standard(columns: Floats, test: NDArray[np.bool_]) -> Floats:
    """Columns less their mean, by their standard deviation (divisor n), of the training rows."""
    return np.asarray((columns - columns[~test].mean(axis=0)) / columns[~test].std(axis=0), dtype=np.float64)


def window_rows(table: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The test rows as scored rows of one origin, with a column score_<policy> for each column of `scores`."""
    test = table.loc[table["test"], ["site_id", "visited_on", "fail", "inspector", "office"]].reset_index(drop=True)
    return pd.concat([test.assign(origin=WINDOW_FROM, weight=1.0), scores.add_prefix("score_")], axis=1)


def our_scores(scored: pd.DataFrame, site_id: "pd.Series[str]") -> "pd.Series[float]":
    """Our model's score of each visit: one a site, of the planning day; a site that was not open gets the mean."""
    found = site_id.map(scored.set_index("site_id")["score_model"])
    return found.fillna(found.mean()).astype(np.float64)


def measures(rows: pd.DataFrame, policies: "list[str]", *, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Every measure of each policy on the published test rows.

    Returns:
        By policy: days_earlier, first_half (ties in the order of the rows, as published), auc, within (AUC within
        inspector clusters), net (days earlier net of the random order, ties by expected value), slots (the same among
        visits of one cluster, ward and week); the last three with <name>_low and <name>_high (95 %, sites resampled).
    """
    schedule = schedule_table(rows, policies, half_lives=(), draws=draws, seed=seed)
    net = schedule[schedule["metric"] == "days_earlier_net"]
    parts = [_published(rows, policies), _within(rows, policies, draws, seed)]
    for name, form in (("net", "free"), ("slots", "slots")):
        mine = net[net["form"] == form].set_index("policy")[["value", "low", "high"]]
        parts.append(mine.rename(columns={"value": name, "low": f"{name}_low", "high": f"{name}_high"}))
    return _without_dust(pd.concat(parts, axis=1).loc[policies]).rename_axis("policy")


def _without_dust(table: pd.DataFrame) -> pd.DataFrame:
    """The table without what is left of 0 by adding fractions up."""
    return table.round(12) + 0.0


def _published(rows: pd.DataFrame, policies: "list[str]") -> pd.DataFrame:
    fail, day = rows["fail"].to_numpy(bool), rows["visited_on"].to_numpy("datetime64[D]").astype(np.int64)
    found = {}
    for policy in policies:
        score = rows[f"score_{policy}"].to_numpy(np.float64)
        ties: Ties = "stable" if np.ptp(score) else "expected"  # a constant score has no order that it could keep
        found[policy] = {
            "days_earlier": days_earlier(fail, score, day, ties=ties),
            "first_half": first_half(fail, score, day, ties=ties),
            "auc": auc(fail, score),
            "within": within_inspector_auc(fail, score, rows["inspector"]),
        }
    return pd.DataFrame.from_dict(found, orient="index")


def _within(rows: pd.DataFrame, policies: "list[str]", draws: int, seed: int) -> pd.DataFrame:
    site, sites = pd.factorize(rows["site_id"], sort=True)
    who, fail = pd.factorize(rows["inspector"], sort=True)[0], rows["fail"].to_numpy(bool)
    scores = [rows[f"score_{policy}"].to_numpy(np.float64) for policy in policies]

    def drawn(multiplicity: "NDArray[np.uint16]") -> Floats:
        found = [[auc(fail, score, weight=times[site], stratum=who) for score in scores] for times in multiplicity]
        return np.array(found, dtype=np.float64)

    table = bootstrap(drawn, sites=len(sites), draws=draws, seed=seed)
    ends = [percentile_interval(column, sites=len(sites)) for column in table.T]
    low, high = ([getattr(one, end) for one in ends] for end in ("low", "high"))
    return pd.DataFrame({"within_low": low, "within_high": high}, index=policies)


def replication(folder: Path, ours: Path = OURS, kept: Path = KEPT, *, draws: int = DRAWS) -> pd.DataFrame:
    """The table of the notebook; our row comes from the published study's scores, or else from the kept table."""
    table = city_table(folder)
    scores = regression_scores(table)
    test = table[table["test"]].reset_index(drop=True)
    scores["city's saved trees"] = test["saved_trees"]
    scores["previous critical count"] = test["previous_critical"]
    if ours.exists():
        scores[MODEL] = our_scores(pd.read_parquet(ours), test["site_id"])
    scores["random order"], scores["perfect order"] = 0.0, test["fail"].astype(np.float64)
    found = measures(window_rows(table, scores), [str(name) for name in scores], draws=draws)
    if MODEL in found.index:
        return found
    return pd.concat([found.iloc[:-2], pd.read_csv(kept, index_col="policy").loc[[MODEL]], found.iloc[-2:]])


def replicated(folder: str | None, kept: Path = KEPT) -> tuple[pd.DataFrame, str]:
    """The table, made again where the city's table is at hand and else as kept, and a sentence that says which."""
    if folder:
        ours = "read from the published study" if OURS.exists() else "as kept: that study was not run here"
        return replication(Path(folder), kept=kept), f"Made again from the city's table; our own row is {ours}."
    reason = f"{SWITCH} is not set: nothing is made again here; the table is the one kept in docs/{kept.name}."
    return pd.read_csv(kept, index_col="policy"), reason


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the table in docs/chicago_replication.csv")
    asked = parser.parse_args()
    found = replication(Path(os.environ[SWITCH]))
    print(found.round(3).to_string())
    if asked.write:
        found.round(6).to_csv(KEPT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
