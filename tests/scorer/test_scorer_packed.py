"""One file instead of a folder: one valid form, nothing but plain files, sizes and links held to the rules."""

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskml.export.packing import unpack_into, write_pack
from riskml.scorer import ArtifactError, Scorer
from riskml.scorer.opening.artifact import open_artifact, read_artifact
from riskml.scorer.opening.manifest import MANIFEST, MAX_BYTES, VERSION
from riskml.scorer.opening.packed import HEAD, MAGIC, MAX_PACK, SIGNATURE, pack, unpack
from riskml.scorer.opening.stored import read_files
from small_models import AMENDMENTS, AS_OF, EVENTS, SITE, small_models

FILES = small_models()[0]
PACK = pack(FILES)


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_pack_is_laid_out_as_written_down() -> None:
    assert PACK[:8] == MAGIC == b"\x89RISKML\n"
    assert struct.unpack("<4I", PACK[8:24]) == (VERSION, len(FILES[MANIFEST]), 0, 0)
    end = 24
    for name in (MANIFEST, *MAX_BYTES):
        start = (end + 7) // 8 * 8
        assert not any(PACK[end:start])
        assert PACK[start : start + len(FILES[name])] == FILES[name]
        end = start + len(FILES[name])
    assert end == len(PACK)


def test_the_folder_and_the_file_are_the_same_artifact(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    folder = put(tmp_path / "folder", FILES)
    digest = write_pack(folder, tmp_path / "model.riskml")
    assert (tmp_path / "model.riskml").read_bytes() == PACK
    assert unpack_into(tmp_path / "model.riskml", tmp_path / "again") == digest
    assert read_files(tmp_path / "again") == read_files(tmp_path / "model.riskml") == FILES
    scores = [
        Scorer.load(place, on_expired="ignore").score(SITE, EVENTS, AS_OF, AMENDMENTS)
        for place in (folder, tmp_path / "model.riskml", tmp_path / "again")
    ]
    assert scores[0] == scores[1] == scores[2]


def test_a_pack_of_a_pack_is_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(PACK)
    write_pack(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == PACK


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(PACK) - 1), st.integers(1, 255))
def test_a_pack_with_any_byte_changed_is_refused(place: int, bits: int) -> None:
    changed = bytearray(PACK)
    changed[place] ^= bits
    with pytest.raises(ArtifactError):
        read_of(bytes(changed))


def read_of(data: bytes) -> object:
    """The files of packed bytes, opened as from a file."""
    return open_artifact(unpack(data))


@pytest.mark.parametrize("size", [0, 1, 7, 8, 23, 24, 25, len(PACK) // 2, len(PACK) - 1])
def test_a_pack_cut_off_is_refused(size: int) -> None:
    with pytest.raises(ArtifactError):
        unpack(PACK[:size])


@pytest.mark.parametrize("more", [b"\x00", bytes(8), b"PK\x03\x04", PACK])
def test_a_pack_with_more_at_its_end_is_refused(more: bytes) -> None:
    with pytest.raises(ArtifactError, match=r"holds .* bytes, its manifest says"):
        unpack(PACK + more)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (8, VERSION + 1, "of version 4; this scorer reads version 3"),
        (12, 4097, "a size is out of bounds"),
        (12, 2**32 - 1, "a size is out of bounds"),
        (12, 0, "is not the JSON that riskml writes"),
        (16, 4097, "a size is out of bounds"),
        (16, 8, "holds .* bytes, its manifest says"),
        (20, 1, "a size is out of bounds"),
    ],
)
def test_a_head_that_lies_is_refused(place: int, value: int, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        unpack(PACK[:place] + struct.pack("<I", value) + PACK[place + 4 :])


def test_every_gap_must_be_zero() -> None:
    end = HEAD + len(FILES[MANIFEST])
    gaps = [end + place for place in range(-end % 8)]
    assert gaps
    for gap in gaps:
        with pytest.raises(ArtifactError, match="not filled with zeros"):
            unpack(PACK[:gap] + b"\x01" + PACK[gap + 1 :])


def test_a_file_that_is_no_pack_is_refused_without_showing_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("root:x:0:0", encoding="utf-8")
    with pytest.raises(ArtifactError, match="is no packed artifact") as refused:
        read_artifact(tmp_path / "secret")
    assert "root" not in str(refused.value)


def test_the_name_given_may_be_a_link_to_a_folder_or_a_pack(tmp_path: Path) -> None:
    (tmp_path / "model.riskml").write_bytes(PACK)
    (tmp_path / "folder").mkdir()
    put(tmp_path / "folder", FILES)
    for target in ("model.riskml", "folder"):
        (tmp_path / f"{target}-now").symlink_to(tmp_path / target)
        assert read_artifact(tmp_path / f"{target}-now").header.name == "small"


def test_a_pipe_or_a_device_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(ArtifactError, match="must be a plain file"):
            read_artifact(place)


@pytest.mark.parametrize("name", ["", "no\x00name", "nowhere/at/all", "x" * 5000])
def test_a_name_that_leads_nowhere_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"cannot be read|is no name of a file|manifest"):
        read_artifact(f"{tmp_path}/{name}")


def test_a_giant_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    with (tmp_path / "giant").open("wb") as file:
        file.write(MAGIC)
        file.truncate(MAX_PACK + 1)
    with pytest.raises(ArtifactError, match="larger than the"):
        read_artifact(tmp_path / "giant")


def test_an_unpacked_folder_holds_the_files_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(PACK)
    unpack_into(tmp_path / "a", tmp_path / "b")
    assert {path.name for path in (tmp_path / "b").iterdir()} == {MANIFEST, *MAX_BYTES}
    assert SIGNATURE not in unpack(PACK)


def test_no_place_is_left_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(PACK)
    (tmp_path / "b").write_bytes(b"before")

    def killed(_self: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write_pack(tmp_path / "a", tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert (tmp_path / "b").read_bytes() == b"before"
