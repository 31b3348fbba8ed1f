"""What riskml doctor finds when a part of the machine is broken on purpose: Java, temporary folder, tracking, links."""

import os
import sqlite3
from pathlib import Path

import pytest

from riskml.diagnosis import machine, places
from riskml.diagnosis.finding import stopping


def test_a_java_home_without_java_is_bad_and_said_to_be_so() -> None:
    found = machine.java(lambda _: "", {"JAVA_HOME": "/opt/none"})
    assert (found.status, found.stops) == ("bad", False)
    assert "JAVA_HOME=/opt/none" in found.found["zh"]
    assert "unset it" in found.advice["en"]


def test_a_temporary_folder_that_cannot_be_used_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskml.diagnosis.places.tempfile.gettempdir", lambda: str(tmp_path))
    assert places.temporary({"TMPDIR": str(tmp_path)}).status == "ok"
    assert places.temporary({}).status == "ok"
    found = places.temporary({"TMPDIR": "/nowhere", "TMP": str(tmp_path)})
    assert (found.status, found.found["en"]) == ("bad", f"/nowhere cannot be used; {tmp_path} is")

    def none() -> str:
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr("riskml.diagnosis.places.tempfile.gettempdir", none)
    assert places.temporary({}).found["en"] == "no usable temporary directory"


def test_a_tracking_database_that_cannot_be_made_or_written_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/none/own.db")
    absent = places.tracking(tmp_path)
    assert (absent.stops, absent.found["en"]) == (True, f"the folder of {tmp_path}/none/own.db is not there")
    (tmp_path / "none" / "own.db").mkdir(parents=True)
    assert places.tracking(tmp_path).stops, "a folder where the file should be"
    (tmp_path / "none" / "own.db").rmdir()
    assert not places.tracking(tmp_path).stops
    sqlite3.connect(tmp_path / "none" / "own.db").close()
    assert not places.tracking(tmp_path).stops
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "no right to write" in places.tracking(tmp_path).found["en"]


def test_a_link_that_leads_nowhere_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(tmp_path / "gone")
    assert stopping(places.places(tmp_path)) == ["write.models"]
