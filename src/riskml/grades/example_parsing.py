"""Reading of worked examples: facts of one site, or values given directly, and what the system makes of them."""

from types import MappingProxyType
from typing import Any, Final

from riskml.grades.conventions import known_codes
from riskml.grades.system import Example, Level
from riskml.grades.tables import Table

EVENT: Final = ("code", "age_days", "case_id", "repaired", "quantity", "amount", "valid_days", "gone_days")
VISIT: Final = ("age_days", "type", "result", "score", "key_fail", "general_fail")


def read_examples(top: Table, levels: tuple[Level, ...]) -> tuple[Example, ...]:
    """The worked examples of a system file, in its order.

    Raises:
        StudyError: for an unknown key, code or level.
    """
    rows = enumerate(top.values.get("example", []), start=1)
    return tuple(_example(Table(row, top.file, f"example {place}"), levels) for place, row in rows)


def _example(table: Table, levels: tuple[Level, ...]) -> Example:
    table.only("id", "site", "events", "visits", "given", "score", "level", "veto")
    if "level" in table.values:
        table.choice("level", tuple(level.code for level in levels))
    events = _rows(table, "events", EVENT)
    known_codes([row["code"] for row in events], where=table.place())
    return Example(
        id=table.text("id"),
        site=MappingProxyType(dict(table.values.get("site", {}))),
        events=events,
        visits=_rows(table, "visits", VISIT),
        given=MappingProxyType(dict(table.values.get("given", {}))),
        score=table.values.get("score"),
        level=table.values.get("level"),
        veto=table.values.get("veto"),
    )


def _rows(table: Table, key: str, allowed: tuple[str, ...]) -> tuple[MappingProxyType[str, Any], ...]:
    rows = table.values.get(key, [])
    for row in rows:
        Table(row, table.file, table.path).only(*allowed)
    return tuple(MappingProxyType(dict(row)) for row in rows)
