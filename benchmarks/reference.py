"""The reference pages of docs/reference, made of docstrings, commands and TOML files; needs no network.

    python benchmarks/reference.py [--write]

Without --write it says which pages are stale, and ends with code 1 if one is.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import reference_commands
import reference_lists
from reference_markup import page, prose, table
from reference_python import module_page, public_names

FOLDER: Final = Path(__file__).parent.parent / "docs" / "reference"
LISTS: Final = {
    "commands.md": ("Commands", reference_commands.commands_page),
    "settings.md": ("Settings of a study", reference_lists.settings_page),
    "records.md": ("Canonical records", reference_lists.records_page),
    "codes.md": ("Codes of events and visits", reference_lists.codes_page),
    "sources.md": ("Sources", reference_lists.sources_page),
    "features.md": ("Features", reference_lists.features_page),
    "metrics.md": ("Metrics", reference_lists.metrics_page),
}
HEAD: Final = """\
# Reference

Made by `python benchmarks/reference.py --write` from the code and its TOML files; do not edit. A name of Python stands
here if its package lists it as public, or if a page of this documentation imports it. The grading systems have
[a page of their own](../grades.md), and so has [the artifact](../artifact.md), byte by byte.
"""


def pages() -> dict[str, str]:
    """File name -> content of every reference page."""
    modules = public_names()
    made = {name: make() for name, (_, make) in LISTS.items()}
    made |= {f"{module}.md": module_page(module, names) for module, names in modules.items()}
    lists = [f"* [{title}]({name})" for name, (title, _) in LISTS.items()]
    rows = [
        [f"[{module}]({module}.md)", ", ".join(f"`{name.name}`" for name in names)] for module, names in modules.items()
    ]
    index = [HEAD, "## What is declared", "\n".join(lists), "## Python", table([prose("module"), "names"], rows)]
    return {"index.md": page(*index), **made}


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of pages that differ from what would be made now, are missing, or are no longer made."""
    made = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in {*made, *there} if made.get(name) != there.get(name))


def write(folder: Path = FOLDER) -> None:
    """Write every page, and remove those that are no longer made."""
    made = pages()
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Write the pages, or say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write docs/reference")
    if parser.parse_args(argv).write:
        write()
        return 0
    found = stale()
    sys.stdout.write("".join(f"stale: docs/reference/{name}\n" for name in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
