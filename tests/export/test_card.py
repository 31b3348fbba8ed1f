"""The model card: every headline figure, both languages, who is missing, what is refused, hostile names as text."""

import copy
import math
from typing import Any

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.export.card import render_card
from riskml.export.card_facts import RunFacts, model_facts, register_facts
from riskml.scorer import Scorer
from small_runs import CARD, FEATURES, MODEL, REGISTER, TRAINING, Summary, entry, fairness, ratio, small_summary
from tiny_models import Made


@pytest.fixture
def summary() -> Summary:
    return small_summary()


def both(summary: Summary, **more: Any) -> list[str]:
    """The English and the Chinese half."""
    return render_card(RunFacts(summary, **{**CARD, **more})).split("\n---\n\n")


def test_every_headline_figure_stands_in_both_languages(summary: Summary) -> None:
    figures = ["41.2% [38.2, 44.2]", "31.0% [28.0, 34.0]", "29.0% [26.0, 32.0]", "20.0% [17.0, 23.0]"]
    figures += ["+10.2 [+8.7, +11.7]", "+12.2 [−7.8, +32.2]", "0.541 [0.531, 0.551]", "77.7% [76.7, 78.7]"]
    figures += ["24,000", "8,123", "33.8%", "1,204", "14.8%", "15,877", "66.2%", "50,123", "7,001", "2019-01-01"]
    figures += ["2024-06-24", "1.034", "−0.110", "0123abcd", "0.1.0+ffff", "2023-04-01", "90"]
    for part in both(summary):
        assert [figure for figure in figures if figure not in part] == []


def test_the_english_part_comes_first_and_each_part_says_everything(summary: Summary) -> None:
    english, chinese = both(summary)
    assert english.startswith("# Model card: small\n\n**The verdict.**")
    assert chinese.startswith("# 模型卡：small\n\n**结论。**")
    assert english.count("\n## ") == chinese.count("\n## ") == 14
    for mark in ("\n- ", "\n1. ", "\n6. ", "\n| "):
        assert english.count(mark) == chinese.count(mark) > 0
    told = ("No automatic penalties", "People are never features", "First limit.", "How to contest", "decision day")
    assert [words for words in told if words not in english] == []
    told = ("不得自动处罚", "人员绝不作为特征", "第一条局限。", "如何提出异议", "重构（规则公开，分值为假定）")
    assert [words for words in told if words not in chinese] == []


def test_the_head_names_the_artifact_its_expiry_and_who_is_to_be_asked(summary: Summary) -> None:
    for part in both({**summary, "source": "bureau_x"}, model=MODEL):
        head = part[: part.index("\n## ", part.index("\n## ") + 1)]
        wanted = ["feed" * 16, "2024-07-01", "2025-07-01", "| 77 |", "bureau\\_x", "0123abcd", "0.1.0+ffff"]
        assert [words for words in wanted if words not in head] == []
    english, chinese = both(summary)
    assert "[to be filled by the bureau]" in english
    assert "[由主管部门填写]" in chinese
    assert "Digest" not in english, "a card without an artifact names none"


def test_who_is_missing_is_counted(summary: Summary) -> None:
    for part in both({**summary, "register": REGISTER}):
        assert [count for count in ("3,456", "111", "222", "333", "444", "555") if count not in part] == []
    english, _ = both({**summary, "register": {**REGISTER, "without_place": None}})
    assert "coordinates, so that" not in english, "records without coordinates at all are not said to have them"
    assert "Businesses that are not in the register" in english


def test_the_register_is_counted_by_hand() -> None:
    sites = pd.DataFrame(
        {"site_id": list("abcde"), "closed_on": ["2020-01-01", *[None] * 4], "lon": [1, 1, None, 1, 1], "lat": [1] * 5}
    )
    visits = pd.DataFrame({"site_id": ["a", "a", "b"]})
    rows = pd.DataFrame({"site_id": ["b", "b", "c", "d", "d"], "fail": [None, True, None, False, None]})
    counts = {"sites": 5, "closed": 1, "without_place": 1, "never_visited": 3, "never_judged": 2, "never_labelled": 1}
    assert register_facts(sites, visits, rows) == counts
    bare = register_facts(sites[["site_id"]], visits, rows)
    assert (bare["closed"], bare["without_place"]) == (None, None)


def test_a_group_whose_interval_lies_off_one_is_named(summary: Summary) -> None:
    rows = [
        ratio("north", 1.2, 1.6),
        ratio("south", 0.9, 1.4),
        ratio("west", 0.3, 0.8, metric="detection_ratio", budget=0.2),
        ratio("west", 0.2, 0.7, metric="detection_ratio", budget=0.1),
        ratio("east", math.nan, math.nan),
        ratio("north", 3.0, 4.0, policy="last_outcome"),
        ratio("north", 3.0, 4.0, metric="detection_parity"),
    ]
    english, chinese = both(summary, tables=fairness(*rows))
    assert "For 2 of 3 group figures" in english
    assert "by luck alone about 0.2 would" in english
    assert "Not judged, with too few failures: 1." in english
    assert (
        "District office, north: risk understated, observed over expected failures against the others: 1.40 " in english
    )
    assert (
        "west: more of its failures missed than its probabilities say, against the others: 0.55 [0.30, 0.80]" in english
    )
    assert english.count("(failures of the group: 37)") == chinese.count("（该组不合格37次）") == 2
    assert "3项分组指标中有2项" in chinese


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ratio("north", 0.9, 1.4)], "None of 1 group figures shows"),
        ([ratio("north", math.nan, math.nan)], "No group has enough failures to be judged (1 figures)"),
        ([ratio("", 0.1, 0.2, metric="detection_rate", attribute="overall")], "The records name no group of sites"),
        ([], "No comparison of groups of sites was at hand."),
    ],
)
def test_no_group_off_one_is_no_proof(summary: Summary, rows: list[dict[str, Any]], said: str) -> None:
    assert said in both(summary, tables=fairness(*rows))[0]


def test_the_worst_and_the_best_served_group_stand_side_by_side(summary: Summary) -> None:
    rows = [
        ratio(group, value - 0.05, value + 0.05, metric=metric, budget=0.2, value=value, attribute=kind)
        for metric, least, most in (("detection_rate", 0.25, 0.55), ("clean_visit_rate", 0.15, 0.35))
        for kind, group, value in (
            ("overall", "", 0.4), ("office", "north", least), ("office", "south", most), ("office", "west", 0.3)
        )
    ]  # fmt: skip
    for part in both(summary, tables=fairness(*rows)):
        row = next(line for line in part.splitlines() if "north: " in line)
        cells = ["north: 25.0% [20.0, 30.0]", "south: 55.0% [50.0, 60.0]", "north: 15.0% [10.0, 20.0]", "south: 35.0%"]
        assert [row.index(cell) for cell in cells] == sorted(row.index(cell) for cell in cells)


@pytest.mark.parametrize(
    ("slope", "intercept", "said"),
    [
        (entry(1.1, 0.2), entry(0.1, 0.2), "Neither is shown to be off"),
        (entry(0.7, 0.2), entry(0.1, 0.2), "the interval of the slope leaves out"),
        (entry(0.7, 0.2), entry(-0.5, 0.2), "the interval of the slope and the intercept leaves out"),
    ],
)
def test_calibration_is_judged_by_its_intervals(summary: Summary, slope: Any, intercept: Any, said: str) -> None:
    summary["policies"]["model"] |= {"calibration_slope": slope, "calibration_intercept": intercept}
    assert said in both(summary)[0]


def test_the_parts_and_days_whose_probabilities_hold_are_counted(summary: Summary) -> None:
    bins = [("overall", "reliability", promised, 0.1, 0.2) for promised in (0.15, 0.05, 0.12)]
    days = [("origin", "calibration_slope", math.nan, low, high) for low, high in ((0.9, 1.2), (0.2, 0.8), (1.1, 2))]
    days.append(("origin", "calibration_slope", math.nan, math.nan, math.nan))
    frame = pd.DataFrame([*bins, *days], columns=["group", "metric", "predicted", "low", "high"])
    english, chinese = both(summary, tables={"calibration": frame})
    assert "Of 3 equal parts of the visits" in english
    assert "of the observed one in 2." in english
    assert "with enough failures for an interval: 3; the slope is off on 2 of them." in english
    assert "其中斜率有偏差的2个" in chinese


def test_the_reasons_are_judged_by_every_check(summary: Summary) -> None:
    rows = [("sum", 1e-15, True), ("over_random", math.nan, None), ("agreement", 0.2, False)]
    frame = pd.DataFrame(rows, columns=["check", "value", "holds"]).assign(
        holds=pd.array([True, None, False], dtype="boolean"),
        text_en="Found |it|.",
        text_zh="已发现。",
        reason_en="nobody tried",
        reason_zh="未做",
    )
    english, chinese = both(summary, tables={"faithfulness": frame})
    assert "1 of 2 checks fail" in english
    assert "2项检验中有1项不成立" in chinese
    assert "| yes | Found \\|it\\|. |" in english
    assert "| not made | nobody tried |" in english
    assert english.count("| no | Found") == chinese.count("| 否 | 已发现") == 1
    assert "it does not promise that the risk would" in english
    assert "不代表采取措施后实际风险必然随之变化" in chinese
    assert "No check of the reasons was at hand." in both(summary)[0]


def test_the_labelled_share_never_stands_in_a_table(summary: Summary) -> None:
    lines = render_card(RunFacts(summary, **CARD)).splitlines()
    assert not [line for line in lines if line.startswith("|") and "77.7%" in line]
    summary["policies"]["model"]["recall@0.20"]["estimand"] = "allocation"
    lines = render_card(RunFacts(summary, **CARD)).splitlines()
    assert not [line for line in lines if "41.2%" in line]


def test_what_is_missing_says_why(summary: Summary) -> None:
    gone = {"value": None, "low": None, "high": None, "reason": "there is no failed visit"}
    summary["policies"]["model"]["recall@0.20"] |= gone
    summary["differences"]["model - grade_x"]["recall@0.20"] |= {"low": None, "high": None, "reason": "no luck"}
    summary["base_rate"] = None
    card = render_card(RunFacts(summary, **CARD))
    assert "– (there is no failed visit)" in card
    assert "–（没有不合格检查）" in card
    assert "+12.2 (no interval: no luck)" in card


def test_a_model_without_calibration_says_so_with_the_reason(summary: Summary) -> None:
    raw = {"kind": "none", "slope": 1.0, "intercept": 0.0, "note": "too few failures"}
    card = render_card(RunFacts(summary, features=FEATURES, training={**TRAINING, "calibration": raw}))
    assert "Calibration: none; the probabilities are raw (too few failures)." in card


def test_hostile_names_cannot_break_the_card(summary: Summary) -> None:
    hostile = "a|b](x)<img src=x>\n# head `c` **d** {blank}"
    summary |= {"study": hostile, "source": hostile, "notes": [{"en": hostile, "zh": hostile}]}
    summary["systems"]["x"]["title_en"] = hostile
    features = [{"name": hostile, "text_en": hostile, "text_zh": hostile, "monotone": -1}]
    given: dict[str, Any] = {"training": TRAINING, "model": MODEL, "tables": fairness(ratio(hostile, 1.2, 1.6))}
    plain, attacked = (render_card(RunFacts(summary, features=f, **given)) for f in (features, []))
    assert "<img" not in plain.replace("\\<img", "")
    assert "\n# head" not in plain
    rows = [line.replace("\\|", "") for line in plain.splitlines() if line.startswith("| a")]
    assert [row.count("|") for row in rows] == [4, 4]
    assert len(plain.splitlines()) == len(attacked.splitlines()) + 2


def test_the_notes_of_a_run_name_policies_as_people_read_them(summary: Summary) -> None:
    summary["notes"] = [{"en": "model - grade_x at recall@0.20.", "zh": "model - grade_x"}]
    english, _ = both(summary)
    assert "Model − Grade x (reconstructed) at Failures found, share (recall) at 20%." in english


def test_the_card_is_the_same_every_time_and_changes_nothing(summary: Summary) -> None:
    before = copy.deepcopy(summary)
    assert render_card(RunFacts(summary, **CARD)) == render_card(RunFacts(summary, **CARD))
    assert summary == before


def test_missing_keys_and_unknown_directions_are_refused(summary: Summary) -> None:
    with pytest.raises(DataError, match=r"training lacks \['rows', 'positives'"):
        render_card(RunFacts(summary, features=FEATURES, training={"first_day": "", "last_day": "", "calibration": ""}))
    with pytest.raises(DataError, match=r"'age': monotone is 2; allowed are \[1, -1, 0\]"):
        render_card(RunFacts(summary, features=[{**FEATURES[1], "monotone": 2}], training=TRAINING))
    with pytest.raises(DataError, match=r"model lacks \['expires_on'\]"):
        render_card(
            RunFacts(summary, **CARD, model={key: value for key, value in MODEL.items() if key != "expires_on"})
        )
    del summary["notes"]
    with pytest.raises(DataError, match=r"summary lacks \['notes'\]"):
        render_card(RunFacts(summary, **CARD))


def test_the_artifact_is_named_as_the_scorer_names_it(made: Made) -> None:
    scorer = Scorer.load(made.folder)
    header = scorer.header
    assert model_facts(made.folder) == {
        "digest": scorer.digest,
        "trained_to": str(header.trained_to),
        "expires_on": str(header.expires_on),
        "context_days": header.context_days,
    }
