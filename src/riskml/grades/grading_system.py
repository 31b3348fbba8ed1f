"""A grading system as a whole, in one of its variants: who, whom, levels, rule, numbers, examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from riskml.grades.rules import ScoreRule
from riskml.grades.system import AttributeRule, Example, Level, Number, PointRule, PolicyRule

Rule = PointRule | AttributeRule | ScoreRule | PolicyRule


@dataclass(frozen=True)
class System:
    """A rule-based grading system in one of its variants.

    Attributes:
        name, variant: "nanchang" and "default"; results are logged under "nanchang/default".
        title_en, title_zh, body, body_zh, year, subject, subject_zh: what it is, whose, since when, of whom.
        levels: safest first.
        rule: how the level is found.
        period: "day", "month" or "year": how often levels are published; `period_provenance` says who says so.
        provenance, provenance_zh: in words, what is published and what is not.
        remarks: what a user must know of its limits, English and Chinese.
        floor_visits_per_year: visits that every site gets, whatever its level.
        numbers: every number behind it, by its path in the files.
        replaced: path -> value that was put in place of the file's (see `with_numbers`).
        examples: worked examples; they hold for the default variant.
        variants: names of all variants.
        text: the file it was read from.
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
    rule: Rule
    period: str
    period_provenance: str
    provenance: str
    provenance_zh: str
    remarks: tuple[tuple[str, str], ...]
    floor_visits_per_year: float
    numbers: Mapping[str, Number]
    examples: tuple[Example, ...]
    variants: tuple[str, ...]
    replaced: Mapping[str, float] = field(default_factory=dict)
    text: str = field(default="", repr=False, compare=False)

    @property
    def full_name(self) -> str:
        """Name and variant, as results are logged."""
        return f"{self.name}/{self.variant}"

    @property
    def assumed(self) -> tuple[str, ...]:
        """Paths of the assumed numbers that lead to the grade; those of the intensities are not among them."""
        return tuple(path for path in self._assumed() if not _is_intensity(path))

    @property
    def reconstructed(self) -> bool:
        """Whether any number that leads to the grade is assumed, here or in the system whose levels it takes over."""
        return bool(self.assumed) or (isinstance(self.rule, PolicyRule) and self.rule.reconstructed)

    @property
    def intensity_reconstructed(self) -> bool:
        """Whether any prescribed intensity is assumed."""
        return any(map(_is_intensity, self._assumed()))

    def _assumed(self) -> list[str]:
        return [path for path, number in self.numbers.items() if number.provenance == "assumed"]


def _is_intensity(path: str) -> bool:
    last = path.rsplit(".", 1)[-1]
    return "_per_" in last and (path.startswith("level.") or path == "floor_visits_per_year")
