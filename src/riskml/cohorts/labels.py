"""Label versions: outcomes given under different code sets are one outcome only where a map says so."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from riskml.cohorts.splits import Fold
from riskml.errors import StudyError

LabelMap = Mapping[str, Mapping[str, str]]
"""outcome -> label version -> the outcome definition that is comparable under that version."""
NO_MAP: Final[LabelMap] = {}


def definitions(
    outcome: str, versions: Iterable[str], label_map: LabelMap = NO_MAP, *, defined: Sequence[str]
) -> dict[str, str]:
    """Which definition gives the outcome under each label version.

    Args:
        outcome: the outcome asked for, such as "fail".
        versions: label versions of the visits that are judged.
        label_map: see `LabelMap`; needed as soon as there are two versions.
        defined: definitions that the outcome rule of the records has.

    Returns:
        A definition for each version; without a map the outcome itself.

    Raises:
        StudyError: if the versions are mixed without a map, or the map leaves one out or names an unknown definition.

    >>> definitions("fail", ["v1", "v2"], {"fail": {"v1": "fail_broad", "v2": "fail"}}, defined=["fail", "fail_broad"])
    {'v1': 'fail_broad', 'v2': 'fail'}
    """
    found = sorted(set(versions))
    mapped = label_map.get(outcome)
    if mapped is None:
        if len(found) > 1:
            raise StudyError(
                f"outcome {outcome!r} was given under the label versions {found}, which are not the same outcome "
                f"unless a map says so; {_what_to_write(outcome, found, defined)}, or choose days on one side of the "
                "change"
            )
        return dict.fromkeys(found, outcome)
    absent = [version for version in found if version not in mapped]
    if absent:
        raise StudyError(
            f"the label map of {outcome!r} leaves out the versions {absent}; {_what_to_write(outcome, absent, defined)}"
        )
    strange = sorted({mapped[version] for version in found} - set(defined))
    if strange:
        raise StudyError(
            f"the label map of {outcome!r} names {strange}; definitions of these records are {list(defined)}"
        )
    return {version: mapped[version] for version in found}


def refuse_unknown(label_map: LabelMap, *, outcomes: Sequence[str], versions: Sequence[str]) -> None:
    """Refuse a map that speaks of an outcome or a label version that there is not.

    Raises:
        StudyError: with the nearest known name.

    >>> refuse_unknown({"fail": {"v1": "fail", "v2": "fail"}}, outcomes=["fail"], versions=["v1", "v2"])
    """
    for outcome, mapped in label_map.items():
        _known(outcome, outcomes, "the label map is for the outcome")
        for version, definition in mapped.items():
            _known(version, versions, f"the label map of {outcome!r} names the label version")
            _known(definition, outcomes, f"the label map of {outcome!r} gives {version!r} the definition")


def _known(name: str, allowed: Sequence[str], what: str) -> None:
    if name not in allowed:
        near = difflib.get_close_matches(name, allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise StudyError(f"{what} {name!r}, which is unknown; known are {list(allowed)}{hint}")


def refuse_mixed_folds(
    folds: Sequence[Fold], label_version: "pd.Series[str]", *, outcome: str, label_map: LabelMap = NO_MAP
) -> None:
    """Refuse folds that learn or are judged under label versions that no map makes comparable.

    Args:
        folds: see `cohorts.splits`.
        label_version: of each row of the cohort, missing where nobody went, shape (n,).
        outcome: the outcome learned.
        label_map: see `LabelMap`.

    Raises:
        StudyError: with the origin and its versions.
    """
    mapped = label_map.get(outcome, {})
    for fold in folds:
        rows = np.concatenate([fold.train, fold.calibrate, fold.test])
        found = label_version.iloc[rows].dropna().unique().tolist()
        try:
            definitions(outcome, found, label_map, defined=sorted(set(mapped.values())))
        except StudyError as error:
            raise StudyError(f"origin {np.datetime64(fold.origin, 'D')}: {error}") from error


def _what_to_write(outcome: str, versions: Sequence[str], defined: Sequence[str]) -> str:
    lines = ", ".join(f'"{version}" = "{outcome}"' for version in versions)
    choice = f"one of {list(defined)}" if defined else "an outcome of the records"
    return (
        f"write in the study under [cohort.label_map.{outcome}] (argument label_map) what is comparable under each, "
        f"{choice}, such as {lines}"
    )
