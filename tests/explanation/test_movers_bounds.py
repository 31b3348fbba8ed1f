"""How far a mover lies beyond its old level is measured from the bounds that cut the levels, fixed ones too."""

import math

import numpy as np
import pandas as pd
import pytest

from riskml.explanation.movers import movers
from riskml.features.catalog import load_catalog
from riskml.grades import load_system

SYSTEM = load_system("nanchang")
CODES = [level.code for level in sorted(SYSTEM.levels, key=lambda one: one.rank)]
CATALOG = load_catalog().select(["visits_365d", "fails_365d"])
N = 60


def log_odds(chance: float) -> float:
    return math.log(chance / (1.0 - chance))


@pytest.mark.parametrize("bounds", [None, [0.15 * (place + 1) for place in range(len(CODES) - 1)]])
def test_beyond_is_measured_from_the_bound_that_was_crossed(bounds: list[float] | None) -> None:
    today = pd.DataFrame({"site_id": [f"s{place:02}" for place in range(N)], "as_of": pd.Timestamp("2025-06-01")})
    today["probability"] = np.random.default_rng(4).permutation(np.linspace(0.02, 0.9, N))
    level = pd.Series(np.resize(CODES, N), dtype="str")
    found = movers(
        today, level, SYSTEM, values=np.zeros((N, 2)), contributions=np.zeros((N, 3)), catalog=CATALOG,
        categories={}, bounds=bounds,
    ).table  # fmt: skip
    chance = np.sort(today["probability"].to_numpy())
    ends = np.cumsum([int((level == code).sum()) for code in CODES])[:-1]
    between = [(one, one) for one in bounds] if bounds else [(chance[end - 1], chance[end]) for end in ends]
    assert set(np.sign(found["steps"])) == {-1, 1}
    for row in found.to_dict("records"):
        place = CODES.index(row["level"])
        crossed = between[place] if row["steps"] > 0 else between[place - 1]
        far = sorted(abs(log_odds(row["probability"]) - log_odds(one)) for one in crossed)
        assert far[0] - 1e-9 <= row["beyond"] <= far[1] + 1e-9
