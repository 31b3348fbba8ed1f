"""The events of one site as a timeline shows them: what each was, when it happened, was known, and ended."""

from typing import Any, Final

import numpy as np
import pandas as pd

from riskml.grades.conventions import code_names
from riskml.records.days import NEVER, from_days
from riskml.records.outcomes import CODE_OF

KINDS: Final = {
    "visit": ("visit", "检查"),
    "complaint": ("complaint, report", "投诉举报"),
    "sample": ("failed sample", "抽检不合格"),
    "rectification": ("rectification", "责令整改"),
    "case": ("case, penalty", "立案处罚"),
    "listing": ("listing", "失信名录"),
    "certificate": ("certificate, award", "认证奖励"),
    "other": ("other", "其他"),
}
"""Kinds of events, in the order of the lanes of a picture, with their English and Chinese names."""
_BEGIN: Final = {
    "VISIT": "visit", "INSP": "visit", "COMPL": "complaint", "REPORT_VALID": "complaint", "SAMP": "sample",
    "RECALL": "sample", "RECT": "rectification", "INTERVIEW": "rectification", "CASE": "case", "PEN": "case",
    "ABN": "listing", "SERIOUS": "listing", "DISHONEST": "listing", "CERT": "certificate", "AWARD": "certificate",
}  # fmt: skip
"""How the codes of a kind begin; all others are other events."""
_NAMES: Final = {
    "VISIT_FOLLOWUP": ("follow-up or licensing visit", "复查或许可核查"),
    "VISIT_OTHER": ("other visit", "其他检查"),
    "VISIT_NOT_FOUND": ("visit, nobody found", "检查时未找到"),
    "CASE_OPENED": ("case opened", "立案"),
    "REPORT_VALID": ("report upheld", "举报属实"),
}
"""Names of codes that the grading systems do not read."""
_DAYS: Final = ("occurred_on", "known_on", "ended_on", "repaired_on", "due_on", "valid_to")


def kind_of(code: str) -> str:
    """The kind of an event, by its code.

    >>> kind_of("PEN_FINE"), kind_of("REPORT_LATE"), kind_of("VISIT_NOT_FOUND")
    ('case', 'other', 'visit')
    """
    return next((kind for begin, kind in _BEGIN.items() if code.startswith(begin)), "other")


def text_of(code: str) -> tuple[str, str]:
    """English and Chinese name of a code; the code itself where nobody named it.

    >>> text_of("ABN"), text_of("V_17")
    (('abnormal-operation list', '经营异常名录'), ('V_17', 'V_17'))
    """
    return {**_NAMES, **code_names()}.get(code, (code, code))


def site_events(log: pd.DataFrame, inspections: pd.DataFrame) -> pd.DataFrame:
    """Every visit and recorded event of a log, one row each, by the day it happened.

    Args:
        log: event log (`records.log.event_log`), or its rows of some sites.
        inspections: canonical visits, those of the log among them.

    Returns:
        site_id, event_id, kind, code, text_en, text_zh, occurred_on, known_on (first known), ended_on (day from which
        it no longer counted), repaired_on, due_on, valid_to, quantity, severity, amount (yuan), visit_type, result and
        failed (of visits; failed is missing where the visit could not be a target). Values are the last ones known.
    """
    versions = log.sort_values(["event_id", "known_on", "gone_on"], ignore_index=True)
    failure = versions["code"].isin(CODE_OF.values())
    failures, rest = versions[failure], versions[~failure]
    last = rest.drop_duplicates("event_id", keep="last").reset_index(drop=True)
    first = rest.drop_duplicates("event_id")["known_on"].to_numpy(np.int64)
    days: dict[str, Any] = {name: last[name] for name in ("occurred_on", "due_on", "valid_to", "repaired_on")}
    days |= {"known_on": pd.Series(first), "ended_on": last["gone_on"]}
    texts = [text_of(code) for code in last["code"]]
    found = last.assign(
        **{name: from_days(days[name].to_numpy(np.int64)) for name in _DAYS},
        kind=pd.Series([kind_of(code) for code in last["code"]], dtype="str"),
        text_en=pd.Series([en for en, _ in texts], dtype="str"),
        text_zh=pd.Series([zh for _, zh in texts], dtype="str"),
        **_of_visits(last, failures, inspections),
    )
    names = [
        *("site_id", "event_id", "kind", "code", "text_en", "text_zh", *_DAYS),
        *("quantity", "severity", "amount", "visit_type", "result", "failed"),
    ]
    return found.sort_values(["occurred_on", "known_on", "event_id"], ignore_index=True)[names]


def _of_visits(last: pd.DataFrame, failures: pd.DataFrame, inspections: pd.DataFrame) -> dict[str, Any]:
    """What only visits have: their type, what they found, and whether they count as failed by all that is known."""
    visit = last["code"].str.startswith("VISIT")
    whole = inspections.set_index("inspection_id")
    asked = last["inspection_id"].where(visit)
    standing = failures.loc[(failures["code"] == CODE_OF["fail"]) & (failures["gone_on"] == NEVER), "inspection_id"]
    return {
        "visit_type": asked.map(whole["visit_type"]).astype("str"),
        "result": asked.map(whole["result"]).astype("str"),
        "failed": asked.isin(standing).astype("boolean").mask(last["code"] != "VISIT"),
    }
