"""The compiled scan over many rows: slice by slice of the log, on as many cores as wanted."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from riskml.features.slices import Ints, Slices, sliced
from riskml.scorer.scanning import scan


def scan_rows(
    program: Mapping[str, Any], site: Ints, as_of: Ints, log: Mapping[str, Ints], sites: int, *, threads: int = 1
) -> NDArray[np.float64]:
    """The event features of rows, each as of its own day.

    Args:
        program: the compiled catalog.
        site: n numbers of sites, 0 to sites - 1.
        as_of: n day numbers.
        log: versions in any order, m each: `site` (-1: none of these), and the columns of `scan.COLUMNS`, `code` as
            place in the program (-1: none of its codes). Columns that the program does not read may be absent.
        sites: how many sites there are.
        threads: how many cores scan; the values do not depend on it.

    Returns:
        Shape (n, event features), float64. Beside it and the arguments it holds 2 bytes an event for each column that
        the program reads (4 where a column's values span more than 65,535), and some 20 bytes a row where rows are not
        in the order of their sites.

    Raises:
        DataError: if quantities are too large to be summed exactly.
    """
    flat = scan.arrays(program)
    out = np.zeros((len(site), len(flat["form"])), dtype=np.float64)
    if not out.size:
        return out
    slices = sliced(flat, log, sites, earliest=int(as_of.min()), latest=int(as_of.max()))
    ends, order = slices.rows(site)
    given = _typed(flat)

    def work(place: int) -> None:
        rows = np.arange(ends[place - 1] if place else 0, ends[place])
        rows = rows if order is None else order[rows]
        if len(rows):
            _scan_slice(slices, place, rows, site[rows], as_of[rows], given, out)

    if threads == 1:
        for place in range(len(slices.begin)):
            work(place)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, range(len(slices.begin))))
    return out


def _scan_slice(
    slices: Slices, place: int, rows: Ints, site: Ints, as_of: Ints, program: tuple[Ints, ...], out: NDArray[np.float64]
) -> None:
    begin, columns = slices.unpacked(place)
    within = site & ((1 << slices.shift) - 1)
    slots, tallies = int(program[_BEGIN][-1]), len(program[_BEGIN]) - 1
    state = np.zeros(slots, np.int64), np.zeros(tallies, np.int32), np.zeros(tallies + 1, np.uint32)
    days = as_of.astype(np.int64)
    _compiled()(rows, days, begin[within], begin[within + 1], columns, program, state, out.reshape(-1))


_BEGIN = 9


def _typed(flat: Mapping[str, Any]) -> tuple[Ints, ...]:
    """The program's lists as arrays; places are unsigned, which spares the compiled scan a test for negative ones."""
    kinds = {"tables": np.int64, "bounds": np.int32, "window": np.int32}
    return tuple(np.asarray(values, dtype=kinds.get(name, np.uint32)) for name, values in flat.items())


@cache
def _compiled() -> Any:
    """The one scan, compiled; numba keeps the machine code beside the file of the scan, or in the user's cache."""
    return scan.make(numba.njit(nogil=True, cache=True))
