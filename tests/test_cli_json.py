"""Every command tells machines one JSON object: the keys that docs/commands.md names, the same exit code."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from riskml.cli import app
from riskml.errors import DataError
from riskml.export.wording import Text
from riskml.models.tuning import Search, Trial
from riskml.pipeline import Result as Run
from riskml.plain import plain
from riskml.promoting import Listing, Promotion
from riskml.records import write_records
from riskml.records.fetch import Fetched
from riskml.registry.gates import Gate
from riskml.registry.versions import Version
from riskml.searching import Tuned
from riskml.study_checks import TUNED
from riskml.varying import Varying
from studies import ROOT, write_study
from tiny_models import AS_OF, first_sites, made_of

COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
CSV = (
    "Inspection ID,DBA Name,License #,Facility Type,Risk,Inspection Date,Inspection Type,Results,Violations\n"
    "1,A,11,Restaurant,Risk 1 (High),2019-01-02,Canvass,Pass,\n"
    "2,A,11,Restaurant,Risk 1 (High),2020-13-02,Canvass,Fail,\n"
)
TEXT: Text = {"en": "a", "zh": "风险"}
WORDS: dict[str, str] = {
    "run": "small.toml",
    "grade": f"records --system nanchang --as-of {AS_OF} --out x.csv",
    "systems": "",
    "ingest": "chicago visits.csv --out city",
    "fetch": "chicago --out raw",
    "simulate": "--sites 100 --years 1 --seed 1 --out world",
    "sources": "",
    "features": f"records --as-of {AS_OF} --out x.parquet",
    "context": f"artifact records --as-of {AS_OF} --out new/context.json",
    "plan": f"records --system nanchang --as-of {AS_OF} --seed 1 --out x.csv",
    "sensitivity": "small.toml",
    "tune": "small.toml",
    "promote": "small.toml --why because",
    "models": "",
    "export": "artifact --pack x.riskml",
    "verify": "artifact",
    "score": f"artifact records --as-of {AS_OF} --out x.csv",
    "explain": f"artifact records --site s00000 --as-of {AS_OF}",
    "doctor": "",
}
"""A call of every command that does its work."""
MORE: list[tuple[str, str, set[str]]] = [
    ("systems", "show nanchang", {"name", "numbers", "remarks", "variant", "levels"}),
    ("ingest", "--draft visits.csv --out city.toml", {"file", "guesses"}),
    ("simulate", "--as-files --out world", {"files", "rows", "to_be_quarantined"}),
    ("features", "--list", {"features"}),
    ("features", "--list --out x.csv", {"rows", "file", "replaced"}),
    ("features", f"records --as-of {AS_OF} --out x.parquet --memory 1GB", {"rows", "file", "replaced"}),
    (
        "plan",
        f"records --system nanchang --as-of {AS_OF} --seed 1 --out x.csv --sites s.csv",
        {"sites_file", "summary"},
    ),
    ("export", "artifact --pack x.riskml --unpack y", {"artifact", "written"}),
    ("verify", "artifact --schema", {"columns", "sound"}),
    ("score", f"artifact records --as-of {AS_OF} --out x.xlsx --reasons 2 --lang zh", {"rows", "file"}),
    ("explain", f"artifact records --site s00000 --as-of {AS_OF} --system nanchang", {"disagreement", "counterfacts"}),
]
"""Other calls, and keys that they must have."""
FAILING: dict[str, str] = {
    "run": "none.toml",
    "grade": f"records --system nanchan --as-of {AS_OF} --out x.csv",
    "systems": "show nanchan",
    "ingest": "chicago none.csv --out city",
    "fetch": "chicgo --out raw",
    "simulate": "--sites 5 --out world",
    "sources": "",
    "features": "records --as-of 1999-01-01 --out x.csv",
    "context": f"artifact records --as-of {AS_OF} --out x.csv",
    "plan": f"records --as-of {AS_OF} --seed 1 --out x.csv",
    "sensitivity": "none.toml",
    "tune": "none.toml",
    "promote": "none.toml --why because",
    "models": "",
    "export": "artifact",
    "verify": "none",
    "score": f"none records --as-of {AS_OF} --out x.csv",
    "explain": f"artifact records --site nobody --as-of {AS_OF}",
    "doctor": "",
}
"""A call of every command that is refused; of those without an argument something below them fails."""


def documented() -> dict[str, tuple[set[str], set[str]]]:
    """Command -> the keys that docs/commands.md says its object always has, and those it may have."""
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    part = page.split("## For machines")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return {
        name: (set(re.findall("`([^`]+)`", always)), set(re.findall("`([^`]+)`", asked)))
        for names, always, asked in rows[2:]
        for name in re.findall("`([^`]+)`", names)
    }


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of some sites, and an artifact that learned from them."""
    folder = tmp_path_factory.mktemp("bureau")
    sites = first_sites()
    made_of(sites, folder / "artifact")
    some = sites.sites.iloc[:60]
    events = sites.events[sites.events["site_id"].isin(some["site_id"])]
    here = sites.amendments["event_id"].isin(events["event_id"])
    visits = sites.inspections[sites.inspections["site_id"].isin(some["site_id"])]
    write_records(
        replace(sites, sites=some, events=events, amendments=sites.amendments[here], inspections=visits),
        folder / "records",
    )
    return folder


@pytest.fixture
def place(bureau: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a study, records and an artifact; what takes minutes, a server or the network is left out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name in ("records", "artifact"):
        (tmp_path / name).symlink_to(bureau / name)
    (tmp_path / "visits.csv").write_text(CSV, encoding="utf-8")
    write_study(tmp_path)
    trial = Trial(0, "complete", 0.25, dict.fromkeys(TUNED, 1), (0.25, None), 1.5)
    version = Version(3, "small", "r1", datetime(2026, 1, 2, tzinfo=UTC), ("champion",), {"headline": "x"}, "file:///x")
    gate = Gate("monotone", "fail", {"falls": float("nan")}, TEXT, TEXT)
    columns = ["system", "policy", "metric", "default", "least", "p05", "median", "p95", "most", "grade_wins", "draws"]
    ranges = pd.DataFrame([["s", "grade_s", "recall@0.20", *([0.1] * 5), float("nan"), 0.0, 2]], columns=columns)
    made: dict[str, Callable[..., Any]] = {
        "riskml.simulation.simulate": lambda **_: SimpleNamespace(
            records=SimpleNamespace(inspections=ranges, events=ranges)
        ),
        "riskml.simulation.write_files": lambda *_, **__: SimpleNamespace(
            files=[], rows={"a": 3}, quarantined=[1], merged=[]
        ),
        "riskml.simulation.write_world": lambda *_: None,
        "riskml.pipeline.run": lambda study, *_, **__: Run(
            study.folder, _summary(), pd.DataFrame(), {"seconds": float("inf")}
        ),
        "riskml.searching.tune": lambda study, **_: Tuned(
            Search((trial,), 0, interrupted=True), "recall@0.20", ("2023-01-01",), 9, 3, "2024-01-01", "[model]\n",
            study.folder, "k",
        ),
        "riskml.varying.vary": lambda study, **_: Varying(ranges, ranges, ranges, "recall@0.20", study.folder),
        "riskml.promoting.promote": lambda root, *_, **__: Promotion(version, None, (gate,), False, root),
        "riskml.promoting.listing": lambda _: Listing([version], None),
        "riskml.records.fetch.fetch": lambda dataset, folder, **_: Fetched(
            folder / "x.csv", "https://x", dataset.source, "free", 1, 0, 1, 1, 0, "ab", "then", "now"
        ),
    }  # fmt: skip
    for name, function in made.items():
        monkeypatch.setattr(name, function)
    return tmp_path


def _summary() -> dict[str, Any]:
    entry = {"value": 0.4, "low": 0.3, "high": float("nan"), "n": 9, "n_positive": 3, "estimand": "reordering"}
    return {
        "study": "small", "outcome": "fail", "headline": "recall@0.20", "horizon_days": 90, "rows": 9, "sites": 9,
        "labelled": 9, "base_rate": 0.3, "origins": ["2024-01-01"], "policies": {"model": {"recall@0.20": entry}},
        "differences": {}, "systems": {}, "verdict": TEXT, "notes": [TEXT], "splits": {"en": "a\nb", "zh": "风\n险"},
    }  # fmt: skip


def called(name: str, words: str, *more: str) -> Result:
    return CliRunner().invoke(app, [name, *words.split(), *more])


def object_of(done: Result) -> dict[str, Any]:
    """The one object on standard output: a line of ASCII, and nothing else."""
    assert done.stdout.isascii(), done.stdout
    assert len(done.stdout.splitlines()) == 1, done.output
    told = json.loads(done.stdout, parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
    assert isinstance(told, dict)
    return told


def test_every_command_has_a_call_here_and_a_row_in_the_table_of_its_keys() -> None:
    assert set(COMMANDS) == set(WORDS) == set(FAILING) == set(documented())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_tells_machines_the_keys_of_its_row_with_the_code_of_the_same_call(name: str, place: Path) -> None:
    told = called(name, WORDS[name], "--json")
    found = object_of(told)
    always, asked = documented()[name]
    assert always <= set(found), told.output
    assert set(found) <= always | asked
    assert "error" not in found
    if name == "simulate":
        (place / "world").rename(place / "before")
    said = called(name, WORDS[name])
    assert said.exit_code == told.exit_code, said.output
    assert said.exception is None or isinstance(said.exception, SystemExit)
    assert not said.stdout.startswith("{")
    assert said.stdout


@pytest.mark.parametrize(("name", "words", "keys"), MORE)
def test_other_calls_of_a_command_tell_what_its_row_names_for_them(
    name: str, words: str, keys: set[str], place: Path
) -> None:
    assert place
    found = object_of(called(name, words, "--json"))
    always, asked = documented()[name]
    assert keys <= set(found)
    assert set(found) <= always | asked


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_refused_call_is_told_as_an_error_with_its_code(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DataError("it fails 风险")

    below = {"sources": "records.source.source_names", "models": "promoting.listing"}
    monkeypatch.setattr(f"riskml.{below.get(name, 'diagnosis.everything.diagnose')}", fail)
    before = sorted(place.iterdir())
    told = called(name, FAILING[name], "--json")
    found = object_of(told)
    assert set(found) == {"error", "kind", "code"}
    assert found["code"] == told.exit_code in (1, 2)
    said = called(name, FAILING[name])
    assert (said.exit_code, said.stdout) == (told.exit_code, "")
    assert said.stderr == told.stderr == f"riskml: {found['error']}\n"
    assert sorted(place.iterdir()) == before


def test_a_table_is_named_with_its_rows_and_whether_it_took_the_place_of_a_file(place: Path) -> None:
    for words in (f"records --as-of {AS_OF} --out x.parquet", "--list --out y.csv"):
        first, second = (object_of(called("features", words, "--json")) for _ in range(2))
        file = place / first["file"]
        read = pd.read_csv if file.suffix == ".csv" else pd.read_parquet
        assert len(read(file)) == first["rows"] == second["rows"] > 0
        assert (first["replaced"], second["replaced"]) == (False, True)
    assert "rows: new.csv\n" in called("features", "--list --out new.csv").stdout
    assert "rows: new.csv (in place of what was there)\n" in called("features", "--list --out new.csv").stdout
    assert "行：new.csv（已替换原有文件）\n" in called("features", "--list --out new.csv --lang zh").stdout


def test_a_fault_of_riskml_itself_is_told_too_and_keeps_its_traceback(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    assert place
    monkeypatch.setattr("riskml.pipeline.run", broken)
    done = called("run", "small.toml", "--json")
    assert isinstance(done.exception, ZeroDivisionError)
    assert object_of(done) == {"error": "a fault of riskml: by zero", "kind": "ZeroDivisionError", "code": 1}
    assert called("run", "small.toml").stdout == ""


def test_what_is_told_of_a_refused_promotion_and_a_stopped_search(place: Path) -> None:
    refused = called("promote", WORDS["promote"], "--json")
    told = object_of(refused)
    assert (refused.exit_code, told["moved"], told["open"]) == (1, False, False)
    assert told["gates"][0]["numbers"] == {"falls": None}
    stopped = called("tune", WORDS["tune"], "--json")
    assert stopped.exit_code == 130
    assert (object_of(stopped)["interrupted"], object_of(stopped)["best"]) == (True, 0)
    assert str(place) in object_of(called("sensitivity", WORDS["sensitivity"], "--json"))["folder"]


def test_the_context_that_is_written_is_the_one_that_is_told(place: Path) -> None:
    told = object_of(called("context", WORDS["context"], "--json"))
    written = json.loads((place / told["file"]).read_text(encoding="utf-8"))
    assert told["groups"] == {name: len(keys) for name, keys in written["groups"].items()}
    assert plain(written["as_of"]) > 0
