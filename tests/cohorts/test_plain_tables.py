"""The quick tables of the tests: what the contract makes of the same rows, and no other column."""

import pandas as pd
import pytest

from bureaus import amendment, event, visit
from plain_tables import no_rows, plain_table
from riskml.records import contract
from worlds import world


@pytest.mark.parametrize("name", ["sites", "events", "amendments", "inspections"])
def test_a_plain_table_is_the_canonical_one(name: str) -> None:
    whole = getattr(world(3), name)
    by_hand = {
        "sites": [{"site_id": "a", "area_m2": 7}],
        "events": [event("e", "PEN_FINE", 3, scope="site")],
        "amendments": [amendment("e", "repair", 9)],
        "inspections": [visit("v", 3), visit("w", 4, key_fail=1)],
    }
    for rows in (whole[[column for column in whole if whole[column].notna().any()]], pd.DataFrame(by_hand[name])):
        pd.testing.assert_frame_equal(plain_table(name, rows), contract.conform(name, rows))
    pd.testing.assert_frame_equal(no_rows(name), contract.empty(name))


def test_a_misspelt_or_absent_column_is_refused() -> None:
    with pytest.raises(KeyError, match=r"table sites: .*'aera_m2'"):
        plain_table("sites", pd.DataFrame([{"site_id": "a", "aera_m2": 7}]))
    with pytest.raises(KeyError, match="'known_on'"):
        plain_table("events", pd.DataFrame([event("e", "PEN_FINE", 3)]).drop(columns="known_on"))
