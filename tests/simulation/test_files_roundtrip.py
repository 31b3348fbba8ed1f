"""A simulated bureau's files read again: the dirt planted is what is found, and what is kept is what the world has."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from riskml.cli import app
from riskml.errors import DataError
from riskml.grades import grade
from riskml.outputs import write_json
from riskml.records import Records, read_records, write_records
from riskml.records.log import event_log
from riskml.records.mapping import Ingested, ingest
from riskml.records.outcomes import OUTCOMES, outcome_as_of
from riskml.records.persons import hashed
from riskml.records.source import load_source
from riskml.simulation import World, simulate
from riskml.simulation.dirt import day_texts
from riskml.simulation.files import Planted, write_files
from riskml.simulation.scribe import licence_numbers

NEVER_CARRIED = {"HEALTH_CERT_EXPIRED"}
DAYS = ["occurred_on", "known_on", "due_on", "valid_to"]
SITE = ["subject_id", "name", "industry_class", "format_code", "staff", "office", "lon", "lat", "closed_on"]


@dataclass(frozen=True)
class Trip:
    """A world, its files, and what was made of them; sites and inspectors renamed to the world's."""

    world: World
    folder: Path
    planted: Planted
    made: Ingested

    def lost(self, table: str) -> set[str]:
        return set(self.planted.missing[table])

    def told(self, table: str) -> pd.DataFrame:
        """A canonical table with the world's site ids."""
        frame: pd.DataFrame = getattr(self.made.records, table)
        return frame.assign(site_id=frame["site_id"].map(self.planted.licences))


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trip]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKML_SALT", "a secret of the simulated bureau")
        world = simulate(sites=300, years=2, seed=11)
        folder = tmp_path_factory.mktemp("bureau") / "files"
        planted = write_files(world, folder, seed=3)
        yield Trip(world, folder, planted, ingest(load_source("bureau"), [folder / name for name in planted.files]))


def same(found: pd.DataFrame, expected: pd.DataFrame, columns: list[str]) -> None:
    """The two tables have the same rows in these columns, in any order."""

    def rows(frame: pd.DataFrame) -> list[list[Any]]:
        plain = frame[columns].astype("object").where(frame[columns].notna(), None)
        return sorted([str(cell) for cell in row] for row in plain.to_numpy().tolist())

    assert rows(found) == rows(expected)


def test_every_row_is_accounted_for_and_the_dirt_planted_is_the_dirt_found(trip: Trip) -> None:
    report, planted = trip.made.report, trip.planted
    found = trip.made.records.quarantine[["file", "row", "rule"]].to_numpy().tolist()
    assert sorted(map(tuple, found)) == sorted(planted.quarantined)
    assert report["rows_in"] == report["rows_kept"] + report["rows_merged"] + report["rows_quarantined"]
    merged = {name: sum(file == name for file, _ in planted.merged) for name in planted.rows}
    for name, part in report["files"].items():
        assert (part["rows_in"], part["rows_merged"]) == (planted.rows[name], merged[name]), name
        assert part["rows_in"] == part["rows_kept"] + part["rows_merged"] + part["rows_quarantined"]
    assert {name: cell["count"] for name, cell in report["cells_unread"].items()} == planted.unread


def test_dirt_of_every_kind_was_planted_at_the_rates_of_the_specification(trip: Trip) -> None:
    planted = trip.planted
    rules = pd.Series([rule for _, _, rule in planted.quarantined]).value_counts()
    data = sum(planted.rows.values())
    assert {"uscc", "visited_on", "decided_on", "registered_on", "name", "key", "file"} <= set(rules.index)
    assert 0.01 < len(planted.merged) / data < 0.04
    assert 0.004 < rules["uscc"] / data < 0.02
    complaints = (trip.world.records.events["code"] == "COMPLAINT").sum()
    assert rules["name"] / complaints == pytest.approx(0.055, abs=0.01)
    assert set(planted.unread) == {"entity.registered_on", "licence.valid_to", "grade.published_on"}


def test_visits_come_back_as_they_were(trip: Trip) -> None:
    world = trip.world.records.inspections
    world = world[~world["inspection_id"].isin(trip.lost("inspections"))]
    found = trip.told("inspections")
    names = pd.Series(list(trip.planted.inspectors), dtype="str")
    hashes = dict(zip(hashed(names), trip.planted.inspectors.values(), strict=True))
    found["inspector"] = found["inspector"].map(hashes)
    columns = [str(name) for name in world if name not in ("label_version", "office")]
    same(found, world, columns)
    assert len(found) > 0.97 * len(trip.world.records.inspections)


def test_events_come_back_with_their_days_codes_cases_and_amounts(trip: Trip) -> None:
    world = trip.world.records.events
    lost = trip.lost("events")
    kept = world[~world["event_id"].isin(lost)]
    assert set(world.loc[world["event_id"].isin(lost), "code"]) >= NEVER_CARRIED
    assert not set(kept["code"]) & NEVER_CARRIED
    assert {"PEN_FINE", "CASE_OPENED", "RECT_ORDER", "RECT_OVERDUE", "SAMP_SEVERE", "ABN", "COMPL_VALID"} <= set(
        kept["code"]
    )
    same(trip.told("events"), kept, ["site_id", "code", *DAYS, "case_id", "amount", "severity", "quantity"])
    visits = set(trip.told("inspections")["inspection_id"])
    events, expected = (
        frame.assign(visit=frame["inspection_id"].where(frame["inspection_id"].isin(visits)))
        for frame in (trip.told("events"), kept)
    )
    same(events, expected, ["site_id", "code", "occurred_on", "visit"])


def test_repairs_ends_and_withdrawals_come_back_to_their_events(trip: Trip) -> None:
    def amended(records: Records, sites: "pd.Series[Any] | dict[str, str]") -> pd.DataFrame:
        events = records.events.assign(site_id=records.events["site_id"].map(sites))
        return records.amendments.merge(events[["event_id", "site_id", "code", "occurred_on"]], on="event_id")

    world = trip.world.records
    expected = amended(world, dict(zip(world.sites["site_id"], world.sites["site_id"], strict=True)))
    told = ~(expected["event_id"] + ":" + expected["kind"]).isin(trip.lost("amendments"))
    assert set(expected.loc[~told, "kind"]) <= {"end", "correct", "repair", "revoke"}
    assert {"end", "repair"} <= set(expected.loc[told, "kind"])
    found = amended(trip.made.records, trip.planted.licences)
    columns = ["site_id", "code", "occurred_on", "kind", "effective_on", "known_on_x"]
    found, expected = (frame.rename(columns={"known_on": "known_on_x"}) for frame in (found, expected[told]))
    same(found, expected, columns)


def test_sites_come_back_with_what_their_register_and_licence_say(trip: Trip) -> None:
    world = trip.world.records.sites.set_index("site_id")
    found = trip.told("sites").set_index("site_id").sort_index()
    assert found.index.tolist() == sorted(world.index)
    clean = [site for site in found.index if site not in trip.lost("sites")]
    same(found.loc[clean], world.loc[clean], [*SITE, "area_m2", "risk_category"])
    assert found.loc[sorted(trip.lost("sites")), "area_m2"].isna().all()
    registered = found["registered_on"].notna()
    assert (
        found.loc[registered, "registered_on"].tolist() == world.loc[found.index[registered], "registered_on"].tolist()
    )
    valid = found["licence_valid_to"].dropna()
    assert valid.tolist() == world.loc[valid.index, "licence_valid_to"].tolist()
    unread = trip.planted.unread["licence.valid_to"]
    assert len(valid) >= len(world["licence_valid_to"].dropna()) - len(trip.lost("licences")) - unread
    assert trip.made.records.snapshots == {"licence_valid_to": f"{trip.made.records.observed_to:%Y-%m-%d}"}


def test_published_levels_come_back_as_the_incumbent_gave_them(trip: Trip) -> None:
    records = trip.world.records
    found = trip.told("grades")
    assert set(found["system"]) == {"nanchang"}
    for day, part in found.groupby("valid_from"):
        graded = grade(records, "nanchang", pd.Timestamp(str(day))).set_index("site_id").loc[part["site_id"]]
        assert part["level"].tolist() == graded["level"].tolist()
        assert np.allclose(part["points"], graded["points"], equal_nan=True)
        assert (part["known_on"] == day).all()
    assert len(found) + len(trip.lost("grades")) == trip.planted.rows["T14_公布等级.csv"] - 2 - sum(
        file == "T14_公布等级.csv" for file, _ in trip.planted.merged
    ) - sum(file == "T14_公布等级.csv" and rule == "key" for file, _, rule in trip.planted.quarantined)


def test_outcomes_derived_from_the_files_are_those_of_the_world(trip: Trip) -> None:
    """Up to what the lost rows would have said: visits of cases whose papers are lost are left out."""
    world, found = trip.world.records, trip.made.records
    touched = set(world.events.loc[world.events["event_id"].isin(trip.lost("events")), "inspection_id"].dropna())
    ids = [i for i in found.inspections["inspection_id"] if i not in touched]
    logs = event_log(world), event_log(found)
    days = np.full(len(ids), 2**29, dtype=np.int32)
    assert len(ids) > 0.95 * len(world.inspections)
    for outcome in OUTCOMES:
        first, second = (outcome_as_of(log, pd.Series(ids), days, outcome) for log in logs)
        assert (first == second).all(), outcome
        assert first.any()


def test_no_output_shows_a_person(trip: Trip, tmp_path: Path) -> None:
    write_records(trip.made.records, tmp_path / "records")
    write_json(trip.made.report, tmp_path / "records" / "ingest_report.json")
    content = b"".join(path.read_bytes() for path in sorted((tmp_path / "records").iterdir()))
    for table in trip.made.records.tables().values():
        content += table.to_csv().encode()
    content += json.dumps(trip.made.records.meta(), ensure_ascii=False).encode()
    files = "".join(_text(path) for path in trip.folder.iterdir() if path.suffix == ".csv")
    planted = trip.planted.people
    assert sum(person in files for person in planted) > 100
    for encoding in ("utf-8", "gb18030", "utf-16-le"):
        shown = [person for person in planted if person.encode(encoding) in content]
        assert not shown, f"{len(shown)} persons in the output, such as {shown[:3]}"


def _text(path: Path) -> str:
    data = path.read_bytes()
    return data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030")


def test_the_account_stands_beside_the_files(trip: Trip) -> None:
    account = json.loads((trip.folder / "planted.json").read_text(encoding="utf-8"))
    assert account["files"] == trip.planted.files
    assert [tuple(row) for row in account["quarantined"]] == trip.planted.quarantined
    assert {path.name for path in trip.folder.iterdir()} == {*trip.planted.files, "planted.json"}
    starts = {path.name: path.read_bytes()[:3] for path in trip.folder.iterdir()}
    assert starts["T5_责令整改.csv"] == b"\xef\xbb\xbf"
    assert starts["T1_经营主体.xlsx"] == b"PK\x03"
    with pytest.raises(UnicodeDecodeError):
        (trip.folder / "T6_行政处罚.csv").read_bytes().decode("utf-8")


def test_files_without_dirt_are_kept_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKML_SALT", "another secret")
    world = simulate(sites=100, years=1, seed=5)
    planted = write_files(world, tmp_path / "clean", seed=1, dirt=False)
    made = ingest(load_source("bureau"), [tmp_path / "clean" / name for name in planted.files])
    assert set(made.records.quarantine["rule"]) == {"file"}
    assert made.report["rows_merged"] == 0
    assert not made.report["cells_unread"]
    assert len(made.records.inspections) == len(world.records.inspections)
    assert {"merged", "unread"} <= set(planted.__dict__)
    assert (planted.merged, planted.unread) == ([], {})


def test_the_same_seed_writes_the_same_tables_and_a_full_folder_is_refused(tmp_path: Path) -> None:
    world = simulate(sites=100, years=1, seed=5)
    first, second, third = (
        write_files(world, tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second != third
    texts = [(tmp_path / name / "T7_投诉举报.xlsx").exists() for name in "ab"]
    assert all(texts)
    assert (tmp_path / "a" / "T2_许可信息.csv").read_bytes() == (tmp_path / "b" / "T2_许可信息.csv").read_bytes()
    with pytest.raises(DataError, match="is not an empty folder"):
        write_files(world, tmp_path / "a", seed=1)


def test_days_are_written_in_every_form() -> None:
    days = pd.to_datetime(pd.Series([*["2021-05-07"] * 200, None], dtype="str"))
    texts = day_texts(days, np.random.default_rng(1))
    assert set(texts.dropna()) == {
        "2021-05-07", "2021/5/7", "2021.5.7", "2021年5月7日", "20210507", "44323", "2021-05-07 00:00:00",
    }  # fmt: skip
    assert texts.isna().tolist() == [False] * 200 + [True]


def test_licence_numbers_pass_their_check_and_differ() -> None:
    from riskml.records.values import parse

    kinds = np.array(["catering", "sales", "maker", "workshop"] * 50)
    numbers = pd.Series(licence_numbers(kinds, np.array(["C6", "R4", "P1", "P3"] * 50)), dtype="str")
    assert numbers.is_unique
    read = parse(numbers, "licence", local=[".*小作坊.*[0-9]{4,}.*"])
    assert read.faults.isna().all()


def test_the_command_writes_the_records_and_the_files_that_ingest_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKML_SALT", "a third secret")
    out = tmp_path / "world"
    words = ["simulate", "--sites", "100", "--years", "1", "--seed", "5", "--as-files", "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 1
    assert "already holds" in again.output
    done = CliRunner().invoke(app, ["ingest", "bureau", str(out / "files"), "--out", str(tmp_path / "back")])
    assert done.exit_code == 0, done.output
    assert "not read, no table: planted.json" in done.output
    planted = json.loads((out / "files" / "planted.json").read_text(encoding="utf-8"))
    back = read_records(tmp_path / "back")
    found = sorted(map(list, back.quarantine[["file", "row", "rule"]].to_numpy().tolist()))
    assert found == sorted(planted["quarantined"])
    lost = len(planted["missing"]["inspections"])
    assert len(back.inspections) == len(read_records(out / "records").inspections) - lost
