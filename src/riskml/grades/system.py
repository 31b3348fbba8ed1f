"""What a grading system is once read: levels, the rule that leads to them, and where each of its numbers comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

PROVENANCE: Final = {
    "stated": "in the authority's own announcement",
    "public": "in another published text, which is named",
    "known": "a named public rule whose text was not read again: to be verified",
    "assumed": "nobody published it: reconstructed",
}

CountsWhile = Literal["window", "publicity", "listed"]
COUNTS_WHILE: Final[dict[str, str]] = {
    "window": "age since it happened <= window_days",
    "publicity": "age since it was first known <= the publicity period of the penalty",
    "listed": "until it is ended or revoked",
}

REPAIR_EFFECT: Final = {"exclude": 0.0, "half": 0.5, "keep": 1.0}
"""What is left of a fact after credit repair."""


@dataclass(frozen=True)
class Number:
    """One number of a system's rules.

    Attributes:
        value: the number.
        provenance: a key of `PROVENANCE`.
        source: key and full name of the text it was taken from; both empty for a bare assumption.
    """

    value: float
    provenance: str
    source: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Level:
    """One grade.

    Attributes:
        code, en, zh: key and names.
        rank: 0 is safest.
        response_en, response_zh: what the authority does with a site of this level.
        visits_per_year: prescribed intensity, the system's floor for every site already applied.
        response_provenance: provenance of the response.
    """

    code: str
    en: str
    zh: str
    rank: int
    response_en: str
    response_zh: str
    visits_per_year: float
    response_provenance: str


@dataclass(frozen=True)
class Period:
    """How long a fact counts; `days` belongs to "window" alone."""

    counts_while: CountsWhile
    days: int = 0


@dataclass(frozen=True)
class Family:
    """Events of one kind, which repeat each other and share a cap.

    Attributes:
        weights: event code -> points of one event.
        cap: most points of the family.
        one_case: True if of several events of one case only the heaviest counts.
    """

    key: str
    en: str
    zh: str
    weights: Mapping[str, float]
    cap: float
    period: Period
    one_case: bool


@dataclass(frozen=True)
class Veto:
    """A code that leads to a level by itself, whatever the points."""

    code: str
    rank: int
    period: Period


@dataclass(frozen=True)
class Cut:
    """The boundary between a level and the next riskier one; `value` itself is the safer one's if `up_to`."""

    value: float
    up_to: bool


@dataclass(frozen=True)
class Repeat:
    """Repeat factor: `factors[k]` for the (k+1)-th event of a family within `within_days`, the last for all later."""

    within_days: int
    factors: tuple[float, ...]


@dataclass(frozen=True)
class Publicity:
    """How long penalties are public, which is how long they count.

    Attributes:
        days: penalty code -> days; `default_days` for every other code.
        not_repairable: codes whose repair is ignored.
        small_code, small_days: an event of this code with a small amount counts so many days.
        small_limit, small_person_limit: largest small amount, yuan, of a firm and of a person.
        person_prefix: how the credit code (subject_id) of a person begins.
    """

    name: str
    days: Mapping[str, int]
    default_days: int
    not_repairable: frozenset[str]
    small_code: str
    small_days: int
    small_limit: float
    small_person_limit: float
    person_prefix: str


@dataclass(frozen=True)
class PointRule:
    """Points from events: the level follows from the cuts, or from a veto where that is riskier."""

    families: tuple[Family, ...]
    cuts: tuple[Cut, ...]
    vetoes: tuple[Veto, ...]
    repeat: Repeat
    repair_effect: str
    publicity: Publicity | None


@dataclass(frozen=True)
class AttributeRule:
    """Level from one integer of the site, replaced by the latest known event that changes it.

    Attributes:
        column: column of the table of sites.
        event_code: events of this code carry a new value in `quantity`.
        rank_of: value -> rank of the level; any other value means that nothing is known.
    """

    column: str
    event_code: str
    rank_of: Mapping[int, int]


@dataclass(frozen=True)
class Example:
    """A worked example: facts of one site and what the system makes of them.

    Attributes:
        site: attributes of the site.
        events: rows with code and age_days; case_id, repaired, quantity and amount where needed.
        points: expected points; None if they are not compared.
        level, veto: expected codes; None if there is none.
    """

    id: str
    site: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    points: float | None
    level: str | None
    veto: str | None


@dataclass(frozen=True)
class System:
    """A rule-based grading system in one of its variants.

    Attributes:
        name, variant: "nanchang" and "default"; results are logged under "nanchang/default".
        title_en, title_zh, body, body_zh, year, subject, subject_zh: what it is, whose, since when, of whom.
        levels: safest first.
        rule: how the level is found.
        reconstructed: True if any number behind it is assumed.
        provenance, provenance_zh: the same in words.
        floor_visits_per_year: visits that every site gets, whatever its level.
        numbers: every number behind it, by its path in the files.
        examples: worked examples; they hold for the default variant.
        variants: names of all variants.
    """

    name: str
    variant: str
    title_en: str
    title_zh: str
    body: str
    body_zh: str
    year: int
    subject: str
    subject_zh: str
    levels: tuple[Level, ...]
    rule: PointRule | AttributeRule
    reconstructed: bool
    provenance: str
    provenance_zh: str
    floor_visits_per_year: float
    numbers: Mapping[str, Number]
    examples: tuple[Example, ...]
    variants: tuple[str, ...]
