"""The table of peers made from records: groups, what is compared, and that it is what the scorer reads."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.export.peers import peers_table
from riskml.features.catalog import Catalog, load_catalog
from riskml.scorer.explaining.peers import Peers, parse_peers
from riskml.scorer.header import Feature

NAMES = ["visits_365d", "days_since_last_visit", "format_code", "month"]
CATALOG = load_catalog().select(NAMES)
N = 200


def bureau() -> tuple[pd.DataFrame, Any, Any]:
    """130 grocers with 0 to 129 visits, 60 canteens without a last visit, 10 others."""
    kinds = ["R4"] * 130 + ["C6"] * 60 + ["C1"] * 6 + [None] * 4
    sites = pd.DataFrame({"site_id": [f"s{n}" for n in range(N)], "format_code": pd.Series(kinds, dtype="str")})
    values = np.zeros((N, len(NAMES)))
    place = {name: CATALOG.names.index(name) for name in NAMES}
    values[:, place["visits_365d"]] = np.arange(N) % 130
    values[:, place["days_since_last_visit"]] = np.where(np.arange(N) < 130, 30.0, np.nan)
    values[190:, place["days_since_last_visit"]] = 90.5
    values[:, place["month"]] = 7.0
    return sites, values, np.linspace(0.0, 1.0, N)


def table(catalog: Catalog = CATALOG, **asked: Any) -> dict[str, Any]:
    sites, values, probability = bureau()
    return peers_table(sites, values, probability, catalog=catalog, as_of="2025-06-01", **asked)


def read(made: dict[str, Any]) -> Peers:
    """As the scorer reads it, after a journey through JSON."""
    features = [
        Feature(
            name=one.name, kind="category" if one.is_category else "number", unit=one.unit, text_en="", text_zh="",
            reason_en="", reason_zh="", monotone=0, low=None, high=None, categories=("R4",) if one.is_category else (),
        )
        for one in CATALOG.features
    ]  # fmt: skip
    return parse_peers(json.loads(json.dumps(made)), features)


def test_groups_are_the_kinds_with_sites_enough_and_all_together() -> None:
    made = table()
    assert {key: group["sites"] for key, group in made["groups"].items()} == {"": 200, "R4": 130, "C6": 60}
    assert (made["column"], made["text_en"], made["text_zh"]) == (
        "format_code", "businesses of the same kind", "家同业态主体",
    )  # fmt: skip
    assert made["as_of"] == (pd.Timestamp("2025-06-01") - pd.Timestamp("1970-01-01")).days
    assert set(table(least=61)["groups"]) == {"", "R4"}
    assert set(table(most=1)["groups"]) == {"", "R4"}
    assert set(table(least=6)["groups"]) == {"", "R4", "C6", "C1"}
    assert table(least=201)["groups"] == {}


def test_neither_a_category_nor_what_all_share_is_compared() -> None:
    assert [CATALOG.names[place] for place in table()["compared"]] == ["visits_365d", "days_since_last_visit"]


def test_the_scorer_reads_the_table_as_it_was_made() -> None:
    row = [{"visits_365d": 64.0, "days_since_last_visit": math.nan}.get(name, 0.0) for name in CATALOG.names]
    peers = read(table())
    visits, days = (CATALOG.names.index(name) for name in NAMES[:2])
    grocer = peers.of({"format_code": "R4"}, row)
    found = grocer(visits)
    assert found is not None
    assert (found.sites, found.median, found.side) == (130, 64.0, "same")
    assert grocer(days) is None
    canteen = peers.of({"format_code": "C6"}, row)(days)
    assert canteen is not None
    assert canteen.text_en == "as at 100% of 60 businesses of the same kind"
    other = peers.of({"format_code": "C1"}, row)(days)
    assert other is not None
    assert (other.group, other.side, other.share) == ("", "missing", 0.3)
    risk = peers.of_probability({"format_code": "C6"}, 0.99)
    assert risk is not None
    assert (risk.sites, risk.share) == (60, 1.0)


def test_the_same_sites_in_another_order_give_the_same_table() -> None:
    sites, values, probability = bureau()
    turn = np.random.default_rng(1).permutation(N)
    shuffled = peers_table(
        sites.iloc[turn], values[turn], probability[turn], catalog=CATALOG, as_of="2025-06-01"
    )  # fmt: skip
    assert shuffled == table()


def test_another_column_is_named_after_its_group_or_itself() -> None:
    sites, values, probability = bureau()
    sites = sites.assign(office="north", industry_class="sales")
    given: dict[str, Any] = {"catalog": CATALOG, "as_of": "2025-06-01"}
    branch = peers_table(sites, values, probability, column="industry_class", **given)
    assert branch["text_en"] == "businesses of the same branch"
    office = peers_table(sites, values, probability, column="office", **given)
    assert (office["text_en"], office["text_zh"]) == ("businesses with the same office", "家office相同的主体")


def test_arrays_that_do_not_fit_are_refused() -> None:
    sites, values, probability = bureau()
    given: dict[str, Any] = {"catalog": CATALOG, "as_of": "2025-06-01"}
    with pytest.raises(DataError, match="200 sites and 4 features need the column 'format_code'"):
        peers_table(sites, values[:, :2], probability, **given)
    with pytest.raises(DataError, match="need the column 'colour'"):
        peers_table(sites, values, probability, column="colour", **given)
    with pytest.raises(DataError, match="missing or lies outside"):
        peers_table(sites, values, np.where(probability > 0.5, np.nan, probability), **given)
