"""Tables of the report: one estimand each, numbers as written by hand, footnotes shared, counts below."""

from typing import Any

from riskml.export.wording import text
from riskml.reporting._cells import ALLOCATION, REORDERING, Cell, Table, make_table, metrics_of

TITLE, FIRST = text("T", "T"), text("P", "P")


def entry(value: float | None, low: float | None, high: float | None, **more: Any) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": 1000, "n_positive": 50, "estimand": REORDERING, **more}


def table(rows: dict[str, dict[str, Any]], metrics: list[str], **more: Any) -> Table:
    named = [(text(name, name), entries) for name, entries in rows.items()]
    made = make_table(TITLE, named, metrics, estimand=REORDERING, first=FIRST, **more)
    assert made is not None
    return made


def test_cells_are_written_with_their_interval() -> None:
    made = table({"a": {"recall@0.20": entry(0.25, 0.2, 0.3), "auc": entry(0.6, 0.55, 0.651)}}, ["recall@0.20", "auc"])
    assert made.rows[0].cells == (Cell("25.0%", "[20.0, 30.0]"), Cell("0.600", "[0.550, 0.651]"))
    assert made.foot == ("1,000 (50)", "1,000 (50)")


def test_differences_carry_their_sign_and_reading() -> None:
    rows = {"a": {"recall@0.20": entry(0.02, 0.01, 0.03)}, "b": {"recall@0.20": entry(-0.02, -0.03, -0.01)}}
    made = table(rows, ["recall@0.20"], differences=True)
    assert made.rows[0].cells == (Cell("+2.0", "[+1.0, +3.0]", "", "better"),)
    assert made.rows[1].cells == (Cell("−2.0", "[−3.0, −1.0]", "", "worse"),)
    assert made.heads[0]["en"].endswith(", percentage points")


def test_equal_reasons_share_a_footnote() -> None:
    missing = entry(None, None, None, reason="there is no failed visit")
    half = entry(0.5, None, None, reason="no bootstrap draws were asked for")
    made = table({"a": {"auc": missing}, "b": {"auc": missing}, "c": {"auc": half}}, ["auc"])
    assert [row.cells[0].mark for row in made.rows] == ["a", "a", "b"]
    assert [(letter, reason["zh"]) for letter, reason in made.footnotes] == [
        ("a", "没有不合格检查"),
        ("b", "未要求重抽样"),
    ]
    assert made.rows[2].cells[0] == Cell("0.500", "", "b")


def test_a_metric_that_a_policy_does_not_have_is_empty_and_not_missing() -> None:
    made = table({"a": {"auc": entry(0.6, 0.5, 0.7)}, "b": {"brier": entry(0.1, 0.0, 0.2)}}, ["auc", "brier"])
    assert made.rows[0].cells[1] == Cell()
    assert made.footnotes == ()


def test_counts_that_differ_between_rows_are_shown_as_a_range() -> None:
    rows = {"a": {"auc": entry(0.6, 0.5, 0.7)}, "b": {"auc": entry(0.6, 0.5, 0.7, n=900)}}
    assert table(rows, ["auc"]).foot == ("900–1,000 (50)",)


def test_a_table_without_numbers_of_its_estimand_does_not_exist() -> None:
    rows = [(TITLE, {"auc": entry(0.6, 0.5, 0.7)})]
    assert make_table(TITLE, rows, ["auc"], estimand=ALLOCATION, first=FIRST) is None


def test_columns_come_in_one_order_whatever_the_order_of_the_entries() -> None:
    one = entry(0.6, 0.5, 0.7)
    rows = [{"auc": one, "recall@0.20": one}, {"recall@0.10": one, "brier": {**one, "estimand": ALLOCATION}}]
    assert metrics_of(rows, REORDERING) == ["recall@0.10", "recall@0.20", "auc"]
