"""One row of the catalog, and the groups of sites that rows may tell of."""

from dataclasses import dataclass
from typing import Any

from riskml.records.contract import TABLES
from riskml.scorer.scanning import context as others
from riskml.scorer.scanning.layout import AGGREGATES, ZERO_WITHOUT


@dataclass(frozen=True)
class Feature:
    """One row of the catalog.

    Attributes:
        name: column name, with its window where it has one.
        unit: unit of the value, empty for a category.
        text_en, text_zh: what it is. reason_en, reason_zh: the sentence of a reason, with {value}
            and, where the number matters, {one|many}.
        origin: one of `scorer.scanning.layout.ORIGINS`.
        aggregate, codes, per, window_days, half_life_days, skip_repaired: of event features, see
            `scorer.scanning.layout`; of context features, see `scorer.scanning.context`.
        otherwise: site column that stands in where no event says more.
        column: site column of the other origins.
        group: whose other members a context feature tells of. prior: what a share is shrunk by, in events of `per`.
        monotone: 1 risk may not fall as the value rises, -1 may not rise, 0 free; `why` says the reason.
        tags: "assignment" for one that says who was sent, not what the site is; the exporter refuses it.
    """

    name: str
    unit: str
    text_en: str
    text_zh: str
    reason_en: str
    reason_zh: str
    origin: str
    monotone: int
    why: str
    aggregate: str = ""
    codes: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    window_days: int | None = None
    half_life_days: int | None = None
    skip_repaired: bool = False
    otherwise: str = ""
    column: str = ""
    group: str = ""
    prior: int | None = None
    tags: tuple[str, ...] = ()

    @property
    def is_category(self) -> bool:
        """Whether the value is a category and not a number."""
        return self.origin == "category"

    @property
    def absent(self) -> str:
        """The value where nothing is on record: "0" or "missing"."""
        counted = (*(name for name, form in AGGREGATES.items() if form in ZERO_WITHOUT), others.COUNT, others.SITES)
        return "0" if self.aggregate in counted and not self.otherwise else "missing"

    @property
    def recipe(self) -> str:
        """How the value is made, in the words of the catalog."""
        if self.origin not in ("events", "context"):
            return " of ".join(part for part in (self.origin, self.column) if part)
        codes = " ".join(self.codes) or "sites"
        parts = [f"{self.aggregate} of {codes}"]
        parts += [f"per {' '.join(self.per)}"] if self.per else []
        parts += [f"in {self.window_days} days"] if self.window_days else []
        parts += [f"half-life {self.half_life_days} days"] if self.half_life_days else []
        parts += ["repaired ones left out"] if self.skip_repaired else []
        parts += [f"else {self.otherwise}"] if self.otherwise else []
        parts += [f"at the others of group {self.group}"] if self.group else []
        parts += [f"prior {self.prior}"] if self.prior else []
        return ", ".join(parts)

    @property
    def is_never_negative(self) -> bool:
        """Whether no value can lie below 0."""
        return (
            self.origin not in ("site", "site_until", "category") and self.aggregate != "trend" and not self.otherwise
        )


@dataclass(frozen=True)
class Group:
    """Sites that have something in common.

    Attributes:
        name: key. text_en, text_zh: who the others are.
        columns: columns of the sites that must agree; none for all sites.
        step: cell size in degrees; longitudes and latitudes agree that lie in one cell.
        reading: "as_is", or "name": names agree that name the same brand.
    """

    name: str
    text_en: str
    text_zh: str
    columns: tuple[str, ...]
    step: float | None = None
    reading: str = "as_is"

    def compiled(self) -> dict[str, Any]:
        """Plain data, as the scan reads it; keys that may name somebody are stored as digests."""
        private = any(TABLES["sites"][column].private for column in self.columns)
        columns = list(self.columns)
        return {"name": self.name, "columns": columns, "step": self.step, "reading": self.reading, "hashed": private}
