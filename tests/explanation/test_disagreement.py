"""Movers and disagreements: who moves, in which order, with which words, and on which records both stand."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from promotable import make_artifact
from riskml.errors import DataError
from riskml.explanation.disagreement import disagreement, explain_disagreement
from riskml.explanation.movers import COLUMNS, Movers, listed, movers, movers_told
from riskml.export.header import translated_levels
from riskml.features.catalog import load_catalog
from riskml.grades import GradeReason, GradeReasons, explain_grade, load_system
from riskml.records.store import read_records
from riskml.reporting.tables import write_table
from riskml.scorer import Reason, Score, Scorer

SYSTEM = load_system("nanchang")
CODES = [one.code for one in sorted(SYSTEM.levels, key=lambda one: one.rank)]
CATALOG = load_catalog().select(["visits_365d", "format_code"])
CATEGORIES = {"format_code": ["=cmd()\nC1", "R2"]}
N = 40


def day(seed: int = 1) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Sites of one day: probabilities, and a grade that knows nothing of them."""
    rng = np.random.default_rng(seed)
    names = {"site_id": [f"s{place:02d}" for place in range(N)], "as_of": pd.Timestamp("2024-07-01")}
    today = pd.DataFrame({**names, "probability": rng.beta(2, 10, N)})
    level = pd.Series(np.array([*CODES, None], dtype=object)[np.resize([0, 0, 0, 1, 2, 3, 4], N)], dtype="str")
    return today, level


def moved(today: pd.DataFrame, level: "pd.Series[str]", **changes: Any) -> Movers:
    features = np.column_stack([np.arange(N, dtype=float), np.arange(N) % 2])
    pushed = np.column_stack([np.linspace(-1, 1, N), np.full(N, 0.1), np.full(N, -2.0)])
    given = {"values": features, "contributions": pushed, "catalog": CATALOG, "categories": CATEGORIES, **changes}
    return movers(today, level, SYSTEM, **given)


def test_those_move_whose_level_by_the_artifact_is_another() -> None:
    today, level = day()
    header = translated_levels(SYSTEM, level, today["probability"].to_numpy())
    assert header is not None
    new = np.array(CODES)[np.searchsorted(header["cuts"], today["probability"], side="right")]
    changed = level.notna() & (level != new)
    found = moved(today, level)
    assert found.table.set_index("site_id")["new_level"].to_dict() == dict(
        zip(today["site_id"][changed], new[changed], strict=True)
    )
    assert (found.sites, found.unlevelled) == (level.notna().sum(), level.isna().sum())
    assert found.riskier == (found.table["steps"] > 0).sum()
    assert found.safer == (found.table["steps"] < 0).sum()
    assert list(found.table.columns) == list(COLUMNS)


def test_the_biggest_moves_come_first_then_those_furthest_beyond_their_old_bound() -> None:
    today, level = day()
    table = moved(today, level).table
    keys = pd.DataFrame({"steps": -table["steps"].abs(), "beyond": -table["beyond"], "site_id": table["site_id"]})
    assert keys.sort_values(list(keys.columns)).index.tolist() == list(range(len(table)))
    header = translated_levels(SYSTEM, level, today["probability"].to_numpy())
    assert header is not None
    for row in table.to_dict("records"):
        rank = CODES.index(str(row["level"]))
        bound = header["cuts"][rank if row["steps"] > 0 else rank - 1]
        odds = [np.log(chance / (1 - chance)) for chance in (row["probability"], bound)]
        assert row["beyond"] == pytest.approx(abs(odds[0] - odds[1]))
        assert (odds[0] >= odds[1]) == (row["steps"] > 0)


def test_only_the_biggest_are_listed_but_all_are_counted() -> None:
    today, level = day()
    whole, part = moved(today, level), moved(today, level, most=3)
    pd.testing.assert_frame_equal(part.table, whole.table.head(3))
    assert (part.riskier, part.safer) == (whole.riskier, whole.safer)


def test_the_totals_are_kept_even_where_nobody_moves() -> None:
    found = moved(*day(), most=3)
    totals = found.totals.iloc[0]
    assert totals["riskier"] + totals["safer"] + totals["unchanged"] == totals["sites"] == found.sites
    assert totals["sites"] + totals["unlevelled"] == N
    assert totals["listed"] == 3 < totals["riskier"] + totals["safer"]
    told = movers_told(found.totals)
    for words in (f"Of {found.sites} sites", f"{found.riskier} become riskier", "The table lists 3."):
        assert words in told["en"]
    assert f"{found.safer}家降至较低风险" in told["zh"]
    today, _ = day()
    stay = pd.Series(np.array(CODES)[np.digitize(today["probability"], [0.1, 0.2, 0.3])], dtype="str")
    assert moved(today, stay).totals.iloc[0][["riskier", "safer", "listed"]].tolist() == [0, 0, 0]


def test_a_mover_has_its_reasons_in_both_languages_strongest_first() -> None:
    table = moved(*day()).table
    assert {"R2", "C1"} <= {text.split()[-1] for text in table["raises_en"]}
    for row in table.to_dict("records"):
        place = int(str(row["site_id"])[1:])
        pushed = np.linspace(-1, 1, N)[place]
        visits, kind = (
            f"{place} visit{'s' * (place != 1)} in the last year",
            f"kind of business: {('=cmd() C1', 'R2')[place % 2]}",
        )
        up = [kind] if pushed < 0 else [visits, kind] if pushed > 0.1 else [kind, visits]
        assert row["raises_en"] == listed(up, "en")
        assert row["lowers_en"] == listed([visits] if pushed < 0 else [], "en")
        assert (f"近一年检查 {place} 次" in str(row["lowers_zh"])) == (pushed < 0)


def test_no_text_of_a_table_is_a_formula_or_breaks_a_line(tmp_path: Path) -> None:
    table = moved(*day()).table
    texts = table[["raises_en", "raises_zh", "lowers_en", "lowers_zh"]].to_numpy().ravel()
    assert all(not text or text[0] == "1" for text in texts)
    assert not any("\n" in text for text in texts)
    assert any("=cmd() C1" in text for text in texts)
    write_table(table, tmp_path / "movers.csv")
    back = pd.read_csv(tmp_path / "movers.csv", keep_default_na=False)
    assert back["raises_en"].tolist() == table["raises_en"].tolist()


def test_fixed_bounds_move_other_sites() -> None:
    today, level = day()
    found = moved(today, level, bounds=[0.1, 0.2, 0.3]).table
    assert (found["new_level"] == np.array(CODES)[np.digitize(found["probability"], [0.1, 0.2, 0.3])]).all()


def test_a_grade_in_the_order_of_the_probability_moves_nobody() -> None:
    today, _ = day()
    level = pd.Series(np.array(CODES)[np.digitize(today["probability"], [0.1, 0.2, 0.3])], dtype="str")
    found = moved(today, level)
    assert (len(found.table), found.riskier, found.safer) == (0, 0, 0)
    assert list(found.table.columns) == list(COLUMNS)


def test_arrays_of_another_shape_are_refused() -> None:
    with pytest.raises(DataError, match=r"40 sites and 2 features need values \(40, 2\), contributions \(40, 3\)"):
        moved(*day(), contributions=np.zeros((N, 2)))


def reason(feature: str, *ids: str, up: bool = True) -> Reason:
    return Reason(feature, 1.0, 0.5 if up else -0.5, f"{feature} in words", f"{feature}的说明", ids)


SCORED = Score(
    probability=0.234,
    raw=-1.0,
    level="red",
    level_en="Red",
    level_zh="红",
    reasons_up=(reason("fails", "v1:INSP_FAIL", "v2:INSP_FAIL"), reason("complaints", "e9")),
    reasons_down=(reason("visits", "v3:INSP", up=False),),
)
GRADED = GradeReasons(
    site_id="s1",
    system="nanchang",
    level="green",
    score=1.0,
    published=False,
    reasons=(
        GradeReason("fails", "failed visits (1): +1 points", "检查不合格（1）：+1分", 1.0, ("v1",)),
        GradeReason("penalties", "penalties (1): +0.5 points", "行政处罚（1）：+0.5分", 0.5, ("e4",)),
    ),
)


def test_a_disagreement_tells_both_sides_and_the_records_they_share() -> None:
    found = disagreement(GRADED, SCORED, SYSTEM)
    assert (found.level, found.model_level, found.steps) == ("green", "red", 3)
    assert (found.names, found.model_names) == ({"en": "green", "zh": "绿"}, {"en": "red", "zh": "红"})
    assert (found.shared, found.only_grade, found.only_model) == (("v1",), ("e4",), ("e9", "v2", "v3"))
    for text in ("23.4%", "3 levels riskier", "1) failed visits (1)", "1) fails in words; 2) complaints in words"):
        assert text in found.text_en
    assert "1 of both, 1 of the grade alone, 3 of the model alone" in found.text_en
    for text in ("规则评级：绿", "模型：红", "风险高3级", "双方共有1条，仅规则1条，仅模型3条", "visits的说明"):
        assert text in found.text_zh


@pytest.mark.parametrize(
    ("old", "new", "steps", "en", "zh"),
    [
        ("yellow", "yellow", 0, "the same level", "等级相同"),
        ("red", "orange", -1, "one level safer", "风险低1级"),
        (None, "orange", None, "The grade: none.", "规则评级：无"),
        ("red", None, None, "no level", "无等级"),
        ("red", "level of another system", None, "no level", "无等级"),
    ],
)
def test_steps_are_told_where_both_have_a_level(
    old: str | None, new: str | None, steps: int | None, en: str, zh: str
) -> None:
    found = disagreement(replace(GRADED, level=old), replace(SCORED, level=new), SYSTEM)
    assert found.steps == steps
    assert en in found.text_en
    assert zh in found.text_zh


def test_a_published_grade_is_not_told_as_if_its_reasons_were_the_authoritys() -> None:
    found = disagreement(replace(GRADED, published=True, reasons=GRADED.reasons[:1]), SCORED, SYSTEM)
    assert "reasons of the reconstruction" in found.text_en
    assert "理由来自重构" in found.text_zh
    silent = disagreement(replace(GRADED, reasons=()), replace(SCORED, reasons_up=(), reasons_down=()), SYSTEM)
    assert "The grade counted nothing." in silent.text_en
    assert "raised by: nothing" in silent.text_en


def test_a_veto_is_said_to_hold_whatever_the_probability(root: Path) -> None:
    records = read_records(root / "data" / "sample")
    crimes = records.events[records.events["code"] == "PEN_CRIM"].sort_values("known_on")
    graded = explain_grade(records, SYSTEM, "2025-07-01", str(crimes["site_id"].iloc[-1]))
    assert disagreement(graded, SCORED, SYSTEM).vetoed
    assert not disagreement(GRADED, SCORED, SYSTEM).vetoed
    assert "无论概率高低均应适用" in disagreement(graded, SCORED, SYSTEM).text_zh
    assert "it holds whatever the probability" in disagreement(graded, SCORED, SYSTEM).text_en
    assert "veto" not in disagreement(GRADED, SCORED, SYSTEM).text_en


def test_listed_texts_are_numbered_in_one_line() -> None:
    assert listed([], "en") == ""
    for hostile in itertools.chain("=+-@\t\r\n", ("＝1", "\u2028=1")):
        text = listed([f"{hostile}1"], "zh")
        assert text.startswith("1）")
        assert not set(text) & set("\t\r\n\u2028")


def test_grade_and_artifact_are_explained_from_the_same_records(root: Path, tmp_path: Path) -> None:
    records = read_records(root / "data" / "sample")
    make_artifact(tmp_path)
    scorer = Scorer.load(tmp_path)
    site = str(records.events["site_id"].iloc[0])
    found = explain_disagreement(records, scorer, "2025-06-01", site, system="nanchang")
    assert (found.site_id, found.system) == (site, "nanchang/default")
    assert found.level in CODES
    assert found.model_level is None
    with pytest.raises(DataError, match="artifact 'made' has no levels; say with which system"):
        explain_disagreement(records, scorer, "2025-06-01", site)
