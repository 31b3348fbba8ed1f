"""The algorithmic transparency record of a run: what is told to the public, and what the bureau has still to fill in.

Tier 1 and tier 2 of the Algorithmic Transparency Recording Standard (UK Government), then what Chinese law asks to be
told; English, then Chinese. Every number comes from the run; what only the bureau knows is left as a blank.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from riskml.export import _transparency_law as law
from riskml.export import _transparency_words as words
from riskml.export._card_groups import fairness_verdict
from riskml.export._card_results import differences, figure
from riskml.export._card_trust import calibration_verdict, inspectors, missing_lines, reason_verdicts
from riskml.export._markdown import bullets, escaped, heading, say, table
from riskml.export._use_words import BLANK, LISTS
from riskml.export.card import LANGUAGES, data_lines
from riskml.export.card_facts import MODEL, RunFacts
from riskml.export.wording import Lang, Text, as_text, metric_name, outcome_name, policy_name, policy_order

BETWEEN: Final = {"en": "; ", "zh": "；"}
AFTER: Final = {"en": " ", "zh": ""}
"""What stands between two sentences."""
BOUNDS: Final = ("random", "perfect", "inspector_only")
"""Policies that are no alternative: two bounds and a diagnostic."""


def render_transparency(run: RunFacts) -> str:
    """The record as Markdown, in both languages; the same facts give the same text.

    Args:
        run: what it may speak of.

    Raises:
        DataError: if the facts name what has no display name.
    """
    return "\n---\n\n".join(_record(run, lang) for lang in LANGUAGES)


def blanks(record: str) -> int:
    """How many places of a record, or of a card, only the bureau can fill in; both languages counted.

    >>> blanks("Contact: [to be filled by the bureau]")
    1
    """
    return record.count(BLANK["en"]) + record.count(BLANK["zh"])


def _record(run: RunFacts, lang: Lang) -> str:
    values = _values(run, lang)
    body = [
        heading(words.TIER1, lang),
        _fields(words.OVERVIEW, values, lang),
        heading(words.TIER2, lang),
        *(block for title, fields in words.SECTIONS for block in _section(title, fields, values, lang)),
        heading(words.RISKS_TITLE, lang, 3),
        _grid(words.RISK_HEADS, words.RISKS, values, lang),
        _fields(words.ASSESSMENTS, values, lang),
        heading(words.LAW, lang),
        law.NOTE[lang].format(**values),
        _grid(law.HEADS, law.PROVISIONS, values, lang),
    ]
    told = {"blanks": blanks("\n".join(body)), "blank": f"“{BLANK[lang][1:-1]}”"}
    title = f"# {say(words.TITLE, lang, study=run.summary['study'])}"
    return "\n\n".join([title, words.LEAD[lang].format(**told), *body]) + "\n"


def _section(title: Text, fields: Sequence[words.Field], values: Mapping[str, str], lang: Lang) -> list[str]:
    return [heading(title, lang, 3), _fields(fields, values, lang)]


def _fields(fields: Sequence[words.Field], values: Mapping[str, str], lang: Lang) -> str:
    mark = {"en": ": ", "zh": "："}[lang]
    lines = [f"**{name[lang]}**{mark}{told[lang].format(**values)}" for name, told in fields]
    return bullets([line.replace(" \n", "\n") for line in lines])


def _nested(lines: Sequence[str]) -> str:
    """A list below the field it belongs to."""
    return "".join(f"\n  - {line}" for line in lines) or " –"


def _grid(heads: Sequence[Text], rows: "Sequence[Sequence[Text]]", values: Mapping[str, str], lang: Lang) -> str:
    return table([head[lang] for head in heads], [[cell[lang].format(**values) for cell in row] for row in rows])


def _values(run: RunFacts, lang: Lang) -> dict[str, str]:
    """What stands in the braces, written and escaped."""
    return {"blank": BLANK[lang], **_facts(run, lang), **_measured(run, lang), **_sentences(run, lang)}


def _facts(run: RunFacts, lang: Lang) -> dict[str, str]:
    """Names, dates and counts."""
    summary, model = run.summary, run.model or {}
    told = {key: escaped(str(model.get(key, "–"))) for key in ("digest", "trained_to", "expires_on")}
    told |= {key: escaped(str(summary[key])) for key in ("study", "horizon_days", "data_hash", "code_version")}
    told |= {"source": escaped(str(summary.get("source", "–"))), "outcome": outcome_name(summary["outcome"])[lang]}
    told |= {"features": str(len(run.features)), "fixed": str(sum(1 for one in run.features if one["monotone"] != 0))}
    missing = {**summary, "unlabelled": summary["rows"] - summary["labelled"]}
    counts = {key: f"{missing[key]:,}" for key in ("rows", "unlabelled")}
    share = f"{missing['unlabelled'] / missing['rows']:.1%}" if missing["rows"] else "–"
    return {**told, **counts, "unlabelled_share": share, "labelled_share": run.share("labelled")}


def _measured(run: RunFacts, lang: Lang) -> dict[str, str]:
    """Figures with their intervals."""
    headline, systems = run.summary["headline"], run.summary["systems"]
    entry = run.entry(MODEL, headline) or {"n": 0, "n_positive": 0}
    rivals = [one for one in policy_order(run.summary["policies"]) if one not in (MODEL, *BOUNDS)]
    told = [f"{escaped(policy_name(one, systems)[lang])}: {figure(run, headline, lang, one)}" for one in rivals]
    return {
        "headline": metric_name(headline)[lang],
        "headline_value": figure(run, headline, lang),
        "auc": figure(run, "auc", lang),
        "within": figure(run, "within_inspector_auc", lang),
        "rivals": _nested(told),
        "differences": _nested([f"{name}: {value or '–'}" for name, value in differences(run, lang)]),
        **{key: f"{entry[key]:,}" for key in ("n", "n_positive")},
    }


def _sentences(run: RunFacts, lang: Lang) -> dict[str, str]:
    """Verdicts and lists, each as one paragraph."""
    contest = [one[lang].format(blank=BLANK[lang]) for one in LISTS["contest"]]
    return {
        "verdict": escaped(as_text(run.summary["verdict"])[lang]),
        "intended": _nested([one[lang] for one in LISTS["intended"]]),
        "refused": _nested([one[lang] for one in LISTS["refused"]]),
        "contest": _nested(contest),
        "fairness": fairness_verdict(run, lang),
        "calibration": AFTER[lang].join(calibration_verdict(run, lang)),
        "reasons": AFTER[lang].join(reason_verdicts(run, lang)),
        "inspectors": AFTER[lang].join(inspectors(run, lang)) or "–",
        "missing": _nested(missing_lines(run, lang)),
        "notes": _nested([escaped(run.spoken(as_text(note)[lang], lang)) for note in run.summary["notes"]]),
        "data": _nested(data_lines(run, lang)[:-1]),
        "inputs": BETWEEN[lang].join(escaped(one[f"text_{lang}"]) for one in run.features) or "–",
    }
