"""The model card: what the model is for, what it was measured on, what it is refused for; English, then Chinese."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from riskml.errors import DataError
from riskml.export._card_words import DIRECTIONS, LISTS, WORDS
from riskml.export.figures import interval, number, reason_text, write, write_difference
from riskml.export.wording import (
    METRICS,
    Lang,
    Text,
    as_text,
    metric_name,
    outcome_name,
    pair_name,
    pair_order,
    policy_name,
    policy_order,
    split_metric,
    system_of,
    system_title,
)

MODEL: Final = "model"
LABELLED_SHARE: Final = "labelled_share"
NEEDED: Final = (
    *("study", "outcome", "horizon_days", "headline", "data_hash", "code_version", "rows", "sites", "labelled"),
    *("base_rate", "origins", "label_versions", "policies", "differences", "systems", "verdict", "notes"),
)
TRAINING: Final = ("rows", "positives", "first_day", "last_day", "calibration")

Entry = Mapping[str, Any]


def render_card(summary: Entry, *, features: Sequence[Entry], training: Entry) -> str:
    """The card as Markdown; the same arguments give the same text.

    Args:
        summary: content of summary.json (DESIGN.md 7), with `verdict` and `notes` in both languages.
        features: name, text_en, text_zh, monotone (1, -1 or 0) of each feature of the model.
        training: rows, positives, first_day, last_day, and calibration: {"kind", "slope", "intercept", "note"?} or a
            sentence.

    Raises:
        DataError: if the summary or `training` lacks a key, or names what has no display name.
    """
    for what, given, needed in (("summary", summary, NEEDED), ("training", training, TRAINING)):
        absent = [key for key in needed if key not in given]
        if absent:
            raise DataError(f"{what} lacks {absent}; a card needs {list(needed)}")
    languages: tuple[Lang, Lang] = ("en", "zh")
    return "\n---\n\n".join(_card(summary, features, training, lang) for lang in languages)


def _card(summary: Entry, features: Sequence[Entry], training: Entry, lang: Lang) -> str:
    blocks = [
        f"# {_say('title', lang, study=summary['study'])}",
        f"**{_escaped(as_text(summary['verdict'])[lang])}**",
        *_predicts(summary, features, lang),
        *_data(summary, training, lang),
        *_missing(summary, lang),
        *_results(summary, lang),
        *_feature_table(features, lang),
        _heading("limits", lang),
        _bullets([as_text(note)[lang] for note in summary["notes"]] or [WORDS["no_notes"][lang]]),
    ]
    for name, sentences in LISTS.items():
        blocks += [_heading(name, lang), "\n".join(f"- {sentence[lang]}" for sentence in sentences)]
    return "\n\n".join(blocks) + "\n"


def _predicts(summary: Entry, features: Sequence[Entry], lang: Lang) -> list[str]:
    fixed = sum(1 for feature in features if feature["monotone"] != 0)
    outcome = outcome_name(summary["outcome"])[lang]
    versions = ", ".join(map(str, summary["label_versions"]))
    return [
        _heading("predicts", lang),
        _say("predicts_text", lang, horizon_days=summary["horizon_days"], outcome=outcome),
        _say("method", lang, features=len(features), fixed=fixed),
        _heading("outcome", lang),
        _say("outcome_text", lang, outcome=outcome, label_versions=versions or "–"),
    ]


def _data(summary: Entry, training: Entry, lang: Lang) -> list[str]:
    days = [_day(origin) for origin in summary["origins"]]
    rate = number(summary, "base_rate")
    lines = [
        _say(
            "evaluated",
            lang,
            **{key: f"{summary[key]:,}" for key in ("rows", "sites", "labelled")},
            origins=len(days),
            first=min(days, default="–"),
            last=max(days, default="–"),
            base_rate="–" if rate is None else f"{rate:.1%}",
        ),
        _say(
            "trained",
            lang,
            **{key: f"{training[key]:,}" for key in ("rows", "positives")},
            **{key: _day(training[key]) for key in ("first_day", "last_day")},
        ),
        _say("calibration", lang, calibration=_calibration(training["calibration"], lang)),
        _say("versions", lang, data_hash=summary["data_hash"], code_version=summary["code_version"]),
    ]
    return [_heading("data", lang), "\n".join(f"- {line}" for line in lines)]


def _calibration(calibration: "Entry | str", lang: Lang) -> str:
    if isinstance(calibration, str):
        return calibration
    kind = calibration["kind"]
    if kind in ("platt", "beta"):
        numbers = ("slope", "intercept") if kind == "platt" else ("rise", "fall", "intercept")
        return WORDS[kind][lang].format(**{key: f"{calibration[key]:.3f}".replace("-", "−") for key in numbers})
    if kind == "isotonic":
        return WORDS[kind][lang].format(knots=len(calibration["raw"]))
    note = calibration.get("note")
    return WORDS["uncalibrated"][lang] + (f" ({note})" if note else "")


def _missing(summary: Entry, lang: Lang) -> list[str]:
    rows, unlabelled = summary["rows"], summary["rows"] - summary["labelled"]
    share = f"{unlabelled / rows:.1%}" if rows else "–"
    lines = [
        _say("missing_rows", lang, unlabelled=f"{unlabelled:,}", rows=f"{rows:,}", share=share),
        _say("missing_selection", lang),
    ]
    entries = {name: e for name, e in summary["policies"].get(MODEL, {}).items() if name.startswith(LABELLED_SHARE)}
    if entries:
        shares = [
            f"{metric_name(name)[lang]}: {_written(name, entry, lang)}" for name, entry in sorted(entries.items())
        ]
        lines.append(WORDS["missing_share"][lang].format(shares="; ".join(shares)))
    return [_heading("missing", lang), "\n".join(f"- {line}" for line in lines)]


def _results(summary: Entry, lang: Lang) -> list[str]:
    """Reordering only: policies at the headline metric and by their whole order, differences, then all of the model."""
    policies, systems, headline = summary["policies"], summary["systems"], summary["headline"]
    columns = list(dict.fromkeys([headline, "auc", "within_inspector_auc"]))
    names = {policy: _escaped(policy_name(policy, systems)[lang]) for policy in policy_order(policies)}
    table = [[name, *(_found(policies[p], metric, lang) for metric in columns)] for p, name in names.items()]
    pairs = [
        [
            _escaped(pair_name(pair, systems)[lang]),
            _found(summary["differences"][pair], headline, lang, difference=True),
        ]
        for pair in pair_order(summary["differences"])
    ]
    own = {metric: entry for metric, entry in policies.get(MODEL, {}).items() if entry["estimand"] == "reordering"}
    order = list(METRICS)
    rows = [[metric_name(m)[lang], _written(m, own[m], lang)] for m in sorted(own, key=lambda m: _place(m, order))]
    graded = dict.fromkeys(system_of(policy, systems) for policy in names)
    counts = own.get(headline, {"n": 0, "n_positive": 0})
    return [
        _heading("metrics", lang),
        _say("metrics_text", lang, n=f"{counts['n']:,}", n_positive=f"{counts['n_positive']:,}"),
        _table([WORDS["policy"][lang], *(metric_name(metric)[lang] for metric in columns)], table),
        *[_bullets([f"grade_{name}: {system_title(name, systems)[lang]}"]) for name in graded if name is not None],
        _table([WORDS["pair"][lang], _unit(headline, lang)], pairs),
        _table([WORDS["metric"][lang], WORDS["value"][lang]], rows),
    ]


def _place(metric: str, order: Sequence[str]) -> tuple[int, float]:
    stem, budget = split_metric(metric)
    return order.index(stem), budget or 0.0


def _unit(metric: str, lang: Lang) -> str:
    name = metric_name(metric)[lang]
    return WORDS["points"][lang].format(metric=name) if METRICS[split_metric(metric)[0]].percent else name


def _feature_table(features: Sequence[Entry], lang: Lang) -> list[str]:
    rows = [[_escaped(f["name"]), _escaped(f[f"text_{lang}"]), _direction(f)[lang]] for f in features]
    heads = [WORDS[key][lang] for key in ("feature", "meaning", "direction")]
    return [_heading("features", lang), _table(heads, rows)]


def _direction(feature: Entry) -> Text:
    if feature["monotone"] not in DIRECTIONS:
        raise DataError(
            f"feature {feature['name']!r}: monotone is {feature['monotone']!r}; allowed are {list(DIRECTIONS)}"
        )
    return DIRECTIONS[feature["monotone"]]


def _found(entries: Entry, metric: str, lang: Lang, *, difference: bool = False) -> str:
    """A reordering number; empty if the policy has none. A number of the other estimand is never shown among them."""
    entry = entries.get(metric)
    if entry is None or entry["estimand"] != "reordering":
        return ""
    return _written(metric, entry, lang, difference=difference)


def _written(metric: str, entry: Entry, lang: Lang, *, difference: bool = False) -> str:
    """Value and interval, or why they are missing."""
    value, bounds, reason = number(entry), interval(entry), _escaped(reason_text(entry)[lang])
    if value is None:
        return WORDS["no_value"][lang].format(reason=reason)
    written = write_difference(metric, value) if difference else write(metric, value)
    if bounds is None:
        return WORDS["no_interval"][lang].format(value=written, reason=reason)
    low, high = (write_difference(metric, b) if difference else write(metric, b, unit=False) for b in bounds)
    return f"{written} [{low}, {high}]"


def _day(value: object) -> str:
    return str(value)[:10]


def _say(key: str, lang: Lang, **values: object) -> str:
    return WORDS[key][lang].format(**{name: _escaped(str(value)) for name, value in values.items()})


def _heading(key: str, lang: Lang) -> str:
    return f"## {WORDS[key][lang]}"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {_escaped(line)}" for line in lines)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are written or escaped already."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, ["---"] * len(heads), *rows])


def _escaped(words: str) -> str:
    r"""Words as plain text of Markdown, on one line.

    >>> print(_escaped("a | <b>\nc_d"))
    a \| \<b\> c\_d
    """
    return re.sub(r"([\\`*_\[\]<>|#&!~])", r"\\\1", " ".join(words.split()))
