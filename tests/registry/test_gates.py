"""Each gate alone: what opens it, what keeps it shut, and what there is too little of to say."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from promotable import make_artifact, scored_rows, summary_of
from riskml.evaluation import compare
from riskml.features.catalog import load_catalog
from riskml.registry.gates import Evidence, Gate, judge, place_of, rivals

SETTINGS: dict[str, Any] = {
    "margin": 0.0,
    "calibration_origins": 1,
    "calibration_slope": (0.8, 1.25),
    "calibration_intercept": (-0.2, 0.2),
    "fairness": True,
    "fairness_ratio": (0.8, 1.25),
    "valid_days_left": 30,
}
TODAY = date(2025, 1, 1)


def fair(low: float | None, high: float | None) -> pd.DataFrame:
    """A fairness table with one ordinary group and one with this interval."""
    columns = ["attribute", "group", "policy", "metric", "budget", "value", "low", "high"]
    rows = [
        ("office", "a", "model", "detection_ratio", 0.2, 1.0, 0.95, 1.05),
        ("office", "b", "model", "detection_ratio", 0.2, 1.0, low, high),
        ("office", "b", "model", "detection_ratio", 0.1, 9.0, 8.0, 10.0),
        ("office", "b", "grade_nanchang", "detection_ratio", 0.2, 9.0, 8.0, 10.0),
        ("office", "b", "model", "detection_rate", 0.2, 9.0, 8.0, 10.0),
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"low": "float64", "high": "float64"})


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A run that passes every gate."""
    folder = tmp_path_factory.mktemp("artifact")
    digest = make_artifact(folder)
    return Evidence(summary_of("t"), scored_rows(), fair(0.9, 1.1), folder, {"tag": digest}, draws=60, seed=7)


def gates(evidence: Evidence, today: date = TODAY, **settings: Any) -> dict[str, Gate]:
    return {gate.name: gate for gate in judge(evidence, {**SETTINGS, **settings}, load_catalog(), today=today)}


def test_a_run_that_shows_everything_passes_every_gate(evidence: Evidence) -> None:
    found = gates(evidence)
    assert list(found) == [
        "better_than.last_outcome",
        "better_than.grade_nanchang",
        "calibration_slope",
        "calibration_intercept",
        "monotone",
        "parity",
        "no_assignment",
        "fairness",
        "expiry",
    ]
    assert {gate.status for gate in found.values()} == {"pass"}
    assert all(gate.detail["zh"] and gate.title["zh"] for gate in found.values())


def test_the_rivals_are_the_last_outcome_and_every_grade_and_no_stack() -> None:
    names = ["random", "model", "last_outcome", "grade_b", "grade_a_points", "grade_a", "grade_a_plus_model", "perfect"]
    assert rivals({"policies": dict.fromkeys(names)}) == ["last_outcome", "grade_a", "grade_a_points", "grade_b"]


@pytest.mark.parametrize(
    ("gain", "margin", "status"),
    [
        ((0.05, 0.001, 0.1), 0.0, "pass"),
        ((0.05, 0.0, 0.1), 0.0, "fail"),
        ((0.05, -0.01, 0.1), 0.0, "fail"),
        ((0.05, 0.01, 0.1), 0.02, "fail"),
        ((0.05, 0.03, 0.1), 0.02, "pass"),
        ((None, None, None), 0.0, "not_enough"),
    ],
)
def test_a_gain_counts_only_if_its_whole_interval_lies_above_the_margin(
    evidence: Evidence, gain: Any, margin: float, status: str
) -> None:
    found = gates(replace(evidence, summary=summary_of("t", gain)), margin=margin)
    assert {found[f"better_than.{rival}"].status for rival in ("last_outcome", "grade_nanchang")} == {status}


def test_a_rival_that_was_not_compared_keeps_the_gate_shut(evidence: Evidence) -> None:
    summary = summary_of("t")
    del summary["differences"]["model - grade_nanchang"]
    assert gates(replace(evidence, summary=summary))["better_than.grade_nanchang"].status == "not_enough"


@pytest.mark.parametrize(
    ("low", "high", "status"),
    [
        (0.8, 1.25, "pass"),
        (0.79, 1.0, "not_enough"),
        (1.0, 1.26, "not_enough"),
        (0.5, 1.5, "not_enough"),
        (0.5, 0.79, "fail"),
        (1.26, 2.0, "fail"),
        (None, None, "not_enough"),
    ],
)
def test_an_interval_must_lie_inside_and_one_that_says_nothing_is_not_enough(
    low: float | None, high: float | None, status: str
) -> None:
    assert place_of(low, high, (0.8, 1.25)) == status


def test_calibration_is_judged_at_the_last_origin_with_its_interval(evidence: Evidence) -> None:
    found = gates(evidence)["calibration_slope"]
    last = evidence.rows[evidence.rows["origin"] == pd.Timestamp("2024-04-01")]
    expected = compare(last, ["model"], draws=60, seed=7, pairs=[]).policies["model"]["calibration_slope"]
    assert found.numbers["origins"] == ["2024-04-01"]
    assert (found.numbers["low"], found.numbers["high"]) == (expected.low, expected.high)
    both = gates(evidence, calibration_origins=2)["calibration_slope"]
    assert both.numbers["origins"] == ["2024-01-01", "2024-04-01"]
    assert both.numbers["high"] - both.numbers["low"] < found.numbers["high"] - found.numbers["low"]


def test_probabilities_that_are_too_bold_fail_and_few_visits_are_not_enough(evidence: Evidence) -> None:
    bold = replace(evidence, rows=scored_rows(sharpness=0.5))
    assert gates(bold)["calibration_slope"].status == "fail"
    few = replace(evidence, rows=evidence.rows.groupby("origin").head(150))
    assert {gates(few)[f"calibration_{name}"].status for name in ("slope", "intercept")} == {"not_enough"}
    assert "NOT" not in gates(few)["calibration_slope"].detail["en"]
    unseen = replace(evidence, rows=evidence.rows.assign(fail=None))
    assert gates(unseen)["calibration_slope"].status == "not_enough"


def test_probabilities_that_are_too_high_fail_by_the_intercept(evidence: Evidence) -> None:
    odds = np.log(evidence.rows["score_model"] / (1 - evidence.rows["score_model"])) + 0.6
    found = gates(replace(evidence, rows=evidence.rows.assign(score_model=1 / (1 + np.exp(-odds)))))
    assert (found["calibration_slope"].status, found["calibration_intercept"].status) == ("pass", "fail")


def test_a_broken_direction_is_named(evidence: Evidence, tmp_path: Path) -> None:
    make_artifact(tmp_path, falls=True)
    found = gates(replace(evidence, artifact=tmp_path, digests={}))
    assert found["monotone"].status == "fail"
    assert "fails_all" in found["monotone"].detail["en"]


def test_another_copy_with_other_bytes_fails_parity(evidence: Evidence) -> None:
    found = gates(replace(evidence, digests={**evidence.digests, "logged model": "0" * 64}))["parity"]
    assert (found.status, found.numbers["other_copies"]) == ("fail", ["logged model"])


def test_an_artifact_that_fails_its_self_test_fails_parity(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    from riskml.errors import ArtifactError

    def broken(*_: object, **__: object) -> None:
        raise ArtifactError("selftest.json: row 3 must give another result")

    monkeypatch.setattr("riskml.scorer.scorer.run_selftest", broken)
    found = gates(evidence)["parity"]
    assert (found.status, "row 3" in found.detail["en"]) == ("fail", True)


def test_a_row_that_scores_otherwise_alone_fails_parity(evidence: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("riskml.scorer.Scorer.score_row", lambda _self, _row: 0.5)
    assert gates(evidence)["parity"].status == "fail"


def test_a_feature_of_who_was_sent_or_of_nobody_knows_what_is_refused(evidence: Evidence, tmp_path: Path) -> None:
    catalog = load_catalog()
    tagged = tuple(replace(one, tags=("assignment",)) if one.name == "visits_all" else one for one in catalog.features)
    found = judge(evidence, SETTINGS, replace(catalog, features=tagged), today=TODAY)
    (gate,) = (gate for gate in found if gate.name == "no_assignment")
    assert (gate.status, gate.numbers["assignment"]) == ("fail", ["visits_all"])
    make_artifact(tmp_path, names=("fails_all", "mood_of_the_cook"))
    strange = gates(replace(evidence, artifact=tmp_path, digests={}))["no_assignment"]
    assert (strange.status, strange.numbers["unknown"]) == ("fail", ["mood_of_the_cook"])


@pytest.mark.parametrize(
    ("low", "high", "status"),
    [(0.9, 1.1, "pass"), (0.5, 1.1, "pass"), (0.5, 0.7, "fail"), (1.3, 2.0, "fail"), (None, None, "pass")],
)
def test_a_group_fails_fairness_only_if_its_whole_interval_lies_outside(
    evidence: Evidence, low: float | None, high: float | None, status: str
) -> None:
    found = gates(replace(evidence, fairness=fair(low, high)))["fairness"]
    assert found.status == status
    assert found.numbers["too_small"] == (low is None)


def test_fairness_that_was_not_measured_keeps_the_gate_shut_unless_the_study_says_so(evidence: Evidence) -> None:
    blind = replace(evidence, fairness=None)
    assert gates(blind)["fairness"].status == "not_measured"
    assert not gates(blind)["fairness"].is_open
    off = gates(blind, fairness=False)["fairness"]
    assert (off.status, off.is_open) == ("off", True)
    tiny = fair(None, None)
    assert gates(replace(evidence, fairness=tiny[1:]))["fairness"].status == "not_enough"


@pytest.mark.parametrize(("today", "status"), [("2024-12-01", "pass"), ("2024-12-02", "fail"), ("2025-02-01", "fail")])
def test_an_artifact_about_to_expire_is_not_promoted(
    evidence: Evidence, tmp_path: Path, today: str, status: str
) -> None:
    make_artifact(tmp_path, expires_on="2024-12-31")
    found = gates(replace(evidence, artifact=tmp_path, digests={}), today=date.fromisoformat(today))
    assert found["expiry"].status == status
