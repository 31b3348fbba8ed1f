"""The page of the grading systems, generated from their files: python -m riskml.grades.page docs/grades.md."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from riskml.grades.catalog import load_system, system_names
from riskml.grades.description_words import CONDITIONS, MARKS
from riskml.grades.grading_system import System
from riskml.grades.number_groups import STATUS, grade_status, intensity_status, number_groups
from riskml.grades.system import PROVENANCE, AttributeRule, Level, PolicyRule

HEAD: Final = """# Grading systems

Generated from `src/riskml/grades/systems/*.toml` by `python -m riskml.grades.page docs/grades.md`; do not edit. Few
authorities publish their whole point table: what is published and what is reconstructed is told apart for every number.

| mark | meaning |
|---|---|
{marks}

A grade that stands on any assumed number is called reconstructed wherever it is shown. The assumed numbers can be
varied: `riskml sensitivity` draws them again and again, and says how far the comparison with the model moves.
`riskml systems show` prints every single number with its source, with `--lang zh` in Chinese.

```console
riskml systems
riskml systems show nanchang
riskml systems show {last} --lang zh
riskml sensitivity studies/sample.toml --draws 20
```

| system | grade | visits | body | year |
|---|---|---|---|---|
{overview}
"""
NUMBER: Final = re.compile(r"\d+(?:\.\d+)? ?[%％]|\d+\.\d+")


def page() -> str:
    """The whole page.

    >>> page().splitlines()[0]
    '# Grading systems'
    """
    systems = [load_system(name) for name in system_names()]
    marks = "\n".join(f"| {MARKS[key][0]} (`{key}`) | {text} |" for key, text in PROVENANCE.items())
    overview = "\n".join(_row(_overview(system)) for system in systems)
    head = HEAD.format(marks=marks, overview=overview, last=systems[-1].name)
    return "\n".join([head, *(_section(system) for system in systems)])


def _overview(system: System) -> list[str]:
    status = (STATUS[grade_status(system)][0], STATUS[intensity_status(system)][0])
    return [f"[`{system.name}`](#{system.name})", *status, f"{system.body} ({system.body_zh})", str(system.year)]


def _section(system: System) -> str:
    facts = [
        f"* {system.body} ({system.body_zh}), {system.year}",
        f"* of {system.subject} ({system.subject_zh})",
        f"* {system.provenance} ({system.provenance_zh})",
        f"* variants: {', '.join(f'`{name}`' for name in system.variants)}",
    ]
    facts += [f"* {en} ({zh})" for en, zh in system.remarks]
    if isinstance(system.rule, PolicyRule):
        facts.append(f"* the level is that of `{system.rule.system}`, and as published or reconstructed as that is")
    blocks = [
        f"## {system.name}",
        f"{system.title_en} ({system.title_zh})",
        "\n".join(facts),
        _levels(system),
        _groups(system),
        _sources(system),
    ]
    return "\n\n".join(block for block in (_readable(block) for block in blocks) if block) + "\n"


def _levels(system: System) -> str:
    rows = [
        [f"{level.en} ({level.zh})", _condition(system, level), _visits(system, level), _response(level)]
        for level in system.levels
    ]
    return _table(["level, safest first", "condition", "visits", "response"], rows)


def _condition(system: System, level: Level) -> str:
    prefix = f"level.{level.code}."
    if isinstance(system.rule, AttributeRule):
        number = system.numbers[f"{prefix}category"]
        return f"`{system.rule.column} = {number.value:g}` {MARKS[number.provenance][0]}"
    text, marks = "", []
    for key, name in (("points", "points"), ("score", "score")):
        for kind, form in CONDITIONS.items():
            path = f"{prefix}{key}.{kind}"
            if path in system.numbers:
                text = form.format(system.numbers[path].value, text or name)
                marks.append(MARKS[system.numbers[path].provenance][0])
    return f"`{text}` {', '.join(dict.fromkeys(marks))}" if text else ""


def _visits(system: System, level: Level) -> str:
    number = system.numbers[f"level.{level.code}.{level.intensity_unit}"]
    unit = level.intensity_unit.replace("_", " ")
    return f"`{number.value:g}` {unit}, {MARKS[number.provenance][0]}"


def _response(level: Level) -> str:
    return f"{level.response_en} ({level.response_zh}), {MARKS[level.response_provenance][0]}"


def _groups(system: System) -> str:
    rows = [
        [
            f"{group.en} ({group.zh})", STATUS[group.status][0], str(group.published), str(group.known),
            str(group.assumed), ", ".join(f"`{key}`" for key in group.sources),
        ]
        for group in number_groups(system)
    ]  # fmt: skip
    return _table(["numbers for", "status", "published", "to be verified", "reconstructed", "sources"], rows)


def _sources(system: System) -> str:
    used = {key: text for group in number_groups(system) for key, text in group.sources.items()}
    return "\n".join(f"* `{key}`: {text}" for key, text in used.items())


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join([_row(heads), "|" + "---|" * len(heads), *map(_row, rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _readable(text: str) -> str:
    """Numbers with a point or a percent sign set as code, where they are not yet."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else NUMBER.sub(r"`\g<0>`", piece) for piece in pieces)


def write(path: Path) -> None:
    """Write the page."""
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/grades.md"))
