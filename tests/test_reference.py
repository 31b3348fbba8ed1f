"""The reference pages: they are what the code says today, and nothing that is public is missing."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

import riskml
from riskml.cli import app
from riskml.features import load_catalog
from riskml.grades.conventions import code_names
from riskml.records.contract import TABLES
from riskml.records.source import source_names
from riskml.study import Study

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
PACKAGES = ("scorer", "errors", "records", "features", "cohorts", "grades", "planning", "simulation", "evaluation")


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    """The module that makes the pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("reference")


@pytest.fixture(scope="module")
def made(generator: ModuleType) -> dict[str, str]:
    """The pages as they would be written now."""
    pages: dict[str, str] = generator.pages()
    return pages


def rows(page: str) -> set[str]:
    """What stands as code in the first cell of any table of a page."""
    return {
        name for first in re.findall(r"^\| ([^|]*) \|", page, re.MULTILINE) for name in re.findall("`(.+?)`", first)
    }


def test_the_pages_are_what_the_code_says_today(made: dict[str, str]) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
    stale = sorted(name for name in {*made, *there} if made.get(name) != there.get(name))
    assert not stale, "run python benchmarks/reference.py --write"


def test_a_page_that_was_changed_by_hand_is_stale_and_is_written_anew(
    generator: ModuleType, made: dict[str, str], tmp_path: Path
) -> None:
    generator.write(tmp_path)
    assert generator.stale(tmp_path) == []
    (tmp_path / "metrics.md").write_text("by hand", encoding="utf-8")
    (tmp_path / "gone.md").write_text("of an older version", encoding="utf-8")
    assert generator.stale(tmp_path) == ["gone.md", "metrics.md"]
    generator.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(made)


@pytest.mark.parametrize("package", ["", *PACKAGES])
def test_every_public_name_has_its_heading(made: dict[str, str], package: str) -> None:
    name = f"riskml.{package}" if package else "riskml"
    module = importlib.import_module(name) if package else riskml
    headings = re.findall(r"^## (\w+)$", made[f"{name}.md"], re.MULTILINE)
    assert not set(module.__all__) - set(headings)


def test_every_name_that_a_page_imports_has_its_heading(made: dict[str, str]) -> None:
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    shown = re.findall(
        r"^from (riskml[\w.]*) import (\w+(?:, \w+)*)$",
        "\n".join(path.read_text(encoding="utf-8") for path in pages),
        re.MULTILINE,
    )
    assert len(shown) > 20
    for module, names in shown:
        for name in names.split(", "):
            assert f"\n## {name}\n" in made[f"{module}.md"]


def test_every_command_and_option_is_there(made: dict[str, str]) -> None:
    page = made["commands.md"]
    parts = dict(re.findall(r"^## riskml ([\w-]+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert set(parts) == set(commands)
    for name, command in commands.items():
        wanted = {option for one in command.params if one.param_type_name == "option" for option in one.opts}
        assert not wanted - rows(parts[name]) - {"--help", "-h"}


def test_every_setting_is_there_with_its_default(made: dict[str, str]) -> None:
    page = made["settings.md"]
    for section, keys in Study.load(ROOT / "studies" / "sample.toml").settings.items():
        heading = f"## `[{section}]`" if section else "## Top of the file"
        part = page.split(f"{heading}\n")[1].split("\n## ")[0]
        assert rows(part) == set(keys)
    assert "| `leaves` | most leaves of a tree | a whole number | `4` |" in page


@pytest.mark.usefixtures("generator")
def test_a_setting_without_words_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = importlib.import_module("reference_lists")
    monkeypatch.setitem(lists.SCHEMA, "report", {"html": (bool, True), "pdf": (bool, False)})
    with pytest.raises(LookupError, match=r"differ on \[report\] \['pdf'\]"):
        lists.settings_page()


def test_every_column_code_feature_and_source_is_there(made: dict[str, str]) -> None:
    for name, columns in TABLES.items():
        part = made["records.md"].split(f"## {name}\n")[1].split("\n## ")[0]
        assert rows(part) == set(columns)
    assert set(code_names()) <= rows(made["codes.md"])
    assert rows(made["features.md"]) == set(load_catalog().names)
    assert set(source_names()) <= rows(made["sources.md"])


def test_no_table_has_a_row_with_another_number_of_cells(made: dict[str, str]) -> None:
    for name, page in made.items():
        for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
            assert len({line.count("|") for line in table.splitlines()}) == 1, name


@pytest.mark.usefixtures("generator")
def test_a_docstring_becomes_lists_and_blocks() -> None:
    described = importlib.import_module("reference_markup").described
    text = """Say it.

    Args:
        share: a part of <all>,
            above 0.
        left, right: the ends.

    Returns:
        [low, high].

    Raises:
        DataError: if there is none.

    How to read it:
        The *higher*, the `better*`.

    >>> 1 + 1
    2
    """
    assert described(text).split("\n\n") == [
        "Say it.",
        "**Args**",
        "* `share`: a part of &lt;all&gt;, above 0.\n* `left`, `right`: the ends.",
        "**Returns**",
        r"\[low, high\].",
        "**Raises**",
        "* `DataError`: if there is none.",
        "**How to read it**",
        r"The \*higher\*, the `better*`.",
        "```pycon\n>>> 1 + 1\n2\n```",
    ]


@pytest.mark.usefixtures("generator")
def test_a_cell_keeps_to_its_row_and_prose_is_no_markup() -> None:
    markup = importlib.import_module("reference_markup")
    assert markup.table(["a"], [["x | y\nz"]]).splitlines()[2] == "| x &#124; y z |"
    assert markup.code("str | None") == "<code>str &#124; None</code>"
    assert markup.prose("<study>/ `a[0]` b[0] _c") == r"&lt;study&gt;/ `a[0]` b\[0\] \_c"


@pytest.mark.usefixtures("generator")
def test_a_signature_is_shown_without_quotes_and_self() -> None:
    python = importlib.import_module("reference_python")
    tree = python.ast.parse("class A:\n def f(self, a: 'int | str', *, b=1) -> 'list[int]': ...\n").body[0]
    assert python.signature(tree.body[0]) == "f(a: int | str, *, b=1) -> list[int]"


@pytest.mark.usefixtures("generator")
def test_a_link_out_of_the_pages_becomes_a_path_if_the_file_is_there(tmp_path: Path) -> None:
    with_paths = importlib.import_module("site_links").with_paths
    docs = tmp_path / "docs"
    (docs / "reference").mkdir(parents=True)
    (tmp_path / "README.md").touch()
    (docs / "grades.md").touch()
    assert with_paths("[README](../README.md)", docs, docs) == "README (`README.md`)"
    assert with_paths("[README.md](../README.md#x)", docs, docs) == "`README.md`"
    assert with_paths("[gone](../GONE.md)", docs, docs) == "[gone](../GONE.md)"
    assert with_paths("[grades](../grades.md)", docs / "reference", docs) == "[grades](../grades.md)"
