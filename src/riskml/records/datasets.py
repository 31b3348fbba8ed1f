"""The open data sets that can be fetched: `datasets.toml` as frozen values, unknown keys refused."""

import difflib
import re
import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any, Final
from urllib.parse import urlencode

from riskml.errors import StudyError

LOOPBACK: Final = ("127.0.0.1", "localhost")
ROW_ID: Final = ":id"
"""The server's own row identifier: it orders the pages and tells rows apart, and is not part of the data."""


@dataclass(frozen=True)
class Dataset:
    """One table on a SODA server.

    Attributes:
        name: as in `riskml fetch NAME`; also the name of the file.
        title: what the rows are.
        host: host name of the publisher's server, with a port only if it is not the usual one.
        id: the server's identifier, four characters, a hyphen and four characters.
        source: name of the source that `riskml ingest` reads the file with.
        page_rows: rows asked for at once, at least 2.
        columns: what is asked for, and the columns of the file, in this order.
        terms: the publisher's terms of use.
        scheme: https; http only for a server on this machine (tests).

    Raises:
        StudyError: if a value is not of that form.
    """

    name: str
    title: str
    host: str
    id: str
    source: str
    page_rows: int
    columns: tuple[str, ...]
    terms: str
    scheme: str = "https"

    def __post_init__(self) -> None:
        allowed = ("https", "http") if self.loopback else ("https",)
        forms = {"name": r"[a-z][a-z0-9_]*", "host": r"[a-z0-9.-]+(:[0-9]+)?", "id": r"[a-z0-9]{4}-[a-z0-9]{4}"}
        for field, form in forms.items():
            if not re.fullmatch(form, getattr(self, field)):
                raise StudyError(f"dataset {self.name}: {field} is {getattr(self, field)!r}; it must match {form}")
        if self.scheme not in allowed:
            raise StudyError(f"dataset {self.name}: scheme is {self.scheme!r}; allowed for {self.host} is {allowed}")
        if self.page_rows < 2:
            raise StudyError(f"dataset {self.name}: page_rows is {self.page_rows}; it must be at least 2")
        wrong = [column for column in self.columns if not re.fullmatch(r"[a-z_][a-z0-9_]*", column)]
        if wrong or not self.columns or len(set(self.columns)) != len(self.columns):
            raise StudyError(f"dataset {self.name}: columns must be different names as the API spells them: {wrong}")

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine."""
        return self.host.split(":")[0] in LOOPBACK

    @property
    def url(self) -> str:
        """Address of the table, without a query."""
        return f"{self.scheme}://{self.host}/resource/{self.id}.csv"

    @property
    def rows_url(self) -> str:
        """Address of all rows, in the order of the server's row identifiers; a page adds $limit and $offset."""
        select = ",".join((ROW_ID, *self.columns))
        return f"{self.url}?{urlencode({'$select': select, '$order': ROW_ID})}"

    @property
    def count_url(self) -> str:
        """Address of the number of rows."""
        return f"{self.url}?{urlencode({'$select': 'count(*) as total'})}"

    def page_url(self, *, limit: int, offset: int) -> str:
        """Address of at most `limit` rows after the first `offset` ones."""
        return f"{self.rows_url}&{urlencode({'$limit': limit, '$offset': offset})}"


_NEEDED: Final = tuple(field.name for field in fields(Dataset) if field.name not in ("name", "scheme"))


def dataset_names() -> list[str]:
    """Names of the data sets that can be fetched.

    >>> dataset_names()
    ['chicago', 'nyc']
    """
    return sorted(_known())


def load_dataset(name: str) -> Dataset:
    """A data set by its name.

    >>> load_dataset("chicago").url
    'https://data.cityofchicago.org/resource/4ijn-s7e5.csv'

    Raises:
        StudyError: if there is none of that name.
    """
    known = _known()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise StudyError(f"unknown data set {name!r}; known are {sorted(known)}{hint}")
    return known[name]


def parse_datasets(text: str, *, where: str) -> dict[str, Dataset]:
    """Read the text of a file of data sets; `where` names it in messages.

    Raises:
        StudyError: if it is no TOML, or an entry has an unknown, missing or wrong key.
    """
    try:
        spec = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where} is not valid TOML: {error}") from error
    return {name: _dataset(name, entry, where) for name, entry in spec.items()}


def _dataset(name: str, entry: Any, where: str) -> Dataset:
    if not isinstance(entry, dict):
        raise StudyError(f"{where}: {name} must be a table [{name}] with {list(_NEEDED)}")
    unknown, absent = sorted(set(entry) - set(_NEEDED)), [key for key in _NEEDED if key not in entry]
    if unknown or absent:
        raise StudyError(f"{where}: [{name}] has unknown keys {unknown} and lacks {absent}; allowed are {_NEEDED}")
    for key, value in entry.items():
        kind: type = {"page_rows": int, "columns": list}.get(key, str)
        texts = value if isinstance(value, list) else []
        if type(value) is not kind or not all(isinstance(text, str) for text in texts):
            raise StudyError(f"{where}: [{name}] {key} is {value!r}; it must be of type {kind.__name__}")
    return Dataset(name=name, **{**entry, "columns": tuple(entry["columns"])})


def _known() -> dict[str, Dataset]:
    text = (resources.files("riskml.records") / "datasets.toml").read_text(encoding="utf-8")
    return parse_datasets(text, where="datasets.toml")
