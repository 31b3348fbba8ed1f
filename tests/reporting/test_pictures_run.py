"""The pictures of a finished run: the same as in its report, one by one, without script, request or name of a site."""

import inspect
import json
import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from riskml.errors import DataError
from riskml.export.wording import Lang
from riskml.reporting import charts
from riskml.reporting._lines import lines
from riskml.reporting.charts import to_svg
from riskml.reporting.pictures.moves import moves
from riskml.reporting.pictures.picture import Picture
from riskml.reporting.pictures.run import NEEDED, OWN, PICTURES, RunPictures
from riskml.reporting.report import render_report

NAMES = (*PICTURES, *OWN)
MOVERS = pd.DataFrame(
    [
        ("s1", "green", "red", 2, 0.6), ("s2", "green", "yellow", 1, 0.3), ("s3", "green", "yellow", 1, 0.2),
        ("s4", "green", "yellow", 1, 0.4), ("s5", "red", "green", -2, 0.1),
    ],
    columns=["site_id", "level", "new_level", "steps", "probability"],
).assign(
    level_en=lambda rows: rows["level"], new_level_en=lambda rows: rows["new_level"],
    level_zh=lambda rows: rows["level"].map({"green": "绿", "red": "红"}),
    new_level_zh=lambda rows: rows["new_level"].map({"green": "绿", "yellow": "黄", "red": "红"}),
)  # fmt: skip
TOTALS = pd.DataFrame([{"sites": 90, "unlevelled": 2, "riskier": 4, "safer": 1, "unchanged": 85, "listed": 5}])


def words(svg: str) -> list[str]:
    return [unescape(found) for found in re.findall(r"<t(?:ext|span)[^>]*>([^<]+)</t", svg)]


def write(folder: Path, arguments: dict[str, Any], **more: pd.DataFrame) -> Path:
    """A run's folder with the arguments of `render_report`."""
    own = {
        "importance": "importance",
        "curve": "reliability",
        "budget_curve": "budget_curve",
        "per_origin": "per_origin",
    }
    tables = {**arguments.get("tables", {}), **{name: arguments[key] for key, name in own.items()}, **more}
    (folder / "tables").mkdir(parents=True)
    for name, table in tables.items():
        table.to_parquet(folder / "tables" / f"{name}.parquet")
    summary = json.dumps(arguments["summary"], ensure_ascii=False)
    (folder / "summary.json").write_text(summary, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pictures(made: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> RunPictures:
    """Of a run with nearly all tables."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    return RunPictures.open(write(folder, made, movers=MOVERS, movers_totals=TOTALS))


@pytest.fixture
def older(run: dict[str, Any], tmp_path: Path) -> RunPictures:
    """Of a run that has the four tables alone that every run has."""
    return RunPictures.open(write(tmp_path / "older", run))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts are built, but drawn as an empty element."""
    monkeypatch.setattr(charts, "to_svg", lambda _, **__: '<svg width="20" height="10"></svg>')


def test_a_picture_is_the_chart_of_its_table_in_its_language(pictures: RunPictures) -> None:
    curve = pd.read_parquet(pictures.folder / "tables" / "budget_curve.parquet")
    titles: dict[Lang, str] = {"en": "What does each budget find?", "zh": "不同预算各能发现多少？"}
    direct = {
        lang: to_svg(charts.budget_chart(curve, systems=pictures.run.systems, lang=lang), label=titles[lang], lang=lang)
        for lang in titles
    }
    assert pictures.budget().chart == direct["en"] != direct["zh"] == pictures.budget("zh").chart
    assert pictures.budget("zh").title == titles["zh"]
    assert pictures.budget("zh").caption.startswith("在横轴上选定预算")


def test_the_report_shows_the_same_picture_with_the_same_words(run: dict[str, Any], older: RunPictures) -> None:
    page = render_report(**run)
    for name in ("differences", "budget", "origins", "reliability", "importance"):
        for lang in ("en", "zh"):
            shown = getattr(older, name)(lang)
            assert shown.chart in page, name
            assert shown.title in page
            assert shown.caption in unescape(page)


@pytest.mark.usefixtures("quick")
def test_every_picture_for_which_there_is_a_table_can_be_drawn_in_both_languages(pictures: RunPictures) -> None:
    fresh = RunPictures(pictures.folder, pictures.run)
    assert set(fresh.names) <= set(NAMES)
    assert {"movers", "matrix", "days_earlier", "waiting", "drift", "gained"} <= set(fresh.names)
    told = {"days_earlier": "days earlier", "waiting": "How long", "matrix": "change level", "drift": "slope"}
    assert all(words in getattr(fresh, name)("en").title for name, words in told.items())
    assert len({getattr(fresh, name)("en").title for name in fresh.names}) == len(fresh.names)
    for name in fresh.names:
        en, zh = (getattr(fresh, name)(lang) for lang in ("en", "zh"))
        assert en.title != zh.title, name
        assert re.search("[一-鿿]", zh.caption), name
        assert not re.search("[一-鿿]", en.title + en.caption), name
        assert "{" not in en.caption + zh.caption, name


def test_a_picture_asks_nobody_for_anything_and_runs_nothing(pictures: RunPictures) -> None:
    shown = pictures.budget()._repr_svg_()
    tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(shown).iter()}  # noqa: S314  our own text
    assert tags <= {"svg", "g", "rect", "path", "circle", "text", "line", "tspan", "title", "desc"}
    assert not re.search(r"(href|src|url)\s*=|@import|<script|on\w+=", shown)
    assert set(re.findall(r"https?://[^\"' )<]+", shown)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }, "an address that is no name of a vocabulary"
    assert "svg" not in repr(pictures.budget())


def test_title_and_caption_stand_inside_the_picture_whatever_they_hold() -> None:
    chart = '<svg xmlns="http://www.w3.org/2000/svg" width="120.5" height="40"></svg>'
    shown = Picture("<Title> & more", "不合格，" * 12 + "word " * 12, chart).svg
    told = words(shown)
    assert " ".join(told[:2]).startswith("<Title> & more")
    assert "".join(told).count("不合格，") == 12
    assert "".join(told).count("word") == 12
    size = re.match(r'<svg [^>]*width="([\d.]+)" height="([\d.]+)"', shown)
    assert size is not None
    last = max(float(one) for one in re.findall(r'<tspan x="8" y="([\d.]+)"', shown))
    assert float(size[1]) == 120.5
    assert last < float(size[2])


def test_a_line_is_no_wider_than_asked_and_nothing_is_lost() -> None:
    told = "概率为10%时，若此类检查十次中有一次不合格（见下），则为准确。 One of ten, or so: “right”."
    for width in (4, 9, 20):
        broken = lines(told, width)
        assert "".join(broken).replace(" ", "") == told.replace(" ", "")
        assert not [line for line in broken if line[0] in "，。）%”"]
        assert all(sum(1 if ord(one) > 0x2E80 else 0.3 for one in line) <= max(width, 4) + 1 for line in broken)
    assert lines("预测期内，不合格。", 4) == ["预测期", "内，不合", "格。"]
    assert lines("", 9) == []


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(DataError, match="begins with its width and height; got '<p>'"):
        _ = Picture("a", "b", "<p>").svg


@pytest.mark.usefixtures("quick")
def test_an_older_run_says_which_table_it_lacks_and_what_it_has(older: RunPictures) -> None:
    assert set(older.names) == {"differences", "budget", "origins", "reliability", "importance"}
    for name in set(NAMES) - set(older.names):
        with pytest.raises(DataError, match=rf"has no tables/\w+\.parquet, which the picture '{name}' reads.*'budget'"):
            getattr(older, name)()


@pytest.mark.usefixtures("quick")
def test_an_empty_table_says_so(run: dict[str, Any], tmp_path: Path) -> None:
    empty = pd.DataFrame({"a": ["b"]}).iloc[:0]
    shown = RunPictures.open(write(tmp_path / "empty", run, difference_curve=empty, movers=empty, movers_totals=TOTALS))
    told = " ".join(words(shown.gained().svg))
    assert "tables/difference_curve.parquet holds no row that 'gained' could show" in told
    assert "no site would change level" in shown.movers().caption
    assert "no site would change level" in shown.movers("zh").svg, "the label of the image is whole"


def test_a_chart_that_cannot_be_drawn_says_why(run: dict[str, Any], tmp_path: Path) -> None:
    none = run["curve"].assign(observed=float("nan"))
    shown = RunPictures.open(write(tmp_path / "none", {**run, "curve": none}))
    assert "Nothing to show: there are no bins of the reliability curve" in shown.reliability().caption
    assert "无可显示：there are no bins" in shown.reliability("zh").caption


def test_what_is_no_run_or_no_language_is_refused(older: RunPictures, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"holds no finished run: it lacks \['tables/per_origin\.parquet'.*summary\.json"
    ):
        RunPictures.open(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"unknown language 'fr'; the pictures are in \['en', 'zh'\]"):
        older.budget("fr")  # type: ignore[arg-type]
    (older.folder / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"summary\.json is no JSON"):
        RunPictures.open(older.folder)


def test_moves_are_counted_by_hand_the_longest_first_and_no_site_is_named() -> None:
    shown = moves(MOVERS, TOTALS, lang="en")
    told = words(shown.svg)
    heads = list(dict.fromkeys(one for one in told if "→" in one))
    assert heads == ["green → red (sites: 1)", "red → green (sites: 1)", "green → yellow (sites: 3)"]
    assert not [one for one in MOVERS["site_id"] if one in shown.svg]
    assert "Of 90 sites that both grade, 85 keep their level" in shown.caption
    zh = moves(MOVERS, TOTALS, lang="zh")
    assert {"绿 → 黄（3家）", "升至较高风险等级", "降至较低风险等级"} <= set(words(zh.svg))


def test_a_move_stands_at_the_median_of_its_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[pd.DataFrame] = []
    monkeypatch.setattr("riskml.reporting.pictures.moves.dots_chart", lambda rows, **_: seen.append(rows))
    moves(MOVERS, TOTALS, lang="en")
    assert seen[0][["series", "value", "low", "high"]].to_numpy().tolist() == [
        ["riskier", 0.6, 0.6, 0.6], ["safer", 0.1, 0.1, 0.1], ["riskier", 0.3, 0.2, 0.4],
    ]  # fmt: skip


def test_every_picture_says_how_to_read_it_and_what_it_reads() -> None:
    methods = {name: one for name, one in inspect.getmembers(RunPictures, inspect.isfunction) if name[0] != "_"}
    assert set(methods) == set(NAMES)
    for name, method in methods.items():
        told = " ".join((method.__doc__ or "").split())
        source = PICTURES[name].table if name in PICTURES else OWN[name][0]
        assert "How to read it:" in told, name
        assert (f"Reads tables/{source}.parquet" if source else "Reads `differences` of summary.json") in told, name
    assert {PICTURES[name].table for name in ("budget", "origins", "importance", "reliability")} == set(NEEDED)
