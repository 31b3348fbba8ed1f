"""Headless Chromium for the service tests: shows pages, tells of errors and requests, and reaches this machine only.

The tests and the browser speak the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/) on a pair
of pipes: no port, no package. What is asked of another machine ends in a recorder, which notes it and gives nothing.
"""

import base64
import fcntl
import json
import os
import re
import select
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

Told = dict[str, Any]

FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
    "--disable-domain-reliability", "--disable-sync", "--no-pings", "--hide-scrollbars", "--password-store=basic",
    "--disable-features=AutofillServerCommunication,OptimizationHints,Translate", "--remote-debugging-pipe",
)  # fmt: skip
OWN: Final = re.compile(
    r"start\.duckduckgo\.com|[a-z0-9.-]+\.gvt1\.com"
    r"|(?!(ajax|charts?|fonts|maps|storage|www)\.)[a-z0-9-]+\.google(apis)?\.com"
)
"""Hosts that Chromium asks for itself, whatever the page, and not those of its maker that serve pages."""
HERE: Final = ("127.0.0.1", "localhost")
PATIENCE: Final = 60.0
"""Seconds after which an answer that did not come is a failure."""


class BrowserError(Exception):
    """The browser did not do what it was asked, or a script in a page failed."""


@contextmanager
def recorder() -> Iterator[tuple[str, list[str]]]:
    """A proxy on this machine that gives nothing: its address, and what was asked of it so far."""
    asked: list[str] = []

    class Nowhere(BaseHTTPRequestHandler):
        def refuse(self) -> None:
            asked.append(self.path)
            with suppress(ConnectionError):  # a browser that does not wait for the answer
                self.send_error(502)

        do_CONNECT = do_GET = do_POST = do_HEAD = do_PUT = do_OPTIONS = refuse  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Nowhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Wire:
    """Messages to and from the browser: JSON, each ended by a zero byte."""

    def __init__(self, source: int, target: int, hear: Callable[[Told], None]) -> None:
        self._source, self._target, self._hear = source, target, hear
        self._rest = b""
        self._number = 0

    def call(self, method: str, session: str | None = None, **parameters: Any) -> Told:
        """Ask the browser for something and wait for its answer; what it tells meanwhile is heard.

        Raises:
            BrowserError: if it refuses, has ended or does not answer.
        """
        self._number += 1
        number, until = self._number, time.monotonic() + PATIENCE
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        left = memoryview(json.dumps(message).encode() + b"\0")
        while left:
            left = left[os.write(self._target, left) :]
        while (told := self._next(until, method)).get("id") != number:
            self._hear(told)
        if "error" in told:
            raise BrowserError(f"{method}: {told['error']['message']}")
        answer: Told = told["result"]
        return answer

    def _next(self, until: float, what: str) -> Told:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._source], [], [], max(0.0, until - time.monotonic()))
            part = os.read(self._source, 1 << 20) if ready else b""
            if not part:
                raise BrowserError(f"{what}: {'the browser has ended' if ready else 'no answer in time'}")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        told: Told = json.loads(message)
        return told


class Page:
    """One tab.

    Attributes:
        errors: exceptions nobody caught, and errors in the console.
        asked: addresses that the page asked for, those of this machine included.
    """

    def __init__(self, call: Callable[..., Told]) -> None:
        self.call = call
        self.errors: list[str] = []
        self.asked: list[str] = []
        self._quiet: set[str] = set()
        for domain in ("Page", "Runtime", "Log", "Network"):
            call(f"{domain}.enable")
        call("Page.setLifecycleEventsEnabled", enabled=True)

    def hear(self, told: Told) -> None:
        """Take note of what the browser tells of this page."""
        said = told["params"]
        match told["method"]:
            case "Page.lifecycleEvent" if said["name"] == "networkIdle":
                self._quiet.add(said["loaderId"])
            case "Network.requestWillBeSent":
                self.asked.append(said["request"]["url"])
            case "Network.webSocketCreated":
                self.asked.append(said["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(_thrown(said["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if said["type"] in {"error", "assert"}:
                self.errors.append(" ".join(str(one.get("value", one.get("description"))) for one in said["args"]))
            case "Log.entryAdded" if said["entry"]["level"] == "error":
                self.errors.append(f"{said['entry']['text']} {said['entry'].get('url', '')}".strip())

    def open(self, address: str) -> "Page":
        """Go to an address, and wait until nothing has been loaded there for half a second."""
        gone = self.call("Page.navigate", url=address)
        if "errorText" in gone:
            raise BrowserError(f"{address}: {gone['errorText']}")
        _until(lambda: self.call("Page.getFrameTree") and gone["loaderId"] in self._quiet, f"{address} is loading")
        return self

    def evaluate(self, script: str) -> Any:
        """The value of a script as JSON has it; a promise is waited for.

        Raises:
            BrowserError: with the exception, if there is one.
        """
        told = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in told:
            raise BrowserError(f"{script[:200]}: {_thrown(told['exceptionDetails'])}")
        return told["result"].get("value")

    def wait(self, script: str, seconds: float = PATIENCE) -> Any:
        """The value of a script, as soon as it is true."""
        return _until(lambda: self.evaluate(script), f"never true: {script}; errors: {self.errors}", seconds)

    def click(self, element: str) -> None:
        """Click with the mouse into the middle of an element, given as a script."""
        x, y = self.evaluate(f"(b => [b.x + b.width / 2, b.y + b.height / 2])({element}.getBoundingClientRect())")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def write(self, text: str) -> None:
        """Write on the keyboard, to whatever has the focus."""
        for letter in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", key=letter, text=letter)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=letter)

    def strangers(self) -> list[str]:
        """Addresses outside this machine that the page asked for."""
        return [place for place in self.asked if not _here(place)]

    def resize(self, width: int, height: int) -> None:
        """Make the window this large, in pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self, *, top: int = 0, height: int | None = None) -> bytes:
        """A PNG of the page's whole width from `top` on, `height` pixels or all that is left of it."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": top, "width": size["width"], "height": height or size["height"] - top, "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(shot["data"])


class Browser:
    """Chromium with a profile of its own; use `chromium` to have one."""

    def __init__(self, wire_ends: tuple[int, int], passed: list[str]) -> None:
        self._wire = Wire(*wire_ends, self._hear)
        self._passed = passed
        self._pages: dict[str, Page] = {}

    def page(self, width: int = 1200, height: int = 900) -> Page:
        """A new, empty tab."""
        target = self._wire.call("Target.createTarget", url="about:blank")["targetId"]
        session = self._wire.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(lambda method, **parameters: self._wire.call(method, session, **parameters))
        self._pages[session] = page
        page.call("Page.bringToFront")  # a tab behind another one paints nothing, and without focus scripts wait for it
        page.call("Emulation.setFocusEmulationEnabled", enabled=True)
        page.resize(width, height)
        return page

    def passed(self) -> list[str]:
        """What was asked of the world on the only way out, without what Chromium asks for itself."""
        return [place for place in self._passed if not OWN.fullmatch(_host(place))]

    def close(self) -> None:
        """End it, kindly."""
        with suppress(BrowserError, BrokenPipeError):
            self._wire.call("Browser.close")

    def _hear(self, told: Told) -> None:
        if page := self._pages.get(told.get("sessionId", "")):
            page.hear(told)


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Headless Chromium, running.

    Args:
        profile: a new folder, for all that it writes.
    """
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    profile.mkdir(parents=True)
    with recorder() as (proxy, asked):
        command = [program, *FLAGS, f"--user-data-dir={profile}", f"--proxy-server={proxy}"]
        source, target, process = _started(command, profile / "said.txt")
        browser = Browser((source, target), asked)
        try:
            yield browser
        finally:
            browser.close()
            _ended(process)
            os.close(source)
            os.close(target)


def _started(command: list[str], said: Path) -> tuple[int, int, int]:
    """Start a browser that listens on its descriptor 3 and answers on 4: our two ends, and its process."""
    (listens, target), (source, answers) = os.pipe(), os.pipe()
    theirs = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (listens, answers)]  # above 4: none is overwritten
    files = [(os.POSIX_SPAWN_DUP2, mine, place) for place, mine in enumerate(theirs, start=3)]
    writing = os.O_WRONLY | os.O_CREAT
    files += [(os.POSIX_SPAWN_OPEN, 1, str(said), writing, 0o600), (os.POSIX_SPAWN_DUP2, 1, 2)]  # type: ignore[list-item]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=files, setpgroup=0)
    for end in (listens, answers, *theirs):
        os.close(end)
    return source, target, process


def _ended(process: int) -> None:
    """Wait for a browser's end; one that does not end, and all that it started, is ended."""
    with suppress(BrowserError):
        _until(lambda: os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT), "running", 10)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)


def _until(told: Callable[[], Any], otherwise: str, seconds: float = PATIENCE) -> Any:
    """What is told, as soon as it is true."""
    until = time.monotonic() + seconds
    while not (found := told()):
        if time.monotonic() > until:
            raise BrowserError(f"after {seconds:g} s {otherwise}")
        time.sleep(0.05)
    return found


def _thrown(details: Told) -> str:
    return str(details.get("exception", {}).get("description", details["text"]))


def _host(place: str) -> str:
    """The host of an address, or of the host:port that a proxy is asked to connect to."""
    return urlsplit(place if "//" in place else f"//{place}").hostname or ""


def _here(place: str) -> bool:
    return urlsplit(place).scheme not in {"http", "https", "ws", "wss"} or _host(place) in HERE
