"""What the coverage studies share: settings, cities, the fixed scoring function, and many worlds with the time left."""

import sys
import time
import tomllib
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from riskml.errors import DataError
from riskml.models.likelihood import greatest_likelihood
from riskml.simulation.selection_city import City, Setting, draw_city
from riskml.simulation.selection_rows import POLICIES, Scoring, learning_rows
from riskml.simulation.selection_world import draw_panel

STUDY: Final = Path(__file__).parent.parent / "studies" / "coverage.toml"
ALLOWED: Final = {
    "": {"seed", "budgets", "policies", "scoring_sites", "world", "paired", "selection", "permuted"},
    "world": {"sites", "earlier", "origins", "offices", "inspectors_per_office"},
    "paired": {"sites", "worlds", "cities", "truth_sites", "random_share", "draws", "band"},
    "selection": {"cities", "truth_sites", "gammas", "true_gamma", "diligent", "learning_periods", "most_bias",
                  "least_cover", "scenarios"},
    "permuted": {"permutations", "draws", "budget", "least_cover"},
}  # fmt: skip
Job = TypeVar("Job")
Result = TypeVar("Result")


def read_study(path: Path = STUDY) -> dict[str, Any]:
    """The settings of the studies.

    Raises:
        DataError: for keys that are not exactly those of `ALLOWED`, or a policy that the worlds have no score of.
    """
    study = tomllib.loads(path.read_text(encoding="utf-8"))
    for section, allowed in ALLOWED.items():
        keys = set(study[section] if section else study)
        if keys != allowed:
            raise DataError(
                f"{path}: section [{section}] has keys {sorted(keys)}; exactly {sorted(allowed)} are needed"
            )
    unknown = sorted(set(study["policies"]) - set(POLICIES))
    if unknown or study["policies"][0] != "model":
        raise DataError(f"{path}: policies {study['policies']}; the first is model, the others from {POLICIES}")
    return study


def setting_of(study: dict[str, Any], **changed: Any) -> Setting:
    """The world of the settings, with what a scenario changes."""
    return Setting(**{**study["world"], **changed})


def city_of(setting: Setting, study: dict[str, Any], number: int) -> City:
    """The numbered city; its offices, inspectors and periods do not depend on what a scenario changes in the visits."""
    return draw_city(setting, seed=study["seed"] + 1 + number)


@lru_cache(maxsize=2)
def scoring_of(seed: int, sites: int) -> Scoring:
    """The scoring function of all studies: a logistic regression on the visits of a city that serves nothing else.

    Like a trained model in an evaluation it is fixed before the worlds are drawn.
    """
    panel = draw_panel(draw_city(Setting(), seed=seed), seed=seed, sites=sites)
    features, fail = learning_rows(panel, slice(panel.setting.earlier, panel.setting.periods))
    *coefficients, intercept = greatest_likelihood(features, fail)
    return Scoring(tuple(coefficients), intercept)


def spread(task: Callable[[Job], Result], jobs: Iterable[Job], *, processes: int, label: str) -> list[Result]:
    """`task` of each job in the order of the jobs; prints how many are done and the time left.

    Args:
        task: a function of a module, for it may run in another process.
        jobs: its arguments.
        processes: 1 runs all of it here.
        label: what is counted.
    """
    todo = list(jobs)
    begun, shown, done = time.monotonic(), 0.0, []
    with ProcessPoolExecutor(processes, get_context("spawn")) if processes > 1 else _Here() as pool:
        for number, result in enumerate(pool.map(task, todo), start=1):
            done.append(result)
            spent = time.monotonic() - begun
            if spent - shown > 10 or number == len(todo):
                shown, left = spent, spent / number * (len(todo) - number)
                print(
                    f"{label}: {number} of {len(todo)}, {spent:.0f} s, {left:.0f} s left", file=sys.stderr, flush=True
                )
    return done


class _Here:
    """Stands for a pool of processes where there is one process only."""

    def __enter__(self) -> "_Here":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def map(self, task: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterable[Result]:
        return map(task, jobs)


def resampling_seed(study: dict[str, Any], city: int, world: int) -> int:
    """Another seed of the bootstrap for each world."""
    return int(study["seed"]) + 10_000 * (1 + city) + world


def share_error(share: float, n: int) -> float:
    """Monte-Carlo standard error of a share counted in n worlds.

    >>> share_error(0.95, 1000)
    0.006892...
    """
    return float(np.sqrt(share * (1 - share) / n))
