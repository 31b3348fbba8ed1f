"""Members of a ZIP archive: checked first, then only read, never unpacked to a path, never more than allowed."""

import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO

from riskml.errors import DataError
from riskml.records.reading_bytes import UNPACKING_ERRORS, ByteSource, in_one_line
from riskml.records.reading_limits import MAX_MEMBERS, allowed_bytes

_SYSTEM = re.compile(r"(^|/)(__MACOSX/.*|\._.*|\.DS_Store|Thumbs\.db|desktop\.ini)$", re.IGNORECASE)
"""What operating systems add to archives by themselves."""
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800


def members(archive: zipfile.ZipFile, source: ByteSource) -> list[ByteSource]:
    """The files in an archive, in its order.

    Raises:
        DataError: if a path leads out of the archive, a member is a link, encrypted, stored twice or packed in an
            unusual way, or there are more files or bytes than allowed.
    """
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS:
        raise DataError(f"{source.name} holds {len(infos)} files; allowed are {MAX_MEMBERS}: split it")
    names = [_name(info) for info in infos]
    kept = [(name, info) for name, info in zip(names, infos, strict=True) if not _SYSTEM.search(name)]
    for name, info in kept:
        _check(source.name, name, info)
    name, count = Counter(name for name, _ in kept).most_common(1)[0] if kept else ("", 0)
    if count > 1:
        raise DataError(f"{source.name}: {name} is in it {count} times; keep one")
    declared, allowed = sum(info.file_size for _, info in kept), allowed_bytes(source.packed_bytes)
    if declared > allowed:
        raise DataError(
            f"{source.name}: {source.packed_bytes} bytes would unpack to {declared}; allowed are {allowed}; "
            "if it is honest, unpack it yourself and name the files inside"
        )
    if not kept:
        raise DataError(f"{source.name} holds no file; export it again")
    return [ByteSource(f"{source.name}/{name}", info.compress_size, _opener(archive, info)) for name, info in kept]


def opened(source: ByteSource, handle: IO[bytes]) -> zipfile.ZipFile:
    """An archive, its list of members read.

    Raises:
        DataError: if it is damaged.
    """
    try:
        return zipfile.ZipFile(handle)
    except (*UNPACKING_ERRORS, NotImplementedError, LookupError) as error:
        raise DataError(
            f"{source.name} is not a readable ZIP archive: {in_one_line(error)}; fetch or make it again"
        ) from error


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> "Callable[[], IO[bytes]]":
    return lambda: archive.open(info)


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; archives made on a Chinese system write GB18030 without saying so.

    Examples:
        >>> _name(zipfile.ZipInfo("检查.csv".encode("gb18030").decode("cp437")))
        '检查.csv'
    """
    if info.flag_bits & _UTF8_NAME or info.filename.isascii():
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _check(archive: str, name: str, info: zipfile.ZipInfo) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    original = info.orig_filename.replace("\\", "/")
    if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in original or not name.isprintable():
        raise DataError(f"{archive}: the path {name!r} leads out of the archive; pack the files again by plain names")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise DataError(f"{archive}/{name} is a link or a device, not a file; pack the file itself")
    if info.flag_bits & _ENCRYPTED:
        raise DataError(f"{archive}/{name} is encrypted; pack it without a password")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{archive}/{name} is packed by method {info.compress_type}; allowed are store and deflate")
