"""The context table: totals of groups of sites as of a day, and what they tell of the others of each site."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.errors import DataError
from riskml.features.engine import scan_rows
from riskml.features.slices import Ints
from riskml.records.days import Days, to_days
from riskml.scorer.scanning import context as others
from riskml.scorer.scanning.context import Context, facts_program

Keys = list["pd.Series[Any]"]
"""For each group of a program the sites' keys; missing where the records do not say."""

_UNSAID: Final = -2
"""Place of a site whose key is missing; -1 is that of a key which no table has."""
_CHUNK: Final = 2**24
"""Counts held at a time, at the most, for all sites on some days."""


@dataclass(frozen=True)
class Sums:
    """Totals on one day.

    Attributes:
        everyone: of all sites: each fact of the program, then the number of sites; shape (facts + 1,).
        groups: for each group of the program a table with a row a key: these columns by number, and `members`, the
            number of sites that share the key.
    """

    everyone: NDArray[np.int64]
    groups: tuple[pd.DataFrame, ...]

    def table(self, program: Mapping[str, Any], as_of: int) -> Context:
        """The context table that an artifact carries: groups of one site left out, private keys as digests."""
        found = {}
        for group, sums in zip(program["context"]["groups"], self.groups, strict=True):
            several = sums[sums["members"] > 1] if group["columns"] else sums.iloc[:0]
            keys = [others.hashed(key) for key in several.index] if group["hashed"] else several.index.tolist()
            counts = [tuple(row) for row in several.drop(columns="members").to_numpy(np.int64).tolist()]
            found[group["name"]] = dict(sorted(zip(keys, counts, strict=True)))
        return Context(as_of, tuple(self.everyone.tolist()), found)


def site_keys(program: Mapping[str, Any], sites: pd.DataFrame) -> Keys:
    """What each site shares with others, group by group, as `scorer.context.group_key` says it before hashing."""
    return [_keys(group, sites) for group in program["context"]["groups"]]


def own_facts(
    program: Mapping[str, Any], log: Mapping[str, Ints], sites: pd.DataFrame, days: Days, *, threads: int
) -> NDArray[np.int64]:
    """The facts of every site on each of some days, then 1 if it stood on that day, else 0.

    A site whose first day is not stated stands from its first visit known: that it is in the table at all may be known
    from later ones.

    Args:
        program: the compiled catalog.
        log: the events of all sites as numbers (see `engine.scan_rows`).
        sites: canonical sites.
        days: day numbers, shape (d,).
        threads: cores that scan.

    Returns:
        Shape (d, sites, facts + 1).
    """
    many, facts = len(sites), facts_program(program)
    site = np.tile(np.arange(many, dtype=np.int64), len(days))
    counts = scan_rows(facts, site, np.repeat(days, many), log, many, threads=threads)
    shaped = counts.reshape(len(days), many, len(facts["features"]))
    since, unsaid = to_days(sites["registered_on"]), sites["registered_on"].isna().to_numpy()
    stood, place = since[None, :] < days[:, None], program["context"]["seen"]
    if place is not None:
        stood = np.where(unsaid[None, :], shaped[:, :, place] > 0, stood)
    return np.concatenate([shaped, stood[:, :, None]], axis=2).astype(np.int64)


@dataclass(frozen=True)
class Own:
    """What some sites bring to the totals of one day.

    Attributes:
        facts: shape (sites, facts + 1), see `own_facts`. keys: see `site_keys`.
    """

    facts: NDArray[np.int64]
    keys: Keys

    def frame(self) -> pd.DataFrame:
        """One row a site: columns fact_0, fact_1, ... and key_0, key_1, ..."""
        keys = {f"key_{number}": key.reset_index(drop=True) for number, key in enumerate(self.keys)}
        return pd.concat([pd.DataFrame(self.facts).add_prefix("fact_"), pd.DataFrame(keys)], axis=1)

    def shortened(self) -> "Own":
        """The same with numbers for keys, their hashes: for totals of more keys than memory holds as text."""
        numbers = [pd.Series(pd.util.hash_array(key.to_numpy(object), categorize=False)) for key in self.keys]
        pairs = zip(numbers, self.keys, strict=True)
        return Own(self.facts, [number.astype("UInt64").mask(key.isna().to_numpy()) for number, key in pairs])

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Own":
        """The content of such a table."""
        facts = [name for name in frame.columns if name.startswith("fact_")]
        keys = [frame[name] for name in frame.columns if name.startswith("key_")]
        return cls(frame[facts].to_numpy(np.int64), keys)

    def sums(self) -> Sums:
        """The facts of these sites added up by key."""
        table = pd.DataFrame(self.facts).assign(members=np.ones(len(self.facts), dtype=np.int64))
        return Sums(self.facts.sum(axis=0), tuple(table.groupby(key.reset_index(drop=True)).sum() for key in self.keys))


def added(parts: Iterable[Sums]) -> Sums:
    """The totals of all sites from those of parts of them."""
    found = list(parts)
    groups = [pd.concat(tables).groupby(level=0).sum() for tables in zip(*(part.groups for part in found), strict=True)]
    return Sums(np.sum([part.everyone for part in found], axis=0), tuple(groups))


def slim(sums: Sums, program: Mapping[str, Any]) -> Sums:
    """The totals of some sites with what features of each group read of them, in half the bytes."""
    tables = []
    for number, table in enumerate(sums.groups):
        features = [f for f in program["features"] if f["from"] == "context" and f["group"] == number]
        read = {fact for feature in features for fact in (feature["fact"], feature["per"]) if fact is not None}
        tables.append(table[sorted(read)].astype(np.int32))
    return Sums(sums.everyone, tuple(tables))


def told(program: Mapping[str, Any], own: Own, sums: Sums) -> NDArray[np.float64]:
    """The context features of sites by what they bring themselves and the totals of all; shape (sites, features)."""
    places = [_placed(one, table.index) for one, table in zip(own.keys, sums.groups, strict=True)]
    tables = [_columns(table) for table in sums.groups]
    return _values(program, own.facts, places, tables, sums.everyone)


def context_features(
    program: Mapping[str, Any],
    site: NDArray[np.int64],
    as_of: Days,
    log: Mapping[str, Ints],
    sites: pd.DataFrame,
    *,
    threads: int,
    given: Context | None = None,
) -> NDArray[np.float64]:
    """The context features of rows, each as of its own day.

    Args:
        program: the compiled catalog.
        site: n places among `sites`.
        as_of: n day numbers.
        log: the events of all sites as numbers.
        sites: canonical sites, all of them.
        threads: cores that scan.
        given: take this context table for all rows; by default that of each row's own day is made.

    Returns:
        Shape (n, context features).

    Raises:
        DataError: if the given context is of a later day than a row.
    """
    width = sum(feature["from"] == "context" for feature in program["features"])
    out = np.full((len(site), width), np.nan)
    if not out.size:
        return out
    keys = site_keys(program, sites)
    if given is not None:
        if given.as_of > int(as_of.min()):
            raise DataError(
                f"the context is of {np.datetime64(given.as_of, 'D')} and knows what was not known on "
                f"{np.datetime64(int(as_of.min()), 'D')}; take the context of that day"
            )
        own = own_facts(program, log, sites, np.array([given.as_of], dtype=np.int32), threads=threads)[0]
        return told(program, Own(own, _hashed(program, keys)), _sums(program, given))[site]
    coded = [pd.factorize(one) for one in keys]
    coded = [(np.where(places < 0, _UNSAID, places), names) for places, names in coded]
    days, turn = np.unique(as_of, return_inverse=True)
    order = np.argsort(turn, kind="stable")
    ends = np.cumsum(np.bincount(turn))
    size = max(1, _CHUNK // max(1, len(sites) * (len(program["context"]["facts"]) + 1)))
    for start in range(0, len(days), size):
        facts = own_facts(program, log, sites, days[start : start + size], threads=threads)
        for number, own in enumerate(facts, start):
            rows = order[ends[number - 1] if number else 0 : ends[number]]
            tables = [dict(enumerate(_added_up(own, places, len(names)).T)) for places, names in coded]
            mine = [places[site[rows]] for places, _ in coded]
            out[rows] = _values(program, own[site[rows]], mine, tables, own.sum(axis=0))
    return out


def _values(
    program: Mapping[str, Any],
    own: NDArray[np.int64],
    places: Sequence[Ints],
    tables: Sequence[Mapping[int, NDArray[np.int64]]],
    everyone: NDArray[np.int64],
) -> NDArray[np.float64]:
    """`scorer.context.context_values` of many sites.

    Args:
        program: the compiled catalog.
        own: the sites' own facts, shape (sites, facts + 1).
        places: for each group where each site's key stands in its table; -1 nowhere, -2 there is no key.
        tables: for each group and fact (of those that features of the group read) the totals by key.
        everyone: the totals of all sites.
    """
    found = []
    for feature in program["features"]:
        if feature["from"] == "context":
            place, table = places[feature["group"]], tables[feature["group"]]
            read = [fact for fact in (feature["fact"], feature["per"]) if fact is not None]
            others = [_left(table[fact], place, own[:, fact]) for fact in read]
            rest = [np.maximum(everyone[fact] - own[:, fact], 0) for fact in read]
            found.append(np.where(place == _UNSAID, np.nan, _value(feature, others, rest)))
    return np.stack(found, axis=1) if found else np.empty((len(own), 0))


def _columns(table: pd.DataFrame) -> dict[int, NDArray[np.int64]]:
    return {int(name): table[name].to_numpy(np.int64) for name in table.columns if name != "members"}


def _left(counts: NDArray[np.int64], place: Ints, own: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the totals of each site's group hold beside its own part; nothing if no table has its key."""
    if not len(counts):
        return np.zeros_like(own)
    return np.where(place >= 0, np.maximum(counts[np.maximum(place, 0)] - own, 0), 0)


def _value(
    feature: Mapping[str, Any], others: Sequence[NDArray[np.int64]], rest: Sequence[NDArray[np.int64]]
) -> NDArray[np.float64]:
    if len(others) == 1:
        return np.asarray(others[0], dtype=np.float64)
    typical = np.divide(rest[0], rest[1], out=np.full(len(rest[0]), np.nan), where=rest[1] > 0)
    prior = feature["prior"]
    return np.asarray((others[0] + prior * typical) / (others[1] + prior), dtype=np.float64)


def _placed(keys: "pd.Series[str]", index: "pd.Index[Any]") -> NDArray[np.int64]:
    """Where each key stands in an index: -1 where it does not, -2 where there is no key."""
    return np.where(keys.isna(), _UNSAID, index.get_indexer(pd.Index(keys)))


def _added_up(own: NDArray[np.int64], places: NDArray[np.int64], keys: int) -> NDArray[np.int64]:
    said = places >= 0
    sums = [np.bincount(places[said], weights=column[said], minlength=keys) for column in own.T]
    return np.stack(sums, axis=1).astype(np.int64)


def _sums(program: Mapping[str, Any], given: Context) -> Sums:
    """A context table as totals; the group of all sites is made of the totals."""
    tables = []
    for group in program["context"]["groups"]:
        rows = given.groups[group["name"]] if group["columns"] else {"": given.totals}
        counts = np.array(list(rows.values()), dtype=np.int64).reshape(len(rows), len(given.totals))
        tables.append(pd.DataFrame(counts, index=pd.Index(list(rows), dtype="str")))
    return Sums(np.array(given.totals, dtype=np.int64), tuple(tables))


def _hashed(program: Mapping[str, Any], keys: Keys) -> Keys:
    """Keys as a context table has them."""
    groups = program["context"]["groups"]
    return [_mapped(one, others.hashed) if g["hashed"] else one for g, one in zip(groups, keys, strict=True)]


def _keys(group: Mapping[str, Any], sites: pd.DataFrame) -> "pd.Series[str]":
    parts = [_part(group, sites[column]) for column in group["columns"]]
    if not parts:
        return pd.Series("", index=sites.index, dtype="str")
    key = parts[0]
    for part in parts[1:]:
        key = key + "|" + part
    return key


def _part(group: Mapping[str, Any], column: "pd.Series[Any]") -> "pd.Series[str]":
    if group["step"] is None or not pd.api.types.is_numeric_dtype(column):
        return _mapped(column.astype("str"), others.READINGS[group["reading"]])
    cells = np.floor(column.to_numpy(np.float64, na_value=np.nan) / group["step"])
    return pd.Series(cells, index=column.index).astype("Int64").astype("str")


def _mapped(column: "pd.Series[str]", read: Callable[[str], str | None]) -> "pd.Series[str]":
    """A text column with each of its different values read once."""
    return column.map({text: read(text) for text in column.dropna().unique()}).astype("str")
