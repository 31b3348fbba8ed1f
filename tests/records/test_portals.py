"""The open portals: made-up files with the quirks of the real ones, each ending where it should."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from riskml.records.mapping import Ingested
from small_sources import account, made

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def one(name: str, *lines: str) -> Path:
        text = "\n".join(lines) + "\n"
        packed = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
        (tmp_path / name).write_bytes(packed)
        return tmp_path / name

    return one


def visits(found: Ingested, *columns: str) -> list[list[object]]:
    table = found.records.inspections.assign(on=lambda rows: rows["visited_on"].dt.strftime("%Y-%m-%d"))
    return [[None if pd.isna(cell) else cell for cell in row] for row in table[list(columns)].to_numpy(object).tolist()]


def items(found: Ingested) -> list[list[object]]:
    events = found.records.events.sort_values("event_id")
    return events[["inspection_id", "code", "item", "quantity"]].to_numpy(object).tolist()


PORTAL = (
    "Inspection ID,DBA Name,AKA Name,License #,Facility Type,Risk,Address,City,State,Zip,Inspection Date,"
    "Inspection Type,Results,Violations,Latitude,Longitude,Location"
)
API = PORTAL.lower().replace("license #", "license_").replace(" ", "_")


def portal_row(number: int, *, licence: str, on: str, kind: str, result: str, found: str = "") -> str:
    place = '"1 X ST ",CHICAGO,IL,60600'
    return f'{number},MADE UP,,{licence},RESTAURANT ,Risk 1 (High),{place},{on},{kind},{result},"{found}",,,'


def test_chicago_portal_rows_keep_what_is_no_outcome_apart_and_split_their_violations(write: Write) -> None:
    text = '3. COLD - Comments: 41 degrees. 5. items | 33. DIRTY - Comments: ""a"", b | 33. DIRTY | 70. SMOKE'
    path = write(
        "portal.csv.gz",
        PORTAL,
        portal_row(1, licence="10", on="09/02/2014", kind="Canvass", result="Fail", found=text),
        portal_row(2, licence="0", on="09/02/2014", kind="Canvass", result="Pass"),
        portal_row(3, licence="", on="09/02/2014", kind="Canvass", result="Pass"),
        portal_row(4, licence="10", on="09/02/2014", kind="Canvass Re-Inspection", result="Pass w/ Conditions"),
        portal_row(5, licence="11", on="07/01/2018", kind="Complaint", result="No Entry", found="3. HANDS"),
        portal_row(6, licence="11", on="02/30/2018", kind="License", result="Out of Business"),
    )
    found = made("chicago", path)
    assert account(found) == (6, 3, 0, 3)
    assert found.report["rules"] == {"site_id": 2, "visited_on": 1}
    assert visits(found, "inspection_id", "on", "visit_type", "result", "label_version") == [
        ["1", "2014-09-02", "RI", "fail", "chicago-2010"],
        ["4", "2014-09-02", "FU", "conditional", "chicago-2010"],
        ["5", "2018-07-01", "CO", "not_found", "chicago-2018"],
    ]
    assert items(found) == [
        ["1", "VIOL_CRITICAL", "3", 1], ["1", "VIOL_MINOR", "33", 2], ["1", "VIOL_MINOR", "70", 1],
        ["5", "VIOL_SERIOUS", "3", 1],
    ]  # fmt: skip


def test_chicago_api_rows_say_the_same_as_those_of_the_portal(write: Write) -> None:
    cells = {"licence": "10", "kind": "Canvass", "result": "Fail", "found": "3. COLD | 33. DIRTY"}
    portal = made("chicago", write("portal.csv", PORTAL, portal_row(1, on="09/02/2014", **cells)))
    api = made("chicago", write("api.csv", API, portal_row(1, on="2014-09-02T00:00:00.000", **cells)))
    for name, table in portal.records.tables().items():
        pd.testing.assert_frame_equal(table, api.records.tables()[name])


NYC = "camis,dba,boro,inspection_date,violation_code,score,grade,grade_date,inspection_type,cuisine_code"
CYCLE, AGAIN = "Cycle Inspection / Initial Inspection", "Cycle Inspection / Re-inspection"


def test_nyc_rows_of_one_visit_make_one_and_a_place_not_yet_visited_makes_none(write: Write) -> None:
    path = write(
        "violations.csv",
        NYC,
        f"1,A,BRONX,2014-03-03,10F,,,,{CYCLE},8",
        f"1,A,BRONX,2014-03-03,02B,28,,,{CYCLE},8",
        f"1,A,BRONX,2014-03-03,06D,27,,,{CYCLE},8",
        "1,A,BRONX,2014-03-03,NA,,,,Smoke-Free Air Act / Initial Inspection,8",
        f"1,A,BRONX,2014-04-03,02B,9,A,2014-04-03,{AGAIN},8",
        "2,B,Missing,1900-01-01,NA,,,,,5",
        f"3,C,QUEENS,2014-03-04,NA,-2,,,{CYCLE},5",
    )
    codes = write(
        "codes.csv", "violation_code,critical_flag,violation_description", "02B,Critical,hot", "10F,Not Critical,x"
    )
    found = made("nyc", path, codes)
    assert account(found) == (9, 7, 0, 2)
    assert found.report["rules"] == {"agree": 1, "visited_on": 1}
    assert found.report["cells_unread"]["violations.score"] == {"count": 1, "examples": ["-2"]}
    assert visits(found, "site_id", "on", "visit_type", "score") == [
        ["1", "2014-03-03", "RI", 28.0],
        ["1", "2014-03-03", "SY", None],
        ["3", "2014-03-04", "RI", None],
        ["1", "2014-04-03", "FU", 9.0],
    ]
    assert [row[1:3] for row in items(found)] == [
        ["VIOL_CRITICAL", "02B"], ["VIOL_MINOR", "10F"], ["VIOL_CRITICAL", "02B"],
    ]  # fmt: skip
    assert found.records.grades["level"].tolist() == ["A"]
    assert "2" not in found.records.sites["site_id"].tolist()


def test_nyc_portal_of_2026_has_decimal_commas_and_a_point(write: Write) -> None:
    header = (
        "CAMIS,DBA,BORO,CUISINE DESCRIPTION,INSPECTION DATE,VIOLATION CODE,CRITICAL FLAG,SCORE,GRADE,GRADE DATE,"
        "INSPECTION TYPE,Latitude,Longitude,Location"
    )
    row = f'"5",M,0,Tea,06/20/2023,04M,Critical,"54",C,06/20/2023,{CYCLE},"40,5","-73,25",POINT (-73.25 40.5)'
    found = made("nyc", write("portal.csv", header, row, '6,N,Queens,,01/01/1900,,Not Applicable,,,,,"0","0",'))
    assert account(found) == (2, 1, 0, 1)
    site = found.records.sites.iloc[0]
    assert (site["lon"], site["lat"]) == (-73.25, 40.5)
    assert pd.isna(site["office"])
    assert items(found) == [[f"5_2023-06-20_{CYCLE}", "VIOL_CRITICAL", "04M", 1]]


def test_toronto_rows_of_one_inspection_make_one_and_todays_values_are_marked(write: Write) -> None:
    header = (
        "Rec #,Establishment ID,Inspection ID,Establishment Name,Establishment Type,Establishment Status,"
        "Min. Inspections Per Year,Infraction Details,Inspection Date,Severity"
    )
    path = write(
        "dinesafe.csv",
        header,
        "1,9,100,X,Take Out,Closed,3,COLD ,2001-02-15,C - Crucial",
        "2,9,100,X,Take Out,Closed,3,DIRTY ,2001-02-15,M - Minor",
        "3,9,100,X,Take Out,Closed,3,LICENCE ,2001-02-15,NA - Not Applicable",
        "4,9,101,X,Take Out,Closed,3,,2001-03-15,",
        "5,8,101,Y,Take Out,Pass,3,,2001-03-15,",
    )
    found = made("toronto", path)
    assert account(found) == (5, 4, 0, 1)
    assert found.report["rules"] == {"agree": 1}
    assert visits(found, "inspection_id", "visit_type", "result") == [
        ["100", "RI", "inspected"],
        ["101", "RI", "inspected"],
    ]
    assert [row[1:] for row in items(found)] == [["VIOL_CRITICAL", "COLD", 1], ["VIOL_MINOR", "DIRTY", 1]]
    assert set(found.records.snapshots) == {"risk_category", "format_code"}
    assert "Closed" not in str([table.to_dict("list") for table in found.records.tables().values()])


def test_sf_lives_days_are_digits_and_two_visits_of_a_day_are_two(write: Write) -> None:
    found = made(
        "sf",
        write("businesses.csv", "business_id,name,latitude,longitude", "19,CAFE,37.5,-122.5"),
        write(
            "inspections.csv",
            "business_id,score,date,type",
            '"19","94","20160513","routine"',
            '"19","94","20160513","routine"',
            '"19","70","20160513","routine"',
            '"19","-1","20160514",""',
        ),
        write("violations.csv", "business_id,date,description", "19,20160513,Dirty", "19,20160513,Cold"),
    )
    assert account(found) == (7, 6, 1, 0)
    assert visits(found, "inspection_id", "visit_type", "score") == [
        ["19_2016-05-13", "RI", 94.0], ["19_2016-05-13:2", "RI", 70.0], ["19_2016-05-14", "SY", None],
    ]  # fmt: skip
    assert [row[2] for row in items(found)] == ["Cold", "Dirty"]


def test_sf_portal_tables_are_joined_and_minus_marks_mean_nothing(write: Write) -> None:
    found = made(
        "sf",
        write("bus.csv", "business id column,name,latitude,longitude,phone_number", "1000,CAFE,-9999,-9999,-9999"),
        write(
            "ins.csv",
            "iid,date,score,type",
            "1000_20161006,10/06/2016 12:00:00 AM,-1,Reinspection/Followup",
            "1000_20171002,10/02/2017 12:00:00 AM,74,Routine - Unscheduled",
        ),
        write("ins2vio.csv", "iid,vid", "1000_20171002,7", "1000_20171002,8"),
        write("vio.csv", "description,risk_category,vid", "hot,High Risk,7", "dirty,Low Risk,8"),
    )
    assert account(found) == (7, 7, 0, 0)
    assert visits(found, "inspection_id", "visit_type", "score") == [
        ["1000_20161006", "FU", None],
        ["1000_20171002", "RI", 74.0],
    ]
    assert [row[1:3] for row in items(found)] == [["VIOL_CRITICAL", "7"], ["VIOL_MINOR", "8"]]
    assert found.records.sites[["lon", "lat"]].isna().all(axis=None)


def test_wake_is_a_lives_zip_with_half_points_and_files_that_tell_nothing(tmp_path: Path) -> None:
    members = {
        "businesses.csv": '"business_id","name","latitude","longitude"\r\n"0A-3C","X","",""\r\n"E9","Y","",""\r\n',
        "feed_info.csv": '"feed_date","feed_version"\r\n"2016-05-18","0.4.1"\r\n',
        "inspections.csv": '"business_id","score","date","description","type"\r\n"0A-3C","92.5","20121024","","routine"'
        '\r\n"0A-3C","99","20121024","","followup"\r\n"E9","100","20121025","","initial"\r\n',
        "legend.csv": '"minimum_score","maximum_score","description"\r\n"90","100","A"\r\n',
        "violations.csv": '"business_id","date","code","description"\r\n"0A-3C","20121024","6-501.19","Dirty"\r\n',
    }
    path = tmp_path / "lives.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    found = made("wake", path)
    assert account(found) == (8, 8, 0, 0)
    assert visits(found, "inspection_id", "visit_type", "score") == [
        ["0A-3C_2012-10-24", "RI", 92.5], ["0A-3C_2012-10-24:2", "FU", 99.0], ["E9_2012-10-25", "LI", 100.0],
    ]  # fmt: skip
    assert items(found) == [["0A-3C_2012-10-24", "VIOL_MINOR", "6-501.19", 1]]
    assert sorted(found.report["files"]) == [f"lives.zip/{name}" for name in members]


def test_austin_addresses_break_lines_and_follow_ups_are_named_after_a_score(write: Write) -> None:
    header = "RestaurantName,ZipCode,InspectionDate,Score,Address,FacilityID,ProcessDescription"
    row = '{0},78729,01/28/2016,{2},"1 A HWY\nAUSTIN, TX 78729\n(30.4, -97.7)",{1},{3}'
    routine, again = "Routine Inspection", "1st Follow Up to Routine of 50 - 69"
    found = made(
        "austin",
        write(
            "scores.csv",
            header,
            row.format("A", 11368998, 95, routine),
            row.format("A", 11368998, 95, routine),
            row.format("A", 11368998, 66, again),
            row.format("B", 2801996, "", routine),
        ),
    )
    assert account(found) == (4, 2, 1, 1)
    assert visits(found, "site_id", "visit_type", "score") == [["11368998", "RI", 95.0], ["11368998", "FU", 66.0]]
    assert found.records.quarantine["rule"].tolist() == ["score"]


def test_minneapolis_counts_by_licence_and_any_is_neither_yes_nor_no(write: Write) -> None:
    header = (
        "InspectionID,License Code,License Number,DH Facility ID,Name of Business,Inspection Purpose,"
        "dateOfInspection,CCO,Risk Level,CodeSection,Critical"
    )
    row = "{},L1,{},,X,{},2011-05-03 00:00:00,CCO_09,1,{},{}"
    found = made(
        "minneapolis",
        write(
            "history.csv",
            header,
            row.format(1, 51116, "Routine", "2-1", "Yes"),
            row.format(1, 51116, "Routine", "2-1", "No"),
            row.format(1, 51116, "Routine", "3-1", "ANY"),
            row.format(2, "", "Routine", "3-1", "Yes"),
            row.format(3, 51116, "Reinspection", "3-1", "Maybe"),
        ),
    )
    assert account(found) == (5, 3, 0, 2)
    assert found.report["rules"] == {"critical": 1, "site_id": 1}
    assert visits(found, "inspection_id", "visit_type") == [["1", "RI"]]
    assert sorted(str(row[1]) for row in items(found)) == ["VIOL_CRITICAL", "VIOL_MINOR", "VIOL_SERIOUS"]
