"""Groups of sites by which burden and service are compared: office, format, size, and legal form of the owner."""

from typing import Any, Final

import pandas as pd

from riskml.evaluation.calibration_table import size_of

LEGAL_FORMS: Final = {"91": "enterprise", "92": "household", "93": "cooperative"}
"""First two characters of a unified social credit code (GB 32100-2015) -> legal form; all others are "other"."""
CODE: Final = r"[0-9A-HJ-NPQRTUWXY]{18}"
"""What a unified social credit code looks like; anything else tells no legal form."""


def site_groups(rows: pd.DataFrame, sites: pd.DataFrame) -> "dict[str, pd.Series[Any]]":
    """The group of each row's site by every attribute that the records hold.

    Args:
        rows: scored rows: site_id.
        sites: one row a site: site_id, and any of office, format_code, area_m2, subject_id.

    Returns:
        office, format_code, size (`calibration_table.size_of`) and legal_form, those that are recorded of any site; a
        series on the index of `rows` each, missing where it is not recorded.
    """
    of_site = sites.set_index("site_id")
    known = {name: of_site[name] for name in ("office", "format_code") if name in of_site.columns}
    if "area_m2" in of_site.columns:
        known["size"] = size_of(of_site["area_m2"])
    if "subject_id" in of_site.columns:
        known["legal_form"] = legal_form_of(of_site["subject_id"])
    return {name: rows["site_id"].map(column) for name, column in known.items() if column.notna().any()}


def legal_form_of(subject_id: "pd.Series[str]") -> "pd.Series[str]":
    """Legal form by the unified social credit code of the owner; missing where it is no such code.

    >>> codes = pd.Series(["91440300MA5EXAMPX1", "92999999MA0000001K", "abc", None], dtype="str")
    >>> legal_form_of(codes).fillna("-").tolist()
    ['enterprise', 'household', '-', '-']
    """
    codes = subject_id.astype("str").str.upper()
    valid = codes.str.fullmatch(CODE).fillna(False).astype(bool)
    return codes.str[:2].map(LEGAL_FORMS).fillna("other").astype("str").where(valid)
