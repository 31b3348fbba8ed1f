"""Selection figures the slow way: loops over rows, every unseen outcome tried both ways; and rows to try them on."""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

Figures = dict[tuple[str, str], float]
"""(metric, method) -> value."""


def six_sites() -> pd.DataFrame:
    """One origin, four of six sites labelled; small enough to compute by hand."""
    return pd.DataFrame(
        {
            "site_id": list("ABCDEF"),
            "origin": pd.Timestamp("2024-01-01"),
            "weight": 1.0,
            "fail": pd.array([True, False, None, True, None, False], dtype="boolean"),
            "propensity": [0.5, 0.25, 0.5, 0.5, 0.25, 1.0],
            "score_model": [0.9, 0.8, 0.5, 0.4, 0.2, 0.1],
            "score_grade": [2.0, 1.0, 1.0, 1.0, 0.0, 0.0],
        }
    )


def many_sites(sites: int = 40, origins: int = 3, *, seed: int = 3, follow: float = 1.0) -> pd.DataFrame:
    """Visits that follow the grade (more with `follow`), ties in the grade, uneven weights, sites missing at origins.

    The column would_fail is the outcome that everybody would have had.
    """
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(origins):
        here = np.flatnonzero(rng.random(sites) < 0.9)
        level = rng.integers(0, 3, len(here)).astype(np.float64)
        hidden = rng.normal(0, 1, len(here))
        risk = 1 / (1 + np.exp(0.8 - 0.5 * level - hidden))
        propensity = 1 / (1 + np.exp(1.0 - follow * level))
        would = rng.random(len(here)) < risk
        fail = pd.array(would, dtype="boolean")
        fail[rng.random(len(here)) >= propensity] = pd.NA
        frame = pd.DataFrame({"site_id": [f"S{k:05d}" for k in here], "fail": fail, "propensity": propensity})
        frame["score_grade"] = level
        frame["score_model"] = np.clip(np.round(1 / (1 + np.exp(1.0 - 0.4 * level - 0.7 * hidden)), 2), 0.01, 0.99)
        frame["would_fail"] = would
        frame["weight"] = rng.integers(1, 3, len(here)).astype(np.float64)
        frame["office"] = rng.choice(["north", "south"], len(here))
        frame["visit_type"] = np.where(rng.random(len(here)) < 0.3, "DR", "RI")
        frame["origin"] = pd.Timestamp("2024-01-01") + pd.Timedelta(days=90 * number)
        frames.append(frame)
    rows = pd.concat(frames, ignore_index=True)
    return rows.assign(visit_type=rows["visit_type"].where(rows["fail"].notna()))


def chosen_shares(rows: pd.DataFrame, policy: str, budget: float) -> list[float]:
    """What share of each row the policy visits: tie groups from the riskiest on, the last one in part."""
    share = [0.0] * len(rows)
    for day in sorted(set(rows["origin"])):
        places = [k for k in range(len(rows)) if rows["origin"].iloc[k] == day]
        left = budget * sum(rows["weight"].iloc[k] for k in places)
        for score in sorted({rows[f"score_{policy}"].iloc[k] for k in places}, reverse=True):
            group = [k for k in places if rows[f"score_{policy}"].iloc[k] == score]
            size = sum(rows["weight"].iloc[k] for k in group)
            part = min(1.0, left / size) if size > 0 else 0.0
            for k in group:
                share[k] = part
            left = max(0.0, left - size)
    return share


def figures(rows: pd.DataFrame, policy: str, budget: float, *, clip: float, regression: str) -> Figures:
    """Every point figure of one policy."""
    share = chosen_shares(rows, policy, budget)
    w, e = rows["weight"].tolist(), [min(1 / p, clip) for p in rows["propensity"]]
    seen = rows["fail"].notna().tolist()
    y = [bool(f) if s else False for f, s in zip(rows["fail"], seen, strict=True)]
    m = rows[regression].tolist()
    n = range(len(rows))
    visits, size = sum(w[k] * share[k] for k in n), sum(w)
    arm = [s and t == "DR" for s, t in zip(seen, rows.get("visit_type", [""] * len(rows)), strict=True)]
    found: Figures = {("labelled_share", "observed"): sum(w[k] * share[k] for k in n if seen[k]) / visits}

    def hajek(name: str, weight: Sequence[float]) -> None:
        inside = sum(w[k] * share[k] * weight[k] * y[k] for k in n) / sum(w[k] * share[k] * weight[k] for k in n)
        others = sum(w[k] * (1 - share[k]) * weight[k] for k in n)
        outside = sum(w[k] * (1 - share[k]) * weight[k] * y[k] for k in n) / others if others > 1e-9 else 0.0
        hits = visits * inside
        found["precision", name], found["recall", name] = inside, hits / (hits + (size - visits) * outside)

    def total(name: str, outcome: Sequence[float]) -> None:
        hits = sum(w[k] * share[k] * outcome[k] for k in n)
        found["precision", name] = hits / visits
        found["recall", name] = hits / sum(w[k] * outcome[k] for k in n)

    hits, whole = (sum(w[k] * a * y[k] for k, a in enumerate(by)) for by in (share, [1.0] * len(rows)))
    found["precision", "naive"] = hits / sum(w[k] * share[k] for k in n if seen[k])
    found["recall", "naive"] = hits / whole
    hajek("ipw_hajek", [e[k] * seen[k] for k in n])
    hajek("random_arm", [arm[k] * min(1 / (1 - p / 2), clip) for k, p in enumerate(rows["propensity"])])
    total("ipw_horvitz_thompson", [e[k] * y[k] for k in n])
    total("doubly_robust", [m[k] + seen[k] * e[k] * (y[k] - m[k]) for k in n])
    found |= {("lift", name): value / budget for (metric, name), value in found.items() if metric == "recall"}
    rate = whole / sum(w[k] for k in n if seen[k])
    found["lift", "naive"] = found["precision", "naive"] / rate
    return found


def worst_case(rows: pd.DataFrame, policies: Sequence[str], budget: float) -> dict[str, tuple[float, float]]:
    """Least and largest precision and recall of one policy, or of the first less the second, over all assignments."""
    shares = [chosen_shares(rows, policy, budget) for policy in policies]
    apart = [a - (shares[1][k] if len(shares) > 1 else 0.0) for k, a in enumerate(shares[0])]
    w = rows["weight"].tolist()
    visits = sum(w[k] * a for k, a in enumerate(shares[0]))
    tried: dict[str, list[float]] = {"precision": [], "recall": []}
    for outcome in assignments(rows["fail"]):
        hits = sum(w[k] * apart[k] * y for k, y in enumerate(outcome))
        tried["precision"].append(hits / visits)
        tried["recall"].append(hits / sum(w[k] * y for k, y in enumerate(outcome)))
    return {metric: (min(values), max(values)) for metric, values in tried.items()}


def assignments(fail: "pd.Series[Any]") -> Iterable[list[bool]]:
    """Every way the unseen sites may have turned out."""
    unseen = [k for k, missing in enumerate(fail.isna()) if missing]
    for guess in product([False, True], repeat=len(unseen)):
        outcome = [False if k in unseen else bool(value) for k, value in enumerate(fail)]
        for k, value in zip(unseen, guess, strict=True):
            outcome[k] = value
        yield outcome


def tilted_extreme(rows: pd.DataFrame, share: Sequence[float], gamma: float, *, largest: bool) -> float:
    """The extreme of (sum of share x outcome) / (sum of outcomes), tried with every threshold between two shares."""
    tried = []
    for threshold in sorted({*share, min(share) - 1.0}):
        outcome = [
            tilted(row, gamma if (a > threshold) == largest else 1 / gamma)
            for a, row in zip(share, rows.to_dict("records"), strict=True)
        ]
        w = rows["weight"].tolist()
        hits = sum(w[k] * a * outcome[k] for k, a in enumerate(share))
        tried.append(hits / sum(w[k] * y for k, y in enumerate(outcome)))
    return float(max(tried) if largest else min(tried))


def tilted(row: dict[Any, Any], tilt: float) -> float:
    """The tilted outcome of one row, by its definition: the derivative is taken by a small step."""
    m, e = row["score_model"], row["propensity"]

    def unseen(probability: float) -> float:
        odds = tilt * probability / (1 - probability)
        return float(odds / (1 + odds))

    if pd.isna(row["fail"]):
        return unseen(m)
    slope = (unseen(m + 1e-6) - unseen(m - 1e-6)) / 2e-6
    return float(float(row["fail"]) + (1 - e) / e * slope * (float(row["fail"]) - m))
