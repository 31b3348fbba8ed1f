"""One simulated world for all tests of this folder: the committed sample, made anew."""

import pandas as pd
import pytest

import plausibility
from riskml.records.log import event_log
from riskml.simulation import World, simulate


@pytest.fixture(scope="session")
def world() -> World:
    return simulate(sites=3000, years=4, seed=20250701)


@pytest.fixture(scope="session")
def small_world() -> World:
    return simulate(sites=200, years=1, seed=5)


@pytest.fixture(scope="session")
def world_log(world: World) -> pd.DataFrame:
    return event_log(world.records)


@pytest.fixture(scope="session")
def visited(world: World, world_log: pd.DataFrame) -> pd.DataFrame:
    return plausibility.visited(world, world_log)
