"""Whose work a plan is, beside the work of the year before: one sentence for each kind of unit, in both languages."""

from typing import Final

import pandas as pd

from riskml.evaluation.inspectors.workload import Skew, workload_skew
from riskml.records.days import day_number, to_days

YEAR_DAYS: Final = 365
Text = dict[str, str]

SENTENCES: Final[dict[str, Text]] = {
    "office": {
        "en": "Work by office: {moved:.0%} of the visits would change office against the year before; most added: "
        "{unit}, {ratio:.1f} times its share.",
        "zh": "各管辖机构的工作量：与上一年相比，{moved:.0%}的检查将换机构；"
        "增加最多的是{unit}，为原占比的{ratio:.1f}倍。",
    },
    "inspector": {
        "en": "Work by inspector: {moved:.0%} of the visits would change hands against the year before; unevenness "
        "(Gini) {gini:.2f}, before {gini_now:.2f}.",
        "zh": "各检查人员的工作量：与上一年相比，{moved:.0%}的检查将换人；"
        "不均衡程度（基尼系数）{gini:.2f}，此前为{gini_now:.2f}。",
    },
}


def planned_work(visits: pd.DataFrame, inspections: pd.DataFrame, sites: pd.DataFrame, as_of: str) -> list[Text]:
    """What a plan changes in who visits; no sentence of a unit that the plan or the year before does not name.

    Args:
        visits: of a plan: office, inspector_1, inspector_2 (missing where no team was drawn).
        inspections: site_id, visited_on, known_on, inspector; those of the year before `as_of` and known by then count.
        sites: site_id, office.
        as_of: day of the plan.

    Returns:
        {"en", "zh"} each: by office, then by inspector.
    """
    day = day_number(as_of)
    made, known = to_days(inspections["visited_on"]), to_days(inspections["known_on"])
    past = inspections[(made >= day - YEAR_DAYS) & (made < day) & (known < day)]
    offices = past["site_id"].map(sites.set_index("site_id")["office"])
    teams = pd.concat([visits["inspector_1"], visits["inspector_2"]], ignore_index=True)
    found = []
    for kind, planned, now in (("office", visits["office"], offices), ("inspector", teams, past["inspector"])):
        if planned.notna().any() and now.notna().any():
            found.append(_sentence(kind, workload_skew(planned, now)))
    return found


def _sentence(kind: str, skew: Skew) -> Text:
    most = int((skew.units["share"] - skew.units["share_now"]).to_numpy().argmax())
    unit, ratio = (skew.units[name].iloc[most] for name in ("unit", "ratio"))
    told = {"moved": skew.distance, "unit": unit, "ratio": ratio, "gini": skew.gini, "gini_now": skew.gini_now}
    return {lang: sentence.format(**told) for lang, sentence in SENTENCES[kind].items()}
