"""Groups of sites as a card tells them: whether the probabilities are off for one, who is found, who is disturbed."""

from typing import Any, Final

import pandas as pd

from riskml.evaluation.fairness.words import ATTRIBUTES, CAVEAT, group_name
from riskml.export._markdown import bullets, escaped, heading, table
from riskml.export._trust_words import TRUST
from riskml.export.card_facts import MODEL, RunFacts
from riskml.export.wording import Lang, split_metric

JUDGED: Final = ("calibration_ratio", "detection_ratio")
"""A model's own error, whatever the rates of the groups (see `evaluation.fairness.table`)."""
SERVED: Final = ("detection_rate", "clean_visit_rate")
LUCK: Final = 0.05
"""Share of intervals at 95% that leave out the truth by chance."""


def fairness(run: RunFacts, lang: Lang) -> list[str]:
    """The verdict, the groups for which it is off, the range of service by kind of group, and what all of it means."""
    head = heading(TRUST["fairness"], lang)
    frame = _of_the_model(run)
    if frame.empty:
        return [head, TRUST["no_fairness"][lang]]
    apart = [_told(row, lang) for row in _apart(frame).to_dict("records")]
    found = [f"**{fairness_verdict(run, lang)}**", *([bullets(apart)] if apart else [])]
    return [head, *found, *_service(frame, lang), *_unrecorded(run, lang), escaped(CAVEAT[lang])]


def fairness_verdict(run: RunFacts, lang: Lang) -> str:
    """In a sentence: for how many groups the model's probabilities are shown to be off."""
    frame = _of_the_model(run)
    if frame.empty:
        return TRUST["no_fairness"][lang]
    judged = _judged(frame)
    asked, apart = int(frame["metric"].isin(JUDGED).sum()), len(_apart(frame))
    counts = {"judged": len(judged), "small": asked - len(judged), "apart": apart, "luck": f"{LUCK * len(judged):.1f}"}
    key = "fair_absent" if not asked else "fair_small" if judged.empty else "fair_apart" if apart else "fair_none"
    return TRUST[key][lang].format(**counts)


def _of_the_model(run: RunFacts) -> pd.DataFrame:
    """The model's rows at the headline's budget (the largest there is if it has none), and those without a budget."""
    frame = run.table("fairness")
    if frame.empty:
        return frame
    frame = frame[frame["policy"] == MODEL]
    asked, there = split_metric(run.summary["headline"])[1], frame["budget"].dropna()
    budget = asked if asked is not None and (there == asked).any() else there.max()
    return frame[frame["budget"].isna() | (frame["budget"] == budget)]


def _judged(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["metric"].isin(JUDGED) & frame["low"].notna() & frame["high"].notna()]


def _apart(frame: pd.DataFrame) -> pd.DataFrame:
    judged = _judged(frame)
    return judged[(judged["low"] > 1) | (judged["high"] < 1)]


def _told(row: Any, lang: Lang) -> str:
    finding = TRUST[f"{row['metric']}_{'above' if row['low'] > 1 else 'below'}"]
    value = f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
    return TRUST["group"][lang].format(
        attribute=ATTRIBUTES.get(row["attribute"], {lang: escaped(row["attribute"])})[lang],
        group=escaped(group_name(row["attribute"], row["group"])[lang]),
        finding=finding[lang],
        value=value,
        failures=f"{row['n_positive']:,}",
    )


def _service(frame: pd.DataFrame, lang: Lang) -> list[str]:
    """For each kind of group, the least and the most that is found and disturbed; with the figure over all sites."""
    served = frame[frame["metric"].isin(SERVED) & frame["value"].notna()]
    overall = served[served["attribute"] == "overall"].set_index("metric")
    kinds = [one for one in ATTRIBUTES if one != "overall" and (served["attribute"] == one).any()]
    if not kinds or not set(SERVED) <= set(overall.index):
        return []
    rows = [[ATTRIBUTES[kind][lang], *_ends(served[served["attribute"] == kind], kind, lang)] for kind in kinds]
    said = {"budget": f"{overall['budget'].iloc[0]:.0%}"}
    said |= {name: _share(overall.loc[one]) for name, one in zip(("found", "burden"), SERVED, strict=True)}
    heads = ("by", "found_least", "found_most", "burden_least", "burden_most")
    return [TRUST["served"][lang].format(**said), table([TRUST[key][lang] for key in heads], rows)]


def _ends(rows: pd.DataFrame, kind: str, lang: Lang) -> list[str]:
    cells = []
    for metric in SERVED:
        held = rows[rows["metric"] == metric].sort_values(["value", "group"], kind="stable")
        ends = [held.iloc[0], held.iloc[-1]] if len(held) else []
        cells += [f"{escaped(group_name(kind, row['group'])[lang])}: {_share(row)}" for row in ends] or ["–", "–"]
    return cells


def _share(row: Any) -> str:
    """A share with its interval, in percent.

    >>> _share({"value": 0.25, "low": 0.2, "high": 0.3}), _share({"value": 0.25, "low": float("nan"), "high": 0.3})
    ('25.0% [20.0, 30.0]', '25.0%')
    """
    value = f"{row['value']:.1%}"
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return value
    return f"{value} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"


def _unrecorded(run: RunFacts, lang: Lang) -> list[str]:
    frame = run.table("fairness")
    held = frame[(frame["metric"] == "not_recorded") & (frame["value"] > 0) & frame["attribute"].isin(list(ATTRIBUTES))]
    pairs = zip(held["attribute"], held["value"], strict=True)
    told = [f"{ATTRIBUTES[one][lang]} {share:.1%}" for one, share in pairs]
    return [TRUST["unrecorded"][lang].format(shares=("; " if lang == "en" else "；").join(told))] if told else []
