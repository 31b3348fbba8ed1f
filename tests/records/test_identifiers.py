"""Identifiers: credit codes, licence and registration numbers with their checks, and persons who are never shown."""

import hashlib
import hmac
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError
from riskml.records._check_digits import ALPHABET
from riskml.records.identifiers import id_kind, is_uscc, uscc_check
from riskml.records.values import hashed, parse

USCC = ["91350100M000100Y43", "91440300708461136T", "91110000802100433B", "911101083303521997"]
OPERATION = ["JY11108071215650", "JY13101140093802", "JY23101140041987", "JY24407030096311", "JY13301080111719"]
PRODUCTION = ["SC12443010505553", "SC10341147101351", "SC11834020305037", "SC10811310111839", "SC10744030704994"]
REGISTRATION = ["440301103448669", "330106000129004"]
PERSON = "11010519491231002X"
"""The example of GB 11643 itself: nobody's number."""

BODIES = st.text(ALPHABET, min_size=17, max_size=17).filter(lambda body: body[0] != "0")


def column(*texts: "str | None") -> "pd.Series[str]":
    return pd.Series(list(texts), dtype="str")


def read(kind: str, *texts: str, **options: Any) -> list[Any]:
    """Values, a fault standing as its reason."""
    parsed = parse(column(*texts), kind, **options)
    return [
        fault.split(":")[0] if isinstance(fault, str) else value
        for value, fault in zip(parsed.values, parsed.faults, strict=True)
    ]


@pytest.fixture(autouse=True)
def salt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKML_SALT", "salt of the tests")


def slow_credit_check(body: str) -> str:
    """GB 32100-2015, one character after the other."""
    total = sum(ALPHABET.index(character) * (3**place % 31) for place, character in enumerate(body))
    return ALPHABET[(31 - total % 31) % 31]


def slow_decimal_check(body: str) -> str:
    """GB/T 17710 MOD 11,10, one digit after the other."""
    product = 10
    for digit in body:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)


def test_the_credit_codes_of_real_firms_are_read() -> None:
    assert read("uscc", *USCC) == USCC
    assert is_uscc(column(*USCC, "91350100M000100Y44", None)).tolist() == [True] * 4 + [False] * 2


@pytest.mark.parametrize("code", USCC)
def test_the_check_character_follows_from_the_others(code: str) -> None:
    assert uscc_check(code[:17]) == code[17]


@pytest.mark.parametrize(
    "body", ["", "9135", "91350100M000100Y43", "91350100I000100Y4", "91350100m000100y4", "９" * 17]
)
def test_a_check_character_of_anything_else_is_refused(body: str) -> None:
    with pytest.raises(DataError, match="is not the first 17 characters of a credit code"):
        uscc_check(body)


@settings(max_examples=30)
@given(st.lists(BODIES, min_size=1, max_size=20), st.data())
def test_the_check_finds_every_single_wrong_character(bodies: list[str], data: st.DataObject) -> None:
    codes = [body + slow_credit_check(body) for body in bodies]
    assert [uscc_check(body) for body in bodies] == [code[17] for code in codes]
    assert is_uscc(column(*codes)).all()
    wrong = []
    for code in codes:
        at = data.draw(st.integers(0, 17))
        other = data.draw(st.sampled_from(ALPHABET.replace(code[at], "")))
        wrong.append(code[:at] + other + code[at + 1 :])
    assert not is_uscc(column(*wrong)).any()


def test_a_credit_code_is_read_in_small_or_wide_letters_and_with_blanks_but_never_mended() -> None:
    assert (
        read("uscc", "91350100m000100y43", "９１３５０１００Ｍ０００１００Ｙ４３", " 91350100 M000100Y43\t")
        == [USCC[0]] * 3
    )
    assert read("uscc", "91350100MOOO100Y43", "91350100M000100Y4", "91350100M000100Y44", "9.13501E+17", "0" * 18) == [
        "a credit code with a character it cannot have",
        "not a credit code",
        "a credit code that fails its check",
        "scientific notation, digits are lost",
        "a credit code that fails its check",
    ]


def test_an_old_registration_number_is_kept_with_its_check() -> None:
    assert read("uscc", *REGISTRATION) == REGISTRATION
    assert read("uscc", REGISTRATION[0], registration=False) == ["a registration number, not a credit code"]
    assert read("uscc", "440301103448668") == ["a number of 15 or 18 digits that fails its check"]


def test_fifteen_digits_with_a_birthday_and_a_wrong_check_are_a_persons() -> None:
    assert read("uscc", "130503670401001") == ["an identity number of a person"]
    assert read("uscc", "130503670401001", person="hash")[0].startswith("person:")
    assert read("uscc", "130503100401001", person="hash") == ["a number of 15 or 18 digits that fails its check"]


def test_licence_numbers_of_real_sites_are_read() -> None:
    assert read("licence", *OPERATION, *PRODUCTION) == OPERATION + PRODUCTION
    assert read("licence", "jy1330108 0111719", "ＪＹ１３３０１０８０１１１７１９") == ["JY13301080111719"] * 2


@pytest.mark.parametrize("number", [*OPERATION, *PRODUCTION])
def test_the_check_digit_of_a_licence_finds_every_single_wrong_digit(number: str) -> None:
    assert slow_decimal_check(number[2:-1]) == number[-1]
    wrong = [
        number[:at] + digit + number[at + 1 :] for at in range(3, 16) for digit in "0123456789" if digit != number[at]
    ]
    assert set(read("licence", *wrong)) == {"a licence number that fails its check"}


@settings(max_examples=30)
@given(st.lists(st.from_regex("[123][0-9]{12}", fullmatch=True), min_size=1, max_size=20))
def test_check_digits_agree_with_a_slow_reader(bodies: list[str]) -> None:
    numbers = [f"JY{body}{slow_decimal_check(body)}" for body in bodies]
    assert read("licence", *numbers) == numbers


def test_a_licence_of_the_wrong_class_or_length_is_refused() -> None:
    wrong = "a licence number of the wrong length or class"
    assert read("licence", "JY43301080111719", "SC30744030704994", "JY1330108011171", "QS44030704") == [wrong] * 4
    assert read("licence", "13301080111719", "小餐饮123") == ["not a licence number"] * 2


def test_older_and_local_licences_are_kept_with_their_kind() -> None:
    old = [
        "QS440307040001",
        "SP4403051110012345",
        "京餐证字2012110101000123号",
        "粤卫食证字[2008]第0301A0001号",
        "YB14403010000013",
    ]
    values = parse(
        column(*old, "小餐饮123", USCC[0], REGISTRATION[0], *OPERATION[:1], *PRODUCTION[:1]),
        "licence",
        local=["小餐饮[0-9]+"],
    )
    assert values.values[:6].tolist() == [*old, "小餐饮123"]
    assert id_kind(values.values)[:6].tolist() == [
        "production_old",
        "sales_old",
        "catering_old",
        "hygiene_old",
        "prepackaged",
        "local",
    ]
    assert id_kind(
        column(USCC[1], REGISTRATION[0], OPERATION[0], PRODUCTION[0], "person:0123456789abcdef")
    ).tolist() == [
        "uscc",
        "registration",
        "operation",
        "production",
        "person",
    ]
    assert id_kind(column(None)).isna().all()


@pytest.mark.parametrize("kind", ["uscc", "licence"])
def test_an_identity_number_is_refused_or_hashed_and_never_shown(kind: str) -> None:
    refused = parse(column(PERSON), kind)
    assert refused.faults.tolist() == ["an identity number of a person: '99999999999999999x'"]
    kept = parse(column(PERSON, PERSON.lower(), " 110105 19491231 002X"), kind, person="hash")
    key = hmac.new(b"salt of the tests", PERSON.encode(), hashlib.sha256).hexdigest()[:16]
    assert kept.values.tolist() == [f"person:{key}"] * 3
    assert kept.faults.isna().all()
    assert id_kind(kept.values).tolist() == ["person"] * 3


def test_an_identity_number_that_passes_as_a_credit_code_is_still_a_persons() -> None:
    numbers = [f"11010519491231{serial:03d}" for serial in range(1000)]
    codes = [number + slow_credit_check(number) for number in numbers]
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    both = [code for code in codes if code[17] == "10X98765432"[np.dot(weights, list(map(int, code[:17]))) % 11]]
    assert both
    assert set(read("uscc", *both)) == {"an identity number of a person"}
    assert all(value.startswith("person:") for value in read("uscc", *both, person="hash"))


@pytest.mark.parametrize("kind", ["uscc", "licence", "phone", "person"])
@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021",
        "1101051949****002X",
        "110105194913310026",
        "130503670401001",
        "1380013",
        "13800138000x",
        "张*丽",
    ],
)
def test_no_fault_shows_what_may_be_a_persons_number(kind: str, text: str) -> None:
    for fault in parse(column(text), kind).faults.dropna():
        shown = fault.split(": ", 1)[1]
        assert not set(shown) & set("012345678张丽")


def test_a_business_whose_code_looks_like_a_birthday_stays_a_business() -> None:
    body = "91440319850101001"
    code = body + slow_credit_check(body)
    assert read("uscc", code) == [code]
    assert read("uscc", "12440300455765123" + slow_credit_check("12440300455765123"))[0].startswith("12440300")


def test_a_person_is_a_keyed_hash_whatever_the_blanks() -> None:
    key = hmac.new(b"salt of the tests", "张三".encode(), hashlib.sha256).hexdigest()[:16]
    assert read("person", "张三", "张 三", " 张\u3000三 ") == [key] * 3
    assert hashed(column("张三", None, "", "  ")).tolist()[0] == key
    assert hashed(column("张三", None, "", "  ")).isna().tolist() == [False, True, True, True]
    assert read("person", "Ann Lee", "Ann  Lee")[0] == read("person", "Ann Lee")[0] != read("person", "AnnLee")[0]
    assert read("person", "张**", "李某某") == ["a name with hidden characters"] * 2


def test_another_salt_gives_another_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    first = read("person", "张三")
    monkeypatch.setenv("RISKML_SALT", "another")
    assert read("person", "张三") != first


@pytest.mark.parametrize("value", ["", "  "])
def test_without_a_salt_no_person_is_read(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("RISKML_SALT", value)
    for kind, text, options in (
        ("person", "张三", {}),
        ("phone", "13800138000", {}),
        ("uscc", PERSON, {"person": "hash"}),
    ):
        with pytest.raises(DataError, match="set RISKML_SALT to a secret of your own"):
            parse(column(text), kind, **options)
        assert parse(column("/"), kind, **options).values.isna().all()
    with pytest.raises(DataError, match="RISKML_SALT"):
        hashed(column("张三"))


def test_a_telephone_number_is_its_digits() -> None:
    same = read(
        "phone", "13800138000", "138-0013-8000", "+86 138 0013 8000", "0086-13800138000", "１３８００１３８０００"
    )
    assert len(set(same)) == 1
    assert read("phone", "0755-8765 4321", "(0755)87654321", "075587654321")[0] == read("phone", "075587654321")[0]
    assert read("phone", "138****8000", "1380013800某", "无此人", "12345") == [
        "a number with hidden digits",
        "a number with hidden digits",
        "not a telephone number",
        "not a telephone number",
    ]


def test_credit_codes_are_checked_by_the_column_too() -> None:
    rng = np.random.default_rng(2)
    letters = np.array(list(ALPHABET))[rng.integers(0, 31, (2000, 17))]
    bodies = ["9" + "".join(row[1:]) for row in letters]
    codes = [body + slow_credit_check(body) for body in bodies]
    assert is_uscc(column(*codes * 3)).all()
    assert parse(column(*codes), "uscc").values.tolist() == codes
