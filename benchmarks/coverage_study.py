"""The simulations that prove the intervals, and docs/coverage.md written from them (`make studies`).

    python benchmarks/coverage_study.py [--only NAME ...] [--processes N] [--rows FILE] [--write]

Runs the studies of studies/coverage.toml (paired, selection, permuted; all if none is named), keeps every interval in
data/derived/coverage/, and prints the page of what lies there. --write puts it into docs/coverage.md. The outcomes that
are permuted are those of one simulated world and of FILE, the scored rows of a run.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pandas as pd
from coverage_page import page
from coverage_paired import paired_study
from coverage_permuted import one_world, permuted_study
from coverage_selection import selection_study
from coverage_worlds import read_study

from riskml.errors import DataError

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "coverage.md"
RESULTS: Final = ROOT / "data" / "derived" / "coverage"
SAMPLE: Final = ROOT / "models" / "sample" / "tables" / "scored_rows.parquet"
STUDIES: Final = ("paired", "selection", "permuted")
TABLES: Final = {"paired": "paired", "selection": "selection", "world": "permuted", "sample": "permuted"}
"""Files of results, and the study of each."""


def run_study(name: str, study: dict[str, Any], *, processes: int, rows: Path) -> dict[str, pd.DataFrame]:
    """The results of one study by the name of their file.

    Raises:
        DataError: if the rows to be permuted are not there.
    """
    if name == "paired":
        return {name: paired_study(study, processes=processes)}
    if name == "selection":
        return {name: selection_study(study, processes=processes)}
    if not rows.exists():
        raise DataError(
            f"{rows} is not there; run `riskml run studies/sample.toml` first, or name other rows by --rows"
        )
    both = {"world": one_world(study), "sample": pd.read_parquet(rows)}
    return {
        label: permuted_study(table, study, processes=processes, label=f"permuted: {label}")
        for label, table in both.items()
    }


def settings_of(study: dict[str, Any], name: str) -> str:
    """What a file of results was made with, as text."""
    plain = {key: value for key, value in study.items() if not isinstance(value, dict)}
    section = TABLES[name]
    used = {"world": study["world"], section: study[section]}
    if section == "permuted":
        used["paired"] = {"random_share": study["paired"]["random_share"]}
    return json.dumps(plain | used, sort_keys=True)


def kept(study: dict[str, Any], folder: Path) -> dict[str, pd.DataFrame]:
    """The results that lie in the folder.

    Raises:
        DataError: if one is absent, or was made with other settings than the study has now.
    """
    found = {}
    for name, section in TABLES.items():
        path = folder / f"{name}.parquet"
        again = f"run benchmarks/coverage_study.py --only {section}"
        if not path.exists():
            raise DataError(f"{path} is not there; {again}")
        found[name] = pd.read_parquet(path)
        if found[name].attrs.get("settings") != settings_of(study, name):
            raise DataError(f"{path} was made with other settings than studies/coverage.toml has; {again}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=STUDIES, default=STUDIES, help="studies to run; none: the page")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rows", type=Path, default=SAMPLE, help="scored rows whose outcomes are permuted")
    parser.add_argument("--write", action="store_true", help="put the page into docs/coverage.md")
    asked = parser.parse_args()
    study = read_study()
    RESULTS.mkdir(parents=True, exist_ok=True)
    try:
        for section in asked.only:
            for name, table in run_study(section, study, processes=asked.processes, rows=asked.rows).items():
                table.attrs = {"settings": settings_of(study, name)}
                table.to_parquet(RESULTS / f"{name}.parquet", index=False)
        text = page(study, kept(study, RESULTS))
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    print(text)
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
