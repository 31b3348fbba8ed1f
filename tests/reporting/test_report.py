"""The report: nothing from outside, both languages, the estimands apart, hostile names harmless, the same bytes."""

import json
import os
import pickle
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from riskml.errors import DataError
from riskml.reporting.report import render_report

RENDER = """
import pickle, sys
from riskml.reporting.report import render_report
sys.stdout.buffer.write(render_report(**pickle.load(open(sys.argv[1], "rb"))).encode())
"""


class Page(HTMLParser):
    """The tags, attributes and texts of a page, as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts drawn as an empty element, where a test is not about them."""
    monkeypatch.setattr("riskml.reporting.charts.to_svg", lambda _, **__: "<svg></svg>")


def test_the_page_asks_for_nothing_from_outside_and_runs_nothing(run: dict[str, Any]) -> None:
    html = render_report(**run)
    bare = re.sub(r' xmlns(:xlink)?="http://www\.w3\.org/[^"]*"', "", html)
    for forbidden in ("http://", "https://", "<script", "src=", "@import", "<link", "<iframe"):
        assert forbidden not in bare
    assert bare.count("<svg") == 10
    page = Page(html)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", bare))


def test_another_process_with_another_hash_seed_makes_the_same_bytes(run: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(pickle.dumps(run))
    other = subprocess.run(
        [sys.executable, "-c", RENDER, str(tmp_path / "run")],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert other.stdout.decode() == render_report(**run)


def test_hostile_names_stay_text(run: dict[str, Any]) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&lt;"
    summary = run["summary"]
    summary["study"] = summary["data_hash"] = hostile
    summary["systems"]["x"] |= {"title_en": hostile, "title_zh": hostile}
    summary["notes"] = [{"en": hostile, "zh": hostile + "中"}]
    summary["verdict"] = {"en": hostile, "zh": hostile + "中"}
    run["importance"]["text_en"] = run["importance"]["text_zh"] = hostile
    page = Page(render_report(**run))
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.text.count("<script>alert(1)</script>") >= 8


@pytest.mark.usefixtures("no_charts")
def test_every_text_stands_in_both_languages_and_english_is_shown_first(run: dict[str, Any]) -> None:
    html = render_report(**run)
    assert html.count('<span lang="en">') == html.count('<span lang="zh">') > 50
    assert html.count('<div class="chart" lang="en">') == html.count('<div class="chart" lang="zh">') == 5
    assert re.findall(r'id="lang-(en|zh)"( checked)?', html) == [("en", " checked"), ("zh", "")]
    for words in (
        "The verdict in words.",
        "结论在此。",
        "First limit.",
        "第一条局限。",
        "某市等级",
        "重构（规则公开，分值为假定）",
    ):
        assert words in html


@pytest.mark.usefixtures("no_charts")
def test_the_verdict_comes_first_then_the_limits_then_the_numbers(run: dict[str, Any]) -> None:
    main = render_report(**run).partition("<main>")[2]
    wanted = (
        "The verdict in words.",
        "What would make this wrong",
        "812 of 2,400",
        "First limit.",
        "Contents",
        "+10.2",
    )
    places = [main.index(words) for words in wanted]
    assert places == sorted(places)
    assert main.lstrip().startswith('<h1 class="better">')


@pytest.mark.usefixtures("no_charts")
def test_a_model_that_does_not_beat_the_last_outcome_is_not_marked_as_such(run: dict[str, Any]) -> None:
    run["summary"]["differences"]["model - last_outcome"]["recall@0.20"] |= {"low": -0.001}
    assert '<h1 class="undecided">' in render_report(**run)


@pytest.mark.usefixtures("no_charts")
def test_numbers_of_the_two_estimands_never_share_a_table(run: dict[str, Any]) -> None:
    html = render_report(**run)
    before, inside, after = re.split(r'<section id="selection" class="apart">|<section id="calibration">', html)
    before = before.partition("<nav")[2]  # the limits name the labelled share, in a sentence
    assert "77.7%" in inside
    assert "77.7%" not in before + after
    assert "41.2%" in before
    assert "41.2%" not in inside
    assert "66.6" not in html


@pytest.mark.usefixtures("no_charts")
def test_a_number_of_the_wrong_estimand_is_left_out_of_the_table(run: dict[str, Any]) -> None:
    run["summary"]["policies"]["model"]["recall@0.20"]["estimand"] = "allocation"
    before, _, apart = render_report(**run).partition('<section id="selection" class="apart">')
    assert "41.2%" not in before
    assert "41.2%" in apart


@pytest.mark.usefixtures("no_charts")
def test_what_is_missing_is_a_dash_with_its_reason_in_both_languages(run: dict[str, Any]) -> None:
    run["summary"]["policies"]["random"]["auc"] |= {
        "value": None,
        "low": None,
        "high": None,
        "reason": "no origin holds both a failed and a passed visit",
    }
    run["summary"]["base_rate"] = None
    html = render_report(**run)
    assert '<span class="value">–<sup>a</sup></span>' in html
    assert "no origin holds both a failed and a passed visit" in html
    assert "没有任何决策日兼有不合格与合格的检查" in html


@pytest.mark.usefixtures("no_charts")
def test_empty_frames_leave_a_sentence_in_place_of_the_chart(run: dict[str, Any]) -> None:
    for name in ("per_origin", "importance", "curve", "budget_curve"):
        run[name] = run[name].iloc[:0]
    html = render_report(**run)
    assert html.count("Not available: ") == html.count("无法显示：") == 4


@pytest.mark.usefixtures("no_charts")
def test_a_summary_without_grades_or_differences_is_still_a_report(run: dict[str, Any]) -> None:
    summary = run["summary"]
    summary |= {"systems": {}, "differences": {}, "notes": []}
    summary["policies"] = {name: found for name, found in summary["policies"].items() if not name.startswith("grade_")}
    for name in ("per_origin", "budget_curve"):
        run[name] = run[name][~run[name]["policy"].str.startswith("grade_")]
    html = render_report(**run)
    assert "What the run itself noted" not in html
    assert "What would make this wrong" in html


def test_an_incomplete_summary_is_refused_with_the_missing_keys(run: dict[str, Any]) -> None:
    del run["summary"]["verdict"]
    with pytest.raises(DataError, match=r"lacks \['verdict'\]; a report needs"):
        render_report(**run)


def test_a_policy_without_a_name_is_refused(run: dict[str, Any]) -> None:
    run["summary"]["policies"]["oracle"] = {}
    with pytest.raises(DataError, match=r"'oracle' has no name; those with one are \['model'"):
        render_report(**run)


@pytest.mark.usefixtures("no_charts")
def test_the_labelled_share_of_the_perfect_order_is_not_shown(run: dict[str, Any]) -> None:
    run["summary"]["policies"]["perfect"]["labelled_share@0.20"]["value"] = 0.5551
    assert "55.5%" not in render_report(**run)


@pytest.mark.usefixtures("no_charts")
def test_a_summary_read_back_from_its_file_gives_the_same_report(run: dict[str, Any]) -> None:
    read = json.loads(json.dumps(run["summary"], sort_keys=True))
    assert render_report(**{**run, "summary": read}) == render_report(**run)


@pytest.mark.usefixtures("no_charts")
def test_the_arguments_are_left_as_they_were(run: dict[str, Any]) -> None:
    before = pickle.dumps(run)
    render_report(**run)
    assert pickle.dumps(run) == before


def test_reporting_loads_neither_lightgbm_nor_mlflow() -> None:
    script = "import sys, riskml.reporting.report; print({'lightgbm', 'mlflow', 'shap', 'sklearn'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "set()"
