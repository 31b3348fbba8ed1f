"""Which characters the fonts of this machine can draw."""

import shutil
import subprocess
from functools import cache


@cache
def _held() -> frozenset[int]:
    lister = shutil.which("fc-list")
    if lister is None:
        raise RuntimeError("the fonts cannot be listed: install the package fontconfig")
    listed = subprocess.run([lister, "--format", "%{charset}\n"], capture_output=True, text=True, check=True)
    held: set[int] = set()
    for part in set(listed.stdout.split()):
        first, _, last = part.partition("-")
        held |= set(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(held)


def without_glyph(text: str) -> set[str]:
    """Characters of a text that no font has: a reader sees a box."""
    return {letter for letter in set(text) if ord(letter) not in _held() and not letter.isspace()}
