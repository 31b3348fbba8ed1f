"""Writes a file so that it appears whole or not at all."""

from pathlib import Path


def write_whole(target: Path, data: bytes) -> None:
    """Write a file under a temporary name and rename it; its folder is made if need be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
