"""The score rule once read: facts, what they are worth, parts, and what moves a level besides the score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from riskml.grades.system import Cut, Period, Publicity

RESULTS: Final = ("符合", "基本符合", "不符合")
"""Results of a visit as the national form words them (passed, passed with defects, failed), safest first."""

FACTS: Final[dict[str, tuple[str, str]]] = {
    "count": ("number of events in force; of one case, one", "有效记录数（同案计一次）"),
    "sum": ("weights of the events in force, added", "有效记录分值合计"),
    "heaviest": ("weight of the heaviest event in force", "最重一项分值"),
    "amount": ("yuan of the events in force", "金额（元）"),
    "repeats": ("events that follow another of these within within_days", "规定期限内再次发生的次数"),
    "quantity": ("number of facts (persons) the events in force stand for", "有效记录数量（人数）"),
    "days_clean": ("days since the last event in force, or since registration", "连续无记录天数"),
    "listing": ("2 listed, 1 ended in the last window_days, 0 neither", "2在列，1期限内移出，0无"),
    "gone": ("events that ended in the last window_days", "期限内已解除的记录数"),
    "expired_share": ("share of the staff without a valid health certificate", "健康证过期人员占比"),
    "visit_latest": ("result of the latest visit", "最近一次检查结果"),
    "visit_worst": ("worst result of a visit", "最差检查结果"),
    "visit_mean": ("mean value of the results of visits", "检查结果平均值"),
    "visit_items": ("points of the failed items of the latest visit, else of its result", "最近一次检查不符合项分值"),
    "score_mean": ("mean score of the visits, 10 best", "检查得分平均值（10分制）"),
    "score_graded": ("score of the visit that set the letter in force", "确定等级的检查得分"),
    "key_items": ("key items failed at the latest scored visit", "最近一次量化检查重点项不符合数"),
    "typed_problems": ("visits of some types that found a problem", "某类检查中发现问题的次数"),
    "typed_latest": ("result of the latest visit of some types", "某类检查最近一次结果"),
    "column": ("a number of the table of sites", "主体登记数值"),
    "category": ("a text of the table of sites", "主体登记类别"),
    "tier": ("static tier I to IV (1 to 4)", "静态风险档次（一至四档）"),
    "age_days": ("days since registration", "存续天数"),
    "licence_days": ("days until the licence expires", "许可证剩余天数"),
    "branches": ("sites of the same legal person", "同一主体的经营场所数"),
    "level_of": ("level by another system", "另一体系的等级"),
    "provided": ("only where the caller gives it", "由使用者提供"),
    "none": ("the records hold no data of it", "现有记录无此数据"),
}
"""The closed list of facts, with their meaning."""

TEXTUAL: Final = frozenset({"visit_latest", "visit_worst", "visit_mean", "typed_latest", "category", "level_of"})
"""Facts whose values are words: their worth stands in a table."""
EVENT_FACTS: Final = frozenset(
    {"count", "sum", "heaviest", "amount", "quantity", "repeats", "days_clean", "listing", "gone"}
)
WITHOUT_DATA: Final = frozenset({"none", "provided"})


LISTED: Final = Period("listed")


@dataclass(frozen=True)
class FactSpec:
    """A fact of a site, chosen from `FACTS`.

    Attributes:
        kind: key of `FACTS`.
        codes: event codes it reads, in the order of the file.
        weights: event code -> weight ("sum", "heaviest").
        period: how long an event or visit counts.
        one_case: of one case only the heaviest event counts.
        within_days: "repeats": an event repeats one at most so many days older.
        column: of the table of sites ("column", "category").
        types: visit types ("typed_problems", "typed_latest").
        system: name of the other system ("level_of").
        items: "visit_items": points of a failed key item, of a general item, and the most.
        posted_up_to: "score_graded": an initial visit sets the letter only up to this score; else a follow-up does.
        table: word -> worth, for `TEXTUAL` facts and the fall-back of "visit_items".
        otherwise: worth of a word that is not in the table; None: no data.
    """

    kind: str
    codes: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    period: Period = LISTED
    one_case: bool = False
    within_days: int = 0
    column: str = ""
    types: tuple[str, ...] = ()
    system: str = ""
    items: tuple[float, float, float] = (0.0, 0.0, 0.0)
    posted_up_to: float = 0.0
    table: Mapping[str, float] = field(default_factory=dict)
    otherwise: float | None = None


@dataclass(frozen=True)
class Step:
    """A value from a bound on; `open`: the bound itself still belongs to the step before."""

    bound: float
    open: bool
    value: float


@dataclass(frozen=True)
class Worth:
    """What a fact x is worth: the first that is given, else x itself.

    Attributes:
        per: per * x.
        fade: max(0, 1 - x / fade).
        start, steps: `start` below the first bound, then each step's value; bounds rise.
    """

    per: float | None = None
    fade: float | None = None
    start: float = 0.0
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Indicator:
    """One line of a point table.

    Attributes:
        key, en, zh: code and names.
        part: key of its part. dimension: name of its group inside the part, if it has any.
        most: most points ("sum" parts) or weight ("mean" parts).
        subtract: its points are taken from the sum.
        fact, worth: what it looks at, and what that is worth.
        where: column -> values of the sites it applies to; empty: all.
        missing: worth where there are no data; None: the indicator is skipped.
        words: what a caller may say instead of a number -> the number.
    """

    key: str
    en: str
    zh: str
    part: str
    dimension: str
    most: float
    subtract: bool
    fact: FactSpec
    worth: Worth
    where: Mapping[str, tuple[str, ...]]
    missing: float | None
    words: Mapping[str, float]


@dataclass(frozen=True)
class Part:
    """A layer or family of a point table.

    Attributes:
        key, en, zh: key and names.
        kind: "sum" of points, "mean" of values by weight, or "largest" value.
        weight: times which it enters the score; `subtract`: it is taken away; `inverted`: `scale` less it enters.
        scale: "mean": times which the mean is taken (100: a percentage).
        cap: most of a "sum".
        rescale: "sum": points of skipped indicators are made up by the others.
        coverage_at_least, neutral: with less weight covered, the neutral value; without one, there is no score.
        missing: value where no indicator has data.
        new_site: (days, part, factor): a site registered for less, never visited, gets factor times that part.
        shrink: (toward, weight, count part, least count): "mean" as (n x + w t) / (n + w), none below the least n.
    """

    key: str
    en: str
    zh: str
    kind: str
    weight: float
    subtract: bool
    inverted: bool
    scale: float
    cap: float | None
    rescale: bool
    coverage_at_least: float
    neutral: float | None
    missing: float | None
    new_site: tuple[int, str, float] | None
    shrink: tuple[float, float, str, float] | None


@dataclass(frozen=True)
class Condition:
    """A fact, or a part (`of`: "KEY", or "KEY.largest" indicator), that reaches a bound, or exceeds it (`above`)."""

    fact: FactSpec
    of: str = ""
    bound: float = 1.0
    above: bool = False


@dataclass(frozen=True)
class Limit:
    """A condition by which the level is at least as risky as `rank`, whatever the score; `veto`: it is named as one."""

    key: str
    en: str
    zh: str
    rank: int
    condition: Condition
    veto: bool


@dataclass(frozen=True)
class Shift:
    """Conditions, any of which moves the level so many ranks (positive: riskier)."""

    key: str
    en: str
    zh: str
    steps: int
    conditions: Mapping[str, Condition]


@dataclass(frozen=True)
class NewSite:
    """Sites registered for fewer days: not safer than `rank`; no level at all if `rank` is -1."""

    days: int
    rank: int


@dataclass(frozen=True)
class ScoreRule:
    """A score from parts, each from indicators; the level follows from cuts, shifts and limits, in this order.

    Attributes:
        higher_is_safer: direction of the score; `full` is then the score without fault, from which points are counted.
        base: score to which the parts are added.
        low, high: bounds of the score; infinite where there are none.
        parts, indicators: in the order of the file.
        cuts: on the score, in the order of the levels.
        limits, shifts, new_site: what moves the level.
        half_up: the score is rounded to a whole number, halves up.
        repair_effect, publicity: as in `PointRule`.
    """

    higher_is_safer: bool
    full: float
    base: float
    low: float
    high: float
    parts: tuple[Part, ...]
    indicators: tuple[Indicator, ...]
    cuts: tuple[Cut, ...]
    limits: tuple[Limit, ...]
    shifts: tuple[Shift, ...]
    new_site: NewSite | None
    half_up: bool
    repair_effect: str
    publicity: Publicity | None
