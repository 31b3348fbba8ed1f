"""Bytes of small files as bureaus export them, written by hand or by other libraries than those that read them."""

import datetime
import gzip
import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

import openpyxl  # type: ignore[import-untyped]
import pandas as pd

HEADER = ["检查编号", "统一社会信用代码", "主体名称", "检查日期", "检查结果"]
ROWS = [
    ["JC001", "92360100MA3000001X", "老王饺子馆", "2024/1/5", "符合"],
    ["JC002", "92360100MA3000002X", "福满，火锅城", "2024年2月6日", "不符合"],
    ["JC003", "92360100MA3000003X", "川香面馆（城西店）", "2024-03-07", "基本符合"],
    ["JC004", "92360100MA3000004X", "金鼎食品厂", "/", "符合"],
]


def csv_text(rows: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    """Rows as delimited text, quoted where needed."""
    special = (delimiter, '"', "\n", "\r")
    cells = [
        [f'"{c.replace(chr(34), chr(34) * 2)}"' if any(s in c for s in special) else c for c in row] for row in rows
    ]
    return "".join(delimiter.join(row) + end for row in cells)


def xlsx_bytes() -> bytes:
    """Two title rows, a header over two rows, merged cells, numbers, dates, a formula, totals; a hidden sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "检查"
    sheet["A1"] = "附件2 监督检查结果"
    sheet.merge_cells("A1:E1")
    sheet["A2"], sheet["D2"] = "单位：东湖区局", "2024年3月"
    for column, name in enumerate(["检查编号", "统一社会信用代码", "检查日期", "不符合项"], start=1):
        sheet.cell(3, column, name)
    for letter in "ABC":
        sheet.merge_cells(f"{letter}3:{letter}4")
    sheet.merge_cells("D3:E3")
    sheet["D4"], sheet["E4"] = "重点项", "一般项"
    sheet.append(["JC001", 914403007084611360, datetime.date(2021, 5, 7), 12.0, 0.1 + 0.2])
    sheet.append(["JC002", "9.14E+17", pd.Timestamp("2021-05-07 13:04:05").to_pydatetime(), True, "=1+1"])
    sheet.append([None, "92360100MA3000003X", "2021年5月8日", -3, 123456789012345])
    sheet.merge_cells("A6:A7")
    sheet["A9"] = "JC004"
    sheet["A10"], sheet["D10"] = "合计", 9
    sheet["A11"] = "填表人：张三"
    hidden = book.create_sheet("底表")
    hidden.sheet_state = "veryHidden"
    hidden.append(["编号", "值"])
    book.create_sheet("空表")
    book.create_chartsheet("图")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def xls_bytes(rows: Sequence[Sequence["str | float"]], *, sheet: str = "Sheet1") -> bytes:
    """A BIFF8 workbook in an OLE container, as written by old business systems."""
    name = sheet.encode("utf-16-le")
    cells = b""
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            at = struct.pack("<HHH", r, c, 0)
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                cells += _record(0x0204, at + struct.pack("<HB", len(value), 1) + text)
            else:
                cells += _record(0x0203, at + struct.pack("<d", value))
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    length = len(start) + 4 + 8 + len(name) + 4
    bound = _record(0x0085, struct.pack("<IBBBB", length, 0, 0, len(sheet), 1) + name)
    stream = start + bound + _record(0x000A, b"")
    assert len(stream) == length
    stream += _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + cells + _record(0x000A, b"")
    return _ole(stream)


def _ole(stream: bytes) -> bytes:
    """One stream, "Workbook", in a container with sectors of 512 bytes: table, directory, stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    assert len(chain) <= 128
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        links = struct.pack("<BBIII", kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        tail = bytes(36) + struct.pack("<IQ", first, size)
        return text.ljust(64, b"\0") + struct.pack("<H", len(text)) + links + tail

    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(stream))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + table + directory.ljust(512, b"\0") + stream


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """A deflated archive; any path is written as given."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return stream.getvalue()


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """A frame as Parquet."""
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


def samples() -> dict[str, bytes]:
    """One file of every kind, by its name."""
    plain = csv_text([HEADER, *ROWS])
    dirty = csv_text(
        [
            ["附件：检查结果"],
            HEADER,
            *ROWS,
            [],
            ["JC005", "a", 'b "c"\nd', "e", "f"],
            ["JC006", "1"],
            ["合计", "6", "", "", ""],
        ]
    )
    return {
        "plain.csv": plain.encode("gb18030"),
        "dirty.csv": dirty.encode("gb18030"),
        "marked.csv": dirty.encode("utf-8-sig"),
        "semicolon.txt": csv_text([HEADER, *ROWS], ";", "\n").encode(),
        "wide.csv": csv_text([HEADER, *ROWS]).encode("utf-16"),
        "tabs.tsv": csv_text([HEADER, *ROWS * 20], "\t").encode("gb18030"),
        "plain.csv.gz": gzip.compress(plain.encode(), mtime=0),
        "book.xlsx": xlsx_bytes(),
        "old.xls": xls_bytes([HEADER, *ROWS]),
        "table.parquet": parquet_bytes(pd.DataFrame(ROWS, columns=HEADER)),
        "all.zip": zip_bytes({"plain.csv": plain.encode("gb18030"), "more/dirty.csv": dirty.encode()}),
    }
