"""The file trees.bin: the arrays of all trees as raw little-endian numbers, one array after the other."""

import sys
from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final

from riskml.scorer.errors import ArtifactError

ALIGNMENT: Final = 8
"""Every array starts at a multiple of this many bytes; the gap before it is filled with zero bytes."""

LAYOUT: Final = {
    "tree_start": "<i4",
    "split_feature": "<i4",
    "threshold": "<f8",
    "decision_type": "<u1",
    "left_child": "<i4",
    "right_child": "<i4",
    "internal_count": "<i4",
    "leaf_value": "<f8",
    "leaf_count": "<i4",
    "cat_boundaries": "<i4",
    "cat_threshold": "<u4",
}
"""The arrays in the order of the file, with the type of their numbers (what they mean: `trees.Trees`)."""

_SIZES: Final = {"<i4": 4, "<u4": 4, "<f8": 8, "<u1": 1}
_TYPECODES: Final = {"<i4": "i", "<u4": "I", "<f8": "d", "<u1": "B"}


def pack(arrays: Mapping[str, Sequence[float]]) -> tuple[list[dict[str, Any]], bytes]:
    """Lay the arrays out as bytes.

    Args:
        arrays: one sequence of numbers for every name of `LAYOUT`.

    Returns:
        The description that model.json carries (name, dtype, length, offset in bytes) and the content of trees.bin.

    Raises:
        ArtifactError: if a number does not fit the type of its array.
    """
    described, data = [], bytearray()
    for name, dtype in LAYOUT.items():
        data.extend(bytes(-len(data) % ALIGNMENT))
        described.append({"name": name, "dtype": dtype, "length": len(arrays[name]), "offset": len(data)})
        try:
            numbers = array(_TYPECODES[dtype], arrays[name])
        except (OverflowError, TypeError) as error:
            raise ArtifactError(f"trees.bin: a value of {name} does not fit the type {dtype}: {error}") from error
        data.extend(_little_endian(numbers).tobytes())
    return described, bytes(data)


def unpack(described: object, data: bytes) -> "dict[str, array[Any]]":
    """Read the arrays back; the description must be exactly what `pack` gives for arrays of these lengths.

    Nothing is parsed: each array is a copy of its bytes. A map of the file would save the copy, but it may change
    after its checksum was taken, and if it is cut short, a process that has mapped it is ended.

    Raises:
        ArtifactError: for another array, order, type or offset, a length that the file does not hold, a filled gap.
    """
    lengths = _lengths(described, len(data))
    arrays, end = {}, 0
    for place, (name, dtype) in enumerate(LAYOUT.items()):
        start = end + -end % ALIGNMENT
        expected = {"name": name, "dtype": dtype, "length": lengths[place], "offset": start}
        got = described[place]  # type: ignore[index]
        if got != expected:
            raise ArtifactError(f"model.json: array {place} of the trees must be {expected}, got {got!r}")
        if any(data[end:start]):
            raise ArtifactError(f"trees.bin: the gap before {name} (byte {end}) is not filled with zeros")
        end = start + lengths[place] * _SIZES[dtype]
        numbers = array(_TYPECODES[dtype])
        numbers.frombytes(memoryview(data)[start:end])
        arrays[name] = _little_endian(numbers)
    return arrays


def _lengths(described: object, size: int) -> list[int]:
    """The lengths declared, after checking that they fill a file of `size` bytes exactly."""
    if not isinstance(described, list) or len(described) != len(LAYOUT):
        raise ArtifactError(f"model.json: the trees need the arrays {list(LAYOUT)}, in this order")
    lengths, end = [], 0
    for dtype, entry in zip(LAYOUT.values(), described, strict=True):
        length = entry.get("length") if isinstance(entry, dict) else None
        if type(length) is not int or not 0 <= length <= size:
            raise ArtifactError(f"model.json: array {entry!r} does not fit into the {size} bytes of trees.bin")
        lengths.append(length)
        end += -end % ALIGNMENT + length * _SIZES[dtype]
    if end != size:
        raise ArtifactError(f"trees.bin holds {size} bytes, but the arrays declared in model.json need {end}")
    return lengths


def _little_endian(numbers: "array[Any]") -> "array[Any]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
