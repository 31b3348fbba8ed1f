"""The scorecard as SQL: in two databases the points of the scorecard itself, at its edges too; no text breaks out."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from riskml.errors import DataError, StudyError
from riskml.export.sql import LARGEST, literal, query, write_sql
from riskml.features.catalog import load_catalog
from riskml.models.scorecard import Scorecard, fit_scorecard
from riskml.models.scorecard_table import scorecard_table

CATALOG = load_catalog().select(["fails_all", "broad_decayed", "area_m2", "format_code"])
KIND = CATALOG.names.index("format_code")
CATEGORIES = {"format_code": ["O'Brien's", 'say "hi"', "早餐店", "a\\b", "", "--"]}
Floats = NDArray[np.float64]


def matrix(rows: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    values = rng.exponential(3.0, (rows, 4))
    values[:, CATALOG.names.index("fails_all")] = rng.integers(0, 6, rows)
    values[:, KIND] = rng.integers(0, 6, rows)
    values[rng.random((rows, 4)) < 0.15] = np.nan
    return values


@pytest.fixture(scope="module")
def card() -> Scorecard:
    values = matrix(2_000, 1)
    clean = np.nan_to_num(values, nan=1.0)
    odds = 0.4 * clean.sum(axis=1) - 0.9 * (clean[:, KIND] == 2) + 0.8 * np.isnan(values).sum(axis=1) - 4.0
    fail = np.asarray(np.random.default_rng(2).random(2_000) < 1 / (1 + np.exp(-odds)), dtype=np.bool_)
    settings = {"trees": 60, "min_rows_in_leaf": 20, "feature_share": 1.0}
    return fit_scorecard(values, fail, CATALOG, seed=1, settings=settings)


@pytest.fixture(scope="module")
def table(card: Scorecard) -> pd.DataFrame:
    values = matrix(2_000, 1)
    return scorecard_table(card, CATALOG, CATEGORIES, values, np.arange(2_000) % 3 == 0)


@pytest.fixture
def run(table: pd.DataFrame, tmp_path: Path) -> Path:
    """The files of a run that the query is made of."""
    folder = tmp_path / "run"
    (folder / "tables").mkdir(parents=True)
    table.to_parquet(folder / "tables" / "scorecard.parquet")
    metrics = {name: {"value": 0.375, "low": 0.25, "high": 0.5} for name in ("recall@0.20", "auc")}
    summary = {
        "study": "tiny",
        "headline": "recall@0.20",
        "outcome": "fail",
        "data_hash": "abc",
        "code_version": "1.0",
        "policies": {"scorecard": metrics, "model": metrics},
        "differences": {"model - scorecard": {name: {**one, "value": -0.0625} for name, one in metrics.items()}},
    }
    files = {"summary": summary, "manifest": {"digest": "f00"}, "run": {"finished_at": "2026-01-02"}}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def frame(rows: Floats) -> pd.DataFrame:
    """Feature rows as a table of the database, NULL for what is missing, an unlisted category as text."""
    names = dict(enumerate(CATEGORIES["format_code"]))
    found: dict[str, Any] = {"site_id": [f"s{place:05}" for place in range(len(rows))], "as_of": "2025-06-01"}
    for place, name in enumerate(CATALOG.names):
        column = rows[:, place]
        texts = [None if np.isnan(one) else names.get(int(one), "unseen") for one in column]
        numbers = [None if np.isnan(one) else float(one) for one in column]
        found[name] = pd.Series(texts if place == KIND else numbers, dtype=object)
    return pd.DataFrame(found)


def edges(card: Scorecard, beside: list[Any]) -> Floats:
    """Rows around every cut of every number, the other features drawn."""
    cuts = [(part.place, float(cut)) for part in card.parts if not part.is_category for cut in part.cuts]
    rows = np.repeat(matrix(len(cuts), 3), len(beside), axis=0)
    for number, (place, cut) in enumerate(cuts):
        rows[number * len(beside) : (number + 1) * len(beside), place] = [near(cut) for near in beside]
    return rows


def odd() -> Floats:
    """Rows all missing, all 0, with a category that training never saw, and huge."""
    rows = np.vstack([np.full((1, 4), np.nan), np.zeros((2, 4)), np.full((1, 4), 1e300)])
    rows[1, KIND], rows[3, KIND] = 77.0, 77.0
    return rows


def in_duckdb(sql: str, table: pd.DataFrame) -> list[tuple[Any, ...]]:
    with duckdb.connect() as database:
        kinds = ", ".join(f'"{name}" {"VARCHAR" if name == "format_code" else "DOUBLE"}' for name in CATALOG.names)
        database.execute(f"CREATE TABLE features (site_id VARCHAR, as_of DATE, {kinds})")
        database.executemany("INSERT INTO features VALUES (?, ?, ?, ?, ?, ?)", table.to_numpy().tolist())
        return database.execute(sql).fetchall()


def in_sqlite(sql: str, table: pd.DataFrame) -> list[tuple[Any, ...]]:
    with sqlite3.connect(":memory:") as database:
        table.to_sql("features", database, index=False)
        return database.execute(sql).fetchall()


def points(found: list[tuple[Any, ...]]) -> list[int]:
    """In the order of the sites."""
    return [row[2] for row in sorted(found)]


def up(cut: float) -> float:
    return float(np.nextafter(cut, np.inf))


def down(cut: float) -> float:
    return float(np.nextafter(cut, -np.inf))


def test_in_duckdb_every_row_has_the_points_of_the_scorecard_to_the_last_bit_of_an_edge(
    card: Scorecard, run: Path, tmp_path: Path
) -> None:
    assert write_sql(run, tmp_path / "card.sql") == len(card.parts) == 4
    rows = np.vstack([matrix(300, 4), odd(), edges(card, [down, float, up])])
    found = in_duckdb((tmp_path / "card.sql").read_text(encoding="utf-8"), frame(rows))
    expected = card.scores(rows)
    assert points(found) == expected.tolist()
    assert len(set(expected)) > 50
    assert [row[2] for row in found] == sorted(expected, reverse=True)


def test_in_sqlite_every_row_has_the_points_of_the_scorecard(card: Scorecard, run: Path, tmp_path: Path) -> None:
    write_sql(run, tmp_path / "card.sql")
    beside = [lambda cut: cut * (1 - 1e-14) - 1e-300, lambda cut: cut * (1 + 1e-14) + 1e-300]
    rows = np.vstack([matrix(300, 4), odd(), edges(card, beside)])
    found = in_sqlite((tmp_path / "card.sql").read_text(encoding="utf-8"), frame(rows))
    assert points(found) == card.scores(rows).tolist()


def test_the_columns_are_the_sum_and_its_parts(card: Scorecard, table: pd.DataFrame) -> None:
    rows = matrix(20, 5)
    for row in in_duckdb("\n".join(query(table, "features")), frame(rows)):
        assert row[2] == card.base + sum(row[3:])


def test_a_value_that_is_no_number_counts_as_missing(card: Scorecard, table: pd.DataFrame) -> None:
    rows = np.full((1, 4), np.nan)
    with duckdb.connect() as database:
        sql = "\n".join(query(table, "features")).replace('FROM "features"', f"FROM ({_nan_row()})")
        assert [row[2] for row in database.execute(sql).fetchall()] == card.scores(rows).tolist()


def _nan_row() -> str:
    none = dict.fromkeys(CATALOG.names, "CAST('nan' AS DOUBLE)") | {"format_code": "NULL"}
    return "SELECT 's' AS site_id, NULL AS as_of, " + ", ".join(f"{value} AS {name}" for name, value in none.items())


def test_the_head_says_that_it_is_the_scorecard_and_how_it_compares(run: Path, tmp_path: Path) -> None:
    write_sql(run, tmp_path / "card.sql")
    lines = (tmp_path / "card.sql").read_text(encoding="utf-8").splitlines()
    head = " ".join(line.removeprefix("-- ") for line in lines if line.startswith("-- "))
    assert "The SCORECARD of the study tiny, not its model" in head
    assert "artifact f00, data abc, code 1.0" in head
    assert (
        "(recall) at 20%: scorecard 0.375 [0.25 to 0.5], model 0.375 [0.25 to 0.5], model - scorecard -0.0625" in head
    )
    assert "AUC: scorecard 0.375" in head
    assert max(map(len, lines)) <= 120


def test_no_text_of_the_run_ends_the_comment(run: Path, tmp_path: Path) -> None:
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    hostile = summary | {"study": "x\nDROP TABLE features;\r\u2028DROP\0", "code_version": "\x85SELECT 1;"}
    (run / "summary.json").write_text(json.dumps(hostile), encoding="utf-8")
    write_sql(run, tmp_path / "card.sql")
    text = (tmp_path / "card.sql").read_text(encoding="utf-8")
    head, _, body = text.partition("\nSELECT\n")
    assert all(line.startswith("-- ") for line in head.splitlines())
    assert "DROP" in head
    assert "DROP" not in body
    assert len(in_duckdb(text, frame(matrix(3, 1)))) == 3


def test_names_are_quoted_and_a_dot_parts_schema_and_table(table: pd.DataFrame) -> None:
    assert '    FROM "bureau"."the ""best"" ; DROP"' in query(table, 'bureau.the "best" ; DROP')
    for name in ("", "a..b", "a\0"):
        with pytest.raises(StudyError, match="cannot be written in SQL"):
            query(table, name)


def test_a_number_is_written_so_that_it_is_read_back_to_the_bit() -> None:
    drawn = np.random.default_rng(1).random(500) * 10.0 ** np.random.default_rng(2).integers(-30, 30, 500)
    numbers = [0.1, 1e-35, 5e-324, LARGEST, -2.5, 0.0, *drawn.tolist()]
    with duckdb.connect() as database:
        row = database.execute("SELECT " + ", ".join(map(literal, numbers))).fetchone()
    assert list(row or ()) == numbers


def test_a_run_without_a_scorecard_and_a_file_of_another_kind_are_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"card\.txt: a query is written as \.sql"):
        write_sql(run, tmp_path / "card.txt")
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    del summary["policies"]["scorecard"]
    (run / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    with pytest.raises(DataError, match=r"compares no scorecard with the model in recall@0\.20: 'scorecard' is absent"):
        write_sql(run, tmp_path / "card.sql")
    (run / "summary.json").write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match=r"summary\.json must hold an object"):
        write_sql(run, tmp_path / "card.sql")
    (run / "tables" / "scorecard.parquet").unlink()
    with pytest.raises(DataError, match=r"scorecard\.parquet is no scorecard of a run"):
        write_sql(run, tmp_path / "card.sql")
    assert not list(tmp_path.glob("*.sql"))


def test_a_table_that_is_no_scorecard_is_refused(run: Path, table: pd.DataFrame, tmp_path: Path) -> None:
    table[table["feature"] != ""].to_parquet(run / "tables" / "scorecard.parquet")
    with pytest.raises(DataError, match="needs one row of base points"):
        write_sql(run, tmp_path / "card.sql")
    table.drop(columns="points").to_parquet(run / "tables" / "scorecard.parquet")
    with pytest.raises(DataError, match="is no scorecard of a run"):
        write_sql(run, tmp_path / "card.sql")
