"""Cold start: sites that a model is judged on and has never seen, chosen by a hash of their id."""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskml.cohorts.splits import Fold
from riskml.errors import DataError, StudyError

_WHOLE: Final = 2**64


def held_out_sites(site_ids: "pd.Series[str]", *, share: float, seed: int) -> NDArray[np.bool_]:
    """Whether each row's site is held out: the 64-bit BLAKE2b hash of "seed:site_id" lies below `share` of its range.

    A site's side depends on its id and the seed alone: not on the other sites, the order, the day or the machine.

    Args:
        site_ids: shape (n,), a site as often as it has rows.
        share: share of the sites held out, above 0 and below 1.
        seed: the study's.

    Returns:
        Shape (n,).

    Raises:
        StudyError: for a share out of its range.
    """
    if not 0.0 < share < 1.0:
        raise StudyError(f"the share of sites held out must lie above 0 and below 1, got {share:g}")
    code, sites = pd.factorize(site_ids)
    limit = int(share * _WHOLE)
    out = np.fromiter((_hash(f"{seed}:{site}") < limit for site in sites), dtype=bool, count=len(sites))
    return np.asarray(out[code], dtype=bool)


def cold_start_folds(folds: Sequence[Fold], held_out: NDArray[np.bool_]) -> list[Fold]:
    """The same origins, learned on the other sites and judged on the held-out ones: a site is never on both sides.

    Args:
        folds: rolling origins; a gap in time is kept as it is.
        held_out: whether the site of each row is held out (`held_out_sites`), shape (n,).

    Raises:
        DataError: if an origin is left without rows to learn from or to be judged on.
    """
    split = [
        dataclasses.replace(
            fold,
            train=fold.train[~held_out[fold.train]],
            calibrate=fold.calibrate[~held_out[fold.calibrate]],
            test=fold.test[held_out[fold.test]],
        )
        for fold in folds
    ]
    for fold in split:
        if not len(fold.train) or not len(fold.test):
            raise DataError(
                f"origin {np.datetime64(fold.origin, 'D')}: {len(fold.train)} rows of other sites to learn from, "
                f"{len(fold.test)} rows of held-out sites to be judged on; hold out another share of the sites"
            )
    return split


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
