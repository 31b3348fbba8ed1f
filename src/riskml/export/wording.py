"""The names of policies, metrics and outcomes in both languages: the words that card and report share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict

from riskml.errors import DataError
from riskml.export._metric_words import METRICS as METRIC_WORDS
from riskml.export._policy_words import ENDINGS, ORDER, POLICIES

Lang = Literal["en", "zh"]


class Text(TypedDict):
    """The same words in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Metric:
    """How a metric is named, written and read.

    Attributes:
        name: for the head of a column.
        measure: what it measures, for a sentence; {outcome} and {budget} are filled in.
        percent: True if it is a share, written in percent, its differences in percentage points.
        decimals: digits after the point.
        direction: 1 if higher is better, -1 if lower is, 0 if neither.
    """

    name: Text
    measure: Text
    percent: bool
    decimals: int
    direction: int


def text(en: str, zh: str) -> Text:
    """Both languages of one text."""
    return {"en": en, "zh": zh}


def as_text(words: "Mapping[str, str] | str") -> Text:
    """Words of a run's files as a text; those in one language only stand in both."""
    return text(words, words) if isinstance(words, str) else text(words["en"], words["zh"])


METRICS: Final[dict[str, Metric]] = {
    stem: Metric(text(*name), text(*measure), percent=percent, decimals=decimals, direction=direction)
    for stem, (name, measure, percent, decimals, direction) in METRIC_WORDS.items()
}

PRESCRIBED: Final = "prescribed"
"""Budget of a metric at as many visits as a grade prescribes, with the same floor."""

OUTCOMES: Final = {
    "fail": text("failed visits", "不合格检查"),
    "fail_broad": text("visits with any problem", "发现问题的检查"),
    "fail_severe": text("severely failed visits", "严重不合格检查"),
}

RECONSTRUCTED: Final = text("reconstructed (rule public, points assumed)", "重构（规则公开，分值为假定）")

_POLICIES: Final = {name: text(en, zh) for name, (en, zh) in POLICIES.items()}


def split_metric(metric: str) -> tuple[str, float | None]:
    """Stem and budget share of a metric's name; no share for `@prescribed` (see `is_prescribed`).

    Raises:
        DataError: for a metric without an entry in METRICS, or a budget that is no number.

    >>> split_metric("recall@0.20"), split_metric("auc")
    (('recall', 0.2), ('auc', None))
    """
    stem, at, budget = metric.partition("@")
    if stem not in METRICS:
        raise DataError(
            f"metric {metric!r} has no name; those with one are {list(METRICS)}: add it to export/wording.py"
        )
    try:
        return stem, float(budget) if at and budget != PRESCRIBED else None
    except ValueError as error:
        raise DataError(
            f"metric {metric!r}: the budget after @ must be a share such as 0.20, or {PRESCRIBED!r}"
        ) from error


def is_prescribed(metric: str) -> bool:
    """Whether a metric's budget is as many visits as the grade prescribes.

    >>> is_prescribed("recall@prescribed"), is_prescribed("recall@0.20")
    (True, False)
    """
    return metric.partition("@")[2] == PRESCRIBED


def metric_name(metric: str) -> Text:
    """Name of a metric with its budget.

    >>> metric_name("recall@0.20")["en"]
    'Failures found, share (recall) at 20%'
    """
    stem, budget = split_metric(metric)
    name = METRICS[stem].name
    if is_prescribed(metric):
        return text(f"{name['en']} as prescribed", f"{name['zh']}，按等级规定的频次")
    if budget is None:
        return name
    return text(f"{name['en']} at {budget:.0%}", f"{name['zh']}，预算{budget:.0%}")


def metric_measure(metric: str, outcome: str) -> Text:
    """What a metric measures, as part of a sentence.

    Raises:
        DataError: for an unknown metric or outcome.
    """
    stem, budget = split_metric(metric)
    names = outcome_name(outcome)
    share = "" if budget is None else f"{budget:.0%}"
    shares = text("prescribed number", "规定频次") if is_prescribed(metric) else text(share, share)
    return text(*(METRICS[stem].measure[one].format(outcome=names[one], budget=shares[one]) for one in ("en", "zh")))


def outcome_name(outcome: str) -> Text:
    """What counts as a failure, in words.

    Raises:
        DataError: for an unknown outcome.
    """
    if outcome not in OUTCOMES:
        raise DataError(f"outcome {outcome!r} has no name; those with one are {list(OUTCOMES)}")
    return OUTCOMES[outcome]


def policy_part(system: str) -> str:
    """A system's name as part of a policy's name: the stroke before a variant becomes a line.

    >>> policy_part("shenzhen_general/2023")
    'shenzhen_general_2023'
    """
    return system.replace("/", "_")


def system_of(policy: str, systems: Mapping[str, Any]) -> str | None:
    """The grading system behind a policy; None if it is not a grade."""
    for system in systems:
        if policy in [f"grade_{policy_part(system)}{ending}" for ending in ENDINGS]:
            return system
    return None


def policy_name(policy: str, systems: Mapping[str, Any]) -> Text:
    """Display name of a policy; a grade whose numbers are assumed says so.

    Args:
        policy: its fixed name (DESIGN.md 7).
        systems: grading system -> {"title_en", "title_zh", "reconstructed"}.

    Raises:
        DataError: for a policy without a name, or a grade whose system is not in `systems`.

    >>> policy_name("grade_x", {"x": {"title_en": "X", "title_zh": "某", "reconstructed": True}})["en"]
    'Grade x (reconstructed)'
    """
    if policy in _POLICIES:
        return _POLICIES[policy]
    system = system_of(policy, systems)
    if system is None:
        known = [*_POLICIES, *(f"grade_{policy_part(name)}{end}" for name in systems for end in reversed(ENDINGS))]
        raise DataError(f"policy {policy!r} has no name; those with one are {known}: name it, or give its system")
    en, zh = next(words for end, words in ENDINGS.items() if policy == f"grade_{policy_part(system)}{end}")
    mark = (" (reconstructed)", "（重构）") if systems[system].get("reconstructed") else ("", "")
    return text(f"Grade {system}{en}{mark[0]}", f"{system} {zh}{mark[1]}")


def system_title(system: str, systems: Mapping[str, Any]) -> Text:
    """Full title of a grading system, with the mark of a reconstruction.

    >>> system_title("x", {"x": {"title_en": "X", "title_zh": "某", "reconstructed": True}})["zh"]
    '某，重构（规则公开，分值为假定）'
    """
    facts = systems[system]
    mark = (f"; {RECONSTRUCTED['en']}", f"，{RECONSTRUCTED['zh']}") if facts.get("reconstructed") else ("", "")
    return text(facts["title_en"] + mark[0], facts["title_zh"] + mark[1])


def policy_order(policies: Iterable[str]) -> list[str]:
    """The order of every table and legend: the model, what it must beat, the grades, the two bounds.

    >>> policy_order(["perfect", "grade_b", "random", "grade_a", "model"])
    ['model', 'grade_a', 'grade_b', 'random', 'perfect']
    """

    def place(policy: str) -> tuple[int, str]:
        kind = "grade_" if policy.startswith("grade_") else policy
        return (ORDER.index(kind) if kind in ORDER else len(ORDER), policy)

    return sorted(policies, key=place)


def pair_order(pairs: Iterable[str]) -> list[str]:
    """Differences "a - b" by their policies, in the order of `policy_order`.

    >>> pair_order(["model - random", "model - grade_x", "model - last_outcome"])
    ['model - last_outcome', 'model - grade_x', 'model - random']
    """
    split = [tuple(pair.split(" - ")) for pair in pairs]
    place = {policy: at for at, policy in enumerate(policy_order({policy for pair in split for policy in pair}))}
    return [" - ".join(pair) for pair in sorted(split, key=lambda pair: [place[policy] for policy in pair])]


def pair_name(pair: str, systems: Mapping[str, Any]) -> Text:
    """Display name of a difference "a - b"."""
    a, b = (policy_name(policy, systems) for policy in pair.split(" - "))
    return text(f"{a['en']} − {b['en']}", f"{a['zh']} − {b['zh']}")
