"""Scoring in parts of sites, and the command: the rows, the order and the refusals of one pass."""

import dataclasses
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from riskml.cli import app
from riskml.errors import DataError, StudyError
from riskml.export.scoring import score_records
from riskml.export.scoring_parts import score_in_parts
from riskml.features import spill
from riskml.records import Records, read_records, write_records
from riskml.reporting.tables import write_table
from tiny_models import AS_OF, Made


@pytest.fixture(scope="module")
def folder(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records with a cancelled licence, one revoked again, and one of a code that became another."""
    open_sites = records.sites.loc[records.sites["closed_on"].isna() & (records.sites["registered_on"] < AS_OF)]
    days = dict.fromkeys(("occurred_on", "known_on"), pd.Timestamp("2024-12-20"))
    three = records.events.iloc[:3].assign(
        event_id=["x1", "x2", "x3"],
        site_id=open_sites["site_id"].iloc[5:8].to_numpy(),
        code=["PEN_REVOKE", "PEN_CANCEL", "PEN_FINE"],
        inspection_id=None,
        **days,
    )
    later = dict.fromkeys(("effective_on", "known_on"), pd.Timestamp("2025-01-02"))
    changes = records.amendments.iloc[:0].reindex(range(2))
    told = {"kind": ["revoke", "correct"], "column": ["", "code"], "value": ["", "PEN_CLOSE"]}
    changes = changes.assign(event_id=["x2", "x3"], **told, **later).replace("", None)
    made = dataclasses.replace(
        records,
        events=pd.concat([records.events, three], ignore_index=True),
        amendments=pd.concat([records.amendments, changes], ignore_index=True),
    )
    place = tmp_path_factory.mktemp("parts") / "records"
    write_records(made, place)
    return place


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_size", lambda *_: 250)


@pytest.fixture(scope="module")
def whole(made: Made, folder: Path) -> pd.DataFrame:
    """The scores of one pass, with reasons."""
    return score_records(made.folder, read_records(folder), AS_OF, reasons=2, lang="zh")


def test_parts_give_the_rows_and_the_order_of_one_pass(made: Made, folder: Path, whole: pd.DataFrame) -> None:
    parts = score_in_parts(made.folder, folder, AS_OF, memory=2**32, reasons=2, lang="zh")
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)
    sites = read_records(folder).events.set_index("event_id")["site_id"]
    assert not {sites["x1"], sites["x3"]} & set(parts["site_id"])
    assert sites["x2"] in set(parts["site_id"])


@pytest.mark.parametrize(
    ("table", "change", "message"),
    [
        ("events", {"code": "OWN"}, r"codes \['OWN'\], which are not on the code list"),
        ("inspections", {"label_version": "sim-2"}, r"label versions \['sim-2'\]; the model learned"),
        ("sites", {"registered_on": pd.Timestamp("2025-02-01")}, "is active on 2025-01-15"),
    ],
)
def test_parts_refuse_what_one_pass_refuses(
    made: Made, folder: Path, tmp_path: Path, table: str, change: dict[str, Any], message: str
) -> None:
    records = read_records(folder)
    changed: Any = {table: records.tables()[table].assign(**change)}
    other = dataclasses.replace(records, **changed)
    write_records(other, tmp_path / "records")
    with pytest.raises(DataError, match=message) as one:
        score_records(made.folder, other, AS_OF)
    with pytest.raises(DataError, match=message) as parts:
        score_in_parts(made.folder, tmp_path / "records", AS_OF, memory=2**32)
    assert str(one.value) == str(parts.value)


def test_parts_are_blind_to_what_becomes_known_later(
    made: Made, folder: Path, whole: pd.DataFrame, tmp_path: Path
) -> None:
    records = read_records(folder)
    events, visits = records.events, records.inspections
    other = dataclasses.replace(
        records,
        events=events.assign(code=events["code"].mask(events["known_on"] >= AS_OF, "OWN")),
        inspections=visits.assign(label_version=visits["label_version"].mask(visits["known_on"] >= AS_OF, "other")),
    )
    write_records(other, tmp_path / "records")
    found = score_in_parts(made.folder, tmp_path / "records", AS_OF, memory=2**32)
    pd.testing.assert_frame_equal(found, whole.drop(columns=["reason_1", "reason_2"]), check_exact=True)


def command(*words: object) -> Result:
    return CliRunner().invoke(app, ["score", *map(str, words)])


def test_the_command_with_a_bound_on_memory_writes_the_scores_of_one_pass(
    made: Made, folder: Path, whole: pd.DataFrame, tmp_path: Path
) -> None:
    asked = (made.folder, folder, "--as-of", AS_OF, "--reasons", 2, "--lang", "zh")
    done = command(*asked, "--memory", "4GB", "--out", tmp_path / "parts.csv")
    assert done.exit_code == 0, done.output
    assert f"{len(whole)} 行：{tmp_path / 'parts.csv'}" in done.output
    write_table(whole, tmp_path / "whole.csv")
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    text = (tmp_path / "parts.csv").read_text(encoding="utf-8-sig").splitlines()
    assert text[0] == "site_id,as_of,probability,level,reason_1,reason_2,artifact"


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(
    made: Made, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hostile(*_: object, **__: object) -> pd.DataFrame:
        return pd.DataFrame({"site_id": ["=1+1"], "reason_1": ["@SUM(A1)"]})

    monkeypatch.setattr("riskml.export.scoring.score_records", hostile)
    assert command(made.folder, folder, "--as-of", AS_OF, "--out", tmp_path / "a.csv").exit_code == 0
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()[1] == "'=1+1,'@SUM(A1)"


def test_what_cannot_be_asked_is_refused_before_the_work(made: Made, folder: Path, tmp_path: Path) -> None:
    words = (made.folder, folder, "--as-of", AS_OF, "--out")
    for out, message in ((tmp_path / "a.doc", "name a file that ends in one of"), ("a/", "writes a folder/")):
        done = command(*words, out)
        assert done.exit_code == 2
        assert message in done.output
    done = command(*words, tmp_path / "a.csv", "--engine", "spark", "--memory", "4GB")
    assert done.exit_code == 2
    assert "spark.executor.memory" in done.output


def test_too_small_a_memory_is_refused(made: Made, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with pytest.raises(StudyError, match="is too small for 400 sites; give at least"):
        score_in_parts(made.folder, folder, AS_OF, memory=2**20)
