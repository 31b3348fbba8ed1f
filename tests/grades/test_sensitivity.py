"""Assumed numbers varied: what is drawn, where the cuts go, and the differences that follow."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.evaluation import compare
from riskml.evaluation.levels.quality_words import range_sentences
from riskml.evaluation.sensitivity import Sensitivity, ranges, sensitivity
from riskml.grades import grade, load_system, policy_scores, system_names, with_numbers
from riskml.grades.engine import grade_on, open_bench
from riskml.grades.point_cuts import cut_paths, point_cuts
from riskml.grades.regrading import make_regrading
from riskml.grades.rules import ScoreRule
from riskml.grades.sensitivity import (
    WORST_SHARES,
    Reference,
    draw_factors,
    draw_numbers,
    draws_of,
    one_at_a_time,
    shifted,
    worst_cut,
)
from riskml.grades.varied_numbers import SCALE, Varied, varied_numbers
from riskml.models.policies import grade_scores, graded_days
from riskml.records import Records, read_records
from riskml.records.days import day_number
from riskml.records.log import event_log
from studies import SAMPLE

every_system = pytest.mark.parametrize("name", system_names())
DAYS = ("2024-03-25", "2024-09-21")


@pytest.fixture(scope="module")
def records() -> Records:
    return read_records(SAMPLE)


@pytest.fixture(scope="module")
def log(records: Records) -> pd.DataFrame:
    return event_log(records)


@pytest.fixture(scope="module")
def reference(records: Records, log: pd.DataFrame) -> Reference:
    there = np.arange(len(records.sites)) % 3 == 0
    return Reference(open_bench(records, log=log), day_number(DAYS[0]), there)


@pytest.fixture(scope="module")
def rows(records: Records, log: pd.DataFrame) -> pd.DataFrame:
    """Scored rows of two days: a random model, and the grade of Nanchang as a run has it."""
    rng = np.random.default_rng(4)
    numbers = [day_number(day) for day in DAYS]
    graded, parts = graded_days(records, log, ["nanchang", "chicago_risk"], numbers), []
    for day in DAYS:
        active = records.sites[["site_id"]].iloc[::3].assign(as_of=pd.Timestamp(day)).reset_index(drop=True)
        active["as_of"] = active["as_of"].astype("datetime64[s]")
        scores = grade_scores(graded, ["nanchang", "chicago_risk"], active).add_prefix("score_")
        fail = pd.Series(rng.random(len(active)) < 0.2, dtype="boolean").mask(rng.random(len(active)) < 0.5)
        model = rng.random(len(active))
        fixed = active.assign(origin=active["as_of"], fail=fail, weight=1.0, score_model=model)
        parts.append(pd.concat([fixed, scores], axis=1))
    joined: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return joined.iloc[rng.permutation(len(joined))]


@pytest.fixture(scope="module")
def found(rows: pd.DataFrame, records: Records, log: pd.DataFrame) -> Sensitivity:
    return sensitivity(rows, records, load_system("nanchang"), budgets=[0.1, 0.2], draws=6, seed=5, log=log)


@every_system
def test_every_assumed_number_is_varied_or_is_a_cut_or_belongs_to_the_scale(name: str) -> None:
    system = load_system(name)
    varied = {one.path for one in varied_numbers(system)}
    rest = [path for path in system.assumed if path not in varied]
    cuts = {path for pair in cut_paths(system) for path in pair}
    assert all(path in cuts or path.startswith("score.") or set(path.split(".")) & set(SCALE) for path in rest)
    assert varied <= set(system.assumed)


@every_system
def test_a_draw_stays_between_half_and_twice_and_is_a_system(name: str) -> None:
    system = load_system(name)
    for seed in range(5):
        drawn = draw_numbers(system, np.random.default_rng(seed))
        for path, value in drawn.items():
            old = system.numbers[path].value
            ends = (0.5, 0.5) if path.endswith("days") else (1e-6, 1e-6)  # days are rounded
            kind = next(one.kind for one in varied_numbers(system) if one.path == path)
            if kind in ("times", "days"):
                assert 0.5 * old - ends[0] <= value <= 2 * old + ends[1], path
        assert with_numbers(system, drawn).replaced == drawn


def test_factors_are_uniform_on_the_log_scale() -> None:
    system = load_system("nanchang")
    logs = [np.log2(list(draw_factors(system, np.random.default_rng(seed)).values())) for seed in range(200)]
    drawn = np.concatenate(logs)
    assert len(set(drawn.tolist())) == len(drawn)
    assert np.quantile(drawn, (0.0, 0.25, 0.5, 0.75, 1.0)) == pytest.approx([-1, -0.5, 0, 0.5, 1], abs=0.04)


@pytest.mark.parametrize(
    ("varied", "old", "factor", "new"),
    [
        (Varied("a", "a", "times"), 1.5, 2.0, 3.0),
        (Varied("a", "a", "days"), 365.0, 0.5, 182.0),
        (Varied("a", "a", "days"), 1.0, 0.5, 1.0),
        (Varied("a", "a", "share", 1.0), 0.7, 2.0, 1.0),
        (Varied("a", "a", "shortfall", 1.0), 0.7, 2.0, 0.4),
        (Varied("a", "a", "shortfall", 1.0), 0.7, 0.5, 0.85),
        (Varied("a", "a", "shortfall", 1.0), 0.2, 2.0, 0.0),
        (Varied("a", "a", "shortfall", 1.0), 1.0, 2.0, 1.0),
        (Varied("a", "a", "shortfall", 100.0), 70.0, 2.0, 40.0),
    ],
)
def test_a_factor_keeps_each_kind_of_number_in_its_range(varied: Varied, old: float, factor: float, new: float) -> None:
    assert varied.value(old, factor) == new


def test_values_of_one_indicator_share_a_factor_so_that_their_order_stands() -> None:
    system = load_system("zhenhai")
    assert isinstance(system.rule, ScoreRule)
    for seed in range(20):
        drawn = with_numbers(system, draw_numbers(system, np.random.default_rng(seed))).rule
        assert isinstance(drawn, ScoreRule)
        for before, after in zip(system.rule.indicators, drawn.indicators, strict=True):
            old, new = ([step.value for step in one.worth.steps] for one in (before, after))
            assert [np.sign(old[0] - v) * (new[0] - w) >= 0 for v, w in zip(old, new, strict=True)] == [True] * len(old)
            assert all(0 <= value <= max(1.0, max(old, default=0)) for value in new)


def test_an_unknown_seed_is_another_draw_and_the_same_seed_the_same() -> None:
    system = load_system("nanchang")
    one, same, other = (draw_numbers(system, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def graded(points: list[float], *, red: int = 0) -> pd.DataFrame:
    """Sites with these points; the first `red` of them red by veto."""
    rank = pd.array([3] * red + [0] * (len(points) - red), dtype="Int64")
    veto = ["SERIOUS"] * red + [None] * (len(points) - red)
    return pd.DataFrame({"points": points, "rank": rank, "veto": pd.Series(veto, dtype="str")})


@pytest.mark.parametrize(
    ("points", "red", "share", "cut"),
    [
        ([0, 0, 1, 2, 3, 4, 5, 6, 7, 8], 0, 0.10, 7.5),
        ([0, 0, 1, 2, 3, 4, 5, 6, 7, 8], 0, 0.20, 6.5),
        ([0, 0, 1, 2, 3, 4, 5, 6, 7, 8], 2, 0.20, 12.0),  # two vetoes are the share already: above the highest
        ([0, 0, 1, 2, 3, 4, 5, 6, 7, 8], 1, 0.20, 7.5),
        ([0, 0, 0, 0, 0, 0, 0, 5, 5, 5], 0, 0.05, 7.5),  # none is nearer to 5 % than three of ten
        ([0, 0, 0, 0, 0, 0, 0, 5, 5, 5], 0, 0.20, 2.5),
        ([0, 0, 0, 0], 0, 0.10, 0.5),
    ],
)
def test_the_worst_cut_lies_where_the_share_comes_nearest(
    points: list[float], red: int, share: float, cut: float
) -> None:
    assert worst_cut(load_system("nanchang"), graded(points, red=red), share) == cut


def test_cuts_keep_their_proportions_and_the_worst_level_its_share(reference: Reference) -> None:
    system = load_system("nanchang")
    made = shifted(1, "x", system, reference, asked=0.05, spare=1.0)
    cuts = [value for value, _ in point_cuts(made.system)]
    assert cuts == pytest.approx([cuts[2] / 6, cuts[2] / 2, cuts[2]], abs=1e-5)
    rank = grade_on(reference.bench, made.system, reference.day)["rank"][reference.sites]
    assert (rank == 3).mean() == pytest.approx(0.05, abs=0.015)


def test_of_a_score_that_falls_with_the_risk_the_points_lost_are_scaled(reference: Reference) -> None:
    system = load_system("shenzhen_food")
    before = np.array([value for value, _ in point_cuts(system)])
    made = shifted(1, "x", system, reference, asked=0.01, spare=1.0)
    after = np.array([value for value, _ in point_cuts(made.system)])
    assert len(set(np.round(after / before, 4))) == 1
    assert after[0] != before[0]


def test_a_published_cut_stands_and_the_others_stay_in_front_of_it(reference: Reference) -> None:
    system = load_system("xiangshan")
    for spare in (0.5, 1.0, 2.0):
        made = shifted(1, "x", system, reference, asked=0.05, spare=spare)
        cuts = [value for value, _ in point_cuts(made.system)]
        assert made.worst_asked is None
        assert cuts[2] == point_cuts(system)[2][0]
        assert cuts[0] < cuts[1] < cuts[2]
        assert cuts[0] == pytest.approx(point_cuts(system)[0][0] * min(spare, 1.425))  # 6 x 1.425 = 0.95 x 9


@every_system
def test_draws_of_every_system_can_be_graded(name: str, reference: Reference) -> None:
    system = load_system(name)
    made = list(draws_of(system, reference, draws=2 if system.assumed else 0, seed=9))
    assert made[0].system is system
    for draw in made[1:]:
        cuts = [value for value, _ in point_cuts(draw.system)]
        assert cuts == sorted(set(cuts))
        assert draw.worst_asked is None or draw.worst_asked in WORST_SHARES


def test_a_draw_depends_on_the_seed_and_its_number_alone(reference: Reference) -> None:
    system = load_system("nanchang")
    three, one = (list(draws_of(system, reference, draws=n, seed=9)) for n in (3, 1))
    assert three[1].system.replaced == one[1].system.replaced
    assert three[2].system.replaced != one[1].system.replaced


def test_one_at_a_time_halves_and_doubles_each_number_alone(reference: Reference) -> None:
    system = load_system("nanchang")
    made = list(one_at_a_time(system, reference))
    alone = [draw for draw in made if draw.worst_asked is None][1:]
    assert len(alone) == 2 * len(varied_numbers(system))
    assert all(len(draw.system.replaced) == 1 for draw in alone)
    caps = [draw for draw in alone if draw.label.startswith("family.SAMP.cap")]
    assert [draw.system.numbers["family.SAMP.cap"].value for draw in caps] == [3.0, 12.0]
    assert [draw.worst_asked for draw in made[-4:]] == list(WORST_SHARES)


def test_draw_0_is_the_comparison_to_the_bit(found: Sensitivity, rows: pd.DataFrame) -> None:
    policies = ["model", "grade_nanchang", "grade_nanchang_points"]
    pairs = [("model", policy) for policy in policies[1:]]
    compared = compare(rows, policies, budgets=[0.1, 0.2], draws=0, seed=0, pairs=pairs, probability_policies=())
    first = found.table[found.table["draw"] == 0]
    assert len(first) == 2 * 10
    for row in first.to_dict("records"):
        assert row["grade"] == compared.policies[row["policy"]][row["metric"]].value
        assert row["difference"] == compared.differences[f"model - {row['policy']}"][row["metric"]].value


def test_a_draw_gives_what_its_numbers_give_when_graded_anew(
    found: Sensitivity, rows: pd.DataFrame, records: Records
) -> None:
    third = found.numbers[found.numbers["draw"] == 3]
    put = dict(zip(third["path"], third["value"], strict=True))
    system = with_numbers(load_system("nanchang"), put)
    scores: dict[tuple[str, pd.Timestamp], int] = {}
    for day in DAYS:
        table = grade(records, system, day)
        scores |= {(site, pd.Timestamp(day)): rank for site, rank in zip(table["site_id"], table["rank"], strict=True)}
    keys = zip(rows["site_id"], rows["as_of"], strict=True)
    anew = rows.assign(score_anew=[float(scores[key]) for key in keys])
    compared = compare(anew, ["anew"], budgets=[0.1, 0.2], draws=0, seed=0, pairs=[], probability_policies=())
    here = found.table[(found.table["draw"] == 3) & (found.table["policy"] == "grade_nanchang")]
    for row in here.to_dict("records"):
        assert row["grade"] == compared.policies["anew"][row["metric"]].value
    red = anew.loc[anew["as_of"] == DAYS[0], "score_anew"] == 3
    assert here["worst_reached"].iloc[0] == red.mean()


def test_the_draws_differ_and_the_same_seed_gives_them_again(
    found: Sensitivity, rows: pd.DataFrame, records: Records, log: pd.DataFrame
) -> None:
    again = sensitivity(rows, records, load_system("nanchang"), budgets=[0.1, 0.2], draws=6, seed=5, log=log)
    pd.testing.assert_frame_equal(found.table, again.table)
    pd.testing.assert_frame_equal(found.numbers, again.numbers)
    recall = found.table.query("policy == 'grade_nanchang' and metric == 'recall@0.20'")["grade"]
    assert recall.nunique() > 3


def test_a_system_without_assumed_numbers_has_draw_0_alone(
    rows: pd.DataFrame, records: Records, log: pd.DataFrame
) -> None:
    made = sensitivity(rows, records, load_system("chicago_risk"), budgets=[0.1], draws=6, seed=5, log=log)
    assert set(made.table["draw"]) == {0}
    assert made.numbers.empty
    line = range_sentences(ranges(made.table), "recall@0.10", "en")[0]
    assert line.endswith("no number that leads to the grade is assumed.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.assign(score_grade_nanchang=rows["score_grade_nanchang"] + (rows.index == 3)),
         "grade_nanchang: 1 of 2000 scores of the run are not those of today's system"),
        (lambda rows: rows.assign(site_id=rows["site_id"].mask(rows.index == 3, "nowhere")), "such as .'nowhere'"),
        (lambda rows: rows.drop(columns=["score_grade_nanchang", "score_grade_nanchang_points"]),
         "hold no policy of nanchang"),
    ],
)  # fmt: skip
def test_a_run_that_is_not_today_s_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame], message: str, rows: Any, records: Any, log: Any
) -> None:
    with pytest.raises(DataError, match=message):
        sensitivity(change(rows), records, load_system("nanchang"), budgets=[0.1], draws=1, seed=5, log=log)


def test_the_range_is_over_the_draws_and_the_default_stands_beside_it() -> None:
    differences = [0.5, -0.2, 0.0, 0.1, 0.3, float("nan")]
    table = pd.DataFrame({"draw": range(6), "difference": differences})
    table = table.assign(system="s", policy="grade_s", metric="recall@0.10")
    row = ranges(table).iloc[0]
    assert (row["default"], row["least"], row["most"], row["draws"]) == (0.5, -0.2, 0.3, 4)
    assert row["median"] == pytest.approx(0.05)
    assert row["p05"] == pytest.approx(-0.2 + 0.15 * 0.2)  # a place of 0.05 x 3 between -0.2 and 0
    assert row["p95"] == pytest.approx(0.3 - 0.15 * 0.2)
    assert row["grade_wins"] == 0.25  # a draw with 0 is no win
    english, chinese = (range_sentences(ranges(table), "recall@0.10", lang)[0] for lang in ("en", "zh"))
    assert "is +0.500 as it stands; over 4 draws of the assumed numbers it runs from -0.200 to +0.300" in english
    assert "25.0 %" in english
    assert "对推定数值作4次抽取，差值介于-0.200与+0.300之间" in chinese


@pytest.mark.parametrize("name", ["nanchang", "rizhao", "xiangshan"])
def test_a_bench_used_again_gives_what_a_new_one_gives(name: str, records: Records, log: pd.DataFrame) -> None:
    system, days = load_system(name), [day_number(day) for day in DAYS]
    ready = make_regrading(records, log, system, days)
    for seed in (1, 2):
        drawn = with_numbers(system, draw_numbers(system, np.random.default_rng(seed)))
        for day, table in zip(DAYS, ready.scores(drawn), strict=True):
            graded = grade(records, drawn, day, log=log)
            assert np.array_equal(table["rank"], graded["rank"].to_numpy(np.float64, na_value=np.nan), equal_nan=True)
            assert table["points_score"].tolist() == policy_scores(graded)["points_score"].tolist()
