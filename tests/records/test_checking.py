"""The check of whole records: all faults at once, nobody named, and no setting of the environment in its way."""

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bureaus import bureau, event, visit
from riskml.errors import DataError
from riskml.records import contract, read_records, store, write_records
from riskml.records.checking import checked, faults
from riskml.records.fault import LINES, REFUSE, Fault, refuse
from riskml.records.keys import among, places, repeated
from worlds import world

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def test_a_folder_edited_by_hand_is_refused_with_all_its_faults_in_one_message(tmp_path: Path) -> None:
    records = world(5)
    write_records(records, tmp_path / "r")
    one, two = records.inspections["inspection_id"][:2]
    records.sites.assign(area_m2="large", colour="red").to_parquet(tmp_path / "r" / "sites.parquet")
    records.inspections.assign(inspection_id=[one, *records.inspections["inspection_id"][1:-1], one]).drop(
        columns="label_version"
    ).to_parquet(tmp_path / "r" / "inspections.parquet")
    records.events.assign(site_id="s9", inspection_id=None).to_parquet(tmp_path / "r" / "events.parquet")
    with pytest.raises(DataError) as caught:
        read_records(tmp_path / "r")
    lines = str(caught.value).split("\n  ")
    assert lines[0] == f"{tmp_path / 'r'}: 5 faults; correct the rows, or make the records again"
    assert [line.split(":")[0].split(";")[0] for line in lines[1:]] == [
        "sites.area_m2 must be a number",
        "sites.colour is no column of the contract",
        "inspections.inspection_id stands in an earlier row too",
        "inspections.label_version is missing",
        "events.site_id is no site of table sites",
    ]
    assert "25 of 25 rows, such as e0: site_id s9; e1: site_id s9; e2: site_id s9" in lines[5]
    assert two not in lines[3]


def test_a_rule_is_not_held_against_a_column_that_is_absent() -> None:
    records = bureau([visit("v", 5)], [event("e", "ABN", 5)])
    told = faults(dataclasses.replace(records, sites=pd.DataFrame({"name": ["a", "b"]})))
    assert [(fault.table, fault.column, fault.rule) for fault in told] == [("sites", "site_id", "absent")]


def test_warnings_are_no_reason_to_refuse(tmp_path: Path) -> None:
    records = bureau([visit("v", 5)], [event("e", "ABN", 5, inspection_id="another", severity=7)])
    assert [fault.rule for fault in faults(records)] == ["range", "unknown_visit"]
    write_records(records, tmp_path / "r")
    assert len(read_records(tmp_path / "r").events) == 1


@pytest.mark.parametrize("count", [2, LINES - 1, LINES, 90])
def test_a_refusal_has_at_most_twenty_lines_and_counts_the_rest(count: int) -> None:
    many = [Fault("sites", f"c{k}", "filled", REFUSE, 1, 9, (), "is empty", "为空") for k in range(count)]
    with pytest.raises(DataError) as caught:
        refuse(many, "here")
    lines = str(caught.value).splitlines()
    assert len(lines) == min(count + 1, LINES)
    rest = int(lines[-1].split()[2]) if "more faults" in lines[-1] else 0
    assert lines[0].startswith(f"here: {count} faults")
    assert len([line for line in lines[1:] if "is empty" in line]) + rest == count


def test_what_may_name_a_person_is_never_shown() -> None:
    secret = b"\xff Zhang San"
    made = checked("sites", pd.DataFrame({"site_id": ["s1"], "name": [secret], "subject_id": [secret]}))
    assert [fault.line() for fault in made.faults] == [
        "sites.subject_id must be text: 1 of 1 rows, such as s1",
        "sites.name must be text: 1 of 1 rows, such as s1",
    ]
    hidden = {name for columns in contract.TABLES.values() for name, column in columns.items() if column.private}
    assert {"name", "subject_id", "inspector", "raw"} <= hidden


def test_long_values_are_cut_and_blanks_can_be_seen() -> None:
    rows = [visit("v", 5, result="x" * 500), visit("w", 5, result=" pass")]
    (fault,) = checked("inspections", pd.DataFrame(rows)).faults
    assert fault.examples == ("v: result " + "x" * 59 + "…", "w: result ' pass'")


ALONE = """
import sys
import riskml.records
assert "pandera" not in sys.modules, "records import pandera before there is anything to check"
import pandas as pd
from riskml.errors import DataError
from riskml.records import contract
try:
    contract.conform("sites", pd.DataFrame({"site_id": ["a", "a"]}))
except DataError as error:
    print(error)
"""


@pytest.mark.parametrize(
    "settings_",
    [{}, {"PANDERA_VALIDATION_ENABLED": "False"}, {"PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"}],
    ids=["plain", "switched off", "columns only"],
)
def test_no_setting_of_the_environment_switches_the_contract_off(settings_: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE], env={**os.environ, **settings_}, capture_output=True, text=True, check=True
    )
    assert "site_id stands in an earlier row too: 1 of 2 rows" in done.stdout


def test_checking_the_sample_takes_less_than_three_tenths_of_a_second() -> None:
    records = read_records(SAMPLE)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        assert faults(records) == ()
        times.append(time.perf_counter() - began)
    assert min(times) < 0.3


KEYS = st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "c", "", "é"])), max_size=8)


@settings(max_examples=60)
@given(KEYS, KEYS)
def test_keys_are_compared_as_a_loop_compares_them(some: list[str | None], those: list[str | None]) -> None:
    one, two = pd.Series(some, dtype="str"), pd.Series(those, dtype="str")
    assert among(one, two).tolist() == [key is not None and key in those for key in some]
    assert repeated(one).tolist() == [key is not None and key in some[:k] for k, key in enumerate(some)]
    assert places(one, two).tolist() == [those.index(key) if key is not None and key in those else -1 for key in some]


def test_every_table_of_records_has_columns_that_name_its_rows() -> None:
    assert set(contract.ROW_NAMES) == set(contract.TABLES) >= set(store.TABLES)
    for table, names in contract.ROW_NAMES.items():
        assert set(names) <= set(contract.TABLES[table])
        assert not [name for name in names if contract.TABLES[table][name].private]
