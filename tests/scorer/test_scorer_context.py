"""What a scorer knows of other sites: where it comes from, when it is too new or too old, and what is refused."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from riskml.export.artifact import write_artifact
from riskml.scorer import ArtifactError, Context, InputError, Scorer
from riskml.scorer.opening.artifact import open_artifact
from riskml.scorer.scanning.versions import day_number

NAMES = ["kind_share", "near_per_site", "kind_fails", "kind_sites", "city_share"]
PROGRAM = {
    "codes": ["VISIT", "VISIT_FAIL"],
    "tables": [],
    "features": [
        {"name": "kind_share", "from": "context", "aggregate": "share", "group": 0, "fact": 0, "per": 1, "prior": 10},
        {
            "name": "near_per_site",
            "from": "context",
            "aggregate": "per_site",
            "group": 1,
            "fact": 0,
            "per": 2,
            "prior": 4,
        },
        {
            "name": "kind_fails",
            "from": "context",
            "aggregate": "count",
            "group": 0,
            "fact": 0,
            "per": None,
            "prior": None,
        },
        {
            "name": "kind_sites",
            "from": "context",
            "aggregate": "sites",
            "group": 0,
            "fact": 2,
            "per": None,
            "prior": None,
        },
        {"name": "city_share", "from": "context", "aggregate": "share", "group": 2, "fact": 0, "per": 1, "prior": 1},
    ],
    "context": {
        "facts": [
            {"codes": [1], "window": 365, "skip_repaired": False},
            {"codes": [0], "window": None, "skip_repaired": False},
        ],
        "groups": [
            {"name": "kind", "columns": ["format_code"], "step": None, "reading": "as_is", "hashed": False},
            {"name": "near", "columns": ["lon", "lat"], "step": 0.01, "reading": "as_is", "hashed": False},
            {"name": "city", "columns": [], "step": None, "reading": "as_is", "hashed": False},
        ],
        "seen": 1,
    },
}
DAY = day_number("2025-01-01", "day")
CONTEXT = Context(
    DAY, (50, 1000, 400), {"kind": {"C3": (12, 200, 80)}, "near": {"11588|2868": (5, 60, 21)}, "city": {}}
)
SITE = {"site_id": "s1", "format_code": "C3", "lon": 115.8801, "lat": 28.6833, "registered_on": "2020-01-01"}


def visit(number: int, day: str, *, failed: bool) -> list[dict[str, Any]]:
    codes = ["VISIT", "VISIT_FAIL"] if failed else ["VISIT"]
    return [{"event_id": f"{code}{number}", "code": code, "occurred_on": day, "known_on": day} for code in codes]


EVENTS = [
    *visit(1, "2024-11-01", failed=True),
    *visit(2, "2023-05-01", failed=True),
    *visit(3, "2025-02-01", failed=True),
]
"""Before the context's day two visits, of which one failed within the year."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(1)
    matrix = random.random((300, len(NAMES)))
    data = lgb.Dataset(matrix, matrix[:, 0] > 0.5, feature_name=NAMES, params={"verbose": -1})
    text = lgb.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 5).model_to_string()
    plain = {"kind": "number", "unit": "", "reason_en": "{value}", "reason_zh": "{value}", "monotone": 0}
    header = {
        "name": "of_others",
        "code_version": "0",
        "data_hash": "none",
        "outcome": "fail",
        "horizon_days": 90,
        "label_versions": [],
        "trained_to": "2025-01-01",
        "expires_on": "2999-01-01",
        "context_days": 100,
        "features": [
            {**plain, "name": name, "text_en": name, "text_zh": name, "low": 0.0, "high": None, "categories": []}
            for name in NAMES
        ],
        "program": PROGRAM,
        "calibration": {"kind": "none"},
        "levels": None,
    }
    made = tmp_path_factory.mktemp("artifact")
    write_artifact(made, header=header, model_text=text, selftest_rows=matrix[:20], context=CONTEXT)
    with pytest.raises(ArtifactError, match="give the context"):
        write_artifact(made, header=header, model_text=text, selftest_rows=matrix[:20])
    return made


@pytest.fixture
def scorer(folder: Path) -> Scorer:
    return Scorer.load(folder)


def test_features_leave_the_sites_own_part_on_the_contexts_day_out(scorer: Scorer) -> None:
    row = scorer.features(SITE, EVENTS, "2025-03-01")
    typical = (50 - 1) / (1000 - 2)
    near = ((5 - 1) + 4 * (49 / 399)) / ((21 - 1) + 4)
    city = ((50 - 1) + typical) / ((1000 - 2) + 1)
    assert row == [((12 - 1) + 10 * typical) / ((200 - 2) + 10), near, 11.0, 79.0, city]


def test_a_site_of_an_unlisted_group_has_no_others_and_one_without_a_group_is_missing(scorer: Scorer) -> None:
    row = scorer.features({"site_id": "s2", "format_code": "C9", "registered_on": "2025-02-01"}, [], "2025-03-01")
    assert row[2:4] == [0.0, 0.0]
    assert row[0] == (10 * (50 / 1000)) / 10
    assert np.isnan(row[1])


def test_a_site_without_a_first_day_stands_from_its_first_visit_known(scorer: Scorer) -> None:
    unsaid = {**SITE, "registered_on": None}
    assert scorer.features(unsaid, EVENTS, "2025-03-01")[3] == 80.0 - 1
    assert scorer.features(unsaid, visit(3, "2025-02-01", failed=True), "2025-03-01")[3] == 80.0


def test_a_context_later_than_the_decision_day_is_not_used(scorer: Scorer) -> None:
    with pytest.warns(UserWarning, match="the context is of 2025-01-01, later than as_of"):
        row = scorer.features(SITE, EVENTS, "2024-12-31")
    assert np.isnan(row).all()


def test_a_context_too_old_warns_or_is_refused_as_asked(folder: Path, scorer: Scorer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scorer.score(SITE, EVENTS, "2025-04-11")
        Scorer.load(folder, on_stale="ignore").score(SITE, EVENTS, "2025-04-12")
    with pytest.warns(UserWarning, match="more than 100 days before as_of"):
        scorer.score(SITE, EVENTS, "2025-04-12")
    with pytest.raises(InputError, match="more than 100 days before as_of"):
        Scorer.load(folder, on_stale="refuse").score(SITE, EVENTS, "2025-04-12")
    with pytest.raises(InputError, match="on_stale must be one of"):
        Scorer.load(folder, on_stale="often")


def test_a_fresh_context_takes_the_place_of_the_stored_one(scorer: Scorer) -> None:
    later = Context(DAY + 90, (60, 1100, 400), {**CONTEXT.groups, "kind": {"C3": (20, 230, 80)}})
    fresh = scorer.with_context(json.loads(json.dumps(later.as_dict())))
    assert fresh.features(SITE, EVENTS, "2025-04-12")[2] == 20.0 - 2
    assert scorer.context == CONTEXT
    assert fresh.digest == scorer.digest
    with pytest.raises(ArtifactError, match="needs exactly the groups"):
        scorer.with_context(Context(DAY, (0, 0, 0), {"kind": {}}))


def test_no_record_of_the_site_stands_behind_what_it_is_told_of_others(scorer: Scorer) -> None:
    score = scorer.score(SITE, EVENTS, "2025-03-01", top=9)
    assert {reason.event_ids for reason in (*score.reasons_up, *score.reasons_down)} == {()}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "needs exactly the keys"),
        ({"as_of": 1, "totals": [0]}, "needs exactly the keys"),
        ({"as_of": "2025-01-01", "totals": [0], "groups": {}}, "as_of a day number"),
        ({"as_of": 1, "totals": [0, 0], "groups": {}}, "needs 1 counts"),
        ({"as_of": 1, "totals": [-1], "groups": {}}, "whole numbers from 0"),
        ({"as_of": 1, "totals": [True], "groups": {}}, "whole numbers from 0"),
        ({"as_of": 1, "totals": [0.5], "groups": {}}, "whole numbers from 0"),
        ({"as_of": 1, "totals": [0], "groups": {"kind": {}}}, "needs exactly the groups"),
    ],
)
def test_a_forged_context_is_refused(forge: Callable[..., dict[str, bytes]], table: object, said: str) -> None:
    with pytest.raises(ArtifactError, match=said):
        open_artifact(forge(context=table))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.pop("context"), "malformed|context"),
        (lambda p: p["context"].update(seen=0), "fact 0 of the context, which shows who was there"),
        (lambda p: p["context"].update(more=1), "a context with facts and groups"),
        (lambda p: p["context"]["facts"].append({"codes": [9], "window": 5, "skip_repaired": False}), "out of bounds"),
        (lambda p: p["context"]["facts"].append({"codes": [0], "window": -5, "skip_repaired": False}), "a window is"),
        (
            lambda p: p["context"]["groups"].append(
                {"name": "g", "columns": ["a"], "step": 0.0, "reading": "as_is", "hashed": False}
            ),
            "unknown step or reading",
        ),
        (
            lambda p: p["context"]["groups"].append(
                {"name": "g", "columns": ["a"], "step": None, "reading": "aloud", "hashed": False}
            ),
            "unknown step or reading",
        ),
        (
            lambda p: p["features"].append(
                {
                    "name": "x",
                    "from": "context",
                    "aggregate": "count",
                    "group": 0,
                    "fact": 0,
                    "per": None,
                    "prior": None,
                }
            ),
            "group 0 of 0",
        ),
        (
            lambda p: p["features"].append(
                {"name": "x", "from": "context", "aggregate": "median", "group": 0, "fact": 0, "per": 0, "prior": 1}
            ),
            "unknown aggregate 'median'",
        ),
    ],
)
def test_a_forged_program_of_others_is_refused(
    forge: Callable[..., dict[str, bytes]], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    with pytest.raises(ArtifactError, match=said):
        open_artifact(forge(lambda model: change(model["program"])))
