"""Seeded damage to files of many sources: each ends in records whose account closes, or in one clear line, in time.

50 files in the normal run, 20,000 with RISKML_FULL=1 (RISKML_FUZZ_FROM and RISKML_FUZZ_TO choose some of them). To see
one case again: `case(number, samples(folder))`.
"""

import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import reading_samples as files
import table_damage as tables
from damage import damaged, flipped, time_limit
from ingest_samples import Sample, samples
from riskml.errors import DataError, RiskmlError, StudyError
from riskml.records import reading_limits
from riskml.records.fault import REFUSE
from riskml.records.inputs import raw_tables
from riskml.records.mapping import Ingested, ingest
from riskml.records.reading_table import ABOVE_HEADER, BLANK, HEADER_AGAIN
from riskml.records.rules import rule_faults
from riskml.records.source import Source, load_source

CASES = 20_000 if os.environ.get("RISKML_FULL") == "1" else 50
FIRST, LAST = (int(os.environ.get(f"RISKML_FUZZ_{end}", default)) for end, default in (("FROM", 0), ("TO", CASES)))
CHUNK = 100
SECONDS = 120.0
"""For one set of files, on a machine that has other work too; the usual one takes 0.2 s."""
LONGEST = 2_000
"""Characters of a readable message."""
PATHS = [
    "../{}",
    "/{}",
    "C:\\{}",
    "{}",
    "sub/{}",
    "a.zip",
    "b/a.pdf",
    "x/../../{}",
    "a\n{}",
    "é{}",
    "{}/",
    "__MACOSX/._{}",
]
BOMBS = (b"a,b\n", b"\0", b'"', b"a,\n", b"\r", b",")


@dataclass(frozen=True)
class Case:
    """Files of a source, one of them damaged: name -> bytes, in the order given to the importer."""

    source: str
    kind: str
    files: dict[str, bytes]


def case(number: int, every: Sequence[Sample]) -> Case:
    """The files of a case."""
    rng = random.Random(number)  # noqa: S311
    sample = every[0] if rng.random() < 0.4 else rng.choice(every[1:])
    target = rng.choice(list(sample.tables))
    kind = rng.choices(("cells", "bytes", "book", "parquet", "gzip", "archive"), weights=(60, 16, 5, 4, 3, 12))[0]
    whole = {name: _sound(sample, name) for name in sample.beside(target, rng)}
    if kind == "archive":
        return Case(
            sample.source, kind, {"all.zip": archive(rng, whole, target, sample.tables[target], sample.encodings[0])}
        )
    name, data = damaged_file(rng, sample, target, kind)
    return Case(
        sample.source, kind, {name if one == target else one: data if one == target else whole[one] for one in whole}
    )


def _sound(sample: Sample, name: str) -> bytes:
    return files.csv_text(sample.tables[name]).encode(sample.encodings[0])


def damaged_file(rng: random.Random, sample: Sample, target: str, kind: str) -> tuple[str, bytes]:
    """The name and bytes of a damaged table."""
    stem, encoding = target.removesuffix(".csv"), rng.choice(sample.encodings)
    if kind == "bytes":
        return target, damaged(rng, _sound(sample, target))
    rows = tables.damaged_rows(rng, sample.tables[target], list(sample.tables.values()))
    if kind == "book":
        data = tables.workbook_bytes(rng, rows)
        return f"{stem}.xlsx", flipped(rng, data) if rng.random() < 0.2 else data
    if kind == "parquet":
        data = tables.parquet_bytes(rng, rows)
        return f"{stem}.parquet", damaged(rng, data) if rng.random() < 0.2 else data
    data = tables.csv_bytes(rng, rows, encoding)
    if kind == "gzip":
        bomb = rng.random() < 0.2
        packed = tables.packed(rng.choice(BOMBS) * 3_000_000 if bomb else data)
        return f"{target}.gz", packed if bomb or rng.random() < 0.5 else damaged(rng, packed)
    return target, data


def archive(rng: random.Random, whole: dict[str, bytes], target: str, rows: tables.Rows, encoding: str) -> bytes:
    """All files in one archive: with strange paths, a bomb, an archive inside, damage to a member or to the whole."""
    way = rng.randrange(8)
    members = dict(whole)
    if way == 0:
        members = {rng.choice(PATHS).format(name): data for name, data in whole.items()}
    elif way == 1:
        members[target] = rng.choice(BOMBS) * 3_000_000
    elif way == 2:
        members["inside.zip"] = files.zip_bytes(whole)
    elif way == 3:
        members[target] = damaged(rng, members[target])
    elif way >= 5:
        members[target] = tables.csv_bytes(rng, tables.damaged_rows(rng, rows, [rows]), encoding)
    data = files.zip_bytes(members)
    return damaged(rng, data) if way == 4 else data


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Sample]:
    return samples(tmp_path_factory.mktemp("bureau") / "files")


@cache
def source_of(name: str) -> Source:
    """A source, read once."""
    return load_source(name)


def assert_closed(found: Ingested, paths: list[Path], source: Source) -> None:
    """The sums close in all, by file, table and rule; rows in are the reader's; the records keep the contract."""
    report, quarantine = found.report, found.records.quarantine
    for part in [report, *report["files"].values(), *report["tables"].values()]:
        assert part["rows_in"] == part["rows_kept"] + part["rows_merged"] + part["rows_quarantined"]
    for whole in ("files", "tables"):
        for name in ("rows_in", "rows_kept", "rows_merged", "rows_quarantined"):
            assert sum(part[name] for part in report[whole].values()) == report[name]
    assert len(quarantine) == report["rows_quarantined"] == sum(report["rules"].values())
    assert Counter(quarantine["rule"]) == report["rules"]
    assert not quarantine.duplicated(["file", "row"]).any()
    by_file = {name: part["rows_quarantined"] for name, part in report["files"].items() if part["rows_quarantined"]}
    assert Counter(quarantine["file"]) == by_file
    rows: Counter[str] = Counter()
    for raw in raw_tables(source, paths):
        rows[raw.file] += len(raw.rows)
        rows[raw.file] += sum(row.reason not in (ABOVE_HEADER, BLANK, HEADER_AGAIN) for row in raw.dropped)
    assert {name: part["rows_in"] for name, part in report["files"].items()} == {n: c for n, c in rows.items() if c}
    found_by_rules = rule_faults(found.records.tables())  # those of single columns were refused by the importer itself
    grave = [fault.line() for fault in found_by_rules if fault.severity == REFUSE]
    assert not grave, grave


def assert_readable(error: RiskmlError) -> None:
    """One line of printable text that says what, not longer than anybody reads, and not that the importer broke off."""
    text = str(error)
    assert type(error) in (DataError, StudyError)
    assert 10 < len(text) <= LONGEST, f"{len(text)} characters: {text[:300]}"
    assert text.isprintable(), repr(text[:300])
    assert "make the records again" not in text, text


def run_case(number: int, every: Sequence[Sample], folder: Path) -> str:
    """The kind of end of a case: "kept" or "refused"; AssertionError or any other error if it ends in no good way."""
    made = case(number, every)
    paths = [folder / name for name in made.files]
    for path, data in zip(paths, made.files.values(), strict=True):
        path.write_bytes(data)
    try:
        with time_limit(SECONDS):
            found = ingest(source_of(made.source), paths)
        assert_closed(found, paths, source_of(made.source))
    except RiskmlError as error:
        assert_readable(error)
        return f"{made.kind}: refused"
    finally:
        for path in paths:
            path.unlink()
    return f"{made.kind}: kept"


@pytest.mark.parametrize("chunk", range(FIRST, LAST, CHUNK))
def test_damaged_files_end_in_closed_sums_or_in_one_clear_line(
    every: Sequence[Sample], tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKML_SALT", "a secret")
    monkeypatch.setattr(reading_limits, "SMALL_BYTES", 1 << 20)  # so that a bomb is a bomb at 3 MB
    ends: Counter[str] = Counter()
    for number in range(chunk, min(chunk + CHUNK, LAST)):
        try:
            ends[run_case(number, every, tmp_path)] += 1
        except BaseException as failure:
            failure.add_note(f"case({number}) of {__name__}")
            raise
    assert ends["cells: kept"] > 5, ends
    assert ends["archive: refused"] >= 1, ends
