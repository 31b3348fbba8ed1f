"""The pages of docs/ as a site: it builds without a warning, asks nobody for anything, and its search finds things."""

import functools
import importlib
import json
import re
import shutil
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from chromium import Browser

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.services


class Asked(HTMLParser):
    """What a browser fetches of its own accord when it opens a page."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        fetched = given.get("src") or (given.get("href") if tag == "link" else None)
        if fetched:
            self.places.append(fetched)


@pytest.fixture(scope="module")
def builder() -> Iterator[ModuleType]:
    """The module that builds the site, with its tools installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        module = importlib.import_module("site_build")
        try:
            module.installed()
        except RuntimeError:
            pytest.skip("mkdocs-material could not be installed from requirements/docs.txt")
        yield module


@pytest.fixture(scope="module")
def site(builder: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once."""
    folder: Path = tmp_path_factory.mktemp("site")
    done = builder.build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def project(folder: Path) -> Path:
    """A copy of what the site is made of; returns its mkdocs.yml."""
    shutil.copytree(ROOT / "docs", folder / "docs")
    (folder / "benchmarks").mkdir()
    shutil.copy(ROOT / "benchmarks" / "site_links.py", folder / "benchmarks")
    for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    return Path(shutil.copy(ROOT / "mkdocs.yml", folder))


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("why_time.md", "[nothing](no_such_page.md)"),
        ("why_time.md", "[nothing](../no_such_file.md)"),
        ("why_time.md", "[nothing](modeller.md#no-such-heading)"),
        ("page_outside_the_contents.md", "# A page"),
    ],
)
def test_a_link_that_leads_nowhere_stops_the_build(builder: ModuleType, tmp_path: Path, page: str, text: str) -> None:
    settings = project(tmp_path)
    with (tmp_path / "docs" / page).open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")
    done = builder.build(tmp_path / "site", settings)
    assert done.returncode == 1
    assert re.search(r"no_such_page|no_such_file|no-such-heading|page_outside_the_contents", done.stderr)


def test_every_page_of_docs_is_a_page_of_the_site(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert pages == {path.relative_to(site) for path in site.rglob("*.html")} - {Path("404.html")}


def test_no_page_fetches_anything_from_another_server(site: Path) -> None:
    for path in site.rglob("*.html"):
        asked = Asked()
        asked.feed(path.read_text(encoding="utf-8"))
        assert asked.places
        assert not [place for place in asked.places if "//" in place], path.name
    for path in site.rglob("*.css"):
        assert not re.findall(r"(?:@import|url\()[^;)]*//", path.read_text(encoding="utf-8")), path.name


def test_a_link_that_leaves_the_pages_is_shown_as_a_path(site: Path) -> None:
    page = (site / "notebooks.html").read_text(encoding="utf-8")
    assert "<code>notebooks/00_tour.ipynb</code>" in page
    assert 'href="../' not in page


def test_the_search_knows_commands_and_settings(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    told = " ".join(page["text"] for page in index["docs"])
    assert "calibration_windows" in told
    assert {"riskml promote", "Settings of a study"} <= {page["title"] for page in index["docs"]}


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    """The site on a server of this machine: its address."""

    class Here(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Here, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("name", ["index.html", "comparison.html", "grades.html", "reference/features.html"])
def test_a_browser_opens_a_page_without_console_errors_or_requests(served: str, browser: Browser, name: str) -> None:
    page = browser.page().open(f"{served}/{name}")
    assert page.errors == []
    assert page.strangers() == browser.passed() == []
    assert page.evaluate("document.querySelector('h1').clientHeight") > 10


def test_the_search_of_the_site_finds_a_command(served: str, browser: Browser) -> None:
    page = browser.page().open(f"{served}/index.html")
    page.evaluate("document.querySelector('.md-search__input').focus()")
    page.write("riskml promote")
    page.wait(
        "[...document.querySelectorAll('.md-search-result__link')].some(one => one.innerText.includes('promote'))"
    )
    assert page.errors == []
    assert page.strangers() == browser.passed() == []
