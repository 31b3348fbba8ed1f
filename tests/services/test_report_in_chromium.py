"""The report in a real browser: it opens without an error, asks nobody for anything, and paints something."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from chromium import Browser, Page
from glyphs import without_glyph
from riskml.pipeline import run
from riskml.study import Study
from studies import write_study

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small run."""
    folder = tmp_path_factory.mktemp("project")
    return run(Study.load(write_study(folder, report="true"))).folder / "report.html"


@pytest.fixture
def opened(browser: Browser, report: Path) -> Page:
    """The report in a tab of its own."""
    return browser.page().open(report.as_uri())


def test_the_report_opens_without_console_errors_or_requests(browser: Browser, opened: Page, report: Path) -> None:
    assert opened.errors == []
    assert opened.asked == [report.as_uri()]
    assert browser.passed() == []
    shown = opened.evaluate("document.body.innerText")
    assert "last outcome" in shown.lower()
    assert opened.evaluate("[...document.querySelectorAll('svg')].filter(one => one.clientWidth > 99).length") > 5


def test_the_report_paints_both_languages_differently(opened: Page) -> None:
    english = opened.picture()
    opened.evaluate("document.getElementById('lang-zh').click()")
    chinese = opened.picture()
    assert "上次" in opened.evaluate("document.body.innerText")
    assert min(len(english), len(chinese)) > 50_000
    assert english != chinese


MEASURE = """(() => {
  const shown = lang => [...document.querySelectorAll(`main [lang|=${lang}]`)].filter(e => e.getClientRects().length);
  const found = {};
  for (const lang of ["en", "zh"]) {
    document.getElementById("lang-" + lang).click();
    found[lang] = {width: document.documentElement.scrollWidth, en: shown("en").length, zh: shown("zh").length};
  }
  const wanted = [...document.querySelectorAll("nav a")].map(link => link.getAttribute("href").slice(1));
  found.lines = wanted.length;
  found.lost = wanted.filter(name => !document.getElementById(name));
  found.cut = [...document.querySelectorAll("table")].filter(
    table => table.getClientRects().length && table.offsetWidth > table.parentElement.clientWidth
      && getComputedStyle(table.parentElement).overflowX !== "auto").length;
  return found;
})()"""


@pytest.fixture(scope="module")
def measured(browser: Browser, report: Path) -> dict[str, Any]:
    """What a phone shows of the report in each language."""
    found: dict[str, Any] = browser.page(width=390, height=800).open(report.as_uri()).evaluate(MEASURE)
    return found


def test_a_phone_shows_the_whole_width_and_tables_scroll_inside_their_box(measured: dict[str, Any]) -> None:
    assert measured["en"]["width"] <= 390
    assert measured["zh"]["width"] <= 390
    assert measured["cut"] == 0


def test_the_switch_shows_one_language_and_hides_the_other(measured: dict[str, Any]) -> None:
    assert measured["en"]["en"] == measured["zh"]["zh"] > 300
    assert measured["en"]["zh"] == measured["zh"]["en"] == 0


def test_every_line_of_the_contents_leads_somewhere(measured: dict[str, Any]) -> None:
    assert measured["lines"] > 5
    assert measured["lost"] == []


def test_every_character_of_the_report_has_a_glyph_in_some_font(report: Path) -> None:
    text = re.sub(r"<style>.*?</style>|<[^>]*>", "", report.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert without_glyph(text) == set()


def test_the_report_prints_on_pages(opened: Page) -> None:
    pages = base64.b64decode(opened.call("Page.printToPDF", displayHeaderFooter=False)["data"])
    assert pages.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pages)) > 10
