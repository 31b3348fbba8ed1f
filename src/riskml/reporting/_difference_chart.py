"""The chart of the report's first question: the model less each other policy, at one metric."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from riskml.errors import DataError
from riskml.export.figures import interval, number
from riskml.export.wording import METRICS, Lang, pair_name, pair_order, split_metric
from riskml.reporting.charts import Chart, Systems
from riskml.reporting.looks import Axis
from riskml.reporting.marks import dots_chart
from riskml.reporting.texts import AXES


def difference_chart(differences: Mapping[str, Any], *, metric: str, systems: Systems, lang: Lang) -> Chart:
    """The difference between the model and each other policy at one metric, with its interval.

    How to read it: the dot is the difference, the bar its interval. A bar wholly to the right of the line at zero: the
    first policy is better; a bar across the line: not shown to be better.

    Args:
        differences: "a - b" -> metric -> {"value", "low", "high"}; those without a value are left out.
        metric: the one to show; shares are shown in percentage points.
        systems: grading system -> {"title_en", "title_zh", "reconstructed"}.
        lang: of all texts.

    Raises:
        DataError: if no difference is left to show.
    """
    factor = 100 if METRICS[split_metric(metric)[0]].percent else 1
    rows = []
    for pair in pair_order(differences):
        entry = differences[pair].get(metric, {})
        value = number(entry)
        if value is not None:
            ends = [factor * end for end in (value, *(interval(entry) or (value, value)))]
            rows.append([pair_name(pair, systems)[lang], *ends])
    if not rows:
        raise DataError(f"there are no differences at {metric} to show; compare the model with another policy")
    axis = Axis(AXES["points" if factor == 100 else "difference"], zero=True)
    return dots_chart(pd.DataFrame(rows, columns=["words", "value", "low", "high"]), axis=axis, lang=lang, line=0.0)
