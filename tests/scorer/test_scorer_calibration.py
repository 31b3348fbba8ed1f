"""The maps from log-odds to probability: by hand, rising everywhere, the same in batches, and hostile ones refused."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskml.scorer import Scorer
from riskml.scorer.errors import ArtifactError
from riskml.scorer.explaining.contributions import contributions
from riskml.scorer.forest.calibration import KINDS, LARGEST, MAX_KNOTS, Calibration, parse_calibration
from riskml.scorer.opening.artifact import open_artifact

BETA = {"kind": "beta", "rise": 0.7, "fall": 1.4, "intercept": -0.3}
KNOTS = {"kind": "isotonic", "raw": [-1.0, 0.0, 2.0], "log_odds": [-3.0, -2.5, 1.0]}
PLATT = {"kind": "platt", "slope": 1.25, "intercept": -0.5}
MAPS = [{"kind": "none"}, PLATT, BETA, KNOTS]

every_map = pytest.mark.parametrize("table", MAPS, ids=lambda table: str(table["kind"]))


def made(table: dict[str, Any]) -> Calibration:
    return parse_calibration(table, "here")


def test_the_beta_map_by_its_published_formula() -> None:
    calibration = made(BETA)
    for raw in (-4.0, -0.1, 0.0, 0.3, 5.0):
        s = 1 / (1 + math.exp(-raw))
        odds = 0.7 * math.log(s) - 1.4 * math.log(1 - s) - 0.3
        assert calibration.odds(raw) == pytest.approx(odds)
        assert calibration.probability(raw) == pytest.approx(1 / (1 + math.exp(-odds)))


@pytest.mark.parametrize(
    ("raw", "odds"), [(-1.0, -3.0), (-0.5, -2.75), (0.0, -2.5), (1.0, -0.75), (2.0, 1.0), (-3.0, -5.0), (10.0, 9.0)]
)
def test_the_isotonic_map_by_hand_at_its_knots_between_and_beyond_them(raw: float, odds: float) -> None:
    assert made(KNOTS).odds(raw) == pytest.approx(odds, abs=1e-15)


@every_map
@given(st.lists(st.floats(-800, 800), min_size=2, max_size=30))
def test_no_map_turns_two_scores_round(table: dict[str, Any], raw: list[float]) -> None:
    calibration = made(table)
    ordered = sorted(raw)
    odds = [calibration.odds(one) for one in ordered]
    assert odds == sorted(odds)
    chances = [calibration.probability(one) for one in ordered]
    assert chances == sorted(chances)
    assert all(0.0 <= one <= 1.0 for one in chances)


@every_map
def test_probabilities_of_many_have_the_bits_of_one(table: dict[str, Any]) -> None:
    calibration = made(table)
    random = np.random.default_rng(5)
    ends = [0.0, -0.0, -1.0, 2.0, 1e-300, 750.0, -750.0, 1.7e308, -1.7e308]
    raw = np.concatenate([random.normal(scale=4.0, size=3000), np.nextafter(ends, 9.0), np.nextafter(ends, -9.0), ends])
    expected = [calibration.probability(one) for one in raw.tolist()]
    assert calibration.probabilities(raw).tolist() == expected
    assert calibration.probabilities(raw[:0]).shape == (0,)


def test_probabilities_of_many_have_the_bits_of_one_at_knots_that_round() -> None:
    random = np.random.default_rng(2)
    knots, odds = np.sort(random.normal(size=(2, 60)), axis=1)
    calibration = made({"kind": "isotonic", "raw": knots.tolist(), "log_odds": odds.tolist()})
    raw = np.concatenate([knots, np.nextafter(knots, 9.0), np.nextafter(knots, -9.0)])
    assert calibration.probabilities(raw).tolist() == [calibration.probability(one) for one in raw.tolist()]


def test_rounding_never_carries_a_value_over_the_next_knot() -> None:
    rng = np.random.default_rng(1)
    carried = 0
    for _ in range(300):
        raw = [-rng.uniform(0.1, 3), 1e-18, rng.uniform(0.1, 3)]  # floats are densest at 0
        odds = np.cumsum(rng.uniform(0.01, 4, 3)).tolist()
        calibration = made({"kind": "isotonic", "raw": raw, "log_odds": odds})
        for place, (knot, value) in enumerate(zip(raw, odds, strict=True)):
            around = [math.nextafter(knot, -math.inf), knot, math.nextafter(knot, math.inf)]
            below, at, above = (calibration.odds(one) for one in around)
            assert below <= at == value <= above
            slope = (value - odds[place - 1]) / (knot - raw[place - 1])
            carried += place > 0 and odds[place - 1] + (around[0] - raw[place - 1]) * slope > value
    assert carried > 0  # the line alone would have turned two scores round


@every_map
def test_single_rows_and_batches_agree_to_the_bit(
    table: dict[str, Any], small_files: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    for name, content in small_files(calibration=table).items():
        (tmp_path / name).write_bytes(content)
    scorer = Scorer.load(tmp_path, on_expired="ignore")
    rows = np.random.default_rng(5).normal(size=(300, 6))
    rows[:, 1], rows[:, 2], rows[:, 4] = 3.0, 2.0, 7.0
    assert [scorer.score_row(row.tolist()) for row in rows] == scorer.score_features(rows).tolist()


@every_map
def test_stretched_contributions_add_up_after_the_map(
    table: dict[str, Any], small_files: Callable[..., dict[str, bytes]]
) -> None:
    artifact = open_artifact(small_files(calibration=table))
    row = [0.4, 2.0, 3.0, 0.1, 9.0, -0.2]
    calibration, raw = artifact.header.calibration, artifact.trees.raw_score(row)
    values, expected = contributions(artifact.trees, row)
    moved = sum(calibration.stretch(raw, expected) * value for value in values)
    assert moved == pytest.approx(calibration.odds(raw) - calibration.odds(expected))
    assert calibration.stretch(raw, raw) == calibration.slope


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"kind": "spline"}, "unknown kind 'spline'; this version knows"),
        ({"kind": ["platt"]}, "unknown kind"),
        ("platt", "unknown kind None"),
        ({**PLATT, "slope": 0.0}, "slope 0.0 would turn the ranking round"),
        ({**PLATT, "slope": 1e7}, "slope must lie between -1e"),
        ({**PLATT, "rise": 1.0}, "needs exactly the keys"),
        ({**BETA, "rise": -0.1}, "rise -0.1 and fall 1.4 would turn the ranking round"),
        ({**BETA, "rise": 0.0, "fall": 0.0}, "one score of all"),
        ({**BETA, "fall": math.inf}, "fall must be a finite number"),
        ({**BETA, "slope": 1.0}, "needs exactly the keys"),
        ({**KNOTS, "raw": [0.0]}, "needs 2 to 1000 knots, each with raw and log_odds; got 1 and 3"),
        ({**KNOTS, "raw": [0.0], "log_odds": [1.0]}, "got 1 and 1"),
        ({**KNOTS, "raw": [-1.0, 0.0, 0.0]}, "the knots must rise strictly"),
        ({**KNOTS, "raw": [-1.0, 0.0, -2.0]}, "the knots must rise strictly"),
        ({**KNOTS, "log_odds": [-3.0, -3.0, 1.0]}, "the knots must rise strictly"),
        ({**KNOTS, "log_odds": [-3.0, -2.5, -2.6]}, "the knots must rise strictly"),
        ({**KNOTS, "raw": [0.0, 5e-324, 1.0]}, "no steeper than"),
        ({**KNOTS, "raw": [0.0, 1e-9, 1.0]}, "no steeper than"),
        ({**KNOTS, "log_odds": [0.0, math.nan, 1.0]}, "must be a finite number"),
        ({**KNOTS, "log_odds": [0.0, 1.0, LARGEST * 2]}, "must lie between"),
        ({**KNOTS, "log_odds": [0.0, "1", 2.0]}, "must be a finite number"),
        ({**KNOTS, "raw": 3.0}, "raw must be a list"),
        (
            {"kind": "isotonic", "raw": [*range(MAX_KNOTS + 1)], "log_odds": [*range(MAX_KNOTS + 1)]},
            "needs 2 to 1000 knots",
        ),
    ],
)
def test_a_map_that_does_not_rise_or_is_out_of_bounds_is_refused(table: Any, message: str) -> None:
    with pytest.raises(ArtifactError, match=message):
        parse_calibration(table, "here")


def test_the_kinds_are_ordered_from_the_simplest() -> None:
    assert KINDS == ("none", "platt", "beta", "isotonic")


@pytest.mark.parametrize("table", [BETA, KNOTS], ids=["beta", "isotonic"])
def test_a_forged_map_fails_the_self_test_though_its_checksums_are_right(
    table: dict[str, Any], small_files: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    from riskml.scorer.opening.artifact import MANIFEST, canonical, manifest

    files = small_files(calibration=table)
    model = json.loads(files["model.json"])
    name = "intercept" if table["kind"] == "beta" else "log_odds"
    model["calibration"][name] = -0.2 if name == "intercept" else [-3.0, -2.5, 1.1]
    forged = {**files, "model.json": canonical(model)}
    for file, content in {**forged, MANIFEST: manifest(forged)}.items():
        (tmp_path / file).write_bytes(content)
    with pytest.raises(ArtifactError, match="do not use the artifact here"):
        Scorer.load(tmp_path, on_expired="ignore")
