"""The studies of the open sets and of Chicago's benchmark: what they hold to, and that real records bear it out."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from riskml.evaluation import auc
from riskml.evaluation.inspectors.within import mean_within_gain, within_inspector_auc
from riskml.evaluation.schedule.days import by_chance, days_earlier, first_half
from riskml.pipeline import run
from riskml.records.days import day_number
from riskml.study import Study

ROOT = Path(__file__).parent.parent
OPEN = sorted((ROOT / "studies" / "open").glob("*.toml"))
PUBLISHED_FROM = "2014-09-02"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch, name: str) -> ModuleType:
    """A module of benchmarks/."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module(name)


def loaded(name: str) -> Study:
    return Study.load(ROOT / "studies" / f"{name}.toml")


def test_every_open_set_has_a_study_with_the_same_model_setting() -> None:
    names = {path.stem for path in OPEN}
    assert names == {"austin", "chicago", "minneapolis", "nyc", "sf", "sf_lives", "toronto", "wake"}
    studies = [Study.load(path) for path in OPEN]
    assert len({repr(study["model"]) for study in [*studies, loaded("chicago_benchmark")]}) == 1
    assert {study["cohort"]["outcome"] for study in studies} == {"fail"}
    assert {study.name for study in studies} == {f"open_{name}" for name in names}


def test_only_one_study_reads_the_published_window() -> None:
    chicago = [Study.load(path) for path in sorted((ROOT / "studies").rglob("chicago*.toml"))]
    ends = {s.name: day_number(s["splits"]["last_origin"]) + s["cohort"]["horizon_days"] for s in chicago}
    assert [name for name, end in ends.items() if end > day_number(PUBLISHED_FROM)] == ["chicago_published"]


def test_the_published_study_is_the_rolling_one_at_a_later_day() -> None:
    rolling, published = loaded("chicago_benchmark"), loaded("chicago_published")
    for section in rolling.settings:
        if section not in ("", "splits"):
            assert rolling[section] == published[section]
    splits = {**rolling["splits"], "last_origin": PUBLISHED_FROM, "origins": 1}
    assert published["splits"] == splits
    assert published.seed == rolling.seed
    assert rolling["splits"]["origins"] >= 8
    assert not [name for name in rolling["features"]["names"] if "inspector" in name]


@pytest.mark.parametrize("name", ["open_sets"])
def test_the_page_has_a_row_for_every_set(benchmark: ModuleType) -> None:
    page = (ROOT / "docs" / "open_sets.md").read_text(encoding="utf-8")
    wanted = [benchmark.NAMES[name] for name in [*(path.stem for path in OPEN), "toronto_no_revisits"]]
    assert not [name for name in wanted if page.count(f"| {name} |") != 1]
    assert page.startswith(benchmark.HEAD)
    assert page.endswith(benchmark.TAIL)


@pytest.mark.parametrize("name", ["open_sets"])
def test_a_visit_soon_after_another_has_no_outcome_without_revisits(benchmark: ModuleType) -> None:
    class Fake:
        inspections = pd.DataFrame(
            {
                "site_id": ["a", "a", "a", "b", "b"],
                "visited_on": pd.to_datetime(["2024-01-01", "2024-01-31", "2024-03-02", "2024-01-01", "2024-01-01"]),
            }
        )

    rows = pd.DataFrame(
        {
            "site_id": ["a", "a", "b", "c"],
            "visited_on": pd.to_datetime(["2024-01-31", "2024-03-02", "2024-01-01", ""]),
            "fail": pd.array([True, True, False, None], dtype="boolean"),
        }
    )
    # 30 days after another: out; 31 days after: stays; two visits of one day are no re-visit; no visit: nothing to mark
    kept = benchmark.without_revisits(rows, Fake)["fail"]
    assert kept.isna().tolist() == [True, False, False, True]


@pytest.mark.parametrize("name", ["chicago"])
def test_the_last_critical_count_is_that_of_the_last_visit_known(benchmark: ModuleType) -> None:
    visits = [("a", "v1", 10, 17), ("a", "v2", 50, 57), ("b", "v3", 10, 17)]
    log = pd.DataFrame(
        [(site, "VISIT", day, known, visit) for site, visit, day, known in visits]
        + [("a", "VIOL_CRITICAL", 10, 17, "v1")] * 2
        + [("a", "VIOL_MINOR", 50, 57, "v2"), ("b", "VIOL_CRITICAL", 10, 17, "v3")],
        columns=["site_id", "code", "occurred_on", "known_on", "inspection_id"],
    )
    asked = [("b", 18), ("a", 17), ("a", 18), ("a", 57), ("a", 58), ("c", 99)]
    origins = pd.to_datetime(pd.Series([day for _, day in asked]), unit="D")
    rows = pd.DataFrame({"site_id": [site for site, _ in asked], "origin": origins.astype("datetime64[s]")})
    found = benchmark.last_critical_count(rows, log)
    # known on day 17, so seen from day 18 on; the second visit is clean
    np.testing.assert_array_equal(found, [1, np.nan, 2, 2, 0, np.nan])


def published_rows(real_data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = pd.read_parquet(real_data / "chicago" / "chicago_eval.parquet")
    table = table[table["in_published_18712"].fillna(False).to_numpy(bool)]
    return table[~table["Test"]], table[table["Test"]]


def test_the_fields_published_figures_come_out_of_our_code(real_data: Path) -> None:
    # METHOD.md 1: critical violations found 7.4 days earlier by the order of the inspectors alone
    train, test = published_rows(real_data)
    fail, day = test["criticalFound"].to_numpy(bool), pd.to_datetime(test["Inspection_Date"]).to_numpy("datetime64[D]")
    days = day.astype(np.int64)
    assert (len(train), len(test), int(fail.sum())) == (17_075, 1_637, 258)
    cluster = test["sanitarian"].map(train.groupby("sanitarian")["criticalFound"].mean()).to_numpy(np.float64)
    policies = {  # days earlier, first half in percent, AUC
        "inspector cluster only": (cluster, 7.61, 69.4, 0.662),
        "city's saved xgboost score": (test["city_xgb_score"].to_numpy(np.float64), 7.79, 68.2, 0.679),
        "previous critical count": (test["pastCritical"].to_numpy(np.float64), 1.93, 51.2, 0.538),
    }
    for score, earlier, half, area in policies.values():
        assert days_earlier(fail, score, days, ties="stable") == pytest.approx(earlier, abs=0.005)
        assert 100 * (first_half(fail, score, days, ties="stable") or 0) == pytest.approx(half, abs=0.05)
        assert auc(fail, score) == pytest.approx(area, abs=0.0005)
    assert days_earlier(fail, fail, days, ties="stable") == pytest.approx(24.06, abs=0.005)
    within = within_inspector_auc(fail, test["city_xgb_score"], test["sanitarian"])
    assert within == pytest.approx(0.573, abs=0.0005)
    assert within_inspector_auc(fail, cluster, test["sanitarian"]) == 0.5
    chance = by_chance(fail, days)  # METHOD.md gives -1.55, sd 1.02, the mean of 500 draws; this is the exact one
    assert chance is not None
    assert chance.mean == pytest.approx(-1.55, abs=3 * 1.02 / np.sqrt(500))
    assert chance.sd == pytest.approx(1.02, abs=0.1)


def copied(study: str, folder: Path) -> Path:
    """A study in a project folder of its own; its comparison and report, which are not read here, are short."""
    path = folder / "studies" / f"{study}.toml"
    path.parent.mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    text = (ROOT / "studies" / f"{study}.toml").read_text(encoding="utf-8")
    short = "[report]\nhtml = false\n[comparison]\ndraws = 10\n"
    path.write_text(text.replace("[comparison]\n", short), encoding="utf-8")
    return path


def ran(study: str, tmp_path: Path) -> pd.DataFrame:
    """The scored rows of a study, run in a folder of its own."""
    folder = run(Study.load(copied(study, tmp_path)), track=False).folder
    return pd.read_parquet(folder / "tables" / "scored_rows.parquet")


@pytest.mark.parametrize("name", ["chicago"])
def test_within_inspectors_the_model_beats_the_last_critical_count_before_the_published_window(
    benchmark: ModuleType, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "ROOT", tmp_path)
    copied("chicago_benchmark", tmp_path)
    monkeypatch.setenv("RISKML_REAL_DATA", str(real_data))
    rows = benchmark.scored("chicago_benchmark")
    gain = mean_within_gain(rows, "model", benchmark.LAST, draws=300, seed=1)
    assert len(gain.windows) >= 8
    assert rows["visited_on"].max() < pd.Timestamp(PUBLISHED_FROM)
    assert gain.low is not None
    assert gain.low > 0
    assert gain.value < 0.15, "too good to be true on these records: look for a leak"
    page = (ROOT / "docs" / "chicago_benchmark.md").read_text(encoding="utf-8")
    told = float(page.split("Mean paired gain over the last critical count: `")[1].split(" ")[0])
    assert gain.value == pytest.approx(told, abs=0.01), "the page is stale: run benchmarks/chicago.py --write"


@pytest.mark.parametrize("name", ["open_sets"])
def test_on_minneapolis_the_model_beats_the_last_score(
    benchmark: ModuleType, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKML_REAL_DATA", str(real_data))
    rows = ran("open/minneapolis", tmp_path)
    study = Study.load(ROOT / "studies" / "open" / "minneapolis.toml")
    line = benchmark.line_of("minneapolis", rows, study, 0.0)
    difference = line.difference("auc")
    assert difference.low is not None
    assert difference.low > 0
    cells = benchmark.table([line]).splitlines()[2].split("|")
    page = (ROOT / "docs" / "open_sets.md").read_text(encoding="utf-8")
    told = next(row for row in page.splitlines() if row.startswith(f"| {benchmark.NAMES['minneapolis']} |")).split("|")
    assert cells[1:5] == told[1:5]
    assert difference.value == pytest.approx(float(told[7].strip(" `").split(" ")[0]), abs=0.02), "the page is stale"
