"""The last training days, held out to choose the number of trees: later than what is learned from, as in production."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SHARE: Final = 0.2
"""At least this share of the rows is held out, in whole days."""
NEEDED: Final = 50
"""Rows of either outcome that both parts need."""


def last_days(days: NDArray[Any], fail: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """The rows of the fewest last days that hold `SHARE` of all rows.

    Args:
        days: planning day of each row, shape (n,).
        fail: outcomes.

    Returns:
        Whether a row is held out, shape (n,); None if there is one day only, or a part has too few of an outcome.

    >>> last_days(np.array([1, 2, 3, 3]), np.array([True, False, True, False])) is None
    True
    """
    seen, counts = np.unique(days, return_counts=True)
    behind = np.cumsum(counts[::-1])[::-1]  # rows from each day on
    first = seen[np.flatnonzero(behind >= SHARE * len(days))[-1]] if len(days) else 0
    held = np.asarray(days >= first)
    parts = [(int(fail[part].sum()), int(part.sum())) for part in (held, ~held)]
    return held if all(min(failures, rows - failures) >= NEEDED for failures, rows in parts) else None
