"""Chicago's benchmark on honest terms: rolling windows, and the published window looked at once.

    RISKML_REAL_DATA=/path/to/folder python benchmarks/chicago.py [--look] [--write]

Runs studies/chicago_benchmark.toml without MLflow and prints, window by window, the AUC within inspectors of the model
and of the last critical count. --look also runs studies/chicago_published.toml and scores the published test rows: do
that at the end, and write down how often it was done. --write puts all of it into docs/chicago_benchmark.md.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Final

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from chicago_window import Published, published, table_of

from riskml.evaluation.inspectors.within import Gain, mean_within_gain
from riskml.pipeline import run, study_records
from riskml.records.days import to_days
from riskml.records.log import event_log
from riskml.records.outcomes import VISIT
from riskml.stages import Stages
from riskml.study import Study

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "chicago_benchmark.md"
WORDS = Path(__file__).parent / "chicago_words.md"
LAST: Final = "last_critical_count"


def scored(name: str) -> pd.DataFrame:
    """The scored rows of a study, with a column for the last critical count."""
    study = Study.load(ROOT / "studies" / f"{name}.toml")
    rows = pd.read_parquet(run(study, track=False).folder / "tables" / "scored_rows.parquet")
    records = study_records(study, Stages(study.root / "data" / "derived" / study.name, lambda *_: None))[0]
    counts = last_critical_count(rows, event_log(records))
    return rows.assign(**{f"score_{LAST}": np.where(np.isnan(counts), np.nanmean(counts), counts)})


def last_critical_count(rows: pd.DataFrame, log: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Critical violations found at the last visit known on each row's planning day, shape (n,); NaN without one.

    Args:
        rows: site_id and origin.
        log: event log, one event a violation.
    """
    found = log[log["code"] == "VIOL_CRITICAL"].groupby("inspection_id").size()
    visits = log.loc[log["code"] == VISIT, ["site_id", "inspection_id", "occurred_on", "known_on"]]
    visits = visits.assign(
        count=visits["inspection_id"].map(found).fillna(0.0), day=visits["known_on"].astype(np.int64) + 1
    )
    asked = pd.DataFrame({"site_id": rows["site_id"].to_numpy(), "day": to_days(rows["origin"]).astype(np.int64)})
    joined = pd.merge_asof(
        asked.reset_index(names="place").sort_values("day", kind="stable"),
        visits.sort_values(["day", "occurred_on", "inspection_id"])[["site_id", "day", "count"]],
        on="day",
        by="site_id",
    )
    return joined.set_index("place")["count"].sort_index().to_numpy(np.float64)


def told(gain: Gain, b: str) -> str:
    """The mean gain in words, and a table of the windows."""
    head = f"| window from | visits | critical | AUC within, model | AUC within, {b} | gain |\n" + "|---" * 6 + "|\n"
    lines = [
        f"| `{w.origin:%Y-%m-%d}` | {w.n:,} | {w.n_positive} | `{w.a:.3f}` | `{w.b:.3f}` | `{w.gain:+.3f}` |\n"
        for w in gain.windows.itertuples()
    ]
    return head + "".join(lines) + "\n" + mean(gain, b)


def mean(gain: Gain, b: str) -> str:
    """One sentence on the mean gain."""
    if gain.low is None or gain.high is None:
        return f"Mean gain over the {b}: `{gain.value:+.4f}`, without an interval.\n"
    up = int((gain.windows["gain"] > 0).sum())
    return (
        f"Mean paired gain over the {b}: `{gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]`, "
        f"above zero in {up} of {len(gain.windows)} windows.\n"
    )


def page(rows: pd.DataFrame, look: Published | None) -> str:
    """The whole page: the words of chicago_words.md, and the tables at their places."""
    asked = {"draws": 1000, "seed": 20261121}
    over_count = mean_within_gain(rows, "model", LAST, **asked)
    over_points = mean_within_gain(rows, "model", "last_outcome", **asked)
    silent = ", ".join(f"`{day}`" for day in over_count.left_out)
    parts = {
        "ROLLING": told(over_count, "last critical count"),
        "POINTS": mean(over_points, "severity points of the last visit"),
        "SILENT": f"\nWindows that name no inspector, left out here: {silent}.\n\n" if silent else "\n",
        "PUBLISHED": table_of(look) if look else "Not looked at.\n",
    }
    text = WORDS.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!-- {name} -->\n", part)
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--look", action="store_true", help="score the published window too")
    parser.add_argument("--write", action="store_true", help="put the page into docs/chicago_benchmark.md")
    asked = parser.parse_args()
    rows = scored("chicago_benchmark")
    look = published(scored("chicago_published"), Path(os.environ["RISKML_REAL_DATA"])) if asked.look else None
    text = page(rows, look)
    print(text)
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
