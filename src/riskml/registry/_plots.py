"""The charts of a run's report as files of their own, which MLflow shows beside its numbers."""

import re
from pathlib import Path
from typing import Final

FIGURE: Final = re.compile(
    r'<figure>\s*<h3><span lang="en">(?P<title>[^<]*)</span>.*?'
    r'<div class="chart" lang="en">(?P<svg><svg.*?</svg>)</div>',
    re.DOTALL,
)


def charts_of(report: str) -> dict[str, str]:
    """The English charts of a report (`reporting.report`), by a name made of their titles.

    >>> charts_of('<figure><h3><span lang="en">Is it so?</span></h3><div class="chart" lang="en"><svg>1</svg></div>')
    {'is_it_so': '<svg>1</svg>'}
    """
    found = (figure for part in report.split("</figure>") if (figure := FIGURE.search(part)))
    return {re.sub(r"\W+", "_", one["title"].lower()).strip("_"): one["svg"] for one in found}


def write_plots(target: Path, report: Path) -> None:
    """Write the charts of a report as SVG files; none if there is no report."""
    target.mkdir(parents=True, exist_ok=True)
    if report.is_file():
        for name, svg in charts_of(report.read_text(encoding="utf-8")).items():
            (target / f"{name}.svg").write_text(svg, encoding="utf-8")
