"""Fields: a column read by its distinct texts gives what each cell read alone gives."""

import pandas as pd
import pytest

from riskml.records.declarations import Field
from riskml.records.fields import Cells, read_field
from riskml.records.values import parse
from small_sources import VISITS, small_source

SOURCE = small_source(VISITS, top='missing = ["停业"]')
WORDS = [
    "符合",
    " 符合 ",
    "不符合",
    "",
    "/",
    "2024-05-06",
    "２０２４／５／７",
    "2024-02-30",
    "停业",
    "a；b",
    "b",
    "12",
    "1.5",
]
FIELDS = {
    "text": Field(("x",)),
    "day": Field(("x",), "day"),
    "number": Field(("x",), "number"),
    "integer": Field(("x",), "integer"),
    "coded": Field(("x",), "coded", options={"codes": {"符合": "pass", "~.*不符合.*": "fail"}}),
    "rejecting": Field(("x",), "text", reject=("b", "符合")),
    "pattern": Field(("x",), "integer", pattern="^2024-0?([0-9])"),
    "parts": Field(("x",), "list", options={"separators": "；"}, parts={"a": "A", "b": "B"}),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_cell_says_the_same_whether_it_is_read_once_or_with_its_likes(name: str) -> None:
    texts = pd.Series(WORDS, dtype="str")
    single = read_field(SOURCE, FIELDS[name], Cells.of(texts))
    several = read_field(SOURCE, FIELDS[name], Cells.of(pd.concat([texts, texts[::-1], texts])))
    size = len(WORDS)
    order = [*range(size), *reversed(range(size)), *range(size)]
    pd.testing.assert_series_equal(several.values, single.values.iloc[order].reset_index(drop=True))
    faults = dict(zip(single.places.tolist(), single.faults, strict=True))
    assert several.places.tolist() == [place for place, at in enumerate(order) if at in faults]
    assert several.faults.tolist() == [faults[at] for at in order if at in faults]
    assert several.missing.tolist() == [place for place, at in enumerate(order) if at in set(single.missing)]


@pytest.mark.parametrize("name", FIELDS)
def test_a_cell_says_the_same_alone_and_among_others(name: str) -> None:
    together = read_field(SOURCE, FIELDS[name], Cells.of(pd.Series(WORDS, dtype="str")))
    for place, text in enumerate(WORDS):
        alone = read_field(SOURCE, FIELDS[name], Cells.of(pd.Series([text], dtype="str")))
        assert alone.values.isna()[0] == together.values.isna()[place]
        assert alone.values.isna()[0] or alone.values[0] == together.values[place]
        assert alone.faults.tolist() == together.faults[together.places == place].tolist()


def test_few_distinct_texts_are_read_once_and_many_as_they_stand() -> None:
    few, many = (
        Cells.of(pd.Series(["a", "b"] * 50, dtype="str")),
        Cells.of(pd.Series([str(number) for number in range(100)], dtype="str")),
    )
    assert few.texts.to_pylist() == ["a", "b"]
    assert few.codes is not None
    assert few.codes.tolist() == [0, 1] * 50
    assert many.codes is None
    assert len(many.texts) == 100


def test_a_reason_is_the_fault_of_the_cell_or_that_it_is_missing() -> None:
    texts = pd.Series(["2024-05-06", "?", "", "?"], dtype="str")
    made = read_field(SOURCE, FIELDS["day"], Cells.of(texts))
    assert made.missing.tolist() == [1, 2, 3]
    assert made.reasons("day", made.missing) == ["day: not a day: '?'", "day: is missing", "day: not a day: '?'"]
    assert parse(texts, "day").faults.dropna().tolist() == made.faults.tolist()
