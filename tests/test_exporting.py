"""What a run hands to the exporter: its model, the sites of the last day and the study's settings, each really used."""

import base64
import dataclasses
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from riskml.export.scoring import context_for, score_records
from riskml.exporting import write_model
from riskml.features.actions import load_actions
from riskml.grades import grade
from riskml.line import Line
from riskml.records.days import day_number
from riskml.records.log import raw_histories
from riskml.scorer import Scorer
from riskml.scorer.explaining.peers import STEPS
from riskml.study import Study
from small_lines import OWN_CODE, small_line

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def study() -> Study:
    return small_line()[0]


@pytest.fixture(scope="module")
def line() -> Line:
    return small_line()[1]


@pytest.fixture(scope="module")
def folder(study: Study, line: Line, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("exported")
    write_model(place, study, line)
    return place


@pytest.fixture(scope="module")
def scorer(folder: Path) -> Scorer:
    return Scorer.load(folder, on_expired="ignore")


@pytest.fixture(scope="module")
def today(line: Line) -> pd.DataFrame:
    """The sites of the last day with their features and the run's probability, joined by site and not by place."""
    rows = line.cohort.tables["rows"][["site_id", "as_of"]].reset_index(drop=True)
    features = pd.concat([rows, line.features.tables["features"].reset_index(drop=True)], axis=1)
    mine = features[features["as_of"] == pd.Timestamp(line.records.observed_to)]
    found = line.model.tables["today"].merge(mine, on="site_id", validate="one_to_one", suffixes=("", "_feature"))
    assert len(found) == len(mine) == len(line.model.tables["today"]) > 300
    return found


def test_the_artifact_gives_the_sites_of_the_last_day_the_probabilities_of_the_run(
    scorer: Scorer, today: pd.DataFrame
) -> None:
    names = [feature.name for feature in scorer.header.features]
    assert scorer.score_features(today[names].to_numpy(np.float64)).tolist() == today["probability"].tolist()
    assert today["probability"].nunique() > 50


def test_the_header_holds_the_settings_of_the_study(scorer: Scorer, line: Line) -> None:
    header = scorer.header
    end = date.fromisoformat(f"{line.records.observed_to:%Y-%m-%d}")
    assert (header.name, header.outcome, header.horizon_days) == ("small", "fail", 80)
    assert (header.trained_to, header.expires_on) == (end, end + timedelta(days=123))
    assert (header.context_days, header.data_hash) == (45, line.data_hash)
    assert header.calibration.kind == line.model.facts["calibration"]["kind"]
    learned = line.cohort.tables["rows"]["label_version"].dropna().unique().tolist()
    assert list(header.label_versions) == sorted(learned)
    assert header.code_version.partition("+")[0]


def test_the_categories_of_the_artifact_are_those_of_the_records(scorer: Scorer, line: Line) -> None:
    held = {feature.name: list(feature.categories) for feature in scorer.header.features if feature.kind == "category"}
    assert held == {name: line.features.facts["categories"][name] for name in held}
    assert "format_code" in held


def test_the_codes_of_the_records_are_known_to_the_artifact(scorer: Scorer, line: Line) -> None:
    assert OWN_CODE in scorer.header.known_codes
    assert set(line.records.events["code"]) <= set(scorer.header.known_codes)


def test_every_action_about_a_record_that_the_program_reads_reaches_the_artifact(scorer: Scorer) -> None:
    read = set(scorer.header.program["codes"])
    expected = {one["name"]: read & set(one["codes"]) for one in load_actions() if read & set(one["codes"])}
    assert {one.name: set(one.codes) for one in scorer.header.actions} == expected
    assert len(expected) > 3


def test_the_context_is_of_the_last_day(folder: Path, scorer: Scorer, line: Line) -> None:
    assert scorer.context.as_of == day_number(line.records.observed_to)
    last, before = (f"{line.records.observed_to - pd.Timedelta(days=days):%Y-%m-%d}" for days in (0, 1))
    assert scorer.context.as_dict() == context_for(folder, line.records, last).as_dict()
    assert scorer.context.as_dict()["totals"] != context_for(folder, line.records, before).as_dict()["totals"]


def quantiles(values: "pd.Series[float]") -> list[float]:
    """For k = 0 ... STEPS the least value that at least a share of k / STEPS of the values does not exceed."""
    known = sorted(values.dropna().astype("float32").tolist())
    steps = range(STEPS + 1)
    return [
        next(value for value in known if sum(one <= value for one in known) * STEPS >= k * len(known)) for k in steps
    ]


def test_peers_are_spread_as_the_sites_of_their_kind_on_the_last_day(
    folder: Path, line: Line, today: pd.DataFrame
) -> None:
    peers: dict[str, Any] = json.loads((folder / "peers.json").read_bytes())
    features = json.loads((folder / "model.json").read_bytes())["features"]
    compared = [features[place]["name"] for place in peers["compared"]]
    kind = today["site_id"].map(line.records.sites.set_index("site_id")["format_code"])
    assert peers["as_of"] == day_number(line.records.observed_to)
    assert "" in peers["groups"]
    assert len(peers["groups"]) > 1
    for name, group in peers["groups"].items():
        mine = today if name == "" else today[kind == name]
        held = np.frombuffer(base64.b64decode(group["quantiles"]), "<f4").reshape(STEPS + 1, -1)
        assert group["sites"] == len(mine)
        assert group["known"] == mine[compared].notna().sum().tolist()
        assert held[:, -1].tolist() == quantiles(mine["probability"])
        place = compared.index("days_registered")
        assert held[:, place].tolist() == quantiles(mine["days_registered"])


def test_levels_have_the_sizes_of_the_first_system_of_the_study(
    scorer: Scorer, line: Line, today: pd.DataFrame
) -> None:
    levels = scorer.header.levels
    assert levels is not None
    assert levels.system == "nanchang"
    graded = grade(line.records, "nanchang", f"{line.records.observed_to:%Y-%m-%d}").set_index("site_id")["level"]
    theirs = today["site_id"].map(graded)
    mine = pd.Series([levels.of(value).code for value in today["probability"][theirs.notna()]])
    sizes = {"theirs": theirs.value_counts(), "mine": mine.value_counts()}
    ties = today["probability"].value_counts().max()
    assert set(sizes["theirs"].index) == {level.code for level in levels.names}
    for code, many in sizes["theirs"].items():
        assert abs(int(sizes["mine"].get(code, 0)) - int(many)) <= ties


def test_the_self_test_holds_rows_of_several_days(folder: Path, line: Line) -> None:
    held = json.loads((folder / "selftest.json").read_bytes())["rows"]
    features = line.features.tables["features"]
    days = line.cohort.tables["rows"]["as_of"].tolist()
    known = {tuple(row): day for row, day in zip(features.fillna(-1e9).to_numpy().tolist(), days, strict=True)}
    keys = [tuple(-1e9 if value is None else float(value) for value in row) for row in held]
    found = [known[key] for key in keys if key in known]
    assert len(found) >= 12
    assert len(set(found)) > 3


def test_a_kind_that_other_records_lack_or_add_moves_no_other_kind(folder: Path, line: Line) -> None:
    kinds = line.features.facts["categories"]["format_code"]
    sites = line.records.sites.copy()
    sites.loc[sites["format_code"] == kinds[0], "format_code"] = "Z9"
    other, last = dataclasses.replace(line.records, sites=sites), f"{line.records.observed_to:%Y-%m-%d}"
    scorer = Scorer.load(folder, on_expired="ignore").with_context(context_for(folder, other, last))
    histories, place = raw_histories(other), [one.name for one in scorer.header.features].index("format_code")
    held, moved = set(), 0
    for site_id, probability in score_records(folder, other, last).iloc[::9][["site_id", "probability"]].to_numpy():
        row = scorer.features(**histories[site_id], as_of=last)
        assert scorer.score_row(row) == probability
        held.add(row[place])
        moved += scorer.score_row([*row[:place], row[place] - 1.0, *row[place + 1 :]]) != probability
    assert len(held) > 3
    assert moved > 10
