"""Reading of score rules: parts, indicators, and what moves a level besides the score."""

from dataclasses import replace
from math import inf
from types import MappingProxyType
from typing import Final

from riskml.errors import StudyError
from riskml.grades.conventions import publicity_regime
from riskml.grades.fact_parsing import FACT_KEYS, WORTH_KEYS, read_condition, read_fact, read_worth
from riskml.grades.levels import read_cuts
from riskml.grades.rules import FactSpec, Indicator, Limit, NewSite, Part, ScoreRule, Shift
from riskml.grades.system import REPAIR_EFFECT, Level
from riskml.grades.tables import Table

INDICATOR_KEYS: Final = ("part", "dimension", "en", "zh", "max", "subtract", "where", "missing", "words", "note")
PART_KEYS: Final = (
    "en", "zh", "kind", "weight", "subtract", "inverted", "scale", "cap", "total", "rescale", "coverage_at_least",
    "neutral", "missing", "new_site", "shrink", "provenance", "source",
)  # fmt: skip
SCORE_KEYS: Final = ("direction", "full", "base", "low", "high", "total", "half_up", "provenance", "source")
DIRECTIONS: Final = ("higher is riskier", "higher is safer")


def read_score_rule(top: Table, levels: tuple[Level, ...]) -> ScoreRule:
    """The rule of a system with a [score].

    Raises:
        StudyError: for an unknown key, part or fact, a name that stands for two things, or weights that do not sum.
    """
    score = top.table("score").only(*SCORE_KEYS)
    safer = score.choice("direction", DIRECTIONS) == DIRECTIONS[1]
    parts = tuple(_part(key, table) for key, table in top.tables("part").items())
    indicators = tuple(_indicator(key, table, parts) for key, table in top.tables("indicator").items())
    rank_of = {level.code: level.rank for level in levels}
    limits = tuple(
        _limit(key, table, rank_of, veto=kind == "veto")
        for kind in ("veto", "limit")
        for key, table in top.tables(kind).items()
    )
    shifts = tuple(_shift(key, table) for key, table in top.tables("shift").items())
    _one_name_one_thing(top, parts, indicators, limits, shifts)
    if not top.replaced:
        _sums(top, score, parts, indicators)
    facts = facts_read(indicators, limits, shifts)
    return ScoreRule(
        higher_is_safer=safer,
        full=score.amount("full") if safer else 0.0,
        base=score.amount("base") if "base" in score.values else 0.0,
        low=_or(score.maybe("low"), -inf),
        high=_or(score.maybe("high"), inf),
        parts=parts,
        indicators=indicators,
        cuts=read_cuts(top, key="score", descending=safer),
        limits=limits,
        shifts=shifts,
        new_site=_new_site(top, rank_of),
        half_up=score.flag("half_up"),
        repair_effect=top.table("repair").only("effect").choice("effect", REPAIR_EFFECT),
        publicity=publicity_regime(top) if any(fact.period.counts_while == "publicity" for fact in facts) else None,
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _part(key: str, table: Table) -> Part:
    table.only(*PART_KEYS)
    kind = table.choice("kind", ("sum", "mean", "largest"))
    return Part(
        key=key,
        en=table.text("en"),
        zh=table.text("zh"),
        kind=kind,
        weight=_or(table.maybe("weight"), 1.0),
        subtract=table.flag("subtract"),
        inverted=table.flag("inverted"),
        scale=_or(table.maybe("scale"), 100.0),
        cap=table.maybe("cap"),
        rescale=table.flag("rescale"),
        coverage_at_least=_or(table.maybe("coverage_at_least"), 0.0),
        neutral=table.maybe("neutral"),
        missing=table.maybe("missing"),
        new_site=_new_site_part(table),
        shrink=_shrink(table),
    )


def _new_site_part(table: Table) -> tuple[int, str, float] | None:
    if "new_site" not in table.values:
        return None
    inner = table.table("new_site").only("days", "part", "factor", "provenance", "source")
    return inner.whole("days"), inner.text("part"), inner.amount("factor")


def _shrink(table: Table) -> tuple[float, float, str, float] | None:
    if "shrink" not in table.values:
        return None
    inner = table.table("shrink").only("toward", "weight", "count", "at_least", "provenance", "source")
    return inner.amount("toward"), inner.amount("weight"), inner.text("count"), inner.amount("at_least")


def _indicator(key: str, table: Table, parts: tuple[Part, ...]) -> Indicator:
    table.only(*FACT_KEYS, *WORTH_KEYS, *INDICATOR_KEYS)
    where = table.table("where") if "where" in table.values else None
    return Indicator(
        key=key,
        en=table.text("en"),
        zh=table.text("zh"),
        part=table.choice("part", tuple(part.key for part in parts)),
        dimension=table.text("dimension") if "dimension" in table.values else "",
        most=table.amount("max") if "max" in table.values else inf,
        subtract=table.flag("subtract"),
        fact=read_fact(table),
        worth=read_worth(table),
        where=MappingProxyType({column: tuple(where.texts(column)) for column in where.values} if where else {}),
        missing=table.maybe("missing"),
        words=MappingProxyType(table.amounts("words")),
    )


def _limit(key: str, table: Table, rank_of: dict[str, int], *, veto: bool) -> Limit:
    level = table.choice("level", rank_of)
    condition = read_condition(table, "level", "en", "zh")
    return Limit(key, table.text("en"), table.text("zh"), rank_of[level], condition, veto)


def _shift(key: str, table: Table) -> Shift:
    table.only("en", "zh", "worse", "better", "when", "provenance", "source")
    ways = [way for way in ("worse", "better") if way in table.values]
    if len(ways) != 1:
        raise StudyError(f"{table.place()}: {ways} are written; write exactly one of ['worse', 'better']")
    steps = table.whole(ways[0])
    when = {name: read_condition(inner) for name, inner in table.tables("when").items()}
    signed = steps if ways[0] == "worse" else -steps
    return Shift(key, table.text("en"), table.text("zh"), signed, MappingProxyType(when))


def _new_site(top: Table, rank_of: dict[str, int]) -> NewSite | None:
    if "new_site" not in top.values:
        return None
    table = top.table("new_site").only("days", "level", "provenance", "source")
    rank = rank_of[table.choice("level", rank_of)] if "level" in table.values else -1
    return NewSite(table.whole("days"), rank)


def _one_name_one_thing(top: Table, *groups: tuple[Part | Indicator | Limit | Shift, ...]) -> None:
    names = [thing.key for group in groups for thing in group]
    twice = sorted({name for name in names if names.count(name) > 1} | {"score", "veto"} & set(names))
    if twice:
        raise StudyError(
            f"{top.place()}: {twice} stand for two things; parts, indicators, vetoes, shifts need own names"
        )


def _sums(top: Table, score: Table, parts: tuple[Part, ...], indicators: tuple[Indicator, ...]) -> None:
    """Hold the sums that the file declares (`total`) against what it holds; they are no numbers of the rule."""
    sizes = {}
    for part in parts:
        table = replace(top.table("part").table(part.key), numbers={})
        found = sum(one.most for one in indicators if one.part == part.key)
        total = table.maybe("total")
        if total is not None and abs(found - total) > 1e-9:
            raise StudyError(f"{table.place()}: its indicators sum to {found:g}; total says {total:g}")
        sizes[part.key] = part.weight * (part.scale if part.kind == "mean" else _or(part.cap, found))
    total = replace(score, numbers={}).maybe("total")
    if total is not None and abs(sum(sizes.values()) - total) > 1e-9:
        raise StudyError(f"{score.place()}: the parts sum to {sum(sizes.values()):g}; total says {total:g}")


def facts_read(
    indicators: tuple[Indicator, ...], limits: tuple[Limit, ...], shifts: tuple[Shift, ...]
) -> list[FactSpec]:
    """Every fact of a rule: of its indicators, limits and shifts."""
    facts = [one.fact for one in indicators] + [one.condition.fact for one in limits]
    return facts + [condition.fact for shift in shifts for condition in shift.conditions.values()]
