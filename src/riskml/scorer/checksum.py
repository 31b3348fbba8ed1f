"""SHA-256 without hashlib, which loads all of OpenSSL: time and memory that a scorer of one row need not pay.

`random` of the standard library imports its hash in the same way.
"""

try:
    from _sha2 import sha256  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # before Python 3.12
    try:
        from _sha256 import sha256  # type: ignore[import-not-found, unused-ignore]
    except ImportError:  # an interpreter that has only what is documented
        from hashlib import sha256


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of bytes in hexadecimal digits, as `hashlib.sha256(data).hexdigest()`.

    >>> sha256_hex(b"")[:16]
    'e3b0c44298fc1c14'
    """
    return str(sha256(data).hexdigest())
