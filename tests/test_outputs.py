"""Files that are written whole or not at all, and words about places."""

import errno
import math
from pathlib import Path

import pytest

from riskml.errors import DataError
from riskml.features.spill import readable
from riskml.outputs import write_json
from riskml.scorer.messages import meant_place


def test_what_json_cannot_hold_or_no_disk_can_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object, **__: object) -> None:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ValueError, match="Out of range"):
        write_json({"value": math.nan}, tmp_path / "x.json")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space left"):
            write_json({}, tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []
    write_json({"b": 1, "a": "局"}, tmp_path / "x.json")
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == '{\n "a": "局",\n "b": 1\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_a_full_disk_is_no_fault_of_the_records(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"), readable(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(DataError, match="is not a complete set of readable records"), readable(tmp_path):
        raise OSError(errno.EIO, "Input/output error")


def test_a_place_that_exists_is_not_offered_as_itself(tmp_path: Path) -> None:
    (tmp_path / "sites.parquet").touch()
    assert meant_place(tmp_path / "sites.parquet") == ""
    assert meant_place(tmp_path / "site.parquet").endswith("sites.parquet'?")
