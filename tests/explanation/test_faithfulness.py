"""The checks of the explanations: each holds and fails at its limit, says so in both languages, and gives a verdict."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.explanation.deletion import Deletion
from riskml.explanation.faithfulness import COLUMNS, faithfulness
from riskml.explanation.faithfulness_words import CHECKS, FAITHFUL, LASTS, NOT_RANDOM, STAYED, STAYS, verdicts

N = 50
KEPT = ("importance", "reasons", "scores", "top_reason", "top_five", "top_group")


def deleted(ahead: float, spread: float = 0.1, agreement: float = 0.9) -> Deletion:
    """Reasons that move the score by `ahead` more than either other order, on average."""
    moved = 1.0 + np.random.default_rng(1).normal(0.0, spread, (N, 2))
    own = moved - moved.mean() + 1.0 + ahead
    ones = np.ones((N, 2))
    return Deletion((1, 2), {"reasons": own, "overall": ones, "random": ones}, np.full(N, agreement))


def refits(*kept: float) -> pd.DataFrame:
    return pd.DataFrame({"refit": range(1, len(kept) + 1), **{name: list(kept) for name in KEPT}})


def made(
    gap: float = 0.0, test: Deletion | None = None, again: pd.DataFrame | None = None, lasted: float = 0.9
) -> pd.DataFrame:
    contributions = np.full((N, 3), 0.5)
    scores = np.full(N, 1.5)
    scores[3] += gap
    table = faithfulness(
        scores, contributions, test or deleted(0.3), refits(0.9, 0.8) if again is None else again, np.array([lasted]),
        seed=1,
    )  # fmt: skip
    return table.set_index("check")


def cells(table: pd.DataFrame, check: str, *columns: str) -> list[Any]:
    """What some columns say of a check."""
    return [table[column].to_dict()[check] for column in columns]


def test_every_check_is_a_row_and_holds_for_good_explanations() -> None:
    table = made()
    assert list(table.index) == list(CHECKS)
    assert list(table.reset_index().columns) == list(COLUMNS)
    assert table["holds"].all()
    assert (table["refits"] == 2).all()


def test_the_largest_gap_between_a_score_and_the_sum_of_its_parts_is_found() -> None:
    assert cells(made(gap=-3e-9), "sum", "value", "holds") == [pytest.approx(3e-9, rel=1e-6), False]
    assert made(gap=5e-10).loc["sum", "holds"]


def test_the_deletion_test_holds_if_its_whole_interval_lies_above_zero() -> None:
    clear, unclear = made(test=deleted(0.3)), made(test=deleted(0.01, spread=0.5))
    for name in ("over_random", "over_overall"):
        row = clear.loc[name]
        assert row["value"] == pytest.approx(0.3)
        assert 0 < row["low"] < row["value"] < row["high"]
        assert not unclear.loc[name, "holds"]
    areas = deleted(0.01, spread=0.5).area("random")
    error = areas.std() / np.sqrt(N)
    assert cells(unclear, "over_random", "low", "high") == pytest.approx(
        [0.01 - 1.96 * error, 0.01 + 1.96 * error], abs=0.35 * error
    )


def test_refits_are_told_by_their_mean_the_worst_and_the_best() -> None:
    found = made(again=refits(0.9, 0.7, 0.86))
    assert cells(found, "reasons", "value", "low", "high") == pytest.approx([0.82, 0.7, 0.9])
    assert cells(found, "reasons", "holds") == [True]
    assert not made(again=refits(STAYED, STAYED - 0.01)).loc["reasons", "holds"]


def test_what_was_not_made_has_no_value_and_says_why() -> None:
    table = faithfulness(np.zeros(N), np.zeros((N, 3)), None, refits(), np.array([]), seed=1, why=NOT_RANDOM).set_index(
        "check"
    )
    assert table["value"].notna().tolist() == [name == "sum" for name in CHECKS]
    assert cells(table, "reasons", "reason_en", "reason_zh") == [NOT_RANDOM["en"], NOT_RANDOM["zh"]]
    assert table.loc["over_random", "reason_en"] == "this run did not make the check"
    assert table["holds"].isna().sum() == len(CHECKS) - 1
    assert len(verdicts(table.reset_index())) == 1


def test_no_gap_of_a_sentence_stays_open_in_either_language() -> None:
    for table in (made(), made(test=deleted(0.01, spread=0.5), again=refits(0.5), lasted=-0.4)):
        for lang in ("en", "zh"):
            assert not table[f"text_{lang}"].str.contains("[{}]|nan", regex=True).any()
    assert "90%" in cells(made(again=refits(0.9)), "top_five", "text_zh")[0]
    assert "−0.40" in cells(made(lasted=-0.4), "over_time", "text_en")[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ("The reasons name what the score hangs on: every check", "are stable", "has lasted")),
        ({"gap": 1.0}, ("1 of 4 checks fail", "are stable", "has lasted")),
        ({"test": deleted(-0.2, agreement=0.2)}, ("3 of 4 checks fail", "are stable", "has lasted")),
        ({"again": refits(0.5)}, ("every check", "are not stable", "has lasted")),
        ({"lasted": 0.4}, ("every check", "are stable", "has changed")),
    ],
)
def test_the_verdict_follows_the_checks(changes: dict[str, object], said: tuple[str, str, str]) -> None:
    found = verdicts(made(**changes).reset_index())  # type: ignore[arg-type]
    assert len(found) == 3
    for told, words in zip(found, said, strict=True):
        assert words in told["en"]
        assert told["zh"]
        assert told["zh"] != told["en"]


def test_every_verdict_stands_on_checks_that_are_made() -> None:
    assert {*FAITHFUL, *STAYS, *LASTS} <= set(CHECKS)
