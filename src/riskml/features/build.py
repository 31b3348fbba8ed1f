"""Features of many (site, as_of) rows at once, by the compiled scan."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.features.catalog import Catalog, load_catalog, site_categories
from riskml.features.context import Own, context_features, own_facts, site_keys
from riskml.features.engine import scan_rows
from riskml.records.days import NEVER, Days, from_days, to_days
from riskml.records.decision_day import decision_day, refuse_later_snapshots, seen_columns
from riskml.records.log import event_log
from riskml.records.store import Records
from riskml.scorer.scanning import scan
from riskml.scorer.scanning.context import Context


@dataclass(frozen=True)
class Table:
    """Feature values of cohort rows.

    Attributes:
        values: shape (rows, features), float64; missing is NaN, a category is its place in `categories`.
        catalog: the features, in column order.
        categories: fixed values of each category feature.
    """

    values: NDArray[np.float64]
    catalog: Catalog
    categories: dict[str, list[str]]

    def frame(self) -> pd.DataFrame:
        """The values as a table with named columns; categories as text."""
        columns: dict[str, Any] = {}
        for place, feature in enumerate(self.catalog.features):
            column = self.values[:, place]
            if feature.is_category:
                names = dict(enumerate(self.categories[feature.name]))
                columns[feature.name] = pd.Series(column).map(names).astype("str")
            else:
                columns[feature.name] = column
        return pd.DataFrame(columns)


def build_features(records: Records, as_of: str, catalog: Catalog | None = None) -> pd.DataFrame:
    """Features of every site as of one day, by what was known before it.

    Args:
        records: canonical records.
        as_of: calendar day such as "2025-06-01".
        catalog: features wanted; by default all that these records can tell anything about.

    Returns:
        One row a site: site_id, as_of and one column a feature.

    Raises:
        DataError: if `as_of` is no day, or lies outside the days the records cover, or a feature wanted reads a site
            column that is a snapshot of that day or a later one.
    """
    day = decision_day(records, as_of)
    log = event_log(records)
    chosen = catalog or applicable(records, log, day)
    refuse_later_snapshots(records, chosen.columns(), day)
    return features_of_sites(records.sites, log, day, chosen)


def features_of_sites(sites: pd.DataFrame, log: pd.DataFrame, day: int, catalog: Catalog) -> pd.DataFrame:
    """Features of every site as of one day (a day number): site_id, as_of and one column a feature."""
    days = np.full(len(sites), day, dtype=np.int32)
    table = features_of_rows(sites["site_id"], days, sites, log, catalog)
    rows = pd.DataFrame({"site_id": sites["site_id"], "as_of": from_days(days)})
    return pd.concat([rows, table.frame()], axis=1)


def applicable(records: Records, log: pd.DataFrame, day: int) -> Catalog:
    """The catalog's features that what was known before `day` can tell anything about."""
    codes = log.loc[log["known_on"] < day, "code"].unique()
    filled = [name for name in seen_columns(records, day) if records.sites[name].notna().any()]
    return load_catalog().applicable(codes, filled)


def features_of_rows(
    site_ids: "pd.Series[str]",
    as_of: Days,
    sites: pd.DataFrame,
    log: pd.DataFrame,
    catalog: Catalog,
    categories: dict[str, list[str]] | None = None,
    context: Context | None = None,
) -> Table:
    """Features of any rows, each as of its own day.

    Args:
        site_ids: shape (n,), each a site of `sites`.
        as_of: day numbers, shape (n,).
        sites: canonical sites, all of them: features tell of the others too.
        log: event log (`records.log.event_log`), in any order.
        catalog: the features.
        categories: fixed values of the category features; by default all values among `sites`.
        context: totals of the other sites for all rows; by default those of each row's own day.

    Raises:
        DataError: if a row names an unknown site, or the context is of a later day than a row.
    """
    place = pd.Series(np.arange(len(sites)), index=sites["site_id"])
    site = site_ids.map(place)
    if site.isna().any():
        examples = site_ids[site.isna()].head(3).tolist()
        raise DataError(f"{int(site.isna().sum())} rows name unknown sites; examples: {examples}")
    categories = site_categories(catalog, sites) if categories is None else categories
    program = catalog.program(categories)
    numbers = _numbered(program, log, pd.Index(sites["site_id"]))
    places = site.to_numpy(np.int64)
    scanned = scan_rows(program, places, as_of, numbers, len(sites), threads=_cores())
    told = context_features(program, places, as_of, numbers, sites, threads=_cores(), given=context)
    return Table(_complete(program, scanned, told, places, as_of, sites), catalog, categories)


def _numbered(program: dict[str, Any], log: pd.DataFrame, site_ids: "pd.Index[str]") -> dict[str, NDArray[Any]]:
    """The log's columns as the engine takes them: sites, codes and inspections as numbers."""
    found = {name: log[name].to_numpy() for name in scan.COLUMNS if name in log}
    found["site"] = site_ids.get_indexer(pd.Index(log["site_id"])).astype(np.int32)
    found["code"] = pd.Index(program["codes"]).get_indexer(pd.Index(log["code"])).astype(np.int16)
    if scan.reads_visits(program):
        found["visit"] = pd.factorize(log["inspection_id"])[0].astype(np.int32)
    return found


def _cores() -> int:
    """Cores this process may use, as OpenMP libraries are told; the values do not depend on it."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return min(allowed, int(wanted)) if wanted.isdigit() and int(wanted) > 0 else allowed


def _complete(
    program: dict[str, Any],
    scanned: NDArray[np.float64],
    told: NDArray[np.float64],
    site: NDArray[np.int64],
    as_of: Days,
    sites: pd.DataFrame,
) -> NDArray[np.float64]:
    """Put the sites' own facts, those of others and the calendar between the scanned features, in catalog order."""
    values = np.empty((len(site), len(program["features"])), dtype=np.float64)
    by_scan, by_context = iter(scanned.T), iter(told.T)
    for place, feature in enumerate(program["features"]):
        if feature["from"] == "events":
            found = next(by_scan)
            if "otherwise" in feature:
                found = np.where(np.isnan(found), _numbers(sites, feature["otherwise"])[site], found)
        elif feature["from"] == "context":
            found = next(by_context)
        else:
            found = _stated(feature, site, as_of, sites)
        values[:, place] = found
    return values


def _stated(feature: dict[str, Any], site: NDArray[np.int64], as_of: Days, sites: pd.DataFrame) -> NDArray[np.float64]:
    """What the sites' own rows say, or the calendar."""
    if feature["from"] == "calendar":
        return np.asarray(from_days(as_of.astype(np.int64)).dt.month, dtype=np.float64)
    if feature["from"] == "site":
        return np.asarray(_numbers(sites, feature["column"])[site])
    if feature["from"] == "category":
        return np.asarray(_positions(sites[feature["column"]], feature["categories"])[site])
    stated = to_days(sites[feature["column"]])[site]
    if feature["from"] == "site_until":
        return np.where(stated < NEVER, (stated - as_of).astype(np.float64), np.nan)
    return np.where((stated < NEVER) & (stated <= as_of), (as_of - stated).astype(np.float64), np.nan)


def _numbers(sites: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return np.asarray(sites[column].astype("float64"), dtype=np.float64)


def _positions(column: "pd.Series[str]", categories: list[str]) -> NDArray[np.float64]:
    return np.asarray(column.map({value: float(place) for place, value in enumerate(categories)}), dtype=np.float64)


def context_of(records: Records, as_of: str, catalog: Catalog | None = None) -> Context:
    """The context table of a day: what a scorer needs to know of the other sites.

    Args:
        records: canonical records.
        as_of: calendar day such as "2025-06-01"; only what was known before it is in the totals.
        catalog: the features that read it; by default all that these records can tell anything about.

    Raises:
        DataError: as `build_features`.
    """
    day = decision_day(records, as_of)
    log = event_log(records)
    chosen = catalog or applicable(records, log, day)
    refuse_later_snapshots(records, chosen.columns(), day)
    return context_on(records.sites, log, day, chosen)


def context_on(sites: pd.DataFrame, log: pd.DataFrame, day: int, catalog: Catalog) -> Context:
    """`context_of` a day number, of tables that are read already."""
    program = catalog.program(site_categories(catalog, sites))
    return own_on(sites, log, day, program).sums().table(program, day)


def own_on(sites: pd.DataFrame, log: pd.DataFrame, day: int, program: dict[str, Any]) -> Own:
    """What some sites bring to the totals of a day (a day number)."""
    numbers = _numbered(program, log, pd.Index(sites["site_id"]))
    facts = own_facts(program, numbers, sites, np.array([day], dtype=np.int32), threads=_cores())[0]
    return Own(facts, site_keys(program, sites))
