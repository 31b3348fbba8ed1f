"""Damaged and forged artifacts are refused, and nothing in them is executed."""

import hashlib
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.scorer import Scorer
from riskml.scorer.errors import ArtifactError
from riskml.scorer.opening.arrays import LAYOUT, pack, unpack
from riskml.scorer.opening.artifact import MANIFEST, VERSION, canonical, manifest, open_artifact, read_artifact

NAMES = ["context.json", "manifest.json", "model.json", "peers.json", "selftest.json", "trees.bin"]


def flipped(files: dict[str, bytes], name: str, place: int, bits: int) -> dict[str, bytes]:
    data = bytearray(files[name])
    data[place] ^= bits
    return {**files, name: bytes(data)}


def test_the_untouched_files_open(files: dict[str, bytes]) -> None:
    assert open_artifact(files).header.name == "test model"


def test_any_bit_flipped_in_the_manifest_is_refused(files: dict[str, bytes]) -> None:
    for place in range(len(files[MANIFEST])):
        for bit in range(8):
            with pytest.raises(ArtifactError):
                open_artifact(flipped(files, MANIFEST, place, 1 << bit))


@pytest.mark.parametrize("name", [name for name in NAMES if name != MANIFEST])
def test_any_byte_changed_in_another_file_is_refused(files: dict[str, bytes], name: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, len(files[name]) - 1), st.integers(1, 255))
    def check(place: int, bits: int) -> None:
        with pytest.raises(ArtifactError, match=f"{name} was changed after it was written"):
            open_artifact(flipped(files, name, place, bits))

    check()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_off_or_with_more_at_its_end_is_refused(files: dict[str, bytes], name: str) -> None:
    for data in (b"", files[name][:-1], files[name] + b" ", files[name] + b"\n"):
        with pytest.raises(ArtifactError):
            open_artifact({**files, name: data})


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_a_link_or_a_folder_is_refused(files: dict[str, bytes], name: str, tmp_path: Path) -> None:
    for other in NAMES:
        if other != name:
            (tmp_path / other).write_bytes(files[other])
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_artifact(tmp_path)
    (tmp_path / "elsewhere").write_bytes(files[name])
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match="must be a plain file"):
        read_artifact(tmp_path)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(ArtifactError, match="must be a plain file"):
        read_artifact(tmp_path)
    (tmp_path / name).rmdir()
    os.mkfifo(tmp_path / name)
    with pytest.raises(ArtifactError, match="must be a plain file"):
        read_artifact(tmp_path)


def test_a_file_beyond_the_size_limit_is_refused_without_reading_it_all(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    for name in NAMES:
        (tmp_path / name).write_bytes(files[name])
    (tmp_path / MANIFEST).write_bytes(b" " * 10_000)
    with pytest.raises(ArtifactError, match="larger than the 4096 bytes allowed"):
        read_artifact(tmp_path)


def test_other_files_in_the_folder_do_not_matter(files: dict[str, bytes], tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_bytes(files[name])
    (tmp_path / "report.html").write_text("report", encoding="utf-8")
    assert read_artifact(tmp_path).digest == json.loads(files[MANIFEST])["digest"]


def edit_manifest(original: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
    table = {key: value for key, value in json.loads(original[MANIFEST]).items() if key != "digest"} | changes
    digest = hashlib.sha256(canonical(table)).hexdigest()
    return {**original, MANIFEST: canonical({**table, "digest": digest})}


def test_a_manifest_that_names_other_files_is_refused(files: dict[str, bytes]) -> None:
    assert open_artifact(edit_manifest(files)).digest == open_artifact(files).digest
    listed = json.loads(files[MANIFEST])["files"]
    entries: Any
    for entries in ({**listed, "../../secret": listed["trees.bin"]}, {}, [], {"trees.bin": listed["trees.bin"]}):
        with pytest.raises(ArtifactError, match="must list exactly the files"):
            open_artifact(edit_manifest(files, files=entries))
    with pytest.raises(ArtifactError, match=r"manifest\.json was changed"):
        open_artifact(edit_manifest(files, note="one key more"))


@pytest.mark.parametrize("version", [0, VERSION + 1, str(VERSION), float(VERSION), True, None])
def test_another_version_is_refused(files: dict[str, bytes], forge: Any, version: Any) -> None:
    with pytest.raises(ArtifactError, match="this scorer reads 'riskml-artifact' version 3"):
        open_artifact(edit_manifest(files, version=version))
    with pytest.raises(ArtifactError, match="this scorer reads 'riskml-artifact' version 3"):
        open_artifact(forge(lambda model: model.update(version=version)))


def test_an_artifact_of_an_earlier_version_is_called_that_though_it_lacks_files(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    for name, data in edit_manifest(files, version=2).items():
        if name != "peers.json":
            (tmp_path / name).write_bytes(data)
    with pytest.raises(ArtifactError, match=r"version 2 is not known; .* Export the model again"):
        read_artifact(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format="pickle"), "format 'pickle'"),
        (lambda m: m.update(command="rm"), "needs exactly the keys"),
        (lambda m: m.pop("name"), "needs exactly the keys"),
        (lambda m: m.update(name=""), "name must not be empty"),
        (lambda m: m.update(horizon_days=0), "number of days"),
        (lambda m: m.update(horizon_days=True), "number of days"),
        (lambda m: m.update(trained_to="20250101"), "a day like 2025-06-01"),
        (lambda m: m.update(expires_on="2024-01-01"), "must lie after"),
        (lambda m: m.update(label_versions="1"), "must be a list"),
        (lambda m: m.update(features="area"), "must be a list"),
        (lambda m: m.update(program=[]), "program must be an object"),
        (lambda m: m.update(data_hash=5), "must be a text"),
        (lambda m: m["features"][2].update(low=0.0), "a category has no low or high"),
        (lambda m: m.update(trained_to="2025-02-30"), "a day like 2025-06-01"),
        (lambda m: m["features"].clear(), "other features or categories|different names"),
        (lambda m: m["features"][0].update(kind="text"), "unknown value 'text'; allowed are"),
        (lambda m: m["features"][0].update(monotone=2), "unknown value 2; allowed are"),
        (lambda m: m["features"][0].update(monotone=True), "unknown value True; allowed are"),
        (lambda m: m["features"][0].update(tags=["assignment"]), "needs exactly the keys"),
        (lambda m: m["features"][0].update(low="0"), "finite number"),
        (lambda m: m["features"][1].update(low=2000), "lies above high"),
        (lambda m: m["features"][0].update(name="visits"), "different names"),
        (lambda m: m["features"][0].update(name="surface"), "the feature program makes other features"),
        (lambda m: m["features"][0].update(categories=["a"]), "a number an empty one"),
        (lambda m: m["features"][2].update(categories=[]), "needs a list of categories"),
        (lambda m: m["features"][2]["categories"].reverse(), "the feature program makes other features"),
        (lambda m: m["features"][2]["categories"].append("kind_of_shop 0"), "listed twice"),
        (
            lambda m: m["features"].append(m["features"][0] | {"name": "more"}),
            "the feature program makes other features",
        ),
        (lambda m: m["program"].clear(), "program"),
        (lambda m: m["program"].update(features=7), "program is malformed"),
        (lambda m: m["program"]["features"][0].update({"from": "shell"}), "unknown origin 'shell'"),
        (lambda m: m["calibration"].update(kind="spline"), "unknown kind 'spline'"),
        (lambda m: m["calibration"].update(slope=0), "above 0"),
        (lambda m: m["calibration"].update(slope=10**400), "finite number"),
        (lambda m: m["calibration"].update(extra=1), "needs exactly the keys"),
        (lambda m: m["levels"].update(cuts=[0.5, 0.25]), "cuts must rise"),
        (lambda m: m["levels"].update(cuts=[0.25, 0.25]), "cuts must rise"),
        (lambda m: m["levels"].update(cuts=[0.25, 1.0]), "cuts must rise"),
        (lambda m: m["levels"].update(cuts=[0.25]), "3 levels need one cut less, got 1"),
        (lambda m: m["levels"]["names"][0].update(code="B"), "same code"),
        (lambda m: m["trees"].update(count=4), "4 trees declared"),
        (lambda m: m["trees"].update(code="x"), "needs exactly the keys"),
        (lambda m: m["trees"]["arrays"].pop(), "need the arrays"),
        (lambda m: m["trees"]["arrays"].reverse(), "trees"),
        (lambda m: m["trees"]["arrays"][2].update(length=2**60), "does not fit into"),
        (lambda m: m["trees"]["arrays"][2].update(length=-1), "does not fit into"),
        (lambda m: m["trees"]["arrays"][2].update(length=1), "but the arrays declared"),
        (lambda m: m["trees"]["arrays"][2].update(offset=0), "array 2 of the trees must be"),
        (lambda m: m["trees"]["arrays"][2].update(dtype="O"), "array 2 of the trees must be"),
        (lambda m: m["trees"]["arrays"][2].update(name="__reduce__"), "array 2 of the trees must be"),
    ],
)
def test_a_forged_model_is_refused_though_its_checksums_are_right(forge: Any, change: Any, message: str) -> None:
    open_artifact(forge())
    with pytest.raises(ArtifactError, match=message):
        open_artifact(forge(change))


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b"[]\n",
        b"nul",
        b"\xff",
        b'{"a":NaN}\n',
        b'{"a":1e999}\n',
        b'{"a":1,"a":1}\n',
        b'"\\ud800"\n',
        b"1" * 5000,
    ],
)
def test_a_json_file_that_riskml_does_not_write_is_refused(forge: Any, text: bytes) -> None:
    with pytest.raises(ArtifactError, match=r"model\.json"):
        open_artifact(forge(model=text))
    with pytest.raises(ArtifactError, match=r"selftest\.json"):
        open_artifact(forge(selftest=text))


def test_the_same_content_written_another_way_is_refused(files: dict[str, bytes], forge: Any) -> None:
    text = files["model.json"]
    name = b'"name":"test model"'
    for other in (json.dumps(json.loads(text)).encode(), text.replace(name, name + b"," + name), text + b"\n"):
        with pytest.raises(ArtifactError, match=r"model\.json is not in the canonical form"):
            open_artifact(forge(model=other))
    indented = json.dumps(json.loads(files[MANIFEST]), indent=1).encode()
    with pytest.raises(ArtifactError, match=r"manifest\.json is not in the canonical form"):
        open_artifact({**files, MANIFEST: indented})


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        ("split_feature", 0, 6, "looks at feature 6"),
        ("split_feature", 0, -1, "looks at feature -1"),
        ("left_child", 0, 0, "out of bounds or taken"),
        ("left_child", 0, 2**31 - 1, "out of bounds or taken"),
        ("right_child", 0, -(2**31), "out of bounds or taken"),
        ("threshold", 0, float("nan"), "must be a finite number"),
        ("leaf_value", 0, float("inf"), "not a finite number"),
        ("internal_count", 0, 0, "rows of split 0"),
        ("leaf_count", 0, -5, "-5 training rows"),
        ("tree_start", 1, 2**31 - 1, "tree_start must rise"),
        ("decision_type", 0, 255, "unknown decision type"),
    ],
)
def test_forged_trees_are_refused(
    files: dict[str, bytes], forge: Any, name: str, place: int, value: float, message: str
) -> None:
    arrays = unpack(json.loads(files["model.json"])["trees"]["arrays"], files["trees.bin"])
    assert pack(arrays)[1] == files["trees.bin"]
    arrays[name][place] = value
    with pytest.raises(ArtifactError, match=message):
        open_artifact(forge(trees=pack(arrays)[1]))


def test_a_filled_gap_between_arrays_is_refused(files: dict[str, bytes], forge: Any) -> None:
    described = json.loads(files["model.json"])["trees"]["arrays"]
    following = next(b for a, b in pairwise(described) if a["offset"] + a["length"] * int(a["dtype"][-1]) < b["offset"])
    data = bytearray(files["trees.bin"])
    data[following["offset"] - 1] = 1
    with pytest.raises(ArtifactError, match=f"the gap before {following['name']} .* is not filled with zeros"):
        open_artifact(forge(trees=bytes(data)))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_packed_arrays_come_back(data: st.DataObject) -> None:
    numbers = {
        "<i4": st.integers(-(2**31), 2**31 - 1),
        "<u4": st.integers(0, 2**32 - 1),
        "<u1": st.integers(0, 255),
        "<f8": st.floats(allow_nan=False),
    }
    arrays = {name: data.draw(st.lists(numbers[dtype], max_size=5)) for name, dtype in LAYOUT.items()}
    described, packed = pack(arrays)
    assert {name: list(one) for name, one in unpack(described, packed).items()} == arrays
    assert all(entry["offset"] % 8 == 0 for entry in described)


def test_a_number_that_does_not_fit_its_array_is_refused() -> None:
    arrays: dict[str, list[float]] = {name: [] for name in LAYOUT}
    with pytest.raises(ArtifactError, match="a value of leaf_count does not fit the type <i4"):
        pack(arrays | {"leaf_count": [2**31]})


def test_an_array_is_readable_by_its_description_alone(files: dict[str, bytes]) -> None:
    import numpy as np

    described = json.loads(files["model.json"])["trees"]["arrays"]
    one = next(entry for entry in described if entry["name"] == "leaf_value")
    got = np.frombuffer(files["trees.bin"], dtype=one["dtype"], count=one["length"], offset=one["offset"])
    assert got.tolist() == list(open_artifact(files).trees.leaf_value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.update(rows=[]), "needs 1 to"),
        (lambda t: t["raw"].pop(), "each with its raw score"),
        (lambda t: t["rows"][0].pop(), "every row needs 6 values"),
        (lambda t: t["rows"][0].__setitem__(0, "1"), "is not a number"),
        (lambda t: t["raw"].__setitem__(0, None), "is not a number"),
        (lambda t: t.update(more=1), "needs exactly the keys"),
        (lambda t: t.update(raw=3), "must be lists"),
    ],
)
def test_a_malformed_self_test_is_refused(files: dict[str, bytes], forge: Any, change: Any, message: str) -> None:
    table = json.loads(files["selftest.json"])
    change(table)
    with pytest.raises(ArtifactError, match=message):
        open_artifact(forge(selftest=canonical(table)))


@pytest.mark.parametrize("column", ["raw", "probability"])
def test_an_artifact_that_scores_otherwise_than_its_self_test_is_refused(
    files: dict[str, bytes], forge: Any, column: str, tmp_path: Path
) -> None:
    table = json.loads(files["selftest.json"])
    table[column][-1] *= 1.0 + 1e-11
    for name, data in forge(selftest=canonical(table)).items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ArtifactError, match="do not use the artifact here"):
        Scorer.load(tmp_path, on_expired="ignore")
    Scorer.load(tmp_path, on_expired="ignore", verify=False)


def test_the_manifest_depends_on_every_file(files: dict[str, bytes]) -> None:
    assert manifest(files) == files[MANIFEST]
    assert len({manifest(flipped(files, name, 0, 1)) for name in NAMES if name != MANIFEST} | {manifest(files)}) == 6
