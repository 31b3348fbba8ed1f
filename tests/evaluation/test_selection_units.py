"""Contraction and the random arm: where they speak, by hand, and where they say that there is not enough."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import slow_selection as slow
from riskml.evaluation.selection.table import SelectionRules, selection_table


def told(rows: pd.DataFrame, method: str, metric: str = "precision@0.50", **rules: Any) -> dict[str, Any]:
    """The model's row of one method."""
    given = SelectionRules(**{"unit_failures": 1, "arm_failures": 1, **rules})
    table = selection_table(rows, ["model", "grade"], [0.5], draws=0, seed=1, rules=given)
    chosen = table[(table["policy"] == "model") & (table["metric"] == metric) & (table["method"] == method)]
    (row,) = chosen.to_dict("records")
    reason = row["reason"].removesuffix("no bootstrap draws were asked for").removesuffix("; ")
    return {**{str(name): value for name, value in row.items()}, "reason": reason}


def two_offices() -> pd.DataFrame:
    """The first office has labels for five of its six sites, the second for one of six."""
    first = slow.six_sites().assign(
        office="first", fail=pd.array([True, False, None, True, True, False], dtype="boolean")
    )
    second = slow.six_sites().assign(
        office="second", fail=pd.array([None, None, None, True, None, None], dtype="boolean")
    )
    return pd.concat([first, second.assign(site_id=list("GHIJKL"))], ignore_index=True)


def test_contraction_by_hand() -> None:
    """Half of the first office's six sites is three visits, made among its labelled ones: A, B and D, as C has none."""
    row = told(two_offices(), "contraction")
    assert (row["value"], row["n"], row["n_positive"]) == (pytest.approx(2 / 3), 6, 3)
    assert row["reason"] == "within 1 units that have labels for 83% of their sites"
    assert told(two_offices(), "contraction", "recall@0.50")["value"] == pytest.approx(2 / 3)  # of A, D, E
    assert told(two_offices(), "contraction", "lift@0.50")["value"] == pytest.approx(2 / 3 / (3 / 5))


def test_contraction_is_the_naive_value_of_units_that_visit_everybody() -> None:
    rows = slow.many_sites()
    whole = rows["office"] == "north"
    rows["fail"] = rows["fail"].where(~whole, rows["would_fail"])
    inside = rows[whole]
    for metric in ("precision@0.50", "recall@0.50", "lift@0.50"):
        found, naive = told(rows, "contraction", metric), told(inside, "naive", metric)
        assert found["value"] == pytest.approx(naive["value"], abs=1e-12)
        assert (found["n"], found["n_positive"]) == (len(inside), int(inside["would_fail"].sum()))


def test_contraction_refuses_units_with_hidden_sites() -> None:
    row = told(two_offices(), "contraction", complete=0.9)
    assert (math.isnan(row["value"]), row["n"]) == (True, 0)
    assert row["reason"] == "not enough: no office has labels for 90% of its sites; the most complete has 83%"
    few = told(two_offices(), "contraction", unit_failures=20)
    assert few["reason"] == "not enough: 3 failures in 1 complete units, 20 are needed"


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ("team", "scored rows have no column team"),
        ("inspector", "inspector is known for visited rows only, so nobody's labelled share can be told"),
    ],
)
def test_contraction_says_which_unit_it_misses(unit: str, reason: str) -> None:
    rows = two_offices()
    rows["inspector"] = pd.Series("ann", index=rows.index).where(rows["fail"].notna())
    assert told(rows, "contraction", unit=unit)["reason"] == reason


def arm_rows() -> pd.DataFrame:
    """A, B, D and F were visited; A, D and F by the draw."""
    return slow.six_sites().assign(visit_type=["DR", "RI", "", "DR", "", "DR"])


def test_the_random_arm_by_hand() -> None:
    """Chosen A, B, C: of the arm A alone, which failed; of the rest D (weight 4/3) failed and F (2) passed."""
    assert told(arm_rows(), "random_arm")["value"] == 1.0
    recall = told(arm_rows(), "random_arm", "recall@0.50")
    assert recall["value"] == pytest.approx(3 / (3 + 3 * (4 / 3) / (4 / 3 + 2)))
    assert recall["reason"] == "random visits weighed by 1 / (1 - propensity / 2), as other visits may come first"
    assert (recall["n"], recall["n_positive"]) == (3, 2)


def test_a_stated_probability_of_the_draw_is_used() -> None:
    rows = arm_rows().assign(random_propensity=[0.1, 0.1, 0.1, 0.2, 0.2, 0.05])
    recall = told(rows, "random_arm", "recall@0.50")
    assert recall["value"] == pytest.approx(3 / (3 + 3 * 5 / (5 + 20)))
    assert recall["reason"] == ""


def test_the_random_arm_without_a_propensity_says_that_it_is_not_corrected() -> None:
    recall = told(arm_rows().drop(columns="propensity"), "random_arm", "recall@0.50")
    assert recall["value"] == pytest.approx(3 / (3 + 3 / 2))
    assert recall["reason"] == "not corrected for visits that came before the random one: no propensity"


def test_below_100_failures_the_random_arm_says_not_enough() -> None:
    row = told(arm_rows(), "random_arm", arm_failures=100)
    assert (math.isnan(row["value"]), row["n_positive"]) == (True, 2)
    assert row["reason"] == "not enough: 2 failures in 3 double-random visits, 100 are needed"
    assert SelectionRules().arm_failures == 100
    none = told(arm_rows().drop(columns="visit_type"), "random_arm")
    assert none["reason"] == "scored rows have no column visit_type, so no double-random visit can be told"


def test_a_draw_that_was_not_settled_is_no_part_of_the_arm() -> None:
    rows = arm_rows().assign(visit_type="DR")
    assert told(rows, "random_arm")["n"] == 4
    assert np.isfinite(told(rows, "random_arm")["value"])
