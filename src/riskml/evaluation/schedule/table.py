"""Days earlier by every policy, with free swaps and inside slots that a bureau could keep, net of random order."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from riskml.errors import DataError
from riskml.evaluation._ranking import Floats, Multiplicity, ratio
from riskml.evaluation.intervals import bootstrap
from riskml.evaluation.schedule._chance import chance_sd
from riskml.evaluation.schedule._moving import Arranged, arrange, first_halves, move
from riskml.evaluation.schedule._rows import FREE, NEEDED, Form, Row, able, frame, rows_of, silent
from riskml.evaluation.schedule._visits import Visits, made_visits

HALF_LIVES: Final = (7.0, 30.0, 90.0, 365.0)
"""Days after which half of the failures would not be there any more; nobody knows it, so it is varied."""
SLOTS: Final = "slots"
NO_SLOTS: Final = "no visit names its inspector: there are no slots to change places in"
NO_OFFICE: Final = "the rows name no office: slots are inspector x week"

Statistic = Callable[[Multiplicity], Floats]


def schedule_table(
    rows: pd.DataFrame,
    policies: Sequence[str],
    *,
    pairs: Sequence[tuple[str, str]] = (),
    half_lives: Sequence[float] = HALF_LIVES,
    draws: int = 1000,
    seed: int,
) -> pd.DataFrame:
    """When the failures would have been found, had the visits of each origin been made in the order of a policy.

    Reordering: each day keeps its number of visits, the riskiest go first, equal scores count by expected value. Form
    "free": a visit may take any day of its origin, so an inspector would work where another was (as the field's
    published figures do). Form "slots": visits change days only among those of one inspector, in one office, in one
    calendar week. What is alone in its slot cannot move, and its failures count as moved by 0 days.

    Metrics: days_earlier is the mean over the failed visits of (day made - simulated day); with a half-life h each
    counts 2^(-|day made - simulated day| / h) of its days, the probability that the failure is there on the simulated
    day, and still_there is the mean of that probability. (A failure that was gone when the visit was made was never
    seen, and is in no figure.) first_half is the share of the failures found on the days up to which fewer than half of
    the origin's visits were made. days_earlier_net and first_half_net are less that of the random order of the same
    visits. can_move (policy "") is the share of the failures whose slot has visits on another day; the policy as_made
    (of first_half, free) is what was done. A figure that fewer than 20 failures could change is not given.

    Args:
        rows: scored rows: site_id, origin, visited_on, fail (missing = no settled visit), weight, score_<policy>, and
            inspector and office if known.
        policies: those to compare; higher scores are riskier.
        pairs: (a, b) whose paired difference is wanted, as policy "a - b".
        half_lives: days, whole or not, above 0.
        draws: bootstrap resamples of the sites, the same for all.
        seed: of the resamples.

    Returns:
        policy, form, metric, half_life_days (NaN: the failures stay), value, low, high (95 %), by_chance (mean of the
        random order), by_chance_sd (its standard deviation), perfect (the failures first), n (visits), n_positive
        (failures), reason (why a number is missing, or what it lacks).

    Raises:
        DataError: for rows, policies, pairs or half-lives that do not allow it.
    """
    _check(policies, pairs, half_lives)
    visits = made_visits(rows, policies)
    counts = {"n": len(visits.day), "n_positive": int(visits.fail.sum())}
    if counts["n_positive"] < NEEDED:
        reason = f"not enough data: {counts['n_positive']} failed visits, {NEEDED} are needed"
        return frame(list(silent((FREE, SLOTS), policies, pairs, half_lives, reason)), counts)
    named = bool((visits.inspector >= 0).any())
    strata = {FREE: visits.origin} | ({SLOTS: visits.slots()} if named else {})
    arranged = {name: arrange(visits, stratum, policies) for name, stratum in strata.items()}
    found: list[Row] = []
    forms = _forms(visits, arranged, half_lives, draws, seed)
    for form in forms:
        found += rows_of(form, policies, pairs, half_lives)
    if not named:
        return frame(found + list(silent((SLOTS,), policies, pairs, half_lives, NO_SLOTS)), counts)
    reason = NO_OFFICE if "office" in visits.absent else ""
    share = forms[-1].movable / counts["n_positive"]
    return frame(
        [*found, {"policy": "", "form": SLOTS, "metric": "can_move", "value": share, "reason": reason}], counts
    )


def _check(policies: Sequence[str], pairs: Sequence[tuple[str, str]], half_lives: Sequence[float]) -> None:
    if not policies:
        raise DataError("there are no policies; a schedule needs the scores of at least one")
    unknown = sorted({name for pair in pairs for name in pair} - set(policies))
    if unknown:
        raise DataError(f"pairs name {unknown}; the policies compared are {list(policies)}")
    wrong = [one for one in half_lives if not (np.isfinite(one) and one > 0)]
    if wrong:
        raise DataError(f"half-lives {wrong} are not allowed; they are days above 0 (without one the failures stay)")


def _forms(
    visits: Visits, arranged: "dict[str, Arranged]", half_lives: Sequence[float], draws: int, seed: int
) -> "list[Form]":
    ways = [_recut(one, half_lives) if name == FREE else _kept(one, half_lives) for name, one in arranged.items()]
    once = np.ones((1, visits.sites), dtype=np.uint16)

    def statistic(multiplicity: Multiplicity) -> Floats:
        return np.stack([way(multiplicity) for way in ways], axis=1).reshape(len(multiplicity), -1)

    point = statistic(once).reshape(1, len(arranged), len(visits.scores) + 2, -1)
    drawn = bootstrap(statistic, sites=visits.sites, draws=draws, seed=seed).reshape(draws, *point.shape[1:])
    return [
        Form(name, point[0, place], drawn[:, place], *_bounds(one, half_lives), sites=visits.sites)
        for place, (name, one) in enumerate(arranged.items())
    ]


def _recut(one: Arranged, half_lives: Sequence[float]) -> Statistic:
    """Means over the failures, the schedule made anew in each resample; shape (draws, policies + 2, measures)."""

    def made_anew(multiplicity: Multiplicity) -> Floats:
        halves = first_halves(one.visits, multiplicity)
        return _means(move(one, multiplicity, halves=halves, half_lives=half_lives)[:, 0])

    return made_anew


def _kept(one: Arranged, half_lives: Sequence[float]) -> Statistic:
    """The same, the schedule made once and its failures weighed by each resample.

    A resample leaves out more than a third of the sites. A pool of hundreds of visits looks the same without them; of a
    slot's few visits the partners to change places with are gone, and every figure would come out too small.
    """
    visits = one.visits
    failed = np.flatnonzero(visits.fail)
    cell = np.zeros(len(visits.day), dtype=np.int64)
    cell[failed] = np.arange(len(failed))
    once = np.ones((1, visits.sites), dtype=np.uint16)
    each = move(one, once, halves=first_halves(visits, once), half_lives=half_lives, cell=cell)[0]

    def weighed(multiplicity: Multiplicity) -> Floats:
        drawn = multiplicity[:, visits.site[failed]].astype(np.float64)
        return _means(np.einsum("df,fpm->dpm", drawn, each))

    return weighed


def _means(sums: Floats) -> Floats:
    return ratio(sums[..., :-1], np.broadcast_to(sums[..., -1:], sums[..., :-1].shape))


def _bounds(one: Arranged, half_lives: Sequence[float]) -> tuple[Floats, Floats, int, int]:
    """What the perfect order reaches and how far random orders scatter, by measure; and how many failures can move."""
    visits = one.visits
    once = np.ones((1, visits.sites), dtype=np.uint16)
    ideal = arrange(replace(visits, scores={"perfect": visits.fail.astype(np.float64)}), one.stratum, ["perfect"])
    halves = first_halves(visits, once)[0]
    sd = chance_sd(ideal, halves=halves, half_lives=half_lives)
    scatter = sd if len(np.unique(visits.weight)) == 1 else np.full(len(sd), np.nan)
    return _recut(ideal, half_lives)(once)[0, 0], scatter, *able(one, halves)
