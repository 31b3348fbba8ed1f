"""Pages fetched so far: one file each beside a small JSON state, so that a killed fetch goes on where it stopped."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from riskml.errors import DataError
from riskml.records._soda import AgainError, Page, parse
from riskml.records.datasets import ROW_ID, Dataset

FORMAT: Final = 1
"""Of `state.json`; a state of another format is not continued but fetched anew."""
MAX_BYTES: Final = 8 * 2**30


@dataclass(frozen=True)
class Part:
    """A page on disk.

    Attributes:
        number: its place in the order fetched, from 0.
        offset: rows of the data set before it.
        rows: its rows.
        bytes: its size.
        sha256: of the file.
    """

    number: int
    offset: int
    rows: int
    bytes: int
    sha256: str


class Parts:
    """The pages of an unfinished fetch, in a folder of their own.

    Attributes:
        started: when the first of them was asked for, as ISO text in UTC.
        stated: rows that the server said it had then; -1 when not asked yet.
        kept: the pages, in order.
        ids: identifiers of all rows in them.
    """

    def __init__(self, folder: Path, dataset: Dataset) -> None:
        """Take up what lies in the folder; a damaged page and all after it are given up."""
        self.folder = folder
        self.dataset = dataset
        self.started = now()
        self.stated = -1
        self.kept: list[Part] = []
        self.ids: set[str] = set()
        state = _state(folder / "state.json", dataset.rows_url)
        if state is None:
            self.clear()
        else:
            self.started, self.stated = state["started"], state["stated"]
            self._take_up(state["pages"])

    def _take_up(self, pages: list[dict[str, Any]]) -> None:
        for entry in pages:
            part = Part(**entry)
            page = self._read(part)
            if page is None:
                break
            self.ids.update(row_ids(page, self.dataset))
            self.kept.append(part)

    def clear(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.started, self.stated = now(), -1
        self.kept.clear()
        self.ids.clear()

    def add(self, page: Page, offset: int) -> None:
        """Keep a page.

        Raises:
            DataError: if all pages together are larger than `MAX_BYTES`.
        """
        size = len(page.body)
        if size + sum(part.bytes for part in self.kept) > MAX_BYTES:
            raise DataError(
                f"data set {self.dataset.name} is larger than {MAX_BYTES:,} bytes; nothing more was fetched"
            )
        part = Part(len(self.kept), offset, len(page.rows), size, sha256(page.body).hexdigest())
        self.folder.mkdir(parents=True, exist_ok=True)
        replace(self._path(part), page.body)
        self.kept.append(part)
        self.ids.update(row_ids(page, self.dataset))
        self.save()

    def save(self) -> None:
        """Write the state."""
        state = {
            "format": FORMAT,
            "url": self.dataset.rows_url,
            "started": self.started,
            "stated": self.stated,
            "pages": [asdict(part) for part in self.kept],
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        replace(self.folder / "state.json", (json.dumps(state, indent=1) + "\n").encode())

    @property
    def next_offset(self) -> int:
        """Where the next page begins: at the last row of the page before, which shows that nothing has moved."""
        return self.kept[-1].offset + self.kept[-1].rows - 1 if self.kept else 0

    def pieces(self) -> Iterator[bytes]:
        """The whole table as CSV in UTF-8: the header, then each row at its first appearance.

        Raises:
            DataError: if a page was changed on disk in the meantime.
        """
        seen: set[str] = set()
        yield _csv([list(self.dataset.columns)])
        for part in self.kept:
            page = self._read(part)
            if page is None:
                raise DataError(f"{self._path(part)} was changed while the file was put together; run it again")
            order = [page.header.index(column) for column in self.dataset.columns]
            new = []
            for name, row in zip(row_ids(page, self.dataset), page.rows, strict=True):
                if name not in seen:
                    seen.add(name)
                    new.append([row[place] for place in order])
            yield _csv(new)

    def _path(self, part: Part) -> Path:
        return self.folder / f"{part.number:06d}.csv"

    def _read(self, part: Part) -> Page | None:
        """A page from disk; None if it is not what was written."""
        try:
            body = self._path(part).read_bytes()
            return parse(body) if sha256(body).hexdigest() == part.sha256 else None
        except (FileNotFoundError, AgainError):
            return None


def row_ids(page: Page, dataset: Dataset) -> list[str]:
    """The server's identifier of each row: the one column that is not among those of the data set.

    Raises:
        DataError: if the columns are not those asked for, or a row has no identifier.
    """
    absent = [column for column in dataset.columns if column not in page.header]
    others = [place for place, name in enumerate(page.header) if name not in dataset.columns]
    if absent or len(others) != 1 or len(page.header) != len(dataset.columns) + 1:
        asked = (ROW_ID, *dataset.columns)
        raise DataError(f"{dataset.host} sent the columns {page.header}; asked for were {asked}, {absent} are missing")
    ids = [row[others[0]] for row in page.rows]
    if not all(ids):
        raise DataError(f"{dataset.host} sent {ids.count('')} rows without {ROW_ID}; they cannot be told apart")
    return ids


def replace(path: Path, content: bytes) -> None:
    """Write a file under a temporary name and rename it whole."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def now() -> str:
    """The time in UTC as ISO text, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _state(path: Path, url: str) -> dict[str, Any] | None:
    """The state, if it is of this format and of this question."""
    try:
        state: dict[str, Any] = json.loads(path.read_bytes())
        fits = (state["format"], state["url"]) == (FORMAT, url)
        [Part(**entry) for entry in state["pages"]]
        return state if fits and isinstance(state["started"], str) and isinstance(state["stated"], int) else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
