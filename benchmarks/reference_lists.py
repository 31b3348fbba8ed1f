"""Reference pages of what is declared as data: settings, tables, codes, features, metrics and sources."""

from collections.abc import Mapping
from typing import Any, Final

from reference_markup import code, page, prose, table
from reference_python import documented
from reference_words import SETTINGS

from riskml import study, study_checks
from riskml.export._metric_words import METRICS
from riskml.features import load_catalog
from riskml.grades.conventions import code_names
from riskml.records.contract import RESULTS, TABLES, VISIT_TYPES, Column
from riskml.records.outcomes import VISIT_CODES
from riskml.records.source import load_source, source_names

SCHEMA: Final = study._SCHEMA
TYPES: Final = study._WORDS
SOURCE_PARTS: Final = {
    "The file": "Source",
    "`[[table]]`": "SourceTable",
    "`[table.fields]`": "Field",
    "`[[table.emit]]`": "Emit",
    "`[table.items]`": "Items",
    "`[[table.join]]`": "Join",
}
SIDES: Final = {1: "higher", -1: "lower", 0: "neither"}


def settings_page() -> str:
    """Every setting of a study: what it means, its type, its default and the least or most it may be.

    Raises:
        LookupError: if a setting has no words, or words have no setting.
    """
    for section in {*SCHEMA, *SETTINGS}:
        strange = set(SCHEMA.get(section, {})) ^ set(SETTINGS.get(section, {}))
        if strange:
            raise LookupError(f"reference_words.py and study.py differ on [{section}] {sorted(strange)}")
    parts = [
        "# Settings of a study",
        "A study is one TOML file, such as `studies/sample.toml`. A key that is not on this page is refused, with the "
        "nearest known one. Paths are relative to the project's folder. How to use them: [for the modeller]"
        "(../modeller.md), [the models](../models.md), [tuning and promotion](../tracking.md).",
    ]
    for section, keys in SCHEMA.items():
        rows = [[code(key), SETTINGS[section][key], *_value(section, key)] for key in keys]
        heading = f"## `[{section}]`" if section else "## Top of the file"
        parts += [heading, table(["key", "what it is", "type", "default", "allowed"], rows)]
    return page(*parts)


def _value(section: str, key: str) -> tuple[str, str, str]:
    kind, default = SCHEMA[section][key]
    required = default is study._REQUIRED
    least = study_checks.LEAST.get((section, key))
    ends = study_checks.TUNED.get(key) if section == "tuning" else None
    allowed = f"from {ends[0]:,} to {ends[1]:,}" if ends else f"{least} or more" if least is not None else ""
    return TYPES[kind], "needed" if required else code(_toml(default)), allowed  # type: ignore[index]


def _toml(value: Any) -> str:
    """A default as it would stand in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return "{}" if value == {} else f'"{value}"' if isinstance(value, str) else repr(value)


def records_page() -> str:
    """The canonical tables, column by column."""
    parts = [
        "# Canonical records",
        "One folder of Parquet files, the same for every bureau; `records.json` beside them names the source, the days "
        "covered, the outcome rule and the notes. A row without a needed cell is refused, and so is a table without a "
        "needed column. Values out of range are kept and warned of. Values of private columns are shown in no message.",
    ]
    for name, columns in TABLES.items():
        rows = [[code(key), column.kind, *_column(column)] for key, column in columns.items()]
        parts += [f"## {name}", table(["column", "type", "needed", "meaning", "values"], rows)]
    return page(*parts)


def _column(column: Column) -> tuple[str, str, str]:
    bounds = [f"from {column.low:g}" if column.low is not None else "", f"to {column.high:g}" if column.high else ""]
    allowed = ", ".join(code(one) for one in column.codes) or " ".join(bound for bound in bounds if bound)
    meaning = prose(column.meaning) + ("; private" if column.private else "")
    return "yes" if column.required else "", meaning, allowed


def codes_page() -> str:
    """Codes of events, of visits and of what a visit found, with their names."""
    names = {key: found for key, found in code_names().items() if key not in VISIT_CODES}
    events = [[code(key), en, zh] for key, (en, zh) in names.items()]
    return page(
        "# Codes",
        "## Events\n\nA bureau may bring codes of its own beside these; grading systems name only these.",
        table(["code", "English", "中文"], events),
        "## What is known of a visit\n\nriskml makes these of `inspections`, each with its own `known_on`.",
        _named(VISIT_CODES),
        "## Kinds of visit",
        _named(VISIT_TYPES),
        "## Results of a visit",
        _named(RESULTS),
    )


def _named(meanings: Mapping[str, str]) -> str:
    return table(["code", "what it says"], [[code(key), prose(text)] for key, text in meanings.items()])


def features_page() -> str:
    """The feature catalog, one row a feature."""
    rows = [
        [
            code(row["feature"]),
            f"{row['text_en']}{f' ({unit})' if (unit := row['unit']) else ''}<br>{row['text_zh']}",
            code(row["made"]),
            row["absent"],
            f"{code(str(row['monotone']))} {prose(row['why'])}",
        ]
        for row in load_catalog().frame().to_dict("records")
    ]
    return page(
        "# Features",
        f"The {len(rows)} features of `src/riskml/features/catalog.toml`. *Absent* is the value where nothing is "
        "on record. *Direction*: `1` the risk may not fall as the value rises, `-1` it may not rise, `0` it is free. "
        "How to add one: [add a feature](../howto_feature.md).",
        table(["feature", "what it is", "made", "absent", "direction, and why"], rows),
    )


def metrics_page() -> str:
    """Every metric: its names, what it measures, which side is better."""
    filled = {"outcome": "failed visits", "budget": "share of the budget"}
    rows = [
        [code(stem), names[0], names[1], prose(told[0].format(**filled)), SIDES[side]]
        for stem, (names, told, _, _, side) in METRICS.items()
    ]
    return page(
        "# Metrics",
        "Names in `summary.json` and in the tables. A budget stands behind the name: `recall@0.20` spends a fifth of "
        "the visits, `recall@prescribed` those that the grade prescribes. Each has an interval and the rows behind "
        "it. The definitions are pure functions of outcome, score and budget: [riskml.evaluation]"
        "(riskml.evaluation.md). What they are for: [the comparison](../comparison.md).",
        table(["metric", "English", "中文", "measures", "better"], rows),
    )


def sources_page() -> str:
    """The sources that come with riskml, and what a file of one's own may say."""
    parts = [
        "# Sources",
        "A source is one TOML file that says how a publisher writes its records. How to write one: "
        "[add a city](../howto_city.md).",
        "## Those that come with riskml",
        table(["source", "records", "lag, days", "label versions"], [_source(name) for name in source_names()]),
        "## What a file says",
        "The keys, by the part of the program that holds them. Some have a shorter name in the file: `lag_days` is "
        "`days` of `[lag]`, `tables` and `emits` are `[[table]]` and `[[table.emit]]`, `columns` and `kind` of a field "
        "are `from` and `as`. A key that is none of these is refused, with the nearest known one.",
    ]
    for heading, part in SOURCE_PARTS.items():
        parts += [f"### {heading}", documented("riskml.records.source", part)]
    parts += ["### `[outcome]`", documented("riskml.records.outcome_rule", "OutcomeRule")]
    parts += ["### `[outcome.fail]` and the like", documented("riskml.records.outcome_rule", "Criterion")]
    return page(*parts)


def _source(name: str) -> list[str]:
    source = load_source(name)
    versions = ", ".join(code(version) for _, version in source.label_versions)
    return [code(name), prose(source.title), str(source.lag_days), versions]
