"""Reads the bytes of an artifact, from its folder or from one packed file; what is no plain file is refused."""

# A fresh process that scores one row need not load pathlib.
# ruff: noqa: PTH112, PTH118, PTH120

import os
import stat
from typing import TYPE_CHECKING, Final

from riskml.scorer.errors import ArtifactError
from riskml.scorer.messages import meant_place
from riskml.scorer.opening.manifest import MANIFEST, MAX_BYTES, MAX_MANIFEST_BYTES, check_version, decode
from riskml.scorer.opening.packed import MAX_PACK, MAX_SIGNATURE_BYTES, SIGNATURE, unpack

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS: Final = sum(getattr(os, name, 0) for name in ("O_RDONLY", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


def read_files(place: "str | Path", *, signed: bool = False) -> dict[str, bytes]:
    """The files of an artifact by name; their content is not checked.

    What the caller names may be a link, so that a service can be switched from one artifact to another by one rename.
    What lies in the folder may not: it came with the artifact, and could lead anywhere.

    Args:
        place: a folder, or a file that `riskml export --pack` made.
        signed: also read signature.json, if there is one.

    Raises:
        ArtifactError: if a file is missing, a link, a pipe, a device or a folder, too large, or cannot be read, or the
            artifact is of another version.
    """
    path = os.fspath(place)
    if isinstance(path, str) and "\0" not in path and not os.path.lexists(path):
        hint = meant_place(path)
        raise ArtifactError(f"{path} does not exist; name the folder that holds {MANIFEST}, or one packed file{hint}")
    if not os.path.isdir(path):
        found = unpack(_read(path, MAX_PACK, follow=True))
        return found if signed else {name: data for name, data in found.items() if name != SIGNATURE}
    head = _read(os.path.join(path, MANIFEST), MAX_MANIFEST_BYTES)
    check_version(MANIFEST, decode(MANIFEST, head))  # before a file is missed that another version does not have
    limits = dict(MAX_BYTES)
    if signed and os.path.lexists(os.path.join(path, SIGNATURE)):
        limits[SIGNATURE] = MAX_SIGNATURE_BYTES
    return {MANIFEST: head} | {name: _read(os.path.join(path, name), limit) for name, limit in limits.items()}


def _read(path: str, limit: int, *, follow: bool = False) -> bytes:
    """The content of a plain file, opened in a way that neither follows a link nor waits for a pipe."""
    try:
        if not follow and stat.S_ISLNK(os.lstat(path).st_mode):
            raise ArtifactError(f"{path} must be a plain file, not a link")
        handle = os.open(path, _FLAGS | (0 if follow else _NO_LINK))
        try:
            return _content(handle, path, limit)
        finally:
            os.close(handle)
    except OSError as error:
        raise ArtifactError(
            f"{path} cannot be read: {error.strerror}; is {os.path.dirname(path)} an artifact?"
        ) from error
    except ValueError as error:
        raise ArtifactError(f"{path!r} is no name of a file: {error}") from error


def _content(handle: int, path: str, limit: int) -> bytes:
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise ArtifactError(f"{path} must be a plain file, not a folder, a pipe or a device")
    if found.st_size > limit:
        raise ArtifactError(f"{path} is larger than the {limit} bytes allowed")
    with os.fdopen(handle, "rb", closefd=False) as file:
        data = file.read(found.st_size + 1)
    if len(data) != found.st_size:
        raise ArtifactError(f"{path} changed while it was read; load the artifact again")
    return data
