"""Source files: unknown and missing keys, codes and columns are refused before a row is read."""

from pathlib import Path

import pytest

from riskml.errors import StudyError
from riskml.records.outcomes import OutcomeRule
from riskml.records.source import load_source, parse_source, source_names
from small_sources import TOP, VISITS

MINIMAL = """
name = "bare"
label_version = "1"
[lag]
days = 0
[changes]
risk_category = "RISK_CATEGORY"
[[table]]
name = "visits"
key = ["id"]
[table.fields]
id = { from = "No", required = true }
site = "Site"
day = { from = "Day", as = "day" }
type = "Type"
risk = { from = "Risk", as = "integer" }
[table.codes.type]
"*" = "RI"
[table.items]
form = "matrix"
prefix = "v_"
[[table.items.class]]
first = 1
last = 2
code = "VIOL_MINOR"
[[table.emit]]
to = "sites"
set = { site_id = "site", risk_category = "risk" }
[[table.emit]]
to = "inspections"
set = { inspection_id = "id", site_id = "site", visited_on = "day", visit_type = "type", result = { const = "pass" } }
[outcome]
visit_types = ["RI"]
follow_up_days = 0
settling_days = 1
[outcome.fail]
results = ["fail"]
"""
WRONG = {
    "no TOML": ("[lag]", "[lag", "is not valid TOML"),
    "unknown section": ("[lag]", "[lags]", "unknown 'lags'; allowed are ['changes'", "did you mean 'lag'?"),
    "missing section": ("[lag]\ndays = 0", "", "lacks ['lag']"),
    "unknown key of the lag": (
        "[lag]\ndays = 0",
        "[lag]\ndays = 0\ndais = 0",
        "[lag]: unknown 'dais'; allowed are ['days', 'provenance']",
    ),
    "missing key of the lag": ("[lag]\ndays = 0", "[lag]", "days"),
    "value for a section": (
        "[lag]\ndays = 0",
        "[[lag]]\ndays = 0",
        "[lag] must be a section with keys of its own, got [",
    ),
    "lag that is no number": ("[lag]\ndays = 0", '[lag]\ndays = "x"', "[lag] days must be a whole number of 0 or more"),
    "change of an unknown column": ('risk_category = "R', 'risc = "R', "unknown 'risc'; allowed are ['risk_category']"),
    "change of a text": ('risk_category = "R', 'format_code = "R', "(whole numbers of a site): unknown 'format_code'"),
    "table without a name": ('name = "visits"', "", "table '?' lacks ['name']"),
    "codes of an unknown field": ("[table.codes.type]", "[table.codes.typ]", "codes: unknown 'typ'", "mean 'type'?"),
    "unknown option of a field": (
        'as = "day" }',
        'as = "day", formts = ["%Y"] }',
        "field day: kind 'day' has no option",
    ),
    "unknown key of a class": ("first = 1", "from = 1", "items: class 1: unknown 'from'"),
    "class without a code": ('code = "VIOL_MINOR"', "", "items: class 1 lacks ['code']"),
    "class without an end": ("last = 2", "", "items: class 1 lacks ['last']"),
    "emit without columns": (
        'set = { site_id = "site", risk',
        '# set = { site_id = "site", risk',
        "emit lacks ['set']",
    ),
    "unknown key of a table": ('key = ["id"]', 'keys = ["id"]', "table 'visits': unknown 'keys'"),
    "table without fields": ("[table.fields]", "[table.feelds]", "unknown 'feelds'", "did you mean 'fields'?"),
    "unknown kind": ('as = "day"', 'as = "date"', "field day: unknown kind 'date'; allowed are ['text'"),
    "key of an unknown field": ('key = ["id"]', 'key = ["no"]', "key: unknown 'no'; allowed are ['day', 'id'"),
    "unknown form": ('form = "matrix"', 'form = "list"', "items: form must be matrix or text, got 'list'"),
    "unknown key of items": ('prefix = "v_"', 'prefx = "v_"', "items: unknown 'prefx'", "did you mean 'prefix'?"),
    "unknown target": ('to = "sites"', 'to = "site"', "`to` must be one of ['sites', 'events'"),
    "unknown column": ('risk_category = "risk"', 'risk_class = "risk"', "emit to sites: unknown 'risk_class'"),
    "emit of an unknown field": (
        'site_id = "site", v',
        'site_id = "sight", v',
        "unknown 'sight'",
        "did you mean 'site'?",
    ),
    "unknown outcome": (
        "[outcome.fail]",
        "[outcome.fial]",
        "[outcome]: unknown ['fial']; allowed are ['fail', 'fail_b",
    ),
    "no primary outcome": ("[outcome.fail]", "[outcome.fail_broad]", "[outcome] lacks ['fail']"),
    "unknown result": ('["fail"]', '["failed"]', "[outcome.fail] results: unknown ['failed']; allowed are ['cond"),
    "unknown visit type": ('["RI"]', '["R1"]', "visit_types: unknown ['R1']"),
    "text for a list": ('results = ["fail"]', 'codes = "VIOL"', "['codes'] must be lists; write them in brackets"),
    "days that are no number": ("settling_days = 1", "settling_days = 1.5", "{'settling_days': 1.5} must be whole"),
    "days below 0": ("follow_up_days = 0", "follow_up_days = -1", "{'follow_up_days': -1} must be whole numbers"),
}
"""What is changed in `MINIMAL`, into what, and what the message says."""


def test_the_sources_that_come_with_riskml_can_be_read() -> None:
    assert "chicago" in source_names()
    for name in source_names():
        assert load_source(name).name == name


def test_a_source_of_your_own_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "bare.toml").write_text(MINIMAL)
    source = load_source(str(tmp_path / "bare.toml"))
    assert (source.name, source.title) == ("bare", "bare")
    assert source.outcome.recheck_days == 14


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_source_file_is_refused_with_the_place_and_what_is_allowed(case: str) -> None:
    before, after, *messages = WRONG[case]
    assert before in MINIMAL
    with pytest.raises(StudyError) as caught:
        parse_source(MINIMAL.replace(before, after), where="bare.toml")
    assert str(caught.value).startswith("bare.toml")
    for message in messages:
        assert message in str(caught.value)


def test_an_unknown_source_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"unknown source 'chicgo'; known are .*did you mean 'chicago'"):
        load_source("chicgo")
    with pytest.raises(StudyError, match="is not a file; name a source TOML"):
        load_source(str(tmp_path / "none.toml"))


@pytest.mark.parametrize("name", source_names())
def test_an_outcome_rule_comes_back_from_its_own_words(name: str) -> None:
    rule = load_source(name).outcome
    assert OutcomeRule.from_dict(rule.as_dict(), where="again") == rule


def test_a_source_may_extend_another_and_says_only_what_differs() -> None:
    mine = TOP.replace('name = "small"', 'extends = "lives"\nname = "small"') + VISITS
    source, below = parse_source(mine, where="mine.toml"), load_source("lives")
    assert [table.name for table in source.tables] == ["visits", *(table.name for table in below.tables)]
    assert (source.name, source.lag_days, source.outcome.settling_days) == ("small", 2, 3)
    assert source.encodings == below.encodings
    with pytest.raises(StudyError, match="extends unknown source 'livs'"):
        parse_source(mine.replace('"lives"', '"livs"'), where="mine.toml")


def test_a_source_with_a_byte_order_mark_is_read_and_one_of_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    path.write_text(TOP + VISITS, encoding="utf-8-sig")
    assert load_source(str(path)).name == parse_source(TOP + VISITS, where="text").name
    path.write_bytes((TOP + VISITS + "\n# 检查记录\n").encode("gbk"))
    with pytest.raises(StudyError, match=r"town.toml is not UTF-8 .*save it with the encoding UTF-8"):
        load_source(str(path))
