"""What a grading system is once read: levels, the rule that leads to them, and where each of its numbers comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

PROVENANCE: Final = {
    "stated": "in the authority's own announcement",
    "public": "in another published text, which is named",
    "known": "a named public rule whose text was not read again: to be verified",
    "assumed": "nobody published it: reconstructed",
}

CountsWhile = Literal["window", "publicity", "listed", "valid", "calendar_year"]
COUNTS_WHILE: Final[dict[str, str]] = {
    "window": "age since it happened <= window_days",
    "publicity": "age since it was first known <= the publicity period of the penalty",
    "listed": "until it is ended or revoked",
    "valid": "until its scheduled end (valid_to), or until it is ended or revoked",
    "calendar_year": "it happened in the calendar year of the last day that is known (the day before the decision day)",
}

PERIODS: Final = ("day", "month", "year")
"""How often a system publishes its levels: each is frozen until the next first day of the period."""

INTENSITIES: Final = {"visits_per_year": 1.0, "visits_per_month": 12.0, "draw_ratio_per_year": 1.0}
"""Units in which a level's intensity is prescribed, and how many visits a year one of it is."""

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
        intensity, intensity_unit: as prescribed; the unit is a key of `INTENSITIES`.
        floor: visits a year that every site gets, whatever its level.
        response_provenance: provenance of the response.
    """

    code: str
    en: str
    zh: str
    rank: int
    response_en: str
    response_zh: str
    intensity: float
    intensity_unit: str
    floor: float
    response_provenance: str

    @property
    def visits_per_year(self) -> float:
        """The intensity in visits a year, the floor applied; a draw ratio is that many visits a year on average."""
        return max(self.floor, self.intensity * INTENSITIES[self.intensity_unit])

    @property
    def draw_ratio(self) -> float | None:
        """Share of the sites of this level drawn in a year; None if the system prescribes visits instead."""
        return self.intensity if self.intensity_unit == "draw_ratio_per_year" else None


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
    """The boundary between a level and the next riskier one; `value` itself is the safer one's if `up_to`.

    `descending`: the score is higher the safer, so that the safer level lies above the value.
    """

    value: float
    up_to: bool
    descending: bool = False


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
class PolicyRule:
    """Another system's level, answered in this system's way.

    Attributes:
        system: name of the system whose levels are taken over; both have as many.
        reconstructed: that system stands on assumed numbers.
    """

    system: str
    reconstructed: bool


@dataclass(frozen=True)
class Example:
    """A worked example: facts of one site and what the system makes of them.

    Attributes:
        site: attributes of the site; registered_on and licence_valid_to as days before the decision day.
        events: rows with code and age_days; case_id, repaired, quantity and amount where needed.
        visits: rows with age_days, type, result, score, key_fail, general_fail.
        given: values given directly: of parts, facts, shifts, vetoes, or the score.
        score: expected score on the system's own scale; None if it is not compared.
        level, veto: expected codes; None if there is none.
    """

    id: str
    site: Mapping[str, Any]
    events: tuple[Mapping[str, Any], ...]
    score: float | None
    level: str | None
    veto: str | None
    visits: tuple[Mapping[str, Any], ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
