"""The report in a real browser: it opens without an error, asks nobody for anything, and paints something."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from riskml.pipeline import run
from riskml.study import Study
from studies import write_study

pytestmark = pytest.mark.services

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--enable-logging=stderr", "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1200,3000",
)  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small run."""
    folder = tmp_path_factory.mktemp("project")
    return run(Study.load(write_study(folder, report="true"))).folder / "report.html"


def chromium(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run headless Chromium with a profile of its own."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is not installed")
    command = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def test_the_report_opens_without_console_errors_or_requests(report: Path, tmp_path: Path) -> None:
    done = chromium(tmp_path, "--dump-dom", report.as_uri())
    assert "CONSOLE" not in done.stderr
    assert "ERR_NAME_NOT_RESOLVED" not in done.stderr
    assert "<svg" in done.stdout
    assert "last outcome" in done.stdout
    assert "上次" in done.stdout


def test_the_report_paints_both_languages_differently(report: Path, tmp_path: Path) -> None:
    chinese = tmp_path / "zh.html"
    text = report.read_text(encoding="utf-8")
    swapped = text.replace('id="lang-en" checked', 'id="lang-en"').replace('id="lang-zh"', 'id="lang-zh" checked')
    assert swapped != text
    chinese.write_text(swapped, encoding="utf-8")
    shots = [tmp_path / "en.png", tmp_path / "zh.png"]
    for page, shot in zip((report, chinese), shots, strict=True):
        chromium(tmp_path, f"--screenshot={shot}", page.as_uri())
    assert all(shot.stat().st_size > 50_000 for shot in shots)
    assert shots[0].read_bytes() != shots[1].read_bytes()


MEASURE = """<!DOCTYPE html><meta charset="utf-8"><iframe id="page" src="{page}" width="390" height="800"></iframe>
<pre id="told"></pre><script>
page.onload = () => {{
  const inside = page.contentDocument;
  const shown = (lang) => [...inside.querySelectorAll(`main [lang=${{lang}}]`)].filter(e => e.getClientRects().length);
  const found = {{}};
  for (const lang of ["en", "zh"]) {{
    inside.getElementById("lang-" + lang).click();
    found[lang] = {{width: inside.documentElement.scrollWidth, en: shown("en").length, zh: shown("zh").length}};
  }}
  const wanted = [...inside.querySelectorAll("nav a")].map(link => link.getAttribute("href").slice(1));
  found.lost = wanted.filter(name => !inside.getElementById(name));
  found.cut = [...inside.querySelectorAll("table")].filter(
    table => table.getClientRects().length && table.offsetWidth > table.parentElement.clientWidth
      && getComputedStyle(table.parentElement).overflowX !== "auto").length;
  told.textContent = JSON.stringify(found);
}};
</script>"""


@pytest.fixture(scope="module")
def measured(report: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a phone shows of the report in each language, measured inside a frame of its width."""
    folder = tmp_path_factory.mktemp("phone")
    page = folder / "phone.html"
    page.write_text(MEASURE.format(page=report.as_uri()), encoding="utf-8")
    done = chromium(folder, "--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom", page.as_uri())
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout)
    assert told is not None
    found: dict[str, Any] = json.loads(told[1])
    return found


def test_a_phone_shows_the_whole_width_and_tables_scroll_inside_their_box(measured: dict[str, Any]) -> None:
    assert measured["en"]["width"] <= 390
    assert measured["zh"]["width"] <= 390
    assert measured["cut"] == 0


def test_the_switch_shows_one_language_and_hides_the_other(measured: dict[str, Any]) -> None:
    assert measured["en"]["en"] == measured["zh"]["zh"] > 300
    assert measured["en"]["zh"] == measured["zh"]["en"] == 0


def test_every_line_of_the_contents_leads_somewhere(measured: dict[str, Any]) -> None:
    assert measured["lost"] == []


def test_every_character_of_the_report_has_a_glyph_in_some_font(report: Path) -> None:
    lister = shutil.which("fc-list")
    assert lister is not None, "the fonts cannot be listed: install the package fontconfig"
    listed = subprocess.run([lister, "--format", "%{charset}\n"], capture_output=True, text=True, check=True)
    held: set[int] = set()
    for part in set(listed.stdout.split()):
        first, _, last = part.partition("-")
        held |= set(range(int(first, 16), int(last or first, 16) + 1))
    text = re.sub(r"<style>.*?</style>|<[^>]*>", "", report.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not {letter for letter in text if ord(letter) not in held and not letter.isspace()}


def test_the_report_prints_on_pages(report: Path, tmp_path: Path) -> None:
    chromium(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'report.pdf'}", report.as_uri())
    pages = (tmp_path / "report.pdf").read_bytes()
    assert pages.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pages)) > 10
