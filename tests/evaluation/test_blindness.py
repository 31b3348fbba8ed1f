"""Scores that read who goes, and scores that do not: exactly on a function, and by chance on scored rows."""

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation.inspectors.blindness import ignores_inspectors, inspector_association

VISITS = pd.DataFrame(
    {"inspector": pd.array(["ann", "bob", "ann", "eve"], dtype="str"), "past": [0.1, 0.3, 0.2, float("nan")]}
)


def rows_of(seed: int, *, by_risk: bool = False, n: int = 400) -> pd.DataFrame:
    """Visits of two offices with four inspectors each, drawn by lot, or the strict ones to sites with a bad record."""
    rng = np.random.default_rng(seed)
    office, risk = rng.integers(0, 2, n), rng.normal(size=n)
    lot = np.digitize(risk, [-0.7, 0, 0.7]) if by_risk else rng.integers(0, 4, n)
    return pd.DataFrame(
        {
            "site_id": [f"s{k}" for k in range(n)],
            "origin": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 2, n) * 100, unit="D"),
            "visited_on": pd.Timestamp("2024-05-01"),
            "fail": pd.array(rng.random(n) < 0.3, dtype="boolean"),
            "weight": 1.0,
            "office": [f"o{k}" for k in office],
            "inspector": [f"o{o}i{k}" for o, k in zip(office, lot, strict=True)],
            "score_past_fail_rate": risk,
            "score_blind": risk + office + rng.normal(size=n),
            "score_reads": risk + 2.0 * (lot == 3) + rng.normal(size=n),
        }
    )


def test_a_score_that_does_not_read_the_inspector_keeps_every_bit() -> None:
    found = ignores_inspectors(lambda visits: visits["past"] * 3, VISITS, seed=1)
    assert (found.ignores, found.changed, found.largest, found.swaps) == (True, 0, 0.0, 6)


def test_a_score_that_reads_it_is_caught_however_little_it_does() -> None:
    found = ignores_inspectors(lambda visits: 1.0 + 1e-15 * (visits["inspector"] == "ann"), VISITS, seed=1)
    assert not found.ignores
    assert 0 < found.largest < 1e-14
    counts = ignores_inspectors(lambda v: v["inspector"].map(v["inspector"].value_counts()), VISITS, swaps=1, seed=1)
    assert not counts.ignores
    assert counts.changed == len(VISITS)  # the last swap leaves nobody, and every score becomes NaN


def test_a_score_that_reads_it_only_where_it_is_missing_is_caught_too() -> None:
    assert not ignores_inspectors(lambda visits: visits["inspector"].isna(), VISITS, seed=1).ignores


def test_the_visits_given_are_not_touched() -> None:
    before = VISITS.copy()

    def score(visits: pd.DataFrame) -> "pd.Series[float]":
        visits["inspector"] = "nobody"
        return visits["past"]

    ignores_inspectors(score, VISITS, seed=1)
    pd.testing.assert_frame_equal(VISITS, before)


def test_a_question_that_shows_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="no column 'inspector'"):
        ignores_inspectors(lambda visits: visits["past"], VISITS[["past"]], seed=1)
    with pytest.raises(DataError, match="1 inspectors and 5 swaps show nothing"):
        ignores_inspectors(lambda visits: visits["past"], VISITS.assign(inspector="ann"), seed=1)
    with pytest.raises(DataError, match=r"a score for each of 4 visits is needed; got shape \(3,\)"):
        ignores_inspectors(lambda visits: visits["past"].iloc[1:], VISITS, seed=1)


def test_with_inspectors_drawn_by_lot_the_test_catches_a_score_that_reads_them_and_no_other() -> None:
    small = []
    for seed in range(30):
        blind, reads = inspector_association(rows_of(seed), ["blind", "reads"], draws=49, seed=seed)["p"]
        assert reads == 0.02
        small.append(blind <= 0.2)
    assert 1 <= sum(small) <= 12  # 6 expected, standard deviation 2.2


def test_inspectors_sent_by_record_look_read_only_where_the_record_is_left_out() -> None:
    rows = rows_of(1, by_risk=True)
    beyond = inspector_association(rows, ["blind"], draws=199, seed=1).iloc[0]
    plain = inspector_association(rows, ["blind"], history=(), draws=199, seed=1).iloc[0]
    assert plain["p"] == 0.005
    assert beyond["share"] < plain["share"] / 3


def test_the_share_is_that_of_the_variance_between_inspectors_of_ranks_within_office_and_day() -> None:
    rows = rows_of(2, n=300)
    found = inspector_association(rows, ["blind"], history=(), draws=9, seed=1).iloc[0]
    value = np.empty(len(rows))
    for _, part in rows.groupby(["office", "origin"]):
        score = part["score_blind"].to_numpy()
        value[part.index] = [((score < one).sum() + 0.5) / len(score) - 0.5 for one in score]
    sums = pd.Series(value).groupby(rows["inspector"]).agg(["sum", "size"])
    assert found["share"] == pytest.approx((sums["sum"] ** 2 / sums["size"]).sum() / (value**2).sum())
    assert found["by_chance"] == pytest.approx(6 / 297, abs=0.02)
    assert (found["n"], found["reason"]) == (300, "")


def test_inspectors_change_places_within_an_office_and_day_only() -> None:
    # Ann and Bob, one visit each on each of 50 days: ann's sum of +-1/4 has the variance 50/16, bob's is minus hers, so
    # that on average 2 x (50/16) / 50 of 100/16 lies between them; among all 100 visits it would be half as much
    days = np.repeat(np.arange(50), 2)
    rows = rows_of(5, n=100).assign(
        origin=pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D"), office="o", inspector=["ann", "bob"] * 50
    )
    found = inspector_association(rows, ["blind"], history=(), draws=400, seed=1).iloc[0]
    assert found["by_chance"] == pytest.approx(0.02, abs=0.005)


def test_what_cannot_be_said_is_said() -> None:
    rows = rows_of(3)
    table = inspector_association(rows.assign(score_flat=1.0), ["flat", "past_fail_rate"], draws=9, seed=1)
    assert table["reason"].tolist() == ["its scores do not differ within an office and origin", ""]
    assert np.isnan(table["p"].iloc[0])
    alone = inspector_association(rows.assign(inspector=rows["office"]), ["blind"], draws=9, seed=1)
    assert alone["reason"].tolist() == ["not enough data: 0 visits could swap their inspector, 100 are needed"]
    nowhere = inspector_association(rows.drop(columns="office"), ["blind"], draws=9, seed=1)
    assert nowhere["reason"].str.startswith("the rows name no office").all()
    assert nowhere["share"].iloc[0] > 2 * inspector_association(rows, ["blind"], draws=9, seed=1)["share"].iloc[0]
    with pytest.raises(DataError, match="0 permutations show nothing"):
        inspector_association(rows, ["blind"], draws=0, seed=1)
