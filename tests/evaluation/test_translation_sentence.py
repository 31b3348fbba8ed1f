"""The translated grade in a sentence: which level it speaks of, and what it says when it can say little."""

import numpy as np
import pandas as pd
import pytest

from riskml.evaluation.levels.translation_sentence import translation_sentence

NAMES = {code: {"en": code.title(), "zh": f"{code}级"} for code in ("low", "mid", "high")}


def rates(
    level: str = "high", less: tuple[float, float, float] = (0.1, 0.02, 0.18), rise: tuple[float, float] = (1.0, 0.0)
) -> pd.DataFrame:
    """Rates of 30 against 20 % at one level and nothing at the others; `rise` of the new and of the old grade."""
    columns = ["measure", "grade", "level", "value", "low", "high", "n", "n_positive"]
    told = {("new", level): (0.3, np.nan, np.nan), ("old", level): (0.2, np.nan, np.nan), ("difference", level): less}
    nothing = (np.nan, np.nan, np.nan)
    rows = [
        ("fail_rate_from", grade, code, *told.get((grade, code), nothing), 100, 30 if grade == "new" else 20)
        for grade in ("old", "new", "difference")
        for code in NAMES
    ]
    rows += [
        ("rates_rise", grade, "", value, np.nan, np.nan, 100, 30)
        for grade, value in zip(("new", "old"), rise, strict=True)
    ]
    return pd.DataFrame(rows, columns=columns)


def test_it_speaks_of_the_riskiest_level_that_both_have_enough_visits_at() -> None:
    told = translation_sentence(rates(), NAMES)
    assert told["en"] == (
        "Of the visited sites, those that the model puts at High failed in 30.0% (30/100) of their visits, those that "
        "the rule puts there in 20.0% (20/100): +10.0 percentage points [+2.0, +18.0], more often beyond chance. The "
        "levels of both hold the same numbers of sites. The failure rates of the model's levels rise from level to "
        "level, those of the rule's do not."
    )
    assert told["zh"] == (
        "在已检查的主体中，模型评为high级的不合格率为30.0% (30/100)，规则评为该等级的为20.0% (20/100)，"
        "相差+10.0个百分点 [+2.0, +18.0]，更高，且超出偶然范围。两者各等级主体数相同。"
        "模型各等级不合格率随风险等级上升，规则各等级则不然。"
    )
    lower = translation_sentence(rates("mid"), NAMES)
    assert "puts at Mid or riskier failed" in lower["en"]
    assert "模型评为mid级及以上风险的" in lower["zh"]


def test_at_the_safest_level_and_above_stands_everybody_so_nothing_is_said() -> None:
    assert translation_sentence(rates("low"), NAMES)["en"].startswith("Too few visited sites stand at the riskier")


@pytest.mark.parametrize(
    ("less", "words"),
    [
        ((0.1, -0.02, 0.2), "no more than chance allows"),
        ((-0.1, -0.2, -0.02), "less often beyond chance"),
        ((0.1, np.nan, np.nan), "points, with no interval to judge it by"),
    ],
)
def test_it_says_what_the_interval_allows(less: tuple[float, float, float], words: str) -> None:
    assert words in translation_sentence(rates(less=less), NAMES)["en"]


@pytest.mark.parametrize(
    ("rise", "words"),
    [
        ((1.0, 1.0), "The failure rates of both rise from level to level."),
        ((0.0, 1.0), "The failure rates of the rule's levels rise from level to level, those of the model's do not."),
        ((0.0, 0.0), "The failure rates of neither rise from level to level."),
        ((np.nan, 1.0), "no sentence of it"),
    ],
)
def test_whether_rates_rise_is_told_where_it_could_be_asked_of_both(rise: tuple[float, float], words: str) -> None:
    told = translation_sentence(rates(rise=rise), NAMES)["en"]
    assert told.endswith(words) if words != "no sentence of it" else "The failure rates" not in told


def test_levels_of_other_sizes_are_not_said_to_be_the_same() -> None:
    told = translation_sentence(rates(), NAMES, same_sizes=False)
    assert "same numbers" not in told["en"]
    assert "主体数相同" not in told["zh"]
