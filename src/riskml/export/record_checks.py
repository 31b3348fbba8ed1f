"""Refuses records that an artifact was not made for: outcomes given under other labels, events of another code list."""

from collections.abc import Iterable
from typing import Final

import pandas as pd

from riskml.errors import DataError
from riskml.records.days import day_number
from riskml.scorer.header import Header
from riskml.scorer.messages import meant

SHOWN: Final = 8
"""Most names of a list that a message shows."""


def refuse_other_codes(header: Header, codes: Iterable[str], *, where: object) -> None:
    """Refuse records with an event code that riskml did not know when the artifact was exported.

    What such a code means the model cannot have learned, and which of its features ought to count it nobody knows.

    Args:
        header: of the artifact.
        codes: of the events known before the decision day.
        where: the records, for the message.

    Raises:
        DataError: with the codes and the nearest known one.
    """
    strange = sorted(set(codes) - set(header.known_codes))
    if strange:
        raise DataError(
            f"{where}: events have the codes {_some(strange)}, which are not on the code list of the artifact "
            f"({len(header.known_codes)} codes){meant(strange[0], header.known_codes)}; map them to codes of the list "
            "where the records are ingested, or train on these records and export again"
        )


def refuse_other_labels(header: Header, visits: pd.DataFrame, *, where: object) -> None:
    """Refuse records whose visits are now judged under label versions that the model never learned.

    Older versions are history: a bureau that changed its code set before the model learned has both. So what counts are
    the versions in force: of the visits made since the model was trained, and at the least of those of the last
    `horizon_days` in which there were any. A label map of the study has its versions in the artifact's list.

    Args:
        header: of the artifact.
        visits: known before the decision day: label_version and visited, a day number; any number of rows alike.
        where: the records, for the message.

    Raises:
        DataError: with the versions and the nearest known one.
    """
    stated = visits.dropna(subset=["label_version"])
    if stated.empty:
        return
    since = min(day_number(header.trained_to.isoformat()), int(stated["visited"].max()) - header.horizon_days + 1)
    found = stated.loc[stated["visited"] >= since, "label_version"].unique()
    strange = sorted(set(map(str, found)) - set(header.label_versions))
    if strange:
        raise DataError(
            f"{where}: visits have the label versions {_some(strange)}; the model learned outcomes of "
            f"{_some(header.label_versions)} and says nothing of others{meant(strange[0], header.label_versions)}; "
            "train with these records (a label map in the study says what is comparable) and export again"
        )


def _some(names: Iterable[str]) -> str:
    """A list as a message shows it.

    >>> _some(["b", "a"]), _some("abcdefghij")
    ("['b', 'a']", "['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] and 2 more")
    """
    listed = list(names)
    rest = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return f"{listed[:SHOWN]}{rest}"
