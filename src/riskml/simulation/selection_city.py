"""What all sites of a small simulated bureau share: its setting, offices, inspectors and periods."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError

Floats = NDArray[np.float64]

OFFICE_SD, PERIOD_SD, LENIENCY_SD = 0.25, 0.15, 0.35
"""Spread of the offices, periods and inspectors in log-odds of failing."""
DILIGENCE_SD: Final = 0.7
"""Spread of the offices in log-odds of a routine visit."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What kind of world.

    Attributes:
        sites: sites of a world, >= 50.
        earlier: periods before the first evaluation origin, >= 4: they only make history.
        origins: evaluation origins, one a period, >= 1.
        offices, inspectors_per_office: >= 1.
        overlap: False leaves level-A sites that were visited lately (almost) without a visit.
        tilt: odds ratio between the routine visits of a site that would fail and of one that would pass, all recorded
            things equal; >= 1, and 1 means that visits depend on recorded things alone.
        random_share: probability that a site is drawn for a double-random visit in a period, in [0, 1).
        diligent: log-odds of a routine visit at the first office above an average one; at 4 it visits nearly all its
            sites, and 0 makes it an office like the others.

    Raises:
        DataError: for a value that is not allowed.
    """

    sites: int = 2000
    earlier: int = 8
    origins: int = 8
    offices: int = 6
    inspectors_per_office: int = 4
    overlap: bool = True
    tilt: float = 1.0
    random_share: float = 0.05
    diligent: float = 0.0

    def __post_init__(self) -> None:
        least = {"sites": 50, "earlier": 4, "origins": 1, "offices": 1, "inspectors_per_office": 1, "tilt": 1.0}
        for name, allowed in least.items():
            if not getattr(self, name) >= allowed:
                raise DataError(f"a world's {name} is {getattr(self, name)}; it must be at least {allowed}")
        if not 0 <= self.random_share < 1:
            raise DataError(f"a world's random_share is {self.random_share}; it lies in [0, 1)")

    @property
    def periods(self) -> int:
        """All periods."""
        return self.earlier + self.origins


@dataclass(frozen=True, eq=False)
class City:
    """What all sites share.

    Attributes:
        setting: kind of world.
        seed: that it was drawn with; its panels are drawn with it too, so that no two cities share their sites' fate.
        office_share: share of the sites in each office, shape (offices,).
        office_risk: log-odds added by each office, shape (offices,).
        diligence: log-odds added by each office to a routine visit, shape (offices,).
        strictness: log-odds of failing added by each inspector, shape (offices, inspectors).
        period_risk: log-odds added by each period, shape (periods,).
    """

    setting: Setting
    seed: int
    office_share: Floats
    office_risk: Floats
    diligence: Floats
    strictness: Floats
    period_risk: Floats


def draw_city(setting: Setting, *, seed: int) -> City:
    """Draw offices, inspectors and periods.

    >>> city = draw_city(Setting(offices=3, inspectors_per_office=2), seed=1)
    >>> city.strictness.shape, round(float(city.office_share.sum()), 9)
    ((3, 2), 1.0)
    """
    rng = np.random.default_rng((seed, 0))
    share = rng.uniform(0.5, 1.5, setting.offices)
    diligent = (np.arange(setting.offices) == 0) & (setting.diligent > 0)
    crew = (setting.offices, setting.inspectors_per_office)
    return City(
        setting=setting,
        seed=seed,
        office_share=share / share.sum(),
        office_risk=OFFICE_SD * rng.standard_normal(setting.offices),
        diligence=np.where(diligent, setting.diligent, DILIGENCE_SD * rng.standard_normal(setting.offices)),
        strictness=LENIENCY_SD * rng.standard_normal(crew),
        period_risk=PERIOD_SD * rng.standard_normal(setting.periods),
    )
