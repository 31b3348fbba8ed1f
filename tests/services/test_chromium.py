"""The browser of the service tests: it tells of each error and request of a page, and reaches this machine only."""

from pathlib import Path

import pytest

from chromium import Browser, BrowserError

pytestmark = pytest.mark.services


def page_file(folder: Path, body: str) -> str:
    """A page in a file; its address."""
    path = folder / "page.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{body}</body>", encoding="utf-8")
    return path.as_uri()


ASKING = {
    "a program": "<script src='https://cdn.example.org/a'></script>",
    "a picture": "<img src='https://cdn.example.org/a'>",
    "a style": "<link rel=stylesheet href='https://cdn.example.org/a'>",
    "letters": "<style>@font-face{font-family:f;src:url(https://cdn.example.org/a)}p{font:9px f}</style><p>x",
    "a frame": "<iframe src='https://cdn.example.org/a'></iframe>",
    "data, later": "<script>setTimeout(() => fetch('https://cdn.example.org/a').catch(() => 0), 200)</script>",
    "a message that is not waited for": "<script>navigator.sendBeacon('https://cdn.example.org/a', 'x')</script>",
}


@pytest.mark.parametrize("body", ASKING.values(), ids=ASKING)
def test_a_page_that_asks_another_server_for_something_is_seen(browser: Browser, tmp_path: Path, body: str) -> None:
    before = len(browser.passed())
    page = browser.page().open(page_file(tmp_path, body))
    assert "https://cdn.example.org/a" in page.strangers()
    assert "cdn.example.org:443" in browser.passed()[before:]


def test_what_is_asked_by_a_program_beside_the_page_is_seen_on_the_way_out(browser: Browser, tmp_path: Path) -> None:
    worker = "fetch('https://worker.example.org/a').catch(() => postMessage(0))"
    script = f"new Worker(URL.createObjectURL(new Blob([`{worker}`]))).onmessage = () => {{ window.done = true; }}"
    browser.page().open(page_file(tmp_path, f"<script>{script}</script>")).wait("window.done")
    assert "worker.example.org:443" in browser.passed()


def test_hosts_that_serve_pages_are_not_taken_for_those_that_the_browser_asks_for_itself(
    browser: Browser, tmp_path: Path
) -> None:
    browser.page().open(
        page_file(tmp_path, "<img src='https://fonts.googleapis.com/a'><img src='http://www.google.com'>")
    )
    assert {"fonts.googleapis.com:443", "http://www.google.com/"} <= set(browser.passed())


FAULTS = {
    "an exception": ("<script>nothing()</script>", "nothing is not defined"),
    "an exception, later": ("<script>setTimeout(() => { throw new Error('too late') }, 200)</script>", "too late"),
    "a promise that nobody caught": ("<script>Promise.reject(new Error('broken'))</script>", "broken"),
    "an error in the console": ("<script>console.error('said so')</script>", "said so"),
    "a claim that does not hold": ("<script>console.assert(false, 'untrue')</script>", "untrue"),
    "a file that is not there": ("<img src='none.png'>", "none.png"),
    "a script that the page forbids": (
        "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\"><script>1</script>", "Content Security",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "told"), FAULTS.values(), ids=FAULTS)
def test_a_page_with_a_fault_is_seen(browser: Browser, tmp_path: Path, body: str, told: str) -> None:
    page = browser.page().open(page_file(tmp_path, body))
    assert len(page.errors) == 1
    assert told in page.errors[0]


def test_a_page_without_a_fault_has_none(browser: Browser, tmp_path: Path) -> None:
    before = len(browser.passed())
    page = browser.page().open(page_file(tmp_path, "<p>Quiet.</p><script>console.log('hello')</script>"))
    assert (page.errors, page.strangers(), browser.passed()[before:]) == ([], [], [])


def test_a_script_that_fails_and_an_address_that_is_not_there_are_errors(browser: Browser, tmp_path: Path) -> None:
    page = browser.page()
    with pytest.raises(BrowserError, match="nothing is not defined"):
        page.evaluate("nothing()")
    with pytest.raises(BrowserError, match=r"after 0\.2 s never true: window\.never"):
        page.wait("window.never", seconds=0.2)
    with pytest.raises(BrowserError, match="ERR_FILE_NOT_FOUND"):
        page.open((tmp_path / "none.html").as_uri())
