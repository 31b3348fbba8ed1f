"""An artifact in one file: a fixed head, the manifest, a signature or none, and the files, one after the other.

There is exactly one packed form of an artifact (with a signature or without), and only it is accepted. Names do not
occur in it and sizes only in the manifest, so there is nothing to unpack into: no paths, no compression, no index.

| bytes | content |
|---|---|
| 0-7 | `MAGIC` |
| 8-11 | version of the format, as of the manifest; this and the next as little-endian unsigned 32-bit numbers |
| 12-15 | size of manifest.json |
| 16-19 | size of signature.json; 0 = not signed |
| 20-23 | zero |
| from 24 | manifest.json, signature.json, then the files in the order of `manifest.MAX_BYTES` |

Each starts at a multiple of 8 bytes; the gap before it is filled with zero bytes. The last file ends the pack.
"""

from collections.abc import Mapping
from typing import Final

from riskml.scorer.errors import ArtifactError
from riskml.scorer.opening.manifest import MANIFEST, MAX_BYTES, MAX_MANIFEST_BYTES, VERSION, sizes_of

SIGNATURE: Final = "signature.json"
MAX_SIGNATURE_BYTES: Final = 4096

MAGIC: Final = b"\x89RISKML\n"
"""No text begins like that, and a transfer that changes line ends or cuts the eighth bit is noticed (PNG's idea)."""
HEAD: Final = 24
ALIGNMENT: Final = 8
MAX_PACK: Final = sum(-(-size // ALIGNMENT) * ALIGNMENT for size in (HEAD, 4096, 4096, *MAX_BYTES.values()))


def pack(files: Mapping[str, bytes]) -> bytes:
    r"""The packed form of an artifact's six files and of its signature.json, if there is one.

    >>> pack({name: b"" for name in ("manifest.json", *MAX_BYTES)})[:8]
    b'\x89RISKML\n'
    """
    signature = files.get(SIGNATURE, b"")
    numbers = (VERSION, len(files[MANIFEST]), len(signature), 0)
    data = bytearray(MAGIC + b"".join(number.to_bytes(4, "little") for number in numbers))
    for part in (files[MANIFEST], signature, *(files[name] for name in MAX_BYTES)):
        data.extend(bytes(-len(data) % ALIGNMENT))
        data.extend(part)
    return bytes(data)


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of a packed artifact by name, signature.json among them if it is signed; their content is not checked.

    Raises:
        ArtifactError: if it is no packed artifact, of another version, or not exactly what `pack` gives.
    """
    if data[: len(MAGIC)] != MAGIC or len(data) < HEAD:
        raise ArtifactError("this file is no packed artifact (riskml export --pack makes one)")
    version, of_manifest, of_signature, zero = (int.from_bytes(data[at : at + 4], "little") for at in range(8, 24, 4))
    if version != VERSION:
        raise ArtifactError(
            f"the packed artifact is of version {version}; this scorer reads version {VERSION}. Export the model "
            "again, or install the riskml it was made for"
        )
    if zero or of_manifest > MAX_MANIFEST_BYTES or of_signature > MAX_SIGNATURE_BYTES:
        raise ArtifactError("the head of the packed artifact is damaged: a size is out of bounds")
    sizes = {MANIFEST: of_manifest, SIGNATURE: of_signature}
    sizes |= sizes_of(data[HEAD : HEAD + of_manifest])
    files, end = {}, HEAD
    for name, size in sizes.items():
        start = end + -end % ALIGNMENT
        end = start + size
        files[name] = data[start:end]
    if not of_signature:
        del files[SIGNATURE]
    if len(data) != end or pack(files) != data:
        raise ArtifactError(
            f"the packed artifact holds {len(data)} bytes, its manifest says {end}; or a gap is not filled with zeros"
        )
    return files
