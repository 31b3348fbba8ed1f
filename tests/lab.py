"""A JupyterLab on a copy of the project, and its notebooks run there as a reader runs them: opened, run, looked at."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.request import ProxyHandler, build_opener

import pytest

from chromium import Browser, Page, recorder

ROOT: Final = Path(__file__).parents[1]
PARTS: Final = (
    "notebooks", "studies", "data/sample", "data/derived/tour", "models/sample", "benchmarks", "pyproject.toml",
    "docs/chicago_replication.csv",
)  # fmt: skip
"""What of the project the notebooks read; the stages of a run that was made are not computed again."""
SETTINGS: Final = {"apputils-extension/notification": {"fetchNews": "false"}}
"""Of the user: nobody is asked for news. All others are JupyterLab's own."""
WIDTH, HEIGHT = 1400, 1000
PIECE: Final = 1800
"""Height of a picture, in pixels: one of a whole notebook cannot be looked at."""
LONGEST: Final = 600.0
"""Seconds after which a notebook hangs."""
OPENED: Final = "window.jupyterapp?.shell.currentWidget?.context?.isReady && jupyterapp.restored.then(() => true)"
RUN: Final = """window.ran = ""; (async () => {
  await jupyterapp.shell.currentWidget.sessionContext.ready;
  return jupyterapp.commands.execute("notebook:run-all-cells");
})().then(done => { window.ran = `ended: ${done}`; }, wrong => { window.ran = `failed: ${wrong}`; }); 0"""
UNFOLD: Final = """(async () => {
  const box = jupyterapp.shell.currentWidget.node.querySelector(".jp-WindowedPanel-outer");
  box.scrollTop = 0;
  await Promise.all([...box.querySelectorAll("img")].map(one => one.decode().catch(() => 0)));
  for (const _ of "123") await new Promise(requestAnimationFrame);  // what was out of sight is painted now
  return Math.ceil([...box.querySelectorAll(".jp-Cell")].at(-1).getBoundingClientRect().bottom) + 60;
})()"""
END: Final = "jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => true)"
LOOK: Final = """(() => {
  const shown = one => { const box = one.getBoundingClientRect(); return box.width > 1 && box.height > 1; };
  const drawn = one => shown(one) && (one.tagName !== "IMG" || (one.complete && one.naturalWidth > 1));
  const pictures = part => [...part.querySelectorAll("img, canvas, :not(svg) > svg")].filter(drawn);
  const cut = one => {
    let box = one.parentElement;
    while (box.parentElement && getComputedStyle(box).overflowX === "visible") box = box.parentElement;
    const beyond = one.getBoundingClientRect().right > box.getBoundingClientRect().right + 1;
    return beyond && !["auto", "scroll"].includes(getComputedStyle(box).overflowX);
  };
  const open = one => !one.closest("details:not([open])");
  const tables = output => {
    const page = new DOMParser().parseFromString([output.data?.["text/html"] ?? ""].flat().join(""), "text/html");
    return [...page.querySelectorAll("table")].filter(open).filter(one => !one.hidden).length;
  };
  return jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === "code").map(cell => {
    const parts = [...cell.node.querySelectorAll(".jp-OutputArea-output")];
    const all = what => parts.flatMap(part => [...part.querySelectorAll(what)]);
    const outputs = cell.model.outputs.toJSON();
    return {
      number: cell.model.executionCount, source: cell.model.sharedModel.source, outputs,
      blank: parts.filter(part => !part.innerText.trim() && !pictures(part).length).length,
      pictures: parts.flatMap(pictures).length,
      tables: all("table").filter(shown).filter(open).length,
      wanted_tables: outputs.map(tables).reduce((sum, one) => sum + one, 0),
      cut: all("table, pre, img, svg, canvas").filter(shown).filter(cut).length,
      text: parts.map(part => part.innerText).join("\\n"),
    };
  });
})()"""


@dataclass(frozen=True)
class Cell:
    """What a code cell shows after it was run.

    Attributes:
        number: in the order of execution; None if it was not run.
        source: its code.
        outputs: as the notebook keeps them.
        blank: outputs that paint neither a picture nor a word.
        pictures: pictures that are painted.
        tables: tables that are painted.
        wanted_tables: tables that stand in the outputs, without hidden ones and those that a reader has to open first.
        cut: tables, pictures and texts that go beyond their box and cannot be scrolled.
        text: what can be read.
    """

    number: int | None
    source: str
    outputs: list[dict[str, Any]]
    blank: int
    pictures: int
    tables: int
    wanted_tables: int
    cut: int
    text: str

    def kinds(self) -> list[tuple[str, str]]:
        """Each output by its kind: what made it, and in which forms it stands there."""
        return kinds(self.outputs)


def kinds(outputs: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Each output of a cell by its kind: what made it, and in which forms it stands there."""
    return [(one["output_type"], one.get("name") or " ".join(sorted(one.get("data", {})))) for one in outputs]


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs.

    Attributes:
        address: where it answers.
        project: the folder that it shows.
        passed: whom the server or its kernels asked for something, as far as they heed the proxy they are given.
    """

    address: str
    project: Path
    passed: list[str]


@contextmanager
def jupyterlab(folder: Path) -> Iterator[Lab]:
    """JupyterLab on a copy of the project in a new folder; nobody's settings are read or written."""
    if find_spec("jupyterlab") is None:
        pytest.skip("jupyterlab is not installed")
    project, own = folder / "project", folder / "settings"
    _copy(project)
    for name, values in SETTINGS.items():
        place = own / "user" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(values), encoding="utf-8")
    flags = [
        "--no-browser", "--allow-root", "--expose-app-in-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={project}", "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly", f"--LabApp.user_settings_dir={own / 'user'}",
        f"--LabApp.workspaces_dir={own / 'workspaces'}",
    ]  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", *flags]
    with recorder() as (proxy, asked), (own / "said.txt").open("wb") as said:
        environment = _environment(own, proxy)
        server = subprocess.Popen(command, env=environment, stdout=said, stderr=said, cwd=project, process_group=0)
        try:
            yield Lab(_address(server, own), project, asked)
        finally:
            _end(server)


def _copy(project: Path) -> None:
    for part in PARTS:
        (project / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, project / part, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        elif (ROOT / part).exists():
            shutil.copy(ROOT / part, project / part)


def _environment(own: Path, proxy: str) -> dict[str, str]:
    """Of the server and its kernels: folders of their own, one thread, and the recorder as the way out."""
    folders = {name: str(own / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    out = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy)
    more = {"IPYTHONDIR": str(own / "ipython"), "no_proxy": "127.0.0.1,localhost", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **folders, **out, **more}


def _address(server: "subprocess.Popen[bytes]", own: Path) -> str:
    """Where the server answers, as soon as it does."""
    opener = build_opener(ProxyHandler({}))
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        for file in (own / "JUPYTER_RUNTIME_DIR").glob("jpserver-*.json"):
            with suppress(ValueError, OSError):
                address: str = json.loads(file.read_text(encoding="utf-8"))["url"]
                opener.open(f"{address}api/status", timeout=5).close()
                return address
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start: {(own / 'said.txt').read_text(encoding='utf-8')}")


def _end(server: "subprocess.Popen[bytes]") -> None:
    """End the server, which ends its kernels."""
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(30)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


@dataclass(frozen=True)
class Shown:
    """A notebook after all of its cells were run.

    Attributes:
        cells: of code.
        errors: what the console of the browser complained of, from the opening on.
        strangers: addresses outside this machine that the page, the browser, the server or the kernel asked for.
        seconds: that running took.
    """

    cells: list[Cell]
    errors: list[str]
    strangers: list[str]
    seconds: float


def run_in_tab(lab: Lab, browser: Browser, name: str) -> tuple[Page, float]:
    """Open a notebook of notebooks/ in a tab of its own and run all its cells by the command of the menu.

    Returns:
        The tab, with the whole notebook painted, and how many seconds running took.
    """
    page = browser.page(WIDTH, HEIGHT)
    page.open(f"{lab.address}lab/tree/notebooks/{name}?reset")
    page.wait(OPENED)
    begun = time.monotonic()
    page.evaluate(RUN)
    page.wait("window.ran", LONGEST)
    seconds = time.monotonic() - begun
    _unfold(page)
    return page, seconds


def run_all(lab: Lab, browser: Browser, name: str, shots: Path | None = None) -> Shown:
    """Run a notebook as `run_in_tab`, look at what it shows, and close it.

    Args:
        lab: where it is.
        browser: that opens it.
        name: of the file in notebooks/.
        shots: folder for pictures of the whole notebook from top to bottom, if any.
    """
    before = len(browser.passed()), len(lab.passed)
    page, seconds = run_in_tab(lab, browser, name)
    cells = [Cell(**told) for told in page.evaluate(LOOK)]
    if shots is not None:
        _photograph(page, shots, Path(name).stem)
    page.evaluate(END)
    strangers = page.strangers() + browser.passed()[before[0] :] + lab.passed[before[1] :]
    page.call("Page.close")
    return Shown(cells, page.errors, strangers, seconds)


def _unfold(page: Page) -> None:
    """Make the window so high that the whole notebook is painted."""
    height = HEIGHT
    for _ in range(5):  # what comes into sight may be higher than it was thought to be
        page.resize(WIDTH, height)
        seen: int = page.evaluate(UNFOLD)
        if seen == height:
            break
        height = seen


def _photograph(page: Page, shots: Path, stem: str) -> None:
    shots.mkdir(parents=True, exist_ok=True)
    height = page.evaluate("innerHeight")
    for place, top in enumerate(range(0, height, PIECE)):
        (shots / f"{stem}_{place}.png").write_bytes(page.picture(top=top, height=min(PIECE, height - top)))
