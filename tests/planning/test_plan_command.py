"""riskml plan: by a system and by an artifact, tables that are safe to open, one line for a mistake."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from riskml.cli import app
from riskml.cohorts import Fold, active_rows, settled_targets
from riskml.export.artifact import write_artifact
from riskml.export.header import Origin, make_header
from riskml.features.build import applicable, features_of_rows
from riskml.models.fitting import fit
from riskml.records import Records, write_records
from riskml.records.days import day_number
from riskml.records.log import event_log

Plan = Callable[..., Result]


@pytest.fixture(scope="module")
def riskml_plan(some: Records, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The command as a function of its arguments, on a folder of these records unless told otherwise."""
    folder = tmp_path_factory.mktemp("bureau") / "records"
    write_records(some, folder)

    def called(*arguments: object, records: Path = folder) -> Result:
        words = ["plan", records, "--as-of", "2025-06-01", "--seed", 7, *arguments]
        return CliRunner().invoke(app, [str(word) for word in words])

    return called


def tiny_artifact(folder: Path, records: Records) -> Path:
    """An artifact that learned a little."""
    log = event_log(records)
    days = np.array([day_number(d) for d in ("2023-06-01", "2024-01-01", "2024-06-01")], dtype=np.int32)
    rows = active_rows(records.sites, days)
    fail = settled_targets(rows, records, log, outcome="fail", horizon_days=90)["fail"]
    catalog = applicable(records, log, int(days[-1])).select(["visits_1095d", "fails_all"])
    table = features_of_rows(rows["site_id"], rows["as_of"].to_numpy(np.int32), records.sites, log, catalog)
    labelled, late = np.flatnonzero(fail.notna()), rows["as_of"].to_numpy() == days[-1]
    fold = Fold(0, labelled[~late[labelled]], labelled[late[labelled]], np.arange(3))
    made = fit(table.values, fail.fillna(False).to_numpy(bool), fold, catalog, seed=1, settings={"trees": 10})
    origin = Origin("tiny", "fail", 90, "0", "none", ("sim-1",), "2024-06-01", "2030-01-01", 100)
    header = make_header(origin, catalog, table.categories, made.calibration.as_dict(), None)
    write_artifact(folder, header=header, model_text=made.boosted.text, selftest_rows=table.values[:5].tolist())
    return folder


def test_a_plan_by_a_system_is_a_table_and_an_account(tmp_path: Path, riskml_plan: Plan) -> None:
    told = riskml_plan("--system", "nanchang", "--out", tmp_path / "a.parquet", "--sites", tmp_path / "s.parquet")
    assert told.exit_code == 0, told.output
    visits, sites = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in "as")
    assert f"{len(visits)} visits from 2025-06-01, 92 days" in told.output
    assert "(reconstructed)" in told.output
    assert sites["in_plan"].sum() == len(visits)
    assert abs(sites["probability"].sum() - len(visits)) < 1
    assert set(visits["site_id"]) == set(sites.loc[sites["in_plan"], "site_id"])


def test_the_same_seed_writes_the_same_bytes_and_the_next_plan_leaves_its_sites_alone(
    tmp_path: Path, riskml_plan: Plan
) -> None:
    asked = ("--system", "nanchang", "--budget", 60, "--random-share", 0.1, "--out")
    for name in ("a.csv", "b.csv"):
        assert riskml_plan(*asked, tmp_path / name).exit_code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfas_of,site_id,")
    told = riskml_plan(*asked, tmp_path / "c.xlsx", "--earlier", tmp_path / "a.csv", "--lang", "zh")
    assert told.exit_code == 0, told.output
    assert "近三个月内已列入检查计划 60" in told.output
    both = ("--earlier", tmp_path / "a.csv", "--earlier", tmp_path / "c.xlsx")
    told = riskml_plan(*asked, tmp_path / "d.parquet", *both)
    assert "Stands in a plan of the last three months 120" in told.output
    first, second = pd.read_csv(tmp_path / "a.csv"), pd.read_excel(tmp_path / "c.xlsx", engine="openpyxl")
    assert len(second) == 60
    assert not set(first["site_id"]) & set(second["site_id"])


def test_a_plan_by_an_artifact_follows_its_scores(tmp_path: Path, riskml_plan: Plan, some: Records) -> None:
    told = riskml_plan(
        "--artifact",
        tiny_artifact(tmp_path / "artifact", some),
        "--budget",
        50,
        "--random-share",
        0.2,
        "--out",
        tmp_path / "a.csv",
    )
    assert told.exit_code == 0, told.output
    visits = pd.read_csv(tmp_path / "a.csv")
    assert visits["arm"].value_counts()["random"] == 10
    assert len(visits) == 50
    assert visits["score"].between(0, 1).all()


def test_a_name_that_looks_like_a_formula_is_made_harmless(tmp_path: Path, riskml_plan: Plan, some: Records) -> None:
    write_records(dataclasses.replace(some, sites=some.sites.assign(name="=1+1")), tmp_path / "records")
    told = riskml_plan("--system", "nanchang", "--out", tmp_path / "a.csv", records=tmp_path / "records")
    assert told.exit_code == 0, told.output
    assert set(pd.read_csv(tmp_path / "a.csv")["name"]) == {"'=1+1"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "either --system or --artifact"),
        (("--system", "nanchang", "--artifact", "x"), 2, "either --system or --artifact"),
        (("--system", "nanchan"), 2, "did you mean 'nanchang'?"),
        (("--artifact", "nowhere", "--budget", 5), 1, "manifest.json"),
        (("--system", "nanchang", "--budget", 0), 2, "at least 1, got 0"),
        (("--system", "nanchang", "--budget", 9999), 1, "more than the 303 eligible of 428"),
        (("--system", "nanchang", "--random-share", 2), 2, "between 0 and 1, got 2"),
        (("--system", "nanchang", "--cap", "office-01"), 2, "is not OFFICE=NUMBER"),
        (("--system", "nanchang", "--cap", "office-99=1"), 1, "caps name offices ['office-99']"),
        (("--system", "nanchang", "--earlier", "none.csv"), 1, "none.csv is no file that riskml plan wrote"),
        (("--system", "nanchang", "--sites", "s.doc"), 1, "s.doc: cannot write this kind of table"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    arguments: tuple[object, ...],
    code: int,
    message: str,
    tmp_path: Path,
    riskml_plan: Plan,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    told = riskml_plan(*arguments, "--out", tmp_path / "a.csv")
    assert told.exit_code == code, told.output
    assert message in told.stderr
    assert len([line for line in told.stderr.splitlines() if line.startswith("riskml: ")]) == 1
    assert not list(tmp_path.iterdir())


def test_an_earlier_plan_that_is_none_is_refused(tmp_path: Path, riskml_plan: Plan) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    told = riskml_plan("--system", "nanchang", "--earlier", tmp_path / "other.csv", "--out", tmp_path / "a.csv")
    assert told.exit_code == 1
    assert "other.csv is not readable as a plan" in told.stderr
