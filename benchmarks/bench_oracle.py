"""How near the policies come to knowing the truth: a simulated bureau whose risks are known, judged by them.

The oracle ranks by the true risk of the month of the decision day: only the visit itself could tell more. A policy's
share is (its recall - random's) / (the oracle's recall - random's) at a budget of 10 %: among the visits made, and, by
the outcomes that visits to everybody would have had, among all active sites. The truth is read here only, after the
run. The calibration slope of each origin stands below, with its interval.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from riskml.evaluation import compare
from riskml.models.policies import OF_THE_VISIT
from riskml.pipeline import run
from riskml.records.store import write_records
from riskml.simulation import simulate
from riskml.study import Study

BUDGET = 0.1
SLOPE = (0.8, 1.25)
STUDY = """
name = "oracle"
seed = {seed}
[records]
folder = "records"
[cohort]
horizon_days = 90
[splits]
last_origin = "2024-12-20"
origins = 8
step_days = 90
warmup_days = 60
[comparison]
systems = ["nanchang", "shenzhen_general"]
draws = 400
[tracking]
mlflow = false
"""


def truth_of(rows: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """The true risk of each row in the month of its day, and what a visit in the month after would have found."""
    known = truth.sort_values(["as_of", "site_id"], kind="stable")
    days = rows["origin"].astype(known["as_of"].dtype)
    asked = rows[["site_id"]].assign(origin=days, place=np.arange(len(rows))).sort_values("origin", kind="stable")
    sides = {"left_on": "origin", "right_on": "as_of", "by": "site_id"}
    risk = pd.merge_asof(asked, known, direction="backward", **sides).sort_values("place")["latent_risk"]
    later = pd.merge_asof(asked, known, direction="forward", **sides).sort_values("place")["would_fail"]
    return pd.DataFrame({"risk": risk.to_numpy(), "would_fail": later.to_numpy()}, index=rows.index)


def shares(rows: pd.DataFrame, policies: list[str], title: str) -> None:
    """Print recall at the budget with its interval, and the share of the oracle's excess over random."""
    found = compare(rows, policies, budgets=[BUDGET], draws=200, seed=1, probability_policies=(), pairs=[]).policies
    recall = {policy: metrics[f"recall@{BUDGET:.2f}"] for policy, metrics in found.items()}
    whole = recall["oracle"].value - recall["random"].value
    print(f"{title}: {recall['oracle'].n:,} rows, {recall['oracle'].n_positive:,} failed")
    for policy in sorted(policies, key=lambda name: -recall[name].value):
        at = recall[policy]
        share = (at.value - recall["random"].value) / whole
        print(f"  {policy:32} recall {at.value:.3f} [{at.low:.3f}, {at.high:.3f}]  {share:6.1%} of the oracle's excess")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=20_000)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--seed", type=int, default=31)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        world = simulate(sites=asked.sites, years=asked.years, seed=asked.seed)
        write_records(world.records, folder / "records")
        (folder / "pyproject.toml").touch()
        (folder / "oracle.toml").write_text(STUDY.format(seed=asked.seed))
        result = run(Study.load(folder / "oracle.toml"))
        rows = pd.read_parquet(result.folder / "tables" / "scored_rows.parquet")
        calibration = pd.read_parquet(result.folder / "tables" / "calibration.parquet")
    rows = rows.join(truth_of(rows, world.truth)).dropna(subset=["risk"])
    rows["score_oracle"] = rows["risk"]
    policies = [name.removeprefix("score_") for name in rows.columns if name.startswith("score_")]
    usable = [policy for policy in policies if policy not in OF_THE_VISIT]
    shares(rows, usable, "Visits that were made")
    told = rows.dropna(subset=["would_fail"])
    shares(told.assign(fail=told["would_fail"].astype("boolean")), usable, "All active sites, by the truth")
    drift = calibration[(calibration["group"] == "origin") & (calibration["metric"] == "calibration_slope")]
    for one in drift.itertuples():
        inside = "inside" if SLOPE[0] <= one.low and one.high <= SLOPE[1] else "not inside"
        slope = f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}], {inside} {list(SLOPE)}"
        print(f"calibration slope at {one.member}: {slope}; {one.n} visits, {one.n_positive} failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
