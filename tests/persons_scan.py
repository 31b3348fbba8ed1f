"""Finds persons in whatever a command wrote: files of any kind, unpacked, in every encoding and escape, and texts."""

import gzip
import html
import io
import json
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

ENCODINGS = ("utf-8", "gb18030", "utf-16-le")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_NAMES = re.compile(r"[㐀-鿿·]+")
_HALF = {0xFF01 + place: 0x21 + place for place in range(94)}
_NUMBERS = re.compile(r"[0-9][0-9X]*")


def persons_in(data: "bytes | str", persons: Collection[str]) -> set[str]:
    """The persons whose name or number stands in the data, or in what is packed in it."""
    texts = [data] if isinstance(data, str) else [text for part in _unpacked(data) for text in _texts(part)]
    return {person for text in texts for person in _found(text, persons)}


def persons_below(folder: Path, persons: Collection[str]) -> dict[str, set[str]]:
    """Files and folders below a folder that show a person in their content or name: path -> persons."""
    found = {}
    for path in sorted(folder.rglob("*")):
        shown = persons_in(str(path.relative_to(folder)), persons)
        shown |= persons_in(path.read_bytes(), persons) if path.is_file() else set()
        if shown:
            found[str(path.relative_to(folder))] = shown
    return found


def _found(text: str, persons: Collection[str]) -> set[str]:
    """By windows over runs of Chinese characters and of digits: each text is looked through once for all persons."""
    wanted = set(persons)
    lengths = {len(person) for person in wanted}
    runs = {run for pattern in (_NAMES, _NUMBERS) for run in pattern.findall(text)}
    return {
        part
        for run in runs
        for length in lengths
        for start in range(len(run) - length + 1)
        if (part := run[start : start + length]) in wanted
    }


def _texts(data: bytes) -> Iterator[str]:
    """The bytes as text in every encoding, escapes of JSON and HTML undone, full-width digits made plain."""
    for encoding in ENCODINGS:
        for start in (0, 1) if encoding == "utf-16-le" else (0,):
            text = data[start:].decode(encoding, errors="ignore")
            if encoding == "utf-8":
                text = html.unescape(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))
            yield text.translate(_HALF)


def _unpacked(data: bytes) -> Iterator[bytes]:
    """The bytes, and what they hold packed: members of archives and workbooks, columns of Parquet, rows of SQLite."""
    yield data
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from _unpacked(archive.read(name))
    elif data.startswith(b"PAR1"):
        frame = pd.read_parquet(io.BytesIO(data))
        yield json.dumps(frame.astype("object").astype("str").to_dict("list"), ensure_ascii=False).encode()
    elif data.startswith(b"\x1f\x8b"):
        yield from _unpacked(gzip.decompress(data))
    elif data.startswith(b"SQLite format 3\0"):
        connection = sqlite3.connect(":memory:")
        connection.deserialize(data)
        yield "\n".join(connection.iterdump()).encode()
        connection.close()
    elif data[:2] in (b"x\x9c", b"x\x01", b"x\xda"):
        yield zlib.decompress(data)
