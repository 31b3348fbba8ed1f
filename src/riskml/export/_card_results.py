"""The results of a run as a card tells them: policies, differences, all metrics of the model, what the rivals are."""

from collections.abc import Sequence

from riskml.export._card_words import WORDS
from riskml.export._markdown import bullets, escaped, heading, say, table
from riskml.export._rival_words import RIVALS
from riskml.export.card_facts import MODEL, Entry, RunFacts
from riskml.export.figures import interval, number, reason_text, write, write_difference
from riskml.export.wording import (
    METRICS,
    Lang,
    metric_name,
    pair_name,
    pair_order,
    policy_name,
    policy_order,
    split_metric,
    system_of,
    system_title,
)


def results(run: RunFacts, lang: Lang) -> list[str]:
    """Reordering only: policies at the headline metric and by their whole order, differences, then all of the model."""
    policies, headline = run.summary["policies"], run.summary["headline"]
    counts = run.entry(MODEL, headline) or {"n": 0, "n_positive": 0}
    told = say(WORDS["metrics_text"], lang, n=f"{counts['n']:,}", n_positive=f"{counts['n_positive']:,}")
    columns = list(dict.fromkeys([headline, "auc", "within_inspector_auc"]))
    heads = [WORDS["policy"][lang], *(metric_name(metric)[lang] for metric in columns)]
    rows = [[_name(run, p, lang), *(_found(run.entry(p, m), m, lang) for m in columns)] for p in policy_order(policies)]
    return [
        heading(WORDS["metrics"], lang),
        told,
        table(heads, rows),
        bullets(_rivals(run, lang)),
        table([WORDS["pair"][lang], _unit(headline, lang)], [list(pair) for pair in differences(run, lang)]),
        _own(run, lang),
    ]


def differences(run: RunFacts, lang: Lang) -> list[tuple[str, str]]:
    """Each paired difference at the headline metric: its name, and the value with its interval; written and escaped."""
    found, headline = run.summary["differences"], run.summary["headline"]
    told = []
    for pair in pair_order(found):
        entry = found[pair].get(headline)
        shown = None if entry is None or entry["estimand"] != "reordering" else entry
        told.append((escaped(pair_name(pair, run.summary["systems"])[lang]), _found(shown, headline, lang, less=True)))
    return told


def written(metric: str, entry: Entry, lang: Lang, *, less: bool = False) -> str:
    """Value and interval, or why they are missing; `less`: of a difference."""
    value, bounds, reason = number(entry), interval(entry), escaped(reason_text(entry)[lang])
    if value is None:
        return WORDS["no_value"][lang].format(reason=reason)
    told = write_difference(metric, value) if less else write(metric, value)
    if bounds is None:
        return WORDS["no_interval"][lang].format(value=told, reason=reason)
    low, high = (write_difference(metric, b) if less else write(metric, b, unit=False) for b in bounds)
    return f"{told} [{low}, {high}]"


def figure(run: RunFacts, metric: str, lang: Lang, policy: str = MODEL) -> str:
    """A reordering figure of a policy; a dash where it has none."""
    return _found(run.entry(policy, metric), metric, lang) or "–"


def _found(entry: Entry | None, metric: str, lang: Lang, *, less: bool = False) -> str:
    return "" if entry is None else written(metric, entry, lang, less=less)


def _name(run: RunFacts, policy: str, lang: Lang) -> str:
    return escaped(policy_name(policy, run.summary["systems"])[lang])


def _rivals(run: RunFacts, lang: Lang) -> list[str]:
    """What each rival ranks by, and the full title of each grade."""
    systems, policies = run.summary["systems"], policy_order(run.summary["policies"])
    told = [f"{_name(run, policy, lang)}: {RIVALS[policy][lang]}" for policy in policies if policy in RIVALS]
    graded = dict.fromkeys(system_of(policy, systems) for policy in policies)
    return told + [escaped(f"grade_{name}: {system_title(name, systems)[lang]}") for name in graded if name is not None]


def _own(run: RunFacts, lang: Lang) -> str:
    own = run.summary["policies"].get(MODEL, {})
    metrics = sorted((metric for metric in own if run.entry(MODEL, metric)), key=lambda m: _place(m, list(METRICS)))
    rows = [[metric_name(metric)[lang], written(metric, own[metric], lang)] for metric in metrics]
    return table([WORDS["metric"][lang], WORDS["value"][lang]], rows)


def _place(metric: str, order: Sequence[str]) -> tuple[int, float]:
    stem, budget = split_metric(metric)
    return order.index(stem), budget or 0.0


def _unit(metric: str, lang: Lang) -> str:
    name = metric_name(metric)[lang]
    return WORDS["points"][lang].format(metric=name) if METRICS[split_metric(metric)[0]].percent else name
