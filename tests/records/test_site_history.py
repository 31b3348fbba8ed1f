"""Site history: the first known values and the changes are those that a walk along the visits finds."""

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.records.placing import by_day
from riskml.records.set_values import PLACE
from riskml.records.site_history import SEEN, TABLE, changes, site_rows
from small_sources import VISITS, small_source

SOURCE = small_source(VISITS, top='changes = { risk_category = "RISK" }')
ROWS = st.lists(
    st.tuples(
        st.sampled_from("ba"), st.integers(0, 3), st.none() | st.integers(1, 3), st.none() | st.sampled_from("xy")
    ),
    min_size=1,
    max_size=10,
)


def frames(rows: list[Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of sites, and their visits."""
    site, day, risk, name = (list(column) for column in zip(*rows, strict=True))
    days = pd.Series(pd.Timestamp("2024-05-01") + pd.to_timedelta(day, unit="D")).astype("datetime64[s]")
    place = {PLACE: range(len(rows)), TABLE: 0}
    sites = pd.DataFrame(
        {
            "site_id": site,
            "name": pd.Series(name, dtype="str"),
            "risk_category": pd.Series(risk, dtype="Int64"),
            **place,
        }
    )
    ids = [f"v{(7 * at) % 11:02}" for at in range(len(rows))]
    visits = pd.DataFrame({"inspection_id": ids, "site_id": site, "visited_on": days, "known_on": days, **place})
    return sites.assign(**{SEEN: days}), visits


@settings(max_examples=40)
@given(rows=ROWS)
def test_a_site_has_the_first_value_known_of_each_column(rows: list[Any]) -> None:
    sites, visits = frames(rows)
    made = site_rows([sites], visits)
    assert made["site_id"].tolist() == sorted({row[0] for row in rows})
    for _, row in made.iterrows():
        mine = sorted((one for one in rows if one[0] == row["site_id"]), key=lambda one: one[1])
        for column, at in (("risk_category", 2), ("name", 3)):
            first = next((one[at] for one in mine if one[at] is not None), None)
            assert first == (None if pd.isna(row[column]) else row[column])


@settings(max_examples=40)
@given(rows=ROWS)
def test_a_change_is_told_at_the_visit_at_which_it_was_first_seen(rows: list[Any]) -> None:
    sites, visits = frames(rows)
    ordered = by_day(visits)
    assert ordered[["visited_on", "inspection_id"]].to_numpy().tolist() == sorted(
        visits[["visited_on", "inspection_id"]].to_numpy().tolist()
    )
    expected: list[tuple[str, int]] = []
    last: dict[str, int] = {}
    for _, visit in ordered.iterrows():
        site, _, risk, _ = rows[visit[PLACE]]
        if risk is not None and last.setdefault(site, risk) != risk:
            expected.append((f"{visit['inspection_id']}:RISK", risk))
            last[site] = risk
    made = changes(SOURCE, [sites], ordered)
    told = [] if made.empty else list(zip(made["event_id"], made["quantity"], strict=True))
    assert told == expected


def test_a_visit_without_a_row_of_sites_changes_nothing_and_a_list_speaks_first() -> None:
    sites, visits = frames([("a", 1, 1, "x"), ("a", 2, 2, "y")])
    listed = pd.DataFrame({"site_id": ["a"], "name": ["listed"], PLACE: [0], TABLE: [1], SEEN: pd.Series([pd.NaT])})
    assert site_rows([sites, listed], visits)["name"].tolist() == ["listed"]
    assert changes(SOURCE, [sites.iloc[:1]], visits).empty
    assert changes(SOURCE, [sites.drop(columns="risk_category")], visits).empty
