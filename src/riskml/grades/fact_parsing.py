"""Reading of facts, and of what they are worth, from the tables of a point table."""

from itertools import pairwise
from types import MappingProxyType
from typing import Final

from riskml.errors import StudyError
from riskml.grades.conventions import known_codes, scale_codes, scale_weights
from riskml.grades.rules import EVENT_FACTS, FACTS, TEXTUAL, Condition, FactSpec, Step, Worth
from riskml.grades.system import COUNTS_WHILE, CountsWhile, Period
from riskml.grades.tables import Table
from riskml.grades.texts import system_text
from riskml.records.contract import VISIT_TYPES
from riskml.records.days import NEVER

FACT_KEYS: Final = (
    "fact", "codes", "weights", "scale_of", "counts_while", "window_days", "one_case", "within_days", "column", "types",
    "system", "key_item", "general_item", "items_cap", "posted_up_to", "table", "otherwise", "provenance", "source",
)  # fmt: skip
WORTH_KEYS: Final = ("per", "fade", "start", "steps")
WINDOWED: Final = frozenset(
    {"gone", "listing", "visit_latest", "visit_worst", "visit_mean", "visit_items", "score_mean", "score_graded",
     "key_items", "typed_problems", "typed_latest"}
)  # fmt: skip
TYPED: Final = frozenset({"score_mean", "score_graded", "key_items", "typed_problems", "typed_latest"})


def read_fact(table: Table) -> FactSpec:
    """The fact a table names, with what it needs and nothing else.

    Raises:
        StudyError: for an unknown fact, code, visit type, or a key that the fact does not read.
    """
    kind = table.choice("fact", FACTS)
    _only_what_is_read(table, kind)
    codes = tuple(table.texts("codes")) if "codes" in table.values else ()
    weighs = kind in ("sum", "heaviest")
    weights = scale_weights(table) if "scale_of" in table.values and weighs else table.amounts("weights")
    if "scale_of" in table.values and not weighs:
        codes = tuple(scale_codes(table))
    known_codes([*codes, *weights], where=table.place())
    types = tuple(table.texts("types")) if kind in TYPED else ()
    if set(types) - set(VISIT_TYPES):
        raise StudyError(f"{table.place()}: unknown visit types {list(types)}; allowed are {sorted(VISIT_TYPES)}")
    items = kind == "visit_items"
    return FactSpec(
        kind=kind,
        codes=codes or tuple(weights),
        weights=MappingProxyType(weights),
        period=_period(table, kind),
        one_case=table.flag("one_case"),
        within_days=table.whole("within_days") if kind == "repeats" else 0,
        column=table.text("column") if kind in ("column", "category") else "",
        types=types,
        system=_other_system(table) if kind == "level_of" else "",
        items=tuple(table.amount(key) for key in ("key_item", "general_item", "items_cap")) if items else (0.0,) * 3,  # type: ignore[arg-type]
        posted_up_to=table.amount("posted_up_to") if kind == "score_graded" else 0.0,
        table=MappingProxyType(table.amounts("table")) if kind in TEXTUAL or items else MappingProxyType({}),
        otherwise=table.maybe("otherwise"),
    )


def _other_system(table: Table) -> str:
    """The name of a shipped system."""
    name = table.text("system")
    system_text(name.partition("/")[0])
    return name


def _only_what_is_read(table: Table, kind: str) -> None:
    reads = {
        "codes": EVENT_FACTS - {"sum", "heaviest"},
        "weights": {"sum", "heaviest"},
        "scale_of": EVENT_FACTS,
        "counts_while": EVENT_FACTS - {"gone", "listing"},
        "one_case": EVENT_FACTS - {"gone", "listing"},
        "within_days": {"repeats"},
        "column": {"column", "category"},
        "types": TYPED,
        "system": {"level_of"},
        "table": TEXTUAL | {"visit_items"},
        "otherwise": TEXTUAL,
        "key_item": {"visit_items"},
        "general_item": {"visit_items"},
        "items_cap": {"visit_items"},
        "posted_up_to": {"score_graded"},
    }
    useless = [key for key, kinds in reads.items() if key in table.values and kind not in kinds]
    if useless:
        raise StudyError(f"{table.place()}: keys {useless} have no meaning with fact = {kind!r}; remove them")
    needed = [key for key in ("codes", "weights", "table") if kind in reads[key] and key not in table.values]
    if "scale_of" in table.values:
        needed = [key for key in needed if key == "table"]
    if needed:
        raise StudyError(f"{table.place()}: fact = {kind!r} needs {needed}; write them")


def _period(table: Table, kind: str) -> Period:
    if kind in WINDOWED:
        return Period("window", table.whole("window_days") if "window_days" in table.values else NEVER)
    if kind not in EVENT_FACTS:
        if "window_days" in table.values:
            raise StudyError(f"{table.place()}: window_days has no meaning with fact = {kind!r}; remove it")
        return Period("listed")
    while_: CountsWhile = table.choice("counts_while", COUNTS_WHILE)  # type: ignore[assignment]
    if while_ != "window" and "window_days" in table.values:
        raise StudyError(f"{table.place()}: window_days has no meaning with counts_while = {while_!r}; remove it")
    return Period(while_, table.whole("window_days") if while_ == "window" else 0)


def read_worth(table: Table) -> Worth:
    """What a fact is worth; bounds of the steps must rise.

    Raises:
        StudyError: for more than one form, or steps out of order.
    """
    forms = [key for key in ("per", "fade", "steps") if key in table.values]
    if len(forms) > 1:
        raise StudyError(f"{table.place()}: {forms} stand side by side; write one of them")
    steps = tuple(_step(row) for row in table.rows("steps"))
    for before, after in pairwise(steps):
        if before.bound >= after.bound:
            raise StudyError(f"{table.place()}: steps at {before.bound:g}, {after.bound:g} must rise")
    start = table.amount("start") if "start" in table.values else 0.0
    return Worth(table.maybe("per"), table.maybe("fade"), start, steps)


def _step(table: Table) -> Step:
    table.only("from", "above", "value")
    kinds = [key for key in ("from", "above") if key in table.values]
    if len(kinds) != 1:
        raise StudyError(f"{table.place()}: bounds {kinds} are written; write exactly one of ['from', 'above']")
    return Step(table.plain(kinds[0]), kinds[0] == "above", table.plain("value"))


def read_condition(table: Table, *extra: str) -> Condition:
    """A condition: a fact, or a part (`of`), that reaches `at_least` (1 if not given) or exceeds `above`.

    Args:
        table: where it stands.
        extra: other keys the table may have.

    Raises:
        StudyError: for an unknown key, or a missing fact.
    """
    table.only(*FACT_KEYS, "of", "at_least", "above", *extra)
    fact = FactSpec("provided") if "of" in table.values else read_fact(table)
    above = table.maybe("above")
    bound = above if above is not None else table.amount("at_least") if "at_least" in table.values else 1.0
    return Condition(fact, table.text("of") if "of" in table.values else "", bound, above is not None)
