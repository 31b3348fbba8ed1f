"""The sections: each stands on the table that the run makes, in both languages, and says so where there is none."""

import json
import re
from html import unescape
from typing import Any

import pandas as pd
import pytest

from riskml.evaluation.levels.translation_words import VETOES
from riskml.export.figures import reason_text
from riskml.reporting import (
    _curves,
    _fairness,
    _grades,
    _inspectors,
    _net_benefit,
    _schedule,
    _selection,
    _translation,
    charts,
)
from riskml.reporting._limits import limits
from riskml.reporting._page import Figure, Run
from riskml.reporting.report import render_report

KEYS = {
    "prescribed": ["prescribed"],
    "selection": ["selection", "overlap"],
    "inspectors": ["leniency", "inspectors", "workload"],
    "schedule": ["schedule", "waiting"],
    "fairness": ["fairness"],
    "quality": ["grade_quality"],
    "translation": ["reclassification", "translated_rates", "movers"],
    "benefit": ["net_benefit"],
}
"""Section -> the tables it is made of."""
MAKERS = {
    "prescribed": _curves.prescribed,
    "selection": _selection.selection,
    "inspectors": _inspectors.inspectors,
    "schedule": _schedule.schedule,
    "fairness": _fairness.fairness,
    "quality": _grades.quality,
    "translation": _translation.translation,
    "benefit": _net_benefit.net_benefit,
}
ALWAYS = {"differences", "policies", "budgets", "calibration", "assumed", "uses", "compared", "words"}


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts drawn as an empty element: every chart is built, none is converted."""
    monkeypatch.setattr("riskml.reporting.charts.to_svg", lambda chart, **_: f"<svg>{len(chart.layer)}</svg>")


def parts(html: str) -> dict[str, str]:
    """Key of each section -> its text."""
    found = re.split(r'<section id="(\w+)"', html)
    return dict(zip(found[1::2], found[2::2], strict=True))


@pytest.fixture(scope="module")
def page(made: dict[str, Any]) -> dict[str, str]:
    """The sections of the report of all tables; every chart is held to the schema of Vega-Lite."""

    def checked(chart: charts.Chart, **_: object) -> str:
        return f"<svg>{len(chart.to_dict())}</svg>"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("riskml.reporting.charts.to_svg", checked)
        return parts(render_report(**made))


def test_every_table_has_its_section_and_every_section_its_place_in_the_contents(page: dict[str, str]) -> None:
    assert set(page) == {"limits", *ALWAYS, *KEYS}
    linked = re.findall(r'<li><a href="#(\w+)">', page["limits"])
    assert linked == [key for key in page if key != "limits"]


def test_nothing_is_missing_where_every_table_is_there(page: dict[str, str]) -> None:
    assert not [key for key, text in page.items() if "Not available" in text]
    figures = {key: text.count("<figure>") for key, text in page.items()}
    assert all(figures[key] for key in KEYS if key != "prescribed")
    assert sum(figures.values()) == sum(text.count('<div class="chart" lang="zh">') for text in page.values())


@pytest.mark.parametrize("key", list(KEYS))
def test_a_section_without_its_table_is_left_out(made: dict[str, Any], key: str) -> None:
    found = MAKERS[key](Run(made["summary"], {}))
    if key == "selection":  # the labelled share is in the summary
        assert "side by side" not in repr(found and found.blocks)
    else:
        assert found is None


@pytest.mark.parametrize("key", list(KEYS))
def test_a_section_whose_table_is_empty_says_why(made: dict[str, Any], key: str) -> None:
    empty = {name: made["tables"][name].iloc[:0] for name in KEYS[key]}
    text = repr(MAKERS[key](Run(made["summary"], empty)))
    reasons = ("holds no row", "could not be estimated", "no site would change level")
    assert any(reason in text for reason in reasons)
    assert re.search(r"没有任何行|无法估计|没有主体会改变等级", text)


def test_a_report_of_the_summary_alone_has_no_section_of_a_table(made: dict[str, Any]) -> None:
    found = parts(render_report(**{name: part for name, part in made.items() if name != "tables"}))
    assert set(found) == {"limits", "selection", *ALWAYS}


def test_every_method_stands_beside_the_others_with_its_interval(made: dict[str, Any], page: dict[str, str]) -> None:
    frame = made["tables"]["selection"]
    model = frame[(frame["policy"] == "model") & (frame["metric"] == "recall@0.20")].set_index("method")
    for method in ("naive", "ipw_hajek", "doubly_robust"):
        row = model.loc[method]
        shown = f'{row["value"]:.1%}</span><span class="interval">[{row["low"]:.3%}'.replace("%</span>", "%</span>")
        assert shown.split("[")[0] in page["selection"]
        assert f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]" in page["selection"]
    worst = model.loc["worst_case"]
    assert f"{worst['lower']:.1%} – {worst['upper']:.1%}" in page["selection"]
    assert 'class="found"' in page["selection"]
    assert "grade_nanchang" not in re.sub(r"tables/\w+", "", page["selection"])


def test_numbers_of_all_sites_never_stand_among_those_of_visits(page: dict[str, str]) -> None:
    for key in ("differences", "policies", "budgets", "prescribed", "schedule"):
        assert "allocation" not in re.sub(r"reordering\)|\(allocation\)</a>", "", page[key]).lower()
    tables = re.findall(r"<h3>(.*?)</h3>", page["inspectors"] + page["fairness"])
    assert sum("(allocation)" in title for title in tables) == 2


def test_inspectors_are_numbered_and_never_named(made: dict[str, Any], page: dict[str, str]) -> None:
    assert made["tables"]["leniency"]["inspector"].str.startswith("ihash").all()
    assert "ihash" not in "".join(page.values())
    first = made["tables"]["leniency"].sort_values("log_odds", ascending=False).iloc[0]
    assert f'<td><span class="value">{first["visits"]:,}' in page["inspectors"]


def test_days_are_told_free_within_slots_and_with_perfect_order(made: dict[str, Any], page: dict[str, str]) -> None:
    frame = made["tables"]["schedule"]
    net = frame[(frame["metric"] == "days_earlier_net") & frame["half_life_days"].isna()].set_index(["policy", "form"])
    for form in ("free", "slots"):
        assert f"{net.loc[('model', form), 'perfect']:.1f} days" in page["schedule"]
    assert f"{net.loc[('model', 'free'), 'value']:+.1f}".replace("-", "−") in page["schedule"]


def test_a_group_that_is_too_small_says_not_enough_data(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskml.reporting.charts.to_svg", lambda chart, **_: chart.to_json(ensure_ascii=False))
    small = made["tables"]["fairness"].copy()
    few = (small["group"] == "office-0") & (small["metric"] == "detection_rate")
    small.loc[few, ["value", "low", "high"]] = float("nan")
    small.loc[few, "reason"] = "not enough data: 7 failures, 20 are needed"
    section = _fairness.fairness(Run(made["summary"], {"fairness": small}))
    assert section is not None
    text = repr([one.svg for one in section.blocks if isinstance(one, Figure)])
    assert "not enough data: 7 failures, 20 are needed" in text
    assert "数据不足：不合格7，需要20" in text


def test_a_long_table_is_cut_and_says_where_the_whole_is(page: dict[str, str]) -> None:
    assert "The first 20 of 30 rows are shown; all are in tables/movers.parquet." in page["translation"]
    assert "1. Failed" in page["translation"]
    assert "近期不合格" in page["translation"]


def test_the_prescribed_visits_are_said_with_their_share(made: dict[str, Any], page: dict[str, str]) -> None:
    frame = made["tables"]["prescribed"]
    share = frame.loc[frame["metric"] == "budget_share@prescribed", "value"].iloc[0]
    assert f"ask for {share:.1%} of the visits" in page["prescribed"]


def test_assumed_numbers_that_were_varied_show_their_range(made: dict[str, Any]) -> None:
    numbers = {"default": 0.05, "least": -0.01, "p05": 0.01, "median": 0.04, "p95": 0.08, "most": 0.11}
    row = {"system": "nanchang", "policy": "grade_nanchang", "metric": "recall@0.20", **numbers}
    table = pd.DataFrame([{**row, "grade_wins": 0.03, "draws": 200}])
    varied, fixed = Run(made["summary"], {"sensitivity_ranges": table}), Run(made["summary"], {})
    assert "riskml sensitivity" in repr(_grades.assumed(fixed))
    assert "riskml sensitivity" not in repr(_grades.assumed(varied))
    told = " ".join(sentence["en"] for _, sentence in limits(varied))
    assert "runs from −1.0 to +11.0; the grade wins in 3%" in told


def test_every_interval_that_holds_all_at_once_stands_beside_its_own(
    made: dict[str, Any], page: dict[str, str]
) -> None:
    entry = made["summary"]["differences"]["model - last_outcome"]["recall@0.20"]
    for low, high in (("low", "high"), ("low_simultaneous", "high_simultaneous")):
        ends = [f"{100 * entry[end]:+.1f}".replace("-", "−") for end in (low, high)]
        assert f"[{ends[0]}, {ends[1]}]" in page["differences"]
    assert entry["low_simultaneous"] < entry["low"]


def test_every_reason_of_a_table_is_said_in_chinese(made: dict[str, Any]) -> None:
    reasons = {
        reason
        for table in made["tables"].values()
        if "reason" in table
        for reason in table["reason"].dropna()
        if reason
    }
    assert len(reasons) > 5
    for reason in reasons:
        assert re.search(r"[一-鿿]", reason_text({"reason": reason})["zh"]), reason


def test_every_section_is_told_in_both_languages(page: dict[str, str]) -> None:
    for key, text in page.items():
        told = re.findall(r'<span lang="(en|zh)">([^<]*)', text)
        english, chinese = ([words for lang, words in told if lang == one] for one in ("en", "zh"))
        assert len(english) == len(chinese) > 3, key
        assert not [words for words in english if re.search(r"[一-鿿]", words)], key
        bare = [words for words in chinese if not re.search(r"[一-鿿]", words)]
        assert all(re.fullmatch(r"[\d.,%–−+\[\] a-zA-Z_()AUC@]*", words) for words in bare), (key, bare)


def test_a_sentence_of_the_run_is_told_with_the_names_that_people_read(made: dict[str, Any]) -> None:
    run = Run(made["summary"], {})
    said = "model - grade_nanchang_points beats model - grade_nanchang at recall@0.20; grade_nanchang_points too."
    told = run.spoken({"en": said, "zh": said})
    assert told["en"] == (
        "Model − Grade nanchang with points (reconstructed) beats Model − Grade nanchang (reconstructed) at Failures "
        "found, share (recall) at 20%; Grade nanchang with points (reconstructed) too."
    )
    assert "grade_" not in told["zh"]


def test_the_range_of_assumed_numbers_is_drawn_from_the_least_to_the_most(
    made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskml.reporting.charts.to_svg", lambda chart, **_: chart.to_json())
    numbers = {"default": 0.05, "least": -0.01, "p05": 0.01, "median": 0.04, "p95": 0.08, "most": 0.11}
    row = {"system": "nanchang", "policy": "grade_nanchang", "metric": "recall@0.20", **numbers}
    table = pd.DataFrame([{**row, "grade_wins": 0.03, "draws": 200}])
    section = _grades.assumed(Run(made["summary"], {"sensitivity_ranges": table}))
    assert section is not None
    (drawn,) = [block for block in section.blocks if isinstance(block, Figure)]
    assert drawn.svg is not None
    (point,) = [rows[0] for rows in json.loads(drawn.svg["en"])["datasets"].values() if "lower" in rows[0]]
    ends = [point[name] for name in ("lower", "low", "value", "high", "upper")]
    assert ends == pytest.approx([-1.0, 1.0, 5.0, 8.0, 11.0])


def test_beside_the_movers_stands_that_a_veto_holds(page: dict[str, str]) -> None:
    assert VETOES["en"] in unescape(page["translation"])
    assert VETOES["zh"] in page["translation"]


def test_groups_of_floor_area_are_named_in_both_languages(page: dict[str, str]) -> None:
    assert "1：50平方米及以下" in page["calibration"]
    assert not re.search(r'lang="zh">[^<]*m2', page["calibration"] + page["fairness"])
