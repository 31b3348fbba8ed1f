"""What is known when: no fact before it happened, none of a visit before the visit, the window half-open."""

import numpy as np
import pandas as pd

from riskml.grades import grade_log, load_system
from riskml.records.days import day_number
from riskml.simulation import World


def test_nothing_is_known_before_it_happened(world: World) -> None:
    records = world.records
    assert (records.events["known_on"] >= records.events["occurred_on"]).all()
    assert (records.inspections["known_on"] > records.inspections["visited_on"]).all()
    assert (records.amendments["known_on"] >= records.amendments["effective_on"]).all()


def test_everything_became_known_inside_the_window(world: World) -> None:
    records = world.records
    for table in (records.events, records.inspections, records.amendments):
        assert table["known_on"].between(records.observed_from, records.observed_to, inclusive="left").all()


def test_most_visits_are_entered_the_next_day_and_some_late(world: World) -> None:
    lag = (world.records.inspections["known_on"] - world.records.inspections["visited_on"]).dt.days
    assert lag.max() <= 30
    assert 0.84 < (lag == 1).mean() < 0.92


def test_nothing_of_a_visit_is_known_before_the_visit_is(world: World) -> None:
    events = world.records.events.dropna(subset=["inspection_id"])
    visits = world.records.inspections
    both = events.merge(visits, on="inspection_id", suffixes=("", "_visit"), validate="many_to_one")
    assert len(both) == len(events)
    assert (both["known_on"] >= both["known_on_visit"]).all()
    assert (both["occurred_on"] >= both["visited_on"]).all()
    assert (both["site_id"] == both["site_id_visit"]).all()


def test_an_amendment_follows_its_event(world: World) -> None:
    both = world.records.amendments.merge(
        world.records.events, on="event_id", suffixes=("", "_event"), validate="many_to_one"
    )
    assert len(both) == len(world.records.amendments)
    assert (both["known_on"] >= both["known_on_event"]).all()
    assert (both["effective_on"] >= both["occurred_on"]).all()


def test_cases_are_opened_and_decided_in_time(world: World) -> None:
    events = world.records.events.dropna(subset=["inspection_id"])
    visited = events["inspection_id"].map(world.records.inspections.set_index("inspection_id")["visited_on"])
    after = (events["occurred_on"] - visited).dt.days
    sampled = events["inspection_id"].isin(events.loc[events["code"] == "SAMP_SEVERE", "inspection_id"])
    opened = events["code"] == "CASE_OPENED"
    assert after[opened & ~sampled].between(0, 15).all()
    assert after[opened & sampled].between(10, 60).all()
    decided = events["code"].isin(["PEN_FINE", "PEN_CONF", "PEN_STOP", "PEN_SUSP"])
    assert after[decided].between(30, 90).all()
    samples = events[events["code"] == "SAMP_SEVERE"]
    assert (samples["known_on"] - samples["occurred_on"]).dt.days.between(12, 60).all()


def test_visits_fall_on_working_days_while_the_business_is_known(world: World) -> None:
    visits = world.records.inspections.merge(world.records.sites, on="site_id", suffixes=("", "_site"))
    assert (visits["visited_on"].dt.day_of_week < 5).all()
    assert (visits["visited_on"] > visits["registered_on"]).all()
    assert not (visits["visited_on"] >= visits["closed_on"]).any()


def test_a_planned_visit_is_never_the_recheck_of_another(world: World) -> None:
    visits = world.records.inspections.query("visit_type in ('RI', 'DR', 'SP') and result != 'not_found'")
    gaps = visits.sort_values(["site_id", "visited_on"]).groupby("site_id")["visited_on"].diff().dt.days
    assert gaps.min() > world.records.outcome.recheck_days


def test_random_audits_do_not_look_at_the_grade_and_routine_visits_do(world: World, world_log: pd.DataFrame) -> None:
    system, records = load_system("nanchang"), world.records
    days = sorted(world.truth["as_of"].unique())[12:]
    graded = [grade_log(records.sites, world_log, system, day_number(day)).assign(as_of=day) for day in days]
    levels = pd.concat(graded)[["site_id", "as_of", "rank"]]
    rows = world.truth.merge(levels, on=["site_id", "as_of"])
    rows["risky"] = rows["rank"] > 0
    visits = records.inspections.assign(
        as_of=records.inspections["visited_on"].dt.to_period("M").dt.to_timestamp().astype("datetime64[s]")
    )
    share = rows["risky"].mean()
    for kind, least, most in (("DR", 0.0, 0.075), ("RI", 0.06, 0.2)):
        seen = visits[visits["visit_type"] == kind].merge(rows, on=["site_id", "as_of"])
        assert least <= seen["risky"].mean() <= most
        if kind == "DR":
            spread = np.sqrt(share * (1 - share) / len(seen))
            assert abs(seen["risky"].mean() - share) < 3 * spread
            assert abs(seen["latent_risk"].mean() - rows["latent_risk"].mean()) < 0.015


def test_the_propensity_rises_with_the_grade(world: World, world_log: pd.DataFrame) -> None:
    day = pd.Timestamp("2025-06-01")
    graded = grade_log(world.records.sites, world_log, load_system("nanchang"), day_number(day))
    rows = world.truth[world.truth["as_of"] == day].merge(graded, on="site_id")
    means = rows[rows["propensity"] > 0].groupby("level")["propensity"].mean()
    assert means["green"] < means["yellow"] < means["orange"]


def test_corrected_orders_end_and_overdue_ones_are_written_up(world: World) -> None:
    records = world.records
    orders = records.events.query("code == 'RECT_ORDER' and occurred_on < '2025-01-01'")
    ended = orders["event_id"].isin(records.amendments.query("kind == 'end'")["event_id"])
    overdue = (records.events["code"] == "RECT_OVERDUE").sum() / len(orders)
    assert orders["due_on"].notna().all()
    assert 0.3 < ended.mean() < 0.5
    assert 0.07 < overdue < 0.18
    assert {"end", "repair", "revoke", "correct"} == set(records.amendments["kind"])
