"""Net benefit of inspecting by the model, by a grade with as many visits, by chance, everybody or nobody."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.evaluation._equal_visits import Chances, found_by, visits_above
from riskml.evaluation._pools import Pool, make_pool
from riskml.evaluation._ranking import Floats, Multiplicity, Ranked, rank, ratio
from riskml.evaluation.enough import too_few
from riskml.evaluation.intervals import bootstrap, percentile_interval

THRESHOLDS: Final = (*(k / 100 for k in range(1, 31)), 0.35, 0.40, 0.45, 0.50)
VISIT_ALL: Final = "visit_all"
VISIT_NONE: Final = "visit_none"
RANDOM: Final = "random"
COLUMNS: Final = {
    "policy": "str", "threshold": "float64", "visits_share": "float64", "net_benefit": "float64", "low": "float64",
    "high": "float64", "n": "int64", "n_positive": "int64", "reason": "str",
}  # fmt: skip
Row = dict[str, Any]


def net_benefit_table(
    rows: pd.DataFrame,
    policies: Sequence[str],
    *,
    model: str = "model",
    thresholds: Sequence[float] = THRESHOLDS,
    past_rates: "Mapping[str, pd.Series[float]] | None" = None,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Decision curves (Vickers and Elkin 2006) on the visits that were made, at their natural failure rate.

    At a threshold pt a site is visited if its probability is at least pt. Net benefit, in failures found a visit of the
    pool: found / n - visited in vain / n x pt / (1 - pt). So pt says what a visit is worth: who inspects from pt on
    holds that a failure missed is as bad as (1 - pt) / pt visits in vain; pt = 0.1: one failure found makes up for nine
    visits that find nothing. Nobody needs to know his pt: a policy whose curve is higher over the whole range that
    officers would defend is better whatever theirs is.

    The curves of other policies are not cut at pt, since their scores are no probabilities: at each origin they get the
    model's own number of visits (expected value in ties), so a difference to the model is one of order alone. A level
    with a known failing rate is a probability: `past_rates` turns it into a rule of its own, cut at pt. Reordering: the
    pool is the visits made and settled, and "everybody" is everybody who was visited.

    Args:
        rows: scored rows (see `comparison.compare`); the model's score is a probability.
        policies: others at the model's number of visits, such as a grade.
        model: the policy whose probability is cut.
        thresholds: rising, in (0, 1).
        past_rates: name -> probability of each row, on the index of `rows`, missing where there is none, such as
            `past_level_rates` gives. It and its difference to the model are of the rows that have one.
        draws: resamples of the sites, the same for all; numbers of visits are counted again in each.
        seed: of the resamples.

    Returns:
        policy, threshold, visits_share (visits of the pool made), net_benefit, low, high, n, n_positive, reason.
        Policies: the model, visit_all, visit_none, random (by chance, as many visits as the model), `policies`, the
        names of `past_rates`, and "<model> - <other>", paired, for all of them but visit_none.

    Raises:
        DataError: for rows as `compare` refuses them, thresholds that do not rise in (0, 1), or a score of the model or
            a past rate that is no probability.
    """
    limits = _limits(thresholds)
    ordered = rows.reset_index(drop=True).sort_values(["origin", "site_id"], kind="stable")
    pool = make_pool(ordered, list(dict.fromkeys([model, *policies])))
    everybody = _side(pool, pool.scores[model], pool.labelled, limits, model)
    sides = [_Contest(model, everybody, _rivals(pool, policies, model), None)]
    for name, rates in (past_rates or {}).items():
        if not rates.index.equals(rows.index):
            raise DataError(f"past rate {name}: its index is not that of the {len(rows)} rows; give one rate a row")
        values = rates.to_numpy(np.float64, na_value=np.nan)[ordered.index]
        known = pool.labelled & ~np.isnan(values)
        mine = _side(pool, pool.scores[model], known, limits, model)
        sides.append(_Contest(model, mine, {}, (name, _side(pool, np.nan_to_num(values), known, limits, name))))
    found = [row for side in sides for row in _rows(side, pool.sites, limits, draws, seed)]
    return pd.DataFrame(found, columns=list(COLUMNS)).astype(COLUMNS)


def past_level_rates(rows: pd.DataFrame, policy: str, *, known_after_days: int) -> "pd.Series[float]":
    """The failing rate of a grade's level by the visits known at each origin: what turns a level into a probability.

    Args:
        rows: scored rows: origin, fail, score_<policy> (equal for equal levels).
        policy: the grade.
        known_after_days: days after an origin from which on the outcomes of its visits are known (horizon and
            settling).

    Returns:
        On the index of `rows`: failed over settled visits at the same level, over the origins whose outcomes were
        known; of all levels together where this level has fewer than 20; missing where there are fewer than 20 at all.

    >>> days = pd.to_datetime(["2024-01-01"] * 40 + ["2024-07-01"])
    >>> fail = pd.Series([True] * 10 + [False] * 30 + [None], dtype="boolean")
    >>> rows = pd.DataFrame({"origin": days, "fail": fail, "score_grade": [1.0] * 20 + [0.0] * 20 + [1.0]})
    >>> past_level_rates(rows, "grade", known_after_days=120).tolist()[-2:]
    [nan, 0.5]
    """
    result = pd.Series(np.nan, index=rows.index, dtype="float64")
    settled = rows[rows["fail"].notna()]
    known_on = settled["origin"] + pd.Timedelta(days=known_after_days)
    for part in (part for _, part in rows.groupby("origin")):
        past = settled[known_on <= part["origin"].iloc[0]]
        if too_few(len(past), "settled visits"):
            continue
        fail = past["fail"].astype(float)
        level = fail.groupby(past[f"score_{policy}"]).agg(["mean", "size"])
        enough = level.loc[[not too_few(n, "settled visits") for n in level["size"]], "mean"]
        result.loc[part.index] = part[f"score_{policy}"].map(enough).fillna(fail.mean())
    return result


@dataclass(frozen=True, eq=False)
class _Contest:
    """The model and what it is set against, on the same visits: others at its number of visits, or a rate cut as it."""

    model: str
    chances: Chances
    rivals: dict[str, Ranked]
    rate: tuple[str, Chances] | None

    def hits(self, multiplicity: Multiplicity) -> dict[str, tuple[Floats, Floats]]:
        """Visits and failures found of each policy, shape (draws, 1 + thresholds): first of all visits."""
        visits, failures = visits_above(self.chances, multiplicity)
        summed = visits.sum(axis=1)
        found = {self.model: (summed, failures.sum(axis=1))}
        for name, ranked in self.rivals.items():
            found[name] = (summed, found_by(ranked, multiplicity, visits).sum(axis=1))
        if self.rate is not None:
            visits, failures = visits_above(self.rate[1], multiplicity)
            found[self.rate[0]] = (visits.sum(axis=1), failures.sum(axis=1))
        return found

    def benefits(self, multiplicity: Multiplicity, limits: Floats) -> dict[str, Floats]:
        """Net benefit of each policy and difference, shape (draws, thresholds)."""
        found = self.hits(multiplicity)
        visits, failures = found[self.model]
        whole, odds = visits[:, :1], limits / (1 - limits)

        def benefit(made: Floats, hit: Floats) -> Floats:
            return ratio(hit - (made - hit) * odds, np.broadcast_to(whole, (len(made), len(odds))))

        named = {name: benefit(made[:, 1:], hit[:, 1:]) for name, (made, hit) in found.items()}
        if self.rate is None:
            named[VISIT_ALL] = benefit(whole, failures[:, :1])
        less = {f"{self.model} - {name}": named[self.model] - one for name, one in named.items() if name != self.model}
        if self.rate is None:
            return {**named, VISIT_NONE: np.zeros_like(named[self.model]), **less}
        del named[self.model]
        return {**named, **less}

    def shares(self, once: Multiplicity) -> dict[str, Floats]:
        """Visits made, as a share of the pool, shape (thresholds,); of a difference the difference."""
        found = self.hits(once)
        made = {name: ratio(one[0, 1:], np.full_like(one[0, 1:], one[0, 0])) for name, (one, _) in found.items()}
        made |= {VISIT_ALL: np.ones_like(made[self.model]), VISIT_NONE: np.zeros_like(made[self.model])}
        return {**made, **{f"{self.model} - {name}": made[self.model] - one for name, one in made.items()}}


def _rows(contest: _Contest, sites: int, limits: Floats, draws: int, seed: int) -> Iterator[Row]:
    """One row a policy and threshold."""
    once = np.ones((1, sites), dtype=np.uint16)
    point, shares = contest.benefits(once, limits), contest.shares(once)
    table = bootstrap(
        lambda multiplicity: np.hstack(list(contest.benefits(multiplicity, limits).values())),
        sites=sites,
        draws=draws,
        seed=seed,
    )
    counts = {"n": len(contest.chances.fail), "n_positive": int(contest.chances.fail.sum())}
    short = too_few(counts["n_positive"], "failures") or too_few(counts["n"] - counts["n_positive"], "passed visits")
    columns = [(name, place) for name in point for place in range(len(limits))]
    for column, (name, place) in enumerate(columns):
        row = {"policy": name, "threshold": float(limits[place]), "visits_share": float(shares[name][place]), **counts}
        if short:
            yield {**row, "net_benefit": np.nan, "low": np.nan, "high": np.nan, "reason": short}
            continue
        told = percentile_interval(table[:, column] if draws else np.empty(0), sites=sites)
        low, high = (np.nan if end is None else end for end in (told.low, told.high))
        yield {**row, "net_benefit": point[name][0, place], "low": low, "high": high, "reason": told.reason or ""}


def _limits(thresholds: Sequence[float]) -> Floats:
    limits = np.asarray(thresholds, dtype=np.float64)
    if not len(limits) or not ((limits > 0) & (limits < 1)).all() or not (np.diff(limits) > 0).all():
        raise DataError(f"thresholds {list(thresholds)} are not allowed; they rise, above 0 and below 1")
    return limits


def _side(pool: Pool, probability: Floats, used: NDArray[np.bool_], limits: Floats, name: str) -> Chances:
    chance = probability[used]
    outside = int(np.count_nonzero((chance < 0) | (chance > 1)))
    if outside:
        raise DataError(f"{name}: {outside} of {len(chance)} probabilities lie outside 0 to 1; calibrate it")
    return Chances(
        site=pool.site[used],
        origin=pool.origin[used],
        weight=pool.weight[used],
        fail=pool.fail[used],
        above=np.searchsorted(limits, chance, side="right").astype(np.int64),
        origins=len(pool.origins),
        thresholds=len(limits),
    )


def _rivals(pool: Pool, policies: Sequence[str], model: str) -> dict[str, Ranked]:
    """The settled visits in the order of each other policy; an origin without visits keeps its place."""
    held = np.flatnonzero(pool.labelled)
    scores = {name: pool.scores[name][held] for name in policies if name not in (model, RANDOM)}
    scores[RANDOM] = np.zeros(len(held))
    return {name: _ranked(pool, held, score) for name, score in scores.items()}


def _ranked(pool: Pool, held: NDArray[np.int64], score: Floats) -> Ranked:
    stratum = pool.origin[held]
    made = rank(pool.fail[held], score, weight=pool.weight[held], stratum=stratum, site=pool.site[held])
    starts = np.searchsorted(np.sort(stratum), np.arange(len(pool.origins) + 1)).astype(np.int64)
    return replace(made, starts=starts)
