"""Reader of days: every distinct text once, all forms at once, and a report of the forms met."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskml.errors import DataError, StudyError
from riskml.records._cells import TEXT, Mask, Read, Texts, as_mask, explained, half_width, matches, where, worded
from riskml.records._day_forms import FORMS, MONTH_NUMBERS, SERIAL, clock, pattern_of
from riskml.records.days import day_number

Ints = NDArray[np.int64]

EPOCH_SERIAL: Final = 25569
"""The Excel serial of 1970-01-01."""

_FIRST_YEAR: Final = 1900
_PARTING: Final = "[/、,;([批\n ]"
_USUAL: Final = r"^[T ](?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?$"
_DAY: Final = 86400
_ZONED: Final = (-25567, 2932000)
"""Day numbers of 1900 to 9997: beyond them the clocks of a time zone are not defined."""


@dataclass(frozen=True)
class Scan:
    """What was found in each text, all of shape (n,).

    Attributes:
        read: the days (timestamp[s]) and the faults.
        forms: the forms tried.
        form: the index of the form that a text has, -1 for none.
        more: a time of day or something else follows the day.
    """

    read: Read
    forms: tuple[str, ...]
    form: Ints
    more: Mask

    def labels(self) -> "NDArray[np.object_]":
        """The form of each day, "missing", or the reason of the fault."""
        names = np.array([*self.forms, *(f"{form} and more" for form in self.forms), "missing"], dtype=object)
        good = as_mask(pc.is_valid(self.read.values))
        labels = names[np.where(good, self.form + len(self.forms) * self.more, -1)]
        bad = as_mask(pc.is_valid(self.read.faults))
        labels[bad] = [text.split(":")[0] for text in self.read.faults.filter(pa.array(bad)).to_pylist()]
        return labels


class _Found:
    """Days found so far, arrays of shape (n,).

    Attributes:
        form: index of the form, -1 for none.
        day: days since 1970-01-01.
        sound: the day is in the calendar, 1900 or later.
        void: it is one of the days that mean "missing".
        early: it is before 1900.
        doubtful: two formats read it as different days.
        tail: what follows the day.
    """

    def __init__(self, size: int) -> None:
        self.form: Ints = np.full(size, -1)
        self.day: Ints = np.zeros(size, dtype=np.int64)
        self.sound: Mask = np.zeros(size, dtype=np.bool_)
        self.void: Mask = np.zeros(size, dtype=np.bool_)
        self.early: Mask = np.zeros(size, dtype=np.bool_)
        self.doubtful: Mask = np.zeros(size, dtype=np.bool_)
        self.tail: Texts = pa.nulls(size, TEXT)


def read_day(
    texts: Texts,
    *,
    formats: Sequence[str] = (),
    excel_serial: bool = False,
    first_part: bool = False,
    latest: "str | date | None" = None,
    time_zone: "str | None" = None,
) -> Read:
    """Calendar days, a time of day after them being dropped.

    Args:
        texts: trimmed, shape (n,).
        formats: the only forms allowed, such as ["%m/%d/%Y"]; without them those of `FORMS`. A text that two
            formats read as different days is a fault.
        excel_serial: whether five digits are a day counted from 1899-12-30.
        first_part: whether something else may follow the day, as in 2022-10-22/批号A1.
        latest: the last day possible; a later one is a fault.
        time_zone: the bureau's, for times with an offset from UTC, which are a fault without it.
    """
    return scan(
        texts,
        formats=formats,
        excel_serial=excel_serial,
        first_part=first_part,
        latest=latest,
        time_zone=time_zone,
    ).read


def scan(
    texts: Texts,
    *,
    formats: Sequence[str],
    excel_serial: bool,
    first_part: bool,
    latest: "str | date | None",
    time_zone: "str | None",
) -> Scan:
    """Days, faults and labels; arguments as in `read_day`."""
    plain = half_width(texts)
    forms = [*(formats or FORMS), SERIAL]
    found = _search(plain, forms[:-1], exclusive=not formats)
    if excel_serial:
        _add_serials(plain, found, len(forms) - 1)
    last = _last(latest)
    cases = _tails(found, _zone(time_zone), first_part=first_part)
    seen = found.form >= 0
    cases = [
        ("two readings of a day", found.doubtful),
        ("no such day", seen & ~found.sound & ~found.void & ~found.early),
        ("a year before 1900", seen & found.early & ~found.void),
        *[(reason, mask & ~found.void) for reason, mask in cases],
        (f"later than {np.datetime64(last, 'D')}", seen & found.sound & (found.day > last)),
    ]
    unread = as_mask(pc.is_valid(plain)) & ~seen
    otherwise = "in none of the listed forms" if formats else "not a day"
    faults = pc.coalesce(worded(texts, cases), explained(texts, unread, lambda some: _unread(some, otherwise)))
    good = as_mask(pc.is_null(faults)) & seen & found.sound
    stamps = np.where(good, found.day, 0).astype("datetime64[D]").astype("datetime64[s]")
    more = as_mask(pc.not_equal(found.tail, ""))
    return Scan(Read(pa.array(stamps, mask=~good), faults), tuple(forms), found.form, more)


def _search(plain: Texts, forms: Sequence[str], *, exclusive: bool) -> _Found:
    """Try the forms one after the other; exclusive: no text can have two of them."""
    size = len(plain)
    found = _Found(size)
    rest = plain
    for number, form in enumerate(forms):
        parts = pc.extract_regex(rest, pattern=pattern_of(form))
        hit = as_mask(pc.is_valid(parts))
        if hit.any():
            _add(found, number, hit, parts)
        rest = where(~hit, rest) if exclusive else rest
    return found


def _add(found: _Found, number: int, hit: Mask, parts: Any) -> None:
    year, day = _integers(pc.struct_field(parts, "y")), _integers(pc.struct_field(parts, "d"))
    month = (
        _month_numbers(pc.struct_field(parts, "b"))
        if "b" in parts.type.names
        else _integers(pc.struct_field(parts, "m"))
    )
    value, exists = civil_days(year, month, day)
    early = exists & (year < _FIRST_YEAR)
    sound = exists & ~early
    found.doubtful |= hit & sound & found.sound & (value != found.day)
    new = hit & ((found.form < 0) | (sound & ~found.sound))
    zero = (year == 0) & (month == 0) & (day == 0)
    void = zero | ((year == _FIRST_YEAR) & (month == 1) & (day <= 1))
    for name, array in (("form", number), ("day", value), ("sound", sound & ~void), ("void", void), ("early", early)):
        setattr(found, name, np.where(new, array, getattr(found, name)))
    found.tail = pc.if_else(pa.array(new), pc.struct_field(parts, "tail"), found.tail)


def civil_days(year: Ints, month: Ints, day: Ints) -> "tuple[Ints, Mask]":
    """Day numbers (days since 1970-01-01), shape (n,), and whether there is such a day in the calendar.

    >>> days, exists = civil_days(np.array([2021, 2021]), np.array([5, 2]), np.array([7, 29]))
    >>> int(days[0]), exists.tolist()
    (18754, [True, False])
    """
    fits = (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(fits, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[D]").astype(np.int64) - first
    return first + day - 1, fits & (day <= length)


def _integers(digits: Texts) -> Ints:
    return np.asarray(pc.fill_null(digits, "0").cast(pa.int64()).to_numpy(), dtype=np.int64)


def _month_numbers(names: Texts) -> Ints:
    known = pa.array(list(MONTH_NUMBERS), type=TEXT)
    at = pc.fill_null(pc.index_in(pc.utf8_lower(names), value_set=known), len(MONTH_NUMBERS)).to_numpy()
    numbers: Ints = np.array([*MONTH_NUMBERS.values(), 0], dtype=np.int64)[at]
    return numbers


def _add_serials(plain: Texts, found: _Found, number: int) -> None:
    parts = pc.extract_regex(where(found.form < 0, plain), pattern=r"^(?P<serial>[1-9][0-9]{4})(?:\.[0-9]+)?$")
    hit = as_mask(pc.is_valid(parts))
    found.form[hit] = number
    found.day[hit] = _integers(pc.struct_field(parts, "serial"))[hit] - EPOCH_SERIAL
    found.sound |= hit


def _tails(found: _Found, zone: "ZoneInfo | None", *, first_part: bool) -> list[tuple[str, Mask]]:
    """What is wrong after the day; days with an offset from UTC are moved to the bureau's day."""
    encoded = found.tail.dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    at = pc.fill_null(encoded.indices, len(texts)).to_numpy()
    usual = matches(encoded.dictionary, _USUAL)
    clocks = [*(clock("" if known else text) for text, known in zip(texts, usual.tolist(), strict=True)), clock("")]
    free = matches(encoded.dictionary, f"^{_PARTING}") & first_part
    wrong = ~(np.array([one.valid for one in clocks]) | np.append(free, True))[at]
    zoned = np.array([one.zoned for one in clocks])[at]
    if zone is not None and zoned.any():
        found.day[zoned] += _shift(found.day[zoned], np.array([one.seconds for one in clocks])[at][zoned], zone)
    return [("something after the day", wrong), ("a time with an offset from UTC", zoned & (zone is None))]


def _shift(day: Ints, seconds: Ints, zone: ZoneInfo) -> Ints:
    """Days between a day with a time in UTC and the day that it then is in the zone: -1, 0 or 1."""
    near = np.clip(day, *_ZONED)
    stamps = pd.DatetimeIndex((near * _DAY + seconds).astype("datetime64[s]")).tz_localize("UTC").tz_convert(zone)
    return stamps.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64) - near


def _zone(name: "str | None") -> "ZoneInfo | None":
    try:
        return None if name is None else ZoneInfo(name)
    except (ValueError, TypeError, OSError, LookupError) as error:
        raise StudyError(f"time_zone {name!r} is not known; write it like Asia/Shanghai") from error


def _last(latest: "str | date | None") -> int:
    try:
        return 2**31 if latest is None else day_number(latest)
    except DataError as error:
        raise StudyError(f"latest must be a calendar day: {error}") from error


def _unread(texts: Texts, otherwise: str) -> list[tuple[str, Mask]]:
    """Why a text has none of the forms, for the kinds of text that are met in practice."""
    plain, sign = half_width(texts), "[-/.年月]"
    short = rf"^[0-9]{{2}}{sign}[0-9]{{1,2}}{sign}[0-9]{{1,2}}([^0-9]|$)|^[0-9]{sign}[0-9]{{1,2}}{sign}[0-9]{{2}}$"
    return [
        ("a year of two digits", matches(plain, f"{short}|^[0-9]{{6}}$")),
        ("day and month in a form that is not listed", matches(plain, rf"^[0-9]{{1,2}}{sign}[0-9]{{1,2}}{sign}")),
        ("a number where a day should be", matches(plain, r"^[0-9]{5}(\.[0-9]+)?$")),
        (otherwise, np.ones(len(plain), dtype=np.bool_)),
    ]
