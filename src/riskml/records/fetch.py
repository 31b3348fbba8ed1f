"""Fetch an open data set, page by page, into one CSV file: only if asked, resumed after a break, no row twice.

Pages overlap by one row: as long as each page begins with a row already seen, nothing was skipped in between, even if
the publisher adds or removes rows meanwhile. A row is known by the server's identifier and taken once. The end is a
page without a new row (a server may give fewer rows than asked for at any time), and is believed only if the server's
own count agrees.
"""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Final

from riskml.errors import DataError, StudyError
from riskml.records._parts import Parts, now, replace, row_ids
from riskml.records._soda import Opener, Server, make_opener
from riskml.records.datasets import Dataset

MAX_IDLE: Final = 10
"""Answers in a row without a new row, beyond those that walking again over the known pages takes."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Fetched:
    """A fetched file, as `<name>.json` beside it says.

    Attributes:
        path: the CSV file: UTF-8, one header row, columns as the API names them.
        url: what was asked for.
        source: name of the source to ingest it with.
        terms: the publisher's terms of use.
        rows: rows in the file.
        rows_repeated: rows that came more than once and were taken once (the planned overlap of pages not counted).
        rows_stated: rows that the server said it had at the end.
        pages: pages that were kept.
        retried: attempts that had to be repeated, in the last call.
        sha256: of the file.
        started: first request, UTC.
        finished: last request, UTC.
    """

    path: Path
    url: str
    source: str
    terms: str
    rows: int
    rows_repeated: int
    rows_stated: int
    pages: int
    retried: int
    sha256: str
    started: str
    finished: str


def fetch(
    dataset: Dataset,
    folder: Path,
    *,
    report: Report | None = None,
    page_rows: int | None = None,
    retries: int = 5,
    timeout: float = 120.0,
    pause: float = 2.0,
    opener: Opener | None = None,
    refresh: bool = False,
) -> Fetched:
    """Fetch a data set into `folder/<name>.csv`, or go on with it, or verify what was fetched before.

    Args:
        dataset: see `riskml.records.datasets.load_dataset`.
        folder: where the file goes; unfinished pages lie in `.<name>.parts` in it.
        report: told in one line what happens, page by page; nobody if None.
        page_rows: rows asked for at once, at least 2; the data set's own number if None.
        retries: further attempts after the first, for every page.
        timeout: seconds without a byte after which an answer counts as stalled.
        pause: seconds before the second attempt; doubled before each later one.
        opener: what opens addresses; by default urllib with checked certificates and without cookies.
        refresh: fetch again although the file is there; it is replaced when the new one is whole.

    Raises:
        DataError: if the server cannot be reached, is not who it claims to be, answers nonsense, or the file there
            is not what was fetched. Whole pages are kept: the next call goes on after them.
        StudyError: if an argument is out of range.
    """
    rows = dataset.page_rows if page_rows is None else page_rows
    if rows < 2 or retries < 0 or timeout <= 0 or pause < 0:
        raise StudyError(f"{page_rows=}, {retries=}, {timeout=}, {pause=}: at least 2, 0, above 0, and 0 are allowed")
    say = report or (lambda _: None)
    folder.mkdir(parents=True, exist_ok=True)
    with _only_fetch(folder, dataset):
        parts = Parts(folder / f".{dataset.name}.parts", dataset)
        done = None if refresh or parts.kept else _finished(folder, dataset)
        if done is not None:
            say(f"{done.path}: {done.rows:,} rows of {done.finished}, checksum verified")
            return done
        server = Server(
            opener=opener or make_opener(loopback=dataset.loopback),
            timeout=timeout,
            retries=retries,
            pause=pause,
            say=say,
        )
        _collect(parts, server, rows)
        return _assemble(parts, server, folder)


def _collect(parts: Parts, server: Server, page_rows: int) -> None:
    """Ask for pages until there is no new row."""
    if parts.stated < 0:
        _begin(parts, server)
    offset, idle, back, replaced = parts.next_offset, 0, 0, False
    while idle <= MAX_IDLE + len(parts.ids) // (page_rows - 1):
        page = server.page(parts.dataset.page_url(limit=page_rows, offset=offset))
        ids = row_ids(page, parts.dataset)
        new = len(set(ids) - parts.ids)
        if offset > 0 and not (ids and ids[0] in parts.ids):
            offset = max(0, offset - page_rows * 2**back)
            back += 1
            server.say(f"rows have moved on the server: looking again from row {offset + 1:,}")
        elif offset == 0 and parts.ids and new == len(set(ids)):
            if replaced:
                raise DataError(f"{parts.dataset.host} gives other rows every time: try again later")
            server.say("the publisher has replaced all rows: starting again")
            replaced = True
            _begin(parts, server)
        elif new:
            parts.add(page, offset)
            offset, idle, back = offset + len(ids) - 1, -1, 0
            server.say(f"{len(parts.ids):,} of {parts.stated:,} rows")
        elif len(ids) < page_rows:
            return
        else:
            offset += len(ids) - 1
        idle += 1
    raise DataError(f"{parts.dataset.host} gives the same rows again and again ({idle} answers): try again later")


def _begin(parts: Parts, server: Server) -> None:
    """Start with no page and the number of rows that there should be."""
    parts.clear()
    parts.stated = _count(parts.dataset, server)
    parts.save()


def _count(dataset: Dataset, server: Server) -> int:
    """How many rows the server says it has."""
    page = server.page(dataset.count_url)
    cells = [cell for row in page.rows for cell in row]
    if len(cells) != 1 or not cells[0].isascii() or not cells[0].isdigit() or int(cells[0]) == 0:
        raise DataError(f"{dataset.host} states {cells} as the number of rows; it must be one number above 0")
    return int(cells[0])


def _assemble(parts: Parts, server: Server, folder: Path) -> Fetched:
    """Put the pages together, if they are all there."""
    dataset = parts.dataset
    stated, rows = _count(dataset, server), len(parts.ids)
    least = min(stated, parts.stated)
    if rows < least:
        parts.clear()
        raise DataError(f"{dataset.host} served {rows:,} rows but states {least:,}; they were discarded: run it again")
    target = folder / f"{dataset.name}.csv"
    draft = folder / f".{dataset.name}.csv.part"
    digest = sha256()
    with draft.open("wb") as file:
        for piece in parts.pieces():
            digest.update(piece)
            file.write(piece)
    fetched = Fetched(
        path=target,
        url=dataset.rows_url,
        source=dataset.source,
        terms=dataset.terms,
        rows=rows,
        rows_repeated=sum(part.rows for part in parts.kept) - rows - (len(parts.kept) - 1),
        rows_stated=stated,
        pages=len(parts.kept),
        retried=server.retried,
        sha256=digest.hexdigest(),
        started=parts.started,
        finished=now(),
    )
    draft.replace(target)
    facts = {key: value for key, value in asdict(fetched).items() if key != "path"}
    replace(folder / f"{dataset.name}.json", (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())
    parts.clear()
    return fetched


def _finished(folder: Path, dataset: Dataset) -> Fetched | None:
    """What an earlier call fetched; None if there is nothing."""
    target = folder / f"{dataset.name}.csv"
    if not target.exists():
        return None
    advice = "move it away, or fetch it again (refresh)"
    try:
        facts: dict[str, Any] = json.loads((folder / f"{dataset.name}.json").read_bytes())
        fetched = Fetched(path=target, **facts)
    except (FileNotFoundError, ValueError, TypeError) as error:
        raise DataError(f"{target} was not written by a fetch (no {dataset.name}.json that fits): {advice}") from error
    if fetched.url != dataset.rows_url:
        raise DataError(f"{target} was fetched from {fetched.url}, which is not what is asked for now: {advice}")
    with target.open("rb") as file:
        found = file_digest(file, "sha256").hexdigest()
    if found != fetched.sha256:
        raise DataError(f"{target} was changed since it was fetched (its checksum differs): {advice}")
    return fetched


@contextmanager
def _only_fetch(folder: Path, dataset: Dataset) -> Iterator[None]:
    """Hold the lock of a data set in a folder."""
    with (folder / f".{dataset.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DataError(f"{dataset.name} is being fetched into {folder} already; wait until it ends") from error
        yield
