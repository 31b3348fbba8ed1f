"""Facts of a legal person, of a place or of a name become facts of sites; sites that only visits name are made."""

import unicodedata
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskml.records._cells import as_texts
from riskml.records.contract import TABLES

UNLINKED: Final = "_unlinked"
"""Column that says why a fact could not be given to a site; missing where it could."""
TOLD: Final = "_told"
"""Column with the event_id as the file has it, which amendments name, before a fact was given to several sites."""
_ROW: Final = "_fact"
_KEYS: Final = ("subject_id", "name")


def linked(facts: pd.DataFrame, sites: pd.DataFrame, link: str, *, names: pd.DataFrame | None = None) -> pd.DataFrame:
    """Facts with their site_id; a fact of a legal person stands once for each of its sites.

    Args:
        facts: canonical events, visits or grades with `site_id` where it is known, else with `subject_id` or `name`.
        sites: canonical sites.
        link: one of `declarations.LINKS`.
        names: site_id and name as ever written; those of the sites, if left out.

    Returns:
        The facts with site_id, scope, `TOLD` and `UNLINKED`, in their order.
    """
    if "event_id" in facts:
        facts = facts.assign(**{TOLD: facts["event_id"]})
    there = facts["site_id"].notna() if "site_id" in facts else pd.Series(False, index=facts.index)
    if not link or there.all():
        scope = {"scope": "site"} if link else {}
        found = facts.assign(**scope, **{UNLINKED: pd.Series(None, index=facts.index, dtype="str")})
        return found.drop(columns=list(_KEYS), errors="ignore") if link else found
    facts = facts.assign(**{_ROW: np.arange(len(facts))})
    known = sites[["site_id", "name"]] if names is None else names
    owned = ~there & facts["subject_id"].notna() if "subject_id" in facts and link != "name" else there & False
    by_owner = _by_place if link == "place" else _by_subject
    ways = ((there, _at_site), (owned, by_owner), (~there & ~owned, _by_name))
    parts = [way(facts[rows], sites, known) for rows, way in ways if rows.any()]
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values(_ROW, kind="stable", ignore_index=True).drop(columns=[_ROW, *_KEYS], errors="ignore")


def _reasoned(facts: pd.DataFrame, reason: "str | None") -> pd.DataFrame:
    """Facts of one site each, or of none for one reason."""
    return facts.assign(scope="site", **{UNLINKED: pd.Series(reason, index=facts.index, dtype="str")})


def _at_site(facts: pd.DataFrame, _: pd.DataFrame, __: pd.DataFrame) -> pd.DataFrame:
    return _reasoned(facts, None)


def _pairs(facts: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Fact and site, for every site of the fact's legal person."""
    owned = sites.loc[sites["subject_id"].notna(), ["subject_id", "site_id"]]
    return facts[[_ROW, "subject_id"]].merge(owned, on="subject_id")[[_ROW, "site_id"]]


def _by_subject(facts: pd.DataFrame, sites: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    both = facts.drop(columns="site_id", errors="ignore").merge(_pairs(facts, sites), on=_ROW, how="left")
    if "event_id" in both:
        several = both[_ROW].duplicated(keep=False)
        both["event_id"] = both["event_id"].where(~several, both["event_id"] + "@" + both["site_id"].astype("str"))
    unknown = both["site_id"].isna()
    reason = pd.Series("subject: no site has this subject_id", index=both.index, dtype="str").where(unknown)
    return both.assign(scope="legal_person", **{UNLINKED: reason})


def _by_place(facts: pd.DataFrame, sites: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """The only site of the subject, or the only one of the name given; else an event is of all, a visit of none."""
    pairs = _pairs(facts, sites)
    single = pairs[~pairs[_ROW].duplicated(keep=False)]
    if "name" in facts:
        asked = pairs.assign(_key=pairs[_ROW].map(_keyed(facts).set_index(_ROW)["_key"]))
        named = asked.merge(_keyed(names).drop_duplicates(["site_id", "_key"]), on=["site_id", "_key"])
        named = named[named["_key"].notna() & ~named[_ROW].duplicated(keep=False)]
        single = pd.concat([single, named[[_ROW, "site_id"]]]).drop_duplicates(_ROW)
    site = facts[_ROW].map(single.set_index(_ROW)["site_id"])
    done = _reasoned(facts.assign(site_id=site)[site.notna()], None)
    rest = facts[site.isna()]
    if "event_id" in facts:
        spread = _by_subject(rest, sites, names)
    else:
        spread = _reasoned(rest, "place: the subject has no site, or several and none of this name")
    return pd.concat([part for part in (done, spread) if len(part)] or [done], ignore_index=True)


def _keyed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(_key=frame["name"].map(name_key, na_action="ignore").astype("str"))


def _by_name(facts: pd.DataFrame, _: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    if "name" not in facts:
        return _reasoned(facts, "subject: is missing")
    keys = _keyed(names)[["site_id", "_key"]].dropna().drop_duplicates()
    shared = set(keys.loc[keys["_key"].duplicated(keep=False), "_key"])
    single = keys[~keys["_key"].isin(shared)].set_index("_key")["site_id"]
    asked = _keyed(facts)["_key"]
    found = asked.map(single)
    reason = pd.Series(None, index=facts.index, dtype="str")
    reason = reason.mask(found.isna(), "name: no site has this name")
    reason = reason.mask(asked.isin(shared), "name: several sites have this name")
    return facts.assign(site_id=found, **{UNLINKED: reason})


def name_key(name: str) -> str:
    """A name for matching: compatible forms, spaces and brackets unified, old names in brackets left out.

    >>> name_key("ＡＢ饭店（原老店）") == name_key("AB 饭店")
    True
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = "".join(plain.split())
    while "(原" in plain and ")" in plain.split("(原", 1)[1]:
        before, rest = plain.split("(原", 1)
        plain = before + rest.split(")", 1)[1]
    return plain.removesuffix("(个体工商户)")


def with_sites_of_visits(sites: pd.DataFrame, *tables: pd.DataFrame) -> pd.DataFrame:
    """The sites, and a bare row for each site that only the given tables name."""
    known = as_texts(sites["site_id"])
    named = [pc.unique(as_texts(table["site_id"].astype("str"))) for table in tables if "site_id" in table]
    strange = pc.unique(pa.concat_arrays([ids.filter(pc.invert(pc.is_in(ids, value_set=known))) for ids in named]))
    bare = sorted(strange.drop_null().to_pylist())
    if not bare:
        return sites
    extra = pd.DataFrame({"site_id": bare})
    return pd.concat([sites, extra], ignore_index=True)[[c for c in TABLES["sites"] if c in sites or c == "site_id"]]
