"""Days from text: every form of RECORDS.md 1, and nothing that needs a guess."""

import re
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.records._day_forms import MONTHS, clock
from riskml.records.values import day_formats, parse

FIRST, LAST = date(1900, 1, 2), date(9999, 12, 31)


def days(*texts: str | None, **options: Any) -> list[Any]:
    """Days as 2021-05-07, a fault standing as its reason."""
    parsed = parse(pd.Series(list(texts), dtype="str"), "day", **options)
    written = parsed.values.dt.strftime("%Y-%m-%d")
    return [
        fault.split(":")[0] if isinstance(fault, str) else day if isinstance(day, str) else None
        for day, fault in zip(written, parsed.faults, strict=True)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2021/5/7", "2021/05/07", "2021-05-07", "2021-5-7", "2021.5.7", "2021年5月7日", "2021年05月07日", "20210507",
        "２０２１／５／７", "2021年5月7号", "2021 年 5 月 7 日", " 2021/5/7\t", "'2021-05-07", "20210507103000",
        "2021-05-07T10:30:00.000", "2021-05-07 00:00:00.0", "2021/5/7 0:00", "2021/5/7 下午 3:20:00",
        "2021年5月7日10时30分", "2021年5月7日10:30", "2021-05-07 12:00:00 AM", "20210507 10:30",
    ],
)  # fmt: skip
def test_every_form_of_a_day_is_read(text: str) -> None:
    assert days(text) == ["2021-05-07"]


@pytest.mark.parametrize("text", ["21/5/7", "21-05-07", "21年5月7日", "210507", "10/06/16", "5/7/21"])
def test_a_year_of_two_digits_is_refused(text: str) -> None:
    assert days(text, excel_serial=True, first_part=True) == ["a year of two digits"]


@pytest.mark.parametrize("text", ["2021-02-31", "2021/2/29", "2021年13月1日", "20210431", "2021-00-10", "1900-02-29"])
def test_a_day_that_is_not_in_the_calendar_is_refused(text: str) -> None:
    assert days(text) == ["no such day"]


def test_29_february_is_a_day_in_leap_years_only() -> None:
    assert days("2000-02-29", "2024-02-29") == ["2000-02-29", "2024-02-29"]
    assert days("2100-02-29", "2023-02-29") == ["no such day"] * 2


@pytest.mark.parametrize(
    "text",
    [
        "0000-00-00",
        "1900-01-01",
        "0000/00/00",
        "1900/1/1",
        "1900年1月1日",
        "19000101",
        "1900/1/0",
        "0000-00-00 00:00:00",
    ],
)
def test_the_days_that_stand_for_a_missing_one_are_missing(text: str) -> None:
    assert days(text) == [None]
    assert days("01/01/1900", formats=["%m/%d/%Y"]) == [None]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10/06/2016", "day and month in a form that is not listed"),
        ("44323", "a number where a day should be"),
        ("2021-05", "not a day"),
        ("2021", "not a day"),
        ("2021-5/7", "not a day"),
        ("1821-01-01", "a year before 1900"),
        ("2022-10-22/批号A1", "something after the day"),
        ("2021-05-07至2021-05-09", "something after the day"),
        ("2021-05-07 25:00", "something after the day"),
        ("2021-05-06T16:00:00.000Z", "a time with an offset from UTC"),
        ("二〇二一年五月七日", "not a day"),
        ("2021-05-071", "not a day"),
        ("9.14E+17", "not a day"),
    ],
)
def test_what_would_need_a_guess_is_a_fault(text: str, reason: str) -> None:
    assert days(text) == [reason]


def test_listed_formats_are_the_only_ones() -> None:
    assert days("10/06/2016 12:00:00 AM", "1/2/2016", formats=["%m/%d/%Y"]) == ["2016-10-06", "2016-01-02"]
    assert days("2016-10-06", formats=["%m/%d/%Y"]) == ["in none of the listed forms"]
    assert days("31/12/2016", formats=["%m/%d/%Y"]) == ["no such day"]
    assert days("Oct 6, 2016", "october 6, 2016", "Foo 6, 2016", formats=["%b %d, %Y"]) == [
        "2016-10-06",
        "2016-10-06",
        "no such day",
    ]
    assert days("06102016", formats=["%d%m%Y"]) == ["2016-10-06"]


def test_two_formats_that_disagree_on_a_day_make_it_a_fault() -> None:
    both = ["%m/%d/%Y", "%d/%m/%Y"]
    assert days("10/06/2016", "06/06/2016", "31/12/2016", "12/31/2016", formats=both) == [
        "two readings of a day",
        "2016-06-06",
        "2016-12-31",
        "2016-12-31",
    ]


def test_excel_serials_are_read_by_option_and_never_years() -> None:
    assert days("44323", "44323.75", "10000", "99999", excel_serial=True) == [
        "2021-05-07",
        "2021-05-07",
        "1927-05-18",
        "2173-10-13",
    ]
    assert days("2021", "9999", "100000", "-44323", excel_serial=True) == [
        "not a day",
        "not a day",
        "a year of two digits",
        "not a day",
    ]


def test_the_first_part_of_a_batch_number_is_read_by_option() -> None:
    assert days("2022-10-22/批号A1", "2022/10/2/A1", "20221022、B", "2022-10-22(A)", first_part=True) == [
        "2022-10-22",
        "2022-10-02",
        "2022-10-22",
        "2022-10-22",
    ]
    assert days("20221022A1", "批号A1", first_part=True) == ["something after the day", "not a day"]


def test_a_day_after_the_latest_one_is_a_fault_that_names_it() -> None:
    parsed = parse(pd.Series(["2025-06-30", "2025-07-01"]), "day", latest=date(2025, 6, 30))
    assert parsed.faults.tolist()[1:] == ["later than 2025-06-30: '2025-07-01'"]
    assert parsed.values.isna().tolist() == [False, True]


def test_a_time_in_utc_is_the_day_of_the_bureau() -> None:
    texts = ("2021-05-06T15:59:59Z", "2021-05-06T16:00:00.000Z", "2021-05-07T00:30:00+08:00", "2021-05-06 23:00")
    assert days(*texts, time_zone="Asia/Shanghai") == ["2021-05-06", "2021-05-07", "2021-05-07", "2021-05-06"]
    assert days("2021-05-06T03:00:00Z", time_zone="America/Chicago") == ["2021-05-05"]


@pytest.mark.parametrize(
    ("tail", "seconds"), [(" 12:00:00 AM", 0), (" 12:30 PM", 45000), (" 1:00 pm", 46800), ("T08:00+08:00", 0)]
)
def test_a_clock_gives_seconds_since_midnight(tail: str, seconds: int) -> None:
    assert clock(tail).valid
    assert clock(tail).seconds == seconds


@pytest.mark.parametrize("tail", [" 24:00", " 10:60", " 10:00:60", " 13:00 PM", " 0:30 AM", "T", " 10", "-10:00"])
def test_what_is_no_time_of_day_is_refused(tail: str) -> None:
    assert not clock(tail).valid


def test_the_forms_of_a_column_are_counted() -> None:
    cells = pd.Series(["2021/5/7"] * 3 + ["2021-05-07 10:00", "21/5/7", "/", None, "44323"], dtype="str")
    assert day_formats(cells) == {
        "2021/5/7": 3,
        "missing": 2,
        "2021-05-07 and more": 1,
        "a number where a day should be": 1,
        "a year of two digits": 1,
    }
    assert day_formats(cells, excel_serial=True)["44323 (Excel serial)"] == 1
    assert day_formats(pd.Series(["1/2/2016"]), formats=["%m/%d/%Y"]) == {"%m/%d/%Y": 1}
    assert day_formats(pd.Series([], dtype="str")) == {}


def written(day: date) -> dict[str, str]:
    """The day in every form."""
    year, month, number = f"{day.year:04d}", day.month, day.day
    iso = f"{year}-{month:02d}-{number:02d}"
    return {
        "slash": f"{year}/{month}/{number}",
        "iso": iso,
        "dot": f"{year}.{month}.{number}",
        "han": f"{year}年{month}月{number}日",
        "compact": iso.replace("-", ""),
        "time": f"{iso}T23:59:59.999",
        "portal": f"{month:02d}/{number:02d}/{year} 12:00:00 AM",
        "words": f"{MONTHS[month - 1].title()} {number}, {year}",
        "batch": f"{iso}/批号{year}",
    }


OPTIONS: dict[str, dict[str, Any]] = {
    "portal": {"formats": ["%m/%d/%Y"]},
    "words": {"formats": ["%B %d, %Y"]},
    "batch": {"first_part": True},
}


@settings(max_examples=40)
@given(st.lists(st.dates(FIRST, LAST), max_size=8))
def test_any_day_in_any_form_gives_itself(several: list[date]) -> None:
    for form in written(FIRST):
        texts = [written(day)[form] for day in several]
        assert days(*texts, **OPTIONS.get(form, {})) == [day.isoformat() for day in several]


@settings(max_examples=40)
@given(st.lists(st.integers(10_000, 99_999)))
def test_an_excel_serial_counts_days_from_the_end_of_1899(serials: list[int]) -> None:
    expected = [(date(1899, 12, 30) + timedelta(days=serial)).isoformat() for serial in serials]
    assert days(*map(str, serials), excel_serial=True) == expected


SHAPES = re.compile(r"(\d{4})(?:-(\d{1,2})-|/(\d{1,2})/|\.(\d{1,2})\.|年(\d{1,2})月)(\d{1,2})(日?)", re.ASCII)


def oracle(text: str) -> date | None:
    """A day by the slow way: one text, one pattern, the calendar of the standard library."""
    found = SHAPES.fullmatch(text)
    if found is None or (found[5] is not None) != (found[7] == "日"):
        return None
    month = next(part for part in found.groups()[1:5] if part is not None)
    try:
        day = date(int(found[1]), int(month), int(found[6]))
    except ValueError:
        return None
    return day if day >= FIRST else None


@settings(max_examples=40)
@given(st.lists(st.from_regex(r"(1899|1900|2021|21|0000)[-/.年]\d{1,2}[-/.月]\d{1,2}日?", fullmatch=True), max_size=20))
def test_days_agree_with_a_slow_reader(texts: list[str]) -> None:
    texts = [text for text in texts if text.isascii() or not re.search(r"[^\x00-\x7f年月日]", text)]
    read = parse(pd.Series(texts, dtype="str"), "day").values
    expected = [oracle(text) for text in texts]
    assert [None if pd.isna(day) else day.date() for day in read] == expected


@settings(max_examples=40)
@given(st.dates(date(1950, 1, 1), date(2049, 12, 31)), st.integers(0, 86399))
def test_an_offset_moves_a_day_as_the_clock_says(day: date, second: int) -> None:
    moment = pd.Timestamp(day) + timedelta(seconds=second)
    local = moment.tz_localize("UTC").tz_convert("Asia/Shanghai").date()
    assert days(f"{moment.isoformat()}Z", time_zone="Asia/Shanghai") == [str(local)]
