"""Numbers and money from text: every writing of RECORDS.md 1, exact, and nothing that needs a guess."""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.records.values import parse


def read(kind: str, *texts: str, **options: Any) -> list[Any]:
    """Values, a fault standing as its reason and a missing value as None."""
    parsed = parse(pd.Series(list(texts), dtype="str"), kind, **options)
    return [
        fault.split(":")[0] if isinstance(fault, str) else value if pd.notna(value) else None
        for value, fault in zip(parsed.values, parsed.faults, strict=True)
    ]


def test_whole_numbers_are_read_in_every_writing() -> None:
    assert read("integer", "1,000", "１２", "007", "12.0", "+5", "1,234,567", "0", "-0", "00.00") == [
        1000, 12, 7, 12, 5, 1234567, 0, 0, 0,
    ]  # fmt: skip
    assert read("integer", "9" * 18, "-" + "9" * 18, "0" * 20 + "5", negative=True) == [10**18 - 1, 1 - 10**18, 5]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("12.5", "not a whole number"),
        ("1,00", "not a number"),
        ("1,2345", "not a number"),
        ("-3", "a number below zero"),
        ("1.2E+05", "scientific notation, digits are lost"),
        ("1" * 19, "too large a number"),
        ("1" * 41, "too long a number"),
        ("-" + "0" * 41, "too long a number"),
        ("5人", "a unit that is not listed"),
        ("5²", "a unit that is not listed"),
        ("12.5%", "a unit that is not listed"),
        ("约100", "not a number"),
        ("十", "not a number"),
        ("inf", "not a finite number"),
        ("-Infinity", "not a finite number"),
        ("1 000", "not a number"),
        ("1.2.3", "not a number"),
        (".", "not a number"),
    ],
)
def test_what_is_no_whole_number_is_a_fault(text: str, reason: str) -> None:
    assert read("integer", text) == [reason]


def test_a_fraction_that_is_shown_rounded_is_not_a_whole_number() -> None:
    assert read("integer", "1.0000000000000000001", "1.00") == ["not a whole number", 1]


def test_numbers_are_read_with_their_decimal_sign() -> None:
    assert read("number", "1,000.5", ".5", "0.10", "121.473701") == [1000.5, 0.5, 0.1, 121.473701]
    assert read("number", "1.000,5", "0,5", "1000", decimal=",") == [1000.5, 0.5, 1000]
    assert read("number", "1.5", decimal=",") == ["not a number"]


def test_a_number_below_zero_is_read_by_option_and_zero_has_no_sign() -> None:
    assert read("number", "-1.5", "−2", "－3", negative=True) == [-1.5, -2, -3]
    assert read("number", "-1.5", "-.5") == ["a number below zero"] * 2
    zero = parse(pd.Series(["-0.00"]), "number").values.to_numpy()
    assert zero == 0
    assert not np.signbit(zero)


def test_a_share_is_read_exactly_and_needs_its_sign() -> None:
    assert read("number", "12.5%", "7%", "0.07%", "１２％", percent=True) == [0.125, 0.07, 0.0007, 0.12]
    assert read("number", "7", percent=True) == ["a number without %"]


def test_a_listed_unit_is_dropped_and_no_other() -> None:
    units = ["㎡", "平方米", "平方", "人"]
    assert read("number", "50㎡", "５０ 平方米", "50平方", "50", "50 m2", units=units) == [50] * 5
    assert read("integer", "5人", "5个", "5人人", units=units) == [5, *["a unit that is not listed"] * 2]


def test_money_is_counted_in_yuan() -> None:
    assert read("money", "2万元", "1.5万", "3,000元", "0.2亿元", "￥300", "人民币2万元整", "10万圆", "2百万") == [
        20000, 15000, 3000, 20_000_000, 300, 20000, 100_000, 2_000_000,
    ]  # fmt: skip
    assert read("money", "0.07万元", "0.29万", "1.1亿") == [700, 2900, 110_000_000]


def test_a_bare_amount_takes_the_unit_of_its_header_and_nothing_else() -> None:
    assert read("money", "0.5", "2万元", "3000元", unit="wan") == [5000, 20000, 3000]
    assert read("money", "5000", "2万元", unit="yuan") == [5000, 20000]
    assert read("money", "5000", "¥5000") == ["an amount without a unit", 5000]
    assert read("money", "¥0.5", unit="wan") == ["an amount in yuan or in 万元"]


@pytest.mark.parametrize("text", ["贰万元", "2万3千元", "2万-3万元", "十万", "元", "2元/斤", "$20", "2,00元"])
def test_an_amount_in_other_words_is_a_fault_that_shows_it(text: str) -> None:
    fault = parse(pd.Series([text]), "money", unit="yuan").faults[0]
    assert fault.endswith(f": '{text}'")


def test_an_amount_below_zero_is_read_by_option() -> None:
    assert read("money", "-3元") == ["a number below zero"]
    assert read("money", "-3万元", negative=True) == [-30000]


@settings(max_examples=30)
@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0, max_value=10**9), max_size=9))
def test_amounts_agree_with_exact_decimals(amounts: list[Decimal]) -> None:
    for suffix, size in {"": 1, "元": 1, "万元": 10**4, "亿": 10**8, "百万": 10**6}.items():
        plain = read("money", *[f"{one}{suffix}" for one in amounts], unit="yuan")
        parted = read("money", *[f"{one:,}{suffix}" for one in amounts], unit="yuan")
        assert plain == parted == [float(one * size) for one in amounts]


@settings(max_examples=30)
@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), max_size=9))
def test_any_whole_number_in_any_writing_gives_itself(numbers: list[int]) -> None:
    for form in ("{}", "{:,}", "{}.00", "{:+}", "{:,}人"):
        assert read("integer", *[form.format(one) for one in numbers], negative=True, units=["人"]) == numbers


@settings(max_examples=30)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15), max_size=9))
def test_a_number_in_its_shortest_writing_gives_itself(numbers: list[float]) -> None:
    numbers = [number for number in numbers if "e" not in repr(number)]
    assert read("number", *map(repr, numbers), negative=True) == numbers
