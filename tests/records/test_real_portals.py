"""The real files: their base rates, worked out from the files with plain pandas, are met exactly."""

import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

from riskml.records.mapping import Ingested
from small_sources import account, made

CYCLE = "Cycle Inspection / Initial Inspection"


def number(column: "pd.Series[str]") -> "pd.Series[float]":
    return pd.to_numeric(column, errors="coerce").astype("float64")


def share(part: "pd.Series[Any]") -> tuple[int, int, float]:
    """How many are true, of how many, in per cent."""
    return int(part.sum()), len(part), round(100 * float(part.mean()), 1)


def routine(found: Ingested) -> pd.DataFrame:
    inspections = found.records.inspections
    return inspections[inspections["visit_type"] == "RI"].dropna(subset="score")


def with_codes(found: Ingested, *codes: str, at_least: int = 1, kinds: tuple[str, ...] = ("RI",)) -> "pd.Series[bool]":
    """Whether each visit of these kinds has at least so many events of these codes."""
    inspections, events = found.records.inspections, found.records.events
    counts = events.loc[events["code"].isin(codes)].groupby("inspection_id")["quantity"].sum()
    ids = inspections.loc[inspections["visit_type"].isin(kinds), "inspection_id"]
    return ids.map(counts).fillna(0) >= at_least


CHICAGO_RESULTS = {
    "Pass": "pass", "Fail": "fail", "Pass w/ Conditions": "conditional", "Out of Business": "not_found",
    "No Entry": "not_found", "Not Ready": "not_found", "Business Not Located": "not_found",
}  # fmt: skip


def test_real_chicago_portal_months_have_the_results_that_are_in_the_file(real_data: Path) -> None:
    path = real_data / "chicago" / "chicago_portal_format_2014-09_2014-10.csv.gz"
    found = made("chicago", path)
    assert account(found) == (1637, 1637, 0, 0)
    results = found.records.inspections["result"].value_counts().to_dict()
    assert results == {"pass": 1024, "fail": 354, "conditional": 259}
    texts = pd.read_csv(path, dtype="str")["Violations"].dropna().str.split(" | ", regex=False).explode()
    assert found.records.events["quantity"].sum() == len(texts[texts.str.match(r"\d+\.")])


def test_real_chicago_visits_of_all_types_keep_every_result(real_data: Path) -> None:
    path = real_data / "chicago" / "chicago_portal_format_2013-10_2014-01_all_types.csv.gz"
    raw = pd.read_csv(path, dtype="str", keep_default_na=False)
    named = raw["Results"].value_counts()
    assert named[["Pass", "Fail", "Pass w/ Conditions"]].tolist() == [2143, 581, 328]
    assert named[["Out of Business", "No Entry"]].tolist() == [656, 134]
    found = made("chicago", path)
    usable = raw[~raw["License #"].isin(["", "0"])]
    assert account(found) == (3842, len(usable), 0, 3842 - len(usable))
    expected = usable["Results"].map(CHICAGO_RESULTS).value_counts().to_dict()
    assert found.records.inspections["result"].value_counts().to_dict() == expected


def test_real_chicago_canvass_visits_fail_as_the_city_says(real_data: Path) -> None:
    found = made("chicago", real_data / "chicago" / "chicago_canvass_events.parquet")
    results = found.records.inspections["result"].value_counts()
    assert (len(found.records.inspections), results["fail"], results["conditional"]) == (27_600, 5_455, 3_651)
    assert share(with_codes(found, "VIOL_CRITICAL")) == (3_729, 27_600, 13.5)


def test_real_nyc_rows_have_the_scores_of_their_initial_visits(real_data: Path) -> None:
    path = real_data / "nyc" / "nyc_dohmh_violations_to_2014.parquet"
    found = made("nyc", path, real_data / "nyc" / "ViolationCodes.csv")
    assert account(found)[0] == 326_322 + 97
    assert found.report["rules"]["visited_on"] == 1_054
    raw = pd.read_parquet(path).astype("str")
    raw["points"] = number(raw["score"])
    assert found.report["cells_unread"]["violations.score"]["count"] == (raw["points"] < 0).sum() == 120
    cycle = raw[(raw["inspection_type"] == CYCLE) & (raw["inspection_date"] != "1900-01-01")]
    keys = ["camis", "inspection_date", "inspection_type"]
    points = cycle[cycle["points"] >= 0].groupby(keys)["points"].first()
    assert (found.records.inspections["visit_type"] == "RI").sum() == cycle.groupby(keys).ngroups
    mine = routine(found)["score"]
    assert share(mine >= 14) == share(points >= 14) == (27_550, 55_658, 49.5)
    assert share(mine >= 28) == share(points >= 28) == (7_924, 55_658, 14.2)


def test_real_nyc_slice_of_2026_is_read_with_its_own_header(real_data: Path) -> None:
    path = real_data / "nyc" / "DOHMH_New_York_City_Restaurant_Inspection_Results_20260104_1k.csv.gz"
    raw = pd.read_csv(path, dtype="str", keep_default_na=False)
    found = made("nyc", path)
    never = raw["INSPECTION DATE"] == "01/01/1900"
    assert account(found) == (1000, (~never).sum(), 0, never.sum())
    keys = ["CAMIS", "INSPECTION DATE", "INSPECTION TYPE"]
    assert len(found.records.inspections) == raw[~never].groupby(keys).ngroups
    assert found.records.sites["lon"].dropna().between(-74.3, -73.6).all()


def test_real_toronto_visits_have_the_severities_of_their_infractions(real_data: Path) -> None:
    path = real_data / "toronto" / "dinesafe_2001_2010.parquet"
    raw = pd.read_parquet(path)
    found = made("toronto", path)
    assert account(found) == (92_606, 92_606, 0, 0)
    for codes, marks, counts in (
        (("VIOL_SERIOUS", "VIOL_CRITICAL"), ("S -", "C -"), (13_042, 61_608, 21.2)),
        (("VIOL_CRITICAL",), ("C -",), (2_032, 61_608, 3.3)),
    ):
        severe = raw["Severity"].str.startswith(marks, na=False).groupby(raw["Inspection ID"]).any()
        assert share(with_codes(found, *codes)) == share(severe) == counts
    year = real_data / "toronto" / "dinesafe.2010.csv.gz"
    assert len(made("toronto", year).records.inspections) == pd.read_csv(year)["Inspection ID"].nunique()


def test_real_sf_lives_scores(real_data: Path) -> None:
    folder = real_data / "sf" / "lives_2015_2018"
    found = made("sf", *(folder / f"{name}.csv.gz" for name in ("businesses", "inspections", "violations")))
    raw = pd.read_csv(folder / "inspections.csv.gz", dtype="str").drop_duplicates()
    assert len(found.records.inspections) == len(raw) == 14_222 - 1
    assert share(found.records.inspections["score"] < 80) == share(number(raw["score"]) < 80)
    assert share(found.records.inspections["score"] < 80)[2] == 9.9


def test_real_sf_portal_scores(real_data: Path) -> None:
    folder = real_data / "sf" / "portal_2016_2019"
    found = made("sf", *(folder / name for name in ("bus.csv.gz", "ins.parquet", "ins2vio.parquet", "vio.csv.gz")))
    raw = pd.read_parquet(folder / "ins.parquet").astype("str")
    scores = number(raw.loc[raw["type"].str.startswith("Routine"), "score"])
    assert len(found.records.inspections) == len(raw) == 14_526
    assert share(routine(found)["score"] <= 85) == share(scores[scores >= 0] <= 85) == (1_615, 7_664, 21.1)
    assert len(found.records.events) == len(pd.read_parquet(folder / "ins2vio.parquet")) == 22_149


def test_real_wake_scores(real_data: Path) -> None:
    path = real_data / "wake" / "WCRestaurantInspections_LIVES_2016-05-18.zip"
    with zipfile.ZipFile(path) as archive, archive.open("inspections.csv") as member:
        raw = pd.read_csv(member, dtype="str").drop_duplicates()
    found = made("wake", path)
    assert len(found.records.inspections) == len(raw) == 13_499 - 1
    scores = number(raw["score"])
    assert scores.isna().sum() == found.records.inspections["score"].isna().sum() == 64
    mine, theirs = routine(found)["score"], scores[raw["type"] == "routine"].dropna()
    for limit in (90, 93):
        assert share(found.records.inspections["score"] < limit) == share(scores < limit)
        assert share(mine < limit) == share(theirs < limit)
    assert share(found.records.inspections["score"] < 90)[2] == 2.2
    assert share(mine < 93)[2] == 12.6


def test_real_austin_scores(real_data: Path) -> None:
    path = real_data / "austin" / "Restaurant_Inspection_Scores_2015-02_2018-02.csv.gz"
    raw = pd.read_csv(path, dtype="str").drop_duplicates()
    found = made("austin", path)
    assert account(found) == (25_181, 25_180, 1, 0)
    scores = number(raw.loc[raw["ProcessDescription"] == "Routine Inspection", "Score"])
    assert share(routine(found)["score"] < 80) == share(scores < 80)
    assert share(routine(found)["score"] < 80)[2] == 7.5
    assert share(found.records.inspections["score"] < 70) == share(number(raw["Score"]) < 70)
    assert share(found.records.inspections["score"] < 70)[2] == 0.6


def test_real_minneapolis_visits_have_their_critical_violations(real_data: Path) -> None:
    path = real_data / "minneapolis" / "InspectionHistory_2011-05_2013-05.parquet"
    raw = pd.read_parquet(path).astype("object").where(lambda table: table.notna(), "").astype("str")
    found = made("minneapolis", path)
    assert found.report["rules"] == {"site_id": 1_028}
    assert found.report["rows_merged"] == raw.duplicated().sum() == 2
    licensed = raw[(raw["License Number"] != "") & (raw["Inspection Purpose"] == "Routine")].drop_duplicates()
    counts = (licensed["Critical"] == "Yes").groupby(licensed["InspectionID"]).sum()
    assert share(with_codes(found, "VIOL_CRITICAL", at_least=3)) == share(counts >= 3) == (786, 3_968, 19.8)
