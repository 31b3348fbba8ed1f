"""Items: the column-wise search for items finds what a search text by text finds."""

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.records.declarations import Items
from riskml.records.items import exploded_items
from riskml.records.set_values import PLACE
from small_sources import VISITS, small_source

SOURCE = small_source(VISITS)
CLASSES = ({"code": "FOUND"},)
TEXTS = st.lists(
    st.text(alphabet="1２a.|-\n é", max_size=12) | st.just("12. DIRTY | 7. COLD") | st.none(), min_size=1, max_size=6
)


@pytest.mark.parametrize("pattern", [r"^(?P<item>\d+)\.", r"(?P<item>[0-9a]+)(?=\.)", r"(?P<item>\w)-?$", ""])
@settings(max_examples=40)
@given(texts=TEXTS)
def test_items_are_those_that_a_search_text_by_text_finds(pattern: str, texts: list[str | None]) -> None:
    items = Items("text", CLASSES, field="words", separator="|", pattern=pattern)
    rows = pd.DataFrame({"words": pd.Series(texts, dtype="str"), PLACE: range(10, 10 + len(texts))})
    expected: dict[tuple[int, str], int] = {}
    for place, text in enumerate(texts):
        for part in (text or "").split("|") if text is not None else []:
            found = re.search(pattern, part.strip()) if pattern else None
            item = found["item"] if found else "" if pattern else part
            if item:
                expected[10 + place, item] = expected.get((10 + place, item), 0) + 1
    made, reasons = exploded_items(SOURCE, items, rows, ())
    assert dict(zip(zip(made[PLACE], made["item"], strict=True), made["item_count"], strict=True)) == expected
    assert list(zip(made[PLACE], made["item"], strict=True)) == list(expected)
    assert reasons == {}
    assert "words" not in made


def test_only_the_fields_asked_for_go_with_the_items() -> None:
    items = Items("matrix", CLASSES, prefix="v_")
    rows = pd.DataFrame({"v_1": pd.Series([2, None], dtype="Int64"), "site": ["a", "b"], "more": [1, 2], PLACE: [0, 1]})
    made, _ = exploded_items(SOURCE, items, rows, {"site"})
    assert made.drop(columns=["item_code", "item_severity"]).to_dict("records") == [
        {"site": "a", PLACE: 0, "item": "1", "item_count": 2}
    ]


def test_the_first_item_of_no_class_is_the_reason() -> None:
    items = Items("text", ({"is": ["a"], "code": "A"},), field="words", separator=",")
    rows = pd.DataFrame({"words": ["a,x,y", "a", "y"], PLACE: [3, 5, 8]})
    _, reasons = exploded_items(SOURCE, items, rows, ())
    assert reasons == {
        3: "words: item 'x' is in no class of the source's items",
        8: "words: item 'y' is in no class of the source's items",
    }
