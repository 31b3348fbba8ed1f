"""One simulated world for all tests of this folder: the committed sample, made anew."""

import pandas as pd
import pytest

from riskml.records.days import NEVER, day_number, to_days
from riskml.records.log import event_log
from riskml.records.outcomes import OUTCOMES, VISIT, outcome_as_of
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
    """Eligible visits whose follow-up is over, with their settled outcomes, the truth and the day of their month."""
    records = world.records
    eligible = world_log.loc[world_log["code"] == VISIT, "inspection_id"]
    visits = records.inspections[records.inspections["inspection_id"].isin(eligible)]
    days = to_days(visits["visited_on"])
    settled = days + records.outcome.settling_days < day_number(records.observed_to)
    visits, days = visits[settled].reset_index(drop=True), days[settled]
    last = days * 0 + NEVER - 1
    for outcome in OUTCOMES:
        visits[outcome] = outcome_as_of(world_log, visits["inspection_id"], last, outcome)
        visits[outcome + "_settled"] = outcome_as_of(
            world_log, visits["inspection_id"], days + records.outcome.settling_days, outcome
        )
        visits[outcome + "_next_day"] = outcome_as_of(
            world_log, visits["inspection_id"], to_days(visits["known_on"]) + 1, outcome
        )
    visits["as_of"] = visits["visited_on"].dt.to_period("M").dt.to_timestamp().astype("datetime64[s]")
    return visits.merge(world.truth, on=["site_id", "as_of"], how="left", validate="one_to_one")
