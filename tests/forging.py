"""A seeded generator of forged artifacts: bytes, fields, sizes, indices and numbers that lie, in folders and packs."""

import hashlib
import json
import math
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from riskml.scorer.opening.arrays import LAYOUT, pack, unpack
from riskml.scorer.opening.manifest import MANIFEST, MAX_BYTES, canonical, manifest
from riskml.scorer.opening.packed import HEAD
from riskml.scorer.opening.packed import pack as pack_files

Files = dict[str, bytes]
Path = tuple[Any, ...]

HOSTILE: list[Any] = [
    None, True, False, 0, 1, -1, 2, 7, 2**31 - 1, -(2**31), 2**31, 2**53 + 1, 2**64, 10**400, -(10**400), 10**4000,
    0.0, -0.0, 0.5, -1.5, 1e-308, 5e-324, 1e308, -1e308, 1.0000000000000002, 3.0, 1e16,
    "", " ", "A", "VISIT", "events", "{value}", "{value.__class__.__mro__}", "{0}", "{value:>999999999}",
    "{one|many}",     "../../etc/passwd", "__reduce__", "\u0000", "\u202e店",
    "x" * 10_001, "2025-02-29", "9999-12-31", "0001-01-01", "NaN",
    [], {}, [[]], {"": {}}, [None], [1, 2, 3], [0.5, 0.25], {"kind": "none"},
]  # fmt: skip
"""Values of every type at the edges of what Python, JSON, the calendar and a float can hold."""
SELDOM = ["dropped", "added", "renamed", "nested", "repeated", "shuffled"]
_MORE: dict[type, list[Any]] = {
    str: ["count", "streak", "share", "catering", "repair", "end", "beta", "none", "name", "2025-01-01"],
    int: [3, 4, 5, 30, 365, 100_000],
    float: [0.25, 0.75, 1.5, -0.25, 10.0],
    bool: [],
}
_ALIKE = {kind: [*(one for one in HOSTILE if type(one) is kind), *more] for kind, more in _MORE.items()}
"""Values of the same type as the one replaced, which more often pass for it."""
NUMBERS: dict[str, list[float]] = {
    "<i4": [0, 1, -1, 2, 3, 17, 1000, -1000, 2**31 - 1, -(2**31)],
    "<u4": [0, 1, 2**31, 2**32 - 1],
    "<u1": [0, 1, 2, 3, 4, 8, 9, 10, 12, 16, 255],
    "<f8": [0.0, -0.0, 1.0, -1.0, 0.5, 1e-40, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf, 2.0**31],
}


@dataclass(frozen=True)
class Forged:
    """One forged artifact.

    Attributes:
        what: how it was made, for a message.
        files: its content by name, where it is a folder.
        packed: its content, where it is one file.
        mended: whether its checksums were made right again.
    """

    what: str
    files: Files
    packed: bytes | None
    mended: bool


def forgeries(originals: list[Files], count: int, seed: int) -> Iterator[Forged]:
    """Forged artifacts, in turn with the original checksums and with right ones; none is an original."""
    draw = random.Random(seed)  # noqa: S311 - not for secrets
    while count:
        files = draw.choice(originals)
        mended = count % 2 == 0
        what, forged = _forged(draw, files, mended=mended)
        packed = pack_files(forged) if draw.random() < 0.4 else None
        if packed and not mended and draw.random() < 0.5:
            how, packed = _damaged_pack(draw, pack_files(files), files)
            what = f"pack: {how}"
        if (packed or forged) not in (pack_files(files), files):
            yield Forged(what, forged, packed, mended)
            count -= 1


def _forged(draw: random.Random, files: Files, *, mended: bool) -> tuple[str, Files]:
    forge = draw.choices([_damaged, _exchanged, _edited, _retreed, _manifested], [3, 1, 8, 6, 1])[0]
    new = dict(files)
    what = forge(draw, new)
    while draw.random() < 0.25:  # several lies at once may agree with each other
        what += " + " + draw.choice([_damaged, _edited, _retreed])(draw, new)
    if mended and forge is not _manifested:
        new[MANIFEST] = manifest(new)
    return what, new


def _damaged(draw: random.Random, files: Files) -> str:
    """Bytes of one file flipped, cut, repeated, moved or added."""
    name = draw.choice([*MAX_BYTES, MANIFEST, "trees.bin"])
    how, files[name] = _torn(draw, files[name])
    return f"{name}: {how}"


def _torn(draw: random.Random, data: bytes) -> tuple[str, bytes]:
    start, stop = sorted(draw.randrange(len(data) + 1) for _ in "ab")
    stop = min(stop, start + 64)
    ways: dict[str, Callable[[], bytes]] = {
        "bits flipped": lambda: _flipped(draw, data),
        "cut off": lambda: data[:start],
        "begins late": lambda: data[start:],
        "a part cut out": lambda: data[:start] + data[stop:],
        "a part twice": lambda: data[:stop] + data[start:],
        "zeros": lambda: data[:start] + bytes(stop - start) + data[stop:],
        "ones": lambda: data[:start] + b"\xff" * (stop - start) + data[stop:],
        "more at the end": lambda: data + draw.choice([b"\x00", b" ", b"\n", b"}", data]),
        "empty": lambda: b"",
    }
    how = draw.choices(list(ways), [6, 1, 1, 1, 1, 2, 2, 1, 0.3])[0]
    return how, ways[how]()


def _flipped(draw: random.Random, data: bytes) -> bytes:
    new = bytearray(data or b"\x00")
    for _ in range(draw.choice([1, 1, 1, 2, 8])):
        new[draw.randrange(len(new))] ^= 1 << draw.randrange(8)
    return bytes(new)


def _exchanged(draw: random.Random, files: Files) -> str:
    one, other = draw.sample([*MAX_BYTES, MANIFEST], 2)
    files[one], files[other] = files[other], files[one]
    return f"{one} and {other} exchanged"


def _edited(draw: random.Random, files: Files) -> str:
    """One to three nodes of a JSON file replaced, dropped, doubled, renamed, moved or nested."""
    name = draw.choices([n for n in MAX_BYTES if n != "trees.bin"], [8, 2, 2, 2])[0]
    try:
        table = json.loads(files[name])
    except ValueError:
        return f"{name}: no JSON any more"
    said = [_node(draw, table) for _ in range(draw.choice([1, 1, 1, 2, 3]))]
    text = _text(table)
    if draw.random() < 0.05:
        text = text.replace(b'":', b'":', 1).replace(b"{", b"{" + text[1 : text.find(b",") + 1], 1)
        said.append("the first key twice")
    if draw.random() < 0.05:
        text = text.replace(b"1", draw.choice([b"NaN", b"1e999", b"Infinity", b"01", b"1.0", b"9" * 5000]), 1)
        said.append("a number that is none")
    files[name] = text
    return f"{name}: " + ", ".join(said)


def _text(table: Any) -> bytes:
    """The canonical text of a table, or of what no JSON holds as near to it as can be."""
    try:
        return canonical(table)
    except (ValueError, RecursionError):
        return json.dumps(str(table)[:1000]).encode()


def _copied(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value))
    except (ValueError, RecursionError):
        return 10**400


def _node(draw: random.Random, table: Any) -> str:
    paths = list(_paths(table))
    if not paths:
        return "nothing left to edit"
    path = draw.choice(paths)
    parent, key = _at(table, path[:-1]), path[-1]
    ways = ["alike"] * 8 + ["value"] * 5 + ["neighbour"] * 4 + ["nudged"] * 4 + SELDOM
    way = draw.choice(ways)
    if way == "alike":
        parent[key] = draw.choice(_ALIKE.get(type(parent[key]), HOSTILE))
    elif way == "value":
        parent[key] = _copied(draw.choice(HOSTILE))
    elif way == "neighbour":
        parent[key] = _copied(_at(table, draw.choice(paths)))
    elif way == "nudged" and isinstance(parent[key], int | float):
        number = parent[key]
        whole = float(number) if abs(number) < 1e300 else 0
        parent[key] = draw.choice([number + 1, number - 1, -number, number * 2, whole])
    elif way == "dropped":
        del parent[key]
    elif way == "added" and isinstance(parent, dict):
        parent[draw.choice(["more", "__class__", "", "window", "table", "from"])] = _copied(draw.choice(HOSTILE))
    elif way == "renamed" and isinstance(parent, dict):
        parent[key + draw.choice(["s", " ", "\u0000"])] = parent.pop(key)
    elif way == "nested":
        depth = draw.choice([1, 5, 200, 900])
        parent[key] = json.loads("[" * depth + "]" * depth)
    elif way == "repeated" and isinstance(parent[key], list):
        parent[key] *= draw.choice([2, 50])
    elif isinstance(parent[key], list):
        draw.shuffle(parent[key])
    else:
        parent[key] = _copied(draw.choice(HOSTILE))
    return f"{'/'.join(map(str, path))} {way}"


def _paths(node: Any, path: Path = ()) -> Iterator[Path]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*path, key)
        if len(path) < 12:
            yield from _paths(child, (*path, key))


def _at(node: Any, path: Path) -> Any:
    for key in path:
        node = node[key]
    return node


def _retreed(draw: random.Random, files: Files) -> str:
    """Numbers of the trees changed, moved or exchanged, and the lengths that model.json gives of them."""
    try:
        model = json.loads(files["model.json"])
        arrays = {name: list(one) for name, one in unpack(model["trees"]["arrays"], files["trees.bin"]).items()}
    except Exception:  # an earlier lie of the same forgery
        return "no trees any more"
    said = [_number(draw, arrays) for _ in range(draw.choice([1, 1, 2, 4]))]
    try:
        described, files["trees.bin"] = pack(arrays)
    except Exception:
        return "trees that do not fit their types"
    if draw.random() < 0.8:
        model["trees"] = {"count": len(arrays["tree_start"]) - 1, "arrays": described}
    if draw.random() < 0.15:
        said.append("and " + _node(draw, model["trees"]))
    files["model.json"] = _text(model)
    return "trees: " + ", ".join(said)


def _number(draw: random.Random, arrays: dict[str, list[Any]]) -> str:
    name = draw.choice(list(LAYOUT))
    values = arrays[name]
    way = draw.choice(
        ["hostile"] * 4 + ["drawn"] * 4 + ["exchanged", "nudged", "nudged", "longer", "shorter", "shuffled"]
    )
    if not values:
        values.append(draw.choice(NUMBERS[LAYOUT[name]]))
        return f"{name} filled"
    place = draw.randrange(len(values))
    if way == "hostile":
        values[place] = draw.choice(NUMBERS[LAYOUT[name]])
    elif way == "drawn":
        values[place] = draw.gauss(0.0, 10.0) if LAYOUT[name] == "<f8" else draw.randrange(12)
    elif way == "exchanged":
        other = draw.randrange(len(values))
        values[place], values[other] = values[other], values[place]
    elif way == "nudged":
        values[place] = (
            max(values[place] + draw.choice([-1, 1]), 0)
            if LAYOUT[name][1] == "u"
            else values[place] + draw.choice([-1, 1])
        )
    elif way == "longer":
        values.insert(place, values[place])
    elif way == "shorter":
        del values[place]
    else:
        draw.shuffle(values)
    return f"{name}[{place}] {way}"


def _manifested(draw: random.Random, files: Files) -> str:
    """The manifest edited, with a digest that fits it."""
    table = json.loads(files[MANIFEST])
    table.pop("digest")
    said = _node(draw, table)
    try:
        table["digest"] = hashlib.sha256(canonical(table)).hexdigest()
        files[MANIFEST] = canonical(table)
    except ValueError:
        files[MANIFEST] = b"{}\n"
    return f"manifest: {said}"


def _damaged_pack(draw: random.Random, data: bytes, files: Files) -> tuple[str, bytes]:
    """A pack whose head lies, whose gaps are filled, or whose bytes are torn."""
    way = draw.choice(["head", "gap", "torn"])
    if way == "torn":
        return _torn(draw, data)
    new = bytearray(data)
    if way == "head":
        place = draw.randrange(8, HEAD, 4)
        value = draw.choice([0, 1, 8, 4096, 4097, 2**31, 2**32 - 1, draw.randrange(2**32)])
        new[place : place + 4] = struct.pack("<I", value)
        return f"head[{place}] = {value}", bytes(new)
    end = HEAD + len(files[MANIFEST])
    gaps = [end + place for place in range(-end % 8)] or [8]
    new[draw.choice(gaps)] ^= draw.randrange(1, 256)
    return "a gap filled", bytes(new)
