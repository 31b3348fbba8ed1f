"""The text of a system file becomes a `System`; whatever is unknown, missing or does not fit together is refused."""

import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from riskml.errors import StudyError
from riskml.grades.conventions import known_codes, publicity_regime
from riskml.grades.levels import read_cuts, read_levels
from riskml.grades.system import (
    COUNTS_WHILE,
    REPAIR_EFFECT,
    AttributeRule,
    CountsWhile,
    Example,
    Family,
    Level,
    Period,
    PointRule,
    Repeat,
    System,
    Veto,
)
from riskml.grades.tables import Table

DEFAULT: Final = "default"
TEXTS: Final = ("title_en", "title_zh", "body", "body_zh", "subject", "subject_zh", "provenance_en", "provenance_zh")
COMMON: Final = (*TEXTS, "year", "floor_visits_per_year", "sources", "variant", "level", "example")
POINTS: Final = ("publicity", "repeat", "repair", "family", "veto")


def parse_system(text: str, *, name: str, variant: str = DEFAULT) -> System:
    """Read one system.

    Args:
        text: content of the TOML file.
        name: name of the system, for results and messages.
        variant: "default", or a table of [variant] whose values replace those of the file.

    Raises:
        StudyError: for a damaged file, an unknown key, code, source or variant, a missing or wrong value, and levels
            that overlap or leave a gap.
    """
    content = _toml(text, name)
    replacements = {DEFAULT: {}, **content.get("variant", {})}
    if variant not in replacements:
        raise StudyError(f"system {name} has no variant {variant!r}; allowed are {sorted(replacements)}")
    top = Table(_merged(content, replacements[variant]), f"{name}.toml", sources=content.get("sources", {}))
    top.only(*COMMON, *(("attribute",) if "attribute" in content else POINTS))
    floor = top.number("floor_visits_per_year") if "floor_visits_per_year" in content else 0.0
    levels = read_levels(top, floor, key="category" if "attribute" in content else "points")
    rule = _attribute_rule(top) if "attribute" in content else _point_rule(top, levels)
    texts = {key: top.text(key) for key in TEXTS}
    return System(
        name=name,
        variant=variant,
        **{key: texts[key] for key in TEXTS if not key.startswith("provenance")},
        year=top.integer("year"),
        levels=levels,
        rule=rule,
        reconstructed=any(number.provenance == "assumed" for number in top.numbers.values()),
        provenance=texts["provenance_en"],
        provenance_zh=texts["provenance_zh"],
        floor_visits_per_year=floor,
        numbers=MappingProxyType(top.numbers),
        examples=_examples(top, levels),
        variants=tuple(replacements),
    )


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{name}.toml is not readable as TOML: {error}") from error


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `changes` in place of its own, table by table."""
    merged = dict(base)
    for key, value in changes.items():
        inner = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _merged(base[key], value) if inner else value
    return merged


def _point_rule(top: Table, levels: tuple[Level, ...]) -> PointRule:
    repeat = top.table("repeat").only("within_days", "second", "third_or_later")
    families = tuple(_family(key, table) for key, table in top.tables("family").items())
    vetoes = tuple(_veto(code, table, levels) for code, table in top.tables("veto").items())
    periods = [family.period for family in families] + [veto.period for veto in vetoes]
    public = any(period.counts_while == "publicity" for period in periods) or "publicity" in top.values
    _once(families, top)
    return PointRule(
        families=families,
        cuts=read_cuts(top),
        vetoes=vetoes,
        repeat=Repeat(repeat.days("within_days"), (1.0, repeat.number("second"), repeat.number("third_or_later"))),
        repair_effect=top.table("repair").only("effect").choice("effect", REPAIR_EFFECT),
        publicity=publicity_regime(top) if public else None,
    )


def _once(families: tuple[Family, ...], top: Table) -> None:
    codes = [code for family in families for code in family.weights]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if not codes:
        raise StudyError(f"{top.place()}: there is no event code; write [family.NAME.weights], or [attribute]")
    if twice:
        raise StudyError(f"{top.place()}: codes {twice} stand in several families; each must stand in exactly one")


def _family(key: str, table: Table) -> Family:
    table.only("en", "zh", "counts_while", "window_days", "cap", "one_case", "weights")
    weights = table.table("weights")
    known_codes(dict(weights.values), where=weights.place())
    return Family(
        key=key,
        en=table.text("en"),
        zh=table.text("zh"),
        weights=MappingProxyType({code: weights.number(code) for code in weights.values}),
        cap=table.number("cap"),
        period=_period(table),
        one_case="one_case" in table.values and table.choice("one_case", ("heaviest",)) == "heaviest",
    )


def _veto(code: str, table: Table, levels: tuple[Level, ...]) -> Veto:
    table.only("level", "counts_while", "window_days")
    known_codes([code], where=table.place())
    rank_of = {level.code: level.rank for level in levels}
    return Veto(code=code, rank=rank_of[table.choice("level", rank_of)], period=_period(table))


def _period(table: Table) -> Period:
    kind: CountsWhile = table.choice("counts_while", COUNTS_WHILE)  # type: ignore[assignment]
    if kind != "window" and "window_days" in table.values:
        raise StudyError(f"{table.place()}: window_days has no meaning with counts_while = {kind!r}; remove it")
    return Period(kind, table.days("window_days") if kind == "window" else 0)


def _attribute_rule(top: Table) -> AttributeRule:
    table = top.table("attribute").only("column", "event_code")
    known_codes([table.text("event_code")], where=table.place())
    values = [level.days("category") for level in top.tables("level").values()]
    if len(set(values)) < len(values):
        raise StudyError(f"{top.place()}: two levels have the same category: {values}; each needs its own")
    ranks = MappingProxyType({value: rank for rank, value in enumerate(values)})
    return AttributeRule(column=table.text("column"), event_code=table.text("event_code"), rank_of=ranks)


def _examples(top: Table, levels: tuple[Level, ...]) -> tuple[Example, ...]:
    return tuple(
        _example(Table(row, top.file, f"example {place}"), levels)
        for place, row in enumerate(top.values.get("example", []), start=1)
    )


def _example(table: Table, levels: tuple[Level, ...]) -> Example:
    table.only("id", "site", "events", "points", "level", "veto")
    if "level" in table.values:
        table.choice("level", tuple(level.code for level in levels))
    events = table.values.get("events", [])
    for row in events:
        Table(row, table.file, table.path).only("code", "age_days", "case_id", "repaired", "quantity", "amount")
    known_codes([row["code"] for row in events], where=table.place())
    return Example(
        id=table.text("id"),
        site=MappingProxyType(dict(table.values.get("site", {}))),
        events=tuple(MappingProxyType(dict(row)) for row in events),
        points=table.values.get("points"),
        level=table.values.get("level"),
        veto=table.values.get("veto"),
    )
