"""docs/artifact.md says what the code does: its tables of keys, arrays, kinds and limits are those of the scorer."""

import re
from pathlib import Path

import pytest

from riskml.scorer import actions, checks, header
from riskml.scorer.explaining import peers
from riskml.scorer.forest import calibration, trees
from riskml.scorer.opening import manifest, program, selftest
from riskml.scorer.opening.arrays import LAYOUT
from riskml.scorer.opening.artifact import MAX_TREES, MAX_WORK
from riskml.scorer.opening.packed import MAGIC
from riskml.scorer.scanning import context, layout

PAGE = (Path(__file__).parents[2] / "docs" / "artifact.md").read_text(encoding="utf-8")
TABLE = re.compile(r"^\| (.+) \|\n\|(?:---\|)+\n((?:\|.*\|\n)+)", re.MULTILINE)


def table(begins: str) -> list[list[str]]:
    """The rows of the table whose head begins so; each a list of cells."""
    found = [rows for head, rows in TABLE.findall(PAGE) if head.startswith(begins)]
    assert len(found) == 1, f"{len(found)} tables begin with {begins!r}"
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in found[0].splitlines()]


def under(heading: str, begins: str) -> list[list[str]]:
    """The rows of the first table of a section."""
    section = PAGE.split(f" {heading}\n")[1]
    rows = next(rows for head, rows in TABLE.findall(section) if head.startswith(begins))
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in rows.splitlines()]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def first_names(rows: list[list[str]]) -> list[str]:
    return [name for row in rows for name in names(row[0])]


def test_the_files_and_their_limits() -> None:
    limits = {**manifest.MAX_BYTES, manifest.MANIFEST: manifest.MAX_MANIFEST_BYTES}
    assert {names(row[0])[0]: int(row[1]) for row in table("file |")} == limits


@pytest.mark.parametrize(
    ("heading", "begins", "keys"),
    [
        ("model.json", "key |", {"format", "version", "trees", *header._HEADER}),
        ("A feature", "key |", set(header._FEATURE)),
        ("The program", "key |", set(program._PROGRAM)),
        ("peers.json", "key |", peers._KEYS),
    ],
)
def test_the_keys_of_an_object(heading: str, begins: str, keys: set[str]) -> None:
    listed = first_names(under(heading, begins))
    assert set(listed) == keys
    assert len(listed) == len(keys)


def test_the_keys_of_groups_actions_and_levels() -> None:
    group = PAGE.split("there where no register says since when. A group:")
    assert len(group) == 2
    rows = TABLE.findall(group[1])[0][1].splitlines()
    assert {names(row)[0] for row in rows} == set(program._GROUP)
    assert set(first_names(table("key of an action"))) == set(actions._ACTION)
    levels = table("key of levels")
    assert set(first_names(levels)) == set(header._LEVELS)
    assert set(names(levels[2][2])) == set(header._LEVEL)
    assert set(names(table("key of an action")[2][2])) == set(actions.KINDS)


def test_the_origins_of_features_and_their_keys() -> None:
    listed = {names(row[0])[0]: set(names(row[1])) for row in table("from |")}
    assert listed == {origin: set(keys) - {"name", "from"} for origin, keys in program._ORIGINS.items()}
    assert list(listed) == list(layout.ORIGINS)


def test_the_aggregates_and_the_parts_of_the_context() -> None:
    assert set(first_names(table("aggregate of events"))) == set(layout.AGGREGATES)
    assert first_names(table("aggregate of the context")) == list(context.AGGREGATES)
    facts = PAGE.split("The `context` has `facts` (")[1].split(":")[0]
    assert set(names(facts)) == set(program._FACT)
    assert set(program._CONTEXT) == {"facts", "groups", "seen"}


def test_the_kinds_of_calibration_and_their_keys() -> None:
    listed = {names(row[0])[0]: {"kind", *names(row[1])} for row in table("kind of calibration")}
    assert listed == {kind: set(keys) for kind, keys in calibration._KINDS.items()}


def test_the_arrays_of_the_trees() -> None:
    assert [(names(row[0])[0], names(row[1])[0]) for row in table("array |")] == list(LAYOUT.items())
    bits = {"categorical": trees.CATEGORICAL, "missing goes left": trees.DEFAULT_LEFT}
    bits |= {"zero is missing": trees.MISSING_ZERO, "NaN is missing": trees.MISSING_NAN}
    assert all(f"{bit} {meaning}" in PAGE for meaning, bit in bits.items())
    assert repr(trees.ZERO) in PAGE


def test_the_keys_of_the_self_test_peers_and_pack() -> None:
    section = PAGE.split("## selftest.json\n")[1].split("\n## ")[0]
    assert set(selftest.KEYS) <= set(names(section))
    assert f"`{selftest.TOLERANCE:g}`" in section
    group = PAGE.split("\nA group has ")[1].split("\n## ")[0]
    assert set(names(group)) == peers._GROUP_KEYS
    assert f"{peers.STEPS + 1} in all" in group
    assert f"`{MAGIC.hex(' ').upper()}`" in PAGE
    assert list(manifest.MAX_BYTES) == names(table("bytes |")[-1][1])[2:]


def test_the_limits() -> None:
    assert {row[0]: int(row[1]) for row in table("limit |")} == {
        "features": header.MAX_FEATURES,
        "trees": MAX_TREES,
        "leaves of a tree": trees.MAX_LEAVES,
        "splits from the root to a leaf": trees.MAX_DEPTH,
        "categories of a feature": header.MAX_CATEGORIES,
        "event codes of the program": layout.MAX_CODES,
        "event codes known": header.MAX_CODES,
        "days of a window": layout.MAX_WINDOW,
        "different windows": program.MAX_WINDOWS,
        "features that compare events with each other": program.MAX_LOOKING_AGAIN,
        "facts of the context": program.MAX_FACTS,
        "groups of the context": context.MAX_GROUPS,
        "columns of a group": program.MAX_COLUMNS,
        "groups of peers": peers.MAX_GROUPS,
        "actions": actions.MAX_ACTIONS,
        "knots of a calibration": calibration.MAX_KNOTS,
        "rows of the self-test": selftest.MAX_ROWS,
        "splits that the self-test passes": MAX_WORK,
        "letters of a text": checks.MAX_TEXT,
        "values of `context.json`": manifest.MAX_VALUES["context.json"],
        "values of another JSON file": manifest.MAX_OTHERS,
    }


def test_the_version_of_the_page_is_that_of_the_code() -> None:
    assert f"This is version {manifest.VERSION}, and this riskml reads no other." in PAGE
