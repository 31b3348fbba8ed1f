"""The event codes that riskml knows: an artifact carries the list, so that records of another one are noticed."""

from collections.abc import Iterable
from typing import Final

from riskml.features.catalog import load_catalog
from riskml.grades.conventions import code_names
from riskml.records.outcomes import VISIT_CODES

SOURCES_ONLY: Final = ("PEN_OTHER", "SAMP_SOLD", "VIOL_OTHER")
"""Codes that a bundled source emits, and that neither a feature nor a grading system reads."""


def known_codes(recorded: Iterable[str] = ()) -> list[str]:
    """Every event code that riskml knows, sorted: of visits, grading systems, the catalog and the bundled sources.

    Args:
        recorded: the codes of the records that a model learned from; a source of one's own may have further ones.

    >>> {"VISIT", "PEN_OTHER", "ABN"} <= set(known_codes())
    True
    >>> "MY_CODE" in known_codes(["MY_CODE"])
    True
    """
    read = {code for feature in load_catalog().features for code in (*feature.codes, *feature.per)}
    return sorted({*code_names(), *VISIT_CODES, *read, *SOURCES_ONLY, *recorded})
