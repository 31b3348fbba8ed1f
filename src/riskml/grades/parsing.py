"""The text of a system file becomes a `System`; whatever is unknown, missing or does not fit together is refused."""

import tomllib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from riskml.errors import StudyError
from riskml.grades.conventions import known_codes, publicity_regime
from riskml.grades.example_parsing import read_examples
from riskml.grades.grading_system import Rule, System
from riskml.grades.levels import read_cuts, read_levels
from riskml.grades.score_parsing import read_score_rule
from riskml.grades.system import (
    COUNTS_WHILE,
    PERIODS,
    PROVENANCE,
    REPAIR_EFFECT,
    AttributeRule,
    CountsWhile,
    Family,
    Level,
    Period,
    PointRule,
    PolicyRule,
    Repeat,
    Veto,
)
from riskml.grades.tables import Table
from riskml.grades.texts import system_text
from riskml.scorer.messages import meant

DEFAULT: Final = "default"
TEXTS: Final = ("title_en", "title_zh", "body", "body_zh", "subject", "subject_zh", "provenance_en", "provenance_zh")
COMMON: Final = (
    *TEXTS, "remark", "year", "period", "period_provenance", "floor_visits_per_year", "sources", "variant", "level",
    "example",
)  # fmt: skip
SCORES: Final = ("score", "part", "indicator", "publicity", "repair", "veto", "limit", "shift", "new_site")
INHERITED: Final = ("score", "part", "indicator", "publicity", "repair", "sources")
POINTS: Final = ("publicity", "repeat", "repair", "family", "veto")


def parse_system(
    text: str, *, name: str, variant: str = DEFAULT, replaced: Mapping[str, float] = MappingProxyType({})
) -> System:
    """Read one system.

    Args:
        text: content of the TOML file.
        name: name of the system, for results and messages.
        variant: "default", or a table of [variant] whose values replace those of the file.
        replaced: path -> value in place of the file's.

    Raises:
        StudyError: for a damaged file, an unknown key, code, source or variant, a missing or wrong value, levels that
            overlap or leave a gap, and weights that do not sum to what the file declares.
    """
    content = _extended(_toml(text, name), name)
    replacements = {DEFAULT: {}, **content.get("variant", {})}
    if variant not in replacements:
        hint = meant(variant, replacements)
        raise StudyError(f"system {name} has no variant {variant!r}; allowed are {sorted(replacements)}{hint}")
    merged = _merged(content, replacements[variant])
    top = Table(merged, f"{name}.toml", sources=merged.get("sources", {}), replaced=replaced)
    kinds = [kind for kind in KINDS if kind in merged] or ["family"]
    if len(kinds) > 1:
        raise StudyError(f"{top.place()}: {kinds} stand side by side; a system has one of {list(KINDS)}")
    keys, level_key, read_rule = KINDS[kinds[0]]
    top.only(*COMMON, *keys)
    floor = top.number("floor_visits_per_year") if "floor_visits_per_year" in merged else 0.0
    levels = read_levels(top, floor, key=level_key)
    rule = read_rule(top, levels)
    texts = {key: top.text(key) for key in TEXTS}
    return System(
        name=name,
        variant=variant + ("+" if replaced else ""),
        **{key: texts[key] for key in TEXTS if not key.startswith("provenance")},
        year=top.integer("year"),
        levels=levels,
        rule=rule,
        period=top.choice("period", PERIODS),
        period_provenance=top.choice("period_provenance", PROVENANCE),
        provenance=texts["provenance_en"],
        provenance_zh=texts["provenance_zh"],
        remarks=tuple((one.only("en", "zh").text("en"), one.text("zh")) for one in top.tables("remark").values()),
        floor_visits_per_year=floor,
        numbers=MappingProxyType(top.numbers),
        examples=read_examples(top, levels),
        variants=tuple(replacements),
        replaced=replaced,
        text=text,
    )


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{name}.toml is not readable as TOML: {error}") from error


def _extended(content: dict[str, Any], name: str) -> dict[str, Any]:
    """The content, with the point table of the system it extends beneath its own."""
    if "extends" not in content:
        return content
    other = content["extends"]
    if not isinstance(other, str):
        raise StudyError(f"{name}.toml: extends is {other!r}; it must be the name of a system")
    below = _extended(_toml(system_text(other), other), other)
    own = {key: value for key, value in content.items() if key != "extends"}
    return _merged({key: below[key] for key in INHERITED if key in below}, own)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `changes` in place of its own, table by table.

    A table that brings its own provenance is whole: nothing of the one it replaces is left.
    """
    merged = dict(base)
    for key, value in changes.items():
        inner = isinstance(value, dict) and isinstance(base.get(key), dict) and "provenance" not in value
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


def _attribute_rule(top: Table, _levels: tuple[Level, ...]) -> AttributeRule:
    table = top.table("attribute").only("column", "event_code")
    known_codes([table.text("event_code")], where=table.place())
    values = [level.days("category") for level in top.tables("level").values()]
    if len(set(values)) < len(values):
        raise StudyError(f"{top.place()}: two levels have the same category: {values}; each needs its own")
    ranks = MappingProxyType({value: rank for rank, value in enumerate(values)})
    return AttributeRule(column=table.text("column"), event_code=table.text("event_code"), rank_of=ranks)


def _policy_rule(top: Table, levels: tuple[Level, ...]) -> PolicyRule:
    name = top.table("input").only("system").text("system")
    other = parse_system(system_text(name.partition("/")[0]), name=name.partition("/")[0])
    if len(other.levels) != len(levels):
        raise StudyError(f"{top.place()}: {name} has {len(other.levels)} levels, this system {len(levels)}")
    return PolicyRule(name, other.reconstructed)


ReadRule = Callable[[Table, tuple[Level, ...]], Rule]
KINDS: Final[dict[str, tuple[tuple[str, ...], str, ReadRule]]] = {
    "family": (POINTS, "points", _point_rule),
    "attribute": (("attribute",), "category", _attribute_rule),
    "score": (SCORES, "score", read_score_rule),
    "input": (("input",), "", _policy_rule),
}
"""The table that tells how a system finds its levels: other tables it may have, what each level needs, the reader."""
