"""Bytes of a file or of an archive's member: reopened at will, never more than allowed, decoded without guessing."""

import codecs
import io
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import IO, cast

from riskml.errors import DataError
from riskml.records.reading_limits import allowed_bytes

ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")
"""Tried in this order, strictly; utf-16 only where the file begins with its mark."""
ON_REQUEST = ("latin-1", "cp1252")
"""Every file decodes as one of these, so they are tried only when asked for."""
UNPACKING_ERRORS = (OSError, EOFError, ValueError, RuntimeError, zlib.error, zipfile.BadZipFile)
"""What the standard library raises on damaged or encrypted packed data."""
BLOCK_BYTES = 1 << 18
_WORDS = 300
"""Most characters shown of what a library says."""
DAMAGED_AFTER = 32
"""Characters beyond ASCII after which a text that decoded as UTF-8 so far is UTF-8, whatever comes (GB18030: 1e-16)."""


def in_one_line(words: object) -> str:
    r"""What a library says of damaged bytes, without line breaks, unprintable characters and the end of a long story.

    >>> in_one_line(ValueError("invalid\n  type\0 7"))
    'invalid type? 7'
    """
    line = " ".join(str(words).split())[:_WORDS]
    return "".join(c if c.isprintable() else "?" for c in line)


@dataclass(frozen=True)
class ByteSource:
    """Something to read, from its start, any number of times.

    Attributes:
        name: its name as shown to the user, members as "archive.zip/member.csv".
        packed_bytes: the bytes it takes where it is stored.
        start: opens it.
        on_disk: whether that gives a file of the operating system.
    """

    name: str
    packed_bytes: int
    start: Callable[[], IO[bytes]]
    on_disk: bool = False

    def open(self) -> "CappedStream":
        """The bytes, unzipped if they are gzip.

        Raises:
            DataError: here or on reading, if it is damaged or unpacks to more than is allowed.
        """
        packed = self.first_bytes(2) == b"\x1f\x8b"
        try:
            stream = self.start()
        except UNPACKING_ERRORS as error:
            raise DataError(f"{self.name}: cannot be opened: {in_one_line(error)}") from error
        return CappedStream(self, cast("IO[bytes]", GzipFile(fileobj=stream)) if packed else stream, stream)

    @contextmanager
    def seekable(self) -> Iterator[IO[bytes]]:
        """The bytes as an open file: itself where it lies on disk as it is, else a copy without a name.

        Raises:
            DataError: as `open`.
        """
        with self.open() as stream, tempfile.TemporaryFile() as copy:
            if self.on_disk and stream.as_stored:
                yield stream.inner
                return
            while block := stream.read():
                copy.write(block)
            copy.seek(0)
            yield copy

    def first_bytes(self, count: int) -> bytes:
        """The first bytes as stored, fewer if it is shorter."""
        try:
            with self.start() as stream:
                return stream.read(count)
        except UNPACKING_ERRORS as error:
            raise DataError(f"{self.name}: cannot be read: {in_one_line(error)}; fetch or export it again") from error


class CappedStream(io.RawIOBase):
    """Reads on until more comes out than the packed size can honestly hold."""

    def __init__(self, source: ByteSource, stream: IO[bytes], inner: IO[bytes]) -> None:
        super().__init__()
        self._source, self._stream, self.inner = source, stream, inner
        self.as_stored = stream is inner
        self._allowed, self._count = allowed_bytes(source.packed_bytes), 0

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        """At most `size` bytes, none at the end.

        Raises:
            DataError: if the bytes are damaged, or too many.
        """
        try:
            block = self._stream.read(size)
        except UNPACKING_ERRORS as error:
            raise DataError(
                f"{self._source.name}: damaged after {self._count} bytes: {in_one_line(error)}; fetch it again"
            ) from error
        self._count += len(block)
        if self._count > self._allowed:
            raise DataError(
                f"{self._source.name}: {self._source.packed_bytes} bytes unpack to more than {self._allowed}, which no "
                "table does; if it is honest, unpack it yourself and name the files inside"
            )
        return block

    def close(self) -> None:
        """Close what it reads from."""
        self._stream.close()
        self.inner.close()
        super().close()


class UndecodableError(Exception):
    """Bytes that are no text in an encoding.

    Attributes:
        encoding: the encoding tried.
        position: 0-based position of the first wrong byte in the (unzipped) file.
        certain: whether what came before shows that it is this encoding, damaged.
    """

    def __init__(self, encoding: str, position: int, *, certain: bool) -> None:
        super().__init__(f"as {encoding} it breaks at byte {position}")
        self.encoding, self.position, self.certain = encoding, position, certain


def file_source(path: Path) -> ByteSource:
    """A file on disk.

    Raises:
        DataError: if there is no such file, or it may not be read.
    """
    try:
        if path.is_file():
            return ByteSource(path.name, path.stat().st_size, lambda: path.open("rb"), on_disk=True)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {in_one_line(error)}") from error
    raise DataError(f"{path} is not a file; name an existing file")


def candidates(source: ByteSource, encodings: Sequence[str]) -> list[str]:
    """The encodings to try, in order; a byte order mark decides alone.

    Raises:
        DataError: if an encoding is not one of ENCODINGS or ON_REQUEST.
    """
    unknown = sorted(set(encodings) - {*ENCODINGS, *ON_REQUEST})
    if unknown or not encodings:
        raise DataError(f"encodings {unknown or list(encodings)}: allowed are {', '.join((*ENCODINGS, *ON_REQUEST))}")
    with source.open() as stream:
        mark = stream.read(4)
    if mark.startswith(codecs.BOM_UTF8):
        return ["utf-8-sig"]
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    left = ["utf-8" if name == "utf-8-sig" else name for name in encodings if name != "utf-16"]
    if not left:
        raise DataError(f"{source.name}: does not begin with the mark of UTF-16, the only encoding allowed here")
    return left


def decoded(source: ByteSource, encoding: str) -> Generator[str]:
    """The text, block by block, strictly decoded.

    Raises:
        DataError: if the bytes cannot be read.
        UndecodableError: on the first wrong byte.
    """
    with source.open() as stream:
        before = len(stream.read(3)) if encoding == "utf-8-sig" else 0
        decoder = codecs.getincrementaldecoder(encoding.removesuffix("-sig"))("strict")
        characters = 0
        while True:
            block = stream.read(BLOCK_BYTES)
            held = decoder.getstate()[0]
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                good = (held + block)[: error.start].decode(encoding.removesuffix("-sig"), errors="ignore")
                position = before - len(held) + error.start
                beyond_ascii = (position - characters - len(good)) / 2
                certain = encoding == "utf-8-sig" or (encoding == "utf-8" and beyond_ascii >= DAMAGED_AFTER)
                raise UndecodableError(encoding, position, certain=certain) from error
            if not block:
                yield text
                return
            before, characters = before + len(block), characters + len(text)
            yield text
