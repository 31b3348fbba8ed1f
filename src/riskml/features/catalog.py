"""The feature catalog: parsed, checked, and compiled into the program that the scan of every runtime reads."""

import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import pandas as pd

from riskml.errors import StudyError
from riskml.records.contract import TABLES
from riskml.scorer.scan import AGGREGATES, MAX_CODES, SCALE

ORIGINS: Final = ("events", "site", "site_days", "category", "calendar")
ASSIGNMENT: Final = "assignment"
"""Tag of a feature that says who was sent, not what the site is; the exporter refuses it."""


@dataclass(frozen=True)
class Feature:
    """One row of the catalog.

    Attributes:
        name: column name, with its window where it has one.
        unit: unit of the value, empty for a category.
        text_en, text_zh: what it is. reason_en, reason_zh: the sentence of a reason, with {value}.
        origin: "events" (by the scan), "site" (a number), "site_days" (days since a day), "category", or
            "calendar" (month of the day).
        aggregate, codes, per, window_days, half_life_days, skip_repaired: of event features, see `scorer.scan`.
        otherwise: site column that stands in where no event says more.
        column: site column of the other origins.
        monotone: 1 risk may not fall as the value rises, -1 may not rise, 0 free; `why` says the reason.
        tags: e.g. "assignment".
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
    tags: tuple[str, ...] = ()

    @property
    def is_category(self) -> bool:
        """Whether the value is a category and not a number."""
        return self.origin == "category"


@dataclass(frozen=True)
class Catalog:
    """Features in their order; everything that has columns has them in this order."""

    features: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [feature.name for feature in self.features]

    def select(self, names: Iterable[str]) -> "Catalog":
        """The features of those names, in catalog order.

        Raises:
            StudyError: if a name is unknown.
        """
        wanted = set(names)
        unknown = sorted(wanted - set(self.names))
        if unknown:
            raise StudyError(f"unknown features {unknown}; known are {self.names}")
        return Catalog(tuple(feature for feature in self.features if feature.name in wanted))

    def applicable(self, codes: Iterable[str], site_columns: Iterable[str]) -> "Catalog":
        """The features that records with these event codes and these filled site columns can tell anything about."""
        seen, columns = set(codes), set(site_columns)

        def applies(feature: Feature) -> bool:
            if feature.origin == "events":
                return bool(seen & set(feature.codes)) or feature.otherwise in columns
            return feature.origin == "calendar" or feature.column in columns

        return Catalog(tuple(feature for feature in self.features if applies(feature)))

    def program(self, categories: dict[str, list[str]]) -> dict[str, Any]:
        """The compiled form, plain data: what `scorer.scan` reads and the artifact stores.

        Args:
            categories: for each category feature its fixed list of values; any other value is missing.
        """
        codes = sorted({code for feature in self.features for code in (*feature.codes, *feature.per)})
        if len(codes) > MAX_CODES:
            raise StudyError(f"the catalog names {len(codes)} event codes; the scan holds at most {MAX_CODES}")
        place = {code: number for number, code in enumerate(codes)}
        half_lives = sorted({f.half_life_days for f in self.features if f.half_life_days is not None})
        rows = [_compiled(feature, place, half_lives, categories) for feature in self.features]
        return {"codes": codes, "tables": [decay_table(days) for days in half_lives], "features": rows}


def decay_table(half_life_days: int) -> list[int]:
    """Fixed-point weights round(2^32 x 2^(-age / half-life)) by age in days, down to the last that is not zero.

    >>> decay_table(365)[0] == 2**32, decay_table(365)[365] == 2**31
    (True, True)
    """
    table = []
    age = 0
    while (weight := round(SCALE * math.pow(2.0, -age / half_life_days))) > 0:
        table.append(weight)
        age += 1
    return table


def _compiled(
    feature: Feature, place: dict[str, int], half_lives: Sequence[int], categories: dict[str, list[str]]
) -> dict[str, Any]:
    row: dict[str, Any] = {"name": feature.name, "from": feature.origin}
    if feature.origin == "events":
        row |= {
            "aggregate": feature.aggregate,
            "codes": [place[code] for code in feature.codes],
            "per": [place[code] for code in feature.per],
            "window": feature.window_days,
            "skip_repaired": feature.skip_repaired,
        }
        if feature.half_life_days is not None:
            row["table"] = half_lives.index(feature.half_life_days)
        if feature.otherwise:
            row["otherwise"] = feature.otherwise
    elif feature.origin != "calendar":
        row["column"] = feature.column
    if feature.is_category:
        row["categories"] = list(categories[feature.name])
    return row


def site_categories(catalog: Catalog, sites: pd.DataFrame) -> dict[str, list[str]]:
    """The values of each category feature among the sites, sorted: the list that is fixed with the model."""
    return {f.name: sorted(sites[f.column].dropna().unique().tolist()) for f in catalog.features if f.is_category}


def load_catalog() -> Catalog:
    """The catalog that comes with riskml."""
    text = (resources.files("riskml.features") / "catalog.toml").read_text(encoding="utf-8")
    return parse_catalog(text, where="catalog.toml")


def parse_catalog(text: str, *, where: str) -> Catalog:
    """Read catalog text.

    Raises:
        StudyError: for an unknown key, aggregate, origin or site column, a repeated name, or a part that is missing.
    """
    try:
        rows = tomllib.loads(text).get("feature", [])
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where} is not valid TOML: {error}") from error
    features = tuple(_feature(row, f"{where}: feature {row.get('name', number)!r}") for number, row in enumerate(rows))
    names = [feature.name for feature in features]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise StudyError(f"{where}: features {twice} are declared twice")
    return Catalog(features)


def _feature(row: dict[str, Any], where: str) -> Feature:
    values = {("origin" if key == "from" else key): value for key, value in row.items()}
    unknown = sorted(set(values) - set(Feature.__dataclass_fields__))
    if unknown:
        raise StudyError(f"{where}: unknown keys {unknown}; allowed are {sorted(Feature.__dataclass_fields__)}")
    lists: dict[str, Any] = {key: tuple(values[key]) for key in ("codes", "per", "tags") if key in values}
    try:
        feature = Feature(**{**values, **lists})
    except TypeError as error:
        raise StudyError(f"{where}: {error}") from error
    _check(feature, where)
    return feature


def _check(feature: Feature, where: str) -> None:
    if feature.origin not in ORIGINS:
        raise StudyError(f"{where}: unknown origin {feature.origin!r}; allowed are {list(ORIGINS)}")
    if feature.monotone not in (-1, 0, 1) or (feature.is_category and feature.monotone):
        raise StudyError(f"{where}: monotone must be -1, 0 or 1, and 0 for a category; got {feature.monotone!r}")
    if feature.origin == "events":
        if feature.aggregate not in AGGREGATES or not feature.codes:
            raise StudyError(f"{where}: needs codes, and an aggregate of {list(AGGREGATES)}; got {feature.aggregate!r}")
        if (feature.aggregate == "decayed") != (feature.half_life_days is not None):
            raise StudyError(f"{where}: half_life_days belongs to the aggregate decayed, and to no other")
        if (feature.aggregate in ("share", "streak")) != bool(feature.per):
            raise StudyError(f"{where}: per belongs to the aggregates share and streak, and to no other")
        wanted = feature.otherwise
    else:
        wanted = feature.column
    if wanted and wanted not in TABLES["sites"]:
        raise StudyError(f"{where}: unknown site column {wanted!r}; known are {list(TABLES['sites'])}")
