"""What messages have in common: a value shown at bounded length, and the known name that a wrong one is close to."""

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST: Final = 80
_MOST: Final = 1000
"""Files of a folder that are looked at for the one that was meant."""
_BREAK: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s.\-]+")


def shown(value: Any) -> str:
    """A value as Python writes it, cut short.

    >>> shown("text"), len(shown("x" * 1000))
    ("'text'", 80)
    """
    try:
        text = repr(value)
    except Exception:  # somebody else's object, or a number of too many digits: the message must come
        text = f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def near(name: object, known: Iterable[str]) -> str | None:
    """The known name that somebody who wrote `name` is likely to have meant, None if none is close.

    >>> near("occured_on", ["known_on", "occurred_on"]), near("knownOn", ["known_on"]), near("colour", ["known_on"])
    ('occurred_on', 'known_on', None)
    """
    return _near(name, tuple(known)) if isinstance(name, str) and len(name) <= _LONGEST else None


def meant(name: object, known: Iterable[str]) -> str:
    """What a message adds: which name was meant, or nothing if no known name is close.

    >>> meant("PEN_FNE", ["PEN_FINE", "VISIT"])
    "; did you mean 'PEN_FINE'?"
    """
    found = near(name, known)
    return f"; did you mean {found!r}?" if found else ""


def meant_place(path: "str | Path") -> str:
    """What a message adds of a file or folder that is not there: which of those beside it was meant, or nothing.

    >>> meant_place("no such folder/at all")
    ''
    """
    folder, name = os.path.split(os.fspath(path))
    try:
        with os.scandir(folder or ".") as entries:
            found = near(name, [entry.name for entry in islice(entries, _MOST) if entry.name != name])
    except (OSError, ValueError):
        return ""
    return f"; did you mean {(folder and folder + os.sep) + found!r}?" if found else ""


@lru_cache(maxsize=1024)
def _near(name: str, known: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - only for what is wrong

    plain = {_plain(one): one for one in reversed(known)}
    found = get_close_matches(_plain(name), plain, n=1, cutoff=0.8)
    return plain[found[0]] if found else None


def _plain(name: str) -> str:
    """Without what spellings differ in: case, and what parts the words."""
    return _BREAK.sub("_", name.strip()).casefold()
