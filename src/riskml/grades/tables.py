"""Strict reading of TOML tables: every key is asked for, every number brings its provenance, all else is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
        replaced: path -> value that stands in place of the file's.
        inherited: provenance and source of the table around it, for numbers that bring none.
    """

    values: Mapping[str, Any]
    file: str
    path: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)
    replaced: Mapping[str, float] = field(default_factory=dict)
    inherited: tuple[str, str] = ("", "")

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
        path = as_path or (f"{self.path}.{key}" if self.path else key)
        value = self.replaced.get(path, self._get(key))
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
            raise self._wrong(key, value, "a number from 0 up")
        provenance, source = self._origin()
        if provenance in {"stated", "public"} and not source:
            raise StudyError(
                f"{self.place()}: a {provenance} number needs source, a key of [sources]: {sorted(self.sources)}"
            )
        self.numbers[path] = Number(float(value), provenance, (source, self.sources.get(source, "")))
        return float(value)

    def amount(self, key: str) -> float:
        """A number in either form: a table of its own, or plain with the provenance of this table."""
        return self.number(key) if isinstance(self._get(key), dict) else self.plain(key)

    def whole(self, key: str) -> int:
        """As `amount`, and a whole number."""
        value = self.amount(key)
        if value != int(value):
            raise self._wrong(key, value, "a whole number")
        return int(value)

    def maybe(self, key: str) -> float | None:
        """As `amount`; None if the key is absent."""
        return self.amount(key) if key in self.values else None

    def flag(self, key: str) -> bool:
        """True or false; false if the key is absent."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def _origin(self) -> tuple[str, str]:
        """Provenance and source of a plain number of this table."""
        if "provenance" not in self.values and self.inherited[0]:
            return self.inherited
        return (
            self.choice("provenance", PROVENANCE),
            self.choice("source", self.sources) if "source" in self.values else "",
        )

    def table(self, key: str) -> "Table":
        """A table inside this one."""
        value = self._get(key)
        if not isinstance(value, dict):
            raise self._wrong(key, value, "a table")
        return self._inside(value, key)

    def rows(self, key: str) -> list["Table"]:
        """The tables of a list, each with its place as the last part of its path; none if `key` is absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, value, "a list of tables")
        return [self._inside(item, f"{key}.{place}") for place, item in enumerate(value)]

    def amounts(self, key: str) -> dict[str, float]:
        """A table of numbers; empty if `key` is absent."""
        if key not in self.values:
            return {}
        inner = self.table(key)
        return {name: inner.amount(name) for name in inner.values if name not in ("provenance", "source")}

    def _inside(self, value: Mapping[str, Any], key: str) -> "Table":
        path = f"{self.path}.{key}" if self.path else key
        inherited = self._origin() if "provenance" in self.values else self.inherited
        return replace(self, values=value, path=path, inherited=inherited)

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
