"""How long it takes to grade a city: 2,230,000 sites with 20,000,000 events on one day, and the memory it needs.

Run: python benchmarks/bench_grades.py [SYSTEM ...] [--sites N] [--events M]
Bars: nanchang and shenzhen_general under 2 minutes each and under 8 GB on 2 cores.
"""

import argparse
import resource
import time
from typing import Any

import numpy as np
import pandas as pd

from riskml.grades import grade_log, load_system
from riskml.records.contract import conform
from riskml.records.days import NEVER, from_days

DAY = 20_000
YEARS = 5
CODES = {
    "VISIT": 30, "VISIT_FAIL": 3, "VISIT_FAIL_BROAD": 5, "COMPLAINT": 20, "COMPL_VALID": 4, "REPORT_VALID": 1,
    "RECT_ORDER": 3, "RECT_SPOT": 3, "RECT_OVERDUE": 0.5, "PEN_WARN": 1, "PEN_FINE": 2, "PEN_CONF": 0.5,
    "PEN_STOP": 0.1, "PEN_REVOKE": 0.01, "PEN_CRIM": 0.01, "SAMP_LABEL": 0.2, "SAMP_STD": 0.4, "SAMP_SEVERE": 0.2,
    "ABN": 2, "DISHONEST": 0.1, "SERIOUS": 0.02, "ACCIDENT": 0.01, "OWNER_CHANGE": 3, "HEALTH_CERT": 15,
    "CERT_HACCP": 0.3, "AWARD_CITY": 0.3, "INTERVIEW": 0.5, "REPORT_LATE": 3, "CASE_OPENED": 2,
}  # fmt: skip
"""Codes of the log and their shares."""


def city_sites(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """A register of n sites."""
    classes = rng.choice(["sales", "catering", "maker", "workshop"], n, p=[0.6, 0.34, 0.02, 0.04])
    return pd.DataFrame(
        {
            "site_id": pd.Series(np.char.add("s", np.arange(n).astype("U8")), dtype="str"),
            "subject_id": pd.Series(np.char.add("92", rng.integers(0, n, n).astype("U8")), dtype="str"),
            "industry_class": pd.Series(classes, dtype="str"),
            "format_code": pd.Series(rng.choice(["R2", "R4", "C3", "C5", "C6", "P1", "P3"], n), dtype="str"),
            "area_m2": rng.lognormal(4, 1, n),
            "staff": rng.integers(1, 40, n).astype(np.float64),
            "registered_on": from_days(DAY - rng.integers(1, 4000, n)),
            "licence_valid_to": from_days(DAY + rng.integers(-100, 1800, n)),
            "risk_category": pd.array(rng.integers(1, 5, n), dtype="Int64"),
        }
    )


def city_log(m: int, sites: int, rng: np.random.Generator) -> pd.DataFrame:
    """An event log of m rows over five years."""
    shares = np.array(list(CODES.values()))
    names = pd.Series(list(CODES), dtype="str")
    occurred = DAY - rng.integers(1, YEARS * 365, m)
    gone = np.where(rng.random(m) < 0.05, occurred + rng.integers(1, 700, m), NEVER)
    return pd.DataFrame(
        {
            "event_id": pd.Series(np.arange(m).astype("U8"), dtype="str"),
            "site_id": pd.Series(np.char.add("s", rng.integers(0, sites, m).astype("U8")), dtype="str"),
            "code": names.iloc[rng.choice(len(names), m, p=shares / shares.sum())].reset_index(drop=True),
            "occurred_on": occurred.astype(np.int32),
            "known_on": (occurred + 1).astype(np.int32),
            "gone_on": gone.astype(np.int32),
            "repaired_on": np.full(m, NEVER, dtype=np.int32),
            "valid_to": (occurred + 365).astype(np.int32),
            "case_id": pd.Series(np.char.add("c", rng.integers(0, m, m).astype("U8")), dtype="str"),
            "quantity": np.ones(m, dtype=np.int64),
            "amount": rng.lognormal(8, 1, m),
        }
    )


def city_visits(log: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The inspections that the visits of the log came from."""
    visits = log[log["code"] == "VISIT"]
    n = len(visits)
    days: Any = {name: from_days(visits[name].to_numpy(np.int64)) for name in ("occurred_on", "known_on")}
    frame = pd.DataFrame(
        {
            "inspection_id": visits["event_id"].reset_index(drop=True),
            "site_id": visits["site_id"].reset_index(drop=True),
            "visited_on": days["occurred_on"],
            "known_on": days["known_on"],
            "visit_type": pd.Series(rng.choice(["RI", "DR", "UA"], n, p=[0.9, 0.08, 0.02]), dtype="str"),
            "result": pd.Series(rng.choice(["pass", "conditional", "fail"], n, p=[0.85, 0.08, 0.07]), dtype="str"),
            "score": rng.uniform(60, 100, n),
            "key_fail": pd.array(rng.integers(0, 2, n), dtype="Int64"),
            "general_fail": pd.array(rng.integers(0, 5, n), dtype="Int64"),
            "label_version": pd.Series(["1"] * n, dtype="str"),
        }
    )
    return conform("inspections", frame)


def main() -> None:
    """Build the city, grade it, print seconds and the peak of memory."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("systems", nargs="*", default=["nanchang", "shenzhen_general"])
    asked.add_argument("--sites", type=int, default=2_230_000)
    asked.add_argument("--events", type=int, default=20_000_000)
    chosen = asked.parse_args()
    rng = np.random.default_rng(5)
    sites, log = city_sites(chosen.sites, rng), city_log(chosen.events, chosen.sites, rng)
    visits = city_visits(log, rng)
    print(f"{len(sites):,} sites, {len(log):,} events, {len(visits):,} visits; {peak():.1f} GB with the tables made")
    for name in chosen.systems:
        begun, worked = time.perf_counter(), time.process_time()
        graded = grade_log(sites, log, load_system(name), DAY, visits=visits)
        seconds, work = time.perf_counter() - begun, time.process_time() - worked
        levels = graded["level"].value_counts().to_dict()
        print(f"{name}: {seconds:.1f} s ({work:.1f} s of processor), peak {peak():.1f} GB, {levels}")


def peak() -> float:
    """Most memory this process has held, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
