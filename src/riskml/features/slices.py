"""The log packed by slices of sites, two bytes a column: a counting sort whose slices fit the cache of a core."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.scorer.scanning import kernel, scan

Ints = NDArray[Any]

CHUNK: Final = 2**15
"""Events packed at a time."""
EVENTS: Final = 2**16
"""Events of a slice on average, at most: their columns fit the cache of a core."""
MOST: Final = 2**31 - 1
"""Greatest quantity that is summed exactly: of one event, and, where sums fade with time, of all events of a site."""

_NEEDS: Final = {
    "quantity": {kernel.QUANTITY, kernel.WEIGHTED, kernel.LARGEST, kernel.LAST},
    "severity": {kernel.SEVERITY},
    "due_on": {kernel.OVERDUE},
    "valid_to": {kernel.IN_FORCE, kernel.EXPIRED, kernel.SOONEST},
}
"""Columns that only these measures read."""


@dataclass(frozen=True)
class Lane:
    """Where a column of the scan lies in the packed events.

    Attributes:
        name: of the column. row: its place in `scan.COLUMNS`. lane: its first two-byte lane.
        base: least value; the lanes hold the distance from it. most: greater values are the same to the program.
        wide: whether it takes two lanes.
    """

    name: str
    row: int
    lane: int
    base: int
    most: int
    wide: bool


@dataclass(frozen=True)
class Slices:
    """Events by slice of sites, no more of them than the program reads.

    Attributes:
        packed: shape (events, lanes), uint16; the first lane holds the site within its slice and the code.
        begin, end: first row of each slice and the one after its last; what lies between an end and the next begin is
            room of events that could not count.
        shift, code_bits: bits of the site within its slice, and of the code.
        lanes: of the other columns.
    """

    packed: NDArray[np.uint16]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    shift: int
    code_bits: int
    lanes: tuple[Lane, ...]

    def rows(self, site: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """Where the rows of each slice end in an order of all rows, and that order; None if it is that of the rows.

        Args:
            site: numbers of sites, shape (rows,).
        """
        counts = np.zeros(len(self.begin), dtype=np.int64)
        for part in _chunks({"site": site}, ("site",)):
            _count(part["site"], self.shift, counts)
        if _ascends(site, self.shift):
            return np.cumsum(counts), None
        kind = np.uint16 if len(self.begin) <= 2**16 else np.int64
        return np.cumsum(counts), np.argsort((site >> self.shift).astype(kind), kind="stable")

    def unpacked(self, number: int) -> tuple[NDArray[np.uint32], tuple[NDArray[np.int32], ...]]:
        """One slice, sorted by site: where each site begins (and the last ends), and the columns the scan takes.

        A column that the program does not read is empty.
        """
        packed = self.packed[self.begin[number] : self.end[number]]
        begin = np.zeros((1 << self.shift) + 1, dtype=np.uint32)
        to = np.empty(len(packed), dtype=np.uint32)
        columns = [np.empty(0, dtype=np.int32)] * len(scan.COLUMNS)
        place = scan.COLUMNS.index("code")
        columns[place] = np.empty(len(packed), dtype=np.int32)
        _sort(packed, self.code_bits, begin, to, columns[place])
        for lane in self.lanes:
            columns[lane.row] = np.empty(len(packed), dtype=np.int32)
            _decode(packed, lane.lane, lane.base, lane.wide, to, columns[lane.row])
        return begin, tuple(columns)


def sliced(flat: Mapping[str, Any], log: Mapping[str, Ints], sites: int, *, earliest: int, latest: int) -> Slices:
    """The events that can count on any day from `earliest` to `latest`, by slice of sites.

    Args:
        flat: the program as `scan.arrays` lays it out.
        log: columns as in `engine.scan_rows`.
        sites: how many sites there are.
        earliest: first decision day.
        latest: last decision day.

    Raises:
        DataError: if quantities are too large to be summed exactly.
    """
    _check_quantities(flat, log, sites)
    code_bits = max(1, (len(flat["first"]) - 2).bit_length())
    shift = min(16 - code_bits, max(0, (EVENTS * sites // max(1, len(log["site"]))).bit_length() - 1))
    lanes = tuple(_lanes(flat, log, latest))
    width = 1 + sum(1 + lane.wide for lane in lanes)
    counts = np.zeros(((sites - 1) >> shift) + 1, dtype=np.int64)
    for part in _chunks(log, ("site",)):
        _count(part["site"], shift, counts)
    oldest = earliest - _reach(flat)
    end = np.cumsum(counts) - counts
    begin = end.copy()
    packed = np.empty((int(counts.sum()), width), dtype=np.uint16)
    buffer = np.empty((CHUNK, width), dtype=np.uint16)
    for part in _chunks(log, ("site", "code", *(lane.name for lane in lanes))):
        for lane in lanes:
            _encode(part[lane.name], lane.most, lane.base, lane.lane, lane.wide, buffer)
        days = part["occurred_on"], part["known_on"], part["gone_on"], oldest, earliest, latest
        _scatter(part["site"], part["code"], *days, shift, code_bits, buffer, end, packed)
    return Slices(packed, begin, end, shift, code_bits, lanes)


def _chunks(log: Mapping[str, Ints], names: tuple[str, ...]) -> Iterator[dict[str, NDArray[np.int32]]]:
    for first in range(0, len(log["site"]), CHUNK):
        yield {name: log[name][first : first + CHUNK].astype(np.int32, copy=False) for name in names}


def _lanes(flat: Mapping[str, Any], log: Mapping[str, Ints], latest: int) -> Iterator[Lane]:
    """The columns that the program reads, each as narrow as its values allow."""
    measures = set(flat["measure"])
    read = {"occurred_on", "known_on", "gone_on", *(name for name, some in _NEEDS.items() if some & measures)}
    read |= {"repaired_on"} if any(flat["skip"]) else set()
    read |= {"visit"} if kernel.WITHOUT in flat["form"] else set()
    only_compared = {"gone_on", "known_on", "repaired_on", "due_on"}
    only_compared |= set() if kernel.SOONEST in measures else {"valid_to"}
    lane = 1
    for row, name in enumerate(scan.COLUMNS):
        if name in read:
            low, high = (int(log[name].min()), int(log[name].max())) if len(log[name]) else (0, 0)
            most = latest if name in only_compared else MOST
            low, high = min(low, most), min(high, most)
            made = Lane(name, row, lane, low, most, high - low >= 2**16)
            lane += 1 + made.wide
            yield made


def _reach(flat: Mapping[str, Any]) -> NDArray[np.int64]:
    """The widest window, in days, in which an event of each code is counted."""
    bounds = [*flat["bounds"], kernel.NEVER]
    place = np.reshape(np.asarray(flat["place"]), (-1, len(bounds)))
    widest = [max((bound for bound, slot in zip(bounds, row, strict=True) if slot), default=0) for row in place]
    codes = zip(flat["first"], flat["first"][1:], strict=False)
    return np.array([max((widest[t] for t in flat["entry"][a:b]), default=0) for a, b in codes], dtype=np.int64)


def _check_quantities(flat: Mapping[str, Any], log: Mapping[str, Ints], sites: int) -> None:
    if not _NEEDS["quantity"] & set(flat["measure"]) or not len(log["quantity"]):
        return
    low, high = int(log["quantity"].min()), int(log["quantity"].max())
    if max(-low, high) > MOST:
        raise DataError(f"quantities lie between {low} and {high}; allowed are -{MOST} to {MOST}: check their unit")
    if kernel.WEIGHTED in flat["measure"] and max(-low, high) * len(log["site"]) > MOST:
        here = log["site"] >= 0
        sums = np.bincount(log["site"][here], weights=np.abs(log["quantity"][here]), minlength=sites)
        if sums.max(initial=0) > MOST:
            raise DataError(f"the quantities of one site add up to {sums.max():.0f}; at most {MOST}: check their unit")


@numba.njit(nogil=True, cache=True)
def _count(site, shift, counts):  # type: ignore[no-untyped-def]
    for e in range(len(site)):
        if site[e] >= 0:
            counts[site[e] >> shift] += 1


@numba.njit(nogil=True, cache=True)
def _ascends(site, shift):  # type: ignore[no-untyped-def]
    last = 0
    for row in range(len(site)):
        if site[row] >> shift < last:
            return False
        last = site[row] >> shift
    return True


@numba.njit(nogil=True, cache=True)
def _encode(values, most, base, lane, wide, buffer):  # type: ignore[no-untyped-def]
    """Put a column into its lane, or two of them, as distance from its least value."""
    if wide:
        for e in range(len(values)):
            distance = min(np.int64(values[e]), most) - base
            buffer[e, lane] = distance & 65535
            buffer[e, lane + 1] = distance >> 16
    else:
        for e in range(len(values)):
            buffer[e, lane] = min(np.int64(values[e]), most) - base


@numba.njit(nogil=True, cache=True)
def _scatter(  # type: ignore[no-untyped-def]
    site, code, occurred, known, gone, oldest, earliest, latest, shift, code_bits, buffer, end, packed
):  # fmt: skip
    """Put the events of a chunk that can count into their slices."""
    low = (1 << shift) - 1
    for e in range(len(site)):
        if (site[e] < 0) | (code[e] < 0) | (known[e] >= latest) | (gone[e] < earliest):
            continue
        if occurred[e] < oldest[code[e]]:
            continue
        number = site[e] >> shift
        to = end[number]
        end[number] = to + 1
        packed[to, 0] = ((site[e] & low) << code_bits) | code[e]
        for lane in range(1, packed.shape[1]):
            packed[to, lane] = buffer[e, lane]


@numba.njit(nogil=True, cache=True)
def _sort(packed, code_bits, begin, to, code):  # type: ignore[no-untyped-def]
    """Where each site of a slice begins, where each event goes, and the codes there (a counting sort)."""
    for e in range(len(packed)):
        begin[(packed[e, 0] >> code_bits) + 1] += 1
    for s in range(len(begin) - 1):
        begin[s + 1] += begin[s]
    for e in range(len(packed)):
        s = packed[e, 0] >> code_bits
        to[e] = begin[s]
        begin[s] += 1
        code[to[e]] = packed[e, 0] & ((1 << code_bits) - 1)
    for s in range(len(begin) - 1, 0, -1):
        begin[s] = begin[s - 1]
    begin[0] = 0


@numba.njit(nogil=True, cache=True)
def _decode(packed, lane, base, wide, to, column):  # type: ignore[no-untyped-def]
    if wide:
        for e in range(len(packed)):
            column[to[e]] = base + packed[e, lane] + (np.int64(packed[e, lane + 1]) << 16)
    else:
        for e in range(len(packed)):
            column[to[e]] = base + packed[e, lane]
