"""The charts that tracking takes out of a report are those that reporting drew."""

from pathlib import Path
from typing import Any

from riskml.registry._plots import charts_of, write_plots
from riskml.reporting import charts
from riskml.reporting.report import render_report


def test_every_chart_of_a_report_becomes_a_file_in_english(run: dict[str, Any], tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text(render_report(**run), encoding="utf-8")
    write_plots(tmp_path / "plots", report)
    found = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "plots").iterdir()}
    assert found == charts_of(report.read_text(encoding="utf-8"))
    assert sorted(found) == [
        "do_the_probabilities_come_true",
        "is_it_so_on_every_decision_day",
        "is_the_model_better_than_the_others",
        "what_does_each_budget_find",
        "what_the_model_uses",
    ]
    chart = charts.reliability_chart(run["curve"], lang="en")
    drawn = charts.to_svg(chart, label="Do the probabilities come true?", lang="en")
    assert found["do_the_probabilities_come_true"] == drawn
    write_plots(tmp_path / "none", tmp_path / "absent.html")
    assert list((tmp_path / "none").iterdir()) == []
