"""Codes, actions, the feature program and sizes in a forged model.json: every key, type and bound is held."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from riskml.scorer.errors import ArtifactError
from riskml.scorer.opening.arrays import pack, unpack
from riskml.scorer.opening.artifact import MAX_MESSAGE, MAX_TREES, open_artifact
from riskml.scorer.opening.manifest import MANIFEST, MAX_BYTES, MAX_OTHERS, canonical, manifest
from small_models import small_models

FILES = small_models()[0]
Change = Callable[[dict[str, Any]], object]


def forged(change: Change, name: str = "model.json") -> dict[str, bytes]:
    """The files with one JSON file edited and every checksum right."""
    table = json.loads(FILES[name])
    change(table)
    new = {**FILES, name: canonical(table)}
    return {**new, MANIFEST: manifest(new)}


def place(model: dict[str, Any], name: str) -> int:
    return [feature["name"] for feature in model["program"]["features"]].index(name)


def of(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The program's feature of a name."""
    return lambda model: model["program"]["features"][place(model, name)]


def many_windows(model: dict[str, Any]) -> None:
    for number in range(65):
        copy_of(model, "count", f"more {number}", window=number + 1)


def many_comparing(model: dict[str, Any]) -> None:
    for number in range(100):
        copy_of(model, "streak", f"more {number}")


def copy_of(model: dict[str, Any], name: str, new: str, **changes: Any) -> None:
    """One more feature like another; the trees do not use it."""
    listed = model["features"][place(model, name)]
    model["program"]["features"].append({**of(name)(model), "name": new, **changes})
    model["features"].append({**listed, "name": new})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m["known_codes"].reverse(), "known_codes must be sorted"),
        (lambda m: m["known_codes"].append("VISIT_FAIL"), "known_codes must be sorted"),
        (lambda m: m["known_codes"].remove("VISIT"), "codes must be known_codes"),
        (lambda m: m["known_codes"].append(7), r"known_codes\[6\] must be a text"),
        (lambda m: m.update(known_codes=[f"C{number:05}" for number in range(10_001)]), "at most 10000"),
        (lambda m: m["program"]["codes"].append("VISIT"), "codes must be known_codes, each once"),
        (lambda m: m["program"].update(codes=[[]] * 6), "must be a text"),
        (lambda m: m["program"].update(more=1), "needs exactly the keys"),
        (lambda m: m["program"]["tables"].append([]), "must be a list of weights"),
        (lambda m: m["program"]["tables"][0].append(-1), "weight that is not an integer"),
        (lambda m: m["program"].update(tables=[{}]), "must be a list of weights"),
        (lambda m: of("count")(m).update(window=1.0), "a window is 1 to"),
        (lambda m: of("count")(m).update(window=100_001), "a window is 1 to"),
        (lambda m: of("count")(m).update(skip_repaired=1), "unknown value 1; allowed are"),
        (lambda m: of("count")(m).update(codes={"4": 1}), "malformed|out of bounds"),
        (lambda m: of("count")(m).update(codes=[4.0]), "out of bounds"),
        (lambda m: of("count")(m).update(table=0), "needs exactly the keys"),
        (lambda m: of("decayed")(m).pop("table"), "malformed"),
        (lambda m: of("decayed")(m).update(table=0.0), "must be a whole number"),
        (lambda m: of("decayed")(m).update(table=False), "must be a whole number"),
        (lambda m: of("decayed")(m).update(table=1), "decay table 1 of 1"),
        (lambda m: of("last_value")(m).update(otherwise=7), "otherwise must be a text"),
        (lambda m: of("area")(m).update(column=[]), "column must be a text"),
        (lambda m: of("area")(m).update(column=""), "column must not be empty"),
        (lambda m: of("month")(m).update(column="x"), "needs exactly the keys"),
        (lambda m: of("other_share")(m).update(fact=-1), "out of bounds"),
        (lambda m: of("other_share")(m).update(prior=10**6), "a prior is 1 to"),
        (lambda m: of("other_count")(m).update(prior="x"), "must be a whole number"),
        (lambda m: m["program"]["context"]["groups"][1].update(step=1e-7), "degrees from"),
        (lambda m: m["program"]["context"]["groups"][1].update(step=1e300), "degrees from"),
        (lambda m: m["program"]["context"]["groups"][1].update(reading="eval"), "unknown step or reading"),
        (lambda m: m["program"]["context"]["groups"][1].update(columns="lon"), "columns must be a list"),
        (lambda m: m["program"]["context"]["groups"][1].update(columns=["lon"] * 11), "at most 10"),
        (lambda m: m["program"]["context"]["groups"][1].update(name=None), "name must be a text"),
        (lambda m: m["program"]["context"].update(seen=True), "out of bounds"),
        (lambda m: m["program"]["context"]["facts"][0].update(aggregate="sum"), "needs exactly the keys"),
        (many_windows, "different windows; at most 64"),
        (many_comparing, "compare events with each other; at most 100"),
        (lambda m: m["actions"][0].update(kind="bribe"), "unknown value 'bribe'; allowed are"),
        (lambda m: m["actions"][0].update(name="repair"), "two actions have the same name"),
        (lambda m: m["actions"][0].update(codes=["NEW"]), "names a code that is not in known_codes"),
        (lambda m: m["actions"][0].update(after_days=-1), "from 0 to 36525"),
        (lambda m: m["actions"][0].update(text_zh="x" * 10_001), "at most 10000 characters"),
        (lambda m: m["actions"].extend([m["actions"][0]] * 100), "at most 100"),
        (lambda m: m["features"][4]["category_names"].pop(), "one pair of names for each category"),
        (lambda m: m["features"][4]["category_names"][0].pop(), "an English and a Chinese name"),
        (lambda m: m["features"][0].update(category_names=[["a", "b"]]), "one pair of names for each category"),
        (lambda m: m["trees"].update(count=MAX_TREES + 1), "1 to 50000 trees are allowed"),
        (lambda m: m["trees"].update(count=0), "1 to 50000 trees are allowed"),
        (lambda m: m["trees"].update(count=6.0), "1 to 50000 trees are allowed"),
    ],
)  # fmt: skip
def test_a_forged_header_or_program_is_refused(change: Change, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        open_artifact(forged(change))


def test_what_is_still_within_bounds_is_taken() -> None:
    def fill(model: dict[str, Any]) -> None:
        for number in range(40):
            copy_of(model, "count", f"more {number}", window=number + 1)
        for number in range(90):
            copy_of(model, "streak", f"again {number}")

    files = forged(fill)
    test, peers = json.loads(files["selftest.json"]), json.loads(files["peers.json"])
    test["rows"] = [row + [None] * 130 for row in test["rows"]]
    files |= {"selftest.json": canonical(test), "peers.json": canonical(peers)}
    files[MANIFEST] = manifest(files)
    assert len(open_artifact(files).header.features) == len(json.loads(FILES["model.json"])["features"]) + 130


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(as_of=-1), "a day number from 0"),
        (lambda c: c.update(as_of=10**4000), "a day number from 0"),
        (lambda c: c["totals"].__setitem__(0, 2**53 + 1), "whole numbers from 0 to 9007199254740992"),
        (lambda c: c["groups"]["brand"].update(x=[1, 2, 10**300]), "whole numbers from 0 to 9007199254740992"),
    ],
)
def test_days_and_counts_that_no_calendar_or_float_holds_are_refused(change: Change, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        open_artifact(forged(change, "context.json"))


@pytest.mark.parametrize("name", [name for name in MAX_BYTES if name != "trees.bin"])
def test_a_file_of_too_many_values_is_refused_before_it_is_read(name: str) -> None:
    limit = 2**23 if name == "context.json" else MAX_OTHERS
    new = {**FILES, name: b"[" + b"1," * limit + b"1]\n"}
    with pytest.raises(ArtifactError, match=f"{name} holds more than the {limit} values allowed"):
        open_artifact({**new, MANIFEST: manifest(new)})


@pytest.mark.parametrize("name", list(MAX_BYTES))
def test_a_file_too_large_is_refused_though_the_manifest_agrees(name: str) -> None:
    new = {**FILES, name: bytes(MAX_BYTES[name] + 1)}
    with pytest.raises(ArtifactError, match=f"the size of {name} must be 0 to {MAX_BYTES[name]} bytes"):
        open_artifact({**new, MANIFEST: manifest(new)})


@pytest.mark.parametrize("depth", [3, 50, 300, 700, 900, 1_500, 100_000])
def test_deep_nesting_is_refused_wherever_it_stands(depth: int) -> None:
    bomb = b"[" * depth + b"]" * depth
    for before in (b'"code_version":"0"', b'"window":null', b'"slope":1.25', b'"length":6', b'"cuts":[0.25,0.5]'):
        key = before.split(b":")[0]
        assert before in FILES["model.json"] or key == b'"length"'
        new = {**FILES, "model.json": FILES["model.json"].replace(before, key + b":" + bomb)}
        if new != FILES:
            with pytest.raises(ArtifactError):
                open_artifact({**new, MANIFEST: manifest(new)})


def test_a_self_test_of_endless_work_is_refused() -> None:
    def repeat(test: dict[str, Any]) -> None:
        for key in ("rows", "raw", "probability"):
            test[key] = test[key][:1] * 900
        test["changes"] = []

    model = json.loads(FILES["model.json"])
    arrays = {name: list(one) for name, one in unpack(model["trees"]["arrays"], FILES["trees.bin"]).items()}
    arrays["tree_start"] += [arrays["tree_start"][-1]] * 39_994
    arrays["leaf_value"] += [0.0] * 39_994
    arrays["leaf_count"] += [1] * 39_994
    described, trees = pack(arrays)
    model["trees"] = {"count": 40_000, "arrays": described}
    new = forged(repeat, "selftest.json") | {"model.json": canonical(model), "trees.bin": trees}
    with pytest.raises(ArtifactError, match=r"900 rows pass up to .* splits each; at most 16777216"):
        open_artifact({**new, MANIFEST: manifest(new)})


def test_a_message_never_shows_a_whole_file() -> None:
    def swell(model: dict[str, Any]) -> None:
        model["trees"]["arrays"][0]["name"] = "x" * 1_000_000

    with pytest.raises(ArtifactError) as refused:
        open_artifact(forged(swell))
    assert len(str(refused.value)) <= MAX_MESSAGE + 4
