"""The inspectors in one table: the numbers of the comparison and of the parts it is put together from."""

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation import compare
from riskml.evaluation.inspectors.blindness import inspector_association
from riskml.evaluation.inspectors.leniency import leniency
from riskml.evaluation.inspectors.table import METRICS, inspectors_table

PAIRS = [("model", "rival")]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Sites at three origins, most of them visited, some by a double-random draw."""
    rng = np.random.default_rng(1)
    n = 900
    odds, office = rng.normal(-1, 1, n), rng.integers(0, 2, n)
    fail = pd.array(rng.random(n) < 1 / (1 + np.exp(-odds)), dtype="boolean")
    missing = rng.random(n) < 0.2
    fail[missing] = pd.NA
    table = pd.DataFrame(
        {
            "site_id": [f"s{k % 300}" for k in range(n)],
            "origin": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.repeat([0, 90, 180], 300), unit="D"),
            "fail": fail,
            "weight": 1.0,
            "office": [f"o{k}" for k in office],
            "inspector": [f"o{o}i{k}" for o, k in zip(office, rng.integers(0, 3, n), strict=True)],
            "visit_type": rng.choice(["RI", "DR"], n),
            "score_model": 1 / (1 + np.exp(-odds)),
            "score_rival": rng.random(n),
            "score_past_fail_rate": rng.random(n),
        }
    )
    table["visited_on"] = (table["origin"] + pd.Timedelta(days=9)).where(~missing)
    return table.astype({"inspector": "str", "visit_type": "str"}).mask(
        pd.DataFrame({name: missing & (name in ("inspector", "visit_type")) for name in table.columns})
    )


@pytest.fixture(scope="module")
def table(rows: pd.DataFrame) -> pd.DataFrame:
    return inspectors_table(rows, ["model", "rival"], pairs=PAIRS, draws=100, permutations=19, seed=3)


def test_within_inspectors_it_is_the_comparison_to_the_bit(rows: pd.DataFrame, table: pd.DataFrame) -> None:
    found = compare(rows, ["model", "rival"], pairs=PAIRS, draws=100, seed=3)
    asked = {**found.policies, **found.differences}
    within = table[table["metric"] == "within_inspector_auc"].set_index("policy")
    assert list(within.index) == ["model", "rival", "model - rival"]
    for policy, row in within.iterrows():
        told = asked[str(policy)]["within_inspector_auc"]
        assert (row["value"], row["low"], row["high"], row["n"]) == (told.value, told.low, told.high, told.n)
    assert within["by_chance"].tolist() == [0.5, 0.5, 0.0]


def test_the_parts_are_those_of_their_own_functions(rows: pd.DataFrame, table: pd.DataFrame) -> None:
    spread = table[table["metric"] == "leniency_spread"].iloc[0]
    found = leniency(rows)
    assert (spread["value"], spread["low"], spread["high"]) == (found.spread, found.low, found.high)
    for metric, part in (("follows_inspector", rows), ("follows_inspector_by_lot", rows[rows["visit_type"] == "DR"])):
        told = inspector_association(part, ["model", "rival"], draws=19, seed=3)
        assert table.loc[table["metric"] == metric, "value"].tolist() == told["share"].tolist()
        assert table.loc[table["metric"] == f"{metric}_p", "value"].tolist() == told["p"].tolist()
        assert table.loc[table["metric"] == metric, "n"].tolist() == told["n"].tolist()


def test_every_metric_is_explained(table: pd.DataFrame) -> None:
    assert set(table["metric"].str.partition("@")[0]) == set(METRICS)


def test_where_no_inspector_is_known_only_the_offices_are_left(rows: pd.DataFrame) -> None:
    for part in (rows.drop(columns="inspector"), rows.assign(inspector=rows["inspector"].where(rows["weight"] < 0))):
        found = inspectors_table(part, ["model"], draws=5, permutations=2, seed=1)
        assert found["reason"].iloc[0] == "no settled visit names its inspector"
        assert np.isnan(found["value"].iloc[0])
        assert set(found["metric"].str.rpartition(" ")[2].iloc[1:]) == {"office"}


def test_a_pair_of_an_unknown_policy_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"pairs name \['nobody'\]"):
        inspectors_table(rows, ["model"], pairs=[("model", "nobody")], seed=1)
