"""Source checks: code sets in order, classes apart, and tables and fields that can be made in some order."""

import pytest

from riskml.errors import StudyError
from riskml.records.source import parse_source
from riskml.records.source_checks import settling_order
from small_sources import TOP, VISITS, small_source

ITEMS = """
words = { from = ["words"] }
[table.items]
form = "text"
field = "words"
"""


def classes(*lines: str) -> str:
    """A table with items of these classes, each line an inline table."""
    return VISITS.replace("[[table.emit]]", f"{ITEMS}class = [{', '.join(lines)}]\n[[table.emit]]")


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        (
            '{ from = "2018-07-01", name = "b" }, { from = "2010-01-01", name = "a" }',
            "'a' is from 2010-01-01, but the one",
        ),
        (
            '{ from = "2018-07-01", name = "b" }, { from = "2018-07-01", name = "a" }',
            "before it from 2018-07-01; sort them",
        ),
        ('{ from = "2018-07", name = "b" }', "from must be a day like 2018-07-01, got '2018-07'"),
        ('{ from = "2018-02-30", name = "b" }', "got '2018-02-30'"),
        (
            '{ from = "2010-01-01", name = "b" }, { from = "2018-07-01", name = "b" }',
            "a name comes twice in ['b', 'b']",
        ),
        ('{ from = "2010-01-01" }', "lacks ['name']"),
        ('{ from = "2010-01-01", name = "b", to = "2011-01-01" }', "unknown 'to'"),
        ("", "label_versions is empty"),
    ],
)
def test_code_sets_whose_days_do_not_rise_are_refused(versions: str, message: str) -> None:
    with pytest.raises(StudyError) as caught:
        small_source(VISITS, top=f"label_versions = [{versions}]")
    assert message in str(caught.value)


def test_days_of_code_sets_may_be_dates_of_toml() -> None:
    top = 'label_versions = [{ from = 2010-01-01, name = "a" }, { from = 2018-07-01, name = "b" }]'
    assert small_source(VISITS, top=top).label_versions == (("2010-01-01", "a"), ("2018-07-01", "b"))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ['{ first = 9, last = 1, code = "A" }'],
            "class 1: first and last must be whole numbers, first <= last; got 9 and 1",
        ),
        (['{ first = "1", last = 9, code = "A" }'], "got '1' and 9"),
        (['{ first = true, last = 9, code = "A" }'], "got True and 9"),
        (['{ first = 1, code = "A" }'], "class 1 lacks ['last']"),
        (['{ is = "1", code = "A" }'], "is must be a list of texts, got '1'"),
        (
            ['{ first = 1, last = 9, code = "A" }', '{ first = 9, last = 12, code = "B" }'],
            "classes 1 and 2 both claim items 9 to 9; an item has one class",
        ),
        (['{ is = ["x", "y"], code = "A" }', '{ is = ["y"], code = "B" }'], "both claim item 'y'"),
        (['{ code = "A" }', '{ code = "B" }'], "both claim every item that no other class claims"),
        (['{ code = "A", version = "small-1" }', '{ code = "B" }'], "both claim every item"),
        (['{ code = "A", version = "other" }'], "items: class version: unknown 'other'; allowed are ['small-1']"),
        (["7"], "class 1 must be a section with keys of its own, got 7"),
    ],
)
def test_classes_that_cannot_be_told_apart_are_refused(lines: list[str], message: str) -> None:
    with pytest.raises(StudyError) as caught:
        small_source(classes(*lines))
    assert message in str(caught.value)


def test_classes_of_two_code_sets_may_claim_the_same_items_and_a_range_may_hold_one_of_its_own() -> None:
    top = 'label_versions = [{ from = "2010-01-01", name = "a" }, { from = "2018-07-01", name = "b" }]'
    lines = [
        '{ first = 1, last = 9, code = "A", version = "a" }',
        '{ first = 5, last = 12, code = "B", version = "b" }',
    ]
    one = [
        '{ is = ["7"], code = "C", version = "a" }',
        '{ code = "D", version = "a" }',
        '{ code = "E", version = "b" }',
    ]
    found = small_source(classes(*one, *lines), top=top).tables[0].items
    assert found is not None
    assert len(found.classes) == 5


def linked_tables(*joins: tuple[str, str]) -> str:
    """Tables a, b and c, each looking into others."""
    text = ""
    for name in "abc":
        text += f'[[table]]\nname = "{name}"\n[table.fields]\nid = ["id"]\nmore = ["more"]\n'
        text += "".join(
            f'[[table.join]]\ntable = "{other}"\non = "id"\ntake = ["more"]\n' for one, other in joins if one == name
        )
    return text


def test_tables_that_look_into_each_other_in_a_circle_are_refused() -> None:
    with pytest.raises(StudyError, match=r"in a circle: \['a', 'b', 'a'\]|in a circle: \['b', 'a', 'b'\]"):
        small_source(VISITS + linked_tables(("a", "b"), ("b", "a")))
    with pytest.raises(StudyError, match=r"in a circle: \['c', 'c'\]"):
        small_source(VISITS + linked_tables(("c", "c")))


def test_a_table_is_settled_after_those_it_looks_into() -> None:
    order = settling_order(small_source(VISITS + linked_tables(("a", "c"), ("c", "b"))).tables)
    assert [name for name in order if name != "visits"] == ["b", "c", "a"]


def test_a_field_made_of_one_that_is_made_later_is_refused() -> None:
    fields = 'one = { value = ["two", "id"] }\ntwo = { value = "id" }\n'
    with pytest.raises(StudyError, match="field one: is made of 'two', which is made after it; move it up"):
        small_source(VISITS.replace("day = {", fields + "day = {"))
    with pytest.raises(StudyError, match="field one: is made of 'one'"):
        small_source(VISITS.replace("day = {", 'one = { value = "{one}:{id}" }\nday = {'))


def test_a_field_that_is_a_day_here_and_text_there_is_not_looked_up() -> None:
    other = '[[table]]\nname = "other"\n[table.fields]\nid = ["id"]\nday = ["day"]\n'
    join = '[[table.join]]\ntable = "other"\non = "id"\ntake = ["day"]\n[[table.emit]]'
    with pytest.raises(StudyError, match="join take: 'day' is day here and text in 'other'"):
        small_source(VISITS.replace("[[table.emit]]", join) + other)


def test_the_same_text_is_read_once_and_another_one_anew() -> None:
    text = f"{TOP}\n{VISITS}"
    assert parse_source(text, where="x") is parse_source(text, where="x")
    assert parse_source(text, where="y") is not parse_source(text, where="x")
    with pytest.raises(StudyError, match="z is not valid TOML"):
        parse_source("a =", where="z")
