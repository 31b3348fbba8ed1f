"""Peers: what the quantiles may claim, who is compared with whom, and which tables are refused."""

import base64
import copy
import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.export.peers import _quantiles
from riskml.scorer.errors import ArtifactError
from riskml.scorer.explaining.peers import NO_PEERS, STEPS, Peers, pack_numbers, parse_peers, placed, rounded
from riskml.scorer.header import Feature


def feature(name: str, **changes: Any) -> Feature:
    texts = {"text_en": "", "text_zh": "", "reason_en": "", "reason_zh": ""}
    plain = {"name": name, "kind": "number", "unit": "", "monotone": 0, "low": 0.0, "high": 100.0, "categories": ()}
    return Feature(**texts | plain | changes)  # type: ignore[arg-type]


KIND = {"kind": "category", "low": None, "high": None, "categories": ("R4",)}
FEATURES = [feature("visits"), feature("kind", **KIND), feature("share", unit="share", low=None, high=None)]


def table(**changes: Any) -> dict[str, Any]:
    """Peers on two features: visits 0 to 20, of all 40 sites; shares 0 to 0.2, of half of those of a group."""
    steps = [[float(k), k / 100, k / 40] for k in range(STEPS + 1)]
    quantiles = pack_numbers([number for step in steps for number in step])
    group = {"sites": 40, "known": [40, 20], "quantiles": quantiles}
    named = {"text_en": "businesses of the same kind", "text_zh": "家同业态主体"}
    return {
        "as_of": 20000,
        "column": "format_code",
        **named,
        "compared": [0, 2],
        "groups": {"": {**group, "sites": 400, "known": [400, 200]}, "R4": group},
    } | changes


def peers(**changes: Any) -> Peers:
    return parse_peers(table(**changes), FEATURES)


def test_a_value_is_compared_with_sites_of_its_kind() -> None:
    compare = peers().of({"format_code": "R4"}, [13.5, 0.0, 0.05])
    found = compare(0)
    assert found is not None
    assert (found.group, found.sites, found.side, found.share, found.median) == ("R4", 40, "above", 0.65, 10.0)
    assert found.text_en == "higher than at least 65% of 40 businesses of the same kind (median 10)"
    assert found.text_zh == "高于 40 家同业态主体中的至少 65%（中位数 10）"
    share = compare(2)
    assert share is not None
    assert (share.sites, share.side, share.share) == (20, "below", 0.7)
    assert share.text_en == "lower than at least 70% of 20 businesses of the same kind (median 10%)"
    assert compare(1) is None


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (21.0, "higher than all 40 businesses of the same kind (median 10)", "高于全部 40 家同业态主体（中位数 10）"),
        (10.0, "at the median of 40 businesses of the same kind (10)", "与 40 家同业态主体的中位数（10）相同"),
        (-1.0, "lower than all 40 businesses of the same kind (median 10)", "低于全部 40 家同业态主体（中位数 10）"),
    ],
)
def test_the_ends_and_the_middle_are_said_as_such(value: float, en: str, zh: str) -> None:
    found = peers().of({"format_code": "R4"}, [value, 0.0, 0.0])(0)
    assert found is not None
    assert (found.text_en, found.text_zh) == (en, zh)


def test_a_missing_value_is_said_to_be_missing_elsewhere_too() -> None:
    compare = peers().of({"format_code": "R4"}, [math.nan, 0.0, math.nan])
    assert compare(0) is None
    found = compare(2)
    assert found is not None
    assert (found.side, found.share, found.sites, found.median) == ("missing", 0.5, 40, None)
    assert found.text_en == "as at 50% of 40 businesses of the same kind"
    assert found.text_zh == "40 家同业态主体中 50% 亦然"


def test_where_no_peer_has_a_value_there_is_nothing_to_compare() -> None:
    group = table()["groups"]["R4"] | {"known": [40, 0]}
    compare = peers(groups={"R4": group}).of({"format_code": "R4"}, [0.0, 0.0, 0.1])
    assert compare(2) is None
    assert compare(0) is not None


@pytest.mark.parametrize("site", [{"format_code": "C4"}, {"format_code": None}, {"format_code": math.nan}, {}])
def test_a_site_of_no_group_is_compared_with_all(site: dict[str, Any]) -> None:
    found = peers().of(site, [13.0, 0.0, 0.0])(0)
    assert found is not None
    assert (found.group, found.text_en) == ("", "higher than at least 60% of 400 businesses (median 10)")
    assert found.text_zh == "高于 400 家主体中的至少 60%（中位数 10）"
    only = peers(groups={"R4": table()["groups"]["R4"]})
    assert only.of(site, [13.0, 0.0, 0.0])(0) is None
    assert only.of_probability(site, 0.3) is None


def test_the_probability_is_compared_too() -> None:
    found = peers().of_probability({"format_code": "R4"}, 0.41)
    assert found is not None
    assert (found.side, found.share, found.sites) == ("above", 0.8, 40)
    assert found.text_en == "higher than at least 80% of 40 businesses of the same kind (median 25%)"


def test_an_empty_table_compares_nothing() -> None:
    found = parse_peers(dict(NO_PEERS), FEATURES)
    assert found.of({"format_code": "R4"}, [1.0, 0.0, 0.0])(0) is None
    assert found.of_probability({"format_code": "R4"}, 0.5) is None


NUMBERS = st.one_of(st.integers(-3, 12).map(float), st.floats(-1e6, 1e6, width=32), st.floats(-1.0, 1.0))


@settings(max_examples=100, deadline=None)
@given(sites=st.lists(NUMBERS, min_size=1, max_size=90), value=NUMBERS, own=st.booleans(), data=st.data())
def test_a_share_is_never_more_than_the_true_one(
    sites: list[float], value: float, own: bool, data: st.DataObject
) -> None:
    mine = rounded(data.draw(st.sampled_from(sites)) if own else value)
    kept = [rounded(one) for one in sites]
    quantiles = [rounded(one) for one in _quantiles(np.array(sites)).tolist()]
    side, share = placed(mine, quantiles)
    below, above = sum(one < mine for one in kept) / len(kept), sum(one > mine for one in kept) / len(kept)
    if side == "above":
        assert share <= below + 1e-12
        assert share > below - 1 / STEPS - 1e-12
    elif side == "below":
        assert share <= above + 1e-12
        assert share > above - 1 / STEPS - 1e-12
    else:
        assert max(below, above) <= 0.5


def test_quantiles_are_least_values_that_a_share_does_not_exceed() -> None:
    assert _quantiles(np.arange(1.0, 21.0)).tolist() == [1.0, *range(1, 21)]
    assert _quantiles(np.array([3.0])).tolist() == [3.0] * (STEPS + 1)
    assert _quantiles(np.array([0.0, 0.0, 0.0, 7.0]))[[0, 10, 15, 16, 20]].tolist() == [0.0, 0.0, 0.0, 7.0, 7.0]


def test_numbers_are_packed_as_little_endian_32_bit_floats() -> None:
    numbers = [0.0, -1.5, 1 / 3]
    assert base64.b64decode(pack_numbers(numbers)) == struct.pack("<3f", *numbers)
    assert rounded(1 / 3) == struct.unpack("<f", struct.pack("<f", 1 / 3))[0]
    assert rounded(1e300) == 2.0**127
    assert rounded(-1e300) == -(2.0**127)


def numbers_of(group: dict[str, Any]) -> list[float]:
    raw = base64.b64decode(group["quantiles"])
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))


def changed(place: int, value: float) -> Callable[[dict[str, Any]], None]:
    """One quantile of a group replaced."""

    def change(group: dict[str, Any]) -> None:
        numbers = numbers_of(group)
        numbers[place] = value
        group["quantiles"] = pack_numbers(numbers)

    return change


def shortened(group: dict[str, Any]) -> None:
    group["quantiles"] = pack_numbers(numbers_of(group)[:-1])


LAST = 3 * STEPS
FORGED: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (changed(0, -1.0), "out of the bounds"),
    (changed(LAST, 101.0), "out of the bounds"),
    (changed(LAST + 2, 1.5), "out of the bounds"),
    (changed(3, 2.5), "do not rise"),
    (changed(1, math.nan), "finite numbers"),
    (changed(LAST + 1, math.inf), "finite numbers"),
    (shortened, "needs 21 quantiles"),
    (lambda group: group.update(quantiles="###"), "in base64"),
    (lambda group: group.update(quantiles="AAA="), "in base64"),
    (lambda group: group.update(quantiles=None), "in base64"),
    (lambda group: group.update(quantiles="é"), "in base64"),
    (lambda group: group.update(known=[40]), "known must be 2 whole numbers"),
    (lambda group: group.update(known=[40, True]), "known must be 2 whole numbers"),
    (lambda group: group.update(known=[40, 20.0]), "known must be 2 whole numbers"),
    (lambda group: group.update(known=[40, 41]), "known must lie between 0 and the 40 sites"),
    (lambda group: group.update(known=[-1, 20]), "known must lie between 0 and the 40 sites"),
    (lambda group: group.update(sites=0), "sites must be a whole number"),
    (lambda group: group.update(sites=True), "sites must be a whole number"),
    (lambda group: group.update(sites=2**31), "sites must be a whole number"),
    (lambda group: group.update(median=1), "needs exactly the keys"),
    (lambda group: group.pop("known"), "needs exactly the keys"),
]


@pytest.mark.parametrize(("change", "message"), FORGED)
def test_a_forged_group_is_refused(change: Callable[[dict[str, Any]], object], message: str) -> None:
    forged = copy.deepcopy(table())
    change(forged["groups"]["R4"])
    with pytest.raises(ArtifactError, match=message):
        parse_peers(forged, FEATURES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"compared": [2, 0]}, "compared must list"),
        ({"compared": [0, 0]}, "compared must list"),
        ({"compared": [0, 1]}, "compared must list"),
        ({"compared": [0, 3]}, "compared must list"),
        ({"compared": [-1, 0]}, "compared must list"),
        ({"compared": [False, 2]}, "compared must list"),
        ({"compared": [0, [2]]}, "compared must list"),
        ({"compared": None}, "compared must list"),
        ({"compared": [0]}, "known must be 1 whole numbers"),
        ({"groups": []}, "groups must be an object"),
        ({"groups": {str(number): None for number in range(101)}}, "at most 100 groups"),
        ({"groups": {"R4": None}}, "needs exactly the keys"),
        ({"column": ""}, "column must be"),
        ({"column": 3}, "column must be a text"),
        ({"as_of": "2025-01-01"}, "as_of must be a day number"),
        ({"as_of": -1}, "as_of must be a day number"),
        ({"as_of": True}, "as_of must be a day number"),
        ({"text_en": None}, "text_en must be a text"),
        ({"text_zh": "x" * 10_001}, "text_zh must be a text"),
        ({"more": 1}, "needs exactly the keys"),
    ],
)
def test_a_forged_table_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        peers(**changes)


@pytest.mark.parametrize("wrong", [None, [], "peers", 3])
def test_what_is_no_table_is_refused(wrong: object) -> None:
    with pytest.raises(ArtifactError, match="needs exactly the keys"):
        parse_peers(wrong, FEATURES)
