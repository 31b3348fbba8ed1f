"""What an engineer sees: scores, levels, reasons, refusals, expiry, threads, imports."""

import dataclasses
import json
import math
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import pytest

from riskml.scorer import ArtifactError, InputError, Scorer
from riskml.scorer.explaining.reasons import reasons
from riskml.scorer.forest.calibration import Calibration
from riskml.scorer.header import Feature

SITE = {"area": -1.5, "kind_of_shop": "kind_of_shop 3", "change": 0.5, "street": "street 6", "score": None}
EVENTS = [
    {"event_id": "e1", "code": "VISIT", "occurred_on": "2024-11-01", "known_on": "2024-11-02"},
    {"event_id": "e2", "code": "VISIT", "occurred_on": "2024-12-01", "known_on": "2024-12-02"},
    {"event_id": "e3", "code": "VISIT", "occurred_on": "2025-05-31", "known_on": "2025-06-01"},
]
ROW = [-1.5, 2.0, 3.0, 0.5, 6.0, math.nan]


@pytest.fixture
def scorer(plain: Any) -> Scorer:
    return Scorer.load(plain.folder, today="2025-06-01")


def test_a_site_is_scored_from_what_was_known_before_the_day(scorer: Scorer, plain: Any) -> None:
    row = scorer.features(SITE, EVENTS, "2025-06-01")
    assert row[:5] == ROW[:5]
    assert math.isnan(row[5])
    score = scorer.score(SITE, EVENTS, as_of="2025-06-01")
    assert score.raw == plain.booster.predict(np.array([ROW]), raw_score=True)[0]
    assert score.probability == pytest.approx(1 / (1 + math.exp(-(1.25 * score.raw - 0.5))), rel=1e-15)
    assert score == scorer.score(SITE, EVENTS, as_of=date(2025, 6, 1))
    assert scorer.score_row(ROW) == score.probability
    assert scorer.raw_score(ROW) == score.raw


def test_a_cut_belongs_to_the_higher_level(scorer: Scorer) -> None:
    codes = [scorer.level_of(p).code for p in (0.0, math.nextafter(0.25, 0), 0.25, 0.49, 0.5, 1.0)]  # type: ignore[union-attr]
    assert codes == ["A", "A", "B", "B", "C", "C"]


def test_the_level_of_a_score_is_named_in_both_languages(scorer: Scorer) -> None:
    score = scorer.score(SITE, EVENTS, as_of="2025-06-01")
    assert (score.level, score.level_en, score.level_zh) == ("C", "level C", "C级")


def test_an_artifact_without_levels_gives_none(small_files: Any, tmp_path: Any) -> None:
    for name, data in small_files(levels=None).items():
        (tmp_path / name).write_bytes(data)
    score = Scorer.load(tmp_path, on_expired="ignore").score(SITE, EVENTS, as_of="2025-06-01")
    assert (score.level, score.level_en, score.level_zh) == (None, None, None)


def test_reasons_are_calibrated_contributions_strongest_first(scorer: Scorer) -> None:
    score = scorer.score(SITE, EVENTS, as_of="2025-06-01", top=10)
    values, expected = scorer.contributions(ROW)
    found = {reason.feature: reason for reason in score.reasons_up + score.reasons_down}
    names = [feature.name for feature in scorer.header.features]
    for name, value in zip(names, values, strict=True):
        assert (name in found) == (value != 0.0)
        assert name not in found or found[name].contribution == 1.25 * value
    assert sum(reason.contribution for reason in found.values()) == pytest.approx(1.25 * (score.raw - expected))
    assert [r.contribution for r in score.reasons_up] == sorted((v * 1.25 for v in values if v > 0), reverse=True)
    assert all(reason.contribution < 0 for reason in score.reasons_down)


def test_a_reason_names_its_value_and_its_records(scorer: Scorer) -> None:
    score = scorer.score(SITE, EVENTS, as_of="2025-06-01")
    found = {reason.feature: reason for reason in score.reasons_up + score.reasons_down}
    assert found["visits"].value == 2.0
    assert found["visits"].event_ids == ("e1", "e2")
    assert (found["visits"].text_en, found["visits"].text_zh) == ("visits is 2", "数值为2")
    assert found["street"].value == "street 6"
    assert found["street"].text_en == "street is street 6"
    assert found["score"].value is None
    assert (found["score"].text_en, found["score"].text_zh) == ("score: not on record", "特征：无记录")
    assert found["score"].event_ids == ()


def test_at_most_top_reasons_are_given_each_way(scorer: Scorer) -> None:
    one = scorer.score(SITE, EVENTS, as_of="2025-06-01", top=1)
    many = scorer.score(SITE, EVENTS, as_of="2025-06-01", top=10)
    assert len(many.reasons_up) > 1
    assert len(many.reasons_down) > 0
    assert (one.reasons_up, one.reasons_down) == (many.reasons_up[:1], many.reasons_down[:1])
    none = scorer.score(SITE, EVENTS, as_of="2025-06-01", top=0)
    assert (none.reasons_up, none.reasons_down) == ((), ())
    assert none.probability == one.probability


def feature(name: str, **changes: Any) -> Feature:
    texts = {"unit": "", "text_en": "", "text_zh": "", "reason_zh": ""}
    return Feature(
        **texts | {"name": name, "kind": "number", "reason_en": "", "monotone": 0, "low": None, "high": None}
        | {"categories": ()} | changes
    )  # fmt: skip


def test_equal_reasons_keep_the_order_of_the_catalog() -> None:
    features = [feature(name) for name in "abcd"]
    up, down = reasons(features, [1.0] * 4, [0.5, -0.5, 0.5, 0.0], [[]] * 4, top=5)
    assert [reason.feature for reason in up] == ["a", "c"]
    assert [reason.feature for reason in down] == ["b"]


def test_a_reason_text_cannot_reach_into_an_object() -> None:
    (reason,), _ = reasons([feature("a", reason_en="{value.__class__} {value} {0}")], [2.5], [1.0], [["e"]], top=1)
    assert reason.text_en == "{value.__class__} 2.5 {0}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row[:-1], "a row needs 6 values"),
        (lambda row: [*row, 1.0], "a row needs 6 values"),
        (lambda row: [math.inf, *row[1:]], "feature 'area' must lie between -inf and inf and be finite, got inf"),
        (lambda row: ["1", *row[1:]], "feature 'area' must be a number"),
        (lambda row: [None, *row[1:]], "feature 'area' must be a number"),
        (lambda row: [row[0], -1.0, *row[2:]], "feature 'visits' must lie between 0.0 and 1000.0"),
        (lambda row: [row[0], 1001, *row[2:]], "feature 'visits' must lie between 0.0 and 1000.0"),
        (lambda row: [*row[:2], 1.5, *row[3:]], "feature 'kind_of_shop' must be the index of a category"),
    ],
)
def test_an_impossible_row_is_refused_alone_and_in_a_batch(scorer: Scorer, change: Any, message: str) -> None:
    row = change(ROW)
    for call in (scorer.score_row, scorer.raw_score, scorer.contributions):
        with pytest.raises(InputError, match=message):
            call(row)
    in_batch = message if len(row) == 6 and not {str, type(None)} & set(map(type, row)) else "rows must be a matrix"
    if row[0] is None:
        in_batch = "rows must be a matrix"
    with pytest.raises(InputError, match=in_batch):
        scorer.score_features([[0.0] * len(row), row])


def test_a_batch_of_another_shape_is_refused(scorer: Scorer) -> None:
    for matrix in (np.zeros(6), np.zeros((2, 5)), np.zeros((1, 2, 6)), np.zeros((1, 6), dtype=complex)):
        with pytest.raises(InputError, match="rows must be a matrix of numbers with 6 columns"):
            scorer.raw_scores(matrix)


def test_numbers_of_other_types_score_alike_and_inputs_stay_as_they_were(scorer: Scorer) -> None:
    whole = np.array([[1, 2, 3, 0, 6, 1]])
    expected = scorer.score_features(whole.astype(np.float64))
    kept = whole.copy()
    assert scorer.score_features(whole).tolist() == expected.tolist()
    assert scorer.score_features(whole.astype(np.float32)).tolist() == expected.tolist()
    assert scorer.score_row(list(whole[0])) == expected[0]
    assert np.array_equal(whole, kept)


def test_an_expired_artifact_warns_is_refused_or_passes_as_asked(plain: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Scorer.load(plain.folder, today="2025-12-31", on_expired="refuse")
        Scorer.load(plain.folder, today=date(2026, 1, 1), on_expired="ignore")
    with pytest.warns(UserWarning, match="expired on 2026-01-01; train on newer records"):
        Scorer.load(plain.folder, today=date(2026, 1, 1))
    with pytest.raises(ArtifactError, match="expired on 2026-01-01"):
        Scorer.load(plain.folder, today="2026-01-01", on_expired="refuse")
    with pytest.raises(InputError, match="on_expired must be one of"):
        Scorer.load(plain.folder, on_expired="never")


def test_threads_may_share_a_scorer(plain: Any) -> None:
    scorer = Scorer.load(plain.folder, on_expired="ignore")
    expected = Scorer.load(plain.folder, on_expired="ignore").score_features(plain.matrix).tolist()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: scorer.score_features(plain.matrix).tolist(), range(8)))
    assert found == [expected] * 8


@pytest.mark.parametrize("raw", [-1e308, -800.0, -1.0, 0.0, 1.0, 800.0, 1e308])
def test_a_probability_lies_between_0_and_1_whatever_the_log_odds(raw: float) -> None:
    calibration = Calibration("platt", slope=10.0, intercept=0.5)
    assert 0.0 <= calibration.probability(raw) <= 1.0
    assert calibration.probability(raw) <= calibration.probability(math.nextafter(raw, math.inf))


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_scorer_loads_nothing_heavy() -> None:
    heavy = ["numpy", "pandas", "sklearn", "lightgbm", "numba", "shap", "mlflow", "pyarrow"]
    assert run(f"import sys, riskml.scorer; print([m for m in {heavy} if m in sys.modules])") == "[]"


def test_a_site_is_scored_where_numpy_is_not_installed(plain: Any, scorer: Scorer) -> None:
    code = f"""
import sys
sys.modules["numpy"] = None
from riskml.scorer import Scorer
scorer = Scorer.load({str(plain.folder)!r}, on_expired="ignore")
score = scorer.score({SITE!r}, {EVENTS!r}, as_of="2025-06-01")
import dataclasses, json
print(json.dumps(dataclasses.asdict(score)))
"""
    there, here = json.loads(run(code)), dataclasses.asdict(scorer.score(SITE, EVENTS, as_of="2025-06-01"))
    for name in ("reasons_up", "reasons_down"):
        mine, other = ([reason.pop("contribution") for reason in one[name]] for one in (here, there))
        assert mine == pytest.approx(other, abs=1e-12)  # added up in another order
    assert there == json.loads(json.dumps(here))
