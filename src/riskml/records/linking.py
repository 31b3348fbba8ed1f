"""Facts of a legal person or of a name become facts of sites; sites that only visits name are made."""

import unicodedata

import pandas as pd

from riskml.records.contract import TABLES

UNLINKED = "_unlinked"
"""Column that says why a fact could not be given to a site; missing where it could."""


def linked(facts: pd.DataFrame, sites: pd.DataFrame, link: str) -> pd.DataFrame:
    """Facts with their site_id; a fact of a legal person stands once for each of its sites.

    Args:
        facts: canonical events with `site_id` ("" link), or with `subject_id` or `name` in its place.
        sites: canonical sites.
        link: "" (site_id is there), "subject" (by subject_id, and by name where there is none), or "name".

    Returns:
        The facts with site_id, scope where it is spread, and `UNLINKED`.
    """
    if link == "subject":
        owned = facts["subject_id"].notna()
        if "name" in facts and not owned.all():
            nameless = _by_name(facts[~owned].drop(columns="subject_id"), sites)
            return pd.concat([_by_subject(facts[owned].drop(columns="name"), sites), nameless], ignore_index=True)
        return _by_subject(facts, sites)
    if link == "name":
        return _by_name(facts, sites)
    return facts.assign(**{UNLINKED: pd.Series(None, index=facts.index, dtype="str")})


def _by_subject(facts: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    owned = sites.loc[sites["subject_id"].notna(), ["subject_id", "site_id"]]
    both = facts.drop(columns="site_id", errors="ignore").merge(owned, on="subject_id", how="left")
    several = both.duplicated(["event_id"], keep=False)
    both["event_id"] = both["event_id"].where(~several, both["event_id"] + "@" + both["site_id"].astype("str"))
    both["scope"] = "legal_person"
    unknown = both["site_id"].isna()
    reason = pd.Series("subject: no site has this subject_id", index=both.index, dtype="str").where(unknown)
    return both.drop(columns="subject_id").assign(**{UNLINKED: reason})


def _by_name(facts: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    keys = sites["name"].map(name_key, na_action="ignore")
    single = pd.Series(sites["site_id"].to_numpy(), index=keys)[~keys.duplicated(keep=False).to_numpy()]
    single = single[single.index.notna()]
    asked = facts["name"].map(name_key, na_action="ignore")
    found = asked.map(single)
    shared = asked.isin(keys[keys.duplicated(keep=False)])
    reason = pd.Series(None, index=facts.index, dtype="str")
    reason = reason.mask(found.isna(), "name: no site has this name").mask(shared, "name: several sites have this name")
    return facts.drop(columns="name").assign(site_id=found, **{UNLINKED: reason})


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
    named = pd.concat([table["site_id"] for table in tables if "site_id" in table]).dropna()
    bare = sorted(set(named.unique()) - set(sites["site_id"]))
    if not bare:
        return sites
    extra = pd.DataFrame({"site_id": bare})
    return pd.concat([sites, extra], ignore_index=True)[[c for c in TABLES["sites"] if c in sites or c == "site_id"]]
