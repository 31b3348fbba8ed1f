"""Every user's mistake: one clear line, exit code 1 (data) or 2 (usage), and nothing written. Extend the table."""

import dataclasses
import errno
import fcntl
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from riskml.cli import app
from riskml.errors import StudyError
from riskml.pipeline import run
from riskml.records import Records, contract, read_records, write_records
from riskml.study import Study
from studies import SAMPLE, write_study


def riskml(*arguments: object) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def one_line(result: Result, code: int, message: str) -> None:
    """The command ended with this code and one line that holds the message, without a traceback."""
    assert result.exit_code == code, result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("riskml: ")]
    assert len(lines) == 1, result.output
    assert message in lines[0]
    assert "Traceback" not in result.output


def broken(tmp_path: Path, change: Callable[[Records], Records]) -> str:
    """A [records] line that names the sample with a change made to it."""
    write_records(change(read_records(SAMPLE)), tmp_path / "records")
    return f'folder = "{tmp_path / "records"}"'


STUDIES: dict[str, tuple[dict[str, str], int, str]] = {
    "unknown key": ({"cohort": "horizon_dais = 3"}, 2, "did you mean 'horizon_days'?"),
    "unknown section": ({"tail": "[comparisons]\ndraws = 3"}, 2, "did you mean 'comparison'?"),
    "wrong type": ({"cohort": 'horizon_days = "long"'}, 2, "must be a whole number, got 'long'"),
    "unknown outcome": ({"cohort": 'outcome = "bad"'}, 2, "allowed are ['fail', 'fail_broad', 'fail_severe']"),
    "label map of no outcome": ({"tail": '[cohort.label_map.fial]\n"sim-1" = "fail"'}, 2, "did you mean 'fail'?"),
    "label map of no definition": (
        {"tail": '[cohort.label_map.fail]\n"sim-1" = "bad"'}, 2, "definition 'bad' is unknown",
    ),
    "label map that is none": ({"tail": "[cohort.label_map]\nfail = 3"}, 2, 'must be lines like "version" = "fail"'),
    "label map of no version": ({"tail": '[cohort.label_map.fail]\n"sim1" = "fail"'}, 2, "did you mean 'sim-1'?"),
    "unknown source": ({"records": 'source = "chicgo"\nfiles = ["x.csv"]'}, 2, "did you mean 'chicago'?"),
    "missing input file": ({"records": 'source = "chicago"\nfiles = ["x.csv"]'}, 1, "x.csv"),
    "variable not set": ({"records": 'source = "chicago"\nfiles = ["${NO_SUCH}/x.csv"]'}, 2, "variable NO_SUCH"),
    "no records": ({"records": 'folder = "nowhere"'}, 1, "holds no records"),
    "folder and source": ({"records": 'folder = "a"\nsource = "chicago"'}, 2, "either folder, or source and files"),
    "unknown system": ({"comparison": 'systems = ["nanchan"]'}, 2, "nanchang"),
    "budget over the pool": ({"comparison": "budgets = [1.5]"}, 2, "got [1.5]"),
    "headline without its budget": ({"comparison": 'headline = "recall@0.30"'}, 2, "recall@0.20"),
    "no draws": ({"comparison": "draws = 0"}, 2, "draws must be at least 1"),
    "origin before the records": ({"splits": 'last_origin = "1999-01-01"'}, 1, "2021-07-01 to 2025-07-01"),
    "origin after the records": ({"splits": 'last_origin = "2031-01-01"'}, 1, "2021-07-01 to 2025-07-01"),
    "origin that is no day": ({"splits": 'last_origin = "soon"'}, 2, "last_origin 'soon' is not a calendar day"),
    "follow-up longer than the data": (
        {"cohort": "horizon_days = 900", "splits": "step_days = 900"}, 1, "choose an origin on or before",
    ),
    "overlapping origins": ({"splits": "step_days = 30"}, 2, "a visit would count at two origins"),
    "more origins than days": ({"splits": "origins = 40"}, 1, "too few for 40 origins"),
    "nothing left to learn from": ({"splits": "calibration_windows = 12"}, 1, "none is left to learn from"),
    "unknown feature": ({"tail": '[features]\nnames = ["magic"]'}, 2, "no feature 'magic'; riskml features --list"),
    "unknown model setting": ({"tail": "[export]\nvalid_dais = 3"}, 2, "did you mean 'valid_days'?"),
    "name that is no folder": ({"name": "../up"}, 2, "letters, digits"),
}  # fmt: skip


@pytest.mark.parametrize("case", STUDIES)
def test_a_wrong_study_is_one_line_and_nothing_is_written(case: str, tmp_path: Path) -> None:
    parts, code, message = STUDIES[case]
    name = parts.get("name", "small")
    study = write_study(tmp_path, **{**parts, "name": "small"})
    study.write_text(study.read_text().replace('name = "small"', f'name = "{name}"'))
    one_line(riskml("run", study), code, message)
    assert not [path for path in (tmp_path / "models").glob("*") if not path.name.endswith(".lock")]


EARLY: dict[str, tuple[dict[str, str], str]] = {
    "feature": ({"tail": '[features]\nnames = ["month", "visit_365d"]'}, "no feature 'visit_365d'; did you mean 'visi"),
    "feature that is none": ({"tail": "[features]\nnames = [3]"}, "names must be a list of texts, got 3 in it"),
    "system": ({"comparison": 'systems = ["nanchan"]'}, r"\[comparison\] systems: .* did you mean 'nanchang'"),
    "variant": ({"comparison": 'systems = ["nanchang/stict"]'}, "did you mean 'strict'"),
    "system twice": ({"comparison": 'systems = ["fhrs", "fhrs"]'}, "systems names 'fhrs' twice"),
    "system that is none": ({"comparison": "systems = [3]"}, "systems must be a list of texts, got 3 in it"),
    "source": ({"records": 'source = "chicgo"\nfiles = ["x.csv"]'}, "did you mean 'chicago'"),
    "files that are none": ({"records": 'source = "chicago"\nfiles = [3]'}, "files must be a list of texts"),
    "origin": ({"splits": 'last_origin = "2024-13-01"'}, "last_origin '2024-13-01' is not a calendar day"),
    "origin without quotes": ({"splits": "last_origin = 2024-12-20"}, 'in quotes: last_origin = "2024-12-20"'),
    "warm-up": ({"splits": "warmup_days = -1"}, "warmup_days must be at least 0, got -1"),
    "step beyond a century": ({"splits": "step_days = 99999"}, "step_days must be at most 36525, got 99999"),
    "seed": ({"seed": "-1"}, "seed must be at least 0, got -1"),
    "seed beyond LightGBM's": ({"seed": "2147483648"}, "seed must be at most 2147483647"),
    "validity": ({"tail": "[export]\nvalid_days = 0"}, "valid_days must be at least 1, got 0"),
    "context": ({"tail": "[export]\ncontext_days = -5"}, "context_days must be at least 1"),
    "map that is none": ({"tail": "[calibration]\nmaps = [[1]]"}, "maps must be a list of texts"),
    "map": ({"tail": '[calibration]\nmaps = ["plat"]'}, "did you mean 'platt'"),
    "budgets of one name": ({"comparison": "budgets = [0.101, 0.1]"}, r"are called \['0.10', '0.10'\] in every table"),
    "budgets that are none": ({"comparison": "budgets = []"}, r"shares above 0, up to 1.0, such as 0.1; got \[\]"),
    "margin": ({"tail": "[promotion]\nmargin = nan"}, r"\[promotion\] margin must be finite, got nan"),
    "band": ({"tail": "[promotion]\nfairness_ratio = [0.5, inf]"}, "fairness_ratio must be finite"),
    "draws": ({"comparison": "draws = 1000000"}, "draws must be at most 100000"),
    "section as a key": ({"top": "[[export]]\nvalid_days = 3"}, r"export is a section; .* a line \[export\]"),
}
"""What can be seen in the settings alone."""
MODEL = {
    "trees = 0": "at least 1",
    "leaves = 1": "at least 2",
    "learning_rate = 0": "above 0, up to 1, got 0.0",
    "learning_rate = nan": "finite",
    "min_rows_in_leaf = 0": "at least 1",
    "l2 = -1": "at least 0",
    "feature_share = 1.5": "above 0, up to 1, got 1.5",
    "trees = 20000": "at most 10000",
}


@pytest.mark.parametrize("case", EARLY)
def test_what_can_be_seen_in_a_study_alone_is_refused_on_reading_it(case: str, tmp_path: Path) -> None:
    parts, message = EARLY[case]
    with pytest.raises(StudyError, match=message):
        Study.load(write_study(tmp_path, **parts))


@pytest.mark.parametrize("line", MODEL)
def test_settings_that_no_model_can_have_are_refused_on_reading_a_study(line: str, tmp_path: Path) -> None:
    study = write_study(tmp_path)
    study.write_text(study.read_text().replace("trees = 60", line))
    with pytest.raises(StudyError, match=rf"\[model\] {line.split(maxsplit=1)[0]} must be {MODEL[line]}"):
        Study.load(study)


def test_a_study_saved_by_an_editor_of_windows(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    text = "# 南昌市\n" + study.read_text()
    study.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert Study.load(study).name == "small"
    study.write_bytes(text.encode("gbk"))
    one_line(riskml("run", study), 2, "is not UTF-8")


def test_a_missing_study_and_one_that_is_no_toml(tmp_path: Path) -> None:
    one_line(riskml("run", tmp_path / "none.toml"), 2, "is not a file")
    one_line(riskml("run", tmp_path), 2, "is a folder; name a study in it")
    (tmp_path / "bad.toml").write_text("name = ")
    one_line(riskml("run", tmp_path / "bad.toml"), 2, "is not valid TOML")


def test_tables_that_are_empty_or_damaged(tmp_path: Path) -> None:
    header = tmp_path / "empty.csv"
    header.write_text("Inspection ID,License #,Inspection Date,Inspection Type,Results\n")
    one_line(riskml("ingest", "chicago", header, "--out", tmp_path / "out"), 1, "holds no rows")
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1 nothing")
    one_line(riskml("ingest", "chicago", damaged, "--out", tmp_path / "out"), 1, "not a readable Parquet file")
    one_line(riskml("ingest", "chicago", tmp_path / "none.csv", "--out", tmp_path / "out"), 1, "is not a file")
    one_line(riskml("ingest", "chicgo", header, "--out", tmp_path / "out"), 2, "did you mean 'chicago'?")
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    one_line(riskml("ingest", "chicago", other, "--out", tmp_path / "out"), 1, "the file has ['a', 'b']")
    assert not (tmp_path / "out").exists()


def test_records_without_visits_or_without_failures(tmp_path: Path) -> None:
    nobody = broken(tmp_path / "a", lambda r: dataclasses.replace(r, inspections=contract.empty("inspections")))
    one_line(riskml("run", write_study(tmp_path / "a", records=nobody)), 1, "cannot train on 0 rows with 0 failures")

    def clean(records: Records) -> Records:
        passed = records.inspections.assign(result="pass", key_fail=0, general_fail=0, action=None)
        return dataclasses.replace(
            records, inspections=passed, events=contract.empty("events"), amendments=contract.empty("amendments")
        )

    one_line(riskml("run", write_study(tmp_path / "b", records=broken(tmp_path / "b", clean))), 1, "with 0 failures")


def test_a_grade_that_applies_to_no_site(tmp_path: Path) -> None:
    plain = broken(tmp_path, lambda r: dataclasses.replace(r, sites=r.sites.assign(risk_category=None)))
    study = write_study(tmp_path, records=plain, comparison='systems = ["chicago_risk"]')
    one_line(riskml("run", study), 1, "gives no active site a level")


def test_an_origin_with_one_class_or_without_a_visit_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    def quiet(records: Records) -> Records:
        visits = records.inspections
        late = (visits["visited_on"] >= "2024-12-20") & (visits["visited_on"] < "2025-04-10")
        return dataclasses.replace(records, inspections=visits[~late].reset_index(drop=True))

    study = write_study(tmp_path, records=broken(tmp_path, quiet))
    summary = run(Study.load(study)).summary
    assert any("2024-12-20" in note["en"] for note in summary["notes"])
    assert summary["policies"]["model"]["auc"]["value"] is not None


def test_equal_scores_are_worth_what_a_random_order_is(tmp_path: Path) -> None:
    study = write_study(tmp_path, tail='[features]\nnames = ["month"]')
    metrics = run(Study.load(study)).summary["policies"]["model"]
    assert metrics["recall@0.20"]["value"] == pytest.approx(0.2, abs=1e-9)
    assert metrics["auc"]["value"] == pytest.approx(0.5, abs=1e-9)


def test_two_runs_of_one_study_at_once(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    (tmp_path / "models").mkdir()
    with (tmp_path / "models" / ".small.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        one_line(riskml("run", study), 1, "another run of study 'small' is going on")


def test_a_full_disk_leaves_the_results_before_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = write_study(tmp_path)
    assert riskml("run", study).exit_code == 0
    before = (tmp_path / "models" / "small" / "summary.json").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "card.md")

    monkeypatch.setattr("riskml.exporting.write_artifact", full)
    one_line(riskml("run", study), 1, "No space left on device; nothing was written")
    assert (tmp_path / "models" / "small" / "summary.json").read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [".small.lock", "small"]


def test_unknown_sites_days_endings_and_artifacts(tmp_path: Path) -> None:
    one_line(riskml("features", SAMPLE, "--as-of", "1999-01-01", "--out", tmp_path / "f.csv"), 1, "outside the records")
    one_line(riskml("features", SAMPLE, "--as-of", "2025-06-01", "--out", tmp_path / "f.doc"), 1, ".xlsx")
    one_line(
        riskml("grade", SAMPLE, "--system", "nanchan", "--as-of", "2025-06-01", "--out", tmp_path / "g.csv"),
        2,
        "nanchang",
    )
    (tmp_path / "artifact").mkdir()
    one_line(riskml("verify", tmp_path / "artifact"), 1, "manifest.json")
    one_line(
        riskml("explain", tmp_path / "artifact", SAMPLE, "--site", "nobody", "--as-of", "2025-06-01"),
        1,
        "no site 'nobody'",
    )
    assert not list(tmp_path.glob("*.csv"))


def test_a_damaged_table_of_records_names_the_file(tmp_path: Path) -> None:
    records = broken(tmp_path, lambda r: r)
    (tmp_path / "records" / "events.parquet").write_bytes(b"nothing")
    one_line(riskml("run", write_study(tmp_path, records=records)), 1, "events.parquet")


def test_simulate_refuses_a_world_too_small_to_mean_anything(tmp_path: Path) -> None:
    one_line(riskml("simulate", "--sites", 5, "--out", tmp_path / "w"), 1, "sites")
    assert not (tmp_path / "w").exists()


def test_every_case_of_the_table_has_its_own_message() -> None:
    messages = [message for _, _, message in STUDIES.values()]
    assert len(set(messages)) > len(messages) * 0.8
    assert pd.Series(messages).str.len().min() > 4
