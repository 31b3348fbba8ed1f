"""The model card: what the model is for, what it was measured on, what it is refused for; English, then Chinese.

It answers what Mitchell et al. 2019 ("Model Cards for Model Reporting") ask of a card: details of the model, intended
and refused uses, factors (groups of sites), metrics, evaluation and training data, quantitative analyses with
intervals, ethical considerations (who is missing, how to contest), caveats.
"""

from collections.abc import Sequence
from typing import Final

from riskml.errors import DataError
from riskml.export._card_groups import fairness
from riskml.export._card_results import results
from riskml.export._card_trust import calibration, inspectors, missing, reasons
from riskml.export._card_words import DIRECTIONS, WORDS
from riskml.export._markdown import bullets, escaped, heading, say, steps, table
from riskml.export._use_words import BLANK, LIMITS, LISTS
from riskml.export.card_facts import Entry, RunFacts
from riskml.export.wording import Lang, Text, as_text, outcome_name

LANGUAGES: Final[tuple[Lang, Lang]] = ("en", "zh")


def render_card(run: RunFacts) -> str:
    """The card as Markdown, in both languages; the same facts give the same text.

    Args:
        run: what it may speak of.

    Raises:
        DataError: if the facts name what has no display name.
    """
    return "\n---\n\n".join(_card(run, lang) for lang in LANGUAGES)


def _card(run: RunFacts, lang: Lang) -> str:
    blocks = [
        f"# {say(WORDS['title'], lang, study=run.summary['study'])}",
        f"**{escaped(as_text(run.summary['verdict'])[lang])}**",
        *_glance(run, lang),
        *_predicts(run, lang),
        *_use(("intended", "refused"), lang),
        *_data(run, lang),
        *missing(run, lang),
        *results(run, lang),
        *calibration(run, lang),
        *fairness(run, lang),
        *reasons(run, lang),
        *_limits(run, lang),
        heading(WORDS["contest"], lang),
        steps([one[lang].format(blank=BLANK[lang]) for one in LISTS["contest"]]),
        *_feature_table(run.features, lang),
    ]
    return "\n\n".join(blocks) + "\n"


def _glance(run: RunFacts, lang: Lang) -> list[str]:
    """What names the model, the records and the code, and until when it may be used."""
    summary, model = run.summary, run.model or {}
    told = {
        "name": summary["study"],
        "expires_on": model.get("expires_on"),
        "trained_to": model.get("trained_to"),
        "context": model.get("context_days"),
        "digest": model.get("digest"),
        "source": summary.get("source"),
        "data_hash": summary["data_hash"],
        "code_version": summary["code_version"],
    }
    rows = [[WORDS[key][lang], escaped(str(value))] for key, value in told.items() if value is not None]
    rows.append([WORDS["owner"][lang], BLANK[lang]])
    return [heading(WORDS["glance"], lang), table([WORDS["fact"][lang], WORDS["value"][lang]], rows)]


def _predicts(run: RunFacts, lang: Lang) -> list[str]:
    fixed = sum(1 for feature in run.features if feature["monotone"] != 0)
    outcome = outcome_name(run.summary["outcome"])[lang]
    versions = ", ".join(map(str, run.summary["label_versions"]))
    return [
        heading(WORDS["predicts"], lang),
        say(WORDS["predicts_text"], lang, horizon_days=run.summary["horizon_days"], outcome=outcome),
        say(WORDS["method"], lang, features=len(run.features), fixed=fixed),
        heading(WORDS["outcome"], lang),
        say(WORDS["outcome_text"], lang, outcome=outcome, label_versions=versions or "–"),
    ]


def _use(names: Sequence[str], lang: Lang) -> list[str]:
    return [
        block for name in names for block in (heading(WORDS[name], lang), bullets([one[lang] for one in LISTS[name]]))
    ]


def _data(run: RunFacts, lang: Lang) -> list[str]:
    """What it was judged on, what it learned from, and what lies between the two."""
    return [heading(WORDS["data"], lang), bullets(data_lines(run, lang))]


def data_lines(run: RunFacts, lang: Lang) -> list[str]:
    """The same as sentences, written and escaped."""
    summary, training = run.summary, run.training
    days = [_day(origin) for origin in summary["origins"]]
    ends = {"first": min(days, default="–"), "last": max(days, default="–"), "origins": len(days)}
    counts = {key: f"{summary[key]:,}" for key in ("rows", "sites", "labelled")}
    told = [say(WORDS["evaluated"], lang, **counts, **ends, share=run.share("labelled"), base_rate=run.base_rate())]
    learned = {key: f"{training[key]:,}" for key in ("rows", "positives")}
    told.append(
        say(WORDS["trained"], lang, **learned, **{key: _day(training[key]) for key in ("first_day", "last_day")})
    )
    splits = run.table("splits")
    if len(splits):
        least = {name: int(splits[f"{name}_days"].min()) for name in ("gap", "horizon", "settling")}
        told.append(say(WORDS["splits"], lang, **least))
    return [*told, say(WORDS["versions"], lang, data_hash=summary["data_hash"], code_version=summary["code_version"])]


def _limits(run: RunFacts, lang: Lang) -> list[str]:
    """What the run noted, and what holds of every such model."""
    notes = [escaped(run.spoken(as_text(note)[lang], lang)) for note in run.summary["notes"]]
    return [heading(WORDS["limits"], lang), bullets([*notes, *inspectors(run, lang), *(one[lang] for one in LIMITS)])]


def _feature_table(features: Sequence[Entry], lang: Lang) -> list[str]:
    rows = [[escaped(f["name"]), escaped(f[f"text_{lang}"]), _direction(f)[lang]] for f in features]
    heads = [WORDS[key][lang] for key in ("feature", "meaning", "direction")]
    return [heading(WORDS["features"], lang), table(heads, rows)]


def _direction(feature: Entry) -> Text:
    if feature["monotone"] not in DIRECTIONS:
        raise DataError(
            f"feature {feature['name']!r}: monotone is {feature['monotone']!r}; allowed are {list(DIRECTIONS)}"
        )
    return DIRECTIONS[feature["monotone"]]


def _day(value: object) -> str:
    return str(value)[:10]
