"""Strict reading of TOML tables: every key is asked for, every number brings its provenance, all else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from riskml.errors import StudyError
from riskml.grades.system import PROVENANCE, Number


@dataclass(frozen=True)
class Table:
    """One table of a file.

    Attributes:
        values: its content.
        file: name of the file, for messages.
        path: place of the table in the file, like "family.PEN"; empty at the top.
        sources: key -> text of the sources that its numbers may name.
        numbers: every number read so far, by its path; shared by all tables of one system.
    """

    values: Mapping[str, Any]
    file: str
    path: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)

    def only(self, *allowed: str) -> "Table":
        """The same table, once it is sure that it has no other keys.

        Raises:
            StudyError: for an unknown key.
        """
        unknown = sorted(set(self.values) - set(allowed))
        if unknown:
            raise StudyError(f"{self.place()}: unknown keys {unknown}; allowed are {sorted(allowed)}")
        return self

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self._get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, value, "a text")
        return value

    def choice(self, key: str, allowed: Mapping[str, Any] | tuple[str, ...]) -> str:
        """A text out of a closed list."""
        value = self.text(key)
        if value not in allowed:
            raise self._wrong(key, value, f"one of {sorted(allowed)}")
        return value

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        value = self._get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, value, "a list of texts")
        return value

    def integer(self, key: str) -> int:
        """A whole number that needs no provenance (a year)."""
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(key, value, "a whole number")
        return value

    def number(self, key: str) -> float:
        """A number >= 0 written as { value, provenance, source }; it is noted in `numbers`."""
        table = self.table(key).only("value", "provenance", "source")
        return table.plain("value", as_path=table.path)

    def days(self, key: str) -> int:
        """A number of days: as `number`, and whole."""
        value = self.number(key)
        if value != int(value):
            raise self._wrong(key, value, "a whole number of days")
        return int(value)

    def plain(self, key: str, *, as_path: str = "") -> float:
        """A number >= 0 whose provenance (and source) stand beside it in this table; it is noted in `numbers`."""
        value = self._get(key)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
            raise self._wrong(key, value, "a number from 0 up")
        provenance = self.choice("provenance", PROVENANCE)
        source = self.choice("source", self.sources) if "source" in self.values else ""
        if provenance in {"stated", "public"} and not source:
            raise StudyError(
                f"{self.place()}: a {provenance} number needs source, a key of [sources]: {sorted(self.sources)}"
            )
        named = (source, self.sources.get(source, ""))
        self.numbers[as_path or f"{self.path}.{key}"] = Number(float(value), provenance, named)
        return float(value)

    def table(self, key: str) -> "Table":
        """A table inside this one."""
        value = self._get(key)
        if not isinstance(value, dict):
            raise self._wrong(key, value, "a table")
        path = f"{self.path}.{key}" if self.path else key
        return Table(value, self.file, path, self.sources, self.numbers)

    def tables(self, key: str) -> dict[str, "Table"]:
        """The tables inside the table `key`, in the order of the file; none if `key` is absent."""
        if key not in self.values:
            return {}
        outer = self.table(key)
        return {name: outer.table(name) for name in outer.values}

    def place(self) -> str:
        """File and table, for messages."""
        return f"{self.file}: [{self.path}]" if self.path else self.file

    def _get(self, key: str) -> Any:
        if key not in self.values:
            raise StudyError(f"{self.place()}: {key} is missing; write it")
        return self.values[key]

    def _wrong(self, key: str, value: Any, allowed: str) -> StudyError:
        return StudyError(f"{self.place()}: {key} is {value!r}; it must be {allowed}")
