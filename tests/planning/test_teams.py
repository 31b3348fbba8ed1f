"""Teams: two inspectors a visit, even work, another team than last time where there is one."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.planning.teams import Past, assign, past_of
from riskml.records import Records
from riskml.records.days import day_number

PEOPLE = [f"i{number}" for number in range(1, 9)]


def test_the_roster_is_who_visited_in_the_last_year_by_what_was_known(make_records: Callable[..., Records]) -> None:
    visits: list[dict[str, Any]] = [
        {"site_id": "a", "visited_on": "2024-04-01", "inspector": "i1"},
        {"site_id": "a", "visited_on": "2024-03-01", "inspector": "gone"},
        {"site_id": "b", "visited_on": "2025-03-30", "inspector": "i2", "office": "west"},
        {"site_id": "b", "visited_on": "2025-03-30", "inspector": "i3", "office": "west"},
        {"site_id": "b", "visited_on": "2025-03-31", "inspector": "not known yet"},
        {"site_id": "c", "visited_on": "2025-03-01"},
    ]
    records = make_records([{"site_id": site, "office": "east"} for site in "abc"], visits)
    past = past_of(records, day_number("2025-04-01"), ["a", "b", "c"], np.array([0, 0, 1, 1, 1, 2]))
    assert past.roster == {"east": ["i1"], "west": ["i2", "i3"]}
    assert past.last == {"a": {"i1"}, "b": {"i2", "i3"}}
    assert past_of(records, day_number("2025-04-01"), ["b"], np.array([-1, -1, 0, 0, 0, -1])).last == {
        "b": {"i2", "i3"}
    }


@settings(max_examples=60)
@given(
    st.integers(3, 8), st.integers(1, 40), st.integers(0, 2**32), st.lists(st.integers(0, 7), min_size=80, max_size=80)
)
def test_the_team_of_last_time_is_not_sent_again_where_there_are_three(
    persons: int, visits: int, seed: int, last: list[int]
) -> None:
    sites = [f"s{number}" for number in range(visits)]
    people = PEOPLE[:persons]
    went = {
        site: frozenset({people[last[2 * place] % persons], people[last[2 * place + 1] % persons]})
        for place, site in enumerate(sites)
    }
    first, second = assign(sites, ["east"] * visits, Past({"east": people}, went), seed=(seed,))
    for site, one, other in zip(sites, first, second, strict=True):
        assert one is not None
        assert other is not None
        assert one != other
        assert not went[site] <= {one, other}


@settings(max_examples=30)
@given(st.integers(2, 8), st.integers(1, 60), st.integers(0, 2**32))
def test_the_work_is_even(persons: int, visits: int, seed: int) -> None:
    sites = [f"s{number}" for number in range(visits)]
    first, second = assign(sites, ["east"] * visits, Past({"east": PEOPLE[:persons]}, {}), seed=(seed,))
    load = Counter([*first, *second])
    counts = [load[name] for name in PEOPLE[:persons]]
    assert sum(counts) == 2 * visits
    assert max(counts) - min(counts) <= 1


def test_every_pair_of_an_office_comes_up() -> None:
    past = Past({"east": PEOPLE[:4]}, {})
    pairs = set()
    for seed in range(60):
        first, second = assign(["a"], ["east"], past, seed=(seed,))
        pairs.add(frozenset([first[0], second[0]]))
    assert len(pairs) == 6


def test_an_office_with_few_inspectors_does_what_it_can() -> None:
    past = Past({"one": ["i1"], "two": ["i1", "i2"]}, {"b": frozenset({"i1", "i2"})})
    first, second = assign(["a", "b", "c", "d"], ["one", "two", "none", ""], past, seed=(1,))
    assert (first[0], second[0]) == ("i1", None)
    assert {first[1], second[1]} == {"i1", "i2"}  # nobody else is there
    assert [first[2], second[2], first[3], second[3]] == [None] * 4


def test_teams_do_not_depend_on_the_order_of_rows() -> None:
    sites, offices = ["a", "b", "c", "d"], ["east", "west", "east", "west"]
    past = Past({"east": PEOPLE[:4], "west": PEOPLE[4:]}, {"a": frozenset({"i1"})})
    one = assign(sites, offices, past, seed=(3,))
    other = assign(sites[::-1], offices[::-1], past, seed=(3,))
    assert [one[0], one[1]] == [other[0][::-1], other[1][::-1]]
