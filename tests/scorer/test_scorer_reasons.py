"""Reasons: topics, their order and sums, and what an officer reads."""

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskml.features.catalog import load_catalog
from riskml.features.category_names import category_names
from riskml.scorer.explaining.peers import Comparison
from riskml.scorer.explaining.reasons import reasons
from riskml.scorer.explaining.topics import topics
from riskml.scorer.explaining.wording import said, sentence
from riskml.scorer.header import Feature

CATALOG = load_catalog()
NAMES = ["C4", "R3"]


def feature(name: str, **changes: Any) -> Feature:
    texts = {"text_en": f"The {name}", "text_zh": f"{name}项", "reason_en": f"{name} is {{value}}"}
    plain = {"name": name, "kind": "number", "unit": "", "reason_zh": "数值{value}", "monotone": 0}
    return Feature(**texts | plain | {"low": None, "high": None, "categories": ()} | changes)  # type: ignore[arg-type]


FOUR = [feature(name) for name in "abcd"]
NOTHING: list[list[str]] = [[], [], [], []]


def test_a_topic_is_one_reason_with_the_sum_of_its_features() -> None:
    up, down = reasons(FOUR, [1.0, 2.0, 3.0, 4.0], [0.5, -0.75, 0.5, 0.125], NOTHING, top=5, topics=(0, 1, 0, 0))
    assert [(one.feature, one.contribution, one.features) for one in up] == [("a", 1.125, ("a", "c", "d"))]
    assert [(one.feature, one.contribution, one.features) for one in down] == [("b", -0.75, ("b",))]
    assert (up[0].text_en, up[0].value) == ("a is 1", 1.0)
    assert (up[0].also_en, up[0].also_zh) == (("c is 3", "d is 4"), ("数值3", "数值4"))
    assert (down[0].also_en, down[0].also_zh) == ((), ())


def test_a_topic_speaks_with_the_feature_that_moved_it_its_own_way() -> None:
    up, down = reasons(FOUR, [1.0, 2.0, 3.0, 4.0], [-1.0, 0.75, 0.5, 0.0], NOTHING, top=5, topics=(0, 0, 0, 3))
    assert down == ()
    assert (up[0].feature, up[0].text_en, up[0].contribution) == ("b", "b is 2", 0.25)
    assert up[0].features == ("b", "a", "c")


def test_a_topic_whose_features_cancel_out_is_no_reason() -> None:
    assert reasons(FOUR, [1.0] * 4, [0.1, 0.2, -0.1, -0.2], NOTHING, top=5, topics=(0, 1, 0, 1)) == ((), ())


def test_equal_topics_keep_the_order_of_the_catalog() -> None:
    up, _ = reasons(FOUR, [1.0] * 4, [0.25, 0.5, 0.5, 0.25], NOTHING, top=5, topics=(0, 1, 2, 0))
    assert [one.feature for one in up] == ["a", "b", "c"]


def test_the_records_behind_the_spoken_feature_come_first_and_each_once() -> None:
    behind = [["e3", "e1"], [], ["e1", "e2"], ["e9"]]
    (one,), _ = reasons(FOUR, [1.0] * 4, [0.1, 0.0, 0.5, 0.0], behind, top=5, topics=(0, 1, 0, 0))
    assert one.event_ids == ("e1", "e2", "e3")


def test_only_reasons_given_are_compared_with_peers() -> None:
    asked: list[int] = []

    def compare(place: int) -> Comparison:
        asked.append(place)
        return Comparison("R4", 90, "same", 0.0, 1.0, "like others", "与同业相同")

    up, _ = reasons(FOUR, [1.0] * 4, [0.1, 0.2, 0.5, 0.3], NOTHING, top=2, topics=(0, 1, 0, 3), peers=compare)
    assert [one.feature for one in up] == ["c", "d"]
    assert asked == [2, 3]
    assert up[0].peers == compare(2)


@given(
    moved=st.lists(st.floats(-5, 5), min_size=1, max_size=12),
    data=st.data(),
)
def test_all_reasons_add_up_to_the_score_whatever_the_topics(moved: list[float], data: st.DataObject) -> None:
    n = len(moved)
    grouped = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    features = [feature(f"f{place}") for place in range(n)]
    up, down = reasons(features, [1.0] * n, moved, [[]] * n, top=n, topics=grouped)
    assert sum(one.contribution for one in up + down) == pytest.approx(sum(moved), abs=1e-12)
    assert all(one.contribution > 0 for one in up)
    assert all(one.contribution < 0 for one in down)
    for kind in (up, down):
        sizes = [abs(one.contribution) for one in kind]
        assert sizes == sorted(sizes, reverse=True)
    named = [name for one in up + down for name in one.features]
    assert len(named) == len(set(named))
    again = reasons(features, [1.0] * n, moved, [[]] * n, top=n, topics=grouped)
    assert (up, down) == again


def test_a_category_is_called_by_its_name_and_kept_by_its_code() -> None:
    kind = {"kind": "category", "categories": ("C4", "R3"), "category_names": (("small", "小"), ("store", "店"))}
    for value, kept, en in ((0.0, "C4", "a is small"), (1.0, "R3", "a is store")):
        (one,), _ = reasons([feature("a", **kind)], [value], [1.0], [[]], top=1)
        assert (one.value, one.text_en) == (kept, en)
    for value in (math.nan, 2.0, -1.0):
        (one,), _ = reasons([feature("a", **kind)], [value], [1.0], [[]], top=1)
        assert one.value is None
        assert one.text_en == "The a: not on record, or none that the model knows"
        assert one.text_zh == "a项：无记录，或不在模型所知类别之内"


def test_topics_of_the_catalog_are_what_reads_the_same_records() -> None:
    names = CATALOG.names
    place = topics(CATALOG.program({"format_code": NAMES, "industry_class": ["sales"]}))
    topic = {name: names[first] for name, first in zip(names, place, strict=True)}
    told = {name for name, first in topic.items() if first == "fails_180d"}
    assert told == {
        "fails_180d", "fails_365d", "fails_all", "fail_share_1095d", "fails_decayed", "fails_trend_365d",
        "days_since_last_fail", "visits_since_fail",
    }  # fmt: skip
    assert topic["clean_streak"] == topic["broad_365d"] == "days_since_last_clean_visit"
    assert topic["visit_points_decayed"] == "last_visit_points"
    assert topic["critical_items_decayed"] == "critical_items_365d"
    assert topic["format_fail_share_1095d"] == "format_fail_share_365d"
    assert topic["person_penalties_1095d"] == "person_penalties_1095d"
    assert topic["person_sites"] == "person_sites"
    assert topic["visits_365d"] == topic["days_since_last_visit"] != topic["followups_365d"]
    assert all(place[first] == first for first in place)


def values(one: Any) -> list[float]:
    return [0.0, 1.0, 12345.6] if one.unit != "share" else [0.0, 0.01, 0.1234, 1.0]


@pytest.mark.parametrize("one", CATALOG.features, ids=lambda one: one.name)
def test_every_sentence_of_the_catalog_reads_well(one: Any) -> None:
    texts = [said(one, value) for value in values(one)] if not one.is_category else [said(one, "C4", category=True)]
    for en, zh in texts:
        assert not set("{}|") & set(en + zh)
        assert not one.unit or not re.search(rf"(?<![\d.])1 (?:[\w-]+ ){{0,3}}{one.unit}\b", en), en
        assert not re.search(r"\b(?:0|12345\.6) (?:visit|day|order|case|penalty|sample|complaint|site)\b", en), en
        assert "is are" not in en
        assert "  " not in en + zh
    assert said(one, None) == (f"{one.text_en}: not on record", f"{one.text_zh}：无记录")


def test_one_and_many_are_told_apart_by_what_is_read() -> None:
    template = "{value} {visit was|visits were} made"
    shown = [sentence(template, value, "", "") for value in (0.0, 1.0, 2.0, 1.004, 1.01, -1.0)]
    assert shown == [
        "0 visits were made", "1 visit was made", "2 visits were made", "1 visit was made", "1.01 visits were made",
        "-1 visit was made",
    ]  # fmt: skip
    assert sentence(template, 0.01, "share", "") == "1% visits were made"


def test_a_value_is_never_read_as_a_template() -> None:
    assert sentence("kind: {value}", "{one|many} {value}", "", "") == "kind: {one|many} {value}"
    assert sentence("{value.__class__} {0} {a|b}", "x", "", "") == "{value.__class__} {0} b"


def test_names_are_given_only_where_every_code_is_of_the_list() -> None:
    assert category_names("format_code", []) == []
    assert category_names("office", ["C4"]) == []
    assert category_names("format_code", [*NAMES, "Restaurant"]) == []
    for column in ("format_code", "industry_class"):
        listed = {"format_code": ["R4", "C4"], "industry_class": ["maker", "sales", "catering", "workshop"]}[column]
        pairs = category_names(column, listed)
        assert len(pairs) == len(listed)
        assert all(en and zh and en.isascii() and not zh.isascii() for en, zh in pairs)
