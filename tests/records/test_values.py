"""Values from text columns: words, codes and lists; and what holds for every kind of column."""

import time
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.errors import DataError, StudyError
from riskml.records import values
from riskml.records._cells import MARKS, as_texts, blanked, trimmed
from riskml.records.contract import DTYPES
from riskml.records.values import KINDS, check_options, parse

SPECS: list[tuple[str, dict[str, Any], str]] = [
    ("text", {}, "str"),
    ("key", {}, "str"),
    ("code", {"length": [3, 6]}, "str"),
    ("day", {}, "datetime64[s]"),
    ("day", {"formats": ["%m/%d/%Y", "%d/%m/%Y", "%b %d, %Y"], "time_zone": "Asia/Shanghai"}, "datetime64[s]"),
    ("day", {"excel_serial": True, "first_part": True, "latest": "2025-06-30"}, "datetime64[s]"),
    ("integer", {"units": ["人"]}, "Int64"),
    ("number", {"negative": True, "decimal": ","}, "float64"),
    ("number", {"percent": True}, "float64"),
    ("money", {"unit": "wan"}, "float64"),
    ("flag", {"missing": ["不详"]}, "boolean"),
    ("coded", {"codes": {"合格": "pass", "~不.*": "fail"}}, "str"),
    ("coded", {"codes": {"1": 1, "*": 0}}, "Int64"),
    ("uscc", {"person": "hash"}, "str"),
    ("licence", {"local": ["D[0-9]+"]}, "str"),
    ("person", {}, "str"),
    ("phone", {}, "str"),
    ("list", {"separators": "、；,\n"}, "object"),
]
SAMPLES = [
    *MARKS, "2021/5/7", "2021-05-07", "2021.5.7", "2021年5月7日", "20210507", "44323", "2021-05-07 10:30:00", "21/5/7",
    "2022-10-22/批号A1", "10/06/2016 12:00:00 AM", "1,000", "１２", "-3", "12.5%", "2万元", "3,000元", "0.2亿", "nan",
    "inf", "9.14E+17", "1234.0", "是", "×", "合格", "不合格", "91350100M000100Y43", "JY13301080111719", "D12",
    "11010519491231002X", "440301103448669", "13800138000", "张 三", "张**", "a、b；c", "、", "5²", "\u3000x\t",
    "'0012", "e\u0301", "\u200d", "\x00", "𝟏𝟐", "İ", "\u1100 \u1161", "9999-12-31T23:59:59Z", "0001-01-01", "～", "%",
]  # fmt: skip
CELLS = st.lists(st.one_of(st.sampled_from(SAMPLES), st.text(max_size=30), st.none()), max_size=20)


def column(*texts: str | None) -> "pd.Series[str]":
    return pd.Series(list(texts), dtype="str")


def read(kind: str, *texts: str | None, **options: Any) -> list[Any]:
    """Values, a fault standing as its reason and a missing value as None."""
    parsed = parse(column(*texts), kind, **options)
    return [
        fault.split(":")[0] if isinstance(fault, str) else value if isinstance(value, list) or pd.notna(value) else None
        for value, fault in zip(parsed.values, parsed.faults, strict=True)
    ]


@pytest.fixture(autouse=True)
def salt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKML_SALT", "salt of the tests")


def test_text_is_trimmed_outside_and_kept_inside() -> None:
    assert read("text", "\u3000 '肉 (鲜) - 冷冻\t", "\ufeffa\u00a0") == ["肉 (鲜) - 冷冻", "a"]


@pytest.mark.parametrize(("kind", "options", "_"), [spec for spec in SPECS if spec[0] != "flag"])
def test_a_missing_mark_is_a_missing_value_without_a_fault(kind: str, options: dict[str, Any], _: str) -> None:
    marks = [*MARKS, "／", "－", "ＮＵＬＬ", "NaN", " N/A ", "\u3000", "—— "]
    assert read(kind, *marks, **options) == [None] * len(marks)


def test_a_listed_word_goes_before_a_missing_mark() -> None:
    assert read("flag", "无", "/", "有") == [False, None, True]
    assert read("coded", "无", "/", codes={"无": "none"}) == ["none", None]
    assert read("text", "停业", "停业中", missing=["停业"]) == [None, "停业中"]
    assert read("text", "停\u3000业" * 20, missing=["停 业" * 20]) == [None]


def test_a_dash_inside_a_text_is_kept() -> None:
    assert read("text", "-a", "3-4", "--") == ["-a", "3-4", None]


def test_keys_of_the_same_name_are_equal() -> None:
    same = [
        "北京 ＸＸ店（个体工商户）",
        "北京xx店(个体工商户)",
        "北京XX店【个体工商户】",
        "北京XX\u200b店〔个体工商户〕",
    ]
    assert read("key", *same) == ["北京xx店(个体工商户)"] * 4
    assert read("key", "\u200d") == ["no text in it"]


@settings(max_examples=50)
@given(CELLS)
def test_the_key_of_a_key_is_itself(texts: list[str | None]) -> None:
    keys = parse(column(*texts), "key").values
    again = parse(keys, "key").values
    became_a_mark = again.isna() & keys.isin(MARKS)  # such as a dash beside an invisible character
    pd.testing.assert_series_equal(again[~became_a_mark], keys[~became_a_mark])


def test_a_code_that_a_spreadsheet_has_spoilt_is_refused() -> None:
    lost = "scientific notation, digits are lost"
    assert read("code", "9.14E+17", "9.14e17", "1E+05", "1.0E17") == [lost] * 4
    assert read("code", "1234.0") == ["a number with a decimal point, leading zeros may be lost"]
    assert read("code", "12E5", "'0012", "Ａ１") == ["12E5", "0012", "A1"]
    assert read("code", "123", "1234", length=3) == ["123", "a code of another length than 3"]


def test_a_flag_is_read_in_every_writing_and_in_no_other() -> None:
    yes = ["是", "有", "Y", "y", "True", "TRUE", "1", "１", "√", "yes"]
    no = ["否", "无", "N", "False", "0", "×", "No"]
    assert read("flag", *yes) == [True] * len(yes)
    assert read("flag", *no) == [False] * len(no)
    assert read("flag", "X", "2", "是否", "已入网") == ["not a listed value"] * 4
    assert read("flag", "已入网", "未入网", yes=["已入网"], no=["未入网"]) == [True, False]


def test_a_code_list_maps_exact_texts_then_patterns_then_the_rest() -> None:
    codes = {"合格": "pass", "~.*不合格.*": "fail", "~.*合格.*": "odd", "*": "other"}
    assert read("coded", "合格", "复检不合格", "基本合格", "?", "/", codes=codes) == [
        "pass",
        "fail",
        "odd",
        "other",
        None,
    ]


def test_a_pattern_fits_the_whole_text_only() -> None:
    assert read("coded", "不合格", codes={"~合格": "pass"}) == ["not a listed value"]


def test_codes_are_matched_in_nfkc_with_single_blanks() -> None:
    assert read("coded", "Pass  w/ Conditions", "Ｐass w/ Conditions", codes={"Pass w/ Conditions": 1}) == [1, 1]
    assert read("coded", "未检查(停业)", codes={"未检查（停业）": "not_found"}) == ["not_found"]


def test_the_fault_of_a_code_names_the_text_and_what_is_allowed() -> None:
    faults = parse(column("合挌"), "coded", codes={"合格": 1, "不合格": 0}).faults
    assert faults[0] == "not a listed value: '合挌'; listed are 合格, 不合格"


@pytest.mark.parametrize(
    ("codes", "dtype"),
    [({"a": "x"}, "str"), ({"a": 1}, "Int64"), ({"a": 1.5, "b": 2}, "float64"), ({"a": True}, "boolean")],
)
def test_codes_give_a_column_of_the_type_of_their_values(codes: dict[str, Any], dtype: str) -> None:
    assert parse(column("a"), "coded", codes=codes).values.dtype == dtype


def test_a_cell_is_split_at_its_separators_only() -> None:
    assert read("list", "a、 b；c", "大肠菌群║检出", "、；", separators="、；") == [
        ["a", "b", "c"],
        ["大肠菌群║检出"],
        "separators without a value",
    ]
    assert read("list", "1,000;2", separators=";\n") == [["1,000", "2"]]


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("date", {}, r"unknown kind of column 'date'; allowed are \['text', 'key'"),
        ("day", {"format": []}, r"kind 'day' has no option \['format'\]; allowed are \['formats'"),
        ("coded", {}, r"kind 'coded' needs the option \['codes'\]"),
        ("coded", {"codes": {}}, "codes must be a table"),
        ("coded", {"codes": ["a"]}, "codes must be a table"),
        ("coded", {"codes": {"a": 1, "b": "x"}}, "must all be text, whole numbers"),
        ("coded", {"codes": {"a": None}}, "must all be text, whole numbers"),
        ("coded", {"codes": {"~(": 1}}, r"'~\(' is not a regular expression"),
        ("coded", {"codes": {"（a）": 1, "(a)": 2}}, "listed twice with the values 1 and 2"),
        ("flag", {"yes": "已"}, "yes must be a list of texts, got '已'"),
        ("flag", {"yes": ["否"]}, r"\['否'\] mean yes and no at once"),
        ("text", {"missing": "无"}, "missing must be a list of texts"),
        ("list", {"separators": "a"}, "separators must be some of"),
        ("list", {"separators": ""}, "separators must be some of"),
        ("code", {"length": "18"}, "length must be a positive whole number"),
        ("number", {"negative": "no"}, "negative must be true or false, got 'no'"),
        ("number", {"percent": True, "units": ["人"]}, "exclude each other"),
        ("number", {"decimal": ";"}, "decimal must be '.' or ','"),
        ("money", {"unit": "元"}, r"unit must be one of \['yuan', 'wan'\]"),
        ("day", {"latest": "2021-02-30"}, "latest must be a calendar day"),
        ("day", {"time_zone": "Asia/Nanchang"}, "time_zone 'Asia/Nanchang' is not known"),
        ("day", {"formats": ["%m/%d/%y"]}, "a year has four digits"),
        ("day", {"formats": ["%Y-%m"]}, "is not allowed"),
        ("uscc", {"person": "drop"}, r"person must be one of \['fault', 'hash'\]"),
        ("licence", {"local": ["("]}, "is not a regular expression"),
    ],
)
def test_a_wrong_option_is_refused_before_any_file_is_read(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        check_options(kind, options)


@pytest.mark.parametrize(
    "cells", [pd.Series([1, 2]), pd.Series([1.5]), pd.Series(["a", 1]), pd.Series(pd.to_datetime(["2021-05-07"]))]
)
def test_a_column_that_is_not_text_is_refused(cells: "pd.Series[Any]") -> None:
    with pytest.raises(DataError, match="is not text"):
        parse(cells, "text")


@pytest.mark.parametrize(("kind", "options", "dtype"), SPECS)
@settings(max_examples=20)
@given(texts=CELLS)
def test_no_text_breaks_a_reader_and_a_cell_never_has_both_value_and_fault(
    kind: str, options: dict[str, Any], dtype: str, texts: list[str | None]
) -> None:
    cells = pd.Series(texts, dtype="str", index=range(7, 7 + len(texts)), name="格")
    parsed = parse(cells, kind, **options)
    assert parsed.values.dtype == dtype
    assert dtype in {*DTYPES.values(), "object"}
    assert parsed.faults.dtype == "str"
    for part in (parsed.values, parsed.faults):
        assert part.index.equals(cells.index)
        assert part.name == "格"
    assert not (parsed.values.notna() & parsed.faults.notna()).any()
    assert parsed.values[cells.isna()].isna().all()
    assert parsed.faults[cells.isna()].isna().all()
    silent = cells[parsed.values.isna() & parsed.faults.isna()]
    assert kind == "day" or blanked(trimmed(as_texts(silent)), options.get("missing", ())).null_count == len(silent)
    assert all(": '" in fault and "\n" not in fault for fault in parsed.faults.dropna())


@pytest.mark.parametrize(("kind", "options", "_"), SPECS)
@settings(max_examples=8)
@given(texts=CELLS, data=st.data())
def test_order_chunks_and_repeats_do_not_matter(
    kind: str, options: dict[str, Any], _: str, texts: list[str | None], data: st.DataObject
) -> None:
    cells = column(*texts)
    whole = parse(cells, kind, **options)
    order = data.draw(st.permutations(range(len(texts))))
    cut = data.draw(st.integers(0, len(texts)))
    parts = [parse(part, kind, **options) for part in (cells[order[:cut]], cells[order[cut:]])]
    twice = parse(pd.concat([cells] * 3), kind, **options)
    for name in ("values", "faults"):
        expected = getattr(whole, name).tolist()
        mixed = [value for part in parts for value in getattr(part, name).tolist()]
        assert repr(mixed) == repr([expected[at] for at in order])
        assert repr(getattr(twice, name).tolist()) == repr(expected * 3)


@pytest.mark.parametrize(("kind", "options", "_"), SPECS)
def test_reading_by_distinct_texts_and_by_cells_agree(
    kind: str, options: dict[str, Any], _: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = column(*SAMPLES, None, *SAMPLES)
    first = parse(cells, kind, **options)
    monkeypatch.setattr(values, "_repeats", lambda _: False)
    second = parse(cells, kind, **options)
    pd.testing.assert_series_equal(first.values, second.values)
    pd.testing.assert_series_equal(first.faults, second.faults)


def test_a_distinct_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def counted(texts: Any, **options: Any) -> Any:
        seen.append(len(texts))
        return KINDS["text"](texts, **options)

    monkeypatch.setitem(values.KINDS, "key", counted)
    monkeypatch.setattr(values, "_check_names", lambda *_: None)
    parse(column(*["a", "b", None] * 1000), "key")
    assert seen == [2]


def test_a_fault_is_one_short_line() -> None:
    fault = parse(column("第一行\n\x1b[31m" + "长" * 99), "integer").faults[0]
    assert fault == "not a number: '第一行  [31m" + "长" * 31 + "…'"


def test_reading_days_costs_less_than_reading_the_file() -> None:
    rng = np.random.default_rng(1)
    days = pd.date_range("2014-01-01", periods=4000).strftime("%Y/%m/%d").to_numpy()
    file = "d\n" + "\n".join(days[rng.integers(0, 4000, 200_000)])

    def cpu(what: Any) -> float:
        start = time.process_time()
        what()
        return time.process_time() - start

    table = pd.read_csv(BytesIO(file.encode()), dtype="str")
    reading = min(cpu(lambda: pd.read_csv(BytesIO(file.encode()), dtype="str")) for _ in range(3))
    assert min(cpu(lambda: parse(table["d"], "day")) for _ in range(3)) < reading
