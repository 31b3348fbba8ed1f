"""The loop over one site's versions that makes its features: written once, called as it is or compiled."""

import math
from collections.abc import Callable
from typing import Any, Final

NEVER: Final = 2**30
"""Day number of something that never happened."""
SCALE: Final = 2**32
"""Fixed-point unit of the decay tables: a weight of 1 is stored as SCALE."""

ONE, QUANTITY, WEIGHTED, OVERDUE, IN_FORCE, EXPIRED = range(6)
SEVERITY, LARGEST, EARLIEST, SOONEST, LATEST, LAST = range(6, 12)
"""What a tally keeps of its events; all start at 0. Up to EXPIRED they add, up to SOONEST the largest stays.

A tally that adds or keeps the largest has one slot for each of its windows; LATEST has one, LAST two.
"""
VALUE, SCALED, RATIO, TREND, SINCE, FIRST, UNTIL, RECENT, STREAK, WITHOUT = range(10)
"""How a feature is made of its tallies: up to RECENT from their slots alone, the others look at the events again."""

_SHIFT: Final = 2**31
_OFFSET: Final = 2**20


def identity(function: Callable[..., Any]) -> Callable[..., Any]:
    """The compiler of plain Python: none."""
    return function


def make(compile: Callable[..., Any] = identity) -> Callable[..., None]:  # noqa: A002
    """The scan, as it is or compiled (`numba.njit`); both give the same bits."""
    return compile(_scan)  # type: ignore[no-any-return]


def _scan(rows, as_ofs, starts, stops, columns, program, state, out):  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0915
    """Fill `out` (flat, one float a feature) with the features of rows.

    One function and no smaller ones, so that a compiler sees all of it and may keep what it made.

    Args:
        rows: which row of `out` each is.
        as_ofs: decision days. A version counts when `known < as_of <= gone` and `occurred < as_of`; its age is
            `as_of - occurred`, so a window of W days is the half-open `[as_of - W, as_of)`.
        starts: first version of the row's site; its versions are in any order.
        stops: the one after its last.
        columns: of the versions, in the order of `scan.COLUMNS`.
        program: `layout.arrays`. An event touches the tallies of its code alone, and in each the narrowest window it
            falls in (slot 0 for none); wider windows are summed up at the end. Tallies are integers until the last
            line, so neither the order of the events nor the runtime can change a bit.
        state: slots and flags of the tallies, zero before and after but for slots 0 and 1, and room for a list of them.
        out: shape (rows x features,), zero before.
    """
    occurred, known, gone, code, repaired, quantity, severity, due, valid, visit = columns
    (
        bounds, first, entry, measure, skip, place, table, length, tables, begin, user_first, user,
        form, slot, other, window, member, missing,
    ) = program  # fmt: skip
    total, touched, dirty = state
    stretches, features, codes = len(bounds) + 1, len(form), len(first) - 1
    for r in range(len(rows)):
        as_of, start, stop, base = as_ofs[r], starts[r], stops[r], rows[r] * features
        count = 0
        for m in range(len(missing)):
            out[base + missing[m]] = math.nan
        for e in range(start, stop):
            age = as_of - occurred[e]
            if (known[e] >= as_of) | (gone[e] < as_of) | (age <= 0):
                continue
            stretch = 0
            for w in range(len(bounds)):
                stretch += age > bounds[w]
            for k in range(first[code[e]], first[code[e] + 1]):
                t = entry[k]
                s = place[t * stretches + stretch]
                if skip[t] and repaired[e] < as_of:
                    continue
                dirty[count] = t
                count += 1 - touched[t]
                touched[t] = 1
                kind = measure[t]
                if kind == ONE:
                    total[s] += 1
                elif kind == QUANTITY:
                    total[s] += quantity[e]
                elif kind == WEIGHTED:
                    if age < length[t]:
                        total[s] += quantity[e] * tables[table[t] + age]
                elif kind == LATEST:
                    total[s] = max(total[s], NEVER - age)
                elif kind == EARLIEST:
                    total[s] = max(total[s], age)
                elif kind == SEVERITY:
                    total[s] = max(total[s], severity[e])
                elif kind == LARGEST:
                    total[s] = max(total[s], quantity[e])
                elif kind == OVERDUE:
                    total[s] += due[e] < as_of
                elif kind == EXPIRED:
                    total[s] += valid[e] < as_of
                elif kind == IN_FORCE:
                    total[s] += valid[e] >= as_of
                elif kind == SOONEST:
                    if as_of <= valid[e] < NEVER:
                        total[s] = max(total[s], NEVER - valid[e] + as_of)
                else:
                    moment = (occurred[e] + _OFFSET) * _SHIFT + known[e] + _OFFSET
                    if moment > total[s]:
                        total[s] = moment
                        total[s + 1] = quantity[e]
                    elif moment == total[s]:
                        total[s + 1] = max(total[s + 1], quantity[e])
        for d in range(count):
            t = dirty[d]
            if measure[t] <= EXPIRED:
                for s in range(begin[t] + 1, begin[t + 1]):
                    total[s] += total[s - 1]
            elif measure[t] <= SOONEST:
                for s in range(begin[t] + 1, begin[t + 1]):
                    total[s] = max(total[s], total[s - 1])
        for d in range(count):
            t = dirty[d]
            for u in range(user_first[t], user_first[t + 1]):
                f = user[u]
                held, to = total[slot[f]], base + f
                if form[f] == VALUE:
                    out[to] = float(held)
                elif form[f] == SCALED:
                    out[to] = held / SCALE
                elif form[f] == RATIO:
                    out[to] = total[other[f]] / held if held > 0 else math.nan
                elif form[f] == TREND:
                    out[to] = float(2 * total[other[f]] - held)
                elif form[f] == SINCE:
                    out[to] = float(NEVER - held) if NEVER - held <= window[f] else math.nan
                elif form[f] == FIRST:
                    out[to] = float(held) if held > 0 else math.nan
                elif form[f] == UNTIL:
                    out[to] = float(NEVER - held) if held > 0 else math.nan
                elif form[f] == RECENT:
                    young = as_of - (held // _SHIFT - _OFFSET) <= window[f]
                    out[to] = float(total[slot[f] + 1]) if young else math.nan
                elif form[f] == STREAK:
                    found, newest = 0, NEVER - held if NEVER - held <= window[f] else NEVER
                    for e in range(start, stop):
                        age = as_of - occurred[e]
                        if member[other[f] * codes + code[e]] and known[e] < as_of <= gone[e] and 0 < age <= window[f]:
                            found += age < newest and not (skip[t] and repaired[e] < as_of)
                    out[to] = float(found)
                else:
                    newest = NEVER
                    for e in range(start, stop):
                        age = as_of - occurred[e]
                        alone = member[other[f] * codes + code[e]] and known[e] < as_of <= gone[e]
                        alone = alone and 0 < age <= window[f] and age < newest
                        alone = alone and not (skip[t] and repaired[e] < as_of)
                        for g in range(start, stop):
                            if not alone:
                                break
                            same = occurred[g] == occurred[e] and visit[g] == visit[e] and known[g] < as_of <= gone[g]
                            same = same and not (skip[t] and repaired[g] < as_of)
                            alone = not (same and member[(other[f] + 1) * codes + code[g]])
                        if alone:
                            newest = age
                    out[to] = float(newest) if newest < NEVER else math.nan
        for d in range(count):
            t = dirty[d]
            touched[t] = 0
            for s in range(begin[t], begin[t + 1]):
                total[s] = 0
