"""Seeded damage to bytes, and a limit of time for what reads them."""

import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

PIECES = [
    b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\x81", b"\xef\xbb\xbf", b"\xff\xfe", b"=1+1",
    b"=cmd|' /C calc'!A0", b"\x1eend of the text\x1e,,,,\n", "合计,".encode("gb18030"), "备注：".encode(), b"\t;|",
    b"\xf0\x9f\x8d\x9c", b"A" * 5000, b"\n" * 50, b'"' * 51, b",," * 40, b"\x1f\x8b", b"PK\x03\x04", b"<html>",
]  # fmt: skip


def flipped(rng: random.Random, data: bytes) -> bytes:
    """A few bytes changed."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 2, 5, 20))):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def cut(rng: random.Random, data: bytes) -> bytes:
    """The first part only."""
    return data[: rng.randrange(len(data))]


def inserted(rng: random.Random, data: bytes) -> bytes:
    """Pieces put in that mean something to a reader."""
    for _ in range(rng.choice((1, 3, 10))):
        at = rng.randrange(len(data) + 1)
        data = data[:at] + rng.choice(PIECES) + data[at:]
    return data


def repeated(rng: random.Random, data: bytes) -> bytes:
    """A stretch taken out, or written again."""
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + data[a:b] * rng.choice((0, 2, 50)) + data[b:]


def noise(rng: random.Random, data: bytes) -> bytes:
    """Random bytes put in."""
    a = rng.randrange(len(data))
    return data[:a] + rng.randbytes(rng.choice((1, 40, 400))) + data[a:]


def reencoded(rng: random.Random, data: bytes) -> bytes:
    """Read in one encoding and written in another, both perhaps wrong."""
    text = data.decode(rng.choice(("utf-8", "gb18030", "utf-16-le", "latin-1")), errors="replace")
    return text.encode(rng.choice(("utf-8", "gb18030", "utf-16-le", "utf-16", "utf-32", "utf-7", "big5")), "replace")


DAMAGE: list[Callable[[random.Random, bytes], bytes]] = [flipped, cut, inserted, repeated, noise, reencoded]


def damaged(rng: random.Random, data: bytes) -> bytes:
    """One to three kinds of damage, one after the other."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = rng.choice(DAMAGE)(rng, data) or b"x"
    return data


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """TimeoutError if the block takes longer."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
