"""The table of scores in a real browser: it filters, sorts and opens a site, in both languages, and asks nobody."""

from pathlib import Path

import pytest

from chromium import Browser, Page
from glyphs import without_glyph
from riskml.export.scoring import score_records
from riskml.records import Records
from riskml.reporting.browsing import browse
from tiny_models import AS_OF, Made, first_sites, made_of

pytestmark = pytest.mark.services

ROWS = "[...document.querySelectorAll('table.dataTable tbody tr')].filter(row => row.cells.length > 1)"
PLACE, SITE, OFFICE, CHANCE, WHY = 0, 1, 2, 4, 6
RISES = {"en": "Raises the risk", "zh": "提高风险"}


@pytest.fixture(scope="module")
def records() -> Records:
    return first_sites()


@pytest.fixture(scope="module")
def made(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_of(records, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module", params=["en", "zh"])
def written(
    request: pytest.FixtureRequest, records: Records, made: Made, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The page, in one language."""
    scores = score_records(made.folder, records, AS_OF, reasons=2)
    shown = browse(scores, records=records, artifact=made.folder, lang=request.param, opened=5)
    return shown.write(tmp_path_factory.mktemp("browse") / f"{request.param}.html")


@pytest.fixture
def page(browser: Browser, written: Path) -> Page:
    """The page in a tab of its own, its table made."""
    page = browser.page(1400, 1000).open(written.as_uri())
    page.wait(f"{ROWS}.length === 10")
    return page


def column(page: Page, place: int) -> list[str]:
    """What one column shows, from top to bottom."""
    texts = page.evaluate(f"{ROWS}.map(row => row.cells[{place}].innerText)")
    return [str(text) for text in texts]


def sound(page: Page, browser: Browser, written: Path) -> bool:
    """Whether there was no error, and nothing was asked of anybody but for the page itself."""
    assert page.errors == []
    assert [place for place in page.asked if not place.startswith(("data:", "blob:"))] == [written.as_uri()]
    assert browser.passed() == []
    return True


def test_the_table_shows_the_riskiest_first_in_letters_that_the_fonts_have(
    page: Page, browser: Browser, written: Path
) -> None:
    chances = [float(text) for text in column(page, CHANCE)]
    assert chances == sorted(chances, reverse=True)
    assert column(page, PLACE) == [str(place) for place in range(1, 11)]
    assert without_glyph(page.evaluate("document.body.innerText")) == set()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1400
    assert sound(page, browser, written)


def test_a_word_above_a_column_filters_the_table(page: Page, browser: Browser, written: Path) -> None:
    office = column(page, OFFICE)[0]
    assert len(set(column(page, OFFICE))) > 1
    page.click(f"document.querySelectorAll('table input')[{OFFICE}]")
    page.write(office)
    page.wait(f"{ROWS}.every(row => row.cells[{OFFICE}].innerText === {office!r})")
    assert column(page, PLACE)
    assert sound(page, browser, written)


def test_the_arrows_beside_the_name_of_a_column_sort_by_it(page: Page, browser: Browser, written: Path) -> None:
    first = column(page, SITE)
    assert first != sorted(first)
    page.click(f"document.querySelector('th[data-dt-column=\"{SITE}\"] .dt-column-order')")
    page.wait(f"{ROWS}.map(row => row.cells[{SITE}].innerText).every((one, at, all) => !at || all[at - 1] < one)")
    assert column(page, SITE) != first
    assert sound(page, browser, written)


def test_a_site_opens_with_its_reasons_and_its_records(page: Page, browser: Browser, written: Path) -> None:
    assert RISES[written.stem] not in column(page, WHY)[0]
    page.click(f"{ROWS}[0].querySelector('summary')")
    opened = column(page, WHY)[0]
    assert RISES[written.stem] in opened
    assert len(opened.splitlines()) > 5
    assert sound(page, browser, written)
