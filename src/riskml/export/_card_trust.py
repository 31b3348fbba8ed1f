"""Whether a model can be relied on, as far as its run tells: its probabilities, its reasons, who is missing."""

from typing import Any, Final

import pandas as pd

from riskml.evaluation.selection.words import selection_verdict
from riskml.explanation.faithfulness_words import CHECKS, verdicts
from riskml.export._card_results import figure, written
from riskml.export._markdown import bullets, escaped, heading, say, table
from riskml.export._trust_words import TRUST
from riskml.export.card_facts import MODEL, Entry, RunFacts
from riskml.export.figures import interval
from riskml.export.wording import Lang, metric_name, policy_order
from riskml.scorer.explaining.counterfacts import NOTE_EN, NOTE_ZH

LABELLED_SHARE: Final = "labelled_share"
REGISTER: Final = ("never_visited", "never_judged", "never_labelled", "closed", "without_place")
RIGHT: Final = {"slope": 1.0, "intercept": 0.0}


def calibration(run: RunFacts, lang: Lang) -> list[str]:
    """The map, what is right and what is off on the days it was judged on, part by part and day by day."""
    lines = [say(TRUST["map"], lang, calibration=_map(run.training["calibration"], lang))]
    verdict = calibration_verdict(run, lang)
    return [heading(TRUST["calibration"], lang), bullets([*lines, *verdict, *_bins(run, lang), *_days(run, lang)])]


def calibration_verdict(run: RunFacts, lang: Lang) -> list[str]:
    """Slope and intercept with their intervals, and whether these hold what would be right; empty without them."""
    entries = {name: run.entry(MODEL, f"calibration_{name}") for name in RIGHT}
    held = {name: entry for name, entry in entries.items() if entry is not None}
    if len(held) < len(RIGHT):
        return []
    told = {name: written(f"calibration_{name}", entry, lang) for name, entry in held.items()}
    ends = {name: interval(entry) for name, entry in held.items()}
    off = [name for name, found in ends.items() if found is not None and not found[0] <= RIGHT[name] <= found[1]]
    lines = [TRUST["held_out"][lang].format(**told)]
    if off:
        which = TRUST["and"][lang].join(TRUST[name][lang] for name in off)
        return [*lines, f"**{TRUST['off'][lang].format(which=which)}**"]
    return lines if None in ends.values() else [*lines, TRUST["right"][lang]]


def _map(made: "Entry | str", lang: Lang) -> str:
    if isinstance(made, str):
        return made
    kind = made["kind"]
    if kind in ("platt", "beta"):
        numbers = ("slope", "intercept") if kind == "platt" else ("rise", "fall", "intercept")
        return TRUST[kind][lang].format(**{key: f"{made[key]:.3f}".replace("-", "−") for key in numbers})
    if kind == "isotonic":
        return TRUST[kind][lang].format(knots=len(made["raw"]))
    note = made.get("note")
    return TRUST["uncalibrated"][lang] + (f" ({note})" if note else "")


def _bins(run: RunFacts, lang: Lang) -> list[str]:
    frame = run.table("calibration")
    if frame.empty:
        return []
    held = frame[(frame["group"] == "overall") & (frame["metric"] == "reliability") & frame["low"].notna()]
    inside = int(((held["low"] <= held["predicted"]) & (held["predicted"] <= held["high"])).sum())
    return [TRUST["bins"][lang].format(bins=len(held), inside=inside)] if len(held) else []


def _days(run: RunFacts, lang: Lang) -> list[str]:
    frame = run.table("calibration")
    if frame.empty:
        return []
    held = frame[(frame["group"] == "origin") & (frame["metric"] == "calibration_slope") & frame["low"].notna()]
    off = int(((held["low"] > RIGHT["slope"]) | (held["high"] < RIGHT["slope"])).sum())
    return [TRUST["days"][lang].format(days=len(held), off=off)] if len(held) else []


def reasons(run: RunFacts, lang: Lang) -> list[str]:
    """The verdicts on the reasons, every check with its finding, and what a counter-fact does not say."""
    frame = run.table("faithfulness")
    note = {"en": NOTE_EN, "zh": NOTE_ZH}[lang]
    told = [heading(TRUST["reasons"], lang), TRUST["reasons_text"][lang], *_bold(reason_verdicts(run, lang))]
    if len(frame):
        heads = [TRUST[key][lang] for key in ("check", "holds", "finding")]
        told.append(table(heads, [_check(row, lang) for row in frame.to_dict("records")]))
    return [*told, TRUST["counterfacts"][lang].format(note=note)]


def reason_verdicts(run: RunFacts, lang: Lang) -> list[str]:
    """Whether the reasons are faithful, stable and lasting, a sentence each; or that nobody looked."""
    frame = run.table("faithfulness")
    found = verdicts(frame) if len(frame) else ()
    return [escaped(one[lang]) for one in found] or [TRUST["no_reasons"][lang]]


def _bold(lines: list[str]) -> list[str]:
    return [bullets([f"**{line}**" for line in lines])]


def _check(row: Any, lang: Lang) -> list[str]:
    made = not pd.isna(row["holds"])
    holds = TRUST["not_made" if not made else "yes" if row["holds"] else "no"][lang]
    finding = row[f"text_{lang}"] if pd.notna(row["value"]) else row[f"reason_{lang}"]
    return [CHECKS[row["check"]].name[lang], holds, escaped(str(finding))]


def missing(run: RunFacts, lang: Lang) -> list[str]:
    """Rows without an outcome, sites that are not there, and how far the results depend on what nobody saw."""
    return [heading(TRUST["missing"], lang), bullets(missing_lines(run, lang))]


def missing_lines(run: RunFacts, lang: Lang) -> list[str]:
    """The same as sentences."""
    summary = {**run.summary, "unlabelled": run.summary["rows"] - run.summary["labelled"]}
    counts = {key: f"{summary[key]:,}" for key in ("unlabelled", "rows")}
    share = f"{summary['unlabelled'] / summary['rows']:.1%}" if summary["rows"] else "–"
    first = [TRUST["missing_rows"][lang].format(**counts, share=share), TRUST["missing_selection"][lang]]
    return [*first, *_register(run, lang), *_overlap(run, lang), *_labelled_share(run, lang), *_allocation(run, lang)]


def _register(run: RunFacts, lang: Lang) -> list[str]:
    counts = run.summary.get("register")
    if not counts:
        return [TRUST["not_registered"][lang]]
    told = [TRUST[key][lang].format(count=f"{counts[key]:,}") for key in REGISTER if counts.get(key) is not None]
    return [TRUST["register"][lang].format(sites=f"{counts['sites']:,}"), *told, TRUST["not_registered"][lang]]


def _overlap(run: RunFacts, lang: Lang) -> list[str]:
    frame = run.table("overlap")
    whole = frame if frame.empty else frame[frame["origin"].isna() & (frame["low"] == 0) & (frame["high"] == 1)]
    if whole.empty or whole["ess"].isna().all():
        return []
    row = whole.iloc[0]
    counts = {name: f"{row[name]:,.0f}" for name in ("ess", "labelled")}
    return [TRUST["overlap"][lang].format(below=f"{row['below_05']:.1%}", **counts)]


def _labelled_share(run: RunFacts, lang: Lang) -> list[str]:
    own = run.summary["policies"].get(MODEL, {})
    names = sorted(name for name in own if name.startswith(LABELLED_SHARE))
    shares = [f"{metric_name(name)[lang]}: {written(name, own[name], lang)}" for name in names]
    return [TRUST["missing_share"][lang].format(shares="; ".join(shares))] if shares else []


def _allocation(run: RunFacts, lang: Lang) -> list[str]:
    """What the methods that fill in sites nobody visited say of the first difference that they were asked about."""
    frame, metric = run.table("selection"), run.summary["headline"]
    if frame.empty or metric not in set(frame["metric"]):
        return []
    rivals = policy_order({pair.partition(" - ")[2] for pair in frame["policy"] if pair.startswith(f"{MODEL} - ")})
    if not rivals:
        return []
    overlap = run.tables.get("overlap")
    verdict = selection_verdict(frame, overlap, pair=f"{MODEL} - {rivals[0]}", metric=metric)
    return [escaped(run.spoken(verdict[lang], lang))]


def inspectors(run: RunFacts, lang: Lang) -> list[str]:
    """How much of the order is who went, not where; empty if inspectors are not known."""
    asked = {"only": ("auc", "inspector_only"), "all": ("auc", MODEL), "within": ("within_inspector_auc", MODEL)}
    if any(run.entry(policy, metric) is None for metric, policy in asked.values()):
        return []
    told = {name: figure(run, metric, lang, policy) for name, (metric, policy) in asked.items()}
    return [TRUST["inspectors"][lang].format(**told)]
