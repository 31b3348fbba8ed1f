"""The feature catalog: read from TOML, checked, and narrowed to what some records can tell."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import pandas as pd

from riskml.errors import StudyError
from riskml.features.compiling import compiled
from riskml.features.feature import Feature, Group
from riskml.records.contract import TABLES
from riskml.scorer.messages import meant
from riskml.scorer.scanning import context as others
from riskml.scorer.scanning.layout import AGGREGATES, ORIGINS, WITH_PER, WITH_WINDOW


@dataclass(frozen=True)
class Catalog:
    """Features in their order; everything that has columns has them in this order. Groups are those they may name."""

    features: tuple[Feature, ...]
    groups: tuple[Group, ...] = ()

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
            raise StudyError(f"unknown features {unknown}; known are {self.names}{meant(unknown[0], self.names)}")
        return self._with(feature for feature in self.features if feature.name in wanted)

    def applicable(self, codes: Iterable[str], site_columns: Iterable[str]) -> "Catalog":
        """The features that records with these event codes and these filled site columns can tell anything about."""
        seen, columns = set(codes), set(site_columns)

        def applies(feature: Feature) -> bool:
            if feature.origin == "events":
                return bool(seen & set(feature.codes)) or feature.otherwise in columns
            if feature.origin == "context":
                told = not feature.codes or bool(seen & set(feature.codes))
                return told and set(self.group(feature.group).columns) <= columns
            return feature.origin == "calendar" or feature.column in columns

        return self._with(feature for feature in self.features if applies(feature))

    def group(self, name: str) -> Group:
        """The group of that name."""
        return next(group for group in self.groups if group.name == name)

    def of_site(self) -> "Catalog":
        """The features that tell of the site alone."""
        return self._with(feature for feature in self.features if feature.origin != "context")

    def of_others(self) -> "Catalog":
        """The features that tell of other sites."""
        return self._with(feature for feature in self.features if feature.origin == "context")

    def columns(self) -> set[str]:
        """The site columns that the features read."""
        read = {name for feature in self.features for name in (feature.column, feature.otherwise) if name}
        grouped = {feature.group for feature in self.features if feature.group}
        shared = {column for name in grouped for column in self.group(name).columns}
        return read | shared | ({"registered_on"} if grouped else set())

    def _with(self, features: Iterable[Feature]) -> "Catalog":
        return Catalog(tuple(features), self.groups)

    def frame(self) -> pd.DataFrame:
        """The features as a table to read: one row each, in order."""
        return pd.DataFrame(
            [
                {
                    "feature": feature.name,
                    "unit": feature.unit,
                    "text_en": feature.text_en,
                    "text_zh": feature.text_zh,
                    "made": feature.recipe,
                    "absent": feature.absent,
                    "monotone": feature.monotone,
                    "why": feature.why,
                    "tags": ", ".join(feature.tags),
                }
                for feature in self.features
            ]
        )

    def program(self, categories: dict[str, list[str]]) -> dict[str, Any]:
        """The compiled form, plain data: what `scorer.scanning.scan` reads and the artifact stores.

        Args:
            categories: for each category feature its fixed list of values; any other value is missing.
        """
        return compiled(self.features, self.groups, categories)


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
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"{where} is not valid TOML: {error}") from error
    found = [_group(row, f"{where}: group {row.get('name')!r}") for row in table.get("group", [])]
    rows = table.get("feature", [])
    features = tuple(_feature(row, f"{where}: feature {row.get('name', number)!r}") for number, row in enumerate(rows))
    for what, names in (("features", [f.name for f in features]), ("groups", [group.name for group in found])):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise StudyError(f"{where}: {what} {twice} are declared twice")
    strangers = sorted({f.group for f in features if f.group} - {group.name for group in found})
    if strangers:
        raise StudyError(f"{where}: groups {strangers} are named by features and not declared")
    return Catalog(features, tuple(found))


def _group(row: dict[str, Any], where: str) -> Group:
    unknown = sorted(set(row) - set(Group.__dataclass_fields__))
    if unknown:
        raise StudyError(f"{where}: unknown keys {unknown}; allowed are {sorted(Group.__dataclass_fields__)}")
    try:
        group = Group(**{**row, "columns": tuple(row.get("columns", ()))})
    except TypeError as error:
        raise StudyError(f"{where}: {error}") from error
    wrong = [column for column in group.columns if column not in TABLES["sites"]]
    if wrong or group.reading not in others.READINGS:
        raise StudyError(
            f"{where}: unknown site columns {wrong} or reading {group.reading!r}; columns are {list(TABLES['sites'])}, "
            f"readings {list(others.READINGS)}"
        )
    return group


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
        _check_events(feature, where)
        wanted = feature.otherwise
    elif feature.origin == "context":
        _check_others(feature, where)
        wanted = ""
    else:
        wanted = feature.column
    if wanted and wanted not in TABLES["sites"]:
        raise StudyError(f"{where}: unknown site column {wanted!r}; known are {list(TABLES['sites'])}")


def _check_events(feature: Feature, where: str) -> None:
    if feature.aggregate not in AGGREGATES or not feature.codes:
        raise StudyError(f"{where}: needs codes, and an aggregate of {list(AGGREGATES)}; got {feature.aggregate!r}")
    if (feature.aggregate == "decayed") != (feature.half_life_days is not None):
        raise StudyError(f"{where}: half_life_days belongs to the aggregate decayed, and to no other")
    if (feature.aggregate in WITH_PER) != bool(feature.per):
        raise StudyError(f"{where}: per belongs to the aggregates {list(WITH_PER)}, and to no other")
    if feature.aggregate in WITH_WINDOW and feature.window_days is None:
        raise StudyError(f"{where}: the aggregate {feature.aggregate} needs window_days")


def _check_others(feature: Feature, where: str) -> None:
    aggregate, given = feature.aggregate, (bool(feature.codes), bool(feature.per), feature.prior is not None)
    wanted = {
        others.SHARE: (True, True, True),
        others.PER_SITE: (True, False, True),
        others.COUNT: (True, False, False),
        others.SITES: (False, False, False),
    }
    if given != wanted.get(aggregate):
        raise StudyError(
            f"{where}: a context feature has an aggregate of {list(wanted)}: share takes codes, per and prior, "
            f"per_site codes and prior, count codes, sites none of them; got {aggregate!r}"
        )
