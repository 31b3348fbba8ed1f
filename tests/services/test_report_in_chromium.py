"""The report in a real browser: it opens without an error, asks nobody for anything, and paints something."""

import shutil
import subprocess
from pathlib import Path

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
    return run(Study.load(write_study(folder))).folder / "report.html"


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
