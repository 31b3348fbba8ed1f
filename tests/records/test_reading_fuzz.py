"""Seeded damage to files of every kind: each ends in accounted tables or in a RiskmlError, in time.

400 files in the normal run, 20,000 with RISKML_FULL=1. To see one case again: `case(number)`.
"""

import gzip
import io
import os
import random
import re
import zipfile
from pathlib import Path

import pytest

import reading_samples as files
from damage import cut, damaged, flipped, time_limit
from riskml.errors import DataError, RiskmlError
from riskml.records import reading_limits
from riskml.records.reading import RawTable, read_tables

CASES = 20_000 if os.environ.get("RISKML_FULL") == "1" else 400
CHUNK = CASES // 20
SECONDS = 60.0
"""For one file, more than a workbook may take; the usual one takes 0.01 s, a workbook 0.1 s."""
SAMPLES = files.samples()
TEXTS = [name for name in SAMPLES if name.endswith((".csv", ".txt", ".tsv"))]
PACKED = ["plain.csv.gz", "table.parquet", "all.zip"]
BOOKS = ["book.xlsx", "old.xls"]
SIGNS = [
    "",
    '"',
    '"',
    '""',
    ',"',
    '",',
    ",",
    ",,,,",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    '"\n',
    "a",
    "合计,",
    "备注：",
    "\0",
    ";",
    "\t",
]
PATHS = ["../a.csv", "/a.csv", "C:\\a.csv", "a.csv", "a.zip", "b/a.pdf", "x/../../a.csv", "a\n.csv", "é.csv", "a.csv/"]


def edited(rng: random.Random, text: str) -> str:
    """Cells, quotes, delimiters and line ends put in and taken out."""
    for _ in range(rng.choice((1, 3, 10, 100))):
        a = rng.randrange(len(text) + 1)
        b = a + rng.choice((0, 0, 1, 5, 60))
        text = text[:a] + rng.choice(SIGNS) + text[b:]
    return text


def text_case(rng: random.Random) -> tuple[str, bytes]:
    """Damaged bytes, or a text that is edited as text and so can be decoded."""
    name = rng.choice(TEXTS)
    if rng.random() < 0.5:
        return name, damaged(rng, SAMPLES[name])
    encoding = rng.choice(("utf-8", "utf-8-sig", "gb18030", "utf-16"))
    return name, edited(rng, files.csv_text([files.HEADER, *files.ROWS * rng.choice((1, 20))])).encode(encoding)


def packed_case(rng: random.Random) -> tuple[str, bytes]:
    name = rng.choice(PACKED)
    return name, damaged(rng, SAMPLES[name])


def book_case(rng: random.Random) -> tuple[str, bytes]:
    """Damage to the container, or to one part inside a sound container."""
    name = rng.choice(BOOKS)
    if name == "old.xls" or rng.random() < 0.3:
        return name, damaged(rng, SAMPLES[name])
    with zipfile.ZipFile(io.BytesIO(SAMPLES[name])) as book:
        parts = {part: book.read(part) for part in book.namelist()}
    part = rng.choice([part for part in parts if "sheet" in part or "workbook" in part])
    if rng.random() < 0.5:
        parts[part] = re.sub(
            rb"\d+", lambda m: str(rng.randrange(20)).encode() if rng.random() < 0.1 else m[0], parts[part]
        )
    else:
        parts[part] = damaged(rng, parts[part])
    return name, files.zip_bytes(parts)


def archive_case(rng: random.Random) -> tuple[str, bytes]:
    """Bad paths, bombs, archives in archives, lies about sizes, members of any damaged kind."""
    kind = rng.randrange(4)
    if kind == 0:
        return "a.zip", files.zip_bytes({rng.choice(PATHS): SAMPLES["plain.csv"] for _ in range(3)})
    if kind == 1:
        bomb = rng.choice((b"a,b\n", b"\0", b'"', b"a,\n", b"\r")) * 3_000_000
        return rng.choice((("a.zip", files.zip_bytes({"a.csv": bomb})), ("a.csv.gz", gzip.compress(bomb, 1))))
    inner = dict([text_case(rng), packed_case(rng)] if kind == 2 else [text_case(rng)])
    data = files.zip_bytes(inner)
    return "a.zip", flipped(rng, data) if rng.random() < 0.5 else data


def renamed_case(rng: random.Random) -> tuple[str, bytes]:
    name, _ = rng.choice(list(SAMPLES.items()))
    data = SAMPLES[rng.choice(TEXTS + PACKED)]
    return name, cut(rng, data) if rng.random() < 0.5 else data


def case(number: int) -> tuple[str, bytes]:
    """The name and bytes of a case."""
    rng = random.Random(number)  # noqa: S311
    kinds = (text_case, packed_case, book_case, archive_case, renamed_case)
    (make,) = rng.choices(kinds, weights=(60, 12, 10, 10, 8))
    return make(rng)


def assert_accounted(table: RawTable) -> None:
    numbers = [*table.rows.tolist(), *(row.row for row in table.dropped), table.header_row]
    assert sorted(number for number in numbers if number) == list(range(1, table.source_rows + 1))
    assert len(table.frame) == len(table.rows)


@pytest.mark.parametrize("chunk", range(CASES // CHUNK))
def test_damaged_files_end_in_tables_or_in_one_clear_error(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_limits, "SMALL_BYTES", 1 << 20)  # so that a bomb is a bomb at 3 MB
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        name, data = case(number)
        path = tmp_path / name
        path.write_bytes(data)
        try:
            with time_limit(SECONDS):
                tables = read_tables(path, known=files.HEADER)
        except RiskmlError:
            continue
        except BaseException as failure:
            failure.add_note(f"case({number}) of {__name__}")
            raise
        assert tables
        for table in tables:
            assert_accounted(table)


def test_rows_of_damaged_text_without_quotes_are_its_lines(tmp_path: Path) -> None:
    """A second way to count: line ends in the decoded text."""
    read = 0
    for number in range(CASES):
        name, data = text_case(random.Random(number))  # noqa: S311
        path = tmp_path / name
        path.write_bytes(data)
        try:
            (table,) = read_tables(path)
            text = data.decode("utf-8-sig" if table.encoding.startswith("utf-8") else table.encoding)
        except DataError:
            continue
        if '"' not in text and table.encoding != "workbook":
            assert table.source_rows == len(re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)), number
            read += 1
    assert read > CASES / 10
