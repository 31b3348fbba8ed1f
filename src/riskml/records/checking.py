"""Tables held to their declarations by pandera: every column, every fault at once, as counts and examples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.records.cells import misfits, typed, within_a_day
from riskml.records.contract import KEYS, TABLES, Column
from riskml.records.fault import REFUSE, WARN, Fault, examples
from riskml.records.keys import repeated
from riskml.records.rules import rule_faults, snapshot_faults

if TYPE_CHECKING:
    from riskml.records.store import Records

RULES: Final = {
    "type": ("must be {kind}", "类型应为{kind_zh}"),
    "whole_day": ("must be a day without a time of day", "只能是日期，不能带时刻"),
    "filled": ("is empty", "为空"),
    "codes": ("is none of {codes}", "不在{codes}之内"),
    "unique": ("stands in an earlier row too", "与前面的行重复"),
    "range": ("lies outside {low} to {high}", "超出{low}至{high}"),
    "absent": ("is missing; required are {required}", "缺列；必需的列为{required}"),
    "unknown": ("is no column of the contract; allowed are {allowed}", "不是约定的列；允许的列为{allowed}"),
    "repeated": ("is the name of several columns; keep one", "列名重复，只能保留一列"),
}
"""The rules of a column, with what their faults say in English and Chinese."""
KINDS_ZH: Final = {"text": "文本", "day": "日期（如2025-06-01）", "integer": "整数", "number": "数字", "flag": "是否"}
KINDS_EN: Final = {
    "text": "text",
    "day": "a day like 2025-06-01",
    "integer": "an integer",
    "number": "a number",
    "flag": "true or false",
}


@dataclass(frozen=True)
class Checked:
    """A table in the types of the contract, and what is wrong with it.

    Attributes:
        frame: all columns of the table in their order; a value of the wrong type is missing, as is an absent column.
        faults: broken declarations, in the order of the columns.
        absent: required columns that the table lacks: no rule of several columns can be held against them.
    """

    frame: pd.DataFrame
    faults: tuple[Fault, ...]
    absent: frozenset[str]


def faults(records: "Records") -> tuple[Fault, ...]:
    """Every fault of every table at once: the columns against their declarations, the tables against each other."""
    return check_tables(records.tables(), records.snapshots)[1]


def warnings_of(records: "Records") -> tuple[Fault, ...]:
    """The faults that are no reason to refuse the records, and that a reader should know."""
    return tuple(fault for fault in faults(records) if fault.severity == WARN)


def check_tables(
    tables: Mapping[str, pd.DataFrame], snapshots: Mapping[str, str]
) -> tuple[dict[str, pd.DataFrame], tuple[Fault, ...]]:
    """The tables in the types of the contract, and all their faults.

    Args:
        tables: by name, any columns.
        snapshots: site columns that hold the value of one day, with that day.
    """
    found = {name: checked(name, frame) for name, frame in tables.items()}
    made = {name: one.frame for name, one in found.items()}
    absent = {(name, column) for name, one in found.items() for column in one.absent}
    of_columns = [fault for one in found.values() for fault in one.faults]
    return made, (*of_columns, *rule_faults(made, absent), *snapshot_faults(snapshots))


def checked(table: str, frame: pd.DataFrame) -> Checked:
    """One table held to its declarations: no fault is raised, all are told."""
    columns = TABLES[table]
    again = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
    given = frame.loc[:, ~frame.columns.duplicated()].reset_index(drop=True)
    made = pd.DataFrame({name: _column(name, column, given) for name, column in columns.items()}, index=given.index)
    found = [_structural(table, "repeated", name) for name in again] + [
        _fault(table, error, given, made) for error in _errors(table, given)
    ]
    order = {name: place for place, name in enumerate(columns)}
    found.sort(key=lambda fault: order.get(fault.column, len(order)))
    absent = frozenset(name for name, column in columns.items() if column.required and name not in given)
    return Checked(made, tuple(found), absent)


def _column(name: str, column: Column, given: pd.DataFrame) -> "pd.Series[Any]":
    values = given[name] if name in given else pd.Series(None, index=given.index, dtype="object")
    made = typed(column.kind, values)
    return made if column.default is None else made.fillna(column.default)


def _errors(table: str, given: pd.DataFrame) -> list[Any]:
    """What pandera finds, one error a rule of a column; its settings in the environment change nothing."""
    import pandera.pandas as pa  # noqa: PLC0415 - takes 0.3 s to import
    from pandera.config import ValidationDepth, config_context  # noqa: PLC0415

    try:
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            _schema(table).validate(given, lazy=True, inplace=True)
    except pa.errors.SchemaErrors as error:
        return list(error.schema_errors)
    return []


@cache
def _schema(table: str) -> Any:
    """The declarations of a table as a pandera schema."""
    import pandera.pandas as pa  # noqa: PLC0415 - takes 0.3 s to import

    def rules(name: str, column: Column) -> list[Any]:
        tests: dict[str, Callable[[Any], Any]] = {"type": partial(_fits, column.kind)}
        if column.kind == "day":
            tests["whole_day"] = _is_whole_day
        if column.required:
            tests["filled"] = pd.Series.notna
        if column.codes:
            tests["codes"] = partial(_is_code, column.codes)
        if name in KEYS.get(table, []):
            tests["unique"] = _is_first
        if column.low is not None or column.high is not None:
            tests["range"] = partial(_in_range, column)
        return [pa.Check(test, name=rule, ignore_na=False, n_failure_cases=1) for rule, test in tests.items()]

    made = {
        name: pa.Column(checks=rules(name, column), nullable=True, required=column.required)
        for name, column in TABLES[table].items()
    }
    return pa.DataFrameSchema(made, strict=True)


def _fits(kind: str, values: "pd.Series[Any]") -> "pd.Series[bool]":
    return _mask(values, ~misfits(kind, values))


def _is_whole_day(values: "pd.Series[Any]") -> "pd.Series[bool]":
    return _mask(values, ~within_a_day(values))


def _is_code(codes: tuple[str, ...], values: "pd.Series[Any]") -> "pd.Series[bool]":
    text = typed("text", values)
    return text.isin(codes) | text.isna()


def _is_first(values: "pd.Series[Any]") -> "pd.Series[bool]":
    return _mask(values, ~repeated(typed("text", values)))


def _in_range(column: Column, values: "pd.Series[Any]") -> "pd.Series[bool]":
    numbers = typed(column.kind, values).astype("float64")
    low, high = (-np.inf if column.low is None else column.low), (np.inf if column.high is None else column.high)
    return numbers.between(low, high) | numbers.isna()


def _mask(values: "pd.Series[Any]", mask: NDArray[np.bool_]) -> "pd.Series[bool]":
    return pd.Series(mask, index=values.index)


def _fault(table: str, error: Any, given: pd.DataFrame, made: pd.DataFrame) -> Fault:
    """A fault of pandera's error: a rule that rows break, or a column that is absent or unknown."""
    reason = error.reason_code.name
    if reason in ("COLUMN_NOT_IN_DATAFRAME", "COLUMN_NOT_IN_SCHEMA"):
        return _structural(table, "absent" if reason == "COLUMN_NOT_IN_DATAFRAME" else "unknown", error.failure_cases)
    if reason != "DATAFRAME_CHECK":
        raise error
    name, rule = str(error.schema.name), str(error.check.name)
    column = TABLES[table][name]
    bad = ~np.asarray(error.check_output, dtype=bool)
    shown = () if rule in ("filled",) or column.private else (given[name],)
    return Fault(
        table=table,
        column=name,
        rule=rule,
        severity=WARN if rule == "range" else REFUSE,
        count=int(bad.sum()),
        rows=len(given),
        examples=examples(table, made, bad, shown),
        **_texts(rule, column),
    )


def _structural(table: str, rule: str, name: Any) -> Fault:
    columns = TABLES[table]
    words = {
        "required": [name for name, column in columns.items() if column.required],
        "allowed": list(columns),
    }
    return Fault(table, str(name), rule, REFUSE, 1, 0, (), *(text.format(**words) for text in RULES[rule]))


def _texts(rule: str, column: Column) -> dict[str, str]:
    english, chinese = RULES[rule]
    words = {"codes": list(column.codes), "low": _bound(column.low), "high": _bound(column.high)}
    return {
        "text_en": english.format(kind=KINDS_EN[column.kind], **words),
        "text_zh": chinese.format(kind_zh=KINDS_ZH[column.kind], **words),
    }


def _bound(value: float | None) -> str:
    return "…" if value is None else f"{value:g}"
