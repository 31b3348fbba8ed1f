"""The forms in which days and times of day are written, as patterns; none of them needs a guess."""

import re
from dataclasses import dataclass
from typing import Final

from riskml.errors import StudyError

FORMS: Final = {
    "2021-05-07": r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})",
    "2021/5/7": r"(?P<y>[0-9]{4})/(?P<m>[0-9]{1,2})/(?P<d>[0-9]{1,2})",
    "2021.5.7": r"(?P<y>[0-9]{4})\.(?P<m>[0-9]{1,2})\.(?P<d>[0-9]{1,2})",
    "2021年5月7日": r"(?P<y>[0-9]{4}) ?年 ?(?P<m>[0-9]{1,2}) ?月 ?(?P<d>[0-9]{1,2}) ?[日号]",
    "20210507": r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})",
    "20210507103000": r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?P<tail>[0-9]{6})",
}
"""Forms that name year, month and day without doubt (RECORDS.md 1), with their patterns."""

SERIAL: Final = "44323 (Excel serial)"
"""Days since 1899-12-30 in five digits (from 1927-05-18): fewer may be a year, more a day without its signs."""

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
MONTH_NUMBERS: Final = {name[:size]: i + 1 for i, name in enumerate(MONTHS) for size in (3, len(name))}

_GROUPS: Final = {"Y": "y", "m": "m", "d": "d", "b": "b", "B": "b"}
_CLOCK: Final = re.compile(
    r"(?:[T ] *)?(?:上午|下午|[AaPp][Mm])? ?"
    r"(?P<hour>\d{1,2})[:时](?P<minute>\d{1,2})(?:[:分](?P<second>\d{1,2})(?:\.\d{1,9})?秒?)?分?"
    r" ?(?P<half>[AaPp]\.?[Mm]\.?)? ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_COMPACT: Final = re.compile(r"(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})", re.ASCII)


@dataclass(frozen=True)
class Clock:
    """What follows a day in its cell.

    Attributes:
        valid: nothing, or a time of day.
        seconds: since midnight of that day, in UTC if `zoned`; negative on the day before.
        zoned: an offset from UTC is written.
    """

    valid: bool
    seconds: int = 0
    zoned: bool = False


def clock(tail: str) -> Clock:
    """Read what follows a day.

    >>> clock(" 12:30:00 AM").seconds, clock("T08:00:00+08:00"), clock(" 25:00").valid
    (1800, Clock(valid=True, seconds=0, zoned=True), False)
    """
    if not tail:
        return Clock(valid=True)
    found = _CLOCK.fullmatch(tail) or _COMPACT.fullmatch(tail)
    if found is None:
        return Clock(valid=False)
    part = found.groupdict("")
    hour, minute, second = (int(part.get(name) or 0) for name in ("hour", "minute", "second"))
    half = part.get("half", "")[:1].lower()
    if hour > 23 or minute > 59 or second > 59 or (half and not 1 <= hour <= 12):
        return Clock(valid=False)
    hour = hour % 12 + 12 * (half == "p") if half else hour
    zone = part.get("zone", "")
    return Clock(valid=True, seconds=hour * 3600 + minute * 60 + second - _offset(zone), zoned=bool(zone))


def _offset(zone: str) -> int:
    """Seconds east of UTC."""
    if zone[:1] not in {"+", "-"}:
        return 0
    digits = zone.replace(":", "")
    return (int(digits[1:3]) * 3600 + int(digits[3:5]) * 60) * (-1 if zone[0] == "-" else 1)


def pattern_of(form: str) -> str:
    """The pattern of one of `FORMS`, or of a format such as %m/%d/%Y, with the groups y, m (or b), d and tail.

    Raises:
        StudyError: if the format does not name year, month and day once each, or names anything else.

    >>> pattern_of("%d%m%Y")
    '(?s)^(?P<d>[0-9]{2})(?P<m>[0-9]{2})(?P<y>[0-9]{4})(?P<tail>|[^0-9].*)$'
    """
    body = FORMS[form] if form in FORMS else _compiled(form)
    tail = ".*" if body.endswith("[日号]") else "|[^0-9].*"
    return f"(?s)^{body}$" if "<tail>" in body else f"(?s)^{body}(?P<tail>{tail})$"


def _compiled(form: str) -> str:
    pieces = re.split("%(.)", form) if isinstance(form, str) else [""]
    literals, letters = pieces[::2], pieces[1::2]
    if sorted(_GROUPS.get(letter, "?") for letter in letters) not in (["d", "m", "y"], ["b", "d", "y"]):
        raise StudyError(
            f"day format {form!r} is not allowed: name %Y (a year has four digits), %m or %b or %B, and %d, once "
            "each and nothing else; a time of day after them is read by itself"
        )
    between = literals[1:-1]
    groups = [_group(letter, crowded="" in between[max(at - 1, 0) : at + 1]) for at, letter in enumerate(letters)]
    return "".join(re.escape(literal) + group for literal, group in zip(literals, [*groups, ""], strict=True))


def _group(letter: str, *, crowded: bool) -> str:
    """The pattern of one directive; crowded: no sign parts it from its neighbour, so both its digits are written."""
    if letter == "Y":
        return "(?P<y>[0-9]{4})"
    if letter in {"b", "B"}:
        return "(?P<b>[A-Za-z]{3,9})"
    return f"(?P<{letter}>[0-9]{{2}})" if crowded else f"(?P<{letter}>[0-9]{{1,2}})"
