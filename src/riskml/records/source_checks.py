"""What a source file holds to: known keys, days in order, classes apart, references that lead somewhere."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from graphlib import CycleError, TopologicalSorter
from itertools import combinations, pairwise
from typing import Any

from riskml.errors import StudyError
from riskml.records.declarations import SourceTable, references

Versions = tuple[tuple[str, str], ...]
"""First day and name of each code set, by day."""


def known_keys(given: Iterable[str], allowed: Iterable[str], where: str) -> None:
    """Refuse what is not allowed, with the nearest that is.

    Raises:
        StudyError: naming the unknown keys.
    """
    choices = sorted(allowed)
    for key in given:
        if key not in choices:
            near = difflib.get_close_matches(key, choices, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise StudyError(f"{where}: unknown {key!r}; allowed are {choices}{hint}")


def needed_keys(spec: Any, keys: Iterable[str], where: str) -> None:
    """Refuse a section that is none, or lacks a key.

    Raises:
        StudyError: naming what is absent.
    """
    if not isinstance(spec, dict):
        raise StudyError(f"{where} must be a section with keys of its own, got {spec!r}")
    absent = [key for key in keys if key not in spec]
    if absent:
        raise StudyError(f"{where} lacks {absent}")


def checked_versions(spec: Mapping[str, Any], where: str) -> Versions:
    """The code sets in force with their first days.

    Raises:
        StudyError: if a day is none, the days do not rise, or a name comes twice.
    """
    if "label_versions" not in spec:
        return (("0001-01-01", str(spec.get("label_version", spec["name"]))),)
    where = f"{where}: label_versions"
    found = []
    for version in spec["label_versions"]:
        needed_keys(version, ("from", "name"), where)
        known_keys(version, {"from", "name"}, where)
        found.append((_day(str(version["from"]), where), str(version["name"])))
    if not found:
        raise StudyError(f"{where} is empty; name the code sets, or leave it out")
    for (earlier, _), (later, name) in pairwise(found):
        if later <= earlier:
            raise StudyError(
                f"{where}: {name!r} is from {later}, but the one before it from {earlier}; sort them by day"
            )
    names = [name for _, name in found]
    if len(set(names)) < len(names):
        raise StudyError(f"{where}: a name comes twice in {names}; each code set needs its own")
    return tuple(found)


def _day(text: str, where: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise StudyError(f"{where}: from must be a day like 2018-07-01, got {text!r}") from error


def check_classes(classes: Sequence[Any], where: str) -> None:
    """Refuse classes of items that cannot be told apart.

    Raises:
        StudyError: for an unknown or absent key, a range that is none, or an item that two classes claim.
    """
    for number, kind in enumerate(classes, start=1):
        here = f"{where}: class {number}"
        needed_keys(kind, (), here)
        known_keys(kind, {"version", "is", "first", "last", "code", "severity"}, here)
        needed_keys(kind, ("code", *(("first", "last") if {"first", "last"} & set(kind) else ())), here)
        if "first" in kind:
            _check_range(kind["first"], kind["last"], here)
        if "is" in kind and not (isinstance(kind["is"], list) and all(isinstance(one, str) for one in kind["is"])):
            raise StudyError(f"{here}: is must be a list of texts, got {kind['is']!r}")
    for (one, first), (other, second) in combinations(enumerate(classes, start=1), 2):
        shared = _shared(first, second)
        if shared and first.get("version", second.get("version")) == second.get("version", first.get("version")):
            raise StudyError(f"{where}: classes {one} and {other} both claim {shared}; an item has one class")


def _check_range(first: Any, last: Any, where: str) -> None:
    if type(first) is not int or type(last) is not int or first > last:
        raise StudyError(f"{where}: first and last must be whole numbers, first <= last; got {first!r} and {last!r}")


def _shared(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """What two classes of one version both claim, in words; empty if nothing."""
    texts = sorted(set(one.get("is", ())) & set(other.get("is", ())))
    if texts:
        return f"item {texts[0]!r}"
    if "first" in one and "first" in other:
        first, last = max(one["first"], other["first"]), min(one["last"], other["last"])
        return f"items {first} to {last}" if first <= last else ""
    rest = [kind for kind in (one, other) if "first" not in kind and "is" not in kind]
    return "every item that no other class claims" if len(rest) == 2 else ""


def checked_tables(tables: list[SourceTable], versions: Versions, where: str) -> tuple[SourceTable, ...]:
    """The tables, if what they refer to is there and can be made in some order.

    Raises:
        StudyError: naming what is unknown, or the tables that look into each other in a circle.
    """
    fields = {table.name: set(table.fields) for table in tables}
    for table in tables:
        here = f"{where}: table {table.name!r}"
        _check_joins(table, {one.name: one for one in tables}, here)
        _check_made_fields(table, here)
        for other, name in (emit.unless for emit in table.emits if any(emit.unless)):
            known_keys([other], fields, f"{here}: unless table")
            known_keys([name] if name else [], fields[table.name] & fields[other], f"{here}: unless on")
        if table.items:
            named = [kind["version"] for kind in table.items.classes if "version" in kind]
            known_keys(named, [name for _, name in versions], f"{here}: items: class version")
            dated = table.items.dated_by
            if dated and table.fields[dated].value is None and table.fields[dated].kind != "day":
                raise StudyError(f"{here}: items: dated_by must name a field of days, {dated!r} is none")
    try:
        settling_order(tables)
    except CycleError as error:
        raise StudyError(f"{where}: these tables look into each other in a circle: {error.args[1]}") from error
    return tuple(tables)


def _check_joins(table: SourceTable, by_name: Mapping[str, SourceTable], where: str) -> None:
    for join in table.joins:
        known_keys([join.table], by_name, f"{where}: join")
        other = by_name[join.table].fields
        known_keys([join.on], set(table.fields) & set(other), f"{where}: join on")
        known_keys(join.take, other, f"{where}: join take")
        for name in join.take:
            mine, theirs = table.fields.get(name), other[name]
            if mine and mine.value is None and theirs.value is None and _shape(mine.kind) != _shape(theirs.kind):
                raise StudyError(
                    f"{where}: join take: {name!r} is {mine.kind} here and {theirs.kind} in {join.table!r}; "
                    "read both alike, or give one another name"
                )


def _shape(kind: str) -> str:
    """Kinds whose values can stand in one column."""
    typed = ("day", "integer", "flag", "list")
    return kind if kind in typed else "number" if kind in ("number", "money") else "text"


def _check_made_fields(table: SourceTable, where: str) -> None:
    """A made field names only fields of the file, fields looked up, and fields made before it."""
    later = [name for name, field in table.fields.items() if field.value is not None]
    while later:
        name = later[0]
        wrong = [one for one in references(table.fields[name].value) if one in later]
        if wrong:
            raise StudyError(f"{where}: field {name}: is made of {wrong[0]!r}, which is made after it; move it up")
        later.pop(0)


def settling_order(tables: Sequence[SourceTable]) -> list[str]:
    """The names of the tables, each after those that it looks into, else in their own order.

    Raises:
        CycleError: if there is no such order.
    """
    graph = TopologicalSorter({table.name: {join.table for join in table.joins} for table in tables})
    return list(graph.static_order())
