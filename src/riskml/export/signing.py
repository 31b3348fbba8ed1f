"""Signs an artifact: a signature of its manifest beside it, or inside its pack, that the scorer can hold to a key."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from riskml.errors import InputError
from riskml.export.packing import sound_files
from riskml.export.writing import write_whole
from riskml.scorer.opening.manifest import FORMAT, MANIFEST, VERSION, canonical
from riskml.scorer.opening.packed import SIGNATURE, pack
from riskml.scorer.opening.signature import INSTALL, pem_of, signature_table

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSWORD: Final = "RISKML_KEY_PASSWORD"  # noqa: S105 - the name of a variable
"""Environment variable with the password of an encrypted private key."""


def sign(artifact: Path, private_key: "bytes | str | Path") -> str:
    """Sign an artifact where it lies: signature.json in its folder, or the same inside its pack. An earlier one goes.

    Args:
        artifact: folder or packed file; it is checked and self-tested before.
        private_key: Ed25519, PEM or the file that holds it; if it is encrypted, its password stands in the environment
            variable RISKML_KEY_PASSWORD.

    Returns:
        The public key, 32 bytes as hexadecimal digits.

    Raises:
        ArtifactError: if the artifact is damaged.
        InputError: if private_key is no Ed25519 key in PEM, its password is wrong, or cryptography is not installed.
    """
    key = _private_key(private_key)
    files, _ = sound_files(artifact)
    public = key.public_key().public_bytes_raw()
    table = signature_table(public_key=public, signature=key.sign(files[MANIFEST]))
    files[SIGNATURE] = canonical({**table, "format": FORMAT, "version": VERSION})
    if artifact.is_dir():
        write_whole(artifact / SIGNATURE, files[SIGNATURE])
    else:
        write_whole(artifact.resolve(), pack(files))
    return public.hex()


def _private_key(given: "bytes | str | Path") -> "Ed25519PrivateKey":
    try:
        from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
    except ImportError as error:
        raise InputError(INSTALL) from error
    password = os.environ.get(PASSWORD)
    try:
        key = load_pem_private_key(pem_of(given, "private key"), password.encode() if password else None)
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise InputError(
            f"this is no private key in PEM that can be opened ({error}); openssl genpkey -algorithm ed25519 makes "
            f"one, and the password of an encrypted one stands in the environment variable {PASSWORD}"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"the private key must be an Ed25519 key, got {type(key).__name__}")
    return key
