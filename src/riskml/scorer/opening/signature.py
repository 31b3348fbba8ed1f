"""The signature of an artifact: Ed25519 over the bytes of its manifest, and so over every byte of its files.

Needs the package cryptography, which nothing else of the scorer does.
"""

import os
from typing import TYPE_CHECKING, Any, Final

from riskml.scorer.errors import ArtifactError, InputError
from riskml.scorer.opening.manifest import canonical, check_version, decode
from riskml.scorer.opening.packed import SIGNATURE

if TYPE_CHECKING:
    from pathlib import Path

ALGORITHM: Final = "ed25519"
"""Edwards-curve signatures (RFC 8032, 2017): 32 bytes of key, 64 of signature."""
MAX_KEY_BYTES: Final = 16_384
INSTALL: Final = 'signatures need the package cryptography: pip install "riskml[sign]"'


def signature_table(*, public_key: bytes, signature: bytes) -> dict[str, Any]:
    """The content of signature.json, but for format and version.

    Args:
        public_key: 32 bytes, of the key that signed.
        signature: 64 bytes, of the content of manifest.json.
    """
    return {"algorithm": ALGORITHM, "public_key": public_key.hex(), "signature": signature.hex()}


def check_signature(manifest: bytes, signature: bytes | None, public_key: "bytes | str | Path") -> None:
    """Refuse an artifact that the holder of a key has not signed.

    Args:
        manifest: the content of manifest.json.
        signature: the content of signature.json; None if there is none.
        public_key: PEM, or the file that holds it. Only this key counts: the one that signature.json names is for
            messages.

    Raises:
        ArtifactError: if it is not signed, by another key, or the manifest is not the one that was signed.
        InputError: if public_key is no Ed25519 key in PEM, or cryptography is not installed.
    """
    key, invalid = _public_key(public_key)
    if signature is None:
        raise ArtifactError(
            f"the artifact is not signed, but a public key was given: there is no {SIGNATURE}. Ask its maker to sign "
            "it (riskml export ARTIFACT --sign PRIVATE_KEY)"
        )
    by, value = _parsed(signature)
    ours = key.public_bytes_raw()
    if by != ours:
        raise ArtifactError(f"the artifact is signed by the key {by.hex()}, not by the one given, {ours.hex()}")
    try:
        key.verify(value, manifest)
    except invalid as error:
        raise ArtifactError(
            "the signature does not fit the manifest: the artifact was changed after it was signed; get it again"
        ) from error


def _parsed(content: bytes) -> tuple[bytes, bytes]:
    """The public key and the signature that signature.json holds."""
    table = check_version(SIGNATURE, decode(SIGNATURE, content))
    try:
        by, value = bytes.fromhex(table["public_key"]), bytes.fromhex(table["signature"])
        again = {key: table[key] for key in ("format", "version")} | signature_table(public_key=by, signature=value)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"{SIGNATURE} is malformed: {error!r:.80}; sign the artifact again") from error
    if canonical(again) != content or (len(by), len(value)) != (32, 64):
        raise ArtifactError(f"{SIGNATURE} is malformed; this version knows the algorithm {ALGORITHM!r}")
    return by, value


def _public_key(given: "bytes | str | Path") -> tuple[Any, type[Exception]]:
    """The key, and the error that its `verify` raises."""
    try:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415
    except ImportError as error:
        raise InputError(INSTALL) from error
    try:
        key = load_pem_public_key(pem_of(given, "public key"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"this is no public key in PEM ({error}); openssl pkey -pubout writes one") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"the public key must be an Ed25519 key, got {type(key).__name__}")
    return key, InvalidSignature


def pem_of(given: "bytes | str | Path", what: str) -> bytes:
    """The text of a PEM: as given, or read from the file named.

    Raises:
        InputError: if the file cannot be read or is too large for a key.
    """
    if isinstance(given, bytes):
        return given
    try:
        with open(os.fspath(given), "rb") as file:  # noqa: PTH123 - without pathlib, as all that loads
            content = file.read(MAX_KEY_BYTES + 1)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"the {what} {str(given)!r} cannot be read: {error}") from error
    if len(content) > MAX_KEY_BYTES:
        raise InputError(f"the {what} {str(given)!r} is larger than the {MAX_KEY_BYTES} bytes a key may have")
    return content
