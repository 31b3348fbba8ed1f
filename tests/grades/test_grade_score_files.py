"""Files with a score rule: what they hold once read, variants, and everything in them that must be refused."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from riskml.errors import DataError, StudyError
from riskml.grades import grade, grade_log, load_system, system_names
from riskml.grades.parsing import parse_system
from riskml.grades.rules import ScoreRule
from riskml.grades.texts import system_text
from riskml.records import Records

DAY = 20_000
Grader = Callable[..., "pd.Series[Any]"]


def rule_of(name: str) -> ScoreRule:
    rule = load_system(name).rule
    assert isinstance(rule, ScoreRule)
    return rule


def test_all_systems_of_the_specification_are_there() -> None:
    wanted = {
        "nanchang", "zhenhai", "xiangshan", "rizhao", "zhenping", "zhenping_public", "zhenping_stars", "shaanxi2017",
        "guiyang", "shenzhen_general", "shenzhen_food", "cfda2016", "catering_abc", "samr2022", "wuhan2017",
        "chicago_risk", "nyc_letter", "fhrs",
    }  # fmt: skip
    assert set(system_names()) == wanted


def test_the_long_tables_have_as_many_indicators_as_were_announced() -> None:
    shenzhen = rule_of("shenzhen_general")
    assert len(shenzhen.indicators) == 63
    assert sum(one.most for one in shenzhen.indicators) == 100
    for part, points in {"B": 15, "D": 20, "S": 40, "A": 10, "C": 15}.items():
        assert sum(one.most for one in shenzhen.indicators if one.part == part) == points
    zhenhai = rule_of("zhenhai")
    assert len(zhenhai.indicators) == 41
    assert len({one.dimension for one in zhenhai.indicators}) == 11
    assert [part.weight for part in zhenhai.parts] == [0.3, 0.6, 0.1]


def test_samr2022_has_the_point_table_of_shenzhen_and_its_own_cuts() -> None:
    assert rule_of("samr2022").indicators == rule_of("shenzhen_general").indicators
    assert [cut.value for cut in rule_of("samr2022").cuts] == [10, 30, 55]


def test_variants_change_what_they_name_and_nothing_else() -> None:
    plain, strict = rule_of("xiangshan"), rule_of("xiangshan/market2012")
    changed = [one.key for one, other in zip(plain.indicators, strict.indicators, strict=True) if one != other]
    assert changed == ["X05"]
    assert rule_of("shaanxi2017/publicity2025").indicators == rule_of("shaanxi2017").indicators


def test_the_2025_classes_end_a_fine_after_a_year(one_site: Grader) -> None:
    fine = [{"code": "PEN_FINE", "age": 366, "amount": 20_000.0}]
    assert one_site(fine, system="shaanxi2017")["score"] == 90
    assert one_site(fine, system="shaanxi2017/publicity2025")["score"] == 100
    assert one_site(fine, system="nanchang/publicity2025")["points"] == 0


def test_a_variant_of_guiyang_draws_by_another_grade(one_site: Grader) -> None:
    stop = [{"code": "PEN_STOP", "age": 10}]
    assert one_site(stop, system="guiyang")["level"] == "A"
    assert one_site(stop, system="guiyang/shaanxi2017")["level"] == "C"


def test_a_sample_takes_twelve_points_by_the_market_rule_of_2012(one_site: Grader) -> None:
    assert one_site([{"code": "SAMP_STD", "age": 10}], system="xiangshan")["score"] == 6
    assert one_site([{"code": "SAMP_STD", "age": 10}], system="xiangshan/market2012")["level"] == "red"


@pytest.mark.parametrize(("age", "score"), [(278, 10.0), (277, 9.0)])
def test_the_year_of_wuhan_is_that_of_the_day_before(one_site: Grader, age: int, score: float) -> None:
    # day 20,000 is 2024-10-04: 2024 began 277 days before
    assert one_site([{"code": "PEN_FINE", "age": age}], system="wuhan2017")["score"] == score


def test_on_new_years_day_the_year_that_ended_counts(one_site: Grader) -> None:
    day = DAY + 89  # 2025-01-01
    assert one_site([{"code": "PEN_FINE", "age": 10}], system="wuhan2017", day=day)["score"] == 9
    assert one_site([{"code": "PEN_FINE", "age": 10}], system="wuhan2017", day=day + 1)["score"] == 10


def test_a_repair_of_what_cannot_be_repaired_early_is_ignored_by_every_system(one_site: Grader) -> None:
    rows = [
        {"code": "PEN_STOP", "age": 20, "repaired_on": DAY - 1},
        {"code": "PEN_CONF", "age": 20, "repaired_on": DAY - 1},
    ]
    assert one_site(rows, system="wuhan2017")["score"] == 7
    assert one_site(rows, system="shaanxi2017")["score"] == 70
    assert one_site(rows, system="wuhan2017/repair_keep")["score"] == 5


def test_points_are_what_is_lost_where_more_is_safer(one_site: Grader) -> None:
    row = one_site([{"code": "PEN_FINE", "age": 20}], system="wuhan2017")
    assert (row["points"], row["score"]) == (1, 9)
    better = one_site([{"code": "AWARD_CITY", "age": 20}], system="xiangshan")
    assert (better["points"], better["score"]) == (-1, 13)


def test_a_new_site_is_not_safer_than_b_whatever_is_known_of_it(one_site: Grader) -> None:
    young, old = pd.Timestamp("2024-04-05"), pd.Timestamp("2024-04-04")  # 182 and 183 days before
    assert one_site([], system="shenzhen_general", registered_on=young)["level"] == "B"
    assert one_site([{"code": "COMPLAINT", "age": 3}], system="shenzhen_general", registered_on=young)["level"] == "B"
    assert one_site([], system="shenzhen_general", registered_on=old)["level"] != "B"


def test_coverage_is_the_share_of_indicators_with_data(one_site: Grader) -> None:
    assert one_site([], system="shaanxi2017")["coverage"] == 0
    assert one_site([{"code": "SAMP_STD", "age": 9}], system="shaanxi2017")["coverage"] == pytest.approx(1 / 5)
    assert one_site([], system="zhenping", format_code="C1")["coverage"] == pytest.approx(1 / 3)


def test_a_snapshot_is_no_evidence_before_its_day(make_records: Callable[..., Records]) -> None:
    sites = [{"site_id": "a", "licence_valid_to": "2020-01-01"}]
    records = make_records(sites=sites, snapshots={"licence_valid_to": "2024-05-01"})
    before, after = (grade(records, "zhenhai", day) for day in ("2024-05-01", "2024-05-02"))
    assert before["score"].iloc[0] > after["score"].iloc[0]
    assert before["coverage"].iloc[0] < after["coverage"].iloc[0]


def test_a_published_class_is_what_another_system_reads(make_records: Callable[..., Records]) -> None:
    row = {"site_id": "a", "system": "samr2022", "level": "D", "valid_from": "2024-01-01", "known_on": "2024-01-01"}
    records = make_records(sites=[{"site_id": "a"}, {"site_id": "b"}], grades=[row])
    assert grade(records, "rizhao", "2024-06-01")["score"].tolist() == [20, 0]
    assert grade(records, "guiyang", "2024-06-01")["level"].tolist() == ["D", "A"]
    assert grade(records, "guiyang", "2023-06-01")["level"].tolist() == ["A", "A"]


def test_given_values_stand_in_place_of_the_records(make_log: Callable[..., pd.DataFrame]) -> None:
    sites = pd.DataFrame({"site_id": ["a", "b", "c"]})
    log = make_log([{"code": "SAMP_STD", "age": 5, "site_id": name} for name in "abc"])
    given = pd.DataFrame({"deductions": [0.0, None, 45.0], "SERIOUS": [None, True, None]}, dtype="object")
    row = grade_log(sites, log, load_system("shaanxi2017"), DAY, provided=given)
    assert row["score"].tolist() == [100, 90, 55]
    assert row["level"].tolist() == ["A", "D", "D"]
    assert row["veto"].isna().tolist() == [True, False, True]


def test_a_given_word_that_nobody_knows_is_refused(make_log: Callable[..., pd.DataFrame]) -> None:
    given = pd.DataFrame({"inspection": ["合格"]})
    with pytest.raises(DataError, match=r"inspection is given as '合格'; allowed are numbers and .'不符合'"):
        grade_log(pd.DataFrame({"site_id": ["a"]}), make_log([]), load_system("rizhao"), DAY, provided=given)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("shaanxi2017", 'kind = "sum"', 'kind = "total"', "kind is 'total'; it must be one of"),
        ("shaanxi2017", 'fact = "repeats"', 'fact = "repeated"', "fact is 'repeated'; it must be one of"),
        ("shaanxi2017", 'part = "bonus", en = "awards', 'part = "bonuses", en = "awards', "part is 'bonuses'; it must"),
        ("shaanxi2017", "per = 5 }\nawards", "per = 5, cap = 9 }\nawards", r"unknown keys \['cap'\]"),
        ("shaanxi2017", "within_days = 365", "", "within_days is missing"),
        ("shaanxi2017", 'level = "D"\nen = "licence', 'level = "E"\nen = "licence', "level is 'E'; it must be one of"),
        ("shaanxi2017", "higher is safer", "safer", "direction is 'safer'; it must be one of"),
        ("shaanxi2017", "score = { from = 80, below = 100", "score = { from = 80, below = 99", "there is a gap"),
        ("shaanxi2017", "score = { from = 80, below = 100", "score = { from = 80, below = 101", "they overlap"),
        ("shaanxi2017", '["SAMP_LABEL", "SAMP_STD"', '["SAMP_LABLE", "SAMP_STD"', "unknown event codes"),
        ("shaanxi2017", "awards = {", "SERIOUS = {", r"\['SERIOUS'\] stand for two things"),
        ("shaanxi2017", "[veto.ACCIDENT]", "[veto.veto]", r"\['veto'\] stand for two things"),
        ("shaanxi2017", 'codes = ["SERIOUS"]\n', "", r"fact = 'count' needs \['codes'\]"),
        ("shaanxi2017", 'fact = "count", codes = ["AWARD_CITY"]', 'fact = "tier"', "no meaning with fact = 'tier'"),
        ("zhenhai", "max = 15,", "max = 14,", r"\[part.P\]: its indicators sum to 99; total says 100"),
        ("zhenhai", "value = 0.3,", "value = 0.4,", r"\[score\]: the parts sum to 110; total says 100"),
        ("rizhao", "from = 3, value = 27", "from = 5, value = 27", "steps at 5, 4 must rise"),
        ("rizhao", "{ from = 3, value = 27 }", "{ from = 3, above = 3, value = 27 }", "write exactly one of"),
        ("rizhao", 'system = "samr2022"', 'system = "samr2020"', "unknown grading system 'samr2020'; did you mean"),
        ("catering_abc", 'types = ["RI", "DR", "SP"], window_days', 'types = ["RX"], window_days', "unknown visit"),
        ("catering_abc", "visits_per_year = { value = 1,", "visits_per_week = { value = 1,", "unknown keys"),
        ("guiyang", "draw_ratio_per_year = { value = 0.01,",
         "visits_per_year = 1\ndraw_ratio_per_year = { value = 0.01,",
         "write exactly one of"),
        ("guiyang", 'system = "samr2022"', 'system = "shenzhen_general"', "has 6 levels, this system 4"),
        ("samr2022", 'extends = "shenzhen_general"', 'extends = "shenzhen"', "unknown grading system 'shenzhen'"),
        ("cfda2016", "worse = {", "better = 1\nworse = {", "write exactly one of"),
        ("cfda2016", "period = \"year\"", "period = \"week\"", "period is 'week'; it must be one of"),
    ],
)  # fmt: skip
def test_a_wrong_score_file_is_refused(name: str, old: str, new: str, message: str) -> None:
    text = system_text(name)
    assert old in text
    with pytest.raises(StudyError, match=message):
        parse_system(text.replace(old, new, 1), name=name)


def test_a_system_has_one_kind_of_rule() -> None:
    with pytest.raises(StudyError, match=r"\['family', 'score'\] stand side by side"):
        parse_system(system_text("nanchang") + '\n[score]\ndirection = "higher is riskier"\n', name="nanchang")
