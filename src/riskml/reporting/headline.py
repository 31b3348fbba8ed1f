"""The first sentence of the report: with the same number of visits, how many more failing sites does the model find."""

from collections.abc import Mapping
from typing import Any, Final

from riskml.export.figures import Reading, interval, number, read_difference
from riskml.export.wording import METRICS, Text, policy_name, policy_order, split_metric, text
from riskml.reporting._page import fill
from riskml.reporting.texts import LAST_OUTCOME, MODEL, is_grade

_SENTENCES: Final[dict[Reading, Text]] = {
    "better": text(
        "With the same number of visits ({visits} of {all}), the model finds {more} more failing sites than the "
        "{other} does, between {low} and {high}.",
        "检查次数相同（{all}次中的{visits}次）时，模型比{other}多发现{more}家不合格主体，介于{low}与{high}之间。",
    ),
    "undecided": text(
        "With the same number of visits ({visits} of {all}), the model is not shown to find more failing sites than "
        "the {other} does: the difference is {value}, between {low} and {high}.",
        "检查次数相同（{all}次中的{visits}次）时，未能证明模型比{other}发现更多不合格主体：差值为{value}，介于{low}与{high}之间。",
    ),
    "worse": text(
        "With the same number of visits ({visits} of {all}), the model finds fewer failing sites than the {other} "
        "does: the difference is {value}, between {low} and {high}.",
        "检查次数相同（{all}次中的{visits}次）时，模型发现的不合格主体少于{other}：差值为{value}，介于{low}与{high}之间。",
    ),
}
_POINTS: Final[dict[Reading, Text]] = {
    "better": text(
        "Even with its points inside each level, its best chance, the grade finds fewer: {more} more are found by the "
        "model, between {low} and {high}.",
        "即使该等级在同级之内再按分值排序（对其最有利的用法），模型仍多发现{more}家，介于{low}与{high}之间。",
    ),
    "undecided": text(
        "With its points inside each level, its best chance, the grade is not shown to be worse: the difference is "
        "{value}, between {low} and {high}.",
        "若该等级在同级之内再按分值排序（对其最有利的用法），则未能证明其更差：差值为{value}，介于{low}与{high}之间。",
    ),
    "worse": text(
        "With its points inside each level, its best chance, the grade finds more than the model: the difference is "
        "{value}, between {low} and {high}.",
        "若该等级在同级之内再按分值排序（对其最有利的用法），则其发现多于模型：差值为{value}，介于{low}与{high}之间。",
    ),
}
_UNBEATEN: Final = text(
    "The model does not beat the {other}, the simplest rule there is (difference {value}, between {low} and {high}).",
    "模型未优于{other}这一最简单的规则（差值{value}，介于{low}与{high}之间）。",
)
_SAVED: Final[dict[Reading, Text]] = {
    "better": text(
        "To find as many as the {other} finds with {visits} visits, the model needs {more} visits fewer, between {low} "
        "and {high}.",
        "要发现与{other}用{visits}次检查所发现的同样多，模型可少用{more}次检查，介于{low}与{high}之间。",
    ),
    "undecided": text(
        "To find as many as the {other} finds with {visits} visits, the model is not shown to need fewer: the "
        "difference "
        "is {value} visits, between {low} and {high}.",
        "要发现与{other}用{visits}次检查所发现的同样多，未能证明模型可少用检查：差值为{value}次，介于{low}与{high}之间。",
    ),
    "worse": text(
        "To find as many as the {other} finds with {visits} visits, the model needs more: the difference is {value} "
        "visits, between {low} and {high}.",
        "要发现与{other}用{visits}次检查所发现的同样多，模型需要更多检查：差值为{value}次，介于{low}与{high}之间。",
    ),
}
HOW: Final = text(
    "Failing sites are counted once for each of the {days} decision days. Only visits that were made are put "
    "in another "
    "order. “Between” is the 95% interval, by resampling the sites.",
    "不合格主体在{days}个决策日中每日各计一次；只是将已实施的检查重新排序；“介于”为按主体重抽样所得的95%区间。",
)
Summary = Mapping[str, Any]


def headline_text(summary: Summary) -> Text:
    """What a director reads first; where the run has no such number, the verdict of the run.

    The rival is the first grade by its level; without a grade it is the last outcome. A model that does not beat the
    last outcome says so first.

    Args:
        summary: content of summary.json.

    >>> found = {"found@0.20": {"value": 41.4, "low": 21.1, "high": 60.2, "n": 4839, "n_positive": 449}}
    >>> facts = {"headline": "recall@0.20", "systems": {}, "differences": {"model - last_outcome": found}}
    >>> print(headline_text({**facts, "verdict": {"en": "", "zh": ""}})["en"])  # doctest: +NORMALIZE_WHITESPACE
    With the same number of visits (968 of 4,839), the model finds 41 more failing sites than the last outcome does,
    between 21 and 60.
    """
    graded = [policy for policy in _rivals(summary) if is_grade(policy)]
    first = _sentence(summary, graded[0] if graded else LAST_OUTCOME, _SENTENCES)
    if first is None:
        return text(summary["verdict"]["en"], summary["verdict"]["zh"])
    sentences = [first]
    if graded:
        pointed = _sentence(summary, f"{graded[0]}_points", _POINTS)
        sentences += [pointed] if pointed else []
        unbeaten = _sentence(summary, LAST_OUTCOME, dict.fromkeys(("undecided", "worse"), _UNBEATEN))
        sentences = [unbeaten, *sentences] if unbeaten else sentences
    return text(" ".join(one["en"] for one in sentences), "".join(one["zh"] for one in sentences))


def saved_text(summary: Summary) -> Text | None:
    """How many visits fewer the model needs to find as much as the first grade, or the last outcome; None if unknown.

    >>> saved = {"visits_saved@0.20": {"value": 0.085, "low": 0.02, "high": 0.12, "n": 1000, "n_positive": 90}}
    >>> facts = {"headline": "recall@0.20", "systems": {}, "differences": {"model - last_outcome": saved}}
    >>> print(saved_text(facts)["en"])  # doctest: +NORMALIZE_WHITESPACE
    To find as many as the last outcome finds with 200 visits, the model needs 85 visits fewer, between 20 and 120.
    """
    graded = _rivals(summary)
    return _sentence(summary, graded[0] if graded else LAST_OUTCOME, _SAVED, stem="visits_saved")


def _sites(value: float, digits: int, *, signed: bool) -> str:
    """A number of sites, whole unless a bound is below one.

    >>> _sites(-5.6, 0, signed=True), _sites(41.4, 0, signed=False)
    ('−6', '41')
    """
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    return f"{sign}{abs(value):,.{digits}f}"


def reading_of(summary: Summary) -> Reading:
    """How the model stands against the last outcome at the headline metric."""
    entry = summary["differences"].get(f"{MODEL} - {LAST_OUTCOME}", {}).get(summary["headline"], {})
    return read_difference(summary["headline"], entry)


def _rivals(summary: Summary) -> list[str]:
    """Grades by their level that the model was compared with, in the order of every table."""
    pairs = [pair.removeprefix(f"{MODEL} - ") for pair in summary["differences"] if pair.startswith(f"{MODEL} - ")]
    return [policy for policy in policy_order(pairs) if is_grade(policy) and not policy.endswith("_points")]


def _sentence(summary: Summary, policy: str, templates: Mapping[Reading, Text], *, stem: str = "found") -> Text | None:
    """One sentence about the failing sites that a rival leaves, or the visits that it wastes.

    Returns:
        None without a number, or without a template for its reading.
    """
    budget = split_metric(summary["headline"])[1]
    if budget is None:
        return None
    metric = f"{stem}@{budget:.2f}"
    entry = summary["differences"].get(f"{MODEL} - {policy}", {}).get(metric, {})
    value, bounds = number(entry), interval(entry)
    reading = read_difference(metric, entry)
    if value is None or bounds is None or reading not in templates:
        return None
    if METRICS[stem].percent:  # a share of the visits
        value, bounds = value * entry["n"], (bounds[0] * entry["n"], bounds[1] * entry["n"])
    digits = 0 if min(map(abs, (value, *bounds))) >= 1 else 1
    low, high = (_sites(end, digits, signed=reading != "better") for end in bounds)
    named = policy_name(policy, summary["systems"])
    return fill(
        templates[reading],
        visits=f"{budget * entry['n']:,.0f}",
        all=f"{entry['n']:,}",
        other=text(named["en"][0].lower() + named["en"][1:], named["zh"]),
        more=_sites(value, digits, signed=False),
        value=_sites(value, digits, signed=True),
        low=low,
        high=high,
    )
