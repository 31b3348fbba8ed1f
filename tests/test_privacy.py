"""No output of any command shows a person of the bureau's files: every file and printed line is looked through."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from persons_scan import persons_below, persons_in
from riskml.cli import app
from riskml.records import masking
from riskml.simulation import simulate, write_files
from studies import write_study

ODD_NAMES = ("欧阳玥璟", "司徒骞", "诸葛瑄瑄", "买买提·吐尔逊", "邬琰", "邬昊瑾", "邬瑾瑢", "邬祎")
ODD_NUMBERS = (
    "110101199003074477", "110101195506180024", "99010119780229431X", "110101680415002", "19911112222", "19911113333",
    "19911114444", "19911115555", "19911116666",
)  # fmt: skip
"""Persons put where nobody expects them: names, identity numbers of 18 and of 15 digits, telephone numbers."""
TRACKED = "mlflow = true\n[export]\nvalid_days = 3650"
SPLITS = "origins = 1\ncalibration_windows = 1"
WIDE = str.maketrans({chr(0x30 + digit): chr(0xFF10 + digit) for digit in range(10)})


@dataclass(frozen=True)
class Bureau:
    """Files of a bureau, the persons in them, and the project in which every command has been run."""

    files: Path
    persons: frozenset[str]
    project: Path
    said: dict[str, str]

    @property
    def inputs(self) -> list[Path]:
        return sorted(self.files.iterdir())

    def shown(self) -> dict[str, set[str]]:
        """Files and printed texts that show a person."""
        said = {name: persons_in(text, self.persons) for name, text in self.said.items()}
        return {
            **persons_below(self.project, self.persons),
            **{name: people for name, people in said.items() if people},
        }


def riskml(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def spoil(path: Path, changes: list[tuple[int, str, str]]) -> None:
    """Put texts into cells of a CSV file: row below the header, column, text."""
    data = path.read_bytes()
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030"
    rows = list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
    header = next(number for number, row in enumerate(rows) if len(set(row)) > 4)
    for number, column, text in changes:
        place = rows[header].index(column)
        rows[header + number][place] = text
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)


def plant(files: Path) -> None:
    """Persons in cells that are not theirs: days, codes, words, amounts, free text, file by file."""
    id_a, id_b, id_c, id_old, *phones = ODD_NUMBERS
    names = ODD_NAMES
    spoil(
        files / "T3_监督检查.csv",
        [
            (1, "发现问题", f"负责人身份证号{id_a}，电话{phones[0]}"),
            (2, "检查日期", names[0]),
            (3, "检查日期", f"{names[1]}{phones[1]}"),
            (4, "统一社会信用代码", id_b),
            (5, "许可证编号", phones[2]),
            (6, "量化得分", names[2]),
            (7, "检查结果", names[3]),
            (8, "处理方式", names[4]),
            (9, "整改期限", f"联系{names[5]}"),
            (10, "检查日期", f"{names[6]} {phones[3].translate(WIDE)}"),
            (11, "许可证编号", id_c),
        ],
    )
    spoil(
        files / "T5_责令整改.csv",
        [
            (1, "期限", phones[4]),
            (2, "下达日期", f"见{id_old}"),
            (3, "是否逾期", names[7]),
            (4, "统一社会信用代码", id_old),
            (5, "完成日期", f"{id_c.translate(WIDE)}"),
        ],
    )
    spoil(files / "T6_行政处罚.csv", [(1, "处罚类别", names[0]), (2, "罚款金额（万元）", phones[0])])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a simulated bureau, with persons in odd places too; planted.json stands beside the folder."""
    folder = tmp_path_factory.mktemp("privacy") / "files"
    write_files(simulate(sites=150, years=2, seed=17), folder, seed=3)
    (folder / "planted.json").rename(folder.parent / "planted.json")
    plant(folder)
    return folder


@pytest.fixture(scope="module")
def bureau(files: Path) -> Iterator[Bureau]:
    """A project in which nothing has been run yet; the persons are those of planted.json that the files hold."""
    planted = {*json.loads((files.parent / "planted.json").read_text())["people"], *ODD_NAMES, *ODD_NUMBERS}
    there = set().union(*(persons_in(path.read_bytes(), planted) for path in files.iterdir()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKML_SALT", "a secret of the bureau")
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        (files.parent / "project").mkdir()
        yield Bureau(files, frozenset(there), files.parent / "project", {})


def say(bureau: Bureau, name: str, *command: object, code: int = 0) -> None:
    """Run a command and keep what it says."""
    result = riskml(*command)
    assert result.exit_code == code, f"{name}: {result.output}"
    bureau.said[name] = result.output + result.stderr


def test_the_files_hold_the_persons_that_are_looked_for(bureau: Bureau) -> None:
    assert len(bureau.persons) > 1000
    assert bureau.persons >= {*ODD_NAMES, *ODD_NUMBERS}


def test_nothing_that_a_command_writes_or_prints_shows_a_person(bureau: Bureau) -> None:
    project, records, as_of = bureau.project, bureau.project / "records", ("--as-of", "2025-06-01")
    model = project / "models" / "small"
    study = write_study(project, records=f'folder = "{records}"', tail=TRACKED, splits=SPLITS)
    say(bureau, "ingest", "ingest", "bureau", *bureau.inputs, "--out", records)
    say(bureau, "features", "features", records, *as_of, "--out", project / "features.csv")
    say(bureau, "grade", "grade", records, "--system", "nanchang", *as_of, "--out", project / "grades.xlsx")
    plan = ("--system", "nanchang", *as_of, "--seed", 7, "--out", project / "plan.xlsx")
    say(bureau, "plan", "plan", records, *plan)
    say(bureau, "run", "run", study)
    say(bureau, "score", "score", model, records, *as_of, "--out", project / "scores.parquet")
    site = pd.read_parquet(project / "scores.parquet")["site_id"].iloc[0]
    say(bureau, "explain", "explain", model, records, *as_of, "--site", site, "--lang", "zh")
    assert {"mlruns", "models", "data"} <= {path.name for path in project.iterdir()}
    assert (project / "mlruns" / "mlflow.db").is_file()
    assert len(pd.read_parquet(records / "quarantine.parquet")) > 20
    assert bureau.shown() == {}


def test_a_draft_shows_no_person(bureau: Bureau) -> None:
    inputs = [path for path in bureau.inputs if path.name[:3] in ("T3_", "T5_") and path.suffix == ".csv"]
    say(bureau, "draft", "ingest", "--draft", *inputs, "--out", bureau.project / "draft.toml")
    draft = (bureau.project / "draft.toml").read_text()
    assert "检查人员1" in draft
    assert "because they may name persons" in draft
    assert bureau.shown() == {}


def rows_of(path: Path) -> list[list[str]]:
    """The header of a CSV file and what stands below it."""
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("gb18030"), newline="")))
    return rows[next(number for number, row in enumerate(rows) if len(set(row)) > 4) :]


def as_csv(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_run_that_fails_shows_no_person(bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header, *rows = rows_of(bureau.files / "T3_监督检查.csv")
    place, names = header.index("检查日期"), sorted(bureau.persons)
    bad = [[*row[:place], f"{name} 到场", *row[place + 1 :]] for row, name in zip(rows, names, strict=False)]
    book = (bureau.files / "T7_投诉举报.xlsx").read_bytes()
    penalties = (bureau.files / "T6_行政处罚.csv").read_bytes()
    broken = {
        "no row could be kept; reasons: [": as_csv(tmp_path / "bad.csv", [header, *bad]),
        "is no table of source bureau": as_csv(tmp_path / "headless.csv", rows),
        "is not a readable workbook": tmp_path / "half.xlsx",
        "this text is damaged": tmp_path / "half.csv",
        'the header, has a "': tmp_path / "quote.csv",
    }
    (tmp_path / "half.xlsx").write_bytes(book[: len(book) // 2])
    (tmp_path / "half.csv").write_bytes(penalties + b"\x81")
    (tmp_path / "quote.csv").write_bytes(b'"' + ",".join(rows[0]).encode("gb18030"))
    commands = {words: ("bureau", path) for words, path in broken.items()}
    commands["looks like a row of data"] = ("--draft", tmp_path / "headless.csv")
    for words, command in commands.items():
        say(bureau, words, "ingest", *command, "--out", tmp_path / "out", code=1)
        assert words in bureau.said[words]
    monkeypatch.delenv("RISKML_SALT")
    say(bureau, "no salt", "ingest", "bureau", bureau.files / "T3_监督检查.csv", "--out", tmp_path / "out", code=1)
    assert "set RISKML_SALT" in bureau.said["no salt"]
    assert bureau.shown() == {}


def test_without_masking_the_scan_finds_persons(
    bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("without_names", "without_numbers"):
        monkeypatch.setattr(masking, name, lambda text, **_: text)
    register = bureau.files / "T1_经营主体.xlsx"
    result = riskml("ingest", "bureau", register, bureau.files / "T3_监督检查.csv", "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert persons_in(result.output, bureau.persons)
    assert set(persons_below(tmp_path, bureau.persons)) >= {"out/quarantine.parquet", "out/ingest_report.json"}
